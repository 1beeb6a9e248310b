"""Query text -> what may be kept of it: personal data struck out, then one normal form.

Striking out comes first, since keys are told by their letter case. It strikes out too much rather than
too little; names of people are beyond it, which is why rare queries are never shown.
"""

import re
import unicodedata
from typing import NamedTuple

QUERY_CHARACTERS = 512
"""Longest query that is kept; the rest is cut off."""

LOOKED_AT = 2 * QUERY_CHARACTERS
"""Characters of a query that are looked at: patterns take the square of the length to search."""

MARK = "[redacted]"
"""What stands in place of something personal."""

# Control, format and private characters, and lone surrogates, which SQLite would refuse.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ud800-\udfff\ufff0-\ufffb\U000e0000-\U000e01ef]"
)
_HARMLESS = re.compile(r"(?:(?!\S{11})[^\d@:=?_])*")
"""Text without a digit, a sign of an address or a long word: nothing below can match in it."""

_URL_WITH_QUERY = re.compile(r"(?i)\S*(?:://|\bwww\.|\b[\w-]+\.[a-z]{2,}/)\S*[?#@]\S*")
_SECRET = re.compile(r"(?i)\b(?:password|passwd|pwd|secret|token|api[ _-]?key)\s*[:=]\s*\S+")
_EMAIL = re.compile(r"(?i)\S+@\S+|\S+\s?[\[(]at[\])]\s?\S+")
_UUID = re.compile(r"(?i)\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b")
_KEY = re.compile(
    r"(?i)\b(?:hf_|sk[-_]|pk_|rk_|gh[pousr]_|github_pat_|glpat-|npm_|pypi-|xox[abeprs]-|akia|asia|aiza"
    r"|eyj|bearer\s)[\w.~+/=-]{8,}"
)
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_IPV6 = re.compile(r"(?i)(?<![\w:])(?:[0-9a-f]{1,4}:|:){2,7}(?:[0-9a-f]{1,4}|:)?(?![\w:])")
_DIGITS = re.compile(r"\+?\(?\d(?:[\s().\-/]{0,3}\d){5,}")
_LOCAL_PHONE = re.compile(r"(?<!\d)\d{3}[-.]\d{4}(?!\d)")
_ENDING = " \t\n.,;:!?…。、!?，；：؟۔।"
"""What is taken off the end of a query."""


class Cleaned(NamedTuple):
    """A query in its normal form, and whether something was struck out of it."""

    text: str
    redacted: bool


def clean_query(text: str) -> Cleaned:
    """Return the normal form of a query without what could be personal in it.

    >>> clean_query("  Describe PHOTOS offline?! ")
    Cleaned(text='describe photos offline', redacted=False)
    >>> clean_query("mail ANN@example.org a summary")
    Cleaned(text='mail [redacted] a summary', redacted=True)
    """
    if len(text) > LOOKED_AT:
        # Whole words alone, or half of something personal would not be known for what it is.
        text = " ".join(text[:LOOKED_AT].split()[:-1])
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", unicodedata.normalize("NFKC", text)))
    kept = redact(plain)
    return Cleaned(normalise(kept), kept != plain)


def normalise(text: str) -> str:
    """Return the form in which queries are compared: NFKC, casefold, single spaces, no ending marks.

    >>> normalise("Text  to IMAGE..."), normalise("ＡＩ")
    ('text to image', 'ai')
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    flat = " ".join(_UNSEEN.sub("", folded).split())
    return flat.rstrip(_ENDING)[:QUERY_CHARACTERS].rstrip(_ENDING)


def redact(text: str) -> str:
    """Return `text` with addresses, numbers of people, keys and the like replaced by a mark.

    >>> redact("use sk-abcdefgh12345678 from 10.0.0.1")
    'use [redacted] from [redacted]'
    >>> redact("qwen2.5-7b-instruct at 1024x1024, 128000 tokens")
    'qwen2.5-7b-instruct at 1024x1024, 128000 tokens'
    """
    if _HARMLESS.fullmatch(text):
        return text
    for pattern in (_URL_WITH_QUERY, _SECRET, _EMAIL, _UUID, _KEY):
        text = pattern.sub(MARK, text)
    text = _TOKEN.sub(lambda found: MARK if _is_key(found.group()) else found.group(), text)
    for pattern in (_IPV4, _IPV6):
        text = pattern.sub(MARK, text)
    text = _DIGITS.sub(lambda found: MARK if _is_number(found.group()) else found.group(), text)
    return _LOCAL_PHONE.sub(MARK, text)


def _is_key(token: str) -> bool:
    """Return whether a long token looks made by a machine; names of models have short parts."""
    parts = re.split(r"[-_/]", token)
    longest = max(parts, key=len)
    if len(longest) >= 16 and _mixed(longest):
        return True
    cases = any(c.isupper() for c in token) and any(c.islower() for c in token)
    return len(token) >= 40 and cases and sum(c.isdigit() for c in token) >= 5


def _mixed(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def _is_number(text: str) -> bool:
    """Return whether a run of digits is as long as a phone or card number.

    The check digit of a card is not asked for: so many digits mean nothing in a search for a model,
    and one that was mistyped is as personal.
    """
    digits = sum(character.isdigit() for character in text)
    return digits >= (7 if text.startswith("+") else 9)
