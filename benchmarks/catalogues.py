"""Write a made-up catalogue of any size: the cards that benchmarks of large catalogues read.

    python -m benchmarks.catalogues DIR --cards N

Cards differ in size as real ones do: most are short, a few have fifteen capabilities. Card number n is the
same in every catalogue, on every machine, so a larger one holds the smaller one's cards. DIR gets a
catalogue.yaml of its own and one file a card, all in one folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from random import Random

from modelcmp.catalogue.loading import load_catalogue
from modelcmp.catalogue.registry import CapabilityTag, Registry, Task

AS_OF = "2026-11-23"
MAKERS = [f"{name} {kind}" for name in ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse",
          "Hazel", "Ivy", "Juniper") for kind in ("Labs", "Research", "AI", "Systems")]  # fmt: skip
FAMILIES = ["heron", "osprey", "plover", "raven", "siskin", "tern", "wren", "avocet", "bittern", "curlew",
            "dunlin", "egret", "finch", "godwit", "hoopoe", "ibis", "jackdaw", "kestrel"]  # fmt: skip
_SUBJECT_TEXT = """
invoices receipts contracts reports letters reviews tickets recipes lectures podcasts interviews
meetings photos posters drawings maps charts diagrams scans screenshots faces plants birds vehicles
buildings X-rays slides logs tables source code tests poems stories captions subtitles songs voices
languages accents handwriting formulas molecules proteins prices stocks weather traffic sensors
satellites products catalogues
"""
SUBJECTS = _SUBJECT_TEXT.split()
ENDS = ["quickly", "accurately", "offline", "in batches", "step by step", "with timestamps", "with sources",
        "in many languages", "without training", "from long inputs", "on small devices", "at low cost",
        "at high resolution", "with little memory", "for research", "in production"]  # fmt: skip
LICENCES = [
    ("Apache-2.0", "permissive", "allowed"),
    ("MIT", "permissive", "allowed"),
    ("GPL-3.0-only", "copyleft", "allowed"),
    ("LicenseRef-OpenRAIL", "use-restricted", "conditional"),
    ("LicenseRef-community", "community", "conditional"),
    ("CC-BY-NC-4.0", "research", "forbidden"),
]


def main() -> None:
    """Write the catalogue asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--cards", type=int, default=1_000)
    options = parser.parse_args()
    write_catalogue(options.directory, options.cards)


def write_catalogue(directory: Path, cards: int) -> Path:
    """Write `cards` cards into a folder, made if there is none, and return it."""
    registry = load_catalogue(cache=None).registry
    directory.mkdir(parents=True, exist_ok=True)
    about = f"title: {cards} made-up models\nas_of: {AS_OF}\n"
    (directory / "catalogue.yaml").write_text(about, "utf-8")
    for number in range(cards):
        (directory / f"{card_id(number)}.yaml").write_text(card_text(number, registry), "utf-8")
    return directory


def card_id(number: int) -> str:
    """Return the id of card `number`."""
    return f"{FAMILIES[number % len(FAMILIES)]}-{number:06d}"


def card_text(number: int, registry: Registry) -> str:
    """Return card `number` as YAML."""
    random = Random(number)
    tasks = random.sample(list(registry.tasks.values()), 1 + (random.random() < 0.3))
    return "".join(f"{line}\n" for line in _lines(number, random, tasks, registry))


def _lines(number: int, random: Random, tasks: list[Task], registry: Registry) -> Iterator[str]:
    name = f"{FAMILIES[number % len(FAMILIES)].title()} {number}"
    yield f"id: {card_id(number)}"
    yield f"name: {name}"
    yield f"maker: {random.choice(MAKERS)}"
    yield f"summary: {name} {tasks[0].does}, made for {random.choice(SUBJECTS)} {random.choice(ENDS)}."
    yield f"tasks: [{', '.join(task.id for task in tasks)}]"
    yield "modalities:"
    yield f"  input: [{', '.join(tasks[0].input)}]"
    yield f"  output: [{', '.join(tasks[0].output)}]"
    yield from _facts(random)
    yield "capabilities:"
    # Most cards are short: a mean of five capabilities, fifteen at most.
    for place in range(min(15, 1 + int(random.expovariate(1 / 4.5)))):
        yield from _capability(place, random, tasks, list(registry.capability_tags.values()))
    yield f"best_for: [Work on {random.choice(SUBJECTS)} {random.choice(ENDS)}.]"
    yield "sources:"
    yield f"  page: {{title: The page of {name}, url: 'https://example.org/{number}'}}"


def _facts(random: Random) -> Iterator[str]:
    """Yield what a card may leave out: each stands in most of them, all in few."""
    if random.random() < 0.9:
        yield f"released: {{day: 202{random.randint(2, 6)}-{random.randint(1, 9):02d}, source: page}}"
    if random.random() < 0.8:
        name, group, commercial = random.choice(LICENCES)
        yield f"licence: {{id: {name}, licence_class: {group}, commercial: {commercial}, source: page}}"
    if random.random() < 0.8:
        size = int(10 ** random.uniform(8, 11))
        yield f"weights: {{open: {str(random.random() < 0.7).lower()}, parameters: {size}, source: page}}"
    if random.random() < 0.5:
        yield f"context: {{tokens: {2 ** random.randint(11, 20)}, source: page}}"
    if random.random() < 0.4:
        usd = round(10 ** random.uniform(-2, 1), 3)
        yield "pricing:"
        yield "  offers:"
        yield (
            f"    - {{provider: Host, unit: million-tokens, input_usd: {usd}, output_usd: {4 * usd:.3f}, "
            f"source: page, as_of: {AS_OF}}}"
        )
    if random.random() < 0.7:
        downloads = int(10 ** random.uniform(1, 6))
        yield "metrics:"
        yield f"  - {{metric: hf_downloads_30d, value: {downloads}, source: page, as_of: {AS_OF}}}"
        yield f"  - {{metric: hf_likes, value: {downloads // 50}, source: page, as_of: {AS_OF}}}"


def _capability(
    place: int, random: Random, tasks: list[Task], tags: list[CapabilityTag]
) -> Iterator[str]:
    subject, end = random.choice(SUBJECTS), random.choice(ENDS)
    own = place == 0 or random.random() < 0.6
    task, tag = random.choice(tasks), random.choice(tags)
    yield f"  - id: c{place}"
    yield f"    kind: {'task' if own else tag.kind}"
    yield f"    tag: {task.id if own else tag.id}"
    yield f"    title: {subject.capitalize()} {end}"
    yield "    description: >-"
    for _ in range(random.randint(1, 3)):
        yield (
            f"      It {task.does} where {random.choice(SUBJECTS)} meet {random.choice(SUBJECTS)}, "
            f"{random.choice(ENDS)} and {random.choice(ENDS)}."
        )
    if random.random() < 0.3:
        yield f"    unique: Does so for {random.choice(SUBJECTS)} {random.choice(ENDS)} as few others do."
    yield "    claim: stated"
    yield "    source: page"


if __name__ == "__main__":
    main()
