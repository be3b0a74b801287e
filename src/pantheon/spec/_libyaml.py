"""Composing with libyaml, in C: some twenty times as fast, for the files that are in order.

Its nodes hold what the pure parser's would hold. What libyaml finds fault with, and what the two are
known to read differently, is left to the pure parser, whose messages and columns users see; but not
where that would take for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

PREFIX = "tag:yaml.org,2002:"
MAX_NESTING = 64
"""libyaml's recursion is on the stack of C, so it is stopped at once."""
MAX_NODES = 100_000
"""Values in one file once its aliases are written out."""
_LARGE, _MANY = 300_000, 50_000

_DIFFERENT = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^%",  # a directive, such as another version of YAML
        r"\ufeff",
        r"!(?!= |!(?:str|int|float|bool) [^&\s])(?:(?<=^!)|(?<=[\s\[{,:?-]!))",  # an odd tag
        r"[&*](?:(?<=^[&*])|(?<=[\s\[{,:?-][&*]))[\w-]*[^\w\s,\]}-]",  # an anchor of an odd name
        r"[\[{,]\s*\?\s*[:,}\]]",  # an empty key
        r"[|>][-+0-9]*(?:#|[ ]*\n[ ]+\n)",  # block text that begins oddly
    )
)
"""What libyaml reads otherwise than the pure parser, or where their messages begin to differ."""

_BLOCK = re.compile(r"([ ]*(?:- +)*)(?:[\w.-]+: +)?[|>][-+]?$")
_COMMENT = re.compile(r"(?:^|[ ])#")
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)"
    r"|\.(?:nan|NaN|NAN)"
)
_INTEGER = re.compile(r"[-+]?(?:0b[0-1_]+|0o?[0-7_]+|[0-9_]+|0x[0-9a-fA-F_]+)")
_NUMERIC = frozenset("-+0123456789.")
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), f"{PREFIX}bool"),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), f"{PREFIX}null"),
    "<<": f"{PREFIX}merge",
}


def resolve_plain(text: str) -> str:
    """The tag of an unquoted scalar, by the core rules of YAML 1.2 and the merge key."""
    word = _WORDS.get(text)
    if word is not None:
        return word
    if text[0] in _NUMERIC:
        if _FLOAT.fullmatch(text):
            return f"{PREFIX}float"
        if text[0] != "." and _INTEGER.fullmatch(text):
            return f"{PREFIX}int"
    return f"{PREFIX}str"


@dataclass(frozen=True, slots=True)
class Composed:
    """What libyaml says of a text: one of these, or nothing where it cannot be asked."""

    node: Any = None
    fault: Any = None
    """A `yaml.MarkedYAMLError`."""
    too_deep: Any = None
    """The mark of a value that is nested deeper than any may be."""
    too_many: bool = False
    """Whether it holds more values than any project."""


def compose_in_c(text: str) -> Composed:
    """The root node of the one document, or what keeps it from being one."""
    import yaml

    if not yaml.__with_libyaml__:
        return Composed()
    try:
        return Composed(_loader_class()(text).get_single_node())
    except yaml.MarkedYAMLError as error:
        return Composed(fault=error)
    except _TooMuchError as error:
        return Composed(too_deep=error.mark, too_many=error.mark is None)
    except (yaml.YAMLError, UnicodeError):
        return Composed()  # a character that no file may hold


def is_large(text: str) -> bool:
    """Whether the pure parser would take seconds, or minutes."""
    return len(text) > _LARGE or sum(map(text.count, ",:\n")) > _MANY


def reads_alike(node: Any, text: str) -> bool:
    """Whether the pure parser would give the same, to the column."""
    if node.id != "mapping" or any(one.search(text) for one in _DIFFERENT):
        return False
    return "\t" not in text or not _has_odd_tab(text)


def _has_odd_tab(text: str) -> bool:
    """Whether a tab stands anywhere but in a comment or in block text."""
    inside = -1  # columns that block text must be indented by, while there is some
    for line in text.split("\n"):
        if inside >= 0 and (not line.strip(" ") or line.startswith(" " * inside)):
            continue
        inside = -1
        head = _BLOCK.match(line)
        if head is not None:
            inside = len(head[1]) + 1
        elif "\t" in line and "\t" in _COMMENT.split(line, maxsplit=1)[0]:
            return True
    return False


class _TooMuchError(Exception):
    """What follows is too deep, if a mark is given, or too much."""

    def __init__(self, mark: Any = None) -> None:
        super().__init__()
        self.mark = mark


def _loader_class() -> Any:
    if not _loaders:
        _loaders.append(_make_loader_class())
    return _loaders[0]


_loaders: list[Any] = []


def _make_loader_class() -> Any:
    from yaml import CSafeLoader, ScalarNode, SequenceNode

    sequence, mapping, text = f"{PREFIX}seq", f"{PREFIX}map", f"{PREFIX}str"

    class Loader(CSafeLoader):
        """Resolves as YAML 1.2 does, and counts how deep it is."""

        depth = 0
        nodes = 0

        def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
            if kind is ScalarNode:
                return resolve_plain(value) if implicit[0] else text
            return sequence if kind is SequenceNode else mapping

        def descend_resolver(self, current_node: Any, current_index: Any) -> None:
            self.depth += 1
            if self.depth > MAX_NESTING + 2:  # the root counts as one, and this is its child
                raise _TooMuchError(current_node.start_mark)
            self.nodes += 1
            if self.nodes > 2 * MAX_NODES:  # a key is a node too, but no value
                raise _TooMuchError

        def ascend_resolver(self) -> None:
            self.depth -= 1

    return Loader
