"""The names of `pyagentspec` that are used here, behind one object.

Components are made with ids of their places (`support/triage`), so that equal definitions are equal
text.
"""

from __future__ import annotations

import json
from typing import Any, cast

from pantheon.errors import InputError
from pantheon.ids import JsonObject
from pantheon.interop._extras import load_optional

_MODULES = (
    "pyagentspec",
    "pyagentspec.agent",
    "pyagentspec.flows.edges",
    "pyagentspec.flows.flow",
    "pyagentspec.flows.nodes",
    "pyagentspec.llms",
    "pyagentspec.llms.llmconfig",
    "pyagentspec.property",
    "pyagentspec.serialization",
    "pyagentspec.tools",
)

_REFERENCED = "$referenced_components"


def inputs_of(component: Any) -> list[Any]:
    """The inputs of a component."""
    return list(component.inputs or ())


def outputs_of(component: Any) -> list[Any]:
    """The outputs of a component."""
    return list(component.outputs or ())


def branches_of(component: Any) -> list[str]:
    """The branches by which a node may be left."""
    return [str(branch) for branch in component.branches or ()]


def _in_order(body: Any) -> Any:
    """What is referred to, by name: the library lists it in an order of chance."""
    if isinstance(body, list):
        return [_in_order(item) for item in cast("list[Any]", body)]
    if not isinstance(body, dict):
        return body
    items = cast("dict[str, Any]", body)
    ordered = {key: _in_order(value) for key, value in items.items()}
    if _REFERENCED in ordered:
        ordered[_REFERENCED] = dict(sorted(ordered[_REFERENCED].items()))
    return ordered


class Library:
    """Classes of the library by their names; raises EnvironmentFault where it is missing."""

    def __init__(self) -> None:
        self._modules = [load_optional(name, "Open Agent Spec") for name in _MODULES]

    def __getattr__(self, name: str) -> Any:
        for module in self._modules:
            found = getattr(module, name, None)
            if found is not None:
                setattr(self, name, found)
                return found
        raise AttributeError(name)

    def make(self, kind: str, place: str, **parts: Any) -> Any:
        """A component; its id is its place."""
        return getattr(self, kind)(id=place, **parts)

    def properties(self, schemas: dict[str, JsonObject]) -> list[Any]:
        """Properties of these titles."""
        return [self.Property(json_schema={**s, "title": t}) for t, s in schemas.items()]

    def write(self, component: Any, *, as_json: bool) -> str:
        """The component as text; equal components give equal text."""
        body = _in_order(self.AgentSpecSerializer().to_dict(component))
        if as_json:
            return json.dumps(body, indent=2, ensure_ascii=False) + "\n"
        dump: Any = load_optional("yaml", "Open Agent Spec").safe_dump
        return str(dump(body, sort_keys=False, allow_unicode=True, width=100))

    def read(self, text: str, *, as_json: bool) -> Any:
        """The component that a text holds. Raises InputError with what the library says."""
        reader = self.AgentSpecDeserializer()
        try:
            return reader.from_json(text) if as_json else reader.from_yaml(text)
        except RecursionError:
            said = "it is nested too deeply"
        except (AttributeError, KeyError, TypeError):
            said = "it is no mapping with a `component_type` and what belongs to it"
        except Exception as error:  # noqa: BLE001  it raises whatever its parts do
            said = " ".join(str(error).split())[:400] or type(error).__name__
        raise InputError(
            f"This is no component of Open Agent Spec: {said}.",
            hint="Give a file that `pyagentspec` loads, YAML or JSON.",
        )
