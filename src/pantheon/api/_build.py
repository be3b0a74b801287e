"""Agents, flows and projects written in Python: the same keys, the same checks as in YAML.

A key means here what it means in `pantheon.yaml` (`in` is called `given`, because Python keeps that
word). Wherever YAML names a function by `module:function`, the function itself may stand; wherever
it names an agent or a flow, what `agent` or `flow` returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypedDict, Unpack

from pantheon.api._definitions import Definition, Part, Speller, caller, part
from pantheon.errors import UsageError, Where
from pantheon.ids import Json
from pantheon.interop import Runnable
from pantheon.spec import Project, load_definitions

Function: TypeAlias = "Callable[..., object] | Runnable | str"
"""A function, or a LangChain or LangGraph runnable or a DSPy module; or `module:name` of one."""
Contract: TypeAlias = "Mapping[str, object] | str"
"""`{"text": "string"}`, `{"text": str}`, a JSON Schema, or one tag."""
Seconds: TypeAlias = "float | str"
"""Seconds, or text such as `30s`."""
Tier: TypeAlias = "Part | Function"
Named: TypeAlias = "Definition | str"


class AgentKeys(TypedDict, total=False):
    """Keys of an agent besides its contract and its tiers."""

    description: str
    promise: Mapping[str, float | str]
    privacy: Literal["any", "local"]
    version: str
    tools: Sequence[str]
    cost: float
    validators: Sequence[Function]
    examples: Sequence[Mapping[str, Json]]
    resources: Mapping[str, float | str]
    deterministic: bool
    cache: Seconds | bool
    same: str
    """When two outputs are the same: `"exact"`, `"numeric(0.5)"`, `"judge:AGENT"`, …"""
    critical: Sequence[Mapping[str, Json]]
    context: Sequence[str] | str
    """Files that its prompts hold, such as `AGENTS.md`."""
    skills: Sequence[str] | str
    """Folders with a SKILL.md."""
    tests: Sequence[Mapping[str, object]] | str
    """Inputs with what must come of them, or a file of such."""


class FlowKeys(TypedDict, total=False):
    """Keys of a flow besides its contract and its nodes."""

    description: str
    examples: Sequence[str]
    timeout: Seconds
    priority: int
    context: Mapping[str, object]
    tree: Part | str
    tests: Sequence[Mapping[str, object]] | str


class NodeKeys(TypedDict, total=False):
    """Keys of a node besides the agent it asks."""

    given: Mapping[str, str]
    """Its inputs, each an expression."""
    flow: Named
    nodes: Mapping[str, Part | Named]
    merge: Mapping[str, object] | Sequence[str]
    plan: str
    wait: Mapping[str, object]
    vote: Mapping[str, object]
    debate: Mapping[str, object]
    best_of: Mapping[str, object]
    input: Contract
    output: Mapping[str, str] | str
    context: Mapping[str, object]
    tree: Part | str
    agents: Sequence[Named]
    max_nodes: int
    when: str
    map: Mapping[str, object] | str
    loop: Mapping[str, object]
    retry: Mapping[str, object] | int
    timeout: Seconds
    fallback: Named
    on_error: Mapping[str, object] | str
    cross_check: Mapping[str, object]
    reviews: str
    after: Sequence[str] | str
    writes: Mapping[str, str]


class ProjectKeys(TypedDict, total=False):
    """Sections of a project besides its agents and flows."""

    models: Mapping[str, Mapping[str, object]]
    memory: Mapping[str, Mapping[str, object]]
    limits: Mapping[str, float | str]
    store: Mapping[str, object]
    router: Mapping[str, object]
    night: Mapping[str, object]
    include: Sequence[str]


# ------------------------------------------------------------------------------------- tiers


def python(function: Function, *, timeout: Seconds | None = None, process: bool = False) -> Part:
    """A tier that calls a function with the inputs by name; it returns the output.

    A LangChain or LangGraph runnable or a DSPy module may stand where the function does.

    Raises:
        UsageError: the function has no name of its own, or a worker process could not find it.
    """
    spelled = part({"function": function, **_set(timeout=timeout, process=process or None)})
    body: Any = spelled.body
    if process and str(body["function"]).startswith("__main__:"):
        raise UsageError(
            f"A worker process cannot find {body['function']}: it does not run this script.",
            hint="Move the function into a module and import it from there.",
        )
    return part({"python": spelled})


def prompt(
    template: str | Path | None = None,
    *,
    model: str | None = None,
    min_confidence: float | None = None,
    max_tokens: int | None = None,
) -> Part:
    """A tier that asks a model on this machine, or any model by name."""
    keys = _set(
        template=template, model=model, min_confidence=min_confidence, max_tokens=max_tokens
    )
    return part({"prompt": keys})


def cloud(
    model: str | None = None,
    *,
    template: str | Path | None = None,
    max_tokens: int | None = None,
) -> Part:
    """A tier that asks the cloud; what it answers becomes training data."""
    return part({"cloud": _set(model=model, template=template, max_tokens=max_tokens)})


def specialist() -> Part:
    """A tier for whatever the night has promoted for the agent."""
    return part("specialist")


def command(*argv: str, timeout: Seconds | None = None) -> Part:
    """A tier that runs a program without a shell: input as JSON on stdin, output on stdout."""
    return part({"command": {"argv": argv, **_set(timeout=timeout)}})


def rules(*each: Mapping[str, object]) -> Part:
    """A tier of rules, each `{"when": EXPRESSION, "give": OUTPUT}`; the first that holds answers."""
    return part({"rules": list(each)})


def human(question: str | None = None) -> Part:
    """A tier that puts a question into the inbox; the run waits."""
    return part({"human": _set(question=question)})


def _set(**keys: object) -> dict[str, object]:
    """What was given."""
    return {key: value for key, value in keys.items() if value is not None}


# ------------------------------------------------------------------------------- definitions


def agent(
    name: str,
    *,
    input: Contract,
    output: Contract,
    tiers: Sequence[Tier] | None = None,
    **keys: Unpack[AgentKeys],
) -> Definition:
    """An agent: a contract, and the tiers that can fulfil it in the order they are asked.

    A function stands for a `python` tier. Raises UsageError for what Python alone can get wrong;
    everything else is said by `project`.
    """
    speller = Speller()
    body = speller.mapping({"input": input, "output": output, **keys})
    if tiers is not None:
        body["tiers"] = [speller.spell(_as_tier(tier)) for tier in tiers]
    return Definition("agents", name, body, tuple(speller.uses), caller())


def _as_tier(tier: Tier) -> object:
    return tier if isinstance(tier, Part | str) else python(tier)


def node(agent: Named | None = None, **keys: Unpack[NodeKeys]) -> Part:
    """A node: the agent it asks, or `flow`, `nodes`, `merge`, `wait`, …, and how it runs."""
    return part(Part(*_spelled({**_set(agent=agent), **keys})))


def flow(
    name: str,
    *,
    input: Contract,
    nodes: Mapping[str, Part | Named],
    output: Mapping[str, str] | str,
    **keys: Unpack[FlowKeys],
) -> Definition:
    """A flow: nodes by name, from a typed input to an output of expressions."""
    body, uses = _spelled({"input": input, "nodes": nodes, "output": output, **keys})
    return Definition("flows", name, body, uses, caller())


def _spelled(keys: Mapping[str, object]) -> tuple[dict[str, Json], tuple[Definition, ...]]:
    speller = Speller()
    return speller.mapping(keys), tuple(speller.uses)


def project(
    *definitions: Definition, root: str | Path | None = None, **keys: Unpack[ProjectKeys]
) -> Project:
    """A project of agents and flows, with all that they use; checked like a file.

    `root` is where relative paths, `module:function` and `.pantheon` are: by default the folder of
    the calling file.

    Raises:
        UsageError: two different definitions have one name.
        InvalidProject: there are mistakes; every one is named with the line that made it.
    """
    where = caller()
    found: dict[str, Definition] = {}
    for definition in definitions:
        _collect(definition, found)
    body = Speller().mapping(keys)
    for definition in found.values():
        section: Any = body.setdefault(definition.section, {})
        section[definition.name] = definition.body
    places = {key: definition.where for key, definition in found.items()}
    return load_definitions(body, _root(root, where), places=places)


def _collect(definition: Definition, found: dict[str, Definition]) -> None:
    key = f"{definition.section}.{definition.name}"
    known = found.get(key)
    if known is not None:
        if known != definition:
            kind = definition.section.removesuffix("s")
            raise UsageError(
                f"There are two {kind}s {definition.name!r}: made at {known.where} and at "
                f"{definition.where}.",
                hint="Give one of them another name.",
            )
        return
    found[key] = definition
    for used in definition.uses:
        _collect(used, found)


def _root(root: str | Path | None, where: Where) -> Path:
    if root is not None:
        return Path(root)
    file = Path(where.file)
    return file.parent if file.is_file() else Path()
