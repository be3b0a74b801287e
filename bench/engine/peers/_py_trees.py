# pyright: basic, reportMissingImports=false
"""py_trees: synchronous ticks of a behaviour tree; data goes over the blackboard. It keeps nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from py_trees.behaviour import Behaviour
from py_trees.blackboard import Client
from py_trees.common import Access, ParallelPolicy, Status
from py_trees.composites import Parallel, Sequence
from py_trees.trees import BehaviourTree

from bench.engine._timing import PAYLOAD, RUNS, WIDTH, Run, length_of, main, work


def open_board(name: str, board: str) -> Client:
    """A client that may write the one key of a tree."""
    client = Client(name=name, namespace=board)
    client.register_key("data", access=Access.WRITE)
    return client


class Step(Behaviour):
    """Passes the data on."""

    def __init__(self, name: str, board: str) -> None:
        super().__init__(name)
        self.data = self.attach_blackboard_client(name=name, namespace=board)
        self.data.register_key("data", access=Access.WRITE)

    def update(self) -> Status:
        self.data.data = work(self.data.data)
        return Status.SUCCESS


def chain(length: int, board: str) -> BehaviourTree:
    """Each behaviour after the one before."""
    root = Sequence("chain", memory=True)
    root.add_children([Step(f"n{i}", board) for i in range(length)])
    return BehaviourTree(root)


def fan(board: str) -> BehaviourTree:
    """One, a hundred, one. All write the same key, as there is no join."""
    branches = Parallel("branches", policy=ParallelPolicy.SuccessOnAll(synchronise=False))
    branches.add_children([Step(f"m{i}", board) for i in range(WIDTH)])
    root = Sequence("fan", memory=True)
    root.add_children([Step("first", board), branches, Step("last", board)])
    return BehaviourTree(root)


@asynccontextmanager
async def prepare(workload: str, mode: str, folder: Path) -> AsyncGenerator[Run]:
    """Mode: memory. One tick carries a tree to its end."""
    names = [f"board{i}" for i in range(RUNS if workload == "runs" else 1)]
    boards = [open_board("caller", name) for name in names]
    length = length_of(workload)
    trees = [fan(name) if workload == "fan" else chain(length, name) for name in names]

    async def run() -> int:
        for board, tree in zip(boards, trees, strict=True):
            board.data = PAYLOAD
            tree.tick()
            assert tree.root.status is Status.SUCCESS
        found = sum(board.data["n"] for board in boards)
        return found - WIDTH + 1 if workload == "fan" else found

    yield run


if __name__ == "__main__":
    main(prepare, "py_trees")
