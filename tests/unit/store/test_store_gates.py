"""Gates to partners outlive a restart, and what waits for the national system is counted."""

from dataclasses import replace
from pathlib import Path

from builders_store import GE, KEY, NOW_MS, TR, incoming, received, sealed, submission
from corridor.exchange.cues import Way
from corridor.exchange.repair import Breaker, Gate
from corridor.exchange.values import Verdict
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore
from corridor.store.values import Published

LEFT = Breaker(Gate.SHUT, Way.NO_ROUTE, 3, NOW_MS + 80_000, NOW_MS)


def test_a_gate_is_kept_as_it_was_left_and_read_as_shut(store: Store) -> None:
    with store.transaction() as change:
        assert change.gate(GE) == Breaker()
        change.put_gate(GE, LEFT)
        change.put_gate(GE, replace(LEFT, gate=Gate.STALLED, way=Way.UNCONFIRMED, attempts=4))
    with store.reading() as view:
        assert view.gate(GE) == replace(LEFT, way=Way.UNCONFIRMED, attempts=4)
        assert view.gate(TR) == Breaker()


def test_an_open_gate_leaves_nothing_behind(store: Store) -> None:
    with store.transaction() as change:
        change.put_gate(GE, LEFT)
        change.put_gate(GE, Breaker())
        assert change.gate(GE) == Breaker()


def test_a_gate_outlives_a_restart(tmp_path: Path) -> None:
    with SqliteStore.open(tmp_path / "store.db", KEY) as store, store.transaction() as change:
        change.put_gate(GE, LEFT)
    with SqliteStore.open(tmp_path / "store.db", KEY) as store, store.reading() as view:
        assert view.gate(GE) == LEFT


def test_how_often_and_when_an_envelope_was_published_is_told_at_a_new_start(store: Store) -> None:
    with store.transaction() as change:
        change.accept(submission(1), NOW_MS)
        (row,) = (one.row for one in change.waiting(GE, submission(1).lane, 1))
        envelope = sealed(1, (row,))
        change.keep_sealed(envelope)
    (one,) = store.unreceipted(GE)
    assert (one.attempts, one.published_ms) == (0, None)
    with store.transaction() as change:
        change.note_published([Published(envelope.envelope_id, NOW_MS + 5, 3)])
        change.note_published([Published(envelope.envelope_id, NOW_MS + 9)])
    (one,) = store.unreceipted(GE)
    assert (one.attempts, one.published_ms) == (3, NOW_MS + 9)


def test_what_is_not_acknowledged_is_counted_up_to_a_bound(store: Store) -> None:
    with store.transaction() as change:
        assert change.unacknowledged(10) == 0
        for number in range(1, 5):
            change.keep_received(received(number, incoming(0, number)))
        refused = incoming(0, 5, verdict=Verdict.REFUSED)
        change.keep_received(received(5, refused))
        assert change.unacknowledged(10) == 4
        assert change.unacknowledged(3) == 3
        change.acknowledge(change.inbox(0, 1)[0].cursor, NOW_MS)
        assert change.unacknowledged(10) == 3
