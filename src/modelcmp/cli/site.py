"""The command `site`: the whole catalogue as pages that work from a disk and under any address."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelcmp.cli.folder import Folder, digest_of
from modelcmp.cli.options import PRINTING, Options, takes
from modelcmp.cli.session import Session
from modelcmp.errors import GateError, UsageError

if TYPE_CHECKING:
    from modelcmp.render.html.site import Page, Site

ENOUGH_FOR_TWO = 300
"""Pages from which a second process pays for its start."""

AT_ONCE = 25
"""Pages given to a process at a time."""


@takes(Options, without=PRINTING)
def site_command(
    options: Options,
    out: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="Folder of the site: ours, empty or not there yet.", show_default=False
        ),
    ],
    nearest: Annotated[
        int,
        typer.Option(
            "--nearest", metavar="N", min=0, max=100,
            help="Compare each model with the N of the same job nearest in rank.",
        ),
    ] = 6,
) -> None:  # fmt: skip
    """Write the catalogue as a static site; only what changed, anew.

    Examples:

      modelcmp site public

      modelcmp site public --catalogue cards --check
    """
    from contextlib import nullcontext

    from modelcmp.cli.alone import alone

    session = _public(Session(replace(options, check=False)))
    with nullcontext() if options.check else alone(Path(out), session.note):
        _bring_up_to_date(session, out, nearest, check=options.check)


def _bring_up_to_date(session: Session, out: str, nearest: int, *, check: bool) -> None:
    """Write what differs from the pages of the catalogue, or raise GateError if anything does."""
    from modelcmp.render.html.site import site_pages

    folder = Folder(Path(out))
    site = _make_site(session, nearest)
    pages = site_pages(site)
    wanted = {name: page.fingerprint for page in pages for name in page.files}
    stale = folder.stale(wanted)
    todo = [p for p in pages if not all(folder.holds(name, p.fingerprint) for name in p.files)]
    if check:
        _check(out, todo, stale)
        return
    folder.check_room(wanted)
    with folder.staging() as staging:
        made = dict(_render(session, site, todo, staging))
        changed = folder.publish(staging, made, wanted, stale)
    same = len(wanted) - changed
    session.note(f"{out}: {changed:,} files written, {same:,} as before, {len(stale):,} removed")


def _public(session: Session) -> Session:
    """Return the session without the user's own searches: a site shows only evidence it is given."""
    from dataclasses import replace

    if session.value("evidence") is not None:
        return session
    return Session(replace(session.options, no_evidence=True))


def _make_site(session: Session, nearest: int) -> "Site":
    from modelcmp.comparison.pages import plan_site
    from modelcmp.render.html.site import Site
    from modelcmp.scoring.rank import rank_model

    method = session.method
    ranked = [rank_model(card, method) for card in session.all_cards()]
    if not ranked:
        raise UsageError("the catalogue holds no model", hint="add --catalogue DIR")
    plan = plan_site(ranked, session.catalogue.registry, _named(session), nearest=nearest)
    return Site(plan, method, session.catalogue.title or "Model catalogue", nearest)


def _named(session: Session) -> list[tuple[str, ...]]:
    """Return the comparisons that the configuration asks for, by the ids of their models."""
    wanted: list[Sequence[str]] = list(session.value("pairs"))
    pages = session.settings.get("page")
    wanted += [page.models for page in (pages.value if pages else ()) if len(page.models) > 1]
    found = []
    for names in wanted:
        ids = tuple(session.catalogue.get(name).id for name in names)
        if len(set(ids)) < len(ids):
            raise UsageError(f"pairs: {', '.join(names)} names a model twice")
        found.append(ids)
    return found


def _check(out: str, todo: "Sequence[Page]", stale: Sequence[str]) -> None:
    names = [*(name for page in todo for name in page.files), *stale]
    if names:
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
        raise GateError(
            f"{out} is out of date: {shown}", hint=f"modelcmp site {out} writes it anew"
        )


def _render(
    session: Session, site: "Site", pages: "Sequence[Page]", staging: Path
) -> Iterator[tuple[str, str]]:
    """Make pages in a folder; yields the digest of each file, however many processes make them."""
    for name in {str(Path(file).parent) for page in pages for file in page.files}:
        (staging / name).mkdir(parents=True, exist_ok=True)
    done = _Counter(session, len(pages))
    processes = min(_processors(), 8)
    try:
        if processes > 1 and len(pages) >= ENOUGH_FOR_TWO:
            yield from _render_together(site, pages, staging, processes, done)
            return
        for page in pages:
            yield from _render_one(site, page, staging)
            done.add(1)
    finally:
        done.clear()


def _render_together(
    site: "Site", pages: "Sequence[Page]", staging: Path, processes: int, done: "_Counter"
) -> Iterator[tuple[str, str]]:
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_begin, initargs=(site, staging)
    )
    try:
        parts = [pages[start : start + AT_ONCE] for start in range(0, len(pages), AT_ONCE)]
        for part in as_completed([pool.submit(_render_part, part) for part in parts]):
            yield from part.result()
            done.add(AT_ONCE)
    finally:
        pool.shutdown(cancel_futures=True)


_given: list[tuple[Any, Path]] = []


def _begin(site: "Site", staging: Path) -> None:
    """Hand a process what all its pages share, once; an interrupt is for the one that started it."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _given[:] = [(site, staging)]


def _render_part(pages: "Sequence[Page]") -> list[tuple[str, str]]:
    site, staging = _given[0]
    return [made for page in pages for made in _render_one(site, page, staging)]


def _render_one(site: "Site", page: "Page", staging: Path) -> Iterator[tuple[str, str]]:
    from modelcmp.errors import OutputError
    from modelcmp.render.html.site import render_page

    for name, text in render_page(site, page).items():
        data = text.encode("utf-8")
        try:
            (staging / name).write_bytes(data)
        except OSError as error:
            reason = (error.strerror or "cannot be written").lower()
            raise OutputError(f"{staging.parent / name}: {reason}") from None
        yield name, digest_of(data)


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Counter:
    """How far it is, on one line of standard error if that is a terminal, after the first second."""

    def __init__(self, session: Session, total: int) -> None:
        stream = sys.stderr
        self._shown = not session.options.quiet and stream is not None and stream.isatty()
        self._total = total
        self._done = 0
        self._begun = time.monotonic()
        self._line = ""

    def add(self, pages: int) -> None:
        """Count pages that are done."""
        self._done = min(self._total, self._done + pages)
        if self._shown and time.monotonic() - self._begun > 1:
            self._write(f"{self._done:,} of {self._total:,} pages")

    def clear(self) -> None:
        """Take the line away."""
        if self._line:
            self._write("")

    def _write(self, line: str) -> None:
        from modelcmp.cli.streams import rewrite_line

        rewrite_line(line, len(self._line))
        self._line = line
