"""The match graph as a drawing: one function per syntax, and the DRAWINGS table that names them."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

from modelcmp.matching.graph import Edge
from modelcmp.render.clean import visible


def draw_mermaid(edges: list[Edge], left_out: int) -> str:
    """Return a Mermaid flow chart: queries, capabilities and models, with the counts."""
    lines = ["flowchart LR"]
    if left_out:
        lines.append(f"  %% {len(edges)} links are drawn, {left_out} weaker ones are left out")
    names = _numbered(edges)
    for kind, key in names:
        left, right = {"q": ("([", "])"), "c": ("[", "]"), "m": ("[[", "]]")}[kind]
        lines.append(f'  {names[kind, key]}{left}"{_mermaid(key[-1])}"{right}')
    for source, target, label in _links(edges, names):
        lines.append(f"  {source} -->|{label}| {target}" if label else f"  {source} --> {target}")
    return "\n".join(lines) + "\n"


def draw_dot(edges: list[Edge], left_out: int) -> str:
    """Return the same as a DOT digraph, for Graphviz."""
    lines = ["digraph matches {", "  rankdir=LR;"]
    if left_out:
        lines.append(f"  // {len(edges)} links are drawn, {left_out} weaker ones are left out")
    names = _numbered(edges)
    for kind, key in names:
        shape = {"q": "ellipse", "c": "box", "m": "component"}[kind]
        lines.append(f'  {names[kind, key]} [shape={shape}, label="{_dot(key[-1])}"];')
    for source, target, label in _links(edges, names):
        lines.append(f"  {source} -> {target}" + (f' [label="{label}"];' if label else ";"))
    return "\n".join([*lines, "}"]) + "\n"


def draw_json(edges: list[Edge], left_out: int) -> str:
    """Return the edges as they are, for programs."""
    document = {
        "schema": "modelcmp/matches/1",
        "edges": [{**e._asdict(), "expected": round(e.expected, 6)} for e in edges],
        "left_out": left_out,
    }
    return json.dumps(document, ensure_ascii=True, indent=2, allow_nan=False) + "\n"


def _keys(edge: Edge) -> list[tuple[str, tuple[str, ...]]]:
    """Return the nodes of an edge; a model shown without a capability is joined to it directly."""
    middle = [("c", (edge.model, edge.capability))] if edge.capability else []
    return [("q", (edge.query,)), *middle, ("m", (edge.model,))]


def _numbered(edges: list[Edge]) -> dict[tuple[str, tuple[str, ...]], str]:
    nodes = sorted({key for edge in edges for key in _keys(edge)})
    return {key: f"{key[0]}{number}" for number, key in enumerate(nodes)}


def _links(
    edges: list[Edge], names: dict[tuple[str, tuple[str, ...]], str]
) -> list[tuple[str, str, str]]:
    """Return each link once, with its count on the one that leaves the query."""
    found: dict[tuple[str, str], str] = {}
    for edge in edges:
        nodes = [names[key] for key in _keys(edge)]
        for place, pair in enumerate(pairwise(nodes)):
            found.setdefault(pair, str(edge.matched) if place == 0 else "")
    return [(*pair, label) for pair, label in found.items()]


def _mermaid(text: str) -> str:
    return "".join(c if c.isalnum() or c in " .,-+/'?!" else f"#{ord(c)};" for c in visible(text))


def _dot(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')


DRAWINGS: dict[str, Callable[[list[Edge], int], str]] = {
    "mermaid": draw_mermaid,
    "dot": draw_dot,
    "json": draw_json,
}
"""Syntax -> the function that draws edges, told how many weaker ones are left out."""
