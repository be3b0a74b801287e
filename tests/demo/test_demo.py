"""The demo lives its days through the product, with recorded answers or over real HTTP."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pantheon.models import FaultServer
from pantheon.night import standard_library_stream
from tests.cli.conftest import Pantheon

pytestmark = pytest.mark.model


def test_recorded_days_are_told_as_such(tmp_path: Path, pantheon: Pantheon) -> None:
    """Two short days: everything recorded is labelled, a lock and a report are left."""
    folder = tmp_path / "demo"
    said = pantheon("demo", "--into", str(folder), "--days", "2", "--per-day", "120")

    assert said.code == 0
    assert "RECORDED answers play the cloud" in said.out
    assert "triage cloud (recorded)" in said.out
    assert len(re.findall(r"^day \d", said.out, re.MULTILINE)) == 2
    page = (folder / ".pantheon" / "report.html").read_text(encoding="utf-8")
    assert "stand in for the cloud" in page


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, pantheon: Pantheon) -> None:
    """Only an earlier demo is cleared."""
    (tmp_path / "precious.txt").write_text("mine")
    said = pantheon("demo", "--into", str(tmp_path))

    assert said.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_an_endpoint_is_asked_for_real(
    tmp_path: Path,
    pantheon: Pantheon,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With an endpoint nothing is recorded, and only audits tell how often answers differ."""
    rows: list[Any] = list(standard_library_stream())
    modules: dict[str, Any] = {row["input"]["text"]: row["output"] for row in rows}

    def answer(body: object) -> str:
        asked = json.dumps(body, ensure_ascii=False)
        found = [out for text, out in modules.items() if json.dumps(text)[1:-1] in asked]
        return json.dumps(found[0] if found else {"module": "os"})

    monkeypatch.setenv("CLOUD_KEY", "sk-demo-key")
    with FaultServer(answer=answer) as server:
        said = pantheon(
            *("demo", "--into", str(tmp_path / "demo"), "--days", "1", "--per-day", "20"),
            *("--cloud-url", server.base_url, "--cloud-model", "big"),
        )

    assert said.code == 0
    assert "asked for real" in said.out
    assert "recorded" not in said.out.lower()
    assert len(server.requests) >= 19


def test_the_stream_can_be_written_for_other_commands(tmp_path: Path, pantheon: Pantheon) -> None:
    """`--stream` gives a log that `simulate` and `import` read."""
    path = tmp_path / "rows.jsonl"
    said = pantheon("demo", "--stream", str(path))

    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert said.code == 0
    assert len(rows) == len(standard_library_stream())
    assert {"id", "input", "output"} == set(rows[0])
