"""A second lab beside the first, while somebody holds the port of every broker's default."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from builders_lab import Lab, corridor, told, until
from testkit.processes import processes_of

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

TWO = """
name = "two"
title = "Two countries"
route = ["TR", "GE"]
[[country]]
code = "TR"
member = "TR.GTB"
administration = "Ministry of Trade"
[[country]]
code = "GE"
member = "GE.RS"
administration = "Revenue Service"
[[agreement]]
between = ["TR", "GE"]
"""


@pytest.fixture
def two(tmp_path: Path) -> Path:
    file = tmp_path / "two.toml"
    file.write_text(TWO)
    return file


def test_a_demo_beside_a_lab_with_port_5672_taken_proves_itself(
    lab: Lab, two: Path, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("0.0.0.0", 5672))  # noqa: S104 - every address: so a broker would
            taken.listen()
        except OSError:
            pass  # somebody has it already: as good
        run = corridor("lab", "demo", "--scenario", two, "--records", 20, "--at", tmp_path / "demo",
                       "--summary", tmp_path / "summary.json", timeout_s=200)  # fmt: skip
    assert run.returncode == 0, run.stderr + run.stdout
    assert "Proved" in run.stdout
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["accepted"] == summary["delivered"] == summary["receipted"] >= 20
    assert summary["plaintext_sightings"] == summary["lost"] == summary["duplicated"] == 0
    assert processes_of(tmp_path / "demo") == []
    assert lab.proof(lab.play(lab.plan(61, 1)).accepted).holds


def test_a_detached_lab_plays_a_plan_and_leaves_no_process_when_it_is_ended(
    two: Path, tmp_path: Path
) -> None:
    at = tmp_path / "up"
    up = corridor("lab", "up", "--scenario", two, "--at", at, "--detach", timeout_s=150)
    try:
        assert up.returncode == 0, up.stderr
        again = corridor("lab", "up", "--scenario", two, "--at", at)
        assert (again.returncode, "is up" in again.stderr) == (3, True)
        status = told(corridor("lab", "status", "--at", at, "--json"))
        assert [one["code"] for one in status["countries"]] == ["TR", "GE"]
        plan = tmp_path / "plan.jsonl"
        made = told(corridor("replay", "generate", "--scenario", two, "--movements", 3,
                             "--out", plan, "--json"))  # fmt: skip
        played = told(corridor("replay", "play", plan, "--lab", at, "--rate", 200, "--json"))
        assert played["accepted"] == played["receipted"] == made["records"]
        verified = corridor("replay", "verify", plan, "--lab", at, "--json")
        assert verified.returncode == 0, verified.stdout
        assert told(verified)["holds"] is True
        plan.write_text(plan.read_text().replace('"TR.GTB"', '"AM.CUST"', 1))
        assert corridor("replay", "play", plan, "--lab", at).returncode == 3
    finally:
        down = corridor("lab", "down", "--at", at)
    assert down.returncode == 0, down.stderr
    assert until(lambda: processes_of(at) == [], 10), processes_of(at)
    assert corridor("lab", "status", "--at", at).returncode == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_demo_that_is_broken_off_leaves_no_process(
    two: Path, tmp_path: Path, number: int
) -> None:
    at = tmp_path / "demo"
    demo = subprocess.Popen(
        [sys.executable, "-m", "corridor", "lab", "demo", "--scenario", two, "--at", at],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )
    try:
        # More than the demo itself and its launchers: brokers are coming up.
        assert until(lambda: len(processes_of(at)) > 4, 60)
        demo.send_signal(number)
        status = demo.wait(60)
    finally:
        demo.kill()
        demo.wait()
    assert status == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    assert until(lambda: processes_of(at) == [], 10), processes_of(at)
