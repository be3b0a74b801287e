"""`pantheon validate`: every mistake in pantheon.yaml at once, and what is doubtful in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, error_to_json, json_option, write_file
from pantheon.cli._session import Session
from pantheon.errors import ExitCode

if TYPE_CHECKING:
    from pantheon.lint import Checked, Fixed


@click.command("validate")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Warnings fail too: exit code 3.")
@click.option("--notes", is_flag=True, help="Show notes too, not only mistakes and warnings.")
@click.option("--no-lint", is_flag=True, help="Look for mistakes only; apply no rules.")
@click.option("--fix", is_flag=True, help="Mend what is safe to mend, then look again.")
@click.option("--dry-run", is_flag=True, help="With --fix: print the changes; write nothing.")
@click.option(
    "--sarif",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write all that is found as SARIF 2.1.0 to FILE; - prints it.",
)
@json_option
@click.pass_obj
def command(session: Session, path: Path | None, **options: Any) -> int:
    """Check pantheon.yaml and everything it names.

    Every mistake is shown at once, with its place and the fix; the exit code is then 3. What loads
    is looked at by rules: `pantheon explain P101` says what one is about.

    Example: pantheon validate --strict
    """
    if options["dry_run"] and not options["fix"]:
        raise click.UsageError("--dry-run is about what --fix would write; give both.")
    if options["dry_run"] and not options["fix"]:
        raise click.UsageError("--dry-run is about --fix: nothing else is written to the project.")
    file = path or session.project_file()
    report = _Report(session, file, **{key: options[key] for key in _Report.KEYS})
    fixed = report.fix(dry_run=options["dry_run"]) if options["fix"] else None
    checked = fixed.checked if fixed else report.check()
    if options["sarif"] is not None:
        report.write_sarif(checked, options["sarif"])
        if str(options["sarif"]) == "-":
            return report.code(checked)
    return report.show(checked, fixed, dry_run=options["dry_run"], as_json=options["as_json"])


class _Report:
    """One project file, looked at and told."""

    KEYS = ("strict", "notes", "no_lint")

    def __init__(
        self, session: Session, file: Path, *, strict: bool, notes: bool, no_lint: bool
    ) -> None:
        self.session = session
        self.file = file
        self.strict = strict
        self.notes = notes
        self.rules = not no_lint

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.file if self.file.is_dir() else self.file.absolute().parent

    def check(self) -> Checked:
        """Look at the project."""
        from pantheon.lint import check
        from pantheon.models import check_models

        load = lambda: self.session.load_project(self.file)  # noqa: E731
        return check(load, check_models, rules=self.rules)

    def fix(self, *, dry_run: bool) -> Fixed:
        """Mend what is safe to mend."""
        from pantheon.lint import plan_fixes

        fixed = plan_fixes(self.root, self.check)
        if not dry_run:
            for rewrite in fixed.rewrites:
                rewrite.write()
        return fixed

    def code(self, checked: Checked) -> int:
        """How the command ends."""
        failed = checked.errors or (self.strict and checked.count("warning"))
        return int(ExitCode.VALIDATION if failed else ExitCode.OK)

    def write_sarif(self, checked: Checked, target: Path) -> None:
        """The log, beside which nothing else is printed where it goes to standard output."""
        from pantheon.lint import to_sarif

        here = self.session.directory.resolve()
        root = self.root.resolve()
        inside = root != here and root.is_relative_to(here)
        log = to_sarif(
            checked.findings, prefix=f"{root.relative_to(here).as_posix()}/" if inside else ""
        )
        if str(target) == "-":
            echo_json(log)
        else:
            text = json.dumps(log, indent=2) + "\n"
            write_file(target, text, what="log", hint="Name another file with --sarif.")

    def show(self, checked: Checked, fixed: Fixed | None, *, dry_run: bool, as_json: bool) -> int:
        """Tell what was found; what does not load is raised."""
        if as_json:
            echo_json(self.to_json(checked, fixed, dry_run=dry_run))
            return self.code(checked)
        if fixed is not None:
            _show_fixes(fixed, dry_run=dry_run)
        if checked.invalid is not None:
            raise checked.invalid
        assert checked.project is not None
        for finding in checked.findings:
            if finding.counts and (self.notes or finding.diagnostic.severity != "info"):
                echo(f"{finding.render()}\n")
        read = " + ".join((self.file.name, *checked.project.overlays))
        agents = _count(len(checked.project.agents), "agent")
        flows = _count(len(checked.project.flows), "flow")
        echo(f"{read}: {agents}, {flows}, {_verdict(checked)}")
        return self.code(checked)

    def to_json(self, checked: Checked, fixed: Fixed | None, *, dry_run: bool) -> dict[str, Any]:
        """For programs; what does not load has the usual `error` as well."""
        project = checked.project
        found: dict[str, Any] = {"valid": not checked.errors, "file": str(self.file)}
        if checked.invalid is not None:
            found["error"] = error_to_json(checked.invalid)
        if project is not None:
            found["overlays"] = list(project.overlays)
            found |= {"agents": len(project.agents), "flows": len(project.flows)}
        warnings = (f for f in checked.findings if f.counts and f.diagnostic.severity == "warning")
        found["warnings"] = [finding.diagnostic.message for finding in warnings]
        found["findings"] = [finding.to_json() for finding in checked.findings]
        found["passed"] = self.code(checked) == ExitCode.OK
        return found | ({"fix": _fixes_to_json(fixed, dry_run=dry_run)} if fixed else {})


def _verdict(checked: Checked) -> str:
    warnings = checked.count("warning")
    counted = f", {_count(warnings, 'warning')}" if warnings else ""
    return f"{_count(checked.errors, 'mistake')}{counted}" if checked.errors else f"valid{counted}"


def _show_fixes(fixed: Fixed, *, dry_run: bool) -> None:
    if dry_run:
        for rewrite in fixed.rewrites:
            echo(rewrite.diff().rstrip())
    for finding in fixed.mended:
        told = finding.diagnostic
        done = "would mend" if dry_run else "mended"
        echo(f"{done}  {told.where}: {finding.number} {told.code}")
    if not fixed.mended:
        echo("nothing to mend: nothing found has a fix that is safe")


def _fixes_to_json(fixed: Fixed, *, dry_run: bool) -> dict[str, Any]:
    done = "would" if dry_run else "applied"
    items = [
        {"path": each.name, "status": done, "diff": each.diff() if dry_run else None}
        for each in fixed.rewrites
    ]
    mended = [finding.to_json() for finding in fixed.mended]
    return {"status": done if items else "already", "items": items, "mended": mended}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
