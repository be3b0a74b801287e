"""Bringing a promoted specialist back to life from its bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.learn._rows import Embed
    from pantheon.learn._rung import LocalModels, RungModel
    from pantheon.models import Embedder


@dataclass(frozen=True, slots=True)
class Around:
    """What a model needs besides its own bytes.

    - chat: a local model by its name under `models` (None: the default one); None where no model
      may be used
    """

    embed: Embed
    space: str
    chat: LocalModels | None = None


def load_specialist(
    artifact: bytes,
    *,
    embedder: Embedder | None = None,
    chat: LocalModels | None = None,
) -> RungModel:
    """The specialist that a version's artifact holds; None: over the default embedder.

    Raises:
        InputError: the bytes are damaged or were written by a newer program.
    """
    if embedder is None:
        from pantheon.models import embedder as default_embedder

        embedder = default_embedder()
    return load_model(artifact, Around(embedder.embed, embedder.id, chat))


def load_model(artifact: bytes, around: Around) -> RungModel:
    """The model of any rung, by the kind its bytes name."""
    from pantheon.errors import InputError
    from pantheon.learn import _archive

    kind = _archive.kind_of(artifact)
    loader = _LOADERS.get(kind)
    if loader is None:
        raise InputError(
            f"This specialist is of the kind {kind!r}, which this program does not know.",
            hint="Roll back to an earlier version, or use the program that wrote it.",
        )
    return loader(artifact, around)


def _load_machine(artifact: bytes, around: Around) -> RungModel:
    from pantheon.learn._specialist import Specialist

    return Specialist.loads(artifact, embed=around.embed, space=around.space)


def _load_cache(artifact: bytes, around: Around) -> RungModel:
    from pantheon.learn import _archive
    from pantheon.learn.rungs._cache import Memory

    del around
    return Memory.loads(*_archive.unpack(artifact))


def _load_neighbours(artifact: bytes, around: Around) -> RungModel:
    from pantheon.learn import _archive
    from pantheon.learn.rungs._neighbours import Neighbours

    head, arrays = _archive.unpack(artifact)
    return Neighbours.loads(head, arrays, embed=around.embed, space=around.space)


def _load_record(artifact: bytes, around: Around) -> RungModel:
    from pantheon.learn import _archive
    from pantheon.learn.rungs._record import RecordModel

    head, arrays = _archive.unpack(artifact)
    return RecordModel.loads(head, arrays, embed=around.embed, space=around.space)


def _load_extractor(artifact: bytes, around: Around) -> RungModel:
    from pantheon.learn import _archive
    from pantheon.learn.rungs._extractor import Extractor

    head, arrays = _archive.unpack(artifact)
    return Extractor.loads(head, arrays, embed=around.embed, space=around.space)


def _load_generative(artifact: bytes, around: Around) -> RungModel:
    from pantheon.learn.rungs._generative import GenerativeModel

    return GenerativeModel.loads(artifact, around)


def _load_encoder(artifact: bytes, around: Around) -> RungModel:
    from pantheon.learn import _archive
    from pantheon.learn.rungs._encoder import EncoderModel

    del around
    return EncoderModel.loads(*_archive.unpack(artifact))


Loader = Callable[[bytes, Around], "RungModel"]
_LOADERS: dict[str, Loader] = {
    "machine": _load_machine,
    "cache": _load_cache,
    "neighbours": _load_neighbours,
    "record": _load_record,
    "extractor": _load_extractor,
    "generative": _load_generative,
    "encoder": _load_encoder,
}
