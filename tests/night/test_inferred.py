"""What a simulation infers: when outputs are the same, and where records differ."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pantheon.clock import FakeClock
from pantheon.ids import Json, JsonObject
from pantheon.night import (
    SimulationSettings,
    Subject,
    render_table,
    simulate,
    simulation_to_json,
    stream_of,
)
from pantheon.night._fields import compare_fields
from pantheon.night._inferred import infer_same, simulated_agent
from pantheon.spec import Promise, Same, infer_contract, parse_same
from tests.night import world


def same_of(outputs: list[JsonObject]) -> str:
    """The inferred relation of these outputs."""
    rows = stream_of(
        [{"id": str(n), "input": {"text": f"t{n}"}, "output": o} for n, o in enumerate(outputs)]
    ).rows
    contract = infer_contract([(row.input, row.output) for row in rows])
    return str(infer_same(contract.output, rows))


SHAPES: list[tuple[list[JsonObject], str]] = [
    ([{"team": "a"}, {"team": "b"}, {"team": "a"}, {"team": "b"}], "exact"),
    ([{"spam": True}, {"spam": False}], "exact"),
    ([{"reply": "dear a"}, {"reply": "dear b"}], "normalised"),
    ([{"price": 1.5}, {"price": 2}], "numeric(0)"),
    ([{"tags": ["a", "b"]}, {"tags": []}], "set_f1(1)"),
    ([{"items": [{"name": "a"}]}, {"items": []}], "fields"),
    ([{"slots": {"city": "a"}}, {"slots": {}}], "fields"),
    ([{"a": 1, "b": 2}, {"a": 1}], "fields"),
]


@pytest.mark.parametrize(("outputs", "same"), SHAPES)
def test_what_counts_as_the_same_follows_from_the_shape(
    outputs: list[JsonObject], same: str
) -> None:
    """Each shape has one relation; it can be written in a contract."""
    assert same_of(outputs) == same
    assert str(parse_same(same)) == same


def test_a_judge_cannot_be_asked_about_a_recording() -> None:
    """The agent's contract stays, what is inferred takes the judge's place."""
    agent = replace(world.TRIAGE, same=Same("judge", judge="checker"))
    stream = stream_of(world.rows(10))

    made = simulated_agent(
        stream, defined=agent, name=None, promise=Promise(), same=None, cloud="cloud"
    )

    assert (made.same.kind, made.output) == ("exact", agent.output)


def test_records_are_compared_field_by_field() -> None:
    """Fields of an object inside by their path; one that a side lacks differs."""
    agent = replace(world.TRIAGE, same=Same("fields"))
    left: JsonObject = {"intent": "book", "slots": {"city": "Rome", "day": "today"}}
    right: JsonObject = {"intent": "book", "slots": {"city": "Paris"}}

    assert dict(compare_fields(agent, left, right)) == {
        "intent": True,
        "slots.city": False,
        "slots.day": False,
    }
    assert compare_fields(world.TRIAGE, left, right) == ()
    assert compare_fields(agent, None, right) == ()


def test_a_simulation_of_records_with_the_truth_known() -> None:
    """The table tells of fields and of both promises; the JSON has the figures."""
    rows: list[JsonObject] = []
    for row in world.rows(400):
        output = row["output"]
        assert isinstance(output, dict)
        urgent: dict[str, Json] = {"urgent": True} if "card" in world.text_of(row) else {}
        record: JsonObject = {**output, **urgent}
        rows.append({**row, "output": record, "gold": record})
    promise = Promise(disagreement=0.1, confidence=0.9, audit=0.5, quality=0.1)
    settings = SimulationSettings(day=130, promise=promise, judgements=5)

    played = asyncio.run(
        simulate(
            rows,
            settings=settings,
            subject=Subject(embedder=world.EMBEDDER),
            timer=FakeClock(),
        )
    )
    body, table = simulation_to_json(played), render_table(played)
    total = body["total"]
    assert isinstance(total, dict)
    fields = total["fields"]
    assert isinstance(fields, list)

    assert str(played.same) == "fields"
    assert played.total.local.hits > 100
    assert {str(f["field"]) for f in fields if isinstance(f, dict)} == {"team", "urgent"}
    assert "Promise of quality: at most 10 % worse" in table
    assert "Two outputs are the same: fields" in table
    assert "judged: " in table
    assert played.judged <= 5 * 3
