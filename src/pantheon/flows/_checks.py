"""What is looked at before a run is begun, or gone on with."""

from __future__ import annotations

from pantheon.agents import own_object
from pantheon.errors import InputError
from pantheon.flows._pin import Pin
from pantheon.ids import JsonObject
from pantheon.spec import describe_fields, validate_value
from pantheon.store import Run


def check_input(pin: Pin, input: JsonObject) -> None:
    """Raise InputError when an input breaks the contract of a flow."""
    problems = validate_value(pin.flow.input, input)
    if problems:
        raise InputError(
            f"The input of flow {pin.flow.name!r} does not satisfy its contract: "
            f"{'; '.join(problems)}.",
            hint=f"It expects {describe_fields(pin.flow.input)}.",
        )


def own_input(input: JsonObject) -> JsonObject:
    """The input as the run keeps it: as JSON carries it, and nobody else's to change."""
    try:
        return own_object(input)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"The input cannot be written as JSON: {error}.",
            hint="Use objects, lists, texts, finite numbers, true, false and null.",
        ) from error


def check_complete(run: Run) -> None:
    """A run whose results were deleted would begin anew, and do everything twice."""
    if run.compacted is not None:
        raise InputError(
            f"The results of run {run.id} were deleted to save space.",
            hint="Run the flow anew; a longer `store: {keep_runs: …}` keeps results longer.",
        )
