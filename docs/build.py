"""Write the pages that are made from the tables: the method, and the reference of commands.

    python docs/build.py

A test holds the pages to what this makes, so they cannot drift from the code.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
from collections.abc import Iterable
from pathlib import Path

from modelcmp.catalogue.codes import CODES
from modelcmp.catalogue.loading import Catalogue, load_catalogue
from modelcmp.catalogue.registry import Registry
from modelcmp.cli import main
from modelcmp.cli.app import COMMANDS, GROUPS, command_module
from modelcmp.comparison.manual import Block, Heading, Paragraph, Table, method_manual
from modelcmp.comparison.missing import report_missing
from modelcmp.config import ENVIRONMENT, KEYS
from modelcmp.render import FORMATS, Look
from modelcmp.render.export import COLUMNS, EXPORTS
from modelcmp.render.markdown import table
from modelcmp.scoring.profiles import DEFAULT_PROFILE, resolve_profile
from modelcmp.scoring.rank import make_method
from modelcmp.scoring.values import Circumstances

HERE = Path(__file__).resolve().parent
MADE = "<!-- Made by docs/build.py from the tables of the code. Change those, then run it. -->"


def method_page(registry: Registry) -> str:
    """Return the page on how ranks and verdicts come about."""
    title, *rest = [_markdown(block) for block in method_manual(registry)]
    return "\n\n".join([title, MADE, *rest]) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {text}"
        case Paragraph(text):
            return text
        case Table(head, rows, right):
            return table(head, rows, right)


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


ROOMS = (
    "catalogue", "catalogue/importers", "matching", "scoring", "comparison", "render", "render/html",
    "cli",
)  # fmt: skip
"""The rooms in the order in which data goes through them."""


def house_page() -> str:
    """Return the map of the sources: every room, and what each file in it hides, in its own words."""
    source = HERE.parent / "src" / "modelcmp"
    parts = [
        "# The house",
        MADE,
        "Data goes through the rooms in this order, and each imports only those before it. What a file decides is "
        "the first sentence of the file itself.",
    ]
    for room in ROOMS:
        files = sorted((source / room).glob("*.py"))
        rows = [[f"`{file.stem}`", _first_line(file)] for file in files if file.stem != "__init__"]
        parts += [
            f"## {room}",
            _first_line(source / room / "__init__.py"),
            table(["File", "Decides"], rows),
        ]
    parts += [
        "## Beside them",
        table(
            ["File", "Decides"],
            [
                [f"`{file.stem}`", _first_line(file)]
                for file in sorted(source.glob("*.py"))
                if file.stem not in ("__init__", "version")
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _first_line(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.splitlines()[0]


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
            names += [f"{name} {inner}" for inner in command_module(name).COMMANDS]
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
        (HERE / "house.md", house_page()),
        (HERE / "missing.md", missing_page(catalogue)),
        (HERE / "method.md", method_page(registry)),
        (HERE / "reference.md", reference_page()),
    ]


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text, encoding="utf-8", newline="\n")
