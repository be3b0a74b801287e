"""Every key of the full form with what it means: read by the loader and by the editor's schema."""

from __future__ import annotations

PROJECT = {
    "version": "Version of this file format: 1.",
    "include": "Other files to read, relative to this project's folder; `*` stands for any name.",
    "parameters": "Values that environments and `--set` may change: `${parameters.NAME}`.",
    "models": "Models by name. `cloud` is the one that agents escalate to.",
    "agents": "Agents by name: a contract and the tiers that can fulfil it.",
    "flows": "Flows by name: graphs of agents from a typed input to a typed output.",
    "router": "Which flows a prompt may go to.",
    "night": "When the night runs, what it may use, and who promotes.",
    "limits": "What all runs together may hold at once; what is not named has no limit.",
    "memory": "Long-term stores by name: `memory.NAME` in expressions and `writes`.",
    "store": "How long what the runs leave behind is kept.",
    "lint": "What `pantheon validate` may leave unsaid, and how grave the rest is.",
}
LINT = {
    "ignore": "Rules that do not apply here, each with the reason: `{P101: a draft}`.",
    "error": "Rules whose findings are mistakes here.",
    "warning": "Rules whose findings are warnings here.",
    "info": "Rules whose findings are notes here.",
}
PARAMETER = {
    "type": "Type of the value: `string`, `integer`, `number`, `boolean`, `[string]`, "
    "`{enum: [a, b]}`.",
    "default": "The value where nothing else is set; without it one must be set.",
    "description": "What it is for, in a sentence.",
}
RESOURCES = {
    "cpu": "Processor cores, such as `2` or `0.5`.",
    "memory": "Memory: bytes, or text such as `8GB`.",
    "gpu": "Graphics processors, such as `1` or `0.5`.",
}
MEMORY = {
    "scope": "Whose it is: every `flow`, every `agent` or every `user` has a value of its own.",
    "type": "Type of the value, as in a contract: `string`, `[string]`, `{enum: [a, b]}`.",
    "initial": "The value before the first write; default: null.",
}
STORE = {"keep_runs": "How long ended runs are kept, such as `30d`; default: for ever."}
MODEL = {
    "engine": "`llama.cpp` (embedded, no server) or `openai` (any OpenAI-compatible endpoint).",
    "weights": "Weights of an embedded model: a name that `pantheon models list` shows, or a path "
    "to a GGUF file.",
    "base_url": "Address of the endpoint, up to and with `/v1`. May hold `${VARIABLE}`.",
    "model": "Name of the model at the endpoint. May hold `${VARIABLE}`.",
    "api_key_env": "NAME of the environment variable that holds the key; never the key itself.",
    "price": "USD per million tokens.",
    "timeout": "Time limit of one request: seconds, or text such as `30s`, `2m`.",
    "max_retries": "How often a request is repeated after 429, 5xx or a broken connection.",
    "threads": "Threads of an embedded model.",
    "context": "Tokens of prompt and answer together that an embedded model has room for, at most "
    "what its weights take.",
    "limits": "What it may be asked at most, over all runs of the process.",
    "breaker": "When it is left alone for a while because it fails again and again.",
}
MODEL_LIMITS = {
    "concurrent": "Requests under way at once.",
    "requests_per_minute": "Requests that may begin in a minute.",
    "tokens_per_minute": "Tokens in a minute, in and out together.",
}
BREAKER = {
    "failures": "Failures in a row that open the circuit (5).",
    "cooldown": "Time until one request may try again (30s).",
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
    "resources": "What one answer holds while it is made.",
    "deterministic": "Whether the same input always gives the same output; then results are cached.",
    "cache": "How long a result is kept for equal inputs: `on`, `off`, or a time such as `1h`.",
    "same": "When two outputs are the same: `exact` (default), `normalised`, `numeric(0.5)`, "
    "`numeric(5%)`, `set_f1(0.8)`, `fields`, or `judge:AGENT`.",
    "critical": "Parts of outputs, such as `{team: emergency}`: a change may not make them worse.",
    "context": "Files that its prompts hold, such as `AGENTS.md`: a bare name is the nearest one "
    "above the file that defines the agent.",
    "skills": "Folders with a SKILL.md, such as `skills/pdf`: instructions for who needs them.",
    "tests": "Tests: a list of inputs with what must come of them, or a .yaml or .jsonl file.",
}
SKILL = {
    "name": "Name of the skill and of its folder: lower case, letters, digits and hyphens.",
    "description": "What it does and when it is of use, in at most 1024 characters.",
    "license": "Its license, or the name of the file that holds it.",
    "compatibility": "What it needs: programs, packages, network; at most 500 characters.",
    "metadata": "Further keys with texts.",
    "allowed-tools": "Tools that it is made for; it permits nothing here.",
}
PROMISE = {
    "disagreement": "Share of all requests that may be answered locally and differently (0.05, 5%).",
    "confidence": "How sure the promise is (0.95).",
    "audit": "Share of local answers that the cloud is asked about too (0.05).",
    "quality": "On corrected answers not worse than the cloud by more than this share (0.01).",
}
TIERS = {
    "specialist": "Whatever the night has promoted for this agent; an empty slot abstains.",
    "prompt": "A prompt template on a model, its output constrained by the contract.",
    "cloud": "The configured cloud model; what it answers becomes training data.",
    "python": "A function, `module:function`, called with the inputs by name.",
    "command": "A program run without a shell: input as JSON on stdin, output as JSON on stdout.",
    "human": "A question in the inbox; the run waits.",
    "rules": "Conditions over the input; the first that holds gives its answer.",
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
    "process": "Whether it runs in a process of its own: for work that needs a core, or may crash.",
}
COMMAND_TIER = {
    "argv": "Program and arguments; an argument `{field}` is replaced by that input field.",
    "timeout": "Time limit of one run.",
}
HUMAN_TIER = {"question": "What to ask; may name input fields as `{field}`."}
RULE = {
    "when": 'A condition over the input, such as `contains(input.text, "refund")`.',
    "give": "The output where it holds.",
}
FLOW = {
    "description": "What the flow is for: the router starts from it.",
    "examples": "Prompts that this flow is for: the router starts from them.",
    "input": "Contract of the flow's input: short form, JSON Schema, or one tag.",
    "nodes": "Nodes by name.",
    "output": "Fields of the result, each an expression: `{team: triage.team}`.",
    "timeout": "Time limit of the whole run.",
    "priority": "Runs of a flow with a higher number get scarce resources first (0).",
    "context": "What the nodes of a run share: keys with their types, `context.KEY` in expressions.",
    "tree": "A behaviour tree that decides which node runs when.",
    "tests": "Tests: a list of inputs with what must come of them, or a .yaml or .jsonl file.",
}
TEST = {
    "name": "What it is called; default: its number.",
    "input": "What is asked.",
    "expect": "What must be true of what comes of it; all that is given must be.",
    "output": "Short for `expect: {same: …}`: pairs of input and output are tests.",
    "answers": "Answers in place of models: `{AGENT: output}`, a list, or a .jsonl file.",
    "skip": "Why it is not run at present.",
}
EXPECT = {
    "equals": "The whole output, exactly.",
    "same": "The whole output, by the agent's own `same`.",
    "contains": "Parts of the output; a text is to be found in the text of its field.",
    "matches": 'Regular expressions by field: `{reply: "^Dear "}`.',
    "schema": "A contract the output must satisfy, narrower than the agent's own.",
    "satisfies": "A judge and a criterion in words, or a list of such.",
    "tier": "Who must have answered: kinds of tiers, or `local`.",
    "nodes": "States that nodes of a flow must have come to: `{ask: skipped}`.",
    "fails": "That there is no output: `true`, or the reason, such as `invalid_input`.",
    "within": "How long it may take and what it may cost.",
}
WITHIN = {
    "time": "Time it may take: seconds, or text such as `2s`.",
    "usd": "USD it may cost.",
}
SATISFIES = {
    "judge": "Agent that is given `output`, `criterion` and `input`, and gives `score` (0 to 1) or "
    "`satisfied`.",
    "criterion": "What it is judged by, in a sentence.",
    "at_least": "The score that passes, the mean of all times (0.5).",
    "times": "How often the judge is asked (1).",
}
SCRIPTED = {
    "agent": "Only in place of this agent; default: of any whose model is asked.",
    "input": "Only for inputs with these parts.",
    "output": "The output that is given.",
    "fails": "Instead of an output, the way in which a model fails, such as `timeout`.",
    "repeat": "Whether it is given again and again, or once.",
}
CONTEXT_KEY = {
    "type": "Type of the value, as in a contract: `string`, `[string]`, `{enum: [a, b]}`.",
    "initial": "The value before the first write; default: null.",
    "read": "Nodes that may read it; default: all.",
    "write": "Nodes that may write it; default: all.",
}
NODE = {
    "agent": "Name of the agent, maybe with a constraint: `reply@>=0.1,<1`.",
    "flow": "Name of a flow that runs as this node.",
    "nodes": "Nodes of a flow that is written here.",
    "merge": "Wait for several nodes instead of running an agent.",
    "plan": "A plan that an earlier node gave, an expression: its nodes run as this one.",
    "wait": "Pause until a time or an event; nothing stays in memory.",
    "vote": "Several agents answer, and the answer that most of them give is taken.",
    "debate": "Several agents answer in rounds, each knowing the others' last answers; one judges.",
    "best_of": "One agent answers several times, and the answer with the best score is taken.",
    "in": "Its inputs, each an expression; default: fields of the flow's input by name.",
    "input": "With `nodes`: contract of what they are given; default: what `in` gives.",
    "output": "With `nodes`: fields of the result, each an expression.",
    "context": "With `nodes`: what they share, keys with their types.",
    "tree": "With `nodes`: a behaviour tree that decides which of them runs when.",
    "agents": "With `plan`: the only agents that the plan may use.",
    "max_nodes": "With `plan`: how many nodes it may have at most (50).",
    "when": "Run only if this expression is true.",
    "map": "Run once per item of a list; `item` stands for it in `in`; the output is a list.",
    "loop": "Run again and again; `last` is the previous output, `round` counts from 1.",
    "retry": "How often and how patiently a failure is tried again.",
    "timeout": "Time limit of one attempt: seconds, or text such as `30s`, `5m`.",
    "fallback": "Node or agent that answers in this one's place, with its inputs, when it fails.",
    "on_error": "When it fails: `fail` the run at its end, `stop` it, `continue`, or `{give: {…}}`.",
    "cross_check": "Run the local and the cloud path and keep the better.",
    "reviews": "Node whose inputs and output this one reviews.",
    "after": "Nodes that must have ended first, whatever they gave.",
    "writes": "Keys of the context, or `memory.NAME`, each with an expression; `output` is its own.",
}
MAP = {
    "over": "The list, an expression.",
    "concurrency": "How many items run at once.",
}
LOOP = {
    "until": "An expression over `last` and `round`, checked after each round; true ends the loop.",
    "max": "Rounds at most.",
    "exhausted": "After the last round without `until`: `fail`, or `keep` what it gave.",
}
MERGE = {
    "from": "Nodes to wait for.",
    "policy": "`all`: one field per node; `any`: the output of the first, in the order written, that "
    "gave something; `first`: of whichever gave something first; `quorum`: one field for each of "
    "the first `k`; `best`: the output with the highest `by`; `majority`: the one that most gave.",
    "k": "With `quorum`, `majority`: how many; default: more than half.",
    "by": "With `best`: a number; with `majority`: what must be equal. `item` is a node's output.",
    "valid": "Which outputs count, a condition; `item` is a node's output.",
    "timeout": "Time after which it goes on with what is there.",
}
WAIT = {
    "for": "How long: a time such as `2h`, or an expression that gives seconds.",
    "event": "Name of an event that is signalled from outside.",
    "output": "Contract of what is signalled with the event; default: any object.",
}
ON_ERROR = {"give": "Output that is used instead, a mapping of values."}
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
    "canary": "Share of the requests that a promoted version answers while on probation; 1: none.",
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
