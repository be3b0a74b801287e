"""What differs between two versions of definitions, for people to judge.

`compare` makes one model of two sides; text, HTML and JSON are made from it. A side is working
files, a revision in git, or a recorded version.
"""

from __future__ import annotations

from pantheon.diff._compare import compare
from pantheon.diff._driver import drive
from pantheon.diff._git import PREFIX, load_revision
from pantheon.diff._html import render_html
from pantheon.diff._json import diff_schema, to_json
from pantheon.diff._model import (
    Capability,
    Change,
    CodeChange,
    Consequence,
    ContractNote,
    DefinitionDiff,
    Diff,
    Learned,
    Score,
    SliceScore,
    Source,
    Stamp,
    Word,
)
from pantheon.diff._side import WORKING, release_source, restrict, working_source
from pantheon.diff._terminal import diff_segments, render_text
from pantheon.diff._words import compare_words

__all__ = [
    "PREFIX",
    "WORKING",
    "Capability",
    "Change",
    "CodeChange",
    "Consequence",
    "ContractNote",
    "DefinitionDiff",
    "Diff",
    "Learned",
    "Score",
    "SliceScore",
    "Source",
    "Stamp",
    "Word",
    "compare",
    "compare_words",
    "diff_schema",
    "diff_segments",
    "drive",
    "load_revision",
    "release_source",
    "render_html",
    "render_text",
    "restrict",
    "to_json",
    "working_source",
]
