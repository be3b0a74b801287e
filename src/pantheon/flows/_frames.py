"""Which kind of frame runs a plan: one that follows the graph, or one that ticks its tree."""

from __future__ import annotations

from pantheon.flows._frame import Frame
from pantheon.flows._graph_frame import GraphFrame
from pantheon.flows._plan import Plan
from pantheon.flows._work import Work
from pantheon.ids import JsonObject


def make_frame(plan: Plan, work: Work, path: str, input: JsonObject) -> Frame:
    """The frame of a plan, with what an earlier process left of it."""
    if plan.flow.tree is None:
        frame: Frame = GraphFrame(plan, work, path=path, input=input)
    else:
        from pantheon.flows._tree_frame import TreeFrame

        frame = TreeFrame(plan, work, path=path, input=input)
    frame.restore()
    return frame
