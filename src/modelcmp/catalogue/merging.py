"""A card that is there + what a source brought -> the card with both: what a person wrote stays.

Whose a value is, its source key tells: an importer's keys begin with `import_`. It brings its own values up to
date, unless those it brings are of an earlier day, and touches no other. What it could not bring in is told.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.catalogue.importers.draft import NOT_STATED, OWN
from modelcmp.catalogue.reader import Path, dotted

PLAIN = ("maker", "summary", "tasks", "modalities", "status")
"""Fields without a source of their own: they are whoever's wrote the card."""

BLOCKS = ("released", "maintained", "licence", "weights", "context")
"""Fields with one source for all that stands in them."""

ENTRIES: dict[Path, tuple[str, ...]] = {
    ("metrics",): ("metric", "repository"),
    ("benchmarks",): ("name", "version", "metric", "shots", "variant"),
    ("pricing", "offers"): ("provider", "unit", "note"),
    ("ecosystem", "integrations"): ("name",),
    ("variants",): ("name",),
}
"""Lists whose entries have a source each, and what names an entry."""

REMARKS = ("source", "note", "caveats", "as_of", "read_on", "tier")
"""What may differ without the two sides saying different things."""


class Kept(NamedTuple):
    """A place where the card says something else than the source, and stays as it is."""

    path: str
    held: Any
    brought: Any


class Merged(NamedTuple):
    """The merged card as plain values, and where it kept its own word."""

    card: dict[str, Any]
    kept: tuple[Kept, ...]


def merge_card(
    held: dict[str, Any], brought: dict[str, Any], *, silent: Collection[str] = ()
) -> Merged:
    """Return the card `held` with all that `brought` adds; both are plain values of whole cards.

    Of `silent` fields no difference is told: nobody said what was brought for them.

    >>> one = {"id": "a", "name": "A", "maker": "M", "sources": {}}
    >>> merge_card(one, {**one, "maker": "Other", "aliases": ["a-1"]})
    ... # doctest: +NORMALIZE_WHITESPACE
    Merged(card={'id': 'a', 'name': 'A', 'aliases': ['a-1'], 'maker': 'M', 'sources': {}},
           kept=(Kept(path='maker', held='M', brought='Other'),))
    """
    return _Merge(held, _with_own_keys(held, brought), silent).merged()


def _with_own_keys(held: dict[str, Any], brought: dict[str, Any]) -> dict[str, Any]:
    """Return what was brought with other source keys where the card uses those for other pages."""
    names = {}
    for key, source in brought["sources"].items():
        free, number = key, 1
        while free in held["sources"] and not _same_page(held["sources"][free], source):
            number += 1
            free = f"{key}_{number}"
        names[key] = free
    renamed: dict[str, Any] = _renamed({k: v for k, v in brought.items() if k != "sources"}, names)
    sources = {names[key]: source for key, source in brought["sources"].items()}
    return {**renamed, "sources": sources}


def _same_page(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    field = "url" if "url" in first or "url" in second else "title"
    return first.get(field) == second.get(field)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {
            key: names.get(inner, inner)
            if key in ("source", "sdk_source") and isinstance(inner, str)
            else _renamed(inner, names)
            for key, inner in value.items()
        }
    return value


class _Merge:
    """One merge: the card so far, and the places where it kept its own word."""

    def __init__(
        self, held: dict[str, Any], brought: dict[str, Any], silent: Collection[str]
    ) -> None:
        self.held = held
        self.brought = brought
        self.silent = silent
        shared = brought["sources"].keys() & held["sources"].keys()
        self.own = {key for key in shared if key.startswith(OWN)}
        self.kept: list[Kept] = []

    def merged(self) -> Merged:
        fields: dict[str, Any] = {}
        for key, value in self.brought.items():
            if key not in ("id", "name", "sources"):
                fields[key] = self._field(key, value) if key in self.held else value
        card = _in_place(self.held, {**self.held, **fields})
        card["sources"] = self._sources(set(_keys_used(card)))
        return Merged(card, tuple(self.kept))

    def _field(self, key: str, brought: Any) -> Any:
        held = self.held[key]
        if key == "aliases":
            known = {alias.casefold() for alias in held}
            return [*held, *(alias for alias in brought if alias.casefold() not in known)]
        if key in PLAIN:
            if key not in self.silent and not _alike(held, brought):
                self.kept.append(Kept(key, held, brought))
            return held
        if key in BLOCKS:
            return self._block((key,), held, brought)
        if key == "capabilities":
            return self._capabilities(held, brought)
        return self._part((key,), held, brought)

    def _part(self, path: Path, held: Any, brought: Any) -> Any:
        """Return a list of entries, a mapping of parts or a single value of either."""
        if path in ENTRIES:
            return self._entries(path, held, brought)
        if isinstance(held, dict) and isinstance(brought, dict):
            parts = {
                key: self._part((*path, key), held[key], value) if key in held else value
                for key, value in brought.items()
            }
            return {**held, **parts}
        if held != brought:
            self.kept.append(Kept(dotted(path), held, brought))
        return held

    def _block(self, path: Path, held: dict[str, Any], brought: dict[str, Any]) -> dict[str, Any]:
        if held.get("source") in self.own and held.get("source") == brought.get("source"):
            return _updated(held, brought)
        self._keep(path, held, brought)
        return held

    def _entries(
        self, path: Path, held: Sequence[dict[str, Any]], brought: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        result = list(held)
        for entry in brought:
            same = [n for n, one in enumerate(result) if _named(path, one) == _named(path, entry)]
            mine = [n for n in same if self._is_own(result[n], entry)]
            others = [n for n, one in enumerate(held) if _rivals(path, one, entry)]
            others = [n for n in others if not self._is_own(result[n], entry)]
            if mine:
                if _day(entry) >= _day(result[mine[0]]):
                    result[mine[0]] = _updated(result[mine[0]], entry)
            elif others:
                self._keep((*path, others[0]), held[others[0]], entry)
            else:
                result.append(entry)
        return result

    def _is_own(self, held: dict[str, Any], brought: dict[str, Any]) -> bool:
        return held.get("source") in self.own and held.get("source") == brought.get("source")

    def _capabilities(
        self, held: Sequence[dict[str, Any]], brought: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the capabilities with those whose tag and id the card has not."""
        tags = {(one["kind"], one["tag"]) for one in held}
        ids = {one["id"] for one in held}
        new = [b for b in brought if (b["kind"], b["tag"]) not in tags and b["id"] not in ids]
        return [*held, *new]

    def _keep(self, path: Path, held: dict[str, Any], brought: dict[str, Any]) -> None:
        names = ENTRIES.get(path[:-1], ())
        for key, value in brought.items():
            if key not in (*REMARKS, *names) and held.get(key) != value:
                self.kept.append(Kept(dotted((*path, key)), held.get(key), value))

    def _sources(self, used: set[str]) -> dict[str, Any]:
        found = {
            key: _updated(source, self.brought["sources"][key]) if key in self.own else source
            for key, source in self.held["sources"].items()
        }
        new = {k: v for k, v in self.brought["sources"].items() if k in used and k not in found}
        return {**found, **new}


def _alike(held: Any, brought: Any) -> bool:
    """Return whether two values say the same; the order of a list of words says nothing."""
    if isinstance(held, dict) and isinstance(brought, dict):
        return held.keys() == brought.keys() and all(_alike(held[k], brought[k]) for k in held)
    if isinstance(held, list) and isinstance(brought, list):
        return sorted(map(str, held)) == sorted(map(str, brought))
    return bool(held == brought) or brought == NOT_STATED


def _named(path: Path, entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(entry.get(field)).casefold() for field in ENTRIES[path])


def _rivals(path: Path, held: Mapping[str, Any], brought: Mapping[str, Any]) -> bool:
    """Return whether two entries speak of the same thing; two plans of one provider do."""
    fields = [field for field in ENTRIES[path] if field != "note"]
    return all(
        str(held.get(field)).casefold() == str(brought.get(field)).casefold() for field in fields
    )


def _day(entry: Mapping[str, Any]) -> str:
    return str(entry.get("as_of") or entry.get("read_on") or "")


def _updated(held: dict[str, Any], brought: dict[str, Any]) -> dict[str, Any]:
    """Return an entry with its newer values; one of the two kinds of day goes when the other comes."""
    days = {"as_of", "read_on"}
    other = days - brought.keys() if days & brought.keys() else set()
    rest = {key: value for key, value in held.items() if key not in other}
    return {**rest, **{k: v for k, v in brought.items() if k not in rest or rest[k] != v}}


def _in_place(held: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields in the card's own order, new ones after those that usually stand before them."""
    usual = list(ModelCard.__dataclass_fields__)
    order = list(held)
    for key in sorted((key for key in card if key not in held), key=usual.index):
        before = [one for one in usual[: usual.index(key)] if one in order]
        order.insert(order.index(before[-1]) + 1 if before else 0, key)
    return {key: card[key] for key in order}


def _keys_used(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for item in part:
            yield from _keys_used(item)
    elif isinstance(part, dict):
        for key, inner in part.items():
            if key in ("source", "sdk_source") and isinstance(inner, str):
                yield inner
            else:
                yield from _keys_used(inner)
