"""A flow as a diagram."""

from __future__ import annotations

from pathlib import Path

from inline_snapshot import snapshot

from tests.cli.conftest import Pantheon


def test_a_flow_is_drawn(desk: Path, pantheon: Pantheon) -> None:
    """Nodes, what reads from what, and conditions as labels."""
    shown = pantheon("graph", "support")

    assert shown.code == 0
    assert shown.out == snapshot("""\
flowchart TD
  n1(["input"])
  n2["triage"]
  n3["measure"]
  n4["file"]
  n1 --> n2
  n1 --> n3
  n2 -->|"if triage.team #33;#61; #34;other#34;"| n4
  n3 --> n4
  n5(["output"])
  n2 --> n5
  n4 --> n5

""")


def test_a_flow_that_is_not_there_is_told(desk: Path, pantheon: Pantheon) -> None:
    """With the nearest name."""
    shown = pantheon("graph", "supporrt")

    assert shown.code == 6
    assert "Did you mean 'support'?" in shown.err


def test_a_flow_as_svg_and_text(desk: Path, pantheon: Pantheon) -> None:
    """By format, or by the ending of the file."""
    assert pantheon("graph", "support", "--format", "svg").out.startswith("<svg ")
    text = pantheon("graph", "support", "--format", "text").out
    assert "│ python triage → human │" in text
    assert pantheon("graph", "support", "-o", "flow.svg").code == 0
    assert (desk / "flow.svg").read_text().startswith("<svg ")
    said = pantheon("graph", "support", "--format", "svg", "--json").json
    assert said["format"] == "svg"
    assert said["svg"].startswith("<svg ")
    assert pantheon("graph", "support", "-o", "no/such/folder.svg").code == 8


def test_a_drawing_does_not_go_over_a_file_of_another_kind(desk: Path, pantheon: Pantheon) -> None:
    """Such as the project's own."""
    before = (desk / "pantheon.yaml").read_text()

    shown = pantheon("graph", "support", "-o", "pantheon.yaml")

    assert shown.code == 2
    assert "stands for none of the drawings" in shown.err
    assert (desk / "pantheon.yaml").read_text() == before
