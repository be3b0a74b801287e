"""Every code block of the documentation is run, so that what a page shows is what happens.

A page is a story: its blocks run in order in one empty folder, with `pantheon` on the PATH.

- `bash`: a script that must succeed.
- `console`: lines after `$ ` are commands (`> ` continues one); the lines below are their output,
  where `...` stands for anything, in a line or for whole lines. `exit=3` after the language is the
  exit code of the last command. Commands without output shown are run but not compared.
- `python`: a script, or a session with `>>>`, run with the project's Python.
- a file, where the first line is a comment with a name (`# pantheon.yaml`) or the language is
  followed by `file=NAME`: written for the blocks after it.
- other `yaml`, `json`, `jsonl`: must at least parse. `text`, `diff`, …: shown only.

`<!-- not run: reason -->` above a block leaves it out, and is listed with `--list`;
`<!-- prepare: commands -->` runs something first that the reader need not see.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.pages import Block, Page, find_pages
from tools.stage import Fault, Stage

SHOWN_ONLY = frozenset({"text", "diff", "html", "mermaid", "sql", "toml", "jinja", "http", "css"})
AT_ONCE = 2


def perform(page: Page) -> list[Fault]:
    """Run one page from its first block to the first that fails."""
    with (
        tempfile.TemporaryDirectory(prefix="pantheon-page-") as folder,
        Stage(Path(folder)) as stage,
    ):
        for block in page.blocks:
            if block.not_run is None:
                fault = _perform_block(stage, block)
                if fault is not None:
                    return [fault]
    return []


def _perform_block(stage: Stage, block: Block) -> Fault | None:
    if block.prepare is not None:
        fault = stage.run_script(block, block.prepare)
        if fault is not None:
            return fault
    if block.file is not None:
        return stage.write_file(block, block.file)
    match block.language:
        case "bash" | "sh":
            return stage.run_script(block, block.text)
        case "console":
            return stage.run_session(block)
        case "python" | "pycon":
            return stage.run_python(block)
        case "yaml" | "json" | "jsonl":
            return stage.parse_data(block)
        case language if language in SHOWN_ONLY:
            return None
        case "":
            return Fault(block.place, "a block needs a language; `text` is one")
        case language:
            return Fault(block.place, f"nobody knows how to run {language!r}; is it `text`?")


def describe_left_out(pages: list[Page]) -> Iterator[str]:
    """Blocks that a page says cannot be run, and why."""
    for page in pages:
        for block in page.blocks:
            if block.not_run is not None:
                yield f"{block.place}: not run: {block.not_run}"


def main(arguments: list[str]) -> int:
    """`examples.py [--list] [PAGE …]`: run all pages, or those named."""
    names = [name for name in arguments if not name.startswith("--")]
    pages = [page for page in find_pages() if not names or page.path in names]
    if "--list" in arguments:
        print("\n".join(describe_left_out(pages)))
        return 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        faults = [fault for found in pool.map(perform, pages) for fault in found]
    print("".join(f"{fault}\n" for fault in faults), end="")
    blocks = sum(len(page.blocks) for page in pages)
    left_out = len(list(describe_left_out(pages)))
    print(f"{len(pages)} pages, {blocks} blocks, {left_out} not run, {len(faults)} failed")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
