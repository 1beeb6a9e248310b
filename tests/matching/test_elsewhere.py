"""The queries of the manual, run as they stand there, give the store that rows give."""

from __future__ import annotations

import csv
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelcmp.matching.events import Reading, Report
from modelcmp.matching.store import add_logs, dump, reading_store

ROOT = Path(__file__).resolve().parent.parent.parent
HEAD = ("time", "client", "query", "action", "model", "position")
READING = Reading(
    resolve=lambda name: name if name in ("one", "two", "three") else None,
    navigates=lambda query: query.startswith("one"),
)
Row = tuple[datetime, str | None, str, str | None, str | None, int | None]


def query_of(engine: str) -> str:
    """Return what the manual has for an engine."""
    text = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    found = re.search(rf"^{engine}:\n\n```sql\n(.*?)```", text, re.M | re.S)
    assert found, engine
    return found[1]


def log_rows() -> list[Row]:
    """Return rows with all that takes their order: typing, picks between, caps, floods, midnight."""
    chance = random.Random(3)
    queries = ["d", "des", "describe", "Describe  photos!", "one please", "Zebra?", "z", "é"]
    actions = ["impression", "impression", "click", "chosen", "search", None]
    start = datetime(2026, 10, 30, 23, 55, tzinfo=UTC)
    rows: list[Row] = []
    for _ in range(3000):
        moment = start + timedelta(days=chance.randrange(9) ** 2, seconds=chance.randrange(600))
        client = chance.choice(["a", "b", "c", "d", "e", "f", None])
        model = chance.choice(["one", "two", "three", None])
        action = chance.choice(actions) if model else chance.choice(["search", None])
        place = chance.choice([1, 2, 7, None]) if model else None
        rows.append((moment, client, chance.choice(queries), action, model, place))
    # A person at the limit and one beyond it, a day with the same search again and again, a list.
    start = datetime(2026, 11, 2, 8, tzinfo=UTC)
    for client, count in (("busy", 500), ("bot", 501)):
        rows += [
            (start + timedelta(seconds=40 * n), client, f"query {n:03d}", "search", None, None)
            for n in range(count)
        ]
    for n in range(501):
        rows.append((start + timedelta(seconds=n), "again", "same", "search", None, None))
        rows.append((start, "list", "long", "impression", "one", n + 1))
        rows.append((start, "clicks", f"click {n:03d}", "click", "one", None))
    rows.append((start + timedelta(days=3), "bot", "later", "search", None, None))
    chance.shuffle(rows)
    return rows


def write_csv(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows((f"{row[0]:%Y-%m-%dT%H:%M:%SZ}", *row[1:]) for row in rows)


def added(store: Path, name: Path, **how: Any) -> tuple[Report, list[str]]:
    report = add_logs(store, [str(name)], READING, **how)
    with reading_store(store) as held:
        return report, dump(held)


@pytest.fixture
def expected(tmp_path: Path) -> list[str]:
    """Return the counts by rows, from a log in which every rule changes something."""
    write_csv(tmp_path / "log.csv", log_rows())
    report, counts = added(tmp_path / "by rows", tmp_path / "log.csv")
    assert (report.bad_rows, report.set_aside) == (0, 3)
    assert report.capped > 100 and report.without_client > 100 and report.navigational > 10
    return counts


def test_counts_by_duckdb(tmp_path: Path, expected: list[str]) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra duckdb is not installed")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "CREATE TABLE log AS SELECT CAST(time AS TIMESTAMP) AS time, client, query, action, model,"
            f" CAST(position AS INTEGER) AS position FROM read_csv('{tmp_path}/log.csv', all_varchar = true)"
        )
        connection.execute(query_of("DuckDB").replace("counts.csv", f"{tmp_path}/counts.csv"))
    report, counts = added(tmp_path / "by counts", tmp_path / "counts.csv", aggregate=True)
    assert report.bad_rows == 0
    assert counts == expected


@pytest.mark.slow
def test_counts_by_spark(
    tmp_path: Path, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed; .ci/spark runs this")
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    spark = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    try:
        types = (
            "time timestamp, client string, query string, action string, model string, position int"
        )
        log = spark.createDataFrame(log_rows(), types)
        parquet = str(tmp_path / "log.parquet")
        log.selectExpr("*", "to_date(time) AS part").write.partitionBy("part").parquet(parquet)
        assert len(list(Path(parquet).glob("part=*"))) > 10
        spark.read.parquet(parquet).drop("part").createOrReplaceTempView("log")
        found = spark.sql(query_of("Spark SQL"))
        found.write.json(str(tmp_path / "counts"))
    finally:
        spark.stop()
    shards = sorted((tmp_path / "counts").glob("*.json"))
    together = tmp_path / "counts.jsonl"
    together.write_bytes(b"".join(shard.read_bytes() for shard in shards))
    report, counts = added(tmp_path / "by counts", together, aggregate=True)
    assert report.bad_rows == 0
    assert counts == expected
