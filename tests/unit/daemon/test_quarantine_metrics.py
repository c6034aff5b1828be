"""What waits for a person, as Prometheus sees it."""

import time

import pytest
from prometheus_client import CollectorRegistry

from builders_store import GE, NOW_MS, TR, submission
from corridor.daemon import quarantine_metrics
from corridor.daemon.quarantine_metrics import QuarantineCollector
from corridor.errors import Reason, StoreTrouble
from corridor.exchange.values import Quarantined
from corridor.store.memory import MemoryStore
from corridor.store.rules import QUARANTINE_ITEMS

FRAMES = "corridor_quarantine_frames"
OLDEST = "corridor_quarantine_oldest_timestamp_seconds"
DEAD = "corridor_dead_letters"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def registry_of(store: MemoryStore) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=True)
    registry.register(QuarantineCollector(store, lambda: (GE, TR)))
    return registry


def give_up(store: MemoryStore, number: int, reason: Reason) -> None:
    with store.transaction() as change:
        change.accept(submission(number, TR), NOW_MS)
        change.give_up_waiting(TR, {1}, reason, NOW_MS, 9)


def test_every_label_set_is_there_before_anything_happened(store: MemoryStore) -> None:
    value = registry_of(store).get_sample_value
    for link in ("TR", "GE"):
        assert value(FRAMES, {"link": link}) == 0
        assert value(OLDEST, {"link": link}) == 0
        assert value("corridor_quarantine_bytes", {"link": link}) == 0
        assert value("corridor_quarantine_not_kept_total", {"link": link}) == 0
    assert value(FRAMES, {"link": "corridor.dlq"}) == 0
    for reason in ("agreement_ended", "unanswered", "refused"):
        assert value(DEAD, {"peer": TR, "reason": reason}) == 0
    assert value("corridor_dead_letters_oldest_timestamp_seconds", {"peer": TR}) == 0


def test_what_waits_is_told_with_its_size_age_and_what_found_no_room(store: MemoryStore) -> None:
    with store.transaction() as change:
        for number in range(QUARANTINE_ITEMS + 2):
            frame = b"%03d" % number
            change.quarantine(Quarantined("TR", Reason.WRONG_LINK, frame, NOW_MS + number))
        change.quarantine(Quarantined("", Reason.STRAY, b"x", NOW_MS))
    value = registry_of(store).get_sample_value
    assert value(FRAMES, {"link": "TR"}) == QUARANTINE_ITEMS
    assert value("corridor_quarantine_bytes", {"link": "TR"}) == 3 * QUARANTINE_ITEMS
    assert value(OLDEST, {"link": "TR"}) == NOW_MS / 1000
    assert value("corridor_quarantine_not_kept_total", {"link": "TR"}) == 2
    assert value(FRAMES, {"link": "none"}) == 1


def test_records_that_nobody_has_seen_to_are_counted_once_a_minute(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_up(store, 1, Reason.AGREEMENT_ENDED)
    give_up(store, 2, Reason.UNANSWERED)
    give_up(store, 3, Reason.EXPIRED)
    give_up(store, 4, Reason.RECORD_INVALID)
    value = registry_of(store).get_sample_value
    assert value(DEAD, {"peer": TR, "reason": "agreement_ended"}) == 1
    assert value(DEAD, {"peer": TR, "reason": "unanswered"}) == 1
    assert value(DEAD, {"peer": TR, "reason": "refused"}) == 2
    assert value("corridor_dead_letters_oldest_timestamp_seconds", {"peer": TR}) == NOW_MS / 1000
    give_up(store, 5, Reason.EXPIRED)
    assert value(DEAD, {"peer": TR, "reason": "refused"}) == 2
    later = time.monotonic() + 61
    monkeypatch.setattr(quarantine_metrics.time, "monotonic", lambda: later)
    assert value(DEAD, {"peer": TR, "reason": "refused"}) == 3


def test_a_store_that_cannot_be_read_hides_no_other_metric(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = registry_of(store)

    def fail() -> None:
        raise StoreTrouble("disk")

    monkeypatch.setattr(store, "reading", fail)
    assert registry.get_sample_value(OLDEST, {"link": "TR"}) is None
