"""One function for each door that bytes come in by: it returns, or the bytes have found a defect."""

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from modelcmp.catalogue import reader
from modelcmp.catalogue.card import ModelCard, build
from modelcmp.catalogue.checking import check_card
from modelcmp.catalogue.loading import load_catalogue
from modelcmp.catalogue.reader import REFUSED, parse_yaml
from modelcmp.catalogue.registry import Registry
from modelcmp.catalogue.writing import write_yaml
from modelcmp.config import load_settings
from modelcmp.errors import CardError, ConfigError
from modelcmp.matching.events import Counts, LogError, Reading
from modelcmp.matching.log_files import LogFile
from modelcmp.matching.logs import read_source
from modelcmp.matching.privacy import QUERY_CHARACTERS, clean_query

ROOT = Path(__file__).resolve().parent.parent
MODELS = {"alpha": "alpha", "beta": "beta", "Beta": "beta"}


def read_card(data: bytes) -> None:
    """A card or a CardError, by both parsers; a card that is written anew reads as it was."""
    for parser in {reader.PARSER, yaml.SafeLoader}:
        with _parser(parser):
            try:
                document = parse_yaml(data, "card.yaml")
            except CardError as error:
                assert error.problems and all(p.file == "card.yaml" for p in error.problems)
                continue
        _assert_plain(document.value)
        if check_card(document, _registry()):
            continue
        build(ModelCard, document.value)
        again = parse_yaml(write_yaml(document.value).encode(), "card.yaml")
        assert again.value == document.value


def read_log(data: bytes) -> None:
    """Counts, or a LogError; no query that is counted holds what cleaning would take from it."""
    kept: list[Counts] = []
    file = LogFile("log", io.BufferedReader(io.BytesIO(data)), {})
    try:
        report, _ = read_source([file], Reading(resolve=MODELS.get), kept.append)
    except LogError:
        return
    assert 0 <= report.bad_rows <= report.rows and report.episodes >= 0
    for counts in kept:
        for query, _, episodes, navigational in counts.queries:
            assert 0 <= navigational <= episodes
            assert len(query) <= QUERY_CHARACTERS
            assert clean_query(query).text == query
        for _, model, _, *numbers in counts.models:
            assert model in MODELS.values()
            assert min(numbers) >= 0


def read_configuration(data: bytes) -> None:
    """Settings or a ConfigError, whichever file of the two they stand in."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("modelcmp.toml", "pyproject.toml"):
            path = Path(folder, name)
            path.write_bytes(data)
            try:
                settings = load_settings({}, {}, path.parent, file=path, use_files=False)
            except ConfigError:
                continue
            assert settings["format"].value


TARGETS: dict[str, Callable[[bytes], None]] = {
    "reader": read_card,
    "log": read_log,
    "config": read_configuration,
}


def seeds(target: str) -> Iterator[bytes]:
    """Yield inputs that a target takes, to begin from."""
    if target == "reader":
        files = [
            *(ROOT / "tests" / "cases").glob("*.yaml"),
            ROOT / "data" / "models" / "bakllava.yaml",
        ]
        yield from (path.read_bytes() for path in sorted(files))
    elif target == "log":
        head = "time,client,query,action,model,position\n"
        row = "2026-11-01T10:00:00Z,c{n},draw a picture,{action},alpha,1\n"
        rows = [row.format(n=n, action=a) for n in range(6) for a in ("impression", "click")]
        yield (head + "".join(rows)).encode()
        yield b'{"time": "2026-11-01", "client": "c", "query": "write", "model": "Beta"}\n' * 4
        yield b'{"query_id": "q", "user_query": "write", "timestamp": "2026-11-01T10:00:00Z"}\n'
    else:
        yield from (path.read_bytes() for path in sorted(ROOT.rglob("examples/**/modelcmp.toml")))
        yield (ROOT / "modelcmp.toml").read_bytes()
        yield b'[tool.modelcmp]\ncatalogue = ["a"]\npairs = [["a", "b"]]\n[tool.modelcmp.weights]\nquality = 5\n'
        yield b'[[page]]\nmodels = ["a"]\noutput = "x.md"\n[profiles.own]\nquality = 1.5\n'


@cache
def _registry() -> Registry:
    return load_catalogue(cache=None).registry


@contextmanager
def _parser(parser: Any) -> Iterator[None]:
    held, reader.PARSER = reader.PARSER, parser
    try:
        yield
    finally:
        reader.PARSER = held


def _assert_plain(value: Any) -> None:
    """Assert that a value is made of what the reader promises, and of no character it refuses."""
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        for part in (*value, *value.values()):
            _assert_plain(part)
    elif isinstance(value, list):
        for part in value:
            _assert_plain(part)
    elif isinstance(value, str):
        assert not REFUSED.search(value.replace("\n", ""))
    elif isinstance(value, float):
        assert abs(value) < float("inf")
    else:
        assert value is None or isinstance(value, (bool, int))
