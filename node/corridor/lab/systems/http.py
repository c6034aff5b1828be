"""A national system that speaks HTTP only: it asks for records, writes them down, acknowledges.

Run as `python -m corridor.lab.systems.http PORT TOKEN_FILE FILE`; SIGTERM ends it.
"""

import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

from corridor.errors import LocalTrouble
from corridor.lab.systems.client import HttpNode
from corridor.lab.systems.recording import Recording

_WAIT_S: Final = 5.0
_PAUSE_S: Final = 0.2
_PAGE: Final = 256


def record(node: HttpNode, recording: Recording) -> None:
    """Take and write down until the process is told to end; the node may come and go.

    It begins with the whole inbox: what is written down already is known by its id.
    """
    cursor = 0
    while True:
        with suppress(LocalTrouble):
            while True:
                told = node.take(cursor, _PAGE, _WAIT_S)
                if told["records"]:
                    recording.note_all(told["records"])
                    cursor = told["next"]
                    node.acknowledge(cursor)
        time.sleep(_PAUSE_S)


class _Ended(Exception):
    """SIGTERM arrived."""


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _Ended


def main() -> None:
    """Record until SIGTERM."""
    signal.signal(signal.SIGTERM, _end)
    with suppress(_Ended, KeyboardInterrupt), Recording(Path(sys.argv[3])) as recording:
        record(HttpNode(int(sys.argv[1]), Path(sys.argv[2])), recording)


if __name__ == "__main__":
    main()
