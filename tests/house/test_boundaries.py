"""Private modules are found wherever somebody else imports them."""

from __future__ import annotations

import pytest

from tools.boundaries import find_trespasses
from tools.sources import parse


@pytest.mark.parametrize(
    "statement",
    [
        "from pantheon.store._database import connect",
        "import pantheon.store._database",
        "from pantheon.store import _database",
        "def late():\n    from pantheon.store._database import connect",
    ],
)
def test_reaching_into_another_package_is_a_fault(statement: str) -> None:
    """Every way to spell the import is seen, also inside a function."""
    faults = find_trespasses(parse("src/pantheon/flows/_run.py", statement))

    assert len(faults) == 1
    assert "private to pantheon.store" in faults[0]


@pytest.mark.parametrize(
    ("path", "statement"),
    [
        ("src/pantheon/store/_rows.py", "from pantheon.store._database import connect"),
        ("tests/store/test_database.py", "from pantheon.store._database import connect"),
        ("src/pantheon/cli/_app.py", "from pantheon.store import Store"),
        ("src/pantheon/cli/_app.py", "from pantheon import __version__"),
        ("bench/speed.py", "from elsewhere._inside import thing"),
    ],
)
def test_a_package_and_its_tests_may_look_inside_it(path: str, statement: str) -> None:
    """Public names, the package itself and its own tests are free."""
    assert find_trespasses(parse(path, statement)) == []
