"""The router learns at night like every other agent: corrected routes become a specialist."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest

from pantheon.agents import give_feedback
from pantheon.clock import FakeClock
from pantheon.errors import WeightsFault
from pantheon.flows import Runtime
from pantheon.learn import load_specialist
from pantheon.models import embedder
from pantheon.night import NightPlan, NightReport, run_night, standard_library_stream
from pantheon.routing import ROUTER, Router
from pantheon.spec import FlowDef, Project, RouterDef
from pantheon.store import Store
from tests.routing.worlds import TEXT

MODULES = ("asyncio", "email", "unittest")
DAY, LATER = 360, 150


def prompts() -> list[tuple[str, str]]:
    """First paragraphs of this Python's own docstrings, and the module each is from."""
    rows = cast("list[Any]", list(standard_library_stream()))
    pairs = [(row["input"]["text"], row["output"]["module"]) for row in rows]
    return [(text, module) for text, module in pairs if module in MODULES][: DAY + LATER]


@pytest.mark.model
@pytest.mark.slow
def test_corrected_routes_are_learned_overnight(tmp_path: Path) -> None:
    """A day of corrections, one night: the specialist then routes what similarity left alone."""
    try:
        embedder().embed(["warm up"])
    except WeightsFault as fault:
        pytest.skip(fault.message)
    clock = FakeClock()
    flows = {name: FlowDef(name, TEXT, {}, {}, description=f"Module {name}") for name in MODULES}
    project = Project(tmp_path, flows=flows, router=RouterDef(flows=MODULES))
    pairs = prompts()

    with Store.open(":memory:", clock=clock) as store:
        runtime = Runtime(
            project, store, clock=clock, load_specialist=load_specialist, embedder=embedder()
        )

        async def teach_and_ask() -> tuple[NightReport, list[tuple[str, str | None, str]]]:
            router = Router(runtime)
            for text, module in pairs[:DAY]:
                clock.advance(60)
                route = await router.route(text)
                give_feedback(
                    store,
                    project,
                    route.answer,
                    verdict="correct",
                    correction={"flow": module},
                    at=clock.now(),
                )
            report = await run_night(runtime, NightPlan(promote="auto", agents=(ROUTER,)))
            after = [(module, await router.route(text)) for text, module in pairs[DAY:]]
            return report, [(module, route.flow, route.tier) for module, route in after]

        report, after = asyncio.run(teach_and_ask())

    (lesson,) = report.lessons
    assert lesson.outcome == "promoted", lesson.reasons
    tiers = Counter(tier for _, _, tier in after)
    learned = [(module, flow) for module, flow, tier in after if tier == "specialist"]
    assert tiers["specialist"] >= LATER / 4
    assert sum(module == flow for module, flow in learned) >= 0.85 * len(learned)
