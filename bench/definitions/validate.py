"""How long `pantheon validate` takes for a large project: 500 agents and 100 flows by default.

    ./run bench definitions/validate [--agents N] [--flows N] [--runs N] [--json]

Whole processes, in turn, so that all meet the same machine: everything in one file; a file for each
definition; with an environment, parameters and settings; with a directive, which only the
slow parser reads; and with a mistake in its last line. Beside them `pantheon --help` and bare Python.
Seconds of wall time, the median of all runs and the best.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

CLI = (sys.executable, "-m", "pantheon.cli")
QUESTIONS = ("Which team should answer", "How urgent is", "What does the customer want in")


def main() -> None:
    """Time each case in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--flows", type=int, default=100)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = dict(prepare(Path(folder), args.agents, args.flows))
        times: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(args.runs + 1):
            for name, (words, code) in cases.items():
                times[name].append(run(words, code))
    rows = {name: {"median_s": median(t[1:]), "best_s": min(t[1:])} for name, t in times.items()}
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{args.agents} agents, {args.flows} flows, {args.runs} runs\n")
    for name, row in rows.items():
        print(f"{name:<28} median {row['median_s']:.2f} s   best {row['best_s']:.2f} s")


def prepare(
    folder: Path, agents: int, flows: int
) -> Iterator[tuple[str, tuple[tuple[str, ...], int]]]:
    """Each case: its name, the command and the exit code it must have."""
    parts = [*(agent(i) for i in range(agents)), *(flow(i, agents) for i in range(flows))]
    whole = together(parts)
    write(folder / "one", {"pantheon.yaml": whole})
    yield "one file", (validate(folder / "one"), 0)
    write(folder / "many", {"pantheon.yaml": HEAD + "include: parts/*.yaml\n"})
    write(folder / "many" / "parts", {f"{i:04}.yaml": part for i, part in enumerate(parts)})
    yield "a file for each", (validate(folder / "many"), 0)
    overlay = "parameters: {region: us}\nagents: {agent_0: {cost: 2}}\n"
    text = PARAMETERS + whole.replace("https://api", "https://${parameters.region}")
    write(folder / "over", {"pantheon.yaml": text})
    write(folder / "over" / "environments", {"prod.yaml": overlay})
    words = (*CLI, "-C", str(folder / "over"), "--env", "prod", "--set", "agents.agent_1.cost=3")
    yield "environment and settings", ((*words, "validate"), 0)
    write(folder / "slow", {"pantheon.yaml": "%YAML 1.2\n---\n" + whole})
    yield "with %YAML: slow parser", (validate(folder / "slow"), 0)
    write(folder / "wrong", {"pantheon.yaml": whole + "outer: {}\n"})
    yield "with a mistake", (validate(folder / "wrong"), 3)
    yield "pantheon --help", ((*CLI, "--help"), 0)
    yield "python -c pass", ((sys.executable, "-c", "pass"), 0)


def validate(folder: Path) -> tuple[str, ...]:
    """The command that is timed."""
    return (*CLI, "-C", str(folder), "validate")


def write(folder: Path, files: dict[str, str]) -> None:
    """Write the files of one case."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def run(words: tuple[str, ...], code: int) -> float:
    """Seconds of one process, which must end as it should."""
    started = time.perf_counter()
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - started
    if ended.returncode != code:
        raise SystemExit(f"{words}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return taken


# ----------------------------------------------------------------------------- the project

HEAD = """\
version: 1
models:
  cloud: {engine: openai, base_url: "https://api.example.com/v1", model: big, api_key_env: KEY}
"""
PARAMETERS = "parameters: {region: eu}\n"


def together(parts: list[str]) -> str:
    """All definitions in one file: the sections' heads are written once."""
    agents = [part.split("\n", 1)[1] for part in parts if part.startswith("agents:")]
    flows = [part.split("\n", 1)[1] for part in parts if part.startswith("flows:")]
    return f"{HEAD}agents:\n{''.join(agents)}flows:\n{''.join(flows)}"


def agent(number: int) -> str:
    """An agent with three tiers, a prompt of its own and a promise."""
    question = QUESTIONS[number % len(QUESTIONS)]
    return f"""\
agents:
  agent_{number}:
    description: {question} message number {number}?
    input: {{text: string}}
    output: {{team: {{enum: [cards, payments, account, other]}}, score: number}}
    tiers:
      - specialist
      - prompt: {{template: "{question} number {number}: {{{{ text }}}}"}}
      - cloud
    promise: {{disagreement: 0.05, confidence: 0.95, audit: 0.02}}
    version: "0.3"
"""


def flow(number: int, agents: int) -> str:
    """A flow of five nodes in a row."""
    nodes = "".join(node(number, at, agents) for at in range(5))
    head = f"flows:\n  flow_{number}:\n    input: {{text: string}}\n    nodes:\n"
    return f"{head}{nodes}    output: {{team: n4.team}}\n"


def node(number: int, at: int, agents: int) -> str:
    """A node that reads the one before it."""
    source = "input.text" if at == 0 else f"n{at - 1}.team"
    return f"""\
      n{at}:
        agent: agent_{(number * 5 + at) % agents}@>=0.1,<1
        in: {{text: {source}}}
        retry: {{attempts: 3, backoff: exponential}}
        timeout: 30s
"""


if __name__ == "__main__":
    main()
