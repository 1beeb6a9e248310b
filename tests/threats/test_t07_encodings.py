"""T7: bytes that are not UTF-8, characters that split or hide lines, tabs, BOMs."""

from __future__ import annotations

from typing import Any

import pytest


def with_name(name: bytes) -> bytes:
    """Return a card whose name holds these bytes, on line 2."""
    return b"id: bad\nname: bad" + name + b"\nmaker: Maker\n"


REFUSED = {
    "Latin-1": (with_name(b" caf\xe9"), "bad.yaml:2:14: byte 0xe9 is not UTF-8"),
    "cp1252": (with_name(b" \x93x\x94"), "bad.yaml:2:11: byte 0x93 is not UTF-8"),
    "cut character": (with_name(b"\xe2\x82"), "bad.yaml:2:10: byte 0xe2 is not UTF-8"),
    "overlong": (with_name(b"\xc0\xaf"), "bad.yaml:2:10: byte 0xc0 is not UTF-8"),
    "surrogate": (with_name(b"\xed\xa0\x80"), "bad.yaml:2:10: byte 0xed is not UTF-8"),
    "beyond Unicode": (with_name(b"\xf4\x90\x80\x80"), "bad.yaml:2:10: byte 0xf4 is not UTF-8"),
    "UTF-16": ("id: bad\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    "UTF-16 without BOM": ("id: bad\n".encode("utf-16-le"), "U+0000"),
    "UTF-32": ("id: bad\n".encode("utf-32-be"), "U+0000"),
    "BOM in the middle": (with_name(b"\xef\xbb\xbf"), "bad.yaml:2:10: character U+FEFF"),
    "NUL": (with_name(b"\0"), "bad.yaml:2:10: character U+0000 is not allowed"),
    "escape": (with_name(b"\x1b[31m"), "bad.yaml:2:10: character U+001B"),
    "DEL": (with_name(b"\x7f"), "bad.yaml:2:10: character U+007F"),
    "C1": (with_name("\u009b".encode()), "bad.yaml:2:10: character U+009B"),
    "old Mac line ends": (b"id: bad\rname: bad\r", "bad.yaml:1:8: character U+000D"),
    "next line": (with_name("\u0085x: 1".encode()), "bad.yaml:2:10: character U+0085"),
    "line separator": (with_name("\u2028x: 1".encode()), "bad.yaml:2:10: character U+2028"),
    "paragraph separator": (with_name("\u2029x: 1".encode()), "bad.yaml:2:10: character U+2029"),
    "bidi override": (with_name("\u202e".encode()), "bad.yaml:2:10: character U+202E"),
    "non-character": (with_name("\ufdd0".encode()), "bad.yaml:2:10: character U+FDD0"),
    "tag character": (with_name("\U000e0041".encode()), "bad.yaml:2:10: character U+E0041"),
    "tab": (with_name(b"\tx"), "bad.yaml:2:10: a tab; YAML parsers disagree on tabs"),
    "tab as indentation": (b"id: bad\nx:\n\ty: 1\n", "bad.yaml:3:1: a tab"),
    "tab at a line's end": (b"id: bad\t\n", "bad.yaml:1:8: a tab"),
    "escaped control": (b'id: bad\nname: "\\e[31m"\n', "bad.yaml:2:7: name: character U+001B"),
    "escaped surrogate": (b'id: bad\nname: "\\ud800"\n', "haracter"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_line_and_code_point_are_named(case: tuple[bytes, str], spoilt: Any) -> None:
    spoilt.assert_refused(*case)


SAVED = {
    "BOM": lambda data: b"\xef\xbb\xbf" + data,
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "both": lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"),
    "no last line end": lambda data: data.rstrip(b"\n"),
    "document marker": lambda data: b"---\n" + data,
}


@pytest.mark.parametrize("save", SAVED.values(), ids=SAVED.keys())
def test_what_editors_add_changes_no_byte_of_the_output(
    save: Any, spoilt: Any, card_text: Any
) -> None:
    data = card_text("bad").encode()
    spoilt.put(data)
    plain = spoilt.run("show", "bad", *spoilt.own)
    spoilt.put(save(data))
    assert spoilt.run("show", "bad", *spoilt.own) == plain
    assert plain.code == 0
