"""Stands for a national system at the local socket, where a scenario asks for that by name.

It takes every record from its node, writes it down, acknowledges. It counts independently of what
it counts: it keeps (sender, record id, SHA-256 of the record) in a file of its own, one JSON line
each.

Run as `python -m corridor.lab.recorder SOCKET FILE`; SIGTERM ends it.
"""

import hashlib
import json
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TextIO

from corridor.errors import LocalTrouble
from corridor.gateway.local_client import LocalClient
from corridor.wire.v1 import local_pb2 as local

_BATCH = 1024
_WAIT_MS = 1_000
_PAUSE_S = 0.2


class _Ended(Exception):
    """SIGTERM arrived."""


def record(socket_path: Path, out: TextIO, cursor: int = 0) -> None:
    """Take and write down until the process is told to end; the node may come and go.

    Args:
        socket_path: The node's.
        out: Where a line for each record goes.
        cursor: Up to which everything was written down before.
    """
    while True:
        with suppress(LocalTrouble), LocalClient(socket_path) as node:
            while True:
                taken = node.take(cursor, limit=_BATCH, wait_ms=_WAIT_MS)
                if taken:
                    out.writelines(_line(one) for one in taken)
                    out.flush()
                    cursor = taken[-1].cursor
                    node.acknowledge(cursor)
        time.sleep(_PAUSE_S)


def _line(one: local.LocalDelivery) -> str:
    written = {
        "cursor": one.cursor,
        "sender": one.sender,
        "record_id": one.record_id.hex(),
        "sha256": hashlib.sha256(one.record).hexdigest(),
        "type": one.record_type,
        "received_ms": one.received_ms,
        "possible_repeat": one.possible_repeat,
    }
    return json.dumps(written) + "\n"


def _written_up_to(path: Path) -> int:
    """Return the cursor of the last whole line, after which all goes on; take off half a line."""
    if not path.exists():
        return 0
    lines = [one for one in path.read_bytes().splitlines(keepends=True) if one.endswith(b"\n")]
    with path.open("r+b") as file:
        file.truncate(sum(map(len, lines)))  # a line that was cut off comes once more, whole
    return int(json.loads(lines[-1])["cursor"]) if lines else 0


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _Ended


def main() -> None:
    """Record until SIGTERM."""
    signal.signal(signal.SIGTERM, _end)
    with suppress(_Ended, KeyboardInterrupt), Path(sys.argv[2]).open("a", encoding="utf-8") as out:
        record(Path(sys.argv[1]), out, _written_up_to(Path(sys.argv[2])))


if __name__ == "__main__":
    main()
