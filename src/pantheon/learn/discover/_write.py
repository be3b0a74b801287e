"""A proposed agent as a branch and a patch of `pantheon.yaml`, its examples in a file beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.ids import Json, JsonObject
from pantheon.learn._proposal import Change, FileChange, Proposal, put_up, safe_name
from pantheon.learn.discover._contract import short_form
from pantheon.learn.discover._told import curve_line, saving_line
from pantheon.learn.discover._yaml_edit import insert_agent
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.learn.discover._propose import ProposedAgent

_PROJECT = "pantheon.yaml"


@dataclass(frozen=True, slots=True)
class Written:
    """Where a proposal was left.

    - examples: the calls of the log, for `pantheon import stream`; never part of the branch
    """

    proposal: Proposal
    examples: Path
    rows: int
    command: str
    """How the examples come in once the agent is there."""

    def to_json(self) -> JsonObject:
        """The places under stable keys."""
        return {
            "branch": self.proposal.branch,
            "note": self.proposal.note,
            "patch": str(self.proposal.patch),
            "examples": str(self.examples),
            "rows": self.rows,
            "import": self.command,
        }


def write_proposal(agent: ProposedAgent, *, root: Path, at: float, file: str = _PROJECT) -> Written:
    """Leave a branch `pantheon/discover-<date>-<name>`, a patch, and the examples.

    Work tree, index and checked-out branch stay as they are; merging the branch (or `git apply`
    of the patch) adds the agent, importing the examples gives it its start.

    Args:
        agent: what is proposed.
        root: the project's folder.
        at: seconds since the epoch; dates branch and patch.
        file: where the agent is to stand, from the project's folder.

    Raises:
        InputError: the file cannot be edited, or has an agent of that name.
    """
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    name = f"discover-{day}-{safe_name(agent.name)}"
    prompt = _free_path(root, agent.name) if agent.prompt else None
    definition = define(agent, prompt=prompt)
    comment = _comment(agent)

    def edit(text: str | None) -> str:
        return insert_agent(text, agent.name, definition, comment=comment)

    files = [FileChange(file, edit)]
    if prompt is not None and agent.prompt is not None:
        text = agent.prompt
        files.append(FileChange(prompt, lambda _: text))
    change = Change(
        files=tuple(files),
        subject=f"Add the agent {agent.name}",
        body="\n".join(_argue(agent)),
        at=at,
    )
    proposal = put_up(change, root=root, name=name)
    examples = proposal.patch.with_suffix(".jsonl")
    _write_examples(examples, agent)
    place = examples.relative_to(root)
    command = f"pantheon import stream {place} --agent {agent.name}"
    return Written(proposal, examples, len(agent.observed), command)


def define(agent: ProposedAgent, *, prompt: str | None) -> JsonObject:
    """The agent as a project defines it; `prompt` is the path of the cloud's template."""
    cloud: Json = {"cloud": {"template": prompt}} if prompt else "cloud"
    same: JsonObject = {} if agent.contract.same == "exact" else {"same": agent.contract.same}
    shown: JsonObject = {"examples": list[Json](agent.examples)} if agent.examples else {}
    return {
        "description": agent.description,
        "input": short_form(agent.contract.input),
        "output": short_form(agent.contract.output),
        **same,
        "tiers": ["specialist", cloud],
        "promise": {"disagreement": 0.05, "confidence": 0.95, "audit": 0.05},
        **shown,
    }


def _free_path(root: Path, name: str) -> str:
    """A file below `prompts/` that is not there yet."""
    base = safe_name(name).replace("-", "_")
    names = (f"prompts/{base}{number}.j2" for number in ("", *(f"_{n}" for n in range(2, 1000))))
    return next(path for path in names if not (root / path).exists())


def _comment(agent: ProposedAgent) -> str:
    lines = [
        f"Found in {agent.calls:,} logged calls ({agent.share:.0%} of the log).",
        *(clean(note) for note in agent.notes),
    ]
    return "\n".join(lines)


def _argue(agent: ProposedAgent) -> list[str]:
    """The message of the commit: why, in figures with their limits."""
    return [
        f"{agent.calls:,} calls of the log, {agent.share:.1%} of all, are one recurring task;",
        f"their share of the spend is {agent.spend_share:.1%}.",
        "",
        f"Expected saving: {saving_line(agent.saving)}",
        f"Simulated learning curve: {curve_line(agent.curve)}",
        *(["", *(f"- {clean(note)}" for note in agent.notes)] if agent.notes else []),
        "",
        f"Proposal: {agent.id}",
    ]


def _write_examples(path: Path, agent: ProposedAgent) -> None:
    rows = (
        json.dumps({"id": one.id, "input": one.input, "output": one.output}, ensure_ascii=True)
        for one in agent.observed
    )
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8", newline="\n")
