"""Recorded work: good rows are kept, broken ones are named with their line and reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.errors import InputError, NotFound
from pantheon.ids import JsonObject
from pantheon.night._stream import read_stream, stream_of

GOOD = b'{"id": "1", "input": {"text": "a"}, "output": {"label": "x"}}\n'


def written(folder: Path, *lines: bytes) -> Path:
    """A stream file of these lines."""
    path = folder / "work.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def test_rows_are_read_in_order(tmp_path: Path) -> None:
    """Ids, gold and line numbers are kept; blank lines and a byte-order mark are passed over."""
    second = b'{"id": 2, "input": {}, "output": {}, "gold": {"label": "y"}}'

    stream = read_stream(written(tmp_path, b"\xef\xbb\xbf", GOOD, b"\n", second))

    assert [(row.id, row.line) for row in stream.rows] == [("1", 1), ("2", 3)]
    assert stream.rows[1].gold == {"label": "y"}
    assert stream.bad_lines == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON at column 2"),
        (b"[1]", "not a JSON object"),
        (b'{"id": "2", "output": {}}', "`input` is missing"),
        (b'{"id": "2", "input": "a", "output": {}}', "`input` is not an object"),
        (b'{"id": "2", "input": {}, "output": 3}', "`output` is not an object"),
        (b'{"id": "2", "input": {}, "output": {}, "gold": "x"}', "`gold` is not an object"),
        (b'{"id": [], "input": {}, "output": {}}', "`id` is neither"),
        (b'{"id": "2", "input": {}, "output": {}, "label": 1}', "unknown key 'label'"),
        (b'{"id": "1", "input": {}, "output": {}}', "'1' was used on line 1"),
        (b'{"id": "2", "input": {"n": NaN}, "output": {}}', "NaN"),
        (b'{"id": "2", "input": {"n": 1e999}, "output": {}}', "not JSON"),
        (b'{"id": "2", "input": {"t": "\\ud800"}, "output": {}}', "surrogate"),
        (b'{"id": "2", "input": {"t": "\xff"}, "output": {}}', "not UTF-8"),
        (b"\x00\x01\x02", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "levels deep"),
        (b'{"id": "' + b"x" * (5 << 20) + b'"}', "longer than"),
    ],
)
def test_a_broken_line_costs_nothing_else(tmp_path: Path, line: bytes, reason: str) -> None:
    """The rows before and after are kept, and the broken one is named as file:line."""
    after = GOOD.replace(b'"1"', b'"3"')
    path = written(tmp_path, GOOD, line + b"\n", after)

    stream = read_stream(path)

    assert [row.id for row in stream.rows] == ["1", "3"]
    assert stream.bad_lines == 1
    assert str(stream.bad[0]).startswith(f"{path}:2: ")
    assert reason in stream.bad[0].reason


def test_every_broken_line_is_counted_though_few_are_listed(tmp_path: Path) -> None:
    """A wrong file does not fill the screen, and its damage is not made smaller either."""
    stream = read_stream(written(tmp_path, GOOD, b"{\n" * 250))

    assert (stream.bad_lines, len(stream.bad)) == (250, 100)


def test_repeated_requests_are_found_and_kept(tmp_path: Path) -> None:
    """Traffic repeats itself; a repetition with another answer is a conflict too."""
    rows: list[JsonObject] = [
        {"id": str(n), "input": {"text": text}, "output": {"label": label}}
        for n, (text, label) in enumerate([("a", "x"), ("b", "x"), ("a", "x"), ("a", "y")])
    ]

    stream = stream_of(rows)

    assert (len(stream.rows), stream.duplicates, stream.conflicts) == (4, 2, 1)


def test_a_row_may_be_refused_by_a_contract(tmp_path: Path) -> None:
    """The check's words become the reason."""
    path = written(tmp_path, GOOD, GOOD.replace(b'"1"', b'"2"'))

    stream = read_stream(path, check=lambda row: "no such label" if row.id == "2" else None)

    assert [row.id for row in stream.rows] == ["1"]
    assert stream.bad[0].reason == "no such label"


def test_a_stream_without_rows_is_an_input_error(tmp_path: Path) -> None:
    """Empty and hopeless files end in a sentence and the format."""
    for content in (b"", b"\n\n", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(InputError, match="No line of") as caught:
            read_stream(written(tmp_path, content))

        assert '"input"' in caught.value.hint


def test_a_missing_stream_and_a_folder_are_named(tmp_path: Path) -> None:
    """Neither ends in a traceback."""
    with pytest.raises(NotFound, match=r"gone\.jsonl"):
        read_stream(tmp_path / "gone.jsonl")
    with pytest.raises(InputError, match="cannot be read"):
        read_stream(tmp_path)


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_bytes_make_it_fall_over(lines: list[bytes]) -> None:
    """Whatever the lines hold, each is a row or a reason."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        stream = read_stream(written(Path(folder), GOOD, *(line + b"\n" for line in lines)))

    assert len(stream.rows) >= 1


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=5), st.integers(), max_size=3
    )
)
def test_what_was_written_is_what_is_read(input: dict[str, int]) -> None:
    """A row's objects survive the way through a file."""
    stream = stream_of([{"id": "1", "input": json.loads(json.dumps(input)), "output": {}}])

    assert stream.rows[0].input == input
