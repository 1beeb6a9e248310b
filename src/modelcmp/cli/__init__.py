"""The command line: parse, load, compute, render, exit. `main` turns errors into exit codes.

0 done, 1 the check that was asked for says no, 2 could not do it, 3 a bug of ours, 130 interrupted,
141 the reader went away.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import sys
from collections.abc import Sequence

from modelcmp.errors import ModelcmpError
from modelcmp.version import __version__

OBJECTS_BEFORE_A_SWEEP = 50_000
"""New objects after which the interpreter looks for cycles; left alone, it looks after 700."""

_NOT_OURS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)
"""Faults of the machine that can come with any file, the program's own among them: no bugs."""


def run() -> None:
    """Run the command of this process and leave it with the exit code."""
    # Hardly anything a short command makes can go before its end. Sweeping for it while modules load
    # and once more at the end was a tenth of a search.
    gc.set_threshold(OBJECTS_BEFORE_A_SWEEP, 20, 20)
    try:
        code = main(sys.argv[1:])
        gc.freeze()
    except KeyboardInterrupt:  # while an error was being told
        code = 130
    if code == 141 and sys.stdout is not None:
        # The interpreter flushes once more on its way out; that must have somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)


def main(argv: Sequence[str]) -> int:
    """Return the exit code of one command line; writes to the standard streams."""
    arguments = list(argv)
    try:
        if arguments == ["--version"]:
            # Answered before Typer is loaded: scripts ask for it all the time.
            from modelcmp.cli.streams import write_out

            write_out(f"modelcmp {__version__}\n")
            return 0
        if _asks_for_nothing(arguments):
            # Nothing was asked for: the help is a diagnostic then, and the code says so.
            with contextlib.redirect_stdout(sys.stderr):
                dispatch([*arguments, "--help"])
            return 2
        return dispatch(arguments)
    except ModelcmpError as error:
        return _report(error, arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141
    except OSError as error:
        if error.errno in _NOT_OURS:
            return _report_system(error)
        return _report_bug(error, arguments)
    except Exception as error:
        return _report_bug(error, arguments)


def _asks_for_nothing(arguments: list[str]) -> bool:
    """Return whether there is no command, or only the name of a group of commands."""
    if len(arguments) > 1 or "_MODELCMP_COMPLETE" in os.environ:
        return False
    from modelcmp.cli.app import GROUPS

    return not arguments or arguments[0] in GROUPS


def dispatch(arguments: list[str], host: object = None) -> int:
    """Return the exit code of a command; `host` is what embeds it (cli/build.py), if anything."""
    import typer

    from modelcmp.cli.app import build_app

    app = build_app(arguments)
    try:
        code = app(arguments, prog_name="modelcmp", standalone_mode=False, obj=host)
    except typer.TyperException as error:
        from modelcmp.errors import UsageError

        format_message = getattr(error, "format_message", None)
        raise UsageError(
            _sentence(format_message() if format_message else str(error)),
            hint=f"{_command_path(error)} --help shows what it takes",
        ) from None
    except typer.Abort:
        return 130
    except SystemExit as leaving:
        # Typer ends with 1 when the reader of its help has gone, and with 0 after completion.
        return 141 if leaving.code == 1 else int(leaving.code or 0)
    return code if isinstance(code, int) else 0


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return text[:1].lower() + text[1:]


def _command_path(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return str(getattr(context, "command_path", None) or "modelcmp")


def _report(error: ModelcmpError, arguments: list[str]) -> int:
    from modelcmp.catalogue.limits import PROBLEMS_LISTED
    from modelcmp.cli.streams import write_err, write_out

    lines = [f"error: {error.message}"]
    lines += [str(problem) for problem in error.problems[:PROBLEMS_LISTED]]
    if len(error.problems) > PROBLEMS_LISTED:
        lines.append(f"and {len(error.problems) - PROBLEMS_LISTED} more")
    if error.hint:
        lines.append(f"hint: {error.hint}")
    write_err(lines)
    if error.exit_code == 2 and _wants_json(arguments) and error.code != "output":
        from modelcmp.render.json import render_error

        problems = [str(problem) for problem in error.problems]
        try:
            write_out(render_error(error.code, error.message, error.hint, problems))
        except (ModelcmpError, BrokenPipeError):
            return error.exit_code
    return error.exit_code


def _wants_json(arguments: list[str]) -> bool:
    """Return whether JSON was asked for, also where the arguments could not be parsed."""
    if "--" in arguments:
        arguments = arguments[: arguments.index("--")]
    named = [word.removeprefix("--format=") for word in arguments if word.startswith("--format=")]
    for number, word in enumerate(arguments[:-1]):
        if word in ("--format", "-f"):
            named.append(arguments[number + 1])
    chosen = named[-1] if named else os.environ.get("MODELCMP_FORMAT", "")
    return "--json" in arguments or chosen == "json"


def _report_system(error: OSError) -> int:
    """Say which file it was that the machine could not open, read or write."""
    from modelcmp.cli.streams import write_err

    where = f"{error.filename}: " if error.filename else ""
    write_err([f"error: {where}{(error.strerror or 'the system failed').lower()}"])
    return 2


def _report_bug(error: Exception, arguments: list[str]) -> int:
    from modelcmp.cli.streams import write_err

    if "--debug" in arguments or os.environ.get("MODELCMP_DEBUG"):
        import traceback

        write_err(traceback.format_exc().splitlines())
    text = f"{type(error).__name__}: {error}"
    write_err(
        [
            f"error: this is a bug in modelcmp {__version__}: {text[:300]}",
            "hint: run it again with --debug and report what it shows",
        ]
    )
    return 3
