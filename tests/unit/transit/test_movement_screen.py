"""A movement as an officer reads it, and the pictures that are printed from the table."""

from dataclasses import replace
from typing import Any

from builders_movement import DATASET, NOW_MS, actual, fact, released
from corridor.transit.diagram import state_diagram, table_rows
from corridor.transit.facts import Equipment, Fact, Happening
from corridor.transit.fold import fold
from corridor.transit.movement import Kind, Role
from corridor.transit.screen import clock, history_of, screen_of
from corridor.transit.table import TABLE
from corridor.transit.view import view_of

LATER_MS = NOW_MS + 400 * 86_400_000


def view(*facts: Fact, now_ms: int = NOW_MS, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    told = view_of(fold(facts, me="TR", now_ms=now_ms))
    return {**told, "seen_by": "TR", "more_than": None, **more}


def test_what_lies_over_the_state_stands_beside_it() -> None:
    facts = [
        released(),
        fact(2, Kind.INCIDENT, Role.INCIDENT, sender="GE", text="seal broken",
             happenings=(Happening("2", "", (Equipment(1, "MSKU1234565", ()),), ()),)),
        fact(3, Kind.ENQUIRY_ASKED, Role.ENQUIRY),
        fact(4, Kind.RECOVERY_STARTED, Role.RECOVERY),
        fact(5, Kind.ARRIVAL_ADVISED, Role.DESTINATION, sender="AZ", offices=(actual("AZ999999"),)),
        fact(6, Kind.CONTROLLED_AT_DESTINATION, Role.DESTINATION, sender="AZ", result="B1"),
    ]  # fmt: skip
    text = screen_of(view(*facts))
    assert text.splitlines()[1].startswith(
        "  arrived, with discrepancies to be solved; incident on the way; diverted; discrepancies;"
        " enquiry open; recovery open   (as TR sees it)"
    )
    assert "·" in text
    assert "arrived 2026-11-01 05:00, at AZ999999" in text
    assert "load now: 34ABC123 TR; MSKU1234565 (seals none)" in text
    assert "declared: 34ABC123 TR; MSKU1234565 (seals S1, S2)" in text
    assert "incident on the way: seal broken" in history_of(view(*facts))


def test_the_end_that_is_told_without_the_arrival_is_called_so() -> None:
    ended = fact(2, Kind.ENDED, Role.DESTINATION, sender="AZ")
    assert "ended 2026-11-01 02:00" in screen_of(view(released(), ended))


def test_long_lists_are_cut_and_say_so() -> None:
    many = [fact(2 + n, Kind.PASSED, Role.TRANSIT, sender="XX") for n in range(10)]
    text = screen_of(view(released(), *many, more_than=1_000))
    assert text.count("not entitled") == 8
    assert "and 2 more: --json shows all" in text
    assert "only the first 1000 records are shown" in text


def test_a_load_without_seals_or_a_release_is_shown_as_it_is() -> None:
    bare = replace(DATASET, equipment=(), means=(), tir=True)
    text = screen_of(view(released(1, bare)))
    assert "load now" not in text
    assert "operations: TR started, GE planned, AZ planned" in text
    assert clock(None) == "at an unknown time"
    empty = screen_of(view(fact(1, Kind.DECLARED, Role.HOLDER), now_ms=LATER_MS))
    assert "the way is not known here" in empty
    late = screen_of(view(released(), fact(2, Kind.DISCHARGED), now_ms=LATER_MS))
    assert "! arrival overdue since" in late
    assert "waits for the end at destination" in late


def test_the_table_is_printed_row_by_row() -> None:
    rows = list(table_rows())
    assert [row[0] for row in rows] == [row.number for row in TABLE]
    assert {"any", "anybody", "same"} <= {cell for row in rows for cell in row}
    assert "    S3 --> S6: 10" in state_diagram()
    assert state_diagram().startswith("stateDiagram-v2")
