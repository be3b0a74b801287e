"""Paths of one machine, index addresses and unfinished work are found; ordinary text is not."""

from __future__ import annotations

import pytest

from tools.leaks import find_leaks

# Written in two parts, so that this file does not leak either.
LEAKS = [
    "open('/" + "home/somebody/data.csv')",
    "path = /" + "root/.cache",
    "see /" + "work/plan.txt",
    "--extra-index-" + "url https://mirror.example",
    "https://mirror.example/pypi/" + "simple/",
    "find-" + "links = wheels",
    "# TO" + "DO: later",
]


@pytest.mark.parametrize("line", LEAKS)
def test_a_leak_is_named_with_its_place(line: str) -> None:
    """The report says file, line and text."""
    [leak] = find_leaks("a.txt", f"first\n{line}\n")

    assert leak.startswith("a.txt:2: ")


@pytest.mark.parametrize(
    "line",
    [
        "https://example.com/work/item",
        "~/work/notes and ./root/x and docs/home/page.md",
        "/usr/bin/env bash",
        "$HOME/work/x",
        "a simple/plain index of links",
    ],
)
def test_ordinary_text_is_no_leak(line: str) -> None:
    """Addresses, relative paths and system programs stay."""
    assert list(find_leaks("a.txt", line)) == []
