"""Changing files that people write, so that all that is theirs stays: comments, order, spelling.

Formatting, setting and removing single values, and bringing old formats up to date. May use spec.
"""

from __future__ import annotations

from pantheon.editing._change import remove, set_value
from pantheon.editing._comments import Comment, comments_of, read_comments
from pantheon.editing._format import format_text
from pantheon.editing._migrate import CURRENT, STEPS, Migration, Step, plan_migration
from pantheon.editing._spell import spell
from pantheon.editing._tree import Piece, lines_of, parse
from pantheon.editing._write import Rewrite, write_all

__all__ = [
    "CURRENT",
    "Comment",
    "Migration",
    "Piece",
    "Rewrite",
    "STEPS",
    "Step",
    "comments_of",
    "format_text",
    "lines_of",
    "parse",
    "plan_migration",
    "read_comments",
    "remove",
    "set_value",
    "spell",
    "write_all",
]
