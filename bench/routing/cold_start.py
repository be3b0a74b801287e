"""How well does the router start cold? Flows made of CLINC150 intents, prompts in and out of scope.

    ./run python bench/routing/cold_start.py DATA/streams/clinc150.jsonl

Each draw takes 3, 5 or 8 of eight domains as flows, with a description and 0, 2, 5 or 10 examples
each, and routes three kinds of prompts: of those flows, of CLINC150's own `oos` class, and of the
domains that were left out. Prints, for each number of examples and threshold, how many prompts
went right, wrong, and how many of the others were taken.
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pantheon.models import embedder
from pantheon.routing import FlowTexts, SimilarityRunner
from pantheon.spec import FlowDef

DOMAINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "banking": (
        "Questions and orders about a bank account: balance, transfers, bills, spending",
        ("balance", "transfer", "bill_balance", "spending_history", "pay_bill"),
    ),
    "credit_cards": (
        "Help with credit cards: limits, rewards, lost or declined cards",
        ("credit_limit", "rewards_balance", "report_lost_card", "card_declined", "new_card"),
    ),
    "kitchen": (
        "Cooking: recipes, ingredients, nutrition, cooking time",
        ("recipe", "ingredients_list", "calories", "cook_time", "nutrition_info"),
    ),
    "home": (
        "The home: shopping list, to-do list, reminders, smart devices, music",
        ("shopping_list", "todo_list", "reminder", "smart_home", "play_music"),
    ),
    "auto": (
        "Car: fuel, tyres, oil change, traffic, directions",
        ("gas", "tire_pressure", "oil_change_when", "traffic", "directions"),
    ),
    "travel": (
        "Travel: book flights and hotels, visas, luggage, car rental",
        ("book_flight", "book_hotel", "international_visa", "lost_luggage", "car_rental"),
    ),
    "work": (
        "Work matters: holiday requests, payday, taxes, meetings, insurance",
        ("pto_request", "payday", "w2", "schedule_meeting", "insurance"),
    ),
    "tools": (
        "Small tools: time, alarm, weather, calculator, unit conversion, spelling",
        ("time", "alarm", "weather", "calculator", "measurement_conversion", "spelling"),
    ),
}
EXAMPLES = (0, 2, 5, 10)
THRESHOLDS = (0.25, 0.3, 0.35, 0.4)
FLOWS = (3, 5, 8)
SEEDS = range(5)
PER_FLOW, OUTSIDE = 40, 100


@dataclass(slots=True)
class Tally:
    """Counts over all draws."""

    right: int = 0
    wrong: int = 0
    inside: int = 0
    taken: dict[str, int] = field(default_factory=lambda: {"oos": 0, "other": 0})
    outside: dict[str, int] = field(default_factory=lambda: {"oos": 0, "other": 0})

    def row(self) -> str:
        """As percentages."""
        shares = [self.right / self.inside, self.wrong / self.inside]
        shares += [self.taken[kind] / max(1, self.outside[kind]) for kind in ("oos", "other")]
        return "".join(f"{share:>9.0%}" for share in shares)


@dataclass(frozen=True, slots=True)
class Draw:
    """Some flows, and prompts with the flow each belongs to (`oos` and `other`: to none)."""

    flows: Mapping[str, FlowDef]
    prompts: Sequence[tuple[str, str]]


def read(path: Path) -> dict[str, list[str]]:
    """Texts by intent."""
    texts: dict[str, list[str]] = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            texts[row["output"]["intent"]].append(row["input"]["text"])
    return texts


def draws(texts: Mapping[str, Sequence[str]], *, examples: int) -> Iterator[Draw]:
    """Every draw with that many examples a flow."""
    for seed in SEEDS:
        rng = random.Random(seed)
        for count in FLOWS:
            yield _draw(texts, sorted(rng.sample(sorted(DOMAINS), count)), examples, rng)


def _draw(
    texts: Mapping[str, Sequence[str]], names: Sequence[str], examples: int, rng: random.Random
) -> Draw:
    flows: dict[str, FlowDef] = {}
    prompts: list[tuple[str, str]] = []
    for name in names:
        description, intents = DOMAINS[name]
        shown = [rng.choice(texts[intents[i % len(intents)]]) for i in range(examples)]
        flows[name] = FlowDef(name, {}, {}, {}, description=description, examples=tuple(shown))
        rest = sorted({text for intent in intents for text in texts[intent]} - set(shown))
        prompts += [(name, text) for text in rng.sample(rest, PER_FLOW)]
    left_out = [intent for name in DOMAINS if name not in names for intent in DOMAINS[name][1]]
    others = [text for intent in left_out for text in texts[intent]]
    prompts += [("oos", text) for text in rng.sample(texts["oos"], OUTSIDE)]
    prompts += [("other", text) for text in rng.sample(others, min(OUTSIDE, len(others)))]
    return Draw(flows, prompts)


def count(draw: Draw, tallies: Mapping[float, Tally]) -> None:
    """Route every prompt of a draw at every threshold."""
    texts = FlowTexts(draw.flows, embedder())
    embedder().embed([prompt for _, prompt in draw.prompts])  # one batch; `rank` finds them ready
    for belongs, prompt in draw.prompts:
        ranked = texts.rank(prompt)
        for least, tally in tallies.items():
            taken = SimilarityRunner(texts, least=least).doubt(ranked) is None
            if belongs in draw.flows:
                tally.inside += 1
                tally.right += taken and ranked[0].flow == belongs
                tally.wrong += taken and ranked[0].flow != belongs
            else:
                tally.outside[belongs] += 1
                tally.taken[belongs] += taken


def main(path: Path) -> None:
    """Print the table."""
    texts = read(path)
    print("examples  threshold    right    wrong  oos-in  other-in")
    for examples in EXAMPLES:
        tallies = {least: Tally() for least in THRESHOLDS}
        for draw in draws(texts, examples=examples):
            count(draw, tallies)
        for least, tally in tallies.items():
            print(f"{examples:>8}  {least:>9}{tally.row()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
