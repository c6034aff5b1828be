"""Two nodes that compare their days; what they tell is carried by hand."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from builders_store import envelope_id, incoming, received, sealed, submission
from corridor.daemon.days import Days
from corridor.daemon.reconciler import Reconciler
from corridor.exchange.cues import Cue
from corridor.exchange.tallies import ids_of
from corridor.exchange.values import EnvelopeVerdict, Position, Verdict
from corridor.store.port import Store
from corridor.store.reconciling_port import ToldDay
from corridor.transit.parties import Endpoint
from corridor.wire import limits

DAY = 20_400
AFTER_MS = (DAY + 1) * limits.DAY_MS + 3_600_000
"""One o'clock in the night after the day."""


class Side:
    """A node's store with its reconciler; what it tells is carried by hand."""

    def __init__(self, store: Store, me: Endpoint, peer: Endpoint) -> None:
        self.store, self.me, self.peer = store, me, peer
        self.cues: list[Cue] = []
        self.reconciler = Reconciler(store, self.hear)
        self.told = 0

    def hear(self, cues: Sequence[Cue]) -> None:
        self.cues += cues

    def know(self) -> None:
        with self.store.transaction() as change:
            change.keep_knows_tally(self.peer, knows=True)

    def tell(self, other: "Side", now_ms: int) -> int:
        """Carry what is to be told; returns how much it was."""
        with self.store.transaction() as change:
            pending = change.tallies_pending(self.peer, 9)
            for day, body in pending:
                self.told += 1
                change.tallies_told(self.peer, [(day, body)], envelope_id(self.told), now_ms)
                told = ToldDay(day, body, envelope_id(self.told), Position(9, self.told))
                with other.store.transaction() as theirs:
                    theirs.note_tally(self.me, told, now_ms)
        return len(pending)

    def state(self, day: int = DAY) -> str:
        with self.store.reading() as view:
            kept = view.reconciliation(self.peer, day)
        return kept.state if kept else "nothing"

    def cases(self) -> list[int | None]:
        with self.store.reading() as view:
            return [one.closed_ms for one in view.cases(9, open_only=False)]

    def days(self) -> Days:
        return Days(self.store, lambda: (self.peer,), lambda: AFTER_MS)


def send(sender: Side, recipient: Side, *numbers: int, verdict: Verdict = Verdict.ACCEPTED) -> None:
    """Have records of the day sent, kept and receipted, in an envelope each."""
    for number in numbers:
        record_id = ids_of(DAY)[0] + number.to_bytes(10)
        made_ms = DAY * limits.DAY_MS + number
        with sender.store.transaction() as change:
            one = submission(number, record_id=record_id, peer=sender.peer, entry=b"%d" % number)
            change.accept(one, made_ms)
            rows = [row.row for row in change.waiting(sender.peer, one.lane, 9)]
            kept = sealed(number, tuple(rows), peer=sender.peer, created_ms=made_ms)
            change.keep_sealed(kept)
            judged = EnvelopeVerdict(kept.position, kept.envelope_id, kept.payload_root, verdict)
            change.close_sealed(sender.peer, judged, made_ms)
        with recipient.store.transaction() as change:
            record = incoming(0, number, record_id=record_id, entry=b"%d" % number)
            envelope = received(number, record, peer=recipient.peer, created_ms=made_ms)
            change.keep_received(replace(envelope, envelope_id=kept.envelope_id))


def settle(ge: Side, tr: Side, now_ms: int = AFTER_MS, *, most: int = 12) -> int:
    """Let both count and tell until neither has anything to say; returns how much was told."""
    told = 0
    for _ in range(most):
        now_ms += 3_000
        for side in (ge, tr):
            side.reconciler.turn(now_ms)
        moved = ge.tell(tr, now_ms) + tr.tell(ge, now_ms)
        told += moved
        if not moved:
            return told
    pytest.fail("they never fall silent")


def lose(side: Side, number: int) -> None:
    """Take a record out of a store behind its back."""
    record_id = ids_of(DAY)[0] + number.to_bytes(10)
    connection = side.store._writer.connection  # type: ignore[attr-defined]
    connection.execute("DELETE FROM inbox WHERE record_id = ?", (record_id,))
