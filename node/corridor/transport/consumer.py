"""The consumer over pika: all inboxes on one channel, acknowledged after they are recorded.

Rules:

* what has arrived in one turn is handed over together, at its end: no timer, no waiting;
* the link of a delivery is the exchange it came through, which only the broker can write to;
* what is unacknowledged is bounded for all links together, by count and by bytes, so that a backlog
  stays in the broker and out of our memory;
* a queue is looked for on a channel of its own before it is read, because a missing one would
  close the channel and have everything unacknowledged delivered again;
* nothing is ever rejected for what it contains: it is recorded, then acknowledged.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pika import BasicProperties
from pika.channel import Channel
from pika.exceptions import AMQPError
from pika.frame import Method
from pika.spec import Basic

from corridor.exchange.addresses import (
    ALARM_QUEUES,
    DEAD_LETTERS,
    inbox_queue,
    link_of_exchange,
    link_of_inbox,
)
from corridor.transit.parties import CountryCode
from corridor.transport.broker import BrokerAddress, ConsumerEvents, Delivery
from corridor.transport.connection import LeanConnection, why
from corridor.transport.finder import QueueFinder
from corridor.transport.ledger import LONGEST_DELAY_S, TagLedger, prefetch, shortened
from corridor.transport.link import BrokerLink
from corridor.wire import limits

_BLOCKED_TIMEOUT_S: Final = 300  # a consumer publishes nothing and is not blocked


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """Bounds of a consumer.

    An idle node takes 90 MiB and a busy one shall stay below 160: what is left are 64 envelopes
    of the largest size, of all links together. Of more than 64 links each may still have one.
    """

    prefetch_per_link: int = 64
    unacked_bytes: int = 64 * limits.MAX_FRAME_BYTES
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
        self._finder: QueueFinder | None = None
        self._seek_again = False
        self._consumers = 0
        self._granted = 1
        self._asked: set[str] = set()
        self._reading: dict[str, str] = {}  # queue → consumer tag
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
        kept = self._wanted()
        if self._prefetch() < self._granted:
            kept = kept & set(ALARM_QUEUES)  # read all anew: what each was granted is too much now
        for queue in sorted(self._reading.keys() - kept):
            channel.basic_cancel(self._reading.pop(queue))
        self._seek()
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
            for tag in self._reading.values():
                self._channel.basic_cancel(tag)
        self._reading.clear()
        self._announce()

    def resume(self) -> None:
        """Take messages again."""
        self._paused = False
        self._seek()

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
        self._seek()

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
        self._finder = None
        self._seek_again = False
        self._asked.clear()
        self._reading.clear()
        self._inbox, self._strays = [], []
        self._announced = frozenset()

    # finding and reading the queues

    def _wanted(self) -> set[str]:
        return {*ALARM_QUEUES, *self._countries}

    def _seek(self) -> None:
        if self._channel is None or self._connection is None:
            return
        if self._paused:
            self._link.call(self._announce)  # connected all the same
            return
        if self._finder is not None or self._asked:
            self._seek_again = True
            return
        missing = sorted(self._wanted() - self._reading.keys())
        self._finder = QueueFinder(self._connection, missing, self._read, self._sought)
        self._finder.look()

    def _sought(self, finder: QueueFinder) -> None:
        if finder is self._finder:
            self._finder = None
            self._settle()

    def _read(self, queue: str) -> None:
        channel = self._channel
        if channel is None or self._paused or queue not in self._wanted():
            return
        self._consumers += 1
        tag = f"{queue} {self._consumers}"  # never used again: a cancelled one lives on for a while
        self._asked.add(tag)
        # nobody is in a hurry for strays
        self._granted = self._prefetch()
        channel.basic_qos(prefetch_count=1 if queue in ALARM_QUEUES else self._granted)
        channel.basic_consume(
            queue,
            partial(self._on_message, queue),
            consumer_tag=tag,
            callback=partial(self._on_reading, channel, queue, tag),
        )

    def _prefetch(self) -> int:
        settings = self._settings
        return prefetch(len(self._countries), settings.prefetch_per_link, settings.unacked_bytes)

    def _on_reading(self, channel: Channel, queue: str, tag: str, _frame: Method) -> None:
        current = self._channel
        if current is None or current is not channel:
            return
        self._asked.discard(tag)
        if self._paused or queue not in self._wanted():
            current.basic_cancel(tag)
        else:
            self._reading[queue] = tag
        self._settle()

    def _settle(self) -> None:
        if self._finder is not None or self._asked:
            return
        if self._seek_again:
            self._seek_again = False
            self._seek()
            return
        self._link.call(self._announce)
        if self._wanted() - self._reading.keys() and not self._retry_set and not self._paused:
            self._retry_set = True
            self._link.call_later(self._settings.retry_missing_s, self._retry)

    def _retry(self) -> None:
        self._retry_set = False
        self._seek()

    def _announce(self) -> None:
        if self._channel is None or self._finder is not None or self._asked:
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
        tag = frame.method.consumer_tag
        self._reading = {queue: each for queue, each in self._reading.items() if each != tag}
        self._settle()

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
        link = link_of_exchange(method.exchange) or _link_of_death(queue, properties)
        tag = method.delivery_tag
        self._ledger.add(tag)
        delivery = Delivery(
            link, tag, self._generation, shortened(body), method.redelivered,
            properties.message_id, queue,
        )  # fmt: skip
        stray = link is None or queue in ALARM_QUEUES
        (self._strays if stray else self._inbox).append(delivery)

    def _hand_over(self) -> None:
        inbox, strays = self._inbox, self._strays
        self._inbox, self._strays = [], []
        if inbox:
            self._events.on_deliveries(inbox)
        if strays:
            self._events.on_strays(strays)


def _link_of_death(queue: str, properties: BasicProperties) -> CountryCode | None:
    """Return over whose link a dead letter came: our broker puts the queue it left first."""
    deaths = (properties.headers or {}).get("x-death") if queue == DEAD_LETTERS else None
    first = deaths[0] if isinstance(deaths, list) and deaths else None
    name = first.get("queue") if isinstance(first, dict) else None
    return link_of_inbox(name) if isinstance(name, str) else None
