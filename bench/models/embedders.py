"""Which engine runs the sentence embedder: parity, speed, size. `./run bench models/embedders`.

Each candidate runs in a process of its own on short real texts: a JSON-lines stream with
`input.text`, given by --stream, or else the first sentences of the standard library's docstrings.
Candidates whose packages are not installed are skipped, and say so. The engines that the product
does not use: `pip install onnx ctranslate2 gguf safetensors sentence-transformers torch`.
"""

from __future__ import annotations

import argparse
import json
import pkgutil
import subprocess
import sys
import time
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np

from bench.models._candidates import CANDIDATES, Embed

PACKAGES = {
    "torch": ("torch", "sentence-transformers", "transformers", "tokenizers"),
    "onnx": ("onnxruntime", "protobuf", "flatbuffers", "tokenizers"),
    "ctranslate2": ("ctranslate2", "tokenizers"),
    "llama": ("xllamacpp",),
    "numpy": ("numpy", "safetensors", "tokenizers"),
}


def main() -> None:
    """Measure every candidate, then print a table."""
    arguments = _parse_arguments()
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments)))
        return
    count = len(load_texts(arguments.stream)[: arguments.rows])
    print(f"{count} texts, {arguments.threads} threads; the best of three batches")
    columns = "  p50 ms  p99 ms  texts/s  load s  MB  cos(torch) min  mean      batch effect"
    print(f"{'candidate':18}{columns}")
    for name in CANDIDATES:
        row = _run(name, arguments)
        print(f"{name:18}{row}", flush=True)


def measure(name: str, arguments: argparse.Namespace) -> dict[str, float]:
    """The figures of one candidate, in this process."""
    texts = load_texts(arguments.stream)[: arguments.rows]
    started = time.perf_counter()
    embed = CANDIDATES[name](arguments.threads)
    embed(texts[:1])
    loaded = time.perf_counter() - started
    embed(texts[:64])
    batched = [_time_batch(embed, texts) for _ in range(3)]
    vectors = embed(texts)
    alone = np.array([_time_one(embed, text) for text in texts[:300]])
    single = np.concatenate([embed([text]) for text in texts[:200]])
    np.save(arguments.scratch / f"{name}.npy", vectors)
    return {
        "p50": float(np.median(alone) * 1e3),
        "p99": float(np.quantile(alone, 0.99) * 1e3),
        "rate": len(texts) / min(batched),
        "load": loaded,
        "size": sum(_installed_mb(package) for package in PACKAGES[name.split("_", maxsplit=1)[0]]),
        "effect": float(np.abs(single - vectors[:200]).max()),
    }


def load_texts(stream: Path | None) -> list[str]:
    """Short texts as users write them, or as programmers do."""
    if stream is not None:
        lines = stream.read_text("utf-8").splitlines()
        return [str(json.loads(line)["input"]["text"]) for line in lines]
    found: list[str] = []
    for module in pkgutil.iter_modules([str(Path(json.__file__).parents[1])]):
        source = Path(json.__file__).parents[1] / f"{module.name}.py"
        if source.is_file():
            chunks = source.read_text("utf-8", "replace").split('"""')[1::2]
            found += [chunk.strip().split("\n")[0] for chunk in chunks if chunk.strip()]
    return found[:3000]


def _time_batch(embed: Embed, texts: list[str]) -> float:
    started = time.perf_counter()
    embed(texts)
    return time.perf_counter() - started


def _time_one(embed: Embed, text: str) -> float:
    return _time_batch(embed, [text])


def _installed_mb(package: str) -> float:
    files = metadata.distribution(package).files or []
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _run(name: str, arguments: argparse.Namespace) -> str:
    command = [sys.executable, "-m", "bench.models.embedders", "--one", name]
    command += ["--threads", str(arguments.threads), "--rows", str(arguments.rows)]
    command += ["--scratch", str(arguments.scratch)]
    if arguments.stream:
        command += ["--stream", str(arguments.stream)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return "  skipped: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1][:100]
    row: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    speed = f"{row['p50']:8.2f}{row['p99']:8.2f}{row['rate']:9.0f}{row['load']:8.2f}"
    return f"{speed}{row['size']:5.0f}  {_parity(name, arguments)}  {row['effect']:.1e}"


def _parity(name: str, arguments: argparse.Namespace) -> str:
    reference = arguments.scratch / "torch_fp32.npy"
    if not reference.is_file():
        return f"{'(no reference)':24}"
    found: Any = np.load(arguments.scratch / f"{name}.npy")
    cosines = np.sum(found * np.load(reference), axis=1)
    return f"{cosines.min():14.7f}  {cosines.mean():.7f}"


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stream", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--one", choices=sorted(CANDIDATES))
    arguments = parser.parse_args()
    if arguments.scratch is None:
        arguments.scratch = Path(import_module("tempfile").mkdtemp(prefix="embedders-"))
    return arguments


if __name__ == "__main__":
    main()
