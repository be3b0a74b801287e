"""Which version of an agent a flow uses: the working files' own, or a recorded one it asks for.

`reply@>=0.1,<1` is answered by the definition in the files when its own version satisfies it, as
that is the newest there is; else by the recorded one with the highest version that does. In one
flow, with all flows it runs, an agent has one version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pantheon.spec._flow_model import FlowDef
from pantheon.spec._model import AgentDef, CloudTier, ModelDef, PromptTier
from pantheon.spec._source import Entry, Findings, Items, Place, Scalar, Table, Written
from pantheon.spec._taint import LinkedFlow
from pantheon.spec._uses import agents_of, parts_of

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_MOST_SHOWN = 8
_MEMBERS = ("agents", "agent", "judge", "scorer")
"""Where a pattern names agents."""


@dataclass(frozen=True, slots=True)
class RecordedAgent:
    """A version of an agent that was kept."""

    definition: AgentDef
    number: int
    """3 of `reply@3`."""


Recorded: TypeAlias = Callable[[str], Sequence[RecordedAgent]]
"""The versions that are kept of an agent; asked only where the files' own does not do."""


def nothing_recorded(name: str) -> Sequence[RecordedAgent]:
    """Where only the working files are known."""
    return ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """Somewhere an agent of certain versions is asked for."""

    node: str
    written: Scalar
    agent: str
    constraint: str

    @property
    def place(self) -> Place:
        return self.written.part(len(self.agent) + 1, len(self.written.text))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The same, understood."""

    asked: _Asked
    versions: SpecifierSet

    def admits(self, version: Version | None) -> bool:
        return version is not None and self.versions.contains(version, prereleases=True)


@dataclass(frozen=True, slots=True)
class _Candidate:
    version: Version
    definition: AgentDef
    number: int
    """0: the working files."""

    def __str__(self) -> str:
        source = f"{self.definition.name}@{self.number}" if self.number else "the files"
        return f"{self.version} ({source})"


class VersionChooser:
    """Chooses for one flow after another; an agent that is None is itself wrong."""

    def __init__(
        self,
        agents: Mapping[str, AgentDef | None],
        models: Mapping[str, ModelDef],
        recorded: Recorded,
        findings: Findings,
    ) -> None:
        self.agents = agents
        self.models = models
        self.recorded = recorded
        self.findings = findings

    def choose(self, flow: Entry) -> dict[str, AgentDef | None]:
        """The recorded definitions that a flow uses in the place of the files', by name.

        None where there is none: what would follow from that is not worth telling.
        """
        asked: dict[str, list[_Asked]] = {}
        for one in _asked_in(flow.value):
            asked.setdefault(one.agent, []).append(one)
        found: dict[str, AgentDef | None] = {}
        for name, several in asked.items():
            before = self.findings.errors
            chosen = self._choose(name, several)
            if chosen is not None or self.findings.errors > before:
                found[name] = chosen
        return found

    def _choose(self, name: str, asked: list[_Asked]) -> AgentDef | None:
        agent = self.agents.get(name)
        wanted = [one for one in map(self._understand, asked) if one is not None]
        if agent is None or not wanted:
            return None
        own = _number(agent.version)
        if all(one.admits(own) for one in wanted):
            return None
        kept = self._candidates(name)
        fitting = [c for c in kept if all(one.admits(c.version) for one in wanted)]
        if not fitting:
            self._report(agent, wanted, kept)
            return None
        chosen = max(fitting, key=lambda c: (c.version, c.number))
        self._check_models(chosen, wanted[0].asked.place)
        return chosen.definition

    def _understand(self, asked: _Asked) -> _Wanted | None:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            return _Wanted(asked, SpecifierSet(asked.constraint or "@"))
        except InvalidSpecifier:
            message = f"`{asked.constraint}` is not a version constraint."
            fix = "write for example `@>=0.1,<1`"
            if self.agents.get(asked.agent) is not None:
                self.findings.error("bad-constraint", asked.place, message, fix)
            return None

    def _candidates(self, name: str) -> list[_Candidate]:
        """What is recorded under a version that is a number."""
        numbered = ((_number(kept.definition.version), kept) for kept in self.recorded(name))
        return [_Candidate(v, k.definition, k.number) for v, k in numbered if v is not None]

    def _check_models(self, chosen: _Candidate, place: Place) -> None:
        """A model that an earlier version asks may be gone from the files."""
        for tier in chosen.definition.tiers:
            model = tier.model if isinstance(tier, PromptTier | CloudTier) else None
            if model is not None and model not in self.models:
                message = f"This needs {chosen}, which asks the model `{model}`: there is none."
                fix = f"define `{model}` under `models:`, or ask for another version"
                self.findings.error("unknown-model", place, message, fix)

    # ---------------------------------------------------------------------------------- mistakes

    def _report(self, agent: AgentDef, wanted: list[_Wanted], kept: list[_Candidate]) -> None:
        own = _number(agent.version)
        known = [*([_Candidate(own, agent, 0)] if own else []), *kept]
        alone = [one for one in wanted if not any(one.admits(c.version) for c in known)]
        if not alone:
            self._report_contradiction(wanted, known)
        for one in alone:
            place, constraint = one.asked.place, one.asked.constraint
            if agent.version is None:
                self._warn_unversioned(agent, place, constraint)
            elif own is None:
                self._report_unnumbered(agent, place, constraint)
            else:
                self.findings.error(
                    "version-conflict",
                    place,
                    _told_conflict(agent.name, constraint, known),
                    "change the constraint, or the agent's version",
                )

    def _warn_unversioned(self, agent: AgentDef, place: Place, constraint: str) -> None:
        message = f"The agent `{agent.name}` has no version, so `{constraint}` is not checked."
        fix = f'give it one: `version: "0.1"` under `{agent.name}`'
        self.findings.warn("no-version", place, message, fix)

    def _report_unnumbered(self, agent: AgentDef, place: Place, constraint: str) -> None:
        message = f"`{constraint}` cannot be checked: the version of `{agent.name}`,"
        message += f" `{agent.version}`, is no number."
        self.findings.error("bad-constraint", place, message, 'number it: `version: "0.1"`')

    def _report_contradiction(self, wanted: list[_Wanted], known: list[_Candidate]) -> None:
        """Each can be had, not all at once: name the first that leaves nothing, and what it meets."""
        left = known
        for index, one in enumerate(wanted):
            still = [c for c in left if one.admits(c.version)]
            if not still:
                self._tell_contradiction(one, wanted[:index], known)
                return
            left = still

    def _tell_contradiction(
        self, one: _Wanted, before: list[_Wanted], known: list[_Candidate]
    ) -> None:
        against = [
            other
            for other in before
            if not any(one.admits(c.version) and other.admits(c.version) for c in known)
        ]
        others = " and ".join(
            f"`{other.asked.node}` asks for {other.asked.constraint}" for other in against or before
        )
        asked = one.asked
        message = f"`{asked.node}` asks for `{asked.agent}` {asked.constraint}, but {others}: no"
        message += f" version is both, and a flow uses one. There is {_listed(known)}."
        fix = "let them ask for the same, or define the other version as an agent of its own"
        self.findings.error("version-conflict", asked.place, message, fix)


def _number(version: str | None) -> Version | None:
    """A label as a version; None where there is none, or one that is no number."""
    from packaging.version import InvalidVersion, Version

    try:
        return None if version is None else Version(version)
    except InvalidVersion:
        return None


def _told_conflict(name: str, constraint: str, known: list[_Candidate]) -> str:
    if len(known) == 1:
        return f"The agent `{name}` has version {known[0].version}, not {constraint}."
    return f"No version of the agent `{name}` is {constraint}. There is {_listed(known)}."


def _listed(known: list[_Candidate]) -> str:
    """Versions as they are shown, the highest first."""
    shown = sorted(known, key=lambda c: (c.version, not c.number, c.number), reverse=True)
    more = f", … ({len(shown)} in all)" if len(shown) > _MOST_SHOWN else ""
    return ", ".join(map(str, shown[:_MOST_SHOWN])) + more


# ------------------------------------------------------------------------- where they are asked for


def _asked_in(written: Written) -> Iterator[_Asked]:
    """Every name with a constraint, of the nodes of a flow and of those inside them."""
    nodes = written.get("nodes") if isinstance(written, Table) else None
    for name, entry in nodes.entries.items() if isinstance(nodes, Table) else ():
        for scalar in _names_in(entry.value):
            agent, at, constraint = scalar.text.partition("@")
            if at:
                yield _Asked(name, scalar, agent.strip(), constraint.strip())
        yield from _asked_in(entry.value)


def _names_in(node: Written) -> Iterator[Scalar]:
    """The agents that a node names where it may say which version."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Table):
        yield from _scalars(node.get("agent"))
        for kind in ("vote", "debate", "best_of"):
            pattern = node.get(kind)
            if isinstance(pattern, Table):
                for key in _MEMBERS:
                    yield from _scalars(pattern.get(key))


def _scalars(written: Written | None) -> Iterator[Scalar]:
    if isinstance(written, Scalar):
        yield written
    for item in written.items if isinstance(written, Items) else ():
        yield from _scalars(item)


# --------------------------------------------------------------------------- one version in a run


def constraints_on(agent: str, flow: FlowDef) -> tuple[str, ...]:
    """What the nodes of a flow, at any depth, say of the version of an agent."""
    nodes = (node for part in parts_of(flow) for node in part.nodes.values())
    found = (node.constraint for node in nodes if node.agent == agent)
    return tuple(dict.fromkeys(constraint for constraint in found if constraint))


def admits(flow: FlowDef, agent: AgentDef) -> bool:
    """Whether a version of an agent satisfies every constraint of a flow on it.

    One whose version is no number satisfies none.
    """
    asked = constraints_on(agent.name, flow)
    if not asked:
        return True
    from packaging.specifiers import SpecifierSet

    version = _number(agent.version)
    return version is not None and SpecifierSet(",".join(asked)).contains(version, prereleases=True)


def check_versions(
    linked: Mapping[str, LinkedFlow],
    resolved: Mapping[str, Mapping[str, AgentDef]],
    agents: Mapping[str, AgentDef | None],
    findings: Findings,
) -> None:
    """Record flows that run another flow which uses another version of an agent than they do."""
    if any(resolved.values()):
        for one in linked.values():
            _Consistency(linked, resolved, agents, findings).check(one)


@dataclass(frozen=True, slots=True)
class _Consistency:
    linked: Mapping[str, LinkedFlow]
    resolved: Mapping[str, Mapping[str, AgentDef]]
    agents: Mapping[str, AgentDef | None]
    findings: Findings

    def check(self, root: LinkedFlow) -> None:
        """Follow the flows that it runs, by the node that leads to them."""
        used = dict.fromkeys(agents_of(root.flow), root.flow.name)
        seen = {root.flow.name}
        pending = list(_steps(root, None))
        while pending:
            name, place = pending.pop(0)
            inner = self.linked.get(name)
            if inner is None or name in seen:
                continue
            seen.add(name)
            pending += _steps(inner, place)
            for agent in sorted(agents_of(inner.flow)):
                self.compare(agent, used.setdefault(agent, name), name, place)

    def compare(self, agent: str, first: str, second: str, place: Place) -> None:
        """Two flows of one run that both use an agent."""
        one, other = self.version(first, agent), self.version(second, agent)
        if one is None or other is None or one == other:
            return
        message = f"`{first}` uses `{agent}` {_told(one)}, and `{second}`, which runs with it, uses"
        message += f" {_told(other)}: a run has one version of an agent."
        fix = f"ask for the same in both flows: `{agent}@=={one.version or other.version}`"
        self.findings.error("version-conflict", place, message, fix)

    def version(self, flow: str, agent: str) -> AgentDef | None:
        return self.resolved.get(flow, {}).get(agent) or self.agents.get(agent)


def _told(agent: AgentDef) -> str:
    return agent.version or "without a version"


def _steps(one: LinkedFlow, place: Place | None) -> Iterator[tuple[str, Place]]:
    """The flows that a flow runs, and where it says so (or where the first flow began to)."""
    drafts = [one.draft]
    while drafts:
        for node in drafts.pop().nodes.values():
            if node.flow is not None:
                yield node.flow.text, place or node.flow.place
            if node.body is not None:
                drafts.append(node.body)
