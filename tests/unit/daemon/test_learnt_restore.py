"""What a partner's word that we forgot something does, and to whom (PROTOCOL §6.4)."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from builders_store import GE, NOW_MS, TR, envelope_id, incoming, received
from corridor.daemon.controls import Controls
from corridor.daemon.recording import Memory, Recording
from corridor.daemon.restored import restored_until_ms
from corridor.errors import Reason
from corridor.exchange.cues import ControlRefused, RestoreSeen
from corridor.exchange.policy import STREAM_WINDOW, ExchangePolicy
from corridor.exchange.values import InStream, Position
from corridor.store.memory import MemoryStore
from corridor.store.port import Store
from corridor.wire import limits
from corridor.wire.control import HeadRef, StreamStatus

NOTHING = HeadRef(0, 0, b"")
BEYOND = ControlRefused(GE, Reason.WINDOW)
SEEN = RestoreSeen(GE, ours=True)


def store_with_both() -> MemoryStore:
    """A store that holds 1 to 3 of epoch 5 of GE, and a record of each that waits."""
    store = MemoryStore()
    with store.transaction() as change:
        change.put_in_stream(InStream(GE, 5, 3, envelope_id(3), 3))
        change.keep_received(received(1, incoming(0, 1)))
        change.keep_received(received(1, incoming(0, 2), peer=TR))
    return store


def claim(store: Store, epoch: int, seq: int, told_at: Position) -> list[object]:
    """Have GE say that we receipted this envelope of its stream; returns the events."""
    with store.transaction() as change:
        recording = Recording(change, Memory(), ExchangePolicy(), NOW_MS)
        status = StreamStatus(NOTHING, HeadRef(epoch, seq, envelope_id(99)))
        judged = SimpleNamespace(peer=GE, position=told_at, control=(status,))
        Controls(recording, cast("Any", None)).act_on([cast("Any", judged)])
        recording.put_streams()
        return list(recording.events)


def highest(store: Store, epoch: int) -> int | None:
    with store.reading() as view:
        found = view.in_stream(GE, epoch)
    return found.highest if found else None


def test_what_one_partner_says_puts_no_other_in_doubt() -> None:
    store = store_with_both()
    assert claim(store, 5, 7, Position(5, 8)) == [SEEN]
    with store.reading() as view:
        until_ms = NOW_MS + limits.MAX_FUTURE_SKEW_MS
        assert [restored_until_ms(view, one) for one in (GE, TR, None)] == [until_ms, -1, -1]
        waiting = [(one.peer, one.possible_repeat) for one in view.inbox(0, 9)]
        assert waiting == [(GE, True), (TR, False)]
        assert [one.peer for one in view.recoveries()] == [GE]
    assert highest(store, 5) == 7
    with store.transaction() as change:  # cursors of the forgotten time stand for nothing else
        change.keep_received(received(2, incoming(0, 3)))
        assert change.last_cursors()[0] > NOW_MS * 1000


@pytest.mark.parametrize(
    ("epoch", "seq"), [(5, 8), (5, 9), (5, 1 << 40), (6, 1), (1 << 32, (1 << 63) - 1)]
)
def test_a_receipt_for_what_its_stream_has_not_reached_is_no_evidence(epoch: int, seq: int) -> None:
    store = store_with_both()
    assert claim(store, epoch, seq, Position(5, 8)) == [BEYOND]
    with store.reading() as view:
        assert view.recoveries() == []
        assert restored_until_ms(view, GE) == -1
        assert [one.possible_repeat for one in view.inbox(0, 9)] == [False, False]
    assert (highest(store, 5), highest(store, 6)) == (3, None)


@pytest.mark.parametrize("epoch", [4, 5])
def test_of_an_older_epoch_a_window_is_believed_and_the_rest_counted(epoch: int) -> None:
    store, held = store_with_both(), 3 if epoch == 5 else 0
    most = held + STREAM_WINDOW
    assert claim(store, epoch, most, Position(6, 2)) == [SEEN]
    assert highest(store, epoch) == most
    store = store_with_both()
    assert claim(store, epoch, 1 << 40, Position(6, 2)) == [BEYOND, SEEN]
    assert highest(store, epoch) == most


def test_what_we_hold_is_no_evidence() -> None:
    store = store_with_both()
    assert claim(store, 5, 3, Position(5, 8)) == []
    with store.reading() as view:
        assert view.recoveries() == []
