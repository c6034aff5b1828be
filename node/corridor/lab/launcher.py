"""Run one program that may never outlive the process that asked for it.

Run as `python -I -S launcher.py LOG COMMAND...` with a pipe as standard input that the asking
process holds open. It imports nothing of Corridor, so that it starts at once.

Rules:

* the pipe's end is the signal: when it closes, for whatever reason (SIGKILL too), the program's
  whole process group is killed;
* the program is also told by the kernel to die should this process die (PR_SET_PDEATHSIG);
* the program's process id is the first line on standard output.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
_POLL_MS = 500  # a backstop; SIGCHLD and the pipe wake the loop at once


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> int:
    """Run the program and return its exit status."""
    log, *command = sys.argv[1:]
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with open(log, "ab") as output:  # noqa: PTH123 - pathlib would double the time to start
        program = subprocess.Popen(  # noqa: S603 - the asking process chose the command
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - single-threaded here
            process_group=0,
        )
    sys.stdout.write(f"{program.pid}\n")
    sys.stdout.flush()
    poller = select.poll()
    poller.register(0, select.POLLIN | select.POLLHUP)
    poller.register(woken, select.POLLIN)
    while program.poll() is None:
        ready = {fd for fd, _ in poller.poll(_POLL_MS)}
        if woken in ready:
            os.read(woken, 64)
        if 0 in ready and not os.read(0, 64):
            break
    with contextlib.suppress(ProcessLookupError):  # all of them have ended
        os.killpg(program.pid, signal.SIGKILL)
    return program.wait()


if __name__ == "__main__":
    sys.exit(main())
