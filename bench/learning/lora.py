"""LoRA adapters: a night of training, what a change of adapter costs, and fifty on one base.

    ./run python bench/learning/lora.py swap many
    ./run train-setup && ./run python bench/learning/lora.py night --examples 1000 --threads 2

`night` needs the optional extra `train`. Examples come from snips (intent and slots as JSON), or,
without the data directory, from the standard library's functions.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from gguf_adapters import random_adapter
from recorded import data_argument
from stdlib import streams

from pantheon.ids import ContentHash, Json, JsonObject
from pantheon.learn import group_texts
from pantheon.learn.lora import Pair, Progress, Settings, TrainBudget, TrainingFailed, train_adapter
from pantheon.models import CATALOGUE, ChatRequest, LlamaModel, Message

SMOL = CATALOGUE["smollm2-135m-instruct"]
SYSTEM = "Reply with one JSON object that says what the text asks for."
MANY = 50
_LONGEST = 300
"""Characters of a text: short examples."""


def main() -> None:
    """Run the parts that were asked for."""
    args = _parse()
    parts = {"night": night, "swap": swap, "many": many}
    for part in args.part or ["swap", "many"]:
        asyncio.run(parts[part](args))


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", help="night, swap, many")
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--rounds", type=int, default=40, help="requests of each kind")
    parser.add_argument("--workdir", type=Path, help="kept, and gone on with after a kill")
    data_argument(parser)
    return parser.parse_args()


# ------------------------------------------------------------------------------------ training


def examples(folder: Path, count: int) -> tuple[str, list[Pair]]:
    """The name of the stream, and that many short exchanges of it."""
    path = folder / "streams" / "snips.jsonl"
    rows: list[JsonObject]
    if path.is_file():
        name = "snips"
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    else:
        name = "stdlib_record"
        rows = streams()[name]
    texts = [(_text_of(row["input"]), json.dumps(row["output"])) for row in rows]
    short = [it for it in texts if len(it[0]) + len(it[1]) <= _LONGEST][:count]
    groups = group_texts([text for text, _ in short])
    return name, [
        Pair((Message("system", SYSTEM), Message("user", text)), answer, group)
        for (text, answer), group in zip(short, groups, strict=True)
    ]


def _text_of(value: Json) -> str:
    if isinstance(value, dict) and len(value) == 1:
        return str(next(iter(value.values())))
    return json.dumps(value)


async def night(args: Namespace) -> None:
    """Train, and tell what it took."""
    name, pairs = examples(args.data, args.examples)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            result = await train_adapter(
                pairs,
                workdir=args.workdir or Path(scratch),
                settings=Settings(epochs=args.epochs),
                budget=TrainBudget(seconds=args.seconds, threads=args.threads),
                on_progress=_show,
            )
        except TrainingFailed as failure:
            sys.exit(f"{failure.message} {failure.hint}")
    report = result.report
    print(
        f"night: {report.trained_on} exchanges of {name}, {report.steps} steps on {report.device}, "
        f"stopped by {report.stopped}{', resumed' if report.resumed else ''}: "
        f"{report.seconds / 60:.1f} min by the clock, {report.cpu_seconds / 60:.1f} min of CPU, "
        f"at most {report.peak_rss / 1e9:.2f} GB; loss {report.base_loss:.3f} -> "
        f"{report.dev_loss:.3f} nats a token; adapter {len(result.adapter) / 1e6:.1f} MB"
    )


def _show(progress: Progress) -> None:
    if progress.dev_loss is not None:
        done = f"step {progress.step} of {progress.steps}"
        print(f"  {done}: {progress.dev_loss:.3f} after {progress.seconds:.0f} s", flush=True)


# ------------------------------------------------------------------------------------- serving


async def swap(args: Namespace) -> None:
    """Latency of requests for one adapter, for two in turn, and for more than there are slots."""
    model = LlamaModel(SMOL, threads=1)
    adapters = [random_adapter(seed) for seed in range(8)]
    await asyncio.gather(*(model.add_adapter(*adapter) for adapter in adapters))
    names = [name for name, _ in adapters]
    kinds = {"one adapter": names[:1], "three in turn": names[1:4], "eight in turn": names}
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    # Block by block, so that what else the machine does falls on all kinds alike.
    for block in range(max(1, args.rounds // 8)):
        for kind, turn in kinds.items():
            for name in turn:
                await _ask(model, name, "warm up")
            for number in range(8):
                text = f"Case {block * 8 + number}: what is the weather?"
                took[kind].append(await _ask(model, turn[number % len(turn)], text))
    await model.close()
    same = statistics.median(took["one adapter"])
    for kind, seconds in took.items():
        low, middle, high = statistics.quantiles(seconds, n=4)
        print(
            f"swap: {kind}: {middle * 1000:.1f} ms a request (quartiles {low * 1000:.1f} to "
            f"{high * 1000:.1f}, n = {len(seconds)}), {(middle - same) * 1000:+.1f} ms"
        )


async def _ask(model: LlamaModel, adapter: ContentHash, text: str) -> float:
    started = time.perf_counter()
    messages = (Message("system", SYSTEM), Message("user", text))
    await model.chat(ChatRequest(messages, max_tokens=8, adapter=adapter))
    return time.perf_counter() - started


async def many(args: Namespace) -> None:
    """Memory of this process with fifty adapters on one base, plain requests included."""
    del args
    before = _resident()
    model = LlamaModel(SMOL, threads=1)
    await model.chat(ChatRequest((Message("user", "Hi"),), max_tokens=2))
    base = _resident()
    names = await _add(model, range(MANY))
    loaded = _resident()
    for name in names:
        await _ask(model, name, "What is the weather?")
    asked = _resident()
    once = asked - SMOL.size
    started = time.perf_counter()
    await _add(model, [MANY])
    hot = time.perf_counter() - started
    print(
        f"many: this process {before / 1e6:.0f} MB, with the base {base / 1e6:.0f}, with {MANY} "
        f"adapters {loaded / 1e6:.0f}, after asking each {asked / 1e6:.0f} (the weights, which two "
        f"servers map, counted once: {once / 1e6:.0f}); one more added in {hot:.2f} s, then "
        f"{_resident() / 1e6:.0f} MB"
    )
    await model.close()


async def _add(model: LlamaModel, seeds: Sequence[int]) -> list[ContentHash]:
    adapters = dict(random_adapter(seed) for seed in seeds)
    await asyncio.gather(*(model.add_adapter(*adapter) for adapter in adapters.items()))
    return list(adapters)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
