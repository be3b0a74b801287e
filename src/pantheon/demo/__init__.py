"""The demo: a small project, and three days and nights of it on work that every machine has.

The work is real: docstrings of the Python standard library of whoever runs it. Without a cloud
endpoint recorded answers (the module each docstring came from) play the cloud, and it says so.
"""

from __future__ import annotations

from pantheon.demo._days import Asked, CalendarClock, Day, DemoPlan, play, recorded_answers
from pantheon.demo._project import lay_out

__all__ = ["Asked", "CalendarClock", "Day", "DemoPlan", "lay_out", "play", "recorded_answers"]
