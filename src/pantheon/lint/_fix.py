"""Mending what is safe to mend: edits of the text, kept only where the project is better for them.

Everything else of a file stays as it is. What was tried and did not make it better is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pantheon.editing import Rewrite
from pantheon.lint._check import Checked
from pantheon.lint._finding import Edit, Finding
from pantheon.lint._slip import is_slip
from pantheon.spec import Diagnostic, reading_instead, text_of

_NAMED = frozenset({
    "bad-type", "bad-value", "nothing-to-change", "type-mismatch", "undeclared-key",
    "unknown-agent", "unknown-flow", "unknown-input", "unknown-key", "unknown-model",
    "unknown-node", "unknown-parameter", "unknown-rule", "unknown-tier", "unknown-variable",
})  # fmt: skip
"""Where `did you mean` names the one thing that can have been meant."""
_MEANT = re.compile(r"did you mean `([\w.-]+)`\?")
_QUOTES = "\"'"
_ROUNDS = 6
_ALONE = 40
"""Edits that are tried one by one where all together do not help."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What would be written, and what is left then."""

    rewrites: tuple[Rewrite, ...]
    mended: tuple[Finding, ...]
    checked: Checked
    """The project as it would be."""


def plan_fixes(root: Path, again: Callable[[], Checked]) -> Fixed:
    """Mend what can be mended, in memory.

    Args:
        root: folder that the names of files in places start from.
        again: looks at the project; texts that are not written yet are read as if they were.
    """
    texts = _Texts(root)
    checked, mended = again(), list[Finding]()
    for _ in range(_ROUNDS):
        wanted = [(f, e) for f in checked.findings if f.counts and (e := texts.edit_of(f))]
        better = _best(texts, wanted, checked, again)
        if better is None:
            break
        checked, done = better
        mended += done
    return Fixed(texts.rewrites(), tuple(mended), checked)


def _best(
    texts: _Texts,
    wanted: Sequence[tuple[Finding, Edit]],
    before: Checked,
    again: Callable[[], Checked],
) -> tuple[Checked, list[Finding]] | None:
    """All of them where that helps, else the first that helps alone."""
    trials = [_apart(wanted), *([pair] for pair in wanted[:_ALONE])] if wanted else []
    for trial in trials:
        changed = texts.with_edits([edit for _, edit in trial])
        with reading_instead(changed):
            after = again()
        if _is_better(before, after, [finding for finding, _ in trial]):
            texts.now = changed
            return after, [finding for finding, _ in trial]
    return None


def _apart(wanted: Sequence[tuple[Finding, Edit]]) -> list[tuple[Finding, Edit]]:
    """Those that do not touch each other, from the first on."""
    found: list[tuple[Finding, Edit]] = []
    for finding, edit in sorted(wanted, key=lambda pair: (pair[1].file, pair[1].start)):
        last = found[-1][1] if found else None
        if last is None or last.file != edit.file or last.end <= edit.start != last.start:
            found.append((finding, edit))
    return found


def _is_better(before: Checked, after: Checked, mended: Sequence[Finding]) -> bool:
    """Nothing new is wrong, and all of this is gone."""
    left = _told(after, "error", "warning", "info")
    if any(_key(finding.diagnostic) in left for finding in mended):
        return False
    if after.project is None:
        places = {f.diagnostic.where for f in mended}
        new = _told(after, "error") - _told(before, "error")
        fresh = [d for f in after.findings if _key(d := f.diagnostic) in new]
        touched = any(d.where in places for d in fresh)  # one mistake in the place of another
        return before.project is None and after.errors <= before.errors and not touched
    if before.project is None:
        return True
    return not _told(after, "error", "warning") - _told(before, "error", "warning")


def _told(checked: Checked, *severities: str) -> set[tuple[str, str, str]]:
    found = (f.diagnostic for f in checked.findings if f.counts)
    return {_key(d) for d in found if d.severity in severities}


def _key(diagnostic: Diagnostic) -> tuple[str, str, str]:
    return diagnostic.code, diagnostic.where.file, diagnostic.message


# ------------------------------------------------------------------------------------ the texts


class _Texts:
    """Files as they would be."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.now: Mapping[Path, str] = {}

    def path(self, name: str) -> Path | None:
        """The file of that name, if it lies below the root."""
        path = (self.root / name).resolve()
        return path if path.is_relative_to(self.root) and path.is_file() else None

    def text(self, path: Path) -> str:
        """The text as it would be."""
        return self.now[path] if path in self.now else text_of(path)

    def edit_of(self, finding: Finding) -> Edit | None:
        """The edit of a finding: its own, or the name that was meant."""
        if finding.edit is not None:
            return finding.edit if self.path(finding.edit.file) else None
        return self.name_meant(finding.diagnostic)

    def name_meant(self, diagnostic: Diagnostic) -> Edit | None:
        """Put the name that was meant in the place of the misspelt one, if that is what stands there."""
        meant, excerpt = _MEANT.fullmatch(diagnostic.fix), diagnostic.excerpt
        path = self.path(diagnostic.where.file)
        if diagnostic.code not in _NAMED or meant is None or excerpt is None or path is None:
            return None
        number, first = diagnostic.where.line - 1, diagnostic.where.column - 1
        lines = self.text(path).split("\n")
        if number >= len(lines) or excerpt.start != first:
            return None
        written = lines[number][first : first + excerpt.length]
        bare = written.strip(_QUOTES)
        if f"`{bare}`" not in diagnostic.message or not is_slip(bare, meant[1]):
            return None
        start = first + written.index(bare)
        return Edit(diagnostic.where.file, (number, start), (number, start + len(bare)), meant[1])

    def with_edits(self, edits: Iterable[Edit]) -> Mapping[Path, str]:
        """All texts, with these edits."""
        changed = dict(self.now)
        # From the end of a file to its beginning, so that places before stay where they are.
        for edit in sorted(edits, key=lambda e: (e.file, e.start), reverse=True):
            path = self.path(edit.file)
            if path is not None:
                changed[path] = _apply(changed.get(path, self.text(path)), edit)
        return changed

    def rewrites(self) -> tuple[Rewrite, ...]:
        """What would be written."""
        made = [
            Rewrite(path, str(path.relative_to(self.root)), _on_disk(path), text)
            for path, text in self.now.items()
        ]
        return tuple(rewrite for rewrite in made if rewrite.changed)


def _on_disk(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


def _apply(text: str, edit: Edit) -> str:
    lines = text.split("\n")
    start, end = (_offset(lines, *spot) for spot in (edit.start, edit.end))
    return text[:start] + edit.text + text[end:]


def _offset(lines: Sequence[str], line: int, column: int) -> int:
    before = sum(len(text) + 1 for text in lines[:line])
    return min(before + column, sum(len(text) + 1 for text in lines) - 1)
