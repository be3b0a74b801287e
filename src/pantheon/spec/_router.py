"""Whether the flows that the router names exist and can be given a prompt."""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.spec import _keys as keys
from pantheon.spec._compatibility import kinds_of, properties_of, required_of
from pantheon.spec._fields import Fields
from pantheon.spec._flow_model import (
    FlowDef,
)
from pantheon.spec._model import (
    ModelDef,
)
from pantheon.spec._source import Entry, Findings, Scalar, did_you_mean


def check_router(
    entry: Entry,
    flows: Mapping[str, FlowDef | None],
    models: Mapping[str, ModelDef],
    findings: Findings,
) -> None:
    """Record flows that do not exist, and flows that a prompt alone cannot start."""
    fields = Fields.read(entry.value, "the router", Findings(), keys.ROUTER)
    if fields is None:
        return
    quiet = Fields(fields.table, fields.owner, Findings())
    for name in quiet.names("flows"):
        _check_flow(name, flows, findings)
    otherwise = quiet.get("otherwise")
    if isinstance(otherwise, Scalar) and otherwise.text != "cloud":
        _check_flow(otherwise, flows, findings, more=("cloud",))
    elif isinstance(otherwise, Scalar) and "cloud" not in flows and "cloud" not in models:
        message = "The router sends the rest to the cloud, but no model `cloud` is configured."
        fix = "add `models: {cloud: {engine: openai, base_url: …, model: …}}`"
        findings.warn("no-cloud", otherwise.place, message, fix)


def _check_flow(
    name: Scalar,
    flows: Mapping[str, FlowDef | None],
    findings: Findings,
    *,
    more: tuple[str, ...] = (),
) -> None:
    if name.text not in flows:
        message = f"There is no flow `{name.text}`."
        fix = did_you_mean(name.text, [*flows, *more], otherwise="define it under `flows:`")
        findings.error("unknown-flow", name.place, message, fix)
        return
    flow = flows[name.text]
    if flow is None:
        return
    properties, required = properties_of(flow.input), required_of(flow.input)
    texts = [n for n, schema in properties.items() if "string" in kinds_of(schema)]
    wanted = [n for n in properties if n in required] or texts[:1]
    if len(wanted) != 1 or wanted[0] not in texts:
        message = f"The router has only a prompt to give; the flow `{name.text}` needs"
        message += f" {', '.join(f'`{n}`' for n in wanted) or 'no text'}."
        fix = "let the flow's input have one required text, or take it out of the router"
        findings.error("bad-router", name.place, message, fix)
