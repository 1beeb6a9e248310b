"""Cards whose every free text says the same thing, and what each command prints of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ATTACKS: tuple[str, ...] = (
    "a | b", "`code`", "**bold** _it_ ~~gone~~", "[x](https://evil.example)",
    "![x](https://evil.example/p.png)", "[x]: https://evil.example", "[^1]: note [^1] [^bad-1]",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</details></table><b>x",
    "<!-- modelcmp:end -->", "<https://evil.example>", "https://evil.example", "www.evil.example",
    "mailto:a@evil.example", "a@evil.example", "@someone", "#12 owner/name#12", "# heading",
    "- item", "* item", "1. item", "1) item", "> quote", "---", "===", "| --- | --- |", "$x$ $$y$$",
    "\\| \\", "&lt;b&gt; &#124;", ":tada: :bug:", "=1+1",
)  # fmt: skip
"""Texts that mean something to Markdown, HTML, GitHub or a spreadsheet."""

SHOWN = ("show", "bad", "--full"), ("compare", "bad", "twin", "--full")
"""Commands that tell most of a card."""
TOLD = (
    ("list",), ("rank",), ("search", "plain writing"), ("missing",), ("explain", "leans"),
    ("validate", "--strict"), ("config",),
)  # fmt: skip
"""Commands that tell something of every card."""


def hostile_fields(text: str, model_id: str = "bad") -> dict[str, Any]:
    """Return a card as plain values, with `text` wherever a card takes words of its own."""
    day = {"source": "page", "as_of": "2026-01-01"}
    return {
        "id": model_id,
        "name": text,
        "aliases": [f"{model_id} {text}"],
        "maker": text,
        "summary": text,
        "tasks": ["text-generation"],
        "modalities": {"input": ["text"], "output": ["text"]},
        "released": {"day": "2026-01-01", "source": "page", "note": text},
        "licence": {"id": text, "licence_class": "permissive", "terms": text, "source": "page"},
        "weights": {
            "open": True,
            "parameters": 7_000_000_000,
            "files": [{"name": text, "part": text, "size_bytes": 4_000_000_000, "source": "page"}],
            "note": text,
            "source": "page",
        },
        "context": {"tokens": 8192, "caveats": [text], "source": "page"},
        "pricing": {
            "offers": [
                {"provider": text, "unit": "million-tokens", "input_usd": 0.5, "output_usd": 0.5}
                | {"note": text, **day}
            ],
            "note": text,
        },
        "variants": [{"name": text, "note": text, "source": "page"}],
        "metrics": [
            {"metric": "hf_likes", "value": 100, "repository": text, "note": text, **day},
            {"metric": "github_stars", "value": 100, "repository": text, "note": text, **day},
        ],
        "benchmarks": [
            {"name": "MMLU", "metric": "accuracy", "shots": 5, "value": 90, "variant": text}
            | {"tier": "maker", "note": text, **day},
            {"name": text, "version": text, "metric": text, "value": 5, "tier": "maker", **day},
        ],
        "ecosystem": {"integrations": [{"name": text, "note": text, "source": "page"}]},
        "capabilities": [
            {
                "id": "writes",
                "kind": "task",
                "tag": "text-generation",
                "title": text,
                "description": text,
                "unique": text,
                "alternatives": [{"text": text}, {"model": "twin", "text": text}],
                "claim": "stated",
                "source": "page",
            }
        ],
        "limitations": [{"text": text, "source": "page"}],
        "best_for": [text],
        "sources": {"page": {"title": text, "url": "https://example.org/a(b)c"}},
    }


def write_cards(folder: Path, texts: Iterable[str]) -> tuple[str, ...]:
    """Write a card for each text, `bad` or `bad-2`, and a `twin`; return the options that read them."""
    folder.mkdir(exist_ok=True)
    cards = [("twin", "plain words")]
    cards += [(f"bad-{n}" if n else "bad", text) for n, text in enumerate(texts)]
    for model_id, text in cards:
        fields = json.dumps(hostile_fields(text, model_id), ensure_ascii=False)
        (folder / f"{model_id}.yaml").write_text(fields, encoding="utf-8")
    return ("--catalogue", str(folder), "--no-builtin", "--as-of", "2026-11-23")
