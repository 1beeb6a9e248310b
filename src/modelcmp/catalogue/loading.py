"""Directories -> Catalogue: cards found by name, each file opened only when it is asked for.

`get` of an id opens the one file with that name and looks at no other, however large the catalogue
is. Everything that must know all cards (aliases, lists) goes through `load_all` or `names`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelcmp.catalogue import registry as tables
from modelcmp.catalogue.cache import DocumentCache
from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.directories import (
    DATA,
    HERE,
    META,
    SUFFIXES,
    Root,
    file_names,
    files_named,
    find_root,
    read_bytes,
    walk,
)
from modelcmp.catalogue.freshness import ASKED_EACH_TIME, Look, look_at, unpack_look
from modelcmp.catalogue.registry import Registry
from modelcmp.digests import blake2b
from modelcmp.errors import (
    AmbiguousNameError,
    CardError,
    CardProblem,
    CatalogueError,
    UnknownNameError,
    did_you_mean,
    fold,
    squash,
)
from modelcmp.version import __version__

ROWS_AT_ONCE = 2_000
"""Checked cards written to the cache together while a catalogue is read for the first time."""

CARDS_HELD = 2_000
"""Cards that are loaded one by one and held in case they are asked for again."""

KEEP_ONE = "a directory holds one file for each id: keep one of them"

CHECKED_ALONE = 200
"""Cards that one process checks before others are called: it has loaded the validator by then."""

WORTH_SHARING = {"fork": 500, "spawn": 5_000}
"""Files still to read that are worth other processes, by how they start (a copy, or all anew)."""

if TYPE_CHECKING:
    from modelcmp.catalogue.figures import Figures


class Loaded(NamedTuple):
    """All cards that could be read, and what was wrong with the others."""

    cards: tuple[ModelCard, ...]
    problems: tuple[CardProblem, ...]
    replaced: tuple[str, ...]


class Survey(NamedTuple):
    """Where the cards lie that could be read, by id, and what was wrong with the others."""

    paths: dict[str, Path]
    problems: tuple[CardProblem, ...]
    replaced: tuple[str, ...]


class Read(NamedTuple):
    """A card that could be read; `card` makes the whole of it."""

    id: str
    aliases: tuple[str, ...]
    card: Callable[[], ModelCard]


class Answer(NamedTuple):
    """What a process tells of a card that it found good: the row of the cache, and whether it is new."""

    digest: bytes
    names: str
    document: str
    new: bool


class NameEntry(NamedTuple):
    """What one file may be called, without the rest of its card."""

    id: str
    names: tuple[str, ...]
    path: Path


class Catalogue:
    """Cards of one or several directories; where two hold the same id, the later one counts."""

    def __init__(
        self,
        roots: Iterable[Root],
        cache: DocumentCache,
        signals: Path | None = None,
        *,
        share: bool = False,
    ) -> None:
        self.roots = tuple(roots)
        self._share = share
        self._checked = 0
        self._cache = cache
        self._look: Look | None = None
        self.changed = False
        """Whether a card was shown that has changed since its fingerprint was taken."""
        self._signals = signals

    @cached_property
    def registry(self) -> Registry:
        """The tables that cards are held against."""
        return _load_registry(self._cache)

    @cached_property
    def as_of(self) -> str:
        """The day the data speaks for: the latest that a loaded catalogue states of itself.

        A catalogue that states none is read as of the built-in one's day, never by the clock.
        """
        stated = [meta["as_of"] for root in self.roots if (meta := self._meta(root.meta))]
        return max(stated) if stated else str(self._meta(DATA / META)["as_of"])

    @property
    def title(self) -> str | None:
        """What the catalogue is called: the title that the last directory with one states."""
        titles = [self._meta(root.meta).get("title") for root in self.roots]
        return next((str(title) for title in reversed(titles) if title), None)

    @property
    def states_as_of(self) -> bool:
        """Whether any loaded catalogue says which day it speaks for."""
        return any(root.meta for root in self.roots)

    def _meta(self, path: Path | None) -> dict[str, Any]:
        if path is None:
            return {}
        data = read_bytes(path)
        digest = self._digest(b"meta", data)
        held = self._remembered(digest)
        if held is not None and isinstance(held.get("as_of"), str):
            return held
        from modelcmp.catalogue.fields import check_day
        from modelcmp.catalogue.reader import parse_yaml

        document = parse_yaml(data, str(path))
        meta = document.value
        if not isinstance(meta, dict) or set(meta) - {"title", "as_of"} or "as_of" not in meta:
            problem = document.problem((), "must hold as_of (a day) and may hold title")
            raise CardError("the catalogue's own file cannot be used", problems=(problem,))
        try:
            check_day(str(meta["as_of"]))
            if len(str(meta["as_of"])) != len("2026-11-23"):
                raise ValueError("must be a full day, such as 2026-11-23")
        except ValueError as error:
            problem = document.problem(("as_of",), str(error))
            raise CardError(
                "the catalogue's own file cannot be used", problems=(problem,)
            ) from None
        self._cache.add(digest, "[]", json.dumps(meta))
        self._cache.flush()
        return meta

    @cached_property
    def _signals_bytes(self) -> bytes:
        return read_bytes(self._signals) if self._signals else b""

    @property
    def _signals_digest(self) -> bytes:
        """What the file of signals adds to a fingerprint: nothing without one."""
        return blake2b(self._signals_bytes).digest() if self._signals else b""

    @cached_property
    def figures(self) -> "Figures":
        """The figures of the file of signals, by metric and repository; empty without one.

        Raises CardError with every problem of the file.
        """
        if self._signals is None:
            return {}
        from modelcmp.catalogue.figures import build_figures, check_figures

        digest = self._digest(b"figures", self._signals_bytes)
        held = self._remembered(digest)
        if held is not None:
            with suppress(LookupError, TypeError, AttributeError):
                return build_figures(held["figures"])
        from modelcmp.catalogue.reader import parse_yaml

        document = parse_yaml(self._signals_bytes, str(self._signals))
        if problems := check_figures(document):
            raise CardError(f"{self._signals.name} cannot be used", problems=tuple(problems))
        self._cache.add(digest, "[]", json.dumps(document.value))
        self._cache.flush()
        return build_figures(document.value["figures"])

    @cached_property
    def _rules(self) -> bytes:
        return b"".join([_code_digest(), _registry_bytes()[1]])

    def _digest(self, kind: bytes, data: bytes) -> bytes:
        return blake2b(kind + self._rules + data, digest_size=20).digest()

    def _remembered(self, digest: bytes) -> dict[str, Any] | None:
        """Return a document checked before, or None when none is held or the row is spoilt."""
        found = self._cache.find(digest)
        if found is None:
            return None
        try:
            held = json.loads(found[1])
        except ValueError:
            return None
        return held if isinstance(held, dict) else None

    def _from_memory(self, digest: bytes) -> ModelCard | None:
        """Return a card checked before, or None."""
        held = self._remembered(digest)
        if held is None:
            return None
        try:
            return build(ModelCard, held)
        except TypeError:  # a row that lost fields
            return None

    def get(self, name: str) -> ModelCard:
        """Return the card called `name`: by id, alias or name, in any letter case.

        Raises UnknownNameError with suggestions, AmbiguousNameError when several cards claim the
        name, CardError when its file cannot be used.
        """
        path = self.find_file(name.strip().casefold()) or self._look_up(name)
        card = self.load(path)
        self._cache.flush()
        return card

    def find_file(self, model_id: str) -> Path | None:
        """Return the file of an id, that of the last directory that has one, without parsing.

        Raises AmbiguousNameError where that directory has two: nothing says which one counts.
        """
        for root in reversed(self.roots):
            if found := files_named(root.cards, model_id):
                if len(found) > 1:
                    files = " and ".join(map(str, found))
                    raise AmbiguousNameError(f"{model_id} is the id of {files}", hint=KEEP_ONE)
                return found[0]
        return None

    def find_files(self, model_id: str) -> list[Path]:
        """Return the files of an id in all directories, in the order of the directories."""
        return [path for root in self.roots for path in files_named(root.cards, model_id)]

    def _look_up(self, name: str) -> Path:
        entries, _ = self.names()
        wanted = fold(name.strip())
        exact = [e for e in entries if wanted in (e.id, *map(fold, e.names))]
        plain = squash(name)
        loose = [e for e in entries if plain and plain in map(squash, (e.id, *e.names))]
        found = exact or loose
        if len(found) > 1:
            files = " and ".join(str(entry.path) for entry in found)
            raise AmbiguousNameError(
                f"{name} is claimed by {files}",
                hint=f"say which: {' or '.join(entry.id for entry in found)}",
            )
        if not found:
            candidates = {n for e in entries for n in (e.id, *e.names)}
            near = _nearest_ids(name, entries) or did_you_mean(name, candidates)
            raise UnknownNameError(
                f"no model is called {name}",
                hint=near or "modelcmp list shows the models there are",
            )
        return self.find_file(found[0].id) or found[0].path

    def names(self) -> tuple[list[NameEntry], tuple[CardProblem, ...]]:
        """Return what every readable card may be called, and the problems of the others."""
        entries: dict[str, NameEntry] = {}
        problems: list[CardProblem] = []
        for path in self._files(problems):
            try:
                model_id, *names = self._names_of(path)
            except CardError as error:
                problems.extend(error.problems)
                continue
            entries[model_id] = NameEntry(model_id, tuple(names), path)
        self._cache.flush()
        return list(entries.values()), tuple(problems)

    def _names_of(self, path: Path) -> list[str]:
        data = read_bytes(path)
        if found := self._cache.find(self._digest(b"card", data)):
            with suppress(ValueError, LookupError):
                names: list[str] = json.loads(found[0])
                if names[0] == path.stem:
                    return names
        card = self._parse(path, data)
        return [card.id, card.name, *card.aliases]

    def load(self, path: Path) -> ModelCard:
        """Return the card in one file, figures of the file of signals read over its own.

        Raises CardError with every problem found in it.
        """
        return self._with_figures(self._parse(path, read_bytes(path)))

    def _with_figures(self, card: ModelCard) -> ModelCard:
        figures = self.figures
        if not figures:
            return card
        from modelcmp.catalogue.figures import read_over

        return read_over(card, figures)

    def _parse(self, path: Path, data: bytes) -> ModelCard:
        digest = self._digest(b"card", data)
        card = self._from_memory(digest) or self._check(path, data, digest)
        if card.id != path.stem:
            message = f"is {card.id}; rename one to match"
            problem = CardProblem(str(path), 1, 1, "id", message, "file-name")
            raise CardError(f"{path.name} cannot be used", problems=(problem,))
        return card

    def _check(self, path: Path, data: bytes, digest: bytes) -> ModelCard:
        self._checked += 1
        from modelcmp.catalogue.checking import judge_card
        from modelcmp.catalogue.reader import parse_yaml

        document = parse_yaml(data, str(path))
        problems, card, text = judge_card(document, self.registry)
        if card is None or problems:
            raise CardError(
                f"{path.name} cannot be used",
                problems=tuple(problems),
                hint=f"modelcmp validate {path} checks it again",
            )
        names = [card.id, card.name, *card.aliases]
        self._cache.add(digest, json.dumps(names), text)
        return card

    def load_all(self) -> Loaded:
        """Return every card by id, the problems of those left out, and the ids replaced.

        An alias that two cards claim is a problem and takes neither away; an id that two files of one
        directory bear takes both.
        """
        _ = self.figures  # a bad file of signals is an error of its own, not one of each card
        cards: dict[str, ModelCard] = {}
        survey = self._survey(cards)
        return Loaded(tuple(cards[key] for key in sorted(cards)), survey.problems, survey.replaced)

    def survey(self) -> Survey:
        """Read every card as `load_all` does, and hold none of them."""
        return self._survey(None)

    def _survey(self, cards: dict[str, ModelCard] | None) -> Survey:
        aliases: dict[str, tuple[str, ...]] = {}
        paths: dict[str, Path] = {}
        problems: list[CardProblem] = []
        replaced: list[str] = []
        shared: dict[str, set[Path]] = {}
        home = {path: n for n, root in enumerate(self.roots) for path in walk(root.cards, problems)}
        for path, read in self._read_all(list(home), problems):
            if read.id in paths and home[paths[read.id]] == home[path]:
                shared.setdefault(read.id, {paths[read.id]}).add(path)
            elif read.id in paths:
                replaced.append(f"{path} replaces {paths[read.id]}")
            aliases[read.id], paths[read.id] = read.aliases, path
            if cards is not None:
                cards[read.id] = read.card()
            self._cache.flush(at_least=ROWS_AT_ONCE)
        self._cache.flush()
        problems.extend(_shared_names(aliases, paths))
        problems.extend(_shared_ids(shared))
        for model_id in shared:
            del paths[model_id]
            if cards is not None:
                del cards[model_id]
        return Survey(paths, tuple(problems), tuple(replaced))

    def _read_all(
        self, paths: Sequence[Path], problems: list[CardProblem]
    ) -> Iterator[tuple[Path, "Read"]]:
        """Yield each card that can be read; the others' problems are added.

        Once many cards turn out to be new, other processes take their part of the rest.
        """
        for number, path in enumerate(paths):
            if self._share and self._checked == CHECKED_ALONE:
                yield from self._read_together(paths[number:], problems)
                return
            yield from self._read(path, problems)

    def _read(self, path: Path, problems: list[CardProblem]) -> Iterator[tuple[Path, "Read"]]:
        try:
            card = self.load(path)
        except CardError as error:
            problems.extend(error.problems)
        else:
            yield path, Read(card.id, card.aliases, lambda: card)

    def _read_together(
        self, paths: Sequence[Path], problems: list[CardProblem]
    ) -> Iterator[tuple[Path, "Read"]]:
        from modelcmp.catalogue import sharing

        processes = sharing.cores()
        if processes < 2 or len(paths) < WORTH_SHARING[sharing.start_method()]:
            answers: Iterator[Answer | None] = iter([None] * len(paths))
        else:
            given = (self.roots, self._cache.path)
            answers = sharing.answer_all(paths, _examiner, given, processes)
        for path, answer in zip(paths, answers, strict=True):
            # What is wrong with a card is told in one place: here, by reading it again.
            if answer is None:
                yield from self._read(path, problems)
                continue
            if answer.new:
                self._cache.add(answer.digest, answer.names, answer.document)
            model_id, _, *aliases = json.loads(answer.names)
            yield path, Read(model_id, tuple(aliases), partial(self._built, answer.document))

    def _built(self, document: str) -> ModelCard:
        card = build(ModelCard, json.loads(document))
        return self._with_figures(card)

    def examine(self, path: Path) -> "Answer | None":
        """Return what another process needs to know of a file; None when it cannot be used."""
        try:
            data = read_bytes(path)
            self._parse(path, data)
        except CardError:
            self._cache.take_new()  # a good card in a file of another name is kept by the caller
            return None
        for row in self._cache.take_new():
            return Answer(*row, new=True)
        digest = self._digest(b"card", data)
        found = self._cache.find(digest)
        return Answer(digest, *found, new=False) if found else None

    def fingerprint(self, *, anew: bool = False) -> str:
        """Return a digest of every card file, its name and the rules: equal means equal cards.

        Files that look as they did when they were last read are not read again; `anew` asks every
        one of them how it looks (freshness.py tells when that is needed).
        """
        roots = "\0".join(str(root.cards) for root in self.roots).encode()
        key = self._digest(b"look", roots + self._signals_digest)
        held = self._remembered(key)
        before = unpack_look(held.get("look")) if held else None
        if held and before and not anew and before.holds():
            self._look = before
            return str(held["fingerprint"])
        look = look_at((root.cards for root in self.roots), SUFFIXES)
        same = held is not None and before is not None and before.stamp == look.stamp
        name = str(held["fingerprint"]) if held and same else self._content_digest()
        if look.settled and (not same or look.files > ASKED_EACH_TIME):
            self._cache.add(key, "[]", json.dumps({"look": look, "fingerprint": name}))
            self._cache.flush()
        self._look, self.changed = look, False
        return name

    def _content_digest(self) -> str:
        digest = blake2b(self._rules, digest_size=20)
        digest.update(self._signals_digest)
        for path in self._files([]):
            try:
                data = read_bytes(path)
            except CardError:
                continue
            digest.update(f"\0{path.stem}\0{len(data)}\0".encode())
            digest.update(data)
        return digest.hexdigest()

    def by_id(self, fingerprint: str) -> Mapping[str, ModelCard] | None:
        """Return the cards by id, each loaded when it is asked for; None until all are known good.

        `remember_good` says so of a fingerprint once `load_all` found nothing to complain of.
        """
        if self._cache.find(self._digest(b"good", fingerprint.encode())) is None:
            return None
        return LazyCards(self)

    def find_good(self, model_id: str) -> Path | None:
        """Return the file of an id in a catalogue known to be good, without listing a folder."""
        folders = self._look.folders if self._look else {}
        tried = (Path(folder, name) for folder in folders for name in file_names(model_id))
        found = next((path for path in tried if path.is_file()), None)
        if found and self._look and not self._look.knows(found) and self._look.settled:
            self.changed = True
        return found

    def remember_good(self, fingerprint: str) -> None:
        """Remember that all files of this fingerprint could be read and replace no other."""
        self._cache.add(self._digest(b"good", fingerprint.encode()), "[]", "{}")
        self._cache.flush()

    def recall(self, key: bytes) -> str | None:
        """Return a text that was made from these cards and kept under a key, or None."""
        found = self._cache.find(self._digest(b"kept", key))
        return found[1] if found else None

    def keep(self, key: bytes, text: str) -> None:
        """Keep a text for `recall`; the key must name everything it was made from."""
        self._cache.add(self._digest(b"kept", key), "[]", text)
        self._cache.flush()

    def replacements(self, model_id: str) -> list[str]:
        """Return a note for each file of this id that another one replaces."""
        found = self.find_files(model_id)
        return [f"{found[-1]} replaces {path}" for path in found[:-1]]

    def paths(self) -> dict[str, Path]:
        """Return the file that counts for each id that file names promise, without opening any."""
        return {path.stem: path for path in self._files([])}

    def ids(self) -> list[str]:
        """Return the ids that file names promise, without opening any: for shell completion."""
        return sorted({path.stem for path in self._files([])})

    def _files(self, problems: list[CardProblem]) -> Iterator[Path]:
        for root in self.roots:
            yield from walk(root.cards, problems)


class LazyCards(Mapping[str, ModelCard]):
    """Cards by id, in order of id; a card is loaded when it is asked for.

    `paths` says where they lie; without it, the catalogue is known to be good and a file is found by
    its name, so that nothing is listed for one card of a large catalogue.
    """

    def __init__(self, catalogue: Catalogue, paths: dict[str, Path] | None = None) -> None:
        self._catalogue = catalogue
        self._paths = paths
        self._held: dict[str, ModelCard] = {}

    def __getitem__(self, model_id: str) -> ModelCard:
        """Return a card; raises KeyError for an id that no file has."""
        card = self._held.get(model_id)
        if card is None:
            find = self._catalogue.find_good if self._paths is None else self._paths.get
            path = find(model_id)
            if path is None:
                raise KeyError(model_id)
            if len(self._held) >= CARDS_HELD:
                self._held.clear()
            card = self._held[model_id] = self._catalogue.load(path)
        return card

    def __iter__(self) -> Iterator[str]:
        """Yield the ids in order."""
        return iter(self._catalogue.ids() if self._paths is None else sorted(self._paths))

    def __len__(self) -> int:
        """Return the number of cards."""
        return sum(1 for _ in self)


def _nearest_ids(name: str, entries: list[NameEntry]) -> str | None:
    """Return a hint of ids whose id, name or alias looks like `name`, each id once."""
    from modelcmp.errors import suggest

    owner = {text: entry.id for entry in entries for text in (*entry.names, entry.id)}
    near = list(dict.fromkeys(owner[text] for text in suggest(name, owner, most=12)))[:3]
    if not near:
        return None
    return f"did you mean {' or '.join(filter(None, [', '.join(near[:-1]), near[-1]]))}?"


def _shared_names(
    aliases: dict[str, tuple[str, ...]], paths: dict[str, Path]
) -> Iterator[CardProblem]:
    owners: dict[str, str] = {model_id: model_id for model_id in aliases}
    for model_id in sorted(aliases):
        for number, alias in enumerate(aliases[model_id]):
            first = owners.setdefault(fold(alias), model_id)
            if first != model_id:
                field = f"aliases[{number + 1}]"
                message = f"{alias} also names {paths[first]}"
                yield CardProblem(str(paths[model_id]), 0, 0, field, message, "shared-name")


def _shared_ids(shared: dict[str, set[Path]]) -> Iterator[CardProblem]:
    for model_id, files in sorted(shared.items()):
        for path in sorted(files):
            others = " and ".join(str(other) for other in sorted(files) if other != path)
            message = f"{model_id} is also the id of {others}"
            yield CardProblem(str(path), 1, 1, "id", message, "shared-name", KEEP_ONE)


def _examiner(roots: tuple[Root, ...], cache: Path | None) -> Callable[[Path], Answer | None]:
    """Return what one of several processes does with a file."""
    return Catalogue(roots, DocumentCache(cache)).examine


_registry_cache: list[tuple[dict[str, bytes], bytes]] = []


def _registry_bytes() -> tuple[dict[str, bytes], bytes]:
    """Return the bytes of each table and the digest of all; read once in a process."""
    if not _registry_cache:
        read = {name: read_bytes(DATA / "registry" / f"{name}.yaml") for name in tables.FILES}
        digest = blake2b(b"\0".join(read.values()), digest_size=20).digest()
        _registry_cache.append((read, digest))
    return _registry_cache[0]


def _code_digest() -> bytes:
    """Return a digest of the code that judges documents: other rules make other cache keys."""
    digest = blake2b(__version__.encode(), digest_size=20)
    for name in (
        "card",
        "fields",
        "reader",
        "checking",
        "limits",
        "registry",
        "loading",
        "directories",
        "freshness",
        "figures",
    ):
        try:
            digest.update((HERE / f"{name}.py").read_bytes())
        except OSError:  # a package without its sources never changes within a version
            digest.update(name.encode())
    return digest.digest()


def _load_registry(cache: DocumentCache) -> Registry:
    read, content = _registry_bytes()
    digest = blake2b(b"registry" + _code_digest() + content, digest_size=20).digest()
    if found := cache.find(digest):
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            return _build_registry(json.loads(found[1]))
    from modelcmp.catalogue.checking import check_shape
    from modelcmp.catalogue.reader import parse_yaml

    plain: dict[str, Any] = {}
    problems: list[CardProblem] = []
    for name, data in read.items():
        document = parse_yaml(data, str(DATA / "registry" / f"{name}.yaml"))
        if name == "benchmarks":
            plain.update(document.value)
            for part in ("expected", "expected_why", "benchmarks"):
                problems += check_shape(part, document, (part,))
        else:
            plain[name] = document.value
            problems += check_shape(name, document)
    if problems:
        raise CardError("a table of the registry cannot be used", problems=tuple(problems))
    cache.add(digest, "[]", json.dumps(plain))
    cache.flush()
    return _build_registry(plain)


def _build_registry(plain: dict[str, Any]) -> Registry:
    def table(name: str, cls: type[Any]) -> dict[str, Any]:
        return {row["id"]: build(cls, row) for row in plain[name]}

    return Registry(
        tasks=table("tasks", tables.Task),
        licences=table("licences", tables.LicenceGroup),
        capability_tags=table("capability_tags", tables.CapabilityTag),
        benchmarks=tuple(build(tables.Benchmark, row) for row in plain["benchmarks"]),
        expected={task: tuple(names) for task, names in plain["expected"].items()},
        expected_why=plain["expected_why"],
        plain=plain,
    )


def load_catalogue(
    directories: Iterable[str | Path] = (),
    *,
    builtin: bool = True,
    cache: Path | None = None,
    signals: Path | None = None,
    share: bool = False,
) -> Catalogue:
    """Return the catalogue of the built-in cards and the given directories, the later ones first.

    No card is opened yet. `cache` is the file of checked documents, None to do without; `signals` a
    file of figures that are read over those of the cards. Raises CatalogueError when a directory is
    missing, or when there is none at all.
    """
    roots = [find_root(DATA, builtin=True)] if builtin else []
    roots += [find_root(Path(directory)) for directory in directories]
    if not roots:
        raise CatalogueError(
            "there is no catalogue to read",
            hint="leave out --no-builtin, or name a folder with --catalogue DIR",
        )
    return Catalogue(roots, DocumentCache(cache), signals, share=share)
