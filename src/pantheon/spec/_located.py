"""Composed YAML nodes, of either parser → located values: text, numbers, lists, mappings.

Shared nodes (aliases) are converted once; how many values they make is counted all the same.
"""

from __future__ import annotations

import re
from typing import Any

from pantheon.spec._libyaml import MAX_NESTING, MAX_NODES, PREFIX
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

_COLON = re.compile(r"\s*:")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST = 2**1023
_KINDS = ("str", "int", "float", "bool", "null", "seq", "map", "timestamp", "merge", "value")
_TAGS = frozenset(f"{PREFIX}{kind}" for kind in _KINDS)
_TEXT, _MERGE = f"{PREFIX}str", f"{PREFIX}merge"
_BASES = frozenset({"0x", "0o", "0b"})
_SPECIAL = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}


def locate(node: Any, source: SourceFile, findings: Findings) -> Written | None:
    """The values of a document with their places; None where they cannot be written out."""
    return _Converter(source, findings).convert_document(node)


class _Converter:
    def __init__(self, source: SourceFile, findings: Findings) -> None:
        self.source = source
        self.findings = findings
        self.done: dict[int, tuple[Written, int]] = {}
        self.open: set[int] = set()
        self.broken = False
        self.nothing = Scalar(None, Place(source, 0, 0), "")
        self.scalars = 0

    def convert_document(self, node: Any) -> Written | None:
        written, count = self.convert(node)
        if count > MAX_NODES:
            message = f"Written out, its aliases make more than {MAX_NODES:,} values."
            fix = "use fewer aliases of aliases"
            self.findings.error("alias-bomb", Place(self.source, 0, 0), message, fix)
            return None
        return None if self.broken else written

    def place(self, node: Any) -> Place:
        """What lies between the node's marks, as far as it stands on the first line."""
        start, end = node.start_mark, node.end_mark
        line: int = start.line
        column: int = start.column
        if node.id == "scalar" and end.line == line and node.value:
            return Place(self.source, line, column, max(1, end.column - column))
        text = self.source.lines[line] if line < len(self.source.lines) else ""
        last = len(text.rstrip())
        if end.line == line:
            last = min(end.column, last)
        return Place(self.source, line, column, max(1, last - column))

    def behind(self, key: Any) -> Place:
        """Where the value of a key could stand that has none."""
        line: int = key.end_mark.line
        column: int = key.end_mark.column
        text = self.source.lines[line] if line < len(self.source.lines) else ""
        colon = _COLON.match(text, column)
        return Place(self.source, line, colon.end() if colon else column)

    def convert(self, node: Any) -> tuple[Written, int]:
        """The located value, and how many values it holds with its aliases written out."""
        if node.id == "scalar":
            self.scalars += 1
            if self.scalars > MAX_NODES:
                return self.nothing, 1
            place = self.place(node)
            self.check_tag(node, place)
            return self.convert_scalar(node, place), 1
        known = self.done.get(id(node))
        if known is not None:
            return known
        if id(node) in self.open or len(self.open) > MAX_NESTING:
            return self.refuse(node), 1
        self.open.add(id(node))
        converted = self.convert_below(node, self.place(node))
        self.open.discard(id(node))
        self.done[id(node)] = converted
        return converted

    def refuse(self, node: Any) -> Written:
        """Record what cannot be written out."""
        place, looped = self.place(node), id(node) in self.open
        message = "An alias contains itself." if looped else "The values are nested too deeply."
        fix = "remove the loop" if looped else f"nest at most {MAX_NESTING} deep"
        self.findings.error("too-deep", place, message, fix)
        self.broken = True
        return Scalar(None, place, "")

    def convert_below(self, node: Any, place: Place) -> tuple[Written, int]:
        self.check_tag(node, place)
        if node.id == "sequence":
            converted = [self.convert(item) for item in node.value]
            count = 1 + sum(size for _, size in converted)
            return Items(tuple(item for item, _ in converted), place), count
        return self.convert_table(node, place)

    def check_tag(self, node: Any, place: Place) -> None:
        tag = str(node.tag or "")
        if tag not in _TAGS:
            message = f"The tag `{tag}` has no meaning here."
            fix = "remove the tag, or quote the text"
            self.findings.error("unknown-tag", place, message, fix)

    def convert_table(self, node: Any, place: Place) -> tuple[Written, int]:
        entries: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        count = 1
        for key_node, value_node in node.value:
            value, size = self.convert(value_node)
            if value_node.end_mark.index == value_node.start_mark.index:
                value = Scalar(None, self.behind(key_node), "")
            count += 1 + size
            if key_node.id == "scalar" and str(key_node.tag) == _MERGE:
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
        text = self.read_text(node, place)
        return Scalar(text, place, text, 1 if node.style in {'"', "'"} else 0)

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
        text, tag = self.read_text(node, place), str(node.tag)
        value = text if tag == _TEXT else self.convert_value(text, tag, place)
        return Scalar(value, place, text, self.find_inset(node.style, text, place))

    def read_text(self, node: Any, place: Place) -> str:
        """The text of a scalar as Unicode has it."""
        text = str(node.value)
        if node.style == ">":  # the pure parser marks its folds with bells, which no file can hold
            return text.replace("\a", "")
        if node.style == '"' and _SURROGATE.search(text):  # escaped in pairs, as JSON does
            try:
                return text.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                message = "Half of an escaped pair stands for no character."
                fix = "write both halves, or the character itself"
                self.findings.error("bad-value", place, message, fix)
        return text

    def find_inset(self, style: Any, text: str, place: Place) -> int | None:
        """Columns from the value's start to its text, if its text stands there letter by letter."""
        if style in {"|", ">"} or place.line >= len(self.source.lines):
            return None
        inset = 1 if style in {'"', "'"} else 0
        line = self.source.lines[place.line]
        return inset if line.startswith(text, place.column + inset) else None

    def convert_value(self, text: str, tag: str, place: Place) -> None | bool | int | float | str:
        match tag.removeprefix(PREFIX):
            case "null":
                return None
            case "bool":
                return text.lower() in {"true", "yes", "on", "y"}  # the latter under `%YAML 1.1`
            case "int" | "float" as kind:
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
