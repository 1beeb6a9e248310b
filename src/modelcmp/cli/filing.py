"""From a payload to files: which folder, which cards, what is written and what is told."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelcmp.cli.session import Session, cache_path
from modelcmp.errors import CardError, CardProblem, UsageError

if TYPE_CHECKING:
    from modelcmp.catalogue.importers.draft import LeftOut
    from modelcmp.catalogue.importers.planning import Change, Plan, There
    from modelcmp.catalogue.loading import Catalogue

NAMED = 5
"""Rows left out that are named one by one; the others are counted."""

LISTED = 40
"""Rows of a table or page; JSON and TSV have all."""


class Target(NamedTuple):
    """Where an import writes, and how."""

    into: str | None
    day: str | None
    only: tuple[str, ...]
    dry_run: bool


def _checked_day(day: str | None) -> str | None:
    if day is None:
        return None
    from modelcmp.catalogue.fields import check_day

    try:
        return check_day(day)
    except ValueError as error:
        raise UsageError(f"--day {day}: {error}") from None


def bring_in(
    session: Session, source: str, payload: Any, target: Target, broken: Sequence["LeftOut"] = ()
) -> None:
    """Turn a payload into cards and say what came of it."""
    from contextlib import nullcontext

    from modelcmp.catalogue.importers import IMPORTERS
    from modelcmp.catalogue.importers.draft import Wanted
    from modelcmp.catalogue.importers.planning import plan_import
    from modelcmp.catalogue.loading import load_catalogue
    from modelcmp.cli.alone import alone

    folder = own_folder(session, target.into)
    registry = load_catalogue(cache=cache_path()).registry
    wanted = Wanted(registry, _checked_day(target.day), target.only)
    imported = IMPORTERS[source].read(payload, wanted)
    dry_run = target.dry_run or session.options.check
    # What another run writes between the look at a card and its change would be lost.
    with nullcontext() if dry_run else alone(folder, session.note):
        catalogue = _catalogue_of(session, folder)
        names, paths = _names(catalogue) if catalogue else ({}, {})
        plan = plan_import(imported, names, _finder(paths), registry)
        plan = plan._replace(left_out=(*broken, *plan.left_out))
        places = {change.id: _place(change, folder, paths) for change in plan.changes}
        plan = _kept_inside(plan, places, folder)
        if not plan.changes:
            raise _nothing(plan, target)
        if not dry_run:
            _write(plan.changes, places)
    session.emit(_report(session, plan, places, folder, dry_run=dry_run))
    _tell(session, "row", "left out", plan.left_out)
    _tell(session, "value", "not taken", plan.passed_over)


def own_folder(session: Session, into: str | None) -> Path:
    """Return the folder that cards go into; the built-in catalogue is nobody's to write to."""
    from modelcmp.catalogue.directories import HERE, find_root

    configured = session.value("catalogue")
    named = into or (configured[-1] if configured else None)
    if named is None:
        raise UsageError(
            "no folder is named for the cards",
            hint="add --into DIR, or set catalogue in modelcmp.toml",
        )
    folder = Path(named)
    if into is None:
        session.refuse_outside("catalogue", folder)
    if folder.resolve().is_relative_to(HERE.parent.resolve()):
        raise UsageError(f"{folder} belongs to the program", hint="name a folder of your own")
    if folder.is_dir():
        return find_root(folder).cards
    if folder.exists():
        raise UsageError(f"{folder} is not a folder", hint="--into takes a folder")
    return folder


def _catalogue_of(session: Session, folder: Path) -> "Catalogue | None":
    """Return the cards in use with those of the folder, which come last and count; None if none."""
    from modelcmp.catalogue.loading import load_catalogue

    directories = [d for d in session.value("catalogue") if Path(d).resolve() != folder.resolve()]
    if folder.is_dir():
        directories.append(str(folder))
    builtin = session.value("builtin")
    if not builtin and not directories:
        return None
    return load_catalogue(directories, builtin=builtin, cache=cache_path())


def _names(catalogue: "Catalogue") -> tuple[dict[str, str], dict[str, Path]]:
    """Return what each card is called, names of several cards left out, and the file of each id."""
    entries, _ = catalogue.names()
    claims: dict[str, set[str]] = {}
    for entry in entries:
        for name in entry.names:
            claims.setdefault(name.casefold(), set()).add(entry.id)
    names = {name: next(iter(ids)) for name, ids in claims.items() if len(ids) == 1}
    names |= {entry.id: entry.id for entry in entries}
    # A file that cannot be read is not in the entries, and must not be written over either.
    paths = {path.stem: path for root in catalogue.roots for path in _files(root.cards)}
    return names, paths


def _files(folder: Path) -> Iterator[Path]:
    from modelcmp.catalogue.directories import walk

    yield from walk(folder, [])


def _finder(paths: dict[str, Path]) -> Callable[[str], "There | None"]:
    from modelcmp.catalogue.directories import read_bytes
    from modelcmp.catalogue.importers.planning import There
    from modelcmp.catalogue.reader import decode

    def find(model_id: str) -> There | None:
        path = paths.get(model_id)
        if path is None:
            return None
        data = read_bytes(path)
        decode(data, str(path))
        return There(data.decode("utf-8-sig"), str(path))

    return find


def _place(change: "Change", folder: Path, paths: dict[str, Path]) -> Path:
    """Return the file of a card: its own where the folder holds it, else one named by its id."""
    held = paths.get(change.id)
    if held is not None and held.resolve().is_relative_to(folder.resolve()):
        return held
    return folder / f"{change.id}.yaml"


def _kept_inside(plan: "Plan", places: dict[str, Path], folder: Path) -> "Plan":
    """Return the plan without the cards whose file is a link that leads out of the folder."""
    from modelcmp.catalogue.importers.draft import LeftOut

    root = folder.resolve()
    outside = [c for c in plan.changes if not places[c.id].resolve().is_relative_to(root)]
    told = [LeftOut(str(places[c.id]), "is a link out of the folder") for c in outside]
    changes = tuple(c for c in plan.changes if c not in outside)
    return plan._replace(changes=changes, left_out=(*plan.left_out, *told))


def _write(changes: Sequence["Change"], places: dict[str, Path]) -> None:
    from modelcmp.cli.streams import write_files
    from modelcmp.errors import OutputError

    changed = [change for change in changes if change.was is None or change.differences]
    for place in sorted({places[change.id].parent for change in changed}):
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "cannot be made").lower()
            raise OutputError(f"{place}: {reason}") from None
    write_files((places[change.id], change.text) for change in changed)


def _nothing(plan: "Plan", target: Target) -> CardError:
    """Return the error of an import that gives no card at all."""
    from modelcmp.catalogue.importers.jsonl import NO_TASK

    problems = tuple(CardProblem(where, 0, 0, "", why) for where, why in plan.left_out)
    hint = "--only names nothing there" if target.only and not problems else None
    if problems and all(why == NO_TASK for _, why in plan.left_out):
        hint = "--map task=COLUMN says where it stands, task=:text-generation gives all the same"
    return CardError("no card can be made of it", problems=problems, hint=hint)


def _report(
    session: Session, plan: "Plan", places: dict[str, Path], folder: Path, *, dry_run: bool
) -> object:
    from modelcmp.comparison.explain import Facts

    new = [change for change in plan.changes if change.was is None]
    changed = [change for change in plan.changes if change.was and change.differences]
    same = len(plan.changes) - len(new) - len(changed)
    counts = [
        f"{_many(len(new), 'new card')}",
        f"{_many(len(changed), 'card')} changed",
        f"{same} as before",
    ]
    told = f"{', '.join(counts)}; {_many(len(plan.left_out), 'row')} left out."
    if dry_run:
        told = f"Nothing was written. It would be: {told}"
    rows = [row for change in plan.changes for row in _rows(change, places[change.id])]
    if session.format.id == "tsv":  # which has no place for a sentence
        session.note(f"into {folder}: {told}")
    if session.format.id not in ("json", "tsv") and len(rows) > LISTED:
        rows = [*rows[:LISTED], (f"and {len(rows) - LISTED} more", "", "--format tsv lists all")]
    return Facts("import", "import", f"Into {folder}", told, tuple(rows), ("Card", "What", "How"))


def _rows(change: "Change", place: Path) -> Iterator[tuple[str, str, str]]:
    if change.was is None:
        yield change.id, "new card", str(place)
        return
    if change.differences and change.was.file != str(place):
        yield change.id, "begins as a copy", f"{_short_place(change.was.file)} stays as it is"
    for path, old, new in change.differences:
        yield (
            change.id,
            path,
            f"{_said(old)} → {_said(new)}" if old is not None else f"added {_said(new)}",
        )
    for path, held, brought in change.kept:
        yield change.id, path, f"kept {_said(held)}; the source says {_said(brought)}"


def _short_place(file: str) -> str:
    """Return a file in words that fit a row: a built-in card is found by its id."""
    from modelcmp.catalogue.directories import DATA

    return "the built-in card" if Path(file).is_relative_to(DATA) else file


def _said(value: Any) -> str:
    """Return a value of a card in a few words."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        skipped = ("source", "description", "id")
        return _said(", ".join(_said(v) for k, v in value.items() if k not in skipped))
    if isinstance(value, list):
        return _said(", ".join(map(_said, value)))
    text = str(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 80 else f"{text[:79]}…"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _tell(session: Session, word: str, what: str, rows: Sequence["LeftOut"]) -> None:
    """Count what no card holds, and name the first of it."""
    from modelcmp.cli.streams import write_err

    if not rows or session.options.quiet:
        return
    more = f", the first {NAMED}" if len(rows) > NAMED else ""
    lines = [f"note: {_many(len(rows), word)} {what}{more}:"]
    write_err([*lines, *(f"  {where}: {why}" for where, why in _of_each_kind(rows)[:NAMED])])


def _of_each_kind(rows: Sequence["LeftOut"]) -> list["LeftOut"]:
    """Return the rows with the first of each reason before the others."""
    firsts: dict[str, LeftOut] = {}
    for row in rows:
        firsts.setdefault(row.reason, row)
    return [*firsts.values(), *(row for row in rows if firsts[row.reason] is not row)]
