"""HTML: one page that carries all it needs, or a page of a site that shares its style sheet.

No page needs a script or loads anything from elsewhere. Every text passes `clean.visible` on its way
into a template, which then escapes it; a template that names what it was not given is an error.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelcmp.catalogue.card import Capability, ModelCard
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
from modelcmp.comparison.facts import UNKNOWN, card_rows, licence_text, price_text, window_text
from modelcmp.comparison.plot import READING, plot_scores
from modelcmp.comparison.telling import (
    Told,
    day_text,
    method_text,
    overlap_rows,
    sources_of,
    tell_capability,
)
from modelcmp.comparison.verdict import CALLS
from modelcmp.errors import UsageError
from modelcmp.render import Look
from modelcmp.render.charts import legend_shape, picture_style, plot_element, spark
from modelcmp.render.clean import address, visible
from modelcmp.scoring.quality import result_text
from modelcmp.scoring.rank import Method, RankedModel, percent, whole
from modelcmp.scoring.signals import DIMENSIONS
from modelcmp.scoring.values import Evidence

if TYPE_CHECKING:
    import jinja2

    from modelcmp.comparison.explain import Facts
    from modelcmp.comparison.hits import Hits
    from modelcmp.comparison.listing import Listing

HERE = Path(__file__).resolve().parent

COLUMNS = ("Name", "Value", "Remark")
"""Heads of a table of facts that names none itself."""

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Ccircle cx='10' cy='10' r='8' fill='%230072b2'/%3E"
    "%3Crect x='15' y='15' width='14' height='14' fill='%23d55e00'/%3E%3C/svg%3E"
)
"""The sign of a page: the marks of two models. Without one, a browser asks the server for one."""

_DIMENSIONS = {dimension.title: dimension.id for dimension in DIMENSIONS}


class Place(NamedTuple):
    """Where a page stands: alone in its file, or in a site."""

    policy: str
    """Content security policy."""
    alone: bool = True
    style: str = ""
    """Style sheet of a page that stands alone."""
    title: str = ""
    """Name of the site."""
    root: str = ""
    """Way from the page to the root of the site: empty or ../"""
    json: str = ""
    """The page's own data, as a relative address."""
    models: frozenset[str] = frozenset()
    """Models that have a page in the site."""

    def model(self, name: str) -> str | None:
        """Return the relative address of a model's page, or None where it has none."""
        return f"{self.root}models/{name}.html" if name in self.models else None


def render_comparison(comparison: Comparison, *, look: Look, place: Place | None = None) -> str:
    """Return the whole comparison: verdict first, then tables, pictures, capabilities, sources."""
    method = comparison.method
    evidence = method.circumstances.evidence

    def note(capability: Capability, model: str) -> str:
        return capability_note(capability, model, comparison.overlap, evidence)

    return _page(
        "comparison",
        place,
        method,
        comparison=comparison,
        names=[model.card.name for model in comparison.models],
        call=CALLS[comparison.verdict.call],
        plot=plot_scores(comparison.models, method),
        overlap=overlap_rows(comparison),
        numbers={model.card.id: _numbered(model) for model in comparison.models},
        behind=_behind,
        note=note,
        since=_since(comparison),
    )


def _since(comparison: Comparison) -> dict[str, Any] | None:
    """Return what the page says of an earlier comparison, if this one is held against one."""
    if comparison.changes is None:
        return None
    from modelcmp.comparison.since import COLUMNS, change_rows, tell_changes

    return {
        "title": f"Since the baseline of {comparison.changes.as_of_was}",
        "told": tell_changes(comparison.changes),
        "columns": COLUMNS,
        "rows": change_rows(comparison.changes),
    }


def render_model(
    model: RankedModel,
    *,
    look: Look,
    method: Method,
    place: Place | None = None,
    standing: Sequence[tuple[str, str]] = (),
    neighbours: Sequence[tuple[str, str]] = (),
) -> str:
    """Return one card; `standing` and `neighbours` are texts with the pages of a site they lead to."""
    card = model.card

    def note(capability: Capability, name: str) -> str:
        return capability_note(capability, name, evidence=method.circumstances.evidence)

    return _page(
        "model",
        place,
        method,
        model=model,
        plot=plot_scores([model], method),
        numbers=_numbered(model),
        facts=card_rows(card, method.circumstances.registry),
        links={name.capitalize(): url for name, url in vars(card.links).items()},
        results=card.benchmarks,
        note=note,
        standing=standing,
        neighbours=neighbours,
    )


def render_listing(listing: "Listing", *, look: Look) -> str:
    """Return a ranking or list of models."""
    count = len(listing.models)
    return _page(
        "listing",
        None,
        listing.method,
        title="Ranking" if listing.by_rank else "Models",
        caption=f"{count} model" if count == 1 else f"{count} models",
        models=listing.models,
        places=listing.places,
        matched=any(model.times_matched is not None for model in listing.models),
    )


def render_hits(hits: "Hits", *, look: Look) -> str:
    """Return what was understood of a need, and the models that serve it."""
    from modelcmp.comparison.hits import head_text, reason_text

    given = {"head": head_text(hits), "reason_text": reason_text}
    return _page("hits", None, hits.method, hits=hits, **given)


def render_facts(facts: "Facts", *, look: Look) -> str:
    """Return an explanation or the configuration."""
    remarks = any(remark for _, _, remark in facts.rows)
    names = [name or word for name, word in zip(facts.columns, COLUMNS, strict=True)]
    return _page(
        "facts", None, None, facts=facts, remarks=remarks, columns=names[: 3 if remarks else 2]
    )


def render_report(report: Any, *, look: Look) -> str:
    """Return a report: its title, its text, and a table for each section."""
    return _page("report", None, None, report=report)


def _page(template: str, place: Place | None, method: Method | None, **given: Any) -> str:
    if method is not None:
        registry = method.circumstances.registry

        def tell(capability: Capability, card: ModelCard) -> Told:
            return tell_capability(capability, card, method)

        given |= {
            "method": method,
            "method_line": method_text(method),
            "task_names": registry.task_names,
            "tell": tell,
        }
    page = _environment().get_template(f"{template}.html.jinja")
    return page.render(place=place or alone(), **given)


@cache
def style_sheet() -> str:
    """Return the style sheet of all pages, that of the pictures before it."""
    return picture_style() + (HERE / "style.css").read_text(encoding="utf-8")


@cache
def alone() -> Place:
    """Return the place of a page on its own; its policy lets in its own style sheet and no more."""
    style = "\n" + style_sheet()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Place(policy=_policy(f"style-src 'sha256-{digest}'"), style=_markup(style))


def _policy(*sources: str) -> str:
    ends = ("img-src data:", "base-uri 'none'", "form-action 'none'")
    return "; ".join(["default-src 'none'", *sources, *ends])


def _markup(text: str) -> str:
    _environment()
    from markupsafe import Markup

    # Our own style sheet, byte for byte: its digest stands in the policy.
    return Markup(text)


@cache
def _environment() -> "jinja2.Environment":
    try:
        import jinja2
    except ImportError:
        raise UsageError("HTML needs an extra", hint="pip install 'modelcmp[html]'") from None
    from markupsafe import Markup

    def drawn(function: Any) -> Any:
        return lambda *given: Markup(function(*given))

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(address=address, unique_evidence=_unique)
    environment.globals.update(
        plot_element=drawn(plot_element),
        legend_shape=drawn(legend_shape),
        spark=drawn(spark),
        icon=ICON,
        reading=READING,
        unknown=UNKNOWN,
        matched=False,
        count_text=count_text,
        coverage_text=coverage_text,
        day_text=day_text,
        dimension_text=dimension_text,
        licence_text=licence_text,
        missing_text=missing_text,
        percent=percent,
        price_text=price_text,
        rank_text=rank_text,
        result_text=result_text,
        times_text=times_text,
        whole=whole,
        window_text=window_text,
    )
    return environment


def _harmless(value: object) -> object:
    """Return text on one line with nothing invisible; what is markup of ours passes."""
    return visible(value) if type(value) is str else value


def _numbered(model: RankedModel) -> Mapping[Evidence, int]:
    return {evidence: number for number, evidence in enumerate(sources_of(model), start=1)}


def _unique(evidence: Iterable[Evidence]) -> list[Evidence]:
    return list(dict.fromkeys(evidence))


def _behind(model: RankedModel, label: str) -> list[Evidence]:
    """Return the evidence behind a row of the comparison table: that of its dimension, if it is one."""
    if label not in _DIMENSIONS:
        return []
    parts = model.dimension(_DIMENSIONS[label]).contributions
    found = {e for c in parts for e in c.value.evidence}
    return [evidence for evidence in sources_of(model) if evidence in found]
