"""Plays one run of the random part on a network that is whole, and leaves it whole.

Rules:

* a run counts only where every fault of it bit while records were under way;
* nothing is waited for without end: what is not whole or complete in time is told as stuck;
* a fault that was begun is ended, whatever happens meanwhile.
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from chaos.faults import Scene
from chaos.network import ChaosNetwork
from chaos.oracle import Oracle, Verdict
from chaos.schedule import Schedule, Strike
from chaos.traffic import Traffic, plan
from corridor.errors import CorridorError, LinkTrouble

WHOLE_S: Final = 180.0
COMPLETE_S: Final = 90.0
_STEP_S: Final = 0.04


@dataclass(slots=True)
class Run:
    """What became of one run."""

    schedule: Schedule
    fired: list[str] = field(default_factory=list)
    """Faults that were seen to bite."""
    verdict: Verdict = field(default_factory=Verdict)
    recovery_s: float = 0.0
    """From the end of the last fault (or of the traffic) until everything was complete."""
    seconds: float = 0.0
    mended: list[str] = field(default_factory=list)
    """What had to be mended by the runbook."""
    restarts: list[str] = field(default_factory=list)
    """What ended by itself and was started again, as a service manager would."""
    refused: list[str] = field(default_factory=list)
    """Records that a node refused, with the reason: they are not owed."""

    @property
    def counts(self) -> bool:
        """Whether every fault of it bit."""
        return bool(self.fired) and len(self.fired) == len(self.schedule.strikes)

    def line(self) -> dict[str, Any]:
        """Return its line of the account."""
        found, plan_ = self.verdict, self.schedule
        return {
            "seed": plan_.seed,
            "number": plan_.number,
            "group": plan_.group,
            "faults": plan_.names,
            "fired": self.fired,
            "counts": self.counts,
            "records": found.records,
            "lost": len(found.lost),
            "duplicated": len(found.duplicated),
            "stuck": len(found.stuck),
            "faults_found": found.faults,
            "refused": len(self.refused),
            "restarts": self.restarts,
            "mended": self.mended,
            "recovery_s": round(self.recovery_s, 2),
            "seconds": round(self.seconds, 2),
        }


class _Stage:
    """The faults of a run as they begin, are seen and end."""

    def __init__(self, net: ChaosNetwork, run: Run, rng_of: Callable[[Strike], Scene]) -> None:
        self._net = net
        self._run = run
        self.scenes = {strike: rng_of(strike) for strike in run.schedule.strikes}
        self._active: set[Strike] = set()
        self._bitten: set[Strike] = set()

    def play(self, begun: float) -> None:
        """Begin every fault at its time, and end it when it has lasted as long as it should."""
        todo = {one: begun + one.begin_s for one in self.scenes}
        try:
            while todo:
                strike = min(todo, key=todo.__getitem__)
                self._look_until(todo.pop(strike))
                if strike in self._active:
                    self._heal(strike)
                else:
                    self._begin(strike)
                    todo[strike] = time.monotonic() + strike.heal_s - strike.begin_s
        finally:
            for strike in tuple(self._active):
                self._heal(strike)

    def _begin(self, strike: Strike) -> None:
        self._active.add(strike)
        with suppress(LinkTrouble, OSError):
            strike.fault.begin(self.scenes[strike])

    def _heal(self, strike: Strike) -> None:
        self._look(strike)
        self._active.discard(strike)
        deadline = time.monotonic() + WHOLE_S
        while True:
            try:
                strike.fault.heal(self.scenes[strike])
            except LinkTrouble:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_STEP_S)
                continue
            break
        if strike not in self._bitten and strike.fault.kind in {"delivery", "node"}:
            self._look(strike)

    def _look_until(self, at: float) -> None:
        while True:
            for strike in tuple(self._active - self._bitten):
                self._look(strike)
            down = {one.victim for one in self._active if "node" in one.fault.name}
            self._run.restarts += self._net.keep_nodes(down)
            left = at - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(_STEP_S, left))

    def _look(self, strike: Strike) -> None:
        if strike not in self._bitten and strike.fault.bitten(self.scenes[strike]):
            self._bitten.add(strike)
            self._run.fired.append(f"{strike.fault.name}@{strike.victim}")


def play(net: ChaosNetwork, oracle: Oracle, schedule: Schedule) -> Run:
    """Play a run and judge it."""
    run, begun = Run(schedule), time.monotonic()
    records = plan(net.scenario, schedule.traffic_seed, schedule.movements)
    traffic = Traffic(dict(net.sockets), records, schedule.over_s)
    rng = random.Random(schedule.traffic_seed)  # noqa: S311 - no secret
    stage = _Stage(net, run, lambda strike: Scene(net, strike.victim, rng))
    traffic.start()
    trouble = ""
    try:
        stage.play(begun)
        traffic.hurry()
        healed = time.monotonic()
        run.restarts += net.wait_whole(WHOLE_S)
    except CorridorError as error:
        trouble, healed = str(error), time.monotonic()
    answered = traffic.wait(COMPLETE_S)
    forgetful = {scene.victim for scene in stage.scenes.values() if scene.forgets}
    for code in sorted(forgetful):
        endpoint = net.nodes[code].plan.country.endpoint
        oracle.put_back.add(endpoint)
        answered &= traffic.again(endpoint, COMPLETE_S)
    traffic.end()
    planted = sum(scene.planted for scene in stage.scenes.values())
    run.verdict = oracle.judge(
        traffic.accepted, COMPLETE_S, planted=planted, restored=bool(forgetful)
    )
    run.refused = [why for _, why in traffic.refused]
    _add_faults(run, trouble, traffic, answered=answered)
    run.mended, net.mended = net.mended, []
    done = time.monotonic()
    run.recovery_s = done - max(healed, traffic.last_accepted)
    run.seconds = done - begun
    return run


def _add_faults(run: Run, trouble: str, traffic: Traffic, *, answered: bool) -> None:
    if trouble:
        run.verdict.faults.append(trouble)
    if not answered:
        run.verdict.faults.append("a node did not answer what was offered")
    if traffic.refused:
        run.verdict.faults.append(f"refused: {'; '.join(sorted(set(run.refused)))[:300]}")
