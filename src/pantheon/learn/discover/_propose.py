"""From a recurring task to a proposed agent: name, contract, examples, savings, learning curve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pantheon.clock import Clock, SystemClock
from pantheon.ids import Json, JsonObject, canonical_json, hash_json
from pantheon.learn._groups import group_texts
from pantheon.learn._rows import Embed, Promise, Row
from pantheon.learn._task import Task
from pantheon.learn.discover._call import Call
from pantheon.learn.discover._cluster import instruction
from pantheon.learn.discover._contract import TaskContract, contract_of, short_form
from pantheon.learn.discover._curve import LearningPoint, ladder_certify, learning_curve
from pantheon.learn.discover._names import common_words, name_agent
from pantheon.learn.discover._prompt_file import describe, prompt_file
from pantheon.learn.discover._savings import Saving, Spend, expect_saving, spend_of
from pantheon.learn.discover._secrets import holds_personal_data, holds_secret, without_secrets
from pantheon.learn.discover._shape import spans_share
from pantheon.learn.discover._tasks import Recurring
from pantheon.spec import Price, parse_same, render_text, validate_value

if TYPE_CHECKING:
    from pantheon.learn._intervals import Interval

_SAID = 200
"""Prompts that an agent without a template is named after."""
_EXAMPLES = 3
_LONGEST_EXAMPLE = 300
"""Characters of an example that goes into a file people read."""
_MOSTLY = 0.8
_PERSONAL = 0.05
_AUDIT = 0.05
_JOINT = 0.975
_PROMISE = Promise()
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Observed:
    """One call of the task as an example of the agent."""

    id: str
    at: float | None
    input: JsonObject
    output: JsonObject


@dataclass(frozen=True, slots=True)
class ProposedAgent:
    """An agent that a log speaks for.

    - id: the same for the same task in a later log
    - kind: label, labels, number, record or text
    - share: of the log's calls; spend_share: of its money, or of its tokens where none is known
    - examples: a few, short and without personal data
    - observed: all usable calls (for `pantheon import stream`); never any with a secret in it
    - wordings: the prompts that were found, with their numbers of calls
    - prompt: a template for the cloud tier that asks as the log did, if one can be written
    - left_out: calls of the task that are no examples, by reason
    - notes: what a person should know before accepting
    """

    id: str
    name: str
    description: str
    kind: str
    contract: TaskContract
    calls: int
    share: float
    spend: Spend
    spend_share: float
    examples: tuple[JsonObject, ...]
    observed: tuple[Observed, ...]
    wordings: tuple[tuple[str, int], ...]
    prompt: str | None
    curve: tuple[LearningPoint, ...]
    saving: Saving
    repeats: float
    """Share of the calls whose input came before: what a cache alone would answer."""
    left_out: dict[str, int]
    notes: tuple[str, ...]

    @property
    def local(self) -> Interval:
        """Certified local share after all of the log's calls that were tried."""
        return self.curve[-1].local

    def to_json(self) -> JsonObject:
        """The proposal under stable keys, without the observed calls."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "kind": self.kind,
            "input": short_form(self.contract.input),
            "output": short_form(self.contract.output),
            "same": self.contract.same,
            "calls": self.calls,
            "share": self.share,
            "spend": {
                "usd": self.spend.usd,
                "tokens_in": self.spend.tokens_in,
                "tokens_out": self.spend.tokens_out,
                "estimated": self.spend.estimated,
                "share": self.spend_share,
            },
            "saving": self.saving.to_json(),
            "curve": [point.to_json() for point in self.curve],
            "repeats": self.repeats,
            "examples": list[Json](self.examples),
            "wordings": [{"prompt": text, "calls": n} for text, n in self.wordings],
            "left_out": dict[str, Json](self.left_out),
            "notes": list[Json](self.notes),
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """What proposals of one log have in common.

    - calls: of the whole log
    - price: of the cloud's tokens, where the log does not tell what calls cost
    - span: seconds that the log covers; None: it tells no times
    - curve_rows: calls of a task that are tried for its learning curve, the first ones
    """

    calls: Sequence[Call]
    embed: Embed
    price: Price | None = None
    span: float | None = None
    promise: Promise = _PROMISE
    curve_rows: int = 600
    seed: int = 0
    clock: Clock = _CLOCK


def propose_agent(task: Recurring, setting: Setting, *, taken: Collection[str]) -> ProposedAgent:
    """The proposal that a task makes; `taken` are names it must not have."""
    calls = [setting.calls[i] for i in task.members]
    contract = contract_of(task, setting.calls)
    observed, left_out = _observe(task, calls, contract)
    said = [instruction(call) for call in calls[:_SAID]]
    words = task.template.words if task.template else common_words(said)
    name = name_agent(words, taken=taken)
    curve = _curve(observed, contract, setting)
    spend = spend_of(calls, setting.price)
    whole = spend_of(setting.calls, setting.price)
    share = curve[-1].local_at(_JOINT)
    wordings = [
        (
            without_secrets(w.template.show(_shown(w.kept, w.names, w.template.slots))),
            len(w.members),
        )
        if w.template
        else ("worded anew in each call", len(w.members))
        for w in task.wordings
    ]
    return ProposedAgent(
        id=_identity(task, contract),
        name=name,
        description=describe(task.template, name),
        kind=task.shape.kind,
        contract=contract,
        calls=len(calls),
        share=len(calls) / len(setting.calls),
        spend=spend,
        spend_share=_spend_share(spend, whole),
        examples=_choose_examples(observed),
        observed=tuple(observed),
        wordings=tuple(wordings),
        prompt=prompt_file(task),
        curve=curve,
        saving=expect_saving(spend, share, span=setting.span, audit=_AUDIT),
        repeats=_repeats(observed),
        left_out=left_out,
        notes=tuple(_notes(task, observed)),
    )


def _shown(kept: Sequence[int], names: Sequence[str], slots: int) -> list[str]:
    said = dict(zip(kept, names, strict=True))
    return [said.get(slot, "…") for slot in range(slots)]


def _identity(task: Recurring, contract: TaskContract) -> str:
    """What the task is by: its commonest wording and its answer's fields."""
    said = task.template.show() if task.template else task.shape.kind
    fields = contract.output.get("properties")
    names = sorted(fields) if isinstance(fields, dict) else []
    return "d" + hash_json([said, list[Json](names)]).removeprefix("b2:")[:8]


def _observe(
    task: Recurring, calls: Sequence[Call], contract: TaskContract
) -> tuple[list[Observed], dict[str, int]]:
    left_out: Counter[str] = Counter()
    if task.left_out:
        left_out["the answer has another shape"] = task.left_out
    kept: list[Observed] = []
    for call, given, answer in zip(calls, task.inputs, task.outputs, strict=True):
        if holds_secret(given) or holds_secret(answer):
            left_out["holds a key or password"] += 1
        elif validate_value(contract.input, given) or validate_value(contract.output, answer):
            left_out["breaks the contract"] += 1
        else:
            kept.append(Observed(call.id, call.at, given, answer))
    return kept, dict(left_out)


def _curve(
    observed: Sequence[Observed], contract: TaskContract, setting: Setting
) -> tuple[LearningPoint, ...]:
    chosen = observed[: setting.curve_rows]
    texts = [render_text(contract.input, one.input) for one in chosen]
    rows = [
        Row(
            id=one.id,
            text=text,
            label=canonical_json(one.output),
            group=group,
            at=float(number),
            drawn="bootstrap",
        )
        for number, (one, text, group) in enumerate(
            zip(chosen, texts, group_texts(texts), strict=True)
        )
    ]
    task = Task(
        agent="",
        input=contract.input,
        output=contract.output,
        shape="label",
        promise=setting.promise,
        same=parse_same(contract.same),
        labels=_labels(contract),
        seed=setting.seed,
    )
    certify = ladder_certify(task=task, embed=setting.embed, clock=setting.clock)
    return learning_curve(rows, certify=certify, promise=setting.promise)


def _labels(contract: TaskContract) -> tuple[str, ...]:
    """All outputs, where one field with an enum is all there is."""
    fields = contract.output.get("properties")
    if not isinstance(fields, dict) or len(fields) != 1:
        return ()
    ((name, rule),) = fields.items()
    values = rule.get("enum") if isinstance(rule, dict) else None
    return tuple(canonical_json({name: v}) for v in values) if isinstance(values, list) else ()


def _spend_share(spend: Spend, whole: Spend) -> float:
    if spend.usd is not None and whole.usd:
        return spend.usd / whole.usd
    total = whole.tokens_in + whole.tokens_out
    return (spend.tokens_in + spend.tokens_out) / total if total else 0.0


def _choose_examples(observed: Sequence[Observed]) -> tuple[JsonObject, ...]:
    """Short ones with different answers that name nobody."""
    found: dict[str, JsonObject] = {}
    for one in observed:
        pair: JsonObject = {"input": one.input, "output": one.output}
        answer = canonical_json(one.output)
        if answer in found or len(canonical_json(pair)) > _LONGEST_EXAMPLE:
            continue
        if not holds_personal_data(pair):
            found[answer] = pair
        if len(found) == _EXAMPLES:
            break
    return tuple(found.values())


def _repeats(observed: Sequence[Observed]) -> float:
    distinct = {canonical_json(one.input) for one in observed}
    return 1 - len(distinct) / len(observed) if observed else 0.0


def _notes(task: Recurring, observed: Sequence[Observed]) -> list[str]:
    notes: list[str] = []
    texts = [canonical_json(one.input) for one in observed]
    if (
        task.shape.kind == "record"
        and spans_share(task.outputs, [str(i) for i in task.inputs]) >= _MOSTLY
    ):
        notes.append("The answer's texts are copied from the input, word for word.")
    if task.shape.kind == "text":
        notes.append("The answers are free text: name an agent that judges, `same: judge:AGENT`.")
    if task.template is None:
        notes.append("No two prompts have the same wording; the input is all that the user said.")
    if sum(len(w.kept) < w.template.slots for w in task.wordings if w.template):
        notes.append("Handles of requests and the day of asking are left out of the input.")
    personal = sum(map(holds_personal_data, texts))
    if texts and personal > _PERSONAL * len(texts):
        notes.append(
            f"{personal / len(texts):.0%} of the inputs name addresses or numbers of people: "
            "consider a tier before the cloud that keeps them here."
        )
    return notes
