"""The method in words: every rule and table that ranks and verdicts follow, as headings, texts and tables.

Written from the tables the scores are made with, so that a page made of it cannot drift from the code. In a
text, what stands between backticks is code.
"""

from collections.abc import Iterable
from typing import NamedTuple

from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.explain import scale_text
from modelcmp.comparison.verdict import CALLS, JOB_WEIGHTS, LEAD, PARTLY_SAME_JOB, SAME_JOB
from modelcmp.scoring.profiles import PROFILES
from modelcmp.scoring.quality import RESULTS_EXPECTED, TIERS
from modelcmp.scoring.rank import ASSUMED, COVERAGE_WORDS
from modelcmp.scoring.scales import LogScale
from modelcmp.scoring.signals import DIMENSIONS, SIGNALS


class Heading(NamedTuple):
    """A heading; the title of the whole has level 1."""

    level: int
    text: str


class Paragraph(NamedTuple):
    """A paragraph of text."""

    text: str


class Table(NamedTuple):
    """A table; the columns in `right` hold numbers."""

    head: list[str]
    rows: list[list[str]]
    right: frozenset[int] = frozenset()


Block = Heading | Paragraph | Table


def method_manual(registry: Registry) -> list[Block]:
    """Return how ranks and verdicts come about."""
    return [
        Heading(1, "How modelcmp scores and compares"),
        Paragraph(
            "A rank depends on the model's own card, the weight profile, the as-of day and the tables "
            "below; never on which other models are in the catalogue. `modelcmp show ID` takes a rank "
            "apart again, and `modelcmp explain WORD` shows any row of this page."
        ),
        Heading(2, "Signals"),
        Paragraph(
            "Counts are scored by `100 * min(1, ln(1 + x/f) / ln(1 + c/f))`: f is where a count starts "
            "to matter, c is full marks."
        ),
        *_dimensions(),
        Heading(2, "Quality"),
        Paragraph(
            "A result belongs to the row of the registry with its name, version, metric and shots. Between "
            "floor (what guessing earns) and ceiling it is scored linearly. An arena rating is scored by "
            "its expected win rate against a reference frozen on the snapshot's day, "
            "`100 / (1 + 10^((R0 - R)/400))`, and its 95 % interval goes the same way. Each task expects a "
            "set of benchmarks; several results of one benchmark count once, by the mean of those of the best evidence tier; tasks weigh "
            f"the same. A task without a set is an open set that any {RESULTS_EXPECTED} benchmarks fill. "
            "Results outside the set are shown and never scored, so that choosing what to report earns "
            "nothing."
        ),
        Table(
            ["Task", "Expected", "Why"],
            [[t, ", ".join(n), registry.expected_why[t]] for t, n in registry.expected.items()],
        ),
        Table(
            ["Benchmark", "Version", "Metric", "Shots", "Task", "Scale", "Why"],
            [
                [
                    row.name,
                    row.version or "",
                    row.metric,
                    "" if row.shots is None else str(row.shots),
                    row.task,
                    scale_text(row),
                    row.why,
                ]
                for row in registry.benchmarks
            ],
        ),
        Paragraph(
            "Who measured a result decides how much of its weight counts as covered, never its value:"
        ),
        Table(["Evidence tier", "Covers"], [[t, f"{v:.0%}"] for t, v in TIERS.items()]),
        Heading(2, "Licence classes"),
        Table(
            ["Class", "Points", "Meaning"],
            [[g.id, str(g.points), g.meaning] for g in registry.licences.values()],
            right=frozenset({1}),
        ),
        Heading(2, "What is unknown"),
        Paragraph(
            f"With x the weighted mean of the known signals of a dimension and c their share of the weight "
            f"that applies, its score is `c*x + (1 - c)*{ASSUMED:.0f}`: every unknown part enters as "
            f"{ASSUMED:.0f}. A signal of evidence tier t counts as known for t of its weight, so hiding a "
            f"signal s gains at most weight * share * max(0, {ASSUMED:.0f} - s). The bounds of a rank put "
            "all that is unknown at 0 and at 100. What does not apply leaves both sides; a dimension that "
            "is not configured spreads its weight over the others. " + _coverage_words()
        ),
        Paragraph("A month or year without a day counts from its first day."),
        Heading(2, "Profiles"),
        Table(
            ["Profile", *(d.id for d in DIMENSIONS), "For"],
            [
                [p.id, *(f"{p.weights[d.id]:g}" for d in DIMENSIONS), p.meaning]
                for p in PROFILES.values()
            ],
        ),
        Heading(2, "Verdict"),
        Paragraph(
            f"Same job? `{JOB_WEIGHTS[0]:g} J(tasks) + {JOB_WEIGHTS[1]:g} J(outputs) + {JOB_WEIGHTS[2]:g} "
            f"J(inputs)`, J being overlap by union, with the modalities the registry gives the tasks. Below "
            f"{PARTLY_SAME_JOB:g} the jobs differ, and so they do when neither a task nor an output is shared; up to {SAME_JOB:g} they are partly the same, above it "
            f"the same. A model leads on a dimension that is known for both and on which it is {LEAD} "
            "displayed points ahead. From the most cautious call to the boldest; the first three are tried "
            "first, then the boldest whose rule holds:"
        ),
        Table(["Call", "Rule", "Meaning"], [[c.id, c.rule, c.meaning] for c in CALLS.values()]),
        Paragraph(
            "How robust an order is to the weights is computed exactly: the share of all weightings "
            "(uniform on the simplex) that keep it; the smallest move of weight, from the dimension that "
            "favours the leader most to the one that favours it least, that turns it round; and the value "
            f"an unknown part would need, `{ASSUMED:.0f} + gap/weight`."
        ),
    ]


def _dimensions() -> Iterable[Block]:
    head = ["Signal", "Title", "Weight", "Scale", "Worked values", "Meaning"]
    for dimension in DIMENSIONS:
        yield Heading(3, f"{dimension.title} (`{dimension.id}`)")
        yield Paragraph(dimension.meaning)
        yield Table(
            head,
            [
                [
                    f"`{s.id}`",
                    s.title,
                    f"{100 * s.weight:.0f} %",
                    s.scale.describe(),
                    _worked(s.scale) if isinstance(s.scale, LogScale) else "",
                    s.meaning,
                ]
                for s in SIGNALS
                if s.dimension == dimension.id
            ],
        )


def _worked(scale: LogScale) -> str:
    counts = [10.0**n for n in range(9) if 10.0**n <= scale.full]
    return ", ".join(f"{count:,.0f}: {scale.score(count):.1f}" for count in counts[-5:])


def _coverage_words() -> str:
    words = [f"{word} from {least:.0%}" for least, word in COVERAGE_WORDS if least]
    return f"Coverage is called {', '.join(words)}, below that {COVERAGE_WORDS[-1][1]}."
