"""Logs of calls: every way to write one, and what becomes of bad lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.errors import NotFound
from pantheon.ids import JsonObject
from pantheon.learn.discover import calls_in, read_logs


def wire(asked: str = "hello", said: str = "hi", **response: Any) -> JsonObject:
    """A line as a proxy writes it."""
    return {
        "request": {"model": "m", "messages": [{"role": "user", "content": asked}]},
        "response": {"choices": [{"message": {"content": said}}], **response},
    }


def test_a_call_over_the_wire_is_read_with_its_usage_and_time() -> None:
    """Tokens, model, time and id are the log's own."""
    usage: JsonObject = {"prompt_tokens": 7, "completion_tokens": 2}
    (call,) = calls_in([wire(usage=usage, created=1_700_000_000, id="c1", model="m-1")]).calls

    assert (call.id, call.model, call.user, call.reply) == ("c1", "m-1", "hello", "hi")
    assert (call.tokens_in, call.tokens_out, call.estimated) == (7, 2, False)
    assert call.at == 1_700_000_000


@pytest.mark.parametrize(
    "line",
    [
        {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]},
        {"prompt": "q", "completion": " a"},
        {
            "messages": [{"role": "user", "content": [{"type": "text", "text": "q"}]}],
            "choices": [{"message": {"role": "assistant", "content": "a"}}],
        },
        {
            "request": {"body": {"messages": [{"role": "user", "content": "q"}]}},
            "response": {"body": {"choices": [{"message": {"content": "a"}}]}},
        },
    ],
)
def test_other_formats_say_the_same(line: JsonObject) -> None:
    """Fine-tuning files, completions, flat lines and batches give the same call."""
    (call,) = calls_in([line]).calls

    assert (call.user, call.reply, call.estimated) == ("q", "a", True)


def test_a_tool_call_is_an_answer_in_json() -> None:
    """Its arguments are the answer, and its name is kept."""
    called: JsonObject = {"function": {"name": "book", "arguments": '{"seats": 2}'}}
    line = wire()
    line["response"] = {"choices": [{"message": {"tool_calls": [called]}}]}
    (call,) = calls_in([line]).calls

    assert (call.tool, call.reply) == ("book", '{"seats": 2}')


def test_bad_lines_are_counted_with_their_reasons(tmp_path: Path) -> None:
    """They cost nothing but themselves."""
    path = tmp_path / "log.jsonl"
    cut = wire()
    cut["response"] = {"choices": [{"message": {"content": "x"}, "finish_reason": "length"}]}
    lines = ["{", "[1]", json.dumps({"a": 1}), json.dumps(cut), json.dumps(wire()), "", "\ufeff{"]
    path.write_bytes("\n".join(lines).encode() + b"\n\xff\n")

    log = read_logs([path])

    assert len(log.calls) == 1
    assert log.bad_lines == 6
    assert log.reasons == {
        "not JSON": 2,
        "the line is not a JSON object": 1,
        "there are no `messages`": 1,
        "the answer was cut off": 1,
        "not UTF-8 text": 1,
    }
    assert (log.bad[0].line, log.bad[0].reason) == (1, "not JSON")


def test_a_call_that_is_in_two_files_counts_once(tmp_path: Path) -> None:
    """Logs overlap; the id tells."""
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(wire(id="same")) + "\n")

    log = read_logs([path, path])

    assert (len(log.calls), log.reasons) == (1, {"the call is in the log twice": 1})


def test_a_missing_log_is_named(tmp_path: Path) -> None:
    """A user's mistake has a sentence."""
    with pytest.raises(NotFound, match=r"nowhere\.jsonl"):
        read_logs([tmp_path / "nowhere.jsonl"])


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
_keys = st.sampled_from(
    ["request", "response", "messages", "choices", "message", "content", "prompt", "completion",
     "role", "usage", "created", "tool_calls", "function", "body", "id"]
)  # fmt: skip


@given(st.dictionaries(_keys, st.dictionaries(_keys, _json, max_size=3) | _json, max_size=4))
def test_no_line_breaks_the_reader(line: Any) -> None:
    """Whatever JSON stands in a line: it is a call or a bad line."""
    log = calls_in([line])

    assert len(log.calls) + log.bad_lines == 1
