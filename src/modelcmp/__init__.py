"""Compare AI models from sourced cards: ranks with coverage, verdicts with reasons."""

from __future__ import annotations

__version__ = "0.1.0"
