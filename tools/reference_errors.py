"""The page of exit codes, from the tree of errors."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from pantheon import errors
from pantheon.errors import ExitCode, InternalFault, PantheonError

HEADER = """\
<!-- Written by `./run docs` from pantheon.errors; edits here are lost. -->
# Exit codes

A command that fails prints one sentence and the fix on standard error, never a traceback for
something a user can mend. With `--json` the same stands in `error` on standard output: `kind`, `message`,
`hint`, `where`, and for files `diagnostics`. There are no other kinds than these, see
[the contract of the command line](cli-contract.md).

| code | name | kind | meaning |
|---|---|---|---|
"""
WITHOUT_ERROR = {
    ExitCode.OK: "All went well.",
    ExitCode.INTERNAL: inspect.getdoc(InternalFault) or "",
}


def render() -> str:
    """The page: one row for each code, with the errors that end so."""
    return HEADER + "".join(f"{_row(code)}\n" for code in ExitCode)


def _row(code: ExitCode) -> str:
    kinds = {error.kind: None for error in _errors_with(code)}
    meanings = [inspect.getdoc(error) or "" for error in _errors_with(code)]
    meaning = WITHOUT_ERROR.get(code) or " ".join(" ".join(meanings).split())
    named = ", ".join(f"`{kind}`" for kind in kinds)
    return f"| {int(code)} | {code.name} | {named} | {meaning} |"


def _errors_with(code: ExitCode) -> Iterator[type[PantheonError]]:
    for value in vars(errors).values():
        if inspect.isclass(value) and issubclass(value, PantheonError) and value.exit_code == code:
            yield value
