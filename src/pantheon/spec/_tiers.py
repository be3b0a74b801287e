"""One tier as users write it: a name, or a mapping of one name to its settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypeAlias

from pantheon.ids import JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._constants import ANY_OBJECT
from pantheon.spec._fields import Fields, read_reference, read_text
from pantheon.spec._model import (
    CloudTier,
    CommandTier,
    HumanTier,
    PromptTier,
    PythonTier,
    SpecialistTier,
    Tier,
)
from pantheon.spec._rules import EXAMPLE, RulesReader
from pantheon.spec._source import (
    Entry,
    Findings,
    Items,
    Scalar,
    Table,
    Written,
    describe,
    did_you_mean,
    from_json,
)
from pantheon.spec._template import TemplateReader

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class TierContext:
    """What reading a tier needs to know about its agent."""

    owner: str
    inputs: Collection[str] | None
    """Names of the input's fields; None where any are allowed."""
    templates: TemplateReader
    findings: Findings
    input: JsonObject = field(default_factory=lambda: ANY_OBJECT)
    output: JsonObject = field(default_factory=lambda: ANY_OBJECT)
    """The contract, for tiers that are checked against it."""
    told: tuple[str, ...] = ()
    """What else a template may name: `context`, `skills`."""

    @property
    def variables(self) -> Collection[str] | None:
        """What a template may name; None: anything."""
        return None if self.inputs is None else [*self.inputs, *self.told]


ReadTier: TypeAlias = Callable[[Written | None, TierContext], Tier | None]


def read_tier(written: Written, context: TierContext) -> Tier | None:
    """The tier, or None after recording why there is none."""
    if isinstance(written, Scalar) and isinstance(written.value, str):
        return _dispatch(written, None, context)
    if isinstance(written, Table) and len(written.entries) == 1:
        entry = next(iter(written.entries.values()))
        return _dispatch(entry.key, entry.value, context)
    if isinstance(written, Table) and written.entries:
        extra = list(written.entries.values())[1]
        message = "A tier is one name with its settings below; here are several names."
        fix = f"indent `{extra.key.text}` below the tier, or start a new item with `- `"
        context.findings.error("bad-tier", extra.key.place, message, fix)
        return None
    message = f"A tier is a name such as `cloud`, not {describe(written)}."
    fix = did_you_mean("", keys.TIERS)
    context.findings.error("bad-tier", written.place, message, fix)
    return None


def _dispatch(name: Scalar, settings: Written | None, context: TierContext) -> Tier | None:
    reader = _READERS.get(name.text)
    if reader is None:
        message = f"There is no tier `{name.text}` ({context.owner})."
        fix = did_you_mean(name.text, _READERS)
        context.findings.error("unknown-tier", name.place, message, fix)
        return None
    if isinstance(settings, Scalar) and settings.value is None:
        settings = None
    if settings is None and name.text in _NEEDS:
        message = f"The tier `{name.text}` needs to know what to run."
        context.findings.error("bad-tier", name.place, message, _NEEDS[name.text])
        return None
    return reader(settings, context)


_NEEDS = {
    "python": 'write `python: "module:function"`',
    "command": 'write `command: ["program", "argument"]`',
    "rules": f"write below it `{EXAMPLE}`",
}


def _settings(
    written: Written | None, name: str, known: dict[str, str], context: TierContext
) -> Fields | None:
    """The settings of a tier; a bare value stands for the first key."""
    owner = f"the {name} tier of {context.owner}"
    if written is None:
        written = from_json({})
    elif not isinstance(written, Table):
        # `python: "m:f"` is short for `python: {function: "m:f"}`.
        key = Scalar(next(iter(known)), written.place, next(iter(known)))
        written = Table({key.text: Entry(key, written)}, written.place)
    return Fields.read(written, owner, context.findings, known)


def _read_specialist(written: Written | None, context: TierContext) -> Tier | None:
    if written is not None:
        message = "The specialist tier has no settings: the night fills it."
        context.findings.error("bad-tier", written.place, message, "write just `specialist`")
    return SpecialistTier()


def _read_prompt(written: Written | None, context: TierContext) -> Tier | None:
    known = keys.PROMPT_TIER
    if isinstance(written, Scalar):
        # The one thing a bare prompt can mean is its template.
        known = {"template": known["template"], **known}
    fields = _settings(written, "prompt", known, context)
    if fields is None:
        return None
    template = context.templates.read(fields, context.variables)
    return PromptTier(
        model=fields.text("model"),
        template=template.text,
        template_path=template.path,
        min_confidence=fields.number("min_confidence", 0, 1) or 0.0,
        max_tokens=fields.whole("max_tokens", 1) or 512,
    )


def _read_cloud(written: Written | None, context: TierContext) -> Tier | None:
    fields = _settings(written, "cloud", keys.CLOUD_TIER, context)
    if fields is None:
        return None
    template = context.templates.read(fields, context.variables)
    return CloudTier(
        model=fields.text("model") or "cloud",
        template=template.text,
        template_path=template.path,
        max_tokens=fields.whole("max_tokens", 1) or 1024,
    )


def _read_python(written: Written | None, context: TierContext) -> Tier | None:
    fields = _settings(written, "python", keys.PYTHON_TIER, context)
    if fields is None or fields.require("function", _NEEDS["python"]) is None:
        return None
    value = fields.get("function")
    if fields.text("function") is None or not isinstance(value, Scalar):
        return None
    reference = read_reference(value, context.findings)
    process = fields.flag("process") or False
    return PythonTier(reference, fields.duration("timeout"), process) if reference else None


def _read_command(written: Written | None, context: TierContext) -> Tier | None:
    fields = _settings(written, "command", keys.COMMAND_TIER, context)
    if fields is None or fields.require("argv", _NEEDS["command"]) is None:
        return None
    value = fields.get("argv")
    if not isinstance(value, Items) or not value.items:
        _reject_command(value, context)
        return None
    arguments = [_read_argument(item, context) for item in value.items]
    argv = tuple(argument for argument in arguments if argument is not None)
    return CommandTier(argv, fields.duration("timeout") or 30.0) if argv else None


def _reject_command(value: Written | None, context: TierContext) -> None:
    message = "A command is a list of arguments: no shell reads it."
    words = value.text.split() if isinstance(value, Scalar) else []
    listed = ", ".join(f'"{word}"' for word in words)
    fix = f"write `[{listed}]`" if words else _NEEDS["command"]
    if value is not None:
        context.findings.error("bad-command", value.place, message, fix)


def _read_argument(item: Written, context: TierContext) -> str | None:
    if isinstance(item, Table) and len(item.entries) == 1:
        name = next(iter(item.entries))
        message = "Bare braces are a YAML mapping, not a placeholder."
        context.findings.error("bad-command", item.place, message, f'quote it: "{{{name}}}"')
        return None
    text = read_text(item, f"each argument of {context.owner}'s command", context.findings)
    match = _PLACEHOLDER.fullmatch(text or "")
    if match and context.inputs is not None and match[1] not in context.inputs:
        message = f"The input of {context.owner} has no field `{match[1]}`."
        fix = did_you_mean(match[1], context.inputs)
        context.findings.error("unknown-input", item.place, message, fix)
    return text


def _read_human(written: Written | None, context: TierContext) -> Tier | None:
    fields = _settings(written, "human", keys.HUMAN_TIER, context)
    return HumanTier(fields.text("question")) if fields else None


def _read_rules(written: Written | None, context: TierContext) -> Tier | None:
    reader = RulesReader(context.owner, context.input, context.output, context.findings)
    return reader.read(written) if written is not None else None


_READERS: dict[str, ReadTier] = {
    "specialist": _read_specialist,
    "prompt": _read_prompt,
    "cloud": _read_cloud,
    "python": _read_python,
    "command": _read_command,
    "human": _read_human,
    "rules": _read_rules,
}
