"""What must not be copied out of a log: keys never, personal data not into files for review."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pantheon.ids import Json

_SECRETS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END|\Z)[A-Z -]*"),
    re.compile(r"\b(?:sk|pk|rk)[-_](?:[A-Za-z]+[-_])*[A-Za-z0-9_-]{16,200}"),
    re.compile(r"\b(?:ghp|gho|ghu|ghs|ghr|glpat|github_pat|xox[abprs]|hf|npm|pypi)[-_][A-Za-z0-9_-]{10,250}"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\bAIza[A-Za-z0-9_-]{30,40}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{5,1000}"),
    re.compile(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9+/._=-]{16,400}"),
    re.compile(
        r"(?i)\b(?:api[ _-]?key|secret|token|password|passwd|passphrase|pwd)\b[\"']?\s*(?:[:=]|\bis\b)\s*[\"']?"
        r"[^\s\"',;]{6,200}"
    ),
    re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,100}:[^\s/@]{3,200}@"),
)  # fmt: skip
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,5}")
_LONG_NUMBER = re.compile(r"(?<![\w.])\+?\d(?:[ ()/.-]{0,2}\d){8,18}(?![\w])")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_REMOVED = "[removed]"


def without_secrets(text: str) -> str:
    """The text with whatever looks like a key, a password or a token taken out."""
    for pattern in _SECRETS:
        text = pattern.sub(_REMOVED, text)
    return text


def holds_secret(value: Json) -> bool:
    """Whether any text in the value looks like a key, a password or a token."""
    return any(pattern.search(text) for text in _texts(value) for pattern in _SECRETS)


def holds_personal_data(value: Json) -> bool:
    """Whether a text names a mail address, a telephone, card or account number."""
    patterns = (_MAIL, _LONG_NUMBER, _ACCOUNT)
    return any(pattern.search(text) for text in _texts(value) for pattern in patterns)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
