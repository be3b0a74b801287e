"""What the night did for an agent: promoted, proposed, rejected or skipped, and on what evidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pantheon.report._clean import MESSAGE, clean
from pantheon.report._evidence import read_facts
from pantheon.report._model import AgentUpdate, Command, Count, VersionRef
from pantheon.report._past import Past
from pantheon.report._reasons import typed
from pantheon.report._school import read_ladder, say_choice
from pantheon.report._versions import refer

if TYPE_CHECKING:
    from pantheon.ids import ContentHash, JsonObject
    from pantheon.store import Lesson


def update_of(past: Past, agent: str) -> AgentUpdate | None:
    """What this night did for the agent; None when it did nothing."""
    lessons = [lesson for lesson in past.lessons if lesson.agent == agent]
    return _update(past, _as_it_stands(past, lessons[-1])) if lessons else None


def _as_it_stands(past: Past, lesson: Lesson) -> Lesson:
    """The lesson with what became of its proposal since: a person may have deployed it."""
    version = past.versions.get(lesson.candidate or "")
    if lesson.outcome == "proposed" and version is not None and version.state == "promoted":
        return replace(lesson, outcome="promoted")
    return lesson


def _update(past: Past, lesson: Lesson) -> AgentUpdate:
    candidate = _find(past, lesson.candidate)
    deployed = _find(past, lesson.deployed)
    ladder = read_ladder(past, lesson)
    return AgentUpdate(
        outcome=lesson.outcome,
        words=_say(lesson, candidate, deployed),
        reasons=tuple(clean(reason, MESSAGE) for reason in lesson.reasons),
        deployed=deployed,
        candidate=candidate,
        examples=lesson.examples,
        examples_by_source=_count_examples(past, lesson.agent),
        evidence=read_facts(_evidence(past, lesson)),
        seconds=lesson.seconds,
        ladder=ladder,
        choice=say_choice(ladder),
        commands=_commands(lesson, candidate),
    )


def _evidence(past: Past, lesson: Lesson) -> JsonObject:
    """What the version keeps; a lesson that made none has at most its two parts."""
    version = past.versions.get(lesson.candidate or "")
    parts: JsonObject = {"calibration": lesson.calibration, "gate": lesson.gate}
    return version.evidence if version else parts


def _find(past: Past, hash: ContentHash | None) -> VersionRef | None:
    version = past.versions.get(hash) if hash else None
    return refer(version) if version else None


def _say(lesson: Lesson, candidate: VersionRef | None, deployed: VersionRef | None) -> str:
    new = candidate.label if candidate else "a new specialist"
    old = deployed.label if deployed else None
    match lesson.outcome:
        case "promoted":
            return f"{new} answers now, in place of {old}." if old else f"{new} answers now."
        case "proposed":
            return f"{new} is ready and waits for your review; {old or 'no specialist'} answers."
        case "rejected":
            kept = f"{old} goes on answering" if old else "the slot stays empty"
            return f"{new} was not good enough; {kept}."
        case "skipped":
            return (
                f"Nothing was trained; {old} goes on answering." if old else "Nothing was trained."
            )


def _count_examples(past: Past, agent: str) -> tuple[Count, ...]:
    counted = Counter(
        example.source
        for example in past.store.examples.list(agent, split="train")
        if example.at <= past.period.until
    )
    return tuple(Count(source, count) for source, count in counted.most_common())


def _commands(lesson: Lesson, candidate: VersionRef | None) -> tuple[Command, ...]:
    if candidate is None:
        return (Command("See its versions", typed("pantheon agents history", lesson.agent)),)
    look = Command("See what changed", typed("pantheon agents diff", candidate.label))
    match lesson.outcome:
        case "promoted":
            undo = typed("pantheon agents rollback", lesson.agent)
            return look, Command("Take it back", undo)
        case "proposed":
            return look, Command("Deploy it", typed("pantheon agents promote", candidate.label))
        case _:
            return (look,)
