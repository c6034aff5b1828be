"""Group commit: small writes of many threads share one durable transaction.

Rules:

* a commit costs one fsync, whatever it holds: what arrives while one commit is on its way goes
  together into the next; at low load a write waits for nobody;
* each write sees those before it, and its future is done when it is durable;
* a write that raises fails alone: the transaction is rolled back and the others are applied
  again, so a write must have no effect but on the transaction.

Example:
    >>> writes = GroupCommit(store)
    >>> writes.start()
    >>> writes.submit(lambda change: change.accept(submission, now_ms)).result()
    <SubmitStatus.ACCEPTED: 'accepted'>
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from corridor.errors import StoreMisused
from corridor.store.port import Store, Transaction

MAX_TOGETHER: Final = 256  # writes in one transaction: keeps the sender's turn at the store near
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Write:
    apply: Callable[[Transaction], Any]
    future: Future[Any]


class GroupCommit:
    """A thread that applies writes of other threads, as many as wait in each transaction."""

    def __init__(self, store: Store) -> None:
        """Write to `store`."""
        self._store = store
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._gate = threading.Lock()
        self._open = False

    def start(self) -> None:
        """Start the thread."""
        with self._gate:
            self._open = True
        self._thread.start()

    def submit(self, apply: Callable[[Transaction], _T]) -> Future[_T]:
        """Apply a write soon; the future holds what it returned once that is durable.

        Raises:
            StoreMisused: Not started, or stopped.
        """
        future: Future[_T] = Future()
        with self._gate:
            if not self._open:
                raise StoreMisused("group commit is not running")
            self._waiting.put(_Write(apply, future))
        return future

    def stop(self) -> None:
        """Apply what was submitted, then end the thread."""
        with self._gate:
            was_open, self._open = self._open, False
        if was_open:
            self._waiting.put(None)
            self._thread.join()

    def _run(self) -> None:
        while True:
            together = [self._waiting.get()]
            while len(together) < MAX_TOGETHER and not self._waiting.empty():
                together.append(self._waiting.get())
            self._commit([one for one in together if one is not None])
            if None in together:
                return

    def _commit(self, writes: list[_Write]) -> None:
        """Apply writes in one transaction; again without each that fails."""
        left = [one for one in writes if one.future.set_running_or_notify_cancel()]
        while left:
            culprit: _Write | None = None
            results: list[Any] = []
            try:
                with self._store.transaction() as change:
                    for culprit in left:
                        results.append(culprit.apply(change))  # noqa: PERF401 - names the culprit
                    culprit = None
            except Exception as error:  # noqa: BLE001 - it belongs to whoever submitted the write
                # without a culprit the transaction itself failed: nothing of it is kept
                failed = [culprit] if culprit else left
                left = [one for one in left if one not in failed]
                for one in failed:
                    one.future.set_exception(error)
                continue
            for one, result in zip(left, results, strict=True):
                one.future.set_result(result)
            return
