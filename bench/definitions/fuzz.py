"""What becomes of random bytes and mutated projects: mistakes that are told, never anything else.

    ./run bench definitions/fuzz [--cases 10000] [--seed N] [--limit SECONDS] [--json]

A tenth are bytes at random; a fifth is YAML's own punctuation; the rest are sound projects into
which something was typed, whose lines were shuffled, whose encoding was changed, or in which a known
trap was set: aliases of aliases, deep nesting, huge scalars, duplicate keys, merges, tabs, byte
order marks, parameters that name themselves. Every case also goes through `--set`, every second one
is an overlay. The cases of one seed are the same everywhere.

Each is loaded in a process of its own kind: a worker whose memory is limited and who is watched by
the clock. Counted are projects, those told to be wrong, and what must not happen: another
exception, a message that cannot be shown, a case over the time limit, a worker that dies.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType

from pantheon.spec import InvalidProject, load_project

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("tests/spec/valid", "src/pantheon/demo/project", "tests/spec/corpus")
MEMORY = 2 << 30
"""Address space that a worker may take: more than twice of what the largest case needs."""
PUNCTUATION = "a: -?[]{}&*!|>'\"%@`#,\n\n  \t<~.1=\\/é😀\x85\u2028\ufeff0_x$"
TYPED = "abc:{}[]\"'\n -.@&*=<>!?#0é\t|>%$😀"


@dataclass(slots=True)
class Tally:
    """What became of the cases."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    kinds: Counter[str] = field(default_factory=Counter[str])
    slowest_s: float = 0.0
    slowest_kind: str = ""
    seconds: list[float] = field(default_factory=list[float])
    peak_mib: int = 0
    faults: list[str] = field(default_factory=list[str])


class TooSlow(Exception):
    """The case took longer than a case may."""


# ------------------------------------------------------------------------------ the cases


def make_cases(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Kind and content of each case."""
    texts = [
        path.read_text(encoding="utf-8-sig")
        for source in SOURCES
        for path in sorted((ROOT / source).rglob("*.yaml"))
    ]
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")
        kind, make = chance.choices(KINDS, [weight for weight, _, _ in WEIGHTED])[0]
        yield kind, make(chance, chance.choice(texts))


def any_bytes(chance: random.Random, text: str) -> bytes:
    """Bytes at random."""
    return chance.randbytes(chance.randint(0, 600))


def punctuation(chance: random.Random, text: str) -> bytes:
    """Text made of what YAML gives a meaning to."""
    return "".join(chance.choices(PUNCTUATION, k=chance.randint(1, 200))).encode()


def typed_into(chance: random.Random, text: str) -> bytes:
    """A project into which somebody's cat has typed."""
    for _ in range(chance.randint(1, 6)):
        start, length = chance.randint(0, len(text)), chance.randint(0, 12)
        typed = "".join(chance.choices(TYPED, k=chance.randint(0, 6)))
        text = text[:start] + typed + text[start + length :]
    return text.encode()


def shuffled(chance: random.Random, text: str) -> bytes:
    """Lines lost, repeated, moved and indented otherwise."""
    lines = text.split("\n")
    found = [chance.choice(lines) for _ in range(chance.randint(1, 80))]
    return "\n".join(" " * chance.choice((0, 0, 0, 1, 2, 4)) + line for line in found).encode()


def recoded(chance: random.Random, text: str) -> bytes:
    """Another encoding, other line ends, marks in the wrong places, bytes lost."""
    encoding = chance.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig", "cp1252"))
    data = (text + "# é").encode(encoding, "replace")
    if chance.random() < 0.5:
        ends = chance.choice((b"\r\n", b"\r", b"\xc2\x85", b"\xe2\x80\xa8", b"\n\xef\xbb\xbf"))
        data = data.replace(b"\n", ends)
    at = chance.randint(0, len(data))
    return data[:at] + chance.randbytes(chance.randint(0, 3)) + data[at + chance.randint(0, 3) :]


def with_trap(chance: random.Random, text: str) -> bytes:
    """A project with a known trap at its end, or in one of its values."""
    trap = chance.choice(TRAPS)(chance)
    if chance.random() < 0.5:
        return f"{text}\n{trap}\n".encode()
    lines = text.split("\n")
    at = chance.randint(0, len(lines))
    return "\n".join([*lines[:at], trap, *lines[at:]]).encode()


def _laughs(chance: random.Random) -> str:
    width, depth = chance.randint(2, 12), chance.randint(3, 12)
    rows = ["l0: &l0 [lol]"]
    rows += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * width)}]" for i in range(1, depth)]
    return "\n".join(rows)


def _merges(chance: random.Random) -> str:
    count = chance.randint(2, 300)
    rows = ["m0: &m0 {a: 1}"]
    rows += [f"m{i}: &m{i} {{<<: [*m{i - 1}, *m0], k{i}: {i}}}" for i in range(1, count)]
    return "\n".join(rows)


def _nested(chance: random.Random) -> str:
    opening = chance.choice(("[", "{a: ", "- ", "? ", '["]",', "[{", "{? ", "!!seq ["))
    return f"deep: {opening * chance.choice((10, 70, 400, 2_000, 100_000))}"


def _indented(chance: random.Random) -> str:
    return "\n".join(f"{' ' * i}k:" for i in range(chance.choice((50, 300, 1_000))))


def _huge(chance: random.Random) -> str:
    size = chance.choice((10_000, 300_000, 1_000_000))
    kind = chance.randrange(6)
    text = ("x" * size, f'"{"x " * (size // 2)}"', "1" * size, "|\n  " + "y\n  " * (size // 4))
    more = (f"[{'1,' * (size // 2)}]", "&a" + "b" * size)
    return f"huge: {(*text, *more)[kind]}"


def _doubled(chance: random.Random) -> str:
    return "\n".join(f"agents: {{a: {{cost: {i}}}}}" for i in range(chance.choice((2, 50, 2_000))))


def _looped(chance: random.Random) -> str:
    return chance.choice(("loop: &a [*a]", "loop: &a {b: *a}", "&a [*a]: x", "<<: &b {<<: *b}"))


def _tagged(chance: random.Random) -> str:
    return chance.choice(
        (
            "t: !!python/object/apply:os.system [ls]",
            "t: !!binary aGk=",
            "%YAML 1.1\n---\na: on",
            "t: !<tag:yaml.org,2002:int> x",
            "t: !!float nan",
            "\t- a",
            "a:\t\tb",
            "t: 0x" + "f" * 2_000,
            "t: 1e999999999",
            "t: 190:20:30",
        )
    )


def _filled(chance: random.Random) -> str:
    value = chance.choice(("${parameters.p}", "${parameters.q}", "{{ x }}", "x" * 50_000, "$"))
    uses = " ".join(["${parameters.p}"] * chance.choice((1, 50, 3_000)))
    return f"parameters: {{p: '{value}', q: {{type: [string]}}}}\nrouter: {{otherwise: '{uses}'}}"


TRAPS: tuple[Callable[[random.Random], str], ...] = (
    *(_laughs, _merges, _nested, _indented, _huge, _doubled, _looped, _tagged, _filled),
)
WEIGHTED: tuple[tuple[int, str, Callable[[random.Random, str], bytes]], ...] = (
    (10, "any bytes", any_bytes),
    (20, "punctuation", punctuation),
    (30, "typed into", typed_into),
    (15, "shuffled lines", shuffled),
    (10, "other encodings", recoded),
    (15, "traps", with_trap),
)
KINDS = [(kind, make) for _, kind, make in WEIGHTED]


# ------------------------------------------------------------------------------- the work


def work(seed: int, cases: range, limit: float) -> Tally:
    """Load a worker's share of the cases; what became of them."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _ring)
    tally = Tally()
    every = list(make_cases(seed, cases.stop))
    with tempfile.TemporaryDirectory() as folder:
        for number in cases:
            kind, content = every[number]
            _try_case(Path(folder), number, kind, content, limit=limit, tally=tally)
    tally.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return tally


def _ring(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def _try_case(
    folder: Path, number: int, kind: str, content: bytes, *, limit: float, tally: Tally
) -> None:
    tally.cases += 1
    tally.kinds[kind] += 1
    started = time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        outcomes = _load(folder, number, content)
    except TooSlow:
        outcomes = ["too slow"]
    except MemoryError:
        outcomes = ["out of memory"]
    except BaseException as error:  # noqa: BLE001 - that is what is counted
        outcomes = ["another error"]
        last = traceback.extract_tb(error.__traceback__)[-1]
        tally.faults.append(f"case {number} ({kind}): {error!r:.200} in {last.name}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    seconds = time.perf_counter() - started
    tally.outcomes.update(outcomes)
    tally.seconds.append(seconds)
    if outcomes[0] in {"too slow", "out of memory"}:
        tally.faults.append(f"case {number} ({kind}): {outcomes[0]}")
    if seconds > tally.slowest_s:
        tally.slowest_s, tally.slowest_kind = seconds, f"{kind}, case {number}"


def _load(folder: Path, number: int, content: bytes) -> list[str]:
    """Load one case, as a project or as an overlay, without and with a piece of it as a setting."""
    file, local = folder / "pantheon.yaml", folder / "pantheon.local.yaml"
    local.unlink(missing_ok=True)
    file.write_bytes(content)
    if number % 2:
        local.write_bytes(content)
        file.write_bytes(SOUND)
    setting = content[:80].decode("utf-8", "replace")
    return [_load_once(file, settings) for settings in ((), (f"agents.a.{setting}",))]


def _load_once(file: Path, settings: tuple[str, ...]) -> str:
    try:
        load_project(file, environment={}, settings=settings)
    except InvalidProject as error:
        shown = error.render()
        json.dumps(error.to_json(), allow_nan=False)
        control = any(c < " " and c != "\n" for c in shown)
        return "shown with control characters" if control else "told to be wrong"
    return "a project"


SOUND = b"agents: {a: {input: {text: string}, output: {reply: string}}}\n"


# ----------------------------------------------------------------------------- the report


def main() -> None:
    """Share the cases among workers, and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    total = run(args.seed, args.cases, limit=args.limit, workers=args.workers)
    if args.json:
        print(json.dumps(asdict(total) | {"seconds": []}, indent=2))
        return
    ordered = sorted(total.seconds)
    print(f"{total.cases:,} cases of seed {args.seed}, each loaded twice:")
    for name, count in total.outcomes.most_common():
        print(f"  {name:<32}{count:>8,}")
    print(f"median {ordered[len(ordered) // 2] * 1000:.1f} ms", end="")
    print(f", 99 in 100 within {ordered[len(ordered) * 99 // 100] * 1000:.0f} ms", end="")
    print(f", slowest {total.slowest_s:.2f} s ({total.slowest_kind}); peak {total.peak_mib} MiB")
    print("".join(f"{fault}\n" for fault in total.faults[:20]), end="")


def run(seed: int, count: int, *, limit: float, workers: int) -> Tally:
    """All cases, in as many processes."""
    share = -(-count // workers)
    shares = [range(i * share, min(count, (i + 1) * share)) for i in range(workers)]
    total = Tally()
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for part in [pool.submit(work, seed, cases, limit) for cases in shares]:
            try:
                _add(total, part.result())
            except BrokenExecutor as error:
                total.outcomes["a worker died"] += 1
                total.faults.append(str(error))
    return total


def _add(total: Tally, part: Tally) -> None:
    total.cases += part.cases
    total.outcomes += part.outcomes
    total.kinds += part.kinds
    total.seconds += part.seconds
    total.faults += part.faults
    total.peak_mib = max(total.peak_mib, part.peak_mib)
    if part.slowest_s > total.slowest_s:
        total.slowest_s, total.slowest_kind = part.slowest_s, part.slowest_kind


if __name__ == "__main__":
    main()
