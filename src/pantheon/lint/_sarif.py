"""Findings in SARIF 2.1.0, which code hosts and editors read."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from pantheon import __version__
from pantheon.ids import Json, JsonObject
from pantheon.lint._catalogue import catalogue
from pantheon.lint._check import severities
from pantheon.lint._finding import Finding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def to_sarif(findings: Sequence[Finding], *, prefix: str = "") -> JsonObject:
    """One run with every rule of the catalogue and every finding, the ignored ones marked.

    `prefix`: path from where the log is read to the project's folder.
    """
    numbers = {entry.number: at for at, entry in enumerate(catalogue())}
    results: list[Json] = [_result(finding, numbers, prefix) for finding in findings]
    driver: JsonObject = {"name": "pantheon", "version": __version__, "rules": _rules()}
    run: JsonObject = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules() -> list[Json]:
    levels = dict(severities())
    return [
        {
            "id": entry.number,
            "name": entry.name,
            "shortDescription": {"text": entry.title},
            "fullDescription": {"text": entry.why},
            "help": {"text": f"pantheon explain {entry.number}"},
            "defaultConfiguration": {"level": _LEVELS[levels[entry.number]]},
        }
        for entry in catalogue()
    ]


def _result(finding: Finding, numbers: dict[str, int], prefix: str) -> JsonObject:
    told = finding.diagnostic
    result: JsonObject = {
        "ruleId": finding.number,
        "level": _LEVELS[told.severity],
        "message": {"text": f"{told.message} Fix: {told.fix}"},
        "locations": [_location(finding, prefix)],
    }
    if finding.number in numbers:
        result["ruleIndex"] = numbers[finding.number]
    if finding.ignored is not None:
        kind = "inSource" if finding.in_source else "external"
        result["suppressions"] = [{"kind": kind, "justification": finding.ignored}]
    return result


def _location(finding: Finding, prefix: str) -> JsonObject:
    where, excerpt = finding.diagnostic.where, finding.diagnostic.excerpt
    if where.file.startswith(("-", "<")):  # a value of the command line, or made in Python
        return {"logicalLocations": [{"fullyQualifiedName": str(where)}]}
    region: JsonObject = {"startLine": max(1, where.line), "startColumn": max(1, where.column)}
    if excerpt is not None:
        region["endColumn"] = max(1, where.column) + excerpt.length
        region["snippet"] = {"text": excerpt.text}
    uri = quote(f"{prefix}{where.file}".replace("\\", "/"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
