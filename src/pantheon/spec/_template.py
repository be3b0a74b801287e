"""Prompt templates: read from inside the project, their syntax and variables checked at load."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.spec._fields import Fields
from pantheon.spec._source import Findings, Place, Scalar, SourceFile, did_you_mean
from pantheon.spec._yaml import read_text

if TYPE_CHECKING:
    from jinja2 import Environment

    from pantheon.spec._parameters import Filler

TEMPLATE_NAMES = frozenset({"input", "description", "examples", "schema"})
"""What a template may use besides the input's fields."""

_FIELD = re.compile(r"(?<!\{)\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}")
_OPENS = re.compile(r"\{[{%#]")
_MEANT = re.compile(
    r"and|as|elif|else|false|False|for|if|import|in|is|none|None|not|or|recursive|true|True|with(out)?"
    r"|block|call|context|extends|filter|from|include|macro|set"
    r"|loop|self|super|caller|varargs|kwargs|range|dict|lipsum|cycler|joiner|namespace"
)
"""Names that may mean something of their own in Jinja."""
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
    filler: Filler | None = None
    """Puts parameters into prompt files; in the project's files they are filled in already."""

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
        content = self.fill("\n".join(source.lines), source)
        self.check(content, source, inputs)
        return Template(content, text)

    def open(self, path: str, value: Scalar) -> SourceFile | None:
        """The file, if it lies inside the project."""
        file = find_inside(self.root, path, value, "template", self.findings)
        return None if file is None else read_text(file, path, self.findings)

    def fill(self, text: str, source: SourceFile) -> str:
        """The text of a prompt file with the parameters that it names."""
        if self.filler is None or "${" not in text:
            return text
        return self.filler.fill_text(text, partial(_place_in, source, text))[0]

    def check(self, text: str, source: SourceFile | Scalar, inputs: Collection[str] | None) -> None:
        """Record what is wrong with a template's syntax or its variables."""
        try:
            names, others = _look_into(text)
        except (RecursionError, SyntaxError, ValueError, OverflowError, MemoryError):
            message = "The template is too complicated."
            self.findings.error("bad-template", _line_place(source, 0), message, "simplify it")
            return
        except Exception as error:
            from jinja2 import TemplateSyntaxError  # only here: importing it takes its time

            if not isinstance(error, TemplateSyntaxError):
                raise
            place = _line_place(source, error.lineno - 1)
            message = f"The template is not valid Jinja: {str(error.message).rstrip('.')}."
            self.findings.error("bad-template", place, message, "see jinja.palletsprojects.com")
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


@cache
def _jinja() -> Environment:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # No autoescape: the text goes to a model, never into HTML.
    return ImmutableSandboxedEnvironment(autoescape=False)


def _look_into(text: str) -> tuple[set[str], bool]:
    """The variables that a template needs, and whether it needs other templates.

    Raises what Jinja raises for a template that cannot be compiled.
    """
    if not _OPENS.search(_FIELD.sub("", text)):  # most say no more than `{{ name }}`
        names = set(_FIELD.findall(text))
        if not any(_MEANT.fullmatch(name) for name in names):
            return names, False
    from jinja2 import meta

    tree = _jinja().parse(text)
    _jinja().from_string(text)  # compiling also finds unknown filters and tests
    names = meta.find_undeclared_variables(tree) - set(_jinja().globals)
    return names, any(True for _ in meta.find_referenced_templates(tree))


def variables_of(text: str) -> frozenset[str]:
    """The variables of a template that can be compiled; none of one that cannot."""
    from jinja2 import TemplateSyntaxError

    try:
        return frozenset(_look_into(text)[0])
    except (TemplateSyntaxError, RecursionError, SyntaxError, ValueError, OverflowError):
        return frozenset()


def _line_place(source: SourceFile | Scalar, line: int) -> Place:
    if isinstance(source, Scalar):
        return source.place
    text = source.lines[line] if line < len(source.lines) else ""
    return Place(source, line, 0, max(1, len(text)))


def _place_in(source: SourceFile, text: str, start: int, end: int) -> Place:
    line = text.count("\n", 0, start)
    return Place(source, line, start - (text.rfind("\n", 0, start) + 1), max(1, end - start))


def _name_place(text: str, source: SourceFile | Scalar, name: str) -> Place:
    """Where a variable is first used."""
    found = re.search(rf"(?<![\w.]){re.escape(name)}\b", text)
    if found is None:
        return _line_place(source, 0)
    if isinstance(source, Scalar):
        return source.part(found.start(), found.end())
    return _place_in(source, text, found.start(), found.end())


def resolve_inside(root: Path, path: str) -> Path | None:
    """The file a path names, links followed; None when that is outside the project."""
    try:
        base = root.resolve()
        file = (base / path).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return file if file.is_relative_to(base) else None


def find_inside(
    root: Path,
    path: str,
    named: Scalar,
    what: str,
    findings: Findings,
    *,
    otherwise: str = "create the file",
) -> Path | None:
    """The file of the project that is named; None after recording that it is none."""
    file = resolve_inside(root, path)
    if file is None:
        message = f"The {what} `{path}` lies outside the project."
        fix = "move it below the folder of pantheon.yaml and write the path from there"
        findings.error("outside-project", named.place, message, fix)
        return None
    if not file.is_file():
        fix = did_you_mean(path, files_beside(root, file), otherwise=otherwise)
        findings.error("missing-file", named.place, f"There is no {what} `{path}`.", fix)
        return None
    return file


def files_beside(root: Path, file: Path, pattern: str = "*") -> list[str]:
    """Files of the project in the same folder, as the user would write them."""
    base, folder = root.resolve(), file.parent
    if not folder.is_relative_to(base) or not folder.is_dir():
        return []
    return [str(p.relative_to(base)) for p in sorted(folder.glob(pattern)) if p.is_file()]
