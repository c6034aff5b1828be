"""The consumer over pika: all inboxes on one channel, acknowledged after they are recorded.

Rules:

* what has arrived in one turn is handed over together, at its end: no timer, no waiting;
* the link of a delivery is the exchange it came through, which only the broker can write to;
* prefetch is bounded for all links together, so that a backlog stays in the broker;
* a queue is looked for on a channel of its own before it is read, because a missing one would
  close the channel and have everything unacknowledged delivered again;
* nothing is ever rejected for what it contains: it is recorded, then acknowledged.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pika import BasicProperties
from pika.channel import Channel
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.frame import Method
from pika.spec import Basic

from corridor.exchange.addresses import ALARM_QUEUES, inbox_queue, link_of_exchange
from corridor.transit.parties import CountryCode
from corridor.transport.broker import BrokerAddress, ConsumerEvents, Delivery
from corridor.transport.connection import LeanConnection, why
from corridor.transport.ledger import LONGEST_DELAY_S, TagLedger
from corridor.transport.link import BrokerLink

_ACCESS_REFUSED: Final = 403
_BLOCKED_TIMEOUT_S: Final = 300  # a consumer publishes nothing and is not blocked


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """Bounds of a consumer.

    An envelope is at most 1.1 MiB and mostly below 256 KiB: the total bounds memory.
    """

    prefetch_per_link: int = 64
    prefetch_total: int = 256
    retry_missing_s: float = 10
    reconnect_max_s: float = LONGEST_DELAY_S


class PikaConsumer:
    """Takes envelopes from our own broker; see `corridor.transport.broker.Consumer`."""

    def __init__(
        self,
        address: BrokerAddress,
        events: ConsumerEvents,
        links: Collection[CountryCode] = (),
        settings: ConsumerSettings = ConsumerSettings(),
    ) -> None:
        """Describe a consumer of the inboxes of `links`; `start` connects."""
        self._events = events
        self._settings = settings
        self._link = BrokerLink(
            "corridor-consume", address, self, _BLOCKED_TIMEOUT_S, settings.reconnect_max_s
        )
        self._countries = {inbox_queue(country): country for country in links}
        self._connection: LeanConnection | None = None
        self._channel: Channel | None = None
        self._generation = 0
        self._ledger = TagLedger()
        self._looking: deque[str] = deque()
        self._asked: deque[str] = deque()
        self._reading: set[str] = set()
        self._announced: frozenset[CountryCode] = frozenset()
        self._ready_told = False
        self._paused = False
        self._retry_set = False
        self._inbox: list[Delivery] = []
        self._strays: list[Delivery] = []

    def start(self) -> None:
        """Start the loop thread and begin to connect."""
        self._link.start()

    def call(self, action: Callable[[], None]) -> None:
        """Run `action` in the loop thread as soon as possible; any thread may ask."""
        self._link.call(action)

    def call_later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Run `action` in the loop thread after `delay_s` seconds; loop thread only."""
        self._link.call_later(delay_s, action)

    def stop(self, deadline_s: float) -> bool:
        """Close; what was not acknowledged is delivered again later."""
        return self._link.stop(deadline_s)

    def set_links(self, partners: Collection[CountryCode]) -> None:
        """Read the inboxes of exactly `partners` from now on."""
        self._countries = {inbox_queue(country): country for country in partners}
        channel = self._channel
        if channel is None:
            return
        for queue in sorted(self._reading - self._wanted()):
            self._reading.discard(queue)
            channel.basic_cancel(queue)
        self._look_for_missing()
        self._announce()

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these are recorded; those of an older channel are ignored."""
        channel = self._channel
        tags = [each.tag for each in deliveries if each.channel == self._generation]
        if channel is None or not tags:
            return
        try:
            for tag, multiple in self._ledger.ack(tags):
                channel.basic_ack(tag, multiple)
        except AMQPError:
            return  # it is just closing; all is delivered again

    def pause(self) -> None:
        """Take nothing more; what was handed over can still be acknowledged."""
        self._paused = True
        if self._channel is not None:
            for queue in sorted(self._reading):
                self._channel.basic_cancel(queue)
        self._reading.clear()
        self._announce()

    def resume(self) -> None:
        """Take messages again."""
        self._paused = False
        self._look_for_missing()

    # what the link tells

    def opened(self, connection: LeanConnection) -> None:
        """The link is up: open the channel."""
        self._connection = connection
        self._open_channel(connection)

    def lost(self, reason: str) -> None:
        """The link is down: what is unacknowledged comes again."""
        self._connection = None
        self._forget()
        self._events.on_lost(reason)

    def failed(self, error: Exception) -> None:
        """The owner raised in one of its callbacks."""
        self._channel = None
        self._events.on_failed(error)

    def drained(self) -> bool:
        """Nothing is waited for: what is not recorded is delivered again."""
        return True

    def blocked(self) -> bool:
        """Tell that an alarm does not stop a consumer."""
        return False

    # the channel

    def _open_channel(self, connection: LeanConnection) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_cancel_callback(self._on_cancelled)
        self._generation += 1
        self._ledger = TagLedger()
        self._channel = channel
        self._ready_told = False
        self._look_for_missing()

    def _on_channel_closed(self, channel: Channel, error: Exception) -> None:
        connection = self._connection
        if channel is not self._channel or connection is None or not connection.is_open:
            return
        self._forget()
        self._link.call(partial(self._channel_lost, connection, why(error)))

    def _channel_lost(self, connection: LeanConnection, reason: str) -> None:
        if connection is not self._connection or not connection.is_open:
            return
        self._events.on_lost(reason)
        # not at once: what closed it may do so again
        self._link.call_later(1, partial(self._reopen, connection))

    def _reopen(self, connection: LeanConnection) -> None:
        if connection is self._connection and connection.is_open:
            self._open_channel(connection)

    def _forget(self) -> None:
        self._channel = None
        self._ledger = TagLedger()
        self._looking.clear()
        self._asked.clear()
        self._reading.clear()
        self._inbox, self._strays = [], []
        self._announced = frozenset()

    # finding the queues

    def _wanted(self) -> set[str]:
        return {*ALARM_QUEUES, *self._countries}

    def _look_for_missing(self) -> None:
        if self._channel is None or self._paused or self._looking or self._asked:
            return  # a search under way looks again at its end
        self._looking.extend(sorted(self._wanted() - self._reading))
        self._look(None)

    def _look(self, probe: Channel | None) -> None:
        if self._channel is None or self._connection is None:
            return
        if not self._looking:
            if probe is not None:
                probe.close()
            self._search_ended()
        elif probe is None:
            self._connection.channel(on_open_callback=self._on_probe)
        else:
            probe.queue_declare(
                self._looking[0], passive=True, callback=partial(self._on_found, probe)
            )

    def _on_probe(self, probe: Channel) -> None:
        probe.add_on_close_callback(self._on_probe_closed)
        self._look(probe)

    def _on_found(self, probe: Channel, _frame: Method) -> None:
        if self._looking:
            self._read(self._looking.popleft())
            self._look(probe)

    def _on_probe_closed(self, _probe: Channel, error: Exception) -> None:
        if not isinstance(error, ChannelClosedByBroker) or not self._looking:
            return
        queue = self._looking.popleft()
        if error.reply_code == _ACCESS_REFUSED:
            self._read(queue)  # 4.2.6 and 4.3.0 refuse to look, not to read
        self._look(None)

    def _read(self, queue: str) -> None:
        channel = self._channel
        if channel is None or queue not in self._wanted():
            return
        channel.basic_qos(prefetch_count=self._prefetch())
        self._asked.append(queue)
        channel.basic_consume(
            queue,
            partial(self._on_message, queue),
            consumer_tag=queue,
            callback=partial(self._on_reading, queue),
        )

    def _prefetch(self) -> int:
        share = self._settings.prefetch_total // max(1, len(self._countries))
        return max(1, min(self._settings.prefetch_per_link, share))

    def _on_reading(self, queue: str, _frame: Method) -> None:
        if queue in self._asked:
            self._asked.remove(queue)
            self._reading.add(queue)
            self._search_ended()

    def _search_ended(self) -> None:
        if self._looking or self._asked:
            return
        self._link.call(self._announce)
        if self._wanted() - self._reading and not self._retry_set:
            self._retry_set = True
            self._link.call_later(self._settings.retry_missing_s, self._retry)

    def _retry(self) -> None:
        self._retry_set = False
        self._look_for_missing()

    def _announce(self) -> None:
        if self._channel is None or self._looking or self._asked:
            return
        if not self._ready_told:
            self._ready_told = True
            self._events.on_ready()
        reading = frozenset(
            country for queue, country in self._countries.items() if queue in self._reading
        )
        if reading != self._announced:
            self._announced = reading
            self._events.on_links(reading)

    def _on_cancelled(self, frame: Method) -> None:
        self._reading.discard(frame.method.consumer_tag)
        self._search_ended()

    # deliveries

    def _on_message(
        self,
        queue: str,
        _channel: Channel,
        method: Basic.Deliver,
        properties: BasicProperties,
        body: bytes,
    ) -> None:
        if not self._inbox and not self._strays:
            self._link.call(self._hand_over)
        link = link_of_exchange(method.exchange)
        tag = method.delivery_tag
        self._ledger.add(tag)
        delivery = Delivery(
            link, tag, self._generation, body, method.redelivered, properties.message_id, queue
        )
        stray = link is None or queue in ALARM_QUEUES
        (self._strays if stray else self._inbox).append(delivery)

    def _hand_over(self) -> None:
        inbox, strays = self._inbox, self._strays
        self._inbox, self._strays = [], []
        if inbox:
            self._events.on_deliveries(inbox)
        if strays:
            self._events.on_strays(strays)
