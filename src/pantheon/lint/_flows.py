"""Rules about flows: names that mislead, retries without an end, the router's choice."""

from __future__ import annotations

from collections.abc import Iterator

from pantheon.lint._rule import rule
from pantheon.lint._view import Doubt, View
from pantheon.spec import CloudTier, FlowDef, ModelDef, TreeDef


@rule("P130", "misleading-node")
def misleading_node(view: View) -> Iterator[Doubt]:
    """A node called as one agent that asks another."""
    for _, node in view.nodes:
        if node.agent and node.agent != node.name and node.name in view.project.agents:
            message = (
                f"The node `{node.name}` asks `{node.agent}`, and `{node.name}` is an agent too."
            )
            yield Doubt(node.where, message, "give the node another name")


@rule("P131", "fallback-to-itself")
def fallback_to_itself(view: View) -> Iterator[Doubt]:
    """Who has failed is asked the same again."""
    for flow, node in view.nodes:
        other = flow.nodes.get(node.fallback or "")
        if (
            other
            and node.agent
            and other.agent == node.agent
            and other.constraint == node.constraint
        ):
            message = f"When `{node.name}` fails, the same agent `{node.agent}` is asked again."
            fix = "name another agent, or use `retry`"
            yield Doubt(node.where, message, fix, "fallback")


@rule("P132", "retry-without-time-limit", "info")
def retry_without_time_limit(view: View) -> Iterator[Doubt]:
    """Attempts add up where none has a limit."""
    for flow, node in view.nodes:
        agent = view.project.agents.get(node.agent or "")
        bare = node.timeout is None and flow.timeout is None
        if node.retry and bare and agent and view.asks_away(agent):
            message = f"`{node.name}` is tried {node.retry.attempts} times, each without a limit."
            yield Doubt(node.where, message, "write `timeout: 30s` beside `retry`", "retry")


@rule("P133", "unlimited-map", "info")
def unlimited_map(view: View) -> Iterator[Doubt]:
    """A list decides how much the cloud is asked at once, and what it costs."""
    for _, node in view.nodes:
        agent = view.project.agents.get(node.agent or "")
        if node.map is None or agent is None:
            continue
        for tier in agent.tiers:
            model = view.model(tier)
            if isinstance(tier, CloudTier) and model and not _limited(model):
                message = f"`{node.name}` asks the cloud once per item, and nothing limits"
                message += f" `{model.name}`."
                fix = f"write `limits: {{requests_per_minute: 60}}` under `{model.name}`"
                yield Doubt(node.where, message, fix, "map")


def _limited(model: ModelDef) -> bool:
    limits = model.limits
    return limits.concurrent is not None or limits.requests_per_minute is not None


@rule("P134", "open-constraint", "info")
def open_constraint(view: View) -> Iterator[Doubt]:
    """The next version that breaks everything satisfies it too."""
    for _, node in view.nodes:
        asked = node.constraint
        if asked and not any(sign in asked for sign in ("<", "==", "~=")):
            message = f"`{node.name}` takes every later version of `{node.agent}`: `{asked}`."
            yield Doubt(node.where, message, f"write an upper end: `{asked},<1`", "agent")


@rule("P135", "no-flow-tests", "info")
def no_flow_tests(view: View) -> Iterator[Doubt]:
    """What is not tested changes unnoticed."""
    for flow in view.project.flows.values():
        if not flow.tests:
            message = f"The flow `{flow.name}` has no tests."
            yield Doubt(flow.where, message, "write `tests: [{input: …, expect: …}]`")


@rule("P136", "unroutable-flow")
def unroutable_flow(view: View) -> Iterator[Doubt]:
    """The router has nothing to know the flow by."""
    for flow in _routed(view):
        if not flow.description and not flow.examples:
            message = f"The router may choose `{flow.name}`, and knows nothing about it."
            yield Doubt(flow.where, message, "give it `description:` and `examples:`")


@rule("P137", "few-flow-examples", "info")
def few_flow_examples(view: View) -> Iterator[Doubt]:
    """One example says little about how people ask."""
    for flow in _routed(view):
        if len(flow.examples) < 2 and flow.description:
            message = f"The router has {len(flow.examples) or 'no'} examples of prompts for"
            yield Doubt(
                flow.where, f"{message} `{flow.name}`.", "write three or more under `examples:`"
            )


@rule("P138", "ambiguous-route")
def ambiguous_route(view: View) -> Iterator[Doubt]:
    """Two flows claim the same prompt."""
    known: dict[str, str] = {}
    for flow in _routed(view):
        for told in dict.fromkeys((flow.description, *flow.examples)):
            plain = " ".join(told.casefold().split())
            if plain and known.setdefault(plain, flow.name) != flow.name:
                message = f"`{flow.name}` and `{known[plain]}` are both for “{told[:60]}”."
                yield Doubt(flow.where, message, "leave it to one of them")


@rule("P139", "unrouted-flow", "info")
def unrouted_flow(view: View) -> Iterator[Doubt]:
    """Only who knows its name can start it."""
    router = view.project.router
    if router is None:
        return
    reached = {*router.flows, router.otherwise, *(n.flow for _, n in view.nodes)}
    for flow in view.project.flows.values():
        if flow.name not in reached:
            message = f"No prompt is routed to `{flow.name}`, and no flow runs it."
            yield Doubt(flow.where, message, "add it to the router's `flows`")


def _routed(view: View) -> Iterator[FlowDef]:
    router = view.project.router
    for name in router.flows if router else ():
        if name in view.project.flows:
            yield view.project.flows[name]


def budgets_of(tree: TreeDef | None) -> bool:
    """Whether any part of a tree bounds what it costs."""
    return tree is not None and (tree.usd is not None or any(map(budgets_of, tree.children)))
