"""What can go wrong, in the reader's words. Only `cli.run` turns these into text and exit codes."""

from collections.abc import Iterable
from typing import NamedTuple


class CardProblem(NamedTuple):
    """One thing wrong with one file. `line` and `column` count from 1; 0 means the whole file.

    `code` is a row of `catalogue.codes`, which says how bad it is; `hint` is for this one case.
    """

    file: str
    line: int
    column: int
    field: str
    message: str
    code: str = "unreadable"
    hint: str = ""

    def __str__(self) -> str:
        """Return `file:line:column: field: what is wrong`.

        >>> str(CardProblem("a.yaml", 3, 5, "licence.id", "is missing"))
        'a.yaml:3:5: licence.id: is missing'
        >>> str(CardProblem("a.yaml", 0, 0, "", "is larger than 1 MiB"))
        'a.yaml: is larger than 1 MiB'
        """
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return (
            f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"
        )


class ModelcmpError(Exception):
    """Something the user can put right: a message, the problems found, and what to do next.

    `code` is the stable word for scripts (`error.code` in JSON); `exit_code` is 2 unless a subclass
    says otherwise.
    """

    code = "error"
    exit_code = 2

    def __init__(
        self, message: str, *, hint: str | None = None, problems: tuple[CardProblem, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = problems


class UsageError(ModelcmpError):
    """An option or argument that cannot be right, whatever the catalogue holds."""

    code = "usage"


class UnknownNameError(ModelcmpError):
    """A model, signal, profile or call that nothing here is called."""

    code = "unknown-name"


class AmbiguousNameError(ModelcmpError):
    """A name that more than one card claims; the message names each file."""

    code = "ambiguous-name"


class CardError(ModelcmpError):
    """A card or registry file that cannot be used; `problems` holds all that was found."""

    code = "bad-card"


class CatalogueError(ModelcmpError):
    """A catalogue directory that cannot be used."""

    code = "bad-catalogue"


class ConfigError(ModelcmpError):
    """A configuration file or variable that cannot be used."""

    code = "bad-config"


class DocumentError(ModelcmpError):
    """A document whose blocks cannot be filled; `problems` holds all that was found."""

    code = "bad-document"


class OutputError(ModelcmpError):
    """A result that could not be written where it was asked for."""

    code = "output"


class FetchError(ModelcmpError):
    """A host that did not give what it was asked for. `kind` says why, in one word:

    missing, denied, slow, unreachable, broken or wrong; or, where it was not asked to the end, limited,
    given-up (it could not be reached before) or over (the time of the run is up).
    """

    code = "no-answer"

    def __init__(self, kind: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class GateError(ModelcmpError):
    """The check that was asked for says no; the result itself was printed."""

    code = "gate"
    exit_code = 1


def suggest(word: str, candidates: Iterable[str], most: int = 3) -> list[str]:
    """Return up to `most` candidates that look like `word`, the likeliest first.

    Difference matching alone finds nothing for "flux" in "flux.1-dev", parts alone nothing for
    "bakllva" in "bakllava", so both are asked; punctuation and case do not count.

    >>> suggest("bakllva", ["bakllava", "flux.1-dev"])
    ['bakllava']
    >>> suggest("flux", ["bakllava", "flux.1-dev", "flux.1-schnell"])
    ['flux.1-dev', 'flux.1-schnell']
    """
    import difflib

    plain = {candidate: squash(candidate) for candidate in candidates}
    wanted = squash(word)
    if not wanted:
        return []
    parts = [name for name, text in plain.items() if wanted in text or (text and text in wanted)]
    parts.sort(key=lambda name: (not plain[name].startswith(wanted), len(name), name))
    close = difflib.get_close_matches(wanted, sorted(set(plain.values())), n=most, cutoff=0.6)
    alike = [name for text in close for name in sorted(plain) if plain[name] == text]
    return list(dict.fromkeys(parts + alike))[:most]


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Return the hint "did you mean a, b or c?", or None when nothing looks alike."""
    found = suggest(word, candidates)
    if not found:
        return None
    return f"did you mean {' or '.join(filter(None, [', '.join(found[:-1]), found[-1]]))}?"


def squash(text: str) -> str:
    """Return `text` in lower case without punctuation or space: what names are matched by.

    >>> squash("SD 3.5-Large")
    'sd35large'
    """
    return "".join(character for character in text.casefold() if character.isalnum())


def fold(text: str) -> str:
    """Return `text` as names are told apart: without letter case, width, ligatures or composition.

    >>> fold("ＳＤ"), fold("Stra\u00dfe"), fold("e\u0301") == fold("\u00c9")
    ('sd', 'strasse', True)
    """
    if text.isascii():
        return text.casefold()
    from unicodedata import normalize

    return normalize("NFKC", normalize("NFKC", text).casefold())
