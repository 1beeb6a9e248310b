"""Names of models, as people write them in queries and logs."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from modelcmp.errors import squash
from modelcmp.matching.privacy import normalise

_WORDS_IN_NAME = 6
_SHORTEST_NAME = 3


def model_names(names: Iterable[tuple[str, str]]) -> Callable[[str], str | None]:
    """Return a function from a name, in any case and punctuation, to the id it stands for.

    `names` are pairs of a name and its id. A name that two models claim stands for neither.
    """
    exact: dict[str, str] = {}
    loose: dict[str, set[str]] = {}
    for name, model in names:
        exact.setdefault(name.casefold(), model)
        loose.setdefault(squash(name), set()).add(model)

    def resolve(text: str) -> str | None:
        found = exact.get(text.strip().casefold())
        if found is not None:
            return found
        claimed = loose.get(squash(text), set())
        return next(iter(claimed)) if len(claimed) == 1 else None

    return resolve


def names_a_model(names: Iterable[str]) -> Callable[[str], bool]:
    """Return whether a query holds a model's name as words of its own.

    >>> navigates = names_a_model(["FLUX.1 [dev]", "bakllava"])
    >>> navigates("run flux.1 dev locally"), navigates("fluxion capacitors")
    (True, False)
    """
    plain = {squash(normalise(name)) for name in names}
    known = {name for name in plain if len(name) >= _SHORTEST_NAME and not name.isdigit()}
    beginnings = {name[:end] for name in known for end in range(len(name) + 1)}
    # Logs have many queries of few words.
    squashed = lru_cache(65536)(squash)

    def navigates(query: str) -> bool:
        words = [squashed(word) for word in query.split()]
        for start in range(len(words)):
            joined = ""
            for word in words[start : start + _WORDS_IN_NAME]:
                joined += word
                if joined in known:
                    return True
                if joined not in beginnings:
                    break
        return False

    return navigates
