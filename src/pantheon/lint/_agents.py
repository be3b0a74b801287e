"""Rules about agents: what they are told, what they may answer, who is asked first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pantheon.ids import JsonObject, canonical_json
from pantheon.lint._rule import rule
from pantheon.lint._view import Doubt, View, fields_of, templates_of
from pantheon.spec import (
    AgentDef,
    CloudTier,
    HumanTier,
    PromptTier,
    PythonTier,
    SpecialistTier,
    Tier,
    to_json,
    variables_of,
)

_PERSONAL = re.compile(
    r"(?:^|_)(e_?mail|phone|iban|ssn|passport|birth_?(?:day|date)|password|card_number|address)(?:$|_)"
)
_CHARACTERS_OF_A_TOKEN = 4


@rule("P101", "no-description")
def no_description(view: View) -> Iterator[Doubt]:
    """Models are told the description where no template says what to do."""
    if view.project.dialect == "original":  # where its name says what it does
        return
    for agent in view.project.agents.values():
        bare = any(isinstance(t, PromptTier | CloudTier) and not t.template for t in agent.tiers)
        if bare and not agent.description:
            message = f"The agent `{agent.name}` has no description, and a model is told it."
            fix = f"say what it does: `description: …` under `{agent.name}`"
            yield Doubt(agent.where, message, fix)


@rule("P102", "unused-agent")
def unused_agent(view: View) -> Iterator[Doubt]:
    """Where there are flows, an agent that none of them asks does nothing."""
    if not view.project.flows:
        return
    for agent in view.project.agents.values():
        if agent.name not in view.asked:
            message = f"No flow asks the agent `{agent.name}`."
            yield Doubt(agent.where, message, "use it in a node, or remove it")


@rule("P103", "promise-without-cloud")
def promise_without_cloud(view: View) -> Iterator[Doubt]:
    """A promise is about agreement with the cloud."""
    for agent in view.project.agents.values():
        if agent.promise and not any(isinstance(t, CloudTier) for t in agent.tiers):
            message = f"`{agent.name}` promises agreement with the cloud, and never asks it."
            yield Doubt(
                agent.where, message, "add the tier `cloud`, or remove `promise`", "promise"
            )


@rule("P104", "promise-without-local")
def promise_without_local(view: View) -> Iterator[Doubt]:
    """Where the cloud alone answers, nothing can differ from it."""
    for agent in view.project.agents.values():
        away = all(view.is_remote(t) or isinstance(t, HumanTier) for t in agent.tiers)
        if agent.promise and agent.tiers and away:
            message = f"`{agent.name}` promises agreement with the cloud, and nobody else answers."
            fix = "put `specialist` before `cloud`, or remove `promise`"
            yield Doubt(agent.where, message, fix, "promise")


@rule("P105", "promise-without-audit")
def promise_without_audit(view: View) -> Iterator[Doubt]:
    """Without audits a broken promise is not noticed."""
    for agent in view.project.agents.values():
        if agent.promise and agent.promise.audit == 0:
            message = f"Nobody would notice that `{agent.name}` breaks its promise: `audit` is 0."
            yield Doubt(agent.where, message, "write for example `audit: 0.02`", "audit")


@rule("P106", "promise-too-strict")
def promise_too_strict(view: View) -> Iterator[Doubt]:
    """No finite evidence shows that nothing ever differs."""
    for agent in view.project.agents.values():
        if agent.promise and agent.promise.disagreement == 0:
            message = f"No evidence can show that answers of `{agent.name}` never differ."
            fix = "allow some: `disagreement: 0.01`, or remove `promise` and the local tiers"
            yield Doubt(agent.where, message, fix, "disagreement")


@rule("P107", "no-promise", "info")
def no_promise(view: View) -> Iterator[Doubt]:
    """The default promise holds, which nobody has thought about."""
    for agent in view.project.agents.values():
        kinds = {tier.kind for tier in agent.tiers}
        if agent.promise is None and {"specialist", "cloud"} <= kinds:
            message = f"`{agent.name}` learns from the cloud without a promise of its own."
            fix = "say how much may differ: `promise: {disagreement: 0.05, audit: 0.02}`"
            yield Doubt(agent.where, message, fix)


@rule("P108", "never-learns", "info")
def never_learns(view: View) -> Iterator[Doubt]:
    """What the cloud answers is only learned where a specialist may take over."""
    for agent in view.project.agents.values():
        kinds = {tier.kind for tier in agent.tiers}
        if "cloud" in kinds and "specialist" not in kinds:
            message = f"`{agent.name}` asks the cloud and has no slot for a specialist."
            yield Doubt(agent.where, message, "put `specialist` before `cloud`", "tiers")


@rule("P109", "cheap-after-dear")
def cheap_after_dear(view: View) -> Iterator[Doubt]:
    """What costs nothing is asked first, or it is hardly ever asked."""
    for agent in view.project.agents.values():
        seen: Tier | None = None
        for tier in agent.tiers:
            if seen is not None and not view.is_remote(tier) and not isinstance(tier, HumanTier):
                message = f"`{agent.name}` asks `{tier.kind}` only after `{seen.kind}`."
                yield Doubt(agent.where, message, f"put `{tier.kind}` first", "tiers")
                break
            seen = tier if view.is_remote(tier) else seen


@rule("P110", "after-a-person")
def after_a_person(view: View) -> Iterator[Doubt]:
    """A person is asked last: the run waits for the answer."""
    for agent in view.project.agents.values():
        kinds = [tier.kind for tier in agent.tiers]
        if "human" in kinds[:-1]:
            behind = kinds[kinds.index("human") + 1]
            message = f"`{agent.name}` waits for a person before it asks `{behind}`."
            yield Doubt(agent.where, message, "put `human` last", "tiers")


@rule("P111", "one-choice")
def one_choice(view: View) -> Iterator[Doubt]:
    """A choice of one needs no answer."""
    for agent in view.project.agents.values():
        for name, schema in fields_of(agent.output).items():
            values = schema.get("enum")
            if isinstance(values, list) and len(values) == 1:
                message = f"`{name}` of `{agent.name}` can only ever be one value."
                yield Doubt(agent.where, message, "add the other values, or remove it", name)


@rule("P112", "anything-goes")
def anything_goes(view: View) -> Iterator[Doubt]:
    """Where every object is an answer, nothing can be checked, compared or learned."""
    for agent in view.project.agents.values():
        models = any(isinstance(t, PromptTier | CloudTier | SpecialistTier) for t in agent.tiers)
        if models and not fields_of(agent.output) and "$ref" not in agent.output:
            message = f"Any object is an answer of `{agent.name}`: its output has no fields."
            yield Doubt(agent.where, message, "name them: `output: {answer: string}`", "output")


@rule("P113", "unread-input")
def unread_input(view: View) -> Iterator[Doubt]:
    """An input that a prompt does not name is not seen by its model."""
    for agent in view.project.agents.values():
        inputs = fields_of(agent.input)
        for tier, text in templates_of(agent):
            named = variables_of(text)
            if not named or "input" in named:
                continue
            for name in inputs:
                if name not in named:
                    which = f"`{tier.template_path}`" if tier.template_path else "its prompt"
                    message = f"`{agent.name}` is given `{name}`, which {which} never names."
                    fix = f"write `{{{{ {name} }}}}` where it belongs, or remove the field"
                    yield Doubt(agent.where, message, fix, "tiers")


@rule("P114", "constant-prompt")
def constant_prompt(view: View) -> Iterator[Doubt]:
    """A prompt without the input asks the same every time."""
    for agent in view.project.agents.values():
        for tier, text in templates_of(agent):
            if fields_of(agent.input) and "{" not in text.replace("${", ""):
                which = f"`{tier.template_path}`" if tier.template_path else "A prompt"
                message = f"{which} of `{agent.name}` holds nothing of the input."
                first = next(iter(fields_of(agent.input)))
                yield Doubt(agent.where, message, f"write `{{{{ {first} }}}}` in it", "tiers")


@rule("P115", "long-prompt")
def long_prompt(view: View) -> Iterator[Doubt]:
    """The prompt alone fills the model, or the answer has no room."""
    for agent in view.project.agents.values():
        for tier, text in templates_of(agent):
            model = view.model(tier)
            room = model.context if model else None
            tokens = len(text) // _CHARACTERS_OF_A_TOKEN
            if model and room and tokens + tier.max_tokens > room:
                message = (
                    f"A prompt of `{agent.name}` takes about {tokens} tokens, its answer up to"
                )
                message += f" {tier.max_tokens}; `{model.name}` has room for {room}."
                fix = "shorten it, lower `max_tokens`, or raise the model's `context`"
                yield Doubt(agent.where, message, fix, "tiers")


@rule("P116", "no-time-limit", "info")
def no_time_limit(view: View) -> Iterator[Doubt]:
    """A function that hangs holds up its run."""
    for agent in view.project.agents.values():
        for tier in agent.tiers:
            if isinstance(tier, PythonTier) and tier.process and tier.timeout is None:
                message = f"`{tier.function}` of `{agent.name}` has a process and no time limit."
                yield Doubt(agent.where, message, "write `timeout: 30s` beside it", "tiers")


@rule("P117", "personal-data", "info")
def personal_data(view: View) -> Iterator[Doubt]:
    """Fields that sound personal leave the machine."""
    for agent in view.project.agents.values():
        if not view.asks_away(agent):
            continue
        for name in fields_of(agent.input):
            if _PERSONAL.search(name.lower()):
                message = f"`{name}` sounds personal, and `{agent.name}` may send it to the cloud."
                fix = "write `privacy: local`, leave the field out, or say here why it may leave"
                yield Doubt(agent.where, message, fix, name)


@rule("P118", "contradicting-examples")
def contradicting_examples(view: View) -> Iterator[Doubt]:
    """The same input cannot have two answers."""
    for agent in view.project.agents.values():
        answers: dict[str, str] = {}
        for number, pair in enumerate(agent.examples, 1):
            asked, given = (canonical_json(pair.get(key)) for key in ("input", "output"))
            if answers.setdefault(asked, given) != given:
                message = f"Example {number} of `{agent.name}` contradicts an earlier one:"
                message += " the same input, another output."
                yield Doubt(agent.where, message, "keep the right one", "examples")


@rule("P119", "repeated-example", "info")
def repeated_example(view: View) -> Iterator[Doubt]:
    """The same example twice teaches nothing more."""
    for agent in view.project.agents.values():
        seen: set[str] = set()
        for number, pair in enumerate(agent.examples, 1):
            told = canonical_json(pair)
            if told in seen:
                message = f"Example {number} of `{agent.name}` is there already."
                yield Doubt(agent.where, message, "remove it", "examples")
            seen.add(told)


@rule("P120", "same-agent-twice")
def same_agent_twice(view: View) -> Iterator[Doubt]:
    """Two agents that are one learn everything twice."""
    alike: dict[tuple[object, ...], list[AgentDef]] = {}
    for agent in view.project.agents.values():
        if not agent.code_only:
            fields = (*fields_of(agent.input), *fields_of(agent.output))
            kinds = tuple(tier.kind for tier in agent.tiers)
            alike.setdefault((agent.description, kinds, fields), []).append(agent)
    for agents in alike.values():
        known: dict[str, AgentDef] = {}
        for agent in agents if len(agents) > 1 else ():
            first = known.setdefault(canonical_json(_canonical(agent)), agent)
            if first is not agent:
                message = f"`{agent.name}` is `{first.name}` under another name."
                yield Doubt(agent.where, message, f"use `{first.name}`, or say what differs")


def _canonical(agent: AgentDef) -> JsonObject:
    """What it is, without what it is called."""
    return {**to_json(agent), "name": "", "version": None}


@rule("P121", "no-agent-tests", "info")
def no_agent_tests(view: View) -> Iterator[Doubt]:
    """What is not tested changes unnoticed."""
    for agent in view.project.agents.values():
        if not agent.tests:
            message = f"The agent `{agent.name}` has no tests."
            yield Doubt(agent.where, message, "write `tests: [{input: …, output: …}]`")


@rule("P122", "shared-description")
def shared_description(view: View) -> Iterator[Doubt]:
    """Nobody can tell two agents apart that are described alike."""
    known: dict[str, str] = {}
    for agent in view.project.agents.values():
        told = " ".join(agent.description.casefold().split())
        if told and known.setdefault(told, agent.name) != agent.name:
            message = f"`{agent.name}` is described exactly as `{known[told]}` is."
            yield Doubt(agent.where, message, "say what sets it apart", "description")
