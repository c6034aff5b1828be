"""Schedules of mishaps, in few tests; SIMULATE=N runs N times as many.

A failure names its seed: `python -m simulator.replay SEED`, in `tests`, tells what happened in it.
"""

import os

import pytest

from simulator.sim_schedule import broken

CHUNK = 100
CHUNKS = 15 * int(os.environ.get("SIMULATE") or "1")


@pytest.mark.parametrize("first", range(0, CHUNK * CHUNKS, CHUNK))
def test_schedules_of_mishaps_end_with_nothing_lost_and_nothing_twice(first: int) -> None:
    faults = [fault for seed in range(first, first + CHUNK) if (fault := broken(seed))]
    assert not faults, "\n".join(faults)
