"""Definitions as a person would write them: what a `pantheon.yaml` would hold to mean the same.

`load_definitions(to_source(project), root)` gives equal definitions back, so that a stored version
can be looked at, exported, and put back into a file. Tests that stand beside a definition are no
part of it and are not written; nor are parameters, whose values are filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pantheon.ids import Json, JsonObject
from pantheon.spec._model import (
    AgentDef,
    Breaker,
    CloudTier,
    CommandTier,
    HumanTier,
    MemoryDef,
    ModelDef,
    NightDef,
    Project,
    Promise,
    PromptTier,
    PythonTier,
    Resources,
    RouterDef,
    RulesTier,
    Tier,
)
from pantheon.spec._parameters import escape_definition
from pantheon.spec._same import EXACT
from pantheon.spec._write_contract import write_contract, write_type
from pantheon.spec._write_flow import write_flow, write_number


def to_source(project: Project) -> JsonObject:
    """Every section that says something, in the order in which people write them."""
    sections: JsonObject = {
        "models": {name: write_model(model) for name, model in project.models.items()},
        "memory": {name: _write_memory(kept) for name, kept in project.memory.items()},
        "agents": {
            name: write_agent(agent, root=project.root) for name, agent in project.agents.items()
        },
        "flows": {name: write_flow(flow) for name, flow in project.flows.items()},
        "router": None if project.router is None else _write_router(project.router),
        "night": _write_night(project.night),
        "limits": _write_resources(project.limits),
        "store": _differing({"keep_runs": write_number(project.retention.runs)}),
    }
    return {"version": 1, **_differing(sections)}


def _differing(
    fields: Mapping[str, Json], standard: Mapping[str, Json] | None = None
) -> JsonObject:
    """Only what says something else than its default (or than nothing)."""
    empty: tuple[Json, ...] = (None, "", [], {})
    usual = standard or {}
    return {k: v for k, v in fields.items() if (v != usual[k] if k in usual else v not in empty)}


# -------------------------------------------------------------------------------------- agents


def write_agent(agent: AgentDef, *, root: Path | None = None) -> JsonObject:
    """What stands below an agent's name.

    A prompt is named by its file where that file, below `root`, still holds it, else written out.
    """
    written: JsonObject = {
        **_differing({"description": agent.description}),
        "input": write_contract(agent.input),
        "output": write_contract(agent.output),
        "tiers": [_write_tier(tier, root) for tier in agent.tiers],
        **_differing(
            {
                "promise": _write_promise(agent.promise),
                "privacy": None if agent.privacy == "any" else agent.privacy,
            }
        ),
        **({} if agent.version is None else {"version": agent.version}),
        **_differing(
            {
                "tools": list(agent.tools),
                "cost": write_number(agent.cost),
                "validators": list(agent.validators),
                "examples": list(agent.examples),
                "resources": _write_resources(agent.resources),
                "deterministic": agent.deterministic or None,
                "same": None if agent.same == EXACT else str(agent.same),
                "critical": list(agent.critical),
                "context": [each.path for each in agent.context],
                "skills": [each.path for each in agent.skills],
            }
        ),
        **({} if agent.cache is None else {"cache": write_number(agent.cache) or "off"}),
    }
    return escape_definition(written)


def _write_promise(promise: Promise | None) -> Json:
    if promise is None:
        return None
    standard = Promise()
    return {
        "disagreement": promise.disagreement,
        **_differing(
            {
                "confidence": promise.confidence,
                "audit": promise.audit,
                "quality": promise.quality,
            },
            {"confidence": standard.confidence, "audit": standard.audit, "quality": None},
        ),
    }


def _write_resources(asked: Resources) -> JsonObject:
    return {
        key: write_number(value)
        for key, value in (("cpu", asked.cpu), ("memory", asked.memory), ("gpu", asked.gpu))
        if value
    }


def _write_tier(tier: Tier, root: Path | None) -> Json:
    return _TIERS[tier.kind](tier, root)


def _named(kind: str, settings: JsonObject) -> Json:
    """A tier with settings, or its bare name."""
    return {kind: settings} if settings else kind


def _write_prompt(tier: PromptTier, root: Path | None) -> Json:
    standard = PromptTier()
    settings = {
        "model": tier.model,
        "template": _template(tier, root),
        "min_confidence": write_number(tier.min_confidence),
        "max_tokens": tier.max_tokens,
    }
    return _named(
        "prompt", _differing(settings, {"min_confidence": 0, "max_tokens": standard.max_tokens})
    )


def _write_cloud(tier: CloudTier, root: Path | None) -> Json:
    standard = CloudTier()
    settings: JsonObject = {
        "model": tier.model,
        "template": _template(tier, root),
        "max_tokens": tier.max_tokens,
    }
    return _named(
        "cloud", _differing(settings, {"model": standard.model, "max_tokens": standard.max_tokens})
    )


def _template(tier: PromptTier | CloudTier, root: Path | None) -> str | None:
    """The file, if it still holds this text; else the text."""
    if root is None or tier.template_path is None:
        return tier.template
    try:
        now = (root / tier.template_path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return tier.template
    return (
        tier.template_path if "\n".join(now.splitlines()) == _bare(tier.template) else tier.template
    )


def _bare(text: str | None) -> str:
    return "\n".join((text or "").splitlines())


def _write_python(tier: PythonTier, _: Path | None) -> Json:
    more = _differing({"timeout": write_number(tier.timeout), "process": tier.process or None})
    return {"python": {"function": tier.function, **more} if more else tier.function}


def _write_command(tier: CommandTier, _: Path | None) -> Json:
    more = _differing({"timeout": write_number(tier.timeout)}, {"timeout": 30})
    argv: list[Json] = list(tier.argv)
    return {"command": {"argv": argv, **more} if more else argv}


def _write_human(tier: HumanTier, _: Path | None) -> Json:
    return "human" if tier.question is None else {"human": {"question": tier.question}}


def _write_rules(tier: RulesTier, _: Path | None) -> Json:
    return {"rules": [{"when": rule.when.source, "give": rule.give} for rule in tier.rules]}


_TIERS: dict[str, Callable[[Any, Path | None], Json]] = {
    "specialist": lambda _tier, _root: "specialist",
    "prompt": _write_prompt,
    "cloud": _write_cloud,
    "python": _write_python,
    "command": _write_command,
    "human": _write_human,
    "rules": _write_rules,
}


# ------------------------------------------------------------------------------ other sections


def write_model(model: ModelDef) -> JsonObject:
    """What stands below a model's name; variables of the environment are filled in."""
    standard = ModelDef("", "openai")
    fields: dict[str, Json] = {
        "weights": model.weights,
        "base_url": model.base_url,
        "model": model.model,
        "api_key_env": model.api_key_env,
        "price": _differing({"input": model.price.input, "output": model.price.output},
                            {"input": 0.0, "output": 0.0}),
        "timeout": write_number(model.timeout),
        "max_retries": model.max_retries,
        "threads": model.threads,
        "context": model.context,
        "limits": _write_rates(model),
        "breaker": _write_breaker(model.breaker),
    }  # fmt: skip
    usual: dict[str, Json] = {
        "timeout": write_number(standard.timeout),
        "max_retries": standard.max_retries,
    }
    return {"engine": model.engine, **_differing(fields, usual)}


def _write_rates(model: ModelDef) -> JsonObject:
    limits = model.limits
    return _differing(
        {
            "concurrent": limits.concurrent,
            "requests_per_minute": write_number(limits.requests_per_minute),
            "tokens_per_minute": write_number(limits.tokens_per_minute),
        }
    )


def _write_breaker(breaker: Breaker) -> JsonObject:
    standard = Breaker()
    return _differing(
        {"failures": breaker.failures, "cooldown": write_number(breaker.cooldown)},
        {"failures": standard.failures, "cooldown": write_number(standard.cooldown)},
    )


def _write_memory(memory: MemoryDef) -> JsonObject:
    more = _differing({"initial": memory.initial})
    return escape_definition({"scope": memory.scope, "type": write_type(memory.schema), **more})


def _write_router(router: RouterDef) -> JsonObject:
    standard = RouterDef(())
    return {
        "flows": list(router.flows),
        **_differing(
            {"otherwise": router.otherwise, "min_similarity": router.min_similarity},
            {"otherwise": None, "min_similarity": standard.min_similarity},
        ),
    }


def _write_night(night: NightDef) -> JsonObject:
    budget = night.budget
    bounds = {
        "cloud_usd": budget.cloud_usd,
        "cpu": budget.cpu,
        "memory": budget.memory,
        "time": write_number(budget.seconds),
    }
    return _differing(
        {
            "window": night.window,
            "budget": {k: v for k, v in bounds.items() if v is not None},
            "promote": None if night.promote == "review" else night.promote,
            "canary": night.canary,
        }
    )
