"""Pages are read as their readers see them: blocks, files, directives, anchors, links."""

from __future__ import annotations

from pathlib import Path

from tools.links import find_dead_links, find_lost_pages
from tools.pages import parse_page

PAGE = """\
# A page, with *style*

See [below](#a-page-with-style) and [there](other.md#part).

```yaml
# conf/pantheon.yaml
agents: {}
```

<!-- prepare: touch x -->
<!-- not run: needs
a network -->
```console exit=3
$ git clone x
```

A paragraph ends what a comment says.

```json file=data.json
{}
```
"""


def test_blocks_know_their_line_language_options_and_file() -> None:
    """A file is named by its first line or by `file=`."""
    yaml, console, data = parse_page("docs/a.md", PAGE).blocks

    assert (yaml.place, yaml.language, yaml.file) == ("docs/a.md:5", "yaml", "conf/pantheon.yaml")
    assert (console.options, console.file) == ({"exit": "3"}, None)
    assert data.file == "data.json"


def test_comments_above_a_block_are_about_that_block_only() -> None:
    """A reason not to run, or a preparation, does not reach past the next block."""
    yaml, console, data = parse_page("docs/a.md", PAGE).blocks

    assert (console.not_run, console.prepare) == ("needs\na network", "touch x")
    assert yaml.not_run is None
    assert data.not_run is None


def test_a_link_must_lead_to_a_file_and_a_heading(tmp_path: Path) -> None:
    """Anchors are those that are shown on the web for a heading; repeats are numbered."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "other.md").write_text("")
    page = parse_page("docs/a.md", PAGE)
    other = parse_page("docs/other.md", "# Part\n\n# Part\n\n[x](a.md#nowhere) [y](gone.md)\n")

    assert page.anchors == {"a-page-with-style"}
    assert other.anchors == {"part", "part-1"}
    (tmp_path / "docs" / "a.md").write_text(PAGE)
    assert find_dead_links([page, other], tmp_path) == [
        "docs/other.md:5: docs/a.md has no heading #nowhere",
        "docs/other.md:5: no file docs/gone.md",
    ]


def test_a_page_that_nothing_links_to_is_lost() -> None:
    """Every page can be reached from the first one."""
    pages = [
        parse_page("README.md", "[a](docs/a.md)"),
        parse_page("docs/a.md", "[b](b.md)"),
        parse_page("docs/b.md", ""),
        parse_page("docs/c.md", "[a](a.md)"),
    ]

    assert find_lost_pages(pages) == ["docs/c.md: no link leads here from README.md"]
