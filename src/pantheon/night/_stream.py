"""Recorded work: one JSON object a line, `{"id", "input", "output", "gold"?}`.

A broken line never costs the good ones: it is kept with its place and reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from pantheon.errors import InputError, NotFound, Where
from pantheon.ids import Json, JsonObject, canonical_json, hash_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pantheon.ids import ContentHash

_LONGEST_LINE = 4 * 1024 * 1024
"""Bytes; one request is never this long, a wrong file often is."""
_DEEPEST = 64
_KEPT_PROBLEMS = 100
_KEYS = frozenset({"id", "input", "output", "gold"})

Check: TypeAlias = Callable[["StreamRow"], str | None]
"""What is wrong with a row, in words; None when nothing is."""


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One recorded request with the answer that was given."""

    id: str
    input: JsonObject
    output: JsonObject
    gold: JsonObject | None = None
    line: int = 0
    """Counts from 1; 0 when it came from no file."""

    @property
    def request(self) -> ContentHash:
        """What the request asks, as one hash: equal inputs are equal requests."""
        return hash_json(self.input)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be used, where it is and why."""

    where: Where
    reason: str

    def __str__(self) -> str:
        return f"{self.where.file}:{self.where.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Stream:
    """The usable rows of a recording, in order, and what was wrong with the rest."""

    name: str
    rows: tuple[StreamRow, ...]
    bad: tuple[BadLine, ...] = ()
    """The first hundred; `bad_lines` counts all."""
    bad_lines: int = 0
    duplicates: int = 0
    """Rows whose input an earlier row has too; they are kept, as traffic repeats itself."""
    conflicts: int = 0
    """Duplicates whose recorded output differs from the earlier one's."""


def read_stream(path: Path, *, check: Check | None = None) -> Stream:
    """Read a recording.

    Args:
        path: the file; blank lines and a byte-order mark are skipped.
        check: a further test of each row, e.g. against a contract.

    Raises:
        NotFound: there is no such file.
        InputError: it cannot be read, or not one line of it can be used.
    """
    reader = _Reader(str(path), check)
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(_bounded(lines), 1):
                reader.take(number, line)
    except FileNotFoundError:
        raise NotFound(f"There is no stream at {path}.", hint="Check the path.") from None
    except OSError as error:
        raise InputError(
            f"The stream {path} cannot be read: {error.strerror or error}.",
            hint="Name a file of JSON lines that you may read.",
        ) from None
    return reader.stream()


def stream_of(rows: Iterable[Mapping[str, Json]], *, name: str = "rows") -> Stream:
    """A stream from objects in memory, with the same checks as a file.

    Raises:
        InputError: not one of them can be used.
    """
    reader = _Reader(name, None)
    for number, row in enumerate(rows, 1):
        reader.take(number, json.dumps(dict(row)).encode())
    return reader.stream()


def _bounded(lines: BinaryIO) -> Iterator[bytes]:
    # One endless line must not fill the memory.
    while line := lines.readline(_LONGEST_LINE + 1):
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = lines.readline(_LONGEST_LINE + 1)
        yield line


class _Reader:
    """Takes lines one by one and keeps what came of each."""

    def __init__(self, name: str, check: Check | None) -> None:
        self._name = name
        self._check = check
        self._rows: list[StreamRow] = []
        self._bad: list[BadLine] = []
        self._bad_lines = 0
        self._ids: dict[str, int] = {}
        self._seen: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def take(self, number: int, line: bytes) -> None:
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            return
        try:
            self._keep(_parse_row(text, number, stem=Path(self._name).stem))
        except _Unusable as problem:
            self._bad_lines += 1
            if len(self._bad) < _KEPT_PROBLEMS:
                self._bad.append(BadLine(Where(self._name, number, 1), str(problem)))

    def _keep(self, row: StreamRow) -> None:
        if (first := self._ids.get(row.id)) is not None:
            raise _Unusable(f"the id {row.id!r} was used on line {first} already")
        if self._check is not None and (problem := self._check(row)):
            raise _Unusable(problem)
        self._ids[row.id] = row.line
        self._compare(row)
        self._rows.append(row)

    def _compare(self, row: StreamRow) -> None:
        answer = canonical_json(row.output)
        earlier = self._seen.get(row.request)
        if earlier is None:
            self._seen[row.request] = answer
            return
        self._counts["duplicates"] += 1
        self._counts["conflicts"] += earlier != answer

    def stream(self) -> Stream:
        if not self._rows:
            problem = f"; the first problem: {self._bad[0]}" if self._bad else ": it is empty"
            raise InputError(
                f"No line of {self._name} can be used{problem}.",
                hint='Each line is one JSON object: {"id": …, "input": {…}, "output": {…}}.',
            )
        return Stream(
            self._name,
            tuple(self._rows),
            tuple(self._bad),
            self._bad_lines,
            self._counts["duplicates"],
            self._counts["conflicts"],
        )


class _Unusable(Exception):
    """A line cannot be used; the text says why."""


def _parse_row(line: bytes, number: int, *, stem: str) -> StreamRow:
    body = _parse_object(line)
    if unknown := sorted(body.keys() - _KEYS):
        raise _Unusable(f"unknown key {unknown[0]!r}; a row has id, input, output and gold")
    gold = None if body.get("gold") is None else _object(body, "gold")
    name = body.get("id", f"{stem}:{number}")
    if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
        raise _Unusable("`id` is neither text nor a whole number")
    return StreamRow(str(name), _object(body, "input"), _object(body, "output"), gold, number)


def _object(body: JsonObject, key: str) -> JsonObject:
    if key not in body:
        raise _Unusable(f"`{key}` is missing")
    value = body[key]
    if not isinstance(value, dict):
        raise _Unusable(f"`{key}` is not an object")
    return value


def _parse_object(line: bytes) -> JsonObject:
    if len(line) > _LONGEST_LINE:
        raise _Unusable(f"the line is longer than {_LONGEST_LINE // 2**20} MiB")
    try:
        value = json.loads(line.rstrip(b"\r\n").decode("utf-8"), parse_constant=_refuse)
        canonical_json(value).encode("utf-8")
    except UnicodeDecodeError as error:
        raise _Unusable(f"not UTF-8 text at byte {error.start + 1}") from None
    except UnicodeEncodeError:
        raise _Unusable("it holds half of a surrogate pair, which is not Unicode text") from None
    except json.JSONDecodeError as error:
        raise _Unusable(f"not JSON at column {error.colno}: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise _Unusable(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise _Unusable("the line is not a JSON object")
    body = cast("JsonObject", value)
    if _depth(body) > _DEEPEST:
        raise _Unusable(f"it is nested more than {_DEEPEST} levels deep")
    return body


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _depth(value: Json) -> int:
    inner: Sequence[Json] = ()
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    return 1 + max(map(_depth, inner), default=0)
