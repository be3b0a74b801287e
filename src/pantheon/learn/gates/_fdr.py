"""One budget of false discoveries for all agents and nights: e-LOND.

Xu & Ramdas 2024 ("Online multiple testing with e-values"): the j-th hypothesis is rejected when
its e-value reaches 1 / level, where level = alpha * share(j) * (1 + rejections so far) and the
shares sum to 1. The expected share of false ones among all rejections is then at most alpha,
however the e-values depend on one another.

Here a hypothesis is "this rung is no better than what is deployed" (or not good enough). It takes
its place in the sequence on the first night it is tested, and may be rejected on any later one:
its e-value is that of an e-process, and a rejection that comes later finds at least as many
earlier rejections as were counted in its level, which is all that the proof needs. So an agent
pays once for each deployed version that is challenged, not once a night.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pantheon.store import Decision

if TYPE_CHECKING:
    from pantheon.store import Store

ALPHA = 0.05
"""Share of false ones among all promotions that claim an improvement."""
_SUM = 2.1098
"""Sum of 1 / (n ln(n)^2) from n = 2 on, rounded up."""


def share(position: int) -> float:
    """The share of alpha of the hypothesis at this position (1, 2, …); they sum to less than 1.

    It falls hardly faster than 1 / position, so that late agents keep some power.
    """
    number = position + 1
    return 1 / (_SUM * number * math.log(number) ** 2)


def level(position: int, rejected: int, alpha: float = ALPHA) -> float:
    """What the hypothesis at `position` is tested at after `rejected` rejections of others."""
    return alpha * share(position) * (1 + rejected)


@dataclass(frozen=True, slots=True)
class Budget:
    """What is spent and what is left, for people.

    - tests: hypotheses that were put to it; rejected: how many of them were
    - spent: share of alpha that is given away; left: what later hypotheses will share
    - next_level: what the next hypothesis is tested at, and e_needed the e-value it must reach
    """

    alpha: float
    tests: int
    rejected: int
    spent: float
    left: float
    next_level: float

    @property
    def e_needed(self) -> float:
        """The evidence that the next hypothesis needs."""
        return 1 / self.next_level


def budget_left(decisions: Sequence[Decision], alpha: float = ALPHA) -> Budget:
    """Where the budget stands after these decisions, all agents together."""
    tests = len({_key(decision) for decision in decisions})
    rejected = len({_key(decision) for decision in decisions if decision.rejected})
    spent = sum(share(position) for position in range(1, tests + 1))
    following = level(tests + 1, rejected, alpha)
    return Budget(alpha, tests, rejected, spent, 1 - spent, following)


def decide(
    store: Store,
    *,
    agent: str,
    test: str,
    subject: str,
    night: str,
    log_e: float,
    alpha: float = ALPHA,
) -> Decision:
    """Put a hypothesis to the budget of all agents; what was decided is written down.

    A row is written when a hypothesis takes its place and when it is rejected. One that was
    rejected stays so: a night that is begun again finds the decision of the killed one.
    """
    decisions = store.decisions.list()
    wanted = (agent, test, subject)
    known = [d for d in decisions if _key(d) == wanted]
    for decision in known:
        if decision.rejected:
            return decision
    places = list(dict.fromkeys(_key(d) for d in decisions))
    position = places.index(wanted) + 1 if known else len(places) + 1
    allowed = level(position, len({_key(d) for d in decisions if d.rejected}), alpha)
    made = Decision(
        agent=agent,
        night=night,
        test=test,
        subject=subject,
        level=allowed,
        e_value=math.exp(min(log_e, 700.0)),
        rejected=log_e >= -math.log(allowed),
        at=store.clock.now(),
    )
    if made.rejected or not known:
        store.decisions.add(made)
    return made


def _key(decision: Decision) -> tuple[str, str, str]:
    return decision.agent, decision.test, decision.subject
