"""Deploy, promote, roll back, retire: four ways to propose what channels are to point at.

What they propose is carried out by `make_change`, all or none, in the store and in the lock file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pantheon.errors import GateFailed, InputError, NotFound, UsageError
from pantheon.ids import ContentHash, Json, JsonObject
from pantheon.releases._breaking import check_contract
from pantheon.releases._change import Action, Change, Move, Order, make_change
from pantheon.releases._drafts import Drafts
from pantheon.releases._find import DRAFT, find, kind_of, parse_reference
from pantheon.releases._guards import check_channel, read_guards
from pantheon.releases._record import next_number, record
from pantheon.releases._release import DEPLOYABLE, Kind, Release
from pantheon.releases._standing import (
    Channel,
    Pointer,
    Reserve,
    Standing,
    standing_of,
    way_back,
)
from pantheon.spec import Project
from pantheon.store import Store

CANARY_SHARE: Final = 0.1
"""Part of the runs that a canary gets where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a version is deployed."""

    channel: Channel = "stable"
    share: float | None = None
    """canary: part of the runs; None: a tenth, or what it has already."""
    guards: JsonObject = field(default_factory=dict[str, Json])
    fallback: bool = False
    """Begin a run again with another version when it fails for a reason of its definition."""
    fallback_to: str | None = None
    """Which one; None: the stable version of before."""
    allow_breaking: bool = False
    """Deploy it though its contract breaks who calls or reads the stable version."""


def deploy(
    store: Store,
    project: Project,
    names: Sequence[str],
    terms: Terms = Terms(),
    *,
    order: Order,
) -> Change:
    """Record the working files of flows and agents as versions, and point a channel at them.

    `names` may also be versions (`support@2`), which are deployed as they were recorded. All is
    changed at once, or nothing.

    Raises:
        NotFound: there is no such flow, agent or version.
        UsageError: a name is that of a model or prompt, or terms or guards do not fit the channel.
        GateFailed: a canary or shadow would be what is stable already, or a contract would break
            callers, readers or flows.
    """
    _check(terms)
    drafts = Drafts(project)
    chosen = [_subject(store, drafts, name) for name in names]
    found = list({(release.kind, release.name): release for release in chosen}.values())
    if not terms.allow_breaking:
        for release in found:
            check_contract(store, project, release)
    if not order.dry_run:
        new: list[tuple[Kind, str]] = [(r.kind, r.name) for r in found if r.draft]
        record(store, project, who=order.who, why=order.why, names=new, drafts=drafts)
    moves = [_placed(store, drafts, _recorded(store, release), terms) for release in found]
    return make_change(store, moves, action="deploy", order=order)


def _check(terms: Terms) -> None:
    read_guards(terms.guards)
    check_channel(terms.guards, terms.channel)
    if terms.share is not None and terms.channel != "canary":
        raise UsageError(
            f"Channel {terms.channel} has no share of the runs.",
            hint="Only a canary has one: `--canary 10%`.",
        )
    if terms.share is not None and not 0 < terms.share <= 1:
        raise UsageError(
            f"A canary cannot get a share of {terms.share:g}.", hint="Give `10%` or 0.1, say."
        )


def _subject(store: Store, drafts: Drafts, name: str) -> Release:
    """What is to be deployed: a recorded version, or the working files."""
    asked = parse_reference(name)
    kind = asked.kind or kind_of(store, drafts, asked.name, among=DEPLOYABLE)
    if kind not in DEPLOYABLE:
        raise UsageError(
            f"{kind.capitalize()} {asked.name!r} cannot be deployed by itself.",
            hint="Deploy the flow or the agent that uses it.",
        )
    version = asked.version or DRAFT
    return find(store, drafts.project, f"{kind}:{asked.name}@{version}", drafts=drafts)


def _recorded(store: Store, release: Release) -> Release:
    """The version by the number it has in the store, or would get."""
    row = store.releases.find(release.hash)
    number = row.number if row else next_number(store, release.kind, release.name)
    return replace(release, number=number)


def _placed(store: Store, drafts: Drafts, release: Release, terms: Terms) -> Move:
    before = standing_of(store, release.kind, release.name)
    stable = before.stable
    if terms.channel != "stable" and stable is not None and stable.hash == release.hash:
        raise GateFailed(
            f"{release.title} is what answers already, so it cannot be put on channel "
            f"{terms.channel}.",
            hint="Change the definition first, or name another version.",
        )
    pointer = Pointer(
        release.number,
        release.hash,
        share=_share(before, release, terms),
        guards=terms.guards,
        fallback=_fallback(store, drafts, before, release, terms),
        agents=_agents(release),
    )
    return Move(release.kind, release.name, before, before.deployed(terms.channel, pointer))


def _share(before: Standing, release: Release, terms: Terms) -> float:
    if terms.channel != "canary":
        return 1.0
    if terms.share is not None:
        return terms.share
    canary = before.canary
    return canary.share if canary is not None and canary.hash == release.hash else CANARY_SHARE


def _fallback(
    store: Store, drafts: Drafts, before: Standing, release: Release, terms: Terms
) -> Reserve | None:
    if terms.fallback_to is not None:
        asked = parse_reference(terms.fallback_to)
        if asked.name not in ("", release.name) or asked.kind not in (None, release.kind):
            raise UsageError(
                f"{release.kind.capitalize()} {release.name!r} cannot fall back on "
                f"{terms.fallback_to}.",
                hint=f"Name a version of its own, and deploy others apart: "
                f"--fallback-to {release.name}@N.",
            )
        text = f"{release.kind}:{release.name}@{asked.version}"
        chosen = _recorded(store, find(store, drafts.project, text, drafts=drafts))
        if store.releases.find(chosen.hash) is None:
            raise NotFound(
                f"{chosen.title} is not recorded, so nothing can fall back on it.",
                hint=f"`pantheon {release.kind}s history {release.name}` lists the versions.",
            )
        return _other_than(release, Reserve(chosen.number, chosen.hash))
    if not terms.fallback:
        return None
    stable = before.stable
    if stable is not None and stable.hash == release.hash:
        return stable.fallback
    if stable is None:
        raise NotFound(
            f"There is no stable version of {release.kind} {release.name!r} to fall back on.",
            hint="Leave --fallback out of the first deployment, or name a version: "
            f"--fallback-to {release.name}@N.",
        )
    return Reserve(stable.number, stable.hash)


def _other_than(release: Release, reserve: Reserve) -> Reserve:
    if reserve.hash == release.hash:
        raise UsageError(
            f"{release.title} cannot fall back on itself.", hint="Name another version."
        )
    return reserve


def _agents(release: Release) -> Mapping[str, ContentHash]:
    named = ((key.partition(":"), hash) for key, hash in release.uses.items())
    return {name: hash for (kind, _, name), hash in named if kind == "agent"}


# ------------------------------------------------------------------- promote, rollback, retire


def promote(
    store: Store,
    project: Project | None,
    names: Sequence[str],
    *,
    order: Order,
) -> Change:
    """Make the canary (else the shadow) of each name its stable version.

    `NAME@N` says which version is meant; when that is stable already, nothing is changed.

    Raises:
        NotFound: neither canary nor shadow points at one (or at that one).
    """

    def propose(name: str, kind: Kind, version: str, before: Standing) -> Move:
        trial = before.canary or before.shadow
        wanted = _hash_of(store, kind, name, version)
        if wanted is not None and before.stable is not None and before.stable.hash == wanted:
            return Move(kind, name, before, before)
        for pointer in (before.canary, before.shadow):
            if wanted is not None and pointer is not None and pointer.hash == wanted:
                trial = pointer
        if trial is None or (wanted is not None and trial.hash != wanted):
            raise NotFound(
                f"No version of {kind} {name!r} is on trial"
                + (f" as {name}@{version}." if version else "."),
                hint=f"Put one on trial with `pantheon deploy {name} --canary 10%`, or deploy it "
                f"at once with `pantheon deploy {name}`.",
            )
        return Move(kind, name, before, _promoted(before, trial))

    return _change(store, project, names, propose, action="promote", order=order)


def _promoted(before: Standing, trial: Pointer) -> Standing:
    """The trial answers everything; bounds of its trial do not hold any longer."""
    return before.deployed("stable", replace(trial, share=1.0, guards={}))


def rollback(
    store: Store,
    project: Project | None,
    names: Sequence[str],
    *,
    order: Order,
) -> Change:
    """Undo the last change of each name's channels that still counts.

    A version whose promotion is undone does not go on as a canary: it is out of service.

    Raises:
        NotFound: nothing was changed that could be undone.
    """

    def propose(name: str, kind: Kind, version: str, before: Standing) -> Move:
        if version:
            raise UsageError(
                f"A rollback goes back by one change, not to {name}@{version}.",
                hint=f"To deploy that version: `pantheon deploy {name}@{version}`.",
            )
        back = way_back(store.releases.moves(kind, name))
        if back is None:
            raise NotFound(
                f"Nothing was deployed of {kind} {name!r} that could be rolled back.",
                hint=f"`pantheon {kind}s history {name}` shows every move so far.",
            )
        return Move(kind, name, before, back.standing, undoes=back.undoes)

    return _change(store, project, names, propose, action="rollback", order=order)


def retire(
    store: Store,
    project: Project | None,
    names: Sequence[str],
    *,
    order: Order,
    channels: Sequence[Channel] = (),
) -> Change:
    """Take each name off its channels (or only off some); the working files answer then.

    `NAME@N` takes that version off wherever it is. What is off already stays so.

    Raises:
        NotFound: there is no such flow, agent or version.
    """

    def propose(name: str, kind: Kind, version: str, before: Standing) -> Move:
        wanted = _hash_of(store, kind, name, version)
        after = before
        for channel, pointer in before.items():
            if (not channels or channel in channels) and wanted in {None, pointer.hash}:
                after = after.put(channel, None)
        return Move(kind, name, before, after)

    return _change(store, project, names, propose, action="retire", order=order)


def _hash_of(store: Store, kind: Kind, name: str, version: str) -> ContentHash | None:
    """The version that somebody named; None when none was. Raises NotFound."""
    if not version:
        return None
    standing = standing_of(store, kind, name)
    pinned = {str(pointer.number): pointer.hash for _, pointer in standing.items()}
    if version in pinned:  # by the number in the lock file, be it held here or not
        return pinned[version]
    return find(store, None, f"{kind}:{name}@{version}").hash


def _change(
    store: Store,
    project: Project | None,
    names: Sequence[str],
    propose: Callable[[str, Kind, str, Standing], Move],
    *,
    action: Action,
    order: Order,
) -> Change:
    drafts = None if project is None else Drafts(project)
    moves: dict[tuple[Kind, str], Move] = {}
    for text in names:
        asked = parse_reference(text)
        kind = asked.kind or kind_of(store, drafts, asked.name, among=DEPLOYABLE)
        if kind not in DEPLOYABLE:
            raise InputError(f"A {kind} is never deployed by itself.", hint="Name a flow or agent.")
        before = standing_of(store, kind, asked.name)
        moves[kind, asked.name] = propose(asked.name, kind, asked.version, before)
    return make_change(store, list(moves.values()), action=action, order=order)
