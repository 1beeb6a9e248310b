"""Facts of a card in words: price, licence, parameters, context, memory. None means unknown."""

from modelcmp.catalogue.card import ModelCard, Offer, Variant
from modelcmp.catalogue.registry import Registry

UNKNOWN = "— unknown"

_UNITS = {
    "image": "an image",
    "minute": "a minute",
    "million-characters": "per 1M characters",
    "month": "a month",
}


def price_text(card: ModelCard) -> str | None:
    """Return the lowest price known with its provider, or None. No offer never means free."""
    offer = cheapest(card)
    if offer is None:
        return None
    others = len(card.pricing.offers) - 1
    return f"{offer_text(offer)} ({offer.provider})" + (f", {others} more" if others else "")


def short_price_text(card: ModelCard) -> str | None:
    """Return the lowest price known in few characters, such as "$2.5/$10 per 1M tok", or None."""
    offer = cheapest(card)
    if offer is None:
        return None
    if offer.unit == "million-tokens":
        return f"{usd(offer.input_usd)}/{usd(offer.output_usd)} per 1M tok"
    return offer_text(offer)


def offer_text(offer: Offer) -> str:
    """Return one price in words, such as "$2.5 in, $10 out per 1M tokens"."""
    if offer.unit == "million-tokens":
        return f"{usd(offer.input_usd)} in, {usd(offer.output_usd)} out per 1M tokens"
    return f"{usd(offer.usd)} {_UNITS[offer.unit]}"


def usd(amount: float | None) -> str:
    """Return an amount in US dollars without needless zeros.

    >>> usd(0.065), usd(10)
    ('$0.065', '$10')
    """
    return "-" if amount is None else f"${amount:.6f}".rstrip("0").rstrip(".")


def cheapest(card: ModelCard) -> Offer | None:
    """Return the offer with the lowest price, subscriptions last; None when there is none."""
    return min(card.pricing.offers, key=_offer_key, default=None)


def _offer_key(offer: Offer) -> tuple[bool, float, str]:
    return (offer.unit == "month", offer_price(offer), offer.provider)


def offer_price(offer: Offer) -> float:
    """Return the dearest part of an offer in US dollars: the bound that `--max-price` is held to."""
    amounts = (offer.usd, offer.input_usd, offer.output_usd)
    return max(amount for amount in amounts if amount is not None)


def licence_text(card: ModelCard) -> str | None:
    """Return the licence with what it says of commercial use, or None when not stated."""
    if card.licence is None:
        return None
    words = {
        "allowed": "commercial use allowed",
        "conditional": "commercial use under conditions",
        "forbidden": "no commercial use",
        "disputed": "commercial use disputed",
    }
    name = card.licence.id.removeprefix("LicenseRef-")
    return f"{name}, {words[card.licence.commercial]}" if card.licence.commercial else name


def parameters_text(card: ModelCard) -> str | None:
    """Return the number of parameters in short, or None when not published."""
    if card.weights is None or card.weights.parameters is None:
        return None
    text = short_count(card.weights.parameters)
    active = card.weights.active_parameters
    return f"{text}, {short_count(active)} active" if active else text


def context_text(card: ModelCard) -> str | None:
    """Return the context window in tokens, or None when unknown."""
    if card.context is None or card.context.tokens is None:
        return None
    return f"{card.context.tokens:,} tokens"


def memory_text(card: ModelCard) -> str | None:
    """Return the size of the smallest file that holds the weights, or None when none is known."""
    files = [file for file in card.weights.files if not file.part] if card.weights else []
    if not files:
        return None
    smallest = min(files, key=lambda file: (file.size_bytes, file.name))
    return f"weights from {smallest.size_bytes / 1e9:.3g} GB ({smallest.name})"


def card_rows(card: ModelCard, registry: Registry) -> list[tuple[str, str]]:
    """Return what a card states beside its scores, as labels and texts; unknown is a dash."""
    rows = [
        ("Id", ", ".join([card.id, *card.aliases])),
        ("Maker", card.maker),
        ("Type", registry.task_names(card.tasks)),
        ("Status", card.status),
        ("Licence", licence_text(card) or UNKNOWN),
    ]
    if card.licence and card.licence.terms:
        rows.append(("Terms", card.licence.terms))
    rows += [
        ("Parameters", parameters_text(card) or UNKNOWN),
        ("Memory", memory_text(card) or UNKNOWN),
        ("Context", window_text(card)),
    ]
    rows += [("", caveat) for caveat in (card.context.caveats if card.context else ())]
    rows.append(("Released", card.released.day if card.released else UNKNOWN))
    if card.maintained:
        note = f", {card.maintained.note}" if card.maintained.note else ""
        rows.append(("Maintained", f"{card.maintained.day}{note}"))
    changed = sorted({(m.changed_on, m.repository or "") for m in card.metrics if m.changed_on})
    rows += [("Last change", f"{day}, {repository}") for day, repository in changed]
    rows += [("Price", _offer_row(offer)) for offer in card.pricing.offers]
    if not card.pricing.offers:
        rows.append(("Price", f"{UNKNOWN}: {card.pricing.note or 'no price in the card'}"))
    elif card.pricing.note:
        rows.append(("", card.pricing.note))
    rows += [("Variant", _variant_row(variant)) for variant in card.variants]
    links = ((name, getattr(card.links, name)) for name in card.links.__dataclass_fields__)
    rows += [(name.capitalize(), url) for name, url in links if url]
    return rows


def _offer_row(offer: Offer) -> str:
    day = f"as of {offer.as_of}" if offer.as_of else f"read {offer.read_on}"
    note = f", {offer.note.rstrip('.')}" if offer.note else ""
    return f"{offer_text(offer)}, {offer.provider}{note}, {day}"


def _variant_row(variant: Variant) -> str:
    parts = [variant.model, variant.note]
    if variant.parameters:
        parts.insert(1, short_count(variant.parameters))
    told = ", ".join(part for part in parts if part)
    return f"{variant.name}: {told}" if told else variant.name


def window_text(card: ModelCard) -> str:
    """Return the context window, or the dash and why there is none."""
    if card.context is None and "text" not in card.modalities.output:
        return "— not applicable"
    return context_text(card) or UNKNOWN


def short_count(number: int) -> str:
    """Return a large number in three digits.

    >>> short_count(7_241_732_096), short_count(684_531_386_000), short_count(22_713_216)
    ('7.24B', '685B', '22.7M')
    """
    for size, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)
