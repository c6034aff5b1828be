"""Who is told of days, what of a told day is kept, and when a partner has returned everything."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from builders_exchange import stream
from builders_store import GE, NOW_MS, envelope_id, sealed
from corridor.daemon.controls import Controls
from corridor.daemon.recording import Memory
from corridor.daemon.recovered import note_recovered, recovery_lines, waiting_lines
from corridor.errors import Reason
from corridor.exchange.cues import ControlRefused, Recovered
from corridor.exchange.streams import Reception
from corridor.exchange.values import Family, InStream, Position
from corridor.store.memory import MemoryStore
from corridor.wire import limits
from corridor.wire.control import (
    TALLY,
    Control,
    HeadRef,
    StreamOpen,
    StreamStatus,
    decode_control,
)
from corridor.wire.tally import DayCount, Tally

NONE = DayCount((), 0, bytes(32))
TODAY = NOW_MS // limits.DAY_MS
OPEN = StreamOpen(HeadRef(0, 0, b""), HeadRef(0, 0, b""))


def hear(
    store: MemoryStore,
    *records: Control,
    epoch: int = 5,
    streams: tuple[InStream, ...] = (),
    now_ms: int = NOW_MS,
) -> list[object]:
    """Have control records of GE acted on; returns the events."""
    events: list[object] = []
    held = {one.epoch: Reception.of(one) for one in streams}
    with store.transaction() as change:
        recording = cast(
            "Any",
            SimpleNamespace(
                change=change,
                now_ms=now_ms,
                memory=Memory(),
                events=events,
                cue=lambda _: None,
                owe_status=lambda _: None,
                streams=lambda _: held,
                named=lambda _peer, number: held.get(number),
            ),
        )
        frame = SimpleNamespace(envelope_id=envelope_id(epoch))
        judged = SimpleNamespace(peer=GE, position=Position(epoch, 1), control=records, frame=frame)
        Controls(recording, cast("Any", None)).act_on([cast("Any", judged)])
        note_recovered(recording)
    return events


def knows(store: MemoryStore) -> bool:
    with store.reading() as view:
        return view.knows_tally(GE)


def test_a_partner_that_sends_one_is_told_of_days() -> None:
    store = MemoryStore()
    assert not knows(store)
    hear(store, OPEN, Tally(0))
    assert knows(store)
    with store.reading() as view:
        assert view.reconciliations(None, 9) == []


def test_a_stream_opened_without_one_is_of_an_older_node() -> None:
    store = MemoryStore()
    newest = (stream(5, 1),)
    hear(store, OPEN, Tally(0), streams=newest)
    hear(store, OPEN, epoch=4, streams=newest)
    assert knows(store)
    hear(store, OPEN, streams=newest)
    assert not knows(store)


def test_what_is_told_of_a_day_is_kept_as_it_came() -> None:
    store = MemoryStore()
    told = Tally(TODAY - 1, NONE, NONE)
    assert hear(store, told) == []
    with store.reading() as view:
        (kept,) = view.days_due(TODAY + 9, (0, 0), 9)
    assert decode_control(TALLY, kept.theirs) == told
    assert (kept.their_envelope, kept.their_position) == (envelope_id(5), Position(5, 1))


@pytest.mark.parametrize("day", [TODAY + 2, TODAY - limits.MAX_TALLY_DAYS - 1, 1])
def test_a_day_out_of_reach_has_no_effect_and_is_counted(day: int) -> None:
    store = MemoryStore()
    refused = ControlRefused(GE, Reason.CONTROL_MALFORMED)
    assert hear(store, Tally(day, NONE, NONE)) == [refused]
    with store.reading() as view:
        assert view.days_due(TODAY + 9, (0, 0), 9) == []


def status(epoch: int, number: int = 9) -> StreamStatus:
    return StreamStatus(HeadRef(epoch, 1, envelope_id(number)), HeadRef(0, 0, b""))


def restored() -> MemoryStore:
    """A store put back in epoch 50, whose node has opened epoch 60 since."""
    store = MemoryStore()
    with store.transaction() as change:
        old = sealed(8, position=Position(50, 1), family=Family.CONTROL)
        change.keep_sealed(old)
        change.begin_recovery(NOW_MS)
        change.keep_sealed(sealed(9, position=Position(60, 1), family=Family.CONTROL))
    return store


def sentences(store: MemoryStore) -> list[str]:
    with store.reading() as view:
        return [one["sentence"] for one in recovery_lines(view, [GE])]


def test_a_partner_that_answered_and_holds_nothing_more_is_complete() -> None:
    store = restored()
    assert sentences(store) == ["GE.RS has not answered yet what it holds of ours"]
    assert hear(store, status(50, 8)) == []  # it lay at a broker: of before the restore
    assert hear(store, status(60)) == [Recovered(GE, NOW_MS)]
    assert hear(store, status(60)) == []  # once
    assert "complete at" in sentences(store)[0]
    with store.reading() as view:
        assert waiting_lines(view, [GE]) == []
        assert recovery_lines(view, []) == []


def test_a_partner_that_answered_and_holds_more_is_waited_for() -> None:
    store = restored()
    gapped = InStream(GE, 5, 3, envelope_id(3), 7)
    with store.transaction() as change:
        change.put_in_stream(gapped)
    assert hear(store, status(60), streams=(gapped,)) == []
    assert sentences(store) == ["GE.RS returns what was forgotten: 4 envelopes missing"]
    with store.reading() as view:
        assert waiting_lines(view, [GE]) == [one["sentence"] for one in recovery_lines(view, [GE])]
    whole = InStream(GE, 5, 7, envelope_id(7), 7)
    assert hear(store, Tally(0), streams=(whole,), now_ms=NOW_MS + 9) == [Recovered(GE, NOW_MS)]


def test_an_envelope_that_we_do_not_know_is_no_answer() -> None:
    store = restored()
    assert hear(store, status(70, 99)) == []
    assert sentences(store) == ["GE.RS has not answered yet what it holds of ours"]
