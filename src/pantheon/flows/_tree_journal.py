"""What a behaviour tree decided, kept in the journal: a second walk takes the same branches.

Kept is what could come out differently: a condition, the end of a repetition, a guard that let its
part begin, and whatever ended a part from outside. The rest follows from the results of the nodes.
"""

from __future__ import annotations

from pantheon.flows._ending import Ending, Note
from pantheon.flows._tree_parts import Part
from pantheon.flows._work import Work
from pantheon.ids import JsonObject


class Decisions:
    """The decisions of one frame."""

    def __init__(self, work: Work, path: str) -> None:
        self._work = work
        self._path = path
        self._results = work.results

    def of(self, part: Part, index: int) -> Ending | None:
        """What was decided at a place, or that something waits there."""
        return self._results.get(self._path + part.place, {}).get(index)

    def keep(self, part: Part, index: int, ending: Ending) -> None:
        """Write a decision; the next commit makes it last."""
        ending.note = _note(part)
        path = self._path + part.place
        now = self._work.clock.now()
        self._work.recorder.result(path, index, ending, started=now)
        self._results.setdefault(path, {})[index] = ending

    def close(self, part: Part, ending: Ending) -> None:
        """Nothing below (or at) a part waits any longer."""
        for each in part.all():
            for index, known in self._results.get(self._path + each.place, {}).items():
                if not known.final:
                    self.keep(each, index, Ending(ending.state, reason=ending.reason))


def _note(part: Part) -> Note:
    told: JsonObject = {"tree": part.tree.kind}
    if part.tree.test is not None:
        told["test"] = part.tree.test.source
    return Note(told)
