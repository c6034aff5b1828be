"""deploy/setup/contained.py: nothing that a verb started lives on."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CONTAINED = Path(__file__).resolve().parents[3] / "deploy" / "setup" / "contained.py"
# Named so that a process of ours is told from anybody's.
LOOSE = "import time; time.sleep(600)"


def contained(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CONTAINED), sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists()


@pytest.mark.parametrize("status", [0, 3])
def test_the_status_of_the_command_is_the_status_of_the_run(status: int) -> None:
    with contained(f"raise SystemExit({status})") as run:
        assert run.wait(20) == status


def test_a_process_that_cut_itself_loose_is_killed_named_and_fails_the_run() -> None:
    code = f"""
import subprocess, sys
loose = subprocess.Popen([sys.executable, "-c", {LOOSE!r}], start_new_session=True)
print(loose.pid, flush=True)
"""
    with contained(code) as run:
        output, errors = run.communicate(timeout=30)
    loose = int(output)
    assert run.returncode == 1
    assert f"has been killed: {loose}" in errors
    assert not alive(loose)


def test_a_stop_reaches_the_command_once_as_an_interrupt() -> None:
    code = """
import time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.5)
    print("put away", flush=True)
"""
    with contained(code) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        run.send_signal(signal.SIGTERM)
        run.send_signal(signal.SIGINT)
        assert run.stdout.read() == "put away\n"
        assert run.wait(20) in {128 + signal.SIGTERM, 128 + signal.SIGINT}


def test_a_second_stop_kills_what_does_not_want_to_end() -> None:
    code = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""
    with contained(code) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.send_signal(signal.SIGINT)
        # Sooner, a second signal counts as the same Ctrl-C.
        time.sleep(2.2)
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == 128 + signal.SIGINT


def test_a_command_that_does_not_exist_is_named() -> None:
    run = subprocess.run(
        [sys.executable, str(CONTAINED), "no-such-command-anywhere"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 127
    assert "no-such-command-anywhere" in run.stderr
