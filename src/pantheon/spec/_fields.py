"""Reading typed values out of a located mapping; what does not fit is recorded, not raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pantheon.spec._source import (
    Findings,
    Items,
    Place,
    Scalar,
    Table,
    Written,
    describe,
    did_you_mean,
)
from pantheon.spec._syntax import NAME

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_INFINITY = float("inf")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]i?)?B?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_REFERENCE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping whose keys are known, and whose mistakes go to `findings`."""

    table: Table
    owner: str
    """What it is, for messages: "agent `triage`"."""
    findings: Findings

    @classmethod
    def read(
        cls, written: Written, owner: str, findings: Findings, keys: Collection[str]
    ) -> Fields | None:
        """The mapping, after reporting keys that are not known; None if it is no mapping."""
        if not isinstance(written, Table):
            message = f"{owner[0].upper()}{owner[1:]} must be a mapping, not {describe(written)}."
            fix = f"write keys below it: {', '.join(list(keys)[:6])}"
            findings.error("wrong-type", written.place, message, fix)
            return None
        fields = cls(written, owner, findings)
        for key, entry in written.entries.items():
            if key not in keys:
                message = f"`{key}` is not a key of {owner}."
                findings.error("unknown-key", entry.key.place, message, _fix_key(key, keys))
        return fields

    def __contains__(self, key: str) -> bool:
        return key in self.table

    def get(self, key: str) -> Written | None:
        """The value of a key as written; nothing (`key:`) counts as absent."""
        value = self.table.get(key)
        return None if isinstance(value, Scalar) and value.value is None else value

    def place(self, key: str) -> Place:
        """Where the value stands, else the key, else the mapping."""
        value = self.table.get(key)
        return value.place if value is not None else self.table.place

    def require(self, key: str, fix: str) -> Written | None:
        """The value of a key that must be there."""
        value = self.get(key)
        if value is None:
            message = f"{self.owner[0].upper()}{self.owner[1:]} needs `{key}`."
            self.findings.error("missing-key", _head(self.table, key), message, fix)
        return value

    def reject(self, place: Place, message: str, fix: str) -> None:
        """Record a value that does not fit."""
        self.findings.error("bad-value", place, message, fix)

    def text(self, key: str) -> str | None:
        """A text; numbers are taken as written, so `version: 0.10` stays `0.10`."""
        value = self.get(key)
        return (
            None if value is None else read_text(value, f"`{key}` of {self.owner}", self.findings)
        )

    def number(self, key: str, low: float, high: float) -> float | None:
        """A number from `low` to `high`."""
        value = self.get(key)
        if value is None:
            return None
        number = value.value if isinstance(value, Scalar) else None
        if isinstance(number, bool) or not isinstance(number, int | float):
            self.wrong_type(key, value, "a number")
            return None
        return self.bounded(key, float(number), low, high)

    def bounded(self, key: str, number: float, low: float, high: float) -> float | None:
        """The number, if it lies from `low` to `high`."""
        if low <= number <= high:
            return number
        wanted = f"at least {low:g}" if high == float("inf") else f"from {low:g} to {high:g}"
        message = f"`{key}` of {self.owner} is {number:g}; it must be {wanted}."
        self.reject(self.place(key), message, f"write a number {wanted}")
        return None

    def whole(self, key: str, low: int) -> int | None:
        """A whole number of at least `low`."""
        number = self.number(key, low, float("inf"))
        if number is not None and not number.is_integer():
            message = f"`{key}` of {self.owner} must be a whole number."
            self.reject(self.place(key), message, f"write {round(number)}")
            return None
        return None if number is None else int(number)

    def share(self, key: str, *, above: float, below: float, closed: bool = False) -> float | None:
        """A share between two bounds, themselves allowed if `closed`; `5%` is 0.05."""
        value = self.get(key)
        percent = isinstance(value, Scalar) and _PERCENT.fullmatch(value.text)
        number = float(percent[1]) / 100 if percent else self.number(key, -_INFINITY, _INFINITY)
        if number is None or above < number < below or (closed and number in (above, below)):
            return number
        message = f"`{key}` of {self.owner} is {number:g}; it must lie between {above:g} and "
        fix = f"write {number / 100:g} for {number:g} %" if 1 <= number < 100 else "write a share"
        self.reject(self.place(key), f"{message}{below:g}.", fix)
        return None

    def measured(
        self, key: str, read: Callable[[str], float | None], *, example: str
    ) -> float | None:
        """A positive number, or text with a unit."""
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, Scalar) and not isinstance(value.value, bool):
            number = read(value.text.strip())
            if number is not None and number > 0:
                return number
        given = f"`{value.text[:40]}`" if isinstance(value, Scalar) else describe(value)
        message = f"`{key}` of {self.owner} must be {example}, not {given}."
        self.reject(value.place, message, f"write for example {example.rsplit(' ', 1)[-1]}")
        return None

    def duration(self, key: str) -> float | None:
        """Seconds, or text such as `30s`, `5m`, `1h`."""
        return self.measured(key, read_duration, example="a time such as `30s`")

    def size(self, key: str) -> int | None:
        """Bytes, or text such as `8GB`."""
        number = self.measured(key, read_size, example="a size such as `8GB`")
        return None if number is None else int(number)

    def flag(self, key: str) -> bool | None:
        """True or false."""
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, Scalar) and isinstance(value.value, bool):
            return value.value
        self.wrong_type(key, value, "true or false")
        return None

    def choice(self, key: str, options: Mapping[str, T]) -> T | None:
        """One of a closed set."""
        value = self.get(key)
        text = self.text(key)
        if text is None or value is None:
            return None
        if text not in options:
            listed = ", ".join(f"`{option}`" for option in options)
            message = f"`{key}` of {self.owner} is `{text}`; it must be one of {listed}."
            self.reject(value.place, message, did_you_mean(text, options))
            return None
        return options[text]

    def listed(self, key: str) -> tuple[Written, ...]:
        """The items of a list; a single value counts as a list of one."""
        value = self.get(key)
        if value is None:
            return ()
        return value.items if isinstance(value, Items) else (value,)

    def name_at(self, key: str) -> Scalar | None:
        """A text with its place."""
        value = self.get(key)
        return value if self.text(key) is not None and isinstance(value, Scalar) else None

    def section(self, key: str, owner: str, keys: Collection[str]) -> Fields | None:
        """The mapping below a key; None where there is none."""
        value = self.get(key)
        return None if value is None else Fields.read(value, owner, self.findings, keys)

    def names(self, key: str) -> tuple[Scalar, ...]:
        """A list of texts; a single text counts as a list of one."""
        found: list[Scalar] = []
        for item in self.listed(key):
            owner = f"each item in `{key}` of {self.owner}"
            if read_text(item, owner, self.findings) is not None and isinstance(item, Scalar):
                found.append(item)
        return tuple(found)

    def texts(self, key: str) -> tuple[str, ...]:
        """Like `names`, without places."""
        return tuple(name.text for name in self.names(key))

    def references(self, key: str) -> tuple[str, ...]:
        """A list of `module:function`."""
        found = (read_reference(name, self.findings) for name in self.names(key))
        return tuple(reference for reference in found if reference)

    def wrong_type(self, key: str, value: Written, wanted: str) -> None:
        """Record a value of the wrong type."""
        message = f"`{key}` of {self.owner} must be {wanted}, not {describe(value)}."
        self.findings.error("wrong-type", value.place, message, f"write {wanted}")


def _head(table: Table, key: str) -> Place:
    """The first key of the mapping: a caret there says `in this block`."""
    first = next(iter(table.entries.values()), None)
    if key in table:
        return table.place_of(key)
    return first.key.place if first else table.place


def _fix_key(key: str, keys: Collection[str]) -> str:
    if key == "api_key":
        return "name an environment variable instead: `api_key_env: CLOUD_KEY`"
    return did_you_mean(key, keys)


def read_text(value: Written, owner: str, findings: Findings) -> str | None:
    """Text, or a number as it was written."""
    if isinstance(value, Scalar) and value.value is not None and not isinstance(value.value, bool):
        return value.text
    message = f"{owner[0].upper()}{owner[1:]} must be text, not {describe(value)}."
    fix = f'quote it: "{value.text}"' if isinstance(value, Scalar) and value.text else "write text"
    findings.error("wrong-type", value.place, message, fix)
    return None


def read_reference(value: Scalar, findings: Findings) -> str | None:
    """`module:function`."""
    if _REFERENCE.fullmatch(value.text) and ".py:" not in value.text:
        return value.text
    guess = re.sub(r"\.py\b", "", value.text).replace("/", ".").strip(".")
    guess = guess if ":" in guess else ":".join(guess.rsplit(".", 1))
    fix = f"write `{guess}`" if _REFERENCE.fullmatch(guess) else "write `module:function`"
    message = f"`{value.text}` does not name a Python function."
    findings.error("bad-reference", value.place, message, fix)
    return None


def read_duration(text: str) -> float | None:
    """Seconds of `30s`, `1.5h`, `250ms`, or of a bare number; None if it is neither."""
    match = _DURATION.fullmatch(text)
    if match:
        return float(match[1]) * _SECONDS[match[2]]
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def read_size(text: str) -> float | None:
    """Bytes of `8GB`, `512MiB`, or of a bare number; KB, MB… are powers of 1000."""
    match = _SIZE.fullmatch(text)
    if not match:
        return None
    unit = (match[2] or "").lower()
    return float(match[1]) * (1024 if unit.endswith("i") else 1000) ** _POWERS[unit[:1]]


RESERVED_NAMES = frozenset({"and", "or", "not", "in", "true", "false", "null", "input", "item"})


def check_name(key: Scalar, kind: str, findings: Findings) -> bool:
    """Whether a name can be used in expressions; else record why not."""
    name = key.text
    if NAME.fullmatch(name) and name not in RESERVED_NAMES and len(name) <= 64:
        return True
    if name in RESERVED_NAMES:
        message, fix = f"`{name}` means something else in expressions.", f"call it `{name}_{kind}`"
    else:
        plain = re.sub(r"[^\w-]+", "_", name).strip("_-0123456789")[:64]
        message = f"`{name}` is no name for {_article(kind)}: letters, digits, `_` and `-` are."
        fix = f"call it `{plain or kind}`"
    findings.error("bad-name", key.place, message, fix)
    return False


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
