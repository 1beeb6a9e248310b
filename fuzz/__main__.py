"""Looks for bytes that a target does not take: `python -m fuzz reader -max_total_time=120`."""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["modelcmp", "yaml"]):
    from fuzz.targets import TARGETS, seeds


def main() -> None:
    """Fuzz one target; arguments after its name are libFuzzer's. Leaves the process with its code."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: python -m fuzz {'|'.join(TARGETS)} [-max_total_time=SECONDS] ...")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(seeds(name)):
            Path(corpus, str(number)).write_bytes(data)
        bounds = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=65536"]
        atheris.Setup([sys.argv[0], *bounds, *sys.argv[1:], corpus], TARGETS[name])
        atheris.Fuzz()


main()
