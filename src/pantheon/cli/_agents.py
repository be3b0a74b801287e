"""`pantheon agents`: what fills each agent's specialist slot, since when, and on what evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._agents_evidence import canary_json, evidence
from pantheon.cli._agents_moves import promote, rollback
from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.cli._session import Session
from pantheon.cli._version_views import (
    add_lineage,
    draft_of,
    history_to_json,
    release_to_json,
    show_history,
    show_release,
    told_standing,
)
from pantheon.clock import iso
from pantheon.errors import NotFound

if TYPE_CHECKING:
    from pantheon.spec import AgentDef, Project
    from pantheon.store import ChannelMove, Store, Version


_SHOWN = (
    "agent",
    "description",
    "tiers",
    "deployed",
    "definition",
    "examples",
    "promise",
    "privacy",
)


@click.group("agents")
def command() -> None:
    """Versions of the agents: list, show, history, lineage, evidence, diff, promote, rollback."""


command.add_command(evidence)
command.add_command(promote)
command.add_command(rollback)
add_lineage(command, "agent")


@command.command("list")
@json_option
@click.pass_obj
def list_agents(session: Session, as_json: bool) -> None:
    """Every agent with its tiers and what is deployed.

    Example: pantheon agents list
    """
    from pantheon.routing import agents_of

    project = session.load_project()
    with session.open_store() as store:
        items = [_summary(store, agent) for agent in agents_of(project).values()]
    if as_json:
        echo_json({"items": items})
        return
    echo_table(
        ("agent", "tiers", "deployed", "examples", "promise"),
        [
            (i["agent"], ", ".join(i["tiers"]), _name_deployed(i), i["examples"], i["promise"])
            for i in items
        ],
    )


def _name_deployed(summary: dict[str, Any]) -> str:
    deployed, canary = summary["deployed"] or "–", summary["canary"]
    notes = ["stepped back"] if summary["stepped_back"] else []
    if canary:
        notes.append(f"{canary['version']} on probation with {canary['share']:.0%}")
    return f"{deployed} ({', '.join(notes)})" if notes else deployed


def find_agent(project: Project, name: str) -> AgentDef:
    """The agent of that name.

    Raises:
        NotFound: with the names there are.
    """
    from pantheon.routing import agents_of

    agents = agents_of(project)
    if name not in agents:
        known = ", ".join(agents) or "none"
        raise NotFound(f"There is no agent {name!r}.", hint=f"The agents are: {known}.")
    return agents[name]


def _summary(store: Store, agent: AgentDef) -> dict[str, Any]:
    from pantheon.releases import standing_of

    current = store.channels.current(agent.name)
    version = store.versions.get(current) if current else None
    promise = agent.promise
    standing = standing_of(store, "agent", agent.name)
    return {
        "agent": agent.name,
        "description": agent.description,
        "tiers": [tier.kind for tier in agent.tiers],
        "deployed": f"{agent.name}@{version.number}" if version else None,
        "canary": canary_json(store, agent.name),
        "definition": told_standing(agent.name, standing) if any(standing.items()) else None,
        "stepped_back": bool((store.monitors.get(agent.name) or {}).get("stepped_back")),
        "hash": current,
        "examples": store.examples.count(agent.name),
        "promise": f"≤ {promise.disagreement:.0%} at {promise.confidence:.0%}" if promise else "",
        "privacy": agent.privacy,
    }


@command.command("show")
@click.argument("name", metavar="AGENT[@N]")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """One agent, or one version of it with its evidence.

    Specialists that nights train and definitions that people write share one sequence of numbers.

    Example: pantheon agents show triage@2
    """
    agent, _, number = name.partition("@")
    definition = find_agent(session.load_project(), agent)
    with session.open_store() as store:
        if _is_definition(store, agent, number):
            return _show_definition(store, name, as_json=as_json)
        body = _summary(store, definition)
        body["versions"] = [version_to_json(v) for v in _chosen(store, agent, number)]
    if as_json:
        echo_json(body)
        return None
    body["tiers"], body["deployed"] = ", ".join(body["tiers"]), _name_deployed(body)
    for key in _SHOWN:
        echo(f"{key:<12} {body[key] or '–'}")
    for version in body["versions"]:
        echo("")
        _print_version(version)
    return None


def _is_definition(store: Store, agent: str, number: str) -> bool:
    """Whether a number is that of a recorded definition, not of a specialist."""
    return any(str(row.number) == number for row in store.releases.list("agent", agent))


def _show_definition(store: Store, name: str, *, as_json: bool) -> None:
    from pantheon.releases import find

    release = find(store, None, name, kind="agent")
    if as_json:
        echo_json(release_to_json(release) | {"definition": release.body})
    else:
        show_release(release)


def _chosen(store: Store, agent: str, number: str) -> list[Version]:
    """The version asked for, or the deployed one when there is one."""
    if number:
        return [find_version(store, agent, number)]
    current = store.channels.current(agent)
    return [store.versions.get(current)] if current else []


def find_version(store: Store, agent: str, wanted: str) -> Version:
    """A version by number or by the start of its hash.

    Raises:
        NotFound: with the versions there are.
    """
    versions = store.versions.list(agent)
    for version in versions:
        if wanted == str(version.number) or (len(wanted) >= 6 and version.hash.startswith(wanted)):
            return version
    if _is_definition(store, agent, wanted):
        raise NotFound(
            f"{agent}@{wanted} is a definition, not a specialist that a night trained.",
            hint=f"`pantheon deploy {agent}@{wanted}` deploys it; `pantheon agents show "
            f"{agent}@{wanted}` shows it.",
        )
    known = ", ".join(f"{agent}@{v.number}" for v in versions) or "none yet; a night makes them"
    raise NotFound(f"There is no version {agent}@{wanted}.", hint=f"The versions are: {known}.")


def version_to_json(version: Version) -> dict[str, Any]:
    """A version with its lineage and evidence."""
    return {
        "version": f"{version.agent}@{version.number}",
        "hash": version.hash,
        "parent": version.parent,
        "cause": version.cause,
        "created": iso(version.created),
        "state": version.state,
        "night": version.night,
        "evidence": version.evidence,
    }


def _print_version(version: dict[str, Any]) -> None:
    evidence = version["evidence"]
    examples: dict[str, Any] = evidence.get("examples") or {}
    echo(f"{version['version']}  {version['state']}  {version['created']}  {version['hash']}")
    echo(f"  cause {version['cause']}, parent {version['parent'] or 'none'}")
    echo(f"  {evidence.get('summary', 'no summary')}")
    echo(
        f"  trained on {examples.get('trained_on', '–')} examples, "
        f"{examples.get('held_out', '–')} held out"
    )
    echo(f"  every figure: pantheon agents diff {version['version']}")


@command.command("history")
@click.argument("name", metavar="AGENT")
@json_option
@click.pass_obj
def history(session: Session, name: str, as_json: bool) -> None:
    """Every version and every move of the agent's channel, the newest last.

    Specialists that nights trained first, then the definitions that people wrote.

    Example: pantheon agents history triage
    """
    from pantheon.releases import Drafts
    from pantheon.releases import history as releases_of

    project = session.load_project()
    find_agent(project, name)
    draft = draft_of(Drafts(project), "agent", name)
    with session.open_store() as store:
        versions, moves = store.versions.list(name), store.channels.history(name)
        definitions = releases_of(store, "agent", name)
    if as_json:
        echo_json(
            {
                "versions": [version_to_json(version) for version in versions],
                "moves": [_move_to_json(move) for move in moves],
                "definitions": history_to_json(definitions, draft),
            }
        )
        return
    _show_specialists(name, versions, moves)
    if definitions.releases or definitions.moves:
        echo("")
        show_history(definitions, draft)


def _move_to_json(move: ChannelMove) -> dict[str, Any]:
    return {
        "at": iso(move.at),
        "channel": move.channel,
        "share": move.share,
        "to": move.version,
        "from": move.previous,
        "who": move.who,
        "why": move.why,
    }


def _show_specialists(name: str, versions: list[Version], moves: list[ChannelMove]) -> None:
    echo_table(
        ("version", "state", "cause", "created", "hash"),
        [(f"{name}@{v.number}", v.state, v.cause, iso(v.created), v.hash) for v in versions],
    )
    numbers = {version.hash: f"{name}@{version.number}" for version in versions}
    for move in moves:
        target = numbers.get(move.version, "nothing") if move.version else "nothing"
        echo(f"{iso(move.at)}  {move.channel} → {target}  by {move.who}: {move.why}")


@command.command("diff")
@click.argument("first", metavar="AGENT@N")
@click.argument("second", metavar="[AGENT@]M", required=False)
@json_option
@click.pass_obj
def diff(session: Session, first: str, second: str | None, as_json: bool) -> None:
    """What changed between two versions: data, scores with intervals, threshold.

    With one version, compares it with its parent.

    Example: pantheon agents diff triage@1 triage@2
    """
    from pantheon.report import diff_to_json, render_diff_text, version_diff

    agent, _, number = first.partition("@")
    find_agent(session.load_project(), agent)
    with session.open_store() as store:
        a, b = _pair(store, agent, number, second)
        difference = version_diff(store, agent, a, b)
    if as_json:
        echo_json(diff_to_json(difference))
    else:
        echo(render_diff_text(difference))


def _pair(store: Store, agent: str, number: str, second: str | None) -> tuple[Any, Any]:
    version = find_version(store, agent, number) if number else newest_version(store, agent)
    if second is None:
        return version.parent, version.hash
    return version.hash, find_version(store, agent, second.rpartition("@")[2]).hash


def newest_version(store: Store, agent: str) -> Version:
    versions = store.versions.list(agent)
    if not versions:
        raise NotFound(f"{agent} has no versions yet.", hint="A night makes them: pantheon night")
    return max(versions, key=lambda version: version.number)
