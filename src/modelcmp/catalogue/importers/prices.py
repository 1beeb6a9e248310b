"""Foreign prices -> offers: one unit for each kind, and a reason where a number is no price."""

from decimal import Decimal, InvalidOperation
from typing import Any

from modelcmp.catalogue.importers.draft import clean_name

FREE = "costs nothing there: a free tier or a subscription, which is no price"
PER_TOKEN = "looks like a price per token, where one per million tokens is due"
PER_MILLION = "looks like a price per million tokens, where one per token is due"
CHEAPEST, DEAREST = 0.0005, 10_000.0
"""US dollars per million tokens between which a price is believed."""


def token_offer(
    provider: str, given: tuple[object, object], *, per_token: bool, source: str, day: str
) -> dict[str, Any] | str:
    """Return the offer for prices of input and output tokens, or why they are none.

    Prices are US dollars, per token or per million tokens; text stays exact.

    >>> token_offer("x", ("0.000003", "0.000015"), per_token=True, source="s", day="2026-01-01")
    ... # doctest: +NORMALIZE_WHITESPACE
    {'provider': 'x', 'unit': 'million-tokens', 'input_usd': 3, 'output_usd': 15, 'source': 's',
     'read_on': '2026-01-01'}
    """
    prices = [_usd(text, 1_000_000 if per_token else 1) for text in given]
    if None in prices:
        return "its price is not stated for both input and output"
    if any(price is not None and price < 0 for price in prices):
        return "its price changes with the request"
    asked = [price for price in prices if price]
    if not asked:
        return FREE
    if max(asked) > DEAREST:
        return PER_MILLION if per_token else "asks over 10,000 dollars per million tokens"
    if min(asked) < CHEAPEST:
        return "asks next to nothing per million tokens" if per_token else PER_TOKEN
    return {
        "provider": clean_name(provider),
        "unit": "million-tokens",
        "input_usd": prices[0],
        "output_usd": prices[1],
        "source": source,
        "read_on": day,
    }


def unit_offer(
    provider: str, price: object, unit: str, factor: int, *, source: str, day: str
) -> dict[str, Any] | str:
    """Return the offer for one price in US dollars, times `factor` to reach the unit."""
    usd = _usd(price, factor)
    if usd is None or usd < 0:
        return "its price is not stated"
    if not usd:
        return FREE
    return {
        "provider": clean_name(provider),
        "unit": unit,
        "usd": usd,
        "source": source,
        "read_on": day,
    }


def _usd(given: object, factor: int) -> float | None:
    """Return a price times a factor, computed in decimals, or None for what is no number."""
    try:
        number = Decimal(str(given)) * factor
    except InvalidOperation:
        return None
    if given is None or isinstance(given, bool) or not number.is_finite():
        return None
    usd = float(round(number, 9))
    return int(usd) if usd.is_integer() else usd
