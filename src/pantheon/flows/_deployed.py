"""What is deployed, as runs see it: who decides is handed in from above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from pantheon.agents import Reason
from pantheon.flows._pin import Pin
from pantheon.ids import ContentHash
from pantheon.spec import AgentDef, FlowDef, ModelDef
from pantheon.store import Run

Draw: TypeAlias = Callable[[str], float]
"""A number in [0, 1) that belongs to one run and a name."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a version was made with, where the working files have something else by now."""

    key: ContentHash
    """Of the version."""
    models: Mapping[str, ModelDef] = field(default_factory=dict[str, ModelDef])
    """Those that have changed."""
    code: Path | None = None
    """A folder in which its functions are as they were; None: they have not changed."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a run begins with, in the place of the working files."""

    pin: Pin
    release: ContentHash | None = None
    """Version of the flow; None when only agents of it are deployed."""
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class ChosenAgent:
    """An agent that is deployed by itself."""

    definition: AgentDef
    release: ContentHash


class Deployments(Protocol):
    """Says what answers; `pantheon.releases` knows it."""

    def choose(self, flow: str, draw: Draw) -> Chosen | None:
        """What a run of the flow begins with; None: the working files alone. Raises NotFound."""
        ...

    def flow(self, name: str) -> FlowDef | None:
        """The stable version of a flow; None: that of the working files."""
        ...

    def agent(self, name: str) -> ChosenAgent | None:
        """The stable version of an agent that is asked outside of runs."""
        ...

    def setting(self, release: ContentHash) -> Setting | None:
        """What a version was made with; None when that is what the working files have."""
        ...

    def reserve(self, run: Run) -> Chosen | None:
        """What a run that failed begins again with, where its version has such a reserve."""
        ...


class Onlooker(Protocol):
    """Is told of every run that has come to its end, after its answer is safe."""

    def ended(self, run: Run) -> None:
        """A run has ended. Must be quick; what it raises is of no consequence for the run."""
        ...

    async def close(self) -> None:
        """The project is being closed: settle what was begun."""
        ...


_OUTSIDE = frozenset(
    {
        Reason.CANCELLED,
        Reason.BUDGET,
        Reason.NO_KEY,
        Reason.RATE_LIMITED,
        Reason.SERVER_ERROR,
        Reason.CUT_STREAM,
        Reason.UNREACHABLE,
        Reason.UNAVAILABLE,
        Reason.CIRCUIT_OPEN,
    }
)
"""What another version of the definition could not cure."""


def definition_failed(run: Run, now: float) -> bool:
    """Whether a run failed for a reason that lies in its definition, as far as can be told."""
    if run.state != "failed" or run.release is None:
        return False
    if run.deadline is not None and now >= run.deadline:
        return False
    return (run.failure or {}).get("reason") not in {reason.value for reason in _OUTSIDE}
