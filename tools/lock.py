"""Choose exact versions for lock/base.txt and lock/dev.txt, with hashes, for every platform.

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


def resolve(uv: Path, options: list[str]) -> None:
    """Write both locks; the base is a part of the developers' lock, version by version."""
    environment = _as_pip_is_configured(dict(os.environ))
    developers = ["--group", "dev", "-o", "lock/dev.txt"]
    base = ["-c", "lock/dev.txt", "-o", "lock/base.txt"]
    for arguments in (developers, base):
        command = [str(uv), *COMPILE, *arguments, *options]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


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
    print("wrote lock/dev.txt and lock/base.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
