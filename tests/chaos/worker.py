"""Plays its part of the random runs, one after the other, on a network that it keeps warm.

Rules:

* a network is built anew after `RUNS_EACH` runs and after any run that failed, so that neither a
  long history nor a wreck decides what the next run shows;
* the evidence log is worked out anew after every run, every signature and record of it after
  each `AUDIT_EVERY` runs and before a network goes;
* a failing run keeps its logs and says how it is played again; the others go on.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chaos.account import Account, holds
from chaos.network import ChaosNetwork
from chaos.oracle import Oracle
from chaos.play import Run, play
from chaos.schedule import draw, group_of

RUNS_EACH: Final = 60
AUDIT_EVERY: Final = 20
_BLOCK: Final = 20
_MOST_EXTRA: Final = 2


@dataclass(frozen=True, slots=True)
class Part:
    """What one worker has to do."""

    seed: int
    runs: int
    part: int
    parts: int
    out: Path
    broken: str
    only: Collection[str]
    numbers: Collection[int]
    small_disks: bool

    @property
    def words(self) -> str:
        """What else has to be said on the command line to play a run again."""
        faults = f" --faults {','.join(self.only)}" if self.only else ""
        return faults + (f" --break {self.broken}" if self.broken != "-" else "")

    @property
    def without(self) -> Collection[str]:
        """Faults that this machine cannot make."""
        return () if self.small_disks else ("store_full", "store_nearly_full")


class Worker:
    """One part of the runs."""

    def __init__(self, part: Part, say: Callable[[str], None]) -> None:
        """Describe it."""
        self.part = part
        self.account = Account(part.out / "runs.jsonl")
        self._say = say
        self._latest: dict[str, Any] = {}

    def run(self) -> bool:
        """Play everything that is not in the account yet; whether all of it held."""
        fine = True
        numbers = self._numbers()
        number = next(numbers, None)
        while number is not None:
            folder = self.part.out / f"net-{self.part.part}"
            shutil.rmtree(folder, ignore_errors=True)
            with ChaosNetwork(
                folder, broken=self.part.broken, small_disks=self.part.small_disks
            ) as net:
                net.up()
                net.wait_whole(60)
                oracle = Oracle(net)
                for at in range(1, RUNS_EACH + 1):
                    run = self._play(net, oracle, number, every=at % AUDIT_EVERY == 0)
                    number = next(numbers, None)
                    if not run.verdict.holds:
                        fine = False
                        self._keep_logs(net, run)
                        break
                    if number is None:
                        break
                fine = self._last_audit(oracle, run) and fine
        return fine

    def _numbers(self) -> Iterator[int]:
        """Yield the numbers to play: those of our blocks, then others for those that do not count.

        What is yielded may depend on how the ones before went.
        """
        part = self.part
        if part.numbers:
            yield from part.numbers
            return
        done = {line["number"]: line for line in self.account.lines(part.seed)}
        owed: Counter[str] = Counter()
        for number in range(part.runs * (1 + _MOST_EXTRA)):
            if number // _BLOCK % part.parts != part.part:
                continue
            group = group_of(number)
            if number >= part.runs and owed[group] <= 0:
                continue
            if number not in done:
                yield number
                done[number] = self._latest
            counted = done[number]["counts"]
            if number < part.runs:
                owed[group] += not counted
            else:
                owed[group] -= counted

    def _play(self, net: ChaosNetwork, oracle: Oracle, number: int, *, every: bool) -> Run:
        part = self.part
        schedule = draw(part.seed, number, net.codes, part.only, part.without)
        run = play(net, oracle, schedule)
        run.verdict.faults += oracle.audit(every=every)
        line = run.line()
        self._latest = line
        self.account.add(line)
        self._say(_told(line))
        if not holds(line):
            self._say(
                "FAILED. Play it again: .venv/bin/python tests/chaos/run_chaos.py"
                f" --seed {part.seed} --only {number}{part.words}"
            )
        return run

    def _last_audit(self, oracle: Oracle, run: Run) -> bool:
        if not run.verdict.holds:
            return False
        found = oracle.audit(every=True)
        for fault in found:
            self._say(f"FAILED: {fault}")
        if found:
            self.account.add({**self._latest, "number": -1, "counts": False, "faults_found": found})
        return not found

    def _keep_logs(self, net: ChaosNetwork, run: Run) -> None:
        folder = self.part.out / "failed" / f"{run.schedule.seed}-{run.schedule.number}"
        folder.mkdir(parents=True, exist_ok=True)
        told = {**run.line(), "ids": {
            "lost": run.verdict.lost, "stuck": run.verdict.stuck,
            "duplicated": run.verdict.duplicated},
            "strikes": [(one.fault.name, one.victim, one.begin_s, one.heal_s)
                        for one in run.schedule.strikes]}  # fmt: skip
        (folder / "run.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        for code in net.codes:
            shutil.copy(net.nodes[code].plan.log, folder / f"node-{code}.log")
            shutil.copy(net.brokers[code].plan.log, folder / f"broker-{code}.log")
            shutil.copytree(
                net.nodes[code].plan.store.parent, folder / f"state-{code}",
                ignore=shutil.ignore_patterns("*.sock"), dirs_exist_ok=True,
            )  # fmt: skip
        self._say(f"its logs and stores: {folder}")


def _told(line: dict[str, Any]) -> str:
    wrong = [f"{line[name]} {name}" for name in ("lost", "duplicated", "stuck") if line[name]]
    wrong += line["faults_found"]
    fate = "; ".join(wrong) or (
        "complete" if line["counts"] else "complete, but a fault did not bite"
    )
    return (
        f"{line['number']:5} {' '.join(line['faults']):60} {line['records']:4} records"
        f"  {line['recovery_s']:5.1f} s  {fate}"
    )
