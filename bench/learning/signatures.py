"""A stream of records that needs no data folder: questions about Python's standard library.

Texts are phrases of many kinds around real names of modules, functions, parameters and defaults,
some typed carelessly; a record holds what the text names, nested and with optional fields. The
first sentences of docstrings are cited in some, so that names also stand where they mean nothing.
"""

from __future__ import annotations

import importlib
import inspect
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from recorded import Recorded, vectors_of

from pantheon.learn import group_texts

_MODULES = [
    "argparse",
    "ast",
    "asyncio",
    "base64",
    "bisect",
    "bz2",
    "calendar",
    "codecs",
    "collections",
    "colorsys",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "email",
    "fileinput",
    "fnmatch",
    "fractions",
    "ftplib",
    "functools",
    "gettext",
    "glob",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "imaplib",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "linecache",
    "locale",
    "logging",
    "lzma",
    "mailbox",
    "math",
    "mimetypes",
    "netrc",
    "numbers",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "plistlib",
    "pprint",
    "queue",
    "quopri",
    "random",
    "re",
    "sched",
    "secrets",
    "selectors",
    "shelve",
    "shlex",
    "shutil",
    "smtplib",
    "socket",
    "sqlite3",
    "ssl",
    "stat",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sysconfig",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "timeit",
    "token",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "urllib.parse",
    "urllib.request",
    "uuid",
    "warnings",
    "wave",
    "weakref",
    "webbrowser",
    "xml.dom",
    "xml.sax",
    "zipfile",
    "zlib",
]
_ASK = (
    "what does {parameter} mean in {call}",
    "In {module}, which default has the {parameter} of {function}?",
    "{call} ignores {parameter}={value}, is that a bug",
    "Since {version} {call} fails with {error}",
    "How do I call {function} from {module} with {parameter} set to {value}?",
    "please deprecate {parameter} in {call} by {version}",
    "{error} when {parameter} is {value}; {module} on {version}",
    "docs of {call} say “{doc}” but not what {parameter} does",
    "explain {call} to me",
    "is {function} thread safe?",
    "I get {error} from {function}, python {version}",
    "The page about {module} says “{doc}”. Please reword it.",
    "could {function} in {module} take a {parameter}, like {other} does",
    "rename {parameter} to {other} in {call}",
    "{function}: {doc}",
)
_INTENTS = [
    "ask",
    "default",
    "bug",
    "bug",
    "ask",
    "request",
    "bug",
    "docs",
    "ask",
    "ask",
    "bug",
    "docs",
    "request",
    "request",
    "docs",
]
_ERRORS = [
    "TypeError",
    "ValueError",
    "KeyError",
    "OSError",
    "a",
    "crash",
    "RuntimeError",
    "OverflowError",
]


@dataclass(frozen=True, slots=True)
class _Function:
    module: str
    name: str
    parameters: tuple[tuple[str, str], ...]
    doc: str


def signatures(*, count: int = 6000, seed: int = 0) -> Recorded:
    """So many texts and records, always the same ones for a version of Python."""
    rng = random.Random(seed)
    known = sorted(_functions(), key=lambda f: (f.module, f.name))
    pairs = [_make(rng, known) for _ in range(count)]
    texts = [text for text, _ in pairs]
    labels = [json.dumps(record, sort_keys=True, separators=(",", ":")) for _, record in pairs]
    wanted = sorted(set(texts))
    vectors = dict(zip(wanted, vectors_of(wanted, "stdlib"), strict=True))
    ids = [f"stdlib-{number:05d}" for number in range(count)]
    return Recorded("stdlib", ids, texts, labels, group_texts(texts), vectors)


def _functions() -> Iterator[_Function]:
    for module in _MODULES:
        members = inspect.getmembers(importlib.import_module(module), callable)
        for name, member in members:
            parameters = _parameters(member)
            if not name.startswith("_") and parameters:
                doc = (inspect.getdoc(member) or "").split(". ")[0].split("\n")[0][:80]
                yield _Function(module, name, parameters, doc.strip(" ."))


def _parameters(member: Callable[..., Any]) -> tuple[tuple[str, str], ...]:
    try:
        found = inspect.signature(member).parameters.values()
    except (ValueError, TypeError):
        return ()
    plain = (str, int, float, bool, type(None))
    return tuple(
        (p.name, repr(p.default) if isinstance(p.default, plain) else "None")
        for p in found
        if p.kind is not p.VAR_POSITIONAL and p.name != "self" and len(p.name) > 1
    )[:8]


def _make(rng: random.Random, known: list[_Function]) -> tuple[str, dict[str, Any]]:
    kind = rng.randrange(len(_ASK))
    function, other = rng.choice(known), rng.choice(known)
    parameter, value = rng.choice(function.parameters or (("key", "None"),))
    parts = {
        "module": function.module,
        "function": function.name,
        "parameter": parameter,
        "value": rng.choice([value, "0", "True", "-1", "'utf-8'", value]),
        "version": f"3.{rng.randrange(6, 15)}",
        "error": rng.choice(_ERRORS),
        "other": rng.choice(other.parameters or (("key", ""),))[0],
        "doc": function.doc or "undocumented",
    }
    call = rng.choice(
        ["{module}.{function}", "{function}()", "{module}.{function}()", "{function}"]
    )
    phrase = _ASK[kind].replace("{call}", call)
    names = [name for name in parts if "{" + name + "}" in phrase and name != "doc"]
    text = _type(rng, phrase.format(**parts))
    target = {name: parts[name] for name in ("module", "function") if name in names}
    rest = {
        name: parts[name] for name in ("parameter", "value", "version", "error") if name in names
    }
    record: dict[str, Any] = {"intent": _INTENTS[kind], "target": target, **rest}
    return text, record | ({"others": [parts["other"]]} if "other" in names else {})


def _type(rng: random.Random, text: str) -> str:
    """As people type: without a capital, with a word of courtesy, without the question mark."""
    if rng.random() < 0.3:
        text = text.rstrip("?.")
    if rng.random() < 0.2:
        text = rng.choice(["hi, ", "Hello! ", "quick question: ", "@team ", "(urgent) "]) + text
    if rng.random() < 0.15:
        text += rng.choice([" thanks", " Thanks!", " (Windows)", " - any idea?", " :("])
    return text
