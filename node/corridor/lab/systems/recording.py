"""What a national system of a lab writes down: each record that it was handed, once.

A line of JSON each: sender, record id, SHA-256 of the record, type, when it was received.
"""

import hashlib
import json
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corridor.wire.records import encode_record, record_from_json


class Recording:
    """A file of records that were handed over; use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Go on with the recording at `path`; what it holds is known."""
        self._lock = threading.Lock()
        self._known: set[tuple[str, str]] = set()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                one = json.loads(line)
                self._known.add((one["sender"], one["record_id"]))
        self._out = path.open("a", encoding="utf-8")

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
        """Write down a record as the spool and the webhook tell it; False where it is known."""
        with self._lock:
            return self._note(told)

    def _note(self, told: dict[str, Any]) -> bool:
        key = (told["sender"], told["record_id"])
        if key in self._known:
            return False
        record = encode_record(record_from_json(json.dumps(told["record"])))
        line = {
            "sender": told["sender"],
            "record_id": told["record_id"],
            "sha256": hashlib.sha256(record).hexdigest(),
            "type": told["record_type"],
            "received_ms": told["received_ms"],
            "possible_repeat": told["possible_repeat"],
        }
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()
        os.fsync(self._out.fileno())
        self._known.add(key)
        return True
