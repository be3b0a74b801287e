"""`# pantheon: ignore[P101] reason`: what is left as it is, and why; and `lint:` for all files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pantheon.editing import Comment, read_comments
from pantheon.errors import InputError, Where
from pantheon.lint._catalogue import find_entry, words
from pantheon.lint._finding import Edit, Finding
from pantheon.lint._view import View
from pantheon.spec import Diagnostic, Severity, did_you_mean

_MARK = "pantheon: ignore"
_COMMENT = re.compile(r"#\s*pantheon:\s*ignore(?:\[([^\]]*)\])?:?\s*(.*)")
META: dict[str, tuple[str, Severity]] = {
    "P190": ("no-reason", "warning"),
    "P191": ("unused-suppression", "warning"),
    "P192": ("unknown-rule", "warning"),
}
"""What is found about suppressions themselves."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment that leaves something as it is."""

    file: str
    comment: Comment
    covers: int
    """The line it is about, from 1."""
    rules: tuple[str, ...]
    """As written."""
    reason: str

    @property
    def numbers(self) -> frozenset[str]:
        """The rules by number."""
        return frozenset(entry.number for word in self.rules if (entry := find_entry(word)))

    def holds(self, finding: Finding) -> bool:
        """Whether it is about this."""
        where = finding.diagnostic.where
        here = where.file == self.file and where.line == self.covers
        return here and bool(self.reason) and finding.number in self.numbers


def suppressions_of(view: View) -> tuple[Suppression, ...]:
    """Every such comment of the project's files."""
    return tuple(found for name in view.names for found in _in_file(view, name))


def _in_file(view: View, name: str) -> Iterator[Suppression]:
    text = view.text(name)
    if _MARK not in text:
        return
    try:
        comments = read_comments(text)
    except InputError:
        return
    lines = view.lines(name)
    for comment in comments:
        match = _COMMENT.match(comment.text)
        if match:
            rules = tuple(word.strip() for word in (match[1] or "").split(",") if word.strip())
            covers = _next_line(lines, comment.line) if comment.alone else comment.line
            yield Suppression(name, comment, covers + 1, rules, match[2].strip())


def _next_line(lines: Sequence[str], line: int) -> int:
    """The next line that holds something."""
    for number in range(line + 1, len(lines)):
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            return number
    return line


def suppress(
    findings: Iterable[Finding], found: Sequence[Suppression], view: View
) -> tuple[Finding, ...]:
    """The findings with the reasons why some are left, and what is wrong with the reasons."""
    ignored = view.project.lint.ignore
    everywhere = {entry.number: why for word, why in ignored.items() if (entry := find_entry(word))}
    by_line: dict[tuple[str, int], list[Suppression]] = {}
    for one in found:
        by_line.setdefault((one.file, one.covers), []).append(one)
    told: list[Finding] = []
    used: set[tuple[Suppression, str]] = set()
    for finding in findings:
        where = finding.diagnostic.where
        held = [one for one in by_line.get((where.file, where.line), ()) if one.holds(finding)]
        used |= {(one, finding.number) for one in held}
        if held:
            told.append(replace(finding, ignored=held[0].reason))
        elif finding.number in everywhere:
            told.append(replace(finding, ignored=everywhere[finding.number], in_source=False))
        else:
            told.append(finding)
    about = [f for one in found for f in _about(one, {n for o, n in used if o is one}, view)]
    return (*told, *about, *_unknown_in_project(view))


# ---------------------------------------------------------------------- about the suppressions


def _about(one: Suppression, used: set[str], view: View) -> Iterator[Finding]:
    if not one.rules or not one.reason:
        what = "which rule" if not one.rules else "why"
        message = f"This suppression does not say {what}, so it holds nothing back."
        yield _finding("P190", one, message, "write `# pantheon: ignore[P101] the reason`", view)
        return
    for word in one.rules:
        entry = find_entry(word)
        if entry is None:
            message, fix = (
                f"There is no rule `{word}`.",
                did_you_mean(word, words(), otherwise=_LIST),
            )
            yield _finding("P192", one, message, fix, view)
        elif entry.number not in used:
            message = f"Nothing here is found by `{word}` any more."
            edit = _without(one, word, view)
            yield replace(_finding("P191", one, message, "remove it", view), edit=edit)


_LIST = "`pantheon explain` lists them"


def _finding(number: str, one: Suppression, message: str, fix: str, view: View) -> Finding:
    name, severity = META[number]
    where = Where(one.file, one.comment.line + 1, one.comment.column + 1)
    place, excerpt = view.locate(where)
    if excerpt is not None:
        excerpt = replace(excerpt, length=len(one.comment.text))
    return Finding(number, Diagnostic(name, message, place, fix, excerpt, severity))


def _without(one: Suppression, word: str, view: View) -> Edit:
    """The comment without this rule; nothing where it was the only one."""
    line, comment = one.comment.line, one.comment
    end = comment.column + len(comment.text)
    if len(one.rules) > 1:
        rest = ", ".join(other for other in one.rules if other != word)
        return Edit(one.file, (line, comment.column), (line, end), _spelled(rest, one.reason))
    if comment.alone:
        return Edit(one.file, (line, 0), (line + 1, 0), "")
    before = view.lines(one.file)[line][: comment.column]
    return Edit(one.file, (line, len(before.rstrip())), (line, end), "")


def _spelled(rules: str, reason: str) -> str:
    return f"# pantheon: ignore[{rules}] {reason}"


def _unknown_in_project(view: View) -> Iterator[Finding]:
    for word, where in view.project.lint.places.items():
        if find_entry(word) is None:
            place, excerpt = view.locate(where)
            fix = did_you_mean(word, words(), otherwise=_LIST)
            name, severity = META["P192"]
            told = Diagnostic(name, f"There is no rule `{word}`.", place, fix, excerpt, severity)
            yield Finding("P192", told)
