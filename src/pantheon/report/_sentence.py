"""The morning in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from pantheon.report._model import AgentMorning, Numbers
from pantheon.report._model_trials import TrialNote
from pantheon.report._words import count, estimate, listing, plural


def compose(
    numbers: Numbers,
    agents: Sequence[AgentMorning],
    trials: Sequence[TrialNote],
    *,
    since: float,
) -> str:
    """What was delivered, how much the cloud was asked, who changed, and what needs a person.

    `since`: start of the period.
    """
    parts = [
        _say_tasks(numbers),
        _say_cloud(numbers),
        _say_steps_back(agents, since),
        _say_updates(agents),
        _say_trials(trials),
        _say_needs(numbers),
    ]
    said = [part for part in parts if part]
    if not said:
        return "Nothing was asked, nothing ran and nothing needs you."
    text = listing(said)
    return text[0].upper() + text[1:] + "."


def _say_tasks(numbers: Numbers) -> str:
    if not numbers.tasks:
        return ""
    if numbers.delivered == numbers.tasks:
        return (
            "the one task was delivered"
            if numbers.tasks == 1
            else (f"all {count(numbers.tasks)} tasks were delivered")
        )
    done = count(numbers.delivered) if numbers.delivered else "none"
    verb = "was" if numbers.delivered < 2 else "were"
    return f"{done} of {plural(numbers.tasks, 'task')} {verb} delivered"


def _say_needs(numbers: Numbers) -> str:
    if not numbers.needs_you:
        quiet = numbers.delivered == numbers.tasks and numbers.requests
        return "nothing needs you" if quiet else ""
    return f"{plural(numbers.needs_you, 'thing needs', 'things need')} you"


def _say_steps_back(agents: Sequence[AgentMorning], since: float) -> str:
    """Those that have been replaced since; the others are among what needs a person."""
    back = [a.name for a in agents if a.promise.since > since]
    return f"{listing(back)} broke the promise and stepped back" if back else ""


def _say_updates(agents: Sequence[AgentMorning]) -> str:
    promoted = [a.name for a in agents if a.update and a.update.outcome == "promoted"]
    if not promoted:
        return ""
    if len(promoted) > 2:
        return f"{count(len(promoted))} agents got a new specialist"
    return f"{listing(promoted)} got a new specialist"


def _say_trials(trials: Sequence[TrialNote]) -> str:
    if not trials:
        return ""
    stopped = [trial.version for trial in trials if trial.outcome == "stopped"]
    promoted = [trial.version for trial in trials if trial.outcome == "promoted"]
    parts = [
        f"{listing(names)} {what} by {'its guards' if len(names) == 1 else 'their guards'}"
        for names, what in (
            (stopped, _was(stopped, "stopped")),
            (promoted, _was(promoted, "made stable")),
        )
        if names
    ]
    return ", ".join(parts)


def _was(names: Sequence[str], what: str) -> str:
    return f"{'was' if len(names) == 1 else 'were'} {what}"


def _say_cloud(numbers: Numbers) -> str:
    if not numbers.requests:
        return ""
    before = numbers.cloud_share_before
    after = f" ({estimate(before)} the day before)" if before else ""
    share = estimate(numbers.cloud_share)
    return f"the cloud answered {share} of {plural(numbers.requests, 'request')}{after}"
