"""The command `compare`: two models or more, a verdict, and the gates for CI."""

from typing import TYPE_CHECKING, Annotated

import typer

from modelcmp.cli.options import Images, Options, common
from modelcmp.cli.session import Session, complete_models, open_session, read_names
from modelcmp.errors import GateError, UnknownNameError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelcmp.catalogue.card import ModelCard
    from modelcmp.comparison.compare import Comparison, NeedFit


@common
def compare_command(
    options: Options,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...", help="Ids or aliases; - reads them from standard input.",
            autocompletion=complete_models, show_default=False,
        ),
    ],
    full: Annotated[bool, typer.Option("--full", help="Show every capability.")] = False,
    need: Annotated[
        str | None,
        typer.Option("--for", metavar="NEED", help="Say how well each serves this need."),
    ] = None,
    expect: Annotated[
        str | None,
        typer.Option("--expect", metavar="ID", help="Exit 1 unless ID is called the leader."),
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", metavar="N", help="Exit 1 if any rank is below N."),
    ] = None,
    min_coverage: Annotated[
        float | None,
        typer.Option("--min-coverage", metavar="F", help="Exit 1 if any coverage (0-1) is below F."),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option("--fail-on", metavar="CALL", help="Exit 1 on this call; repeatable."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="FILE", help="Say what moved since an earlier JSON."),
    ] = None,
    max_drop: Annotated[
        float | None,
        typer.Option(
            "--max-drop", metavar="N", help="Exit 1 if a rank fell by over N, beyond noise.",
        ),
    ] = None,
    images: Images = None,
) -> None:  # fmt: skip
    """Compare two models or more: ranks, capabilities, verdict.

    Examples:

      modelcmp compare bakllava sd35-large

      modelcmp compare llama-3.1-8b mistral-7b -o docs/llama-vs-mistral.md --check
    """
    from modelcmp.comparison.compare import compare_models

    session = open_session(options)
    _check_gates(session, expect, fail_under, min_coverage, fail_on or [])
    _check_baseline(baseline, max_drop)
    cards = session.find_cards(read_names(names))
    fit = _fit(session, cards, need) if need else None
    comparison = compare_models(cards, session.method, fit)
    drops: list[str] = []
    if baseline is not None:
        comparison, drops = _since(session, comparison, baseline, max_drop)
    given = session.draw(images, comparison.models)
    session.emit(comparison, full=full, **given)
    _apply_gates(session, comparison, expect, fail_under, min_coverage, fail_on or [], drops)


def _fit(session: Session, cards: "Sequence[ModelCard]", need: str) -> "NeedFit":
    """Return how well these cards serve a need, by the same search that finds models for it."""
    from modelcmp.cli.search import find_for
    from modelcmp.comparison.compare import NeedFit

    hits = find_for(session, need)
    found = {} if hits.nearest else {hit.ranked.card.id: hit.fit for hit in hits.models}
    return NeedFit(need, hits.understood, {card.id: found.get(card.id) for card in cards})


def _check_baseline(baseline: str | None, max_drop: float | None) -> None:
    if max_drop is None:
        return
    if not 0 <= max_drop <= 100:
        raise UsageError(f"--max-drop takes points from 0 to 100, not {max_drop:g}")
    if baseline is None:
        raise UsageError("--max-drop needs something to drop from", hint="add --baseline FILE")


def _since(
    session: Session, comparison: "Comparison", name: str, max_drop: float | None
) -> tuple["Comparison", list[str]]:
    """Return the comparison held against an earlier one, and who fell too far since."""
    from modelcmp.catalogue.limits import BASELINE_BYTES
    from modelcmp.comparison.baseline import (
        BaselineError,
        find_drops,
        hold_against,
        parse_baseline,
    )

    path = session.input_path(name)
    try:
        if not path.is_file() and path.exists():
            raise BaselineError(f"{name}: is no file")
        if path.stat().st_size > BASELINE_BYTES:
            raise BaselineError(f"{name}: is larger than {BASELINE_BYTES // 1024**2} MiB")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise BaselineError(f"{name}: is not UTF-8") from None
    except OSError as error:
        raise BaselineError(f"{name}: {(error.strerror or 'cannot be read').lower()}") from None
    held = hold_against(comparison, parse_baseline(text, name))
    if held.changes is None or max_drop is None:
        return held, []
    return held, find_drops(held.changes, max_drop)


def _check_gates(
    session: Session,
    expect: str | None,
    fail_under: float | None,
    min_coverage: float | None,
    fail_on: list[str],
) -> None:
    """Refuse gates that could never say yes, before anything is printed."""
    from modelcmp.comparison.verdict import CALLS

    if fail_under is not None and not 0 <= fail_under <= 100:
        raise UsageError(f"--fail-under takes a rank from 0 to 100, not {fail_under:g}")
    if min_coverage is not None and not 0 <= min_coverage <= 1:
        raise UsageError(f"--min-coverage takes a share from 0 to 1, not {min_coverage:g}")
    for call in fail_on:
        if call not in CALLS:
            raise UnknownNameError(
                f"no call is called {call}",
                hint=did_you_mean(call, CALLS) or f"there are {', '.join(CALLS)}",
            )


def _apply_gates(
    session: Session,
    comparison: "Comparison",
    expect: str | None,
    fail_under: float | None,
    min_coverage: float | None,
    fail_on: list[str],
    drops: list[str],
) -> None:
    verdict = comparison.verdict
    failed = []
    if expect is not None:
        wanted = session.catalogue.get(expect).id
        if wanted not in comparison.ids:
            raise UsageError(f"--expect {expect} is not among the models compared")
        if verdict.leader != wanted:
            failed.append(f"{wanted} is not called the leader ({verdict.call})")
    for model in comparison.models:
        if fail_under is not None and model.rank.value < fail_under:
            failed.append(f"{model.card.id} ranks {model.rank.value:.1f}, below {fail_under:g}")
        if min_coverage is not None and model.rank.coverage < min_coverage:
            coverage = f"{model.rank.coverage:.2f}"
            failed.append(f"{model.card.id} has coverage {coverage}, below {min_coverage:g}")
    if verdict.call in fail_on:
        failed.append(f"the call is {verdict.call}")
    failed += drops
    if failed:
        raise GateError("; ".join(failed))
