"""Hypothesis strategies for versions of definitions and what was deployed."""

from __future__ import annotations

from hypothesis import strategies as st

from pantheon.ids import RunId, hash_json
from pantheon.store import ReleaseIntent, ReleaseMove, ReleasePart, ReleaseRow, ShadowRun
from tests.store.strategies import counts, hashes, maybe_hash, names, objects, times

rows = st.builds(
    ReleaseRow,
    hash=hashes,
    kind=st.sampled_from(["flow", "agent", "model", "prompt"]),
    name=names,
    number=counts,
    definition=hashes,
    parent=maybe_hash,
    cause=names,
    at=times,
    who=names,
    why=names,
    label=st.none() | names,
    evidence=objects,
    seen=counts,
)
parts = st.builds(
    ReleasePart,
    release=st.integers(10**7, 10**8).map(hash_json),
    part=st.sampled_from(["file", "model", "agent"]),
    name=names,
    hash=hashes,
)
moves = st.builds(
    ReleaseMove,
    id=st.integers(1, 2**40),
    change=names,
    action=names,
    kind=names,
    name=names,
    before=objects,
    after=objects,
    at=times,
    who=names,
    why=names,
    undoes=st.none() | counts,
)
intents = st.builds(
    ReleaseIntent, change=names, moves=st.lists(objects, min_size=1, max_size=2), at=times
)
shadows = st.builds(
    ShadowRun,
    run=names.map(RunId),
    release=hashes,
    at=times,
    agreement=st.sampled_from(["same", "differs", "failed", "unknown"]),
    output=st.none() | objects,
    failure=st.none() | objects,
    steps=st.none() | objects,
    cost_usd=times,
    seconds=times,
    cause=names,
)
