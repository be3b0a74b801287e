"""Every key of the full form with what it means: read by the loader and by the editor's schema."""

from __future__ import annotations

PROJECT = {
    "version": "Version of this file format: 1.",
    "include": "Other files to read, relative to this project's folder; `*` stands for any name.",
    "models": "Models by name. `cloud` is the one that agents escalate to.",
    "agents": "Agents by name: a contract and the tiers that can fulfil it.",
    "flows": "Flows by name: graphs of agents from a typed input to a typed output.",
    "router": "Which flows a prompt may go to.",
    "night": "When the night runs, what it may use, and who promotes.",
}
MODEL = {
    "engine": "`llama.cpp` (embedded, no server) or `openai` (any OpenAI-compatible endpoint).",
    "weights": "Weights of an embedded model: a known name or a path to a GGUF file.",
    "base_url": "Address of the endpoint, up to and with `/v1`. May hold `${VARIABLE}`.",
    "model": "Name of the model at the endpoint. May hold `${VARIABLE}`.",
    "api_key_env": "NAME of the environment variable that holds the key; never the key itself.",
    "price": "USD per million tokens.",
    "timeout": "Time limit of one request: seconds, or text such as `30s`, `2m`.",
    "max_retries": "How often a request is repeated after 429, 5xx or a broken connection.",
    "threads": "Threads of an embedded model.",
}
PRICE = {
    "input": "USD per million input tokens.",
    "output": "USD per million output tokens.",
}
AGENT = {
    "description": "What the agent does, in a sentence: models and the router read it.",
    "input": "Contract of the input: short form, JSON Schema, or one tag.",
    "output": "Contract of the output: short form, JSON Schema, or one tag.",
    "tiers": "Who may answer, in the order asked. Default: specialist, prompt, cloud.",
    "promise": "At most how many answers may differ from the cloud's.",
    "privacy": "`local`: nothing of this agent ever leaves the machine.",
    "version": "Your own label, for constraints such as `reply@>=0.1,<1`.",
    "tools": "Names of tools the agent may use.",
    "cost": "Relative cost of one answer.",
    "validators": "`module:function` checks of an answer, called with (input, output).",
    "examples": "Pairs `{input: …, output: …}` that show the work.",
}
PROMISE = {
    "disagreement": "Share of all requests that may be answered locally and differently (0.05, 5%).",
    "confidence": "How sure the promise is (0.95).",
    "audit": "Share of local answers that the cloud is asked about too (0.05).",
}
TIERS = {
    "specialist": "Whatever the night has promoted for this agent; an empty slot abstains.",
    "prompt": "A prompt template on a model, its output constrained by the contract.",
    "cloud": "The configured cloud model; what it answers becomes training data.",
    "python": "A function, `module:function`, called with the inputs by name.",
    "command": "A program run without a shell: input as JSON on stdin, output as JSON on stdout.",
    "human": "A question in the inbox; the run waits.",
}
PROMPT_TIER = {
    "model": "Name under `models`; default: the embedded model.",
    "template": "A Jinja file of the project (`prompts/reply.j2`), or the template itself.",
    "min_confidence": "Accept when the mean token probability is at least this.",
    "max_tokens": "Longest answer, in tokens.",
}
CLOUD_TIER = {
    "model": "Name under `models`; default: `cloud`.",
    "template": "A Jinja file of the project, or the template itself.",
    "max_tokens": "Longest answer, in tokens.",
}
PYTHON_TIER = {
    "function": "`module:function`, found beside the file or installed.",
    "timeout": "Time limit of one call.",
}
COMMAND_TIER = {
    "argv": "Program and arguments; an argument `{field}` is replaced by that input field.",
    "timeout": "Time limit of one run.",
}
HUMAN_TIER = {"question": "What to ask; may name input fields as `{field}`."}
FLOW = {
    "description": "What the flow is for: the router starts from it.",
    "examples": "Prompts that this flow is for: the router starts from them.",
    "input": "Contract of the flow's input: short form, JSON Schema, or one tag.",
    "nodes": "Nodes by name.",
    "output": "Fields of the result, each an expression: `{team: triage.team}`.",
    "timeout": "Time limit of the whole run.",
}
NODE = {
    "agent": "Name of the agent, maybe with a constraint: `reply@>=0.1,<1`.",
    "in": "The agent's inputs, each an expression; default: fields of the flow's input by name.",
    "when": "Run only if this expression is true.",
    "map": "Run once per item of a list; `item` stands for it in `in`; the output is a list.",
    "merge": "Wait for several nodes instead of running an agent.",
    "retry": "How often and how patiently a failure is tried again.",
    "timeout": "Time limit of one attempt: seconds, or text such as `30s`, `5m`.",
    "fallback": "Node or agent that answers in this one's place, with its inputs, when it fails.",
    "cross_check": "Run the local and the cloud path and keep the better.",
    "reviews": "Node whose inputs and output this one reviews.",
    "after": "Nodes that must have ended first, whatever they gave.",
}
MAP = {
    "over": "The list, an expression.",
    "concurrency": "How many items run at once.",
}
MERGE = {
    "from": "Nodes to wait for.",
    "policy": "`all`: one field per node; `any`: the output of the first that gave something.",
}
RETRY = {
    "attempts": "Attempts in all, the first one included.",
    "backoff": "How the delay grows: none, constant, exponential.",
    "delay": "Time before the second attempt.",
    "on": "Failure reasons that are tried again; default: every one that can pass.",
}
CROSS_CHECK = {
    "judge": "Agent that is given (input, a, b) and answers `better: a` or `better: b`.",
    "compare": "`module:function` of (input, local, cloud) that returns `local` or `cloud`.",
}
ROUTER = {
    "flows": "Flows that a prompt may go to.",
    "otherwise": "Where a prompt goes that fits none: a flow, or `cloud`.",
    "min_similarity": "Below this similarity a prompt fits no flow.",
}
NIGHT = {
    "window": "From when to when, local time: `22:00-06:00`.",
    "budget": "What one night may use.",
    "promote": "`review`: propose changes; `auto`: apply those that pass every gate.",
}
BUDGET = {
    "cloud_usd": "USD for cloud calls.",
    "cpu": "Processor cores that training may use.",
    "memory": "Memory for training: bytes, or text such as `8GB`; less memory, fewer examples.",
    "time": "Time: seconds, or text such as `6h`.",
}
EXAMPLE = {"input": "The input object.", "output": "The output object."}

ORIGINAL_FLOW = {
    "rootInputType": "Tag of the flow's input.",
    "nodes": "Nodes in order, each an agent and its sources.",
    "outputNode": "The agent whose output is the flow's.",
}
ORIGINAL_NODE = {
    "agent": "Name of the agent; the node is named after it.",
    "inputSources": "`root` (the flow's input) and agents, joined in order.",
}
