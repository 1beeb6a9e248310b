"""Payloads for `import`: files read whole within a limit, hosts asked through the one fetcher."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelcmp.errors import CardError, CardProblem, FetchError, UsageError

if TYPE_CHECKING:
    from modelcmp.catalogue.importers.draft import LeftOut
    from modelcmp.cli.session import Session

PAYLOAD_BYTES = 64 * 1024 * 1024
"""Largest file that is read."""

ANSWER_BYTES = 16 * 1024 * 1024
"""A list of models is longer than the single answers that other commands ask for."""


def _read_bytes(file: str) -> bytes:
    import sys

    try:
        if file == "-":
            data = sys.stdin.buffer.read(PAYLOAD_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(PAYLOAD_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: {(error.strerror or 'cannot be read').lower()}") from None
    if len(data) > PAYLOAD_BYTES:
        raise UsageError(f"{file}: is larger than 64 MiB")
    return data


def _read_text(file: str) -> str:
    try:
        return _read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: byte {error.start + 1} is not UTF-8") from None


def _parse(text: str) -> Any:
    """Return a JSON value; raises ValueError, also for numbers that are none."""
    import json

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not a number")

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError:
        raise ValueError("is nested too deep") from None


def read_json(file: str) -> tuple[Any, list[LeftOut]]:
    """Return the value of a JSON file, or the rows of JSON lines with those that are none."""
    text = _read_text(file)
    try:
        return _parse(text), []
    except ValueError:
        rows, broken = _lines(text, file)
        if not rows:
            first = broken[0].reason if broken else "is empty"
            raise UsageError(f"{file}: is neither JSON nor JSON lines: {first}") from None
        return [row for _, row in rows], broken


def _lines(text: str, file: str) -> tuple[list[tuple[str, Any]], list[LeftOut]]:
    from modelcmp.catalogue.importers.draft import LeftOut

    rows: list[tuple[str, Any]] = []
    broken: list[LeftOut] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{file}:{number}"
        try:
            rows.append((where, _parse(line)))
        except ValueError as error:
            broken.append(LeftOut(where, f"is not JSON: {str(error).lower()}"))
    return rows, broken


def read_rows(file: str) -> tuple[list[tuple[str, Any]], list[LeftOut]]:
    """Return the rows of a table, each with its line, from JSON lines, a JSON list or CSV."""
    text = _read_text(file)
    if file.casefold().endswith(".csv"):
        import csv
        from io import StringIO

        reader = csv.DictReader(StringIO(text, newline=""), restkey="", restval=None)
        try:
            return [(f"{file}:{reader.line_num}", row) for row in reader], []
        except csv.Error as error:
            raise UsageError(f"{file}:{reader.line_num}: is not CSV: {error}") from None
    try:
        whole = _parse(text)
    except ValueError:
        rows, broken = _lines(text, file)
        if not rows:
            first = broken[0].reason if broken else "is empty"
            raise UsageError(f"{file}: holds no row: {first}") from None
        return rows, broken
    if not isinstance(whole, list):
        return [(f"{file}:1", whole)], []
    return [(f"{file}, entry {number}", row) for number, row in enumerate(whole, 1)], []


def read_repositories(names: Sequence[str], files: Sequence[str]) -> list[Any]:
    """Return what files say of one repository, or a list of repositories the API sent."""
    from modelcmp.catalogue.importers import hub

    models: list[Any] = []
    readme, results = None, []
    for file in files:
        suffix = Path(file).suffix.casefold()
        if suffix == ".json":
            value, _ = read_json(file)
            models += value if isinstance(value, list) else [value]
        elif suffix == ".md":
            readme = _read_text(file)
        elif suffix in (".yaml", ".yml"):
            results.append(_read_text(file))
        else:
            raise UsageError(f"{file}: --from takes .json, .md or .yaml")
    models = models or [{"id": name} for name in names]
    if (readme or results) and len(models) != 1:
        raise UsageError("a README or results belong to one repository", hint="name it: ORG/NAME")
    if names and (readme or results) and isinstance(models[0], dict):
        models[0] = {**models[0], "id": names[0]}
    return [hub.Repository(model, readme, tuple(results)) for model in models]


def _fetcher(session: Session | None, addresses: Sequence[str], *, loopback: bool = False) -> Any:
    """Return what asks the hosts of these addresses, each with its own token alone."""
    from urllib.parse import urlsplit

    from modelcmp.catalogue.fetching import (
        GITHUB,
        HUB,
        LOOPBACK,
        OPENROUTER,
        Bounds,
        Fetcher,
        answers_path,
        other_host,
    )  # fmt: skip

    known = {host.origin: host for host in (HUB, GITHUB, OPENROUTER)}
    origins = dict.fromkeys(
        f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses)
    )
    hosts = [known.get(origin) or other_host(origin) for origin in origins]
    return Fetcher(
        hosts,
        environment=os.environ,
        cache=answers_path(os.environ),
        loopback=loopback or bool(os.environ.get(LOOPBACK)),
        bounds=Bounds(answer_bytes=ANSWER_BYTES),
        tell=session.note if session else lambda _: None,
    )


def ask(session: Session, addresses: Sequence[str]) -> list[Any]:
    with _fetcher(session, addresses) as fetcher:
        return [fetcher.get_json(address) for address in addresses]


def ask_hub(session: Session, names: Sequence[str]) -> list[Any]:
    """Return the Hub's answers; a repository that cannot be had is named, the others stay."""
    from modelcmp.catalogue.importers import hub

    answers: list[Any] = []
    failures: list[CardProblem] = []
    base = os.environ.get("HF_ENDPOINT", "").rstrip("/") or hub.ADDRESS
    with _fetcher(session, [base]) as fetcher:
        for name in names:
            try:
                address = hub.model_address(name).replace(hub.ADDRESS, base, 1)
                answers.append(fetcher.get_json(address))
            except FetchError as error:
                failures.append(CardProblem(name, 0, 0, "", error.message))
                last = error
    if not answers:
        raise (
            last
            if len(failures) == 1
            else CardError("no repository can be had", problems=tuple(failures), hint=last.hint)
        )
    for problem in failures:
        session.note(str(problem))
    return answers


def ollama_origin(host: str | None) -> str:
    """Return the server's address as scheme, name and port; OLLAMA_HOST may lack the first and last."""
    from urllib.parse import urlsplit

    from modelcmp.catalogue.importers import ollama

    named = (host or os.environ.get("OLLAMA_HOST") or ollama.ADDRESS).strip().rstrip("/")
    parts = urlsplit(named if "://" in named else f"http://{named}")
    try:
        port = parts.port or {"https": 443}.get(parts.scheme, 11434)
    except ValueError:
        raise UsageError(f"{named} is no address", hint=f"write it as {ollama.ADDRESS}") from None
    name = "127.0.0.1" if parts.hostname in (None, "0.0.0.0", "localhost") else parts.hostname
    return f"{parts.scheme}://{name}:{port}"


def ask_ollama(origin: str) -> dict[str, Any]:
    """Return what the server says of each model it holds."""
    with _fetcher(None, [origin], loopback=True) as fetcher:
        try:
            tags = fetcher.get_json(f"{origin}/api/tags")
        except FetchError as error:
            hint = "is Ollama running? --host URL names another server"
            raise FetchError(error.kind, error.message, hint=hint) from None
        models = tags.get("models") if isinstance(tags, dict) else None
        names = [
            m["name"]
            for m in models or ()
            if isinstance(m, dict) and isinstance(m.get("name"), str)
        ]
        shown = {name: fetcher.post_json(f"{origin}/api/show", {"model": name}) for name in names}
    return {"tags": tags, "show": shown}
