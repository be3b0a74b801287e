"""`pantheon models`: list, pull, add and rm, as a user calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.cli.conftest import Pantheon
from tests.models.gguf_files import gguf

PROJECT = """\
version: 1
models:
  small: {engine: llama.cpp, weights: tiny, context: 1024}
agents:
  triage:
    input: {text: string}
    output: {team: {enum: [cards, other]}}
    tiers: [{prompt: {model: small}}]
flows:
  support:
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
    output: {team: triage.team}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a project, an empty cache, and a model file."""
    monkeypatch.setenv("PANTHEON_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Tiny.gguf").write_bytes(gguf())
    return tmp_path


def steady(text: str, place: Path) -> str:
    """What is printed, with the folder replaced."""
    return text.replace(str(place), "DIR")


def test_the_list_has_what_comes_with_pantheon(place: Path, pantheon: Pantheon) -> None:
    """A name, a size, a licence, before anything is fetched."""
    assert place
    assert pantheon("models", "list").out == snapshot("""\
name                   state        size     quantisation  context  licence     sha256
all-minilm-l6-v2       not fetched  91.3 MB  F32               256  Apache-2.0  53aa51172d14
smollm2-135m-instruct  not fetched  98.4 MB  Q4_1             8192  Apache-2.0  b179c9523d0e
""")


def test_a_model_is_added_listed_and_removed(place: Path, pantheon: Pantheon) -> None:
    """What is printed at each step; a second time nothing happens."""
    dry = pantheon("models", "add", "tiny", "Tiny.gguf", "--dry-run")
    added = pantheon("models", "add", "tiny", "Tiny.gguf")
    again = pantheon("models", "add", "tiny", "Tiny.gguf")
    listed = pantheon("models", "list").out.splitlines()[-1]
    removed = pantheon("models", "rm", "tiny")
    gone = pantheon("models", "rm", "tiny")

    assert (dry.code, added.code, again.code, removed.code, gone.code) == (0, 0, 0, 0, 0)
    assert dry.out.splitlines()[0] == "tiny would be added"
    assert steady(added.out, place) == snapshot("""\
tiny added
  from          DIR/Tiny.gguf
  file          DIR/cache/models/tiny/tiny.gguf
  size          0.7 kB
  quantisation  Q8_0
  context       2048 tokens
  licence       mit
  sha256        624a28200eb21fad2b883a948d3f90a35ae8a5eb23658be91f6634eeee00a8b0
""")
    assert again.out.splitlines()[0] == "tiny is there already"
    assert listed == snapshot(
        "tiny                   ready        0.7 kB   Q8_0             2048  mit         624a28200eb2"
    )
    assert removed.out.startswith("tiny removed: ")
    assert gone.out == "tiny is not on this machine\n"


def test_json_says_the_same(place: Path, pantheon: Pantheon) -> None:
    """For programs: what changed and all that is known."""
    first = pantheon("models", "add", "tiny", "Tiny.gguf", "--link", "--json").json
    second = pantheon("models", "add", "tiny", "Tiny.gguf", "--json").json

    assert (first["changed"], second["changed"]) == (True, False)
    assert (first["origin"], first["context"], first["licence"]) == ("link", 2048, "mit")
    listed = pantheon("models", "list", "--json").json["items"]
    assert [item["name"] for item in listed][-1] == "tiny"
    assert listed[-1] == {
        k: v for k, v in first.items() if k not in {"changed", "dry_run", "status"}
    }
    assert pantheon("models", "rm", "tiny", "--json").json["removed"] is True
    assert pantheon("models", "rm", "tiny", "--json").json["removed"] is False
    assert (place / "Tiny.gguf").exists()


def test_what_the_project_needs_stays(place: Path, pantheon: Pantheon) -> None:
    """Unless it is forced; a dry run says the same."""
    pantheon("models", "add", "tiny", "Tiny.gguf")
    (place / "pantheon.yaml").write_text(PROJECT)

    for more in ((), ("--dry-run",)):
        refused = pantheon("models", "rm", "tiny", *more)
        assert refused.code == 7
        assert steady(refused.err, place) == snapshot("""\
error: The model 'tiny' is needed by model `small` of DIR/pantheon.yaml.
  fix: Change that first, or give --force.
""")
    assert pantheon("models", "rm", "tiny", "--force").code == 0
    assert pantheon("models", "rm", "other").code == 0


def test_validation_knows_what_is_here(place: Path, pantheon: Pantheon) -> None:
    """Valid with the model; without it, with the nearest name; too long a context is named."""
    (place / "pantheon.yaml").write_text(PROJECT)
    pantheon("models", "add", "tinny", "Tiny.gguf")
    unknown = pantheon("validate")
    assert unknown.code == 3
    assert steady(unknown.err, place) == snapshot("""\
pantheon.yaml:3:3: error[unknown-weights]: There is no model named `tiny` on this machine.
  = fix: did you mean `tinny`? (or add it: `pantheon models add tiny FILE`)

1 mistake found.
""")

    pantheon("models", "add", "tiny", "Tiny.gguf")
    assert pantheon("validate").code == 0

    (place / "pantheon.yaml").write_text(PROJECT.replace("1024", "4096"))
    long = pantheon("validate")
    assert long.code == 3
    assert steady(long.err, place) == snapshot("""\
pantheon.yaml:3:3: error[context-too-long]: The model `small` is to have a context of 4096 tokens, but its weights (`tiny`) take 2048 at most.
  = fix: write `context: 2048` or less

1 mistake found.
""")


def test_a_context_is_of_an_embedded_model_only(place: Path, pantheon: Pantheon) -> None:
    """A remote model has its own."""
    remote = "{engine: openai, base_url: 'https://x.example/v1', model: m, context: 1024}"
    text = PROJECT.replace("{engine: llama.cpp, weights: tiny, context: 1024}", remote)
    (place / "pantheon.yaml").write_text(text)

    said = pantheon("validate")
    assert said.code == 3
    assert "`context` means nothing to the engine `openai`" in said.err


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("pull", "http://x.example/m.gguf"), 2, "only https is fetched"),
        (("pull", "https://127.0.0.1:1/m.gguf", "--sha256", "abc"), 2, "no SHA-256"),
        (("pull", "smolm2-135m-instruct"), 6, "Did you mean `smollm2-135m-instruct`?"),
        (("pull", "https://x.example/m.gguf", "--name", "../m"), 2, "cannot be the name"),
        (("add", "tiny", "missing.gguf"), 9, "No such file"),
        (("add", "tiny", "."), 9, "Is a directory"),
        (("add", "tiny", "Tiny.gguf", "--sha256", "0" * 64), 9, "has the SHA-256"),
        (("rm", "../cache"), 2, "cannot be the name"),
    ],
)
def test_mistakes_say_what_to_do(
    place: Path, pantheon: Pantheon, words: tuple[str, ...], code: int, part: str
) -> None:
    """With the exit code of their kind, also as JSON, and without anything written."""
    said = pantheon("models", *words)

    assert (said.code, said.out) == (code, "")
    assert part in said.err
    assert "fix:" in said.err
    assert pantheon("models", *words, "--json").json["error"]["hint"]
    assert not (place / "cache").exists()


def test_a_dry_pull_says_where_the_model_would_lie(place: Path, pantheon: Pantheon) -> None:
    """Nobody is asked."""
    said = pantheon("models", "pull", "hf:Owner/Repo/Qwen3-0.6B-Q8_0.gguf", "--dry-run")

    assert steady(said.out, place) == snapshot("""\
qwen3-0.6b-q8_0 would be pulled
  from          hf:Owner/Repo/Qwen3-0.6B-Q8_0.gguf
  file          DIR/cache/models/qwen3-0.6b-q8_0/qwen3-0.6b-q8_0.gguf
  licence       unknown
""")
    assert not (place / "cache").exists()
