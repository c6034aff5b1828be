"""A country that refuses entry: the headline, the stop, and nobody waits for the arrival."""

from dataclasses import replace
from typing import Any

import pytest

from builders_movement import (
    DES,
    LATER_MS,
    NOW_MS,
    TRA,
    actual,
    arrived,
    fact,
    passed,
    released,
    run,
)
from corridor.transit.facts import Fact
from corridor.transit.movement import Kind
from corridor.transit.result import DraftKind
from corridor.transit.screen import screen_of
from corridor.transit.timers import Overdue
from corridor.transit.view import view_of

NO = fact(3, Kind.REFUSED, TRA, sender="GE", result="G2", offices=(actual("GEBCP601"),))


def text(*facts: Fact, now_ms: int = NOW_MS) -> str:
    view: dict[str, Any] = view_of(run(*facts, now_ms=now_ms))
    return screen_of({**view, "seen_by": "TR", "more_than": None})


@pytest.mark.parametrize("me", ["TR", "GE"])
def test_the_headline_says_who_refused_entry_and_nobody_waits_for_the_arrival(me: str) -> None:
    movement = run(released(), NO, me=me, now_ms=LATER_MS)
    assert [one.what for one in movement.deadlines] == [Overdue.RECOVERY]
    assert [one.what for one in movement.overdue] == [Overdue.RECOVERY]
    assert [one for one in movement.drafts if one.kind is not DraftKind.REFUSAL] == []
    told = text(released(), NO)
    assert told.splitlines()[1].startswith("  refused entry by GE (G2, 2026-11-01 03:00)   (as TR")
    assert "released, on the way" not in told
    assert "next deadline: recovery" in told


def test_the_stop_is_marked_where_it_was_or_else_at_the_countrys_first() -> None:
    marked = [line for line in text(released(), NO).splitlines() if "✗" in line]
    assert len(marked) == 1
    assert "GEBCP601" in marked[0]
    assert "entry refused 2026-11-01 03:00" in marked[0]
    bare = replace(NO, offices=(), result="")
    first = [one for one in text(released(), bare).splitlines() if "✗" in one]
    assert len(first) == 1
    assert first[0].startswith("  ✗ GE")
    assert "refused entry by GE (2026-11-01 03:00)" in text(released(), bare)
    away = replace(NO, sender="XX", offices=(), role=TRA)
    assert "✗" not in text(released(), away)


@pytest.mark.parametrize(
    "later",
    [
        passed(4),
        fact(4, Kind.ENDED, DES, sender="AZ"),
        arrived(4),
    ],
)
def test_it_is_over_once_the_goods_are_let_in_or_arrive(later: Fact) -> None:
    movement = run(released(), NO, later)
    assert movement.refused is None
    assert "entry refused" not in {one.done for one in movement.stops}


def test_another_country_on_the_way_does_not_end_it() -> None:
    movement = run(released(), NO, passed(4, "AZ010100"))
    assert movement.refused is not None
    assert (movement.refused.country, movement.refused.code) == ("GE", "G2")


def test_who_lets_the_goods_in_and_then_refuses_them_is_shown_as_refusing() -> None:
    movement = run(released(), passed(2), NO)
    assert [one.done for one in movement.stops if one.office.country == "GE"][:1] == [
        "entry refused"
    ]
