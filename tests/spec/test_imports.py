"""Nothing heavy is imported before it is needed, and the public names are all there."""

from __future__ import annotations

import subprocess
import sys

import pantheon.spec

HEAVY = ("ruamel", "pydantic", "jsonschema", "jinja2", "packaging", "numpy", "difflib")


def imported_by(code: str) -> set[str]:
    """Heavy modules that a fresh interpreter has loaded after running the code."""
    program = f"{code}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_package_imports_nothing_heavy() -> None:
    """Neither the package nor the definitions and expressions bring a library along."""
    assert imported_by("import pantheon.spec") == set()
    code = "from pantheon.spec import AgentDef, parse_expression, validate_value, agent_hash"
    assert imported_by(code) <= {"difflib"}


def test_project_without_templates_needs_only_the_yaml_library() -> None:
    """Jinja, jsonschema and packaging wait until a file uses what they are for."""
    code = (
        "import pathlib, tempfile\n"
        "from pantheon.spec import load_project\n"
        "file = pathlib.Path(tempfile.mkdtemp(), 'pantheon.yaml')\n"
        "file.write_text('agents: {a: {input: text, output: team}}')\n"
        "load_project(file)"
    )
    assert imported_by(code) <= {"ruamel", "difflib"}


def test_every_public_name_is_there() -> None:
    """What `__all__` promises can be imported, and nothing is promised twice."""
    names = pantheon.spec.__all__
    assert len(names) == len(set(names))
    assert [name for name in names if getattr(pantheon.spec, name, None) is None] == []
    assert set(names) == set(pantheon.spec._HOME)
