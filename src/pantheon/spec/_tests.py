"""The key `tests` of agents and flows, in place or in a file of its own; and files of answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from pantheon.errors import NotFound
from pantheon.ids import Json, JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._case import MODEL_FAILURES, Case, Expectation, Scripted
from pantheon.spec._diagnostic import InvalidProject
from pantheon.spec._expect import ExpectationReader, Tested
from pantheon.spec._fields import Fields
from pantheon.spec._flow_model import FlowDef
from pantheon.spec._model import AgentDef
from pantheon.spec._source import (
    Entry,
    Findings,
    Items,
    Place,
    Scalar,
    SourceFile,
    Table,
    Written,
    describe,
    did_you_mean,
    from_json,
    to_json,
)
from pantheon.spec._template import files_beside, resolve_inside
from pantheon.spec._validate import validate_value
from pantheon.spec._yaml import parse_yaml, read_text

_FORM = "write `tests: [{input: {…}, expect: {equals: {…}}}]`, or name a .yaml or .jsonl file"

Definition = TypeVar("Definition", AgentDef, FlowDef)


@dataclass(frozen=True, slots=True)
class CaseReader:
    """Reads tests against the agents there are; one that is None is itself wrong."""

    agents: Mapping[str, AgentDef | None]
    root: Path
    findings: Findings

    def attach(
        self, entries: Mapping[str, Entry], found: Mapping[str, Definition | None]
    ) -> dict[str, Definition | None]:
        """The definitions with the tests that are written beside them.

        Those of a definition that is itself wrong are not looked at: there is no contract yet.
        """
        attached = dict(found)
        for name, definition in found.items():
            written = _beside(entries[name]) if name in entries else None
            if written is not None and definition is not None:
                cases = self._cases(written, _tested(definition))
                attached[name] = replace(definition, tests=cases)
        return attached

    def _cases(self, written: Written, tested: Tested) -> tuple[Case, ...]:
        found: dict[str, Case] = {}
        for number, item in enumerate(self._items(written, "tests", _FORM), start=1):
            case = self._case(item, number, tested)
            if case is not None and case.name in found:
                message = f"Two tests of {tested.owner} are called `{case.name}`."
                self.findings.error("bad-test", item.place, message, "give each its own name")
            elif case is not None:
                found[case.name] = case
        return tuple(found.values())

    # ------------------------------------------------------------------ where they are written

    def _items(self, written: Written, what: str, form: str) -> tuple[Written, ...]:
        """The tests or answers as written: here, or in the file that is named here."""
        if isinstance(written, Items):
            return written.items
        if isinstance(written, Scalar) and isinstance(written.value, str):
            return self._in_file(written, what)
        message = f"`{what}` is a list or the name of a file, not {describe(written)}."
        self.findings.error("wrong-type", written.place, message, form)
        return ()

    def _in_file(self, name: Scalar, what: str) -> tuple[Written, ...]:
        file = resolve_inside(self.root, name.text)
        if file is None or "\0" in name.text:
            message = f"The {what} in `{name.text}` lie outside the project."
            fix = "move them below the folder of pantheon.yaml and write the path from there"
            self.findings.error("outside-project", name.place, message, fix)
            return ()
        if not file.is_file():
            fix = did_you_mean(
                name.text, files_beside(self.root, file), otherwise="create the file"
            )
            message = f"There is no file `{name.text}` with {what}."
            self.findings.error("missing-file", name.place, message, fix)
            return ()
        return read_list(file, name.text, self.findings)

    # ------------------------------------------------------------------ one test

    def _case(self, written: Written, number: int, tested: Tested) -> Case | None:
        owner = f"test {number} of {tested.owner}"
        fields = Fields.read(written, owner, self.findings, keys.TEST)
        if fields is None:
            return None
        given = fields.require("input", "write `input: {…}`, what is asked")
        expect = self._expectation(fields, tested)
        input = self._input(given, fields, tested, must_fit=expect.fails is None)
        name = (fields.text("name") or "").strip()
        return Case(
            name=name or str(number),
            input=input,
            expect=expect,
            answers=self._answers(fields),
            skip=fields.text("skip"),
            where=written.place.where,
        )

    def _input(
        self, given: Written | None, fields: Fields, tested: Tested, *, must_fit: bool
    ) -> JsonObject:
        if not isinstance(given, Table):
            if given is not None:
                fields.wrong_type("input", given, "an object")
            return {}
        value = cast("JsonObject", to_json(given))
        for problem in validate_value(tested.input, value)[:3] if must_fit else ():
            message = f"The input of {fields.owner} breaks the contract: {problem}."
            fix = "change the input, or write `expect: {fails: invalid_input}` if that is the test"
            self.findings.error("bad-test", given.place, message, fix)
        return value

    def _expectation(self, fields: Fields, tested: Tested) -> Expectation:
        """`output: {…}` is short for `expect: {same: {…}}`, as recorded pairs have it."""
        reader = ExpectationReader(tested, self.agents, self.findings)
        if fields.get("expect") is None and fields.get("output") is not None:
            return Expectation(same=reader.whole(fields, "output"))
        if fields.get("output") is not None:
            message = f"{fields.owner[0].upper()}{fields.owner[1:]} has `expect` and `output`."
            fix = "write `same:` below `expect` instead of `output`"
            self.findings.error("bad-test", fields.place("output"), message, fix)
        written = fields.require("expect", "say what must be true: `expect: {equals: {…}}`")
        return Expectation() if written is None else reader.read(written, fields.owner)

    # ------------------------------------------------------------------ answers of a script

    def _answers(self, fields: Fields) -> tuple[Scripted, ...]:
        """A list, a mapping from agent to what it answers, or the name of a file."""
        written = fields.get("answers")
        if written is None:
            return ()
        if isinstance(written, Table):
            return tuple(self._by_agent(written))
        items = self._items(written, "answers", "write `answers: {AGENT: {…}}`")
        return tuple(read_scripted(item, self.findings, agents=self.agents) for item in items)

    def _by_agent(self, table: Table) -> Iterator[Scripted]:
        """One answer of an agent is for all of its questions, a list for one after the other."""
        for entry in table.entries.values():
            _check_agent(entry.key, self.agents, self.findings)
            several = isinstance(entry.value, Items)
            each = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
            for value in each:
                if isinstance(value, Table):
                    output = cast("JsonObject", to_json(value))
                    place = value.place.where
                    yield Scripted(entry.key.text, None, output, repeat=not several, where=place)
                else:
                    message = f"What `{entry.key.text}` answers must be an object, not "
                    message += f"{describe(value)}."
                    fix = "write the fields of its output"
                    self.findings.error("wrong-type", value.place, message, fix)


def _beside(entry: Entry) -> Written | None:
    value = entry.value.get("tests") if isinstance(entry.value, Table) else None
    return None if isinstance(value, Scalar) and value.value is None else value


def _tested(definition: AgentDef | FlowDef) -> Tested:
    if isinstance(definition, AgentDef):
        owner, output = f"agent `{definition.name}`", definition.output
        return Tested(owner, definition.input, output, agent=True)
    owner = f"flow `{definition.name}`"
    return Tested(owner, definition.input, definition.output_schema, nodes=tuple(definition.nodes))


def read_scripted(
    written: Written,
    findings: Findings,
    *,
    agents: Mapping[str, AgentDef | None] | None = None,
) -> Scripted:
    """One line of a script; `agents` are those that it may name."""
    fields = Fields.read(written, "the scripted answer", findings, keys.SCRIPTED)
    if fields is None:
        return Scripted()
    name, output, fails = fields.name_at("agent"), fields.get("output"), fields.get("fails")
    if name is not None and agents is not None:
        _check_agent(name, agents, findings)
    if (output is None) == (fails is None):
        message = "A scripted answer has an `output`, or says how it `fails`."
        findings.error("bad-test", written.place, message, "write `output: {…}`")
    return Scripted(
        agent=None if name is None else name.text,
        input=_object(fields, "input"),
        output=_object(fields, "output"),
        fails=fields.choice("fails", {name: name for name in MODEL_FAILURES}),
        repeat=fields.flag("repeat") or False,
        where=written.place.where,
    )


def _object(fields: Fields, key: str) -> JsonObject | None:
    written = fields.get(key)
    if isinstance(written, Table):
        return cast("JsonObject", to_json(written))
    if written is not None:
        fields.wrong_type(key, written, "an object")
    return None


def _check_agent(name: Scalar, agents: Mapping[str, AgentDef | None], findings: Findings) -> None:
    if name.text not in agents:
        message = f"There is no agent `{name.text}` to answer for."
        findings.error("unknown-agent", name.place, message, did_you_mean(name.text, agents))


# ---------------------------------------------------------------------------------------- files


def read_script(file: Path, agents: Mapping[str, AgentDef] | None = None) -> tuple[Scripted, ...]:
    """Answers from a file: JSON lines, or a YAML list.

    `agents` are those that it may name. Raises NotFound where there is no such file, and
    InvalidProject with every mistake in it.
    """
    if not file.is_file():
        raise NotFound(
            f"There is no file `{file}` with answers.",
            hint='Write one JSON object a line, such as {"agent": "NAME", "output": {}}.',
        )
    findings = Findings()
    items = read_list(file, str(file), findings)
    found = tuple(read_scripted(item, findings, agents=agents) for item in items)
    if findings.failed:
        raise InvalidProject(findings.diagnostics)
    return found


def read_objects(file: Path) -> list[JsonObject]:
    """Objects from a file: JSON lines, or a YAML list.

    Raises NotFound where there is no such file, and InvalidProject with every mistake in it.
    """
    if not file.is_file():
        raise NotFound(f"There is no file `{file}`.", hint="Write one JSON object a line.")
    findings, found = Findings(), list[JsonObject]()
    for item in read_list(file, str(file), findings):
        if isinstance(item, Table):
            found.append(cast("JsonObject", to_json(item)))
        else:
            message = f"Here must be an object, not {describe(item)}."
            findings.error("wrong-type", item.place, message, 'name the field: {"text": "…"}')
    if findings.failed:
        raise InvalidProject(findings.diagnostics)
    return found


def read_list(file: Path, name: str, findings: Findings) -> tuple[Written, ...]:
    """The items of a file, each with its place: JSON lines, or one list in YAML."""
    source = read_text(file, name, findings)
    if source is None:
        return ()
    if file.suffix == ".jsonl":
        return tuple(_json_lines(source, findings))
    written = parse_yaml(source, findings)
    if written is None or isinstance(written, Items):
        return () if written is None else written.items
    message = f"The file `{name}` must hold a list, not {describe(written)}."
    findings.error("wrong-type", written.place, message, "begin each item with `- `")
    return ()


def _json_lines(source: SourceFile, findings: Findings) -> Iterator[Written]:
    for number, line in enumerate(source.lines):
        if not line.strip():
            continue
        try:
            value = cast("Json", json.loads(line, parse_constant=_refuse_constant))
        except json.JSONDecodeError as error:
            place = Place(source, number, error.colno - 1)
            message = f"This line is not valid JSON: {error.msg}."
            findings.error("json-syntax", place, message, "write one JSON object a line")
        except (ValueError, RecursionError) as error:
            place = Place(source, number, 0, len(line))
            message = f"This line is not valid JSON: {error}."
            findings.error("json-syntax", place, message, "write one JSON object a line")
        else:
            yield from_json(value, Place(source, number, 0, len(line)))


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
