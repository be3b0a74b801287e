"""The catalogue: models added, found by what they are called, checked, removed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pantheon.errors import InputError, NotFound, PantheonError, UsageError, WeightsFault
from pantheon.models import (
    CATALOGUE,
    LlamaModel,
    add_model,
    build_model,
    check_models,
    find_model,
    find_weights,
    hashes_of,
    list_models,
    remove_model,
    users_of,
)
from pantheon.spec import (
    ANY_OBJECT,
    AgentDef,
    ModelDef,
    Project,
    PromptTier,
    RouterDef,
    SpecialistTier,
)
from tests.models.gguf_files import META, gguf

SHA256 = hashlib.sha256(gguf()).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PANTHEON_CACHE", str(folder))
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A model file somewhere else."""
    path = tmp_path / "Tiny.gguf"
    path.write_bytes(gguf())
    return path


def embedded(weights: str, context: int | None = None) -> ModelDef:
    """A model of the project."""
    return ModelDef("small", "llama.cpp", weights=weights, context=context)


def test_what_comes_with_pantheon_is_listed_before_it_is_fetched() -> None:
    """With licence, checksum, quantisation and context."""
    found = {entry.name: entry for entry in list_models()}

    assert found.keys() == CATALOGUE.keys()
    small = found["smollm2-135m-instruct"]
    assert (small.state, small.quantisation, small.context) == ("not fetched", "Q4_1", 8192)
    assert (small.licence, len(small.sha256), small.size) == ("Apache-2.0", 64, 98_362_432)


def test_a_file_is_added_and_usable_by_its_name(cache: Path, file: Path) -> None:
    """It is a copy; the original may go."""
    entry = add_model("tiny", file)
    file.unlink()

    assert entry == find_model("tiny")
    assert (entry.state, entry.origin, entry.source) == ("ready", "file", str(file))
    assert (entry.quantisation, entry.context, entry.licence) == ("Q8_0", 2048, "mit")
    assert (entry.sha256, entry.size) == (SHA256, len(gguf()))
    assert find_weights("tiny", folder=Path("/nowhere")) == entry.path
    assert entry.path == cache / "models" / "tiny" / "tiny.gguf"
    assert entry.path.read_bytes() == gguf()
    assert hashes_of("tiny") == (("tiny.gguf", SHA256),)
    model = build_model(embedded("tiny"))
    assert isinstance(model, LlamaModel)
    assert model.name == "tiny"


def test_the_same_file_twice_is_once_and_another_one_is_refused(file: Path) -> None:
    """Nothing is ever replaced in silence."""
    first = add_model("tiny", file)
    assert add_model("tiny", file) == first
    file.write_bytes(gguf(fill=b"y"))

    with pytest.raises(InputError, match="another model named 'tiny'"):
        add_model("tiny", file)
    assert find_model("tiny") == first


def test_a_linked_file_stays_where_it_is(file: Path) -> None:
    """Removing the model removes the link; a file that is gone or another one is noticed."""
    entry = add_model("tiny", file, link=True)
    assert (entry.origin, entry.path.is_symlink()) == ("link", True)
    os.utime(file)
    assert find_model("tiny").state == "changed"
    assert find_weights("tiny", folder=Path()) == entry.path
    assert find_model("tiny").state == "ready"

    file.write_bytes(gguf(fill=b"y"))
    with pytest.raises(WeightsFault, match="no longer the one"):
        find_weights("tiny", folder=Path())
    assert remove_model("tiny")
    assert file.exists()


def test_a_linked_file_that_is_gone_is_missing(file: Path) -> None:
    """The error says where it was."""
    add_model("tiny", file, link=True)
    file.unlink()

    assert find_model("tiny").state == "missing"
    with pytest.raises(WeightsFault, match=r"Tiny\.gguf"):
        find_weights("tiny", folder=Path())


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("../up", UsageError),
        ("a/b", UsageError),
        (".hidden", UsageError),
        ("Big", UsageError),
        ("", UsageError),
        ("x" * 64, UsageError),
        ("x.gguf", UsageError),
        ("all-minilm-l6-v2", UsageError),
    ],
)
def test_a_name_is_no_path_and_no_known_one(
    cache: Path, file: Path, name: str, fault: type[PantheonError]
) -> None:
    """Nothing is written."""
    with pytest.raises(fault):
        add_model(name, file)
    assert not cache.exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no model", "does not begin like one"),
        (gguf(cut=256), "cut short"),
        (gguf({**META, "general.type": "adapter"}), "a part of one"),
        (gguf({**META, "split.count": 3}), "one of 3 parts"),
    ],
)
def test_what_is_no_whole_model_is_not_added(
    cache: Path, file: Path, content: bytes, why: str
) -> None:
    """The message names the file and the reason."""
    file.write_bytes(content)

    with pytest.raises(InputError, match=why):
        add_model("tiny", file)
    assert not cache.exists()


def test_a_checksum_and_a_licence_may_be_given(file: Path) -> None:
    """The checksum must be the file's; the licence goes before what the file says."""
    with pytest.raises(InputError, match=SHA256):
        add_model("tiny", file, sha256="0" * 64)
    with pytest.raises(UsageError, match="no SHA-256"):
        add_model("tiny", file, sha256="abc")

    entry = add_model("tiny", file, sha256=f"sha256:{SHA256.upper()}", licence="my own")
    assert entry.licence == "my own"


def test_a_dry_run_writes_nothing(cache: Path, file: Path) -> None:
    """It says what would be there."""
    assert add_model("tiny", file, dry=True).sha256 == SHA256
    assert not cache.exists()
    add_model("tiny", file)
    assert remove_model("tiny", dry=True) > 0
    assert find_model("tiny").state == "ready"


def test_removing_is_idempotent_and_leaves_nothing(cache: Path, file: Path) -> None:
    """The second time there is nothing to free."""
    add_model("tiny", file)

    assert remove_model("tiny") > len(gguf())
    assert remove_model("tiny") == 0
    assert remove_model("smollm2-135m-instruct") == 0
    assert list((cache / "models").iterdir()) == []


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"name": "tiny"}', "\x00"])
def test_a_damaged_entry_is_no_model_and_can_be_added_again(file: Path, damage: str) -> None:
    """What is written there by others brings nothing down."""
    entry = add_model("tiny", file)
    (entry.path.parent / "model.json").write_text(damage)

    with pytest.raises(NotFound):
        find_model("tiny")
    add_model("tiny", file)
    assert find_model("tiny").state == "ready"


def test_an_unknown_name_is_told_the_nearest(file: Path) -> None:
    """Packaged and added names alike."""
    add_model("tiny-chat", file)

    with pytest.raises(NotFound, match="'tiny-chta'") as caught:
        find_weights("tiny-chta", folder=Path())
    assert "Did you mean `tiny-chat`?" in caught.value.hint


def test_a_context_beyond_the_models_is_refused_by_name_and_number(file: Path) -> None:
    """For added ones, files and packaged ones; the message has both numbers."""
    add_model("tiny", file)

    for weights, longest in (("tiny", 2048), (str(file), 2048), ("smollm2-135m-instruct", 8192)):
        assert isinstance(build_model(embedded(weights, longest)), LlamaModel)
        with pytest.raises(UsageError, match=rf"{longest + 1} tokens.* {longest} at most"):
            build_model(embedded(weights, longest + 1))


def test_a_project_is_checked_against_what_is_here(tmp_path: Path, file: Path) -> None:
    """Mistakes are errors; what is only not here is a doubt."""
    add_model("tiny", file)
    models = {
        "typo": embedded("tinny"),
        "long": embedded("tiny", 4096),
        "gone": embedded("gone.gguf"),
        "vectors": embedded("all-minilm-l6-v2"),
        "later": embedded("smollm2-135m-instruct"),
        "good": embedded("tiny", 2048),
        "cloud": ModelDef("cloud", "openai", base_url="https://x/v1", model="m"),
    }
    found = check_models(Project(tmp_path, models=models))

    assert [(d.code, d.severity) for d in found] == [
        ("unknown-weights", "error"),
        ("context-too-long", "error"),
        ("weights-not-here", "warning"),
        ("unknown-weights", "error"),
        ("weights-not-here", "warning"),
    ]
    assert "did you mean `tiny`?" in found[0].fix
    assert found[4].fix == "run `pantheon models pull smollm2-135m-instruct`"


def test_who_needs_a_model_is_named() -> None:
    """Models, agents whose tiers name none, specialists and the router."""
    agents = {
        "a": AgentDef("a", input=ANY_OBJECT, output=ANY_OBJECT, tiers=(PromptTier(),)),
        "b": AgentDef("b", input=ANY_OBJECT, output=ANY_OBJECT, tiers=(SpecialistTier(),)),
    }
    project = Project(
        Path(), agents=agents, models={"small": embedded("tiny")}, router=RouterDef(("f",))
    )

    assert users_of("tiny", project) == ("model `small`",)
    assert users_of("smollm2-135m-instruct", project) == ("agent `a`",)
    assert users_of("all-minilm-l6-v2", project) == ("agent `b`", "the router")
    assert users_of("other", project) == ()
