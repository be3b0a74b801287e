"""A changed flow on recorded runs: what would have been otherwise, and what cannot be known."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.agents import SpecialistModel
from pantheon.clock import FakeClock, SystemClock
from pantheon.flows import Runtime
from pantheon.models import ScriptedAnswer, ScriptedModel
from pantheon.spec import Project, load_project
from pantheon.store import Run, Store
from pantheon.trying import Limits, Setup, WhatIf, open_sandbox, paired_mean, what_if

PROJECT = """
version: 1
models:
  cloud: {engine: openai, base_url: "https://api.example.com/v1", model: m, api_key_env: K}
agents:
  triage:
    input: {text: string}
    output: {team: string}
    tiers: [RULES, cloud]
flows:
  support:
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: "TEXT"}}
    output: {team: triage.team}
"""


PAUSE = 0.2
FUNCTION = """  slow:
    input: {text: string}
    output: {size: integer}
    tiers: [{python: "slow:slow"}]
    deterministic: true
"""
CALLED = """      slow: {agent: slow, in: {text: "TEXT"}}
    output: {team: t"""
SLOW = f"""
import time

def slow(text):
    time.sleep({PAUSE})
    return {{"size": len(text)}}
"""


def make(folder: Path, *, rule: str, text: str = "input.text", written: str = PROJECT) -> Project:
    """The project with one rule, and with what the agent is asked."""
    rules = f"{{rules: [{{when: 'contains(input.text, \"{rule}\")', give: {{team: cards}}}}]}}"
    written = written.replace("RULES", rules).replace("TEXT", text)
    (folder / "pantheon.yaml").write_text(written)
    return load_project(folder)


async def record(project: Project, store: Store, texts: Sequence[str]) -> list[Run]:
    """Runs as they come in by day; the cloud answers what the rule does not know."""
    script: list[ScriptedAnswer] = [{"team": "other"} for _ in texts]
    cloud = ScriptedModel(script, name="cloud", remote=True)
    runtime = Runtime(
        project, store, clock=store.clock, load_specialist=_none, models={"cloud": cloud}
    )
    try:
        return [await runtime.run("support", {"text": text}) for text in texts]
    finally:
        await runtime.close()


def _none(_: bytes) -> SpecialistModel:
    raise AssertionError("there is no specialist")


def play(folder: Path, texts: Sequence[str], **changed: str) -> WhatIf:
    """Record runs with one rule, then try them on the changed project."""

    async def both() -> WhatIf:
        clock = FakeClock()
        with Store.open(":memory:", clock=clock) as store:
            runs = await record(make(folder, rule="card"), store, texts)
            draft = make(folder, **changed)
            setup = Setup(Limits(tools="functions"), answers="records", source=store)
            async with open_sandbox(draft, setup, clock=clock) as sandbox:
                return await what_if(sandbox, "support", runs, store)

    return asyncio.run(both())


TEXTS = ("my card", "a transfer", "hello", "card and transfer")


def test_an_unchanged_flow_changes_nothing(tmp_path: Path) -> None:
    """Every outcome is known, and the same; so are the escalations."""
    found = play(tmp_path, TEXTS, rule="card")
    assert (found.known, found.changed.estimate, found.at_most) == (4, 0, 0)
    assert found.escalations.change.estimate == 0
    assert found.escalations.then == 0.5


def test_time_is_counted_alike_then_and_now(tmp_path: Path) -> None:
    """What only calls a function logs nothing by day, and is not held against the changed flow."""
    agents = PROJECT.replace("flows:", FUNCTION + "flows:").replace("    output: {team: t", CALLED)
    (tmp_path / "slow.py").write_text(SLOW)

    async def both() -> WhatIf:
        clock = SystemClock()
        with Store.open(":memory:", clock=clock) as store:
            project = make(tmp_path, rule="card", written=agents)
            runs = await record(project, store, ["my card", "hello"])
            setup = Setup(Limits(tools="functions"), answers="records", source=store)
            async with open_sandbox(project, setup, clock=clock) as sandbox:
                return await what_if(sandbox, "support", runs, store)

    found = asyncio.run(both())
    assert found.known == 2
    assert abs(found.seconds.change.estimate) < PAUSE / 2


def test_a_wider_rule_saves_escalations_and_changes_answers(tmp_path: Path) -> None:
    """The rule answers all; what the cloud had said otherwise is a changed output."""
    found = play(tmp_path, TEXTS, rule="a")
    changed = {str(each.input["text"]) for each in found.runs if each.changed}
    assert changed == {"a transfer"}
    assert found.changed.low < 0.25 < found.changed.high
    assert found.escalations.now == 0.25


def test_what_nobody_was_asked_is_not_known(tmp_path: Path) -> None:
    """A question that was never put has no recorded answer: the run is counted, not left out."""
    found = play(tmp_path, TEXTS, rule="card", text="upper(input.text)")
    assert found.known == 0
    assert math.isnan(found.changed.estimate)
    assert found.at_most == 1
    assert all(each.unknown for each in found.runs)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_the_interval_of_a_mean_holds_it(values: list[float]) -> None:
    """As scipy's own t-interval."""
    from scipy import stats

    reference: Any = stats
    found = paired_mean(values)
    assert found.low <= found.estimate <= found.high
    spread = float(reference.sem(values))
    if spread > 1e-6:
        size, mean = len(values), found.estimate
        low, high = reference.t.interval(0.95, size - 1, loc=mean, scale=spread)
        assert (found.low, found.high) == pytest.approx((low, high), rel=1e-6, abs=1e-6)


def test_one_value_bounds_nothing() -> None:
    """Nor does none."""
    assert paired_mean([3.0]).high == math.inf
    assert math.isnan(paired_mean([]).estimate)
