"""Figures of one card that contradict each other once they stand on the same scale."""

from typing import NamedTuple

from modelcmp.catalogue.card import ModelCard
from modelcmp.scoring.signals import signal_values
from modelcmp.scoring.values import Circumstances, SignalValue

SPREAD = 40.0
"""Points between two adoption signals from which one of the figures deserves a second look."""


class Spread(NamedTuple):
    """The highest and the lowest adoption signal of a card, too far apart."""

    high: SignalValue
    low: SignalValue

    @property
    def text(self) -> str:
        """The two in words."""
        told = [
            f"{value.title} {value.score:.0f} ({value.text})" for value in (self.high, self.low)
        ]
        return f"{told[0]} against {told[1]}: more than {SPREAD:.0f} points apart"


def find_spread(card: ModelCard, circumstances: Circumstances) -> Spread | None:
    """Return the widest pair of adoption signals when more than 40 points lie between them."""
    values = [
        value for value in signal_values(card, circumstances)["adoption"] if value.score is not None
    ]
    if len(values) < 2:
        return None
    low, *_, high = sorted(values, key=lambda value: (value.score or 0.0, value.id))
    return Spread(high, low) if (high.score or 0.0) - (low.score or 0.0) > SPREAD else None
