"""Source files behind definitions: which changed, and what in them, from every kind of side."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from pantheon.clock import FakeClock
from pantheon.diff import (
    CodeChange,
    Diff,
    Source,
    compare,
    diff_schema,
    load_revision,
    release_source,
    render_html,
    render_text,
    restrict,
    to_json,
    working_source,
)
from pantheon.diff._code import MOST_LINES
from pantheon.ids import hash_bytes
from pantheon.releases import Kept, Release, SourceFiles, record
from pantheon.spec import load_project
from pantheon.store import Store
from tests.diff.world import Folder

PROJECT = """\
version: 1
agents:
  clean:
    input: {text: string}
    output: {text: string}
    tiers: [python: functions.desk:clean]
  check:
    input: {text: string}
    output: {ok: boolean}
    tiers: [command: [python, scripts/check.py]]
    validators: [functions.rules:fair]
  count:
    input: {text: string}
    output: {text: string}
    tiers: [python: functions.desk:count]
  asked: {input: {text: string}, output: {ok: boolean}, tiers: [human]}
flows:
  support:
    input: {text: string}
    nodes:
      clean: {agent: clean, in: {text: input.text}}
      check: {agent: check, in: {text: clean.text}}
    output: {ok: check.ok}
"""
DESK = """\
from functions import words


def clean(text):
    return {"text": words.first(text)}


def count(text):
    return {"text": str(len(text))}
"""
FILES = {
    "pantheon.yaml": PROJECT,
    "functions/desk.py": DESK,
    "functions/rules.py": "def fair(input, output):\n    return True\n",
    "functions/words.py": "def first(text):\n    return text.split()[0]\n",
    "functions/unused.py": "x = 1\n",
    "scripts/check.py": "print({})\n",
}


@pytest.fixture
def desk(tmp_path: Path) -> Folder:
    """A project whose agents call code."""
    folder = Folder(tmp_path / "desk")
    write(folder.path, FILES)
    return folder


def write(root: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def kept(files: dict[str, str]) -> SourceFiles:
    """Files that lie on no disk."""
    return SourceFiles(Kept(files, lambda path: files[path].encode()))


def against(desk: Folder, **edits: str) -> Diff:
    """The project compared with itself after edits to some of its files."""
    project = load_project(desk.path)
    later = {**FILES, **{path.replace("__", "/") + ".py": text for path, text in edits.items()}}
    before = Source("then", project, code={"": kept(FILES)})
    return compare(before, Source("now", project, code={"": kept(later)}))


def files(diff: Diff) -> dict[str, list[str]]:
    """Name of each definition, and the files behind it that changed."""
    return {d.name: [change.path for change in d.code] for d in diff.definitions}


def test_each_definition_names_the_files_behind_it_that_changed(desk: Folder) -> None:
    """Functions, what they import, validators and programs; not what nobody calls."""
    assert against(desk).empty
    assert files(against(desk, functions__unused="x = 2\n")) == {}
    assert files(against(desk, functions__words="def first(text): ...\n")) == {
        "clean": ["functions/words.py"],
        "count": ["functions/words.py"],
    }
    both = {"functions__rules": "def fair(input, output): ...\n", "scripts__check": "print(1)\n"}
    assert files(against(desk, **both)) == {"check": ["functions/rules.py", "scripts/check.py"]}


def test_a_change_has_both_hashes_and_its_lines(desk: Folder) -> None:
    """Lines as `diff -u` has them."""
    edited = DESK.replace("str(len(text))", "len(text)")
    diff = against(desk, functions__desk=edited)
    (change,) = diff.definitions[0].code
    assert (change.state, change.before, change.after) == (
        "changed", hash_bytes(DESK.encode()), hash_bytes(edited.encode()),
    )  # fmt: skip
    assert [line for line in change.lines if line[0] in "+-"] == [
        '-    return {"text": str(len(text))}',
        '+    return {"text": len(text)}',
    ]
    assert not diff.definitions[0].changes


def test_a_file_that_is_called_no_longer(desk: Folder) -> None:
    """An import that goes takes its file along."""
    edited = DESK.replace("from functions import words\n", "").replace("words.first(text)", "text")
    changes = {c.path: c for c in against(desk, functions__desk=edited).definitions[0].code}
    assert changes["functions/words.py"].state == "removed"
    assert changes["functions/words.py"].after is None


@pytest.mark.parametrize("text", ["\0 binary", "x\n" * 1000])
def test_lines_are_capped_and_left_out_for_what_is_no_text(desk: Folder, text: str) -> None:
    """The hashes are told in any case."""
    (change,) = against(desk, functions__rules=text).definitions[0].code
    assert len(change.lines) <= MOST_LINES
    assert (change.left_out > 0) == (len(change.lines) == MOST_LINES)
    assert change.after == hash_bytes(text.encode())


def test_a_revision_in_git_has_its_own_code(desk: Folder) -> None:
    """Read from git's objects, in a folder of its own too."""
    desk.commit()
    write(desk.path, {"functions/desk.py": DESK.replace("[0]", "[1]") + "\n# more\n"})
    before = load_revision("HEAD", desk.path)
    assert files(compare(before, working_source(load_project(desk.path)))) == {
        "clean": ["functions/desk.py"],
        "count": ["functions/desk.py"],
    }
    assert files(compare(before, load_revision("HEAD", desk.path))) == {}


def test_a_recorded_version_has_its_own_code(desk: Folder) -> None:
    """The files as they were when it was recorded, against those of now and of another version."""
    with Store.open(":memory:", clock=FakeClock()) as store:

        def code_of(release: Release) -> SourceFiles:
            return SourceFiles(
                Kept(release.files, lambda path: store.blobs.get(release.files[path]))
            )

        def side() -> Source:
            project = load_project(desk.path)
            (*_, flow) = record(store, project, who="ann", names=[("flow", "support")])
            return release_source([flow], flow.title, desk.path, code_of=code_of)

        one = side()
        write(desk.path, {"functions/words.py": "def first(text):\n    return text\n"})
        now = restrict(working_source(load_project(desk.path)), {"flow": ["support"]})

        assert files(compare(one, now)) == {"clean": ["functions/words.py"]}
        assert files(compare(one, side())) == {"clean": ["functions/words.py"]}
        assert files(compare(side(), now)) == {}


def test_a_side_without_code_says_nothing_of_it(desk: Folder) -> None:
    """Definitions that lie nowhere are compared as such."""
    project = load_project(desk.path)
    assert compare(Source("a", project), working_source(project)).empty


# ------------------------------------------------------------------------------- renderings


def test_code_in_the_terminal(desk: Folder) -> None:
    """What several definitions call is shown once; no line is wider than asked for."""
    text = render_text(against(desk, functions__words="def first(text):\n\treturn 'x' * 9\n"))
    assert text.count("-    return text.split()[0]") == 1
    assert "as in clean, above" in text
    assert "~ functions/words.py   b2:" in text
    long = render_text(against(desk, functions__rules="y" * 500 + "\n"), width=60)
    assert max(map(len, long.splitlines())) <= 60


def test_code_on_the_page_is_text(desk: Folder) -> None:
    """Whatever stands in a file, line by line."""
    page = render_html(against(desk, functions__words="<script>alert(1)</script>\nx = '\x1b[2J'\n"))
    assert "<script>" not in page
    assert "<ins>+&lt;script&gt;alert(1)&lt;/script&gt;</ins>\n" in page
    assert "\x1b" not in page
    assert "As in clean, above." in page


def test_code_in_json(desk: Folder) -> None:
    """By its schema, complete for each definition."""
    found = to_json(against(desk, functions__words="x = 1\n"))
    jsonschema.validate(found, diff_schema())
    one, other = found["definitions"]  # type: ignore[misc]
    assert one["code"] == other["code"]  # type: ignore[index]
    assert set(one["code"][0]) == set(CodeChange.__dataclass_fields__)  # type: ignore[index]
