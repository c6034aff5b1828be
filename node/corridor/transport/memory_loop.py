"""The loop thread of the memory twins: what pika's loop is to the others."""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import count

from corridor.errors import LinkTrouble


class MemoryLoop:
    """A thread that runs what it is asked to, in order, and timers."""

    def __init__(self, name: str, failed: Callable[[Exception], None]) -> None:
        """Describe the loop; `failed` is told what an action raised."""
        self._wake = threading.Condition()
        self._asked: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._failed = failed
        self._ended = False
        self._broken = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def call(self, action: Callable[[], None]) -> None:
        """Run `action` as soon as possible; any thread may ask.

        Raises:
            LinkTrouble: The loop has ended.
        """
        with self._wake:
            if self._ended:
                raise LinkTrouble("the connection's loop has ended")
            self._asked.append(action)
            self._wake.notify()

    def call_later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Run `action` after `delay_s` seconds."""
        with self._wake:
            due = time.monotonic() + delay_s
            heapq.heappush(self._timers, (due, next(self._number), action))
            self._wake.notify()

    def end(self) -> None:
        """End after the action that runs now."""
        with self._wake:
            self._ended = True
            self._wake.notify()

    def join(self, deadline_s: float) -> bool:
        """Wait for the thread; return whether it has ended, and not by an error."""
        if self._thread.ident is not None:
            self._thread.join(deadline_s)
        return not self._thread.is_alive() and not self._broken

    def _run(self) -> None:
        try:
            while (action := self._next()) is not None:
                action()
        except Exception as error:  # noqa: BLE001 - the thread's last door; told to the owner
            self._broken = True
            self.end()
            self._failed(error)

    def _next(self) -> Callable[[], None] | None:
        with self._wake:
            while not self._ended:
                if self._asked:
                    return self._asked.popleft()
                wait_s = self._timers[0][0] - time.monotonic() if self._timers else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._timers)[2]
                self._wake.wait(wait_s)
        return None
