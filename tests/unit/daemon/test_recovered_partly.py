"""A restored node says how much of what it forgot nobody holds any more (PROTOCOL §6.2, §6.4)."""

from types import SimpleNamespace
from typing import Any, cast

from builders_store import GE, NOW_MS, envelope_id, sealed
from corridor.daemon.controls import Controls
from corridor.daemon.recording import Memory, Recording
from corridor.daemon.recovered import closed_without_content, note_recovered, recovery_lines
from corridor.exchange.cues import Recovered
from corridor.exchange.policy import STREAM_WINDOW, ExchangePolicy
from corridor.exchange.values import ZERO_ID, Family, InStream, Position
from corridor.store.memory import MemoryStore
from corridor.store.port import Store
from corridor.wire.control import Control, HeadRef, StreamStatus, Tombstone

ANSWER = StreamStatus(HeadRef(60, 1, envelope_id(9)), HeadRef(0, 0, b""))


def restored() -> MemoryStore:
    """A store put back that knows 5:3 of GE, and that 5 goes to 7."""
    store = MemoryStore()
    with store.transaction() as change:
        change.put_in_stream(InStream(GE, 5, 3, envelope_id(3), 7))
        change.keep_sealed(sealed(8, position=Position(50, 1), family=Family.CONTROL))
        change.begin_recovery(NOW_MS)
        change.keep_sealed(sealed(9, position=Position(60, 1), family=Family.CONTROL))
    return store


def hear(store: Store, *records: Control) -> list[Recovered]:
    with store.transaction() as change:
        recording = Recording(change, Memory(), ExchangePolicy(), NOW_MS)
        judged = SimpleNamespace(peer=GE, position=Position(6, 9), control=records)
        Controls(recording, cast("Any", None)).act_on([cast("Any", judged)])
        note_recovered(recording)
        recording.put_streams()
        return [one for one in recording.events if isinstance(one, Recovered)]


def closed(seq: int, envelope: bytes = ZERO_ID, epoch: int = 5) -> Tombstone:
    return Tombstone(HeadRef(epoch, seq, envelope))


def line(store: Store) -> dict[str, Any]:
    with store.reading() as view:
        (found,) = recovery_lines(view, [GE])
        assert closed_without_content(view) == {GE: found["without_content"]}
    return found


def test_positions_closed_under_zeros_are_told_instead_of_complete() -> None:
    store = restored()
    assert hear(store, ANSWER, closed(4), closed(5, envelope_id(5)), closed(4)) == []
    assert line(store)["sentence"] == (
        "GE.RS returns what was forgotten: 2 envelopes missing, 1 position closed without content"
    )
    assert hear(store, closed(6), closed(7)) == [Recovered(GE, NOW_MS, 3)]
    assert (line(store)["state"], line(store)["without_content"]) == ("partly", 3)
    assert hear(store, closed(9)) == []  # of another time: nothing is waited for
    assert line(store)["without_content"] == 3


def test_the_next_restore_counts_anew() -> None:
    store = restored()
    hear(store, closed(4))
    with store.transaction() as change:
        change.begin_recovery(NOW_MS + 1)
    assert line(store)["without_content"] == 0


def test_what_comes_anew_is_complete() -> None:
    store = restored()
    anew = [closed(seq, envelope_id(seq)) for seq in range(4, 8)]
    assert hear(store, ANSWER, *anew) == [Recovered(GE, NOW_MS, 0)]
    assert line(store)["state"] == "complete"


def test_a_tombstone_names_an_epoch_and_how_far_it_went() -> None:
    store = restored()
    hear(store, closed(9, envelope_id(8), epoch=4))
    far = STREAM_WINDOW + 9
    hear(store, closed(far, envelope_id(8), epoch=3))
    with store.reading() as view:
        streams = {one.epoch: one for one in view.in_streams(GE)}
    assert (streams[4].complete_to, streams[4].highest) == (0, 9)
    assert [seq for seq, _, _ in streams[4].ahead] == [9]
    assert (streams[3].highest, streams[3].ahead) == (far - 1, ())  # it is closed later
