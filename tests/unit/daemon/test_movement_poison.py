"""Numbers of a partner that no calendar holds: the movement is told, and so are all the others."""

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from test_movement_reader import CALM, ENDPOINTS, YEAR_MS, generated, keep, names

from builders_movement import NOW_MS
from builders_store import KEY
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.movements import MovementReader
from corridor.daemon.tracking import MovementTracker
from corridor.standards.generate.journey import GeneratedRecord
from corridor.store.movement_port import TrackedMovement
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore
from corridor.transit.calendar import FIRST_MS, LAST_MS
from corridor.transit.screen import history_of, screen_of
from corridor.wire.v1 import types_pb2 as types

EXTREMES = [
    2**63 - 1, -(2**63), 2**63 - 1 - 86_400_000, 2**53, LAST_MS + 1, LAST_MS, FIRST_MS, -1, 1,
]  # fmt: skip
PLATE = "34 ABC 123"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore.open(tmp_path / "store.db", KEY)


def reader(store: Store, now_ms: int = NOW_MS) -> MovementReader:
    return MovementReader(store, ENDPOINTS["TR"], lambda: now_ms)


def poisoned(seed: int, value: int, *, how: str) -> list[GeneratedRecord]:
    told = generated(seed, CALM)[:3]
    for one in told:
        header = one.record.header
        if how == "recorded_ms":
            header.recorded_ms = value
            header.ClearField("occurred_at")
        else:
            header.occurred_at.CopyFrom(types.DateTimeValue(lexical="x", unix_ms=value))
            limit = one.record.movement_released.dataset.operation.limit
            if one.record.HasField("movement_released"):
                limit.CopyFrom(types.DateTimeValue(lexical="x", unix_ms=value))
    return told


@pytest.mark.parametrize("how", ["recorded_ms", "unix_ms"])
@pytest.mark.parametrize("value", EXTREMES)
def test_whatever_number_a_partner_writes_the_movements_are_told(
    store: Store, value: int, how: str
) -> None:
    bad, good = poisoned(3, value, how=how), generated(4, CALM)[:3]
    keep(store, "TR", bad)
    keep(store, "TR", good)
    for now_ms in (NOW_MS, NOW_MS + YEAR_MS):
        MovementTracker(store, reader(store, now_ms), NodeMetrics()).turn(budget_s=5)
        lines = reader(store, now_ms).under_way(9, overdue=False)
        assert {line["value"] for line in lines} == {names(bad)[0], names(good)[0]}
        json.dumps(lines, allow_nan=False)
        for one in (bad, good):
            view, drafts = reader(store, now_ms).show(names(one)[0])
            assert screen_of(json.loads(json.dumps(view)))
            assert history_of(view)
            assert all(draft.record for draft in drafts)
        assert reader(store, now_ms).holds(names(bad)[0], 1) in {True, False}


def test_a_list_that_an_older_node_wrote_is_told_line_by_line(
    store: Store,
) -> None:
    with store.transaction() as change:
        far, odd = ("mrn", "FAR"), ("mrn", "ODD")
        change.put_movement(TrackedMovement(far, "S6", False, 2**63 - 1, (("arrival", 2**63 + 7),)))
        change.put_movement(TrackedMovement(odd, "S99", False, NOW_MS, ()))
    with capture_logs() as logs:
        first, second = reader(store).under_way(9, overdue=False)
    assert first["changed"] == f"beyond the calendar ({2**63 - 1} ms)"
    assert first["next_deadline"]["since"].startswith("beyond the calendar")
    assert (second["value"], second["state"], second["overdue"]) == ("ODD", "S99", [])
    assert [one["cause"] for one in logs] == ["ValueError"]


def test_a_movement_at_which_the_node_fails_is_left_out_and_the_others_are_listed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = generated(3, CALM)[:3], generated(4, CALM)[:3]
    keep(store, "TR", bad)
    keep(store, "TR", good)
    made = reader(store)
    gather = made.gather

    def fails(kind: str, value: str) -> object:
        if value == names(bad)[0]:
            raise OverflowError(PLATE)
        return gather(kind, value)

    monkeypatch.setattr(made, "gather", fails)
    with capture_logs() as logs:
        metrics = NodeMetrics()
        MovementTracker(store, made, metrics).turn(budget_s=5)
    counted = metrics.registry.get_sample_value("corridor_own_mistakes_total", {"kind": "movement"})
    assert counted == len({names(bad)[0]})
    assert [line["value"] for line in reader(store).under_way(9, overdue=False)] == [names(good)[0]]
    assert {one["event"] for one in logs} == {"movement.left_out"}
    assert PLATE not in str(logs)
