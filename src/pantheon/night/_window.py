"""The hours of the night: until when a night that begins now takes new work."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo


def window_end(window: str | None, now: float, *, zone: tzinfo | None = None) -> float | None:
    """When the window that holds `now` ends, in seconds since the epoch.

    None without a window, and outside of it: whoever starts a night by hand at noon means it.

    Args:
        window: `22:00-06:00`, by the clock on the wall; may span midnight.
        now: seconds since the epoch.
        zone: of the wall; None: the machine's own.
    """
    if window is None:
        return None
    begin, end = (_minutes(part) for part in window.split("-", 1))
    moment = datetime.fromtimestamp(now, zone).astimezone(zone)
    minute = moment.hour * 60 + moment.minute
    left = (end - minute) % _DAY
    inside = (minute - begin) % _DAY < (end - begin) % _DAY
    if not inside:
        return None
    start_of_minute = moment.replace(second=0, microsecond=0)
    return (start_of_minute + timedelta(minutes=left)).timestamp()


_DAY = 24 * 60


def _minutes(text: str) -> int:
    hours, minutes = text.strip().split(":")
    return int(hours) * 60 + int(minutes)
