"""Bringing a promoted specialist back to life from its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.learn._specialist import Specialist
    from pantheon.models import Embedder


def load_specialist(artifact: bytes, *, embedder: Embedder | None = None) -> Specialist:
    """The specialist that a version's artifact holds; None: over the default embedder.

    Raises:
        InputError: the bytes are damaged or were written by a newer program.
    """
    from pantheon.learn._specialist import Specialist

    if embedder is None:
        from pantheon.models import embedder as default_embedder

        embedder = default_embedder()
    return Specialist.loads(artifact, embed=embedder.embed, space=embedder.id)
