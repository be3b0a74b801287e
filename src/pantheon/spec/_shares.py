"""`context` and `memory` in a flow: the types of their keys, and who may read and write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pantheon.ids import JsonObject
from pantheon.spec._compatibility import find_mismatch, with_null
from pantheon.spec._draft import FlowDraft, NodeDraft, Wired
from pantheon.spec._flow_model import (
    ContextKey,
)
from pantheon.spec._known import Inherited, Known
from pantheon.spec._source import Findings, Place, did_you_mean
from pantheon.spec._syntax import fields_of

_MEMORY = "memory."


class Shares:
    """What the nodes of one flow share."""

    def __init__(
        self,
        draft: FlowDraft,
        known: Known,
        inherited: Mapping[str, Inherited],
        findings: Findings,
    ) -> None:
        self.draft = draft
        self.known = known
        self.inherited = {k: v for k, v in inherited.items() if k not in draft.context}
        self.findings = findings
        own = {name: _key_of(draft, name) for name in draft.context}
        self.keys: dict[str, ContextKey] = {
            **{name: around.key for name, around in self.inherited.items()},
            **own,
        }

    # ------------------------------------------------------------------------------------ types

    def context_type(self, is_written: Callable[[str], bool]) -> JsonObject:
        """Schema of `context`; a key that has no value by then may be null."""
        return _record(
            {
                name: key.schema if self.is_sure(name, is_written) else with_null(key.schema)
                for name, key in self.keys.items()
            }
        )

    def is_sure(self, name: str, is_written: Callable[[str], bool]) -> bool:
        """Whether a key has a value by then."""
        if self.keys[name].initial is not None or is_written(name):
            return True
        return name in self.inherited and self.inherited[name].sure

    def memory_type(self) -> JsonObject:
        """Schema of `memory`."""
        return _record(
            {
                name: with_null(kept.schema) if kept.initial is None else kept.schema
                for name, kept in self.known.memory.items()
            }
        )

    # ----------------------------------------------------------------------------------- rights

    def check_reads(self, wired: Wired, node: NodeDraft | None) -> None:
        """Every key must be named, and one that the node may read."""
        for leaf in wired.leaves:
            for root in ("context", "memory"):
                if root in self.draft.nodes:
                    continue  # an old file, in which it is a node
                for field, span in fields_of(leaf.expression.tree, root).items():
                    place = leaf.written.part(span.start, span.end)
                    if field is None:
                        self.report_whole(root, place)
                    elif root == "memory":
                        self.check_memory(field, node, place)
                    elif node is not None and field in self.keys:
                        self.check_right(field, node, "read", place)

    def report_whole(self, root: str, place: Place) -> None:
        message = f"`{root}` cannot be used as a whole."
        known = self.keys if root == "context" else self.known.memory
        named = next(iter(known), "key")
        self.findings.error("bad-expression", place, message, f"name a key: `{root}.{named}`")

    def check_right(self, name: str, node: NodeDraft, verb: str, place: Place) -> None:
        """A key may be for some nodes only."""
        key = self.keys[name]
        allowed = key.readers if verb == "read" else key.writers
        if allowed is None or node.name in allowed:
            return
        who = " and ".join(f"`{other}`" for other in allowed)
        asking, reason = node.name, f"only {who} may" if allowed else "no node may"
        if name in self.inherited:
            asking = self.draft.name
            reason = f"`{asking}`, in which it is, may not"
        message = f"The node `{node.name}` may not {verb} `context.{name}`: {reason}."
        fix = f"add `{asking}` to `{verb}` of the key `{name}`, or do it in another node"
        self.findings.error("no-right", place, message, fix)

    def check_memory(self, name: str, node: NodeDraft | None, place: Place) -> None:
        """What every agent has for itself means something only where an agent is asked."""
        kept = self.known.memory.get(name)
        if kept is None or kept.scope != "agent" or (node is not None and node.agent is not None):
            return
        message = f"`memory.{name}` belongs to each agent, but no agent is asked here."
        fix = f"use it in a node with an agent, or give `{name}` another scope"
        self.findings.error("no-right", place, message, fix)

    # ----------------------------------------------------------------------------------- writes

    def check_writes(self, node: NodeDraft, infer: Callable[[Wired], JsonObject | None]) -> None:
        """Every key must be there, be the node's to write, and hold such a value."""
        for name, key in node.write_keys.items():
            schema = self.written_schema(name, node, key.place)
            wired = node.writes.get(name)
            found = infer(wired) if wired is not None else None
            reason = find_mismatch(found, schema) if schema is not None and found else None
            if wired is not None and reason is not None:
                message = f"`{name}` cannot be written by `{node.name}`: {reason}."
                fix = "change the type of the key, or what is written"
                if reason.startswith("may be null"):
                    fix = f"write `default({wired.expression.source}, …)`"
                self.findings.error("type-mismatch", wired.written.place, message, fix)

    def written_schema(self, name: str, node: NodeDraft, place: Place) -> JsonObject | None:
        """The type of a key that a node writes; None after recording that it may not."""
        if name.startswith(_MEMORY):
            kept = self.known.memory.get(name.removeprefix(_MEMORY))
            self.check_memory(name.removeprefix(_MEMORY), node, place)
            if kept is not None:
                return kept.schema
        elif name in self.keys:
            self.check_right(name, node, "write", place)
            return self.keys[name].schema
        message = f"There is no key `{name}` to write."
        options = [*self.keys, *(f"{_MEMORY}{kept}" for kept in self.known.memory)]
        fix = did_you_mean(name, options, otherwise=f"declare it: `context: {{{name}: string}}`")
        self.findings.error("undeclared-key", place, message, fix)
        return None

    # ------------------------------------------------------------------------------ declarations

    def check_declared(self) -> None:
        """Those who may use a key must be nodes."""
        for key in self.draft.context.values():
            for name in (*(key.readers or ()), *(key.writers or ())):
                if name.text not in self.draft.nodes:
                    message = f"There is no node `{name.text}` in this flow."
                    fix = did_you_mean(name.text, self.draft.nodes)
                    self.findings.error("unknown-node", name.place, message, fix)

    def check_used(self, read: Iterable[str], written: Iterable[str]) -> None:
        """Doubts about keys that are never written, or never read."""
        reads, writes = set(read), set(written)
        for name, key in self.draft.context.items():
            if name not in writes and name in reads and key.initial is None:
                message = f"Nobody writes `context.{name}`, so it is always null."
                fix = f"write it (`writes: {{{name}: …}}`), or give it an `initial` value"
                self.findings.warn("unwritten-key", key.key.place, message, fix)
            elif name not in reads:
                message = f"Nobody reads `context.{name}`."
                fix = f"read it as `context.{name}`, or remove it"
                self.findings.warn("unread-key", key.key.place, message, fix)

    def inherit(self, node: NodeDraft, is_written: Callable[[str], bool]) -> dict[str, Inherited]:
        """What a flow inside a node may use: what the node itself may."""
        return {
            name: Inherited(
                ContextKey(
                    key.schema,
                    key.initial,
                    None if _may(key.readers, node) else (),
                    None if _may(key.writers, node) else (),
                ),
                self.is_sure(name, is_written),
            )
            for name, key in self.keys.items()
        }


def _may(allowed: tuple[str, ...] | None, node: NodeDraft) -> bool:
    return allowed is None or node.name in allowed


def _key_of(draft: FlowDraft, name: str) -> ContextKey:
    key = draft.context[name]
    readers = None if key.readers is None else tuple(n.text for n in key.readers)
    writers = None if key.writers is None else tuple(n.text for n in key.writers)
    return ContextKey(key.schema, key.initial, readers, writers)


def _record(properties: Mapping[str, JsonObject]) -> JsonObject:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
