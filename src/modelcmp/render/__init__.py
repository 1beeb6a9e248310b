"""How results are written: one file per output format, and the FORMATS table that names them.

A renderer only writes. It returns text that ends with one newline; what is shown, in which order
and in which words was decided in `comparison`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from modelcmp.errors import UsageError

if TYPE_CHECKING:
    from modelcmp.comparison.compare import Comparison
    from modelcmp.comparison.explain import Facts
    from modelcmp.comparison.listing import Listing
    from modelcmp.comparison.tables import Report
    from modelcmp.scoring.rank import RankedModel

FIRST_CAPABILITIES = 8
"""Capabilities shown of each model unless all are asked for."""


class Look(NamedTuple):
    """How a person wants to see it. Only the terminal table heeds width, colour and encoding."""

    full: bool = False
    width: int = 100
    colour: bool = False
    ascii_only: bool = False


class Format(NamedTuple):
    """One row: a syntax, the file endings that stand for it, and whether it is a promise."""

    id: str
    suffixes: tuple[str, ...]
    meaning: str
    promise: bool

    def render(
        self,
        result: "Comparison | RankedModel | Listing | Facts | Report",
        look: Look,
        **given: Any,
    ) -> str:
        """Return `result` in this format, by the function its module has for that kind of result."""
        kinds = {
            "Comparison": "comparison",
            "RankedModel": "model",
            "Listing": "listing",
            "Hits": "hits",
            "Report": "report",
        }
        name = f"render_{kinds.get(type(result).__name__, 'facts')}"
        function = getattr(import_module(f"modelcmp.render.{self.id}"), name, None)
        if function is None:
            raise UsageError(
                f"{self.id} has no form for this", hint="add --format markdown or json"
            )
        text: str = function(result, look=look, **given)
        return text


FORMATS: dict[str, Format] = {
    row.id: row
    for row in (
        Format("table", (".txt",), "aligned columns and bars, for people at a terminal", False),
        Format(
            "markdown", (".md", ".markdown"), "GitHub-safe Markdown, for documents and CI", False
        ),
        Format("html", (".html", ".htm"), "one page that carries all it needs, for readers", False),
        Format("json", (".json",), "versioned JSON, for pipelines and agents", True),
        Format("tsv", (".tsv",), "tab-separated lines, for the shell", True),
    )
}
