"""Outside sources of cards, one file each, and the table of them."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from modelcmp.catalogue.importers.draft import Imported, Wanted


class Importer(NamedTuple):
    """One outside source."""

    name: str
    module: str

    @property
    def read(self) -> Callable[[Any, "Wanted"], "Imported"]:
        """Return the pure function from its payload to drafts of cards."""
        found = import_module(f"modelcmp.catalogue.importers.{self.module}")
        read: Callable[[Any, Wanted], Imported] = found.read_payload
        return read


_ROWS = (
    Importer("hf", "hub"),
    Importer("models-dev", "models_dev"),
    Importer("openrouter", "openrouter"),
    Importer("litellm", "litellm"),
    Importer("ollama", "ollama"),
    Importer("jsonl", "jsonl"),
)

IMPORTERS = {row.name: row for row in _ROWS}
"""Name of the command under `import` -> the source."""
