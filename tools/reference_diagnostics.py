"""The page of diagnostics, from the linter's catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from pantheon.lint import Entry, Example, catalogue, severities

HEADER = """\
<!-- Written by `./run docs` from pantheon.lint; edits here are lost. -->
# Diagnostics

What `pantheon validate` may find: mistakes and doubts of the loader (P0…), and the rules of the linter
(P1…). `pantheon explain P101` shows one of them; [how they are held back](../how-to/lint.md).
Where an example has no agents, it takes an agent `write` for granted, from a text to a text.
"""


def render() -> str:
    """The page: a table of all, then each with its examples."""
    return "".join([HEADER, *_table(), *(_section(entry) for entry in catalogue())])


def _table() -> Iterator[str]:
    grades = dict(severities())
    yield "\n| number | name | | about |\n|---|---|---|---|\n"
    for entry in catalogue():
        grade = grades[entry.number]
        link = f"[{entry.number}](#{entry.number.lower()}-{entry.name})"
        yield f"| {link} | `{entry.name}` | {grade} | {entry.title} |\n"


def _section(entry: Entry) -> str:
    parts = [f"\n## {entry.number} {entry.name}\n\n{entry.title} {entry.why}\n"]
    if entry.mends:
        parts.append("\n`pantheon validate --fix` mends it.\n")
    for said, example in (("Found in:", entry.bad), ("Not in:", entry.good)):
        if example is not None:
            parts.append(f"\n{said}\n\n```text\n{_shown(example)}```\n")
    return "".join(parts)


def _shown(example: Example) -> str:
    """The example with the files beside it; controls as escapes."""
    text = "".join(c if c == "\n" or c.isprintable() else repr(c)[1:-1] for c in example.text)
    beside = "".join(f"# {name}\n{body.rstrip()}\n" for name, body in example.files.items())
    settings = "".join(f"# --set {setting}\n" for setting in example.settings)
    return f"{text}{beside}{settings}"
