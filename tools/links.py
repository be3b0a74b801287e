"""Links between pages lead somewhere, and every page of docs/ can be reached from the README."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.pages import ROOT, Link, Page, find_pages

OUTSIDE = ("http://", "https://", "mailto:")


def find_dead_links(pages: Sequence[Page], root: Path = ROOT) -> list[str]:
    """Links to files or headings that are not there; addresses on the web are not asked."""
    anchors = {page.path: page.anchors for page in pages}
    faults: list[str] = []
    for page in pages:
        for link in page.links:
            if link.target.startswith(OUTSIDE):
                continue
            path, _, anchor = link.target.partition("#")
            target = _resolve(link, path)
            if not (root / target).exists():
                faults.append(f"{link.page}:{link.line}: no file {target}")
            elif anchor and target in anchors and anchor not in anchors[target]:
                faults.append(f"{link.page}:{link.line}: {target} has no heading #{anchor}")
    return faults


def find_lost_pages(pages: Sequence[Page], start: str = "README.md") -> list[str]:
    """Pages that no path of links from the README reaches."""
    links = {
        page.path: [_resolve(link, link.target.partition("#")[0]) for link in page.links]
        for page in pages
    }
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        if here not in reached:
            reached.add(here)
            waiting += links.get(here, [])
    lost = sorted(set(links) - reached)
    return [f"{path}: no link leads here from {start}" for path in lost]


def _resolve(link: Link, path: str) -> str:
    """The linked file from the project's root; a bare `#heading` is on the page itself."""
    if not path:
        return link.page
    return posixpath.normpath(posixpath.join(posixpath.dirname(link.page), path))


def main() -> int:
    """Print what is dead or lost; 1 when anything is."""
    pages = find_pages()
    faults = find_dead_links(pages) + find_lost_pages(pages)
    print("".join(f"{fault}\n" for fault in faults), end="")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
