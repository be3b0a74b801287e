"""Add the optional extra `train` to the environment, by hash from lock/train.txt.

PyPI's torch for Linux on x86-64 is built for CUDA and needs several GB of NVIDIA's libraries. By
default the build for the CPU is installed there, without those: pip must be able to find it, for
instance with PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu. With `--cuda`, and on other
machines, everything comes from PyPI. Started by the environment's own Python.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "lock" / "train.txt"
_FOR_GPUS = re.compile(r"(nvidia|cuda|triton)\b")
_TORCH = re.compile(r"^(torch==[^\s+]+)", re.MULTILINE)
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def without_cuda(lock: str) -> str:
    """The lock without what only a GPU needs, and with torch's build for the CPU."""
    entries = re.split(r"\n(?=\S)", lock)
    kept = "\n".join(entry for entry in entries if not _FOR_GPUS.match(entry))
    return _TORCH.sub(r"\1+cpu", kept)


def install(lock: str) -> int:
    """Exactly what the lock lists; it is complete, so pip need not look for more."""
    with tempfile.TemporaryDirectory(prefix="pantheon-train-") as folder:
        path = Path(folder) / LOCK.name
        path.write_text(lock, encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
        command = [*pip, "--no-deps", "--require-hashes", "-r", str(path)]
        return subprocess.run(command, check=False).returncode


def main(options: list[str]) -> int:
    """`train_setup.py [--cuda]`."""
    special = sys.platform == "linux" and platform.machine() == "x86_64"
    on_cpu = special and "--cuda" not in options
    lock = LOCK.read_text(encoding="utf-8")
    status = install(without_cuda(lock) if on_cpu else lock)
    if status and on_cpu:
        print(
            "set-up: torch's build for the CPU is not on PyPI. Let pip find it:\n"
            f"  PIP_EXTRA_INDEX_URL={_CPU_INDEX} ./run train-setup\n"
            "or take the build for NVIDIA's GPUs, several GB: ./run train-setup --cuda",
            file=sys.stderr,
        )
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
