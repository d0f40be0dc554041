"""Marked-up text → plain paragraphs, one a line, as somebody would read them aloud."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from idiolect.tasks.identifiers import spoken_identifier

_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_CODE = re.compile(r"`+([^`]+)`+")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_NEW_PARAGRAPH = re.compile(r"^\s*(?:#{1,6}\s+|[-*+]\s+|\d+[.)]\s+|>\s?|\|)")
_TABLE_LINE = re.compile(r"^[\s|:=+-]*$")
_DIRECTIVE = re.compile(r"^\s*\.\. .*$|^\s*:[\w-]+:(?!`).*$", re.MULTILINE)
_ROLE = re.compile(r":[\w:.+-]+:`([^`<]+?)(?:\s*<[^>]*>)?`")
_UNDERLINE = re.compile(r"^([=~\-^\"'`#*+.])\1{2,}\s*$", re.MULTILINE)
_LITERAL_BLOCK = re.compile(r"::[ \t]*\n(?:[ \t]*\n)+(?:[ \t]+[^\n]*\n|[ \t]*\n)+")
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "li",
        "br",
        "tr",
        "td",
        "th",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "title",
        "section",
        "dt",
        "dd",
        "pre",
    }
)
_UNSAID = frozenset({"script", "style", "code", "head", "template", "svg"})


def markdown_text(text: str) -> str:
    """Markdown without code blocks, addresses and marks. Lines of one paragraph are joined."""
    for pattern in (_FRONT_MATTER, _FENCE, _COMMENT, _IMAGE):
        text = pattern.sub("\n", text)
    text = _CODE.sub(_spoken, _LINK.sub(r"\1", text))
    return _joined(_TAG.sub(" ", text))


def rst_text(text: str) -> str:
    """The same for reStructuredText: without directives, literal blocks and marks."""
    text = _LITERAL_BLOCK.sub("\n\n", text + "\n")
    text = _UNDERLINE.sub("\n", _DIRECTIVE.sub("\n", text))
    return _joined(_CODE.sub(_spoken, _ROLE.sub(r"\1", text)))


def html_text(text: str) -> str:
    """What a page shows, without scripts and code."""
    reader = _Page()
    reader.feed(text)
    reader.close()
    return "".join(reader.said)


def _spoken(found: re.Match[str]) -> str:
    return " ".join(spoken_identifier(word) for word in found[1].split())


def _joined(text: str) -> str:
    paragraphs: list[str] = []
    going = False
    for line in text.splitlines():
        if not line.strip() or _TABLE_LINE.match(line):
            going = False
            continue
        begins = _NEW_PARAGRAPH.match(line)
        said = _NEW_PARAGRAPH.sub("", line).replace("|", ". ").strip()
        if going and not begins:
            paragraphs[-1] += f" {said}"
        else:
            paragraphs.append(said)
        going = begins is None or not begins[0].strip().startswith(("#", "|"))
    return "\n".join(paragraphs)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.unsaid = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's
        self.unsaid += tag in _UNSAID
        if tag in _BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.unsaid = max(0, self.unsaid - (tag in _UNSAID))
        if tag in _BLOCKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unsaid:
            self.said.append(" ".join(data.split()) + " " if data.strip() else " ")
