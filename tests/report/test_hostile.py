"""Text from models and users is data: it never becomes markup, a command, an escape or a flood."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pantheon.ids import RunId
from pantheon.report import (
    Morning,
    collect,
    render_diff_html,
    render_diff_text,
    render_html,
    render_json,
    render_markdown,
    render_text,
    to_json,
    version_diff,
)
from pantheon.report._clean import clean, describe, scrub
from pantheon.report._markdown import code, escape
from pantheon.store import AnswerRow, InboxItem, Lesson, Night
from tests.report.pages import read_page
from tests.report.worlds import (
    HOUR,
    MIDNIGHT,
    World,
    ask_person,
    begin_run,
    fail_task,
    learn_examples,
    queue_task,
    record,
    train,
)

ATTACKS = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "attribute": '" onmouseover="alert(3)" x=\'" autofocus onfocus=alert(4) \'',
    "comment": "--><!-- </style></title></svg></code><svg onload=alert(5)>",
    "template": "{{ 7 * 191 }}{% for x in range(9) %}x{% endfor %}",
    "markdown": "# Heading\n- [link](https://evil.example) ![pic](http://evil.example/p.png)",
    "table": "| a | b |\n| --- | --- |\n`code` *bold* ~~gone~~ @someone www.evil.example",
    "terminal": "\x1b[2J\x1b]0;owned\x07\x9b31mred\r\x08\x08fake\x1b]8;;http://evil.example\x07x",
    "bidi": "user\u202enimda\u2066 \u2069\u200e\ufeffreversed \u061c",
    "surrogate": "half \ud800 pair \udfff",
    "newlines": "one\ntwo\u2028three\u2029four\x85five\vsix",
    "huge": "A very long answer " * 9_000,
    "shell": "x; rm -rf ~ $(reboot) `halt` 'quoted' && true",
}


def build_hostile(raw: str) -> World:
    """A night in which every text that someone else wrote is `raw`.

    Only JSON can hold half a surrogate pair; the store refuses it in a column of its own.
    """
    world = World()
    text = raw.encode("utf-8", "replace").decode()
    night = "n1"
    world.store.nights.start(Night(night, world.go_to(0, 22), seed=3))
    world.store.nights.finish(night, "done", {"stopped": text}, world.go_to(0, 23))
    at = MIDNIGHT + 22.5 * HOUR
    world.clock.advance(at - world.clock.now())
    _add_answers(world, raw, at=at)
    done = begin_run(world, queue_task(world, text, at=at, flow=text), at=at, night=night)
    record(world, done, text)
    world.store.runs.update(done.id, state="done", finished=at + 1, output={raw: raw, "b": raw})
    fail_task(world, queue_task(world, text, at=at), text, text, night=night)
    ask_person(world, queue_task(world, "", at=at), text, night=night)
    _ask_badly(world, raw, at=at)
    _learn_badly(world, raw, night)
    return world


def _add_answers(world: World, raw: str, *, at: float) -> None:
    text = raw.encode("utf-8", "replace").decode()
    for i, agent in enumerate((text, "triage")):
        world.store.answers.add(
            AnswerRow(
                id=f"a{i}",
                agent=agent,
                version=world.store.blobs.put(b"x"),
                at=at,
                input={"text": raw},
                output={"team": raw},
                tier=text,
                accepted=text,
                source="model",
                run=RunId("r0000000000000002"),
                node=text,
                tried=({"tier": raw, "reason": raw, "detail": raw},),
            )
        )


def _ask_badly(world: World, raw: str, *, at: float) -> None:
    text = raw.encode("utf-8", "replace").decode()
    world.store.inbox.ask(
        InboxItem(
            id=text[:90],
            agent=text,
            question=text,
            input={"text": raw},
            schema={"type": "object", "properties": {raw: {"type": "string"}}},
            asked=at,
            state="open",
        )
    )


def _learn_badly(world: World, raw: str, night: str) -> None:
    learn_examples(world, "triage", 5, at=world.clock.now())
    version = train(
        world,
        "triage",
        1,
        night=night,
        state="proposed",
        parent=None,
        evidence={"summary": raw, "calibration": {raw: 5, "rows": 3}, "gate": {raw: 0.5}},
    )
    lesson = Lesson(night, "triage", "proposed", (raw, raw), 5, 0.1, version.hash, None, {raw: 5})
    world.store.nights.add_lesson(lesson)


@cache
def hostile(name: str) -> Morning:
    """The report of a hostile night."""
    return collect(build_hostile(ATTACKS[name]).store)


@pytest.fixture(params=list(ATTACKS))
def attack(request: pytest.FixtureRequest) -> str:
    """Name of an attack."""
    return request.param


def test_html_stays_the_page_it_was(attack: str) -> None:
    """The page has the same elements and attributes as with harmless text in their place."""
    page = read_page(render_html(hostile(attack)))

    assert page.find("script", "img", "iframe", "object") == []
    for element in page.walk():
        assert not [name for name in element.attributes if name.startswith("on")]
        assert "autofocus" not in element.attributes
        assert element.attributes.get("href", "#").startswith("#")
    assert "1337" not in page.all_text()


def test_no_rendering_holds_invisible_characters(attack: str) -> None:
    """No control character, bidirectional override or lone surrogate comes through anywhere."""
    morning = hostile(attack)
    for text in (
        render_text(morning),
        render_html(morning),
        render_markdown(morning),
        json.dumps(to_json(morning), ensure_ascii=False),
    ):
        bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert bad <= {"\n"}


def test_no_rendering_is_flooded(attack: str) -> None:
    """However long the texts, every rendering stays as long as its counts, not its texts."""
    morning = hostile(attack)

    assert len(render_html(morning).encode()) < 150_000
    assert len(render_markdown(morning)) < 40_000
    assert len(render_json(morning)) < 60_000
    assert len(render_text(morning).splitlines()) < 40
    for line in render_text(morning, width=80).splitlines():
        assert len(line) <= 80 or line.startswith("      pantheon ")


def test_json_is_ascii_and_reads_back(attack: str) -> None:
    """The JSON text is ASCII only and means what the model holds."""
    text = render_json(hostile(attack))

    assert text.isascii()
    assert json.loads(text) == to_json(hostile(attack))


def test_markdown_keeps_its_structure(attack: str) -> None:
    """Rendered as CommonMark with tables, foreign text makes no link, image, HTML or heading."""
    reader = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
    reader = reader.enable("strikethrough")
    tokens = reader.parse(render_markdown(hostile(attack)))
    every = [part for token in tokens for part in [token, *(token.children or [])]]
    kinds = {token.type for token in every}
    heads = [t for i, t in enumerate(tokens) if i and tokens[i - 1].type == "heading_open"]

    assert not kinds & {"link_open", "image", "html_block", "html_inline", "s_open", "fence"}
    assert not [t for t in heads if t.content.startswith("Heading")]
    assert "://" not in re.sub(r"(`+)[^`]+\1", "", render_markdown(hostile(attack)))


def test_commands_are_one_quoted_line(attack: str) -> None:
    """What the report says to type is `pantheon` and plain words, whatever ids and names are."""
    morning = hostile(attack)
    commands = [c.line for need in morning.needs_you for c in need.commands]
    commands += [item.next_step.line for item in morning.not_delivered]
    commands += [c.line for a in morning.agents if a.update for c in a.update.commands]

    assert len(commands) > 5
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "pantheon"
        assert len(words) <= 6
        safe = re.sub(r"'[^']*'|\"'\"", "", command)
        assert not set(safe) & set(';&|$`<>(){}\n\\"'), command


def test_differences_are_as_safe(attack: str) -> None:
    """The comparison of versions neutralises the same texts."""
    world = build_hostile(ATTACKS[attack])
    (version,) = world.store.versions.list("triage")
    difference = version_diff(world.store, "triage", None, version.hash)
    page = read_page(render_diff_html(difference))
    text = render_diff_text(difference)

    assert page.find("script", "img") == []
    assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs")} - {"\n"}
    assert len(text) < 8_000


@given(st.text(max_size=400), st.integers(8, 200))
def test_cleaned_text_is_one_bounded_visible_line(text: str, limit: int) -> None:
    """Whatever the text: at most `limit` characters, one line, nothing invisible; cleaning twice
    changes nothing.
    """
    line = clean(text, limit)

    assert len(line) <= limit
    assert not {c for c in line if unicodedata.category(c) in ("Cc", "Cf", "Cs")} - set(
        "\u200c\u200d"
    )
    assert clean(line, limit) == line
    assert scrub(line) == line


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_escaped_markdown_reads_as_the_text(text: str) -> None:
    """Markdown shows an escaped text as it was written."""
    line = clean(text, 300)
    tokens = MarkdownIt("commonmark").enable("table").parse(f"- x {escape(line)}")
    shown = "".join(t.content for t in tokens[3].children or [] if t.type != "softbreak")

    assert " ".join(shown.split()) == " ".join(f"x {line}".split())


@given(st.text(st.sampled_from("`ab <|\\"), max_size=30))
def test_code_spans_cannot_be_left(text: str) -> None:
    """Whatever backticks a text holds, it stays inside one code span."""
    line = clean(f"a{text}b", 60)
    children = MarkdownIt("commonmark").parseInline(f"x {code(line)} y")[0].children or []

    assert [t.type for t in children] == ["text", "code_inline", "text"]
    assert children[1].content == line


def test_values_are_told_in_plain_words() -> None:
    """A lone text is shown as it is; objects and lists as names and values."""
    assert describe({"reply": "Hello"}) == "Hello"
    assert describe({"team": "cards", "sure": True}) == "team: cards · sure: true"
    assert describe([1, "two", None]) == "1, two, null"
    assert describe("x" * 500, 10) == "x" * 9 + "…"
