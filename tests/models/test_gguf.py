"""The reader of GGUF heads: what it finds, and that no bytes whatever bring it down."""

from __future__ import annotations

import contextlib
import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.models import CATALOGUE, Gguf, GgufFault, locate, read_gguf
from pantheon.models._gguf import parse_gguf
from tests.models.gguf_files import META, gguf, text


def parse(data: bytes) -> Gguf:
    """What a file of these bytes says."""
    return parse_gguf(io.BytesIO(data), size=len(data))


def test_a_file_tells_what_it_is(tmp_path: Path) -> None:
    """Licence, quantisation, context, parameters: from the head alone."""
    (tmp_path / "m.gguf").write_bytes(gguf())

    assert read_gguf(tmp_path / "m.gguf") == Gguf(
        architecture="llama",
        kind="model",
        title="Tiny",
        licence="mit",
        quantisation="Q8_0",
        context=2048,
        parameters=64,
        tensors=1,
        parts=1,
    )


def test_what_a_file_does_not_say_is_none() -> None:
    """The quantisation is then that of the tensors."""
    found = parse(gguf({}))

    assert (found.architecture, found.licence, found.context) == (None, None, None)
    assert found.quantisation == "F32"


@pytest.mark.parametrize("context", [0, True, 1.5, "many", -0.0])
def test_a_context_that_is_none_is_unknown(context: int | float | str) -> None:
    """Only a positive whole number is one."""
    assert parse(gguf({**META, "llama.context_length": context})).context is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not begin"),
        (b"<html>" + b" " * 100, "does not begin"),
        (gguf(version=1), "version 1"),
        (gguf(version=0x03000000), "version 50331648"),
        (gguf(cut=300), "ends too early"),
        (gguf(cut=256), "cut short"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "cannot be"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 60), "ends too early"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<I", 99), "unknown"),
        (gguf({"general.alignment": 0}), "alignment"),
        (
            b"GGUF"
            + struct.pack("<IQQ", 3, 0, 1)
            + text("k")
            + struct.pack("<I", 9)
            + struct.pack("<IQ", 9, 1) * 9,
            "larger than can be",
        ),
    ],
)
def test_what_is_no_whole_file_says_why(data: bytes, why: str) -> None:
    """Also when a download broke off behind the head."""
    with pytest.raises(GgufFault, match=why):
        parse(data)


def test_text_of_a_file_cannot_steer_a_terminal() -> None:
    """It is one short line."""
    found = parse(gguf({"general.license": "mit\x1b[2J\n" + "x" * 500}))

    assert found.licence is not None
    assert found.licence.isprintable()
    assert len(found.licence) <= 120


@given(data=st.binary(max_size=400), begin=st.booleans())
def test_any_bytes_are_a_model_or_a_fault(data: bytes, begin: bool) -> None:
    """Nothing else is raised."""
    head = b"GGUF" + struct.pack("<I", 3) if begin else b""
    with contextlib.suppress(GgufFault):
        assert parse(head + data).parts > 0


@given(data=st.data())
def test_a_damaged_file_is_a_model_or_a_fault(data: st.DataObject) -> None:
    """A few bytes changed anywhere; what is read never passes the end."""
    bytes_ = bytearray(gguf())
    for _ in range(data.draw(st.integers(1, 8))):
        bytes_[data.draw(st.integers(0, len(bytes_) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(bytes_)))
    try:
        found = parse(bytes(bytes_[:cut]))
    except GgufFault:
        return
    assert found.tensors <= 1 << 18
    assert found.context is None or 0 < found.context <= 1 << 31


@pytest.mark.model
def test_the_weights_that_come_with_pantheon_are_read() -> None:
    """The catalogue says the same as the file."""
    weights = CATALOGUE["smollm2-135m-instruct"]
    found = read_gguf(locate(weights) / weights.files[0].name)

    assert (found.architecture, found.parameters) == ("llama", 134_515_008)
    assert (found.quantisation, found.context) == (weights.quantisation, weights.context)
    assert (found.licence or "").lower() == weights.licence.lower()
