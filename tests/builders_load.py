"""National systems that go on, whatever becomes of their nodes, until they are told to end.

Rules:

* each offers its records through its country's own gateway and asks what became of them; a node
  that is away is asked again, as a national system does;
* whose node was put back from a backup, offers again what it has heard nothing of, under the same
  record id: nobody else offers anything twice, so that what a partner lost is not made good here;
* what a node accepted, and what came of it, is written down here and taken from no node; what
  came of a record is kept also where it came before the record was offered here, as it does
  where a lab has played the same records before.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

from corridor.errors import LocalTrouble
from corridor.lab.systems.offers import Door, Offer, Outcome
from corridor.lab.traffic import Key, Planned, Proof, Receipts, prove
from corridor.lab.ways import Way, opened

_EACH_S = 0.15
_BATCH = 2
_TAKEN = frozenset({"accepted", "duplicate"})


class Load:
    """Traffic of every sender of a plan, a thread each; use as a context manager."""

    def __init__(self, plan: Sequence[Planned], ways: Mapping[str, Way]) -> None:
        self._ways = ways
        self._left: dict[str, list[Planned]] = {}
        for one in plan:
            self._left.setdefault(one.sender, []).append(one)
        self._taken: dict[tuple[str, bytes], Planned] = {}
        self._outcomes: dict[tuple[str, bytes], Outcome] = {}
        self._put_back: set[str] = set()
        self._again: dict[str, list[Planned]] = {}
        self.refused: list[str] = []
        self.offered_again = 0
        self._stopped, self._ended = threading.Event(), threading.Event()
        self._offering = {sender: threading.Lock() for sender in self._left}
        self._threads = [
            threading.Thread(target=self._run, args=(sender,), daemon=True) for sender in self._left
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(60)

    @property
    def accepted(self) -> list[Planned]:
        """All that nodes have accepted so far."""
        return list(self._taken.values())

    @property
    def under_way(self) -> int:
        """How many of them nothing is known of yet."""
        return sum(place not in self._outcomes for place in list(self._taken))

    def put_back(self, sender: str) -> None:
        """Tell a national system that its node was put back."""
        self._put_back.add(sender)

    def stop(self, timeout_s: float) -> bool:
        """Offer nothing new, and wait until all is known; whether it is in time."""
        self._stopped.set()
        deadline = time.monotonic() + timeout_s
        for offering in self._offering.values():
            with offering:  # what is being offered has its answer
                pass
        while self.under_way and time.monotonic() < deadline:
            time.sleep(0.1)
        return not self.under_way

    def proof(self, handed: Counter[Key]) -> Proof:
        """Compare what was accepted with what was handed over and what was receipted."""
        receipts = Receipts()
        for place, known in list(self._taken.items()):
            outcome = self._outcomes.get(place)
            if outcome is None:
                continue
            recipient, record_id, digest = known.key
            same = outcome.accepted and outcome.sha256 == known.entry_sha256
            told = digest if same else f"{outcome.reason} {outcome.sha256.hex()}"
            receipts.accepted[recipient, record_id, told] += 1
        return prove(self.accepted, handed, receipts)

    def _run(self, sender: str) -> None:
        cursor = 0  # kept, whatever becomes of the node: after a restore it goes on above
        while not self._ended.is_set():
            with suppress(LocalTrouble), opened(self._ways[sender]) as node:
                while not self._ended.is_set():
                    with self._offering[sender]:
                        self._offer(node, sender)
                    for one in node.outcomes(cursor, _EACH_S):
                        cursor = one.cursor
                        self._outcomes[one.recipient, one.record_id] = one

    def _offer(self, node: Door, sender: str) -> None:
        if sender in self._put_back:
            self._put_back.discard(sender)
            self._again[sender] = [
                one
                for place, one in self._taken.items()
                if one.sender == sender and place not in self._outcomes
            ]
            self.offered_again += len(self._again[sender])
        # What was accepted is offered again to its end, also by who offers nothing new.
        left = self._again.get(sender) or ([] if self._stopped.is_set() else self._left[sender])
        batch = left[:_BATCH]
        if not batch:
            return
        answers = node.submit(
            [Offer(one.recipient[:2], one.record_id, one.record) for one in batch]
        )
        del left[: len(batch)]
        for one, answer in zip(batch, answers, strict=True):
            if answer.status in _TAKEN:
                self._taken[one.recipient, one.record_id] = one
            else:
                self.refused.append(f"{one.key}: {answer.status} {answer.reason}")
