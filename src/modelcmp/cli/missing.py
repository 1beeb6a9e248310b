"""The command `missing`: which scored facts the cards lack, and what each could change."""

from typing import Annotated

import typer

from modelcmp.cli.models import note_unjudged, read_filters
from modelcmp.cli.options import FilterOptions, Options, takes
from modelcmp.cli.session import Session, complete_models, read_names


@takes(Options, FilterOptions)
def missing_command(
    options: Options,
    filters: FilterOptions,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]...", help="Ids or aliases; every card when left out.",
            autocompletion=complete_models, show_default=False,
        ),
    ] = None,
) -> None:  # fmt: skip
    """Show which scored facts cards lack, the most valuable first.

    A fact is worth what it could do to the rank, were it 0 or 100 where 30 is assumed now.

    Examples:

      modelcmp missing bakllava

      modelcmp missing --task text-to-image --format tsv | head
    """
    from modelcmp.comparison.listing import make_listing
    from modelcmp.comparison.missing import report_missing

    session = Session(options)
    cards = session.find_cards(read_names(names)) if names else session.all_cards()
    cards = list({card.id: card for card in cards}.values())
    listing = make_listing(
        cards, session.method, read_filters(session, filters, cards),
        limit=filters.limit,
    )  # fmt: skip
    session.emit(report_missing([model.card for model in listing.models], session.method))
    note_unjudged(session, listing.unknown)
