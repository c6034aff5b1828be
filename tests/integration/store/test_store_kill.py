"""Killed at every beat of the rhythm, the store loses nothing and doubles nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[2]


@pytest.mark.timeout(300)
def test_killed_at_every_beat_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    path = os.pathsep.join([str(TREE / "node"), str(TREE / "tests")])
    done = subprocess.run(
        [sys.executable, str(HERE / "killed_rhythm.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["faults"] == []
    assert found["beats"] > 40
