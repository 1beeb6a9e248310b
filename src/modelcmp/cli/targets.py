"""Where a refresh writes its figures: the user's own cards, or one file of signals."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from modelcmp.cli.alone import alone
from modelcmp.cli.session import Session
from modelcmp.cli.streams import write_file
from modelcmp.errors import CardError, ConfigError, OutputError, UsageError

if TYPE_CHECKING:
    from modelcmp.catalogue.asking import Answer
    from modelcmp.catalogue.card import ModelCard
    from modelcmp.catalogue.figures import Figure, FigureKey


class Target(Protocol):
    """Where figures are written to: cards, or one file of signals."""

    name: str

    def held(self, card: "ModelCard") -> "Mapping[FigureKey, Figure]":
        """Return the figures the target holds for a card."""

    def take(self, card: "ModelCard", answers: "Sequence[Answer]") -> "ModelCard":
        """Take what came for a card and mark what did not; return the card as it is then."""

    def save(self) -> None:
        """Write what was taken and not yet written."""


class OwnCards:
    """The user's own cards as the place that figures are written to."""

    name = "cards"

    def __init__(self, session: Session, day: str, *, write: bool) -> None:
        self._catalogue = session.catalogue
        self._setting = session.settings["catalogue"]
        self._note = session.note
        self._day = day
        self._write = write
        _refuse_without_editor()

    def path_of(self, card: "ModelCard") -> Path | None:
        """Return the file of a card that may be written to, or None for a built-in one."""
        from modelcmp.config import may_write

        path = self._catalogue.find_file(card.id)
        roots = [root for root in self._catalogue.roots if not root.builtin]
        if path is None or not any(path.is_relative_to(root.cards) for root in roots):
            return None
        if not may_write(self._setting, path, os.environ):
            raise ConfigError(
                f"{self._setting.origin}: {path} lies outside its folder, where nothing is written",
                hint="--catalogue DIR on the command line allows it",
            )
        return path

    def held(self, card: "ModelCard") -> "Mapping[FigureKey, Figure]":
        from modelcmp.catalogue.figures import stated_figures

        return stated_figures(card)

    def take(self, card: "ModelCard", answers: "Sequence[Answer]") -> "ModelCard":
        from modelcmp.catalogue.asking import figures_of
        from modelcmp.catalogue.figures import plain_with, read_over, with_stale

        after = read_over(card, figures_of(answers))
        for answer in answers:
            if answer.missing:
                after = with_stale(after, answer.repository, answer.missing, self._day)
        path = self.path_of(card)
        if self._write and path is not None:
            with alone(self._root_of(path), self._note):
                _edit(path, lambda plain: plain_with(plain, card, after))
            self._tell_of_notes(card, after)
        return after

    def _root_of(self, path: Path) -> Path:
        """Return the folder of cards that a file is in: an import takes turns there too."""
        return next(r.cards for r in self._catalogue.roots if path.is_relative_to(r.cards))

    def _tell_of_notes(self, card: "ModelCard", after: "ModelCard") -> None:
        """Say which notes went: they told how the figure before was counted."""
        for metric in card.metrics:
            if metric.note and metric not in after.metrics and not _still_noted(metric.note, after):
                self._note(
                    f"{card.id}: a note on {metric.metric} went with its figure: {metric.note}"
                )

    def save(self) -> None:
        """Nothing is left: each card was written when its answers were there."""


def _still_noted(note: str, card: "ModelCard") -> bool:
    return any(metric.note == note for metric in card.metrics)


def _refuse_without_editor() -> None:
    from importlib.util import find_spec

    try:
        found = find_spec("ruamel.yaml")
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise UsageError(
            "writing figures into cards needs an extra",
            hint="pip install 'modelcmp[refresh,edit]', or --signals FILE, which does without",
        )


def _edit(path: Path, change: Any) -> None:
    """Change a card's file; raises CardError when it cannot be done without spoiling it."""
    from modelcmp.catalogue.directories import read_bytes
    from modelcmp.catalogue.editing import edit_card
    from modelcmp.catalogue.reader import parse_yaml

    data = read_bytes(path)
    text = data.decode("utf-8")
    edited = edit_card(text, change(parse_yaml(data, str(path)).value), str(path))
    if edited.text != text:
        write_file(path, edited.text)


class SignalsFile:
    """A file of signals as the place that figures are written to."""

    def __init__(
        self, path: Path, figures: "dict[FigureKey, Figure]", day: str, *, write: bool
    ) -> None:
        self.name = str(path)
        self._path = path
        self._read = figures
        self._figures = dict(figures)
        self._answered: set[FigureKey] = set()
        self._day = day
        self._write = write
        self._changed = False

    def held(self, card: "ModelCard") -> "Mapping[FigureKey, Figure]":
        return self._figures

    def take(self, card: "ModelCard", answers: "Sequence[Answer]") -> "ModelCard":
        from modelcmp.catalogue.asking import figures_of
        from modelcmp.catalogue.figures import figure_key, marked_stale, read_over

        came = figures_of(answers)
        self._figures.update(came)
        self._answered |= set(came)
        for answer in answers:
            for metric in answer.missing:
                key = figure_key(metric, answer.repository.name)
                if key in self._figures:
                    self._figures[key] = marked_stale(self._figures[key], self._day)
        self._changed = True
        return read_over(card, self._figures)

    def save(self) -> None:
        """Write the file beside and rename it; one too large to be read again is refused.

        What another run wrote there meanwhile stays, unless this one was given the same figure.
        """
        from modelcmp.catalogue.figures import write_figures
        from modelcmp.catalogue.reader import parse_yaml

        if not (self._changed and self._write):
            return
        with alone(self._path):
            self._take_over(_load_figures(self._path))
            text = write_figures(self._figures.values())
            try:
                parse_yaml(text.encode(), str(self._path))
            except CardError as error:
                raise OutputError(
                    f"{self._path} would be too large to be read again",
                    hint="keep the figures of some models in another file",
                    problems=error.problems,
                ) from None
            write_file(self._path, text)
        self._read = dict(self._figures)
        self._changed = False

    def _take_over(self, now: "Mapping[FigureKey, Figure]") -> None:
        """Take what another run changed in the file since it was read here."""
        for key, figure in now.items():
            read = self._read.get(key)
            if key not in self._answered and (read is None or vars(figure) != vars(read)):
                self._figures[key] = figure


def _load_figures(path: Path) -> "dict[FigureKey, Figure]":
    """Return the figures that a file of signals holds now; raises CardError for any other file."""
    from modelcmp.catalogue.directories import read_bytes
    from modelcmp.catalogue.figures import build_figures, check_figures
    from modelcmp.catalogue.reader import parse_yaml

    if not path.exists():
        return {}
    document = parse_yaml(read_bytes(path), str(path))
    if problems := check_figures(document):
        raise CardError(f"{path} is no file of signals any more", problems=tuple(problems))
    return build_figures(document.value["figures"])
