"""What a lab starts ends with the lab, however the lab ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from corridor.errors import LinkTrouble
from corridor.lab.guard import Guarded
from testkit.loops import eventually

STARTER = """
import sys, time
from pathlib import Path
from corridor.lab.guard import Guarded
guarded = Guarded(["sh", "-c", "sleep 600 & echo $! > child; wait"], log=Path("log"))
print(guarded.pid, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_program_and_its_children_die_with_who_started_it(number: int, tmp_path: Path) -> None:
    node = Path(__file__).resolve().parents[3] / "node"
    with subprocess.Popen(
        [sys.executable, "-c", STARTER],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(node)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        program = int(starter.stdout.readline())
        eventually(lambda: (tmp_path / "child").exists() and bool((tmp_path / "child").read_text()))
        child = int((tmp_path / "child").read_text())
        assert alive(program)
        assert alive(child)
        starter.send_signal(number)
        eventually(lambda: not alive(program) and not alive(child), 10)


def test_a_program_asked_to_end_ends_in_good_order(tmp_path: Path) -> None:
    guarded = Guarded(["sleep", "600"], log=tmp_path / "log")
    assert guarded.running()
    assert guarded.stop(5)
    assert not guarded.running()


def test_a_deaf_program_is_killed_at_the_deadline(tmp_path: Path) -> None:
    guarded = Guarded(
        ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"], log=tmp_path / "log"
    )
    eventually(lambda: "deaf" in (tmp_path / "log").read_text())
    assert not guarded.stop(0.3)
    eventually(lambda: not alive(guarded.pid), 5)


def test_what_a_program_says_is_kept(tmp_path: Path) -> None:
    guarded = Guarded(["sh", "-c", "echo said; echo wrong >&2"], log=tmp_path / "log")
    assert guarded.wait(5)
    guarded.kill()
    assert (tmp_path / "log").read_text() == "said\nwrong\n"


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(LinkTrouble, match="no-such-program"):
        Guarded(["/no-such-program"], log=tmp_path / "log")
