"""The command `refresh`: figures asked of hosts again, into cards or a file of their own."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from modelcmp.cli.options import Options, takes
from modelcmp.cli.session import Session, complete_models, read_names
from modelcmp.cli.streams import write_err
from modelcmp.cli.targets import OwnCards, SignalsFile, Target
from modelcmp.errors import (
    CardError,
    CardProblem,
    FetchError,
    GateError,
    OutputError,
    UsageError,
)

if TYPE_CHECKING:
    from modelcmp.catalogue.asking import Answer, Questions
    from modelcmp.catalogue.card import ModelCard
    from modelcmp.catalogue.fetching import Host

DEFAULT_AGE = "90d"
SAVED_EVERY = 20
"""Models after which a file of signals is written anew, so that little is lost with the process."""


@dataclass(frozen=True, kw_only=True)
class RefreshOptions(Options):
    """The common options, of which `--check` holds the figures to an age here."""

    check: Annotated[
        bool,
        typer.Option("--check", help="Ask nobody; exit 1 if a figure is older than --max-age."),
    ] = False


@takes(RefreshOptions)
def refresh_command(
    options: RefreshOptions,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]...", help="Ids or aliases; all models when left out, - for standard input.",
            autocompletion=complete_models, show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask, but write nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Ask again for what was asked today already.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Show figures that stayed the same too.")
    ] = False,
    max_age: Annotated[
        str | None,
        typer.Option("--max-age", metavar="AGE", help="With --check: 90d (the default), 12w, 1y."),
    ] = None,
    today: Annotated[
        str | None,
        typer.Option("--today", metavar="DAY", help="Day to put on figures; the clock's if left out."),
    ] = None,
    max_wait: Annotated[
        float | None,
        typer.Option("--max-wait", metavar="SECONDS", help="Wait so long in all when hosts ask to."),
    ] = None,
    hub: Annotated[
        str | None, typer.Option("--hub", metavar="URL", help="Ask this host for the Hub's figures.")
    ] = None,
    github: Annotated[
        str | None, typer.Option("--github", metavar="URL", help="Ask this host for GitHub's.")
    ] = None,
) -> None:  # fmt: skip
    """Ask Hub and GitHub for downloads, likes, stars and last change.

    Examples:

      modelcmp refresh --signals signals.yaml

      modelcmp refresh --catalogue my-cards mixtral-8x7b --dry-run

      modelcmp refresh --check --max-age 90d --signals signals.yaml
    """
    session = Session(replace(options, check=False), default_piped="tsv")
    day = _today(today)
    if options.check:
        _check_ages(
            session,
            read_names(names or []),
            day,
            _days(DEFAULT_AGE if max_age is None else max_age),
        )
        return
    if max_age is not None:
        raise UsageError("--max-age is for --check", hint="add --check, which asks nobody")
    if max_wait is not None and not 0 <= max_wait <= 86_400:
        raise UsageError("--max-wait takes seconds, from 0 to 86400")
    session.makes_signals = True
    run = _Run(session, read_names(names or []), day, write=not dry_run)
    with _questions(session, day, force, max_wait, {"hub": hub, "github": github}) as questions:
        run.ask(questions)
    run.report(full=full)


@contextmanager
def _questions(
    session: Session,
    day: str,
    force: bool,
    max_wait: float | None,
    named: Mapping[str, str | None],
) -> "Iterator[Questions]":
    from modelcmp.catalogue.asking import Questions
    from modelcmp.catalogue.fetching import GITHUB, HUB, open_fetcher
    from modelcmp.catalogue.limits import WAIT_SECONDS

    hosts = {
        "hub": _host(HUB, named["hub"] or os.environ.get("MODELCMP_HUB")),
        "github": _host(GITHUB, named["github"] or os.environ.get("MODELCMP_GITHUB")),
    }
    wait = WAIT_SECONDS if max_wait is None else max_wait
    with open_fetcher(
        tuple(hosts.values()), os.environ, max_wait=wait, tell=session.note
    ) as fetcher:
        origins = {name: host.origin for name, host in hosts.items()}
        yield Questions(fetcher, origins, day, force=force)


def _host(usual: "Host", named: str | None) -> "Host":
    from modelcmp.catalogue.fetching import other_host

    other = other_host(named) if named else usual
    return usual if other.origin == usual.origin else other


def _today(stated: str | None) -> str:
    from datetime import UTC, date, datetime

    if stated is None:
        return datetime.now(UTC).date().isoformat()
    try:
        if len(stated) != len("2026-11-23"):
            raise ValueError
        return date.fromisoformat(stated).isoformat()
    except ValueError:
        raise UsageError(f"{stated} is no day", hint="write it as 2026-11-23") from None


def _days(age: str) -> int:
    """Return an age in days.

    >>> _days("90d"), _days("12w"), _days("1y"), _days("30")
    (90, 84, 365, 30)
    """
    number, unit = (age[:-1], age[-1]) if age[-1:].isalpha() else (age, "d")
    length = {"d": 1, "w": 7, "y": 365}.get(unit)
    if length is None or not (number.isascii() and number.isdigit()) or len(number) > 5:
        raise UsageError(f"--max-age takes days, weeks or years, not {age}", hint="for example 90d")
    return int(number) * length


class _Run:
    """One refresh: which models, what was answered for each, and how their cards look after it."""

    def __init__(self, session: Session, names: Sequence[str], day: str, *, write: bool) -> None:
        self._session = session
        self._day = day
        self._write = write
        self._target = self._choose_target()
        self._before = session.all_cards()
        self._after: dict[str, ModelCard] = {}
        self._answers: dict[str, list[Answer]] = {}
        self._problems: list[CardProblem] = []
        self._named = bool(names)
        self._cards = self._choose_cards(names)

    def _choose_target(self) -> Target:
        setting = self._session.settings["signals"]
        if not setting.value:
            return OwnCards(self._session, self._day, write=self._write)
        path = Path(setting.value)
        self._session.refuse_outside("signals", path)
        if not path.parent.is_dir():
            raise OutputError(f"{path}: no such folder", hint="make the folder first")
        figures = dict(self._session.catalogue.figures)
        return SignalsFile(path, figures, self._day, write=self._write)

    def _choose_cards(self, names: Sequence[str]) -> "list[ModelCard]":
        if names:
            found = {card.id: card for card in self._session.find_cards(names)}
            cards = [found[key] for key in sorted(found)]
            for card in cards:
                self._refuse_builtin(card)
            return cards
        if not self._before:
            raise UsageError("there is no card to ask for", hint="--catalogue DIR names a folder")
        cards = [card for card in self._before if self._may_change(card)]
        if not cards:
            raise UsageError(
                "there are no cards of your own to write to",
                hint="--signals FILE keeps the figures in a file, --catalogue DIR names your cards",
            )
        return cards

    def _may_change(self, card: "ModelCard") -> bool:
        return not isinstance(self._target, OwnCards) or self._target.path_of(card) is not None

    def _refuse_builtin(self, card: "ModelCard") -> None:
        if not self._may_change(card):
            raise UsageError(
                f"{card.id} is a built-in card, which is not written to",
                hint="--signals FILE keeps the figures in a file of their own",
            )

    def ask(self, questions: "Questions") -> None:
        """Ask for every model and write what comes as it comes; an interruption loses nothing."""
        from modelcmp.catalogue.figures import has_figures, repositories_of

        late = []
        try:
            for number, card in enumerate(self._cards, start=1):
                repositories = repositories_of(card) if has_figures(card) else ()
                if not repositories:
                    if self._named:
                        self._session.note(f"{card.id}: {_why_not(card)}")
                    continue
                held = self._target.held(card)
                answers = [questions.answer(repository, held) for repository in repositories]
                self._answers[card.id] = answers
                if any(answer.figures for answer in answers):
                    self._take(card, answers)
                elif any(answer.missing for answer in answers):
                    late.append((card, answers))
                if number % SAVED_EVERY == 0 and number < len(self._cards):
                    self._target.save()
                    self._session.note(f"{number} of {len(self._cards)} models are done")
            # What nobody answered is marked once it is known that the fault is not our own network.
            if self._anything_came():
                for card, answers in late:
                    self._take(card, answers)
        finally:
            self._target.save()
        self._refuse_nothing(questions)

    def _anything_came(self) -> bool:
        """Return whether there is a figure of today, be it from this run or an earlier one."""
        every = [answer for answers in self._answers.values() for answer in answers]
        return any(answer.figures or answer.kind == "held" for answer in every)

    def _take(self, card: "ModelCard", answers: "Sequence[Answer]") -> None:
        try:
            self._after[card.id] = self._target.take(card, answers)
        except CardError as error:
            self._problems += error.problems

    def _refuse_nothing(self, questions: "Questions") -> None:
        asked = questions.answers()
        if not asked or self._anything_came():
            return
        reasons = list(dict.fromkeys(answer.problem for answer in asked))
        more = f"; {reasons[1]}" if len(reasons) > 1 else ""
        raise FetchError(
            "broken",
            f"nothing came, and nothing was written: {reasons[0]}{more}",
            hint=next((answer.hint for answer in asked if answer.hint), None),
        )

    def report(self, *, full: bool) -> None:
        """Print what changed, and warn of what did not come. Raises CardError for cards not written."""
        from modelcmp.comparison.refreshed import make_refresh, report_refresh

        result = make_refresh(
            self._before,
            self._after,
            self._answers,
            self._session.method,
            day=self._day,
            target=self._target.name,
            written=self._write,
        )
        self._session.emit(report_refresh(result, full=full))
        self._warn()
        if not self._write:
            self._session.note("a dry run: nothing was written")
        elif self._after and isinstance(self._target, SignalsFile):
            self._session.note(f"wrote {self._target.name}")
        elif self._after:
            cards = "1 card" if len(self._after) == 1 else f"{len(self._after)} cards"
            self._session.note(f"wrote {cards}")
        if self._problems:
            raise CardError("some cards could not be written", problems=tuple(self._problems))

    def _warn(self) -> None:
        from modelcmp.catalogue.limits import PROBLEMS_LISTED

        seen = {
            answer.repository.key: answer
            for answers in self._answers.values()
            for answer in answers
        }
        for answer in seen.values():
            if answer.moved_to:
                self._session.note(f"{answer.repository.name} is called {answer.moved_to} now")
        failed = [answer for answer in seen.values() if answer.kind == "failed"]
        lines = [
            f"warning: {answer.repository.name}: {answer.problem}; older figures stay"
            for answer in failed[:PROBLEMS_LISTED]
        ]
        if len(failed) > PROBLEMS_LISTED:
            lines.append(f"warning: and {len(failed) - PROBLEMS_LISTED} more")
        hints = dict.fromkeys(f"hint: {answer.hint}" for answer in failed if answer.hint)
        left = Counter(a.problem for a in seen.values() if a.kind == "not-asked")
        for problem, count in left.items():
            repositories = "1 repository" if count == 1 else f"{count} repositories"
            lines.append(f"warning: {repositories} not asked: {problem}")
        hints |= dict.fromkeys(
            f"hint: {a.hint}" for a in seen.values() if a.kind == "not-asked" and a.hint
        )
        if left:
            hints["hint: run it again: it goes on where it stopped"] = None
        write_err([*lines, *hints])


def _why_not(card: "ModelCard") -> str:
    """Return why nobody can be asked for a model's figures."""
    from modelcmp.catalogue.figures import has_figures

    if has_figures(card):
        return "its card names no repository of the Hub or GitHub"
    return "closed weights have no figures there"


class _Age(NamedTuple):
    """One figure that a refresh renews, with its age in days."""

    model: str
    metric: str
    repository: str
    value: int
    day: str
    days: int


def _check_ages(session: Session, names: Sequence[str], today: str, most: int) -> None:
    """Print the figures older than `most` days; raises GateError if there are any."""
    from modelcmp.comparison.explain import Facts
    from modelcmp.comparison.refreshed import TITLES

    cards = session.find_cards(names) if names else session.all_cards()
    ages = sorted(age for card in cards for age in _ages(card, today))
    old = [age for age in ages if age.days > most]
    rows = tuple(
        (
            f"{age.model}: {TITLES[age.metric]}"
            + (f", {age.repository}" if age.repository else ""),
            f"{age.value:,}",
            f"{age.day}, {age.days:,} days old",
        )
        for age in old
    )
    count = f"{len(old)} of {len(ages)}" if old else f"none of {len(ages)}"
    text = f"Older than {most} days on {today}: {count} figures."
    columns = ("Figure", "Value", "Day")
    session.emit(Facts("ages", "refresh", "Old figures", text, rows, columns))
    if not old:
        session.note(text)
    else:
        models = len({age.model for age in old})
        signals = session.value("signals")
        where = f" --signals {signals}" if signals else ""
        raise GateError(
            f"{len(old)} figure{'s' * (len(old) > 1)} of {models} model{'s' * (models > 1)} "
            f"older than {most} days",
            hint=f"modelcmp refresh{where} asks for them again",
        )


def _ages(card: "ModelCard", today: str) -> "Iterator[_Age]":
    from modelcmp.catalogue.figures import HOSTS, has_figures
    from modelcmp.scoring.scales import first_day

    newest: dict[tuple[str, str], _Age] = {}
    for metric in card.metrics if has_figures(card) else ():
        if not any(metric.metric in host.metrics for host in HOSTS.values()):
            continue
        day = metric.as_of or metric.read_on or ""
        days = (first_day(today) - first_day(day)).days
        name = metric.repository or ""
        age = _Age(card.id, metric.metric, name, metric.value, day, days)
        key = (metric.metric, name.casefold())
        if key not in newest or days < newest[key].days:
            newest[key] = age
    yield from newest.values()
