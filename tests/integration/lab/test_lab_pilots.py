"""A pilot runs to its end over real brokers and real nodes; `make pilots`, and CI, run all five."""

import json
import time
from pathlib import Path

import pytest

from builders_lab import corridor, told
from corridor.lab.scenario import known_scenarios, load_scenario

pytestmark = pytest.mark.broker
PILOTS = [name for name in known_scenarios() if name.startswith("pilots/")]


def test_there_are_five() -> None:
    assert len(PILOTS) == 5


@pytest.mark.parametrize("name", ["pilots/georgia-turkiye"])
def test_a_pilot_ends_as_it_is_written_and_both_sides_hold_the_same(
    name: str, tmp_path: Path
) -> None:
    begun = time.monotonic()
    ran = corridor("lab", "run", name, "--fast", "--at", tmp_path, "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = told(ran)
    assert said["holds"]
    assert said["faults"] == []
    scenario = load_scenario(name)
    assert len(said["movements"]) == len(scenario.script.stories)
    for story, one in zip(scenario.script.stories, said["movements"], strict=True):
        here, there = one["views"]
        assert here["told"] == there["heard"], one
        assert here["heard"] == there["told"], one
        assert here["told"] + here["heard"] == len(story.steps)
        assert {here["ends"], there["ends"]} == {story.expected.ends}
    print(json.dumps({name: round(time.monotonic() - begun, 1)}))
