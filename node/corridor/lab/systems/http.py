"""A national system that speaks HTTP only: it asks for records, writes them down, acknowledges.

Run as `python -m corridor.lab.systems.http PORT TOKEN_FILE FILE`; SIGTERM ends it.
"""

import json
import signal
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

from corridor.lab.systems.recording import Recording

_WAIT_S: Final = 1
_PAUSE_S: Final = 0.2
_PATIENCE_S: Final = 30


class Inbox:
    """The inbox of a node, over HTTP."""

    def __init__(self, port: int, token: str) -> None:
        """Speak to the node at a port of this machine."""
        self._root = f"http://127.0.0.1:{port}/v1/inbox"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def take(self, after: int) -> dict[str, Any]:
        """Return records after a cursor, and the next cursor.

        Raises:
            OSError: The node does not answer, or refuses.
        """
        return self._ask(f"?after={after}&limit=256&wait_s={_WAIT_S}", None)

    def acknowledge(self, up_to: int) -> None:
        """Tell that everything up to a cursor is safe.

        Raises:
            OSError: The node does not answer, or refuses.
        """
        self._ask("/ack", json.dumps({"up_to": up_to}).encode())

    def _ask(self, path: str, body: bytes | None) -> dict[str, Any]:
        request = urllib.request.Request(self._root + path, body, self._headers)  # noqa: S310 - ours
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310 - loopback
            told: dict[str, Any] = json.load(answer)
            return told


def record(inbox: Inbox, recording: Recording) -> None:
    """Take and write down until the process is told to end; the node may come and go.

    It begins with the whole inbox: what is written down already is known by its id.
    """
    cursor = 0
    while True:
        with suppress(OSError):
            while True:
                told = inbox.take(cursor)
                for one in told["records"]:
                    recording.note(one)
                if told["records"]:
                    cursor = told["next"]
                    inbox.acknowledge(cursor)
        time.sleep(_PAUSE_S)


class _Ended(Exception):
    """SIGTERM arrived."""


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _Ended


def main() -> None:
    """Record until SIGTERM."""
    signal.signal(signal.SIGTERM, _end)
    token = Path(sys.argv[2]).read_text(encoding="ascii").strip()
    with suppress(_Ended, KeyboardInterrupt), Recording(Path(sys.argv[3])) as recording:
        record(Inbox(int(sys.argv[1]), token), recording)


if __name__ == "__main__":
    main()
