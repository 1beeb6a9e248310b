"""The command `build`: the pages a project names and the blocks in its documents, kept true.

Everything is made before anything is written, with one catalogue for all of it, and nothing outside
the project's folder is ever read as a document or written.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from modelcmp.cli.options import PRINTING, Options, takes
from modelcmp.cli.session import FILE_WIDTH, Session, diff_lines
from modelcmp.config import Page, Setting, project_folder
from modelcmp.errors import (
    CardProblem,
    DocumentError,
    GateError,
    ModelcmpError,
    UsageError,
    did_you_mean,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelcmp.catalogue.card import ModelCard
    from modelcmp.catalogue.loading import Catalogue
    from modelcmp.matching.graph import MatchGraph
    from modelcmp.matching.search import SearchIndex
    from modelcmp.render import Format, Look
    from modelcmp.render.documents import Block

BLOCK_COMMANDS = ("compare", "show", "list", "rank")
"""Commands a block may hold: those that only show."""

BLOCK_OPTIONS = {"profile", "weight", "as_of", "no_evidence", "quiet", "context"}
"""Options of all commands that a block may use: those that neither write nor read elsewhere."""


class Made(NamedTuple):
    """One file as it is (None: not there yet) and as it should be."""

    path: Path
    shown: str
    held: str | None
    text: str


@takes(Options, without=PRINTING)
def build_command(
    options: Options,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...", help="Only these; all that the configuration names when left out.",
            show_default=False,
        ),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; print what would change.")
    ] = False,
) -> None:  # fmt: skip
    """Write the pages and fill the blocks that a project names.

    Examples:

      modelcmp build

      modelcmp build --check

      modelcmp build README.md --diff
    """
    session = Session(replace(options, check=False))
    # Documents are for everybody: what one user has configured or searched for stays out of them.
    session.personal = False
    build = Build(session)
    build.run(files or [])
    if build.problems:
        problems = tuple(sorted(set(build.problems)))
        what = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise DocumentError(f"{what}; nothing was written", problems=problems)
    changed = [made for made in build.made if made.text != made.held]
    stale = ""
    if options.check:
        stale = _show_stale(changed, len(build.made))
    elif diff:
        _print_diff(changed)
    else:
        _write(build.session, changed)
    _report(build, len(changed), stale)


def _show_stale(changed: list[Made], count: int) -> str:
    from modelcmp.cli.streams import write_err

    for made in changed:
        write_err(_change(made))
    if not changed:
        return ""
    names = ", ".join(made.shown for made in changed[:5])
    rest = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
    return f"{len(changed)} of {count} files out of date: {names}{rest}"


def _change(made: Made) -> Iterable[str]:
    """Return the lines that show what would change; a new file is only named."""
    if made.held is None:
        return [f"{made.shown} does not exist yet"]
    return diff_lines(made.shown, made.held, made.text)


def _print_diff(changed: list[Made]) -> None:
    from modelcmp.cli.streams import write_out
    from modelcmp.render.clean import no_command, visible

    lines = [line for made in changed for line in _change(made)]
    write_out("".join(f"{no_command(visible(line))}\n" for line in lines))


def _write(session: Session, changed: list[Made]) -> None:
    from modelcmp.cli.streams import write_files

    write_files((made.path, made.text) for made in changed)
    for made in changed:
        session.note(f"wrote {made.shown}")


def _report(build: "Build", changed: int, stale: str) -> None:
    """Raise GateError if a file is stale or a gate inside a block says no; else say what is true."""
    if stale or build.gates:
        gates = "a check inside a block says no" if build.gates else ""
        raise GateError(
            "; ".join(filter(None, [stale, gates])),
            hint="modelcmp build writes them anew" if stale else None,
            problems=tuple(sorted(build.gates)),
        )
    true = len(build.made) - changed
    if true or not changed:
        build.session.note("1 file is up to date" if true == 1 else f"{true} files are up to date")


class Build:
    """One run: what was made, what is wrong, and which gates inside of blocks say no."""

    def __init__(self, session: Session) -> None:
        self.session = session
        options = session.options
        file = Path(options.config) if options.config else None
        folder = project_folder(Path.cwd(), file, use_files=not options.no_config)
        self.root = folder.resolve()
        self.made: list[Made] = []
        self.problems: list[CardProblem] = []
        self.gates: list[CardProblem] = []

    def run(self, files: Sequence[str]) -> None:
        """Make everything the configuration names, or only the files given."""
        pages = self._pages()
        named = self._documents(set(pages)) if not files else {}
        if files:
            wanted = {path: name for name in files if (path := self._place(Path(name), name))}
            named = {path: name for path, name in wanted.items() if path not in pages}
            pages = {path: page for path, page in pages.items() if path in wanted}
        elif not pages and not named and not self.problems:
            raise UsageError(
                "nothing to build: the configuration names no document and no page",
                hint='write documents = ["README.md"] into modelcmp.toml, or name a FILE',
            )
        for path, page in pages.items():
            self._make_page(path, page)
        for path, name in named.items():
            self._fill_document(path, name)
        # A list without the card that broke today would be a document that is not true.
        self.problems += self.session.broken_cards

    def _pages(self) -> dict[Path, Page]:
        found: dict[Path, Page] = {}
        for page in self.session.value("page"):
            path = self._place(self.root / page.output, page.output)
            if path is None:
                continue
            if path in found:
                self._complain(page.output, "two pages are written to it")
            found[path] = page
        return found

    def _documents(self, pages: set[Path]) -> dict[Path, str]:
        """Return the documents the configuration names, each under the name to show."""
        found: dict[Path, str] = {}
        for pattern in self.session.value("documents"):
            matches = list(self._match(pattern))
            ahead = (path.relative_to(self.root).match(pattern) for path in pages)
            if not matches and not any(ahead):
                self._complain(pattern, "matches no document")
            for match in matches:
                path = self._place(match, _shown(match))
                if path is not None and path not in pages:
                    found.setdefault(path, _shown(match))
        return found

    def _match(self, pattern: str) -> Iterator[Path]:
        """Yield what a pattern matches, in order; hidden folders only where it names them."""
        parts = Path(pattern).parts
        if not parts or Path(pattern).is_absolute() or ".." in parts:
            self._complain(pattern or "documents", "leads out of the project's folder")
            return
        for path in sorted(self.root.glob(pattern)):
            inner = path.relative_to(self.root).parts
            hidden = any(p.startswith(".") and p not in parts for p in inner)
            if not hidden and "node_modules" not in inner and not path.is_dir():
                yield path

    def _place(self, path: Path, name: str) -> Path | None:
        """Return where a file really lies, or None, and said why, where build may not write."""
        try:
            place = path.resolve()
        except (OSError, RuntimeError, ValueError):
            self._complain(name, "is no file")
            return None
        if not place.is_relative_to(self.root):
            self._complain(name, "lies outside of the project's folder")
        elif ".git" in [part.casefold() for part in place.relative_to(self.root).parts]:
            self._complain(name, "belongs to git")
        elif place.exists() and not place.is_file():
            self._complain(name, "is no file")
        elif not place.parent.is_dir():
            self._complain(name, "the folder it is in does not exist")
        else:
            return place
        return None

    def _complain(self, name: str, message: str, line: int = 0, column: int = 0) -> None:
        self.problems.append(CardProblem(name, line, column, "", message))

    def _read(self, path: Path, name: str) -> str | None:
        """Return a file's text with its line ends as they are, or None, and said why."""
        from modelcmp.catalogue.limits import DOCUMENT_BYTES

        try:
            if path.stat().st_size > DOCUMENT_BYTES:
                self._complain(name, f"is larger than {DOCUMENT_BYTES // 1024**2} MiB")
                return None
            return path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            self._complain(name, "is not UTF-8")
        except OSError as error:
            self._complain(name, (error.strerror or "cannot be read").lower())
        return None

    def add_picture(self, path: Path, svg: str) -> None:
        """Take a picture that a block or page shows; one file never stands for two pictures."""
        place = self._place(path, _shown(path))
        if place is None:
            return
        if any(made.path == place and made.text != svg for made in self.made):
            self._complain(_shown(place), "two different pictures would be written to it")
        elif not any(made.path == place for made in self.made):
            held = self._read(place, _shown(place)) if place.exists() else None
            self.made.append(Made(place, _shown(place), held, svg))

    def _make_page(self, path: Path, page: Page) -> None:
        name = _shown(path)
        wanted = self._page_format(path, page, name)
        held = self._read(path, name) if path.exists() else None
        if wanted is None or (held is None and path.exists()):
            return
        words = ["compare" if len(page.models) > 1 else "show"]
        words += ["--full"] * page.full
        words += ["--profile", page.profile] if page.profile else []
        words += ["--images", page.images] if page.images else []
        text = self._run([*words, "--", *page.models], path, name, wanted)
        if text is not None:
            self.made.append(Made(path, name, held, text))

    def _page_format(self, path: Path, page: Page, name: str) -> "Format | None":
        """Return the format of a page. Its ending must be that of one: no other file is overwritten."""
        from modelcmp.render import FORMATS

        by_suffix = {suffix: row for row in FORMATS.values() for suffix in row.suffixes}
        suffix = path.suffix.lower()
        if suffix not in by_suffix:
            self._complain(name, f"a page ends with {', '.join(by_suffix)}")
        elif page.format is None:
            return by_suffix[suffix]
        elif page.format not in FORMATS:
            hint = did_you_mean(page.format, FORMATS) or f"there are {', '.join(FORMATS)}"
            self._complain(name, f"no format is called {page.format} ({hint})")
        else:
            return FORMATS[page.format]
        return None

    def _fill_document(self, path: Path, name: str) -> None:
        from modelcmp.render.documents import fill_blocks, find_blocks

        text = self._read(path, name)
        if text is None:
            return
        blocks, troubles = find_blocks(text)
        for trouble in troubles:
            self._complain(name, trouble.message, trouble.line, trouble.column)
        contents = [self._fill(block, path, name) for block in blocks]
        kept = [content for content in contents if content is not None]
        if not troubles and len(kept) == len(blocks):
            self.made.append(Made(path, name, text, fill_blocks(text, blocks, kept)))

    def _fill(self, block: "Block", path: Path, name: str) -> str | None:
        from modelcmp.render import FORMATS

        column = len(block.prefix) + 1
        try:
            words = shlex.split(block.command)
        except ValueError:
            self._complain(name, "a quote is never closed", block.line, column)
            return None
        if not words or words[0] not in BLOCK_COMMANDS:
            word = words[0] if words else ""
            hint = did_you_mean(word, BLOCK_COMMANDS) or f"there are {', '.join(BLOCK_COMMANDS)}"
            self._complain(name, f"a block cannot hold {word} ({hint})", block.line, column)
            return None
        return self._run(words, path, name, FORMATS["markdown"], block.line, column)

    def _run(
        self,
        words: list[str],
        path: Path,
        name: str,
        wanted: "Format",
        line: int = 0,
        column: int = 0,
    ) -> str | None:
        """Return what a command shows, or None, and said why."""
        from modelcmp.cli import dispatch

        where = f"{name}:{line}" if line else name
        host = _Host(self, path, where, wanted)
        at = (line, column)
        try:
            if "-" in words or {"-h", "--help"} & set(words):
                raise UsageError("a block shows models, and reads nothing from standard input")
            if dispatch(words, host) == 130:
                raise KeyboardInterrupt  # which Typer made a code of
        except GateError as error:
            self.gates.append(CardProblem(name, *at, "", error.message))
        except ModelcmpError as error:
            # A hint to run --help is of no use inside of a document.
            hint = error.hint if error.hint and "--help" not in error.hint else None
            self._complain(name, f"{error.message} ({hint})" if hint else error.message, *at)
            for problem in error.problems:
                self.problems.append(problem)
        return host.text


class _Host:
    """What a command finds that runs inside of a build: it opens its session here."""

    def __init__(self, build: Build, path: Path, where: str, wanted: "Format") -> None:
        self.outer = build.session
        self.root = build.root
        self.draw = build.add_picture
        self.folder = path.parent
        self.where = where
        self.format = wanted
        self.text: str | None = None

    def open(self, options: Options) -> Session:
        """Return the session of a command; raises UsageError for an option that has no place here."""
        for field in fields(Options):
            if field.name not in BLOCK_OPTIONS and getattr(options, field.name) != field.default:
                name = field.name.replace("_", "-")
                raise UsageError(f"--{name} has no place in a block")
        return _Embedded(options, self)


class _Embedded(Session):
    """The session of a command in a document: the build's catalogue and evidence, one result kept."""

    def __init__(self, options: Options, host: _Host) -> None:
        super().__init__(options)
        self._host = host
        self._outer = host.outer

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """The build's settings, changed by the block's own options."""
        own = {name: Setting(v, "block") for name, v in self.flags().items() if v is not None}
        return {**self._outer.settings, **own}

    @cached_property
    def catalogue(self) -> "Catalogue":
        """The build's catalogue."""
        return self._outer.catalogue

    @cached_property
    def evidence(self) -> "MatchGraph | None":
        """The build's evidence, unless the block does without."""
        return None if self.options.no_evidence else self._outer.evidence

    @cached_property
    def fingerprint(self) -> str:
        """What names the build's catalogue."""
        return self._outer.fingerprint

    @cached_property
    def cards_by_id(self) -> "Mapping[str, ModelCard]":
        """The build's cards."""
        return self._outer.cards_by_id

    @cached_property
    def index(self) -> "SearchIndex":
        """The word index of the build's cards."""
        return self._outer.index

    def all_cards(self) -> "tuple[ModelCard, ...]":
        """Return the build's cards; what is wrong with others is said once."""
        return self._outer.all_cards()

    @cached_property
    def format(self) -> "Format":
        """Markdown in a document; in a page what its file asks for."""
        return self._host.format

    def look(self, *, full: bool = False) -> "Look":
        """How a file looks, whatever the terminal."""
        from modelcmp.render import Look

        return Look(full=full, width=FILE_WIDTH)

    def emit_text(self, text: str) -> None:
        """Keep the result for the build to write."""
        self._host.text = text

    def input_path(self, name: str) -> Path:
        """Return a path from the project's folder; raises UsageError where it leads out of it."""
        path = (self._host.root / name).resolve()
        if not path.is_relative_to(self._host.root):
            raise UsageError(f"{name} lies outside of the project's folder")
        return path

    def _picture_folder(self, directory: str) -> Path:
        return self._host.root / directory

    def _document_folder(self) -> Path:
        return self._host.folder

    def _add_picture(self, path: Path, svg: str) -> None:
        self._host.draw(path, svg)

    def note(self, text: str) -> None:
        """Say it with the place of the block before."""
        self._outer.note(f"{self._host.where}: {text}")


def _shown(path: Path) -> str:
    """Return a path as a person would type it here: relative where it lies below."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()
