"""Moving channels: promotion, probation and rollback, with the lock file that pins what answers.

The lock is written before the store's transaction ends: a crash between the two is healed at the next open,
where the lock is right. It pins the stable channel alone; a canary is a trial of this store.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.errors import GateFailed, InputError, NotFound
from pantheon.learn._channels import CANARY, STABLE, canary_of, champions, clear_canary
from pantheon.learn._monitor_state import reset_monitor
from pantheon.releases import LockEntry, read_lock, write_lock
from pantheon.store import ChannelMove

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.ids import ContentHash
    from pantheon.store import Cause, Store, Version

KEPT = 3
"""Champions whose models are kept: the one that answers and the two before it."""
_NEWEST = 2
"""Versions trained last keep their models too: they may still be shadowed."""


def lock_entry(version: Version) -> LockEntry:
    """What the lock file says of a version."""
    summary = version.evidence.get("summary", "")
    return LockEntry(version.agent, version.number, version.hash, str(summary))


@dataclass(frozen=True, slots=True)
class _Signed:
    """Who moves a channel, why and when: kept with every move."""

    who: str
    why: str
    cause: Cause
    at: float


def promote(
    store: Store,
    agent: str,
    version: ContentHash,
    *,
    who: str,
    why: str,
    clock: Clock,
    lock: Path | None = None,
) -> ChannelMove:
    """Point an agent's stable channel at `version`; what was there is retired.

    The audit's evidence starts anew: it was about the old version.

    Raises:
        NotFound: the agent has no such version.
        GateFailed: it is answering already, its gate rejected it, or its model was let go of.
    """
    chosen = _promotable(store, agent, version)
    signed = _Signed(who, why, chosen.cause, clock.now())
    return _move(store, agent, chosen, signed=signed, lock=lock)


def try_out(
    store: Store,
    agent: str,
    version: ContentHash,
    *,
    share: float,
    who: str,
    why: str,
    lock: Path | None = None,
) -> ChannelMove:
    """Promote by way of a probation: the version becomes the canary and answers a share of the
    requests, what was there answers the others.

    With a share of 1, in an empty slot, or beside a version that has stepped back, there is nothing
    to compare with: the version is promoted at once.

    Raises:
        NotFound: the agent has no such version.
        GateFailed: as `promote`.
        InputError: the share is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise InputError(f"A canary cannot get a share of {share}.", hint="Give 0.2, for example.")
    if share == 1 or not _has_rival(store, agent):
        return promote(store, agent, version, who=who, why=why, clock=store.clock, lock=lock)
    chosen = _promotable(store, agent, version)
    signed = _Signed(who, why, chosen.cause, store.clock.now())
    return _begin_probation(store, chosen, share, signed)


def _promotable(store: Store, agent: str, version: ContentHash) -> Version:
    chosen = store.versions.get(version)
    if chosen.agent != agent:
        raise NotFound(
            f"The version {version} belongs to agent {chosen.agent!r}, not to {agent!r}.",
            hint=f"`pantheon agents history {agent}` lists its versions.",
        )
    if store.channels.current(agent) == version:
        raise GateFailed(
            f"{agent}@{chosen.number} is what answers already.",
            hint=f"`pantheon agents history {agent}` shows every move.",
        )
    if chosen.state == "rejected":
        raise GateFailed(
            f"{agent}@{chosen.number} was rejected: no evidence supports the promise with it.",
            hint=f"`pantheon agents show {agent}@{chosen.number}` shows what there is.",
        )
    _check_kept(chosen)
    return chosen


def _check_kept(version: Version) -> None:
    if version.released:
        raise GateFailed(
            f"The model of {version.agent}@{version.number} was let go of: only those of what "
            f"answers and the {KEPT - 1} before it are kept.",
            hint="Let `pantheon night` train a new one; to have nothing answer, delete the "
            "agent's entry in pantheon.lock.",
        )


def _has_rival(store: Store, agent: str) -> bool:
    """Whether something answers that a canary can be compared with."""
    stepped_back = (store.monitors.get(agent) or {}).get("stepped_back")
    return store.channels.current(agent) is not None and not stepped_back


def _begin_probation(store: Store, target: Version, share: float, signed: _Signed) -> ChannelMove:
    agent = target.agent
    before = store.channels.current(agent, CANARY)
    move = ChannelMove(
        agent,
        CANARY,
        target.hash,
        before,
        signed.at,
        signed.who,
        signed.why,
        signed.cause,
        share,
    )
    with store.transaction():
        if before is not None and before != target.hash:
            store.versions.set_state(before, "retired")
        store.channels.move(move)
        supersede_proposals(store, target)
        store.versions.set_state(target.hash, "canary")
    return move


def rollback(
    store: Store, agent: str, *, who: str, why: str, clock: Clock, lock: Path | None = None
) -> ChannelMove:
    """Undo the last promotion: end a probation, or give an agent back the version that its current
    one replaced, or an empty slot.

    Raises:
        NotFound: the agent's slot is empty.
        GateFailed: the model of the version before was let go of.
    """
    if canary_of(store, agent) is not None:
        return end_probation(store, agent, who=who, why=why, clock=clock)
    current = store.channels.current(agent)
    if current is None:
        raise NotFound(
            f"Agent {agent!r} has no promoted version, so nothing can be rolled back.",
            hint=f"`pantheon agents history {agent}` shows every move so far.",
        )
    path = champions(store, agent)
    target = store.versions.get(path[-2]) if len(path) > 1 else None
    if target is not None:
        _check_kept(target)
    signed = _Signed(who, why, "rollback", clock.now())
    return _move(store, agent, target, signed=signed, lock=lock)


def end_probation(
    store: Store,
    agent: str,
    *,
    who: str,
    why: str,
    clock: Clock,
    rejected: bool = False,
) -> ChannelMove:
    """Take the canary back; what answers stays what it is.

    With `rejected`, evidence speaks against it, and it cannot be promoted again.

    Raises:
        NotFound: no version is on probation.
    """
    cause: Cause = "audit" if rejected else "rollback"
    with store.transaction():
        move = clear_canary(store, agent, at=clock.now(), who=who, why=why, cause=cause)
        if move is None or move.previous is None:
            raise NotFound(
                f"No version of agent {agent!r} is on probation.",
                hint=f"`pantheon agents history {agent}` shows every move so far.",
            )
        store.versions.set_state(move.previous, "rejected" if rejected else "retired")
    return move


def _move(
    store: Store, agent: str, target: Version | None, *, signed: _Signed, lock: Path | None
) -> ChannelMove:
    previous = store.channels.current(agent)
    wanted = None if target is None else target.hash
    move = ChannelMove(
        agent, STABLE, wanted, previous, signed.at, signed.who, signed.why, signed.cause
    )
    with store.transaction():  # nobody else writes the lock meanwhile
        if lock is not None:
            _pin(lock, agent, target)
        store.channels.move(move)
        _dismiss_canary(store, agent, signed)
        reset_monitor(store, agent)
        if previous is not None:
            store.versions.set_state(previous, "retired")
        if target is not None:
            supersede_proposals(store, target)
            store.versions.set_state(target.hash, "promoted")
        release_old(store, agent)
    return move


def _dismiss_canary(store: Store, agent: str, signed: _Signed) -> None:
    """Another version answers now, so nobody is compared with what answered before."""
    move = clear_canary(
        store, agent, at=signed.at, who=signed.who, why=signed.why, cause=signed.cause
    )
    if move is not None and move.previous is not None:
        store.versions.set_state(move.previous, "retired")


def release_old(store: Store, agent: str) -> None:
    """Let go of models that no rollback reaches any longer; the next compaction deletes them."""
    versions = store.versions.list(agent)
    stable = [m.version for m in store.channels.history(agent) if m.channel == STABLE and m.version]
    recent = list(dict.fromkeys(reversed(stable)))[:KEPT]
    kept = {*champions(store, agent)[-KEPT:], *recent, *(v.hash for v in versions[-_NEWEST:])}
    for version in versions:
        over = version.state in {"retired", "rejected"}
        if over and version.hash not in kept:
            store.versions.release(version.hash)


def release_outwaited(store: Store, agent: str) -> None:
    """Let go of the models of candidates that a newer one has taken the place of; nights on which
    nothing is promoted would else keep one each.
    """
    for version in store.versions.list(agent)[:-_NEWEST]:
        if version.state == "candidate":
            store.versions.release(version.hash)
    release_old(store, agent)


def supersede_proposals(store: Store, version: Version) -> None:
    """Proposals of an agent that are older than `version` wait no longer; all can be promoted."""
    for other in store.versions.list(version.agent):
        if other.state == "proposed" and other.number < version.number:
            store.versions.set_state(other.hash, "retired")


def _pin(path: Path, agent: str, target: Version | None) -> None:
    lock = read_lock(path)
    changed = lock.without(agent) if target is None else lock.with_entry(lock_entry(target))
    if changed != lock:
        write_lock(path, changed)
