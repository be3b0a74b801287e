"""YAML text → located values, in YAML 1.2, with every way a file can be unreadable told plainly.

ruamel.yaml composes the nodes (it keeps comments, so that a file can later be edited in place);
what follows never builds anything but text, numbers, booleans, null, lists and mappings.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

from pantheon.spec._source import (
    Entry,
    Findings,
    Items,
    Place,
    Scalar,
    SourceFile,
    Table,
    Written,
)

MAX_BYTES = 1 << 20
MAX_NODES = 100_000
"""Values in one file once its aliases are written out."""
MAX_NESTING = 64

_PREFIX = "tag:yaml.org,2002:"
_MAX_OPEN = 500
_BRACKET = re.compile(r"[\[\]{}]")
_LARGEST = 2**1023


def read_text(path: Path, name: str, findings: Findings) -> SourceFile | None:
    """Read a text file; whatever is wrong with it becomes a diagnostic."""
    nowhere = Place(SourceFile(name, ()), 0, 0)
    try:
        data = _read_limited(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is not valid"
        message = f"The file `{name}` cannot be read: {reason or error}."
        findings.error("unreadable", nowhere, message, "check the path and its permissions")
        return None
    if len(data) > MAX_BYTES:
        message = f"The file `{name}` is larger than {MAX_BYTES >> 20} MiB."
        fix = "split it with `include:`; recorded work belongs in a stream file"
        findings.error("too-large", nowhere, message, fix)
        return None
    return _decode(data, name, findings)


def _read_limited(path: Path) -> bytes:
    if not path.is_file():
        path.stat()  # raises what is wrong: no such file, a loop of links, no permission
        raise IsADirectoryError(21, "it is not a file")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _decode(data: bytes, name: str, findings: Findings) -> SourceFile | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n")
        column = error.start - (before.rfind(b"\n") + 1)
        place = Place(SourceFile(name, ()), line, column)
        kind = "binary data" if b"\0" in data[:4096] else "not UTF-8"
        message = f"The file `{name}` is {kind}: byte {error.start} has no meaning in UTF-8."
        findings.error("not-utf8", place, message, "save it as UTF-8 text")
        return None
    if "\0" in text:
        place = Place(SourceFile(name, ()), text.count("\n", 0, text.index("\0")), 0)
        fix = "give the path of a text file"
        findings.error("not-utf8", place, f"The file `{name}` is binary data.", fix)
        return None
    # As YAML counts lines: form feeds and the like do not start one.
    return SourceFile(name, tuple(re.split(r"\r\n|\r|\n|\x85|\u2028|\u2029", text)))


def parse_yaml(source: SourceFile, findings: Findings) -> Written | None:
    """The one document of a file; None when it is empty or cannot be read."""
    before = len(findings.diagnostics)
    node = None if _opens_too_many(source, findings) else _compose(source, findings)
    if node is None:
        if len(findings.diagnostics) == before:
            message = f"The file `{source.name}` is empty."
            fix = "define at least one agent under `agents:`"
            findings.error("empty", Place(source, 0, 0), message, fix)
        return None
    return _Converter(source, findings).convert_document(node)


def _opens_too_many(source: SourceFile, findings: Findings) -> bool:
    """Whether so many brackets are open at once that parsing alone would take minutes."""
    depth = 0
    for number, line in enumerate(source.lines):
        for match in _BRACKET.finditer(line):
            depth = depth + 1 if match[0] in "[{" else max(0, depth - 1)
            if depth > _MAX_OPEN:
                message = f"More than {_MAX_OPEN} brackets are open here."
                fix = f"nest at most {MAX_NESTING} deep"
                findings.error("too-deep", Place(source, number, match.start()), message, fix)
                return True
    return False


def _compose(source: SourceFile, findings: Findings) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    text = "\n".join(source.lines)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return YAML(typ="rt", pure=True).compose(text)  # pyright: ignore[reportUnknownMemberType]
    except MarkedYAMLError as error:
        _report_syntax(error, source, findings)
    except ReaderError as error:
        before = text[: int(error.position)]  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        line = before.count("\n")
        place = Place(source, line, len(before) - (before.rfind("\n") + 1))
        message = "A control character stands here."
        findings.error("control-character", place, message, 'write it escaped: "\\x1b"')
    except RecursionError:
        message = "The values are nested too deeply."
        findings.error("too-deep", Place(source, 0, 0), message, f"nest at most {MAX_NESTING} deep")
    except Exception as error:  # noqa: BLE001 - a fault of the YAML library is not the user's
        message = f"The file cannot be read as YAML ({type(error).__name__})."
        findings.error("yaml-syntax", Place(source, 0, 0), message, "check it line by line")
    return None


_SYNTAX_FIXES: tuple[tuple[str, str, str], ...] = (
    ("\\t", "tab", "indent with spaces: YAML allows no tabs there"),
    ("mapping values are not allowed", "yaml-syntax", "quote the text that holds `: `, or indent"),
    ("could not find expected ':'", "yaml-syntax", "write `key: value`, with a space after `:`"),
    ("expected a single document", "yaml-syntax", "keep one document: remove the second `---`"),
    ("undefined alias", "yaml-syntax", "define the anchor first: `&name`"),
    ("while scanning a quoted scalar", "yaml-syntax", "close the quote"),
    ("expected ',' or '}'", "yaml-syntax", "close the `{` with `}`, separate by commas"),
    ("expected ',' or ']'", "yaml-syntax", "close the `[` with `]`, separate by commas"),
    ("expected <block end>", "yaml-syntax", "align it with the lines above"),
    (
        "cannot start any token",
        "yaml-syntax",
        "quote the text: it starts with a reserved character",
    ),
)


def _report_syntax(error: Any, source: SourceFile, findings: Findings) -> None:
    mark = error.problem_mark or error.context_mark
    if "quoted scalar" in str(error.context):
        mark = error.context_mark  # where the quote opens, not where the file ends
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    if line >= len(source.lines):
        line, column = len(source.lines) - 1, len(source.lines[-1])
    problem = " ".join(str(part) for part in (error.context, error.problem) if part)
    known = (entry for entry in _SYNTAX_FIXES if entry[0] in problem)
    fallback = ("", "yaml-syntax", "check indentation, quotes and brackets")
    _, code, fix = next(known, fallback)
    if code != "tab" and source.lines[line][:column].strip(" ") == "\t":
        code, fix = "tab", _SYNTAX_FIXES[0][2]
    message = (
        "A tab cannot indent YAML." if code == "tab" else f"This is not valid YAML: {problem}."
    )
    findings.error(code, Place(source, line, column), message, fix)


class _Converter:
    """Composed nodes → located values; shared nodes (aliases) are converted once."""

    def __init__(self, source: SourceFile, findings: Findings) -> None:
        self.source = source
        self.findings = findings
        self.done: dict[int, tuple[Written, int]] = {}
        self.open: set[int] = set()
        self.broken = False

    def convert_document(self, node: Any) -> Written | None:
        written, count = self.convert(node)
        if count > MAX_NODES:
            message = f"Written out, its aliases make more than {MAX_NODES:,} values."
            fix = "use fewer aliases of aliases"
            self.findings.error("alias-bomb", Place(self.source, 0, 0), message, fix)
            return None
        return None if self.broken else written

    def place(self, node: Any) -> Place:
        start, end = node.start_mark, node.end_mark
        return self.stretch(int(start.line), int(start.column), int(end.line), int(end.column))

    def stretch(self, line: int, column: int, last_line: int, last_column: int) -> Place:
        """What lies between two marks, as far as it stands on the first line."""
        text = self.source.lines[line] if line < len(self.source.lines) else ""
        last = last_column if last_line == line else len(text.rstrip())
        return Place(self.source, line, column, max(1, last - column))

    def convert(self, node: Any) -> tuple[Written, int]:
        """The located value, and how many values it holds with its aliases written out."""
        known = self.done.get(id(node))
        if known is not None:
            return known
        place = self.place(node)
        if id(node) in self.open or len(self.open) > MAX_NESTING:
            looped = id(node) in self.open
            message = "An alias contains itself." if looped else "The values are nested too deeply."
            fix = "remove the loop" if looped else f"nest at most {MAX_NESTING} deep"
            self.findings.error("too-deep", place, message, fix)
            self.broken = True
            return Scalar(None, place, ""), 1
        self.open.add(id(node))
        converted = self.convert_fresh(node, place)
        self.open.discard(id(node))
        self.done[id(node)] = converted
        return converted

    def convert_fresh(self, node: Any, place: Place) -> tuple[Written, int]:
        self.check_tag(node, place)
        if node.id == "scalar":
            return self.convert_scalar(node, place), 1
        if node.id == "sequence":
            converted = [self.convert(item) for item in node.value]
            count = 1 + sum(size for _, size in converted)
            return Items(tuple(item for item, _ in converted), place), count
        return self.convert_table(node, place)

    def check_tag(self, node: Any, place: Place) -> None:
        tag = str(node.tag or "")
        known = {"str", "int", "float", "bool", "null", "seq", "map", "timestamp", "merge", "value"}
        if tag.startswith(_PREFIX) and tag.removeprefix(_PREFIX) in known:
            return
        message = f"The tag `{tag}` has no meaning here."
        self.findings.error("unknown-tag", place, message, "remove the tag, or quote the text")

    def convert_table(self, node: Any, place: Place) -> tuple[Written, int]:
        entries: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        count = 1
        for key_node, value_node in node.value:
            value, size = self.convert(value_node)
            count += 1 + size
            if key_node.id == "scalar" and str(key_node.tag) == f"{_PREFIX}merge":
                self.merge(value, merged)
                continue
            key = self.convert_key(key_node)
            if key is not None:
                self.add(entries, key, value)
        return Table({**merged, **entries}, place), count

    def add(self, entries: dict[str, Entry], key: Scalar, value: Written) -> None:
        name = str(key.value)
        if name in entries:
            first = entries[name].key.place.where
            message = f"The key `{name}` is given twice; the first is on line {first.line}."
            self.findings.error("duplicate-key", key.place, message, "keep one of them")
            return
        entries[name] = Entry(key, value)

    def convert_key(self, node: Any) -> Scalar | None:
        place = self.place(node)
        if node.id != "scalar":
            message = "A key must be plain text."
            fix = 'quote it: "{name}" — bare braces open a mapping'
            self.findings.error("bad-key", place, message, fix)
            return None
        # Keys are names: `on`, `1` or `true` mean the text as written.
        return Scalar(str(node.value), place, str(node.value), 1 if node.style in {'"', "'"} else 0)

    def merge(self, value: Written, merged: dict[str, Entry]) -> None:
        parts = value.items if isinstance(value, Items) else (value,)
        for part in parts:
            if isinstance(part, Table):
                for key, entry in part.entries.items():
                    merged.setdefault(key, entry)
            else:
                message = "`<<` merges mappings."
                fix = "give it an alias of a mapping: `<<: *name`"
                self.findings.error("bad-merge", value.place, message, fix)

    def convert_scalar(self, node: Any, place: Place) -> Scalar:
        text = str(node.value)
        quoted = node.style in {'"', "'"}
        inset = self.find_inset(node, text, quoted=quoted)
        kind = str(node.tag).removeprefix(_PREFIX)
        return Scalar(self.convert_value(text, kind, place), place, text, inset)

    def find_inset(self, node: Any, text: str, *, quoted: bool) -> int | None:
        """Columns from the value's start to its text, if its text stands there letter by letter."""
        start = node.start_mark
        inset = 1 if quoted else 0
        if node.style in {"|", ">"} or start.line >= len(self.source.lines):
            return None
        line = str(self.source.lines[int(start.line)])
        return inset if line.startswith(text, int(start.column) + inset) else None

    def convert_value(self, text: str, kind: str, place: Place) -> None | bool | int | float | str:
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() in {"true", "yes", "on", "y"}  # the latter under `%YAML 1.1`
            case "int" | "float":
                return self.convert_number(text, kind, place)
            case _:
                return text

    def convert_number(self, text: str, kind: str, place: Place) -> int | float | str:
        plain = text.replace("_", "").lower()
        try:
            value = int(plain, 0) if kind == "int" and plain[:2] in _BASES else None
            if value is None:
                value = int(plain) if kind == "int" else float(_SPECIAL.get(plain, plain))
        except ValueError:
            return text
        if not -_LARGEST < value < _LARGEST:
            message = f"`{text[:40]}` is not a finite number."
            self.findings.error("bad-value", place, message, "write a number below 1e300")
            return 0
        return value


_BASES = frozenset({"0x", "0o", "0b"})
_SPECIAL = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
