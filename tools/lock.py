"""Choose exact versions for lock/base.txt, dev.txt and train.txt, with hashes, for every platform.

The resolver (uv) is taken into a throw-away environment: nobody needs it but who changes a version.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"
# Addresses of package indexes belong to whoever installs, so none is written down.
COMPILE = (
    "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST_PYTHON,
    "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate",
    "--no-header", "pyproject.toml", "--group", "build",
)  # fmt: skip
# PyPI's torch for Linux brings several GB of CUDA. PyTorch's own index has builds for the CPU, which
# uv does not look at: their hashes are admitted beside PyPI's, by version (for `./run train-setup`).
CPU_TORCH = {
    "2.13.0": ("6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",),  # Python 3.11
}


def resolve(uv: Path, options: list[str]) -> None:
    """Write the locks; the base is a part of both others, version by version."""
    environment = _as_pip_is_configured(dict(os.environ))
    developers = ["--group", "dev", "-o", "lock/dev.txt"]
    base = ["-c", "lock/dev.txt", "-o", "lock/base.txt"]
    train = ["--extra", "train", "-c", "lock/dev.txt", "-o", "lock/train.txt"]
    for arguments in (developers, base, train):
        command = [str(uv), *COMPILE, *arguments, *options]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    path = ROOT / "lock" / "train.txt"
    path.write_text(admit_cpu_torch(path.read_text(encoding="utf-8")), encoding="utf-8")


def admit_cpu_torch(lock: str) -> str:
    """The lock with the hashes of torch's builds for the CPU, where this version's are known."""
    for version, hashes in CPU_TORCH.items():
        pinned = f"torch=={version} \\\n"
        added = "".join(
            f"    --hash=sha256:{digest} \\\n" for digest in hashes if digest not in lock
        )
        lock = lock.replace(f"\n{pinned}", f"\n{pinned}{added}")
    return lock


def _as_pip_is_configured(environment: dict[str, str]) -> dict[str, str]:
    """Hand uv the certificates and the index that pip was told of in its own variables."""
    for theirs, ours in (("PIP_CERT", "SSL_CERT_FILE"), ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")):
        if theirs in environment:
            environment.setdefault(ours, environment[theirs])
    return environment


def main(options: list[str]) -> int:
    """`lock.py [OPTIONS OF uv pip compile]`, such as `--upgrade` or `-P numpy`."""
    with tempfile.TemporaryDirectory(prefix="pantheon-lock-") as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "uv"]
        subprocess.run(pip, check=True)
        resolve(programs / "uv", options)
    print("wrote lock/dev.txt, lock/base.txt and lock/train.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
