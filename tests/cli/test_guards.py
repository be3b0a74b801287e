"""Guards and shadows from the command line: what is said, to people and to programs."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Pantheon
from tests.cli.test_deploy import edit


def test_guards_are_told_with_their_figures(desk: Path, pantheon: Pantheon) -> None:
    """What is asked, what was seen, and what comes of it."""
    pantheon("deploy", "support")
    edit(desk)
    said = pantheon(
        "deploy", "support", "--canary", "100%", "--guard", "error-rate=5%", "--promote-after", "3"
    )
    assert "guarded by error_rate=5%, promote_after=3" in said.out
    pantheon("run", "support", "text=my card")
    said = pantheon("guards")
    assert said.out.splitlines()[1:] == [
        "  1 run ended, 0 under way",
        "  error_rate 0.0% of 1 run (0.0% to 99.0%), bound 5%: within",
        "  go on: becomes stable after 3 runs if it keeps its bounds",
    ]
    for _ in range(2):
        pantheon("run", "support", "text=my card")
    assert pantheon("guards").out == "Nothing is on trial: no canary, no shadow.\n"
    moves = pantheon("flows", "history", "support", "--json").json["moves"]
    assert (moves[-1]["who"], moves[-1]["action"]) == ("guard", "promote")


def test_programs_get_figures_limits_and_what_was_changed(desk: Path, pantheon: Pantheon) -> None:
    """A dry run says what would be done; nothing is done without `--act`."""
    pantheon("deploy", "support")
    edit(desk)
    pantheon(
        "deploy", "support", "--canary", "100%", "--promote-after", "1", "--guard", "latency=1m"
    )
    assert pantheon("guards", "support", "--act", "--json").json["status"] == "already"
    (item,) = pantheon("guards", "support", "--dry-run", "--json").json["items"]

    assert item["version"] == "support@2"
    assert item["decision"] == "watch"
    assert item["guards"][0] == {
        "guard": "latency",
        "bound": 60.0,
        "relative": False,
        "written": "1m",
        "verdict": "unknown",
        "seen": 0,
        "beside": None,
        "estimate": None,
        "low": 0.0,
        "high": None,
    }


def test_mistakes_are_told_with_their_fix(desk: Path, pantheon: Pantheon) -> None:
    """Before anything is deployed; and for names that nobody knows."""
    for options, told in (
        (("--canary", "10%", "--guard", "speed=3"), "The guards are: error_rate"),
        (("--canary", "10%", "--guard", "cost=a lot"), "cost=+20%"),
        (("--guard", "error_rate=5%"), "--canary 10%"),
        (("--shadow", "--guard", "cost=+20%"), "disagreement, error_rate, max_usd"),
    ):
        said = pantheon("deploy", "support", *options)
        assert said.code == 2
        assert told in said.err
    assert pantheon("guards", "nobody").code == 6


def test_a_shadow_is_told_with_how_often_it_is_the_same(desk: Path, pantheon: Pantheon) -> None:
    """Beside the runs, one each; what nobody may be asked is not known."""
    pantheon("deploy", "support")
    edit(desk)
    pantheon("deploy", "support", "--shadow", "--guard", "disagreement=10%")
    assert pantheon("run", "support", "text=my card").code == 0
    (item,) = pantheon("guards", "--json").json["items"]

    assert item["channel"] == "shadow"
    assert sum(item["agreement"].values()) == 1
    assert item["decision"] == "watch"
