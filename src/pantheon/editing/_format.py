"""One layout for every file: indentation, spaces, brackets, quotes; what it means stays.

Comments, anchors, block texts and the order of keys are the author's. What each step has made is
read again and compared: the same values of the same types, every comment, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pantheon.editing._brackets import fold_brackets
from pantheon.editing._comments import Comment, comments_of
from pantheon.editing._layout import Edit, Layout, Unusual
from pantheon.editing._quotes import settle_quotes
from pantheon.editing._tree import Piece, lines_of, parse
from pantheon.errors import InputError

_ROUNDS = 5
"""A step may give an earlier one something to do; two rounds are the rule."""


def format_text(text: str, name: str = "the text") -> str:
    """The text in the house's layout; formatting it again changes nothing.

    Where a file is laid out in a way that cannot be brought into it without a change of meaning,
    only spaces at ends of lines and blank lines are taken away.

    Raises:
        InputError: the text is not YAML.
    """
    root = parse(text, name)
    lines = lines_of(text)
    if root is None:
        return _joined([line.rstrip() for line in lines], raw=set())
    comments = comments_of(lines, root)
    for _ in range(_ROUNDS):
        before, text = text, _once(text, root, comments)
        if text == before:
            break
    return text


def _once(text: str, root: Piece, comments: Sequence[Comment]) -> str:
    """One step after the other; one that would change what the text means is left out."""
    for step in (_lay_out, settle_quotes, fold_brackets):
        found = step(text)
        if found != text and _same(root, comments, found):
            text = found
    return text


def _lay_out(text: str) -> str:
    """Every line where it belongs; where that cannot be, only ends of lines and blank lines go."""
    root, lines = parse(text), lines_of(text)
    if root is None:
        return text
    comments = comments_of(lines, root)
    for attempt in (_whole, _without_brackets, _ends_only):
        try:
            found = attempt(lines, root, comments)
        except Unusual:
            continue
        if _same(root, comments, found):
            return found
    return text


def _same(root: Piece, comments: Sequence[Comment], text: str) -> bool:
    """Whether nothing but the layout has changed."""
    try:
        again = parse(text)
    except InputError:
        return False
    if again is None or again.meaning != root.meaning:
        return False
    return [c.text for c in comments_of(lines_of(text), again)] == [c.text for c in comments]


_Attempt = Callable[[Sequence[str], Piece, Sequence[Comment]], str]


def _whole(lines: Sequence[str], root: Piece, comments: Sequence[Comment]) -> str:
    return _laid_out(lines, root, comments, flows=True)


def _without_brackets(lines: Sequence[str], root: Piece, comments: Sequence[Comment]) -> str:
    return _laid_out(lines, root, comments, flows=False)


def _ends_only(lines: Sequence[str], root: Piece, _: Sequence[Comment]) -> str:
    layout = Layout(lines, flows=False)
    for piece in root.all():
        if piece.style in {"|", ">"}:
            last = piece.end[0] if piece.end[1] else piece.end[0] - 1
            layout.raw.update(range(piece.start[0] + 1, last + 1))
    ended = [line if n in layout.raw else line.rstrip() for n, line in enumerate(lines)]
    return _joined(ended, raw=layout.raw)


def _laid_out(
    lines: Sequence[str], root: Piece, comments: Sequence[Comment], *, flows: bool
) -> str:
    layout = Layout(lines, flows)
    if root.block and root.children:
        layout.walk(root, 0)
    alone = {c.line: c.column for c in comments if c.alone}
    places = layout.indentations(alone)
    done = [_line(n, lines[n], layout, places) for n in range(len(lines))]
    return _joined(done, raw=layout.raw)


def _line(number: int, text: str, layout: Layout, places: dict[int, int]) -> str:
    edits = sorted((e for e in layout.edits if e.line == number), key=_start, reverse=True)
    for edit in edits:
        text = text[: edit.start] + edit.text + text[edit.end :]
    if number not in layout.raw:
        text = text.rstrip()
    if number not in places:
        return text
    return " " * places[number] + text.lstrip(" \t" if number not in layout.raw else " ")


def _start(edit: Edit) -> int:
    return edit.start


def _joined(lines: Sequence[str], *, raw: set[int]) -> str:
    """With at most one blank line at a time and none at the ends, but for those of block scalars."""
    kept: list[tuple[str, bool]] = []
    ended = lines[:-1] if lines and not lines[-1] else lines  # what stands behind the last end
    for number, line in enumerate(ended):
        if number in raw or line or (kept and kept[-1][0]):
            kept.append((line, number in raw))
    while kept and kept[-1] == ("", False):
        kept.pop()
    return "".join(f"{line}\n" for line, _ in kept)
