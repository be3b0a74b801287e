"""The report for programs: the model's fields under their own names, which stay stable."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, cast

from pantheon.ids import Json, JsonObject
from pantheon.report._model import Morning

FORMAT = "pantheon.report/1"
"""Changes when a key is renamed, removed or means something else; new keys do not change it."""


def to_json(morning: Morning) -> JsonObject:
    """The whole model as JSON values; keys are the names of the fields, documented there.

    Times are seconds since the epoch (UTC), money is USD, shares lie in 0..1.
    """
    return {"format": FORMAT, **cast("JsonObject", to_values(asdict(morning)))}


def render_json(morning: Morning) -> str:
    """The same as text; everything but ASCII is escaped, so it is safe to print anywhere."""
    return json.dumps(to_json(morning), indent=2, allow_nan=False)


def to_values(value: Any) -> Json:
    """Tuples become lists; the rest of a model is JSON already."""
    if isinstance(value, dict):
        return {name: to_values(part) for name, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [to_values(part) for part in cast("list[Any]", value)]
    return value
