"""Facts of a card in words: price, licence, parameters, context, memory. None means unknown."""

from modelcmp.catalogue.card import ModelCard, Offer

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
    """Return the size of the smallest package of weights, or None when none is published."""
    files = card.weights.files if card.weights else ()
    if not files:
        return None
    smallest = min(files, key=lambda file: (file.size_bytes, file.name))
    return f"{smallest.size_bytes / 1e9:.1f} GB as {smallest.name}"


def short_count(number: int) -> str:
    """Return a large number in three digits.

    >>> short_count(7_241_732_096), short_count(684_531_386_000), short_count(22_713_216)
    ('7.24B', '685B', '22.7M')
    """
    for size, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)
