"""A catalogue as a site: each page of the plan as HTML with its JSON beside, by relative links alone.

A page carries a fingerprint of all it is made from, so that one that would come out the same need not be
made again.
"""

import json
import re
from collections.abc import Sequence
from functools import cache, cached_property
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from modelcmp.catalogue.card import ModelCard, Strict
from modelcmp.comparison.compare import compare_models, tag_title
from modelcmp.comparison.manual import Heading, Paragraph, Table, method_manual
from modelcmp.comparison.pages import (
    SitePlan,
    TaskPage,
    does_text,
    featured,
    rule_text,
    scope_text,
    standing,
)
from modelcmp.errors import squash
from modelcmp.render import Look
from modelcmp.render import json as as_json
from modelcmp.render.html import (
    HERE,
    Place,
    _page,
    _policy,
    render_comparison,
    render_model,
    style_sheet,
)
from modelcmp.scoring.rank import Method, RankedModel, method_constants
from modelcmp.version import __version__

STYLE = "style.css"
SCRIPT = "site.js"
SITE = "modelcmp/site/1"
RANKING = "modelcmp/ranking/1"
COMPARISONS = "modelcmp/comparisons/1"
METHOD = "modelcmp/method/1"


class Page(NamedTuple):
    """One page: its address without the ending, what it shows, and what it is made from."""

    path: str
    kind: str
    keys: tuple[str, ...]
    fingerprint: str

    @property
    def files(self) -> tuple[str, ...]:
        """Files the page consists of, as addresses from the root of the site."""
        if self.kind == "files":
            return self.keys
        return (f"{self.path}.html", f"{self.path}.json")


class Site:
    """A plan with the method behind it and the name above it."""

    def __init__(self, plan: SitePlan, method: Method, title: str, nearest: int) -> None:
        self.plan = plan
        self.method = method
        self.title = title
        self.nearest = nearest

    @cached_property
    def models(self) -> dict[str, RankedModel]:
        """Models by id."""
        return {model.card.id: model for model in self.plan.models}

    @cached_property
    def tasks(self) -> dict[str, TaskPage]:
        """Tasks by id."""
        return {task.id: task for task in self.plan.tasks}

    @cached_property
    def neighbours(self) -> dict[str, list[tuple[str, ...]]]:
        """The comparisons each model is in."""
        found: dict[str, list[tuple[str, ...]]] = {name: [] for name in self.models}
        for ids in self.plan.comparisons:
            for name in ids:
                found[name].append(ids)
        return found

    @cached_property
    def digests(self) -> dict[str, str]:
        """What names all that any page shows of a model: its card, its scores, its matches."""
        return {name: _digest_model(model, self.method) for name, model in self.models.items()}

    @cached_property
    def base(self) -> str:
        """What names all that every page depends on: code, tables, method, title."""
        method = self.method
        tables = json.dumps(method.circumstances.registry.plain, sort_keys=True, default=str)
        weights = json.dumps(method.profile.weights, sort_keys=True)
        return _digest(
            _code_digest(),
            method.hash,
            method.as_of,
            method.profile.id,
            weights,
            tables,
            self.title,
        )

    def named(self, ids: Sequence[str]) -> str:
        """Return the names of models as a comparison is called."""
        return " vs ".join(self.models[name].card.name for name in ids)


def comparison_path(ids: Sequence[str]) -> str:
    """Return the address of a comparison; no id holds an underscore, so none can be mistaken.

    >>> comparison_path(("a-b", "c.1"))
    'compare/a-b_vs_c.1'
    """
    return f"compare/{'_vs_'.join(ids)}"


def site_pages(site: Site) -> list[Page]:
    """Return every page of a site with its fingerprint; pages that are linked to come first."""
    plan, digests = site.plan, site.digests
    everything = _digest(*(digests[model.card.id] for model in plan.models))
    links = _digest(*map(comparison_path, (*plan.comparisons, *plan.named)))

    def page(path: str, kind: str, *parts: str, keys: tuple[str, ...] = ()) -> Page:
        return Page(path, kind, keys, _digest(site.base, path, kind, *parts))

    return [
        page("files", "files", keys=(STYLE, SCRIPT)),
        *(
            page(comparison_path(ids), "comparison", *(digests[name] for name in ids), keys=ids)
            for ids in plan.comparisons
        ),
        *(
            page(f"models/{name}", "model", digests[name], *_around(site, name), keys=(name,))
            for name in sorted(site.models)
        ),
        *(
            page(
                f"tasks/{t.id}",
                "task",
                *(digests[m.card.id] for m in t.models),
                links,
                keys=(t.id,),
            )
            for t in plan.tasks
        ),
        page("method", "method"),
        page("compare/index", "comparisons", links, everything, str(site.nearest)),
        page("index", "front", links, everything),
    ]


def _around(site: Site, name: str) -> list[str]:
    """Return what a model's page says of other models."""
    near = [f"{comparison_path(ids)} {site.named(ids)}" for ids in site.neighbours[name]]
    return [*near, *(text for _, text in standing(site.plan, name))]


def render_page(site: Site, page: Page) -> dict[str, str]:
    """Return the files of a page by their addresses."""
    if page.kind == "files":
        return {
            STYLE: style_sheet(),
            SCRIPT: (HERE / SCRIPT).read_text(encoding="utf-8"),
        }
    makers = {
        "comparison": _comparison,
        "model": _model,
        "task": _task,
        "method": _method,
        "comparisons": _comparisons,
        "front": _front,
    }
    html, data = makers[page.kind](site, page)
    return dict(zip(page.files, (html, data), strict=True))


def _place(site: Site, page: Page, *, script: bool = False) -> Place:
    # file: lets the same page work from a disk, where Firefox has no 'self'.
    sources = ["style-src 'self' file:", *(["script-src 'self' file:"] if script else [])]
    return Place(
        policy=_policy(*sources),
        alone=False,
        title=site.title,
        root="../" * page.path.count("/"),
        json=f"{page.path.rpartition('/')[2]}.json",
        models=frozenset(site.models),
    )


def _comparison(site: Site, page: Page) -> tuple[str, str]:
    cards = [site.models[name].card for name in page.keys]
    comparison = compare_models(cards, site.method)
    html = render_comparison(comparison, look=Look(full=True), place=_place(site, page))
    return html, _text(as_json.comparison_document(comparison))


def _model(site: Site, page: Page) -> tuple[str, str]:
    (name,) = page.keys
    model = site.models[name]
    near = []
    for ids in site.neighbours[name]:
        others = [other for other in ids if other != name]
        near.append(
            (", ".join(site.models[o].card.name for o in others), f"../{comparison_path(ids)}.html")
        )
    html = render_model(
        model,
        look=Look(full=True),
        method=site.method,
        place=_place(site, page),
        standing=[(text, f"../tasks/{t.id}.html") for t, text in standing(site.plan, name)],
        neighbours=sorted(near),
    )
    return html, _text(as_json.model_document(model, site.method))


def _task(site: Site, page: Page) -> tuple[str, str]:
    task = site.tasks[page.keys[0]]
    there = set(site.plan.comparisons)
    ids = [model.card.id for model in task.models]
    pairs = [tuple(sorted(pair)) for pair in pairwise(ids)]
    html = _page(
        "task",
        _place(site, page),
        site.method,
        task=task,
        does=does_text(task),
        pairs=[(site.named(p), f"../{comparison_path(p)}.html") for p in pairs[:12] if p in there],
        matched=_matched(site),
    )
    data = {
        "schema": RANKING,
        **as_json.method_fields(site.method),
        "task": task.id,
        "name": task.name,
    }
    return html, _text({**data, "models": [_row(m, task.places, "../") for m in task.models]})


def _method(site: Site, page: Page) -> tuple[str, str]:
    blocks = method_manual(site.method.circumstances.registry)
    html = _page(
        "manual",
        _place(site, page),
        site.method,
        blocks=[(type(block).__name__, block) for block in blocks],
        title=next(block.text for block in blocks if isinstance(block, Heading)),
        pieces=_pieces,
    )
    plain: list[dict[str, Any]] = []
    for block in blocks:
        match block:
            case Heading(level, text):
                plain.append({"heading": text, "level": level})
            case Paragraph(text):
                plain.append({"text": text})
            case Table(head, rows):
                plain.append({"head": head, "rows": rows})
    data = {"schema": METHOD, **as_json.method_fields(site.method)}
    return html, _text({**data, "constants": method_constants(site.method), "manual": plain})


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Return a text in pieces, with whether each is code.

    >>> _pieces("a `b` c")
    [(False, 'a '), (True, 'b'), (False, ' c')]
    """
    pieces = re.split(r"`([^`]*)`", text)
    return [(number % 2 == 1, piece) for number, piece in enumerate(pieces) if piece]


def _comparisons(site: Site, page: Page) -> tuple[str, str]:
    pairs = [
        (site.named(ids), f"{comparison_path(ids).rpartition('/')[2]}.html")
        for ids in site.plan.comparisons
    ]
    html = _page(
        "comparisons",
        _place(site, page),
        site.method,
        pairs=sorted(pairs),
        rule=rule_text(site.nearest),
    )
    told = [
        {"models": list(ids), "page": f"{comparison_path(ids).rpartition('/')[2]}.html"}
        for ids in site.plan.comparisons
    ]
    return html, _text(
        {"schema": COMPARISONS, **as_json.method_fields(site.method), "comparisons": told}
    )


def _front(site: Site, page: Page) -> tuple[str, str]:
    plan = site.plan
    index = [_entry(site, model) for model in plan.models]
    html = _page(
        "front",
        _place(site, page, script=True),
        site.method,
        title=site.title,
        scope=scope_text(plan),
        models=plan.models,
        places=plan.places,
        tasks=plan.tasks,
        featured=[(site.named(ids), f"{comparison_path(ids)}.html") for ids in featured(plan)],
        total=len(plan.comparisons),
        rule=rule_text(site.nearest),
        index=_data_block(index),
        matched=_matched(site),
    )
    data = {"schema": SITE, "title": site.title, **as_json.method_fields(site.method)}
    rows = [
        {**_row(model, plan.places, ""), **entry}
        for model, entry in zip(plan.models, index, strict=True)
    ]
    return html, _text({**data, "models": rows})


def _matched(site: Site) -> bool:
    return site.method.circumstances.evidence is not None


def _row(model: RankedModel, places: dict[str, int], root: str) -> dict[str, Any]:
    card, rank = model.card, model.rank
    bounds = {"value": rank.value, "low": rank.low, "high": rank.high, "coverage": rank.coverage}
    head = {"id": card.id, "name": card.name, "maker": card.maker, "place": places[card.id]}
    return {**head, "rank": bounds, "page": f"{root}models/{card.id}.html"}


def _entry(site: Site, model: RankedModel) -> dict[str, Any]:
    """Return what the search of the front page knows of a model."""
    card = model.card
    commercial = card.licence.commercial if card.licence else None
    return {
        "id": card.id,
        "tasks": list(card.tasks),
        "open": bool(card.weights and card.weights.open),
        "commercial": commercial in ("allowed", "conditional"),
        "words": _words(site, card),
    }


def _words(site: Site, card: ModelCard) -> str:
    registry = site.method.circumstances.registry
    texts = [card.id, card.name, *card.aliases, card.maker, card.summary, *card.best_for]
    for task in card.tasks:
        texts += [task, registry.task_names((task,))]
        texts += registry.tasks[task].synonyms if task in registry.tasks else ()
    for capability in card.capabilities:
        if capability.claim != "disputed":
            texts += [capability.title, tag_title(capability.tag, registry)]
    if card.licence:
        texts.append(card.licence.id.removeprefix("LicenseRef-"))
    words = [word for text in texts for word in re.split(r"\s+", text.casefold()) if word]
    names = [squash(name) for name in (card.id, card.name, *card.aliases)]
    return " ".join(dict.fromkeys([*words, *filter(None, names)]))


def _data_block(value: object) -> Any:
    """Return JSON that may stand inside a script element, whatever its texts hold."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _text(value: dict[str, Any]) -> str:
    # For programs alone: without indentation it is a third smaller and made in half the time, and
    # in ASCII nothing in it can be anything but text.
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("\x7f", "\\u007f") + "\n"


def _digest_model(model: RankedModel, method: Method) -> str:
    graph = method.circumstances.evidence
    card = model.card
    matched = (
        [graph.capabilities.get((card.id, c.id), 0) for c in card.capabilities] if graph else None
    )
    plain = json.dumps(_plain(card), sort_keys=True)
    return _digest(plain, repr((model.rank, model.dimensions)), repr(matched))


def _plain(value: Any) -> Any:
    if isinstance(value, Strict):
        return {name: _plain(inner) for name, inner in vars(value).items()}
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _digest(*parts: str) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


@cache
def _code_digest() -> str:
    """Return what names the code and templates of this package: other code may write other pages."""
    digest = blake2b(__version__.encode(), digest_size=16)
    package = Path(HERE).parent.parent
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".jinja", ".css", ".js") and path.is_file():
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
