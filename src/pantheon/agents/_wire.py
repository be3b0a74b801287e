"""The frames that a worker process and its pool exchange: a length, then JSON.

Everything is ASCII JSON behind four bytes of length (big endian). Over one socket travel, in turn:

    to the worker    {"root": …, "path": […], "memory": …}          once, at its start
    from the worker  {"ready": true}
    to the worker    {"function": "module:function", "input": {…}, "request": {…}}
    from the worker  {"loaded": true}                                its time limit begins
    from the worker  {"output": {…}, "accepted": …} or {"reason": …, "detail": …}
"""

from __future__ import annotations

import json
import struct

from pantheon.ids import Json, JsonObject

HEADER = struct.Struct(">I")


def encode_frame(message: JsonObject) -> bytes:
    """A message as it travels. Raises ValueError for what JSON cannot carry."""
    body = json.dumps(message, allow_nan=False).encode("ascii")
    return HEADER.pack(len(body)) + body


def decode_body(body: bytes) -> JsonObject:
    """The message of a frame's body. Raises ValueError when it is no JSON object."""
    message: Json = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a frame must hold an object")
    return message
