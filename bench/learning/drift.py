# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false
"""How often the watch raises a false alarm, and how soon a true one.

    python bench/learning/drift.py --streams banking77_gpt4 clinc150 --runs 100

Each run is 30 nights of requests drawn from a recorded stream, answered by a specialist that was
trained and certified on other rows of it; a share of its answers is audited. In stable runs
nothing changes: every alarm is false. In the others something does on night 10. `ks`: the usual
way for comparison, a Kolmogorov-Smirnov test of the night against the reference at p < 0.05, of
each measure, with no correction; and whatever it finds is an alarm.
"""

from __future__ import annotations

import json
import math
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from docstrings import docstrings
from numpy.typing import NDArray
from recorded import Recorded, data_argument, load

from pantheon.learn import AuditMonitor, Promise, Row, Settings, clopper_pearson, fit
from pantheon.learn.drift import (
    Bag,
    Detector,
    Looks,
    WatchRules,
    block_levels,
    same_source,
    to_levels,
    unsure_levels,
)

LEVELS = 257
CHANGED = 10
NIGHTS = 30
_SETTLED = 5
"""Nights that are the reference of latency and cost for the usual way."""
KINDS = ("inputs", "novel", "confidence", "disagreement", "promise", "latency", "cost")
_RULES = WatchRules()
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """What a specialist says of every row of a stream that it was not trained on; shape (n,).

    - usual: vectors of the requests that it was trained on; held_out: its confidence in rows that
      neither trained nor are served
    - wrong: whether it differs from the teacher; said: which answer it gives; topic: the teacher's
    - novel: distance to the nearest of one half of `usual`; usual_novel: of the other half
    - old: rows of topics that occur in training; the others come new
    """

    usual: NDArray[np.float32]
    usual_novel: Floats
    held_out: Floats
    vectors: NDArray[np.float32]
    novel: Floats
    confidence: Floats
    local: NDArray[np.bool_]
    said: NDArray[np.intp]
    topic: NDArray[np.intp]
    wrong: NDArray[np.bool_]
    usd: Floats
    old: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Night:
    """The requests of one night: rows of the world, what was said of them, how long it took."""

    rows: NDArray[np.intp]
    confidence: Floats
    audited: NDArray[np.intp]
    """Positions in `rows`."""
    wrong: NDArray[np.bool_]
    seconds: Floats


DRIFTS = ("teacher", "topics", "prevalence", "confidence", "latency")
"""The cloud changes its mind on a tenth of the answers; new topics are 30 % of the requests; half
of the topics come five times as often; confidence is squared; answers take twice as long."""


def main() -> None:
    """Print one line of JSON for each stream and kind of drift."""
    args = _parse()
    for name in args.streams:
        stream = docstrings() if name == "docstrings" else load(name, args.data)
        worlds = [_world(stream, args, seed) for seed in range(args.worlds)]
        for drift in args.drifts:
            _report(name, drift, args, [_run(worlds, drift, args, s) for s in range(args.runs)])


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--streams", nargs="+", default=["banking77_gpt4", "clinc150"])
    parser.add_argument("--drifts", nargs="+", default=["stable", *DRIFTS])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--worlds", type=int, default=4, help="specialists that share the runs")
    parser.add_argument("--day", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1000, help="rows that train")
    parser.add_argument("--audit", type=float, default=0.05)
    parser.add_argument("--budget", type=float, default=0.05)
    parser.add_argument("--new", type=float, default=0.2, help="share of topics that come new")
    data_argument(parser)
    return parser.parse_args()


# ---------------------------------------------------------------------------------- worlds
def _world(stream: Recorded, args: Namespace, seed: int) -> World:
    rng = np.random.default_rng([seed, 11])
    names, topic = np.unique(np.array(stream.labels), return_inverse=True)
    fresh = rng.permutation(len(names))[: round(args.new * len(names))]
    old = ~np.isin(topic, fresh)
    order = rng.permutation(len(topic))
    known = order[old[order]]
    train, held = known[: args.rows], known[args.rows : args.rows * 11 // 10]
    served = np.concatenate([known[args.rows * 11 // 10 :], order[~old[order]]])
    specialist = fit(
        [_row(stream, index) for index in train.tolist()],
        embed=stream.embed,
        promise=Promise(args.budget, 0.95),
        seed=seed,
        settings=Settings(holdout_share=0.0),
    ).specialist
    said = specialist.answer([stream.texts[i] for i in served.tolist()])
    places = {name: place for place, name in enumerate(names.tolist())}
    answers = np.array([places[p.label] for p in said])
    usual = stream.embed(
        [stream.texts[i] for i in rng.permutation(train)[: _RULES.sample].tolist()]
    )
    vectors = stream.embed([stream.texts[i] for i in served.tolist()])
    half = len(usual) // 2
    aside = specialist.answer([stream.texts[i] for i in held.tolist()])
    world = World(
        usual=usual,
        usual_novel=1 - (usual[half:] @ usual[:half].T).max(axis=1).astype(np.float64),
        held_out=np.array([p.confidence for p in aside]),
        vectors=vectors,
        novel=1 - (vectors @ usual[:half].T).max(axis=1).astype(np.float64),
        confidence=np.array([p.confidence for p in said]),
        local=np.array([p.accepted for p in said]),
        said=answers,
        topic=topic[served],
        wrong=answers != topic[served],
        usd=np.array([1e-5 * (200 + len(stream.texts[i])) for i in served.tolist()]),
        old=old[served],
    )
    local = world.local & world.old
    risk = float((local & world.wrong)[world.old].mean())
    print(f"{stream.name} {seed}: local {local[world.old].mean():.1%}, risk {risk:.2%}", flush=True)
    return world


def _row(stream: Recorded, index: int) -> Row:
    text, label, group = stream.texts[index], stream.labels[index], stream.groups[index]
    return Row(stream.ids[index], text, label, group, 0.0, "bootstrap")


# ---------------------------------------------------------------------------------- nights
def _nights(world: World, drift: str, args: Namespace, rng: np.random.Generator) -> list[Night]:
    """The nights of one run; from `CHANGED` on something is different, unless it is stable."""
    topics = np.unique(world.topic[world.old])
    often = rng.permutation(topics)[: len(topics) // 2]
    changed_mind = rng.permutation(topics)[: max(round(0.1 * len(topics)), 1)]
    nights: list[Night] = []
    for number in range(NIGHTS):
        now = drift if number >= CHANGED else "stable"
        chance = np.where(world.old, 1.0, 0.0)
        if now == "topics":
            chance = np.where(world.old, 0.7 / world.old.sum(), 0.3 / (~world.old).sum())
        if now == "prevalence":
            chance *= np.where(np.isin(world.topic, often), 5.0, 1.0)
        for earlier in nights[-math.ceil(_RULES.sample / args.day) :]:
            chance[earlier.rows] = 0  # a recording has no more: a repeat would be news
        rows = rng.choice(len(chance), args.day, replace=False, p=chance / chance.sum())
        confidence, wrong = world.confidence[rows], world.wrong[rows]
        if now == "confidence":
            confidence = confidence**2
        if now == "teacher":
            wrong = wrong | np.isin(world.topic[rows], changed_mind)
        audited = np.flatnonzero(world.local[rows] & (rng.random(args.day) < args.audit))
        seconds = _seconds(args.day, rng) * (2 if now == "latency" else 1)
        nights.append(Night(rows, confidence, audited, wrong, seconds))
    return nights


def _seconds(count: int, rng: np.random.Generator) -> Floats:
    """Heavy-tailed latencies of which neighbours resemble each other, and nights differ a little."""
    shocks = rng.normal(size=count)
    log = np.empty(count)
    log[0] = shocks[0]
    for index in range(1, count):
        log[index] = 0.5 * log[index - 1] + np.sqrt(1 - 0.25) * shocks[index]
    return 1.2 * np.exp(0.5 * log + rng.normal(0, 0.05))


# ---------------------------------------------------------------------------------- watches
def _run(
    worlds: Sequence[World], drift: str, args: Namespace, seed: int
) -> Mapping[str, Mapping[str, list[int]]]:
    """Nights on which each detector of each watch raised an alarm."""
    rng = np.random.default_rng([seed, 13])
    world = worlds[seed % len(worlds)]
    nights = _nights(world, drift, args, rng)
    return {
        "pantheon": _watch(world, nights, rng, budget=args.budget, audit=args.audit),
        "ks": _classical(world, nights),
    }


def _watch(
    world: World,
    nights: Sequence[Night],
    rng: np.random.Generator,
    *,
    budget: float,
    audit: float,
) -> Mapping[str, list[int]]:
    """The detectors of the product, fed from arrays in place of the store."""
    share = {name: Detector(Bag((0,) * LEVELS)) for name in ("latency", "cost")}
    share["novel"] = Detector(Bag.of(to_levels(world.usual_novel, low=0, high=1), LEVELS))
    share["confidence"] = Detector(Bag.of(unsure_levels(world.held_out), LEVELS))
    slices: dict[str, Detector] = {}
    looks, found = Looks(), defaultdict[str, list[int]](list)
    monitor = AuditMonitor.start(Promise(budget, 0.95), audit_rate=audit)
    for number, night in enumerate(nights):
        latest = np.concatenate([earlier.rows for earlier in nights[: number + 1]])[
            -_RULES.sample :
        ]
        test = same_source(world.usual, world.vectors[latest], seed=int(rng.integers(2**31)))
        if test.p <= looks.alpha(_RULES.alpha_of("inputs")):
            found["inputs"].append(number)
        looks = looks.see(test.p)
        for name, levels in _levels(world, night).items():
            least = {"confidence": _RULES.less_sure * 16, "latency": _RULES.least_growth * 8}
            least["cost"] = least["latency"]
            before = share[name]
            share[name] = before.see(levels, rng.random(len(levels)))
            kind, part = ("inputs", "far from every example") if name == "novel" else (name, "")
            alpha = _RULES.alpha_of(kind, part)
            grown = not before.bag.rows or levels.mean() - before.bag.mean >= least.get(name, 0)
            if grown and share[name].game.beyond(alpha):
                found[name].append(number)
        if _audits_move(world, night, slices, rng):
            found["disagreement"].append(number)
        monitor = _see_promise(world, night, monitor)
        if monitor.broken:
            found["promise"].append(number)
    return found


def _levels(world: World, night: Night) -> Mapping[str, NDArray[np.intp]]:
    return {
        "novel": to_levels(world.novel[night.rows], low=0, high=1),
        "confidence": unsure_levels(night.confidence),
        "latency": block_levels(night.seconds),
        "cost": block_levels(world.usd[night.rows]),
    }


def _audits_move(
    world: World, night: Night, slices: dict[str, Detector], rng: np.random.Generator
) -> bool:
    moved = False
    members: dict[str, list[int]] = defaultdict(list)
    for place in night.audited.tolist():
        for part in ("", f"answer {world.said[night.rows[place]]}"):
            members[part].append(int(night.wrong[place]))
    for part, levels in members.items():
        detector = slices.get(part, Detector.of_verdicts())
        slices[part] = detector.see(np.array(levels), rng.random(len(levels)))
        moved |= slices[part].game.beyond(_RULES.alpha_of("disagreement", part))
    return moved


def _see_promise(world: World, night: Night, monitor: AuditMonitor) -> AuditMonitor:
    """The watch of the promise itself, which each audit moves by day."""
    local = int(world.local[night.rows].sum())
    monitor = monitor.see_escalated(len(night.rows) - local)
    monitor = monitor.see_unaudited(local - len(night.audited))
    for place in night.audited.tolist():
        monitor = monitor.see_audited(wrong=bool(night.wrong[place]))
    return monitor


def _classical(world: World, nights: Sequence[Night]) -> Mapping[str, list[int]]:
    """Tests at p < 0.05 of each measure against the reference, each night anew."""
    from scipy.stats import binomtest, ks_2samp

    found = defaultdict[str, list[int]](list)
    first = nights[:_SETTLED]
    seconds = np.concatenate([night.seconds for night in first])
    usd = np.concatenate([world.usd[night.rows] for night in first])
    risk = float(world.wrong[world.local & world.old].mean())
    for number, night in enumerate(nights[_SETTLED:], _SETTLED):
        pairs = {
            "novel": (world.usual_novel, world.novel[night.rows]),
            "confidence": (world.held_out, night.confidence),
            "latency": (seconds, night.seconds),
            "cost": (usd, world.usd[night.rows]),
        }
        for name, (usual, fresh) in pairs.items():
            if ks_2samp(usual, fresh).pvalue < 0.05:
                found[name].append(number)
        audited = night.audited
        errors = int(night.wrong[audited].sum())
        if len(audited) and binomtest(errors, len(audited), risk, "greater").pvalue < 0.05:
            found["disagreement"].append(number)
    return found


# ---------------------------------------------------------------------------------- report
def _report(
    stream: str,
    drift: str,
    args: Namespace,
    runs: Sequence[Mapping[str, Mapping[str, list[int]]]],
) -> None:
    for watch in ("pantheon", "ks"):
        alarms = [run[watch] for run in runs]
        every = [sorted(n for ns in run.values() for n in ns) for run in alarms]
        line: dict[str, object] = {"stream": stream, "drift": drift, "watch": watch}
        line |= {"runs": len(runs), "day": args.day}
        if drift == "stable":
            line |= {kind: _share([bool(run.get(kind)) for run in alarms]) for kind in KINDS}
            line["any"] = _share([bool(nights) for nights in every])
        else:
            before = [bool(nights and nights[0] < CHANGED) for nights in every]
            line["false_before"] = _share(before)
            for kind in (*KINDS, "any"):
                when = [run.get(kind, []) for run in alarms] if kind != "any" else every
                line[kind] = _detected(when)
        print(json.dumps(line), flush=True)


def _share(flags: Sequence[bool]) -> list[float]:
    """Share, and its 95 % limits."""
    interval = clopper_pearson(sum(flags), len(flags))
    return [round(x, 3) for x in (interval.estimate, interval.low, interval.high)]


def _detected(when: Sequence[Sequence[int]]) -> dict[str, object] | None:
    """Share of runs with an alarm after the change, and the median of nights until the first."""
    delays = [next((n - CHANGED + 1 for n in nights if n >= CHANGED), None) for nights in when]
    seen = [delay for delay in delays if delay is not None]
    if not seen:
        return None
    return {"share": _share([d is not None for d in delays]), "nights": float(np.median(seen))}


if __name__ == "__main__":
    main()
