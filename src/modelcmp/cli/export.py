"""The command `export`: the whole catalogue, with ranks, for other tools."""

from pathlib import Path
from typing import TYPE_CHECKING

from modelcmp.cli.models import note_unjudged, read_filters
from modelcmp.cli.options import FilterOptions, Options, takes
from modelcmp.cli.session import Session, check_file
from modelcmp.cli.streams import write_file
from modelcmp.errors import OutputError

if TYPE_CHECKING:
    from modelcmp.comparison.listing import Listing


@takes(Options, FilterOptions, formats="jsonl (default), csv or eval-results.")
def export_command(options: Options, filters: FilterOptions) -> None:
    """Write the catalogue, with its ranks, for other tools.

    JSON lines hold everything, CSV one line per model; eval-results are the files that the Hub reads.

    Examples:

      modelcmp export -o models.csv

      modelcmp export --task text-generation | jq -r .id

      mkdir results && modelcmp export --format eval-results -o results/
    """
    from modelcmp.comparison.listing import make_listing
    from modelcmp.render.export import EXPORTS

    formats = {name: row.format for name, row in EXPORTS.items()}
    session = Session(options, default_piped="jsonl", formats=formats)
    chosen = EXPORTS[session.format.id]
    output = options.output
    if output and output.endswith("/") and not Path(output).is_dir():
        raise OutputError(f"{output}: no such folder", hint="make the folder first")
    cards = session.all_cards()
    wanted = read_filters(session, filters, cards)
    listing = make_listing(cards, session.method, wanted, limit=filters.limit)
    if chosen.format.id == "eval-results":
        _note_left_out(session, listing)
    if chosen.format.id == "eval-results" and output and Path(output).is_dir():
        _write_folder(session, Path(output), listing)
    else:
        session.emit_text(chosen.render(listing))
    note_unjudged(session, listing.unknown)


def _write_folder(session: Session, folder: Path, listing: "Listing") -> None:
    """Write one file per model that has results, or compare each with what is there."""
    from modelcmp.render.export import result_file

    registry = listing.method.circumstances.registry
    texts = {model.card.id: result_file(model.card, registry) for model in listing.models}
    for model, text in sorted(texts.items()):
        if not text:
            continue
        path = folder / f"{model}.yaml"
        if not path.resolve().is_relative_to(folder.resolve()):
            raise OutputError(f"{path}: is a link out of the folder", hint="delete the link")
        if session.options.check:
            check_file(path, text)
        else:
            write_file(path, text)
    count = sum(bool(text) for text in texts.values())
    if not session.options.check:
        session.note(f"wrote {count} file{'s' * (count != 1)} into {folder}")


def _note_left_out(session: Session, listing: "Listing") -> None:
    from modelcmp.render.export import unplaced_results

    registry = listing.method.circumstances.registry
    left = sum(unplaced_results(model.card, registry) for model in listing.models)
    if left:
        told = "1 result is" if left == 1 else f"{left} results are"
        session.note(f"{told} left out: the Hub has no leaderboard for the benchmark")
