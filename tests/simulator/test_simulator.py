"""Schedules of mishaps, each from its seed: `play(seed)` repeats one that failed."""

import pytest

from simulator.sim_schedule import play


@pytest.mark.parametrize("seed", [*range(150), 1032])
def test_a_schedule_of_mishaps_ends_with_nothing_lost_and_nothing_twice(seed: int) -> None:
    world = play(seed)
    assert world.events
