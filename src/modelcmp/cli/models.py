"""The commands that look at models one by one: `show`, `list`, `rank`."""

from typing import TYPE_CHECKING, Annotated

import typer

from modelcmp.cli.options import FilterOptions, Images, Options, common, takes
from modelcmp.cli.session import Session, complete_models, open_session, read_names
from modelcmp.errors import UnknownNameError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from modelcmp.catalogue.card import ModelCard
    from modelcmp.comparison.listing import Filters, Listing

Sort = Annotated[
    str | None,
    typer.Option(
        "--sort", metavar="KEY",
        help="rank, id, released, price, context, parameters or a dimension.",
    ),
]  # fmt: skip


@common
def show_command(
    options: Options,
    name: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="Id or alias.", autocompletion=complete_models, show_default=False,
        ),
    ],
    full: Annotated[bool, typer.Option("--full", help="Show every capability.")] = False,
    images: Images = None,
) -> None:  # fmt: skip
    """Show one card, and signal by signal how its rank comes about.

    Examples:

      modelcmp show bakllava

      modelcmp show gpt-4o --profile production --json
    """
    from modelcmp.scoring.rank import rank_model

    session = open_session(options)
    names = read_names([name])
    if len(names) != 1:
        raise UsageError("show takes one model", hint="modelcmp compare takes several")
    (card,) = session.find_cards(names)
    model = rank_model(card, session.method)
    given = session.draw(images, [model])
    session.emit(model, full=full, method=session.method, **given)


@takes(Options, FilterOptions)
def list_command(options: Options, filters: FilterOptions, sort: Sort = None) -> None:
    """List the models of the catalogue by id.

    Examples:

      modelcmp list --task text-generation --open-weights

      modelcmp list --maker OpenAI --format tsv | cut -f1,4
    """
    _list(options, filters, sort or "id")


@takes(Options, FilterOptions)
def rank_command(options: Options, filters: FilterOptions, sort: Sort = None) -> None:
    """Rank the models of the catalogue, the highest first.

    Examples:

      modelcmp rank --task text-to-image --commercial

      modelcmp rank --sort quality --limit 5 --json
    """
    _list(options, filters, sort or "rank")


def _list(options: Options, given: FilterOptions, sort: str) -> None:
    session = open_session(options, default_piped="tsv")
    listing = _make_listing(session, given, sort)
    if session.look_again():
        listing = _make_listing(session, given, sort)
    session.emit(listing)
    note_unjudged(session, listing.unknown)


def _make_listing(session: Session, given: FilterOptions, sort: str) -> "Listing":
    """Return the list asked for; which models a short one holds is kept for the next time."""
    from modelcmp.comparison.listing import make_listing, pack_listing, unpack_listing

    key = None
    if given.limit is not None and (state := session.state()) is not None:
        key = f"list\0{state}\0{sort}\0{given!r}".encode()
        held = session.catalogue.recall(key)
        if held and (found := unpack_listing(held, session.cards_by_id, session.method)):
            return found
    cards = session.all_cards()
    filters = read_filters(session, given, cards)
    listing = make_listing(cards, session.method, filters, sort=sort, limit=given.limit)
    if key is not None and session.catalogue.by_id(session.fingerprint) is not None:
        session.catalogue.keep(key, pack_listing(listing))
    return listing


def read_filters(
    session: Session, given: FilterOptions, cards: "Collection[ModelCard]"
) -> "Filters":
    """Return the filters asked for; a task, licence or maker that nothing has is an error."""
    from modelcmp.comparison.listing import Filters, check_words

    tasks = session.catalogue.registry.tasks
    for name in given.task or []:
        if name not in tasks:
            raise UnknownNameError(
                f"no task is called {name}",
                hint=did_you_mean(name, tasks) or "tasks are the pipeline tags of Hugging Face",
            )
    if given.max_price is not None and not given.max_price >= 0:
        raise UsageError("--max-price takes a price of 0 or more")
    filters = Filters(
        tasks=tuple(given.task or ()),
        licences=tuple(given.licence or ()),
        makers=tuple(given.maker or ()),
        open_weights=given.open_weights,
        commercial=given.commercial,
        max_price=given.max_price,
        min_context=given.min_context,
    )
    check_words(filters, cards)
    return filters


def note_unjudged(session: Session, unknown: dict[str, int]) -> None:
    """Say how many models a filter could not judge, since their cards do not say."""
    for name, count in unknown.items():
        models = "1 model" if count == 1 else f"{count} models"
        session.note(f"--{name}: the cards of {models} do not say; left out")
