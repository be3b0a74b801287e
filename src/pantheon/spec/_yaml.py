"""YAML text → located values, in YAML 1.2, with every way a file can be unreadable told plainly.

libyaml composes the nodes; what it cannot read goes to ruamel.yaml, whose pure parser says best what
is wrong, and where. What follows never builds anything but text, numbers, booleans, null, lists and
mappings.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pantheon.spec._libyaml import MAX_NESTING, MAX_NODES, compose_in_c, is_large, reads_alike
from pantheon.spec._located import locate
from pantheon.spec._source import (
    Findings,
    Place,
    SourceFile,
    Written,
)

MAX_BYTES = 1 << 20

_MAX_OPEN = 500
_SPLIT = "split it with `include:`; recorded work belongs in a stream file"
_NEST_LESS = f"nest at most {MAX_NESTING} deep"
_BRACKET = re.compile(r"[\[\]{}]")


_INSTEAD: ContextVar[Mapping[Path, str]] = ContextVar("instead", default={})  # noqa: B039


@contextmanager
def reading_instead(texts: Mapping[Path, str]) -> Generator[None]:
    """Read these texts in the place of what the files hold, by their whole paths."""
    token = _INSTEAD.set({path.resolve(): text for path, text in texts.items()})
    try:
        yield
    finally:
        _INSTEAD.reset(token)


def text_of(path: Path) -> str:
    """What a file holds, or what is read in its place. Raises OSError or UnicodeDecodeError."""
    instead = _INSTEAD.get().get(path.resolve()) if _INSTEAD.get() else None
    return path.read_bytes().decode("utf-8-sig") if instead is None else instead


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
        findings.error("too-large", nowhere, message, _SPLIT)
        return None
    return _decode(data, name, findings)


def _read_limited(path: Path) -> bytes:
    instead = _INSTEAD.get()
    if instead and (text := instead.get(path.resolve())) is not None:
        return text.encode()
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
        kind = "UTF-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else kind
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


def is_blank(source: SourceFile) -> bool:
    """Whether a file holds nothing but comments."""
    return all(line.split("#", 1)[0].strip() in {"", "---"} for line in source.lines)


def parse_yaml(source: SourceFile, findings: Findings, *, text: str = "") -> Written | None:
    """The one document of a file; None when it is empty or cannot be read.

    `text` is parsed instead of the whole file: a part of it, with spaces where the rest stands.
    """
    before = len(findings.diagnostics)
    text = text or "\n".join(source.lines)
    node = None if _opens_too_many(source, findings) else _compose(text, source, findings)
    if node is None:
        if len(findings.diagnostics) == before:
            message = f"The file `{source.name}` is empty."
            fix = "define at least one agent under `agents:`"
            findings.error("empty", Place(source, 0, 0), message, fix)
        return None
    return locate(node, source, findings)


def _opens_too_many(source: SourceFile, findings: Findings) -> bool:
    """Whether so many brackets are open at once that parsing alone would take minutes."""
    depth = 0
    for number, line in enumerate(source.lines):
        for match in _BRACKET.finditer(line):
            depth = depth + 1 if match[0] in "[{" else max(0, depth - 1)
            if depth > _MAX_OPEN:
                message = f"More than {_MAX_OPEN} brackets are open here."
                place = Place(source, number, match.start())
                findings.error("too-deep", place, message, _NEST_LESS)
                return True
    return False


def _compose(text: str, source: SourceFile, findings: Findings) -> Any:
    found = compose_in_c(text)
    large = is_large(text)
    if found.too_deep is not None:
        place = Place(source, found.too_deep.line, found.too_deep.column)
        findings.error("too-deep", place, "The values are nested too deeply.", _NEST_LESS)
        return None
    if found.too_many:
        message = f"The file `{source.name}` holds more than {MAX_NODES:,} values."
        findings.error("too-large", Place(source, 0, 0), message, _SPLIT)
        return None
    if found.node is not None and (large or reads_alike(found.node, text)):
        return found.node
    if found.fault is not None and large:
        _report_syntax(found.fault, source, findings)
        return None
    return _compose_purely(text, source, findings)


def _compose_purely(text: str, source: SourceFile, findings: Findings) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

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
        findings.error("too-deep", Place(source, 0, 0), message, _NEST_LESS)
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
    if (opened := _open_quote(source, line, problem)) is not None:
        message = f"A quote that is opened here is not closed before line {line + 1}."
        findings.error("yaml-syntax", opened, message, "close the quote on this line")
        return
    known = (entry for entry in _SYNTAX_FIXES if entry[0] in problem)
    fallback = ("", "yaml-syntax", "check indentation, quotes and brackets")
    _, code, fix = next(known, fallback)
    if code != "tab" and source.lines[line][:column].strip(" ") == "\t":
        code, fix = "tab", _SYNTAX_FIXES[0][2]
    message = (
        "A tab cannot indent YAML." if code == "tab" else f"This is not valid YAML: {problem}."
    )
    findings.error(code, Place(source, line, column), message, fix)


_QUOTE_OPENS = re.compile(r"""(?:[:\-\[,{]|^)\s*(?P<quote>["'])(?:(?!(?P=quote)).)*$""")
"""A value that begins with a quote, and none further on."""


def _open_quote(source: SourceFile, line: int, problem: str) -> Place | None:
    """Where a quoted text begins that ran on into the line of an error, if that is what happened.

    The reader finds a closing quote, but it is the opening one of a later value.
    """
    if "found '<scalar>'" not in problem and "could not find expected ':'" not in problem:
        return None
    for number in range(line - 1, max(-1, line - 30), -1):
        match = _QUOTE_OPENS.search(source.lines[number].split(" #")[0])
        if match is not None:
            return Place(source, number, match.start("quote"))
    return None
