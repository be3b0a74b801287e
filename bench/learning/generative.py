"""Answers that a small language model writes: what can be certified, and what it takes.

    ./run python bench/learning/generative.py first_sentence
    ./run python bench/learning/generative.py snips --same fields --known 2000 --data DIR

`first_sentence` is not recorded: its texts are docstrings of Python's standard library, its answers
their first sentences, so no answer comes again and only copying helps. Examples are shown from all
known rows; `--judges` of them, drawn by chance, judge. Fresh rows then tell whether the promise held.
"""

from __future__ import annotations

import ast
import asyncio
import json
import re
import sysconfig
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from recorded import data_argument

from pantheon.clock import SystemClock
from pantheon.errors import PantheonError
from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.learn import Promise, Row, Task, Tools, certify, group_texts, predict, same_labels
from pantheon.learn.rungs import DemosRung, EvolvedRung, LoraRung
from pantheon.models import SMOLLM2, LlamaModel, embedder
from pantheon.spec import expand_contract, parse_same

_RUNGS = {"demos": DemosRung, "evolved": EvolvedRung, "lora": LoraRung}
_LONGEST = 400
"""Characters of a docstring: the model reads 600 tokens a second."""


def main() -> None:
    """Print what each rung came to, as a line of JSON."""
    args = _parse()
    pairs, output, described = _pairs(args)
    rows = _rows(pairs, args)
    task = Task(
        args.stream,
        expand_contract({"text": "string"}),
        output,
        "record" if args.stream == "snips" else "text",
        Promise(args.budget, args.confidence, args.horizon or None),
        same=parse_same(args.same),
        description=described,
        seed=args.seed,
    )
    for name in args.rungs:
        print(json.dumps(asyncio.run(_measure(name, rows, task, args))), flush=True)


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("stream", choices=["first_sentence", "snips"])
    parser.add_argument("--rungs", nargs="+", default=["demos"], choices=list(_RUNGS))
    parser.add_argument("--same", default="normalised")
    parser.add_argument("--known", type=int, default=600)
    parser.add_argument("--judges", type=int, default=150)
    parser.add_argument("--fresh", type=int, default=60)
    parser.add_argument("--budget", type=float, default=0.05)
    parser.add_argument("--confidence", type=float, default=0.9)
    parser.add_argument("--horizon", type=int, default=0, help="0: in the long run")
    parser.add_argument(
        "--share", type=float, default=0.25, help="of delta, as in a ladder of four"
    )
    parser.add_argument("--seed", type=int, default=0)
    data_argument(parser)
    return parser.parse_args()


async def _measure(name: str, rows: list[Row], task: Task, args: Namespace) -> JsonObject:
    model = LlamaModel(SMOLLM2)

    async def chat(_: str | None) -> LlamaModel:
        return model

    known, fresh = rows[: args.known], rows[args.known :]
    vectors, clock = embedder(), SystemClock()
    tools = Tools(vectors.embed, vectors.id, same_labels(task.same), clock, chat=chat)
    tools = replace(tools, notify=_tell)
    rung, start = _RUNGS[name](), time.perf_counter()
    try:
        trained = await rung.train(known, task, tools)
        seconds = time.perf_counter() - start
        made = certify(trained, task, rung, share=args.share)
        begun = time.perf_counter()
        said = await predict(made.specialist, [row.text for row in fresh])
        each = (time.perf_counter() - begun) / max(len(fresh), 1)
    except PantheonError as failure:
        return {"rung": name, "stream": args.stream, "failed": failure.message}
    finally:
        await model.close()
    local = np.array([it.accepted for it in said], dtype=bool)
    right = np.array([tools.same(it.label, r.label) for it, r in zip(said, fresh, strict=True)])
    return {
        "rung": name,
        "stream": args.stream,
        "same": args.same,
        "known": len(known),
        "judges": len(trained.judged.ids),
        "right": trained.note["right"],
        "certified": made.calibration.certified,
        "certified_share": round(made.calibration.local_share.estimate, 3),
        "fresh": len(fresh),
        "local": round(float(local.mean()), 3),
        "risk": round(float((local & ~right).mean()), 3),
        "seconds": round(seconds),
        "seconds_each": round(each, 2),
    }


def _tell(what: str) -> None:
    print(f"# {what}", flush=True)


def _rows(pairs: list[tuple[str, JsonObject]], args: Namespace) -> list[Row]:
    """Shuffled; of the known ones only `--judges` are said to be drawn like the traffic."""
    order: list[int] = np.random.default_rng([args.seed, 5]).permutation(len(pairs)).tolist()
    chosen = [pairs[index] for index in order[: args.known + args.fresh]]
    groups = group_texts([text for text, _ in chosen])
    return [
        Row(
            f"r{at}",
            text,
            canonical_json(answer),
            group,
            float(at),
            "bootstrap" if at < args.judges else "feedback",
        )
        for at, ((text, answer), group) in enumerate(zip(chosen, groups, strict=True))
    ]


# --------------------------------------------------------------------------------------- streams
def _pairs(args: Namespace) -> tuple[list[tuple[str, JsonObject]], JsonObject, str]:
    """Requests with answers, the schema of an answer, and what is asked."""
    if args.stream == "first_sentence":
        schema = expand_contract({"sentence": "string"})
        return list(_first_sentences()), schema, "Copy the first sentence of the text."
    path = args.data / "streams" / "snips.jsonl"
    if not path.is_file():
        raise SystemExit(f"{path} is missing: give the data directory with --data or PANTHEON_DATA")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [(str(row["input"]["text"]), cast("JsonObject", row["output"])) for row in rows]
    return pairs, _snips_schema(pairs), "Say what a voice assistant is asked for."


def _snips_schema(pairs: list[tuple[str, JsonObject]]) -> JsonObject:
    intents: list[Any] = sorted({str(output["intent"]) for _, output in pairs})
    keys = sorted({key for _, output in pairs for key in cast("JsonObject", output["slots"])})
    values: JsonObject = {"type": "array", "items": {"type": "string"}}
    slots: dict[str, Json] = dict.fromkeys(keys, values)
    return {
        "type": "object",
        "properties": {
            "intent": {"enum": intents},
            "slots": {"type": "object", "properties": slots, "additionalProperties": False},
        },
        "required": ["intent", "slots"],
        "additionalProperties": False,
    }


def _first_sentences() -> Iterator[tuple[str, JsonObject]]:
    seen: set[str] = set()
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if "site-packages" in path.parts or "test" in path.parts:
            continue
        for text in _docstrings(path):
            found = re.match(r"(.{20,160}?[.])\s+[A-Z]", text)
            if found and text not in seen and len(text) <= _LONGEST:
                seen.add(text)
                yield text, {"sentence": found[1]}


def _docstrings(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield " ".join((ast.get_docstring(node) or "").split())


if __name__ == "__main__":
    main()
