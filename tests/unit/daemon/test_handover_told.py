"""Who is told of handovers, and who is not (PROTOCOL §6.8)."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from builders_store import GE, NOW_MS
from corridor.daemon.controls import Controls
from corridor.exchange.cues import HandedOn
from corridor.exchange.values import Position
from corridor.store.memory import MemoryStore
from corridor.wire.control import Control, HeadRef, StreamOpen
from corridor.wire.handover import SILENT, TELLS, Handover

OPEN = StreamOpen(HeadRef(0, 0, b""), HeadRef(0, 0, b""))


def hear(store: MemoryStore, *records: Control, epoch: int = 5, newest: int = 5) -> list[object]:
    """Have control records of GE acted on; returns the cues."""
    cues: list[object] = []
    with store.transaction() as change:
        recording = cast(
            "Any",
            SimpleNamespace(
                change=change,
                now_ms=NOW_MS,
                cue=cues.append,
                owe_status=lambda _: None,
                streams=lambda _: {newest: None},
            ),
        )
        judged = SimpleNamespace(peer=GE, position=Position(epoch, 1), control=records)
        Controls(recording, cast("Any", None)).act_on([cast("Any", judged)])
    return cues


def telling(store: MemoryStore) -> int:
    with store.reading() as view:
        return view.telling(GE)


@pytest.mark.parametrize("said", [TELLS, SILENT])
def test_a_partner_that_sends_one_reads_them(said: int) -> None:
    store = MemoryStore()
    assert telling(store) == 0
    assert hear(store, OPEN, Handover(said)) == [HandedOn()]
    assert telling(store) == said
    assert hear(store, OPEN, Handover(said)) == []


def test_a_stream_opened_without_one_is_of_an_older_node() -> None:
    store = MemoryStore()
    hear(store, OPEN, Handover(TELLS))
    hear(store, OPEN, epoch=4)
    assert telling(store) == TELLS
    hear(store, OPEN)
    assert telling(store) == 0
