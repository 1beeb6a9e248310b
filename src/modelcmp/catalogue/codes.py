"""The codes of what `validate` finds: how bad each is, what it means, and what to do about it.

A code is a promise to scripts and to those who silence or count findings; its words are not.
"""

from typing import NamedTuple


class Code(NamedTuple):
    """One row. An error keeps the card out; a warning fails `--strict`; a notice fails nothing."""

    id: str
    severity: str
    meaning: str
    hint: str


SEVERITIES = ("error", "warning", "notice")
"""The worst first."""

CODES: dict[str, Code] = {
    code.id: code
    for code in (
        Code(
            "unreadable", "error",
            "The file cannot be read, or is not the YAML that cards are written in.",
            "docs/cards.md says which YAML is read",
        ),
        Code(
            "unknown-field", "error", "A key that no card has.",
            "modelcmp schema card shows what a card may hold",
        ),
        Code(
            "missing-field", "error", "A field that every card, or every such entry, must have.",
            "modelcmp schema card says what belongs there",
        ),
        Code(
            "bad-value", "error", "A value of the wrong type, or out of its range.",
            "modelcmp schema card says what belongs there",
        ),
        Code(
            "unknown-source", "error", "A statement names a source that the card does not list.",
            "add it under sources, or name one that stands there",
        ),
        Code(
            "undated", "error", "A number without a day, or days in the wrong order.",
            "give as_of, the figure's own day, or read_on, the day an undated page was read",
        ),
        Code(
            "bad-price", "error", "An offer whose amounts do not fit its unit.",
            "million-tokens takes input_usd and output_usd, every other unit usd",
        ),
        Code(
            "bad-result", "error", "A result given twice, or outside its own interval.",
            "name, version, metric, shots and variant together are a result's key",
        ),
        Code(
            "bad-capability", "error", "A capability or task that cannot be compared on.",
            "data/registry holds the tasks and tags there are",
        ),
        Code(
            "file-name", "error", "The file's name is not the id of its card.",
            "rename the file, or change the id",
        ),
        Code(
            "shared-name", "error", "Two cards answer to the same name.",
            "take the alias from one of them",
        ),
        Code(
            "output-over-context", "warning", "The longest answer is longer than the whole window.",
            "look at the source: one of the two belongs to another model or plan",
        ),
        Code(
            "task-modality", "warning",
            "The card's modalities lack what one of its tasks takes in or gives out.",
            "add the modality, or take away the task",
        ),
        Code(
            "future-day", "warning", "A day after the one the catalogue speaks for.",
            "correct the day, or move as_of in catalogue.yaml on",
        ),
        Code(
            "price-unit", "warning", "A price that is off by so much that its unit must be another.",
            "a price per million-tokens is a million times the price per token",
        ),
        Code(
            "benchmark-range", "warning", "A result outside what its benchmark can give.",
            "modelcmp explain with the benchmark's name shows its scale",
        ),
        Code(
            "benchmark-key", "warning",
            "A benchmark the registry knows, under a version, metric or shots that it does not.",
            "use the key of a row, or add one with its reason to data/registry/benchmarks.yaml",
        ),
        Code(
            "unknown-benchmark", "notice", "A benchmark the registry does not know.",
            "it is shown and never scored; a row with its reason in data/registry scores it",
        ),
        Code(
            "untagged-capability", "warning",
            "A capability without a tag that other cards can share.",
            "use a tag of data/registry/capability_tags.yaml, or words after x-",
        ),
        Code(
            "unknown-model", "warning", "An alternative or variant names a card that is not there.",
            "name an id that modelcmp list shows, or leave model out and say it in the text",
        ),
        Code(
            "undated-figure", "warning", "A popularity figure dated by its year alone.",
            "such figures age in weeks: give the day, or at least the month",
        ),
        Code(
            "signal-spread", "notice",
            "Two adoption signals of one card lie more than 40 points apart.",
            "look at both figures again; it is often another repository, unit or day",
        ),
        Code(
            "yaml-1.1", "warning", "Plain text that other YAML tools read as something else.",
            "put it in quotes",
        ),
        Code(
            "yaml-1.1-day", "notice", "Days without quotes, which other YAML tools read as dates.",
            "put days in quotes",
        ),
        Code(
            "mixed-script", "warning",
            "A word of Latin letters with foreign ones among them that look alike.",
            "write it anew in one alphabet",
        ),
        Code(
            "invisible-character", "warning", "Text with a character that nobody can see.",
            "delete the character",
        ),
    )
}  # fmt: skip
"""Every code, in the order of the documentation."""


def severity(code: str) -> str:
    """Return how bad a code is."""
    return CODES[code].severity
