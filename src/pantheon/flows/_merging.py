"""What a merge comes to, as soon as that is certain. The same endings, the same outcome."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TypeGuard

from pantheon.agents import Reason
from pantheon.flows._ending import Ending, Note, message_of, past, skipped
from pantheon.ids import Json, canonical_json
from pantheon.spec import Expression, ExpressionFault, Merge


class Arrived:
    """The sources of one merge that have ended. Each is looked at once, however many there are."""

    __slots__ = ("ended", "fresh", "most", "passed", "valid", "votes", "wanted")

    def __init__(self, merge: Merge, endings: Mapping[str, Ending]) -> None:
        """`endings` in the order in which the nodes ended; `add` tells of later ones."""
        self.wanted = frozenset(merge.sources)
        self.fresh: list[str] = []
        """Not looked at yet."""
        self.ended = 0
        self.valid: dict[str, None] = {}
        """Those that gave something that counts, in the order in which they ended."""
        self.votes: dict[str, list[str]] = {}
        self.most: list[str] = []
        """Those that gave what most gave."""
        self.passed = 0
        """How many, in the order written, ended with nothing that counts."""
        for name, ending in endings.items():
            if ending.final:
                self.add(name)

    def add(self, name: str) -> None:
        """A node ended."""
        if name in self.wanted:
            self.fresh.append(name)


class Sources:
    """What is known of the sources of a merge."""

    def __init__(
        self,
        merge: Merge,
        endings: Mapping[str, Ending],
        scope: Mapping[str, Json],
        *,
        over: bool = False,
        arrived: Arrived | None = None,
    ) -> None:
        """`over`: its time is over, it goes on with what is there.

        `arrived`: what is remembered between one look and the next.
        """
        self.merge = merge
        self.endings = endings
        self.scope = scope
        self.over = over
        self._arrived = arrived or Arrived(merge, endings)
        self._look()

    def outcome(self) -> Ending | None:
        """How the merge ends; None while that is not certain."""
        match self.merge.policy:
            case "all":
                return self._all()
            case "any":
                return self._any()
            case "first":
                return self._first()
            case "quorum":
                return self._quorum()
            case "best":
                return self._best()
            case "majority":
                return self._majority()

    # ------------------------------------------------------------------ what is known

    def _ended(self, source: str) -> bool:
        ending = self.endings.get(source)
        return ending is not None and ending.final

    @property
    def _open(self) -> int:
        """Sources that may still give something."""
        return 0 if self.over else len(self.merge.sources) - self._arrived.ended

    def _look(self) -> None:
        """At those that have ended since the last time."""
        arrived = self._arrived
        for name in arrived.fresh:
            arrived.ended += 1
            if self._counts(self.endings[name]):
                arrived.valid[name] = None
                if self.merge.policy == "majority":
                    self._poll(name)
        arrived.fresh.clear()

    def _poll(self, source: str) -> None:
        arrived = self._arrived
        same = arrived.votes.setdefault(self._vote(source), [])
        same.append(source)
        if len(same) > len(arrived.most):
            arrived.most = same

    def _counts(self, ending: Ending) -> bool:
        if not ending.gave:
            return False
        rule = self.merge.valid
        return rule is None or self._of(rule, ending.output) is True

    def _of(self, rule: Expression, output: Json) -> Json:
        """What a rule says of an output; null when it has no meaning for it."""
        try:
            seen = {root: self.scope[root] for root in rule.roots if root in self.scope}
            return rule.evaluate({**seen, "item": output})
        except ExpressionFault:
            return None

    def _nothing(self, message: str) -> Ending:
        late = " in time" if self.over else ""
        return skipped(Reason.UPSTREAM, f"{message}{late}: {self._told()}")

    def _told(self) -> str:
        return "; ".join(self._tell(source) for source in self.merge.sources) + "."

    def _tell(self, source: str) -> str:
        ending = self.endings.get(source)
        if ending is None or not ending.final:
            return f"{source!r} has not ended"
        if ending.gave:
            return f"{source!r} gave something" + (
                "" if source in self._arrived.valid else " invalid"
            )
        return f"{source!r} was {past(ending)} ({message_of(ending.reason)})".replace(".)", ")")

    def _take(self, source: str) -> Ending:
        return Ending("ok", self.endings[source].output, note=Note({"took": source}))

    # ------------------------------------------------------------------ policies

    def _all(self) -> Ending | None:
        if self._open:
            return None
        silent = [s for s in self.merge.sources if not self._gave(s)]
        if silent and not self.over:
            ending = self.endings[silent[0]]
            said = message_of(ending.reason)
            message = f"{silent[0]!r}, which it needs, was {past(ending)}: {said}"
            return skipped(Reason.UPSTREAM, message, node=silent[0])
        outputs = {s: self.endings[s].output for s in self.merge.sources if self._gave(s)}
        note = Note({"without": list[Json](silent)}) if silent else None
        return Ending("ok", outputs, note=note)

    def _gave(self, source: str) -> bool:
        return source in self.endings and self.endings[source].gave

    def _any(self) -> Ending | None:
        arrived, sources = self._arrived, self.merge.sources
        while arrived.passed < len(sources):
            source = sources[arrived.passed]
            if source in arrived.valid:
                return self._take(source)
            if not self._ended(source) and not self.over:
                return None
            arrived.passed += 1
        return self._nothing("No source gave anything that counts")

    def _first(self) -> Ending | None:
        first = next(iter(self._arrived.valid), None)
        if first is not None:
            return self._take(first)
        return None if self._open else self._nothing("No source gave anything that counts")

    def _quorum(self) -> Ending | None:
        valid, k = self._arrived.valid, self._k
        if len(valid) >= k:
            took = list(islice(valid, k))
            outputs = {source: self.endings[source].output for source in took}
            return Ending("ok", outputs, note=Note({"took": list[Json](took)}))
        if len(valid) + self._open >= k:
            return None
        return self._nothing(f"Only {len(valid)} of the {k} sources it needs gave anything")

    @property
    def _k(self) -> int:
        return self.merge.k or len(self.merge.sources) // 2 + 1

    def _best(self) -> Ending | None:
        if self._open:
            return None
        rule = self.merge.by
        assert rule is not None
        valid = self._arrived.valid
        scored = [
            (s, self._of(rule, self.endings[s].output)) for s in self.merge.sources if s in valid
        ]
        numbers = [(s, score) for s, score in scored if _is_number(score)]
        if not numbers:
            return self._nothing("No source gave anything with a score")
        best, score = max(numbers, key=lambda pair: pair[1])
        note = Note({"took": best, "score": score})
        return Ending("ok", self.endings[best].output, note=note)

    def _majority(self) -> Ending | None:
        votes, most = self._arrived.votes, self._arrived.most
        if len(most) >= self._k:
            note = Note({"took": most[0], "votes": len(most), "against": len(votes) - 1})
            return Ending("ok", self.endings[most[0]].output, note=note)
        if len(most) + self._open >= self._k:
            return None
        return self._nothing(f"No answer has the {self._k} votes it needs")

    def _vote(self, source: str) -> str:
        output = self.endings[source].output
        return canonical_json(output if self.merge.by is None else self._of(self.merge.by, output))


def _is_number(value: Json) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
