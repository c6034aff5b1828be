"""Days with partners as people and Prometheus see them, and as people order them counted."""

import json

import pytest
from prometheus_client import CollectorRegistry

from builders_reconcile import AFTER_MS, DAY, Side, lose, send, settle
from builders_store import AZ, TR, envelope_id
from corridor.daemon.day_metrics import DayMetrics
from corridor.daemon.days import day_named
from corridor.daemon.reconciler import date_of
from corridor.errors import ActRefused
from corridor.exchange.values import InStream
from corridor.transit.parties import Endpoint
from corridor.wire import limits

AGREED = "corridor_reconcile_agreed_until_timestamp_seconds"


def test_a_day_that_is_named_is_found_behind_however_many_newer_ones(
    pair: tuple[Side, Side],
) -> None:
    for one in pair:
        with one.store.transaction() as change:
            change.mark_due(one.peer, [DAY - 2, DAY - 1, DAY])
        newest, named = one.days().all(limit=1)["days"], one.days().all("", DAY - 2, 1)["days"]
        assert [line["day"] for line in (*newest, *named)] == [date_of(DAY), date_of(DAY - 2)]


def test_a_day_is_counted_on_order(pair: tuple[Side, Side]) -> None:
    days = pair[0].days()
    assert days.count("tr", DAY)["days"] == [date_of(DAY)]
    assert len(days.count("TR.GTB")["days"]) == 7
    for peer, day, why in (
        ("XX", DAY, "no partner"),
        ("TR", DAY + 1, "is not over"),
        ("TR", DAY - limits.MAX_TALLY_DAYS - 5, "days ago"),
    ):
        with pytest.raises(ActRefused, match=why):
            days.count(peer, day)
    with pytest.raises(ActRefused, match="nothing is kept"):
        days.show("TR", 5)


def test_days_that_nobody_may_ask_for_any_more_are_forgotten(pair: tuple[Side, Side]) -> None:
    ge, _ = pair
    last = AFTER_MS // limits.DAY_MS - limits.MAX_TALLY_DAYS
    with ge.store.transaction() as change:
        change.mark_due(TR, [last - 1, last])
    ge.reconciler._mark(AFTER_MS)
    with ge.store.reading() as view:
        assert view.reconciliation(TR, last - 1) is None
        assert view.reconciliation(TR, last) is not None


def test_one_day_is_found_behind_any_number_of_newer_ones(pair: tuple[Side, Side]) -> None:
    ge, _ = pair
    with ge.store.transaction() as change:
        change.mark_due(TR, range(DAY - 3, DAY + 1))
        change.mark_due(AZ, [DAY - 3])
    days, named = ge.days(), date_of(DAY - 3)
    assert [one["day"] for one in days.all("TR", limit=2)["days"]] == [
        date_of(DAY), date_of(DAY - 1),
    ]  # fmt: skip
    assert [one["day"] for one in days.all("TR", DAY - 3, limit=2)["days"]] == [named]
    assert [one["endpoint"] for one in days.all(day=DAY - 3, limit=1)["days"]] == [TR, AZ]
    assert days.all("TR", DAY - 9)["days"] == []


def test_days_have_names() -> None:
    assert date_of(DAY) == "2025-11-08"
    assert day_named("2025-11-08") == DAY
    with pytest.raises(ValueError, match="iso"):
        day_named("yesterday")


def test_everything_shown_is_json(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    settle(ge, tr)
    assert json.loads(json.dumps(ge.days().all()))["days"]
    assert json.loads(json.dumps(ge.days().show("TR", DAY)))["state"] == "agreed"


def test_what_prometheus_sees_of_days(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    registry = CollectorRegistry()
    registry.register(DayMetrics(ge.store, lambda: (TR, AZ)))

    def seen(name: str, peer: Endpoint) -> float | None:
        return registry.get_sample_value(name, {"peer": peer})

    assert seen("corridor_reconcile_cases", TR) == 0
    assert seen(AGREED, TR) == seen(AGREED, AZ) == 0
    settle(ge, tr)
    assert seen(AGREED, TR) == (DAY + 1) * 86_400
    send(tr, ge, 2)
    lose(ge, 2)
    settle(ge, tr, AFTER_MS + limits.DAY_MS)
    assert seen("corridor_reconcile_cases", TR) == 1
    assert seen("corridor_recovery_incomplete", TR) == 0
    with ge.store.transaction() as change:
        change.put_in_stream(InStream(TR, 5, 1, envelope_id(1), 4))
        change.begin_recovery(AFTER_MS)
    assert seen("corridor_recovery_incomplete", TR) == 1
    assert seen("corridor_recovery_missing_envelopes", TR) == 3
    assert seen("corridor_recovery_missing_envelopes", AZ) == 0
    assert registry.get_sample_value("corridor_recovery_lost_envelopes") == 0
