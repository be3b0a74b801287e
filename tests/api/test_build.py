"""Definitions made in Python are those that YAML makes, and are checked in the same way."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pantheon import (
    agent,
    budget,
    cloud,
    command,
    condition,
    flow,
    guard,
    human,
    invert,
    leaf,
    node,
    once,
    parallel,
    project,
    prompt,
    python,
    repeat,
    retry,
    rules,
    selector,
    sequence,
    specialist,
    timeout,
)
from pantheon.errors import UsageError
from pantheon.spec import InvalidProject, Project, load_project
from tests.api.world import GIVEN, SHOUT, TEXT, shout

SHOUT_NAME = "tests.api.world:shout"


RULE: dict[str, Any] = {"when": 'contains(input.text, "card")', "give": {"team": "cards"}}
TIERS: list[Any] = [
    {"rules": [RULE]},
    "specialist",
    {"python": {"function": SHOUT_NAME, "timeout": "5s"}},
    {"python": SHOUT_NAME},
    {"prompt": {"template": "Which team?", "min_confidence": 0.5}},
    {"command": {"argv": ["sort", "{text}"], "timeout": 3}},
    {"cloud": {"max_tokens": 7}},
    {"human": {"question": "Which team is it?"}},
]
WRITTEN: dict[str, Any] = {
    "limits": {"cpu": 2},
    "agents": {
        "desk": {
            "description": "Which team?",
            "input": {"text": "string", "count": "integer"},
            "output": {"team": {"enum": ["cards", "other"]}},
            "tiers": TIERS,
            "promise": {"disagreement": "5%", "quality": 0.01},
            "same": "normalised",
            "critical": [{"team": "cards"}],
            "validators": [SHOUT_NAME],
            "resources": {"cpu": 1},
        },
        "shout": {"input": TEXT, "output": TEXT, "tiers": [{"python": SHOUT_NAME}]},
    },
    "flows": {
        "again": {
            "input": TEXT,
            "nodes": {"inner": {"flow": "route", "in": GIVEN}},
            "output": "inner",
        },
        "route": {
            "input": TEXT,
            "nodes": {
                "desk": {
                    "agent": "desk",
                    "in": {"text": "input.text", "count": "3"},
                    "retry": 3,
                },
                "pause": {"wait": {"for": 7200.0}, "after": ["desk"]},
                "say": {
                    "agent": "shout",
                    "in": GIVEN,
                    "when": 'desk.team == "other"',
                    "after": ["pause"],
                },
            },
            "output": {"team": "desk.team", "said": "say.text"},
            "priority": 2,
        },
    },
}


def from_yaml(root: Path, body: dict[str, Any]) -> Project:
    """The project that a file says; JSON is YAML."""
    (root / "pantheon.yaml").write_text(json.dumps(body))
    return replace(load_project(root), files=())


def outcome(make: Callable[[], Project]) -> Project | set[tuple[str, str]]:
    """The project, or every mistake."""
    try:
        return make()
    except InvalidProject as invalid:
        return {(d.code, d.message) for d in invalid.diagnostics}


# ------------------------------------------------------------------------- the same as in YAML


def test_a_project_made_in_python_is_the_one_in_the_file(tmp_path: Path) -> None:
    """Every kind of tier, types of Python as short types, functions and definitions by themselves."""
    desk = agent(
        "desk",
        input={"text": str, "count": int},
        output={"team": {"enum": ["cards", "other"]}},
        tiers=[
            rules(RULE), specialist(), python(shout, timeout="5s"), shout,
            prompt("Which team?", min_confidence=0.5), command("sort", "{text}", timeout=3),
            cloud(max_tokens=7), human("Which team is it?"),
        ],
        description="Which team?",
        promise={"disagreement": "5%", "quality": 0.01},
        same="normalised",
        critical=[{"team": "cards"}],
        validators=[shout],
        resources={"cpu": 1},
    )  # fmt: skip
    route = flow(
        "route",
        input={"text": str},
        nodes={
            "desk": node(desk, given={"text": "input.text", "count": "3"}, retry=3),
            "pause": node(wait={"for": timedelta(hours=2)}, after=["desk"]),
            "say": node(SHOUT, given=GIVEN, when='desk.team == "other"', after=("pause",)),
        },
        output={"team": "desk.team", "said": "say.text"},
        priority=2,
    )
    again = flow(
        "again", input=TEXT, nodes={"inner": node(flow=route, given=GIVEN)}, output="inner"
    )
    models = {"cloud": {"engine": "openai", "base_url": "http://127.0.0.1:9/v1", "model": "big"}}
    made = project(again, models=models, limits={"cpu": 2}, root=tmp_path)

    assert made == from_yaml(tmp_path, {**WRITTEN, "models": models})


names = st.sampled_from(["a", "b", "c", "d", "e"])
bodies = st.fixed_dictionaries(
    {},
    optional={
        "when": st.just('input.text != ""'),
        "retry": st.integers(1, 5) | st.just({"attempts": 2, "backoff": "constant", "delay": "1s"}),
        "timeout": st.sampled_from(["30s", 5]),
        "on_error": st.sampled_from(["stop", "continue", {"give": {"text": "none"}}]),
    },
)


@given(st.dictionaries(names, bodies, min_size=1), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_flow_is_the_same_in_both_spellings(
    tmp_path: Path, drawn: dict[str, dict[str, Any]], data: st.DataObject
) -> None:
    """Chains and fans with policies: the builder and the file give equal projects, or the same
    mistakes.
    """
    order = list(drawn)
    sources = {
        name: data.draw(st.sampled_from(["input", *order[:i]])) for i, name in enumerate(order)
    }
    keys: dict[str, Any] = {
        name: {"given": {"text": f"{sources[name]}.text"}, **drawn[name]} for name in order
    }
    nodes = {name: node(SHOUT, **keys[name]) for name in order}
    output = {name: f'default({name}.text, "")' for name in order}
    made = outcome(
        lambda: project(flow("f", input=TEXT, nodes=nodes, output=output), root=tmp_path)
    )

    written: dict[str, Any] = {
        name: {"agent": "shout", "in": {"text": f"{sources[name]}.text"}, **drawn[name]}
        for name in order
    }
    agents = {"shout": {"input": TEXT, "output": TEXT, "tiers": [{"python": SHOUT_NAME}]}}
    flows = {"f": {"input": TEXT, "nodes": written, "output": output}}
    body = {"agents": agents, "flows": flows}
    assert made == outcome(lambda: from_yaml(tmp_path, body))


def test_a_tree_made_in_python_is_the_one_in_the_file(tmp_path: Path) -> None:
    """Every part has the name it has in YAML."""
    tree = selector(
        sequence("a", leaf("b", success='b.text == "B"')),
        guard('input.text != ""', retry("c", attempts=3)),
        timeout(repeat("d", times=3, until='d.text == "D"'), after="30s"),
        parallel("e", invert("f"), need=1),
        budget(once("g"), usd=0.5, requests=10),
        condition('input.text == "x"'),
    )
    nodes = {name: node(SHOUT, given=GIVEN) for name in "abcdefg"}
    made = project(
        flow("t", input=TEXT, nodes=nodes, output={"a": 'default(a.text, "")'}, tree=tree),
        root=tmp_path,
    )
    written = {
        "selector": [
            {"sequence": ["a", {"node": "b", "success": 'b.text == "B"'}]},
            {"guard": {"if": 'input.text != ""', "do": {"retry": {"attempts": 3, "do": "c"}}}},
            {
                "timeout": {
                    "after": "30s",
                    "do": {"repeat": {"times": 3, "until": 'd.text == "D"', "do": "d"}},
                }
            },
            {"parallel": {"need": 1, "do": ["e", {"invert": "f"}]}},
            {"budget": {"usd": 0.5, "requests": 10, "do": {"once": "g"}}},
            {"condition": 'input.text == "x"'},
        ]
    }
    flows = {
        "t": {
            "input": TEXT,
            "nodes": {name: {"agent": "shout", "in": GIVEN} for name in "abcdefg"},
            "output": {"a": 'default(a.text, "")'},
            "tree": written,
        }
    }
    agents = {"shout": {"input": TEXT, "output": TEXT, "tiers": [{"python": SHOUT_NAME}]}}
    assert made == from_yaml(tmp_path, {"agents": agents, "flows": flows})


# ------------------------------------------------------------------------------------ mistakes


def test_a_mistake_is_shown_at_the_line_that_made_the_definition(tmp_path: Path) -> None:
    """With the text of the line, as for a file."""
    wrong = flow("wrong", input=TEXT, nodes={"say": SHOUT}, output={"text": "sya.text"})
    with pytest.raises(InvalidProject) as caught:
        project(wrong, root=tmp_path)

    diagnostic = next(d for d in caught.value.diagnostics if "sya" in d.message)
    assert diagnostic.where.file == "test_build.py"
    assert diagnostic.excerpt is not None
    assert "wrong = flow(" in diagnostic.excerpt.text
    assert "say" in diagnostic.fix


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Of agents and of flows."""
    bad: Any = agent("bad", input={"text": "strnig"}, output=TEXT, tiers=["python"])
    with pytest.raises(InvalidProject) as caught:
        project(bad, flow("f", input=TEXT, nodes={"x": "nobody"}, output={}), root=tmp_path)

    assert len({d.code for d in caught.value.diagnostics}) >= 3


def test_a_project_without_agents_is_no_project(tmp_path: Path) -> None:
    """The fix says how to make one."""
    with pytest.raises(InvalidProject, match="defines no agent"):
        project(root=tmp_path)


def nameless() -> Callable[[str], object]:
    """A function that has no name."""
    return lambda text: {"text": text}


def local() -> Callable[[str], object]:
    """A function that no other process could find."""

    def inner(text: str) -> object:
        return {"text": text}

    return inner


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (nameless(), "A lambda has no name"),
        (local(), "local.<locals>.inner is not at the top level"),
        (functools.partial(shout, "x"), "not at the top level"),
        ("x".upper, "not at the top level"),
    ],
)
def test_a_function_needs_a_name_by_which_it_is_found_again(
    function: Callable[..., object], said: str
) -> None:
    """A run may be resumed by another process."""
    with pytest.raises(UsageError, match=said) as caught:
        agent("a", input=TEXT, output=TEXT, tiers=[function])

    assert "top level of a module" in caught.value.hint


def test_a_worker_process_cannot_find_what_the_script_itself_defines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A function of `__main__` is fine where the script runs, and only there."""
    monkeypatch.setattr(shout, "__module__", "__main__")
    monkeypatch.setattr("__main__.shout", shout, raising=False)

    assert python(shout).body == {"python": {"function": "__main__:shout"}}
    with pytest.raises(UsageError, match="does not run this script"):
        python(shout, process=True)


def test_two_definitions_of_one_name_must_be_the_same(tmp_path: Path) -> None:
    """The same one may come along more than once."""
    other = agent("shout", input=TEXT, output=TEXT, tiers=[human("?")])
    loud = flow("loud", input=TEXT, nodes={"say": SHOUT}, output={"text": "say.text"})

    assert set(project(SHOUT, loud, loud, root=tmp_path).agents) == {"shout"}
    with pytest.raises(UsageError, match="two agents 'shout'"):
        project(loud, other, root=tmp_path)


def test_what_is_no_part_of_a_definition_is_refused() -> None:
    """An object of the user's, a set."""
    with pytest.raises(UsageError, match="cannot be part of a definition"):
        node(SHOUT, given={"text": {1, 2}})  # pyright: ignore[reportArgumentType]
