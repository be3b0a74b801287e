"""What `pantheon deploy` may ask of a version on trial: its guards, and when it becomes stable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pantheon.ids import JsonObject

_guard = click.option(
    "--guard",
    "guards",
    metavar="NAME=BOUND",
    multiple=True,
    help="Stop it when this is shown to be passed: error_rate=5%, disagreement=10%, cost=+20%, "
    "cost=0.02, latency=2s.",
)
_promote_after = click.option(
    "--promote-after",
    type=click.IntRange(min=1),
    metavar="RUNS",
    help="A canary becomes stable after so many runs, if it keeps its guards.",
)
_shadow_usd = click.option(
    "--shadow-usd",
    type=click.FloatRange(min=0),
    metavar="USD",
    help="What runs in the shadow may spend on remote models; nothing unless given.",
)


def trial_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how a trial ends."""
    return _guard(_promote_after(_shadow_usd(command)))


def read_trial(how: dict[str, Any]) -> JsonObject:
    """What they ask for, as the lock file keeps it. Raises UsageError."""
    guards, after, usd = how["guards"], how["promote_after"], how["shadow_usd"]
    if not guards and after is None and usd is None:
        return {}
    from pantheon.releases import guards_to_json

    return guards_to_json(guards, promote_after=after, max_usd=usd)
