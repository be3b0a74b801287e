"""One module for each way to learn a task; see `pantheon.learn._rung` for what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.learn._rung import Rung


def all_rungs(*, generative: bool = True) -> tuple[Rung, ...]:
    """The ladder, the cheapest first; each says itself which tasks it is unfit for.

    `generative`: with those that tune the encoder or have a language model write the answers, which
    takes minutes.
    """
    from pantheon.learn.rungs._cache import CacheRung
    from pantheon.learn.rungs._encoder import EncoderRung
    from pantheon.learn.rungs._extract import ExtractorRung
    from pantheon.learn.rungs._machine import MachineRung, RecordRung
    from pantheon.learn.rungs._neighbours import NeighboursRung

    tables: tuple[Rung, ...] = (
        CacheRung(),
        NeighboursRung(),
        MachineRung(),
        RecordRung(),
        ExtractorRung(),
    )
    dear = (EncoderRung(), *_generative_rungs())
    return (*tables, *dear) if generative else tables


def _generative_rungs() -> tuple[Rung, ...]:
    from pantheon.learn.rungs._adapted import LoraRung
    from pantheon.learn.rungs._demos import DemosRung, LargerRung
    from pantheon.learn.rungs._evolved import EvolvedRung

    return (DemosRung(), EvolvedRung(), LoraRung(), LargerRung())


__all__ = ["all_rungs"]
