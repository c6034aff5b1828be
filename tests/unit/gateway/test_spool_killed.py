"""Killed before every single step of the spool, a process loses nothing and doubles nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_gateway import SPOOL, Beside, put, record_bytes

pytestmark = pytest.mark.unmeasured

NodeFolder = Callable[..., Path]
PROGRAM = Path(__file__).with_name("spool_killed.py")


@pytest.mark.timeout(260)
def test_killed_before_any_step_it_ends_as_if_never_killed(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    spool, kept = tmp_path / "spool", tmp_path / "kept"
    spool.mkdir()
    config = node_folder("GE", SPOOL.format(folder=spool))
    made = Beside(config)
    made.deliver(range(1, 2))
    made.gateways[0].stop()
    made.node.stop()
    put(spool / "out" / "TR" / "good.pb.files", "scan.txt", b"a scan")
    put(spool / "out" / "TR", "good.pb", record_bytes(1))
    put(spool / "out" / "TR", "bad.json", b"[]")
    shutil.copytree(spool, kept / "spool")
    shutil.copytree(config.parent / "state", kept / "state")
    run = subprocess.run(
        [sys.executable, PROGRAM, config, spool, kept],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert run.returncode == 0, run.stderr[-2000:]
    whole, *killed = map(json.loads, run.stdout.splitlines())
    assert whole["good"] == "accepted"
    assert [name for name in whole["files"] if name.startswith(("out", "done", "refused"))] == [
        "done/TR/good.pb",
        "done/TR/good.pb.files/scan.txt",
        "done/TR/good.pb.result.json",
        "refused/TR/bad.json",
        "refused/TR/bad.json.result.json",
    ]
    assert len(killed) > 25
    assert whole["beside"][0][0] == "scan.txt"
    for found in killed:
        step = found.pop("step")
        assert found.pop("good") in {"accepted", "duplicate"}, step
        assert found == {name: whole[name] for name in found}, step
