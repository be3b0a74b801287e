"""What `pantheon` offers, and what it costs to import."""

from __future__ import annotations

import subprocess
import sys

import pantheon
import pantheon.api


def test_every_exported_name_is_there() -> None:
    """In `pantheon` and in `pantheon.api`; what both have is the same."""
    for name in pantheon.__all__:
        assert getattr(pantheon, name) is not None
    for name in set(pantheon.__all__) & set(pantheon.api.__all__):
        assert getattr(pantheon, name) is getattr(pantheon.api, name)


def test_importing_the_package_imports_nothing_else() -> None:
    """So it costs next to nothing; a name is imported when it is asked for."""
    code = (
        "import sys; before = set(sys.modules); import pantheon\n"
        "print(*sorted(set(sys.modules) - before))\n"
        "from pantheon import Pantheon, agent, flow"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) <= {"pantheon", "__future__"}
