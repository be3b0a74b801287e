"""Values as YAML on one line, which every reader of YAML 1.1 and 1.2 reads alike."""

from __future__ import annotations

import json
import re

from pantheon.ids import Json

_PLAIN = re.compile(r"[^\W\d][\w./*-]*(?: [\w./*-]+)*")
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


def spell(value: Json) -> str:
    """`{team: {enum: [cards, other]}}`: in brackets where it has parts, quotes only where needed."""
    match value:
        case str():
            return _spell_text(value)
        case list():
            return f"[{', '.join(map(spell, value))}]"
        case dict():
            return f"{{{', '.join(f'{_spell_text(k)}: {spell(v)}' for k, v in value.items())}}}"
        case _:
            return json.dumps(value)


def is_plain(text: str) -> bool:
    """Whether a text needs no quotes anywhere, for any reader."""
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _RESERVED


def _spell_text(text: str) -> str:
    if is_plain(text):
        return text
    if text.isprintable() and set(text) & {'"', "\\"} and "'" not in text:
        return f"'{text}'"  # as it is read, without a stroke before every quote
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(map(_visible, quoted))


def _visible(character: str) -> str:
    """Escaped as YAML has it: JSON's pairs of surrogates are two characters there."""
    code = ord(character)
    if character.isprintable():
        return character
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
