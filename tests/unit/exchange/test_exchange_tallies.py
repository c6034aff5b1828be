"""Both sides count the same of a day, however its records came (PROTOCOL §6.9)."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import Reason
from corridor.exchange.tallies import UNREAD, UNSENT, DayRow, DayTally, day_of, ids_of
from corridor.exchange.values import Verdict
from corridor.wire import limits
from corridor.wire.tally import DayCell, DayCount, DayHead

DAY = 20_400
HEAD = DayHead(1, 2, b"h" * 32)
NOTHING = sha256(b"corridor/v1/day-tally\0").digest()


def row(
    number: int, verdict: int | None = 1, reason: int | None = None, record_type: int = 1
) -> DayRow:
    entry = b"" if verdict == Verdict.REFUSED else sha256(b"%d" % number).digest()
    return DayRow(ids_of(DAY)[0] + number.to_bytes(10), record_type, verdict, reason, entry)


def counted(*rows: DayRow) -> DayCount:
    tally = DayTally()
    tally.add(rows)
    return tally.count(HEAD)


@given(st.integers(0, limits.MAX_TIME_MS), st.binary(min_size=10, max_size=10))
def test_a_record_belongs_to_the_day_of_the_time_in_its_id(made_ms: int, tail: bytes) -> None:
    record_id = made_ms.to_bytes(6) + tail
    day = day_of(record_id)
    if (day + 1) * limits.DAY_MS <= limits.MAX_TIME_MS:
        after, until = ids_of(day)
        assert after < record_id < until
    assert day * limits.DAY_MS <= made_ms < (day + 1) * limits.DAY_MS


def test_nothing_counts_as_nothing() -> None:
    assert counted() == DayCount((), 0, NOTHING, HEAD)


def test_records_are_counted_by_type_verdict_and_reason() -> None:
    found = counted(
        row(1), row(2, 2, 303), row(3, record_type=2), row(4), row(5, 3, 302), row(6, None)
    )
    assert found.cells == (
        DayCell(1, 1, 0, 2),
        DayCell(1, 2, 303, 1),
        DayCell(1, 3, 302, 1),
        DayCell(2, 1, 0, 1),
    )
    assert found.open == 1


@pytest.mark.parametrize("reason", sorted(UNREAD | UNSENT))
def test_what_was_never_read_or_never_left_is_counted_by_neither(reason: Reason) -> None:
    assert counted(row(1), row(2, 2, reason)) == counted(row(1))


def test_what_was_refused_counts_without_its_bytes() -> None:
    kept = row(1, 2, 303)
    assert counted(kept) == counted(kept._replace(digest=b"d" * 32))


@pytest.mark.parametrize(
    "other",
    [row(2), row(1, 2, 303), row(1, record_type=2), row(1)._replace(digest=b"d" * 32)],
)
def test_another_record_has_another_digest(other: DayRow) -> None:
    assert counted(row(1)).records != counted(other).records


@given(
    st.sets(st.integers(0, 200), max_size=40),
    st.lists(st.integers(1, 40), max_size=10),
)
def test_pages_make_no_difference(numbers: set[int], cuts: list[int]) -> None:
    rows = [row(number) for number in sorted(numbers)]
    whole, paged, left = counted(*rows), DayTally(), rows
    for cut in cuts:
        paged.add(left[:cut])
        left = left[cut:]
    paged.add(left)
    assert paged.count(HEAD) == whole


def test_more_kinds_than_fit_are_told_without_their_reasons() -> None:
    rows = [row(n, 2, 1_000 + n, record_type=1 + n % 3) for n in range(limits.MAX_TALLY_CELLS + 1)]
    assert counted(*rows).cells == tuple(DayCell(kind, 2, 0, 171) for kind in (1, 2, 3))
    assert len(counted(*rows[1:]).cells) == limits.MAX_TALLY_CELLS
