"""Documents that stay true: where the blocks of a Markdown text are, and the text with them filled.

A block lies between two comments, each on a line of its own:

    <!-- modelcmp:begin compare bakllava sd35-large -->
    <!-- modelcmp:end -->

Everything outside of blocks stays as it is, character by character. What counts as code, and so is
left alone, is what CommonMark says it is: the parser that Rich brings along decides it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_MENTION = re.compile(r"<!--[ \t]*modelcmp:")
_MARKER = re.compile(
    r"(?P<prefix>[ \t>]*)<!--[ \t]*modelcmp:(?P<word>[^\s>]*?)(?:[ \t]+(?P<rest>.*?))?[ \t]*-->[ \t]*"
)
_HEADING = re.compile(r"^(#{1,6})(?= )", re.MULTILINE)
DEEPEST_HEADING = 6


class Block(NamedTuple):
    """One block: its command, the line of its beginning (from 1) and what lies between the markers.

    `first` and `last` are indexes of lines, `last` excluded. `prefix` is what stands before the
    marker, blanks and quote marks; `level` is that of the heading it stands under, 0 under none.
    """

    command: str
    line: int
    first: int
    last: int
    prefix: str
    level: int


class Trouble(NamedTuple):
    """Something wrong with a marker; `line` and `column` count from 1."""

    line: int
    column: int
    message: str


class _Marker(NamedTuple):
    line: int
    column: int
    word: str
    rest: str
    prefix: str


def find_blocks(text: str) -> tuple[list[Block], list[Trouble]]:
    """Return the blocks of a Markdown text in their order, and everything wrong with its markers.

    >>> find_blocks("<!-- modelcmp:begin show a -->\\n<!-- modelcmp:end -->\\n")[0]
    [Block(command='show a', line=1, first=1, last=1, prefix='', level=0)]
    """
    if not _MENTION.search(text):
        return [], []
    lines = _LINE.findall(text.removeprefix("\ufeff"))
    tokens = _parse(text.removeprefix("\ufeff"))
    markers: list[_Marker] = []
    troubles: list[Trouble] = []
    for number in _comment_lines(tokens, lines):
        found = _read_marker(number, lines[number])
        if isinstance(found, Trouble):
            troubles.append(found)
        else:
            markers.append(found)
    blocks, unpaired = _pair(markers)
    headings = [
        (t.map[0], int(t.tag[1])) for t in tokens if t.type == "heading_open" and not t.level
    ]
    return _under_headings(blocks, headings), sorted(troubles + unpaired)


def fill_blocks(text: str, blocks: Sequence[Block], contents: Sequence[str]) -> str:
    """Return the text with each block holding its content, at the heading level it stands under.

    Contents are Markdown with \\n as line end; they take the line end of their document.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = _LINE.findall(text.removeprefix("\ufeff"))
    for block, content in reversed(list(zip(blocks, contents, strict=True))):
        begin = lines[block.first - 1]
        end_of_line = begin[len(begin.rstrip("\r\n")) :]
        filled = ["", *_deeper(content, block.level).rstrip("\n").split("\n"), ""]
        lines[block.first : block.last] = [
            (block.prefix + line if line else block.prefix.rstrip()) + end_of_line
            for line in filled
        ]
    return mark + "".join(lines)


def _deeper(content: str, level: int) -> str:
    """Return Markdown with its headings `level` levels deeper, none below the sixth.

    >>> _deeper("# A\\n\\n## B\\n", 2)
    '### A\\n\\n#### B\\n'
    """
    return _HEADING.sub(lambda m: "#" * min(DEEPEST_HEADING, len(m.group()) + level), content)


def _parse(text: str) -> list[Any]:
    from markdown_it import MarkdownIt

    # Deeper lists than anybody writes are still read, so that code in them is known for code. What
    # stands inside of a line is parsed only where one of our comments does: it takes most of the time.
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).disable("inline")
    tokens = parser.parse(text)
    for token in tokens:
        if token.type == "inline" and _MENTION.search(token.content):
            token.children = []
            parser.inline.parse(token.content, parser, {}, token.children)
    return tokens


def _comment_lines(tokens: Iterable[Any], lines: Sequence[str]) -> Iterator[int]:
    """Yield the index of each line that holds one of our comments, and not as code or as text."""
    for token in tokens:
        if token.type == "html_block":
            wanted = True
        elif token.type == "inline":
            wanted = any(
                c.type == "html_inline" and _MENTION.match(c.content) for c in token.children
            )
        else:
            continue
        if wanted:
            first, last = token.map
            yield from (n for n in range(first, min(last, len(lines))) if _MENTION.search(lines[n]))


def _read_marker(number: int, line: str) -> _Marker | Trouble:
    mention = _MENTION.search(line)
    column = mention.start() + 1 if mention else 1
    match = _MARKER.fullmatch(line.rstrip("\r\n"))
    if match is None:
        return Trouble(number + 1, column, "a marker stands on a line of its own")
    word, rest = match["word"], match["rest"] or ""
    if word not in ("begin", "end"):
        return Trouble(number + 1, column, f"modelcmp:{word} is no marker; there are begin and end")
    if word == "begin" and not rest:
        return Trouble(number + 1, column, "the block names no command")
    if word == "end" and rest:
        return Trouble(number + 1, column, "an end takes no words")
    return _Marker(number, column, word, rest, match["prefix"])


def _pair(markers: Iterable[_Marker]) -> tuple[list[Block], list[Trouble]]:
    blocks: list[Block] = []
    troubles: list[Trouble] = []
    open_ones: list[_Marker] = []
    for marker in markers:
        if marker.word == "begin":
            if open_ones:
                text = f"begins inside the block of line {open_ones[0].line + 1}"
                troubles.append(Trouble(marker.line + 1, marker.column, text))
            open_ones.append(marker)
        elif not open_ones:
            text = "ends a block that was never begun"
            troubles.append(Trouble(marker.line + 1, marker.column, text))
        else:
            begin = open_ones.pop()
            if not open_ones:
                blocks.append(
                    Block(begin.rest, begin.line + 1, begin.line + 1, marker.line, begin.prefix, 0)
                )
    troubles += [Trouble(m.line + 1, m.column, "the block is never ended") for m in open_ones]
    return blocks, troubles


def _under_headings(blocks: Iterable[Block], headings: Iterable[tuple[int, int]]) -> list[Block]:
    """Return the blocks with the level of the last heading before each, headings in blocks aside."""
    blocks = list(blocks)
    own = [
        (line, level)
        for line, level in headings
        if not any(block.first <= line < block.last for block in blocks)
    ]
    return [
        block._replace(level=next((n for line, n in reversed(own) if line < block.first), 0))
        for block in blocks
    ]
