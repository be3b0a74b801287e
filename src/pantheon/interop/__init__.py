"""Other formats and libraries: what is taken from them, what is given to them, what gets lost.

Flows and agents go out as Open Agent Spec, as an A2A agent card, as Mermaid or as plain
`pantheon.yaml`, and come in from Open Agent Spec; whatever the other format cannot hold is named.
Runnables of LangChain and LangGraph and modules of DSPy are called like functions. May use spec and
editing. Nothing optional is imported until something needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.interop._a2a import to_agent_card
    from pantheon.interop._adapters import Adapted, Runnable, Shape, adapt, is_adaptable
    from pantheon.interop._agentspec_export import to_agentspec
    from pantheon.interop._agentspec_import import from_agentspec
    from pantheon.interop._extras import install_hint, load_optional
    from pantheon.interop._losses import Carried, Loss
    from pantheon.interop._own import to_own_yaml

_MODULES: dict[str, tuple[str, ...]] = {
    "_a2a": ("to_agent_card",),
    "_adapters": ("Adapted", "Runnable", "Shape", "adapt", "is_adaptable"),
    "_agentspec_export": ("to_agentspec",),
    "_losses": ("Carried", "Loss"),
    "_own": ("to_own_yaml",),
    "_agentspec_import": ("from_agentspec",),
    "_extras": ("install_hint", "load_optional"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "Adapted",
    "Carried",
    "Loss",
    "Runnable",
    "Shape",
    "adapt",
    "from_agentspec",
    "install_hint",
    "is_adaptable",
    "load_optional",
    "to_agent_card",
    "to_agentspec",
    "to_own_yaml",
]
