"""`python -m modelcmp` is the same as `modelcmp`."""

from modelcmp.cli import run

if __name__ == "__main__":
    run()
