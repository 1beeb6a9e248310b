"""Markdown that GitHub shows as it was meant: tables, details elements, footnotes, no raw data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from modelcmp.catalogue.card import Capability, ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.compare import (
    Comparison,
    capability_note,
    count_text,
    coverage_text,
    dimension_text,
    missing_text,
    rank_text,
    times_text,
)
from modelcmp.comparison.facts import (
    card_rows,
    context_text,
    licence_text,
    price_text,
)
from modelcmp.comparison.telling import day_text, method_text, overlap_rows, sources_of
from modelcmp.comparison.verdict import CALLS
from modelcmp.render import Look
from modelcmp.render.clean import link, markdown
from modelcmp.scoring.quality import result_text
from modelcmp.scoring.rank import Method, RankedModel, percent
from modelcmp.scoring.signals import DIMENSIONS
from modelcmp.scoring.values import Evidence, State

if TYPE_CHECKING:
    from modelcmp.comparison.explain import Facts
    from modelcmp.comparison.hits import Hits
    from modelcmp.comparison.listing import Listing
    from modelcmp.comparison.tables import Report, Section
    from modelcmp.render.pictures import Image

_DIMENSIONS = {dimension.title: dimension.id for dimension in DIMENSIONS}


def render_comparison(comparison: Comparison, *, look: Look, image: Image | None = None) -> str:
    """Return a whole document: table, verdict, caveats, capabilities, sources, method line."""
    names = [model.card.name for model in comparison.models]
    notes = {model.card.id: Footnotes(model) for model in comparison.models}
    parts = [
        f"# {' vs '.join(markdown(name) for name in names)}",
        str(image or ""),
        _comparison_table(comparison, names, notes),
        _verdict(comparison),
        *_changes(comparison),
        "## Capabilities",
        _overlap(comparison),
        *(_capability_details(model.card, comparison) for model in comparison.models),
        "## Sources",
        "\n".join(line for note in notes.values() for line in note.definitions()),
        _method_line(comparison.method),
    ]
    return _document(parts)


def render_model(
    model: RankedModel, *, look: Look, method: Method, image: Image | None = None
) -> str:
    """Return one card: facts, the breakdown of its rank, results, capabilities and limits."""
    card = model.card
    notes = Footnotes(model)
    parts = [
        f"# {markdown(card.name)}",
        markdown(card.summary),
        f"**{rank_text(model)}**, {coverage_text(model)}.",
        str(image or ""),
        _card_facts(card, method.circumstances.registry),
        "## Rank",
        _breakdown(model, notes),
        *_results(card),
        "## Capabilities",
        "\n".join(
            _capability(c, capability_note(c, card.id, evidence=method.circumstances.evidence))
            for c in card.capabilities
        ),
        *_bullets("Limitations", [item.text for item in card.limitations]),
        *_bullets("Best for", card.best_for),
        "## Sources",
        "\n".join(notes.definitions()),
        _method_line(method),
    ]
    return _document(parts)


def render_listing(listing: Listing, *, look: Look) -> str:
    """Return one table line per model."""
    head = ["Place", "Model", "Rank", "Known", "Task", "Price", "Licence", "Context", "Matched"]
    rows = [
        [
            str(listing.places[m.card.id]),
            f"{markdown(m.card.name)} ({m.card.id})",
            rank_text(m),
            percent(m.rank.coverage),
            ", ".join(m.card.tasks),
            markdown(price_text(m.card) or "— unknown"),
            markdown(licence_text(m.card) or "— unknown"),
            markdown(context_text(m.card) or "—"),
            times_text(m),
        ]
        for m in listing.models
    ]
    return _document([table(head, rows, right={0, 2, 3}), _method_line(listing.method)])


def render_facts(facts: Facts, *, look: Look) -> str:
    """Return an explanation or the configuration as a table."""
    rows = [[markdown(cell) for cell in row] for row in facts.rows]
    head = [markdown(column) for column in facts.columns]
    return _document(
        [f"# {markdown(facts.title)}", markdown(facts.text), table(head, rows) if rows else ""]
    )


def render_report(report: Report, *, look: Look) -> str:
    """Return one heading and table per section; a long table is folded away."""
    parts = [f"# {markdown(report.title)}", markdown(report.text)]
    for section in report.sections:
        parts += [f"## {markdown(section.title)}", markdown(section.text), _folded(section)]
    return _document(parts)


FOLD_ROWS = 30
"""Rows from which a table of a report stands inside a details element."""


def _folded(section: Section) -> str:
    rows = [[markdown(cell) for cell in row] for row in section.rows]
    if not rows:
        return ""
    text = table([markdown(column) for column in section.columns], rows, right=section.right)
    if len(rows) < FOLD_ROWS:
        return text
    return f"<details>\n<summary>{len(rows)} rows</summary>\n\n{text}\n\n</details>"


class Footnotes:
    """The sources of one model, numbered in the order its scores name them.

    Labels carry the model's id, so that several comparisons can stand in one document.
    """

    def __init__(self, model: RankedModel) -> None:
        self._model = model
        self._numbers = {e: n for n, e in enumerate(sources_of(model), start=1)}

    def marks(self, evidence: Iterable[Evidence]) -> str:
        """Return the marks for some evidence."""
        numbers = sorted({self._numbers[e] for e in evidence})
        return "".join(f"[^{self._model.card.id}-{number}]" for number in numbers)

    def of_dimension(self, name: str) -> str:
        """Return the marks for everything a dimension rests on."""
        parts = self._model.dimension(name).contributions
        return self.marks(e for c in parts for e in c.value.evidence)

    def definitions(self) -> Iterator[str]:
        """Yield the footnotes themselves."""
        for evidence, number in self._numbers.items():
            text = f"{link(evidence.source, evidence.url)}, {day_text(evidence)}"
            yield f"[^{self._model.card.id}-{number}]: {text}"


def _comparison_table(comparison: Comparison, names: list[str], notes: dict[str, Footnotes]) -> str:
    rows = []
    for row in comparison.rows:
        cells = []
        for model, cell in zip(comparison.models, row.cells, strict=True):
            text = markdown(cell.text) + (" (leads)" if cell.leads else "")
            if row.label in _DIMENSIONS:
                text += " " + notes[model.card.id].of_dimension(_DIMENSIONS[row.label])
            cells.append(text.strip())
        rows.append([row.label, *cells])
    return table(["", *(markdown(name) for name in names)], rows)


def _verdict(comparison: Comparison) -> str:
    call = CALLS[comparison.verdict.call]
    lines = [f"## Verdict: {call.title.lower()}", "", markdown(comparison.sentence)]
    if comparison.caveats:
        lines += ["", *(f"- {markdown(caveat.text)}" for caveat in comparison.caveats)]
    return "\n".join(lines)


def _changes(comparison: Comparison) -> list[str]:
    if comparison.changes is None:
        return []
    from modelcmp.comparison.since import COLUMNS, change_rows, tell_changes

    told = "\n".join(f"- {markdown(text)}" for text in tell_changes(comparison.changes))
    rows = [[markdown(cell) for cell in row] for row in change_rows(comparison.changes)]
    title = f"## Since the baseline of {markdown(comparison.changes.as_of_was)}"
    return [title, told, *([table(list(COLUMNS), rows, right={4})] if rows else [])]


def _overlap(comparison: Comparison) -> str:
    rows = [[markdown(who), markdown(what)] for who, what in overlap_rows(comparison)]
    return table(["Who has it", "Capability tags"], rows)


def _capability_details(card: ModelCard, comparison: Comparison) -> str:
    evidence = comparison.method.circumstances.evidence
    lines = [
        _capability(c, capability_note(c, card.id, comparison.overlap, evidence))
        for c in card.capabilities
    ]
    return "\n".join(
        [
            "<details>",
            f"<summary>{_html(card.name)}: {count_text(card)}</summary>",
            "",
            *(lines or ["No capability is described."]),
            "",
            "</details>",
        ]
    )


def _html(text: str) -> str:
    """Return text for inside a summary element, where Markdown is read as well."""
    return markdown(text).replace("\\<", "&lt;").replace("\\>", "&gt;")


def _capability(capability: Capability, note: str) -> str:
    text = f"- **{markdown(capability.title)}** ({note}). {markdown(capability.description)}"
    if capability.unique:
        text += f" *Unique:* {markdown(capability.unique)}"
    if capability.alternatives:
        told = [
            (f"{alternative.model}: " if alternative.model else "") + markdown(alternative.text)
            for alternative in capability.alternatives
        ]
        text += f" *Versus alternatives:* {' '.join(told)}"
    return text


def _card_facts(card: ModelCard, registry: Registry) -> str:
    rows = [[label, markdown(text)] for label, text in card_rows(card, registry)]
    return table(["", ""], rows)


def _breakdown(model: RankedModel, notes: Footnotes) -> str:
    rows = []
    for dimension in model.dimensions:
        text = dimension_text(dimension)
        rows.append([f"**{dimension.title}**", text, "", f"**{dimension.points:.1f}**"])
        for c in dimension.contributions:
            value = c.value
            if value.state is State.KNOWN:
                told, score = (
                    f"{markdown(value.text)} {notes.marks(value.evidence)}",
                    f"{value.score:.1f}",
                )
            else:
                told, score = markdown(missing_text(value)), ""
            rows.append([markdown(value.title), told, score, f"{c.points:.1f}"])
    rows.append(["**Rank**", "", "", f"**{model.rank.value:.1f}**"])
    return table(["Signal", "Value", "Score", "Points"], rows, right={2, 3})


def _results(card: ModelCard) -> list[str]:
    if not card.benchmarks:
        return []
    rows = [
        [
            markdown(result.name),
            markdown(result_text(result)),
            result.tier,
            link(card.sources[result.source].title, card.sources[result.source].url),
            result.as_of or f"read {result.read_on}",
        ]
        for result in card.benchmarks
    ]
    return ["## Results", table(["Benchmark", "Result", "Measured by", "Source", "Day"], rows)]


def _bullets(title: str, texts: Iterable[str]) -> list[str]:
    lines = [f"- {markdown(text)}" for text in texts]
    return [f"## {title}", "\n".join(lines)] if lines else []


def table(
    head: list[str], rows: Iterable[list[str]], right: frozenset[int] | set[int] = frozenset()
) -> str:
    """Return a Markdown table; the columns in `right` hold numbers and stand right-aligned."""
    rules = ["---:" if number in right else "---" for number in range(len(head))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rules, *rows))


def _method_line(method: Method) -> str:
    return markdown(method_text(method))


def _document(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def render_hits(hits: Hits, *, look: Look) -> str:
    """Return what was understood, then one table line per model with its fit and the reason."""
    from modelcmp.comparison.hits import head_text, reason_text

    head = ["Place", "Model", "Fit", "Matched", "Rank", "Price"]
    rows = [
        [
            str(place),
            f"{markdown(hit.ranked.card.name)} ({hit.ranked.card.id})",
            f"{hit.fit:.1f}",
            markdown(reason_text(hit)),
            rank_text(hit.ranked),
            markdown(price_text(hit.ranked.card) or "— unknown"),
        ]
        for place, hit in enumerate(hits.models, start=1)
    ]
    return _document(
        [
            f"# Search: {markdown(hits.query)}",
            "\n".join(f"- Understood: {markdown(text)}" for text in hits.understood),
            head_text(hits),
            table(head, rows, right={0, 2, 4}) if rows else "",
            _method_line(hits.method),
        ]
    )
