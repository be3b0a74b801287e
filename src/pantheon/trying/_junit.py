"""Results of tests as JUnit XML, which forges and build servers read.

The shape is that of Jenkins' schema `junit-10.xsd`, which others read as well: `testsuites`, a
`testsuite` for each subject and version, a `testcase` for each test, in it `failure`, `error` or
`skipped`. Where a test is written stands in its text: the schema has no place for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from pantheon.clock import iso
from pantheon.text import scrub
from pantheon.trying._testing import CaseReport, CaseResult

_ELEMENTS = {"failed": "failure", "flaky": "failure", "error": "error"}
_LEFT_OUT = ("skipped", "absent")


def to_junit(report: CaseReport, *, at: float) -> str:
    """The document; `at` is when the tests began, in seconds since the epoch."""
    sums = _sums(report.results)
    del sums["skipped"]
    root = ElementTree.Element("testsuites", {"name": "pantheon", **sums})
    suites: dict[tuple[str, str, str], list[CaseResult]] = {}
    for result in report.results:
        subject = result.selected.subject
        suites.setdefault((subject.kind, subject.name, result.version), []).append(result)
    for (kind, name, version), results in suites.items():
        label = f"{kind}.{name}@{version}"
        facts = {"name": label, "timestamp": iso(at).partition(".")[0], **_sums(results)}
        suite = ElementTree.SubElement(root, "testsuite", facts)
        for result in results:
            _add_case(suite, result, label)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _sums(results: Sequence[CaseResult]) -> dict[str, str]:
    """The counts that every suite carries."""
    outcomes = [result.outcome for result in results]
    return {
        "tests": str(len(results)),
        "failures": str(outcomes.count("failed") + outcomes.count("flaky")),
        "errors": str(outcomes.count("error")),
        "skipped": str(sum(outcome in _LEFT_OUT for outcome in outcomes)),
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _add_case(suite: ElementTree.Element, result: CaseResult, label: str) -> None:
    named = {"name": _clean(result.selected.case.name), "classname": label}
    facts = {**named, "time": f"{result.seconds:.3f}"}
    case = ElementTree.SubElement(suite, "testcase", facts)
    if result.outcome in _LEFT_OUT:
        ElementTree.SubElement(case, "skipped", {"message": _clean(result.note)})
    elif result.outcome in _ELEMENTS:
        lines = [f"{problem.check}: {problem.message}" for problem in result.problems]
        kinds = sorted({problem.check for problem in result.problems})
        facts = {"message": _clean(lines[0] if lines else ""), "type": ",".join(kinds)}
        inner = ElementTree.SubElement(case, _ELEMENTS[result.outcome], facts)
        inner.text = _clean("\n".join([*lines, *_told(result)]))
    elif result.attempt is not None:
        said = ElementTree.SubElement(case, "system-out")
        said.text = _clean("\n".join(_told(result)))


def _told(result: CaseResult) -> list[str]:
    """Who answered, what was unusual, and where it is written."""
    who = ", ".join(result.attempt.answered_by) if result.attempt else ""
    lines = [f"answered by: {who}" if who else "", result.note]
    return [*filter(None, lines), f"at {result.selected.case.where}"]


def _clean(text: str) -> str:
    """Only characters that XML 1.0 can carry, and that steer no reader."""
    return "".join(
        c if ord(c) < 0xFFFE or ord(c) > 0xFFFF else "\N{REPLACEMENT CHARACTER}"
        for c in scrub(text)
    )
