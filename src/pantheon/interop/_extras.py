"""What is optional: which package it is in, and the line that installs it."""

from __future__ import annotations

from types import ModuleType

from pantheon.errors import EnvironmentFault

_EXTRAS = {
    "pyagentspec": "agentspec",
    "langchain": "langchain",
    "langchain_core": "langchain",
    "langgraph": "langchain",
    "dspy": "dspy",
}
"""Module → the extra that brings it."""


def install_hint(module: str) -> str:
    """The line that installs a module, when it comes with an extra; else an empty text."""
    extra = _EXTRAS.get(module.partition(".")[0])
    return f"pip install 'pantheon[{extra}]'" if extra else ""


def load_optional(module: str, what: str) -> ModuleType:
    """An optional module; `what` needs it. Raises EnvironmentFault with the line to install it."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        top = module.partition(".")[0]
        wrong = "is not installed" if getattr(error, "name", None) == top else f"is broken: {error}"
        message = f"{what} needs the package `{top}`, which {wrong}."
        raise EnvironmentFault(message, hint=install_hint(module)) from None
