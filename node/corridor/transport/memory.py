"""The port without a broker: the same promises, in the memory of one process.

Rules:

* passes the contract tests that the pika half passes, so that a test or a simulation may stand
  on it;
* a `MemoryBroker` is one country's broker; `federate` makes it take what another has for it;
* the failures a node must survive are methods: `cut` and `mend`, `block` and `unblock`, a limit
  of the link's queue, a missing link.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Final

from corridor.errors import LinkTrouble
from corridor.exchange.addresses import ALARM_QUEUES, UNROUTED, inbox_queue
from corridor.transit.parties import CountryCode
from corridor.transport.broker import ConsumerEvents, Delivery, PublisherEvents
from corridor.transport.ledger import ConfirmLedger, TagLedger, prefetch, shortened
from corridor.transport.memory_loop import MemoryLoop
from corridor.wire import limits

_RETRY_S: Final = 0.01
_GRACE_S: Final = 1.0
_PER_LINK: Final = 64
_NO_LIMIT: Final = 1 << 40

_Message = tuple[CountryCode | None, bytes, str, bool]  # link, body, message_id, redelivered


class MemoryBroker:
    """One country's broker; safe to use from any thread."""

    def __init__(self, country: CountryCode) -> None:
        """Begin without partners."""
        self.country = country
        self._lock = threading.RLock()
        self._readers: dict[CountryCode, MemoryBroker] = {}
        self._limits: dict[CountryCode, int] = {}
        self._queues: dict[str, deque[_Message]] = {name: deque() for name in ALARM_QUEUES}
        self._watchers: list[Callable[[], None]] = []
        self.up = True
        self.losses = 0
        self.blocked: str | None = None

    def federate(self, sender: "MemoryBroker") -> None:
        """Take from now on what `sender` has for this country."""
        with self._lock:
            self._queues.setdefault(inbox_queue(sender.country), deque())
        sender._readers[self.country] = self  # noqa: SLF001 - one broker of another

    def part(self, sender: "MemoryBroker") -> None:
        """Take nothing more from `sender`."""
        sender._readers.pop(self.country, None)  # noqa: SLF001 - one broker of another

    def limit(self, reader: CountryCode, messages: int | None) -> None:
        """Refuse what is published for `reader` while its inbox holds `messages`."""
        self._limits[reader] = _NO_LIMIT if messages is None else messages
        self._changed()

    def cut(self) -> None:
        """Lose every connection; none can be made."""
        self.up = False
        self.losses += 1
        self._changed()

    def mend(self) -> None:
        """Accept connections again."""
        self.up = True
        self._changed()

    def block(self, reason: str) -> None:
        """Take nothing more from publishers (a disk or memory alarm)."""
        self.blocked = reason
        self._changed()

    def unblock(self) -> None:
        """Take messages again."""
        self.blocked = None
        self._changed()

    def put_astray(self, body: bytes, message_id: str) -> None:
        """Lay a message into `corridor.unrouted`."""
        self._append(UNROUTED, (None, body, message_id, False))

    def depth(self, queue: str) -> int:
        """Count the messages that lie in `queue` and are not handed out."""
        with self._lock:
            return len(self._queues.get(queue, ()))

    def route(self, reader: CountryCode, body: bytes, message_id: str) -> str:
        """Carry a message to `reader`; return "ack", "return" or "nack"."""
        target = self._readers.get(reader)
        if target is None:
            return "return"
        queue = inbox_queue(self.country)
        if target.depth(queue) >= self._limits.get(reader, _NO_LIMIT):
            return "nack"
        target._append(queue, (self.country, body, message_id, False))  # noqa: SLF001
        return "ack"

    def has(self, queue: str) -> bool:
        """Tell whether `queue` exists."""
        return queue in self._queues

    def take(self, queue: str, most: int) -> list[_Message]:
        """Take up to `most` messages out of `queue`."""
        with self._lock:
            waiting = self._queues[queue]
            return [waiting.popleft() for _ in range(min(most, len(waiting)))]

    def give_back(self, queue: str, messages: Sequence[_Message]) -> None:
        """Put messages back to the front of `queue`, to be delivered again."""
        with self._lock:
            again = [(link, body, message_id, True) for link, body, message_id, _ in messages]
            self._queues[queue].extendleft(reversed(again))
        self._changed()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after every change; it must be quick and may be called in any thread."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` no more."""
        self._watchers.remove(watcher)

    def _append(self, queue: str, message: _Message) -> None:
        with self._lock:
            self._queues[queue].append(message)
        self._changed()

    def _changed(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()


class _Twin:
    """What both twins do: connect, notice, and end."""

    def __init__(
        self, name: str, broker: MemoryBroker, failed: Callable[[Exception], None]
    ) -> None:
        self._broker = broker
        self._loop = MemoryLoop(name, failed)
        self._connected = False
        self._losses = 0
        self._noticed = threading.Event()

    def start(self) -> None:
        """Start the loop thread and begin to connect."""
        self._broker.watch(self._notice)
        self._loop.start()
        self._notice()

    def call(self, action: Callable[[], None]) -> None:
        """Run `action` in the loop thread as soon as possible; any thread may ask."""
        self._loop.call(action)

    def call_later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Run `action` in the loop thread after `delay_s` seconds; loop thread only."""
        self._loop.call_later(delay_s, action)

    def _notice(self) -> None:
        if not self._noticed.is_set():
            self._noticed.set()
            try:
                self._loop.call(self._look)
            except LinkTrouble:
                return  # ended; the broker's other connections go on

    def _look(self) -> None:
        self._noticed.clear()
        if self._connected and self._losses != self._broker.losses:
            self._connected = False
            self._went("the broker is away")
        if not self._connected and self._broker.up:
            self._connected = True
            self._losses = self._broker.losses
            self._came()
        if self._connected:
            self._look_around()

    def _came(self) -> None:
        raise NotImplementedError

    def _went(self, reason: str) -> None:
        raise NotImplementedError

    def _look_around(self) -> None:
        raise NotImplementedError

    def _end(self, deadline_s: float) -> bool:
        self._loop.end()
        ended = self._loop.join(deadline_s + _GRACE_S)
        if self._notice in self._broker._watchers:  # noqa: SLF001 - our own module
            self._broker.unwatch(self._notice)
        return ended


class MemoryPublisher(_Twin):
    """`corridor.transport.broker.Publisher` over a `MemoryBroker`."""

    def __init__(
        self, broker: MemoryBroker, events: PublisherEvents, max_in_flight: int = 4_096
    ) -> None:
        """Describe the publisher; `start` connects."""
        super().__init__("corridor-publish", broker, events.on_failed)
        self._events = events
        self._max_in_flight = max_in_flight
        self._ledger = ConfirmLedger()
        self._held: deque[tuple[int, CountryCode, bytes, str]] = deque()
        self._published = 0
        self._blocked = False
        self._refused = False

    @property
    def in_flight(self) -> int:
        """Messages published and not yet at an end."""
        return len(self._ledger)

    def publish(self, token: object, country: CountryCode, body: bytes, message_id: str) -> bool:
        """Send `body` to `to.<country>`; its end is told with `token`."""
        if not self._connected or self._blocked:
            return False
        if len(self._ledger) >= self._max_in_flight and self._ledger.has_any(country):
            self._refused = True
            return False
        self._published += 1
        self._ledger.add(token, message_id, len(body), time.monotonic(), country)
        self._held.append((self._published, country, body, message_id))
        self._loop.call(self._flush)
        return True

    def stop(self, deadline_s: float) -> bool:
        """Wait for what is in flight and end."""
        deadline = time.monotonic() + deadline_s
        while self._ledger and not self._blocked and time.monotonic() < deadline:
            time.sleep(_RETRY_S)
        drained = not self._ledger
        return self._end(deadline_s) and drained

    def _came(self) -> None:
        self._ledger, self._published = ConfirmLedger(), 0
        self._events.on_ready()

    def _went(self, reason: str) -> None:
        self._ledger = ConfirmLedger()
        self._held.clear()
        self._blocked = False
        self._events.on_lost(reason)

    def _look_around(self) -> None:
        reason = self._broker.blocked
        if (reason is not None) != self._blocked:
            self._blocked = reason is not None
            if reason is None:
                self._events.on_unblocked()
            else:
                self._events.on_blocked(reason)
        self._flush()

    def _flush(self) -> None:
        confirmed: list[object] = []
        returned: list[object] = []
        nacked: list[object] = []
        while self._held and self._broker.blocked is None and self._connected:
            number, country, body, message_id = self._held.popleft()
            answer = self._broker.route(country, body, message_id)
            if answer == "return":
                self._ledger.mark_returned(message_id)
            settled = self._ledger.settle(number, multiple=False)
            (nacked if answer == "nack" else confirmed).extend(settled.accepted)
            returned.extend(settled.returned)
        for tokens, tell in (
            (confirmed, self._events.on_confirmed),
            (returned, self._events.on_returned),
            (nacked, self._events.on_nacked),
        ):
            if tokens:
                tell(tokens)
        if self._refused and len(self._ledger) <= self._max_in_flight // 2:
            self._refused = False
            self._events.on_room()


class MemoryConsumer(_Twin):
    """`corridor.transport.broker.Consumer` over a `MemoryBroker`."""

    def __init__(
        self,
        broker: MemoryBroker,
        events: ConsumerEvents,
        links: Collection[CountryCode] = (),
        unacked_bytes: int = 64 * limits.MAX_FRAME_BYTES,
    ) -> None:
        """Describe a consumer of the inboxes of `links`; `start` connects."""
        super().__init__("corridor-consume", broker, events.on_failed)
        self._events = events
        self._links = frozenset(links)
        self._unacked_bytes = unacked_bytes
        self._generation = 0
        self._tag = 0
        self._ledger = TagLedger()
        self._unacked: dict[int, tuple[str, _Message]] = {}
        self._announced: frozenset[CountryCode] = frozenset()
        self._paused = False

    def set_links(self, partners: Collection[CountryCode]) -> None:
        """Read the inboxes of exactly `partners` from now on."""
        self._links = frozenset(partners)
        self._notice()

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these are recorded; those of an older channel are ignored."""
        tags = [each.tag for each in deliveries if each.channel == self._generation]
        for tag in tags:
            self._unacked.pop(tag, None)
        self._ledger.ack(tags)
        self._notice()

    def pause(self) -> None:
        """Take nothing more; what was handed over can still be acknowledged."""
        self._paused = True
        self._announce(frozenset())

    def resume(self) -> None:
        """Take messages again."""
        self._paused = False
        self._notice()

    def stop(self, deadline_s: float) -> bool:
        """End; what was not acknowledged is delivered again later."""
        ended = self._end(deadline_s)
        self._return_all()
        return ended

    def _came(self) -> None:
        self._generation += 1
        self._tag = 0
        self._ledger = TagLedger()
        self._events.on_ready()

    def _went(self, reason: str) -> None:
        self._return_all()
        self._generation += 1  # so that what was handed over counts as of an older channel
        self._announced = frozenset()
        self._events.on_lost(reason)

    def _return_all(self) -> None:
        for tag in sorted(self._unacked, reverse=True):
            queue, message = self._unacked.pop(tag)
            self._broker.give_back(queue, [message])

    def _look_around(self) -> None:
        if self._paused:
            return
        present = frozenset(each for each in self._links if self._broker.has(inbox_queue(each)))
        self._announce(present)
        inbox = [each for country in sorted(present) for each in self._take(inbox_queue(country))]
        strays = [each for queue in ALARM_QUEUES for each in self._take(queue)]
        if inbox:
            self._events.on_deliveries(inbox)
        if strays:
            self._events.on_strays(strays)

    def _announce(self, reading: frozenset[CountryCode]) -> None:
        if reading != self._announced:
            self._announced = reading
            self._events.on_links(reading)

    def _take(self, queue: str) -> list[Delivery]:
        most = prefetch(len(self._links), _PER_LINK, self._unacked_bytes)
        room = most - sum(1 for name, _ in self._unacked.values() if name == queue)
        return [self._enter(queue, message) for message in self._broker.take(queue, room)]

    def _enter(self, queue: str, message: _Message) -> Delivery:
        self._tag += 1
        self._ledger.add(self._tag)
        self._unacked[self._tag] = (queue, message)
        link, body, message_id, redelivered = message
        cut = shortened(body)
        return Delivery(link, self._tag, self._generation, cut, redelivered, message_id, queue)
