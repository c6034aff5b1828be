"""Times as people read them, also those that no calendar holds."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.transit.calendar import FIRST_MS, LAST_MS, in_calendar, written
from corridor.transit.view import moment


def test_the_ends_are_those_of_the_calendar() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    last = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert (first - epoch).total_seconds() * 1000 == FIRST_MS
    assert (last - epoch).total_seconds() * 1000 == LAST_MS


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (1_795_000_000_000, "2026-11-18T11:06:40Z"),
        (LAST_MS, "9999-12-31T23:59:59Z"),
        (LAST_MS + 1, f"beyond the calendar ({LAST_MS + 1} ms)"),
        (FIRST_MS - 1, f"beyond the calendar ({FIRST_MS - 1} ms)"),
        (2**63 - 1, f"beyond the calendar ({2**63 - 1} ms)"),
    ],
)
def test_a_time_is_written_or_said_as_a_number(at_ms: int, text: str) -> None:
    assert (moment(at_ms), written(at_ms)) == (text, text)
    assert moment(0) is None


@given(st.integers(-(2**70), 2**70))
def test_nothing_fails(at_ms: int) -> None:
    assert written(at_ms)
    assert in_calendar(at_ms) is not written(at_ms).startswith("beyond")
