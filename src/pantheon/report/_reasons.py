"""What each reason for not answering means to a person, and what to do about it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pantheon.report._clean import NAME, clean
from pantheon.report._model import Command

Remedy: TypeAlias = Literal["resume", "show", "night", "key", "validate", "inbox"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A reason in plain words, and the kind of command that helps."""

    words: str
    remedy: Remedy = "show"


MEANINGS: Mapping[str, Meaning] = {
    "empty_slot": Meaning("no specialist has been promoted yet", "night"),
    "declined": Meaning("your function had no answer to this"),
    "low_confidence": Meaning("not sure enough to answer here", "night"),
    "uncertified": Meaning("no evidence yet that this tier keeps the promise", "night"),
    "stepped_back": Meaning("the specialist has stepped back after its audits"),
    "invalid_input": Meaning("the input does not fit the agent's contract"),
    "invalid_output": Meaning("the answer did not fit the contract"),
    "rejected": Meaning("a check of yours said the answer is wrong"),
    "privacy": Meaning("the agent may not send anything off this machine"),
    "no_key": Meaning("the key for the cloud is not set", "key"),
    "not_configured": Meaning("the model is not configured", "validate"),
    "budget": Meaning("the budget was used up", "resume"),
    "rate_limited": Meaning("the cloud asked for fewer requests", "resume"),
    "timeout": Meaning("it took too long", "resume"),
    "server_error": Meaning("the cloud's server failed", "resume"),
    "cut_stream": Meaning("the answer broke off", "resume"),
    "bad_reply": Meaning("the reply could not be read", "resume"),
    "refused": Meaning("the model declined to answer"),
    "unreachable": Meaning("the cloud could not be reached", "resume"),
    "unavailable": Meaning("the model was not available", "resume"),
    "context_overflow": Meaning("the input is too long for the model"),
    "raised": Meaning("your function raised an error"),
    "exit_status": Meaning("the program ended with an error"),
    "exhausted": Meaning("every tier was asked and none answered"),
    "upstream": Meaning("a step before it gave nothing"),
    "condition": Meaning("its condition was not met"),
    "not_needed": Meaning("a merge had what it wanted without it"),
    "preempted": Meaning("a guard of the behaviour tree stopped being true"),
    "unsuccessful": Meaning("the behaviour tree did not succeed"),
    "loop_exhausted": Meaning("the loop came to its last round without success"),
    "bad_plan": Meaning("what the planner gave is no plan that may be run"),
    "worker_died": Meaning("the worker process ended in the middle of it", "resume"),
    "circuit_open": Meaning("the endpoint kept failing and is left alone for a while", "resume"),
    "unjudged": Meaning("the judging agent has not said whether two answers are the same"),
    "again": Meaning("it was asked a second time at night, as the first answer was in doubt"),
    "withheld": Meaning("a sandbox does not ask it"),
    "cancelled": Meaning("it was cancelled", "resume"),
    "crashed": Meaning("Pantheon itself failed here", "resume"),
    "time": Meaning("the night's time was up before its turn", "night"),
    "killed": Meaning("the night was cut off before its turn", "night"),
    "night_failed": Meaning("the night failed before its turn", "night"),
    "refused_item": Meaning("it could not be started", "validate"),
    "not_reached": Meaning("its turn has not come yet", "night"),
    "cut_off": Meaning("it was still running when the night ended", "resume"),
    "person": Meaning("a person has to answer first", "inbox"),
    "event": Meaning("something outside has to happen first"),
    "timer": Meaning("it goes on at a later time", "resume"),
}
"""Every failure reason of agents, and those that only a whole task can have."""

_SAYS: Mapping[Remedy, str] = {
    "resume": "Go on where it stopped",
    "show": "See what happened",
    "night": "Run a night now",
    "key": "See which variable holds the key",
    "validate": "See what is wrong or missing",
    "inbox": "See the open questions",
}


def explain(reason: str) -> Meaning:
    """What a reason means; one that is not known yet is shown as it is."""
    known = MEANINGS.get(reason)
    return known or Meaning(clean(reason.replace("_", " "), NAME) or "no reason was recorded")


def remedy_words(reason: str) -> str:
    """What helps, in words, with the command."""
    command = remedy_command(reason, "RUN")
    return f"{_SAYS[explain(reason).remedy]}: `{command.line}`."


def remedy_command(reason: str, run: str | None) -> Command:
    """What to type next."""
    remedy = explain(reason).remedy
    if run is None and remedy in ("resume", "show"):
        remedy = "night"
    lines: dict[Remedy, str] = {
        "resume": typed("pantheon resume", run or ""),
        "show": typed("pantheon runs show", run or ""),
        "night": "pantheon night",
        "key": "pantheon validate",
        "validate": "pantheon validate",
        "inbox": "pantheon inbox list",
    }
    return Command(_SAYS[remedy], lines[remedy])


def typed(command: str, *arguments: str) -> str:
    """A command line that is safe to copy: arguments from the store are cleaned and quoted."""
    return " ".join([command, *(shlex.quote(clean(a, NAME)) for a in arguments)])
