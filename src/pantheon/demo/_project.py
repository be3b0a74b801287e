"""The demo's project folder: its files, and the cloud model when an endpoint is known."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

from pantheon.errors import UsageError

MARKER = ".pantheon-demo"
"""Written into the folder, so that only a demo's own folder is ever cleared."""


def lay_out(folder: Path, *, cloud: tuple[str, str] | None) -> Path:
    """Write the demo's project into `folder`, anew when an earlier demo is there.

    Args:
        folder: where; made when missing.
        cloud: base URL and model name of an OpenAI-compatible endpoint; its key is read from
            the environment variable CLOUD_KEY when it is asked.

    Raises:
        UsageError: the folder holds something else.
    """
    _make_room(folder)
    with resources.as_file(resources.files("pantheon.demo") / "project") as template:
        shutil.copytree(template, folder, dirs_exist_ok=True, ignore=_compiled)
    if cloud is not None:
        _add_cloud(folder / "pantheon.yaml", *cloud)
    (folder / MARKER).touch()
    return folder / "pantheon.yaml"


_compiled = shutil.ignore_patterns("__pycache__")


def _make_room(folder: Path) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARKER).exists():
        raise UsageError(
            f"{folder} is not empty and is no earlier demo.",
            hint="Name another folder: pantheon demo --into DIR",
        )
    shutil.rmtree(folder / ".pantheon", ignore_errors=True)
    (folder / "pantheon.lock").unlink(missing_ok=True)


def _add_cloud(file: Path, base_url: str, model: str) -> None:
    import json

    line = (
        f"  cloud: {{engine: openai, base_url: {json.dumps(base_url)}, "
        f"model: {json.dumps(model)}, api_key_env: CLOUD_KEY}}\n"
    )
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("models:\n", "models:\n" + line, 1), encoding="utf-8")
