"""LoRA adapters on one base model: fetched by content hash, loaded beside, chosen per request.

llama.cpp takes adapters only when a server starts. So the server for adapters is not the one for
the plain base; when a new adapter is wanted, another server with the union is started beside, from
the same mapped weights, while the old one goes on, and takes its place when it is ready. What is
being written on the old one is finished there. A request for an adapter never meets the remembered
prompt of another: each has a slot of its own, and a slot that changes hands is cleared.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import threading
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from pantheon.errors import PantheonError
from pantheon.ids import ContentHash, JsonObject, hash_bytes
from pantheon.models._memory import give_back_memory
from pantheon.models._model import FailureReason, ModelFailure
from pantheon.models._native import ADAPTER_SLOTS, LlamaServer

ADAPTER_MEMORY = 256 << 20
"""Bytes of adapters kept loaded: some fifty of rank 8 on the default model."""

AdapterSource: TypeAlias = Callable[[ContentHash], bytes]
"""The bytes of a GGUF adapter by their hash, e.g. `store.blobs.get`; raises PantheonError."""
Start: TypeAlias = Callable[[Sequence[Path]], LlamaServer]
"""Starts a server with these adapters, in this order; raises ModelFailure."""

_HASH = re.compile(r"b2:([0-9a-f]{32})")
_MAGIC = b"GGUF"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A server, the number of each adapter in it, and which adapter each slot last served."""

    server: LlamaServer
    numbers: Mapping[ContentHash, int]
    slots: OrderedDict[int, ContentHash | None] = field(
        default_factory=lambda: OrderedDict.fromkeys(range(ADAPTER_SLOTS))
    )

    def choose(self, name: ContentHash) -> JsonObject:
        """What a request says to be answered with this adapter; in the worker's thread only."""
        mine = (slot for slot, owner in self.slots.items() if owner == name)
        slot = next(mine, next(iter(self.slots)))
        self.slots[slot] = name
        self.slots.move_to_end(slot)
        return {"lora": [{"id": self.numbers[name], "scale": 1.0}], "id_slot": slot}


class Adapters:
    """What is known of a model's adapters, and the server that holds those in use.

    `memory` bounds the bytes loaded: who was not asked for longest goes first. What is being asked
    for stays, even over the bound.
    """

    def __init__(
        self, model: str, start: Start, *, source: AdapterSource | None, memory: int
    ) -> None:
        self._model = model
        self._start = start
        self._source = source
        self._memory = memory
        self._lock = threading.Lock()
        self._sizes: OrderedDict[ContentHash, int] = OrderedDict()
        """Bytes of what lies in the folder; last what was asked for last."""
        self._in_use: Counter[ContentHash] = Counter()
        self._proven: set[ContentHash] = set()
        self._folder: Path | None = None
        self._live: Loaded | None = None
        self._stager = ThreadPoolExecutor(1, thread_name_prefix=f"adapters-{model}")

    @property
    def live(self) -> Loaded | None:
        """The server there is now; whoever uses it keeps it alive."""
        return self._live

    def shelve(self, name: ContentHash, data: bytes) -> None:
        """Keep the bytes in a file of our own, named by their hash; refused unless they match."""
        match = _HASH.fullmatch(name)
        if match is None or hash_bytes(data) != name or not data.startswith(_MAGIC):
            raise self._refused(name, "the bytes are no GGUF file, or not those of that hash")
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="pantheon-adapters-"))
            path = self._path(self._folder, name)
            if name not in self._sizes:
                path.write_bytes(data)
            self._sizes[name] = len(data)

    @asynccontextmanager
    async def ready(self, name: ContentHash) -> AsyncGenerator[None]:
        """Within, the live server holds this adapter."""
        with self._lock:
            self._in_use[name] += 1
        try:
            await self._prepare(name)
            yield
        finally:
            with self._lock:
                self._in_use[name] -= 1

    def close(self) -> None:
        """Give back the server and the files."""
        self._stager.shutdown(wait=True, cancel_futures=True)
        self._live = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _prepare(self, name: ContentHash) -> None:
        if name not in self._sizes:
            self.shelve(name, self._fetch(name))
        with self._lock:
            self._sizes.move_to_end(name)
        if self._live is None or name not in self._live.numbers:
            await asyncio.get_running_loop().run_in_executor(self._stager, self._stage, name)

    def _fetch(self, name: ContentHash) -> bytes:
        """On the caller's thread: a database belongs to the thread that opened it."""
        if self._source is None:
            raise self._unknown(name, "it was not added")
        try:
            return self._source(name)
        except PantheonError as fault:
            raise self._unknown(name, fault.message) from fault

    def _stage(self, name: ContentHash) -> None:
        """In the stager's thread: a server with all that fits, else with what is known to load."""
        if self._live is not None and name in self._live.numbers:
            return
        chosen = self._choose(name)
        unproven = set(chosen) - self._proven - {name}
        try:
            self._publish(chosen)
        except ModelFailure as failure:
            if not unproven:
                self._forget(name)
                raise self._refused(name, failure.message) from failure
            self._retry_without(unproven, chosen, name)

    def _retry_without(
        self, unproven: set[ContentHash], chosen: Sequence[ContentHash], name: ContentHash
    ) -> None:
        try:
            self._publish([other for other in chosen if other not in unproven])
        except ModelFailure as failure:
            self._forget(name)
            raise self._refused(name, failure.message) from failure

    def _choose(self, name: ContentHash) -> list[ContentHash]:
        """What is in use, then by the time since it was last asked for, while there is room."""
        with self._lock:
            latest = list(reversed(self._sizes))
            needed = [it for it in latest if it == name or self._in_use[it] > 0]
            chosen, room = needed, self._memory - sum(self._sizes[it] for it in needed)
            for other in (it for it in latest if it not in set(needed)):
                room -= self._sizes[other]
                if room < 0:
                    break
                chosen.append(other)
        return sorted(chosen)

    def _publish(self, chosen: Sequence[ContentHash]) -> None:
        folder = self._folder
        assert folder is not None, "an adapter is shelved before it is staged"
        server = self._start([self._path(folder, name) for name in chosen])
        numbers = {name: number for number, name in enumerate(chosen)}
        with self._lock:
            self._live = Loaded(server, numbers)
            self._proven |= numbers.keys()
            # What nobody can bring back stays on disk, where it costs no memory.
            gone = [it for it in self._sizes if it not in numbers and self._source is not None]
            gone = [it for it in gone if self._in_use[it] == 0]
        for name in gone:
            self._forget(name)
        give_back_memory()

    def _forget(self, name: ContentHash) -> None:
        with self._lock:
            self._sizes.pop(name, None)
            if self._folder is not None:
                self._path(self._folder, name).unlink(missing_ok=True)

    @staticmethod
    def _path(folder: Path, name: ContentHash) -> Path:
        return folder / f"{name.removeprefix('b2:')}.gguf"

    def _unknown(self, name: ContentHash, why: str) -> ModelFailure:
        said = f"{self._model} has no adapter {_shown(name)}: {why}"
        return ModelFailure(FailureReason.UNAVAILABLE, said)

    def _refused(self, name: ContentHash, why: str) -> ModelFailure:
        said = f"The adapter {_shown(name)} does not fit {self._model}: {why}"
        return ModelFailure(FailureReason.REFUSED, said)


def _shown(name: str) -> str:
    return name if _HASH.fullmatch(name) else repr(name[:40])
