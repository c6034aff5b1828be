"""Killed at every beat of the rhythm, two nodes lose nothing and double nothing.

Power is lost at five beats of each kind; POWER_OF_EACH=999 takes all, KILL_SEED draws others.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unmeasured

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[2]
SEED = int(os.environ.get("KILL_SEED", "2"))
BEATS = {
    "before a transaction",
    "inside a transaction",
    "after a commit",
    "before a flush",
    "after a flush",
    "before a publish",
    "before the broker has it",
    "after the broker has it",
    "after a confirm",
    "before an ack",
    "after an ack",
    "before the national system has it",
    "after the national system has it",
}


def killed(way: str) -> dict[str, Any]:
    """Kill in one way; prints the seed, which a failing test shows, and returns what was found."""
    print(f"KILL_SEED={SEED}")
    path = os.pathsep.join([str(TREE / "node"), str(TREE / "tests")])
    memory = Path("/dev/shm")  # noqa: S108 - a kill does not need a slow disk
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        done = subprocess.run(
            [sys.executable, str(HERE / "killed_rhythm.py"), way, folder, str(SEED)],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.timeout(240)
def test_killed_at_every_beat_nothing_is_lost_and_nothing_doubled() -> None:
    found = killed("once")
    assert found["faults"] == []
    assert set(found["kinds"]) == BEATS
    assert found["hit"] == found["kinds"]


@pytest.mark.timeout(240)
def test_killed_again_and_again_and_at_any_time_nothing_is_lost_and_nothing_doubled() -> None:
    assert killed("again")["faults"] == []


@pytest.mark.timeout(240)
def test_without_power_nothing_is_lost_that_was_told_to_anybody() -> None:
    found = killed("power")
    assert found["faults"] == []
    assert set(found["hit"]) == BEATS
