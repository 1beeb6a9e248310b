"""Text from cards, files and arguments made harmless: one function per kind of output.

Whatever a card says is data. It must never move a cursor, open a link, start a table cell, mention
a person or run a formula.
"""

import re
from html import escape

# C0, DEL, C1, line and paragraph separators, bidi controls, zero width, tags, lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_NO_XML = re.compile("[\ufffe\uffff]")
_WEB = re.compile(r"https?://[^/?#\s]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~#!$])")
# An emoji code may be ended by a colon of ours that follows the text.
_MENTION = re.compile(r"([@#])(?=\w)|(:)(?=[\w+-]+(?::|\Z))")
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto)(:)|\b(www)(\.)")
_NOT_IN_ADDRESS = re.compile(r"[^A-Za-z0-9\-._~%!$&'+,;=:@/?#]")
_FORMULA = re.compile(r"^[=+\-@\t\r＝＋－＠]")
# One slash as well: a path loses the other.
_CREDENTIALS = re.compile(r"(\w:/{1,2})[^/?#\s]*@")
_LINE_START = re.compile(r"^(\s*)(?:(\d{1,9})([.)])(?=\s|$)|([-+=])(?=[-+=\s]|$)|(:)(?=:))")


def visible(text: str) -> str:
    """Return `text` on one line, with every control and invisible character spelled out.

    >>> visible("a\\x1b[31m\\nb")
    'a\\\\x1b[31m b'
    """
    return _INVISIBLE.sub(_spell, text.replace("\r\n", " ").replace("\n", " "))


def _spell(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"U+{code:04X}"


def markdown(text: str) -> str:
    """Return `text` as Markdown that shows it letter by letter, on one line.

    Punctuation with a meaning is escaped; a mention, an issue number, an emoji code and a bare address
    are broken by an entity, since GitHub makes links of them even where Markdown does not.

    >>> markdown("[x](https://y) | <b> @z")
    '\\\\[x\\\\](https&#58;//y) \\\\| \\\\<b\\\\> @&#8288;z'
    """
    text = visible(text).replace("&", "&amp;")
    text = _MENTION.sub(lambda m: m.group() + "\0", text)
    text = _ADDRESS.sub(lambda m: m.group(1) + "\1" if m.group(1) else m.group(3) + "\2", text)
    text = _MARKDOWN.sub(r"\\\1", text)
    text = _LINE_START.sub(_escape_start, text)
    return text.replace("\0", "&#8288;").replace("\1", "&#58;").replace("\2", "&#46;")


def _escape_start(match: re.Match[str]) -> str:
    space, number, mark, *others = match.groups()
    return space + (f"{number}\\{mark}" if number else "\\" + (others[0] or others[1]))


def link(text: str, url: str | None) -> str:
    """Return a Markdown link, or the text alone where there is no address."""
    if url is None:
        return markdown(text)
    return f"[{markdown(text)}](<{_safe_address(url)}>)"


def _safe_address(url: str) -> str:
    return _NOT_IN_ADDRESS.sub(_percent, url)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogatepass"))


def address(url: str | None) -> str | None:
    """Return a web address that may stand in a link, or None for anything else.

    >>> address("https://example.org/a(b)"), address("javascript:alert(1)"), address(None)
    ('https://example.org/a%28b%29', None, None)
    """
    return _safe_address(url) if url is not None and _WEB.match(url) else None


def no_password(text: str) -> str:
    """Return a text in which addresses do without what stands before the @: a name and its password.

    >>> no_password("https://me:secret@example.org/a@b: no such file")
    'https://***@example.org/a@b: no such file'
    """
    return _CREDENTIALS.sub(r"\1***@", text) if ":/" in text else text


def no_command(line: str) -> str:
    """Return a line that a CI runner does not take for one of its commands, indented or not.

    >>> no_command("  ::error::x"), no_command("##[group]")
    ('  : :error::x', '## [group]')
    """
    text = line.lstrip()
    for command, harmless in (("::", ": :"), ("##[", "## [")):
        if text.startswith(command):
            return line.replace(command, harmless, 1)
    return line


def xml(text: str) -> str:
    """Return `text` for inside an element or an attribute of HTML, XML or SVG, on one line.

    >>> xml("<b> & \\uffff")
    '&lt;b&gt; &amp; U+FFFF'
    """
    return escape(_NO_XML.sub(_spell, visible(text)))


def tsv(text: str) -> str:
    """Return `text` as one cell; what a spreadsheet would run as a formula gets a quote mark before.

    >>> tsv("=1+1"), tsv("a\\tb")
    ("'=1+1", 'a b')
    """
    flat = visible(text.replace("\t", " "))
    return f"'{flat}" if _FORMULA.match(flat) else flat


def json_text(text: str) -> str:
    """Return a JSON text in which what cannot be seen is escaped; what it says stays the same.

    JSON itself escapes only what lies below a space, and a terminal obeys more than that.

    >>> json_text('"a\\x9bb"')
    '"a\\\\u009bb"'
    """
    return _INVISIBLE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if match.group() == "\n":  # between values: inside a string it is escaped already
        return "\n"
    units = match.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
