"""Start programs that cannot outlive us, and stop them.

Rules:

* every program of a lab is started through here: it dies with us, however we die;
* nothing is looked for by name: a program is known by the process id its launcher told.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from corridor.errors import LinkTrouble

_LAUNCHER: Final = Path(__file__).with_name("launcher.py")
_STEP_S: Final = 0.02


class Guarded:
    """One running program whose life ends with ours at the latest.

    Attributes:
        pid: Process id of the program itself, which leads its own process group.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        log: Path,
        cwd: Path | None = None,
    ) -> None:
        """Start `command`; its output is appended to `log`.

        Raises:
            LinkTrouble: It could not be started.
        """
        self._launcher = subprocess.Popen(  # noqa: S603 - our own launcher, no shell
            [sys.executable, "-I", "-S", str(_LAUNCHER), str(log), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,  # a terminal's Ctrl-C is for us to translate
        )
        assert self._launcher.stdout is not None  # noqa: S101 - asked for with PIPE above
        told = self._launcher.stdout.readline()
        self._launcher.stdout.close()
        if not told:
            _, complaint = self._launcher.communicate()
            last = complaint.decode(errors="replace").strip().splitlines()[-1:]
            raise LinkTrouble(f"{command[0]} did not start: {' '.join(last)}")
        self.pid = int(told)

    def running(self) -> bool:
        """Tell whether the program has not ended."""
        return self._launcher.poll() is None

    def ask_to_end(self) -> None:
        """Ask the program to end (SIGTERM); returns at once."""
        self._signal(signal.SIGTERM)

    def stop(self, deadline_s: float) -> bool:
        """Ask the program to end, and kill its group at the deadline.

        Returns:
            Whether it ended by itself.
        """
        self.ask_to_end()
        ended = self.wait(deadline_s)
        self.kill()
        return ended

    def kill(self) -> None:
        """Kill the program and everything it started, as a power failure would."""
        if self._launcher.stdin is not None and not self._launcher.stdin.closed:
            self._launcher.stdin.close()  # the launcher kills the group
        self._launcher.wait()
        if self._launcher.stderr is not None:
            self._launcher.stderr.close()

    def wait(self, deadline_s: float) -> bool:
        """Wait for the program's end; return whether it came within `deadline_s` seconds."""
        end = time.monotonic() + deadline_s
        while self.running():
            if time.monotonic() >= end:
                return False
            time.sleep(_STEP_S)
        return True

    def _signal(self, number: int) -> None:
        if self.running():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return
