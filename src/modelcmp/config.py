"""Settings and where each came from: flag, environment, project file, user file, built in.

A project's file may say which catalogue and weights to use, and which documents of its own folder to
build; there is no setting with which it could name a host, a command or a place outside that folder
to write to.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from modelcmp.errors import ConfigError, did_you_mean

ENVIRONMENT: dict[str, str] = {
    "MODELCMP_CATALOGUE": "Catalogue directories, separated as in PATH.",
    "MODELCMP_EVIDENCE": "File of search evidence, as --evidence takes it.",
    "MODELCMP_SIGNALS": "File of figures read over the cards, as --signals takes it.",
    "MODELCMP_FORMAT": "Output format, as --format takes it.",
    "MODELCMP_PROFILE": "Weight profile, as --profile takes it.",
    "MODELCMP_CACHE": "File of checked cards; empty to do without.",
    "MODELCMP_DEBUG": "Any value: show a traceback when modelcmp itself fails.",
    "MODELCMP_HUB": "Host that refresh asks in place of the Hugging Face Hub.",
    "MODELCMP_GITHUB": "Host that refresh asks in place of GitHub's API.",
    "MODELCMP_LOOPBACK": "Any value: servers on this machine may be asked, over plain http.",
    "HF_TOKEN": "Token for the Hugging Face Hub, sent to that host alone.",
    "GITHUB_TOKEN": "Token for GitHub, sent to that host alone.",
    "HTTPS_PROXY": "Proxy that hosts are asked through; NO_PROXY names those that are not.",
    "NO_COLOR": "Any value: no colour.",
    "FORCE_COLOR": "Any value: colour even into a pipe.",
    "CLICOLOR_FORCE": "As FORCE_COLOR, unless 0.",
    "COLUMNS": "Width of tables, in characters.",
    "SOURCE_DATE_EPOCH": "As-of day of a catalogue that states none, in seconds since 1970.",
    "XDG_CONFIG_HOME": "Where the user's modelcmp/modelcmp.toml lies.",
    "XDG_CACHE_HOME": "Where the cache lies.",
    "XDG_DATA_HOME": "Where the user's own search evidence lies.",
}
"""Every variable that is read, with its meaning."""

KEYS: dict[str, str] = {
    "catalogue": "Catalogue directories, relative to the file; a text or a list of texts.",
    "builtin": "Whether the built-in cards are read: true or false.",
    "format": "Output format.",
    "profile": "Weight profile.",
    "as_of": "Day the scores speak for.",
    "evidence": "File of search evidence, relative to the file.",
    "signals": "File of figures read over the cards, relative to the file.",
    "remember": "Whether searches are counted as evidence: true or false.",
    "pairs": "Comparisons a site always has and diff tells of: a list of lists of models.",
    "documents": "Documents whose blocks build fills: a pattern or a list, inside the file's folder.",
    "page": "Table of one page that build writes, repeatable: models, output, format, profile, full, images.",
    "weights": "Table of dimension = weight, changing the profile.",
    "profiles": "Table of profiles of one's own: name = table of dimension = weight.",
}
"""Every key of a configuration file."""

_MENTIONS_US = re.compile(rb"tool\W{1,8}modelcmp")


class Setting(NamedTuple):
    """One value and who said so."""

    value: Any
    origin: str


class Page(NamedTuple):
    """One page that `build` writes: a comparison, or the card of a single model."""

    models: tuple[str, ...]
    output: str
    format: str | None = None
    profile: str | None = None
    full: bool = False
    images: str | None = None

    def __str__(self) -> str:
        """Return the file it is written to."""
        return self.output


DEFAULTS: dict[str, Any] = {
    "catalogue": [],
    "builtin": True,
    "format": "auto",
    "profile": "balanced",
    "as_of": None,
    "evidence": None,
    "signals": None,
    "remember": False,
    "pairs": [],
    "documents": [],
    "page": [],
    "weights": {},
    "profiles": {},
}


def load_settings(
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    directory: Path,
    *,
    file: Path | None = None,
    use_files: bool = True,
    personal: bool = True,
) -> dict[str, Setting]:
    """Return every setting with its origin.

    `flags` holds what the command line says (None: nothing). `file` takes the place of the project's
    file. Without `personal` the user's own file is not read. Raises ConfigError for a file that cannot be read or a key that is none.
    """
    settings = {name: Setting(value, "built in") for name, value in DEFAULTS.items()}
    if use_files:
        user = _user_file(environment) if personal else None
        for path in (user, file or _project_file(directory)):
            if path is not None:
                settings.update(_read_file(path))
                _refuse_documents(path, user, settings)
    elif file is not None:
        settings.update(_read_file(file))
    settings.update(_read_environment(environment))
    for name, value in flags.items():
        if value is not None and value != []:
            settings[name] = Setting(value, "command line")
    return settings


def project_folder(directory: Path, file: Path | None = None, *, use_files: bool = True) -> Path:
    """Return the folder that `build` may write in: that of the project's file, else `directory`."""
    found = file or (_project_file(directory) if use_files else None)
    return found.parent if found is not None else directory


def _refuse_documents(path: Path, user: Path | None, settings: Mapping[str, Setting]) -> None:
    for name in ("documents", "page"):
        if path == user and settings[name].origin == str(user):
            raise ConfigError(f"{path}: {name} belongs in the file of a project")


def default_store_path(environment: Mapping[str, str]) -> Path | None:
    """Return where this user's evidence lies, or None when there is no home to put it in."""
    base = environment.get("XDG_DATA_HOME") or ""
    if os.path.isabs(base):
        return Path(base) / "modelcmp" / "evidence.sqlite"
    home = environment.get("HOME") or environment.get("LOCALAPPDATA") or ""
    if not os.path.isabs(home):
        return None
    return Path(home) / ".local" / "share" / "modelcmp" / "evidence.sqlite"


def may_write(setting: Setting, path: Path, environment: Mapping[str, str]) -> bool:
    """Return whether a path that a setting led to may be written to.

    Who clones a repository did not write its configuration: such a file leads to places in its own
    folder alone. The command line, the environment and the user's own file lead anywhere.
    """
    user = _user_file(environment)
    if not setting.origin.endswith(".toml") or (user and setting.origin == str(user)):
        return True
    return path.resolve().is_relative_to(Path(setting.origin).resolve().parent)


def _user_file(environment: Mapping[str, str]) -> Path | None:
    base = environment.get("XDG_CONFIG_HOME") or ""
    home = environment.get("HOME") or environment.get("APPDATA") or ""
    if os.path.isabs(base):
        path = Path(base) / "modelcmp" / "modelcmp.toml"
    elif os.path.isabs(home):
        path = Path(home) / ".config" / "modelcmp" / "modelcmp.toml"
    else:
        return None
    return path if path.is_file() else None


def _project_file(directory: Path) -> Path | None:
    """Return the nearest modelcmp.toml, or pyproject.toml with our table, upwards."""
    for folder in (directory, *directory.parents):
        own = folder / "modelcmp.toml"
        if own.is_file():
            return own
        project = folder / "pyproject.toml"
        # TOML is parsed only where the file speaks of us: the parser costs a tenth of a run.
        if project.is_file() and _MENTIONS_US.search(_read_bytes(project)):
            return project
    return None


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None


def _read_file(path: Path) -> dict[str, Setting]:
    import tomllib

    try:
        data: Any = tomllib.loads(_read_bytes(path).decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8") from None
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise ConfigError(f"{path}: is not TOML: {error}") from None
    if path.name == "pyproject.toml":
        data = data.get("tool", {}).get("modelcmp", {})
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: tool.modelcmp must be a table")
    return {name: Setting(_checked(path, name, value), str(path)) for name, value in data.items()}


def _checked(path: Path, name: str, value: Any) -> Any:
    if name not in KEYS:
        raise ConfigError(
            f"{path}: unknown key {name}",
            hint=did_you_mean(name, KEYS) or f"there are {', '.join(KEYS)}",
        )
    if name == "catalogue":
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ConfigError(f"{path}: catalogue must be a text or a list of texts")
        return [str(path.parent / text) for text in texts]
    if name == "documents":
        patterns = [value] if isinstance(value, str) else value
        if not isinstance(patterns, list) or not all(isinstance(text, str) for text in patterns):
            raise ConfigError(f"{path}: documents must be a text or a list of texts")
        return patterns
    if name == "page":
        if not isinstance(value, list):
            raise ConfigError(f"{path}: page must be a list of tables", hint="write [[page]]")
        return [_page(path, number, table) for number, table in enumerate(value, start=1)]
    if name in ("builtin", "remember") and not isinstance(value, bool):
        raise ConfigError(f"{path}: {name} must be true or false")
    if name in ("evidence", "signals") and isinstance(value, str):
        return str(path.parent / value)
    if name in ("format", "profile", "evidence", "signals") and not isinstance(value, str):
        raise ConfigError(f"{path}: {name} must be text")
    if name == "as_of":
        return str(value)
    if name == "pairs":
        return _pairs(path, value)
    if name == "weights":
        return _weights(path, "weights", value)
    if name == "profiles":
        if not isinstance(value, dict):
            raise ConfigError(f"{path}: profiles must be a table")
        return {key: _weights(path, f"profiles.{key}", inner) for key, inner in value.items()}
    return value


def _pairs(path: Path, value: Any) -> list[tuple[str, ...]]:
    pairs = value if isinstance(value, list) else [value]
    if not all(isinstance(pair, list) and len(pair) > 1 for pair in pairs) or not all(
        isinstance(name, str) for pair in pairs for name in pair
    ):
        raise ConfigError(
            f"{path}: pairs must be a list of lists of two models or more",
            hint='pairs = [["bakllava", "sd35-large"]]',
        )
    return [tuple(pair) for pair in pairs]


def _page(path: Path, number: int, table: Any) -> Page:
    where = f"{path}: page {number}"
    if not isinstance(table, dict):
        raise ConfigError(f"{where} must be a table", hint="write [[page]]")
    for key, value in table.items():
        if key not in Page._fields:
            raise ConfigError(
                f"{where}: unknown key {key}",
                hint=did_you_mean(key, Page._fields) or f"there are {', '.join(Page._fields)}",
            )
        if key in ("output", "format", "profile", "images") and not isinstance(value, str):
            raise ConfigError(f"{where}: {key} must be text")
    models, output, full = table.get("models"), table.get("output"), table.get("full", False)
    named = isinstance(models, list) and models and all(isinstance(name, str) for name in models)
    if not named or any(name.startswith("-") for name in models or ()):
        raise ConfigError(
            f"{where}: models must be a list of ids", hint='models = ["one", "other"]'
        )
    if not output:
        raise ConfigError(f"{where}: output is missing", hint='output = "docs/one-vs-other.md"')
    if not isinstance(full, bool):
        raise ConfigError(f"{where}: full must be true or false")
    texts = {name: table.get(name) for name in ("format", "profile", "images")}
    return Page(tuple(models or ()), output, full=full, **texts)


def _weights(path: Path, name: str, value: Any) -> dict[str, float]:
    numbers = isinstance(value, dict) and all(
        isinstance(number, (int, float)) and not isinstance(number, bool)
        for number in value.values()
    )
    if not numbers:
        raise ConfigError(
            f"{path}: {name} must be a table of numbers",
            hint=f"[{name}] with lines such as quality = 50",
        )
    try:
        return {key: float(number) for key, number in value.items()}
    except OverflowError:
        raise ConfigError(f"{path}: {name} holds a number that is too large") from None


def _read_environment(environment: Mapping[str, str]) -> dict[str, Setting]:
    found = {}
    if text := environment.get("MODELCMP_CATALOGUE"):
        directories = [part for part in text.split(os.pathsep) if part]
        found["catalogue"] = Setting(directories, "MODELCMP_CATALOGUE")
    for name in ("format", "profile", "evidence", "signals"):
        variable = f"MODELCMP_{name.upper()}"
        if text := environment.get(variable):
            found[name] = Setting(text, variable)
    return found
