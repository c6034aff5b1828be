"""The simulator can fail: it finds each planted defect within so many schedules."""

import pytest

from simulator.sim_defects import DEFECTS, RARE, planted
from simulator.sim_schedule import broken
from simulator.test_stories import STORIES

SCHEDULES = 600


@pytest.mark.parametrize("name", [name for name in DEFECTS if name not in RARE])
def test_a_planted_defect_is_found(name: str) -> None:
    with planted(name):
        found = any(broken(seed) for seed in range(SCHEDULES))
    assert found, f"{SCHEDULES} schedules did not find that {name.replace('_', ' ')}"


def test_every_rare_defect_has_its_story() -> None:
    assert {defect for _, defect in STORIES.values()} >= RARE
