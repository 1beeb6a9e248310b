"""Pictures for Markdown documents: a file of its own beside the text, and the words in its place."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from modelcmp.comparison.plot import READING, plot_scores
from modelcmp.render.charts import draw_plot
from modelcmp.render.clean import markdown
from modelcmp.scoring.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from modelcmp.scoring.rank import Method, RankedModel

NAME_CHARACTERS = 120
"""Longest name of a picture made of the ids alone; beyond it a digest stands for them."""


class Picture(NamedTuple):
    """A picture: the name of its file, all that it shows in words, and the file's text."""

    name: str
    alt: str
    svg: str


class Image(NamedTuple):
    """What a document shows in the place of a picture: its words and the way to its file."""

    alt: str
    link: str

    def __str__(self) -> str:
        """Return the image in Markdown.

        >>> str(Image("Scores [of] one", "my pictures/one.svg"))
        '![Scores \\\\[of\\\\] one](my%20pictures/one.svg)'
        """
        return f"![{markdown(self.alt)}]({quote(self.link)})"


def picture_scores(models: "Sequence[RankedModel]", method: "Method") -> Picture:
    """Return the picture of models' scores; its name tells models and profile, never the day."""
    plot = plot_scores(models, method)
    alt = f"{plot.title}. {plot.description.removesuffix(READING).strip()}"
    return Picture(
        picture_name([m.card.id for m in models], method.profile.id), alt, draw_plot(plot)
    )


def picture_name(ids: Sequence[str], profile: str) -> str:
    """Return the file name of a picture of these models under a profile.

    >>> picture_name(["a", "b"], "balanced"), picture_name(["a"], "Ours, adjusted")
    ('a-vs-b.svg', 'a-ours-adjusted.svg')
    """
    words = (
        "-".join(re.findall(r"[a-z0-9]+", profile.lower())) if profile != DEFAULT_PROFILE else ""
    )
    name = "-vs-".join(ids)
    if len(name) > NAME_CHARACTERS:
        digest = blake2b(name.encode(), digest_size=6).hexdigest()
        name = f"{ids[0][:60]}-and-{len(ids) - 1}-more-{digest}"
    return f"{name}-{words}.svg" if words else f"{name}.svg"
