"""Everything that can go wrong for a user, as one tree.

- PantheonError: base; carries a sentence, the fix, and where it happened
  - UsageError: the command line or a call was wrong
  - SpecError: what the user wrote does not validate (holds every diagnostic found)
  - InputError: a file or value given to a command cannot be used
  - GateFailed: a gate or a test said no
  - RunFailed: a run of a flow ended without its output
  - NeedsHuman: a person must answer before this can go on
  - NotFound: a named thing does not exist
  - Busy: someone else holds it (a locked database, a running night)
  - EnvironmentFault: the machine is at fault: disk, database file, weights
    - StoreFault: the database is corrupt, newer than this program, or the disk is full
    - WeightsFault: a weights file is missing, damaged or cannot be fetched
  - Interrupted: somebody ended the command from the keyboard
  - InternalFault: a mistake in Pantheon itself

`KINDS` is the closed list of what an error may be called where programs read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line; the table in the docs is generated from here."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    VALIDATION = 3
    GATE = 4
    HUMAN = 5
    NOT_FOUND = 6
    BUSY = 7
    ENVIRONMENT = 8
    INPUT = 9
    RUN_FAILED = 10
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file the user wrote; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class PantheonError(Exception):
    """Base of all errors meant for users: one sentence, the fix, and where."""

    kind: str = "internal"
    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str = "", where: Where | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where


class UsageError(PantheonError):
    """The command line or a call was wrong."""

    kind = "usage"
    exit_code = ExitCode.USAGE


class SpecError(PantheonError):
    """What the user wrote does not validate; subclasses carry every diagnostic."""

    kind = "validation"
    exit_code = ExitCode.VALIDATION


class InputError(PantheonError):
    """A file or value given to a command cannot be used."""

    kind = "input"
    exit_code = ExitCode.INPUT


class GateFailed(PantheonError):
    """A gate or a test said no."""

    kind = "gate"
    exit_code = ExitCode.GATE


class RunFailed(PantheonError):
    """A run of a flow ended without its output; the reason is in the store."""

    kind = "run_failed"
    exit_code = ExitCode.RUN_FAILED


class NeedsHuman(PantheonError):
    """A person must answer before this can go on."""

    kind = "human"
    exit_code = ExitCode.HUMAN


class NotFound(PantheonError):
    """A named thing does not exist."""

    kind = "not_found"
    exit_code = ExitCode.NOT_FOUND


class Busy(PantheonError):
    """Someone else holds it."""

    kind = "busy"
    exit_code = ExitCode.BUSY


class EnvironmentFault(PantheonError):
    """The machine is at fault: disk, database file, weights."""

    kind = "environment"
    exit_code = ExitCode.ENVIRONMENT


class StoreFault(EnvironmentFault):
    """The database is corrupt, newer than this program, or the disk is full."""


class WeightsFault(EnvironmentFault):
    """A weights file is missing, damaged or cannot be fetched."""


class Interrupted(PantheonError):
    """Interrupted from the keyboard; runs are kept and can be resumed."""

    kind = "interrupted"
    exit_code = ExitCode.INTERRUPTED


class InternalFault(PantheonError):
    """A mistake in Pantheon itself; the traceback is worth reporting."""

    kind = "internal"
    exit_code = ExitCode.INTERNAL


KINDS: Mapping[str, ExitCode] = {
    each.kind: each.exit_code
    for each in (
        InternalFault,
        UsageError,
        SpecError,
        GateFailed,
        NeedsHuman,
        NotFound,
        Busy,
        EnvironmentFault,
        InputError,
        RunFailed,
        Interrupted,
    )
}
"""Every kind of error, with its exit code; programs may rely on there being no other."""
