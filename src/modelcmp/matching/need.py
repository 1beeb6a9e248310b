"""What somebody needs, in words -> facts that a card can be held to, and the words left to look up.

What is hidden here is how people say such facts. Each becomes a line that tells the user what was
understood, and a test that answers yes, no, or that the card does not say. A fact is read only
where it can hardly mean anything else: one that is missed is still searched for as words.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from modelcmp.catalogue.card import ModelCard, Offer
from modelcmp.catalogue.registry import Registry
from modelcmp.errors import squash


class Fact(NamedTuple):
    """One thing asked for: a stable id, the value asked for, and the line that says it."""

    id: str
    value: str | float | tuple[str, ...] | None
    text: str


class Need(NamedTuple):
    """A request taken apart: `words` are looked up, every fact of `facts` has to be met."""

    text: str
    words: str
    facts: tuple[Fact, ...]
    only_facts: bool
    """Whether the request says nothing beside its facts; `words` is then what stands for those."""

    @property
    def understood(self) -> tuple[str, ...]:
        """What was read as a fact, a line each."""
        return tuple(fact.text for fact in self.facts)


def read_need(text: str, registry: Registry, *, literal: bool = False) -> Need:
    """Return the facts of a request and its other words; `literal` reads no facts.

    Words of a condition (offline, price, licence) are not looked up as well: they stand in every
    second card. A pair of modalities and a language stay, since they also say which model suits.
    """
    left = text[:MOST_CHARACTERS]
    facts: dict[str, Fact] = {}
    kept = []
    for reader in () if literal else _READERS:
        for start, end, fact, keeps in _apart(reader(left, registry)):
            facts.setdefault(f"{fact.id} {fact.value}", fact)
            if keeps:
                kept.append(left[start:end])
            left = f"{left[:start]} ; {left[end:]}"
    others = [word for word in _WORD.findall(left) if word.casefold() not in _FILLERS]
    if not facts:
        return Need(text, text, (), False)
    if not others:
        return Need(text, " ".join(kept) or text, tuple(facts.values()), True)
    parts = [part.strip(" ,.") for part in left.split(";")]
    words = " ".join([*filter(None, parts), *kept])
    return Need(text, words, tuple(facts.values()), False)


def _apart(readings: "Iterator[Reading]") -> "list[Reading]":
    """Return the readings that do not overlap, from the end of the text; the first one found wins."""
    taken: list[Reading] = []
    for reading in readings:
        if all(reading[1] <= start or end <= reading[0] for start, end, _, _ in taken):
            taken.append(reading)
    return sorted(taken, key=lambda reading: -reading[0])


def meets(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    """Return whether a card meets a fact, or None when it does not say."""
    return _TESTS[fact.id](card, fact, registry)


def lacking(card: ModelCard, need: Need, registry: Registry) -> list[Fact]:
    """Return the facts a card does not meet; what it does not say it does not meet."""
    return [fact for fact in need.facts if meets(card, fact, registry) is not True]


MOST_CHARACTERS = 4_096
"""How much of a request is read."""

_WORD = re.compile(r"[^\W_]+")

_FILLER_TEXT = """
a ai an and any are at be but can do does for from have i in is it its local me ml model models must my
need needs of on or please run running runs should some something than that the to under use used using
want we which with work works
"""
_FILLERS = frozenset(_FILLER_TEXT.split())
"""Words that ask for nothing: a request of these and facts alone is a request for the facts."""

Reading = tuple[int, int, Fact, bool]
"""Where a fact stands in the request, the fact, and whether its words are looked up all the same."""


class _Pattern:
    """A pattern compiled only for a request that holds one of its marks: most hold none of them."""

    def __init__(self, text: str, *marks: str) -> None:
        self._text = text
        self._marks = marks

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Return the places where the pattern stands in a request."""
        lower = text.lower()
        if not any(mark in lower for mark in self._marks):
            return iter(())
        return _compiled(self._text).finditer(text)


@cache
def _compiled(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


_MACHINE = r"(?:machine|computer|laptop|desktop|device|pc|mac|phone|hardware|servers?|gpu)"
_OFFLINE = _Pattern(
    rf"""\b(?: off-?line | locally | self[- ]?host(?:ed|ing|able)? | on[- ]prem(?:ises?)?
    | on[- ]device | air[- ]gapped | (?:without|no)\ (?:an?\ |the\ )?(?:internet|network)(?:\ connection)?
    | (?:runs?|running|works?|fully|100\ ?%)\ local | local\ (?:model|models|llms?|inference|deployment)
    | on\ (?:my|our|your|a|the|their|one)\ (?:own\ |local\ )?{_MACHINE} )\b
    | (?:(?<=[,;])|^)\ *local\ *(?=[,;.]|$)""",
    "line",
    "local",
    "host",
    "prem",
    "device",
    "gapped",
    "network",
    "internet",
    "machine",
    "computer",
    "laptop",
    "desktop",
    "pc",
    "mac",
    "phone",
    "hardware",
    "server",
    "gpu",
)
_OPEN = _Pattern(r"\bopen[- ]?(?:weights?|weighted|sourced?)(?:\ (?:model|models))?\b", "open")
_COMMERCIAL = _Pattern(
    r"""(?<!non-)(?<!non\ )(?<!not\ )(?<!no\ )\b(?:for\ )?(?:
    commercial(?:ly)?\ (?:us(?:e|age|able)|purposes?|projects?|products?|applications?|licen[cs]e|terms)
    | commercially\b(?:\ allowed)? | commercial(?=\ *(?:[,;.]|$)) )""",
    "commercial",
)
_AMOUNT = r"(?P<amount>\d{1,9}(?:\.\d{1,9})?)"
_AT_MOST = r"""(?:under|below|less\ than|cheaper\ than|at\ most|up\ to|no\ more\ than|not\ more\ than
    |max(?:imum)?(?:\ of)?|<=?|≤)"""
_PRICE = _Pattern(
    rf"""{_AT_MOST}\ *(?: (?P<sign>US\$|\$|usd\ ?)\ *{_AMOUNT}(?:\ ?(?P<cent1>cents?))?
    | {_AMOUNT.replace("amount", "amount2")}\ *(?:(?P<cent2>cents?|¢)|usd|us\ dollars?|dollars?|\$) )
    (?:\ *(?:per|an?|each|/)\ *(?P<unit>images?|pictures?|photos?|minutes?|months?
    |(?:1\ *)?(?:m|mio|million|1,?000,?000)\ *(?:input\ |output\ )?(?:tok(?:ens?)?|characters?|chars?)
    |(?:1\ *)?(?:k|thousand|1,?000)\ *(?:input\ |output\ )?tok(?:ens?)?)\b)?""",
    "$",
    "usd",
    "cent",
    "¢",
    "dollar",
)
_COUNT = r"(?P<count>\d{1,3}(?:,\d{3})+|\d{1,9}(?:\.\d{1,3})?)\ ?(?P<factor>k|m|thousand|million)?"
_CONTEXT = (
    _Pattern(
        rf"""(?:(?:at\ least|minimum|min\.?|over|more\ than|with|>=?|≥)\ +(?:an?\ +)?)?\b{_COUNT}\+?
        (?:[- ]?tok(?:ens?)?)?[- ](?:of\ )?context(?:[- ](?:window|length|size))?\b""",
        "context",
        "tok",
    ),
    _Pattern(
        rf"""\bcontext(?:[- ](?:window|length|size))?\ (?:of\ |with\ )?
        (?:(?:at\ least|over|more\ than|>=?|≥)\ *)?{_COUNT}\+?(?:[- ]?tok(?:ens?)?)?\b""",
        "context",
        "tok",
    ),
    _Pattern(
        rf"""(?:\bat\ least|\bminimum(?:\ of)?|\bover|\bmore\ than|>=?|≥)\ *{_COUNT}\+?[- ]?tok(?:ens?)?\b""",
        "context",
        "tok",
    ),
)
_TONGUE_TEXT = """
afrikaans arabic bengali bulgarian catalan chinese croatian czech danish dutch estonian finnish french
german greek gujarati hebrew hindi hungarian icelandic indonesian italian japanese kannada korean latvian
lithuanian malay mandarin marathi norwegian persian polish portuguese punjabi romanian russian serbian
slovak slovenian spanish swahili swedish tamil telugu thai turkish ukrainian urdu vietnamese welsh
"""
_TONGUES = _TONGUE_TEXT.split()
_TONGUE = rf"(?P<tongue>{'|'.join(_TONGUES)})"
_LANGUAGE = (
    _Pattern(rf"\b(?:in|into|from|speaks?|understands?|reads?|writes?)\ {_TONGUE}\b", *_TONGUES),
    _Pattern(
        rf"\b{_TONGUE}(?=\ (?:language|texts?|speech|audio|documents?|reviews?|articles?|conversations?"
        r"|chat|transcripts?|podcasts?|e?mails?|news|sentences?|words?|customers?|users?|support)\b)",
        *_TONGUES,
    ),
    _Pattern(
        r"\b(?P<tongue>multi-?lingual|(?:many|several|multiple|different|other)\ languages)\b",
        "lingual",
        "languages",
    ),
)
_LICENCE_ID = _Pattern(
    r"""\b(?:under\ (?:an?\ |the\ )?|with\ (?:an?\ |the\ )?)?(?: (?P<sure>apache(?:[- ]2(?:\.0)?)?|[al]?gpl(?:[- ]?v?[23](?:\.0)?)?
    |bsd(?:[- ][23]-clause)?|mpl(?:[- ]2(?:\.0)?)?|cc[- ]by(?:-(?:sa|nc|nd))*(?:[- ][34]\.0)?|openrail(?:\+\+|-m)?)
    (?:[- ]licen[cs]ed?)? | (?P<named>mit|isc|gemma|llama|community)[- ]licen[cs]ed?
    | licen[cs]ed?\ (?:under\ |as\ )?(?:the\ )?(?P<after>mit|isc) )(?![\w+])""",
    "apache",
    "gpl",
    "bsd",
    "mpl",
    "cc",
    "openrail",
    "licen",
)
_MODALITIES = {
    "text": "text", "prompt": "text", "speech": "audio", "voice": "audio", "audio": "audio",
    "sound": "audio", "image": "image", "images": "image", "picture": "image", "pictures": "image",
    "photo": "image", "photos": "image", "video": "video", "videos": "video", "3d": "3d",
    "music": "audio", "table": "tabular",
}  # fmt: skip
_KIND = "|".join(sorted(_MODALITIES, key=lambda word: (-len(word), word)))
_PAIR = _Pattern(
    rf"\b(?P<source>{_KIND})(?:\ (?:in)?to\ |-to-|\ ?->\ ?|\ ?→\ ?|2)(?P<target>{_KIND})\b",
    "to ",
    "-to-",
    "->",
    "→",
    "2",
)


def _read_price(text: str, registry: Registry) -> Iterator[Reading]:
    for match in _PRICE.finditer(text):
        amount = float(match["amount"] or match["amount2"])
        if match["cent1"] or match["cent2"]:
            amount /= 100
        said = (match["unit"] or "").lower()
        unit, words = _price_unit(said)
        if re.match(r"(?:1\ *)?(?:k|thousand|1,?000\b(?!,))", said):
            amount *= 1000
        told = f"{amount:.9f}".rstrip("0").rstrip(".")
        fact = Fact("price", (unit, told), f"a price of at most ${told}{words}")
        yield match.start(), match.end(), fact, False


def _price_unit(said: str) -> tuple[str, str]:
    """Return the unit of a card's offer that was meant, and its words; empty for any."""
    for mark, unit, words in (
        ("tok", "million-tokens", " per million tokens"),
        ("char", "million-characters", " per million characters"),
        ("image", "image", " an image"),
        ("picture", "image", " an image"),
        ("photo", "image", " an image"),
        ("minute", "minute", " a minute"),
        ("month", "month", " a month"),
    ):
        if mark in said:
            return unit, words
    return "", " a unit"


def _read_context(text: str, registry: Registry) -> Iterator[Reading]:
    for pattern in _CONTEXT:
        for match in pattern.finditer(text):
            factor = (match["factor"] or "").lower()[:1]
            scale = {"": 1, "k": 1_000, "t": 1_000, "m": 1_000_000}[factor]
            tokens = round(float(match["count"].replace(",", "")) * scale)
            fact = Fact("context", float(tokens), f"a context window of at least {tokens:,} tokens")
            yield match.start(), match.end(), fact, False


def _read_language(text: str, registry: Registry) -> Iterator[Reading]:
    for pattern in _LANGUAGE:
        for match in pattern.finditer(text):
            tongue = match["tongue"].lower()
            known = tongue in _TONGUES
            line = f"works in {tongue.title()}" if known else "works in many languages"
            start, end = match.span("tongue")
            yield start, end, Fact("language", tongue if known else "", line), True


def _read_licence(text: str, registry: Registry) -> Iterator[Reading]:
    for match in _LICENCE_ID.finditer(text):
        name = next(filter(None, match.groups()))
        fact = Fact("licence", name.lower(), f"under the licence {name}")
        yield match.start(), match.end(), fact, False
    classes = "|".join(re.escape(name) for name in registry.licences)
    if classes and "licen" in text.lower():
        for match in re.finditer(rf"(?i)\b({classes})[- ]licen[cs]ed?\b", text):
            name = match[1].lower()
            fact = Fact("licence-class", name, f"a licence of the class {name}")
            yield match.start(), match.end(), fact, False


def _read_pair(text: str, registry: Registry) -> Iterator[Reading]:
    for match in _PAIR.finditer(text):
        source = _MODALITIES[match["source"].lower()]
        target = _MODALITIES[match["target"].lower()]
        # Only what some task of the registry does is a pair; the rest is words.
        if any(source in t.input and target in t.output for t in registry.tasks.values()):
            line = f"takes {source} in and gives {target} out"
            yield match.start(), match.end(), Fact("modalities", (source, target), line), True


def _plainly(pattern: _Pattern, fact: Fact) -> Callable[[str, Registry], Iterator[Reading]]:
    """Return a reader of a fact that is either said or not."""

    def read(text: str, registry: Registry) -> Iterator[Reading]:
        return ((match.start(), match.end(), fact, False) for match in pattern.finditer(text))

    return read


_READERS: tuple[Callable[[str, Registry], Iterator[Reading]], ...] = (
    _read_price,
    _read_context,
    _read_licence,
    _plainly(_OPEN, Fact("open-weights", None, "weights that can be downloaded")),
    _plainly(_COMMERCIAL, Fact("commercial", None, "terms that allow commercial use")),
    _plainly(_OFFLINE, Fact("offline", None, "runs on your own machine")),
    _read_language,
    _read_pair,
)
"""In this order: what an earlier one has read, a later one no longer sees."""


def _runs_offline(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    if _has_tag(card, "runs-locally"):
        return True
    return card.weights.open if card.weights else None


def _is_open(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    return card.weights.open if card.weights else None


def _allows_commerce(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    if card.licence is None or card.licence.commercial is None:
        return None
    return card.licence.commercial in ("allowed", "conditional")


def _costs_at_most(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    unit, amount = fact.value if isinstance(fact.value, tuple) else ("", "0")
    offers = [offer for offer in card.pricing.offers if unit in ("", offer.unit)]
    return any(_dearest(offer) <= float(amount) for offer in offers) if offers else None


def _dearest(offer: Offer) -> float:
    amounts = (offer.usd, offer.input_usd, offer.output_usd)
    return max((amount for amount in amounts if amount is not None), default=float("inf"))


def _takes_at_least(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    if card.context is None or card.context.tokens is None:
        return None
    return isinstance(fact.value, float) and card.context.tokens >= fact.value


def _speaks(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    # A card never says that a language is missing, so the answer is yes or nothing.
    return _has_tag(card, "multilingual") or _names(card, str(fact.value)) or None


def _names(card: ModelCard, word: str) -> bool:
    """Return whether a card's own words name something, such as the one language it is made for."""
    told = [card.name, card.summary, *card.best_for]
    told += [text for c in card.capabilities for text in (c.title, c.description)]
    return bool(word) and bool(re.search(rf"(?i)\b{re.escape(word)}\b", " ".join(told)))


def _is_under(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    if card.licence is None:
        return None
    names = re.split(r"\s+|[()]", card.licence.id.removeprefix("LicenseRef-"))
    return any(squash(name).startswith(squash(str(fact.value))) for name in names if name)


def _is_of_class(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    if card.licence is None or card.licence.licence_class is None:
        return None
    return card.licence.licence_class == fact.value


def _turns(card: ModelCard, fact: Fact, registry: Registry) -> bool | None:
    source, target = fact.value if isinstance(fact.value, tuple) else ("", "")
    ways = [(card.modalities.input, card.modalities.output)]
    ways += [(t.input, t.output) for name in card.tasks if (t := registry.tasks.get(name))]
    return any(source in taken and target in given for taken, given in ways)


def _has_tag(card: ModelCard, tag: str) -> bool:
    return any(c.tag == tag and c.claim != "disputed" for c in card.capabilities)


_TESTS: dict[str, Callable[[ModelCard, Fact, Registry], bool | None]] = {
    "offline": _runs_offline,
    "open-weights": _is_open,
    "commercial": _allows_commerce,
    "price": _costs_at_most,
    "context": _takes_at_least,
    "language": _speaks,
    "licence": _is_under,
    "licence-class": _is_of_class,
    "modalities": _turns,
}
"""One test for every kind of fact."""
