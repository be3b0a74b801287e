"""Prompt → flow. The router is an agent: similarity at first, what the night taught it later.

May use flows and everything below. Every decision is an answer in the store, with candidates that
explain it; feedback on it teaches the router as feedback teaches any agent.
"""

from __future__ import annotations

from pantheon.routing._definition import OTHERWISE, ROUTER, agents_of, router_agent
from pantheon.routing._input import flow_input
from pantheon.routing._router import Route, Router
from pantheon.routing._similarity import Candidate, FlowTexts, SimilarityRunner

__all__ = [
    "OTHERWISE",
    "ROUTER",
    "Candidate",
    "FlowTexts",
    "Route",
    "Router",
    "SimilarityRunner",
    "agents_of",
    "flow_input",
    "router_agent",
]
