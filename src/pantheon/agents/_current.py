"""What a user's function may know about the place it is called from."""

from __future__ import annotations

import contextvars

from pantheon.agents._tier import Request

NOWHERE = Request()
REQUEST: contextvars.ContextVar[Request] = contextvars.ContextVar(
    "pantheon_request", default=NOWHERE
)


def current_request() -> Request:
    """The request that the calling function answers: run, node, attempt, `idempotency_key`.

    Called anywhere else, it is a request without a run and with an empty key.
    """
    return REQUEST.get()
