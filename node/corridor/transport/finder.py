"""Look for queues before reading them, on a channel that may be lost.

RabbitMQ answers a question for a missing queue by closing the channel; on the channel that holds
deliveries this would have everything unacknowledged delivered again.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from pika.channel import Channel
from pika.exceptions import ChannelClosedByBroker
from pika.frame import Method

from corridor.transport.connection import LeanConnection

_ACCESS_REFUSED: Final = 403


class QueueFinder:
    """One search for some queues, one after the other."""

    def __init__(
        self,
        connection: LeanConnection,
        queues: Iterable[str],
        found: Callable[[str], None],
        done: Callable[["QueueFinder"], None],
    ) -> None:
        """Describe a search that calls `found` for each queue there is, and `done` at its end."""
        self._connection = connection
        self._queues = deque(queues)
        self._found = found
        self._done = done
        self._probe: Channel | None = None

    def look(self) -> None:
        """Ask for the next queue."""
        if not self._connection.is_open:
            return
        if not self._queues:
            if self._probe is not None:
                self._probe.close()
            self._done(self)
        elif self._probe is None:
            self._connection.channel(on_open_callback=self._on_probe)
        else:
            self._probe.queue_declare(self._queues[0], passive=True, callback=self._on_found)

    def _on_probe(self, probe: Channel) -> None:
        self._probe = probe
        probe.add_on_close_callback(self._on_probe_closed)
        self.look()

    def _on_found(self, _frame: Method) -> None:
        self._found(self._queues.popleft())
        self.look()

    def _on_probe_closed(self, _probe: Channel, error: Exception) -> None:
        if not isinstance(error, ChannelClosedByBroker) or not self._queues:
            return  # closed by us, or with the connection
        self._probe = None
        queue = self._queues.popleft()
        if error.reply_code == _ACCESS_REFUSED:
            self._found(queue)  # 4.2.6 and 4.3.0 refuse to look, not to read
        self.look()
