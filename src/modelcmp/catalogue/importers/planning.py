"""Drafts + the cards there are -> what each file is to say. Decides all, writes nothing.

A draft joins the card that has its id, or that its name or an alias names. New cards are checked like any other before
anybody may write them, so that one odd row costs one card and no catalogue.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from modelcmp.catalogue.checking import check_card
from modelcmp.catalogue.editing import Difference, edit_card
from modelcmp.catalogue.importers.draft import (
    Draft,
    Imported,
    LeftOut,
    free_aliases,
    give_ids,
    in_order,
    make_id,
    sentence,
)
from modelcmp.catalogue.merging import Kept, merge_card
from modelcmp.catalogue.reader import parse_yaml
from modelcmp.catalogue.registry import Registry
from modelcmp.catalogue.writing import write_yaml
from modelcmp.errors import CardError, UsageError


class There(NamedTuple):
    """The text of a card that is there, and the file it stands in."""

    text: str
    file: str


class Change(NamedTuple):
    """What one card is to say."""

    id: str
    text: str
    differences: tuple[Difference, ...]
    """Against the card that was there; empty for a new one and where nothing changes."""
    kept: tuple[Kept, ...]
    was: There | None


class Plan(NamedTuple):
    """All that an import is to do, and what it leaves out."""

    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...]
    passed_over: tuple[LeftOut, ...]


def plan_import(
    imported: Imported,
    names: Mapping[str, str],
    find: Callable[[str], There | None],
    registry: Registry,
) -> Plan:
    """Return what the drafts of one payload make of the cards there are.

    `names` maps what cards are called, in lower case, to their ids; `find` returns the card of an id.
    """
    drafts, without_id = give_ids(imported.drafts)
    left_out = [*imported.left_out, *without_id]
    joined, twice = _join(drafts, names)
    left_out += twice
    changes = []
    for draft in sorted(free_aliases(joined, dict(names)), key=lambda one: str(one.card["id"])):
        planned = plan_card(in_order(draft.card), find(draft.card["id"]), registry)
        if isinstance(planned, str):
            left_out.append(LeftOut(draft.where, planned))
        else:
            changes.append(planned)
    return Plan(tuple(changes), tuple(left_out), imported.passed_over)


def _join(drafts: Sequence[Draft], names: Mapping[str, str]) -> tuple[list[Draft], list[LeftOut]]:
    """Return the drafts under the ids of the cards they mean, one for each card; others are left out.

    Of several for one card that with its very id counts, then that with the most prices. A model of another
    owner is another model, though it bears the same name.
    """
    repositories: dict[str, set[str]] = {}
    for name, model_id in names.items():
        if "/" in name:
            repositories.setdefault(model_id, set()).add(name)
    chosen: dict[str, Draft] = {}
    twice: list[LeftOut] = []
    for draft in sorted(drafts, key=lambda one: (one.card["id"] not in names, -_prices(one))):
        card = draft.card
        called = [card["id"], *card.get("aliases", ())]
        if card["id"] == make_id(card["name"]):  # a name with namesakes says of nobody who is meant
            called.append(card["name"])
        own = next((names[n.casefold()] for n in called if n.casefold() in names), card["id"])
        if _of_another_owner(called, repositories.get(own, set())):
            own = make_id(draft.full_name) or own
            card = {**card, "id": own}
            draft = draft._replace(card=card)
        if own in chosen:
            twice.append(LeftOut(draft.where, f"means the card {own}, as {chosen[own].where} does"))
        elif own == card["id"]:
            chosen[own] = draft
        else:
            aliases = [*card.get("aliases", ()), card["name"]]
            chosen[own] = draft._replace(card={**card, "id": own, "aliases": aliases})
    return list(chosen.values()), twice


def _of_another_owner(called: Sequence[str], held: set[str]) -> bool:
    """Return whether a draft is owner/name where the card is other-owner/name, and never the same."""
    given = {name.casefold() for name in called if "/" in name}
    short = {name.rpartition("/")[2] for name in held}
    return not given & held and any(name.rpartition("/")[2] in short for name in given)


def _repositories(card: dict[str, Any]) -> set[str]:
    """Return what a card says of where its model lies, as owner/name in lower case."""
    named = [*card.get("aliases", ()), *(m.get("repository", "") for m in card.get("metrics", ()))]
    links = [
        str(url).removeprefix("https://huggingface.co/") for url in card.get("links", {}).values()
    ]
    return {name.casefold() for name in (*named, *links) if re.fullmatch(r"[\w.-]+/[\w.-]+", name)}


def _prices(draft: Draft) -> int:
    return len((draft.card.get("pricing") or {}).get("offers", ()))


def plan_card(brought: dict[str, Any], was: There | None, registry: Registry) -> Change | str:
    """Return what the file of one card is to say, or why it cannot say it."""
    model_id = str(brought["id"])
    try:
        if was is None:
            change = Change(model_id, write_yaml(brought), (), (), None)
        else:
            there = parse_yaml(was.text.encode("utf-8"), was.file)
            if check_card(there, registry):
                return f"its card {was.file} is not valid; modelcmp validate says why"
            held = there.value
            repositories = _repositories(held)
            if _of_another_owner(brought.get("aliases", ()), repositories):
                return f"is not {min(repositories)}, which its card {was.file} is about"
            told = sentence(registry, brought["name"], brought["maker"], brought["tasks"])
            silent = ("summary",) if brought["summary"] == told else ()
            merged = merge_card(held, brought, silent=silent)
            edited = edit_card(was.text, merged.card, was.file)
            change = Change(model_id, edited.text, edited.differences, merged.kept, was)
        document = parse_yaml(change.text.encode("utf-8"), f"{model_id}.yaml")
        problems = check_card(document, registry)
    except CardError as error:
        problems = list(error.problems)
    except UsageError as error:  # without the extra, new cards come in all the same
        return f"{error.message}: {error.hint}"
    if problems:
        first = problems[0]
        return f"{first.field}: {first.message}" if first.field else first.message
    return change
