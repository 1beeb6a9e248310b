"""Whatever a file of up to 1 MiB holds, reading it gives a card or a refusal, within 2 s and 256 MB.

Each parser reads all of the worst inputs in one process, under limits of the system that are set anew for
each of them: one that takes more ends the process, or runs out of memory, and its name is the last told.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modelcmp.catalogue.limits import FILE_BYTES, NODES

ROOT = Path(__file__).resolve().parent.parent.parent

CHILD = """
import resource, sys
from pathlib import Path

import yaml
from modelcmp.catalogue import loading, reader
from modelcmp.errors import CardError

if sys.argv[2] == "pure":
    reader.PARSER = yaml.SafeLoader
catalogue = loading.load_catalogue(cache=None)
catalogue.get("bakllava")  # everything that one card needs is loaded now
for path in sorted(Path(sys.argv[1]).iterdir()):
    print(path.name, end=" ", flush=True)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    size = pages * resource.getpagesize() + 256 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Whole seconds: at least two are left. The pure parser takes up to 1.5 s where nothing else runs, and
    # more where cores are shared, so that it gets two more before it counts as one that does not end.
    most = int(used.ru_utime + used.ru_stime) + (5 if sys.argv[2] == "pure" else 3)
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
    try:
        catalogue.load(path / "bad.yaml")
        print("card")
    except CardError as error:
        assert error.problems
        print("problem")
"""


def filled(head: str, unit: str, tail: str = "") -> bytes:
    """Return as much of `unit` between head and tail as a file may hold."""
    room = FILE_BYTES - len((head + tail).encode())
    return (head + unit * (room // len(unit.encode())) + tail).encode()


def numbered(line: Callable[[int], str], most: int) -> bytes:
    """Return as many numbered lines as a file may hold, `most` at the most."""
    lines, size = [], 0
    for number in range(most):
        text = line(number)
        size += len(text.encode())
        if size > FILE_BYTES:
            break
        lines.append(text)
    return "".join(lines).encode()


WORST: dict[str, bytes] = {
    "empty lines": filled("", "\n"),
    "blanks": filled("a:", " "),
    "one comment": filled("#", "x", "\n"),
    "comments": filled("", "#\n", "a: 1\n"),
    "one plain word": filled("a: ", "x"),
    "plain words": filled("a: ", "x "),
    "plain over lines": filled("a: x\n", "  x\n"),
    "one double quoted": filled('a: "', "x", '"'),
    "escapes": filled('a: "', "\\n", '"'),
    "long escapes": filled('a: "', "\\U0001F600", '"'),
    "quoted over lines": filled('a: "', "x\n  ", '"'),
    "single quotes": filled("a: '", "''", "'"),
    "open quote": filled('a: "', "x"),
    "literal block": filled("a: |\n", "  x\n"),
    "literal blanks": filled("a: |\n", "\n"),
    "folded block": filled("a: >\n", "  x\n\n"),
    "folded one line": filled("a: >\n  ", "x "),
    "sequence": filled("", "- a\n"),
    "sequence just below the nodes": ("- a\n" * (NODES - 1)).encode(),
    "empty items": filled("", "-\n"),
    "flow sequence": filled("a: [", "x,", "]"),
    "flow of empties": filled("a: [", "[],", "]"),
    "flow pairs": filled("a: {", "? ,", "}"),
    "flow across lines": filled("a: [", "x,\n ", "]"),
    "open brackets": filled("", "["),
    "open braces": filled("", "{"),
    "closing brackets": filled("a: ", "]"),
    "dashes": filled("", "- "),
    "question marks": filled("", "? "),
    "colons": filled("a", ":"),
    "many keys": numbered(lambda n: f"k{n}: 1\n", 10**6),
    "keys just below the nodes": numbered(lambda n: f"k{n}: 1\n", NODES // 2 - 1),
    "unknown fields": numbered(lambda n: f"{'x' * 200}{n}: 1\n", NODES // 2 - 1),
    "one long key": filled("", "k", ": 1\n"),
    "same key": filled("", "a: 1\n"),
    "no key in sight": filled("", "a\n"),
    "nested at the limit": (("- " * 31 + "a\n") * 1_400).encode(),
    "maps in keys": numbered(lambda n: f"k{n}: {{}}\n", NODES // 3),
    "indents": b"".join(b" " * n + b"a:\n" for n in range(1_440)),
    "numbers": filled("a: [", "1.5,", "]"),
    "one number": filled("a: ", "9"),
    "a number of powers": filled("a: 1e", "9"),
    "signs": filled("a: [", "-,", "]"),
    "anchors": filled("", "- &a x\n"),
    "aliases": filled("a: &a x\nb: [", "*a,", "]"),
    "tags": filled("", "- !t x\n"),
    "percent": filled("", "%\n"),
    "documents": filled("", "---\n"),
    "ends": filled("", "...\n"),
    "four-byte letters": filled("a: ", "\U0001f600"),
    "two-byte letters": filled("a: ", "é "),
    "zeros": b"\0" * FILE_BYTES,
    "no UTF-8": b"a: " + b"\x80" * (FILE_BYTES - 3),
    "UTF-16": "a: x\n".encode("utf-16") * (FILE_BYTES // 14),
    "tabs": filled("a:", "\t"),
    "carriage returns": filled("a: x", "\r"),
    "line ends of two": filled("a: x", "\r\n"),
    "many sources": (
        b"id: bad\nname: b\nmaker: m\nsummary: s\ntasks: [text-generation]\n"
        b"modalities: {input: [text], output: [text]}\nsources:\n"
        + numbered(lambda n: f"  s{n}: {{title: t}}\n", 12_000)
    ),
    "many bad sources": (
        b"id: bad\nname: b\nmaker: m\nsummary: s\ntasks: [text-generation]\n"
        b"modalities: {input: [text], output: [text]}\nsources:\n"
        + numbered(lambda n: f"  s{n}: {{titel: t}}\n", 12_000)
    ),
    "many results": (
        b"id: bad\nname: b\nmaker: m\nsummary: s\ntasks: [text-generation]\n"
        b"modalities: {input: [text], output: [text]}\nsources: {p: {title: t}}\nbenchmarks:\n"
        + numbered(
            lambda n: f"  - {{name: b{n}, value: 1, tier: maker, source: p, as_of: '2026'}}\n",
            4_400,
        )
    ),
    "many equal results": (
        b"id: bad\nname: b\nmaker: m\nsummary: s\ntasks: [text-generation]\n"
        b"modalities: {input: [text], output: [text]}\nsources: {p: {title: t}}\nbenchmarks:\n"
        + b"  - {name: b, value: 1, tier: maker, source: p, as_of: '2026'}\n"
        * 4_400
    ),
    "names that nearly mix alphabets": filled("id: bad\nname: ", "мо "),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux")
@pytest.mark.parametrize("parser", ["usual", "pure"])
def test_the_worst_files_are_read_within_their_bounds(parser: str, tmp_path: Path) -> None:
    for name, data in WORST.items():
        assert len(data) <= FILE_BYTES
        (tmp_path / name.replace(" ", "-")).mkdir()
        (tmp_path / name.replace(" ", "-") / "bad.yaml").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), parser],
        env={"PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    told = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0, (told[-1:], done.stderr[-500:])
    assert [name for name, _ in told] == sorted(name.replace(" ", "-") for name in WORST)
