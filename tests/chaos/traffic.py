"""Steady traffic both ways, as two national systems make it that never give up.

Rules:

* a record is offered again, under its own id, until its node has said yes or no: a connection that
  broke is no answer, and "the disk is full" is none for ever;
* what a node accepted is written down here, apart from every node; nothing else is owed.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from corridor.errors import LocalTrouble, NodeRefused, Reason
from corridor.gateway.local_client import LocalClient
from corridor.lab.movements import plan_movements
from corridor.lab.scenario import Scenario
from corridor.lab.traffic import Planned
from corridor.wire.v1 import local_pb2 as local

_AGAIN_S = 0.1
_PATIENCE_S = 5.0
_BATCH = 4
_KEPT_BACK = 0.35
_SLOW_S = 0.15
_FINAL = frozenset({"accepted", "duplicate"})
OF_THE_MOMENT = frozenset({Reason.STORE_FULL.label, Reason.NO_AGREEMENT.label})
"""Reasons that pass: the disk is full, or the clock stands before the agreement or after it."""


def plan(scenario: Scenario, seed: int, movements: int) -> list[Planned]:
    """Return the records of whole movements, in order of time; a seed always gives the same."""
    return list(plan_movements(scenario, seed, movements))


@dataclass(slots=True)
class Submitted:
    """What became of what one country offered."""

    accepted: list[Planned] = field(default_factory=list)
    refused: list[tuple[Planned, str]] = field(default_factory=list)
    """Refused for what they are: never a matter of the moment."""
    put_off: int = 0
    """Times that a node said: not now."""
    unanswered: int = 0
    """Times that a connection broke before the answer."""


class Traffic:
    """Submits a plan, one thread a country, spread over a time."""

    def __init__(self, sockets: dict[str, Path], records: Sequence[Planned], over_s: float) -> None:
        """Describe it: `records` leave evenly over `over_s` seconds.

        The last ones are kept back, and leave ever so slowly, until somebody says `hurry`: a fault
        that takes longer than planned still meets records under way.
        """
        self._sockets = sockets
        self._over_s = over_s
        self._ended = threading.Event()
        self._hurry = threading.Event()
        self.last_accepted = 0.0
        """When, by the monotonic clock."""
        self._parts: dict[str, list[Planned]] = {}
        for one in records:
            self._parts.setdefault(one.sender, []).append(one)
        self.submitted = {sender: Submitted() for sender in self._parts}
        self._threads = [
            threading.Thread(
                target=self._run,
                args=(sender, list(records), self.submitted[sender]),
                name=f"traffic {sender}",
                daemon=True,
            )
            for sender, records in self._parts.items()
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def hurry(self) -> None:
        """Keep nothing back any more."""
        self._hurry.set()

    def again(self, sender: str, timeout_s: float) -> bool:
        """Offer once more what this sender's node has accepted; whether all is answered in time.

        For a node that was put back from a backup: what it took since, nobody else may ever have
        had. Also what is final: a national system of this suite hears no outcomes.
        """
        done, last = Submitted(), self.last_accepted
        waiting = list(self.submitted[sender].accepted)
        thread = threading.Thread(target=self._run, args=(sender, waiting, done), daemon=True)
        self._threads.append(thread)
        thread.start()
        thread.join(timeout_s)
        self.last_accepted = last
        self.submitted[sender].refused += done.refused
        return not thread.is_alive()

    def wait(self, timeout_s: float) -> bool:
        """Wait until every record has its answer; whether it has in time."""
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def end(self) -> None:
        """Stop at once; what has no answer yet is not owed, but may be there."""
        self._ended.set()
        self.wait(_PATIENCE_S * 2)

    @property
    def accepted(self) -> list[Planned]:
        """Everything that a node has accepted so far."""
        return [one for done in self.submitted.values() for one in done.accepted]

    @property
    def refused(self) -> list[tuple[Planned, str]]:
        """Everything that a node refused for good."""
        return [one for done in self.submitted.values() for one in done.refused]

    def _run(self, sender: str, waiting: list[Planned], done: Submitted) -> None:
        begun, total = time.monotonic(), len(waiting)
        while waiting and not self._ended.is_set():
            with suppress(LocalTrouble), LocalClient(self._sockets[sender], _PATIENCE_S) as node:
                while waiting and not self._ended.is_set():
                    due = (total - len(waiting)) * self._over_s / total
                    self._ended.wait(max(0.0, begun + due - time.monotonic()))
                    kept_back = len(waiting) <= total * _KEPT_BACK and not self._hurry.is_set()
                    if kept_back:
                        self._hurry.wait(_SLOW_S)
                    if not self._offer(node, waiting, done, 1 if kept_back else _BATCH):
                        break
            if waiting:
                self._ended.wait(_AGAIN_S)

    def _offer(self, node: LocalClient, waiting: list[Planned], done: Submitted, most: int) -> bool:
        batch = waiting[:most]
        try:
            results = node.submit([_submission(one) for one in batch])
        except NodeRefused:
            done.put_off += 1
            return False
        except LocalTrouble:
            done.unanswered += 1
            raise
        del waiting[: len(batch)]
        for one, result in zip(batch, results, strict=True):
            if result.status in _FINAL:
                self.last_accepted = time.monotonic()
                done.accepted.append(one)
            elif result.status == "refused" and result.reason not in OF_THE_MOMENT:
                done.refused.append((one, f"{result.reason} {' '.join(result.faults)}"))
            else:
                done.put_off += 1
                waiting.append(one)
        return len(waiting) == 0 or all(one.status in _FINAL for one in results)


def _submission(one: Planned) -> local.LocalSubmission:
    return local.LocalSubmission(
        recipient=one.recipient, record_id=one.record_id, record=one.record
    )
