"""An environment for each peer: made from `peers/NAME.txt` by plain pip, kept in the user's cache."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MARKER = "installed.txt"
"""A copy of the requirements that an environment was made from, written when all was well."""


def default_folder() -> Path:
    """Where environments are kept unless the command line says otherwise."""
    from platformdirs import user_cache_path

    return user_cache_path("pantheon") / "bench-engine"


def find_python(folder: Path, peer: str) -> Path | None:
    """The interpreter of a peer's environment; None when it is missing or out of date."""
    marker = folder / peer / MARKER
    if not marker.is_file() or marker.read_text() != _requirements(peer).read_text():
        return None
    return folder / peer / "bin" / "python"


def install(folder: Path, peers: tuple[str, ...]) -> None:
    """Make every environment that is missing; one that cannot be made is named and passed over."""
    for peer in peers:
        if find_python(folder, peer):
            print(f"{peer}: is installed", file=sys.stderr)
            continue
        fault = _install_one(folder / peer, peer)
        print(f"{peer}: {f'NOT installed: {fault}' if fault else 'installed'}", file=sys.stderr)


def _install_one(environment: Path, peer: str) -> str:
    """What went wrong, in one line; empty when nothing did."""
    shutil.rmtree(environment, ignore_errors=True)
    python = environment / "bin" / "python"
    steps = (
        (sys.executable, "-m", "venv", environment),
        (python, "-m", "pip", "install", "--quiet", "-r", _requirements(peer)),
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            errors = [line for line in said if line.startswith("ERROR")]
            return (errors or said or [f"exit status {done.returncode}"])[-1]
    (environment / MARKER).write_text(_requirements(peer).read_text())
    return ""


def _requirements(peer: str) -> Path:
    return HERE / "peers" / f"{peer}.txt"
