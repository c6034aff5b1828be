"""The list of movements under way follows the records, whenever it is let."""

from dataclasses import replace
from pathlib import Path

import pytest
from test_movement_reader import CALM, ENDPOINTS, YEAR_MS, generated, keep, names

from builders_movement import NOW_MS
from builders_store import KEY
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.movements import MovementReader
from corridor.daemon.tracking import MovementTracker
from corridor.errors import StoreFull
from corridor.exchange.lanes import default_lane
from corridor.exchange.values import Submission
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore
from corridor.wire.batches import CANARY, SCHEMA_ID, Entry, encode_entry


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore.open(tmp_path / "store.db", KEY)


def tracker(
    store: Store, metrics: NodeMetrics | None = None, now_ms: int = NOW_MS
) -> MovementTracker:
    reader = MovementReader(store, ENDPOINTS["TR"], lambda: now_ms)
    return MovementTracker(store, reader, metrics or NodeMetrics())


def listed(store: Store, *, overdue: bool = False, now_ms: int = NOW_MS) -> list[dict[str, object]]:
    reader = MovementReader(store, ENDPOINTS["TR"], lambda: now_ms)
    return reader.under_way(9, overdue=overdue)


def test_it_follows_what_came_and_went_and_starts_again_where_it_was(store: Store) -> None:
    one, two = generated(3, CALM), generated(4, CALM)
    keep(store, "TR", one[:3])
    keep(store, "TR", two)
    while tracker(store).step(0):  # each step by another tracker: nothing is in memory alone
        pass
    (line,) = listed(store)
    assert (line["value"], line["state"], line["overdue"]) == (names(one)[0], "S6", [])
    assert listed(store, overdue=True) == []
    assert [mark["what"] for mark in listed(store, now_ms=NOW_MS + YEAR_MS)[0]["overdue"]] == [  # type: ignore[attr-defined]
        "arrival", "recovery",
    ]  # fmt: skip
    assert len(listed(store, overdue=True, now_ms=NOW_MS + YEAR_MS)) == 1
    keep(store, "TR", one[3:])
    tracker(store).turn(budget_s=5)
    assert listed(store) == []


def test_a_movement_first_known_by_its_lrn_is_listed_once(store: Store) -> None:
    told = generated(3, CALM)[:3]
    unnumbered = told[0].record.header.movement.ids.pop(0)
    keep(store, "TR", told[:1])
    tracker(store).turn(budget_s=5)
    assert [line["kind"] for line in listed(store)] == ["lrn"]
    told[0].record.header.movement.ids.insert(0, unnumbered)
    keep(store, "TR", told[1:])
    tracker(store).turn(budget_s=5)
    assert [line["kind"] for line in listed(store)] == ["mrn"]


def test_the_list_says_which_country_refused_a_movement_entry(
    store: Store,
) -> None:
    seen = []
    for one in generated(3, replace(CALM, tir=1.0, entry_refused=1.0)):
        keep(store, "TR", [one])
        tracker(store).turn(budget_s=5)
        seen += [(line["words"], line["refused_by"]) for line in listed(store)]
    refused = [words for words, by in seen if by == "GE"]
    assert ("released, on the way", None) in seen
    assert refused
    assert set(refused) == {"refused entry by GE"}


def test_the_metrics_tell_how_many_are_open_and_overdue(store: Store) -> None:
    keep(store, "TR", generated(3, CALM)[:3])
    metrics = NodeMetrics()
    tracker(store, metrics, NOW_MS + YEAR_MS).turn(budget_s=5)
    value = metrics.registry.get_sample_value
    assert value("corridor_movements_open") == 1
    assert value("corridor_movements", {"state": "in_transit"}) == 1
    assert value("corridor_movements", {"state": "accepted"}) == 0
    assert value("corridor_movements_overdue", {"kind": "arrival"}) == 1
    assert value("corridor_movements_overdue", {"kind": "result"}) == 0


def test_what_names_no_movement_is_passed_over(store: Store) -> None:
    bodies = [(CANARY, b""), (12, b"\xff"), (12, b"\x0a\x00\xb2\x01\x00")]
    for number, (kind, body) in enumerate(bodies):
        entry = encode_entry(Entry(number.to_bytes(16), kind, SCHEMA_ID, None, body))
        with store.transaction() as change:
            change.accept(
                Submission(ENDPOINTS["GE"], number.to_bytes(16), kind, default_lane(kind), entry),
                NOW_MS,
            )
    while tracker(store).step(0):
        pass
    assert listed(store) == []


def test_a_store_that_fails_is_tried_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, "TR", generated(3, CALM)[:1])
    with monkeypatch.context() as patched:
        patched.setattr(store, "reading", _full)
        tracker(store).turn()
    tracker(store).turn(budget_s=5)
    assert len(listed(store)) == 1


@pytest.mark.parametrize(("used_s", "listed_at_once"), [(0.9, 1), (0.1, 4)])
def test_it_takes_more_of_the_time_while_the_node_has_little_to_do(
    store: Store, monkeypatch: pytest.MonkeyPatch, used_s: float, listed_at_once: int
) -> None:
    clock, used = [100.0], [5.0]
    monkeypatch.setattr("corridor.daemon.tracking.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("corridor.daemon.tracking.time.process_time", lambda: used[0])
    for seed in range(3, 7):
        keep(store, "TR", generated(seed, CALM)[:1])
    patient = tracker(store)
    gather = patient._reader.gather

    def long(kind: str, value: str) -> object:
        clock[0] += 0.03
        return gather(kind, value)

    monkeypatch.setattr(patient._reader, "gather", long)
    clock[0] += 1
    used[0] += used_s
    patient.turn()
    assert len(listed(store)) == listed_at_once


def test_what_took_too_long_is_made_good_by_resting(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("corridor.daemon.tracking.time.monotonic", lambda: clock[0])
    told = generated(3, CALM)
    keep(store, "TR", told[:2])
    slow = tracker(store)
    gather = slow._reader.gather

    def long(kind: str, value: str) -> object:
        clock[0] += 3.0
        return gather(kind, value)

    monkeypatch.setattr(slow._reader, "gather", long)
    slow.turn(budget_s=0.02)
    assert len(listed(store)) == 1
    clock[0] += 100  # three seconds at two hundredths of the time are made good in 149 seconds
    keep(store, "TR", told[2:])
    slow.turn(budget_s=0.02)
    assert len(listed(store)) == 1
    clock[0] += 50
    slow.turn(budget_s=0.02)
    assert listed(store) == []


def _full() -> None:
    raise StoreFull("no room")
