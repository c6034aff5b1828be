#!/usr/bin/env python3
"""Runs a command and sees to it that nothing of it lives on.

    python3 deploy/setup/contained.py COMMAND [ARGUMENT...]

Every process that the command starts, daemons that cut themselves loose included, ends up as a
child of this one (`PR_SET_CHILD_SUBREAPER`). When the command has ended, well or badly, whoever is
still there after a short grace is named, killed and makes the run fail. A stop signal is passed on
once as an interrupt, so that the command can put its things away; a second one, or a minute without
an end, kills. Exit status: the command's, 1 where only stragglers were wrong, 128 + n for a signal.

Needs nothing but the standard library.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# An Erlang node's helpers notice the end of their node within a second or two.
GRACE_S = 5.0
# Three brokers and three nodes stop in under 20 s; longer than this means that something hangs.
INTERRUPT_LIMIT_S = 60.0
# One Ctrl-C can reach us twice: from the terminal, and when the shell above us dies of it.
SAME_STOP_S = 2.0
POLL_S = 0.05


class Containment:
    """One contained run: the child, and how often we were asked to stop."""

    def __init__(self, command: list[str]) -> None:
        """Take the place of reaper first, then start: no process can slip between."""
        self.asked = 0
        self.again_from = 0.0
        self.kill_at: float | None = None
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            print("contained: this kernel offers no child subreaper", file=sys.stderr)
        # Were make itself killed, nobody would tell us otherwise.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.on_stop)
        # A group of its own: a Ctrl-C at the terminal reaches it once, through on_stop. Such a
        # group may not read the terminal, hence no standard input.
        self.child = subprocess.Popen(  # noqa: S603 - the command is our own Makefile's
            command, process_group=0, stdin=subprocess.DEVNULL
        )

    def on_stop(self, number: int, _frame: object) -> None:
        """Pass the first stop on as an interrupt; the next one kills."""
        now = time.monotonic()
        if not self.asked:
            self.asked = number
            self.again_from = now + SAME_STOP_S
            self.kill_at = now + INTERRUPT_LIMIT_S
            signal_group(self.child.pid, signal.SIGINT)
        elif now > self.again_from:
            self.kill_at = now

    def wait(self) -> int:
        """Wait for the command, reaping adopted children; its status as a shell says it."""
        while True:
            status = reap(self.child.pid)
            if status is not None:
                return status
            if self.kill_at is not None and time.monotonic() >= self.kill_at:
                signal_group(self.child.pid, signal.SIGKILL)
            time.sleep(POLL_S)


def signal_group(group: int, number: int) -> None:
    """Signal every process of `group`; none there is no fault."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def reap(wanted: int) -> int | None:
    """Collect every child that has ended; the shell status of `wanted` if it is among them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == wanted:
                code = os.waitstatus_to_exitcode(status)
                found = code if code >= 0 else 128 - code
    return found


def descendants() -> list[int]:
    """Every living process below this one, nearest first."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    ask = [os.getpid()]
    while ask:
        below = parents.get(ask.pop(), [])
        found += below
        ask += below
    return found


def describe(pid: int) -> str:
    """Command line of `pid` in one short line."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        return f"{pid} {words.decode(errors='replace')[:110].strip()}"
    return str(pid)


def clear(grace_s: float) -> list[str]:
    """Wait out the grace, kill who is left, return their names."""
    end = time.monotonic() + grace_s
    while descendants() and time.monotonic() < end:
        reap(0)
        time.sleep(POLL_S)
    named: dict[int, str] = {}
    while left := descendants():
        for pid in left:
            named.setdefault(pid, describe(pid))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        reap(0)
        time.sleep(POLL_S)
    reap(0)
    return list(named.values())


def main(command: list[str]) -> int:
    """Run `command` contained."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        run = Containment(command)
    except OSError as error:
        print(f"contained: cannot start {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    status = run.wait()
    left = clear(GRACE_S)
    for name in left:
        print(f"contained: was still running and has been killed: {name}", file=sys.stderr)
    if run.asked:
        return 128 + run.asked
    return status or bool(left)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
