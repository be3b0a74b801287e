"""First files: a project, an agent, a flow or a tool, each complete enough to run and be tested.

What is made is a list of files; nothing that exists is overwritten. May use spec and editing.
"""

from __future__ import annotations

from pantheon.scaffold._agent import AgentOrder, agent_files, tool_files
from pantheon.scaffold._files import File, Placed, place
from pantheon.scaffold._flow import flow_files
from pantheon.scaffold._include import included
from pantheon.scaffold._project import TEMPLATES, Cloud, project_files, schema_files
from pantheon.scaffold._stub import types_of
from pantheon.scaffold._value import sample

__all__ = [
    "TEMPLATES",
    "AgentOrder",
    "Cloud",
    "File",
    "Placed",
    "agent_files",
    "flow_files",
    "included",
    "place",
    "project_files",
    "sample",
    "schema_files",
    "tool_files",
    "types_of",
]
