"""Behaviour trees as people write them, from the file to the result."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pantheon.clock import FakeClock
from pantheon.spec import load_project
from pantheon.store import Run, Store
from tests.flows import building, work
from tests.flows.building import states

PROJECT = """
version: 1
agents:
  step: {input: {n: integer, key: string}, output: {n: integer}, tiers: [python: "tests.flows.work:step"]}
  boom: {input: {key: string}, output: {n: integer}, tiers: [python: "tests.flows.work:boom"]}
  stuck: {input: {}, output: {n: integer}, tiers: [python: "tests.flows.work:stuck"]}
flows:
  f:
    input: {n: integer}
    context: {on: {type: boolean, initial: true}}
    nodes:
      broken: {agent: boom, in: {key: '"broken"'}}
      count: {agent: step, in: {n: "default(count.n, 0)", key: '"count"'}}
      check: {agent: step, in: {n: input.n, key: '"check"'}}
      busy: {agent: stuck}
      off: {agent: step, in: {n: input.n, key: '"off"'}, writes: {on: "false"}}
      last: {agent: step, in: {n: "default(count.n, 0)", key: '"last"'}}
      never: {agent: step, in: {n: input.n, key: '"never"'}}
    tree:
      sequence:
        - invert: broken
        - retry: {attempts: 2, do: count}
        - repeat: {times: 5, until: "count.n >= 4", do: count}
        - selector:
            - {node: check, success: "check.n > 100"}
            - condition: "check.n == 8"
            - never
        - selector:
            - parallel:
                - guard: {if: context.on, do: busy}
                - off
            - timeout: {after: 30s, do: {budget: {requests: 2, do: {once: last}}}}
        - parallel: {need: 1, do: [last, busy]}
    output: {n: last.n, never: "default(never.n, 0)"}
"""


def run_file(folder: Path, text: str, n: int) -> tuple[Run, dict[str, str]]:
    """Load a project and run its flow once."""
    (folder / "pantheon.yaml").write_text(text)
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store:
        made = building.runtime(load_project(folder), store, clock=clock)
        run = asyncio.run(made.run("f", {"n": n}))
        return run, states(store, run)


def test_a_tree_in_yaml_runs(tmp_path: Path) -> None:
    """Every kind of part is read and does what it says."""
    run, found = run_file(tmp_path, PROJECT, 7)

    assert (run.state, run.output) == ("done", {"n": 5, "never": 0}), run.failure
    assert work.CALLS["count"] == 4
    assert (found["never"], found["busy[0]"]) == ("skipped", "cancelled")


def test_a_tree_in_yaml_fails_with_its_cause(tmp_path: Path) -> None:
    """The message goes down to what did not succeed."""
    text = PROJECT.replace("            - never\n", "").replace("      never: {", "      never_: {")
    text = text.replace('never: "default(never.n, 0)"', "m: input.n")
    text = "\n".join(line for line in text.splitlines() if "never_:" not in line)
    run, _ = run_file(tmp_path, text, 8)

    assert run.failure is not None
    assert run.failure["message"] == (
        "The tree failed: selector: 'check' did not succeed (`check.n > 100` is not true); "
        "`check.n == 8` is not true."
    )
