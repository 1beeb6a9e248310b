"""Plain values -> YAML text in the manner of the built-in cards, which the reader takes back unchanged.

Mappings stand as blocks, short lists of scalars on one line, long sentences folded. Needs no library, since
a card that is new has no comments to keep.
"""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

WIDTH = 118
"""Columns a folded text takes at most."""

_FLOW_WIDTH = 90
_PLAIN = re.compile(r"[A-Za-z0-9(/.][^\x00-\x1f\"\\]*")
_UNSAFE = re.compile(r": |:$| #|^\s|\s$|[\u0080-\u00a0\u2028\u2029\ufeff]|^(---|\.\.\.)")
_OTHER_TYPES = re.compile(
    r"~|null|true|false|yes|no|on|off|y|n|[-+]?\.(inf|nan)|[-+.0-9][0-9_,.:e+\-]*|0[xo][0-9a-f_]+",
    re.IGNORECASE,
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")


def write_yaml(value: dict[str, Any]) -> str:
    """Return the YAML text of a mapping of plain values, fields in the order given.

    >>> print(write_yaml({"id": "a", "tasks": ["text-generation"], "day": "2024-10"}), end="")
    id: a
    tasks: [text-generation]
    day: 2024-10
    """
    return "".join(f"{line}\n" for line in _mapping(value, 0)) or "{}\n"


def write_scalar(value: Any, *, flow: bool = False) -> str:
    """Return a scalar on one line; text that could be taken for anything else stands in quotes.

    >>> write_scalar("3.5"), write_scalar(3.5), write_scalar("no"), write_scalar("a: b")
    ('"3.5"', '3.5', '"no"', '"a: b"')
    """
    if not isinstance(value, str):
        return json.dumps(value)
    plain = _PLAIN.fullmatch(value) and not _UNSAFE.search(value)
    if plain and not (flow and re.search(r"[,\[\]{}?]", value)) and _stays_text(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _stays_text(value: str) -> bool:
    """Return whether no YAML of any version reads this as a number, a truth or nothing."""
    return bool(_DAY.fullmatch(value)) or not _OTHER_TYPES.fullmatch(value)


def write_flow(value: Any) -> str:
    """Return any value on one line.

    >>> write_flow({"metric": "hf_likes", "value": 3, "tags": ["a", "b, c"]})
    '{metric: hf_likes, value: 3, tags: [a, "b, c"]}'
    """
    if isinstance(value, dict):
        parts = (f"{write_scalar(key, flow=True)}: {write_flow(v)}" for key, v in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(write_flow, value))}]"
    return write_scalar(value, flow=True)


def _mapping(value: dict[str, Any], indent: int) -> list[str]:
    lines: list[str] = []
    for key, inner in value.items():
        lines += _entry(write_scalar(key), inner, indent)
    return lines


def _entry(key: str, value: Any, indent: int) -> list[str]:
    pad = " " * indent
    if isinstance(value, dict) and value:
        return [f"{pad}{key}:", *_mapping(value, indent + 2)]
    if isinstance(value, list) and value:
        if (flow := _flow(value)) and len(pad) + len(key) + len(flow) < _FLOW_WIDTH:
            return [f"{pad}{key}: {flow}"]
        return [f"{pad}{key}:", *(line for item in value for line in _item(item, indent + 2))]
    if isinstance(value, str) and (folded := _folded(value, indent + 2, len(pad) + len(key) + 2)):
        return [f"{pad}{key}: >-", *folded]
    return [f"{pad}{key}: {_short(value)}"]


def _item(value: Any, indent: int) -> list[str]:
    pad = " " * indent
    if isinstance(value, dict) and value:
        first, *rest = _mapping(value, indent + 2)
        return [f"{pad}- {first.lstrip()}", *rest]
    if isinstance(value, list) and value:
        first, *rest = (line for item in value for line in _item(item, indent + 2))
        return [f"{pad}- {first.lstrip()}", *rest]
    if isinstance(value, str) and (folded := _folded(value, indent + 2, indent + 2)):
        return [f"{pad}- >-", *folded]
    return [f"{pad}- {_short(value)}"]


def _short(value: Any) -> str:
    return json.dumps(value) if isinstance(value, (list, dict)) else write_scalar(value)


def _flow(items: list[Any]) -> str | None:
    """Return a list of single words on one line, or None when it holds more than such."""
    if any(isinstance(item, (list, dict)) or " " in str(item) for item in items):
        return None
    return write_flow(items)


def _folded(text: str, indent: int, taken: int) -> list[str] | None:
    """Return the lines of a folded block, or None for text that fits its line or would not survive."""
    if taken + len(write_scalar(text)) <= WIDTH or " ".join(text.split()) != text:
        return None
    if not text.isprintable() or text.startswith("#"):
        return None
    width = max(20, WIDTH - indent)
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return [" " * indent + line for line in lines]
