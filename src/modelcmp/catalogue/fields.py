"""The value types of a card: what a day, a count, an id or an address may look like.

Only validation imports this module, since it needs pydantic: `card.py` names these types in
annotations that stay text until then.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from modelcmp.catalogue import limits

ID_PATTERN = r"^[a-z0-9]([a-z0-9.\-]*[a-z0-9])?$"
KEY_PATTERN = r"^[a-z0-9][a-z0-9_\-]*$"
DAY_PATTERN = r"^(19|20)[0-9]{2}(-[0-9]{2}){0,2}$"
URL_PATTERN = (
    r"^https?://[A-Za-z0-9][A-Za-z0-9.\-]*(:[0-9]{1,5})?(/[A-Za-z0-9\-._~%!$&'()*+,;=:@/?#]*)?$"
)


def check_id(text: str) -> str:
    """Return `text` if it is safe as a file name everywhere; raise ValueError otherwise."""
    if ".." in text:
        raise ValueError("must not hold two dots in a row")
    stem = text.partition(".")[0]
    if re.fullmatch(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", stem):
        raise ValueError("is a name that Windows keeps for itself")
    return text


def check_day(text: str) -> str:
    """Return `text` if it is a calendar day, a month or a year; raise ValueError otherwise.

    >>> check_day("2024-02-29")
    '2024-02-29'
    >>> check_day("2023-02-29")
    Traceback (most recent call last):
    ...
    ValueError: is no day of the calendar
    """
    if not re.fullmatch(DAY_PATTERN, text):
        raise ValueError("must be a day (2024-10-22), a month (2024-10) or a year (2024)")
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    try:
        date(year, month, day)
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    return text


def check_name(text: str) -> str:
    """Return `text` if all of it can be seen: two names that look alike are no two names."""
    if found := re.search("[\u200b-\u200d\u2060-\u2064\u00ad]", text):
        raise ValueError(f"holds the invisible character U+{ord(found.group()):04X}")
    if word := find_look_alike(text):
        raise ValueError(f"mixes alphabets in one word: {spell_look_alikes(word)}")
    return text


_LOOK_ALIKES = frozenset("аеорсухіјѕһԁԛԝАВЕКМНОРСТХІЈЅҮοινρκυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
"""Letters of the Cyrillic and Greek alphabets that most typefaces draw as a Latin one."""


def find_look_alike(text: str) -> str | None:
    """Return the first word that mixes Latin letters with Cyrillic or Greek ones that look Latin.

    >>> find_look_alike("Sora"), find_look_alike("\u041c\u043e\u0441\u043a\u0432\u0430") is None
    (None, True)
    >>> find_look_alike("S\u043era") is not None
    True
    """
    if text.isascii():
        return None
    for word in re.findall(r"[^\W\d_]+", text):
        if not _LOOK_ALIKES.isdisjoint(word) and re.search("[A-Za-z]", word):
            return str(word)
    return None


def spell_look_alikes(word: str) -> str:
    """Return a word with each letter that only looks Latin spelled as its code point."""
    return "".join(f"U+{ord(c):04X}" if c in _LOOK_ALIKES else c for c in word)


Id = Annotated[
    str,
    Field(min_length=1, max_length=limits.ID_CHARACTERS, pattern=ID_PATTERN),
    AfterValidator(check_id),
]
Key = Annotated[str, Field(min_length=1, max_length=limits.ID_CHARACTERS, pattern=KEY_PATTERN)]
Name = Annotated[
    str, Field(min_length=1, max_length=limits.NAME_CHARACTERS), AfterValidator(check_name)
]
Text = Annotated[str, Field(min_length=1, max_length=limits.TEXT_CHARACTERS)]
Url = Annotated[str, Field(max_length=2_000, pattern=URL_PATTERN)]
Day = Annotated[str, Field(pattern=DAY_PATTERN), AfterValidator(check_day)]

Count = Annotated[int, Field(ge=0, le=limits.LARGEST_INTEGER)]
PositiveCount = Annotated[int, Field(ge=1, le=limits.LARGEST_INTEGER)]
Usd = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Measure = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]

Task = Key
Tag = Key
Modality = Literal["text", "image", "audio", "video", "tabular", "vector", "label", "3d", "action"]
Status = Literal["active", "superseded", "deprecated", "retired"]
LicenceClass = Literal[
    "permissive", "copyleft", "use-restricted", "community", "research", "closed"
]
Commercial = Literal["allowed", "conditional", "forbidden", "disputed"]
CapabilityKind = Literal[
    "task", "interface", "deployment", "customisation", "limit", "variant", "licence"
]
Claim = Literal["verified", "stated", "disputed", "unsourced"]
Tier = Literal["own-run", "independent", "maker", "unsourced"]
PriceUnit = Literal["million-tokens", "image", "minute", "million-characters", "month"]
MetricName = Literal[
    "hf_downloads_30d", "ollama_pulls", "hf_likes", "github_stars", "api_providers", "derivatives"
]
