"""The night: queued work, then lessons; and simulated nights on recorded work.

May use everything below reports: flows to run work, learn to teach. Owns when things happen and
within which budget; what is learned and what may be promoted is decided in `learn`.
"""

from __future__ import annotations

from pantheon.night._changes import Change
from pantheon.night._corpus import standard_library_stream
from pantheon.night._figures import Figures, Share
from pantheon.night._fleet import (
    BadCandidate,
    ChatLog,
    Fleet,
    FleetDay,
    FleetSimulation,
    Member,
    simulate_fleet,
)
from pantheon.night._fleet_file import read_fleet
from pantheon.night._fleet_told import fleet_to_json, render_fleet
from pantheon.night._import import ImportReport, import_stream
from pantheon.night._queue import Limits, QueueFigures
from pantheon.night._relabel import Relabelled, relabel
from pantheon.night._run import NightPlan, NightReport, NightStep, run_night
from pantheon.night._simulate import Subject, simulate
from pantheon.night._simulation import (
    Day,
    NightFigures,
    Simulation,
    SimulationSettings,
    simulation_to_json,
)
from pantheon.night._stream import BadLine, Stream, StreamRow, read_stream, stream_of
from pantheon.night._table import render_table

__all__ = [
    "BadCandidate",
    "Change",
    "ChatLog",
    "Fleet",
    "FleetDay",
    "FleetSimulation",
    "Member",
    "fleet_to_json",
    "read_fleet",
    "render_fleet",
    "simulate_fleet",
    "BadLine",
    "Day",
    "Figures",
    "ImportReport",
    "Limits",
    "NightFigures",
    "NightPlan",
    "NightReport",
    "NightStep",
    "QueueFigures",
    "Relabelled",
    "Share",
    "Simulation",
    "SimulationSettings",
    "Stream",
    "StreamRow",
    "Subject",
    "import_stream",
    "read_stream",
    "relabel",
    "render_table",
    "run_night",
    "simulate",
    "simulation_to_json",
    "standard_library_stream",
    "stream_of",
]
