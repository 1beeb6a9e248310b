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
    takes: str
    """What it reads."""
    gives: str
    """What its cards hold."""

    @property
    def read(self) -> Callable[[Any, "Wanted"], "Imported"]:
        """Return the pure function from its payload to drafts of cards."""
        found = import_module(f"modelcmp.catalogue.importers.{self.module}")
        read: Callable[[Any, Wanted], Imported] = found.read_payload
        return read


_ROWS = (
    Importer(
        "hf",
        "hub",
        "repositories of the Hugging Face Hub, from its API or from files",
        "task, licence, parameters, formats, downloads, likes, dates, published results",
    ),
    Importer(
        "models-dev",
        "models_dev",
        "api.json of models.dev, or rows of it as JSON lines",
        "one offer per provider, number of providers, limits, dates, modalities",
    ),
    Importer(
        "openrouter",
        "openrouter",
        "OpenRouter's list of models, from a file or its address",
        "OpenRouter's price, limits, modalities, what can be asked for",
    ),
    Importer(
        "litellm",
        "litellm",
        "LiteLLM's model_prices_and_context_window.json",
        "one offer per provider, limits, modes",
    ),
    Importer(
        "ollama",
        "ollama",
        "a running Ollama server",
        "parameters, file size, window, licence, what the model can do",
    ),
    Importer(
        "jsonl",
        "jsonl",
        "any table: JSON lines, a JSON list or CSV",
        "whatever its columns say",
    ),
)

IMPORTERS = {row.name: row for row in _ROWS}
"""Name of the command under `import` -> the source."""
