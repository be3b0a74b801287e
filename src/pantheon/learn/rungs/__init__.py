"""One module for each way to learn a task; see `pantheon.learn._rung` for what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.learn._rung import Rung
    from pantheon.learn.rungs._adapted import LoraRung
    from pantheon.learn.rungs._cache import CacheRung
    from pantheon.learn.rungs._demos import DemosRung, LargerRung
    from pantheon.learn.rungs._encoder import EncoderRung
    from pantheon.learn.rungs._evolved import EvolvedRung
    from pantheon.learn.rungs._extract import ExtractorRung
    from pantheon.learn.rungs._machine import MachineRung, RecordRung
    from pantheon.learn.rungs._neighbours import NeighboursRung
    from pantheon.learn.rungs._record import RecordModel

_HOME = {
    "CacheRung": "_cache",
    "DemosRung": "_demos",
    "EncoderRung": "_encoder",
    "EvolvedRung": "_evolved",
    "ExtractorRung": "_extract",
    "LargerRung": "_demos",
    "LoraRung": "_adapted",
    "MachineRung": "_machine",
    "NeighboursRung": "_neighbours",
    "RecordModel": "_record",
    "RecordRung": "_machine",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


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


__all__ = [
    "CacheRung",
    "DemosRung",
    "EncoderRung",
    "EvolvedRung",
    "ExtractorRung",
    "LargerRung",
    "LoraRung",
    "MachineRung",
    "NeighboursRung",
    "RecordModel",
    "RecordRung",
    "all_rungs",
]
