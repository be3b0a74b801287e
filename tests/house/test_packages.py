"""Every package says what it is for and what it offers, and what it offers is there."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import pantheon

PACKAGES = sorted(
    f"pantheon.{module.name}" for module in pkgutil.iter_modules(pantheon.__path__) if module.ispkg
)
# What takes long to import; a command that only reads its arguments must not pay for it.
HEAVY = "httpx httpx2 jinja2 numpy pydantic rich ruamel scipy sklearn tokenizers xllamacpp"


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_exports_what_it_names(name: str) -> None:
    """`__all__` is the public face: every name is there, none is private."""
    package = importlib.import_module(name)

    assert package.__doc__
    assert [public for public in package.__all__ if not hasattr(package, public)] == []
    assert [public for public in package.__all__ if public.startswith("_")] == []
    assert len(set(package.__all__)) == len(package.__all__)


def test_help_imports_nothing_heavy() -> None:
    """`pantheon --help` answers at once because the numerical libraries stay where they are."""
    code = (
        "import sys; from pantheon.cli import main; main(['--help']); "
        f"print('loaded:', *sorted(set({HEAVY!r}.split()) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "loaded:"
