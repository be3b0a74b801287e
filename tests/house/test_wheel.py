"""What is installed from a wheel is complete."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    """Templates, schemas, the marker for type checkers, and the licence."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    [wheel] = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())

    files = (path for path in (ROOT / "src").rglob("*") if path.is_file())
    wanted = {str(path.relative_to(ROOT / "src")) for path in files if path.suffix != ".pyc"}

    assert wanted - packed == set()
    assert any(name.endswith("licenses/LICENSE") for name in packed)
