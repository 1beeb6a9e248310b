"""The commands that look at models one by one: `show`, `list`, `rank`."""

from typing import Annotated

import typer

from modelcmp.cli.options import Options, common
from modelcmp.cli.session import Session, complete_models, read_names
from modelcmp.errors import UnknownNameError, UsageError, did_you_mean

Task = Annotated[
    list[str] | None,
    typer.Option("--task", metavar="TASK", help="Only models for this task; repeatable."),
]
Licence = Annotated[
    list[str] | None,
    typer.Option("--licence", metavar="ID", help="Only this licence or class; repeatable."),
]
Maker = Annotated[
    list[str] | None,
    typer.Option("--maker", metavar="NAME", help="Only models of this maker; repeatable."),
]
OpenWeights = Annotated[
    bool, typer.Option("--open-weights", help="Only models whose weights can be downloaded.")
]
Commercial = Annotated[
    bool,
    typer.Option("--commercial", help="Only models whose terms allow commercial use."),
]
MaxPrice = Annotated[
    float | None,
    typer.Option("--max-price", metavar="USD", help="Only with an offer of at most USD a unit."),
]
MinContext = Annotated[
    int | None,
    typer.Option("--min-context", metavar="TOKENS", help="Only with at least this window."),
]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort", metavar="KEY",
        help="rank, id, released, price, context, parameters or a dimension.",
    ),
]  # fmt: skip
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", help="At most N models.", min=1)]


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
) -> None:  # fmt: skip
    """Show one card, and signal by signal how its rank comes about.

    Examples:

      modelcmp show bakllava

      modelcmp show gpt-4o --profile production --json
    """
    from modelcmp.scoring.rank import rank_model

    session = Session(options)
    names = read_names([name])
    if len(names) != 1:
        raise UsageError("show takes one model", hint="modelcmp compare takes several")
    (card,) = session.find_cards(names)
    model = rank_model(card, session.method)
    session.emit(model, full=full, method=session.method)


@common
def list_command(
    options: Options,
    task: Task = None,
    licence: Licence = None,
    maker: Maker = None,
    open_weights: OpenWeights = False,
    commercial: Commercial = False,
    max_price: MaxPrice = None,
    min_context: MinContext = None,
    sort: Sort = None,
    limit: Limit = None,
) -> None:
    """List the models of the catalogue by id.

    Examples:

      modelcmp list --task text-generation --open-weights

      modelcmp list --maker OpenAI --format tsv | cut -f1,4
    """
    filters = (task, licence, maker, open_weights, commercial, max_price, min_context)
    _list(options, *filters, sort=sort or "id", limit=limit)


@common
def rank_command(
    options: Options,
    task: Task = None,
    licence: Licence = None,
    maker: Maker = None,
    open_weights: OpenWeights = False,
    commercial: Commercial = False,
    max_price: MaxPrice = None,
    min_context: MinContext = None,
    sort: Sort = None,
    limit: Limit = None,
) -> None:
    """Rank the models of the catalogue, the highest first.

    Examples:

      modelcmp rank --task text-to-image --commercial

      modelcmp rank --sort quality --limit 5 --json
    """
    filters = (task, licence, maker, open_weights, commercial, max_price, min_context)
    _list(options, *filters, sort=sort or "rank", limit=limit)


def _list(
    options: Options,
    task: list[str] | None,
    licence: list[str] | None,
    maker: list[str] | None,
    open_weights: bool,
    commercial: bool,
    max_price: float | None,
    min_context: int | None,
    *,
    sort: str,
    limit: int | None,
) -> None:
    from modelcmp.comparison.listing import Filters, check_words, make_listing

    session = Session(options, default_piped="tsv")
    tasks = session.catalogue.registry.tasks
    for name in task or []:
        if name not in tasks:
            raise UnknownNameError(
                f"no task is called {name}",
                hint=did_you_mean(name, tasks) or "tasks are the pipeline tags of Hugging Face",
            )
    if max_price is not None and not max_price >= 0:
        raise UsageError("--max-price takes a price of 0 or more")
    filters = Filters(
        tasks=tuple(task or ()),
        licences=tuple(licence or ()),
        makers=tuple(maker or ()),
        open_weights=open_weights,
        commercial=commercial,
        max_price=max_price,
        min_context=min_context,
    )
    cards = session.all_cards()
    check_words(filters, cards)
    listing = make_listing(cards, session.method, filters, sort=sort, limit=limit)
    session.emit(listing)
    for name, count in listing.unknown.items():
        left = "1 model" if count == 1 else f"{count} models"
        session.note(f"--{name}: the cards of {left} do not say; left out")
