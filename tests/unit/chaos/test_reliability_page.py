"""The page says what the committed results say, and the results what their runs say."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chaos.account import WRONG
from chaos.faults import FAULTS

TREE = Path(__file__).resolve().parents[3]
FOLDER = TREE / "docs" / "reliability"
_SPEC = importlib.util.spec_from_file_location("reliability_page", FOLDER / "generate.py")
assert _SPEC is not None
assert _SPEC.loader is not None
reliability = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(reliability)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "summary.json").read_text())
    return found


def test_the_page_is_what_the_summary_gives() -> None:
    run = subprocess.run(
        [sys.executable, str(FOLDER / "generate.py"), "--check"],
        env={**os.environ, "PYTHONPATH": str(TREE / "node")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_summary_is_what_the_runs_come_to(told: dict[str, Any]) -> None:
    counted = reliability.recount()
    for name in ("runs", "faults_fired", "records", "groups", "not_counted", "faults", *WRONG):
        assert counted[name] == told[name], name


def test_every_fault_has_its_words() -> None:
    assert set(reliability.WORDS) == set(FAULTS)


def test_a_loss_would_stand_on_the_page(told: dict[str, Any]) -> None:
    lost = {**told, "lost": 3, "failed": ["1:7"]}
    assert "3 lost" in reliability.page(lost)
    assert "1:7" in reliability.page(lost)
