"""A lock that does not hold what is asked for is noticed without the network."""

from __future__ import annotations

from tools.locks import find_differences, find_unmet, read_pins

LOCK = """\
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:00
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:01
ruamel-yaml==0.19.1 \\
    --hash=sha256:02
"""


def test_a_requirement_that_every_pin_meets_is_met() -> None:
    """Names are compared as the index does, whatever their punctuation."""
    assert list(find_unmet(["numpy>=2.2", "ruamel.yaml>=0.18"], read_pins(LOCK), "x")) == []


def test_a_package_missing_or_too_old_is_named() -> None:
    """Also where only one of its versions is too old."""
    [missing, old] = find_unmet(["scipy", "numpy>=2.5"], read_pins(LOCK), "lock/base.txt")

    assert missing.startswith("lock/base.txt: scipy is not locked")
    assert "numpy>=2.5 is asked for, 2.4.6, 2.5.5 is locked" in old


def test_developers_work_with_the_versions_that_users_get() -> None:
    """The base is a part of the developers' lock."""
    other = read_pins(LOCK.replace("0.19.1", "0.19.2"))

    assert list(find_differences(read_pins(LOCK), read_pins(LOCK), "dev.txt")) == []
    assert len(list(find_differences(read_pins(LOCK), other, "dev.txt"))) == 1
