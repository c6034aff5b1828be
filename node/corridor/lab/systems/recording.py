"""What a national system of a lab writes down: each record that it was handed, once.

A line of JSON each: cursor, sender, record id, SHA-256 of the record, type, when it was received.

Rules:

* the same delivery may come again after a crash, a post or a file too: it has the same cursor;
* a record that the node itself marks as a possible repeat is known by its id;
* any other record that comes twice is written down twice: a double must not look like one record.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corridor.wire.records import encode_record, record_from_json


class Recording:
    """A file of records that were handed over; use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Go on with the recording at `path`; what it holds is known."""
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], int] = {}
        whole = 0
        for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
            if line.endswith(b"\n"):
                one = json.loads(line)
                self._known[one["sender"], one["record_id"]] = one["cursor"]
                whole += len(line)
        self._out = path.open("a", encoding="utf-8")
        self._out.truncate(whole)  # whoever was killed while it wrote a line is told it again

    def __enter__(self) -> Self:
        """Return the recording."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._out.close()

    def note(self, told: dict[str, Any]) -> bool:
        """Write down a record as gateways tell it; False where it is known."""
        return self.note_all([told]) == 1

    def note_all(self, told: Iterable[dict[str, Any]]) -> int:
        """Write down records that came together; returns how many were not known."""
        with self._lock:
            fresh = sum([self._note(one) for one in told])
            if fresh:
                self._out.flush()
                os.fsync(self._out.fileno())
            return fresh

    def _note(self, told: dict[str, Any]) -> bool:
        key = (told["sender"], told["record_id"])
        if key in self._known and (told["possible_repeat"] or self._known[key] == told["cursor"]):
            return False
        record = encode_record(record_from_json(json.dumps(told["record"])))
        line = {
            "cursor": told["cursor"],
            "sender": told["sender"],
            "record_id": told["record_id"],
            "sha256": hashlib.sha256(record).hexdigest(),
            "type": told["record_type"],
            "received_ms": told["received_ms"],
            "possible_repeat": told["possible_repeat"],
        }
        self._out.write(json.dumps(line) + "\n")
        self._known[key] = told["cursor"]
        return True
