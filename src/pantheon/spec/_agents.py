"""The `agents` section: contracts, promises, tiers and what they must not contradict."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from pantheon.ids import JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._compatibility import properties_of
from pantheon.spec._constants import (
    ANY_OBJECT,
)
from pantheon.spec._contract import read_contract
from pantheon.spec._declared import read_critical, read_same
from pantheon.spec._fields import Fields, check_name
from pantheon.spec._model import (
    NO_RESOURCES,
    AgentDef,
    CloudTier,
    ModelDef,
    Promise,
    PromptTier,
    Resources,
    SpecialistTier,
    Tier,
)
from pantheon.spec._order import order_example
from pantheon.spec._resources import read_resources
from pantheon.spec._skills import GuidanceReader, check_guidance, told_by
from pantheon.spec._source import (
    Entry,
    Findings,
    Place,
    Scalar,
    Table,
    Written,
    did_you_mean,
    to_json,
)
from pantheon.spec._template import TemplateReader
from pantheon.spec._tiers import TierContext, read_tier
from pantheon.spec._validate import validate_value

_PRIVACY: dict[str, Literal["any", "local"]] = {"any": "any", "local": "local"}
_INFINITY = float("inf")
_ONLY_ONE = {"specialist": "keep the first", "rules": "write all rules in one list"}
"""Tiers that an agent has at most one of, and what to do about a second."""
FOR_EVER = 100 * 365 * 86_400.0
"""Seconds that a result is kept with `cache: on`: more than anyone will see."""


@dataclass(frozen=True, slots=True)
class AgentReader:
    """Reads agents against the models there are."""

    models: dict[str, ModelDef]
    templates: TemplateReader
    findings: Findings
    limits: Resources = NO_RESOURCES
    """What all runs together may hold."""

    def read(self, entry: Entry) -> AgentDef | None:
        """One agent; None where nothing can be made of it."""
        name = entry.key.text
        owner = f"agent `{name}`"
        fields = Fields.read(entry.value, owner, self.findings, keys.AGENT)
        if not check_name(entry.key, "agent", self.findings) or fields is None:
            return None
        given = fields.require("input", "say what it is given: `input: {text: string}`")
        wanted = fields.require("output", "say what it answers: `output: {summary: string}`")
        before = len(self.findings.diagnostics)
        input = read_contract(given, self.findings) if given else ANY_OBJECT
        output = read_contract(wanted, self.findings) if wanted else ANY_OBJECT
        sound = len(self.findings.diagnostics) == before
        privacy = fields.choice("privacy", _PRIVACY) or "any"
        guidance = GuidanceReader(self.templates.root, self.findings)
        context, skills = guidance.context(fields), guidance.skills(fields)
        tiers = self.read_tiers(fields, (input, output), privacy)
        check_guidance(fields, tiers, properties_of(input), self.findings)
        return AgentDef(
            name=name,
            input=input,
            output=output,
            tiers=tiers,
            description=fields.text("description") or "",
            promise=self.read_promise(fields),
            privacy=privacy,
            version=fields.text("version"),
            tools=fields.texts("tools"),
            cost=fields.number("cost", 0, _INFINITY),
            validators=fields.references("validators"),
            examples=self.read_examples(fields, (input, output) if sound else None),
            resources=read_resources(fields, self.limits),
            deterministic=fields.flag("deterministic") or False,
            cache=_read_cache(fields),
            same=read_same(fields, output if sound else ANY_OBJECT),
            critical=read_critical(fields, output if sound else ANY_OBJECT),
            context=context,
            skills=skills,
            where=entry.key.place.where,
        )

    def read_promise(self, fields: Fields) -> Promise | None:
        """The promise, with defaults for what it leaves out; None where nothing is promised."""
        written = fields.get("promise")
        if written is None:
            return None
        owner = f"the promise of {fields.owner}"
        promise = Fields.read(written, owner, self.findings, keys.PROMISE)
        if promise is None:
            return None
        audit = promise.share("audit", above=0, below=1, closed=True)
        return Promise(
            disagreement=promise.share("disagreement", above=0, below=1) or 0.05,
            confidence=promise.share("confidence", above=0, below=1) or 0.95,
            audit=0.05 if audit is None else audit,
            quality=promise.share("quality", above=0, below=1),
        )

    def read_tiers(
        self,
        fields: Fields,
        contract: tuple[JsonObject, JsonObject],
        privacy: Literal["any", "local"],
    ) -> tuple[Tier, ...]:
        """The tiers in order; an agent that names none gets the usual ones."""
        if fields.get("tiers") is None:
            return self.default_tiers(privacy)
        inputs = _field_names(contract[0])
        context = TierContext(
            fields.owner, inputs, self.templates, self.findings, *contract, told=told_by(fields)
        )
        found: list[tuple[Tier, Place]] = []
        for written in fields.listed("tiers"):
            tier = read_tier(written, context)
            if tier is not None:
                found.append((tier, written.place))
        if not fields.listed("tiers"):
            message = f"{fields.owner[0].upper()}{fields.owner[1:]} has no tier that could answer."
            fields.reject(fields.place("tiers"), message, "write `tiers: [specialist, cloud]`")
        self.check_tiers(found, fields, privacy)
        return tuple(tier for tier, _ in found)

    def default_tiers(self, privacy: Literal["any", "local"]) -> tuple[Tier, ...]:
        """Specialist, prompt on the embedded model, and the cloud where there is one."""
        local: tuple[Tier, ...] = (SpecialistTier(), PromptTier())
        reachable = privacy != "local" and "cloud" in self.models
        return (*local, CloudTier()) if reachable else local

    def check_tiers(
        self, tiers: list[tuple[Tier, Place]], fields: Fields, privacy: Literal["any", "local"]
    ) -> None:
        """Record unknown models, what `privacy: local` forbids, and tiers there can be one of."""
        for kind, fix in _ONLY_ONE.items():
            for place in [place for tier, place in tiers if tier.kind == kind][1:]:
                message = f"{fields.owner[0].upper()}{fields.owner[1:]} has two {kind} tiers."
                self.findings.error("bad-tier", place, message, fix)
        for tier, place in tiers:
            if isinstance(tier, CloudTier):
                self.check_cloud(tier, place, fields, privacy, alone=len(tiers) == 1)
            elif isinstance(tier, PromptTier) and tier.model is not None:
                self.check_prompt(tier.model, place, fields, privacy)

    def check_cloud(
        self,
        tier: CloudTier,
        place: Place,
        fields: Fields,
        privacy: Literal["any", "local"],
        *,
        alone: bool,
    ) -> None:
        """A cloud tier must be allowed; without its model it can only abstain."""
        if privacy == "local":
            self.forbid(place, fields, "a cloud tier")
            return
        if tier.model in self.models:
            return
        if tier.model != "cloud":
            self.report_model(tier.model, place)
            return
        message = f"{fields.owner[0].upper()}{fields.owner[1:]} asks the cloud, but no model"
        message += " `cloud` is configured."
        fix = "add `models: {cloud: {engine: openai, base_url: …, model: …}}`"
        if alone:
            self.findings.error("no-cloud", place, f"{message} It has no other tier.", fix)
        else:
            self.findings.warn("no-cloud", place, f"{message} The tier will abstain.", fix)

    def check_prompt(
        self, model: str, place: Place, fields: Fields, privacy: Literal["any", "local"]
    ) -> None:
        """A prompt tier's model must exist, and stay on the machine if the agent must."""
        if model not in self.models:
            self.report_model(model, place)
        elif privacy == "local" and self.models[model].remote:
            self.forbid(place, fields, f"the remote model `{model}`")

    def forbid(self, place: Place, fields: Fields, what: str) -> None:
        """Record a tier that would send the input out."""
        message = f"{fields.owner[0].upper()}{fields.owner[1:]} is `privacy: local` but has {what}."
        fix = "remove the tier, or the `privacy: local`"
        self.findings.error("privacy", place, message, fix)

    def report_model(self, model: str, place: Place) -> None:
        """Record a model that is not configured."""
        fix = did_you_mean(model, self.models, otherwise="define it under `models:`")
        self.findings.error("unknown-model", place, f"There is no model `{model}`.", fix)

    def read_examples(
        self, fields: Fields, contract: tuple[JsonObject, JsonObject] | None
    ) -> tuple[JsonObject, ...]:
        """Pairs that satisfy the contract; without a sound one they are taken as they are."""
        schemas = contract or (ANY_OBJECT, ANY_OBJECT)
        found: list[JsonObject] = []
        for written in fields.listed("examples"):
            owner = f"each example of {fields.owner}"
            example = Fields.read(written, owner, self.findings, keys.EXAMPLE)
            if example is None:
                continue
            for key, schema in zip(("input", "output"), schemas, strict=True):
                value = example.require(key, f"write `{key}: {{…}}`")
                if value is not None:
                    self.check_example(value, key, schema)
            pair = {key: to_json(entry.value) for key, entry in example.table.entries.items()}
            found.append(order_example(pair, *schemas))
        return tuple(found)

    def check_example(self, value: Written, key: str, schema: JsonObject) -> None:
        """Record where an example breaks the contract."""
        for problem in validate_value(schema, to_json(value))[:3]:
            place = value.place
            named = _named_in(value, problem)
            if named is not None:
                place = named.key.place if "has a field" in problem else named.value.place
            message = f"The example's {key} breaks the contract: {problem}."
            self.findings.error("bad-example", place, message, "change the example or the contract")


def _read_cache(fields: Fields) -> float | None:
    """Seconds: `on`, `off`, or a time."""
    value = fields.get("cache")
    if not isinstance(value, Scalar):
        return None if value is None else fields.duration("cache")
    if isinstance(value.value, bool):
        return FOR_EVER if value.value else 0.0
    words = {"on": FOR_EVER, "off": 0.0}
    return words[value.text] if value.text in words else fields.duration("cache")


def _named_in(value: Written, problem: str) -> Entry | None:
    """The field that a problem is about."""
    entries = value.entries if isinstance(value, Table) else {}
    return next((entry for key, entry in entries.items() if f"`{key}`" in problem), None)


def _field_names(schema: JsonObject) -> Collection[str] | None:
    open_ = schema.get("additionalProperties", True) is not False and not properties_of(schema)
    return None if open_ else list(properties_of(schema))
