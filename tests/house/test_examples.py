"""Code blocks of a page are really run, in order, and compared with what the page shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.examples import describe_left_out, perform
from tools.pages import Page, parse_page
from tools.stage import matches


def page(text: str) -> Page:
    """A page with this text."""
    return parse_page("docs/a.md", text)


def test_blocks_share_a_folder_files_and_exports() -> None:
    """A file block is there for the commands after it; `cd` and `export` last."""
    story = """\
```text file=in/words.txt
one
two
```
```bash
cd in
export WHICH=words
```
```console
$ wc -l < $WHICH.txt
2
$ printf 'a\\nb\\nc\\n' |
> sort -r
c
...
```
"""
    assert perform(page(story)) == []


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("```bash\ntrue\nfalse\ntrue\n```", "ended with exit code 1"),
        ("```console\n$ echo one\ntwo\n```", "printed something else"),
        ("```console exit=3\n$ exit 4\n```", "ended with exit code 4"),
        ("```console\n$ false\n$ true\n```", "$ false: ended with exit code 1"),
        ("```console\nno command\n```", "needs a line that begins with"),
        ("```yaml\na: [1\n```", "not yaml"),
        ("```json\n{'a': 1}\n```", "not json"),
        ("```python\nassert 1 == 2\n```", "AssertionError"),
        ("```python\n>>> 1 + 1\n3\n```", "Expected:"),
        ("```text file=../x.txt\n```", "outside of the page's folder"),
        ("```\nx\n```", "a block needs a language"),
        ("```cobol\nx\n```", "nobody knows how to run 'cobol'"),
    ],
)
def test_a_block_that_does_not_do_what_it_shows_is_a_fault(block: str, message: str) -> None:
    """The place is named, and what happened instead."""
    [fault] = perform(page(f"Text.\n\n{block}\n"))

    assert fault.place.startswith("docs/a.md:3")
    assert message in str(fault)


def test_blocks_that_keep_their_word_pass() -> None:
    """An expected exit code, a session, data and pictures of files are fine."""
    story = """\
```console exit=3
$ echo "error: at $PWD/x:3" && exit 3
error: at .../x:3
```
```python
>>> [n * n for n in range(3)]
[0, 1, 4]
```
```yaml
a: 1
```
```jsonl
{"a": 1}
{"a": 2}
```
<!-- prepare: mkdir -p made/before -->
```bash
cd made/before
```
"""
    assert perform(page(story)) == []


def test_a_block_left_out_is_listed_with_its_reason() -> None:
    """It is not run, and the list says where and why."""
    left_out = page("<!-- not run: it fetches -->\n```bash\nfalse\n```\n")

    assert perform(left_out) == []
    assert list(describe_left_out([left_out])) == ["docs/a.md:2: not run: it fetches"]


def test_what_runs_in_the_background_ends_with_the_page(tmp_path: Path) -> None:
    """A server started with `&` neither blocks the page nor outlives it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    story = f"```bash\nsleep 300 > {pipe} & echo $! > pid\n```\n```bash\nkill -0 $(cat pid)\n```\n"

    assert perform(page(story)) == []

    # The end of the pipe is reached only when nobody holds its other end any more.
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)


@pytest.mark.parametrize(
    ("expected", "printed", "fits"),
    [
        (("a", "...", "d"), "a\nb\nc\nd\n", True),
        (("a", "...", "d"), "a\nd\n", True),
        (("a ... c",), "a b c\n", True),
        (("a ... c",), "a b\nc\n", False),
        (("a.b",), "axb\n", False),
        (("a",), "a\nb\n", False),
        (("a",), "\na   \n\n", True),
    ],
)
def test_three_dots_stand_for_anything(expected: tuple[str, ...], printed: str, fits: bool) -> None:
    """In a line for any characters, alone for any lines; all else is literal."""
    assert matches(expected, printed) is fits
