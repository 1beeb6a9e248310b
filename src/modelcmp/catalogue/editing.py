"""A card's text + what it is to say -> the new text: only what differs changes, comments and order stay.

ruamel.yaml (extra `edit`) keeps comments, quotes and order; it is used here alone. What it would
reformat elsewhere is taken back line by line, and nothing is returned that the reader would not read as wanted.

A caller takes the plain values of a card, changes them with plain Python and hands both over:

    plain = parse_yaml(data, file).value
    edited = edit_card(text, {**plain, "name": "New name"}, file)
"""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from io import StringIO
from typing import Any, NamedTuple

from modelcmp.catalogue.reader import Path, dotted, parse_yaml
from modelcmp.catalogue.writing import write_flow, write_yaml
from modelcmp.errors import CardError, CardProblem, UsageError

_IDENTITY = (
    "id", "name", "metric", "version", "shots", "variant", "model", "provider", "unit", "repository",
    "part",
)  # fmt: skip
"""Fields that say which entry of a list is meant, as far as an entry has them."""


class Difference(NamedTuple):
    """One place where two versions of a card differ; None stands for a place that is not there."""

    path: str
    old: Any
    new: Any


class Edited(NamedTuple):
    """The new text of a card, and where it says something else than before."""

    text: str
    differences: tuple[Difference, ...]


def edit_card(text: str, wanted: dict[str, Any], file: str = "card") -> Edited:
    """Return the text of a card made to say `wanted`, plain values as the reader gives them.

    Entries of lists are paired by what names them, new keys stand where `wanted` has them, and lines that say
    the same stay as they are to the last blank. Raises CardError when the text is not YAML
    that the reader takes, or when it cannot be changed without spoiling it; UsageError without the extra.
    """
    said = parse_yaml(text.encode("utf-8"), file).value
    if not isinstance(said, dict):
        raise _unusable(file, "a card must be a mapping (key: value)")
    differences = tuple(differ(said, wanted))
    if not differences and json.dumps(said) == json.dumps(wanted):
        return Edited(text, ())
    plain_lines = text.replace("\r\n", "\n")
    tree = _Tree(plain_lines, file)
    before = tree.dump()
    tree.sync_mapping(tree.root, said, wanted)
    after = tree.dump()
    for candidate in (_merge(before, plain_lines, after), after):
        if _says(candidate, wanted, file):
            return Edited(_with_ends(candidate, text), differences)
    raise _unusable(file, "cannot be changed without losing its layout; change it by hand")


def differ(old: Any, new: Any, path: Path = ()) -> Iterator[Difference]:
    """Yield where two plain values differ, entries of lists paired by what names them.

    >>> list(differ({"a": 1, "b": [{"id": "x", "n": 1}]}, {"a": 1, "b": [{"id": "x", "n": 2}]}))
    [Difference(path='b[1].n', old=1, new=2)]
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differ(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and (old or new):
        pairs = pair_entries(old, new)
        taken = {first for first in pairs if first is not None}
        for number, item in enumerate(old):
            if number not in taken:
                yield from differ(item, None, (*path, number))
        for number, (first, item) in enumerate(zip(pairs, new, strict=True)):
            yield from differ(None if first is None else old[first], item, (*path, number))
    elif type(old) is not type(new) or old != new:
        yield Difference(dotted(path), old, new)


def pair_entries(old: Sequence[Any], new: Sequence[Any]) -> list[int | None]:
    """Return for each new entry the index of the old entry it continues, or None.

    Equal entries pair first, then those with the same names, each old one once.
    """
    pairs: list[int | None] = [None] * len(new)
    left = list(range(len(old)))
    for key in (lambda item: json.dumps(item, sort_keys=True), _identity):
        held: dict[Any, list[int]] = {}
        for index in left:
            held.setdefault(key(old[index]), []).append(index)
        for number, item in enumerate(new):
            if pairs[number] is None and (same := held.get(key(item))):
                first = same.pop(0)
                left.remove(first)
                pairs[number] = first
    return pairs


def _any_paired(old: Sequence[Any], new: Sequence[Any]) -> bool:
    """Return whether any entry of the one list continues one of the other."""
    return any(first is not None for first in pair_entries(old, new))


def _identity(item: Any) -> Any:
    if not isinstance(item, dict):
        return json.dumps(item)
    return json.dumps([item.get(name) for name in _IDENTITY])


def _says(text: str, wanted: dict[str, Any], file: str) -> bool:
    try:
        # JSON tells 1 from true and 1.0, and one order of keys from another does not matter.
        said = parse_yaml(text.encode("utf-8"), file).value
    except CardError:
        return False
    return json.dumps(said, sort_keys=True) == json.dumps(wanted, sort_keys=True)


def _with_ends(text: str, original: str) -> str:
    return text.replace("\n", "\r\n") if "\r\n" in original else text


def _unusable(file: str, message: str) -> CardError:
    problem = CardProblem(file, 0, 0, "", message)
    return CardError("a card could not be changed", problems=(problem,))


class _Tree:
    """The round-trip tree of one text, in which every scalar is text, written as it stands."""

    def __init__(self, text: str, file: str) -> None:
        self._yaml = _parser(*_indentation(text))
        from ruamel.yaml.error import YAMLError

        try:
            self.root = self._yaml.load(text)
        except YAMLError as error:
            said = str(getattr(error, "problem", None) or type(error).__name__)
            raise _unusable(file, f"ruamel.yaml does not read it: {said}") from None

    def dump(self) -> str:
        """Return the tree as text."""
        stream = StringIO()
        self._yaml.dump(self.root, stream)
        return stream.getvalue()

    def sync_mapping(self, node: Any, old: dict[str, Any], new: dict[str, Any]) -> None:
        """Make a mapping of the tree, which says `old`, say `new`."""
        for key in [key for key in old if key not in new]:
            self._remove(node, key)
        for position, key in enumerate(new):
            if key not in old:
                earlier = [k for k in list(new)[:position] if k in node]
                at = list(node).index(earlier[-1]) + 1 if earlier else 0
                self._insert(node, at, key, new[key])
            else:
                self._sync(node, key, old[key], new[key])

    def _sync_list(self, node: Any, old: list[Any], new: list[Any]) -> None:
        pairs = _in_order(pair_entries(old, new))
        kept = [index for index in pairs if index is not None]
        for index in reversed(range(len(old))):
            if index not in kept:
                self._remove(node, index)
        for number, first in enumerate(pairs):
            if first is None:
                self._insert(node, number, number, new[number])
            else:
                self._sync(node, number, old[first], new[number])

    def _sync(self, node: Any, key: Any, old: Any, new: Any) -> None:
        if json.dumps(old) == json.dumps(new):
            return
        if isinstance(old, dict) and isinstance(new, dict) and old.keys() & new.keys():
            self.sync_mapping(node[key], old, new)
        elif isinstance(old, list) and isinstance(new, list) and _any_paired(old, new):
            self._sync_list(node[key], old, new)
        else:
            self._replace(node, key, old, new)

    def _replace(self, node: Any, key: Any, old: Any, new: Any) -> None:
        following = _take_following(node, key, -1)
        kind = type(node[key])
        texts = isinstance(old, str) and isinstance(new, str)
        if texts and kind.__name__.endswith("QuotedScalarString"):
            node[key] = kind(new)
        else:
            node[key] = self._made(node, new)
        _give_following(node, key, following)

    def _insert(self, node: Any, at: int, key: Any, value: Any) -> None:
        last = at == len(node)
        following = ""
        if at and not _flows(node):
            before = at - 1 if isinstance(key, int) else list(node)[at - 1]
            following = _take_following(node, before, node.lc.col - last)
        made = self._made(node, value)
        if isinstance(key, int):
            node.insert(at, made)
        else:
            node.insert(at, key, made)
        _give_following(node, key, following)

    def _remove(self, node: Any, key: Any) -> None:
        following = "" if _flows(node) else _take_following(node, key, node.lc.col)
        names = list(range(len(node))) if isinstance(key, int) else list(node)
        place = names.index(key)
        del node[key]
        if place:
            _give_following(node, names[place - 1], following)
        elif following and len(node):
            _give_before(node, 0 if isinstance(key, int) else names[1], following)

    def _made(self, node: Any, value: Any) -> Any:
        """Return a value as a part of the tree, in the manner of the mapping or list it enters."""
        siblings = list(node) if isinstance(node, list) else []
        if _flows(node) or (siblings and all(map(_flows, siblings))):
            return _unquoted(self._yaml.load(f"x: {write_flow(value)}\n")["x"])
        return _unquoted(self._yaml.load(write_yaml({"x": value}))["x"])


def _parser(mapping: int, sequence: int, offset: int) -> Any:
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.emitter import Emitter
        from ruamel.yaml.nodes import ScalarNode
        from ruamel.yaml.resolver import VersionedResolver
    except ModuleNotFoundError:
        raise UsageError(
            "changing a card that is there needs an extra", hint="pip install 'modelcmp[edit]'"
        ) from None

    class TextOnly(VersionedResolver):
        """Takes every plain scalar for text: what it means, our own reader decides."""

        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
            if kind is ScalarNode:
                implicit = (False, implicit[1])
            return super().resolve(kind, value, implicit)

    class WholeLines(Emitter):
        """Begins a line for every key: ruamel forgets to after a list opened by a comment (0.19)."""

        def expect_block_mapping_key(self, first: Any = False) -> None:
            if not first:
                self.no_newline = False
            super().expect_block_mapping_key(first)

    parser = YAML()
    parser.Resolver = TextOnly
    parser.Emitter = WholeLines
    parser.preserve_quotes = True
    parser.width = 1_000_000
    parser.indent(mapping=mapping, sequence=sequence, offset=offset)
    return parser


def _indentation(text: str) -> tuple[int, int, int]:
    """Return the indents of a text: of mappings, of list entries, and of their dashes."""
    comments = r"[ ]*(?:#[^\n]*)?\n(?:[ ]*(?:#[^\n]*)?\n)*"
    dash = re.search(rf"^( *)[^\s#-][^\n]*:{comments}( *)-( +)", text, re.MULTILINE)
    inner = re.search(rf"^[^\s#-][^\n]*:{comments}( +)[^\s#-]", text, re.MULTILINE)
    offset = len(dash[2]) - len(dash[1]) if dash else 2
    entry = offset + 1 + (len(dash[3]) if dash else 1)
    return (len(inner[1]) if inner else 2), entry, offset


def _unquoted(value: Any) -> Any:
    """Return a scalar marked as plain, or ruamel gives it the quotes of the one it replaces."""
    from ruamel.yaml.scalarstring import PlainScalarString

    return PlainScalarString(value) if type(value) is str else value


def _flows(node: Any) -> bool:
    return hasattr(node, "fa") and bool(node.fa.flow_style())


def _in_order(pairs: list[int | None]) -> list[int | None]:
    """Return the pairs without those that would go backwards: a list is not sorted by editing."""
    highest = -1
    kept: list[int | None] = []
    for index in pairs:
        kept.append(index if index is not None and index > highest else None)
        highest = max(highest, index if index is not None else -1)
    return kept


def _last_leaf(node: Any, key: Any) -> tuple[Any, Any]:
    """Return where the last scalar of an entry hangs: ruamel keeps the comments after it there."""
    value = node[key]
    while hasattr(value, "fa") and len(value) and not _flows(value):
        node, key = value, (len(value) - 1 if isinstance(value, list) else list(value)[-1])
        value = node[key]
    return node, key


def _slot(node: Any) -> int:
    return 0 if isinstance(node, list) else 2


def _is_block(value: Any) -> bool:
    return type(value).__name__ in ("FoldedScalarString", "LiteralScalarString")


def _take_following(node: Any, key: Any, column: int) -> str:
    """Take away and return the comment lines after an entry that belong to what follows it.

    Those are the lines from the first comment at or left of `column`, with the blank lines before it;
    of all the lines, if `column` is negative.
    """
    leaf, last = _last_leaf(node, key)
    held = leaf.ca.items.get(last)
    token = held[_slot(leaf)] if held else None
    if token is None:
        return ""
    own, rest = "", token.value
    if not _is_block(leaf[last]):
        own, newline, rest = token.value.partition("\n")
        own += newline
    lines = rest.splitlines(keepends=True)
    block = _is_block(leaf[last])
    first = 0 if column < 0 else _first_outside(lines, column, token if block else None)
    kept = own + "".join(lines[:first])
    if kept.strip():
        token.value = kept
    else:
        held[_slot(leaf)] = None
        if not any(held):
            del leaf.ca.items[last]
        if _flows(leaf[last]):  # ruamel hangs the same comment on a list in flow style itself
            leaf[last].ca.comment = None
    return "".join(lines[first:])


def _first_outside(lines: list[str], column: int, token: Any) -> int:
    """Return the index of the first line that no longer belongs to the entry before it."""
    blank = len(lines)
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if number == 0 and token is not None:  # ruamel leaves out the indent of such a line
            indent = token.start_mark.column
        if not line.strip():
            blank = min(blank, number)
        elif indent <= column:
            return min(blank, number)
        else:
            blank = len(lines)
    return blank


def _give_following(node: Any, key: Any, lines: str) -> None:
    """Let comment lines follow an entry, after those that it has."""
    if not lines:
        return
    leaf, last = _last_leaf(node, key)
    held = leaf.ca.items.setdefault(last, [None, None, None, None])
    slot = _slot(leaf)
    if held[slot] is not None:
        held[slot].value = held[slot].value.rstrip("\n") + "\n" + lines
    else:
        held[slot] = _token(lines if _is_block(leaf[last]) else "\n" + lines)


def _give_before(node: Any, key: Any, lines: str) -> None:
    """Let comment lines stand before an entry."""
    held = node.ca.items.setdefault(key, [None, None, None, None])
    held[1] = [_token(lines), *(held[1] or [])]


def _token(text: str) -> Any:
    from ruamel.yaml.error import CommentMark
    from ruamel.yaml.tokens import CommentToken

    return CommentToken(text, CommentMark(0), None)


def _merge(base: str, ours: str, theirs: str) -> str:
    """Return `ours` with the lines changed that `theirs` changed against `base`; theirs win.

    >>> _merge("a\\nb\\nc\\n", "a\\n b\\nc\\n", "a\\nb\\nd\\n")
    'a\\n b\\nd\\n'
    """
    if base == ours:
        return theirs
    lines, left, right = (text.splitlines(keepends=True) for text in (base, ours, theirs))
    merged: list[str] = []
    at = mine = other = 0
    for start, here, there in [*_anchors(lines, left, right), (len(lines), len(left), len(right))]:
        merged += _settle(lines[at:start], left[mine:here], right[other:there])
        merged += left[here : here + 1]
        at, mine, other = start + 1, here + 1, there + 1
    return "".join(merged)


def _settle(base: list[str], ours: list[str], theirs: list[str]) -> list[str]:
    """Return the lines for a stretch that both sides changed: line by line where that can be told."""
    if base == theirs:
        return ours
    if len(base) != len(ours):
        return theirs
    same = {there: here for here, there in _matches(base, theirs).items()}
    return [ours[same[number]] if number in same else line for number, line in enumerate(theirs)]


def _anchors(base: list[str], ours: list[str], theirs: list[str]) -> Iterator[tuple[int, int, int]]:
    """Yield the places of every line that all three texts share, in order."""
    mine, other = _matches(base, ours), _matches(base, theirs)
    for number in range(len(base)):
        if number in mine and number in other:
            yield number, mine[number], other[number]


def _matches(base: list[str], text: list[str]) -> dict[int, int]:
    matcher = SequenceMatcher(None, base, text, autojunk=False)
    return {
        block.a + step: block.b + step
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }
