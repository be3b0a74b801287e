"""`pantheon test`: the tests beside agents and flows, run in a sandbox on one version or several."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from pantheon.cli._output import (
    echo,
    echo_json,
    echo_table,
    json_option,
    note,
    progress,
    write_file,
)
from pantheon.cli._sandboxed import (
    Allowed,
    describe_setup,
    open_source,
    read_setup,
    sandbox_options,
)
from pantheon.cli._session import Session
from pantheon.errors import ExitCode, NotFound
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.spec import Project
    from pantheon.store import Store
    from pantheon.trying import CaseReport, CaseResult, Selected

_WIDTH = 200


class How(Allowed):
    """The options of the command."""

    keyword: str | None
    versions: str
    times: int
    fail_fast: bool
    junit: Path | None
    list_only: bool


@click.command("test")
@click.argument("names", nargs=-1)
@click.option("-k", "keyword", metavar="TEXT", help="Only tests with this in NAME/TEST.")
@click.option("--versions", default="draft", show_default=True, metavar="VERSION,…",
              help="What is tested: draft (the working files), stable, canary, NAME@3.")  # fmt: skip
@click.option("--times", type=click.IntRange(1, 1000), default=1, show_default=True,
              help="Run each test so often; one that does not pass every time is flaky.")  # fmt: skip
@click.option("-x", "--fail-fast", is_flag=True, help="Stop at the first that does not pass.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the results as JUnit XML.")  # fmt: skip
@click.option("--list", "list_only", is_flag=True, help="Say which tests there are; run none.")
@sandbox_options(tools="functions")
@json_option
@click.pass_obj
def command(session: Session, names: tuple[str, ...], as_json: bool, **how: Unpack[How]) -> int:
    """Run the tests that stand beside agents and flows.

    NAMES are agents, flows or single tests (`triage/a stolen card`); without any all are run. They
    run in the sandbox of `pantheon try`, with functions. The exit code is 0 when all passed, 4 when
    one failed, 10 when none failed but one could not be judged, 6 when there is none such.

    Example: pantheon test triage --versions draft,stable
    """
    from pantheon.trying import select_cases

    project = session.load_project()
    selected = select_cases(project, names, keyword=how["keyword"])
    if how["list_only"]:
        return _list(selected, as_json=as_json)
    with open_source(session) as store:
        report = _run(project, store, selected, how, quiet=as_json)
    _refuse_nothing(report)
    if as_json:
        echo_json(report.to_json())
    else:
        _show(report)
    return int(_exit_code(report))


def _list(selected: Sequence[Selected], *, as_json: bool) -> int:
    if as_json:
        rows = [
            {"id": one.id, "kind": one.subject.kind, "where": str(one.case.where)}
            for one in selected
        ]
        echo_json({"tests": rows})
    else:
        echo_table(["test", "where"], [(one.id, one.case.where) for one in selected])
    return int(ExitCode.OK)


def _refuse_nothing(report: CaseReport) -> None:
    """Tests of versions that nobody has are no tests that passed."""
    if all(result.outcome == "absent" for result in report.results):
        raise NotFound(
            f"Nothing that was to be tested has a version {' or '.join(report.versions)}.",
            hint="`pantheon deploy NAME` makes one; without --versions the files are tested.",
        )


def _exit_code(report: CaseReport) -> ExitCode:
    if report.failed:
        return ExitCode.GATE
    return ExitCode.RUN_FAILED if report.broken else ExitCode.OK


def _run(
    project: Project, store: Store | None, selected: Sequence[Selected], how: How, *, quiet: bool
) -> CaseReport:
    from pantheon.clock import SystemClock
    from pantheon.trying import Plan, VersionFinder, run_tests, to_junit

    setup, script = read_setup(how, project, store)
    if not quiet:
        note(describe_setup(how))
    clock = SystemClock()
    plan = Plan(
        setup,
        VersionFinder(project, store).find,
        versions=_versions(how["versions"]),
        times=how["times"],
        stop_early=how["fail_fast"],
        script=script,
        on_result=_progress(),
    )
    started = clock.now()
    report = asyncio.run(run_tests(selected, plan, clock=clock))
    if how["junit"] is not None:
        write_file(
            how["junit"],
            to_junit(report, at=started),
            what="file",
            hint="Name another one with --junit.",
        )
    return report


def _versions(text: str) -> tuple[str, ...]:
    names = (name.strip() for name in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name)) or ("draft",)


def _progress() -> Callable[[CaseResult], None]:
    """A person who watches sees which test has ended."""
    return lambda tested: progress(f"{tested.outcome:<7} {tested.selected.id}  {tested.version}")


# ------------------------------------------------------------------------------------- showing


def _show(report: CaseReport) -> None:
    if len(report.versions) > 1:
        _show_matrix(report)
    else:
        _show_list(report)
    for result in report.results:
        if result.outcome in ("failed", "flaky", "error"):
            _show_problems(result)
    counts = ", ".join(_counted(*each) for each in report.counts.items() if each[1])
    cost = sum(result.cost_usd for result in report.results)
    echo(f"{counts} in {report.seconds:.2f} s{f', {cost:.6f} USD' if cost else ''}")


def _counted(outcome: str, count: int) -> str:
    return f"{count} errors" if outcome == "error" and count > 1 else f"{count} {outcome}"


def _show_list(report: CaseReport) -> None:
    rows = [
        (result.selected.id, result.outcome, _who(result), f"{result.seconds:.3f}")
        for result in report.results
    ]
    echo_table(["test", "outcome", "answered by", "seconds"], rows)


def _show_matrix(report: CaseReport) -> None:
    from pantheon.trying import as_matrix

    rows = [
        [one.id, *(cells[v].outcome if v in cells else "" for v in report.versions)]
        for one, cells in as_matrix(report)
    ]
    echo_table(["test", *report.versions], rows)


def _who(result: CaseResult) -> str:
    if result.attempt is None:
        return clean(result.note, 60)
    return ", ".join(result.attempt.answered_by)


def _show_problems(result: CaseResult) -> None:
    echo("")
    told = f"  {result.note}" if result.note else ""
    echo(
        f"{result.outcome}: {result.selected.id}  {result.version}  {result.selected.case.where}{told}"
    )
    for problem in result.problems:
        echo(f"  {problem.check}: {clean(problem.message, 2 * _WIDTH)}")
    if result.attempt is not None:
        echo(f"  answered by: {_who(result)}")
