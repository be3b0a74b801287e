"""Prompt templates: read from inside the project, their syntax and variables checked at load."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pantheon.spec._fields import Fields
from pantheon.spec._source import Findings, Place, Scalar, SourceFile, did_you_mean
from pantheon.spec._yaml import read_text

TEMPLATE_NAMES = frozenset({"input", "description", "examples", "schema"})
"""What a template may use besides the input's fields."""

_PATH = re.compile(r"[^\n{}]+\.(j2|jinja2?|txt|md)")


@dataclass(frozen=True, slots=True)
class Template:
    """The text, and the file it came from."""

    text: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateReader:
    """Reads and checks the templates of one project."""

    root: Path
    findings: Findings

    def read(self, fields: Fields, inputs: Collection[str] | None) -> Template:
        """The template of a tier: a file of the project, or the text itself."""
        text = fields.text("template")
        value = fields.get("template")
        if text is None or not isinstance(value, Scalar):
            return Template()
        if not _PATH.fullmatch(text):
            self.check(text, value, inputs)
            return Template(text)
        source = self.open(text, value)
        if source is None:
            return Template(None, text)
        content = "\n".join(source.lines)
        self.check(content, source, inputs)
        return Template(content, text)

    def open(self, path: str, value: Scalar) -> SourceFile | None:
        """The file, if it lies inside the project."""
        file = resolve_inside(self.root, path)
        if file is None:
            message = f"The template `{path}` lies outside the project."
            fix = "move it below the folder of pantheon.yaml and write the path from there"
            self.findings.error("outside-project", value.place, message, fix)
            return None
        if not file.is_file():
            message = f"There is no template `{path}`."
            fix = did_you_mean(path, self.known_files(file), otherwise="create the file")
            self.findings.error("missing-file", value.place, message, fix)
            return None
        return read_text(file, path, self.findings)

    def known_files(self, file: Path) -> list[str]:
        """Files in the same folder, as the user would write them."""
        if not file.parent.is_dir():
            return []
        root = self.root.resolve()
        return [str(p.relative_to(root)) for p in sorted(file.parent.iterdir()) if p.is_file()]

    def check(self, text: str, source: SourceFile | Scalar, inputs: Collection[str] | None) -> None:
        """Record what is wrong with a template's syntax or its variables."""
        from jinja2 import TemplateSyntaxError, meta
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        # No autoescape: the text goes to a model, never into HTML.
        environment = ImmutableSandboxedEnvironment(autoescape=False)
        try:
            environment.from_string(text)  # compiling also finds unknown filters and tests
            tree = environment.parse(text)
            names = meta.find_undeclared_variables(tree) - set(environment.globals)
            others = list(meta.find_referenced_templates(tree))
        except TemplateSyntaxError as error:
            place = _line_place(source, error.lineno - 1)
            message = f"The template is not valid Jinja: {str(error.message).rstrip('.')}."
            self.findings.error("bad-template", place, message, "see jinja.palletsprojects.com")
            return
        except (RecursionError, SyntaxError, ValueError, OverflowError, MemoryError):
            message = "The template is too complicated."
            self.findings.error("bad-template", _line_place(source, 0), message, "simplify it")
            return
        if others:
            message = "A template stands alone: it cannot include or extend another."
            fix = "put all of its text in one file"
            self.findings.error("bad-template", _line_place(source, 0), message, fix)
        if inputs is not None:
            self.check_names(text, source, names - set(inputs) - TEMPLATE_NAMES, inputs)

    def check_names(
        self, text: str, source: SourceFile | Scalar, names: set[str], inputs: Collection[str]
    ) -> None:
        """Record the variables that no input field fills."""
        for name in sorted(names):
            place = _name_place(text, source, name)
            message = f"The template uses `{name}`, which is no field of the agent's input."
            fix = did_you_mean(name, [*inputs, *sorted(TEMPLATE_NAMES)])
            self.findings.error("unknown-variable", place, message, fix)


def _line_place(source: SourceFile | Scalar, line: int) -> Place:
    if isinstance(source, Scalar):
        return source.place
    text = source.lines[line] if line < len(source.lines) else ""
    return Place(source, line, 0, max(1, len(text)))


def _name_place(text: str, source: SourceFile | Scalar, name: str) -> Place:
    """Where a variable is first used."""
    found = re.search(rf"(?<![\w.]){re.escape(name)}\b", text)
    if found is None:
        return _line_place(source, 0)
    if isinstance(source, Scalar):
        return source.part(found.start(), found.end())
    line = text.count("\n", 0, found.start())
    column = found.start() - (text.rfind("\n", 0, found.start()) + 1)
    return Place(source, line, column, len(name))


def resolve_inside(root: Path, path: str) -> Path | None:
    """The file a path names, links followed; None when that is outside the project."""
    try:
        base = root.resolve()
        file = (base / path).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return file if file.is_relative_to(base) else None
