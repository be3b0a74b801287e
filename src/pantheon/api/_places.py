"""Where a project's file is, and the folder beside it in which what happened is kept."""

from __future__ import annotations

from pathlib import Path

from pantheon.errors import EnvironmentFault, NotFound

FILE_NAMES = ("pantheon.yaml", "pantheon.yml")
STATE_FOLDER = ".pantheon"
DATABASE = "pantheon.db"


def find_project_file(directory: Path) -> Path:
    """The nearest pantheon.yaml, from the folder upwards.

    Raises:
        NotFound: there is none.
    """
    for folder in (directory.resolve(), *directory.resolve().parents):
        for name in FILE_NAMES:
            if (folder / name).is_file():
                return folder / name
    raise NotFound(
        f"There is no pantheon.yaml in {directory} or above it.",
        hint="Change to the project's folder, or name it: pantheon -C DIR ...",
    )


def make_state_folder(root: Path) -> Path:
    """The project's `.pantheon` folder, made when missing and kept out of git.

    Raises:
        EnvironmentFault: it cannot be made.
    """
    folder = root / STATE_FOLDER
    if folder.is_dir():
        return folder
    try:
        folder.mkdir()
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise EnvironmentFault(
            f"The folder {folder} cannot be made: {error.strerror or error}.",
            hint="Runs are kept there: make the project's folder writable for this user.",
        ) from None
    return folder
