"""Counts made elsewhere -> counts. What another engine may say is checked here, as strictly as a log."""

import json
from collections import Counter

from modelcmp.matching.cells import cells_of, flat, parse_time
from modelcmp.matching.events import (
    BAD_ROWS_SHOWN,
    EXPECTED_UNIT,
    KEYS_HELD,
    BadRow,
    BadRowError,
    Counts,
    LogError,
    ModelCount,
    QueryCount,
    Reading,
    Report,
    Sink,
    UnknownModelError,
    judge,
)
from modelcmp.matching.log_files import LogFile
from modelcmp.matching.privacy import clean_query

AGGREGATE_COLUMNS = (
    "kind", "query", "day", "model", "episodes", "navigational", "shown", "expected", "clicked",
    "chosen",
)  # fmt: skip
"""The exact columns of counts made by another engine."""


def read_aggregate(file: LogFile, reading: Reading, sink: Sink) -> tuple[Report, set[int]]:
    """Read counts made elsewhere and hand them to `sink`; raises LogError as `read_source` does."""
    rows = bad_count = redacted = 0
    bad: list[BadRow] = []
    totals = Counter[str]()
    seen: set[int] = set()
    queries: list[QueryCount] = []
    models: list[ModelCount] = []
    header: list[str] | None = None
    for line, text in file.lines():
        if text is not None and (not text or text.isspace()):
            continue
        try:
            if text is None:
                raise BadRowError("is not UTF-8, or longer than 1 MiB")
            if header is None and not text.lstrip().startswith("{"):
                header = _aggregate_header(file.name, text)
                continue
            count, struck = _aggregate_row(_aggregate_fields(text, header), reading)
        except BadRowError as error:
            rows, bad_count = rows + 1, bad_count + 1
            if len(bad) < BAD_ROWS_SHOWN:
                bad.append(BadRow(file.name, line, str(error)))
            continue
        rows, redacted = rows + 1, redacted + struck
        seen.add(hash(count.query))
        if isinstance(count, QueryCount):
            queries.append(count)
            totals.update(episodes=count.episodes, navigational=count.navigational)
        else:
            models.append(count)
            totals["picked"] += count.clicked + count.chosen
        if len(queries) + len(models) > KEYS_HELD:
            sink(Counts(queries, models))
            queries, models = [], []
    judge([file.name], rows, bad_count, bad)
    sink(Counts(queries, models))
    report = Report(
        rows=rows, bad_rows=bad_count, first_bad=tuple(bad), episodes=totals["episodes"],
        queries=len(seen), picked=totals["picked"], navigational=totals["navigational"],
        redacted=redacted,
    )  # fmt: skip
    return report, seen


def _aggregate_header(name: str, text: str) -> list[str]:
    header = [cell.strip().casefold() for cell in cells_of(text, ",")]
    if sorted(header) != sorted(AGGREGATE_COLUMNS):
        raise LogError(
            f"{name}: counts have exactly the columns {', '.join(AGGREGATE_COLUMNS)}",
            hint="docs/evidence.md has the queries that make them; a log is added without --aggregate",
        )
    return header


def _aggregate_fields(text: str, header: list[str] | None) -> dict[str, str]:
    if header is not None:
        cells = cells_of(text, ",")
        if len(cells) != len(header):
            raise BadRowError(f"has {len(cells)} columns where the header has {len(header)}")
        return dict(zip(header, cells, strict=True))
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRowError("is not JSON") from None
    if not isinstance(row, dict) or set(row) - set(AGGREGATE_COLUMNS):
        raise BadRowError("is no object with the columns of counts")
    return {name: flat(row.get(name)) for name in AGGREGATE_COLUMNS}


def _aggregate_row(row: dict[str, str], reading: Reading) -> tuple[QueryCount | ModelCount, bool]:
    query, struck = clean_query(row["query"])
    if not query:
        raise BadRowError("has no query")
    day, seconds = parse_time(row["day"])
    if seconds is not None or len(row["day"]) != 10:
        raise BadRowError("its day is not written as 2026-11-23")
    if row["kind"] == "query":
        episodes, navigational = _count(row, "episodes"), _count(row, "navigational")
        if not navigational and reading.navigates(query):
            navigational = episodes
        if navigational > episodes or not episodes:
            raise BadRowError("has no episodes, or more that name a model than there are")
        return QueryCount(query, day, episodes, navigational), struck
    if row["kind"] != "model":
        raise BadRowError("its kind is neither query nor model")
    model = reading.resolve(row["model"])
    if model is None:
        raise UnknownModelError
    shown, clicked, chosen = (_count(row, name) for name in ("shown", "clicked", "chosen"))
    expected = _millionths(row["expected"])
    if expected > shown * EXPECTED_UNIT:
        raise BadRowError("expects more picks than it was shown")
    return ModelCount(query, model, day, shown, expected, clicked, chosen), struck


def _count(row: dict[str, str], name: str) -> int:
    try:
        number = float(row[name] or "0")
        if number != int(number) or not 0 <= number < 2**53:
            raise ValueError
    except (ValueError, OverflowError):
        raise BadRowError(f"its {name} is no count") from None
    return int(number)


def _millionths(text: str) -> int:
    try:
        number = float(text or "0")
        if not 0 <= number < 2**33:
            raise ValueError
    except (ValueError, OverflowError):
        raise BadRowError("its expected is no number of picks") from None
    return round(number * EXPECTED_UNIT)
