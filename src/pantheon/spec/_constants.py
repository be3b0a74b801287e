"""Values that definitions of every kind share."""

from __future__ import annotations

from pantheon.errors import Where
from pantheon.ids import JsonObject

NOWHERE = Where("<python>", 1, 1)
"""Where a definition was written that no file holds."""
ANY_OBJECT: JsonObject = {"type": "object"}
"""The contract that every object satisfies."""
