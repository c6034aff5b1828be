"""When a node takes nothing more, of whom, and until when."""

import pytest

from corridor.exchange.pressure import (
    CURES,
    INLET_STOPS,
    INTAKE_STOPS,
    WHAT,
    Cause,
    Load,
    pressed,
)

NONE: frozenset[Cause] = frozenset()
LOW = frozenset({Cause.DISK_LOW})
RESERVE = frozenset({Cause.DISK_LOW, Cause.DISK_RESERVE})
INBOX = frozenset({Cause.INBOX_FULL})


def load(free_mib: int = 1_000, waiting: int = 0, *, failed: bool = False) -> Load:
    return Load(free_mib, 256, waiting, 1_000, failed)


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        (NONE, load(256), NONE),
        (NONE, load(255), LOW),
        (LOW, load(287), LOW),
        (LOW, load(288), NONE),
        (LOW, load(64), LOW),
        (LOW, load(63), RESERVE),
        (NONE, load(0), RESERVE),
        (RESERVE, load(127), RESERVE),
        (RESERVE, load(128), LOW),
        (RESERVE, load(288), NONE),
        (NONE, load(waiting=999), NONE),
        (NONE, load(waiting=1_000), INBOX),
        (INBOX, load(waiting=900), INBOX),
        (INBOX, load(waiting=899), NONE),
        (NONE, load(failed=True), frozenset({Cause.STORE_FULL})),
        (frozenset({Cause.STORE_FULL}), load(), NONE),
        (LOW, load(100, 1_000), LOW | INBOX),
    ],
)
def test_a_cause_begins_at_its_bound_and_ends_beyond_it(
    before: frozenset[Cause], now: Load, after: frozenset[Cause]
) -> None:
    assert pressed(before, now) == after


def test_own_records_are_refused_before_partners_are_made_to_wait() -> None:
    assert Cause.DISK_LOW in INTAKE_STOPS - INLET_STOPS
    assert Cause.DISK_RESERVE in INTAKE_STOPS & INLET_STOPS
    assert Cause.INBOX_FULL in INLET_STOPS - INTAKE_STOPS


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_says_what_the_node_does_and_what_to_do(cause: Cause) -> None:
    assert cause in INTAKE_STOPS | INLET_STOPS
    assert WHAT[cause]
    assert CURES[cause]
