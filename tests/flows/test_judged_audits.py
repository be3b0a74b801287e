"""Audits of a flow's answers, judged by another agent of the same project."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from pantheon.flows import Runtime
from pantheon.models import ScriptedModel
from pantheon.spec import AgentDef, CloudTier, Promise, Same, expand_contract
from pantheon.store import Store
from tests.flows.building import flow, node
from tests.flows.test_cross_check import BOTH

JUDGE = AgentDef(
    "checker",
    expand_contract({"input": "object", "left": "object", "right": "object"}),
    expand_contract({"same": "boolean"}),
    (CloudTier("judge"),),
)
JUDGED = replace(BOTH, same=Same("judge", judge="checker"), promise=Promise(audit=1.0))


@pytest.mark.parametrize("verdict", [True, False])
def test_the_runtime_finds_the_judge(make_runtime: Any, store: Store, *, verdict: bool) -> None:
    """The verdict is the audit's; the judge's answer belongs to no run."""
    models = {
        "cloud": ScriptedModel([{"team": "cloud x"}], remote=True),
        "judge": ScriptedModel([{"same": verdict}]),
    }
    ask = flow(node("a", "both", given={"text": "input.text"}), output={"team": "a.team"})
    runtime: Runtime = make_runtime(ask, agents=(JUDGED, JUDGE), models=models)

    async def once() -> None:
        await runtime.run("flow", {"text": "x"})
        await runtime.context.settle()

    asyncio.run(once())

    (audit,) = store.audits.list("both")
    (said,) = store.answers.list("checker")
    assert (audit.agrees, audit.judge, said.run) == (verdict, said.id, None)
