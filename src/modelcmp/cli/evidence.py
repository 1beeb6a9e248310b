"""The commands under `evidence`: search logs in, counts kept, and what they say of the models."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from modelcmp.cli.options import Options, common
from modelcmp.cli.session import (
    Session,
    complete_models,
    learned_folder,
    lookups_folder,
)
from modelcmp.errors import CardError, UsageError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from modelcmp.comparison.explain import Facts
    from modelcmp.matching.events import Reading, Report
    from modelcmp.matching.graph import Edge, MatchGraph, ModelEvidence
    from modelcmp.matching.store import Removed, Store

HELP = """Count what people search for and pick, from your search logs.

All of it stays on this machine: counts by query, model and day; no line, client or time of day.
"""

Rows = tuple[tuple[str, str, str], ...]
MEANINGS = {"user": "client", "session": "client"}
"""Other words that --map takes for a meaning."""

PROGRESS_AFTER_SECONDS = 1.0

MinCount = Annotated[
    int,
    typer.Option("--min-count", metavar="N", help="Show queries seen N times or more.", min=2),
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", help="At most N rows.", min=1)]


@common
def add_command(
    options: Options,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="Logs: JSON lines, CSV, Parquet; plain or gzip; - is standard input.",
            show_default=False,
        ),
    ],
    columns: Annotated[
        str | None,
        typer.Option("--map", metavar="query=q,model=item,...", help="Which column holds what."),
    ] = None,
    first_position: Annotated[
        int, typer.Option("--first-position", metavar="N", help="Number of the top place.", min=0)
    ] = 1,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DAY", help="Day of rows without a time.")
    ] = None,
    aggregate: Annotated[
        bool, typer.Option("--aggregate", help="The files are counts made by another engine.")
    ] = False,
    no_progress: Annotated[
        bool, typer.Option("--no-progress", help="No bar on standard error.")
    ] = False,
) -> None:  # fmt: skip
    """Add search logs: each file wholly or not at all, and once however often it is named.

    Examples:

      modelcmp evidence add searches.csv.gz --map query=text,model=repo

      modelcmp evidence add ubi_queries.ndjson ubi_events.ndjson
    """
    from modelcmp.matching.store import add_logs

    session = Session(options)
    path = session.store_path(make=True)

    def told(name: str, done: "Report") -> None:
        if done.repeated:
            session.note(f"{name} was counted before; nothing was added")

    with _progress(files, not (no_progress or session.options.quiet)) as progress:
        reading = _reading(session, columns, first_position, day, progress)
        report = add_logs(path, files, reading, aggregate=aggregate, told=told)
    share = _match_share(session, path)
    session.emit(_report_facts(report, share))
    if report.without_client:
        session.note(
            f"{report.without_client} rows name no client or session; each counts as an episode"
        )


@common
def stats_command(options: Options, min_count: MinCount = 5, limit: Limit = 50) -> None:
    """Show what the evidence holds: episodes, queries, days, and the models with most matches.

    Examples:

      modelcmp evidence stats

      modelcmp evidence stats --json --limit 10
    """
    session = Session(options)
    with _graph(session, lambda _: False) as found:
        rows = _stats_rows(*found, min_count, limit) if found else ()
        session.emit(_facts("stats", "Evidence from searches", _said(found), rows))


@common
def match_command(
    options: Options,
    share: Annotated[
        int, typer.Option("--share", metavar="PERCENT", help="Of the episodes.", min=1, max=100)
    ] = 100,
) -> None:
    """Hold queries against the index of the cards, the most frequent first, on every core.

    Adding a log does so for nine tenths of its episodes. What is done is kept, and taken up again
    where it was left off.

    Examples:

      modelcmp evidence match

      modelcmp evidence match --share 95
    """
    from modelcmp.scoring.rank import percent

    session = Session(options)
    reached = _match_share(session, session.store_path(), share / 100)
    rows = (
        ()
        if reached is None
        else (("held against the index", percent(reached), "of all episodes"),)
    )
    session.emit(_facts("matched", "Evidence matched", "" if rows else NO_EVIDENCE, rows))


@common
def gaps_command(options: Options, min_count: MinCount = 5, limit: Limit = 20) -> None:
    """List needs that nothing serves well, most frequent first, and what nobody picks or asks for.

    Examples:

      modelcmp evidence gaps

      modelcmp evidence gaps --min-count 20 --json
    """
    session = Session(options)
    with _graph(session, lambda _: False) as found:
        rows = _gap_rows(session, found[1], min_count, limit) if found else ()
        session.emit(_facts("gaps", "Needs that nothing serves well", _said(found), rows))


@common
def why_command(
    options: Options,
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="Id or alias.", autocompletion=complete_models, show_default=False,
        ),
    ],
    query: Annotated[str | None, typer.Argument(metavar="[QUERY]", help="This query alone.")] = None,
    min_count: MinCount = 5,
    limit: Limit = 20,
) -> None:  # fmt: skip
    """Show which queries count for a model: by which capability and words, how often, how picked.

    Examples:

      modelcmp evidence why bakllava

      modelcmp evidence why bakllava "describe product photos"
    """
    from modelcmp.matching.privacy import clean_query

    session = Session(options)
    (card,) = session.find_cards([model])
    wanted = clean_query(query).text if query else None
    with _graph(session, lambda edge: edge.model == card.id) as found:
        rows = _why_rows(session, found[1], card.id, wanted, min_count, limit) if found else ()
        title = f"Why {card.name} is matched"
        session.emit(_facts(f"why:{card.id}", title, _said(found), rows, WHY_COLUMNS))


@common
def graph_command(
    options: Options,
    min_count: MinCount = 5,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="Draw at most N links.", min=1, max=500)
    ] = 40,
) -> None:
    """Draw the match graph; --format takes mermaid (when left out), dot or json here.

    Examples:

      modelcmp evidence graph --format mermaid -o matches.mmd

      modelcmp evidence graph --format dot | dot -Tsvg > matches.svg
    """
    from modelcmp.matching.graph import strongest_edges, with_words
    from modelcmp.render.drawing import DRAWINGS

    session = Session(options)
    kind = "json" if options.json else options.format or "mermaid"
    if kind not in DRAWINGS:
        raise UsageError(
            f"a graph is not drawn as {kind}",
            hint=did_you_mean(kind, DRAWINGS) or f"there are {', '.join(DRAWINGS)}",
        )
    with _graph(session) as found:
        edges, left_out = strongest_edges(found[1], min_count, limit) if found else ([], 0)
        edges = with_words(edges, session.index.best) if edges else []
    session.emit_text(DRAWINGS[kind](edges, left_out))
    if left_out:
        session.note(f"{len(edges)} links are drawn, {left_out} weaker ones are left out")


@common
def forget_command(
    options: Options,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="In any case and spacing.")],
) -> None:
    """Remove a query from the store, with all that was counted for it.

    Examples:

      modelcmp evidence forget "my secret project"

      modelcmp evidence forget "old need" --evidence team.sqlite
    """
    _remove(Session(options), lambda store: store.forget(query))


@common
def purge_command(
    options: Options,
    before: Annotated[
        str, typer.Option("--before", metavar="DAY", help="First day that is kept.")
    ],
) -> None:  # fmt: skip
    """Remove all that was counted before a day.

    Examples:

      modelcmp evidence purge --before 2026-01-01

      modelcmp evidence purge --before 2025-11-24 --evidence team.sqlite
    """
    day = _checked_day(before, "--before")
    _remove(Session(options), lambda store: store.purge(day))


@common
def export_command(options: Options, min_count: MinCount = 5) -> None:
    """Print the counts as JSON lines that evidence add --aggregate takes; rare queries stay.

    Examples:

      modelcmp evidence export -o counts.jsonl

      modelcmp evidence export --min-count 20 | wc -l
    """
    import json

    from modelcmp.matching.store import export_rows, reading_store

    session = Session(options)
    with reading_store(session.store_path()) as store:
        lines = [json.dumps(row) for row in export_rows(store, min_count)] if store else []
        rare = store.rare(min_count) if store else None
    session.emit_text("".join(f"{line}\n" for line in lines))
    if rare and rare.queries:
        session.note(f"{rare.queries} rare queries ({rare.episodes} episodes) were not exported")


COMMANDS: dict[str, Callable[..., None]] = {
    "add": add_command,
    "match": match_command,
    "stats": stats_command,
    "gaps": gaps_command,
    "why": why_command,
    "graph": graph_command,
    "forget": forget_command,
    "purge": purge_command,
    "export": export_command,
}
"""Sub-command -> its function."""


# -- what they share --------------------------------------------------------------------------------


def _reading(
    session: Session,
    columns: str | None,
    first_position: int,
    day: str | None,
    progress: Callable[[int], None],
) -> "Reading":
    from modelcmp.matching.events import Reading
    from modelcmp.matching.names import model_names, names_a_model

    entries, problems = session.catalogue.names()
    if problems:
        # The file would count as read, and its rows on these models would be lost for good.
        raise CardError(
            "cards cannot be read, and what a log says of their models would be lost",
            hint="put them right first: modelcmp validate",
            problems=tuple(problems),
        )
    pairs = [(name, entry.id) for entry in entries for name in (entry.id, *entry.names)]
    return Reading(
        resolve=model_names(pairs),
        navigates=names_a_model(name for name, _ in pairs),
        columns=_parse_map(columns or ""),
        first_position=first_position,
        day=_checked_day(day, "--day") if day else None,
        progress=progress,
    )


def _parse_map(text: str) -> dict[str, str]:
    """Return meaning -> column from `query=q,model=item`."""
    from modelcmp.matching.parsing import COLUMNS

    found = {}
    for part in filter(None, text.split(",")):
        meaning, equals, column = (piece.strip() for piece in part.partition("="))
        meaning = MEANINGS.get(meaning, meaning)
        if not equals or not column or meaning not in COLUMNS:
            raise UsageError(
                f"--map takes query=COLUMN and the like, not {part}",
                hint=f"there are {', '.join(COLUMNS)}",
            )
        found[meaning] = column
    return found


def _checked_day(text: str, option: str) -> str:
    from datetime import date

    try:
        if len(text) != len("2026-11-23"):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"{option}: {text} is no day", hint="write it as 2026-11-23") from None


@contextmanager
def _progress(files: list[str], wanted: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error if that is a terminal and it takes more than a second."""
    import sys
    import time

    if not wanted or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    sizes = [os.path.getsize(file) for file in files if os.path.isfile(file)]
    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("reading", total=sum(sizes) or None)
    begun, before, finished = time.monotonic(), 0, 0

    def show(size: int) -> None:
        nonlocal before, finished
        if size < before:  # the next file has begun
            finished += before
        before = size
        if time.monotonic() - begun > PROGRESS_AFTER_SECONDS:
            bar.start()
            bar.update(task, completed=finished + size)

    try:
        yield show
    finally:
        bar.stop()


@contextmanager
def _graph(
    session: Session, wanted: "Callable[[Edge], bool]" = lambda _: True
) -> Iterator["tuple[Store, MatchGraph] | None"]:
    """Open the store and give it with its graph, or None where there is no store yet."""
    from modelcmp.matching.graph import load_graph
    from modelcmp.matching.store import reading_store

    with reading_store(session.store_path()) as store:
        if store is None:
            yield None
        else:
            match = session.look_up(store)
            yield store, load_graph(store, session.cards_by_id, match, wanted=wanted)


@contextmanager
def _matching(session: Session) -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how many queries are matched, if that is a terminal and takes time."""
    import sys
    import time

    if session.options.quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _, __: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("matching", total=None)
    begun = time.monotonic()

    def show(done: int, total: int) -> None:
        if time.monotonic() - begun > 1:
            bar.start()
            bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        bar.stop()


def _match_share(session: Session, path: "Path", share: float | None = None) -> float | None:
    """Look up the most frequent queries and return the share of the episodes that is looked up now.

    Without a share, as many as are enough for the evidence to be used without a word. None where there is
    no store, or nothing in it.
    """
    from modelcmp.matching.graph import ENOUGH_SHARE
    from modelcmp.matching.store import reading_store

    with reading_store(path) as store:
        counts = store.asked() if store else []
        if store is None or not counts:
            return None
        with _matching(session) as show:
            match = session.look_up(
                store, ENOUGH_SHARE if share is None else share, None, told=show
            )
        done = sum(episodes for query, episodes in counts if query in match)
    return done / sum(episodes for _, episodes in counts)


def _remove(session: Session, how: "Callable[[Store], Removed]") -> None:
    from modelcmp.matching.memory import forget_last
    from modelcmp.matching.store import writing

    path = session.store_path(write=True)
    if not path.exists():
        session.emit(_facts("removed", "Removed", NO_EVIDENCE, ()))
        return
    # Traces go first, so that a run cut off leaves none, and again for what was made meanwhile.
    _forget_traces()
    with writing(path) as store:
        removed = how(store)
        forget_last(store)
    _forget_traces()
    rows = (("queries", str(removed.queries), ""), ("episodes", str(removed.episodes), ""))
    session.emit(_facts("removed", "Removed", "", rows))


def _forget_traces() -> None:
    """Remove what was made from the store and kept: it can be made again from what is left."""
    from modelcmp.matching.learned import forget_learned
    from modelcmp.matching.lookups import forget_lookups

    forget_lookups(lookups_folder())
    forget_learned(learned_folder())


# -- what they say ----------------------------------------------------------------------------------

NO_EVIDENCE = "There is no evidence from searches yet."
WHY_COLUMNS = ("Query", "Times matched", "Why")


def _facts(
    name: str, title: str, text: str, rows: Rows, columns: tuple[str, str, str] = ("", "", "")
) -> "Facts":
    from modelcmp.comparison.explain import Facts

    return Facts("evidence", name, title, text, rows, columns)


def _said(found: "tuple[Store, MatchGraph] | None") -> str:
    """Return the sentence before the rows; without a store or episodes it speaks of no evidence."""
    if found is None or not found[1].episodes:
        return NO_EVIDENCE
    graph = found[1]
    days = "1 day" if graph.days == 1 else f"{graph.days} days"
    share = graph.looked_up / graph.episodes
    return f"{graph.episodes} episodes on {days}; {share:.0%} of them were held against the index."


def _report_facts(report: "Report", share: float | None = None) -> "Facts":
    from modelcmp.scoring.rank import percent

    names = {
        "rows": "rows", "bad_rows": "bad rows", "episodes": "episodes",
        "queries": "distinct queries", "matched": "matched", "picked": "picked",
        "navigational": "navigational", "redacted": "redacted", "capped": "over the cap",
        "set_aside": "clients set aside", "without_client": "rows without a client",
    }  # fmt: skip
    remarks = {
        "matched": "a model was shown or picked",
        "navigational": "the query names a model",
        "redacted": "something personal was struck out",
        "capped": "a client's matches beyond those that count",
        "set_aside": "more queries a day than a person makes",
    }
    rows = [
        (title, str(getattr(report, name)), remarks.get(name, "")) for name, title in names.items()
    ]
    if share is not None:
        rest = "of all episodes; evidence match does the rest" if share < 1 else "of all episodes"
        rows.append(("held against the index", percent(share), rest))
    rows += [(f"{bad.file}:{bad.line}", "bad row", bad.reason) for bad in report.first_bad]
    return _facts("added", "Evidence added", "", tuple(rows))


def _stats_rows(store: "Store", graph: "MatchGraph", min_count: int, limit: int) -> Rows:
    rare = store.rare(min_count)
    first, last = store.rows("SELECT min(day), max(day) FROM queries")[0]
    rows = [
        ("episodes", str(graph.episodes), f"{graph.navigational} name a model and count apart"),
        ("distinct queries", str(len(graph.needs)), ""),
        (
            "rare",
            str(rare.queries),
            f"queries too seldom seen to be shown, {rare.episodes} episodes",
        ),
        ("days", str(graph.days), f"{first} to {last}" if first else ""),
        ("files", str(store.count_files()), ""),
        ("picks by picks expected", "—" if graph.scale is None else f"{graph.scale:.3f}", ""),
    ]
    best = sorted(graph.models.items(), key=lambda pair: (-pair[1].times_matched, pair[0]))
    rows += [
        (model, str(found.times_matched), _model_words(found)) for model, found in best[:limit]
    ]
    if len(best) > limit:
        rows.append(("more", str(len(best) - limit), "models were matched less often"))
    return tuple(rows)


def _model_words(found: "ModelEvidence") -> str:
    from modelcmp.matching.graph import lift_of

    lift = lift_of(found)
    told = "lift unknown" if lift is None else f"lift {lift:.1f} on {found.episodes} episodes"
    return f"times matched; picked {found.picked}, {told}"


def _gap_rows(session: Session, graph: "MatchGraph", min_count: int, limit: int) -> Rows:
    from modelcmp.matching.graph import may_be_shown, never_picked, unasked, unmet_needs

    unmet = unmet_needs(graph)
    shown = [need for need in unmet if may_be_shown(need, min_count)]
    rare = [need for need in unmet if not may_be_shown(need, min_count)]
    rows = [
        (need.query, str(need.episodes), f"episodes; best match {need.strength or 0:.2f} of 1")
        for need in shown[:limit]
    ]
    if len(shown) > limit:
        rows.append(("more", str(len(shown) - limit), "needs asked for less often"))
    if rare:
        episodes = sum(need.episodes for need in rare)
        rows.append(("rare", str(episodes), f"episodes of {len(rare)} queries too rare to show"))
    rows += [
        (model, str(found.episodes), "times shown and never picked")
        for model, found in never_picked(graph)[:limit]
    ]
    silent = unasked(graph, session.all_cards())
    rows += [(f"{u.model}: {u.title}", "0", "nobody asked for it") for u in silent[:limit]]
    return tuple(rows)


def _why_rows(
    session: Session,
    graph: "MatchGraph",
    model: str,
    query: str | None,
    min_count: int,
    limit: int,
) -> Rows:
    from modelcmp.matching.graph import why, with_words

    found = why(graph, model, query, min_count)
    edges = with_words(found.edges[:limit], session.index.best) if found.edges else []
    rows = [(edge.query, str(edge.matched), _edge_words(edge)) for edge in edges]
    if len(found.edges) > limit:
        rows.append(("more", str(len(found.edges) - limit), "queries matched less often"))
    if found.rare_queries:
        rows.append(
            ("rare", str(found.rare_matched), f"{found.rare_queries} queries too rare to show")
        )
    return tuple(rows)


def _edge_words(edge: "Edge") -> str:
    by = edge.capability or "no capability, the log showed it"
    words = f" by {', '.join(edge.words)}" if edge.words else ""
    days = "1 day" if edge.days == 1 else f"{edge.days} days"
    return f"{by}{words}; shown {edge.shown}, picked {edge.picked}, on {days}"
