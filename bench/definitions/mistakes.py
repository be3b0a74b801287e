"""Seeded mistakes in a realistic project: is the line named, the cause, and what to do?

    ./run bench definitions/mistakes [--json] [--peers FOLDER]

Every mistake is one edit of the same project (five agents, two flows). A message counts for what it
says, by rules written down beside each mistake before it was run:

- line: a diagnostic points to the line that has to be changed (any of those listed);
- cause: it names the thing that is wrong, in the words of the file;
- fix: it says what to write, or which of the known names is meant.

With --peers FOLDER the equivalents of those that exist in other systems are given to their loaders:
Open Agent Spec (pyagentspec), Haystack and CrewAI, each in `FOLDER/peer-NAME` (a virtual
environment with that package). Their messages are scored by the same three rules.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.definitions._seeded import BASE, FILES, MISTAKES, Mistake
from pantheon.spec import Diagnostic, InvalidProject, load_project

PEERS = Path(__file__).with_name("peers")
SYSTEMS = {"pyagentspec": "pyagentspec", "haystack": "haystack-ai", "crewai": "crewai"}


@dataclass(frozen=True, slots=True)
class Score:
    """What a message told of one mistake."""

    name: str
    caught: bool
    line: bool
    cause: bool
    fix: bool
    said: str

    @property
    def whole(self) -> bool:
        """Line, cause and fix, all of them."""
        return self.line and self.cause and self.fix


def main() -> None:
    """Score the loader, and the others where they are to be had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    check_base()
    tables = {"pantheon": [score(mistake) for mistake in MISTAKES]}
    for system, package in SYSTEMS.items() if args.peers else ():
        python = args.peers / f"peer-{package}" / "bin" / "python"
        if python.exists():
            tables[system] = score_peer(system, python)
    if args.json:
        print(json.dumps({s: [_to_json(x) for x in scores] for s, scores in tables.items()}))
        return
    for system, scores in tables.items():
        show(system, scores)


def _to_json(score: Score) -> dict[str, Any]:
    return {k: getattr(score, k) for k in ("name", "caught", "line", "cause", "fix", "said")}


def check_base() -> None:
    """The project without a mistake is valid; else nothing here means anything."""
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder), BASE)
        load_project(Path(folder), environment={})


def lay_out(folder: Path, text: str) -> None:
    """The project's files, with this text as the first."""
    for name, content in {**FILES, "pantheon.yaml": text}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode("utf-8", "surrogateescape"))


def score(mistake: Mistake) -> Score:
    """What our loader says of a mistake: its best diagnostic counts."""
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder), mistake.text)
        try:
            load_project(Path(folder), environment={})
        except InvalidProject as error:
            scores = [_rate(mistake, found) for found in error.diagnostics]
            return max(scores, key=lambda s: (s.whole, s.line + s.cause + s.fix))
        return Score(mistake.name, False, False, False, False, "accepted")


def _rate(mistake: Mistake, found: Diagnostic) -> Score:
    said = f"{found.message} {found.fix}"
    return Score(
        mistake.name,
        caught=True,
        line=found.where.line in mistake.lines,
        cause=all(word in said for word in mistake.cause),
        fix=any(word in found.fix for word in mistake.fix),
        said=f"{found.where}: {found.message} fix: {found.fix}",
    )


# ---------------------------------------------------------------------------------- other systems


def score_peer(system: str, python: Path) -> list[Score]:
    """What another system's loader says of the equivalents, in its own environment."""
    done = subprocess.run(
        [str(python), str(PEERS / f"_{system}.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        print(f"{system}: {done.stderr[-2000:]}", file=sys.stderr)
        return []
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return [_rate_peer(row) for row in rows]


def _rate_peer(row: dict[str, Any]) -> Score:
    """`said` is the whole message; None where the mistake was accepted."""
    said = row["said"]
    if said is None:
        return Score(row["name"], False, False, False, False, "accepted")
    told = said.lower()
    line = any(f"line {n}" in told or f":{n}:" in told for n in row["lines"])
    cause = all(word.lower() in told for word in row["cause"])
    fix = any(word.lower() in told for word in row["fix"])
    return Score(row["name"], True, line, cause, fix, said[:300])


# ------------------------------------------------------------------------------------------ table


def show(system: str, scores: Sequence[Score]) -> None:
    """The shares, and every mistake that was not told whole."""
    total = len(scores)
    if not total:
        return
    print(f"\n{system}: {total} mistakes")
    for key in ("caught", "line", "cause", "fix", "whole"):
        count = sum(bool(getattr(score, key)) for score in scores)
        print(f"  {key:<7} {count:>3}  {count / total:.0%}")
    for score in scores:
        if not score.whole:
            lacks = ", ".join(
                k for k in ("caught", "line", "cause", "fix") if not getattr(score, k)
            )
            print(f"  - {score.name}: lacks {lacks}: {score.said[:160]!r}")


if __name__ == "__main__":
    main()
