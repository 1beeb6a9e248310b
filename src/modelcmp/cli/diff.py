"""The command `diff`: two catalogues, or a git revision and the files at hand."""

from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from modelcmp.cli.options import Options, common
from modelcmp.cli.session import Session, cache_path, warn_of
from modelcmp.errors import GateError, UsageError

if TYPE_CHECKING:
    from modelcmp.catalogue.card import ModelCard
    from modelcmp.catalogue.loading import Catalogue


@common
def diff_command(
    options: Options,
    folders: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[OLD NEW | DIR]", help="Two folders of cards; with --rev the one that git knows.",
            show_default=False,
        ),
    ] = None,
    rev: Annotated[
        str | None,
        typer.Option("--rev", metavar="REV", help="Compare with a git revision: REV, A..B or A...B."),
    ] = None,
    pair: Annotated[
        list[str] | None,
        typer.Option("--pair", metavar="A,B", help="Tell the verdict on two models; repeatable."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 if any card differs, as git diff does.")
    ] = False,
) -> None:  # fmt: skip
    """Show what changed between two catalogues of cards.

    Cards, facts, ranks and verdicts of pairs; both sides are scored by the same tables and day, without
    search evidence. --rev A... compares with the commit where this branch left A.

    Examples:

      modelcmp diff old-cards/ new-cards/

      modelcmp diff --rev origin/main... data --format markdown
    """
    from modelcmp.comparison.changes import find_changes
    from modelcmp.comparison.difference import changes_text, report_changes
    from modelcmp.scoring.profiles import resolve_profile
    from modelcmp.scoring.rank import make_method
    from modelcmp.scoring.values import Circumstances

    session = Session(options)
    pairs = _pairs(session, pair)
    with ExitStack() as stack:
        old, new = _sides(stack, folders or [], rev)
        before, after = _read(old), _read(new)
        profile = resolve_profile(
            session.value("profile"), session.value("profiles"), session.value("weights")
        )
        # One day for both sides, or every rank would move because time went by.
        day = session.day_or(after.catalogue.as_of)
        method = make_method(profile, Circumstances(after.catalogue.registry, day))
        changes = find_changes(
            before.cards, after.cards, method, pairs=pairs,
            unreadable=sorted(before.unreadable | after.unreadable),
        )  # fmt: skip
    session.emit(report_changes(changes, old.title, new.title))
    if exit_code and changes.differ:
        raise GateError(f"the catalogues differ: {changes_text(changes)}")


class Side(NamedTuple):
    """One of the two catalogues: where it lies, and what it is called."""

    folder: Path
    title: str


class ReadSide(NamedTuple):
    """The cards of one side, and the ids of those that could not be read."""

    catalogue: "Catalogue"
    cards: "dict[str, ModelCard]"
    unreadable: set[str]


def _sides(stack: ExitStack, folders: list[str], rev: str | None) -> tuple[Side, Side]:
    if rev is None:
        if len(folders) != 2:
            raise UsageError(
                f"diff takes two folders, not {len(folders)}",
                hint="modelcmp diff OLD NEW, or modelcmp diff --rev main DIR",
            )
        return Side(Path(folders[0]), folders[0]), Side(Path(folders[1]), folders[1])
    if len(folders) > 1:
        raise UsageError("with --rev, diff takes one folder", hint="modelcmp diff --rev main DIR")
    folder = Path(folders[0]) if folders else _own_folder()
    return _revisions(stack, folder, rev)


def _own_folder() -> Path:
    """Return the folder of cards in or below the current one."""
    for folder in (Path(), Path("data")):
        if (folder / "catalogue.yaml").is_file():
            return folder
    raise UsageError("no catalogue.yaml lies here", hint="modelcmp diff --rev main DIR names it")


def _revisions(stack: ExitStack, folder: Path, rev: str) -> tuple[Side, Side]:
    from modelcmp.catalogue.directories import find_root
    from modelcmp.catalogue.revisions import laid_out, merge_base

    find_root(folder)
    dots = "..." if "..." in rev else ".."
    first, given, second = rev.partition(dots)
    if not first:
        raise UsageError(f"--rev {rev} names no older revision", hint="for example --rev main")
    start = merge_base(folder, first, second or "HEAD") if given == "..." else first
    shown = f"{first} ({start[:10]})" if given == "..." else first
    old = Side(stack.enter_context(laid_out(folder, start)), shown)
    if not second:
        return old, Side(folder, str(folder))
    return old, Side(stack.enter_context(laid_out(folder, second)), second)


def _read(side: Side) -> ReadSide:
    from modelcmp.catalogue.loading import load_catalogue

    catalogue = load_catalogue([side.folder], builtin=False, cache=cache_path(), share=True)
    loaded = catalogue.load_all()
    cards = {card.id: card for card in loaded.cards}
    # Files of a revision lie where nobody can look: they are named as git names them.
    root = str(side.folder)
    problems = [
        p._replace(file=f"{side.title}:{p.file.removeprefix(root).lstrip('/')}")
        if root != side.title and p.file.startswith(root)
        else p
        for p in loaded.problems
    ]
    warn_of(problems)
    return ReadSide(catalogue, cards, set(catalogue.paths()) - cards.keys())


def _pairs(session: Session, given: list[str] | None) -> list[tuple[str, str]] | None:
    """Return the pairs asked for: those of the command line, else of the configuration, else None.

    Of a comparison of more than two models in the configuration, every pair is told.
    """
    if given:
        return [_pair(text) for text in given]
    named = session.value("pairs")
    return [pair for models in named for pair in combinations(models, 2)] or None


def _pair(text: str) -> tuple[str, str]:
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise UsageError(f"{text} is no pair of models", hint="write it as A,B")
    return names[0], names[1]
