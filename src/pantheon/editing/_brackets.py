"""Collections in brackets that stand on several lines, or on one that is too long.

They are put on one line where they fit, else written as a block, one part a line; comments inside
them keep their place among the parts. Expects a text that is indented already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pantheon.editing._comments import Comment, comments_of
from pantheon.editing._layout import STEP, Unusual, respell
from pantheon.editing._spell import spell
from pantheon.editing._tree import Piece, Spot, lines_of, parse

WIDTH = 100
"""Columns of a line; a comment behind it is not counted."""


def fold_brackets(text: str) -> str:
    """The text with every such collection folded or unfolded."""
    root = parse(text)
    lines = lines_of(text)
    if root is None or root.flow:
        return text
    comments = comments_of(lines, root)
    for piece, column in sorted(_candidates(root), key=lambda found: found[0].start, reverse=True):
        writer = _Writer(lines, comments, piece)
        try:
            lines = writer.result(column)
        except Unusual:
            continue
    return "\n".join(lines)


def unfold(text: str, key: str | None = None) -> str:
    """The text with the value of a top-level key, or all of it, as a block instead of in brackets.

    Returned as it is where it stands in none, or cannot stand otherwise.
    """
    root = parse(text)
    lines = lines_of(text)
    piece = root if root is None or key is None else root.get(key)
    if piece is None or not piece.flow or not piece.children or piece.mark:
        return text
    writer = _Writer(lines, comments_of(lines, root), piece)
    try:
        return "\n".join(writer.whole() if key is None else writer.result(STEP, always=True))
    except Unusual:
        return text


def _candidates(piece: Piece) -> Iterator[tuple[Piece, int]]:
    """Collections in brackets that stand in blocks, with the column of their parts as a block."""
    for owner, value in _values(piece):
        if value.flow and value.children and not value.mark:
            yield value, owner.start[1] + STEP
        elif value.block:
            yield from _candidates(value)


def _values(block: Piece) -> Iterator[tuple[Piece, Piece]]:
    """What stands in a block, each with what says its column: a key, or the block itself."""
    if block.kind == "mapping":
        yield from block.pairs
    else:
        yield from ((block, item) for item in block.children)


@dataclass(slots=True)
class _Writer:
    """Writes one collection anew."""

    lines: Sequence[str]
    comments: Sequence[Comment]
    piece: Piece

    def whole(self) -> list[str]:
        """All lines, of a text that is one collection."""
        (first, start), (last, end) = self.piece.start, self.piece.end
        before, after = self.lines[first][:start].strip(), self.lines[last][end:].strip()
        if before:
            raise Unusual  # `--- {`
        block = [*self._block(self.piece, 0), *([after] if after else [])]
        return [*self.lines[:first], *block, *self.lines[last + 1 :]]

    def result(self, column: int, *, always: bool = False) -> list[str]:
        """All lines, with the collection in its new form: a block where it has to be, or always.

        Raises Unusual: it stays as it is.
        """
        (first, start), (last, end) = self.piece.start, self.piece.end
        before, after = self.lines[first][:start], self.lines[last][end:]
        inside = self._inside(self.piece)
        one = None if inside else respell(self.lines, self.piece)
        if one is not None and len(before) + len(one) <= WIDTH and not always:
            new = [f"{before}{one}{after}"]
        elif first != last or end > WIDTH or always:
            new = self._unfolded(before, after, column)
        else:
            new = list(self.lines[first : last + 1])
        return [*self.lines[:first], *new, *self.lines[last + 1 :]]

    def _unfolded(self, before: str, after: str, column: int) -> list[str]:
        """As a block: below its key, or beside its dash."""
        stem, tail = before.rstrip(), after.strip()
        if stem.endswith("-") and not stem.strip(" -"):
            column = len(before)
            written = _behind_dash(before, self._block(self.piece, column))
        elif stem.endswith(":") and stem.strip() != ":":
            written = [stem, *self._block(self.piece, column)]
        else:
            raise Unusual  # its key is on another line
        if tail and self._inside(self.piece):
            return [*written, f"{' ' * column}{tail}"]
        return [f"{written[0]}  {tail}" if tail else written[0], *written[1:]]

    # ------------------------------------------------------------------ the parts, one a line

    def _block(self, piece: Piece, column: int) -> list[str]:
        """The parts of a collection, each on lines of its own that begin at a column."""
        indent, done = " " * column, list[list[str]]()
        waiting = self._inside(piece)
        for first, last in _parts(piece):
            above = [c for c in waiting if _at(c) < first.start]
            inner = [c for c in waiting if first.start <= _at(c) < last.end]
            waiting = waiting[len(above) + len(inner) :]
            _add_comments(done, above, indent)
            done.append(self._part(first, last, column, commented=bool(inner)))
        _add_comments(done, waiting, indent)
        return [line for lines in done for line in lines]

    def _part(self, key: Piece, value: Piece, column: int, *, commented: bool) -> list[str]:
        indent = " " * column
        if key is value:
            return self._item(value, column, commented=commented)
        name = self._scalar(key)
        head = f"{indent}{name}:"
        if value.flow and value.children:
            one = None if commented else respell(self.lines, value)
            if one is not None and len(head) + 1 + len(one) <= WIDTH:
                return [f"{head} {one}"]
            if value.mark:
                raise Unusual
            return [head, *self._block(value, column + STEP)]
        text = self._scalar(value)
        return [f"{head} {text}" if text else head]

    def _item(self, value: Piece, column: int, *, commented: bool) -> list[str]:
        indent = " " * column
        if value.flow and value.children:
            one = None if commented else respell(self.lines, value)
            if one is not None and len(indent) + 2 + len(one) <= WIDTH:
                return [f"{indent}- {one}"]
            if value.mark:
                raise Unusual
            return _behind_dash(f"{indent}- ", self._block(value, column + STEP))
        text = self._scalar(value)
        return [f"{indent}- {text}" if text else f"{indent}-"]

    def _scalar(self, piece: Piece) -> str:
        """A value on one line, as it is written where it stands on one."""
        if piece.flow and piece.children:
            raise Unusual  # a collection as a key
        if piece.start[0] == piece.end[0]:
            return self.lines[piece.start[0]][piece.start[1] : piece.end[1]]
        if piece.mark or piece.flow or (not piece.style and "\n" in piece.value):
            raise Unusual
        return spell(piece.value) if piece.style else piece.value

    def _inside(self, piece: Piece) -> list[Comment]:
        return [c for c in self.comments if piece.start < _at(c) < piece.end]


def _parts(piece: Piece) -> Iterator[tuple[Piece, Piece]]:
    """Key and value of each entry; of each item, twice the item."""
    if piece.kind == "mapping":
        yield from piece.pairs
    else:
        yield from ((item, item) for item in piece.children)


def _add_comments(done: list[list[str]], comments: Sequence[Comment], indent: str) -> None:
    """Put the comments that stand between two parts behind the first, or on lines of their own."""
    for number, comment in enumerate(comments):
        if number == 0 and not comment.alone and done and len(done[-1]) == 1:
            done[-1] = [f"{done[-1][0]}  {comment.text}"]
        else:
            done.append([f"{indent}{comment.text}"])


def _at(comment: Comment) -> Spot:
    return comment.line, comment.column


def _behind_dash(before: str, block: Sequence[str]) -> list[str]:
    """A block whose first part stands beside the dash; comments before it stand above the dash."""
    head = next(n for n, line in enumerate(block) if not line.lstrip().startswith("#"))
    indent = " " * (len(before) - len(before.lstrip()))
    above = [f"{indent}{line.lstrip()}" for line in block[:head]]
    return [*above, f"{before}{block[head].lstrip()}", *block[head + 1 :]]
