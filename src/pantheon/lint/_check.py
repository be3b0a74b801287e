"""One project → everything that is found in it: mistakes, or doubts with what holds them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pantheon.lint import _agents, _flows, _whole
from pantheon.lint._catalogue import catalogue, find_entry
from pantheon.lint._finding import Finding
from pantheon.lint._rule import RULES, Rule
from pantheon.lint._suppress import META, suppress, suppressions_of
from pantheon.lint._view import Doubt, View
from pantheon.spec import Diagnostic, InvalidProject, Project, Severity

_ = (_agents, _flows, _whole)  # imported for the rules that they enter


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of looking at a project."""

    project: Project | None
    """None: it does not load, and `findings` are the loader's mistakes."""
    findings: tuple[Finding, ...] = ()
    """In the order of the files' lines."""
    errors: int = 0
    """Mistakes in all; of very many only the first are in `findings`."""
    invalid: InvalidProject | None = None
    """What loading raised."""

    def count(self, severity: Severity) -> int:
        """How many findings of this kind count."""
        return sum(f.counts and f.diagnostic.severity == severity for f in self.findings)


def check(
    load: Callable[[], Project],
    more: Callable[[Project], Iterable[Diagnostic]] = lambda _: (),
    *,
    rules: bool = True,
) -> Checked:
    """Load a project and look at it; mistakes are findings, not raised.

    Args:
        load: gives the project, or raises InvalidProject.
        more: further diagnostics about a project that loads.
        rules: whether doubts are looked for at all.
    """
    try:
        project = load()
    except InvalidProject as invalid:
        return Checked(None, tuple(map(_numbered, invalid.diagnostics)), invalid.errors, invalid)
    others = tuple(more(project))
    wrong = [d for d in others if d.severity == "error"]
    if wrong:
        return Checked(None, tuple(map(_numbered, others)), len(wrong), InvalidProject(others))
    findings = lint_project(project, others) if rules else ()
    if not rules:
        findings = tuple(map(_numbered, (*project.warnings, *others)))
    mistakes = sum(f.counts and f.diagnostic.severity == "error" for f in findings)
    return Checked(project, findings, mistakes)


def lint_project(project: Project, others: Iterable[Diagnostic] = ()) -> tuple[Finding, ...]:
    """Everything that is doubtful about a project that loads, suppressed or not."""
    view = View(project)
    levels = _levels(project)
    found = [_numbered(d) for d in (*project.warnings, *others)]
    found += [_made(rule, doubt, view) for rule in RULES.values() for doubt in rule.look(view)]
    told = suppress(dict.fromkeys(found), suppressions_of(view), view)
    graded = (_graded(finding, levels) for finding in told)
    return tuple(sorted(graded, key=_order))


def _levels(project: Project) -> dict[str, Severity]:
    named = project.lint.levels.items()
    return {entry.number: level for word, level in named if (entry := find_entry(word))}


def _made(rule: Rule, doubt: Doubt, view: View) -> Finding:
    where, excerpt = view.locate(doubt.where, doubt.key)
    told = Diagnostic(rule.name, doubt.message, where, doubt.fix, excerpt, rule.severity)
    return Finding(rule.number, told, doubt.edit)


def _numbered(diagnostic: Diagnostic) -> Finding:
    entry = find_entry(diagnostic.code)
    return Finding(entry.number if entry else "P000", diagnostic)


def _graded(finding: Finding, levels: dict[str, Severity]) -> Finding:
    level = levels.get(finding.number)
    if level is None:
        return finding
    return replace(finding, diagnostic=replace(finding.diagnostic, severity=level))


def _order(finding: Finding) -> tuple[str, int, int, str]:
    where = finding.diagnostic.where
    return where.file, where.line, where.column, finding.number


def severities() -> Iterator[tuple[str, Severity]]:
    """Every number with how grave it is where the project says nothing."""
    for entry in catalogue():
        if not entry.rule:
            yield entry.number, entry.grade
    for rule in RULES.values():
        yield rule.number, rule.severity
    for number, (_, severity) in META.items():
        yield number, severity
