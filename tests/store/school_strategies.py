"""Hypothesis strategies for what nights keep about learning itself."""

from __future__ import annotations

from hypothesis import strategies as st

from pantheon.store import (
    Alarm,
    Decision,
    Evidence,
    Judgement,
    Look,
    ShadowPrediction,
    Suggestion,
    Trial,
)
from tests.store.strategies import counts, hashes, maybe_hash, maybe_object, names, objects, times

numbers = st.floats(-1e6, 1e6)

trials = st.builds(
    Trial,
    key=names,
    agent=names,
    night=names,
    rung=names,
    at=times,
    seconds=times,
    state=st.sampled_from(["done", "failed", "pruned"]),
    result=objects,
    artifact=maybe_hash,
)
evidence = st.builds(
    Evidence,
    agent=names,
    test=names,
    subject=names,
    night=names,
    at=times,
    log_e=numbers,
    rows=counts,
    wins=counts,
    losses=counts,
    state=objects,
)
decisions = st.builds(
    Decision,
    agent=names,
    night=names,
    test=names,
    subject=names,
    level=numbers,
    e_value=numbers,
    rejected=st.booleans(),
    at=times,
)
looks = st.builds(
    Look,
    agent=names,
    night=st.none() | names,
    looks=st.integers(0, 9),
    at=times,
    purpose=names,
    rows=counts,
)
judgements = st.builds(
    Judgement,
    id=names,
    agent=names,
    example=names,
    at=times,
    verdict=st.sampled_from(["cloud", "local", "both", "neither"]),
    output=maybe_object,
    who=names,
    local_output=objects,
    cloud_output=objects,
    source=st.sampled_from(["user", "recorded", "cloud", "execution"]),
)
predictions = st.builds(
    ShadowPrediction,
    agent=names,
    version=hashes,
    example=names,
    at=times,
    output=objects,
    score=numbers,
    accepted=st.booleans(),
)
alarms = st.builds(
    Alarm,
    id=names,
    agent=names,
    at=times,
    kind=names,
    slice=names,
    statistic=numbers,
    detail=objects,
    state=st.sampled_from(["open", "closed"]),
)
suggestions = st.builds(
    Suggestion,
    id=names,
    kind=st.sampled_from(["agent", "retire", "merge", "split", "rule"]),
    subject=names,
    at=times,
    body=objects,
    state=st.sampled_from(["open", "accepted", "dismissed"]),
)
