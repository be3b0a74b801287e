"""The prompt of a log as a Jinja template for the agent's cloud tier, and as a description."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pantheon.learn.discover._secrets import without_secrets
from pantheon.learn.discover._tasks import Recurring, Wording
from pantheon.learn.discover._templates import Template
from pantheon.text import clean, scrub

_LONGEST_DESCRIPTION = 200
_MARK = re.compile(r"\x02\w+\x03")
_CODE = re.compile(r"\{[{%#]|[}%#]\}|\x02")


def describe(template: Template | None, name: str) -> str:
    """What the agent does, in the prompt's own first words."""
    if template is None:
        return f"Recurring work of the log: {name.replace('_', ' ')}."
    said = "…".join(f"{run.before}{run.text}{run.after}" for run in template.runs)
    plain = _MARK.sub(" ", said).strip(" \n\t…-:#\"'`<>")
    return clean(without_secrets(plain), _LONGEST_DESCRIPTION)


def prompt_file(task: Recurring) -> str | None:
    """A template that asks as the commonest plain wording did; None where none can be written.

    Constant text that looks like Jinja is quoted: what stood in a log is never run.
    """
    plain = [w for w in task.wordings if w.template and len(w.kept) == w.template.slots]
    given = set(task.inputs[0])
    for wording in plain:
        names = _names(wording, task)
        if set(names.values()) == given and wording.template is not None:
            return _render(wording.template, names)
    return None


def _names(wording: Wording, task: Recurring) -> Mapping[int, str]:
    """Slot → field of the task's input; wordings may name their slots differently."""
    return dict(zip(wording.kept, task.inputs[0], strict=False))


def _render(template: Template, names: Mapping[int, str]) -> str | None:
    parts: list[str] = []
    for number, run in enumerate(template.runs):
        parts += [run.before, _quote(run.text), run.after]
        if number < template.slots:
            parts.append("{{ " + names[number] + " }}")
    text = "".join(parts)
    bare = _MARK.sub("\n\n", text).strip()
    return f"{bare}\n" if without_secrets(bare) == bare else None


def _quote(text: str) -> str:
    """Constant text as Jinja reads it literally."""
    pieces = re.split(r"(\x02\w+\x03)", scrub_marks(text))
    return "".join(p if _MARK.fullmatch(p) or not _CODE.search(p) else _literal(p) for p in pieces)


def _literal(text: str) -> str:
    return "{{ " + json.dumps(text, ensure_ascii=False) + " }}"


def scrub_marks(text: str) -> str:
    """Without characters that steer or hide, but for the marks of roles."""
    return "".join(p if _MARK.fullmatch(p) else scrub(p) for p in re.split(r"(\x02\w+\x03)", text))
