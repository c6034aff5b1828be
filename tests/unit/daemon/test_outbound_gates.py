"""Gates, waits and room: a dead partner costs the others nothing; no start begins a ladder anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_store import KEY, submission
from builders_trust import AZ, GE, TR, make_world
from corridor.daemon.outbound import Outbound
from corridor.exchange.cues import EnvelopesBack, Event, Outgoing, ResendAsked, Way
from corridor.exchange.parts import Identity
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.values import Family, Lane
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import Endpoint

POLICY = ExchangePolicy(partial_most=1_000, window_least=64)
"""Every record in an envelope of its own, and a window that stops nobody."""


class Run:
    """TR's sender over a store on disk, from one start to the next."""

    def __init__(self, store: SqliteStore, now_ms: int | None = None) -> None:
        world = make_world()
        node, view = world.nodes[TR], world.view()
        self.now_ms = world.now_ms if now_ms is None else now_ms
        self.store = store
        self.left: list[Outgoing] = []
        self.back: list[EnvelopesBack] = []
        identity = Identity(TR, node.signing, {})
        self.outbound = Outbound(
            store, lambda: identity, lambda: view,
            policy=POLICY, draw=lambda: 0.999, observe=self,
        )  # fmt: skip
        self.outbound.start(self.now_ms)
        self.outbound.on_link_ready(self.now_ms)
        self.turn()

    def tell(self, event: Event) -> None:
        if isinstance(event, EnvelopesBack):
            self.back.append(event)

    def publish(self, outgoing: Outgoing) -> bool:
        self.left.append(outgoing)
        return True

    def turn(self, later_ms: int = 0) -> None:
        end_ms = self.now_ms + later_ms
        while (next_ms := self.outbound.step(self.now_ms, self.publish)) <= end_ms:
            self.now_ms = max(self.now_ms, next_ms)
        self.now_ms = end_ms
        self.outbound.step(self.now_ms, self.publish)

    def submit(self, peer: Endpoint, numbers: range, lane: Lane = Lane.ROUTINE) -> None:
        for number in numbers:
            with self.store.transaction() as change:
                change.accept(submission(number, peer, lane=lane), self.now_ms)
            self.turn()

    def to(self, peer: Endpoint) -> list[Outgoing]:
        return [one for one in self.left if one.peer == peer]

    def answer(self, what: str, some: list[Outgoing]) -> None:
        getattr(self.outbound, f"on_{what}")([one.envelope_id for one in some], self.now_ms)
        self.turn()

    def settle(self) -> None:
        """Have the broker confirm all that has left, and forget it."""
        while self.left:
            some, self.left = self.left, []
            self.answer("confirmed", some)

    def way(self, peer: Endpoint) -> Way:
        return next(one.way for one in self.outbound.windows() if one.peer == peer)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "store.db", KEY) as opened:
        yield opened


def test_a_queue_that_confirms_nothing_takes_sixteen_and_the_others_go_on(
    store: SqliteStore,
) -> None:
    run = Run(store)
    run.settle()
    run.submit(GE, range(1, 41))
    assert len(run.to(GE)) == POLICY.unconfirmed_most
    run.answer("unconfirmed", run.to(GE))
    assert run.way(GE) is Way.UNCONFIRMED
    assert run.back == [EnvelopesBack(GE, "unconfirmed", POLICY.unconfirmed_most)]
    run.submit(AZ, range(41, 51))
    assert len(run.to(AZ)) == 10
    run.answer("confirmed", run.to(AZ))
    assert run.way(AZ) is Way.OPEN


def test_a_late_confirm_opens_the_gate_and_nothing_leaves_twice(store: SqliteStore) -> None:
    run = Run(store)
    run.settle()
    run.submit(GE, range(1, 21))
    stalled = run.to(GE)
    run.answer("unconfirmed", stalled)
    run.left.clear()
    run.answer("confirmed", stalled)
    assert run.way(GE) is Way.OPEN
    again = {one.envelope_id for one in run.left} & {one.envelope_id for one in stalled}
    assert not again
    assert len(run.to(GE)) == 4


def test_what_a_silent_queue_holds_is_tried_with_one_copy_when_the_wait_is_over(
    store: SqliteStore,
) -> None:
    run = Run(store)
    run.settle()
    run.submit(GE, range(1, 6))
    stalled = run.to(GE)
    run.answer("unconfirmed", stalled)
    run.left.clear()
    run.turn(9_000)
    assert not run.left
    run.turn(1_000)
    assert [one.envelope_id for one in run.to(GE)] == [stalled[0].envelope_id]


def test_nothing_that_is_asked_for_leaves_through_a_shut_gate(store: SqliteStore) -> None:
    run = Run(store)
    opening = run.to(GE)
    run.settle()
    run.submit(GE, range(1, 2))
    run.answer("returned", run.to(GE))
    run.left.clear()
    with store.reading() as view:
        position = view.find_sealed(GE, opening[0].envelope_id).position  # type: ignore[union-attr]
    run.outbound.cues([ResendAsked(GE, (position,))], run.now_ms)
    run.turn(2_000)
    assert not run.to(GE)


@pytest.mark.parametrize(
    ("what", "way"),
    [
        ("returned", Way.NO_ROUTE),
        ("nacked", Way.BACKPRESSURE),
        ("absent", Way.NO_EXCHANGE),
        ("unconfirmed", Way.UNCONFIRMED),
    ],
)
def test_a_new_start_waits_on_and_waits_longer_where_it_fails_again(
    store: SqliteStore, what: str, way: Way
) -> None:
    run = Run(store)
    run.settle()
    run.submit(GE, range(1, 6))
    run.answer(what, run.to(GE))
    run.turn(500)  # noted
    again = Run(store, run.now_ms)
    assert again.way(GE) is way
    assert not again.to(GE)
    again.turn(9_000)
    assert not again.to(GE)
    again.turn(1_000)
    assert len(again.to(GE)) == 1
    again.answer(what, again.to(GE))
    again.turn(500)
    third = Run(store, again.now_ms)
    third.turn(19_000)
    assert not third.to(GE)
    third.turn(1_000)
    assert len(third.to(GE)) == 1
    third.answer("confirmed", third.to(GE))
    third.turn(500)
    assert third.way(GE) is Way.OPEN
    with store.reading() as view:
        assert view.gate(GE).attempts == 0


def test_ten_starts_repeat_nothing_that_the_broker_has(store: SqliteStore) -> None:
    run = Run(store)
    run.settle()
    run.submit(GE, range(1, 31))
    run.settle()
    run.turn(500)
    ours = {one.envelope_id for one in store.unreceipted(GE) if one.family is Family.DATA}
    assert len(ours) == 30
    for _ in range(10):
        run = Run(store, run.now_ms + 1_000)
        assert not ours & {one.envelope_id for one in run.left}
        assert len(run.to(GE)) == 1  # the StreamOpen of the new epoch
        run.settle()


def test_the_wait_for_a_receipt_goes_on_after_a_new_start(store: SqliteStore) -> None:
    run = Run(store)
    run.settle()
    run.submit(GE, range(1, 2), Lane.URGENT)
    (urgent,) = run.to(GE)
    run.settle()
    run.turn(10_000)
    assert [one.envelope_id for one in run.to(GE)] == [urgent.envelope_id]
    run.settle()
    run.turn(500)
    assert run.way(GE) is Way.SILENT
    run = Run(store, run.now_ms)
    run.settle()
    run.turn(9_000)  # the second wait is 20 s, jittered down to the half of it
    assert urgent.envelope_id not in {one.envelope_id for one in run.left}
    run.turn(10_500)
    assert urgent.envelope_id in {one.envelope_id for one in run.left}
    run.settle()
    run.turn(500)
    run = Run(store, run.now_ms)
    run.settle()
    run.turn(15_000)  # the third is 40 s, down to 20 s: how often it was published is remembered
    assert urgent.envelope_id not in {one.envelope_id for one in run.left}


def test_what_nobody_can_tell_of_after_a_loss_of_the_link_is_counted(store: SqliteStore) -> None:
    run = Run(store)
    run.settle()
    run.submit(GE, range(1, 4))
    run.outbound.on_link_lost(run.now_ms)
    assert run.back == [EnvelopesBack(GE, "lost", 3)]


def test_urgent_records_wait_behind_four_bulk_envelopes_of_a_step_at_most(
    store: SqliteStore,
) -> None:
    run = Run(store)
    run.settle()
    with store.transaction() as change:
        for number in range(1, 8):
            large = submission(number, GE, lane=Lane.BULK)._replace(entry=bytes(200_000))
            change.accept(large, run.now_ms)
    again_ms = run.outbound.step(run.now_ms, run.publish)
    assert [one.lane for one in run.to(GE)] == [Lane.BULK] * POLICY.bulk_per_step
    assert again_ms == run.now_ms  # there is more: at once
    with store.transaction() as change:
        change.accept(submission(9, GE, lane=Lane.URGENT), run.now_ms)
    run.outbound.step(run.now_ms, run.publish)
    assert run.to(GE)[POLICY.bulk_per_step].lane is Lane.URGENT


def test_for_a_paused_partner_records_wait_and_the_others_go_on(store: SqliteStore) -> None:
    run = Run(store)
    run.settle()
    run.submit(GE, range(1, 3))
    before = run.to(GE)
    assert len(before) == 2
    run.left.clear()
    paused = {GE}
    run.outbound.paused = paused
    run.submit(GE, range(3, 8))
    run.submit(AZ, range(8, 11))
    run.turn(later_ms=5_000)
    fresh = {one.envelope_id for one in before}
    assert len(run.to(AZ)) == 3
    assert {one.envelope_id for one in run.to(GE)} <= fresh  # what had left is not held back
    depths = {one.peer: one.waiting for one in store.depths()}
    assert depths[GE] == 5
    paused.clear()
    run.turn()
    assert {one.envelope_id for one in run.to(GE)} - fresh
    assert {one.peer: one.waiting for one in store.depths()}[GE] == 0
