"""Merges that go on early, with sources of which it does not matter who is first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.spec import Merge, NodeDef, Wait
from tests.flows.building import e, node

if TYPE_CHECKING:
    from tests.flows.random_graphs import Builder

Source: TypeAlias = Literal[
    "equal", "other", "bad", "invalid", "off", "stuck", "patient", "inside", "waits"
]
Policy: TypeAlias = Literal["all", "any", "first", "quorum", "best", "majority"]
NOTHING: tuple[Source, ...] = ("bad", "invalid", "off")
"""They end and give nothing that counts."""
ENDLESS: tuple[Source, ...] = ("stuck", "patient", "inside", "waits")
"""They never end by themselves."""


def add_early_merge(builder: Builder) -> None:
    """A merge of one of the policies, in one of the ways that have one outcome only."""
    dice = builder.dice
    add = dice.pick((_first, _any, _quorum, _majority, _best, _late, _none))
    policy, kinds, k = add(builder)
    names = tuple(_add(builder, kind, i) for i, kind in enumerate(kinds))
    late = add is _late
    timeout = dice.pick((0.005, 0.02)) if late else dice.pick((None, None, 3600.0))
    by = e("item.n") if policy == "best" or (policy == "majority" and dice.chance(50)) else None
    valid = None if policy == "all" else e("item.n >= 0")
    merge = Merge(names, policy, k=k, by=by, valid=valid, timeout=timeout)
    made = node(builder.shared.new("e"), given={}, merge=merge)
    builder.publish(made, numbered=policy not in {"all", "quorum"})


Choice: TypeAlias = "tuple[Policy, Sequence[Source], int | None]"


def _one(builder: Builder, kinds: Sequence[Source]) -> Source:
    """A run that can pause has no nodes that go on for ever: it pauses when none is at work."""
    kind = builder.dice.pick(kinds)
    return kind if builder.shared.endless or kind not in ENDLESS else "waits"


def _some(builder: Builder, kinds: Sequence[Source], most: int) -> list[Source]:
    return [_one(builder, kinds) for _ in range(builder.dice.below(most + 1))]


def _equal(number: int) -> list[Source]:
    return ["equal" for _ in range(number)]


def _mixed(builder: Builder, kinds: Sequence[Source]) -> list[Source]:
    """The same in another order."""
    mixed: list[Source] = []
    for kind in kinds:
        mixed.insert(builder.dice.below(len(mixed) + 1), kind)
    return mixed


def _first(builder: Builder) -> Choice:
    """All that count are equal."""
    equal = builder.dice.below(2) + 1
    rest = _some(builder, NOTHING + ENDLESS, 3)
    return "first", _mixed(builder, [*_equal(equal), *rest]), None


def _any(builder: Builder) -> Choice:
    """Those before the first that counts end; those behind it do not matter."""
    before = _some(builder, NOTHING, 2)
    behind = _some(builder, ("other", *NOTHING, *ENDLESS), 2)
    return "any", [*before, "equal", *behind], None


def _quorum(builder: Builder) -> Choice:
    """Exactly as many count as it needs."""
    k = builder.dice.below(3) + 1
    rest = _some(builder, NOTHING + ENDLESS, 2)
    return "quorum", _mixed(builder, [*_equal(k), *rest]), k


def _majority(builder: Builder) -> Choice:
    """Enough agree, whatever the others say."""
    k = builder.dice.below(2) + 2
    others: list[Source] = [_one(builder, ("other", *NOTHING, *ENDLESS)) for _ in range(k - 1)]
    return "majority", _mixed(builder, [*_equal(k), *others]), k


def _best(builder: Builder) -> Choice:
    """It waits for all of them."""
    rest = _some(builder, ("other", *NOTHING), 3)
    return "best", _mixed(builder, [*_equal(1), *rest]), None


def _late(builder: Builder) -> Choice:
    """Only its time ends it."""
    policy: Policy = builder.dice.pick(("all", "any", "first", "quorum", "best", "majority"))
    return policy, [_one(builder, ENDLESS), *_some(builder, ENDLESS, 2)], None


def _none(builder: Builder) -> Choice:
    """Nothing counts."""
    policy: Policy = builder.dice.pick(("any", "first", "quorum", "best", "majority"))
    return policy, [builder.dice.pick(NOTHING), *_some(builder, NOTHING, 2)], None


def _add(builder: Builder, kind: Source, position: int) -> str:
    name = builder.shared.new("q")
    builder.nodes.append(_source(builder, kind, name, position))
    return name


def _source(builder: Builder, kind: Source, name: str, position: int) -> NodeDef:
    from tests.flows.random_graphs import ALWAYS, PATIENT

    values = builder.reads(1, tolerant=kind == "equal")
    facts = {"turns": builder.dice.below(4), "n": _value(kind, position)}
    given = builder.given(name, values, **facts)
    match kind:
        case "bad":
            return node(name, "give", given={**given, "fails": str(ALWAYS)})
        case "off":
            return node(name, "give", given=given, when="false")
        case "stuck":
            return node(name, "stuck", given=builder.given(name, values))
        case "patient":
            return node(name, "give", given={**given, "fails": "1"}, retry=PATIENT)
        case "waits":
            return node(name, given={}, wait=Wait(event=builder.shared.new("never")))
        case "inside":
            return _inside(builder, name)
        case _:
            return node(name, "give", given=given)


def _value(kind: Source, position: int) -> int:
    return {"equal": 7, "invalid": -1}.get(kind, position)


def _inside(builder: Builder, name: str) -> NodeDef:
    """A flow that never ends, with a node that does."""
    from tests.flows.random_graphs import Builder as Inner

    inner = Inner(builder.shared, depth=9, several=True)
    made = inner.count("input.n")
    stuck = builder.shared.new("q")
    inner.publish(node(stuck, "stuck", given=inner.given(stuck, f"[{made}.n]")))
    return node(name, given={"n": "input.n"}, body=inner.build(0, name))
