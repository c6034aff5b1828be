"""Under load fewer and larger envelopes leave; at low load every record at once (PROTOCOL §7.1)."""

import pytest

from builders_store import submission
from builders_trust import GE, TR, make_world
from corridor.daemon.outbound import Outbound
from corridor.exchange.cues import Outgoing, Receipted
from corridor.exchange.parts import Identity
from corridor.exchange.values import EnvelopeVerdict, Family, InFlight, Lane, Verdict
from corridor.store.memory import MemoryStore


class Sending:
    """TR's sender, a store in memory, and a broker that confirms at once."""

    def __init__(self) -> None:
        world = make_world()
        node, view = world.nodes[TR], world.view()
        self.now_ms = world.now_ms
        self.store = MemoryStore()
        identity = Identity(TR, node.signing, {})
        self.outbound = Outbound(self.store, lambda: identity, lambda: view, draw=lambda: 0.0)
        self.outbound.start(self.now_ms)
        self.outbound.on_link_ready(self.now_ms)
        self.number = 0
        self.turn()

    def turn(self) -> None:
        while self.outbound.step(self.now_ms, self.publish) <= self.now_ms:
            pass

    def publish(self, _outgoing: Outgoing) -> bool:
        return True

    def submit(self, lane: Lane, size: int = 1_000, *, count: int = 1) -> None:
        with self.store.transaction() as change:
            for _ in range(count):
                self.number += 1
                one = submission(self.number, GE, lane=lane, entry=bytes(size))
                change.accept(one, self.now_ms)
        self.turn()

    def under_way(self) -> list[InFlight]:
        return [one for one in self.store.unreceipted(GE) if one.family is Family.DATA]

    def receipt_of_one(self) -> None:
        sent = self.under_way()[0]
        verdict = EnvelopeVerdict(
            sent.position, sent.envelope_id, sent.payload_root, Verdict.ACCEPTED
        )
        with self.store.transaction() as change:
            change.close_sealed(GE, verdict, self.now_ms)
        self.outbound.cues([Receipted(GE, ((sent, Verdict.ACCEPTED),))], self.now_ms)
        self.turn()

    def waiting(self, lane: Lane) -> int:
        with self.store.reading() as view:
            return len(view.waiting(GE, lane, 1_000))


@pytest.fixture
def sending(monkeypatch: pytest.MonkeyPatch) -> Sending:
    # the window is not what is tried here
    monkeypatch.setattr("corridor.exchange.window.Window.has_room", lambda *_: True)
    return Sending()


def test_every_record_leaves_at_once_until_four_are_under_way(sending: Sending) -> None:
    for _ in range(4):
        sending.submit(Lane.ROUTINE)
        assert sending.waiting(Lane.ROUTINE) == 0
    sending.submit(Lane.ROUTINE)
    sending.submit(Lane.ROUTINE)
    assert sending.waiting(Lane.ROUTINE) == 2
    sending.submit(Lane.URGENT)
    assert sending.waiting(Lane.URGENT) == 0


def test_a_receipt_lets_what_has_gathered_leave_together(sending: Sending) -> None:
    for _ in range(7):
        sending.submit(Lane.ROUTINE)
    assert sending.waiting(Lane.ROUTINE) == 3
    sending.receipt_of_one()
    assert sending.waiting(Lane.ROUTINE) == 0
    assert len(sending.under_way()) == 4


def test_a_full_envelope_waits_for_nobody(sending: Sending) -> None:
    for _ in range(4):
        sending.submit(Lane.BULK)
    for _ in range(3):
        sending.submit(Lane.BULK, size=100_000)
    assert sending.waiting(Lane.BULK) == 1


def test_what_fits_leaves_when_a_larger_record_stands_behind_it(sending: Sending) -> None:
    for _ in range(4):
        sending.submit(Lane.ROUTINE)
    for _ in range(3):
        sending.submit(Lane.ROUTINE, size=60_000)
    assert sending.waiting(Lane.ROUTINE) == 3
    sending.submit(Lane.ROUTINE, size=100_000)
    assert sending.waiting(Lane.ROUTINE) == 1


def test_envelopes_of_the_same_step_count_among_the_four(sending: Sending) -> None:
    sending.submit(Lane.ROUTINE, size=60_000, count=18)  # four to an envelope
    assert len(sending.under_way()) == 4
    assert sending.waiting(Lane.ROUTINE) == 2
    sending.receipt_of_one()
    assert sending.waiting(Lane.ROUTINE) == 0
