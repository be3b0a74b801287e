"""Models that the user added: one folder each in the cache, with the file and what is known of it.

A folder gets its name when all in it is there, and loses it before anything in it is removed, so
that no other process ever finds half a model.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast

from pantheon.errors import InputError, UsageError, WeightsFault
from pantheon.models._gguf import Gguf, GgufFault, read_gguf
from pantheon.models._weights import CATALOGUE, cache_dir
from pantheon.text import clean

Origin: TypeAlias = Literal["file", "link", "url"]
Stamp: TypeAlias = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds; while both stand still, so does it."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MANIFEST: Final = "model.json"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Added:
    """What is known of one model that the user added."""

    name: str
    origin: Origin
    source: str
    """The path or address that it came from."""
    sha256: str
    size: int
    """Bytes."""
    licence: str
    """As the file or the user says; empty where nobody did."""
    quantisation: str
    context: int
    """Longest input and output together, in tokens; 0: the file does not say."""
    architecture: str
    parameters: int
    stamp: Stamp

    @property
    def path(self) -> Path:
        """The model file; a link for one that was linked."""
        return shelf() / self.name / f"{self.name}.gguf"

    @property
    def state(self) -> Literal["ready", "missing", "changed"]:
        """Whether the file is still the one that was added; no byte of it is read for that."""
        found = stamp_of(self.path)
        if found is None:
            return "missing"
        return "ready" if found == self.stamp else "changed"


def shelf() -> Path:
    """Where added models lie."""
    return cache_dir() / "models"


def partial_folder() -> Path:
    """Where downloads lie until all of them is there and checked."""
    return shelf() / ".partial"


def added() -> dict[str, Added]:
    """Every added model by name; a folder that holds none is left out."""
    if not shelf().is_dir():
        return {}
    names = sorted(path.name for path in shelf().iterdir() if _NAME.fullmatch(path.name))
    found = {name: _read_manifest(name) for name in names}
    return {name: model for name, model in found.items() if model is not None}


def verified(model: Added) -> Path:
    """The file of an added model, hashed again if it was touched. Raises WeightsFault."""
    if model.state == "missing":
        raise WeightsFault(
            f"The file of model {model.name!r} is missing: {model.path.resolve()}.",
            hint=f"Bring it back, or run `pantheon models rm {model.name}` and add it again.",
        )
    if model.state == "changed":
        if hash_file(model.path) != model.sha256:
            raise WeightsFault(
                f"The file of model {model.name!r} is no longer the one that was added: its "
                "checksum is another one.",
                hint=f"Run `pantheon models rm {model.name}`, then add it again.",
            )
        stamp = stamp_of(model.path) or model.stamp
        _write_manifest(shelf() / model.name, replace(model, stamp=stamp))
    return model.path


def check_new_name(name: str) -> None:
    """Raise UsageError unless a model may be added by that name."""
    if not _NAME.fullmatch(name) or name.endswith(".gguf"):
        raise UsageError(
            f"{clean(name, 70)!r} cannot be the name of a model.",
            hint="Use small letters, digits, `.`, `_` and `-`, beginning with a letter or digit, "
            "without the ending `.gguf`.",
        )
    if name in CATALOGUE:
        raise UsageError(
            f"{name!r} is the name of a model that comes with Pantheon.",
            hint="Choose another name.",
        )


def name_for(file: str) -> str:
    """A name made of that of a file."""
    stem = Path(file).name.lower().removesuffix(".gguf")
    return re.sub(r"[^a-z0-9._-]+", "-", stem).strip("._-")[:63] or "model"


def read_sha256(text: str | None) -> str | None:
    """A checksum as it is compared. Raises UsageError when it is none."""
    if text is None:
        return None
    found = text.strip().lower().removeprefix("sha256:")
    if not _SHA256.fullmatch(found):
        raise UsageError(
            f"{clean(text, 80)!r} is no SHA-256.", hint="It has 64 digits from 0 to 9 and a to f."
        )
    return found


def read_model_file(path: Path, shown: str | None = None) -> Gguf:
    """What a model file says of itself; `shown` names it in messages.

    Raises InputError when it is not a whole model.
    """
    told = shown or str(path)
    try:
        found = read_gguf(path)
    except GgufFault as fault:
        raise InputError(
            f"{told} is no model that can be used: {fault}.", hint="Give a whole .gguf file."
        ) from None
    except OSError as error:
        raise InputError(
            f"{told} cannot be read: {error.strerror or error}.", hint="Check the path."
        ) from None
    if found.kind != "model":
        raise InputError(
            f"{told} holds no model by itself, but a part of one ({found.kind}).",
            hint="Give the .gguf file of the whole model.",
        )
    if found.parts > 1:
        raise InputError(
            f"{told} is one of {found.parts} parts of a model.",
            hint="Put them together first with llama.cpp's `llama-gguf-split --merge`.",
        )
    return found


def shelve(model: Added, file: Path, *, link: bool = False, move: bool = False) -> Added:
    """Put a file on the shelf under the model's name; its checksum is that of the model.

    `link`: only point to the file where it is; `move`: it is not needed elsewhere (and lies beside
    the shelf). Raises InputError when the checksum is another one, WeightsFault when it cannot be
    written.
    """
    try:
        with _new_folder() as folder:
            target = folder / f"{model.name}.gguf"
            if link:
                target.symlink_to(file.resolve())
            elif move:
                file.replace(target)
            elif _copy(file, target) != model.sha256:
                raise InputError(f"{file} changed while it was copied.", hint="Try again.")
            kept = replace(model, stamp=stamp_of(target) or (0, 0))
            _write_manifest(folder, kept)
            _replace_folder(folder, shelf() / model.name)
    except OSError as error:
        raise WeightsFault(
            f"The model {model.name!r} cannot be written to {shelf()}: {error}.",
            hint=f"Free {model.size / 1e6:.0f} MB there, or set PANTHEON_CACHE to a directory that "
            "you may write to.",
        ) from error
    return kept


def take_off(path: Path) -> None:
    """Remove a folder or file of the cache: out of sight at once, then from the disk.

    A link goes, not what it points to. Raises WeightsFault.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".gone-") as grave:
            path.replace(Path(grave) / path.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise WeightsFault(
            f"{path} cannot be removed: {error}.", hint="Check who may write there."
        ) from error


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def stamp_of(path: Path) -> Stamp | None:
    """Size and time of a file; None where there is none."""
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns


# ---------------------------------------------------------------------------------- on disk


@contextmanager
def _new_folder() -> Generator[Path]:
    shelf().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=shelf(), prefix=".new-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _replace_folder(folder: Path, target: Path) -> None:
    """What stands there by now is of another process that added the same, or is no model."""
    if target.exists() and _read_manifest(target.name) is None:
        take_off(target)
    folder.replace(target)


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
    return digest.hexdigest()


def _write_manifest(folder: Path, model: Added) -> None:
    text = json.dumps(asdict(model), indent=2)
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as partial:
        partial.write(text + "\n")
    Path(partial.name).replace(folder / _MANIFEST)


def _read_manifest(name: str) -> Added | None:
    """None for what is no manifest of ours, or that of another name."""
    try:
        found: object = json.loads((shelf() / name / _MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    fields = cast("dict[str, Any]", found)
    texts = ("name", "origin", "source", "sha256", "licence", "quantisation", "architecture")
    numbers = ("size", "context", "parameters")
    stamp: object = fields.get("stamp")
    sound = (
        all(isinstance(fields.get(key), str) for key in texts)
        and all(isinstance(fields.get(key), int) for key in numbers)
        and fields["name"] == name
        and fields["origin"] in ("file", "link", "url")
        and _SHA256.fullmatch(fields["sha256"])
        and isinstance(stamp, list)
        and [type(part) for part in cast("list[object]", stamp)] == [int, int]
    )
    if not sound:
        return None
    size, time = cast("list[int]", stamp)
    kept = {key: fields[key] for key in (*texts, *numbers)}
    return Added(**kept, stamp=(size, time))
