"""The targets of the nightly fuzzing, on their seeds and on mutations of them: no bytes bring another error.

CI runs them under atheris every night (fuzz/README.md); here they need nothing that is not installed.
"""

from __future__ import annotations

import random

import pytest
from fuzz.targets import TARGETS, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

PIECES = (
    b"\n", b"  ", b"\t", b"&a ", b"*a", b"!!int ", b"<<: ", b"---\n", b"...", b"%", b"{", b"}", b"[", b"]",
    b'"', b"'", b"|\n", b"? ", b": ", b"- ", b"#", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\\",
    b"\\ud800", b".nan", b"9" * 400, b"1e999", b"=", b"\r", b",", b";", b"nan", b"inf", b"\x1f\x8b", b"\x85",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with a few places cut, doubled, swapped or filled with what is special somewhere."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.randint(0, 20))
        piece = chance.choice((b"", chance.choice(PIECES), data[start:end] * 2, data[:20]))
        data = data[:start] + piece + data[end:]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_taken(name: str) -> None:
    taken = list(seeds(name))
    assert len(taken) >= 3
    for data in taken:
        TARGETS[name](data)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_mutated_seeds_are_taken_or_refused(name: str) -> None:
    chance = random.Random(name)
    small = [data for data in seeds(name) if len(data) < 6_000]
    for _ in range(300):
        TARGETS[name](mutated(chance.choice(small), chance))


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_bytes_are_taken_or_refused(name: str, data: bytes) -> None:
    TARGETS[name](data)
