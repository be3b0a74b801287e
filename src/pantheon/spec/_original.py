"""The original dialect: nodes in a list, named after their agents, wired by sources.

    rootInputType: "spec"
    nodes: [{agent: summarizer, inputSources: ["root"]}]
    outputNode: {agent: summarizer}

Tags convert freely: a source's text fills the agent's input whatever the tags are called, and
several sources that feed one tag are joined in order, a blank line between them.
"""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.ids import JsonObject, canonical_json
from pantheon.spec import _keys as keys
from pantheon.spec._compatibility import is_only, properties_of
from pantheon.spec._constants import (
    ANY_OBJECT,
)
from pantheon.spec._contract import tag_schema
from pantheon.spec._draft import FlowDraft, NodeDraft, Wired, parse_at
from pantheon.spec._fields import Fields, check_name
from pantheon.spec._model import (
    AgentDef,
)
from pantheon.spec._source import (
    Entry,
    Findings,
    Items,
    Scalar,
    Table,
    Written,
    did_you_mean,
)

ROOT = "root"


def is_original(written: Written) -> bool:
    """Whether a flow is written in the original dialect."""
    if not isinstance(written, Table):
        return False
    marks = {"rootInputType", "outputNode"}
    return bool(marks & set(written.entries)) or isinstance(written.get("nodes"), Items)


def read_original_flow(
    entry: Entry, agents: Mapping[str, AgentDef], findings: Findings
) -> FlowDraft | None:
    """One flow of the original dialect."""
    owner = f"flow `{entry.key.text}`"
    fields = Fields.read(entry.value, owner, findings, keys.ORIGINAL_FLOW)
    if not check_name(entry.key, "flow", findings) or fields is None:
        return None
    return _OriginalFlow(fields, entry.key, agents).read()


class _OriginalFlow:
    def __init__(self, fields: Fields, key: Scalar, agents: Mapping[str, AgentDef]) -> None:
        self.fields = fields
        self.findings = fields.findings
        self.agents = agents
        fields.require("rootInputType", 'name the input: `rootInputType: "spec"`')
        tag = fields.text("rootInputType")
        schema = tag_schema(tag) if tag else ANY_OBJECT
        self.draft = FlowDraft(fields.owner[6:-1], key, schema, dialect="original")

    def read(self) -> FlowDraft:
        written = self.fields.require("nodes", "list the nodes: `- agent: name`")
        if written is not None and not isinstance(written, Items):
            self.fields.wrong_type("nodes", written, "a list of nodes")
        nodes = written.items if isinstance(written, Items) else ()
        pairs = [(node, fields) for node, fields in map(self.name_node, nodes) if node and fields]
        for node, fields in pairs:
            node.inputs = self.wire(node, fields)
            node.sound = bool(node.inputs)
        self.read_output()
        return self.draft

    def name_node(self, written: Written) -> tuple[NodeDraft | None, Fields | None]:
        """A node named after its agent; the second use of one gets `_2`."""
        if isinstance(written, Scalar) and isinstance(written.value, str):
            written = Table({"agent": Entry(written, written)}, written.place)
        fields = Fields.read(written, "a node", self.findings, keys.ORIGINAL_NODE)
        if fields is None or fields.require("agent", "name its agent: `agent: codegen`") is None:
            return None, None
        agent, text = fields.get("agent"), fields.text("agent")
        if text is None or not isinstance(agent, Scalar):
            return None, None
        name, count = text, 1
        while name in self.draft.nodes:
            count += 1
            name = f"{text}_{count}"
        node = NodeDraft(name=name, key=agent, agent=agent, agent_name=text)
        self.draft.nodes[name] = node
        return node, fields

    def wire(self, node: NodeDraft, fields: Fields) -> dict[str, Wired]:
        """Inputs of a node from its sources."""
        fields.require("inputSources", 'name what it reads: `inputSources: ["root"]`')
        agent = self.agents.get(node.agent_name)
        sources = [(s, self.resolve(s, node)) for s in fields.names("inputSources")]
        known = [(written, path) for written, path in sources if path is not None]
        if agent is None or not known:
            return {}
        ports = list(properties_of(agent.input))
        if len(ports) == 1:
            joined = self.join(known)
            return self.parsed({ports[0]: joined}, known[0][0]) if joined else {}
        return self.parsed(self.match_by_name(ports, [path for _, path in known]), known[0][0])

    def resolve(self, source: Scalar, node: NodeDraft) -> str | None:
        """The root that a source stands for: `input`, or the name of a node."""
        if source.text == ROOT:
            return "input"
        if source.text in self.draft.nodes:
            return source.text
        fix = did_you_mean(source.text, [ROOT, *self.draft.nodes])
        message = f"There is no node `{source.text}` for `{node.name}` to read."
        self.findings.error("unknown-node", source.place, message, fix)
        return None

    def schema(self, path: str) -> JsonObject:
        if path == "input":
            return self.draft.input
        agent = self.agents.get(self.draft.nodes[path].agent_name)
        return agent.output if agent else ANY_OBJECT

    def join(self, sources: list[tuple[Scalar, str]]) -> str | None:
        """The sources' texts in order."""
        texts: list[str] = []
        for written, path in sources:
            fields = properties_of(self.schema(path))
            if not fields:
                return None  # an agent that is itself wrong, and reported there
            if len(fields) > 1:
                message = f"`{written.text}` gives several fields; one tag cannot hold them."
                fix = "write this flow in the full form, with `in: {field: node.field}`"
                self.findings.error("bad-source", written.place, message, fix)
                return None
            name, rule = next(iter(fields.items()))
            field = f"{path}.{name}" if name.isidentifier() else f"{path}[{canonical_json(name)}]"
            texts.append(field if is_only(rule, "string") else f"text({field})")
        return ' + "\\n\\n" + '.join(texts)

    def match_by_name(self, ports: list[str], paths: list[str]) -> dict[str, str]:
        """For an agent of several inputs: each from the first source that has such a field."""
        found: dict[str, str] = {}
        for port in ports:
            owner = next((p for p in paths if port in properties_of(self.schema(p))), None)
            if owner is not None:
                found[port] = f"{owner}[{canonical_json(port)}]"
        return found

    def parsed(self, sources: Mapping[str, str], written: Scalar) -> dict[str, Wired]:
        at = Scalar(written.text, written.place, written.text)
        parsed = {name: parse_at(source, at, self.findings) for name, source in sources.items()}
        return {name: wired for name, wired in parsed.items() if wired is not None}

    def read_output(self) -> None:
        """`outputNode: {agent: codegen}`, or its name alone."""
        written = self.fields.require("outputNode", "name it: `outputNode: {agent: codegen}`")
        if written is None:
            return
        if isinstance(written, Table):
            output = Fields.read(written, "the output node", self.findings, {"agent": ""})
            assert output is not None
            written = output.require("agent", "write `agent: codegen`")
        if not isinstance(written, Scalar):
            if written is not None:
                self.fields.wrong_type("outputNode", written, "`{agent: name}`")
            return
        last = [name for name, node in self.draft.nodes.items() if node.agent_name == written.text]
        if written.text in self.draft.nodes and not last:
            last = [written.text]
        if not last:
            message = f"The output node `{written.text}` is not among the nodes."
            fix = did_you_mean(written.text, self.draft.nodes)
            self.findings.error("unknown-node", written.place, message, fix)
            return
        self.draft.output_node = Scalar(last[-1], written.place, last[-1])
