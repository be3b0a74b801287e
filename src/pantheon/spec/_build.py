"""Drafts → definitions, field by field."""

from __future__ import annotations

from typing import cast

from pantheon.ids import JsonObject
from pantheon.spec._draft import MergeDraft, NodeDraft, Wired
from pantheon.spec._expression import Expression
from pantheon.spec._flow_model import (
    FlowDef,
    Loop,
    Merge,
    NodeDef,
    Planned,
    Wait,
)
from pantheon.spec._source import to_json


def build_node(node: NodeDraft, body: FlowDef | None) -> NodeDef:
    """The definition of a node; `body` is the flow inside it."""
    return NodeDef(
        name=node.name,
        agent=node.agent_name if node.agent else None,
        inputs={name: wired.expression for name, wired in (node.inputs or {}).items()},
        when=_expression(node.when),
        map=_expression(node.map),
        concurrency=node.concurrency,
        merge=_build_merge(node.merge) if node.merge else None,
        retry=node.retry,
        timeout=node.timeout,
        fallback=node.fallback.text if node.fallback else None,
        cross_check=node.cross_check,
        reviews=node.reviews.text if node.reviews else None,
        constraint=node.constraint,
        after=tuple(name.text for name in node.after),
        flow=node.flow.text if node.flow else None,
        body=body,
        plan=_build_plan(node),
        wait=_build_wait(node),
        loop=_build_loop(node),
        on_error=node.on_error,
        give=cast("JsonObject", to_json(node.give)) if node.give else None,
        writes={name: wired.expression for name, wired in node.writes.items()},
        by_name=node.by_name,
        where=node.key.place.where,
    )


def _expression(wired: Wired | None) -> Expression | None:
    return wired.expression if wired else None


def _build_merge(merge: MergeDraft) -> Merge:
    return Merge(
        sources=tuple(source.text for source in merge.sources),
        policy=merge.policy,
        k=merge.k,
        by=_expression(merge.by),
        valid=_expression(merge.valid),
        timeout=merge.timeout,
    )


def _build_plan(node: NodeDraft) -> Planned | None:
    plan = node.plan
    if plan is None:
        return None
    agents = tuple(agent.text for agent in plan.agents)
    return Planned(plan.source.expression, agents, plan.max_nodes)


def _build_wait(node: NodeDraft) -> Wait | None:
    wait = node.wait
    return Wait(_expression(wait.seconds), wait.event, wait.schema) if wait else None


def _build_loop(node: NodeDraft) -> Loop | None:
    loop = node.loop
    return Loop(loop.until.expression, loop.max, loop.exhausted) if loop else None
