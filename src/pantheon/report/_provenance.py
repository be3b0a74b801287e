"""What a report was made from, by content hash, and how to make the same one again."""

from __future__ import annotations

import platform
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, cast

import pantheon
from pantheon.ids import Json, hash_json
from pantheon.report._clean import NAME, TITLE, clean
from pantheon.report._json import to_json
from pantheon.report._model import Command, Definition, Morning, Provenance
from pantheon.report._past import Past
from pantheon.report._reasons import typed

if TYPE_CHECKING:
    from pantheon.store import Version


def find_provenance(past: Past) -> Provenance:
    """Everything but the report's own hash, which `seal` adds."""
    night = past.period.night
    return Provenance(
        definitions=(
            *_flows(past),
            *_agents(past),
            *_models(past),
            *_weights(past),
            *_specialists(past),
        ),
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


def _weights(past: Past) -> list[Definition]:
    """Weights by name that the project's models use; a file given by its path has no known hash."""
    from pantheon.models import hashes_of

    models = past.project.models.values() if past.project else ()
    named = sorted({model.weights for model in models if model.weights})
    return [
        Definition("weights", clean(f"{name}/{file}", NAME), f"sha256:{digest}")
        for name in named
        for file, digest in hashes_of(name)
    ]


def _deployed(past: Past) -> list[Version]:
    agents = sorted({version.agent for version in past.versions.values()})
    current = [past.versions.get(past.store.channels.current(name) or "") for name in agents]
    return [version for version in current if version is not None]


def _specialists(past: Past) -> list[Definition]:
    """What fills the slots now, and the embedders they were trained with."""
    deployed = _deployed(past)
    embedders = sorted({str(v.evidence["embedder"]) for v in deployed if "embedder" in v.evidence})
    return [
        *(
            Definition("specialist", clean(f"{v.agent}@{v.number}", NAME), v.artifact)
            for v in deployed
        ),
        *(Definition("embedder", "of specialists", clean(name, TITLE)) for name in embedders),
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
