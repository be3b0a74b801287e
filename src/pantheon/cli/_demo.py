"""`pantheon demo`: the whole wheel on real input, with nothing to configure."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, json_option
from pantheon.cli._report import write_report
from pantheon.cli._session import STATE_FOLDER, build_runtime
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.demo import Asked, Day, DemoPlan
    from pantheon.flows import Runtime
    from pantheon.ids import Json, JsonObject

FIRST_MORNING = 1_767_600_000.0
"""2026-01-05T08:00Z, a Monday: where the demo's calendar begins, whatever today is."""


@click.command("demo")
@click.option(
    "--into",
    default="pantheon-demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The project's folder; cleared when an earlier demo is there.",
)
@click.option(
    "--days", default=3, show_default=True, type=click.IntRange(1, 30), help="Days and nights."
)
@click.option(
    "--per-day", default=1200, show_default=True, type=click.IntRange(10), help="Requests."
)
@click.option("--cloud-url", envvar="PANTHEON_CLOUD_URL", help="An OpenAI-compatible endpoint.")
@click.option("--cloud-model", envvar="PANTHEON_CLOUD_MODEL", help="Its model.")
@click.option(
    "--stream", type=click.Path(path_type=Path), help="Only write the work as JSON lines, and end."
)
@json_option
def command(
    into: Path,
    days: int,
    per_day: int,
    cloud_url: str | None,
    cloud_model: str | None,
    stream: Path | None,
    as_json: bool,
) -> None:
    """Three days and nights on the docstrings of this Python's library.

    Without an endpoint, recorded answers play the cloud. With --cloud-url and --cloud-model the
    endpoint is asked; its key is read from CLOUD_KEY.

    Example: pantheon demo --into /tmp/pantheon-demo
    """
    from pantheon.demo import DemoPlan
    from pantheon.night import standard_library_stream

    rows = standard_library_stream()
    if stream is not None:
        _write_stream(rows, stream)
        _say_stream(stream, len(rows), as_json=as_json)
        return
    cloud = (cloud_url, cloud_model) if cloud_url and cloud_model else None
    per_day = min(per_day, len(rows) // days)
    plan = DemoPlan(rows=rows, days=days, per_day=per_day, recorded=cloud is None)
    if not as_json:
        _say_what_it_is(plan, cloud=cloud)
    played = asyncio.run(_play(into, plan, cloud, quiet=as_json))
    if as_json:
        echo_json(_to_json(into, plan, played))
    else:
        _say_where_to_look(into)


def _write_stream(rows: Sequence[JsonObject], path: Path) -> None:
    import json

    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _say_stream(path: Path, rows: int, *, as_json: bool) -> None:
    if as_json:
        echo_json({"stream": str(path), "rows": rows})
    else:
        echo(f"{rows:,} rows written to {path}")


def _say_what_it_is(plan: DemoPlan, *, cloud: tuple[str, str] | None) -> None:
    modules = len({str(row["output"]) for row in plan.rows})
    echo(f"The work: {len(plan.rows):,} docstrings of this Python's standard library; which of")
    echo(
        f"{modules} modules is each from? {plan.days} days of {plan.per_day:,} requests, a night after each."
    )
    if cloud is None:
        echo("No cloud endpoint is configured: RECORDED answers play the cloud (the module that")
        echo("each docstring really came from). Nothing leaves this machine.")
    else:
        echo(f"The cloud is {cloud[1]} at {cloud[0]}; it is asked for real.")
    echo("The promise: at most 5 % of all answers differ from the cloud's, with 95 % confidence.")
    echo("")


async def _play(
    into: Path, plan: DemoPlan, cloud: tuple[str, str] | None, *, quiet: bool
) -> list[Day]:
    from pantheon.demo import CalendarClock, lay_out, play, recorded_answers
    from pantheon.models import RecordedModel
    from pantheon.report import collect
    from pantheon.spec import load_project
    from pantheon.store import Store

    project = load_project(lay_out(into, cloud=cloud))
    clock = CalendarClock(FIRST_MORNING)
    pairs: list[tuple[Json, Json]] = [
        ({"text": text}, output) for text, output in recorded_answers(plan.rows)
    ]
    models = {} if cloud else {"cloud": RecordedModel(pairs)}
    played: list[Day] = []
    (into / STATE_FOLDER).mkdir(exist_ok=True)
    with Store.open(into / STATE_FOLDER / "pantheon.db", clock=clock) as store:
        runtime = build_runtime(project, store, clock=clock, seed=0, models=models)
        try:
            tell = played.append if quiet else _Teller(runtime)
            await play(runtime, clock, plan, rng=random.Random(0), tell=tell)
        finally:
            await runtime.close()
        write_report(collect(store, project=project), into / STATE_FOLDER / "report.html")
    return played


def _to_json(into: Path, plan: DemoPlan, played: list[Day]) -> dict[str, Any]:
    fields = ("number", "requests", "local", "cloud_calls", "compared", "differing")
    return {
        "folder": str(into),
        "report": str(into / STATE_FOLDER / "report.html"),
        "recorded": plan.recorded,
        "days": [{name: getattr(day, name) for name in fields} for day in played],
    }


class _Teller:
    """Tells each day as it ends, with what the night changed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = ""

    def __call__(self, day: Day) -> None:
        local = day.local / day.requests if day.requests else 0.0
        echo(
            f"day {day.number}    {day.requests:,} requests: {local:.0%} answered locally, "
            f"{day.cloud_calls:,} cloud calls, {_difference(day)}"
        )
        for asked in day.asked[:1] if day.number == 1 else ():
            self._tell_asked(asked)
        self._tell_night(day)
        echo("")

    def _tell_asked(self, asked: Asked) -> None:
        echo(f"  asked  {clean(asked.prompt, 80)!r}")
        echo(f"  route  {asked.route.flow}: {clean(asked.route.why, 70)}")
        for answer in self._runtime.store.answers.list(run=asked.run.id):
            source = f" ({answer.source})" if answer.source in {"recorded", "scripted"} else ""
            output = clean(str(answer.output), 70)
            echo(f"  {answer.node:<6} {answer.tier}{source}: {output}")

    def _tell_night(self, day: Day) -> None:
        for lesson in day.night.lessons:
            if lesson.agent == "triage":
                echo(
                    f"night {day.number}  {lesson.agent}: {lesson.outcome}, {lesson.seconds:.1f} s"
                )
                for reason in lesson.reasons[:2]:
                    echo(f"  {clean(reason, 150)}")
        self._tell_lock()

    def _tell_lock(self) -> None:
        import difflib

        path = self._runtime.project.root / "pantheon.lock"
        lock = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = difflib.unified_diff(
            self._lock.splitlines(),
            lock.splitlines(),
            "pantheon.lock",
            "pantheon.lock",
            n=0,
            lineterm="",
        )
        for line in lines:
            if not line.startswith(("---", "+++", "@@", "+#")) and line != "+":
                echo(f"  {clean(line, 110)}")
        self._lock = lock


def _difference(day: Day) -> str:
    """What is known of how often local answers differ from the cloud's."""
    if day.compared < day.local:
        return f"{day.differing} of {day.compared} audited answers differ"
    return f"{day.differing / max(day.requests, 1):.1%} of all answers differ"


def _say_where_to_look(into: Path) -> None:
    prefix = f"pantheon -C {into}"
    echo(f"report  {into / STATE_FOLDER / 'report.html'}")
    echo(f"next    {prefix} report; {prefix} agents history triage; {prefix} agents diff triage")
