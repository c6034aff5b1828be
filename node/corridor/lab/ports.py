"""Find ports on loopback that nobody else uses, and keep them ours.

Rules:

* ports come from below the range from which the kernel takes ports for outgoing connections, so
  that none is taken between our look and the program's start;
* one lock file with a locked byte per port keeps two labs of one machine apart; the locks end
  with our process, however it ends;
* a lock keeps out others, not its holder: a lease remembers what it gave, for the program that
  is to listen there may not have started when the next port is asked for.
"""

import fcntl
import os
import random
import socket
import struct
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from corridor.errors import ConfigurationError

_FIRST: Final = 20_000
_LAST: Final = 32_000
_LOOPBACK: Final = "127.0.0.1"


class PortLease:
    """Ports that are ours until `close` or the end of the process."""

    def __init__(self) -> None:
        """Start with no port."""
        path = Path(tempfile.gettempdir()) / f"corridor-ports-{os.getuid()}"
        self._file: int | None = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._ours: set[int] = set()

    def take(self, count: int = 1) -> tuple[int, ...]:
        """Return `count` free ports of 127.0.0.1.

        Raises:
            ConfigurationError: The machine has not that many.
        """
        taken: list[int] = []
        # where to look first is no secret, only a way out of each other's way
        for port in random.sample(range(_FIRST, _LAST), _LAST - _FIRST):
            if len(taken) == count:
                break
            if port not in self._ours and self._lock(port) and _is_free(port):
                self._ours.add(port)
                taken.append(port)
        if len(taken) < count:
            raise ConfigurationError(f"no {count} free ports between {_FIRST} and {_LAST}")
        return tuple(taken)

    def _lock(self, port: int) -> bool:
        if self._file is None:
            raise ConfigurationError("the lease of ports is closed")
        # struct flock: type, whence, start, length, pid; locked per open file, not per process
        wanted = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, port, 1, 0)
        try:
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, wanted)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Give the ports back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        """Hold the lease for a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the ports back."""
        self.close()


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True
