"""A picture in words, for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator

from pantheon.draw._picture import Figure, Link, Picture


def say_picture(picture: Picture) -> str:
    """Every figure in a sentence: what it is, what changed about it, what it follows."""
    return " ".join(_sentences(picture))


def _sentences(picture: Picture) -> Iterator[str]:
    titles = {figure.id: figure.title for figure in picture.figures}
    for figure in picture.figures:
        into = [link for link in picture.links if link.target == figure.id]
        parts = [*(line.text for line in figure.lines), *(_say_link(x, titles) for x in into)]
        status = "" if figure.status == "same" else f" ({figure.status})"
        yield f"{figure.title}{status}{': ' if parts else ''}{'; '.join(parts)}."
        yield from _inner(figure)


def _inner(figure: Figure) -> Iterator[str]:
    if figure.inside is not None:
        yield f"Inside {figure.title}: {say_picture(figure.inside)}"


def _say_link(link: Link, titles: dict[str, str]) -> str:
    status = "" if link.status == "same" else f", {link.status}"
    label = f", {link.label}" if link.label else ""
    return f"after {titles[link.source]}{label}{status}"
