"""Every package says what it is for and what it offers, and what it offers is there."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import pantheon

PACKAGES = sorted(
    f"pantheon.{module.name}" for module in pkgutil.iter_modules(pantheon.__path__) if module.ispkg
)
# What takes long to import; a command must pay only for what it uses.
NUMERICAL = frozenset({"numpy", "onnxruntime", "scipy", "sklearn", "tokenizers", "xllamacpp"})
HEAVY = NUMERICAL | {"httpx2", "jinja2", "jsonschema", "pydantic", "rich", "ruamel"}
PROJECT = """\
agents:
  shout: {input: {text: string}, output: {text: string}, tiers: [{python: "shouting:shout"}]}
flows:
  loud:
    input: {text: string}
    nodes: {shout: shout}
    output: {text: shout.text}
"""


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_exports_what_it_names(name: str) -> None:
    """`__all__` is the public face: every name is there, none is private."""
    package = importlib.import_module(name)

    assert package.__doc__
    assert [public for public in package.__all__ if not hasattr(package, public)] == []
    assert [public for public in package.__all__ if public.startswith("_")] == []
    assert len(set(package.__all__)) == len(package.__all__)


def loaded_by(arguments: list[str], folder: Path) -> set[str]:
    """Names of the top-level modules that a command had loaded when it ended well."""
    code = (
        "import sys; from pantheon.cli import main\n"
        f"assert main({arguments!r}) == 0\n"
        "print('loaded:', *{name.split('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    """`pantheon --help` answers at once because the libraries stay where they are."""
    assert loaded_by(["--help"], tmp_path) & HEAVY == set()


def test_validation_imports_nothing_numerical(tmp_path: Path) -> None:
    """Checking a file needs a parser for YAML, not models or mathematics."""
    (tmp_path / "pantheon.yaml").write_text(PROJECT)
    (tmp_path / "shouting.py").write_text("def shout(text):\n    return {'text': text.upper()}\n")

    loaded = loaded_by(["validate"], tmp_path)

    assert "yaml" in loaded
    assert loaded & NUMERICAL == set()
