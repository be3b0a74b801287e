"""One large file over HTTPS: to a partial file first, gone on with where it broke off.

What a server says is not believed: redirects stay on https, no more is written than was announced
or fits, and a part is only gone on with when the server says that the file is still the same one.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from pantheon.clock import Clock, SystemClock
from pantheon.errors import Busy, WeightsFault
from pantheon.models._weights import Progress
from pantheon.text import clean

_CHUNK: Final = 1 << 20
_ATTEMPTS: Final = 4
_REDIRECTS: Final = 5
_TIMEOUT: Final = 60.0
_STEPS: Final = 20
"""How often progress is told."""
_LARGEST: Final = 1 << 40
"""Bytes; no server makes us write more."""
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+)")
_NUMBER: Final = re.compile(r"\[Errno -?\d+\] ")
_REFUSED: Final = {
    401: "it wants to know who asks",
    403: "it does not give it to everybody",
    404: "it has no such file",
    410: "it has no such file any longer",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sent back."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters; of a redirect, those that only it had are among them."""
    chunks: Iterator[bytes]


class Opener(Protocol):
    """Sends one GET. Raises OSError when nobody answers, or the connection breaks."""

    def __call__(
        self, url: str, headers: Mapping[str, str], /
    ) -> AbstractContextManager[Answer]: ...


@contextlib.contextmanager
def open_https(url: str, headers: Mapping[str, str], /) -> Generator[Answer]:
    """Over the network, as the environment configures it (proxies, certificates)."""
    import httpx2

    kept: dict[str, str] = {}
    try:
        with httpx2.Client(follow_redirects=False, timeout=_TIMEOUT) as client:
            for _ in range(_REDIRECTS + 1):
                if httpx2.URL(url).scheme != "https":
                    raise _insecure(url)
                with client.stream("GET", url, headers=dict(headers)) as response:
                    kept |= {name.lower(): text for name, text in response.headers.items()}
                    if not response.has_redirect_location:
                        yield Answer(response.status_code, kept, response.iter_raw(_CHUNK))
                        return
                    url = str(response.url.join(response.headers["location"]))
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise OSError(str(error) or type(error).__name__) from error
    raise OSError("it redirects in circles")


@dataclass(frozen=True, slots=True)
class Network:
    """How files are asked for, and how time passes between two tries."""

    opener: Opener = open_https
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A whole file that still has its partial name."""

    path: Path
    announced: str | None
    """The SHA-256 that the hub itself gives for it, if any."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A download that broke off."""

    name: str
    """What it is to be called."""
    source: str
    path: Path
    size: int
    """Bytes that are there."""

    def discard(self) -> None:
        """Begin from the start the next time."""
        self.path.unlink(missing_ok=True)
        _facts_of(self.path).unlink(missing_ok=True)


def unfinished(folder: Path) -> tuple[Unfinished, ...]:
    """The downloads of a folder that broke off."""
    found = [(path, read_facts(path)) for path in sorted(folder.glob("*.gguf"))]
    return tuple(
        Unfinished(facts["name"], facts["source"], path, path.stat().st_size)
        for path, facts in found
        if facts.keys() >= {"name", "source"}
    )


@contextlib.contextmanager
def downloaded(
    url: str,
    partial: Path,
    *,
    name: str,
    network: Network,
    tell: Progress,
) -> Generator[Downloaded]:
    """Bring `url` into `partial`, going on with what is there of it; nobody else may meanwhile.

    `name`: what it is to be called, for `unfinished`. Once it is there it is used or given up: afterwards nothing is left of it. Raises WeightsFault
    when it cannot be brought (what has arrived is kept), Busy when another process is at it.
    """
    with _alone(partial) as target:
        fetch = _Fetch(url, partial, target, network=network, tell=tell, name=name)
        done = _try_again(fetch, tell, network.clock)
        try:
            yield done
        finally:
            partial.unlink(missing_ok=True)
            _facts_of(partial).unlink(missing_ok=True)


def _try_again(fetch: _Fetch, tell: Progress, clock: Clock) -> Downloaded:
    for attempt in range(1, _ATTEMPTS):
        try:
            return fetch.once()
        except _Again as again:
            tell(f"{again.why}; trying again ({attempt} of {_ATTEMPTS - 1})")
            asyncio.run(clock.sleep(2.0 ** (attempt - 1)))
    try:
        return fetch.once()
    except _Again as again:
        raise _unreachable(fetch.url, again.why, fetch.partial) from None


class _Again(Exception):
    """Internal: it may work the next time."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Fetch:
    """The attempts at one file."""

    def __init__(
        self,
        url: str,
        partial: Path,
        target: BinaryIO,
        *,
        network: Network,
        tell: Progress,
        name: str,
    ) -> None:
        self.url = url
        self._name = name
        self.partial = partial
        self._target = target
        self._opener = network.opener
        self._tell = tell

    def once(self) -> Downloaded:
        """One attempt. Raises _Again or WeightsFault."""
        had, validator = self._known()
        headers = {"Accept-Encoding": "identity"}
        if had and validator:
            headers |= {"Range": f"bytes={had}-", "If-Range": validator}
        try:
            with self._opener(self.url, headers) as answer:
                return self._take(answer, had if "Range" in headers else 0)
        except OSError as error:
            raise _Again(_reason(error)) from None

    def _take(self, answer: Answer, had: int) -> Downloaded:
        begins, total = self._begin(answer, had)
        self._target.truncate(begins)
        self._target.seek(begins)
        if not begins:
            self._remember(answer)
        room = shutil.disk_usage(self.partial.parent).free
        if total is not None and total - begins > room:
            raise WeightsFault(
                f"{_shown(self.url)} has {total / 1e6:.0f} MB; there is room for "
                f"{room / 1e6:.0f} MB.",
                hint="Free some, or set PANTHEON_CACHE to a directory with more room.",
            )
        self._write(answer, begins, total)
        linked = answer.headers.get("x-linked-etag", "").strip('"').lower()
        return Downloaded(self.partial, linked if len(linked) == 64 else None)

    def _begin(self, answer: Answer, had: int) -> tuple[int, int | None]:
        """Where the answer begins, and how long the file is."""
        status, headers = answer.status, answer.headers
        if status == 206 and had:
            found = _RANGE.fullmatch(headers.get("content-range", ""))
            if found is None or int(found[1]) != had or int(found[2]) < had:
                self._forget()
                raise _Again("the server sent another part than was asked for")
            return had, int(found[2])
        if status == 200:
            length = headers.get("content-length", "")
            return 0, int(length) if length.isdecimal() else None
        if status == 416:
            if had and headers.get("content-range") == f"bytes */{had}":
                return had, had
            self._forget()
            raise _Again("the file is another one now")
        if status in (408, 425, 429) or status >= 500:
            raise _Again(f"the server is not ready ({status})")
        raise _refused(self.url, status)

    def _write(self, answer: Answer, begins: int, total: int | None) -> None:
        if begins == total:
            return  # all of it was there
        most = _LARGEST if total is None else min(total, _LARGEST)
        written, told = begins, begins * _STEPS // max(1, most)
        for chunk in answer.chunks:
            written += len(chunk)
            if written > most:
                self._forget()
                raise _Again("the server sent more than it had announced")
            self._target.write(chunk)
            if total and written * _STEPS // total > told:
                told = written * _STEPS // total
                self._tell(f"{told * 100 // _STEPS} % of {total / 1e6:.0f} MB")
        self._target.flush()
        if total is not None and written < total:
            raise _Again(f"the connection broke off at {written / 1e6:.0f} MB")

    # ------------------------------------------------------------------ what is there

    def _known(self) -> tuple[int, str]:
        """Bytes that are there of this file, and how the server can tell that it is the same."""
        facts = read_facts(self.partial)
        if facts.get("key") != _key(self.url):
            return 0, ""
        self._target.seek(0, 2)
        return self._target.tell(), facts.get("validator", "")

    def _remember(self, answer: Answer) -> None:
        """A weak tag promises no equal bytes, so it is as good as none."""
        tag = answer.headers.get("etag", "")
        validator = tag if tag.startswith('"') else answer.headers.get("last-modified", "")
        facts = {"key": _key(self.url), "source": _shown(self.url)}
        facts |= {"name": self._name, "validator": validator}
        _facts_of(self.partial).write_text(json.dumps(facts), "utf-8")

    def _forget(self) -> None:
        self._target.truncate(0)
        _facts_of(self.partial).unlink(missing_ok=True)


def read_facts(partial: Path) -> dict[str, str]:
    """What was written down of a partial file; nothing when that is damaged."""
    try:
        found: object = json.loads(_facts_of(partial).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    facts = cast("dict[object, object]", found)
    return {str(key): value for key, value in facts.items() if isinstance(value, str)}


def _key(url: str) -> str:
    """The address itself may hold a token, and is not kept."""
    return hashlib.sha256(url.encode()).hexdigest()


def _facts_of(partial: Path) -> Path:
    return partial.with_suffix(".json")


@contextlib.contextmanager
def _alone(partial: Path) -> Generator[BinaryIO]:
    """The partial file, open and ours alone."""
    import fcntl

    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        handle = partial.open("a+b")
    except OSError as error:
        raise WeightsFault(
            f"{partial.parent} cannot be written to: {error}.",
            hint="Set PANTHEON_CACHE to a directory that you may write to.",
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(
                "Another process is fetching this file already.", hint="Wait for it."
            ) from None
        try:
            yield handle
        finally:
            handle.seek(0, 2)
            if not handle.tell():
                partial.unlink(missing_ok=True)


# ---------------------------------------------------------------------------------- failures


def _insecure(url: str) -> WeightsFault:
    return WeightsFault(
        f"The server sends on to {_shown(url)}, which is not https.",
        hint="Get the file in another way, and add it with `pantheon models add`.",
    )


def _refused(url: str, status: int) -> WeightsFault:
    why = _REFUSED.get(status, "that is no file")
    return WeightsFault(
        f"{_shown(url)} was not given: the server answered {status} ({why}).",
        hint="Check the address; what needs a login, get with the hub's own tool and add with "
        "`pantheon models add NAME FILE`.",
    )


def _unreachable(url: str, why: str, partial: Path) -> WeightsFault:
    there = partial.stat().st_size if partial.exists() else 0
    kept = f" {there / 1e6:.1f} MB are kept, and the next try goes on there." if there else ""
    return WeightsFault(
        f"{_shown(url)} could not be fetched: {why}.{kept}",
        hint="Check the network and try again; or bring the file by other means and run "
        "`pantheon models add NAME FILE`.",
    )


def _reason(error: OSError) -> str:
    said = _NUMBER.sub("", error.strerror or str(error)) or type(error).__name__
    return clean(said, 160).rstrip(".")


def _shown(url: str) -> str:
    """Without a query: it may hold a token."""
    return clean(url.split("?", 1)[0], 200)
