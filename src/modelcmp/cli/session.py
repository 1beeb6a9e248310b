"""From options to a loaded catalogue, a method and a place to write to: what commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelcmp.cli.streams import (
    ascii_only,
    is_terminal,
    terminal_width,
    wants_colour,
    write_err,
    write_files,
    write_out,
)
from modelcmp.config import Setting, default_store_path, load_settings, may_write
from modelcmp.errors import CardProblem, ConfigError, GateError, UsageError, did_you_mean

if TYPE_CHECKING:
    from modelcmp.catalogue.card import ModelCard
    from modelcmp.catalogue.loading import Catalogue
    from modelcmp.cli.options import Options
    from modelcmp.matching.graph import MatchGraph
    from modelcmp.matching.learned import Learned
    from modelcmp.matching.lookups import Lookups
    from modelcmp.matching.search import SearchIndex
    from modelcmp.matching.store import Store
    from modelcmp.render import Format, Look
    from modelcmp.scoring.rank import Method, RankedModel

FILE_WIDTH = 100
"""Width of a table in a file: fixed, so that the terminal at hand leaves no trace in it."""


class Session:
    """One run of one command."""

    def __init__(
        self,
        options: Options,
        *,
        default_piped: str = "markdown",
        formats: Mapping[str, Format] | None = None,
    ) -> None:
        self.options = options
        self._default_piped = default_piped
        self._formats = formats
        self.makes_store = False
        """Whether this run may make a store of evidence that is not there yet."""
        self.makes_signals = False
        """Whether this run may make a file of signals that is not there yet."""
        if options.color not in ("auto", "always", "never"):
            raise UsageError(f"--color takes auto, always or never, not {options.color}")
        if options.check and not options.output:
            raise UsageError("--check needs the file to look at", hint="add -o FILE")
        self.personal = True
        """Whether the user's own settings and evidence count: not in what is made for everybody."""
        self._pictures: list[tuple[Path, str]] = []
        self.broken_cards: Sequence[CardProblem] = ()
        """What is wrong with cards that `all_cards` left out, once it was asked."""

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """Every setting with its origin."""
        options = self.options
        return load_settings(
            self.flags(),
            os.environ,
            Path.cwd(),
            file=Path(options.config) if options.config else None,
            use_files=not options.no_config,
            personal=self.personal,
        )

    def flags(self) -> dict[str, Any]:
        """Return what the command line says of each setting; None where it says nothing."""
        options = self.options
        return {
            "catalogue": options.catalogue,
            "builtin": False if options.no_builtin else None,
            "format": "json" if options.json else options.format,
            "profile": options.profile,
            "as_of": options.as_of,
            "evidence": options.evidence,
            "signals": options.signals,
            "weights": _parse_weights(options.weight or []) or None,
        }

    def value(self, name: str) -> Any:
        """Return the value of a setting."""
        return self.settings[name].value

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue that was asked for; no card is opened yet."""
        from modelcmp.catalogue.loading import load_catalogue

        return load_catalogue(
            self.value("catalogue"),
            builtin=self.value("builtin"),
            cache=cache_path(),
            signals=self._signals_file(),
            share=True,
        )

    def _signals_file(self) -> Path | None:
        named = self.value("signals")
        path = Path(named) if named else None
        return None if path and self.makes_signals and not path.exists() else path

    @cached_property
    def method(self) -> Method:
        """Profile, tables and as-of day."""
        from modelcmp.scoring.profiles import resolve_profile
        from modelcmp.scoring.rank import make_method
        from modelcmp.scoring.values import Circumstances

        profile = resolve_profile(
            self.value("profile"), self.value("profiles"), self.value("weights")
        )
        circumstances = Circumstances(self.catalogue.registry, self._as_of(), self.evidence)
        method = make_method(profile, circumstances)
        if self.options.verbose:
            roots = ", ".join(str(root.cards) for root in self.catalogue.roots)
            said = [f"{name} = {s.value} ({s.origin})" for name, s in self.settings.items()]
            write_err([f"cards from {roots}", *said, f"method {method.hash}, as of {method.as_of}"])
        return method

    @cached_property
    def evidence(self) -> MatchGraph | None:
        """The match graph of the search log in use; None, and said why, where it cannot be read."""
        if self.options.no_evidence:
            return None
        path = self._store_file()
        if path is None or not path.is_file():
            if self.options.evidence and not self.makes_store:
                raise UsageError(f"{path}: no such evidence", hint="modelcmp evidence add makes it")
            return None
        graph = self._kept_evidence(path) or self._load_evidence(path)
        if graph is None:
            return None
        from modelcmp.matching.graph import ENOUGH_SHARE

        if graph.share < ENOUGH_SHARE:
            from modelcmp.scoring.rank import percent

            self.note(
                f"{percent(graph.share)} of the episodes are held against the index so far; "
                "modelcmp evidence match does the rest"
            )
        return graph

    def _kept_evidence(self, path: Path) -> MatchGraph | None:
        from modelcmp.matching.graph import unpack_scores

        key = self._evidence_key(path)
        with suppress(ValueError):
            if key is not None and (held := self.catalogue.recall(key)) is not None:
                return unpack_scores(held)
        return None

    def _load_evidence(self, path: Path) -> MatchGraph | None:
        from modelcmp.matching.graph import load_evidence, pack_scores

        graph, reason = load_evidence(path, self.cards_by_id, self.look_up)
        if reason:
            self.note(reason)
        if graph is None or not graph.episodes:
            return None
        if (key := self._evidence_key(path)) is not None:
            self.catalogue.keep(key, pack_scores(graph))
        return graph

    def look_up(
        self,
        store: Store,
        share: float = 1.0,
        most: int | None = -1,
        told: Callable[[int, int], None] = lambda _, __: None,
    ) -> Lookups:
        """Return which documents the store's queries match, after looking up those that are due.

        They are the most frequent ones that make up a share of the episodes, and at most so many;
        without a number, those that a command looks up by itself. `told` hears of done and all.
        """
        from modelcmp.matching.lookups import AT_ONCE, Lookups, due

        lookups = Lookups(self.index, lookups_folder())
        most = AT_ONCE if most == -1 else most
        queries = [query for query in due(store.asked(), share, most=most) if query not in lookups]
        lookups.look_up(queries, told=lambda done: told(done, len(queries)))
        return lookups

    def state(self) -> str | None:
        """Return what names cards, method and evidence as they are now; None while a store is written."""
        method, graph = self.method, self.evidence
        evidence: bytes | None = b""
        if graph is not None and (path := self._store_file()) is not None:
            evidence = self._evidence_key(path)
        if evidence is None:
            return None
        shares = sorted(method.shares.items())
        told = (self.fingerprint, method.hash, method.profile.id, shares, method.as_of)
        return repr((*told, evidence))

    @cached_property
    def learned(self) -> Learned | None:
        """What the picks of the search log in use teach a search, or None where there is no log."""
        path = None if self.options.no_evidence else self._store_file()
        if path is None or not path.is_file():
            return None
        from modelcmp.matching.learned import learn, load_picks, open_learned

        key, folder = self._evidence_key(path), learned_folder()
        return open_learned(folder, key) or learn(load_picks(path), folder, key)

    def _evidence_key(self, path: Path) -> bytes | None:
        """Return what names cards and store as they are now, or None while one is being written.

        SQLite counts its transactions in the first hundred bytes of the file, so that a store with
        another content has another key.
        """
        if path.with_name(f"{path.name}-journal").exists():
            return None
        try:
            with path.open("rb") as file:
                header = file.read(100)
            size = path.stat().st_size
        except OSError:
            return None
        # The more was looked up, the larger that file: its records are all of one size.
        from modelcmp.matching.search import index_name

        folder = lookups_folder()
        name = index_name(self.fingerprint, self.catalogue.registry)
        found = folder / f"{name}.bin" if folder else None
        looked_up = 0
        with suppress(OSError):  # not there yet, or in a folder of somebody else
            looked_up = found.stat().st_size if found else 0
        return f"{self.fingerprint}\0{path.resolve()}\0{size}\0{looked_up}\0".encode() + header

    def refuse_outside(self, name: str, path: Path) -> None:
        """Raise ConfigError for a path to write to that a project's file names outside its folder."""
        setting = self.settings[name]
        if not may_write(setting, path, os.environ):
            raise ConfigError(
                f"{setting.origin}: {name} lies outside its folder, where nothing is written",
                hint=f"--{name} {path} on the command line allows it",
            )

    def store_path(self, *, make: bool = False, write: bool = False) -> Path:
        """Return the file of the evidence; `make` makes the folder of the user's own, for them alone.

        Raises EvidenceError when there is no place for it, ConfigError for one that may not be
        written to where that is asked for.
        """
        from modelcmp.matching.store import EvidenceError

        path = self._store_file()
        if path is None:
            raise EvidenceError("there is no home to keep evidence in", hint="add --evidence FILE")
        if make or write:
            self.refuse_outside("evidence", path)
        if make and self.value("evidence") is None:
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                reason = (error.strerror or "cannot be made").lower()
                raise EvidenceError(
                    f"{path.parent}: {reason}", hint="add --evidence FILE"
                ) from None
        return path

    def _store_file(self) -> Path | None:
        named = self.value("evidence")
        if named or not self.personal:
            return Path(named) if named else None
        return default_store_path(os.environ)

    @cached_property
    def fingerprint(self) -> str:
        """What names the catalogue's content, so that what is derived from it can be kept."""
        return self.catalogue.fingerprint()

    @cached_property
    def cards_by_id(self) -> Mapping[str, ModelCard]:
        """Every readable card by id, loaded when it is asked for."""
        from modelcmp.catalogue.loading import LazyCards

        known = self.catalogue.by_id(self.fingerprint)
        if known is not None:
            return known
        if "_all_cards" in vars(self):
            return {card.id: card for card in self.all_cards()}
        survey = self.catalogue.survey()
        self._tell(survey.problems, survey.replaced)
        return LazyCards(self.catalogue, survey.paths)

    def look_again(self) -> bool:
        """Return whether a card has changed since the catalogue was looked at, which is then done anew."""
        if not self.catalogue.changed:
            return False
        for name in ("cards_by_id", "_all_cards", "index", "evidence", "method"):
            vars(self).pop(name, None)
        vars(self)["fingerprint"] = self.catalogue.fingerprint(anew=True)
        return True

    @cached_property
    def index(self) -> SearchIndex:
        """The word index of the cards of this session."""
        from modelcmp.matching.search import build_index

        registry = self.catalogue.registry
        cards = self.cards_by_id.values()
        return build_index(cards, registry, index_folder(), key=self.fingerprint)

    def _as_of(self) -> str:
        return self.day_or(None)

    def day_or(self, otherwise: str | None) -> str:
        """Return the day that was asked for, else `otherwise`, else that of the catalogue in use."""
        stated = self.value("as_of")
        if stated is None:
            return otherwise or self._catalogue_day()
        from modelcmp.scoring.scales import first_day

        try:
            if len(stated) != len("2026-11-23"):
                raise ValueError
            first_day(stated)
        except ValueError:
            raise UsageError(f"{stated} is no day", hint="write it as 2026-11-23") from None
        return str(stated)

    def _catalogue_day(self) -> str:
        catalogue = self.catalogue
        if catalogue.states_as_of:
            return catalogue.as_of
        if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
            from datetime import UTC, datetime

            try:
                return datetime.fromtimestamp(int(epoch), UTC).date().isoformat()
            except (ValueError, OverflowError, OSError):
                raise UsageError(f"SOURCE_DATE_EPOCH: {epoch} is no number of seconds") from None
        day = catalogue.as_of
        self.note(
            f"no catalogue.yaml says which day these cards speak for; {day}, that of the built-in "
            "catalogue, is used (--as-of DAY chooses)"
        )
        return day

    def find_cards(self, names: Sequence[str]) -> list[ModelCard]:
        """Return the cards of these names, with a note for each file another one replaces."""
        cards = [self.catalogue.get(name) for name in names]
        if len(self.catalogue.roots) > 1:
            for card in cards:
                for text in self.catalogue.replacements(card.id):
                    self.note(text)
        return cards

    def all_cards(self) -> tuple[ModelCard, ...]:
        """Return every readable card; the others are named on standard error and left out."""
        return self._all_cards

    @cached_property
    def _all_cards(self) -> tuple[ModelCard, ...]:
        loaded = self.catalogue.load_all()
        if "cards_by_id" not in vars(self):
            self._tell(loaded.problems, loaded.replaced)
        return loaded.cards

    def _tell(self, problems: Sequence[CardProblem], replaced: Sequence[str]) -> None:
        """Say what was wrong with the cards, or remember that nothing was."""
        self.broken_cards = problems
        for text in replaced:
            self.note(text)
        warn_of(problems)
        if not problems and not replaced:
            self.catalogue.remember_good(self.fingerprint)

    def input_path(self, name: str) -> Path:
        """Return the path of a file that an option names."""
        return Path(name)

    def note(self, text: str) -> None:
        """Say something on standard error that is not an error; --quiet hides it."""
        if not self.options.quiet:
            write_err([f"note: {text}"])

    @cached_property
    def format(self) -> Format:
        """The output format: the flag, the file's ending, the settings, or what suits the stream."""
        from modelcmp.render import FORMATS

        formats = FORMATS if self._formats is None else self._formats
        by_suffix = {suffix: row for row in formats.values() for suffix in row.suffixes}
        setting = self.settings["format"]
        output = self.options.output
        if output and output != "-" and setting.origin != "command line":
            suffix = Path(output).suffix.lower()
            if suffix not in by_suffix:
                raise UsageError(
                    f"{output}: the ending does not say which format is meant",
                    hint=f"add --format, or end the name with {', '.join(by_suffix)}",
                )
            return by_suffix[suffix]
        name = str(setting.value)
        if name == "auto":
            at_terminal = is_terminal() and not output and "table" in formats
            name = "table" if at_terminal else self._default_piped
        if name not in formats and name in FORMATS and setting.origin != "command line":
            # A setting speaks for most commands; one with formats of its own goes by its default.
            name = self._default_piped
        if name not in formats:
            raise UsageError(
                f"no format is called {name}"
                if name not in FORMATS
                else f"not to be had as {name}",
                hint=did_you_mean(name, formats) or f"there are auto, {', '.join(formats)}",
            )
        return formats[name]

    def look(self, *, full: bool = False) -> Look:
        """How the result is to look. A file never depends on the terminal."""
        from modelcmp.render import Look

        if self.options.output and self.options.output != "-":
            return Look(full=full, width=FILE_WIDTH)
        return Look(
            full=full,
            width=terminal_width(),
            colour=wants_colour(self.options.color),
            ascii_only=ascii_only(),
        )

    def emit(self, result: Any, *, full: bool = False, **given: Any) -> None:
        """Render a result and write it where it was asked for, or compare it with what is there."""
        text = self.format.render(result, self.look(full=full), **given)
        self.emit_text(text)

    def draw(self, directory: str | None, models: Sequence[RankedModel]) -> dict[str, Any]:
        """Return what shows a picture of these models' scores; the file is written with the result.

        Nothing where no directory is named. Raises UsageError where the format shows no picture.
        """
        if directory is None:
            return {}
        from modelcmp.render.pictures import Image, picture_scores

        if self.format.id != "markdown":
            raise UsageError(
                f"--images is for Markdown, not for {self.format.id}", hint="add --format markdown"
            )
        picture = picture_scores(models, self.method)
        path = self._picture_folder(directory) / picture.name
        self._add_picture(path, picture.svg)
        way = os.path.relpath(path.absolute(), self._document_folder().absolute())
        return {"image": Image(picture.alt, Path(way).as_posix())}

    def _picture_folder(self, directory: str) -> Path:
        return Path(directory)

    def _document_folder(self) -> Path:
        output = self.options.output
        return Path(output).parent if output and output != "-" else Path()

    def _add_picture(self, path: Path, svg: str) -> None:
        self._pictures.append((path, svg))

    def emit_text(self, text: str) -> None:
        """Write a finished text where it was asked for, or compare it with what is there."""
        output = self.options.output
        to_file = bool(output) and output != "-"
        files = [*self._pictures, (Path(str(output)), text)] if to_file else self._pictures
        if self.options.check:
            for path, content in files:
                check_file(path, content)
        else:
            write_files(files)
            for path, _ in files:
                self.note(f"wrote {path}")
        if not to_file:
            write_out(text)


def open_session(options: Options, *, default_piped: str = "markdown") -> Session:
    """Return the session of a command: its own, or one inside the run that embeds the command."""
    host = options.context.obj if options.context is not None else None
    if host is not None:
        embedded: Session = host.open(options)
        return embedded
    return Session(options, default_piped=default_piped)


def warn_of(problems: Sequence[CardProblem]) -> None:
    """Name what was wrong with cards that were left out."""
    from modelcmp.catalogue.limits import PROBLEMS_LISTED

    if problems:
        shown = [f"warning: {problem}" for problem in problems[:PROBLEMS_LISTED]]
        if len(problems) > PROBLEMS_LISTED:
            shown.append(f"warning: and {len(problems) - PROBLEMS_LISTED} more")
        write_err([*shown, "hint: modelcmp validate checks the whole catalogue"])


def check_file(path: Path, text: str) -> None:
    """Compare a file with what would be written; raises GateError, after a diff on standard error."""
    try:
        held = path.read_bytes().decode("utf-8", "backslashreplace")
    except FileNotFoundError:
        raise GateError(f"{path} does not exist yet", hint="run it without --check") from None
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    if held == text:
        return
    write_err(diff_lines(str(path), held, text))
    raise GateError(f"{path} is out of date", hint="run it without --check to write it anew")


def diff_lines(name: str, held: str, text: str) -> Iterator[str]:
    """Return the lines of a unified diff from what a file holds to what it would hold."""
    from difflib import unified_diff

    return unified_diff(
        held.splitlines(), text.splitlines(), f"{name} (as it is)", f"{name} (as it would be)",
        lineterm="",
    )  # fmt: skip


def cache_path() -> Path | None:
    """Return the file of checked cards: MODELCMP_CACHE, or a place in the user's cache."""
    from modelcmp.catalogue.cache import default_cache_path

    named = os.environ.get("MODELCMP_CACHE")
    if named is not None:
        return Path(named) if named else None
    return default_cache_path(os.environ)


def index_folder() -> Path | None:
    """Return where indexes are kept: beside the checked cards, or nowhere when those are not."""
    path = cache_path()
    return path.with_name(f"{path.stem}-search") if path else None


def lookups_folder() -> Path | None:
    """Return where is kept what the queries of logs match, or nowhere."""
    path = cache_path()
    return path.with_name(f"{path.stem}-matches") if path else None


def learned_folder() -> Path | None:
    """Return where is kept what picks teach a search, or nowhere."""
    path = cache_path()
    return path.with_name(f"{path.stem}-learned") if path else None


def _parse_weights(texts: Sequence[str]) -> dict[str, float]:
    weights = {}
    for text in texts:
        name, equals, number = text.partition("=")
        try:
            if not equals:
                raise ValueError
            weights[name.strip()] = float(number)
        except ValueError:
            raise UsageError(
                f"--weight takes DIM=N, not {text}", hint="for example --weight quality=50"
            ) from None
    return weights


def read_names(names: Sequence[str]) -> list[str]:
    """Return the names given; `-` stands for the lines of standard input."""
    import sys

    found: list[str] = []
    for name in names:
        if name == "-":
            lines = sys.stdin.read().splitlines() if sys.stdin is not None else []
            found += [line.strip() for line in lines if line.strip()]
        else:
            found.append(name)
    return found


def complete_models(incomplete: str) -> list[str]:
    """Return the ids that begin with what was typed, read off file names alone."""
    from modelcmp.catalogue.loading import load_catalogue
    from modelcmp.errors import ModelcmpError

    try:
        settings = load_settings({}, os.environ, Path.cwd())
        directories = settings["catalogue"].value
        catalogue = load_catalogue(directories, builtin=settings["builtin"].value)
        return [name for name in catalogue.ids() if name.startswith(incomplete.casefold())]
    except ModelcmpError:
        return []
