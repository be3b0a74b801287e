"""A specialist survives being saved, and says what is wrong with a damaged file."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from pantheon.errors import InputError
from pantheon.learn import Promise, Specialist, fit
from tests.learn.worlds import draw_rows, embed

PROMISE = Promise(0.05, 0.95)


@pytest.fixture(scope="module")
def specialist() -> Specialist:
    """A small certified specialist."""
    return fit(draw_rows(200), embed=embed, promise=PROMISE).specialist


def test_it_answers_the_same_after_loading(specialist: Specialist) -> None:
    """Nothing that decides an answer is lost in the file."""
    data = specialist.dumps()
    loaded = Specialist.loads(data, embed=embed)
    texts = [row.text for row in draw_rows(700, seed=4)]
    assert loaded.answer(texts) == specialist.answer(texts)
    assert loaded.dumps() == data


def test_one_by_one_is_as_good_as_all_at_once(specialist: Specialist) -> None:
    """Labels and acceptance do not depend on who else asks."""
    texts = [row.text for row in draw_rows(40, seed=4)]
    together = specialist.answer(texts)
    alone = [specialist.answer([text])[0] for text in texts]
    assert [(a.label, a.accepted, a.nearest) for a in alone] == [
        (a.label, a.accepted, a.nearest) for a in together
    ]
    assert np.allclose([a.confidence for a in alone], [a.confidence for a in together], atol=1e-4)


def test_vectors_of_another_embedder_are_refused(specialist: Specialist) -> None:
    """Their numbers would fit and mean nothing; the vectors it was trained on are taken."""
    data = replace(specialist, space="minilm").dumps()

    with pytest.raises(InputError, match="trained on vectors of minilm"):
        Specialist.loads(data, embed=embed, space="other")
    assert Specialist.loads(data, embed=embed, space="minilm").space == "minilm"


def test_no_questions_no_answers(specialist: Specialist) -> None:
    """An empty list is answered with one."""
    assert specialist.answer([]) == []


def test_an_example_is_its_own_nearest_neighbour(specialist: Specialist) -> None:
    """The memory names examples by id, the nearest first."""
    rows = {row.id: row for row in draw_rows(200)}
    known = [rows[name] for name in specialist.ids[:20]]
    answers = specialist.answer([row.text for row in known])
    assert [answer.nearest[0] for answer in answers] == [row.id for row in known]
    assert all(len(answer.nearest) == 3 for answer in answers)


def test_what_resembles_nothing_is_not_accepted(specialist: Specialist) -> None:
    """A foreign request is escalated although some label must come first."""
    assert not specialist.answer(["zebra quantum marmalade yodel"])[0].accepted


def test_the_file_holds_no_pickle(specialist: Specialist) -> None:
    """Every entry is JSON or a plain array."""
    with zipfile.ZipFile(io.BytesIO(specialist.dumps())) as archive:
        for name in archive.namelist():
            if name.endswith(".npy"):
                np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False)
            else:
                assert archive.read(name).startswith(b"{")


def _with(data: bytes, name: str, content: bytes) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, content if entry == name else old.read(entry))
    return changed.getvalue()


@pytest.mark.parametrize("damage", ["cut", "noise", "head", "newer", "array", "empty"])
def test_a_damaged_file_is_named_as_such(specialist: Specialist, damage: str) -> None:
    """Whatever is broken, the user hears that it cannot be read and what to do."""
    data = specialist.dumps()
    newer = b'{"format": "pantheon-specialist", "version": 99}'
    broken = {
        "cut": data[: len(data) // 2],
        "noise": b"\x00\x01" * 100,
        "head": _with(data, "head.json", b"[]"),
        "newer": _with(data, "head.json", newer),
        "array": _with(data, "ends.npy", b"\x93NUMPY"),
        "empty": b"",
    }[damage]
    with pytest.raises(InputError, match="cannot be read") as caught:
        Specialist.loads(broken, embed=embed)
    assert "Roll back" in caught.value.hint
