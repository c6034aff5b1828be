"""One thread, one loop, one connection that comes back by itself.

Rules:

* everything but `start`, `call` and `stop` happens in the loop thread;
* an exception of the owner ends the loop and is told once by `failed`; nothing is swallowed;
* a stop has three parts: drain while the owner has something in flight, close, and at the
  deadline drop the socket; a blocked connection is dropped at once, because its close would
  wait for the alarm to end (broker-verified 6c).
"""

import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from corridor.errors import LinkTrouble
from corridor.transport.broker import BrokerAddress
from corridor.transport.connection import LeanConnection, LeanLoop, connect, why
from corridor.transport.ledger import reconnect_delay

_DRAIN_SHARE: Final = 0.6  # of a stop's deadline, then the close gets what remains
_DRAIN_STEP_S: Final = 0.02
_GRACE_S: Final = 1.0  # for a thread that is just ending


class LinkOwner(Protocol):
    """What a link tells the publisher or consumer built on it, in the loop thread."""

    def opened(self, connection: LeanConnection) -> None:
        """The connection is open."""

    def lost(self, reason: str) -> None:
        """It is gone or could not be made."""

    def failed(self, error: Exception) -> None:
        """A callback raised; the loop ends."""

    def drained(self) -> bool:
        """Tell whether a stop need not wait for anything."""

    def blocked(self) -> bool:
        """Tell whether the broker takes nothing for now."""


class BrokerLink:
    """Keeps one connection to our broker, in a thread of its own."""

    def __init__(
        self,
        name: str,
        address: BrokerAddress,
        owner: LinkOwner,
        blocked_timeout_s: float,
        reconnect_max_s: float,
    ) -> None:
        """Describe the link; `start` makes it live."""
        self._address = address
        self._owner = owner
        self._blocked_timeout_s = blocked_timeout_s
        self._reconnect_max_s = reconnect_max_s
        self._loop = LeanLoop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._connection: LeanConnection | None = None
        self._attempt = 0
        self._stopping = False
        self._ended = threading.Event()
        self._orderly = True

    def start(self) -> None:
        """Start the thread and begin to connect."""
        self._thread.start()

    def call(self, action: Callable[[], None]) -> None:
        """Run `action` in the loop thread as soon as possible.

        Raises:
            LinkTrouble: The loop has ended.
        """
        if self._ended.is_set():
            raise LinkTrouble("the connection's loop has ended")
        self._loop.add_callback_threadsafe(action)

    def call_later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Run `action` after `delay_s` seconds; loop thread only."""
        self._loop.call_later(delay_s, action)

    def drop(self, reason: str) -> None:
        """Drop the connection; it is made anew."""
        if self._connection is not None:
            self._connection.drop(reason)

    def stop(self, deadline_s: float) -> bool:
        """End the link within `deadline_s` seconds; return whether in good order."""
        if self._thread.ident is None:
            self._loop.close()
            self._ended.set()
            return True
        if not self._ended.is_set():
            self.call(partial(self._begin_stop, time.monotonic() + deadline_s, deadline_s))
        self._thread.join(deadline_s + _GRACE_S)
        if not self._thread.is_alive():
            return self._orderly
        if self._connection is not None:
            self._connection.sever()
        return False

    def _run(self) -> None:
        try:
            self._connect()
            self._loop.start()
        except Exception as error:  # noqa: BLE001 - the thread's last door; told to the owner
            self._orderly = False
            self._owner.failed(error)
        finally:
            self._ended.set()
            if self._connection is not None:
                self._connection.dispose()
            self._loop.close()

    def _connect(self) -> None:
        if self._stopping:
            return
        try:
            self._connection = connect(
                self._address, self._loop, self._blocked_timeout_s, self._opened, self._gone
            )
        except LinkTrouble as trouble:
            self._connection = None
            self._again(str(trouble))

    def _opened(self, connection: LeanConnection) -> None:
        self._attempt = 0
        self._owner.opened(connection)

    def _gone(self, connection: LeanConnection, error: BaseException) -> None:
        if connection is not self._connection:
            return
        self._connection = None
        # from the top of a turn: pika would swallow what the owner raises here
        self._loop.add_callback_threadsafe(partial(self._again, why(error)))

    def _again(self, reason: str) -> None:
        if self._stopping:
            self._loop.stop()
            return
        self._owner.lost(reason)
        draw = random.random()  # noqa: S311 - spreads load
        delay_s = reconnect_delay(self._attempt, draw, self._reconnect_max_s)
        self._attempt += 1
        self._loop.call_later(delay_s, self._connect)

    def _begin_stop(self, deadline: float, deadline_s: float) -> None:
        self._stopping = True
        self._loop.call_later(max(0.0, deadline - time.monotonic()), self._end_now)
        self._drain(deadline - deadline_s * (1 - _DRAIN_SHARE))

    def _drain(self, until: float) -> None:
        connection = self._connection
        if connection is None or not connection.is_open or self._owner.blocked():
            self._end_now(orderly=self._owner.drained())
        elif self._owner.drained() or time.monotonic() >= until:
            self._orderly = self._owner.drained()
            connection.close()
        else:
            self._loop.call_later(_DRAIN_STEP_S, partial(self._drain, until))

    def _end_now(self, *, orderly: bool = False) -> None:
        self._orderly = orderly
        self._loop.stop()
