"""JSON Schema → llguidance grammar, so that a local model can only write what fits.

Token by token llguidance enforces types, enums, constants, ranges, lengths, patterns, known
formats, arrays, objects, `anyOf`, `allOf` and local references. What it cannot is left out of the
grammar and checked on the finished answer; what nobody could check is refused here.
"""

from __future__ import annotations

import json
import re

from pantheon.ids import Json, JsonObject
from pantheon.models._model import FailureReason, ModelFailure

_CHECKED_AFTERWARDS = frozenset(
    [
        "not",
        "if",
        "then",
        "else",
        "contains",
        "minContains",
        "maxContains",
        "uniqueItems",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "unevaluatedItems",
        "unevaluatedProperties",
        "x-guidance",
    ]
)
_REFUSED = frozenset({"$dynamicRef", "$recursiveRef"})
_FORMATS = frozenset(
    ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"]
)
_NAMED_SCHEMAS = frozenset({"properties", "patternProperties", "$defs", "definitions"})
_LISTED_SCHEMAS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLE_SCHEMAS = frozenset({"items", "additionalProperties"})
# No automaton can look around or remember a group.
_IRREGULAR = re.compile(r"\(\?[=!<]|\\[1-9]|\\[bB]")
_SPELLING: JsonObject = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
}


def json_grammar(schema: JsonObject) -> str:
    """A grammar for the schema's values; ModelFailure (`refused`) names what cannot be enforced.

    Spaces are spelled in one way, as models mostly write them: fewer tokens, and none that a
    small model can get lost in. llama.cpp gets this and not the schema because for a schema it
    would also let the model wrap its answer in a Markdown fence.
    """
    rules = _rewrite(schema, path="$")
    if not isinstance(rules, dict):
        raise _refusal("$", "is not an object")
    return f"%llguidance {{}}\nstart: %json {json.dumps({**rules, 'x-guidance': _SPELLING})}"


def _rewrite(schema: Json, *, path: str) -> Json:
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in _CHECKED_AFTERWARDS}
    rules: JsonObject = {}
    for key, value in kept.items():
        # A model need not show that exactly one alternative holds; the check afterwards does.
        name = "anyOf" if key == "oneOf" and "anyOf" not in kept else key
        if key == "format" and value not in _FORMATS:
            continue
        rules[name] = _rewrite_keyword(key, value, path=f"{path}.{key}")
    return rules


def _rewrite_keyword(key: str, value: Json, *, path: str) -> Json:
    if key in _REFUSED or (key == "$ref" and not str(value).startswith("#")):
        raise _refusal(path, "is a reference out of the schema")
    if key == "pattern":
        return _check_pattern(str(value), path=path)
    if key in _SINGLE_SCHEMAS:
        return _rewrite(value, path=path)
    if key in _LISTED_SCHEMAS and isinstance(value, list):
        return [_rewrite(item, path=f"{path}[{index}]") for index, item in enumerate(value)]
    if key in _NAMED_SCHEMAS and isinstance(value, dict):
        return {name: _rewrite(item, path=f"{path}.{name}") for name, item in value.items()}
    return value


def _check_pattern(pattern: str, *, path: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise _refusal(path, f"is no regular expression ({error})") from None
    if _IRREGULAR.search(pattern):
        raise _refusal(path, "looks around or back, which cannot be enforced while writing")
    return pattern


def _refusal(path: str, reason: str) -> ModelFailure:
    return ModelFailure(
        FailureReason.REFUSED,
        f"The embedded engine cannot be held to this schema: {path} {reason}. Change the "
        "contract, or use a model behind an endpoint.",
    )


def spell(value: Json, schema: JsonObject) -> str:
    """A value as a model that is held to `json_grammar(schema)` writes it: what to train it on."""
    return json.dumps(_in_order(value, schema), ensure_ascii=False, separators=(", ", ": "))


def _in_order(value: Json, schema: Json) -> Json:
    """Keys in the order of the schema's properties, then the others; references are not followed."""
    named = schema if isinstance(schema, dict) else {}
    if isinstance(value, list):
        return [_in_order(item, named.get("items")) for item in value]
    if not isinstance(value, dict):
        return value
    properties = named.get("properties")
    known = properties if isinstance(properties, dict) else {}
    keys = [*(key for key in known if key in value), *(key for key in value if key not in known)]
    return {key: _in_order(value[key], known.get(key)) for key in keys}
