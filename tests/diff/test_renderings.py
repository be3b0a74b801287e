"""Terminal, page and JSON: the same facts, harmless, and legible without colours."""

from __future__ import annotations

import re
from dataclasses import replace

import jsonschema
import pytest
from inline_snapshot import snapshot

from pantheon.diff import (
    Diff,
    Source,
    compare,
    diff_schema,
    diff_segments,
    render_html,
    render_text,
    to_json,
)
from tests.diff.conftest import Compare
from tests.diff.world import Folder

HOSTILE = "<script>alert(1)</script> \x1b[31m `tick` \u202e {{ x }}"


@pytest.fixture
def diff(changed: Compare) -> Diff:
    """A diff with something of every kind."""
    return changed(
        ("disagreement: 0.05", "disagreement: 0.1"),
        ("[cards, other]", "[cards, other, fraud]"),
        ("[grep, -n, order]", "[rg, order]"),
        ("      check: {agent: reviewer, reviews: reply, in: {reply: reply.reply}}\n", ""),
        ("  facts: {scope: flow", "  notes: {scope: flow"),
        prompt="Write a warm reply to {{ text }} for the team {{ team }}.",
    )


def test_text(diff: Diff) -> None:
    """One block a definition: powers, then contract, promise, prompt, the rest."""
    text = "\n".join(
        "".join(text for _, text in line).rstrip() for line in diff_segments(diff, graphs=False)
    )
    assert text == snapshot("""\
old → new   4 changed, 1 added, 1 removed; 2 may do more than before

~ agent triage   0.3
    in flow support
    Contract
      ⚠ output: `team` may now also be `fraud`
    Promise and thresholds
      promise.disagreement   0.05 → 0.1

~ agent reply
    in flow support
    Prompt
      tiers.prompt.template
        Write a {+warm +}reply to {{ text }} for the team {{ team }}.[- Be brief.-]

~ agent lookup
    in flow support
    May do more
      + runs `rg order`
    May do less
      − no longer runs `grep -n order`
    Tiers
      tiers.command.argv   [grep, -n, order] → [rg, order]

~ flow support
    May do more
      + no longer has `reply` reviewed by `check`
    May do less
      − no longer asks the agent `reviewer`
    Contract
      ⚠ output: `team` may now also be `fraud`
    Nodes
      − nodes.check   {agent: reviewer, in: {reply: reply.reply}, reviews: reply}

− memory facts
    Settings
      − scope   flow
      − schema   integer

+ memory notes
    Settings
      + scope   flow
      + schema   integer""")


def test_the_graph_is_in_the_text(diff: Diff) -> None:
    """With marks that need no colour."""
    assert "− check" in render_text(diff)


def test_text_in_plain_ascii(diff: Diff) -> None:
    """For terminals that know no other."""
    assert render_text(diff, ascii_only=True).isascii()


def test_text_is_as_wide_as_the_terminal(diff: Diff) -> None:
    """Apart from graphs, which are never cut."""
    for width in (40, 60, 100):
        lines = diff_segments(diff, width=width, graphs=False)
        rows = ["".join(text for _, text in line) for line in lines[1:]]
        assert max(map(len, rows)) <= width + 8


def test_json_keeps_to_its_schema(diff: Diff, changed: Compare) -> None:
    """And says what the others say."""
    jsonschema.Draft202012Validator.check_schema(diff_schema())
    for found in (diff, changed()):
        jsonschema.validate(to_json(found), diff_schema())
    body = to_json(diff)
    assert [d["name"] for d in body["definitions"]] == [d.name for d in diff.definitions]  # type: ignore[index,union-attr]


def test_the_page_is_self_contained(diff: Diff) -> None:
    """No script, no request; every definition has its place and can be linked to."""
    page = render_html(diff)
    assert not re.search(r"<script|src=|https?://(?!www\.w3\.org)|@import|url\(", page)
    assert "default-src 'none'" in page
    for number, definition in enumerate(diff.definitions, 1):
        assert f'id="d{number}"' in page
        assert definition.name in page
    assert "may now also be <code>fraud</code>" in page
    assert "<svg" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_no_text_becomes_markup_or_steers_a_terminal(folder: Folder) -> None:
    """Whatever the files say, on either side."""
    old = folder.load()
    agent = replace(old.agents["triage"], description=HOSTILE, tools=(HOSTILE,), version=HOSTILE)
    nodes = {**old.flows["support"].nodes}
    nodes[HOSTILE] = replace(nodes["lookup"], name=HOSTILE)
    flow = replace(old.flows["support"], nodes=nodes, description=HOSTILE)
    new = replace(old, agents={**old.agents, HOSTILE: agent}, flows={"support": flow})
    diff = compare(Source("a", old), Source(HOSTILE, new))
    page = render_html(diff)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    text = render_text(diff)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_nothing_differs(changed: Compare) -> None:
    """Is said, too."""
    assert render_text(changed()) == "old → new   nothing differs"
    assert "Both sides mean the same." in render_html(changed())
