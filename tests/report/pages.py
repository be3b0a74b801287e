"""A strict reader of the report's pages: what is not well-formed is an error, not repaired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})
SELF_CLOSED = frozenset({"path", "rect", "circle", "polyline", "polygon"})


@dataclass(slots=True)
class Element:
    """A tag with its attributes, its children and the text directly inside it."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None
    children: list[Element] = field(default_factory=list["Element"])
    text: str = ""

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, *tags: str) -> list[Element]:
        """All elements below with one of these tags."""
        return [element for element in self.walk() if element.tag in tags]

    def all_text(self) -> str:
        """The text of this element and all below it."""
        return self.text + "".join(child.all_text() for child in self.children)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#root", {}, None)
        self._open = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute"
        element = Element(tag, {name: value or "" for name, value in attrs}, self._open)
        self._open.children.append(element)
        if tag not in VOID:
            self._open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SELF_CLOSED, f"<{tag}/> is no empty element of HTML"
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.tag == tag, f"</{tag}> closes <{self._open.tag}>"
        assert self._open.parent is not None
        self._open = self._open.parent

    def handle_data(self, data: str) -> None:
        self._open.text += data

    def finish(self) -> Element:
        self.close()
        assert self._open is self.root, f"<{self._open.tag}> is never closed"
        return self.root


def read_page(html: str) -> Element:
    """The page as a tree; AssertionError where a tag does not match."""
    assert html.startswith("<!doctype html>")
    reader = _Reader()
    reader.feed(html)
    return reader.finish()
