"""Logs of calls of cloud models, read line by line: a bad line costs nothing but itself.

Four ways to write a call are understood, also mixed in one file:

- `{"request": {"model", "messages", …}, "response": {"choices", "usage", …}}`: what went over the
  wire in the chat-completions format, either side also wrapped in `body`
- the same keys side by side: `{"model", "messages", "choices", "usage"}`
- `{"messages": [… , {"role": "assistant", …}]}`: the format of fine-tuning files
- `{"prompt": text, "completion": text}`

Nothing but what is named here is read: a header with a key in it never gets further.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from pantheon.errors import InputError, NotFound
from pantheon.ids import Json, JsonObject
from pantheon.learn.discover._call import Call, estimate_tokens

_LONGEST_LINE = 4 * 1024 * 1024
"""Bytes."""
LONGEST_PROMPT = 32_000
"""Characters: what is longer is rarely a small recurring task."""
MOST_CALLS = 100_000
_KEPT_PROBLEMS = 100
_ROLES = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant"}
_TIMES = ("created", "created_at", "timestamp", "time", "at")

Turns: TypeAlias = "tuple[tuple[str, str], ...]"


@dataclass(frozen=True, slots=True)
class BadCall:
    """A line of a log that tells of no usable call."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class CallLog:
    """Usable calls in the order of the log, and what became of the other lines."""

    calls: tuple[Call, ...]
    bad: tuple[BadCall, ...] = ()
    """The first hundred; `reasons` counts all."""
    reasons: dict[str, int] = field(default_factory=dict[str, int])
    cut: bool = False
    """Whether there were more calls than are read at once."""

    @property
    def bad_lines(self) -> int:
        """Lines that could not be used."""
        return sum(self.reasons.values())


def read_logs(paths: Sequence[Path], *, most: int = MOST_CALLS) -> CallLog:
    """The calls of one or several files.

    Raises:
        NotFound, InputError: a file is not there, or cannot be read.
    """
    reader = LogReader(most)
    for path in paths:
        try:
            with path.open("rb") as lines:
                reader.read(str(path), lines)
        except FileNotFoundError:
            raise NotFound(f"There is no log at {path}.", hint="Check the path.") from None
        except OSError as error:
            reason = error.strerror or str(error)
            hint = "Name a file of JSON lines that you may read."
            raise InputError(f"The log {path} cannot be read: {reason}.", hint=hint) from None
    return reader.log()


class LogReader:
    """Takes lines one by one and keeps the calls and the reasons why there is none."""

    def __init__(self, most: int = MOST_CALLS) -> None:
        self._most = most
        self._calls: list[Call] = []
        self._bad: list[BadCall] = []
        self._reasons: Counter[str] = Counter()
        self._ids: set[str] = set()
        self._cut = False

    def read(self, name: str, lines: BinaryIO) -> None:
        for number, line in enumerate(_bounded(lines), 1):
            if len(self._calls) >= self._most:
                self._cut = True
                return
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if text.strip():
                self.take(name, number, text)

    def take(self, name: str, number: int, line: bytes) -> None:
        try:
            call = parse_call(_parse_object(line), id=f"{Path(name).name}:{number}")
            if call.id in self._ids:
                raise _Unusable("the call is in the log twice")
        except _Unusable as problem:
            self._reasons[str(problem)] += 1
            if len(self._bad) < _KEPT_PROBLEMS:
                self._bad.append(BadCall(name, number, str(problem)))
            return
        self._ids.add(call.id)
        self._calls.append(call)

    def log(self) -> CallLog:
        reasons = dict(self._reasons.most_common())
        return CallLog(tuple(self._calls), tuple(self._bad), reasons, self._cut)


def _bounded(lines: BinaryIO) -> Iterator[bytes]:
    # One endless line must not fill the memory.
    while line := lines.readline(_LONGEST_LINE + 1):
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = lines.readline(_LONGEST_LINE + 1)
        yield line


class _Unusable(Exception):
    """A line tells of no usable call; the text says why, in words that repeat."""


def _parse_object(line: bytes) -> JsonObject:
    if len(line) > _LONGEST_LINE:
        raise _Unusable(f"the line is longer than {_LONGEST_LINE // 2**20} MiB")
    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise _Unusable("not UTF-8 text") from None
    except (RecursionError, ValueError):
        raise _Unusable("not JSON") from None
    if not isinstance(value, dict):
        raise _Unusable("the line is not a JSON object")
    return cast("JsonObject", value)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


# -------------------------------------------------------------------------------- from one line
def parse_call(line: JsonObject, *, id: str) -> Call:
    """The call that a line tells of; raises `_Unusable`."""
    if "completion" in line and "prompt" in line:
        return _completion(line, id)
    request, response = _sides(line)
    messages = _messages(request)
    if response is None:
        if not messages or messages[-1].get("role") != "assistant":
            raise _Unusable("there is no answer: no `response`, and no assistant has the last word")
        messages, answer = messages[:-1], messages[-1]
    else:
        answer = _answer(response)
    reply, tool = _reply(answer)
    turns = _turns(messages)
    usage = _object(response or {}, "usage")
    sent, said = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    prompt = "".join(text for _, text in turns)
    return Call(
        id=_name(line, response, id),
        model=_text(response or {}, "model") or _text(request, "model"),
        turns=turns,
        reply=reply,
        tool=tool,
        schema=_schema(request),
        tokens_in=estimate_tokens(prompt) if sent is None else sent,
        tokens_out=estimate_tokens(reply) if said is None else said,
        estimated=sent is None or said is None,
        at=_time(line, response or {}),
        usd=_usd(line, usage),
    )


def _sides(line: JsonObject) -> tuple[JsonObject, JsonObject | None]:
    request = _body(_object(line, "request") or line)
    if isinstance(line.get("response"), dict):
        return request, _body(_object(line, "response"))
    return request, (line if "choices" in line else None)


def _body(side: JsonObject) -> JsonObject:
    return _object(side, "body") or side


def _messages(request: JsonObject) -> list[JsonObject]:
    found = request.get("messages")
    if not isinstance(found, list) or not found:
        raise _Unusable("there are no `messages`")
    return [one if isinstance(one, dict) else {} for one in found]


def _turns(messages: Sequence[JsonObject]) -> Turns:
    turns: list[tuple[str, str]] = []
    for message in messages:
        role = _ROLES.get(_text(message, "role"))
        if role is None:
            raise _Unusable("a message comes from a tool or from nobody")
        text = _content(message)
        turns.append((role, text))
    if sum(len(text) for _, text in turns) > LONGEST_PROMPT:
        raise _Unusable(f"the prompt is longer than {LONGEST_PROMPT:,} characters")
    if not any(text.strip() for _, text in turns):
        raise _Unusable("the prompt is empty")
    return tuple(turns)


def _content(message: JsonObject) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts: list[str] = []
    for part in parts:
        if not isinstance(part, dict) or not isinstance(part.get("text"), str):
            raise _Unusable("a message holds more than text")
        texts.append(_text(part, "text"))
    return "\n".join(texts)


def _answer(response: JsonObject) -> JsonObject:
    if response.get("error"):
        raise _Unusable("the call failed")
    choices = response.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise _Unusable("the response has no choice")
    choice = choices[0]
    if choice.get("finish_reason") in {"length", "content_filter"}:
        raise _Unusable("the answer was cut off")
    return _object(choice, "message")


def _reply(answer: JsonObject) -> tuple[str, str]:
    calls = answer.get("tool_calls")
    if isinstance(calls, list) and calls:
        if len(calls) > 1:
            raise _Unusable("several tools were called at once")
        called = _object(calls[0] if isinstance(calls[0], dict) else {}, "function")
        return _text(called, "arguments"), _text(called, "name")
    if answer.get("refusal"):
        raise _Unusable("the model refused")
    text = _content(answer).strip()
    if not text:
        raise _Unusable("the answer is empty")
    return text, ""


def _completion(line: JsonObject, id: str) -> Call:
    prompt, completion = line["prompt"], line["completion"]
    if not isinstance(prompt, str) or not isinstance(completion, str):
        raise _Unusable("`prompt` or `completion` is no text")
    turns = _turns([{"role": "user", "content": prompt}])
    reply, _ = _reply({"content": completion})
    usd = _usd(line, {})
    sent, said = estimate_tokens(prompt), estimate_tokens(reply)
    at = _time(line, {})
    model = _text(line, "model")
    name = _name(line, None, id)
    return Call(
        name, model, turns, reply, tokens_in=sent, tokens_out=said, estimated=True, at=at, usd=usd
    )


def _schema(request: JsonObject) -> JsonObject | None:
    form = _object(request, "response_format")
    found = _object(_object(form, "json_schema"), "schema")
    return found if found.get("type") == "object" else None


def _name(line: JsonObject, response: JsonObject | None, otherwise: str) -> str:
    for side in (response or {}, line):
        found = side.get("id")
        if isinstance(found, str) and 0 < len(found) <= 200:
            return found
    return otherwise


def _time(*sides: JsonObject) -> float | None:
    for side in sides:
        for key in _TIMES:
            moment = _moment(side.get(key))
            if moment is not None:
                return moment
    return None


def _moment(value: Json) -> float | None:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if 0 < value < 1e11 else float(value) / 1000 if value < 1e14 else None


def _usd(line: JsonObject, usage: JsonObject) -> float | None:
    for side, key in ((usage, "cost"), (line, "cost_usd"), (line, "cost")):
        value = side.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6:
            return float(value)
    return None


def _object(body: JsonObject, key: str) -> JsonObject:
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _text(body: JsonObject, key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _count(usage: JsonObject, key: str) -> int | None:
    value = usage.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def calls_in(lines: Iterable[JsonObject], *, name: str = "calls") -> CallLog:
    """The calls that objects in memory tell of, with the same checks as a file."""
    reader = LogReader()
    for number, line in enumerate(lines, 1):
        reader.take(name, number, json.dumps(line).encode())
    return reader.log()
