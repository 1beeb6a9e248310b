"""Bytes of one YAML file -> plain values, with the position of each. Every YAML rule lives here.

PyYAML's loaders crash the process on deep nesting, expand alias bombs and read `no` as False, so
none of them is used. Events are taken from the parser one by one, under a budget, and built into
plain values by the rules of YAML 1.2 core. The C parser is used where PyYAML has it.

Two builders read them. The quick one knows values and nothing else: it takes what is surely right and
gives up on anything unusual. The other one knows every rule, position and message; it reads what the
quick one gave up on, and what somebody asks a position of.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import yaml

from modelcmp.catalogue import limits
from modelcmp.errors import CardError, CardProblem

Path = tuple[str | int, ...]
Position = tuple[int, int]

PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The event parser: libyaml's where PyYAML was built with it, else the pure one."""

REFUSED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
    "\ufdd0-\ufdef\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
    )
    + "]"
)
"""Characters that no file may hold: controls, marks that turn the direction of text, and no characters."""

_SEXAGESIMAL = r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"
_OTHERWISE = (
    (re.compile(r"y|Y|yes|Yes|YES|on|On|ON"), "true"),
    (re.compile(r"n|N|no|No|NO|off|Off|OFF"), "false"),
    (re.compile(_DATE), "a date"),
    (re.compile(_SEXAGESIMAL), "a number of base 60"),
    (re.compile(r"[-+]?0[0-9_]+|[-+]?0[xob][0-9A-Fa-f_]+"), "a number of another base"),
    (re.compile(r"[-+]?\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?"), "a number"),
    (re.compile(r"="), "an error"),
)
_NUMBER_LIKE = frozenset("0123456789+-.=")
_WORD_LIKE = frozenset("yYnNoO")
_SIGNLESS_POWER = re.compile(r"[-+]?[0-9.]*[eE][0-9]+|[-+]?[0-9]+[eE][-+]?[0-9]+")
# Possessive: what one repeat took it keeps, so that a megabyte of empty lines costs no memory.
_DIRECTIVE = re.compile(r"(?:[ ]*+(?:#[^\n]*+)?+\n)*+%")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TOUCHING = re.compile(r":[,\[\]{}]")
_BLOCKS = ("|", ">")
_CLOSE_COMMENT = re.compile(r"[|>][-+0-9]*#")
_LOOKED_UP = bytes([0x0A, *range(0x20, 0x7F)])
"""The bytes of ASCII that a file may hold: only what is left without them needs a closer look."""
_PROPERTY = re.compile(r"(?<!\w)(?:&\S|!)")
"""What every anchor and every tag begins with, and little else."""
_SCALAR = yaml.ScalarEvent
_MAPPING, _MAPPING_END = yaml.MappingStartEvent, yaml.MappingEndEvent
_LIST, _LIST_END = yaml.SequenceStartEvent, yaml.SequenceEndEvent
_NUMBER_START = frozenset("0123456789+-.")
_DIGITS_SURELY_SMALL = 15
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(slots=True)
class Places:
    """Where everything in one file stands (line and column from 1)."""

    positions: dict[Path, Position] = field(default_factory=dict)
    keys: dict[Path, Position] = field(default_factory=dict)
    otherwise: list[tuple[Path, str, str]] = field(default_factory=list)
    """Plain scalars that other YAML tools read differently: where, what stands there, as what."""


@dataclass
class Document:
    """What one file says: plain values, and on request where each stands."""

    file: str
    value: Any = None
    text: str = ""

    @cached_property
    def places(self) -> Places:
        """Where everything stands; the file is read anew for it, since most files are never asked."""
        return _build(self.text, self.file)[1]

    @property
    def positions(self) -> dict[Path, Position]:
        """The position of each value."""
        return self.places.positions

    @property
    def keys(self) -> dict[Path, Position]:
        """The position of each key."""
        return self.places.keys

    @property
    def otherwise(self) -> list[tuple[Path, str, str]]:
        """What other YAML tools read differently."""
        return self.places.otherwise

    def problem(
        self,
        path: Path,
        message: str,
        *,
        at_key: bool = False,
        code: str = "unreadable",
        hint: str = "",
    ) -> CardProblem:
        """Return a problem at `path`, or at the nearest enclosing place that has a position."""
        table = self.keys if at_key and path in self.keys else self.positions
        where = path
        while where and where not in table:
            where = where[:-1]
        line, column = table.get(where, (1, 1))
        return CardProblem(self.file, line, column, dotted(path), message, code, hint)


def read_otherwise(text: str) -> str | None:
    """Return what tools that read YAML 1.1 take a plain text for, or None where it is text to all.

    >>> read_otherwise("no"), read_otherwise("1:30"), read_otherwise("text-to-image")
    ('false', 'a number of base 60', None)
    """
    first = text[:1]
    if first not in _NUMBER_LIKE and not (first in _WORD_LIKE and len(text) <= 3):
        return None
    return next((reading for shape, reading in _OTHERWISE if shape.fullmatch(text)), None)


def dotted(path: Path) -> str:
    """Return a path as people write it, lists counted from 1.

    >>> dotted(("capabilities", 0, "tag"))
    'capabilities[1].tag'
    """
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def parse_yaml(data: bytes, file: str) -> Document:
    """Return the plain values of one YAML document and their positions.

    Values are None, bool, int, float, str, list and dict with text keys; dates, `no`, `010` and
    `1:30` stay text. Raises CardError for everything else: bytes that are not UTF-8, control
    characters, anchors, aliases, tags, directives, merge or repeated keys, a second document,
    nesting over 32, more than 50,000 nodes, numbers that are not finite or too long.
    """
    text = decode(data, file)
    try:
        return Document(file, _build_quickly(text), text)
    except (_UnusualError, yaml.YAMLError, ValueError, RecursionError):
        value, places = _build(text, file)
    document = Document(file, value, text)
    vars(document)["places"] = places
    return document


def _build(text: str, file: str) -> tuple[Any, Places]:
    """Return what a text says and where; raises CardError with the place of what is wrong."""
    builder = _Builder(file, text)
    try:
        builder.build(PARSER(text))
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, file) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _whole_file(file, f"is not YAML: {type(error).__name__}") from None
    return builder.value, builder.places


def decode(data: bytes, file: str) -> str:
    """Return the text of `data`; raises CardError if it is too large, not UTF-8 or holds controls."""
    if len(data) > limits.FILE_BYTES:
        raise _whole_file(file, "is larger than 1 MiB")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _whole_file(file, "is UTF-16; save it as UTF-8")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise _at(file, before, message) from None
    text = text.replace("\r\n", "\n")
    # The expression is slow, and most of a card is plain ASCII.
    rest = text.encode("utf-8").translate(None, _LOOKED_UP)
    if rest and REFUSED.search(rest.decode("utf-8")) and (found := REFUSED.search(text)):
        raise _at(file, text[: found.start()], _refusal(found.group()))
    if _DIRECTIVE.match(text):
        # Only libyaml's parser tells of a directive it does not know; so none comes that far.
        raise _at(file, "", "a % directive is not allowed")
    return text


def _at(file: str, before: str, message: str) -> CardError:
    """Return a problem that stands right after the text `before`."""
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    problem = CardProblem(file, line, column, "", message)
    return CardError("a file could not be read", problems=(problem,))


def _refusal(character: str) -> str:
    if character == "\t":
        return "a tab; YAML parsers disagree on tabs, use spaces"
    return f"character U+{ord(character):04X} is not allowed"


def _whole_file(file: str, message: str) -> CardError:
    return CardError("a file could not be read", problems=(CardProblem(file, 0, 0, "", message),))


def _syntax_error(error: yaml.MarkedYAMLError, file: str) -> CardError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    said = error.problem or error.context or "syntax error"
    # Newer releases of libyaml give up on deep nesting while they look ahead for a key.
    too_deep = "nesting" in said
    words = f"nested deeper than {limits.NESTING}" if too_deep else f"is not YAML: {said}"
    return CardError(
        "a file could not be read", problems=(CardProblem(file, line, column, "", words),)
    )


class _UnusualError(Exception):
    """Something the quick builder leaves to the other one; right or wrong is not for it to say."""


def _build_quickly(text: str) -> Any:
    """Return what a text says if all of it is usual; raises _UnusualError, or what a parser raises.

    Whatever it returns, `_Builder` would return too; it never decides that a file is wrong.
    """
    if ("&" in text or "!" in text) and _PROPERTY.search(text):
        raise _UnusualError
    if "#" in text and _CLOSE_COMMENT.search(text):
        raise _UnusualError
    parser = PARSER(text)
    try:
        # Every value is an event at least, so a budget of events keeps that of values.
        events = islice(iter(parser.get_event, None), limits.NODES)
        return _Quick(text).document(events)
    except StopIteration:
        raise _UnusualError from None
    finally:
        parser.dispose()


class _Quick:
    """Builds plain values from events without anchors and tags, and no position of anything."""

    def __init__(self, text: str) -> None:
        self.escapes = "\\" in text
        self.touched = _TOUCHING.search(text) is not None

    def document(self, events: Iterator[Any]) -> Any:
        """Return the value of the one document that the events hold."""
        next(events)
        start = next(events)
        if type(start) is not yaml.DocumentStartEvent or start.version or start.tags:
            raise _UnusualError
        (value,) = self._list(events, yaml.DocumentEndEvent, 0, False)
        if [type(event) for event in events] != [yaml.StreamEndEvent]:
            raise _UnusualError
        return value

    def _list(self, events: Iterator[Any], end: Any, depth: int, flow: bool) -> list[Any]:
        items: list[Any] = []
        for event in events:
            kind = type(event)
            if kind is _SCALAR:
                items.append(self._scalar(event.value, event.style, flow))
            elif kind is end:
                return items
            else:
                items.append(self._collection(event, kind, events, depth))
        raise _UnusualError

    def _mapping(self, events: Iterator[Any], depth: int, flow: bool) -> dict[str, Any]:
        # Most scalars are keys and words; to know them here spares a call for each.
        mapping: dict[str, Any] = {}
        for event in events:
            kind = type(event)
            if kind is _MAPPING_END:
                return mapping
            if kind is not _SCALAR:
                raise _UnusualError
            key = event.value
            if flow or event.style or key in _WORDS or key[0] in _NUMBER_START:
                key = self._scalar(key, event.style, flow)
            if key in mapping or key == "<<" or type(key) is not str:
                raise _UnusualError
            event = next(events)
            kind = type(event)
            if kind is _SCALAR:
                text = event.value
                if flow or event.style or text in _WORDS or text[0] in _NUMBER_START:
                    text = self._scalar(text, event.style, flow)
                mapping[key] = text
            else:
                mapping[key] = self._collection(event, kind, events, depth)
        raise _UnusualError

    def _collection(self, event: Any, kind: Any, events: Iterator[Any], depth: int) -> Any:
        if depth == limits.NESTING:
            raise _UnusualError
        if kind is _MAPPING:
            return self._mapping(events, depth + 1, event.flow_style)
        if kind is _LIST:
            return self._list(events, _LIST_END, depth + 1, event.flow_style)
        raise _UnusualError

    def _scalar(self, text: str, style: str | None, flow: bool) -> Any:
        if style:
            if self.escapes and REFUSED.search(text):
                raise _UnusualError
            return text
        if flow and (self.touched or "?" in text):
            raise _UnusualError
        if text in _WORDS:
            return _WORDS[text]
        return _usual_number(text) if text[0] in _NUMBER_START else text


def _usual_number(text: str) -> Any:
    """Return the number that a plain scalar is, or the text itself where it is none."""
    if text.isdecimal() and text.isascii() and len(text) <= _DIGITS_SURELY_SMALL:
        if text[0] == "0" and len(text) > 1:
            raise _UnusualError
        return int(text)
    if not _FLOAT.fullmatch(text):
        if text.lstrip("+-").lower() in (".inf", ".nan"):
            raise _UnusualError
        return text
    number = float(text)
    if _INTEGER.fullmatch(text) or not math.isfinite(number):
        raise _UnusualError
    return number


class _Builder:
    """Builds plain values from parser events, counting nodes and depth as they come."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.value: Any = None
        self.places = Places()
        self.nodes = 0
        self.documents = 0
        self.brackets = 0

    def build(self, parser: Any) -> None:
        try:
            event = parser.get_event()
            while event is not None and not isinstance(event, yaml.StreamEndEvent):
                if isinstance(event, yaml.DocumentStartEvent):
                    self._start(event)
                    self.value = self._node(parser, parser.get_event(), ())
                event = parser.get_event()
        finally:
            parser.dispose()

    def _start(self, event: Any) -> None:
        if self.documents:
            raise self._refuse(event, (), "a second document begins here; a file holds one")
        if event.version or event.tags:
            raise self._refuse(event, (), "a % directive is not allowed")
        self.documents += 1

    def _node(self, parser: Any, event: Any, path: Path) -> Any:
        self._check(event, path)
        self.places.positions[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        self.brackets += bool(event.flow_style)
        inner = self._list if isinstance(event, yaml.SequenceStartEvent) else self._mapping
        value = inner(parser, path)
        self.brackets -= bool(event.flow_style)
        return value

    def _check(self, event: Any, path: Path) -> None:
        self.nodes += 1
        if isinstance(event, yaml.AliasEvent):
            raise self._refuse(event, path, "an alias (*) is not allowed; write the value out")
        if event.anchor:
            raise self._refuse(event, path, "an anchor (&) is not allowed; write the value out")
        if event.tag is not None:
            raise self._refuse(event, path, f"a tag ({event.tag[:60]}) is not allowed")
        if self.nodes > limits.NODES:
            raise self._refuse(event, path, f"the file has more than {limits.NODES:,} values")
        deep = isinstance(event, yaml.CollectionStartEvent)
        if len(path) + deep > limits.NESTING:
            raise self._refuse(event, path[:1], f"nested deeper than {limits.NESTING}")

    def _list(self, parser: Any, path: Path) -> list[Any]:
        items: list[Any] = []
        event = parser.get_event()
        while not isinstance(event, yaml.SequenceEndEvent):
            items.append(self._node(parser, event, (*path, len(items))))
            event = parser.get_event()
        return items

    def _mapping(self, parser: Any, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        event = parser.get_event()
        while not isinstance(event, yaml.MappingEndEvent):
            key = self._key(event, path, mapping)
            mapping[key] = self._node(parser, parser.get_event(), (*path, key))
            event = parser.get_event()
        return mapping

    def _key(self, event: Any, path: Path, mapping: dict[str, Any]) -> str:
        self._check(event, path)
        mark = event.start_mark
        if not isinstance(event, yaml.ScalarEvent):
            raise self._refuse(event, path, "a key must be text, not a list or mapping")
        key = event.value
        self._check_agreement(event, path)
        if event.implicit[0] and key == "<<":
            raise self._refuse(event, path, "a merge key (<<) is not allowed; write the fields out")
        if event.implicit[0] and not isinstance(self._plain(event, path), str):
            raise self._refuse(event, path, f"the key {key} must be text; put it in quotes")
        self._check_text(event, path)
        here = (*path, key)
        if key in mapping:
            first = self.places.keys[here][0]
            raise self._refuse(event, here, f"is given twice, first on line {first}")
        self.places.keys[here] = (mark.line + 1, mark.column + 1)
        return str(key)

    def _scalar(self, event: Any, path: Path) -> Any:
        self._check_agreement(event, path)
        # implicit[0] is true for a plain scalar: only those can be anything but text.
        if event.implicit[0]:
            return self._plain(event, path)
        self._check_text(event, path)
        return event.value

    def _plain(self, event: Any, path: Path) -> Any:
        text = event.value
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return self._integer(event, path)
        if _FLOAT.fullmatch(text):
            return self._float(event, path)
        if text.lstrip("+-").lower() in (".inf", ".nan"):
            raise self._refuse(event, path, f"{text} is not a finite number")
        self._check_text(event, path)
        if reading := read_otherwise(text):
            self.places.otherwise.append((path, text, reading))
        return text

    def _integer(self, event: Any, path: Path) -> int | str:
        digits = event.value.lstrip("+-")
        if len(digits) > 1 and digits.startswith("0"):
            # 010 is 8 to YAML 1.1 and 10 to YAML 1.2: text to both
            self.places.otherwise.append((path, event.value, "a number of another base"))
            return str(event.value)
        if len(digits) > limits.INTEGER_DIGITS or int(digits) > limits.LARGEST_INTEGER:
            raise self._refuse(event, path, "is a larger number than 2^53 - 1")
        return int(event.value)

    def _float(self, event: Any, path: Path) -> float:
        number = float(event.value)
        if not math.isfinite(number):
            raise self._refuse(event, path, f"{event.value[:20]} is not a finite number")
        if _SIGNLESS_POWER.fullmatch(event.value):
            self.places.otherwise.append((path, event.value, "text"))
        return number

    def _check_text(self, event: Any, path: Path) -> None:
        # Escapes such as "\e" come to life only here, after the file's own text was checked.
        if found := REFUSED.search(event.value):
            raise self._refuse(event, path, _refusal(found.group()))

    def _check_agreement(self, event: Any, path: Path) -> None:
        """Refuse what only one of PyYAML's two parsers takes, so that both take the same files."""
        if self.brackets and event.implicit[0]:
            if "?" in event.value:
                raise self._refuse(event, path, "text with a ? inside brackets needs quotes")
            if _TOUCHING.match(self.text, event.end_mark.index):
                raise self._refuse(event, path, "a colon inside brackets needs a space after it")
        elif event.style in _BLOCKS and _CLOSE_COMMENT.match(self.text, event.start_mark.index):
            raise self._refuse(event, path, "a comment needs a space before its #")

    def _refuse(self, event: Any, path: Path, message: str) -> CardError:
        mark = event.start_mark
        problem = CardProblem(self.file, mark.line + 1, mark.column + 1, dotted(path), message)
        return CardError("a file could not be read", problems=(problem,))
