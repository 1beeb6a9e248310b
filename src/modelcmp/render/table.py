"""Tables for people at a terminal, drawn by Rich. The text alone carries the meaning."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelcmp.catalogue.card import Capability, ModelCard
from modelcmp.catalogue.registry import Registry
from modelcmp.comparison.compare import (
    Cell,
    Comparison,
    Overlap,
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
    short_price_text,
)
from modelcmp.comparison.verdict import CALLS
from modelcmp.comparison.wording import join_words
from modelcmp.render import FIRST_CAPABILITIES, Look
from modelcmp.render.charts import text_bar
from modelcmp.render.clean import no_command, visible
from modelcmp.scoring.quality import result_text
from modelcmp.scoring.rank import Method, RankedModel, percent
from modelcmp.scoring.values import State

if TYPE_CHECKING:
    from modelcmp.comparison.explain import Facts
    from modelcmp.comparison.hits import Hits
    from modelcmp.comparison.listing import Listing
    from modelcmp.comparison.tables import Report, Section

BAR_CELLS = 8
VERDICT_INDENT = 9
_ASCII = str.maketrans({"—": "-", "→": ">", "…": "...", "·": ".", "–": "-"})


def render_comparison(comparison: Comparison, *, look: Look) -> str:
    """Return the comparison in columns; the first eight capabilities of each model unless full."""
    names = [model.card.name for model in comparison.models]
    parts: list[Part] = [
        _line("  vs  ".join(names), "bold"),
        _line(f"profile {comparison.method.profile.id}, as of {comparison.method.as_of}", "dim"),
        _line(),
        _grid(comparison, names, look),
        _line(),
    ]
    for model in comparison.models:
        parts += _capabilities(model.card, comparison, look)
    parts += [*_overlap(comparison), _line(), *_changes(comparison), *_verdict(comparison)]
    return _draw(parts, look)


def render_model(model: RankedModel, *, look: Look, method: Method) -> str:
    """Return one card: facts, the breakdown of its rank, results, capabilities and limits."""
    card = model.card
    parts: list[Part] = [
        Paragraph(
            Text.assemble(
                (visible(card.name), "bold"), f"  {rank_text(model)}, {coverage_text(model)}"
            )
        ),
        _line(card.summary),
        _line(f"profile {method.profile.id}, as of {method.as_of}", "dim"),
        _line(),
        _card_facts(card, method.circumstances.registry),
        _line(),
        _breakdown(model),
    ]
    if card.benchmarks:
        parts += [_line(), _line("Results", "bold"), _results(card)]
    parts += [_line(), _line("Capabilities", "bold")]
    shown = card.capabilities if look.full else card.capabilities[:FIRST_CAPABILITIES]
    for capability in shown:
        note = capability_note(capability, card.id, evidence=method.circumstances.evidence)
        parts += _capability(capability, note)
    parts += _rest(len(card.capabilities) - len(shown))
    for title, texts in (
        ("Limitations", [item.text for item in card.limitations]),
        ("Best for", list(card.best_for)),
    ):
        if texts:
            parts += [
                _line(),
                _line(title, "bold"),
                *(_line(f"- {text}", indent=2) for text in texts),
            ]
    return _draw(parts, look)


def render_listing(listing: Listing, *, look: Look) -> str:
    """Return one line per model, with as many columns as the width has room for."""
    grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    grid.add_column("#", justify="right", no_wrap=True)
    grid.add_column("Model", no_wrap=look.width >= 60, overflow="fold", min_width=14)
    grid.add_column("Rank", no_wrap=True)
    grid.add_column("Known", justify="right", no_wrap=True)
    grid.add_column("Task", overflow="fold", min_width=12)
    grid.add_column("Price", overflow="fold", min_width=12)
    wide = look.width >= 110
    matched = listing.method.circumstances.evidence is not None
    task_names = listing.method.circumstances.registry.task_names
    if matched:
        grid.add_column("Matched", justify="right", no_wrap=True)
    if wide:
        grid.add_column("Licence", overflow="fold")
        grid.add_column("Context", justify="right", no_wrap=True)
    for model in listing.models:
        card = model.card
        bar = text_bar(model.rank.value, 5, ascii_only=look.ascii_only)
        cells = [
            str(listing.places[card.id]),
            card.id,
            f"{bar} {rank_text(model)}",
            percent(model.rank.coverage),
            task_names(card.tasks),
            short_price_text(card) or "— unknown",
        ]
        if matched:
            cells.append(times_text(model))
        if wide:
            cells += [licence_text(card) or "— unknown", context_text(card) or "—"]
        grid.add_row(*(Text(visible(cell)) for cell in cells))
    method = listing.method
    foot = _line(f"profile {method.profile.id}, as of {method.as_of}", "dim")
    return _draw([grid if listing.models else _line("No model meets these filters."), foot], look)


def render_report(report: Report, *, look: Look) -> str:
    """Return one heading and table per section."""
    parts: list[Part] = [_line(report.title, "bold"), _line(report.text)]
    for section in report.sections:
        parts += [_line(), _line(section.title, "bold")]
        parts += [_line(section.text)] if section.text else []
        parts += [_section(section)] if section.rows else []
    return _draw(parts, look)


def _section(section: Section) -> Table:
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for number, column in enumerate(section.columns):
        right = number in section.right
        grid.add_column(
            Text(column), justify="right" if right else "left", no_wrap=right, overflow="fold"
        )
    for row in section.rows:
        grid.add_row(*(Text(visible(cell)) for cell in row))
    return grid


def render_facts(facts: Facts, *, look: Look) -> str:
    """Return an explanation or the configuration."""
    grid = Table(
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        header_style="dim",
        show_header=any(facts.columns),
    )
    for column in facts.columns:
        grid.add_column(Text(column), overflow="fold")
    for row in facts.rows:
        grid.add_row(*(Text(visible(cell)) for cell in row))
    title = Text.assemble((visible(facts.title), "bold"), f"  {facts.kind}")
    text = [_line(facts.text)] if facts.text else []
    return _draw([Paragraph(title), *text, _line(), grid], look)


class Paragraph(NamedTuple):
    """Running text, wrapped to what is left of the width after `indent` blanks.

    A label stands in the blanks of the first line.
    """

    text: Text
    indent: int = 0
    label: str = ""

    def lines(self, console: Console, width: int) -> list[Text]:
        """Return the wrapped lines."""
        wrapped = self.text.wrap(console, max(10, width - self.indent))
        if not self.indent:
            return list(wrapped)
        first = Text(self.label.ljust(self.indent), "bold" if self.label else "")
        blank = Text(" " * self.indent)
        return [(blank if n else first).copy().append_text(t) for n, t in enumerate(wrapped)]


Part = Paragraph | Table


def _line(text: str = "", style: str = "", indent: int = 0) -> Paragraph:
    return Paragraph(Text(visible(text), style), indent)


def _draw(parts: Iterable[Part], look: Look) -> str:
    """Return what Rich draws, without trailing blanks; the one place that makes a console.

    Paragraphs are wrapped first and printed a run at a time: a padding around each costs Rich half
    of the drawing.
    """
    stream = StringIO()
    console = Console(
        file=stream,
        width=look.width,
        height=10_000,
        force_terminal=look.colour,
        color_system="standard" if look.colour else None,
        no_color=not look.colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    wrapped: list[Text] = []
    for part in parts:
        if isinstance(part, Paragraph):
            wrapped += part.lines(console, look.width)
        else:
            _print_lines(console, wrapped)
            console.print(part)
    _print_lines(console, wrapped)
    text = stream.getvalue()
    drawn = (text.translate(_ASCII) if look.ascii_only else text).split("\n")
    return "\n".join(no_command(line.rstrip()) for line in drawn).rstrip("\n") + "\n"


def _print_lines(console: Console, lines: list[Text]) -> None:
    if lines:
        console.print(Text("\n").join(lines), soft_wrap=True)
        lines.clear()


def _grid(comparison: Comparison, names: list[str], look: Look) -> Table:
    # Widths are set, not left to Rich, which would measure every cell twice.
    label = max(len(row.label) for row in comparison.rows)
    each = max(10, (look.width - label) // len(names) - 2)
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    grid.add_column("", no_wrap=True, style="bold", width=label)
    for name in names:
        grid.add_column(Text(visible(name)), width=each, overflow="fold")
    # Bars are the first thing to go where there is no room for them.
    bars = look.width >= 30 * (len(names) + 1) - 15
    for row in comparison.rows:
        grid.add_row(row.label, *(_cell(cell, look, bars=bars) for cell in row.cells))
    return grid


def _cell(cell: Cell, look: Look, *, bars: bool) -> Text:
    text = Text()
    if bars and cell.bar is not None:
        text.append(text_bar(cell.bar, BAR_CELLS, ascii_only=look.ascii_only) + " ", "blue")
    text.append(visible(cell.text), "dim" if cell.text.startswith("—") else "")
    if cell.leads:
        text.append(" leads", "bold blue")
    return text


def _capabilities(card: ModelCard, comparison: Comparison, look: Look) -> list[Part]:
    shown = card.capabilities if look.full else card.capabilities[:FIRST_CAPABILITIES]
    title = Text.assemble((visible(card.name), "bold"), f": {count_text(card)}")
    overlap = comparison.overlap
    evidence = comparison.method.circumstances.evidence
    parts: list[Part] = [Paragraph(title)]
    for capability in shown:
        note = capability_note(capability, card.id, overlap, evidence)
        parts += _capability(capability, note)
    return [*parts, *_rest(len(card.capabilities) - len(shown)), _line()]


def _rest(count: int) -> list[Part]:
    return [_line(f"+{count} more (--full shows all)", "dim", 2)] if count > 0 else []


def _capability(capability: Capability, note: str) -> list[Part]:
    """Return the lines of a capability, indented."""
    title = Text.assemble((visible(capability.title), "bold"), (f"  [{note}]", "dim"))
    lines: list[Part] = [
        Paragraph(title, 2),
        _line(capability.description, indent=4),
    ]
    if capability.unique:
        lines.append(_labelled("Unique", capability.unique))
    for alternative in capability.alternatives:
        model = f"{alternative.model}: " if alternative.model else ""
        lines.append(_labelled("Versus", f"{model}{alternative.text}"))
    return lines


def _labelled(label: str, text: str) -> Paragraph:
    return Paragraph(Text.assemble((f"{label} ", "blue"), visible(text)), 4)


def _overlap(comparison: Comparison) -> list[Part]:
    overlap: Overlap = comparison.overlap

    def told(who: str, tags: Iterable[str]) -> Paragraph:
        titles = ", ".join(overlap.titles[tag] for tag in tags) or "nothing"
        return Paragraph(Text.assemble((f"{visible(who)}: ", "bold"), visible(titles)), 2)

    everybody = "Both" if len(comparison.models) == 2 else "All"
    parts: list[Part] = [
        _line("Capability by capability", "bold"),
        told(f"{everybody} have", overlap.shared),
    ]
    only = [
        told(f"Stated of {m.card.name} alone", overlap.only[m.card.id]) for m in comparison.models
    ]
    return [*parts, *only]


def _changes(comparison: Comparison) -> list[Part]:
    changes = comparison.changes
    if changes is None:
        return []
    from modelcmp.comparison.since import COLUMNS, change_rows, tell_changes

    told = [_line(text, indent=2) for text in tell_changes(changes)]
    rows = change_rows(changes)
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in COLUMNS[1:4]:
        grid.add_column(column, overflow="fold", ratio=1)
    grid.add_column(COLUMNS[4], justify="right", no_wrap=True)
    shown = ""
    for row in rows:
        if row.model != shown:
            grid.add_row(Text(visible(row.model), "bold"))
        shown = row.model
        now = Text(visible(row.now))
        if row.why:
            now.append(f"\n{visible(row.why)}", "dim")
        grid.add_row(Text(f"  {visible(row.what)}"), Text(visible(row.was)), now, row.points)
    parts: list[Part] = [_line(f"Since the baseline of {changes.as_of_was}", "bold"), *told]
    if rows:
        parts += [_line(), grid]
    return [*parts, _line()]


def _verdict(comparison: Comparison) -> list[Part]:
    call = CALLS[comparison.verdict.call]
    sentence = Text.assemble((f"{call.title}. ", "bold"), visible(comparison.sentence))
    first = comparison.models[0].card.id
    steps = [f"modelcmp show {first}", f"modelcmp explain {call.id}", "--full", "--format json"]
    return [
        Paragraph(sentence, VERDICT_INDENT, "Verdict"),
        *(
            Paragraph(Text(visible(caveat.text)), VERDICT_INDENT, "Caution")
            for caveat in comparison.caveats
        ),
        Paragraph(Text(", ".join(steps)), VERDICT_INDENT, "Next"),
    ]


def _card_facts(card: ModelCard, registry: Registry) -> Table:
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for label, text in card_rows(card, registry):
        grid.add_row(label, Text(visible(text)))
    return grid


def _breakdown(model: RankedModel) -> Table:
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    grid.add_column("Signal", overflow="fold", min_width=16)
    grid.add_column("Value", overflow="fold", ratio=1)
    grid.add_column("Score", justify="right", no_wrap=True)
    grid.add_column("Points", justify="right", no_wrap=True)
    for dimension in model.dimensions:
        title = Text(dimension.title, "bold")
        points = Text(f"{dimension.points:.1f}", "bold")
        grid.add_row(title, Text(dimension_text(dimension)), "", points)
        for c in dimension.contributions:
            value = c.value
            if value.state is State.KNOWN:
                text = Text(visible(value.text))
                sources = [f"{e.source}, {_day(e.day, e.undated)}" for e in value.evidence]
                told = join_words(list(dict.fromkeys(sources)))
                if told:
                    text.append(f"\n{visible(told)}", "dim")
                score = f"{value.score:.1f}"
            else:
                text, score = Text(visible(missing_text(value)), "dim"), ""
            grid.add_row(Text(f"  {visible(value.title)}"), text, score, f"{c.points:.1f}")
    grid.add_row(Text("Rank", "bold"), "", "", Text(f"{model.rank.value:.1f}", "bold"))
    return grid


def _day(day: str, undated: bool) -> str:
    return f"read {day}" if undated else f"as of {day}"


def _results(card: ModelCard) -> Table:
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for _ in range(3):
        grid.add_column(overflow="fold")
    for result in card.benchmarks:
        source = card.sources[result.source].title
        day = _day(result.as_of or result.read_on or "", result.as_of is None)
        cells = (f"  {result.name}", result_text(result), f"{result.tier}: {source}, {day}")
        grid.add_row(*(Text(visible(cell)) for cell in cells))
    return grid


def render_hits(hits: Hits, *, look: Look) -> str:
    """Return what was understood, then one line per model with its fit and the reason for it."""
    from modelcmp.comparison.hits import head_text, reason_text
    from modelcmp.scoring.rank import whole

    grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    grid.add_column("#", justify="right", no_wrap=True)
    grid.add_column("Model", no_wrap=look.width >= 60, overflow="fold", min_width=14)
    grid.add_column("Fit", no_wrap=True)
    grid.add_column("Matched", overflow="fold", min_width=16, ratio=1)
    grid.add_column("Rank", justify="right", no_wrap=True)
    grid.add_column("Price", overflow="fold", min_width=12)
    for place, hit in enumerate(hits.models, start=1):
        bar = text_bar(hit.fit, 5, ascii_only=look.ascii_only)
        cells = (
            str(place),
            hit.ranked.card.id,
            f"{bar} {whole(hit.fit)}",
            reason_text(hit),
            rank_text(hit.ranked),
            short_price_text(hit.ranked.card) or "— unknown",
        )
        grid.add_row(*(Text(visible(cell)) for cell in cells))
    method = hits.method
    parts: list[Part] = [
        Paragraph(Text.assemble(("Understood ", "blue"), visible(text))) for text in hits.understood
    ]
    if text := head_text(hits):
        parts.append(_line(text))
    if hits.models:
        parts.append(grid)
    return _draw([*parts, _line(f"profile {method.profile.id}, as of {method.as_of}", "dim")], look)
