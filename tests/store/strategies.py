"""Hypothesis strategies for the records of the store."""

from __future__ import annotations

from hypothesis import strategies as st

from pantheon.ids import ContentHash, Json, JsonObject, RunId, hash_json
from pantheon.store import (
    AnswerRow,
    Audit,
    CacheEntry,
    ChannelMove,
    ContextWrite,
    Example,
    Feedback,
    InboxItem,
    Lesson,
    MemoryWrite,
    Night,
    NodeResult,
    QueueItem,
    Run,
    Signal,
    Timer,
    Version,
)

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
notes = st.text(st.characters(codec="utf-8"), max_size=30)
times = st.floats(0, 4e9, allow_nan=False)
shares = st.floats(0, 1)
counts = st.integers(0, 2**62)
texts = st.one_of(
    st.text(max_size=20),  # includes half surrogate pairs and NUL
    st.integers(0, 5000).map(lambda n: "long " * n),
)
leaves: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts
)
jsons: st.SearchStrategy[Json] = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
objects: st.SearchStrategy[JsonObject] = st.dictionaries(texts, jsons, max_size=3)
hashes: st.SearchStrategy[ContentHash] = st.integers(0, 10**6).map(hash_json)
maybe_hash = st.none() | hashes
maybe_object = st.none() | objects
maybe_text = st.none() | names
runs_ids = names.map(RunId)
maybe_run = st.none() | runs_ids

runs = st.builds(
    Run,
    id=runs_ids,
    flow=names,
    flow_hash=hashes,
    input=objects,
    state=st.sampled_from(["queued", "running", "waiting", "done", "failed", "cancelled"]),
    created=times,
    cause=names,
    seed=counts,
    started=st.none() | times,
    finished=st.none() | times,
    output=maybe_object,
    failure=maybe_object,
    night=maybe_text,
    parent=maybe_run,
    priority=st.integers(-9, 9),
    user=maybe_text,
    deadline=st.none() | times,
    compacted=st.none() | times,
)
results = st.builds(
    NodeResult,
    run=runs_ids,
    node=names,
    index=st.integers(-1, 10**6),
    state=st.sampled_from(["ok", "abstained", "skipped", "failed", "timed_out", "cancelled"]),
    output=jsons,
    reason=maybe_object,
    attempts=st.integers(0, 99),
    started=times,
    finished=times,
    seq=counts,
    note=maybe_object,
)
answers = st.builds(
    AnswerRow,
    id=names,
    agent=names,
    version=hashes,
    at=times,
    input=objects,
    output=maybe_object,
    tier=names,
    accepted=notes,
    source=st.sampled_from(["model", "scripted", "recorded", "human", "code", "specialist"]),
    confidence=st.none() | shares,
    label_propensity=shares,
    local=st.booleans(),
    tokens_in=counts,
    tokens_out=counts,
    cost_usd=shares,
    latency=shares,
    run=maybe_run,
    node=maybe_text,
    index=st.integers(-1, 99),
    specialist=maybe_hash,
    tried=st.lists(objects, max_size=2).map(tuple),
    role=st.sampled_from(["", "judge", "cross_check", "again"]),
)
audits = st.builds(
    Audit,
    answer=names,
    agent=names,
    at=times,
    cloud_output=maybe_object,
    agrees=st.none() | st.booleans(),
    cost_usd=shares,
    tokens_in=counts,
    tokens_out=counts,
    source=st.sampled_from(["model", "recorded"]),
)
examples = st.builds(
    Example,
    id=names,
    agent=names,
    input=objects,
    output=objects,
    source=st.sampled_from(["cloud", "human", "verified", "agreement", "import", "recorded"]),
    drawn=st.sampled_from(["bootstrap", "audit", "escalated", "feedback"]),
    at=times,
    group=hashes,
    split=st.sampled_from(["train", "holdout"]),
    propensity=shares,
    weight=shares,
    answer=maybe_text,
    gold=maybe_object,
)
feedback = st.builds(
    Feedback,
    answer=names,
    agent=names,
    at=times,
    verdict=st.sampled_from(["good", "bad", "correct"]),
    source=st.sampled_from(["user", "schema", "validator"]),
    correction=maybe_object,
    note=notes,
)
versions = st.builds(
    Version,
    hash=hashes,
    agent=names,
    number=counts,
    parent=maybe_hash,
    cause=st.sampled_from(["edit", "night", "rollback", "lock", "audit"]),
    created=times,
    state=st.sampled_from(["candidate", "proposed", "promoted", "rejected", "retired"]),
    evidence=objects,
    artifact=hashes,
    night=maybe_text,
)
moves = st.builds(
    ChannelMove,
    agent=names,
    channel=st.sampled_from(["stable", "canary"]),
    version=maybe_hash,
    previous=maybe_hash,
    at=times,
    who=names,
    why=notes,
    cause=st.sampled_from(["edit", "night", "rollback", "lock", "audit"]),
)
queued = st.builds(
    QueueItem,
    id=names,
    flow=names,
    input=objects,
    priority=st.integers(-9, 9),
    submitted=times,
    state=st.sampled_from(["queued", "running", "done", "failed"]),
    run=maybe_run,
    title=notes,
)
questions = st.builds(
    InboxItem,
    id=names,
    agent=names,
    question=notes,
    input=objects,
    schema=objects,
    asked=times,
    state=st.sampled_from(["open", "answered", "withdrawn"]),
    run=maybe_run,
    node=maybe_text,
    index=st.integers(-1, 99),
    answer=maybe_object,
    answered=st.none() | times,
)
nights = st.builds(
    Night,
    id=names,
    started=times,
    seed=counts,
    finished=st.none() | times,
    state=st.sampled_from(["running", "done", "failed"]),
    summary=objects,
)
lessons = st.builds(
    Lesson,
    night=names,
    agent=names,
    outcome=st.sampled_from(["promoted", "proposed", "rejected", "skipped"]),
    reasons=st.lists(notes, max_size=3).map(tuple),
    examples=counts,
    seconds=times,
    candidate=maybe_hash,
    deployed=maybe_hash,
    calibration=objects,
    gate=objects,
)
context_writes = st.builds(
    ContextWrite,
    run=runs_ids,
    seq=counts,
    key=names,
    value=jsons,
    node=names,
    index=st.integers(-1, 99),
    at=times,
)
memory_writes = st.builds(
    MemoryWrite,
    scope=st.sampled_from(["flow", "agent", "user"]),
    owner=names,
    name=names,
    value=jsons,
    at=times,
    run=maybe_run,
    node=maybe_text,
    index=st.integers(-1, 99),
)
signals = st.builds(Signal, run=runs_ids, name=names, payload=jsons, at=times)
timers = st.builds(Timer, run=runs_ids, node=names, index=st.integers(-1, 99), due=times)
cached = st.builds(
    CacheEntry,
    key=names,
    agent=names,
    version=hashes,
    output=objects,
    answer=maybe_text,
    source=st.sampled_from(["code", "model"]),
    at=times,
    expires=st.none(),
)
