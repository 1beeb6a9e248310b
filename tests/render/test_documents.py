"""Blocks in Markdown: found where CommonMark sees a comment, filled without touching the rest."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from modelcmp.render.documents import fill_blocks, find_blocks

BEGIN, END = "<!-- modelcmp:begin show a -->", "<!-- modelcmp:end -->"


def filled(text: str, content: str = "new\n") -> str:
    blocks, troubles = find_blocks(text)
    assert troubles == []
    return fill_blocks(text, blocks, [content] * len(blocks))


def test_a_block_is_filled_between_blank_lines() -> None:
    text = f"before\n{BEGIN}\nold\nolder\n{END}\nafter"
    assert filled(text) == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_line_ends_mark_and_last_line_stay(end: str, mark: str, last: str) -> None:
    text = mark + end.join([BEGIN, "old", END, "after"]) + last.replace("\n", end)
    wanted = mark + end.join([BEGIN, "", "new", "", END, "after"]) + last.replace("\n", end)
    assert filled(text) == wanted


def test_mixed_line_ends_outside_stay() -> None:
    text = f"a\r\nb\rc\n{BEGIN}\r\n{END}\n d\t \r\n"
    assert filled(text) == f"a\r\nb\rc\n{BEGIN}\r\n\r\nnew\r\n\r\n{END}\n d\t \r\n"


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{BEGIN}\n{END}\n```\n",
        f"~~~~ md\n{BEGIN}\n~~~\n{END}\n~~~~\n",
        f"````\n```\n{BEGIN}\n```\n````\n",
        f"- item\n\n  ```\n  {BEGIN}\n  {END}\n  ```\n",
        f"1. item\n   - inner\n     ~~~\n     {BEGIN}\n     ~~~\n",
        f"> ```\n> {BEGIN}\n> ```\n",
        f"    {BEGIN}\n    {END}\n",
        f"\t{BEGIN}\n",
        f"```\n{BEGIN}\n{END}\n",
        f"   ```\n   {BEGIN}\n   ```\n",
        f"write `{BEGIN}` and `{END}` around it\n",
        "text that says modelcmp:begin and modelcmp:end\n",
        "",
    ],
)
def test_code_is_left_alone(text: str) -> None:
    assert find_blocks(text) == ([], [])


def test_a_block_after_a_closed_fence_counts() -> None:
    text = f"```\n{BEGIN}\n```\n{BEGIN}\n{END}\n"
    assert [block.line for block in find_blocks(text)[0]] == [4]


def test_a_fence_ends_with_its_list() -> None:
    text = f"- a\n  ```\n  code\n\n{BEGIN}\n{END}\n"
    assert [block.line for block in find_blocks(text)[0]] == [5]


@pytest.mark.parametrize(
    ("text", "troubles"),
    [
        (f"{BEGIN}\n", [(1, 1, "the block is never ended")]),
        (f"a\n\n{END}\n", [(3, 1, "ends a block that was never begun")]),
        (f"{BEGIN}\n\n{BEGIN}\n{END}\n{END}\n", [(3, 1, "begins inside the block of line 1")]),
        (f"text {BEGIN}\n", [(1, 6, "a marker stands on a line of its own")]),
        (f"- {BEGIN}\n", [(1, 3, "a marker stands on a line of its own")]),
        (f"{BEGIN} x\n{END}\n", [(1, 1, "a marker stands on a line of its own"),
                                 (2, 1, "ends a block that was never begun")]),
        ("<!-- modelcmp:begin show\na -->\n", [(1, 1, "a marker stands on a line of its own")]),
        ("<!-- modelcmp:begin -->\n", [(1, 1, "the block names no command")]),
        ("<!-- modelcmp:end a -->\n", [(1, 1, "an end takes no words")]),
        ("<!-- modelcmp:start a -->\n",
         [(1, 1, "modelcmp:start is no marker; there are begin and end")]),
        ("<!-- modelcmp: -->\n", [(1, 1, "modelcmp: is no marker; there are begin and end")]),
        (f"{BEGIN}\n```\n{END}\n", [(1, 1, "the block is never ended")]),
        (f"| a |\n| - |\n| {BEGIN} |\n", [(3, 3, "a marker stands on a line of its own")]),
    ],
)  # fmt: skip
def test_broken_markers_are_named(text: str, troubles: list[tuple[int, int, str]]) -> None:
    assert [tuple(trouble) for trouble in find_blocks(text)[1]] == troubles


def test_headings_go_below_the_one_above() -> None:
    text = f"# One\n\n{BEGIN}\n# Stale\n{END}\n\nTwo\n---\n\n{BEGIN}\n{END}\n"
    content = "# A\n\n## B\n\n\\# no heading\n"
    assert [block.level for block in find_blocks(text)[0]] == [1, 2]
    assert filled(text, content).count("\n## A\n\n### B\n\n\\# no heading\n") == 1
    assert filled(text, content).count("\n### A\n\n#### B\n\n\\# no heading\n") == 1
    assert "\n###### A\n\n###### B\n" in filled(f"###### Six\n{BEGIN}\n{END}\n", content)


def test_lists_and_quotes_hold_their_blocks() -> None:
    assert filled(f"- a\n\n  {BEGIN}\n  {END}\n") == f"- a\n\n  {BEGIN}\n\n  new\n\n  {END}\n"
    assert filled(f"> {BEGIN}\n> {END}\n") == f"> {BEGIN}\n>\n> new\n>\n> {END}\n"


def test_options_may_hold_two_dashes() -> None:
    (block,) = find_blocks("<!-- modelcmp:begin rank --limit 3 -->\n<!--modelcmp:end-->\n")[0]
    assert block.command == "rank --limit 3"


PIECES = st.sampled_from(
    ["text", "# Title", "```", "~~~", "- item", "> quote", "", "", BEGIN, END, f"  {BEGIN}",
     f"    {BEGIN}", f"> {BEGIN}", f"`{END}`", "<details>", "</details>", "    code", "1. one", "| a |"]
)  # fmt: skip
CONTENTS = st.sampled_from(["# A\n\n| a |\n| --- |\n\n- b\n", "new\n", "[^a-1]: note\n"])


@given(st.lists(PIECES, max_size=14).map("\n".join), CONTENTS)
@example(f"```\n{BEGIN}\n\n{END}", "new\n")
def test_filling_twice_changes_nothing_and_nothing_outside(text: str, content: str) -> None:
    blocks, troubles = find_blocks(text)
    if troubles:
        return
    once = fill_blocks(text, blocks, [content] * len(blocks))
    again, broken = find_blocks(once)
    assert not broken and [b.command for b in again] == [b.command for b in blocks]
    assert fill_blocks(once, again, [content] * len(again)) == once
    assert _outside(once) == _outside(text)


def _outside(text: str) -> list[str]:
    lines = text.split("\n")
    inner = {n for b in find_blocks(text)[0] for n in range(b.first, b.last)}
    return [line for number, line in enumerate(lines) if number not in inner]


@given(st.lists(PIECES, max_size=14).map("\n".join))
def test_no_marker_of_a_block_is_code(text: str) -> None:
    code = [
        range(*token.map)
        for token in MarkdownIt("commonmark").parse(text)
        if token.type in ("fence", "code_block") and token.map
    ]
    for block in find_blocks(text)[0]:
        assert not any(block.first - 1 in lines or block.last in lines for lines in code)
