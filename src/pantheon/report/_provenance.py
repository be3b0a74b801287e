"""What a report was made from, by content hash, and how to make the same one again."""

from __future__ import annotations

import platform
from dataclasses import asdict, replace
from typing import cast

import pantheon
from pantheon.ids import Json, hash_json
from pantheon.report._clean import NAME, TITLE, clean
from pantheon.report._json import to_json
from pantheon.report._model import Command, Definition, Morning, Provenance
from pantheon.report._past import Past
from pantheon.report._reasons import typed


def find_provenance(past: Past) -> Provenance:
    """Everything but the report's own hash, which `seal` adds."""
    night = past.period.night
    return Provenance(
        definitions=(*_flows(past), *_agents(past), *_models(past), *_specialists(past)),
        seed=past.period.seed,
        store=clean(past.store.path, TITLE),
        pantheon=pantheon.__version__,
        python=platform.python_version(),
        report_hash="",
        reproduce=Command(
            "Make this report again",
            typed("pantheon report --night", night) if night else "pantheon report",
        ),
    )


def _flows(past: Past) -> list[Definition]:
    found = {(run.flow, run.flow_hash) for run in past.runs}
    return [Definition("flow", clean(name, NAME), hash) for name, hash in sorted(found)]


def _agents(past: Past) -> list[Definition]:
    found = {(row.agent, row.version) for row in past.period_answers()}
    return [Definition("agent", clean(name, NAME), hash) for name, hash in sorted(found)]


def _models(past: Past) -> list[Definition]:
    if past.project is None:
        return []
    return [
        Definition("model", clean(name, NAME), hash_json(_spell(model)))
        for name, model in sorted(past.project.models.items())
    ]


def _spell(model: object) -> Json:
    """A model's definition without the place it was written at: moving a line changes nothing."""
    fields = cast("dict[str, Json]", asdict(cast("Morning", model)))
    return {name: value for name, value in fields.items() if name != "where"}


def _specialists(past: Past) -> list[Definition]:
    agents = sorted({version.agent for version in past.versions.values()})
    current = [past.versions.get(past.store.channels.current(name) or "") for name in agents]
    return [
        Definition("specialist", clean(f"{found.agent}@{found.number}", NAME), found.artifact)
        for found in current
        if found is not None
    ]


def seal(morning: Morning) -> Morning:
    """The report with its own hash: over all but program versions and the store's place.

    Numbers enter with nine digits, so that another machine's last bits change nothing.
    """
    neutral = replace(morning.provenance, pantheon="", python="", store="", report_hash="")
    content = hash_json(_round(to_json(replace(morning, provenance=neutral))))
    return replace(morning, provenance=replace(morning.provenance, report_hash=content))


def _round(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _round(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_round(part) for part in value]
    return f"{value:.9g}" if isinstance(value, float) else value
