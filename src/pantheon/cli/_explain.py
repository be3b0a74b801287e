"""`pantheon explain`: what a code, a key, an exit code or a reason means, and what to do about it."""

from __future__ import annotations

import inspect
from typing import Any

import click

from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.errors import ExitCode, NotFound


@click.command("explain")
@click.argument("topic", required=False)
@json_option
def command(topic: str | None, as_json: bool) -> None:
    """Say what a finding, a key, an exit code or a reason means.

    TOPIC is a code (P101, unknown-key), a key of pantheon.yaml (agents.tiers, promise.audit), the
    number of an exit code, or a reason (withheld). Without it: all codes.

    Example: pantheon explain promise.audit
    """
    if topic is None:
        _list_codes(as_json=as_json)
        return
    found = [*_codes(topic), *_exit_codes(topic), *_reasons(topic), *_keys(topic)]
    if not found:
        raise NotFound(f"Nothing is called {topic!r}.", hint=_near(topic))
    if as_json:
        echo_json({"topic": topic, "meanings": found})
        return
    for number, meaning in enumerate(found):
        if number:
            echo()
        _show(meaning)


def _list_codes(*, as_json: bool) -> None:
    from pantheon.lint import catalogue

    if as_json:
        echo_json({"meanings": [_code(entry) for entry in catalogue()]})
        return
    echo_table(("code", "name", "about"), [(e.number, e.name, e.title) for e in catalogue()])


# ----------------------------------------------------------------------------------- looking


def _codes(topic: str) -> list[dict[str, Any]]:
    from pantheon.lint import find_entry

    entry = find_entry(topic)
    return [_code(entry)] if entry else []


def _code(entry: Any) -> dict[str, Any]:
    return {
        "kind": "rule" if entry.rule else "mistake",
        "name": f"{entry.number} {entry.name}",
        "about": entry.title,
        "why": entry.why,
        "bad": entry.bad.text if entry.bad else None,
        "good": entry.good.text if entry.good else None,
        "fixable": entry.mends,
    }


def _exit_codes(topic: str) -> list[dict[str, Any]]:
    from pantheon import errors

    known = {str(int(code)): code for code in ExitCode} | {code.name: code for code in ExitCode}
    code = known.get(topic) or known.get(topic.upper())
    if code is None or (topic.upper() == code.name and not topic.isupper()):
        return []
    kinds = [
        found
        for found in vars(errors).values()
        if inspect.isclass(found)
        and issubclass(found, errors.PantheonError)
        and found is not errors.PantheonError
        and found.exit_code == code
    ]
    about = " ".join(" ".join((inspect.getdoc(kind) or "").split()) for kind in kinds)
    named = {"kind": "exit code", "name": f"{int(code)} {code.name}"}
    return [{**named, "about": about or "All went well."}]


def _reasons(topic: str) -> list[dict[str, Any]]:
    from pantheon.report import MEANINGS, remedy_words

    meaning = MEANINGS.get(topic)
    if meaning is None:
        return []
    words = f"{meaning.words[0].upper()}{meaning.words[1:]}."
    return [{"kind": "reason", "name": topic, "about": words, "remedy": remedy_words(topic)}]


def _keys(topic: str) -> list[dict[str, Any]]:
    from pantheon.lint import explain_key

    return [
        {
            "kind": "key",
            "name": key.path,
            "about": key.description,
            "type": key.type,
            "default": key.default or None,
            "required": key.required,
            "keys": dict(key.keys),
            "example": key.example,
        }
        for key in explain_key(topic)
    ]


def _near(topic: str) -> str:
    """The nearest topic, of every kind."""
    from pantheon.lint import catalogue, is_slip, known_paths
    from pantheon.report import MEANINGS
    from pantheon.spec import did_you_mean

    codes = [word for entry in catalogue() for word in (entry.number, entry.name)]
    paths = known_paths()
    ends = dict.fromkeys(path.rpartition(".")[2] for path in paths)
    known = list(dict.fromkeys((*codes, *MEANINGS, *ends, *paths)))
    slips = [word for word in known if is_slip(topic, word)]
    told = did_you_mean(topic, slips or known, otherwise="`pantheon explain` lists the codes")
    return f"{told[0].upper()}{told[1:]}"


# ----------------------------------------------------------------------------------- showing


def _show(meaning: dict[str, Any]) -> None:
    echo(f"{meaning['kind']} {meaning['name']}")
    echo(f"  {meaning['about']}")
    for key in ("why", "remedy"):
        if meaning.get(key):
            echo(f"  {meaning[key]}")
    if meaning["kind"] == "key":
        _show_key(meaning)
    for key, title in (("bad", "found in"), ("good", "not in"), ("example", "example")):
        if meaning.get(key):
            echo(f"\n  {title}:\n{_indented(meaning[key])}")
    if meaning.get("fixable"):
        echo("\n  `pantheon validate --fix` mends it.")


def _show_key(meaning: dict[str, Any]) -> None:
    echo(f"  type: {meaning['type']}{', required' if meaning['required'] else ''}")
    if meaning["default"]:
        echo(f"  default: {meaning['default']}")
    width = max(map(len, meaning["keys"]), default=0)
    for name, told in meaning["keys"].items():
        echo(f"    {name.ljust(width)}  {told}")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip("\n").split("\n"))
