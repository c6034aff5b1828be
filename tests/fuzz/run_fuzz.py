"""Throw hostile envelopes and statements at the node and count what it takes.

    FUZZ_CASES=1000000 FUZZ_SEED=1 python tests/fuzz/run_fuzz.py

Blind damage, splices, and attacks with real keys (attacks.py, statements.py). "Accepted" is an
input that differs from every right one and is not refused: it must be 0. "Crashes" are errors
other than a refusal: 0 too. "Slowest" is processor time, so that a busy machine is not blamed on
an input. What is found is written to build/fuzz/. The same seed makes the same cases, whatever the
number of processes.
"""

import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

TREE = Path(__file__).resolve().parents[2]
for place in ("node", "tests"):
    if str(TREE / place) not in sys.path:
        sys.path.insert(0, str(TREE / place))

from corridor.errors import Refused  # noqa: E402 - the path above leads to it
from fuzz import attacks, damage  # noqa: E402
from fuzz.corpus import Receiver, samples  # noqa: E402
from fuzz.statements import Registry  # noqa: E402

OUT = TREE / "build" / "fuzz"
CHUNK = 2_000
SHORT_RUN = 100_000
PROCESSES = 2
KEPT = 20
"""Findings written out; the rest are counted."""


Make = Callable[[Random], tuple[str, bytes]]


@dataclass
class Tally:
    """What became of some cases."""

    cases: int = 0
    accepted: int = 0
    crashes: int = 0
    unchanged: int = 0
    slowest_ms: float = 0.0
    by_reason: Counter[str] = field(default_factory=Counter)
    by_kind: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add what another process found."""
        self.cases += other.cases
        self.accepted += other.accepted
        self.crashes += other.crashes
        self.unchanged += other.unchanged
        self.slowest_ms = max(self.slowest_ms, other.slowest_ms)
        self.by_reason += other.by_reason
        self.by_kind += other.by_kind
        self.findings = [*self.findings, *other.findings][:KEPT]


class Fuzzer:
    """Makes cases and judges them."""

    def __init__(self) -> None:
        """Build the corpus and check that it is accepted."""
        self.samples = samples()
        self.frames = tuple(sample.built.frame for sample in self.samples)
        self.originals = frozenset(self.frames)
        self.receiver = Receiver()
        self.registry = Registry()
        for frame in self.frames:
            self.receiver.receive(frame)
        self.registry.check_corpus()

    def run(self, seed: int, count: int, make: Make | None = None) -> Tally:
        """Run `count` cases of `seed`, of every kind or of one."""
        case = make or self._case
        rng = Random(seed)  # noqa: S311 - cases are to be repeated, not to be secret
        tally = Tally()
        for _ in range(count):
            kind, data = case(rng)
            tally.cases += 1
            tally.by_kind[kind] += 1
            started = time.process_time()
            outcome = self._judge(data, tally)
            spent_ms = (time.process_time() - started) * 1000
            tally.slowest_ms = max(tally.slowest_ms, spent_ms)
            tally.by_reason[outcome] += 1
        return tally

    def _case(self, rng: Random) -> tuple[str, bytes]:
        lot = rng.random()
        if lot < 0.72:
            change = rng.choice(damage.ALL)
            return change.__name__, change(rng.choice(self.frames), self.frames, rng)
        if lot < 0.86:
            attack = rng.choice(attacks.ALL)
            sample, other = rng.choice(self.samples), rng.choice(self.samples)
            return attack.__name__, attack(sample, other, rng)
        if lot < 0.95:
            return "statement_damaged", self.registry.damaged(rng)
        return "statement_forged", self.registry.forged(rng)

    def _judge(self, data: bytes, tally: Tally) -> str:
        try:
            taken = self._taken(data)
        except Refused as refused:
            return refused.reason.label
        except Exception as error:  # noqa: BLE001 - whatever comes is what we look for
            tally.crashes += 1
            tally.findings.append((f"crash: {error!r}", data))
            return f"crash: {type(error).__name__}"
        if not taken:
            tally.unchanged += 1
            return "unchanged"
        tally.accepted += 1
        tally.findings.append(("accepted", data))
        return "accepted"

    def _taken(self, data: bytes) -> bool:
        """Whether something was accepted that is not one of the right ones."""
        if data[:4] == b"CRT1":
            return self.registry.takes(data) and self.registry.is_wrong(data)
        self.receiver.receive(data)
        return data not in self.originals


_FUZZERS: list[Fuzzer] = []


def _chunk(job: tuple[int, int]) -> Tally:
    """Run one chunk in a worker, whose corpus is made once."""
    if not _FUZZERS:
        _FUZZERS.append(Fuzzer())
    return _FUZZERS[0].run(*job)


def jobs(seed: int, cases: int) -> Iterator[tuple[int, int]]:
    """Return (seed, count) of each chunk."""
    for number, start in enumerate(range(0, cases, CHUNK)):
        yield seed * 1_000_003 + number, min(CHUNK, cases - start)


def fuzz(seed: int, cases: int, processes: int = PROCESSES) -> Tally:
    """Run all cases, showing progress."""
    total, started = Tally(), time.monotonic()
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for tally in pool.imap_unordered(_chunk, jobs(seed, cases)):
            total.add(tally)
            _progress(total, cases, time.monotonic() - started)
    return total


def _progress(total: Tally, cases: int, seconds: float) -> None:
    rate = total.cases / max(seconds, 0.001)
    end = "\r" if sys.stderr.isatty() and total.cases < cases else "\n"
    if end == "\n" and total.cases < cases and total.cases % (CHUNK * 25):
        return
    line = f"{total.cases:,} of {cases:,} cases, {rate:,.0f}/s, {total.accepted} accepted, "
    print(f"{line}{total.crashes} crashes", end=end, file=sys.stderr, flush=True)


def write(total: Tally, seed: int, seconds: float) -> None:
    """Write summary.json and what was found."""
    OUT.mkdir(parents=True, exist_ok=True)
    summary = {
        "cases": total.cases,
        "accepted": total.accepted,
        "crashes": total.crashes,
        "slowest_ms": round(total.slowest_ms, 1),
        "seed": seed,
        "seconds": round(seconds, 1),
        "unchanged": total.unchanged,
        "by_reason": dict(total.by_reason.most_common()),
        "by_kind": dict(sorted(total.by_kind.items())),
        "findings": [what for what, _ in total.findings],
    }
    (OUT / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    for number, (_, data) in enumerate(total.findings):
        (OUT / f"finding-{number}.bin").write_bytes(data)


def main() -> int:
    """Run as the environment says; return the exit status."""
    cases = int(os.environ.get("FUZZ_CASES") or SHORT_RUN)
    seed = int(os.environ.get("FUZZ_SEED") or 1)
    started = time.monotonic()
    total = fuzz(seed, cases)
    seconds = time.monotonic() - started
    write(total, seed, seconds)
    print(
        f"{total.cases:,} cases in {seconds:.0f} s (seed {seed}): {total.accepted} accepted, "
        f"{total.crashes} crashes, slowest {total.slowest_ms:.1f} ms; build/fuzz/summary.json"
    )
    return 1 if total.accepted or total.crashes else 0


if __name__ == "__main__":
    sys.exit(main())
