"""Group commit: many threads commit, one flush to the disk makes all of it durable.

Rules:

* SQLite commits into its log without waiting for the disk (`synchronous=NORMAL`); the log is then
  flushed from here, outside the writer's turn, so that others write while the disk works;
* the log is written in order, so that a flush makes every commit before its start durable: whoever
  waits shares the flush of another, or makes one for all who wait;
* a flush that failed says nothing about what the disk holds, also if it is tried again: from then
  on the store takes and tells nothing, and the node has to be started anew.
"""

import os
import threading
from pathlib import Path
from typing import Final

from corridor.errors import StoreLost

_FAILED: Final = (
    "the disk of the store did not take what was written; look at the disk and its log, then start"
    " the node again: nothing that was acknowledged is lost"
)


class Durability:
    """Counts commits, and flushes the log of a store for those who wait for theirs."""

    def __init__(self, log: Path) -> None:
        """Open the write-ahead log, which is there as long as a writer has the store open."""
        self._file = os.open(log, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        folder = os.open(log.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fdatasync(self._file)  # a process that was killed may have left it unflushed
            os.fsync(folder)  # the log's name has to last as well
        finally:
            os.close(folder)
        self._change = threading.Condition(threading.Lock())
        self._committed = self._durable = 0
        self._flushing = False
        self._failure: OSError | None = None

    def committed(self) -> None:
        """Count a commit; called in the writer's turn."""
        self._committed += 1

    def wait(self, patience_s: float = 0.0) -> None:
        """Return when everything committed so far is durable.

        Args:
            patience_s: How long to leave the flush to another thread that is about to make one.

        Raises:
            StoreLost: The disk failed, now or earlier.
        """
        wanted = self._committed
        with self._change:
            if patience_s and self._durable < wanted and not self._flushing:
                self._change.wait(patience_s)
            while self._durable < wanted and self._flushing and not self._failure:
                self._change.wait()
            self.refuse_after_failure()
            if self._durable >= wanted:
                return
            self._flushing = True
            wanted = self._committed
        self._flush(wanted)

    def refuse_after_failure(self) -> None:
        """Raise what `wait` raises once the disk has failed."""
        if self._failure:
            raise StoreLost(f"{_FAILED} ({self._failure.strerror})") from self._failure

    def close(self) -> None:
        """Close the file; nobody waits any more."""
        os.close(self._file)

    def _flush(self, wanted: int) -> None:
        failure = None
        try:
            os.fdatasync(self._file)
        except OSError as error:
            failure = error
        with self._change:
            self._flushing = False
            if failure:
                self._failure = failure
            else:
                self._durable = wanted
            self._change.notify_all()
            self.refuse_after_failure()
