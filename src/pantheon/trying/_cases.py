"""The tests of a project: which there are, and which of them are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pantheon.errors import NotFound
from pantheon.spec import Case, Project, did_you_mean
from pantheon.trying._subject import Subject, find_subject

_HOW = "Write `tests: [{input: {…}, expect: {equals: {…}}}]` below an agent or a flow."


@dataclass(frozen=True, slots=True)
class Selected:
    """A test, and what it is about."""

    subject: Subject
    case: Case

    @property
    def id(self) -> str:
        """What other commands take: `triage/a stolen card`."""
        return f"{self.subject.name}/{self.case.name}"


def select_cases(
    project: Project, names: Sequence[str] = (), *, keyword: str | None = None
) -> list[Selected]:
    """The tests of these agents and flows (of all of them), in the order of the files.

    A name may be that of one test: `triage/a stolen card`. `keyword` is a part of an id, whatever
    the case of its letters.

    Raises:
        NotFound: a name is not known, or nothing is left.
        UsageError: an agent and a flow have that name.
    """
    found = list(_named(project, names)) if names else list(_every(project))
    if keyword is not None:
        found = [one for one in found if keyword.casefold() in one.id.casefold()]
    if not found:
        about = f" of {', '.join(names)}" if names else ""
        wanted = f" with {keyword!r} in its name" if keyword is not None else ""
        raise NotFound(f"There is no test{about}{wanted}.", hint=_HOW)
    return _once(found)


def _once(found: Sequence[Selected]) -> list[Selected]:
    return list({(one.subject, one.case.name): one for one in found}.values())


def _every(project: Project) -> Iterator[Selected]:
    for name, agent in project.agents.items():
        yield from (Selected(Subject("agent", name), case) for case in agent.tests)
    for name, flow in project.flows.items():
        yield from (Selected(Subject("flow", name), case) for case in flow.tests)


def _named(project: Project, names: Sequence[str]) -> Iterator[Selected]:
    for name in names:
        head, slash, wanted = name.partition("/")
        subject = find_subject(project, head)
        cases = subject.definition(project).tests
        if slash and wanted not in [case.name for case in cases]:
            fix = did_you_mean(wanted, [case.name for case in cases], otherwise=_HOW)
            raise NotFound(f"{subject.name} has no test {wanted!r}.", hint=fix)
        yield from (Selected(subject, c) for c in cases if not slash or c.name == wanted)
