"""Python types of a contract, and the function that an agent calls, ready to be filled in."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field
from typing import cast

from pantheon.ids import Json, JsonObject
from pantheon.scaffold._value import sample
from pantheon.text import scrub

_NAMES = {"integer": "int", "number": "float", "boolean": "bool", "string": "str", "null": "None"}


def types_of(schema: JsonObject, name: str) -> str:
    """`TypedDict` classes for an object's schema, the outermost last and called `name`."""
    writer = _Writer()
    writer.define(name, schema)
    return "\n\n\n".join(writer.classes)


def function_stub(name: str, description: str, input: JsonObject, output: JsonObject) -> str:
    """A module with the types of what comes back, and a function that satisfies the contract.

    Its inputs are parameters by name, as agents call it; names that Python keeps go in `**rest`.
    """
    writer = _Writer()
    returned = f"{camel(name)}Output"
    writer.define(returned, output)
    parameters = ", ".join(_parameters(input, writer))
    imports = ", ".join(sorted({"TypedDict", *writer.imports}))
    classes = "\n\n\n".join(writer.classes)
    text = _line(description) or f"Answers for the agent `{name}`."
    return (
        f'"""{text}"""\n\nfrom __future__ import annotations\n\nfrom typing import {imports}\n\n\n'
        f"{classes}\n\n\n"
        f'def {name}({parameters}) -> {returned}:\n    """{text}"""\n'
        f"    # Replace this by the real work; it only satisfies the contract.\n"
        f"    return {sample(output)!r}  # type: ignore[return-value]\n"
    )


def camel(name: str) -> str:
    """`word_count` → `WordCount`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name) if part)


def _line(text: str) -> str:
    """One line that cannot end the docstring."""
    return " ".join(scrub(text).split()).replace("\\", "\\\\").replace('"""', "'''").rstrip('"')


def _parameters(schema: JsonObject, writer: _Writer) -> list[str]:
    fields = cast("dict[str, JsonObject]", schema.get("properties", {}))
    required = set(cast("list[str]", schema.get("required", [])))
    plain = {name: part for name, part in fields.items() if _is_name(name)}
    first = [f"{n}: {writer.type_of(n, part)}" for n, part in plain.items() if n in required]
    later = [
        f"{n}: {_or_none(writer.type_of(n, part))} = None"
        for n, part in plain.items()
        if n not in required
    ]
    rest = ["**rest: object"] if len(plain) < len(fields) or not fields else []
    return [*first, *later, *rest]


def _or_none(type: str) -> str:
    return type if type in {"object", "None"} else f"{type} | None"


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


@dataclass(slots=True)
class _Writer:
    """Collects the classes that a type needs, inner ones first."""

    classes: list[str] = field(default_factory=list[str])
    imports: set[str] = field(default_factory=set[str])
    taken: set[str] = field(default_factory=set[str])

    def define(self, name: str, schema: JsonObject) -> str:
        """Write the class of an object; its name."""
        self.taken.add(name)
        fields = cast("dict[str, JsonObject]", schema.get("properties", {}))
        required = set(cast("list[str]", schema.get("required", [])))
        self.imports.add("TypedDict")
        typed = {n: self.field_type(n, part, n in required) for n, part in fields.items()}
        if all(map(_is_name, fields)):
            lines = [f"    {n}: {t}" for n, t in typed.items()] or ["    pass"]
            self.classes.append("\n".join([f"class {name}(TypedDict):", *lines]))
        else:
            inner = ", ".join(f"{n!r}: {t}" for n, t in typed.items())
            self.classes.append(f"{name} = TypedDict({name!r}, {{{inner}}})")
        return name

    def field_type(self, name: str, schema: JsonObject, required: bool) -> str:
        found = self.type_of(name, schema)
        if required:
            return found
        self.imports.add("NotRequired")
        return f"NotRequired[{found}]"

    def type_of(self, name: str, schema: JsonObject) -> str:
        """The annotation of a value."""
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(values, list) and all(isinstance(v, str | int | None) for v in values):
            self.imports.add("Literal")
            return f"Literal[{', '.join(map(repr, values))}]"
        for key in ("anyOf", "oneOf"):
            branches = schema.get(key)
            if isinstance(branches, list):
                return self.union(name, branches)
        named = schema.get("type")
        if isinstance(named, list):
            return self.union(name, [{**schema, "type": each} for each in named])
        return self.plain(name, schema, named)

    def union(self, name: str, branches: list[Json]) -> str:
        found = [self.type_of(name, cast("JsonObject", b)) for b in branches if isinstance(b, dict)]
        distinct = list(dict.fromkeys(found))
        return "object" if "object" in distinct or not distinct else " | ".join(distinct)

    def plain(self, name: str, schema: JsonObject, named: Json) -> str:
        if named == "array":
            items = schema.get("items")
            return f"list[{self.type_of(name, items) if isinstance(items, dict) else 'object'}]"
        if named == "object" or "properties" in schema:
            if not schema.get("properties"):
                return "dict[str, object]"
            return self.define(self.free(camel(name) or "Part"), schema)
        return _NAMES.get(str(named), "object")

    def free(self, name: str) -> str:
        """The name, or with a number when it is taken; never one that starts with a digit."""
        name = name if name.isidentifier() else f"Part{name}"
        number = 2
        chosen = name
        while chosen in self.taken:
            chosen, number = f"{name}{number}", number + 1
        return chosen
