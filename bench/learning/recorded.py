"""Recorded streams and their vectors, for the benchmarks of learning.

The data directory is given with --data or PANTHEON_DATA; without either `../shared/data` beside
the project's root is tried. Vectors are computed once and kept in the cache of this machine.
"""

from __future__ import annotations

import hashlib
import json
import os
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from pantheon.learn import group_texts, verbalise
from pantheon.models import embedder

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded stream in its own order; `groups` are of near-duplicates."""

    name: str
    ids: list[str]
    texts: list[str]
    labels: list[str]
    groups: list[str]
    vectors: dict[str, NDArray[np.float32]]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors known beforehand, so that a replay measures learning and not embedding."""
        return np.stack([self.vectors[text] for text in texts])


def data_argument(parser: ArgumentParser) -> None:
    """Add --data."""
    default = os.environ.get("PANTHEON_DATA", str(_ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default), help="holds streams/*.jsonl")


def load(name: str, folder: Path) -> Recorded:
    """Read one stream, or end the program with a sentence that says what is missing."""
    path = folder / "streams" / f"{name}.jsonl"
    if not path.is_file():
        raise SystemExit(f"{path} is missing: give the data directory with --data or PANTHEON_DATA")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    texts = [str(row["input"]["text"]) for row in rows]
    labels = [json.dumps(row["output"], sort_keys=True, separators=(",", ":")) for row in rows]
    wanted = sorted({*texts, *map(verbalise, labels)})
    vectors = dict(zip(wanted, vectors_of(wanted, name), strict=True))
    return Recorded(name, [row["id"] for row in rows], texts, labels, group_texts(texts), vectors)


def vectors_of(texts: Sequence[str], name: str) -> NDArray[np.float32]:
    """Vectors of texts, kept in the cache of this machine under the stream's name."""
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
    folder = Path(platformdirs.user_cache_dir("pantheon")) / "bench"
    kept = folder / f"{name}-{digest}.npy"
    if kept.is_file():
        return np.load(kept)
    print(f"embedding {len(texts)} texts of {name}, once ...", flush=True)
    vectors = embedder().embed(texts)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(kept, vectors)
    return vectors
