"""The YAML reader: what it takes, what it refuses and where, with either of PyYAML's parsers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcmp.catalogue import limits, reader
from modelcmp.catalogue.reader import Document, dotted, parse_yaml
from modelcmp.errors import CardError, CardProblem

PARSERS = {"default": reader.PARSER, "pure": yaml.SafeLoader}
needs_libyaml = pytest.mark.skipif(
    reader.PARSER is yaml.SafeLoader, reason="PyYAML was built without libyaml"
)

CARD = b"""\
id: one
name: "One"
maker: Maker
summary: >-
  A model
  for a test.
tasks: [text-generation, 'x-task']
modalities: {input: [text], output: [text]}
released:
  day: 2023-10  # a month
  source: page
metrics:
- metric: hf_likes
  value: 379
- value: 2.5
sources:
  page:
    title: |
      A page
    url: https://example.org/page
"""


@contextmanager
def use(parser: Any) -> Iterator[None]:
    """Let the reader take its events from this parser for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "PARSER", parser)
        yield


@pytest.fixture(params=PARSERS)
def any_parser(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test with each parser in turn; the name of the one in use."""
    with use(PARSERS[request.param]):
        yield request.param


def refused(data: bytes) -> CardProblem:
    """Return the one problem for which `data` is refused."""
    with pytest.raises(CardError) as caught:
        parse_yaml(data, "a.yaml")
    assert caught.value.message == "a file could not be read"
    (problem,) = caught.value.problems
    assert (problem.file, problem.code, problem.hint) == ("a.yaml", "unreadable", "")
    return problem


def outcome(data: bytes, parser: Any) -> tuple[str, str]:
    """Return ("read", the value) or ("refused", ""); every other exception escapes."""
    with use(parser):
        try:
            return "read", repr(parse_yaml(data, "a.yaml").value)
        except CardError:
            return "refused", ""


# Row: id, data, part of the message, position, field. Position None: the parsers may differ on it.
Row = tuple[str, bytes, str, tuple[int, int] | None, str]

ANCHOR = "an anchor (&) is not allowed"
ALIAS = "an alias (*) is not allowed"
MERGE = "a merge key (<<) is not allowed"

ALIAS_BOMB = b"a0: &a0 [x, x, x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)
)
MERGE_BOMB = b"m0: &m0 {k: v}\n" + b"".join(
    b"m%d: &m%d\n  <<: [%s]\n" % (n, n, b", ".join([b"*m%d" % (n - 1)] * 9)) for n in range(1, 9)
)

BOMBS: list[Row] = [
    ("alias bomb", ALIAS_BOMB, ANCHOR, (1, 5), "a0"),
    ("merge bomb", MERGE_BOMB, ANCHOR, (1, 5), "m0"),
    ("list that holds itself", b"a: &a [*a]\n", ANCHOR, (1, 4), "a"),
    ("anchor on text", b"a: 1\nb: &x y\n", ANCHOR, (2, 4), "b"),
    ("anchor on a map", b"b: &x {c: 1}\n", ANCHOR, (1, 4), "b"),
    ("anchor on a key", b"a: 1\n&k b: 1\n", ANCHOR, (2, 1), ""),
    ("anchor on the root", b"&r\na: 1\n", ANCHOR, (1, 1), ""),
    ("anchor on nothing", b"a: &x\n", ANCHOR, (1, 4), "a"),
    ("alias without anchor", b"a: 1\nb: [1, *x]\n", ALIAS, (2, 8), "b[2]"),
    ("alias as key", b"*k : 1\n", ALIAS, (1, 1), ""),
    ("merge key", b"a: 1\nb:\n  <<: {c: 1}\n", MERGE, (3, 3), "b"),
    ("merge key in flow", b"a: {<<: {b: 1}}\n", MERGE, (1, 5), "a"),
    ("merge key at the root", b"<<: [{a: 1}]\n", MERGE, (1, 1), ""),
]

NUMBERS: list[Row] = [
    ("2^53", b"a: 9007199254740992\n", "larger number than 2^53 - 1", (1, 4), "a"),
    ("-2^53", b"a: -9007199254740992\n", "larger number than 2^53 - 1", (1, 4), "a"),
    ("16 digits", b"a: 9999999999999999\n", "larger number than 2^53 - 1", (1, 4), "a"),
    ("17 digits", b"a: [1, 10000000000000000]\n", "larger number than", (1, 8), "a[2]"),
    ("2^64", b"a: 18446744073709551616\n", "larger number than", (1, 4), "a"),
    ("4301 digits", b"a: " + b"9" * 4301 + b"\n", "larger number than", (1, 4), "a"),
    ("100000 digits", b"a: " + b"1" * 100_000 + b"\n", "larger number than", (1, 4), "a"),
    (".nan", b"a: .nan\n", ".nan is not a finite number", (1, 4), "a"),
    (".NaN", b"a: .NaN\n", ".NaN is not a finite number", (1, 4), "a"),
    (".NAN", b"a: .NAN\n", ".NAN is not a finite number", (1, 4), "a"),
    (".inf", b"a: .inf\n", ".inf is not a finite number", (1, 4), "a"),
    ("-.inf", b"a: -.inf\n", "-.inf is not a finite number", (1, 4), "a"),
    ("+.Inf", b"a: +.Inf\n", "+.Inf is not a finite number", (1, 4), "a"),
    ("-.INF", b"b:\n- -.INF\n", "-.INF is not a finite number", (2, 3), "b[1]"),
    ("1e999", b"a: 1e999\n", "1e999 is not a finite number", (1, 4), "a"),
    ("1.0e+999", b"a: 1.0e+999\n", "1.0e+999 is not a finite number", (1, 4), "a"),
    ("-1e400", b"a: -1e400\n", "-1e400 is not a finite number", (1, 4), "a"),
    ("400 digits and a point", b"a: " + b"9" * 400 + b".5\n", "not a finite", (1, 4), "a"),
]

TWICE = "is given twice, first on line "
DUPLICATES: list[Row] = [
    ("next line", b"a: 1\na: 1\n", TWICE + "1", (2, 1), "a"),
    ("later", b"a: 1\nb: 2\nc: 3\na: 4\n", TWICE + "1", (4, 1), "a"),
    ("nested", b"x:\n  a: 1\n  a: 2\n", TWICE + "2", (3, 3), "x.a"),
    ("in a list of maps", b"x:\n- a: 1\n  a: 2\n", TWICE + "2", (3, 3), "x[1].a"),
    ("flow", b"{a: 1, a: 2}\n", TWICE + "1", (1, 8), "a"),
    ("quoted and plain", b"a: 1\n'a': 2\n", TWICE + "1", (2, 1), "a"),
    ("escaped", b'a: 1\n"\\x61": 2\n', TWICE + "1", (2, 1), "a"),
    ("explicit key", b"a: 1\n? a\n: 2\n", TWICE + "1", (2, 3), "a"),
    ("with a map as value", b"a: {b: 1}\na: {b: 1}\n", TWICE + "1", (2, 1), "a"),
]

KEYS: list[Row] = [
    ("number", b"1: a\n", "the key 1 must be text; put it in quotes", (1, 1), ""),
    ("float", b"1.5: a\n", "the key 1.5 must be text", (1, 1), ""),
    ("true", b"x:\n  true: a\n", "the key true must be text", (2, 3), "x"),
    ("null", b"~: a\n", "the key ~ must be text", (1, 1), ""),
    ("list", b"? [a]\n: 1\n", "a key must be text, not a list or mapping", (1, 3), ""),
    ("map", b"x: {{a: b}: 1}\n", "a key must be text, not a list or mapping", (1, 5), "x"),
    ("nan", b".nan: a\n", "not a finite number", (1, 1), ""),
]

STREAMS: list[Row] = [
    ("second document", b"a: 1\n---\nb: 2\n", "a second document begins here", (2, 1), ""),
    ("empty second", b"a: 1\n...\n---\n", "a second document begins here", (3, 1), ""),
    ("%YAML 1.1", b"%YAML 1.1\n---\na: 1\n", "a % directive is not allowed", (1, 1), ""),
    ("%YAML 1.2", b"%YAML 1.2\n---\na: 1\n", "a % directive is not allowed", (1, 1), ""),
    ("%TAG", b"%TAG !e! tag:e.org:\n---\na: 1\n", "a % directive is not allowed", (1, 1), ""),
    ("%YAML 2.0", b"%YAML 2.0\n---\na: 1\n", "a % directive is not allowed", (1, 1), ""),
    ("open list", b"a: [1, 2\n", "is not YAML: ", None, ""),
    ("open map", b"a: {b: 1\n", "is not YAML: ", None, ""),
    ("open quote", b"a: 'x\n", "is not YAML: found unexpected end of stream", None, ""),
    ("open double quote", b'a: "x\n', "is not YAML: found unexpected end of stream", None, ""),
    ("two colons", b"a: 1\nb: c: d\n", "is not YAML: mapping values are not", (2, 5), ""),
    ("wrong indentation", b"a: 1\n b: 2\n", "is not YAML: mapping values are not", (2, 3), ""),
    ("list beside map", b"- a\nb: 1\n", "is not YAML: ", (2, 1), ""),
    ("stray bracket", b"a: ]\n", "is not YAML: ", (1, 4), ""),
    ("reserved @", b"a: @x\n", "is not YAML: found character", (1, 4), ""),
    ("reserved backtick", b"a: `x`\n", "is not YAML: found character", (1, 4), ""),
    ("unknown escape", b'a: "\\q"\n', "is not YAML: found unknown escape", None, ""),
    ("undefined tag handle", b"a: !e!x y\n", "is not YAML: found undefined tag", (1, 4), ""),
    ("escape beyond Unicode", b'a: "\\U00110000"\n', "is not YAML: ", None, ""),
]

TAB = "a tab; YAML parsers disagree on tabs, use spaces"
ENCODINGS: list[Row] = [
    ("tab after colon", b"a:\t1\n", TAB, (1, 3), ""),
    ("tab at line end", b"a: 1\t\n", TAB, (1, 5), ""),
    ("tab as indentation", b"a:\n\tb: 1\n", TAB, (2, 1), ""),
    ("tab in a comment", b"a: 1\n#\tx\n", TAB, (2, 2), ""),
    ("tab in quotes", b'a: "x\ty"\n', TAB, (1, 6), ""),
    ("tab in a block", b"a: |\n  x\n  \ty\n", TAB, (3, 3), ""),
    ("BOM in the middle", b"a: 1\n\xef\xbb\xbfb: 2\n", "U+FEFF", (2, 1), ""),
    ("two BOMs", b"\xef\xbb\xbf\xef\xbb\xbfa: 1\n", "U+FEFF", (1, 1), ""),
    ("UTF-16 little", "a: 1\n".encode("utf-16"), "is UTF-16; save it as UTF-8", (0, 0), ""),
    ("UTF-16 big", b"\xfe\xff\x00a\x00:", "is UTF-16; save it as UTF-8", (0, 0), ""),
    ("UTF-16 without BOM", "a: 1\n".encode("utf-16-le"), "U+0000", (1, 2), ""),
    ("UTF-32", "a: 1\n".encode("utf-32-be"), "U+0000", (1, 1), ""),
    ("Latin-1", b"a: 1\nb: caf\xe9\n", "byte 0xe9 is not UTF-8", (2, 7), ""),
    ("cp1252 quote", b"a: \x93x\x94\n", "byte 0x93 is not UTF-8", (1, 4), ""),
    ("cut character", b"a: \xe2\x82", "byte 0xe2 is not UTF-8", (1, 4), ""),
    ("overlong slash", b"a: \xc0\xaf\n", "byte 0xc0 is not UTF-8", (1, 4), ""),
    ("encoded surrogate", b"a: \xed\xa0\x80\n", "byte 0xed is not UTF-8", (1, 4), ""),
    ("beyond Unicode", b"a: \xf4\x90\x80\x80\n", "byte 0xf4 is not UTF-8", (1, 4), ""),
    ("old Mac line ends", b"a: 1\rb: 2\r", "U+000D", (1, 5), ""),
    ("NUL", b"a: x\x00y\n", "U+0000", (1, 5), ""),
    ("U+0085 as line end", "a: 1\u0085b: 2\n".encode(), "U+0085", (1, 5), ""),
    ("U+2028 as line end", "a: 1\u2028b: 2\n".encode(), "U+2028", (1, 5), ""),
    ("U+2029 as line end", "a: 1\u2029b: 2\n".encode(), "U+2029", (1, 5), ""),
    ("after CRLF", b"a: 1\r\nb: x\x1b[31m\r\n", "U+001B", (2, 5), ""),
    ("after wide characters", "ü: 模型 \u202e\n".encode(), "U+202E", (1, 7), ""),
]

ESCAPED = "character U+{} is not allowed"
ESCAPES: list[Row] = [
    ("ESC", b'a: "\\e[31m"\n', ESCAPED.format("001B"), (1, 4), "a"),
    ("NUL", b'a: "\\0"\n', ESCAPED.format("0000"), (1, 4), "a"),
    ("CR", b'a: "x\\r\\n"\n', ESCAPED.format("000D"), (1, 4), "a"),
    ("tab", b'a: "x\\ty"\n', "a tab", (1, 4), "a"),
    ("DEL", b'a: ["\\x7f"]\n', ESCAPED.format("007F"), (1, 5), "a[1]"),
    ("CSI", b'a: "\\x9b31m"\n', ESCAPED.format("009B"), (1, 4), "a"),
    ("NEL", b'a: "\\N"\n', ESCAPED.format("0085"), (1, 4), "a"),
    ("line separator", b'a: "\\L"\n', ESCAPED.format("2028"), (1, 4), "a"),
    ("paragraph separator", b'a: "\\P"\n', ESCAPED.format("2029"), (1, 4), "a"),
    ("bidi override", b'a: "\\u202e"\n', ESCAPED.format("202E"), (1, 4), "a"),
    ("BOM", b'a: "\\uFEFF"\n', ESCAPED.format("FEFF"), (1, 4), "a"),
    ("tag character", b'a: "\\U000E0041"\n', ESCAPED.format("E0041"), (1, 4), "a"),
    ("in a key", b'x:\n  "\\e": 1\n', ESCAPED.format("001B"), (2, 3), "x"),
    # libyaml refuses half of a pair itself, in other words.
    ("surrogate", b'a: "\\ud800"\n', "haracter", None, ""),
    ("pair of surrogates", b'a: "\\ud83d\\ude00"\n', "haracter", None, ""),
]

REFUSED = BOMBS + NUMBERS + DUPLICATES + KEYS + STREAMS + ENCODINGS + ESCAPES


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row[0])
def test_refuses_and_says_where(row: Row, any_parser: str) -> None:
    """Each hostile input is refused in the same words, at the same place, by both parsers."""
    _, data, message, position, field = row
    problem = refused(data)
    assert message in problem.message
    if position is not None:
        assert (problem.line, problem.column, problem.field) == (*position, field)


SAID = {
    "alias": (b"b: *x\n", "a.yaml:1:4: b: an alias (*) is not allowed; write the value out"),
    "anchor": (b"b: &x 1\n", "a.yaml:1:4: b: an anchor (&) is not allowed; write the value out"),
    "merge": (
        b"<<: {c: 1}\n", "a.yaml:1:1: a merge key (<<) is not allowed; write the fields out"
    ),
    "key": (b"b:\n  1: x\n", "a.yaml:2:3: b: the key 1 must be text; put it in quotes"),
    "list as key": (b"? [a]\n", "a.yaml:1:3: a key must be text, not a list or mapping"),
    "twice": (b"a: 1\nb: 2\na: 3\n", "a.yaml:3:1: a: is given twice, first on line 1"),
    "document": (
        b"a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document begins here; a file holds one"
    ),
    "directive": (b"%TAG ! x:\n---\na\n", "a.yaml:1:1: a % directive is not allowed"),
    "late directive": (b"# x\n\n%FOO\n---\n", "a.yaml:1:1: a % directive is not allowed"),
    "tab": (b"a:\tb\n", "a.yaml:1:3: a tab; YAML parsers disagree on tabs, use spaces"),
    "escaped tab": (
        b'a: "\\t"\n', "a.yaml:1:4: a: a tab; YAML parsers disagree on tabs, use spaces"
    ),
    "control": (b"a: \x07\n", "a.yaml:1:4: character U+0007 is not allowed"),
    "UTF-16": (b"\xff\xfea\x00", "a.yaml: is UTF-16; save it as UTF-8"),
    "bytes": (b"a: \xe9\n", "a.yaml:1:4: byte 0xe9 is not UTF-8"),
    "infinite": (b"a: 1e999\n", "a.yaml:1:4: a: 1e999 is not a finite number"),
    "long and infinite": (
        b"a: 1234567890" + b"0" * 400 + b".5\n",
        "a.yaml:1:4: a: 12345678900000000000 is not a finite number",
    ),
    "not a number": (b"a: -.NaN\n", "a.yaml:1:4: a: -.NaN is not a finite number"),
    "large": (b"a: 9007199254740992\n", "a.yaml:1:4: a: is a larger number than 2^53 - 1"),
    "long tag": (b"a: !" + b"x" * 90 + b" 1\n", f"a.yaml:1:4: a: a tag (!{'x' * 59}) is not allowed"),
    "question mark": (b"a: [b?]\n", "a.yaml:1:5: a[1]: text with a ? inside brackets needs quotes"),
    "colon": (b"a: [b:]\n", "a.yaml:1:5: a[1]: a colon inside brackets needs a space after it"),
    "comment": (b"a: |#x\n  y\n", "a.yaml:1:4: a: a comment needs a space before its #"),
    "deep": (b"- " * 40 + b"x\n", "a.yaml:1:65: [1]: nested deeper than 32"),
    "syntax": (
        b"a: b: c\n", "a.yaml:1:5: is not YAML: mapping values are not allowed here"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID.values(), ids=SAID.keys())
def test_a_refusal_is_worded_in_full(case: tuple[bytes, str]) -> None:
    """Place, field and every word, as they are printed; either parser may be the one that says it."""
    data, line = case
    said = []
    for parser in PARSERS.values():
        with use(parser):
            said.append(str(refused(data)))
    assert line in said


class _Failing:
    """A parser that gives up at once, as a release of PyYAML might."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.disposed = False

    def __call__(self, _: str) -> _Failing:
        return self

    def get_event(self) -> Any:
        raise self.error

    def dispose(self) -> None:
        self.disposed = True


MARK = yaml.Mark("", 0, 4, 6, None, None)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (yaml.MarkedYAMLError(), "a.yaml: is not YAML: syntax error"),
        (yaml.MarkedYAMLError(context="in a list"), "a.yaml: is not YAML: in a list"),
        (yaml.MarkedYAMLError("in a list", MARK), "a.yaml:5:7: is not YAML: in a list"),
        (
            yaml.MarkedYAMLError("c", yaml.Mark("", 0, 0, 0, None, None), "what", MARK),
            "a.yaml:5:7: is not YAML: what",
        ),
        (
            yaml.MarkedYAMLError(problem="exceeded max nesting", problem_mark=MARK),
            "a.yaml:5:7: nested deeper than 32",
        ),
        (yaml.YAMLError("x"), "a.yaml: is not YAML: YAMLError"),
        (ValueError("x"), "a.yaml: is not YAML: ValueError"),
        (RecursionError("x"), "a.yaml: is not YAML: RecursionError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_parser_that_gives_up_is_reported(error: Exception, line: str) -> None:
    """Whatever a parser says or leaves out, there is one problem, and the parser is let go."""
    parser = _Failing(error)
    with use(parser):
        problem = refused(b"a: 1\n")
    assert str(problem) == line
    assert problem.line or problem[:3] == ("a.yaml", 0, 0)
    assert parser.disposed


TAGS = {
    "str": b"!!str",
    "int": b"!!int",
    "float": b"!!float",
    "bool": b"!!bool",
    "null": b"!!null",
    "binary": b"!!binary",
    "timestamp": b"!!timestamp",
    "set": b"!!set",
    "map": b"!!map",
    "tuple": b"!!python/tuple",
    "name": b"!!python/name:os.system",
    "module": b"!!python/module:antigravity",
    "apply": b"!!python/object/apply:os.mkdir",
    "new": b"!!python/object/new:os.mkdir",
    "own": b"!mine",
    "bare": b"!",
    "verbatim": b"!<tag:yaml.org,2002:str>",
}
NODES = {"scalar": b"abc", "list": b"[abc]", "map": b"{k: abc}", "nothing": b""}


@pytest.mark.parametrize("node", NODES.values(), ids=NODES.keys())
@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS.keys())
def test_refuses_tags_on_every_kind_of_node(tag: bytes, node: bytes, any_parser: str) -> None:
    """A tag is refused on text, on a list, on a mapping and on nothing at all."""
    problem = refused(b"a: 1\nb: " + tag + b" " + node + b"\n")
    assert problem.message.startswith("a tag (")
    assert problem.message.endswith(") is not allowed")
    assert (problem.line, problem.column, problem.field) == (2, 4, "b")


TAGGED_ELSEWHERE = {
    "key": (b"!!str a: 1\n", (1, 1)),
    "root": (b"!!map\na: 1\n", (1, 1)),
    "block list": (b"a: !!python/tuple\n- 1\n", (1, 4)),
    "block map": (b"a: !!python/object:x.Y\n  b: 1\n", (1, 4)),
    "block text": (b"a: !!binary |\n  AAAA\n", (1, 4)),
    "item": (b"a:\n- 1\n- !!int 2\n", (3, 3)),
}


@pytest.mark.parametrize("case", TAGGED_ELSEWHERE.values(), ids=TAGGED_ELSEWHERE.keys())
def test_refuses_tags_in_every_place(case: tuple[bytes, tuple[int, int]], any_parser: str) -> None:
    """Keys, the root, block style and items are no way round the rule."""
    problem = refused(case[0])
    assert problem.message.startswith("a tag (")
    assert (problem.line, problem.column) == case[1]


def test_a_python_tag_runs_nothing(tmp_path: Path, any_parser: str) -> None:
    """A tag that would make a directory makes none."""
    target = tmp_path / "made"
    refused(f"a: !!python/object/apply:os.mkdir ['{target.as_posix()}']\n".encode())
    assert not target.exists()


def _character_rows() -> list[int]:
    controls = [code for code in range(0xA0) if code != 0x0A and not 0x20 <= code < 0x7F]
    bidi = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    others = [0x2028, 0x2029, 0xFEFF, 0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0xE0000, 0xE0041, 0xE007F]
    return controls + bidi + others


@pytest.mark.parametrize("code", _character_rows(), ids=lambda code: f"U+{code:04X}")
def test_refuses_control_and_invisible_characters(code: int, any_parser: str) -> None:
    """Each is refused in the file itself and when an escape brings it to life."""
    raw = refused(f"a: 1\nb: x{chr(code)}y\n".encode())
    escaped = refused(f'a: 1\nb: "x\\U{code:08x}y"\n'.encode())
    assert (raw.line, raw.column) == (2, 5)
    assert (escaped.line, escaped.column, escaped.field) == (2, 4, "b")
    for problem in (raw, escaped):
        assert ("a tab" if code == 9 else f"U+{code:04X}") in problem.message


@pytest.mark.parametrize("code", [0x1FFFE, 0x1FFFF, 0xFFFFE, 0x10FFFF], ids=hex)
def test_refuses_non_characters_of_every_plane(code: int) -> None:
    """RELIABILITY 5.3 refuses non-characters, not only those below U+10000."""
    assert f"U+{code:04X}" in refused(f"a: x{chr(code)}\n".encode()).message


def test_a_bad_byte_is_named_rightly_after_a_bom() -> None:
    """The BOM moves neither the position nor the byte in the message."""
    problem = refused(b"\xef\xbb\xbfa: 1\nb: \xe9\n")
    assert (problem.line, problem.column, problem.message) == (2, 4, "byte 0xe9 is not UTF-8")


def test_the_column_of_a_bad_byte_counts_characters() -> None:
    """A wide character before the bad byte is one column, as in every other message."""
    assert refused("ü: ".encode() + b"\xe9\n").column == 4


def test_messages_stay_short(any_parser: str) -> None:
    """RELIABILITY 3: a problem has at most 300 characters, however long the input is."""
    problem = refused(b"a: !" + b"x" * 5_000 + b" 1\n")
    assert len(problem.message) <= limits.PROBLEM_CHARACTERS


# --- Limits, just below and just above


def nested(shape: str, depth: int) -> bytes:
    """Return text nested `depth` deep, with the scalar x in the innermost."""
    forms = {
        "flow list": "[" * depth + "x" + "]" * depth,
        "flow map": "{a: " * depth + "x" + "}" * depth,
        "block list": "- " * depth + "x",
        "block map": "".join(" " * n + "a:\n" for n in range(depth - 1)) + " " * depth + "a: x",
        "list of maps": "[{a: " * (depth // 2) + "[" * (depth % 2) + "x"
        + "]" * (depth % 2) + "}]" * (depth // 2),
    }  # fmt: skip
    return forms[shape].encode() + b"\n"


SHAPES = ["flow list", "flow map", "block list", "block map", "list of maps"]


@pytest.mark.parametrize("shape", SHAPES)
def test_reads_what_is_nested_32_deep(shape: str, any_parser: str) -> None:
    """32 lists or mappings inside each other are read to the innermost value."""
    value = parse_yaml(nested(shape, limits.NESTING), "a.yaml").value
    for _ in range(limits.NESTING):
        value = value[0] if isinstance(value, list) else value["a"]
    assert value == "x"


@pytest.mark.parametrize("shape", SHAPES)
def test_refuses_what_is_nested_33_deep(shape: str, any_parser: str) -> None:
    """One more is refused, at the place where it goes too deep."""
    problem = refused(nested(shape, limits.NESTING + 1))
    assert problem.message == "nested deeper than 32"
    assert problem.line > 0


@pytest.mark.parametrize(
    "text", [b"[" * 33 + b"]" * 33, b"{a: " * 32 + b"{}" + b"}" * 32], ids=["list", "map"]
)
def test_an_empty_list_counts_as_a_level(text: bytes) -> None:
    """limits.NESTING is the deepest list or mapping, whether or not anything is in it."""
    assert refused(text).message == "nested deeper than 32"


@pytest.mark.parametrize("text", [b"[", b"{a: ", b"- ", b"[{a: ", b"{? "])
@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_extreme_nesting_does_not_end_the_process(
    text: bytes, closed: bool, any_parser: str
) -> None:
    """25,000 levels, which overflow the stack of a plain loader, are an ordinary refusal."""
    ends = {b"[": b"]", b"{a: ": b"}", b"- ": b"", b"[{a: ": b"}]", b"{? ": b"}"}
    problem = refused(text * 25_000 + (b"x" + ends[text] * 25_000 if closed else b""))
    words = "a key must be text" if text == b"{? " else "nested deeper than 32"
    assert words in problem.message


def list_of(count: int) -> bytes:
    """Return a list that takes `count` nodes, itself included."""
    return b"[" + b"1," * (count - 1) + b"]"


BUDGETS = {
    "list": (list_of(101), list_of(102), "[101]"),
    "map, whose keys count": (
        b"".join(b"k%d: 1\n" % n for n in range(50)),
        b"".join(b"k%d: 1\n" % n for n in range(51)),
        "",
    ),
    "lists of lists": (b"[" + b"[1]," * 50 + b"]", b"[" + b"[1]," * 50 + b"2]", "[51]"),
}


@pytest.mark.parametrize("case", BUDGETS.values(), ids=BUDGETS.keys())
def test_counts_nodes_while_reading(
    case: tuple[bytes, bytes, str], any_parser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last node within the budget is read, the first beyond it is refused."""
    monkeypatch.setattr(limits, "NODES", 101)
    within, beyond, field = case
    assert len(parse_yaml(within, "a.yaml").value) in (50, 100)
    problem = refused(beyond)
    assert (problem.field, problem.message) == (field, "the file has more than 101 values")


def test_reads_50000_nodes_and_not_one_more() -> None:
    """The budget as it is set, counted with the parser in use."""
    assert len(parse_yaml(list_of(50_000), "a.yaml").value) == 49_999
    problem = refused(list_of(50_001))
    assert problem.message == "the file has more than 50,000 values"
    assert (problem.line, problem.field) == (1, "[50000]")


def test_reads_one_mebibyte_and_not_one_byte_more() -> None:
    """The size is judged in bytes, before anything is decoded."""
    text = b"a: 1\n#"
    largest = text + b"x" * (1024 * 1024 - len(text))
    assert parse_yaml(largest, "a.yaml").value == {"a": 1}
    assert str(refused(largest + b"x")) == "a.yaml: is larger than 1 MiB"


def test_limits_are_those_of_the_documents() -> None:
    """The bar of RELIABILITY section 3."""
    assert (limits.FILE_BYTES, limits.NESTING, limits.NODES) == (2**20, 32, 50_000)
    assert (limits.LARGEST_INTEGER, limits.INTEGER_DIGITS) == (2**53 - 1, 16)


# --- What is read, and as what

TEXT_TO_BOTH = [
    "no", "No", "NO", "yes", "Yes", "on", "On", "off", "OFF", "y", "n", "Y", "N",
    "010", "00", "08", "-010", "0o10", "0x1F", "0b11", "1_000", "1_0.5", "1:30", "190:20:30",
    "1:30.5", "2024-01-02", "2024-13-45", "2024-01-02T99:99:99Z", "2024-01-02 03:04:05 +1",
    "2024-10", "1.2.3", "=", "<<", "nan", "inf", "Infinity", "-inf", "NULL.", "nil", "none",
    "tRUE", "1e", "e5", "+", ".", "1,5", "0.1.2", "v3.10", "٣", "１２", "--", "~x", "1 2",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXT_TO_BOTH)
def test_text_stays_text(text: str, any_parser: str) -> None:
    """What YAML 1.1 would turn into something else is what the author wrote."""
    assert parse_yaml(f"a: {text}\n".encode(), "a.yaml").value == {"a": text}


VALUES: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "0": 0, "-0": 0, "7": 7, "+7": 7, "-7": -7, "379": 379,
    "9007199254740991": 2**53 - 1, "-9007199254740991": 1 - 2**53, "9007199254740990": 2**53 - 2,
    "0.5": 0.5, ".5": 0.5, "5.": 5.0, "-2.5": -2.5, "3.10": 3.1, "1e3": 1000.0, "1E-2": 0.01,
    "1.5e+3": 1500.0, "1e308": 1e308, "1e-400": 0.0,
    '"379"': "379", "'0'": "0", '"true"': "true", "'null'": "null", '""': "", "'~'": "~",
    '"3.10"': "3.10", "'.nan'": ".nan", '"9007199254740992"': "9007199254740992",
    "|\n  12\n": "12\n", ">-\n  12\n": "12", "'it''s'": "it's", '"a\\nb"': "a\nb",
    '"\\x41\\u00e9"': "Aé", "模型 😀": "模型 😀", "a\u00a0b": "a\u00a0b", "x # y": "x", "x#y": "x#y",
    "http://a.b:1/c": "http://a.b:1/c", "[]": [], "{}": {}, "[1, '1', a]": [1, "1", "a"],
    "{b: {c: ~}}": {"b": {"c": None}}, "{b, c: 1}": {"b": None, "c": 1},
}  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
def test_reads_values(text: str, any_parser: str) -> None:
    """Plain words and numbers by YAML 1.2, quoted ones as text, each of its exact type."""
    value = parse_yaml(f"a: {text}\n".encode(), "a.yaml").value["a"]
    assert value == VALUES[text]
    assert type(value) is type(VALUES[text])


READ_OTHERWISE = {
    "no": "false", "Yes": "true", "1:30": "a number of base 60", "2024-01-02": "a date",
    "010": "a number of another base", "-08": "a number of another base", "0x1F": "a number of another base",
    "00": "a number of another base", "1_000": "a number", "=": "an error",
    "1e3": "text", "1.5e3": "text", "1E-2": "text", "1e+3": "text",
    "1.5e+3": None, "0": None, "-7": None, "10": None, ".5": None, "5.": None, "abc": None, "noo": None,
}  # fmt: skip


@pytest.mark.parametrize("text", READ_OTHERWISE)
def test_remembers_what_other_tools_read(text: str, any_parser: str) -> None:
    """A plain text or number that YAML 1.1 takes for something else is noted, a quoted one never."""
    document = parse_yaml(f"a: [{text}, '{text}']\n".encode(), "a.yaml")
    reading = READ_OTHERWISE[text]
    assert document.otherwise == ([(("a", 0), text, reading)] if reading else [])


KEYS_READ = ["no", "on", "010", "2024-01-01", "=", '"1"', "'true'", "'<<'", '""', "a b", "é"]


@pytest.mark.parametrize("text", KEYS_READ)
def test_reads_keys_as_text(text: str, any_parser: str) -> None:
    """A key that YAML 1.1 would convert keeps its letters; a quoted one may be anything."""
    assert parse_yaml(f"{text}: 1\n".encode(), "a.yaml").value == {text.strip("\"'"): 1}


EMPTY = {"nothing": b"", "comment": b"# x\n", "spaces": b"  \n\n", "marker": b"---\n", "BOM": b"\xef\xbb\xbf"}  # fmt: skip


@pytest.mark.parametrize("data", EMPTY.values(), ids=EMPTY.keys())
def test_a_file_that_says_nothing_is_none(data: bytes, any_parser: str) -> None:
    """An empty file is no error of YAML; that a card needs more is said elsewhere."""
    assert parse_yaml(data, "a.yaml").value is None


@pytest.mark.parametrize("name", ["BOM", "CRLF", "both", "markers"])
def test_other_ways_to_save_a_file_mean_the_same(name: str, any_parser: str) -> None:
    """A BOM, CRLF or document markers change neither value nor position within a line."""
    crlf = CARD.replace(b"\n", b"\r\n")
    forms = {
        "BOM": b"\xef\xbb\xbf" + CARD,
        "CRLF": crlf,
        "both": b"\xef\xbb\xbf" + crlf,
        "markers": b"---\n" + CARD + b"...\n",
    }
    plain, other = parse_yaml(CARD, "a.yaml"), parse_yaml(forms[name], "a.yaml")
    assert other.value == plain.value
    shift = 1 if name == "markers" else 0
    where = {path: (line + shift, column) for path, (line, column) in plain.positions.items()}
    assert {path: at for path, at in other.positions.items() if path} == {
        path: at for path, at in where.items() if path
    }


# --- Positions

POSITIONS: dict[reader.Path, tuple[int, int]] = {
    (): (1, 1),
    ("id",): (1, 5),
    ("name",): (2, 7),
    ("summary",): (4, 10),
    ("tasks",): (7, 8),
    ("tasks", 1): (7, 26),
    ("modalities", "output", 0): (8, 38),
    ("released", "day"): (10, 8),
    ("metrics", 0, "value"): (14, 10),
    ("metrics", 1): (15, 3),
    ("sources", "page", "url"): (20, 10),
}


@pytest.mark.parametrize("path", POSITIONS, ids=dotted)
def test_knows_where_each_value_stands(path: reader.Path, any_parser: str) -> None:
    """Line and column count from 1."""
    assert parse_yaml(CARD, "a.yaml").positions[path] == POSITIONS[path]


def test_knows_where_each_key_stands(any_parser: str) -> None:
    """Keys have positions of their own, for unknown fields."""
    keys = parse_yaml(CARD, "a.yaml").keys
    assert keys[("maker",)] == (3, 1)
    assert keys[("modalities", "output")] == (8, 29)
    assert keys[("sources", "page", "title")] == (18, 5)


def test_a_problem_stands_at_the_nearest_place_that_is_known() -> None:
    """What is missing is reported where it should have been; a key on request."""
    document = parse_yaml(CARD, "a.yaml")
    assert document.problem(("released", "note"), "x")[:4] == ("a.yaml", 10, 3, "released.note")
    assert document.problem(("nothing", 3, "y"), "x")[:4] == ("a.yaml", 1, 1, "nothing[4].y")
    assert document.problem(("maker",), "x", at_key=True)[1:3] == (3, 1)
    assert document.problem(("maker",), "x")[1:3] == (3, 8)
    assert Document("b.yaml").problem((), "x") == CardProblem("b.yaml", 1, 1, "", "x")
    assert document.problem(("nothing",), "x", at_key=True)[1:3] == (1, 1)
    told = document.problem(("maker",), "x", code="bad-value", hint="do")
    assert told == CardProblem("a.yaml", 3, 8, "maker", "x", "bad-value", "do")


# --- Both parsers

SAME = (
    [row[1] for row in REFUSED]
    + [f"a: {text}\n".encode() for text in (*TEXT_TO_BOTH, *VALUES)]
    + [b"a: 1\n" + tag + b" " + node for tag in TAGS.values() for node in NODES.values()]
    + [CARD, CARD.replace(b"\n", b"\r\n"), *EMPTY.values()]
)


@needs_libyaml
@pytest.mark.parametrize("data", SAME, ids=range(len(SAME)))
def test_both_parsers_agree(data: bytes) -> None:
    """Both give the same value, or both refuse."""
    assert outcome(data, PARSERS["default"]) == outcome(data, PARSERS["pure"])


@needs_libyaml
def test_both_parsers_refuse_an_unknown_directive() -> None:
    """RELIABILITY 5.4 refuses directives; the pure parser skips those it does not know."""
    data = b"%FOO bar\n---\na: 1\n"
    assert outcome(data, PARSERS["default"]) == outcome(data, PARSERS["pure"]) == ("refused", "")


# PyYAML's parsers differ on these: one reads them. Row: data, message of the reader's own rule, place.
ONE_PARSER_ONLY = {
    "? in a flow list": (b"best_for: [Who is it?]\n", "needs quotes", (1, 12)),
    "? in a flow map": (b"a: {b: what? no}\n", "needs quotes", (1, 8)),
    "? in a flow URL": (b"a: [http://x.y/z?q=1]\n", "needs quotes", (1, 5)),
    "? in a flow key": (b"a: {b?c: 1}\n", "needs quotes", (1, 5)),
    "colon before a bracket": (b"a: {input:[text]}\n", "needs a space after it", (1, 5)),
    "colon before a brace": (b"a: {b:{c: 1}}\n", "needs a space after it", (1, 5)),
    "colon before a comma": (b"tasks: [a:, b]\n", "needs a space after it", (1, 9)),
    "colon at the end": (b"tasks: [a:]\n", "needs a space after it", (1, 9)),
    "comment right after >": (b"a: >#x\n  y\n", "needs a space before its #", (1, 4)),
    "comment right after |-": (b"a: |-#x\n  y\n", "needs a space before its #", (1, 4)),
}
BOTH_PARSERS_READ = {
    "? in block text": (b"a: Who is it?\n", {"a": "Who is it?"}),
    "? in quotes": (b"a: ['Who is it?']\n", {"a": ["Who is it?"]}),
    "colon and space": (b"a: {b: [c]}\n", {"a": {"b": ["c"]}}),
    "colon within a word": (b"a: [b:c]\n", {"a": ["b:c"]}),
    "quoted key": (b'a: {"b":1}\n', {"a": {"b": 1}}),
    "quoted text before a colon": (b"a: ['b:', c]\n", {"a": ["b:", "c"]}),
    "comment after a space": (b"a: > #x\n  y\n", {"a": "y\n"}),
    "# in a block": (b"a: |\n  #x\n", {"a": "#x\n"}),
}


@needs_libyaml
@pytest.mark.parametrize("case", ONE_PARSER_ONLY.values(), ids=ONE_PARSER_ONLY.keys())
def test_refuses_what_only_one_parser_reads(case: tuple[bytes, str, tuple[int, int]]) -> None:
    """Bar 8 of RELIABILITY: same input, same result, libyaml or not."""
    data, message, place = case
    found = []
    for parser in PARSERS.values():
        with use(parser):
            found.append(refused(data))
    (ours,) = [problem for problem in found if message in problem.message]
    assert (ours.line, ours.column) == place


@pytest.mark.parametrize("case", BOTH_PARSERS_READ.values(), ids=BOTH_PARSERS_READ.keys())
def test_reads_what_both_parsers_read(case: tuple[bytes, Any], any_parser: str) -> None:
    """The rules for agreement stand in nobody's way elsewhere."""
    assert parse_yaml(case[0], "a.yaml").value == case[1]


# --- Properties

PIECES = [
    b"\n", b" ", b"  ", b": ", b"- ", b"? ", b"[", b"]", b"{", b"}", b",", b"#", b"'", b'"', b"|",
    b">", b"&a", b"*a", b"!", b"!!x", b"%", b"@", b"---", b"...", b"\\", b"\\x", b"\xc3\xa9", b"1",
    b"\xf0\x9f\x98\x80", b".", b"e", b"\r", b"\t", b"-", b":", b"<<", b"~", b"\n---\n", b"\xff",
    b"\xef\xbb\xbf", b"?", b",]", b"''", b" #", b"`", b"%YAML 1.2\n", b".inf", b"\\ud800", b"9" * 20, b"[" * 40, b"a: ",
]  # fmt: skip


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """Draw a valid card with pieces put in, taken out, exchanged or cut off."""
    data = bytearray(CARD)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["insert", "delete", "replace", "cut"])):
            case "insert":
                data[at:at] = draw(st.sampled_from(PIECES))
            case "delete":
                del data[at : at + draw(st.integers(1, 8))]
            case "replace":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=2))
            case _:
                del data[at:]
    return bytes(data)


hostile = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join),
    mutations(),
)


def is_plain(value: Any) -> bool:
    """Return whether a value is made of the types that parse_yaml promises."""
    if isinstance(value, dict):
        return all(type(key) is str and is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or type(value) in (bool, int, str)


@given(hostile)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing but CardError ever comes out, and nothing but plain values."""
    for parser in PARSERS.values():
        with use(parser):
            try:
                document = parse_yaml(data, "a.yaml")
            except CardError as error:
                assert len(error.problems) == 1
                assert error.problems[0].message
            else:
                assert is_plain(document.value)


@given(hostile)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_parsers_agree_on_any_bytes(data: bytes) -> None:
    """Both read the same value, or both refuse."""
    assert outcome(data, PARSERS["default"]) == outcome(data, PARSERS["pure"])


@given(hostile)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_the_quick_builder_says_what_the_other_says(data: bytes) -> None:
    """What it takes, the builder with every rule takes and reads alike, by either parser."""
    try:
        text = reader.decode(data, "a.yaml")
    except CardError:
        return
    for parser in PARSERS.values():
        with use(parser):
            assert_quick_agrees(text)


@pytest.mark.parametrize("data", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_the_quick_builder_takes_nothing_that_is_refused(data: bytes, any_parser: str) -> None:
    """Each rule of the one builder is kept by the other."""
    try:
        text = reader.decode(data, "a.yaml")
    except CardError:
        return
    with pytest.raises((reader._UnusualError, yaml.YAMLError, ValueError)):
        reader._build_quickly(text)


def assert_quick_agrees(text: str) -> None:
    """Hold what the quick builder takes against the other one."""
    try:
        quick = reader._build_quickly(text)
    except (reader._UnusualError, yaml.YAMLError, ValueError, RecursionError):
        return
    assert repr(quick) == repr(reader._build(text, "a.yaml")[0])


@pytest.mark.parametrize("text", [*TEXT_TO_BOTH, *VALUES])
def test_the_quick_builder_agrees_on_values(text: str, any_parser: str) -> None:
    """Numbers, words and what only looks like one."""
    for around in ("a: {}\n", "- {}\n", "a: [{}]\n", "{}: a\n", "a: {{b: {}}}\n"):
        assert_quick_agrees(around.format(text))


def test_real_cards_are_usual() -> None:
    """The quick builder is there for them: giving up on all would be slow, and no other test's failure."""
    assert reader._build_quickly(reader.decode(CARD, "a.yaml")) == parse_yaml(CARD, "a.yaml").value
