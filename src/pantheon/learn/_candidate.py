"""What the ladder puts up for promotion: a model, what certifies it, and what it was judged by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from pantheon.ids import Json, JsonObject
    from pantheon.learn._calibrate import Calibration
    from pantheon.learn._rung import Judged, RungModel

ModelT_co = TypeVar("ModelT_co", bound="RungModel", covariant=True)


@dataclass(frozen=True, slots=True)
class Candidate(Generic[ModelT_co]):
    """One rung's certified (or not) model.

    - specialist: accepts from the calibrated threshold on
    - trained_on, held_out: how many rows went where
    - judged: what its calibration rests on
    - rung, cost: its name and place on the ladder
    - note: figures for people
    """

    specialist: ModelT_co
    calibration: Calibration
    trained_on: int
    held_out: int
    judged: Judged
    rung: str = "machine"
    cost: int = 0
    note: JsonObject = field(default_factory=dict[str, "Json"])
