"""The documentation as data: pages, their code blocks, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
DIRECTIVE = re.compile(r"<!--\s*(?P<name>not run|prepare):\s*(?P<text>.*?)\s*-->", re.DOTALL)
FILE_COMMENT = re.compile(r"^(?:#|//|<!--|\{#)\s*(?P<path>[\w./-]+\.\w+)\s*(?:-->|#\})?\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: what it is, where it stands, and what the page says about running it."""

    page: str
    line: int
    language: str
    options: dict[str, str]
    text: str
    not_run: str | None = None
    """The reason the page gives for not running it."""
    prepare: str | None = None
    """Commands to run first, in a comment above the block."""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file this block is, by `file=` after the language or a comment in its first line."""
        if "file" in self.options:
            return self.options["file"]
        first = self.text.split("\n", 1)[0]
        match = None if self.language in {"bash", "console"} else FILE_COMMENT.match(first)
        return match["path"] if match else None


@dataclass(frozen=True, slots=True)
class Link:
    """A link or picture, with the line it stands in."""

    page: str
    line: int
    target: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of Markdown."""

    path: str
    blocks: tuple[Block, ...]
    links: tuple[Link, ...]
    anchors: frozenset[str]


def find_pages(root: Path = ROOT) -> list[Page]:
    """The README, the guide for contributors and everything under docs/."""
    top = [root / "README.md", root / "CONTRIBUTING.md"]
    paths = [path for path in top if path.exists()] + sorted((root / "docs").rglob("*.md"))
    return [
        parse_page(str(path.relative_to(root)), path.read_text(encoding="utf-8")) for path in paths
    ]


def parse_page(path: str, text: str) -> Page:
    """Blocks, links and anchors of one page, in the order they stand."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    return Page(
        path,
        blocks=tuple(_blocks(path, tokens)),
        links=tuple(_links(path, tokens)),
        anchors=frozenset(_anchors(tokens)),
    )


def _blocks(page: str, tokens: list[Token]) -> Iterator[Block]:
    directives: dict[str, str] = {}
    for token in tokens:
        if token.type == "html_block":
            found = DIRECTIVE.finditer(token.content)
            directives |= {match["name"]: match["text"] for match in found}
        elif token.type == "fence":
            yield _block(page, token, directives)
            directives = {}
        elif token.type in {"heading_open", "paragraph_open"}:
            directives = {}


def _block(page: str, token: Token, directives: dict[str, str]) -> Block:
    language, *words = token.info.split() or [""]
    options = dict(word.split("=", 1) for word in words if "=" in word)
    line = (token.map or [0])[0] + 1
    return Block(
        page,
        line,
        language,
        options,
        token.content,
        not_run=directives.get("not run"),
        prepare=directives.get("prepare"),
    )


def _links(page: str, tokens: list[Token]) -> Iterator[Link]:
    for token in tokens:
        line = (token.map or [0])[0] + 1
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                yield Link(page, line, str(target))


def _anchors(tokens: list[Token]) -> Iterator[str]:
    """The anchors GitHub gives to headings: lower case, punctuation gone, repeats numbered."""
    seen: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        words = "".join(child.content for child in inline.children or ())
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        yield f"{slug}-{count}" if count else slug
