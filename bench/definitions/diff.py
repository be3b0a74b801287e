"""How long the comparison of two large versions takes, from two loaded projects to each rendering.

    ./run bench definitions/diff [--agents 500] [--flows 100] [--rounds 5] [--json]

Between the versions a share of the agents changed: prompts, contracts, promises, tiers; some flows
gained a node. Measured are one in ten, and every one. Loading is measured beside it: `pantheon diff`
loads both sides before it compares them.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from pantheon.diff import Source, compare, render_html, render_text, to_json
from pantheon.spec import Project, load_project

HEAD = """\
version: 1
models:
  cloud: {engine: openai, base_url: "https://api.example.com/v1", model: big, api_key_env: KEY}
agents:
"""
PROMPT = (
    "Read the message of a customer of shop {n}. {{{{ text }}}} Say which team answers it{more}."
)


def write_project(*, agents: int, flows: int, every: int) -> str:
    """A project in which each `every`-th agent and flow is in its later state; 0: none."""

    def later(number: int) -> bool:
        return bool(every) and number % every == 0

    parts = [HEAD, *(_agent(number, later=later(number)) for number in range(agents)), "flows:\n"]
    parts += [_flow(number, agents, later=later(number)) for number in range(flows)]
    return "".join(parts)


def _agent(number: int, *, later: bool) -> str:
    prompt = PROMPT.format(n=number, more=", in one word, and never guess" if later else "")
    teams = "cards, payments, account, other" + (", fraud" if later else "")
    return f"""\
  agent_{number}:
    description: Which team should answer this message of shop {number}?
    input: {{text: string}}
    output: {{team: {{enum: [{teams}]}}, score: number}}
    tiers: [specialist, prompt: {{template: "{prompt}"}}, cloud]
    promise: {{disagreement: {0.1 if later else 0.05}, confidence: 0.95, audit: 0.02}}
    tools: [{"search" if later else ""}]
"""


def _flow(number: int, agents: int, *, later: bool) -> str:
    lines = [f"  flow_{number}:", "    input: {text: string}", "    nodes:"]
    count = 6 if later else 5
    for at in range(count):
        source = "input.text" if at == 0 else f"n{at - 1}.team"
        agent = (number * 5 + at) % agents
        lines.append(f"      n{at}: {{agent: agent_{agent}, in: {{text: {source}}}, timeout: 30s}}")
    lines.append(f"    output: {{team: n{count - 1}.team}}\n")
    return "\n".join(lines)


def measure(call: Callable[[], object], rounds: int) -> float:
    """Median seconds."""
    times: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure_pair(before: Project, after: Project, rounds: int) -> dict[str, float | int]:
    """Seconds of the comparison, and with each rendering on top of it."""
    sides = Source("before", before), Source("after", after)
    found = compare(*sides)
    compared = measure(lambda: compare(*sides), rounds)
    return {
        "changed": len(found.definitions),
        "compare_s": compared,
        "text_s": compared + measure(lambda: render_text(found), rounds),
        "html_s": compared + measure(lambda: render_html(found), rounds),
        "json_s": compared + measure(lambda: json.dumps(to_json(found)), rounds),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--flows", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    loaded: dict[int, Project] = {}
    seconds = 0.0
    with tempfile.TemporaryDirectory() as name:
        for every in (0, 10, 1):
            file = Path(name) / f"every{every}.yaml"
            text = write_project(agents=options.agents, flows=options.flows, every=every)
            file.write_text(text, encoding="utf-8")
            start = time.perf_counter()
            loaded[every] = load_project(file)
            seconds = time.perf_counter() - start
    results: dict[str, object] = {
        "agents": options.agents,
        "flows": options.flows,
        "load_one_side_s": seconds,
        "one_in_ten": measure_pair(loaded[0], loaded[10], options.rounds),
        "every_one": measure_pair(loaded[0], loaded[1], options.rounds),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(results, indent=2) if options.json else _table(results))


def _table(results: dict[str, object]) -> str:
    lines: list[str] = []
    for name, value in results.items():
        if isinstance(value, dict):
            measured = cast("dict[str, float | int]", value)
            told = ", ".join(f"{key} {number:.3g}" for key, number in measured.items())
            lines.append(f"{name}: {told}")
        else:
            lines.append(f"{name}: {value}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
