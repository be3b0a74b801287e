"""What the nodes below a part of a behaviour tree have cost so far, from the answers in the store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import TypeAlias

from pantheon.agents import Reason
from pantheon.flows._tree_cut import Why
from pantheon.flows._work import Work
from pantheon.spec import TreeDef

Visit: TypeAlias = tuple[str, int]
_WHOSE = re.compile(r"(?P<node>[^/#@]+)(?:#(?P<index>\d+))?(?:@\d+)?(?P<inside>/)?")


def is_spent(tree: TreeDef, usd: float, requests: int, *, begins: bool) -> Why | None:
    """Whether a budget is used up: nothing may begin any more, or too much was spent."""
    if tree.usd is not None and (usd >= tree.usd if begins else usd > tree.usd):
        return Reason.BUDGET, f"Its budget of {tree.usd:g} USD is spent ({usd:g} USD)."
    if begins and tree.requests is not None and requests >= tree.requests:
        return Reason.BUDGET, f"Its budget of {tree.requests} requests is spent."
    return None


def spent(work: Work, path: str, visits: Collection[Visit]) -> tuple[float, int]:
    """USD and number of answers of these visits; an answer of mere code leaves no row and is one."""
    answers: Counter[Visit] = Counter()
    usd = 0.0
    for row in work.store.answers.of_node(work.run.id):
        visit = _visit_of(row.node or "", row.index, path)
        if visit is not None and visit in visits:
            answers[visit] += 1
            usd += row.cost_usd
    return usd, sum(max(1, answers[visit]) for visit in visits)


def _visit_of(node: str, index: int, path: str) -> Visit | None:
    """The visit of a leaf that an answer belongs to, wherever inside it was asked for."""
    found = _WHOSE.match(node, len(path)) if node.startswith(path) else None
    if found is None:
        return None
    return found["node"], int(found["index"] or -1) if found["inside"] else index
