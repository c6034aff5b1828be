"""What is held back, and what is told of it."""

from collections import Counter

import pytest

from corridor.daemon.recording import Memory, Recording
from corridor.errors import Reason
from corridor.exchange.cues import FrameRefused
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.receive import Disposal, Refusal
from corridor.store.memory import MemoryStore

NOW_MS = 1_795_000_000_000
POLICY = ExchangePolicy()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def refuse(store: MemoryStore, count: int, since_ms: int = NOW_MS) -> Counter[tuple[str, str]]:
    """Refuse `count` frames that cannot be judged yet; returns what was told of them."""
    with store.transaction() as change:
        recording = Recording(change, Memory(), POLICY, NOW_MS)
        for number in range(count):
            frame = b"%d" % number
            unknown = Refusal("TR", frame, "", Reason.DIRECTORY_UNKNOWN, Disposal.HELD)
            recording.refuse(unknown, since_ms)
    events = [event for event in recording.events if isinstance(event, FrameRefused)]
    return Counter((event.reason.label, event.disposal) for event in events)


def test_what_gives_way_to_newer_frames_is_told_by_its_reason(store: MemoryStore) -> None:
    assert refuse(store, 64) == {("directory_unknown", "held"): 64}
    assert refuse(store, 3) == {("directory_unknown", "held"): 3, ("held_full", "dropped"): 3}
    assert store.counts()["held"] == 64


def test_what_was_held_too_long_waits_in_quarantine_for_a_person(store: MemoryStore) -> None:
    told = refuse(store, 1, since_ms=NOW_MS - POLICY.held_ms - 1)
    assert told == {("directory_unknown", "quarantined"): 1}
    with store.reading() as view:
        (item,) = view.quarantine_items(limit=9)
    assert item.reason is Reason.DIRECTORY_UNKNOWN
    assert store.counts()["held"] == 0
