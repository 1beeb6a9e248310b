"""Write the pages that are made from the tables: the method, and the reference of commands.

    python docs/build.py

A test holds the pages to what this makes, so they cannot drift from the code.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from modelcmp.catalogue.codes import CODES
from modelcmp.catalogue.loading import Catalogue, load_catalogue
from modelcmp.catalogue.registry import Registry
from modelcmp.cli import main
from modelcmp.cli.app import COMMANDS, GROUPS
from modelcmp.comparison.explain import scale_text
from modelcmp.comparison.missing import report_missing
from modelcmp.comparison.verdict import CALLS, JOB_WEIGHTS, LEAD, PARTLY_SAME_JOB, SAME_JOB
from modelcmp.config import ENVIRONMENT, KEYS
from modelcmp.render import FORMATS, Look
from modelcmp.render.export import COLUMNS, EXPORTS
from modelcmp.render.markdown import table
from modelcmp.scoring.profiles import DEFAULT_PROFILE, PROFILES, resolve_profile
from modelcmp.scoring.quality import RESULTS_EXPECTED, TIERS
from modelcmp.scoring.rank import ASSUMED, COVERAGE_WORDS, make_method
from modelcmp.scoring.scales import LogScale
from modelcmp.scoring.signals import DIMENSIONS, SIGNALS
from modelcmp.scoring.values import Circumstances

HERE = Path(__file__).resolve().parent
MADE = "<!-- Made by docs/build.py from the tables of the code. Change those, then run it. -->"


def method_page(registry: Registry) -> str:
    """Return the page on how ranks and verdicts come about."""
    parts = [
        "# How modelcmp scores and compares",
        MADE,
        "A rank depends on the model's own card, the weight profile, the as-of day and the tables "
        "below; never on which other models are in the catalogue. `modelcmp show ID` takes a rank "
        "apart again, and `modelcmp explain WORD` shows any row of this page.",
        "## Signals",
        "Counts are scored by `100 * min(1, ln(1 + x/f) / ln(1 + c/f))`: f is where a count starts "
        "to matter, c is full marks.",
        *(_dimension(d.id, d.title, d.meaning) for d in DIMENSIONS),
        "## Quality",
        "A result belongs to the row of the registry with its name, version, metric and shots. Between "
        "floor (what guessing earns) and ceiling it is scored linearly. An arena rating is scored by "
        "its expected win rate against a reference frozen on the snapshot's day, "
        "`100 / (1 + 10^((R0 - R)/400))`, and its 95 % interval goes the same way. Each task expects a "
        "set of benchmarks; several results of one benchmark count once, by the mean of those of the best evidence tier; tasks weigh "
        f"the same. A task without a set is an open set that any {RESULTS_EXPECTED} benchmarks fill. "
        "Results outside the set are shown and never scored, so that choosing what to report earns "
        "nothing.",
        table(
            ["Task", "Expected", "Why"],
            [[t, ", ".join(n), registry.expected_why[t]] for t, n in registry.expected.items()],
        ),
        table(
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
        "Who measured a result decides how much of its weight counts as covered, never its value:",
        table(["Evidence tier", "Covers"], [[t, f"{v:.0%}"] for t, v in TIERS.items()]),
        "## Licence classes",
        table(
            ["Class", "Points", "Meaning"],
            [[g.id, str(g.points), g.meaning] for g in registry.licences.values()],
            right={1},
        ),
        "## What is unknown",
        f"With x the weighted mean of the known signals of a dimension and c their share of the weight "
        f"that applies, its score is `c*x + (1 - c)*{ASSUMED:.0f}`: every unknown part enters as "
        f"{ASSUMED:.0f}. A signal of evidence tier t counts as known for t of its weight, so hiding a "
        f"signal s gains at most weight * share * max(0, {ASSUMED:.0f} - s). The bounds of a rank put "
        "all that is unknown at 0 and at 100. What does not apply leaves both sides; a dimension that "
        "is not configured spreads its weight over the others. " + _coverage_words(),
        "A month or year without a day counts from its first day.",
        "## Profiles",
        table(
            ["Profile", *(d.id for d in DIMENSIONS), "For"],
            [
                [p.id, *(f"{p.weights[d.id]:g}" for d in DIMENSIONS), p.meaning]
                for p in PROFILES.values()
            ],
        ),
        "## Verdict",
        f"Same job? `{JOB_WEIGHTS[0]:g} J(tasks) + {JOB_WEIGHTS[1]:g} J(outputs) + {JOB_WEIGHTS[2]:g} "
        f"J(inputs)`, J being overlap by union, with the modalities the registry gives the tasks. Below "
        f"{PARTLY_SAME_JOB:g} the jobs differ, and so they do when neither a task nor an output is shared; up to {SAME_JOB:g} they are partly the same, above it "
        f"the same. A model leads on a dimension that is known for both and on which it is {LEAD} "
        "displayed points ahead. From the most cautious call to the boldest; the first three are tried "
        "first, then the boldest whose rule holds:",
        table(["Call", "Rule", "Meaning"], [[c.id, c.rule, c.meaning] for c in CALLS.values()]),
        "How robust an order is to the weights is computed exactly: the share of all weightings "
        "(uniform on the simplex) that keep it; the smallest move of weight, from the dimension that "
        "favours the leader most to the one that favours it least, that turns it round; and the value "
        f"an unknown part would need, `{ASSUMED:.0f} + gap/weight`.",
    ]
    return "\n\n".join(parts) + "\n"


def _dimension(name: str, title: str, meaning: str) -> str:
    rows = [
        [
            f"`{s.id}`",
            s.title,
            f"{100 * s.weight:.0f} %",
            s.scale.describe(),
            _worked(s.scale) if isinstance(s.scale, LogScale) else "",
            s.meaning,
        ]
        for s in SIGNALS
        if s.dimension == name
    ]
    head = ["Signal", "Title", "Weight", "Scale", "Worked values", "Meaning"]
    return f"### {title} (`{name}`)\n\n{meaning}\n\n{table(head, rows)}"


def _worked(scale: LogScale) -> str:
    counts = [10.0**n for n in range(9) if 10.0**n <= scale.full]
    return ", ".join(f"{count:,.0f}: {scale.score(count):.1f}" for count in counts[-5:])


def _coverage_words() -> str:
    words = [f"{word} from {least:.0%}" for least, word in COVERAGE_WORDS if least]
    return f"Coverage is called {', '.join(words)}, below that {COVERAGE_WORDS[-1][1]}."


def reference_page() -> str:
    """Return the page of commands, options, variables, formats and exit codes."""
    parts = [
        "# Reference",
        MADE,
        "## Commands",
        *(f"### {name}\n\n```text\n{help_text(name)}```" for name in command_names()),
        "## Formats",
        "`auto` is a table on a terminal; into a pipe, documents are Markdown and lists are TSV.",
        table(
            ["Format", "File endings", "For", "A promise"],
            [
                [f.id, ", ".join(f.suffixes), f.meaning, "yes" if f.promise else "no"]
                for f in FORMATS.values()
            ],
        ),
        "A promise keeps its keys and columns within a version; the other layouts may change at will. "
        "In TSV, text that a spreadsheet would run as a formula has a quote mark before it. With "
        '`--json` an error is one object as well: `{"error": {code, message, hint, problems}}`.',
        "## What export writes",
        table(
            ["Format", "File endings", "For"],
            [
                [e.format.id, ", ".join(e.format.suffixes), e.format.meaning]
                for e in EXPORTS.values()
            ],
        ),
        "Columns of the CSV. An empty cell is unknown, never 0. Text that a spreadsheet would run as a "
        "formula has a quote mark before it; tabs and line breaks become spaces.",
        table(["Column", "Unit", "Meaning"], [[f"`{c.name}`", c.unit, c.meaning] for c in COLUMNS]),
        "A JSON line holds `schema` (`modelcmp/export/1`), the method, the rank with its breakdown under the "
        "names that `show --json` uses, and under `card` the card as it stands.",
        "## What validate finds",
        "An error keeps the card out. Warnings and notices come of `--strict`; a warning makes it exit 1, "
        "a notice asks for a second look and changes no exit code. Codes are a promise, their words are not.",
        table(
            ["Code", "Severity", "Meaning", "What to do"],
            [[f"`{c.id}`", c.severity, c.meaning, c.hint] for c in CODES.values()],
        ),
        "## Exit codes",
        table(["Code", "Meaning"], EXIT_CODES),
        "## Environment",
        table(["Variable", "Meaning"], [[f"`{n}`", m] for n, m in ENVIRONMENT.items()]),
        "## Configuration",
        "`[tool.modelcmp]` in the nearest `pyproject.toml`, or a `modelcmp.toml`; the user's own file is "
        "`modelcmp/modelcmp.toml` in the configuration folder. Flags come first, then the environment, "
        "the project's file and the user's. `modelcmp config` shows each value and where it came from.",
        table(["Key", "Meaning"], [[f"`{n}`", m] for n, m in KEYS.items()]),
    ]
    return "\n\n".join(parts) + "\n"


def missing_page(catalogue: Catalogue) -> str:
    """Return the page of facts that the built-in cards lack, as the command writes it."""
    method = make_method(
        resolve_profile(DEFAULT_PROFILE), Circumstances(catalogue.registry, catalogue.as_of)
    )
    report = report_missing(catalogue.load_all().cards, method)
    head, _, rest = FORMATS["markdown"].render(report, Look()).partition("\n\n")
    welcome = (
        "Each of these can be added with its source and day: [how cards are written](cards.md), "
        "[how changes are reviewed](reviewing.md). `modelcmp missing ID` shows them for one card."
    )
    return f"{head}\n\n{MADE}\n\n{welcome}\n\n{rest}"


EXIT_CODES = [
    ["0", "Done; warnings are possible."],
    ["1", "The check you asked for says no: validate, --check, or a gate of compare."],
    ["2", "Could not do it: bad option, unknown model, unreadable card or configuration."],
    ["3", "A bug in modelcmp."],
    ["130", "Interrupted."],
    ["141", "The reader of the output has gone."],
]


def command_names() -> list[str]:
    """Return every command, those of a group as "group command"."""
    names = []
    for name in COMMANDS:
        names.append(name)
        if name in GROUPS:
            names += [f"{name} {inner}" for inner in import_module(COMMANDS[name][0]).COMMANDS]
    return names


def help_text(name: str) -> str:
    """Return what `modelcmp NAME --help` prints, at a fixed width."""
    stream = io.StringIO()
    held = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        with contextlib.redirect_stdout(stream):
            main([*name.split(), "--help"])
    finally:
        if held is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = held
    return stream.getvalue()


def pages() -> Iterable[tuple[Path, str]]:
    """Return each page with its text."""
    catalogue = load_catalogue(cache=None)
    registry = catalogue.registry
    return [
        (HERE / "missing.md", missing_page(catalogue)),
        (HERE / "method.md", method_page(registry)),
        (HERE / "reference.md", reference_page()),
    ]


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text, encoding="utf-8", newline="\n")
