"""Counts and a matcher -> the match graph: who was looked for, who was picked, and what nobody serves.

Nodes are queries, capabilities and models. The store says which queries were asked and what became of
the models shown; the matcher says which capability answers a query. Queries that name a model are
counted apart: looking somebody up says nothing of what he is good for.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from modelcmp.catalogue.card import ModelCard
from modelcmp.matching.events import EXPECTED_UNIT
from modelcmp.matching.store import MIN_COUNT, MIN_DAYS, EvidenceError, Store, reading_store

PRIOR = 5
"""Picks that every model is given beforehand, expected and real, so that few episodes move little."""

FULL_COVERAGE = 30
"""Episodes at which the lift counts as half known."""

ENOUGH_SHARE = 0.9
"""Share of the episodes looked up when a log is added, below which every command says so.

What is left are queries asked once or twice.
"""

WELL = 0.35
"""Strength, of 1, below which a match does not serve a need well."""

SHOWN_ENOUGH = 30
"""Times shown from which it is worth a remark that a model was never picked."""

OTHER = ""
"""Stands for a capability where a model was shown for a query that none of its capabilities match."""

LINKS_DRAWN = 40
"""Most links of a drawn graph."""


class Match(Protocol):
    """A capability that answers a query; `strength` is from 0 to 1, `words` are the reason."""

    @property
    def model(self) -> str: ...
    @property
    def capability(self) -> str | None: ...
    @property
    def strength(self) -> float: ...
    @property
    def words(self) -> Sequence[str]: ...


Matcher = Callable[[str], Iterable[Match] | None]
"""A query -> its best matches, in any order; None for one that was not looked up."""


class ModelEvidence(NamedTuple):
    """What the log says of one model; `expected` is None where it was never shown at a position."""

    times_matched: int
    picked: int
    """Clicked or chosen."""
    expected: float | None
    """Picks that its positions would lead to expect, scaled to how often this log's users pick."""
    episodes: int
    """Episodes the lift rests on: those it was shown in."""
    days: int
    """Days that the evidence covers."""
    picked_when_shown: int = 0
    """Of the picks, those for queries it was shown for: what the lift is made of."""


class Edge(NamedTuple):
    """Why a query counts for a model: the capability, the words, and what became of it."""

    query: str
    model: str
    capability: str
    strength: float
    words: tuple[str, ...]
    matched: int
    shown: int
    expected: float
    picked: int
    days: int


class Need(NamedTuple):
    """One query with its episodes; `strength` is that of its best match, None if not looked up."""

    query: str
    episodes: int
    navigational: int
    days: int
    strength: float | None
    served: bool = False
    """Whether a model is picked for it as often as the log's users pick."""


class MatchGraph(NamedTuple):
    """All edges, and what follows from them. `scale` is None without impressions."""

    needs: tuple[Need, ...]
    """By episodes, most first."""
    edges: tuple[Edge, ...]
    models: Mapping[str, ModelEvidence]
    capabilities: Mapping[tuple[str, str], int]
    """(model, capability) -> times matched; those of a model add up to its own."""
    scale: float | None
    episodes: int
    navigational: int
    days: int
    looked_up: int
    """Episodes whose query was given to the matcher."""

    def of(self, model: str) -> ModelEvidence:
        """Return the evidence on a model; one that was never matched has zeros, not nothing."""
        return self.models.get(model, ModelEvidence(0, 0, None, 0, self.days))

    @property
    def share(self) -> float:
        """Share of the episodes whose query was looked up; 1 where there are none."""
        return self.looked_up / self.episodes if self.episodes else 1.0

    def times_matched(self, model: str, capability: str) -> int:
        """Return how often a capability was the one that matched."""
        return self.capabilities.get((model, capability), 0)


class Unasked(NamedTuple):
    """A capability that no query went to."""

    model: str
    capability: str
    title: str


class Why(NamedTuple):
    """The edges of one model that may be shown, and how much lies in the others."""

    edges: tuple[Edge, ...]
    rare_queries: int
    rare_matched: int


# -- score parts ------------------------------------------------------------------------------------


def lift(picked: int, expected: float) -> float:
    """Return 0-100 for picks against the scaled picks to expect; 50 is just as many.

    >>> round(lift(14, 0.4 * 40), 1), round(lift(8, 0.4 * 14.78), 1)
    (47.5, 54.4)
    """
    ratio = (picked + PRIOR) / (expected + PRIOR)
    return 100 * ratio / (1 + ratio)


def lift_of(evidence: ModelEvidence) -> float | None:
    """Return the lift of a model from 0 to 100, None where it was shown at no position."""
    if evidence.expected is None:
        return None
    return lift(evidence.picked_when_shown, evidence.expected)


def coverage_of(episodes: int) -> float:
    """Return how well a lift is known by the episodes it rests on, from 0 to 1.

    >>> coverage_of(0), coverage_of(30), coverage_of(270)
    (0.0, 0.5, 0.9)
    """
    return episodes / (episodes + FULL_COVERAGE)


# -- making it --------------------------------------------------------------------------------------

_NEEDS = """
WITH shows AS (SELECT query_day, sum(shown) AS shown FROM numbers GROUP BY query_day)
SELECT texts.text, sum(episodes) AS asked, sum(navigational), count(*),
  sum(CASE WHEN ifnull(shows.shown, 0) = 0 THEN episodes - navigational ELSE 0 END),
  sum(CASE WHEN ifnull(shows.shown, 0) = 0 AND navigational < episodes THEN 1 ELSE 0 END)
FROM query_days AS q LEFT JOIN shows ON shows.query_day = q.key
JOIN texts ON texts.id = q.key >> 16
GROUP BY q.key >> 16 ORDER BY asked DESC, texts.text
"""

# A day on which the query was looked up by name alone counts apart. Where the index matches all
# episodes of a day, the log's picks are among them; elsewhere a pick is a match of its own.
_OUTCOMES = """
WITH shows AS (SELECT query_day, sum(shown) AS shown FROM numbers GROUP BY query_day)
SELECT texts.text, names.text, sum(m.shown), sum(m.expected), sum(clicked + chosen),
  sum(CASE WHEN m.expected > 0 THEN clicked + chosen ELSE 0 END),
  sum(CASE WHEN shows.shown > 0 THEN max(m.shown, clicked + chosen) ELSE 0 END),
  sum(CASE WHEN shows.shown > 0 THEN 0 ELSE clicked + chosen END), count(*),
  sum(CASE WHEN shows.shown > 0 THEN 1 ELSE 0 END),
  sum(CASE WHEN m.expected > 0 THEN m.shown ELSE 0 END)
FROM numbers AS m JOIN shows ON shows.query_day = m.query_day
LEFT JOIN query_days AS q ON q.key = m.query_day
JOIN texts ON texts.id = m.query JOIN names ON names.id = m.model
WHERE q.key IS NULL OR q.navigational < q.episodes
GROUP BY m.query, m.model ORDER BY texts.text, names.text
"""


class _Outcome(NamedTuple):
    """One row of `_OUTCOMES`: a model for a query, over all days that count."""

    shown: int
    expected: int
    picked: int
    picked_when_shown: int
    matched_by_log: int
    picked_unshown: int
    days: int
    days_shown: int
    shown_placed: int


def load_graph(
    store: Store,
    models: Collection[str],
    match: Matcher,
    *,
    wanted: Callable[[Edge], bool] = lambda _: True,
) -> MatchGraph:
    """Return the match graph of a store and the models of these ids.

    Each distinct query is matched once; of one that was not looked up the log's own rows count.
    Evidence on models without a card is left out. Only the edges `wanted` are held: a large log has
    millions.
    """
    known = set(models)
    outcomes = _outcomes(store, known)
    needs: list[Need] = []
    edges: list[Edge] = []
    looked_up = 0
    matched: dict[tuple[str, str], int] = {}
    for row in store.rows(_NEEDS):
        query = str(row[0])
        episodes, navigational, days, unshown, unshown_days = (int(str(n)) for n in row[1:])
        best: dict[str, Match] = {}
        strength = None
        if (matches := match(query)) is not None:
            best = _best(matches, known)
            strength = max((found.strength for found in best.values()), default=0.0)
            looked_up += episodes
        served = False
        for edge in _edges(query, best, outcomes.get(query, {}), unshown, unshown_days):
            key = (edge.model, edge.capability)
            matched[key] = matched.get(key, 0) + edge.matched
            served = served or (bool(edge.picked) and edge.picked >= edge.matched / 4)
            if wanted(edge):
                edges.append(edge)
        needs.append(Need(query, episodes, navigational, days, strength, served))
    scale = _scale(outcomes)
    total_days = int(str(store.rows("SELECT count(DISTINCT day) FROM queries")[0][0]))
    return MatchGraph(
        needs=tuple(needs),
        edges=tuple(edges),
        models=_evidence(matched, outcomes, scale, total_days),
        capabilities=dict(sorted(matched.items())),
        scale=scale,
        episodes=sum(need.episodes for need in needs),
        navigational=sum(need.navigational for need in needs),
        days=total_days,
        looked_up=looked_up,
    )


def load_evidence(
    path: Path | None, models: Collection[str], prepare: Callable[[Store], Matcher]
) -> tuple[MatchGraph | None, str | None]:
    """Return the sums of a store's graph, or None with the reason when there is one; never fails for it.

    A missing store is no evidence and needs no reason. `prepare` makes the matcher of an open store.
    """
    if path is None:
        return None, None
    try:
        with reading_store(path) as store:
            if store is None:
                return None, None
            return load_graph(store, models, prepare(store), wanted=lambda _: False), None
    except EvidenceError as error:
        return None, f"{error.message}; there is no evidence from searches"


def _outcomes(store: Store, known: set[str]) -> dict[str, dict[str, _Outcome]]:
    found: dict[str, dict[str, _Outcome]] = {}
    for query, model, *numbers in store.rows(_OUTCOMES):
        if str(model) in known:
            counts = _Outcome(*(int(str(number)) for number in numbers))
            found.setdefault(str(query), {})[str(model)] = counts
    return found


def _best(matches: Iterable[Match], known: set[str]) -> dict[str, Match]:
    """Return each model's best match, so that an episode goes to one capability of it."""
    best: dict[str, Match] = {}
    for found in matches:
        held = best.get(found.model)
        if found.model in known and (held is None or _order(found) < _order(held)):
            best[found.model] = found
    return best


def _order(match: Match) -> tuple[float, str]:
    return -match.strength, match.capability or OTHER


def _edges(
    query: str,
    best: Mapping[str, Match],
    outcomes: Mapping[str, _Outcome],
    unshown: int,
    unshown_days: int,
) -> list[Edge]:
    """Return one edge for each model that the query was matched with."""
    edges = []
    for model in sorted({*best, *outcomes}):
        found, outcome = best.get(model), outcomes.get(model, _Outcome(*(0,) * 9))
        # On days whose log shows nothing, the index decides; a pick alone is a match as well.
        indexed = max(unshown, outcome.picked_unshown) if found else outcome.picked_unshown
        matched = outcome.matched_by_log + indexed
        if not matched:
            continue
        edges.append(
            Edge(
                query=query,
                model=model,
                capability=(found.capability or OTHER) if found else OTHER,
                strength=found.strength if found else 0.0,
                words=tuple(found.words) if found else (),
                matched=matched,
                shown=outcome.shown,
                expected=outcome.expected / EXPECTED_UNIT,
                picked=outcome.picked,
                days=outcome.days_shown + unshown_days if found else outcome.days,
            )
        )
    return edges


def _scale(outcomes: Mapping[str, Mapping[str, _Outcome]]) -> float | None:
    """Return overall picks by overall expected picks, or None where nothing has a position."""
    rows = [outcome for models in outcomes.values() for outcome in models.values()]
    expected = sum(outcome.expected for outcome in rows)
    picked = sum(outcome.picked_when_shown for outcome in rows)
    return picked * EXPECTED_UNIT / expected if expected else None


def _evidence(
    by_capability: Mapping[tuple[str, str], int],
    outcomes: Mapping[str, Mapping[str, _Outcome]],
    scale: float | None,
    days: int,
) -> dict[str, ModelEvidence]:
    matched: dict[str, int] = {}
    for (model, _), count in by_capability.items():
        matched[model] = matched.get(model, 0) + count
    sums: dict[str, list[int]] = {}
    for models in outcomes.values():
        for model, outcome in models.items():
            held = sums.setdefault(model, [0] * 9)
            sums[model] = [a + b for a, b in zip(held, outcome, strict=True)]
    found = {}
    for model in sorted({*matched, *sums}):
        total = _Outcome(*sums.get(model, [0] * 9))
        expected = scale * total.expected / EXPECTED_UNIT if scale is not None else 0.0
        found[model] = ModelEvidence(
            times_matched=matched.get(model, 0),
            picked=total.picked,
            expected=expected if total.expected else None,
            episodes=total.shown_placed,
            days=days,
            picked_when_shown=total.picked_when_shown,
        )
    return found


# -- worth reporting --------------------------------------------------------------------------------


def may_be_shown(need: Need, min_count: int = MIN_COUNT) -> bool:
    """Return whether a query was seen often enough, on enough days, to be shown."""
    return need.episodes >= max(2, min_count) and need.days >= MIN_DAYS


def unmet_needs(graph: MatchGraph) -> list[Need]:
    """Return the queries that nothing serves well, most frequent first.

    A query counts as served too where a model is picked for it as often as the log's users pick.
    """
    return [
        need
        for need in graph.needs
        if need.strength is not None
        and need.strength < WELL
        and need.navigational < need.episodes
        and not need.served
    ]


def never_picked(graph: MatchGraph) -> list[tuple[str, ModelEvidence]]:
    """Return the models that were shown often and picked never, the most shown first."""
    found = [
        (model, evidence)
        for model, evidence in graph.models.items()
        if evidence.episodes >= SHOWN_ENOUGH and not evidence.picked
    ]
    return sorted(found, key=lambda pair: (-pair[1].episodes, pair[0]))


def unasked(graph: MatchGraph, cards: Iterable[ModelCard]) -> list[Unasked]:
    """Return the capabilities that no query went to, of models that were matched at all."""
    return [
        Unasked(card.id, capability.id, capability.title)
        for card in cards
        if card.id in graph.models
        for capability in card.capabilities
        if (card.id, capability.id) not in graph.capabilities
    ]


def why(graph: MatchGraph, model: str, query: str | None = None, min_count: int = MIN_COUNT) -> Why:
    """Return the edges of one model, of one normalised query if given, strongest first."""
    shown = {need.query for need in graph.needs if may_be_shown(need, min_count)}
    edges = [e for e in graph.edges if e.model == model and query in (None, e.query)]
    kept = [edge for edge in edges if edge.query in shown]
    kept.sort(key=lambda edge: (-edge.matched, -edge.picked, edge.query))
    rare = [edge for edge in edges if edge.query not in shown]
    return Why(tuple(kept), len(rare), sum(edge.matched for edge in rare))


def with_words(edges: Iterable[Edge], match: Matcher) -> list[Edge]:
    """Return the edges with the words that matched, which are looked up for those shown alone."""
    found = []
    for edge in edges:
        words = edge.words
        if not words and edge.capability != OTHER:
            matches = match(edge.query) or ()
            words = next((tuple(m.words) for m in matches if m.model == edge.model), ())
        found.append(edge._replace(words=words))
    return found


def strongest_edges(
    graph: MatchGraph, min_count: int = MIN_COUNT, most: int = LINKS_DRAWN
) -> tuple[list[Edge], int]:
    """Return the edges to draw, the most matched first, and how many are left out of those shown."""
    shown = {need.query for need in graph.needs if may_be_shown(need, min_count)}
    edges = [edge for edge in graph.edges if edge.query in shown]
    edges.sort(key=lambda edge: (-edge.matched, -edge.picked, edge.query, edge.model))
    return edges[:most], max(0, len(edges) - most)


# -- kept for the next run --------------------------------------------------------------------------


def pack_scores(graph: MatchGraph) -> str:
    """Return what scores need of a graph as JSON text: all but queries and edges."""
    return json.dumps(
        {
            "models": {model: list(found) for model, found in graph.models.items()},
            "capabilities": [[*key, count] for key, count in graph.capabilities.items()],
            "scale": graph.scale,
            "episodes": graph.episodes,
            "navigational": graph.navigational,
            "days": graph.days,
            "looked_up": graph.looked_up,
        }
    )


def unpack_scores(text: str) -> MatchGraph:
    """Return the graph of `pack_scores`, without queries and edges; raises ValueError for other text."""
    try:
        plain = json.loads(text)
        return MatchGraph(
            needs=(),
            edges=(),
            models={model: ModelEvidence(*found) for model, found in plain["models"].items()},
            capabilities={(model, name): n for model, name, n in plain["capabilities"]},
            scale=plain["scale"],
            episodes=plain["episodes"],
            navigational=plain["navigational"],
            days=plain["days"],
            looked_up=plain["looked_up"],
        )
    except (TypeError, LookupError, AttributeError) as error:
        raise ValueError("no scores of a match graph") from error
