"""What a word of the output means: signals, dimensions, profiles and calls, from their tables."""

from typing import NamedTuple

from modelcmp.catalogue.registry import Benchmark, Registry
from modelcmp.comparison.verdict import CALLS
from modelcmp.errors import UnknownNameError, did_you_mean, squash
from modelcmp.scoring.profiles import PROFILES
from modelcmp.scoring.quality import TIERS
from modelcmp.scoring.rank import ASSUMED
from modelcmp.scoring.scales import LogScale
from modelcmp.scoring.signals import DIMENSIONS, SIGNALS, Signal


class Facts(NamedTuple):
    """A titled table of names and values, with a sentence before it."""

    kind: str
    id: str
    title: str
    text: str
    rows: tuple[tuple[str, str, str], ...]
    """Name, value, and a remark (may be empty)."""
    columns: tuple[str, str, str] = ("", "", "")


def explain(name: str, registry: Registry) -> Facts:
    """Return what `name` means; raises UnknownNameError with suggestions."""
    wanted = name.strip().casefold()
    for signal in SIGNALS:
        if signal.id == wanted:
            return _signal(signal, registry)
    for dimension in DIMENSIONS:
        if dimension.id == wanted:
            return _dimension(wanted)
    if wanted in PROFILES:
        return _profile(wanted)
    if wanted in CALLS:
        call = CALLS[wanted]
        rows = tuple((c.id, c.rule, "this one" if c.id == wanted else "") for c in CALLS.values())
        columns = ("Call", "Rule, from the most cautious to the boldest", "")
        return Facts("call", call.id, call.title, call.meaning, rows, columns)
    if found := [row for row in registry.benchmarks if squash(row.name) == squash(wanted)]:
        return _benchmark(found, registry)
    if wanted in registry.tasks:
        return _task(wanted, registry)
    names = explainable()
    raise UnknownNameError(
        f"nothing here is called {name}",
        hint=did_you_mean(name, explainable(registry))
        or f"there are {', '.join(names)}, every task and every benchmark",
    )


def explainable(registry: Registry | None = None) -> list[str]:
    """Return every word that `explain` knows, those of the registry where one is given."""
    tables = [[s.id for s in SIGNALS], [d.id for d in DIMENSIONS], [*PROFILES], [*CALLS]]
    if registry is not None:
        tables += [[*registry.tasks], list(dict.fromkeys(row.name for row in registry.benchmarks))]
    return [name for table in tables for name in table]


def _benchmark(found: list[Benchmark], registry: Registry) -> Facts:
    name = found[0].name
    tasks = list(dict.fromkeys(row.task for row in found))
    expected = [task for task in registry.expected if name in registry.expected[task]]
    told = f"Expected of {', '.join(expected)}." if expected else "Shown, and not in the expected "
    told += "" if expected else f"set of {', '.join(tasks)}."
    rows = tuple((row.key, scale_text(row), row.why) for row in found)
    columns = ("Result", "Scale", "Why these constants")
    return Facts("benchmark", name, name, told, rows, columns)


def scale_text(row: Benchmark) -> str:
    """Return what scores 0, 50 or 100 by a row, and which way is better, in words."""
    if not row.scored:
        return "not scored"
    if row.reference is not None:
        return f"rating; {row.reference:g} scores 50, frozen on {row.snapshot}"
    better = "less" if row.lower_is_better else "more"
    return f"{row.floor:g} scores 0, {row.ceiling:g} scores 100; {better} is better"


def _task(name: str, registry: Registry) -> Facts:
    task = registry.tasks[name]
    why = registry.expected_why.get(name, "No benchmarks are agreed yet: any three fill the set.")
    rows = [
        ("in", ", ".join(task.input) or "unknown", ""),
        ("out", ", ".join(task.output) or "unknown", ""),
    ]
    rows += [("expected", benchmark, "") for benchmark in registry.expected.get(name, ())]
    rows += [(row.key, scale_text(row), row.why) for row in registry.benchmarks if row.task == name]
    return Facts("task", name, task.name, f"A model for it {task.does}. {why}", tuple(rows))


def _signal(signal: Signal, registry: Registry) -> Facts:
    rows = [
        ("dimension", signal.dimension, ""),
        ("weight", f"{100 * signal.weight:.0f} % of the dimension", ""),
        ("unit", signal.unit, ""),
        ("direction", signal.direction, ""),
        ("scale", signal.scale.describe(), ""),
    ]
    if isinstance(signal.scale, LogScale):
        scale = signal.scale
        # 0, the start and each power of ten up to full marks: enough to see the curve.
        counts = sorted({0.0, scale.starts, *(10.0**n for n in range(1, 9)), scale.full})
        rows += [
            (f"{count:,.0f}", f"{scale.score(count):.1f}", "worked value")
            for count in counts
            if count <= scale.full
        ]
    if signal.id == "licence_class":
        rows += [(g.title, str(g.points), g.meaning) for g in registry.licences.values()]
    if signal.id == "benchmarks":
        rows += [(task, ", ".join(names), "expected") for task, names in registry.expected.items()]
        rows += [
            (tier, f"{value:g}", "evidence tier, scales coverage") for tier, value in TIERS.items()
        ]
    return Facts("signal", signal.id, signal.title, signal.meaning, tuple(rows))


def _dimension(name: str) -> Facts:
    dimension = next(d for d in DIMENSIONS if d.id == name)
    signals = [s for s in SIGNALS if s.dimension == name]
    rows = tuple((s.id, f"{100 * s.weight:.0f} %", s.meaning) for s in signals)
    text = f"{dimension.meaning} Whatever is unknown of it enters as {ASSUMED:.0f} of 100."
    return Facts("dimension", name, dimension.title, text, rows, ("Signal", "Weight", "Meaning"))


def _profile(name: str) -> Facts:
    profile = PROFILES[name]
    total = sum(profile.weights.values())
    rows = tuple(
        (d.id, f"{100 * profile.weights[d.id] / total:g} %", d.meaning) for d in DIMENSIONS
    )
    return Facts("profile", name, name, profile.meaning, rows, ("Dimension", "Weight", "Meaning"))
