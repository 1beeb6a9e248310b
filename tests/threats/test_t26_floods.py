"""T26: copies of a row move a rank by no more than what is stated here, however many there are.

A row that names its client counts once a day and query, and five times a client and model in 30 days. Rows that
name nobody count each, as docs/evidence.md says: a log scale bounds what k more of them do to the score
of times matched, by `100 * ln((5 + n + k) / (5 + n)) / ln(1001)` points, half of which reaches the match
dimension, and of that the weight of the dimension the rank: 0.15, so that a thousand rows where there were 44 make 3.3.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEAD = "time,client,query,action,model,position\n"
DAYS = [f"2026-11-{day:02d}" for day in range(1, 11)]
USUAL = "".join(
    f"{DAYS[n % 10]},person {n},need {n % 7},{'click' if n % 3 == 0 else 'impression'},"
    f"{'good' if n % 2 else 'other'},{1 + n % 4}\n"
    for n in range(120)
)
SHARE = 0.5
"""Of times matched in the match dimension; the other half is the pick lift."""

ROUNDED = 0.2
"""Two numbers of one decimal, and what more episodes do to how well all of them are known."""

COPIES = (1, 10, 100, 1000)


class Standing(dict[str, dict[str, float]]):
    """Scores by model: the rank, the match dimension, and its signals."""


@pytest.fixture
def standing(
    tmp_path: Path, folder: Path, card_text: Callable[..., str], run: Callable[..., Any]
) -> Callable[[str], Standing]:
    """Return what tells how the models stand after a usual log and some rows more."""
    (folder / "other.yaml").write_text(card_text("other"))
    own = ("--catalogue", str(folder), "--no-builtin", "--as-of", "2026-11-23")
    numbers = iter(range(1000))

    def tell(rows: str) -> Standing:
        number = next(numbers)
        log, store = tmp_path / f"log{number}", tmp_path / f"store{number}.sqlite"
        log.write_text(HEAD + USUAL + rows)
        evidence = ("--evidence", str(store))
        assert run("evidence", "add", str(log), *evidence, *own).code == 0
        found = Standing()
        for model in ("good", "other"):
            shown = json.loads(run("show", model, "--json", *evidence, *own).out)
            match = shown["dimensions"]["match"]
            signals = {signal["id"]: signal for signal in match["signals"]}
            found[model] = {
                "rank": shown["rank"]["value"],
                "weight": shown["weights"]["match"] if "weights" in shown else 1.0,
                "match": match["score"],
                "times": signals["times_matched"]["value"],
            }
        return found

    return tell


@pytest.mark.parametrize("copies", COPIES)
def test_the_same_row_again_of_one_client_moves_nothing(
    copies: int, standing: Callable[[str], Standing]
) -> None:
    row = f"{DAYS[0]},flood,need 1,impression,good,1\n"
    assert standing(row * copies) == standing(row)


@pytest.mark.parametrize("action", ["impression", "click"])
def test_a_client_counts_five_times_whatever_it_asks(
    action: str, standing: Callable[[str], Standing]
) -> None:
    rows = [f"{DAYS[n % 10]},flood,made up {n},{action},good,1\n" for n in range(300)]
    before, flooded = standing(""), standing("".join(rows))
    more = flooded["good"]["times"] - before["good"]["times"]
    assert 1 <= more <= 2 * 5  # ten days may reach into two windows
    assert abs(flooded["good"]["rank"] - before["good"]["rank"]) <= 3


@pytest.mark.parametrize("copies", COPIES)
def test_rows_of_nobody_move_the_rank_by_no_more_than_the_scale_allows(
    copies: int, standing: Callable[[str], Standing]
) -> None:
    before = standing("")
    after = standing(f"{DAYS[0]},,need 1,click,good,\n" * copies)
    matched = before["good"]["times"]
    assert after["good"]["times"] == matched + copies
    times = 100 * math.log((5 + matched + copies) / (5 + matched)) / math.log(1001)
    moved = {model: after[model]["match"] - before[model]["match"] for model in before}
    assert 0 <= moved["good"] <= SHARE * times + ROUNDED
    for model, most in (("good", SHARE * times), ("other", 0)):
        weight = after[model]["weight"]
        assert abs(after[model]["rank"] - before[model]["rank"]) <= weight * most + ROUNDED


def test_a_robot_is_set_aside_whole(standing: Callable[[str], Standing]) -> None:
    searches = [f"{DAYS[0]}T10:00:00Z,robot,made up {n:03d},search,,\n" for n in range(501)]
    assert standing("".join(searches)) == standing("")
