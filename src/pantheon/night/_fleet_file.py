"""Reading a fleet: a YAML file that names agents, their recorded work, and what happens to them.

    days: 7
    agents:
      intents: {stream: intents.jsonl, a_day: 300, disagreement: 0.05, quality: 0.02}
      slots: {stream: slots.jsonl, same: fields}
    events:
      - {day: 5, agent: intents, what: answers change}
      - {night: 4, agent: slots, what: bad candidate}
      - {night: 3, what: chat log, log: calls.jsonl}

Paths are relative to the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pantheon.errors import InputError, NotFound
from pantheon.night._changes import Change, ChangeKind
from pantheon.night._fleet import BadCandidate, ChatLog, Fleet, Member
from pantheon.night._stream import read_stream
from pantheon.spec import Price, Promise, SameProblem, parse_same

if TYPE_CHECKING:
    from pantheon.spec import Project, Same

_TOP = {"days", "seed", "agents", "events"}
_AGENT = {
    "stream",
    "a_day",
    "disagreement",
    "confidence",
    "audit",
    "quality",
    "same",
    "price",
    "judgements",
}
_EVENT = {"day", "night", "agent", "what", "share", "stream", "log"}
_CHANGES: tuple[ChangeKind, ...] = ("answers change", "answers at random", "requests change")
_BAD, _LOG = "bad candidate", "chat log"
_WHAT = (*_CHANGES, _BAD, _LOG)
_MOST_DAYS = 366


def read_fleet(path: Path, *, project: Project | None = None) -> Fleet:
    """The fleet that a file describes; `project` defines agents of the same names.

    Raises:
        NotFound, InputError: the file, or one that it names, cannot be used.
    """
    return _Reader(path, project).read()


class _Reader:
    """Reads one file; every complaint names the file and the place in it."""

    def __init__(self, path: Path, project: Project | None) -> None:
        self._path = path
        self._project = project

    def read(self) -> Fleet:
        top = self._table(_load(self._path), "the file", _TOP)
        agents = self._table(top.get("agents"), "`agents`", None)
        if not agents:
            raise self._wrong("`agents` names none", "Give each its `stream`.")
        members = tuple(self._member(name, given) for name, given in agents.items())
        events = list(self._events(top.get("events") or [], {member.name for member in members}))
        return Fleet(
            members,
            days=self._count(top, "days", 7, "the file", most=_MOST_DAYS),
            seed=self._count(top, "seed", 0, "the file", least=0),
            changes=tuple(event for event in events if isinstance(event, Change)),
            bad=tuple(event for event in events if isinstance(event, BadCandidate)),
            logs=tuple(event for event in events if isinstance(event, ChatLog)),
        )

    # ------------------------------------------------------------------ agents and events
    def _member(self, name: str, value: object) -> Member:
        where = f"agent `{name}`"
        given = self._table(value, where, _AGENT)
        defined = self._project.agents.get(name) if self._project else None
        own = (defined.promise if defined else None) or Promise()
        price = given.get("price")
        return Member(
            name,
            read_stream(self._file(given, "stream", where)),
            a_day=self._count(given, "a_day", 300, where),
            promise=Promise(
                self._share(given, "disagreement", own.disagreement, where),
                self._share(given, "confidence", own.confidence, where),
                self._share(given, "audit", own.audit, where),
                own.quality
                if given.get("quality") is None
                else self._share(given, "quality", 0.0, where),
            ),
            same=self._same(given, where),
            defined=defined,
            price=None if price is None else self._price(price, where),
            judgements=self._count(given, "judgements", 40, where, least=0),
        )

    def _events(self, given: object, agents: set[str]) -> Iterator[Change | BadCandidate | ChatLog]:
        if not isinstance(given, list):
            raise self._wrong("`events` is no list", "Write `- {day: 4, agent: …, what: …}`.")
        for number, value in enumerate(cast("list[object]", given), 1):
            yield self._event(value, f"event {number}", agents)

    def _event(
        self, value: object, where: str, agents: set[str]
    ) -> Change | BadCandidate | ChatLog:
        given = self._table(value, where, _EVENT)
        what, agent = given.get("what"), given.get("agent")
        if what not in _WHAT:
            raise self._wrong(f"{where} has no known `what`", f"One of: {', '.join(_WHAT)}.")
        at = self._count(given, "night" if "night" in given else "day", 0, where)
        if what == _LOG:
            return ChatLog(at, self._file(given, "log", where))
        if agent not in agents:
            raise self._wrong(f"{where} is about no agent of the fleet", "Name it as `agent`.")
        if what == _BAD:
            return BadCandidate(at, str(agent))
        other = None
        if what == "requests change":
            other = read_stream(self._file(given, "stream", where))
        share = self._share(given, "share", 1.0, where, ends=True)
        return Change(at, str(agent), what, share, other)

    # ------------------------------------------------------------------ values
    def _table(self, value: object, where: str, keys: set[str] | None) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise self._wrong(f"{where} is no table", "Write `name: value` lines.")
        table = {str(key): part for key, part in cast("Mapping[Any, Any]", value).items()}
        unknown = sorted(table.keys() - keys) if keys is not None else []
        if unknown:
            known = ", ".join(sorted(keys or ()))
            raise self._wrong(f"{where} has an unknown key `{unknown[0]}`", f"Known: {known}.")
        return table

    def _count(
        self,
        given: Mapping[str, Any],
        key: str,
        usual: int,
        where: str,
        *,
        least: int = 1,
        most: int = 1_000_000,
    ) -> int:
        value = given.get(key, usual)
        if type(value) is not int or not least <= value <= most:
            raise self._wrong(f"`{key}` of {where} is no number", f"From {least} to {most:,}.")
        return value

    def _share(
        self, given: Mapping[str, Any], key: str, usual: float, where: str, *, ends: bool = False
    ) -> float:
        value = given.get(key, usual)
        if not isinstance(value, int | float) or not (0 < value < 1 or (ends and value == 1)):
            if key == "audit" and value in {0, 1}:
                return float(value)
            raise self._wrong(f"`{key}` of {where} is no share", "Give a number between 0 and 1.")
        return float(value)

    def _same(self, given: Mapping[str, Any], where: str) -> Same | None:
        if given.get("same") is None:
            return None
        try:
            same = parse_same(str(given["same"]))
        except SameProblem as problem:
            raise self._wrong(f"`same` of {where}: {problem.message}", problem.fix) from None
        if same.kind == "judge":
            raise self._wrong(f"`same` of {where} asks an agent", "A recording cannot be judged.")
        return same

    def _price(self, value: object, where: str) -> Price:
        pair = cast("list[Any]", value) if isinstance(value, list) else []
        if len(pair) != 2 or not all(isinstance(n, int | float) and n >= 0 for n in pair):
            hint = "Write `[2.5, 10]`: USD per million tokens in and out."
            raise self._wrong(f"`price` of {where} is no pair of prices", hint)
        return Price(float(pair[0]), float(pair[1]))

    def _file(self, given: Mapping[str, Any], key: str, where: str) -> Path:
        value = given.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(f"{where} names no `{key}`", "Give a file of JSON lines.")
        return self._path.parent / value

    def _wrong(self, what: str, hint: str) -> InputError:
        return InputError(f"{self._path}: {what}.", hint=hint)


def _load(path: Path) -> object:
    from ruamel.yaml import YAML, YAMLError

    try:
        yaml: Any = YAML(typ="safe", pure=True)
        return yaml.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"There is no fleet at {path}.", hint="Check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", hint="Name a YAML file.") from None
    except YAMLError as error:
        line = str(error).splitlines()[0]
        raise InputError(f"{path} is no YAML: {line}.", hint="Check its indentation.") from None
