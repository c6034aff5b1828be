"""The publisher over pika: asynchronous confirms, one channel, bounded in flight.

Rules:

* messages are persistent and mandatory, with an empty routing key, the envelope's id as
  message_id and no header: brokers learn nothing else (plan, "Metadata");
* confirms, returns and nacks that arrive in one turn are told together at its end;
* an exchange that does not exist would close the channel at each publish and make everything in
  flight unknown, so its country is treated as returned for a while;
* where a confirm stays away for `confirm_timeout_s`, the channel is asked whether it lives: if so,
  it is the country's queue that does not answer, which is told, and costs the others no room; if
  not, the connection is dropped. Neither while the broker has said that it is blocked;
* where a country's queue refuses for `refused_timeout_s` all it is given, the channel is made anew:
  it may be the channel's own mistake (`refusing`);
* a country of which nothing is in flight always gets through: no number of dead queues, each with
  its share of the room, keeps the living ones out.
"""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from pika import BasicProperties
from pika.channel import Channel
from pika.exceptions import AMQPError
from pika.frame import Method
from pika.spec import Basic

from corridor.exchange.addresses import to_exchange
from corridor.transit.parties import CountryCode
from corridor.transport.broker import BrokerAddress, PublisherEvents
from corridor.transport.connection import LeanConnection, why
from corridor.transport.ledger import LONGEST_DELAY_S, ConfirmLedger
from corridor.transport.link import BrokerLink
from corridor.transport.refusing import RefusedQueues

_PERSISTENT: Final = 2
_ABSENT_FOR_S: Final = 15.0
_NO_EXCHANGE: Final = re.compile(r"exchange 'to\.([A-Z]{2})' in vhost")
_CHECKS_PER_TIMEOUT: Final = 10
_GOODBYE: Final = 200  # AMQP: closed on purpose
_ALIVE_WITHIN: Final = 0.5
"""How much of the timeout a channel has for saying that it lives."""


@dataclass(frozen=True, slots=True)
class PublisherSettings:
    """Bounds of a publisher.

    The caps guard memory; the window the node keeps per partner is smaller.
    """

    max_in_flight: int = 4_096
    max_in_flight_bytes: int = 64 * 1024 * 1024
    confirm_timeout_s: float = 60
    blocked_timeout_s: float = 300
    refused_timeout_s: float = 30
    reconnect_max_s: float = LONGEST_DELAY_S


class PikaPublisher:
    """Sends envelopes to our own broker over pika; see `corridor.transport.broker.Publisher`."""

    def __init__(
        self,
        address: BrokerAddress,
        events: PublisherEvents,
        settings: PublisherSettings = PublisherSettings(),
    ) -> None:
        """Describe the publisher; `start` connects."""
        self._events = events
        self._settings = settings
        self._link = BrokerLink(
            "corridor-publish",
            address,
            self,
            settings.blocked_timeout_s,
            settings.reconnect_max_s,
        )
        self._connection: LeanConnection | None = None
        self._channel: Channel | None = None
        self._ledger = ConfirmLedger()
        self._refusing = RefusedQueues(settings.refused_timeout_s)
        self._absent_until: dict[str, float] = {}
        self._is_blocked = False
        self._refused = False
        self._told = True
        self._confirmed: list[object] = []
        self._returned: list[object] = []
        self._nacked: list[object] = []
        self._absent: list[object] = []
        self._asked_at_s: float | None = None
        """When the channel was asked whether it lives, until it says so."""

    def start(self) -> None:
        """Start the loop thread and begin to connect."""
        self._link.start()
        self._link.call(self._watch_confirms)

    def call(self, action: Callable[[], None]) -> None:
        """Run `action` in the loop thread as soon as possible; any thread may ask."""
        self._link.call(action)

    def call_later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Run `action` in the loop thread after `delay_s` seconds; loop thread only."""
        self._link.call_later(delay_s, action)

    def stop(self, deadline_s: float) -> bool:
        """Wait for what is in flight, close, and drop the socket at the deadline."""
        return self._link.stop(deadline_s)

    @property
    def in_flight(self) -> int:
        """Messages published and not yet at an end."""
        return len(self._ledger)

    def publish(self, token: object, country: CountryCode, body: bytes, message_id: str) -> bool:
        """Send `body` to `to.<country>`; its end is told with `token`."""
        channel = self._channel
        if channel is None or self._is_blocked:
            return False
        now_s = time.monotonic()
        if self._absent_until and self._absent_until.get(country, now_s) > now_s:
            self._absent.append(token)
            self._tell_soon()
            return True
        settings, ledger = self._settings, self._ledger
        if ledger.has_any(country) and (
            len(ledger) >= settings.max_in_flight
            or ledger.bytes + len(body) > settings.max_in_flight_bytes
        ):
            self._refused = True
            return False
        try:
            channel.basic_publish(
                to_exchange(country),
                "",
                body,
                BasicProperties(message_id=message_id, delivery_mode=_PERSISTENT),
                mandatory=True,
            )
        except AMQPError:
            return False  # it is just closing; on_lost is on its way
        ledger.add(token, message_id, len(body), now_s, country)
        return True

    # what the link tells

    def opened(self, connection: LeanConnection) -> None:
        """The link is up: open the channel."""
        self._connection = connection
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self._open_channel(connection)

    def lost(self, reason: str) -> None:
        """The link is down: everything in flight is unknown."""
        self._connection = None
        self._is_blocked = False
        self._tell()
        self._forget()
        self._refusing = RefusedQueues(self._settings.refused_timeout_s)
        self._events.on_lost(reason)

    def failed(self, error: Exception) -> None:
        """The owner raised in one of its callbacks."""
        self._channel = None
        self._events.on_failed(error)

    def drained(self) -> bool:
        """Tell whether every message has come to its end and been told."""
        return not self._ledger and self._told

    def blocked(self) -> bool:
        """Tell whether the broker takes nothing for now."""
        return self._is_blocked

    # the channel

    def _open_channel(self, connection: LeanConnection) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_answer, callback=partial(self._on_confirming, channel))

    def _on_confirming(self, channel: Channel, _frame: Method) -> None:
        self._ledger = ConfirmLedger()
        self._channel = channel
        self._link.call(partial(self._tell_ready, channel))

    def _tell_ready(self, channel: Channel) -> None:
        if channel is self._channel:
            self._events.on_ready()

    def _on_channel_closed(self, channel: Channel, error: Exception) -> None:
        connection = self._connection
        if channel is not self._channel or connection is None or not connection.is_open:
            return  # the connection goes with it and tells
        reason = why(error)
        absent = _NO_EXCHANGE.search(reason)
        if absent:
            self._absent_until[absent[1]] = time.monotonic() + _ABSENT_FOR_S
        self._channel = None
        self._link.call(partial(self._channel_lost, connection, reason))

    def _channel_lost(self, connection: LeanConnection, reason: str) -> None:
        if connection is not self._connection or not connection.is_open:
            return
        self._tell()
        self._forget()
        self._open_channel(connection)
        self._events.on_lost(reason)

    def _forget(self) -> None:
        self._channel = None
        self._ledger = ConfirmLedger()
        self._asked_at_s = None

    # answers

    def _on_return(
        self, _channel: Channel, _method: Basic.Return, properties: BasicProperties, _body: bytes
    ) -> None:
        self._ledger.mark_returned(properties.message_id)

    def _on_answer(self, frame: Method) -> None:
        answer = frame.method
        settled = self._ledger.settle(answer.delivery_tag, multiple=answer.multiple)
        if isinstance(answer, Basic.Ack):
            self._confirmed += settled.accepted
            self._refusing.took(settled.groups)
        else:
            self._nacked += settled.accepted
            if due := self._refusing.refused(settled.groups, time.monotonic()):
                self._link.call(partial(self._renew, due[0]))
        self._returned += settled.returned
        self._tell_soon()

    def _renew(self, country: str) -> None:
        channel = self._channel
        if channel is not None and channel.is_open:
            with suppress(AMQPError):
                channel.close(
                    _GOODBYE, f"the queue to {country} refuses all: the channel is made anew"
                )

    def _tell_soon(self) -> None:
        if self._told:
            self._told = False
            self._link.call(self._tell)

    def _tell(self) -> None:
        self._told = True
        confirmed, returned, nacked = self._confirmed, self._returned, self._nacked
        self._confirmed, self._returned, self._nacked = [], [], []
        absent, self._absent = self._absent, []
        if confirmed:
            self._events.on_confirmed(confirmed)
        if returned:
            self._events.on_returned(returned)
        if nacked:
            self._events.on_nacked(nacked)
        if absent:
            self._events.on_absent(absent)
        if self._refused and self._has_room():
            self._refused = False
            self._events.on_room()

    def _has_room(self) -> bool:
        return (
            len(self._ledger) <= self._settings.max_in_flight // 2
            and self._ledger.bytes <= self._settings.max_in_flight_bytes // 2
        )

    # alarms and timeouts

    def _on_blocked(self, _connection: LeanConnection, frame: Method) -> None:
        self._is_blocked = True
        self._link.call(partial(self._events.on_blocked, str(frame.method.reason)))

    def _on_unblocked(self, _connection: LeanConnection, _frame: Method) -> None:
        self._is_blocked = False
        self._link.call(self._events.on_unblocked)

    def _watch_confirms(self) -> None:
        timeout_s = self._settings.confirm_timeout_s
        oldest_s, now_s = self._ledger.oldest_s(), time.monotonic()
        if oldest_s is None or self._is_blocked or now_s - oldest_s <= timeout_s:
            self._asked_at_s = None
        elif self._asked_at_s is None:
            self._ask_channel(now_s)
        elif now_s - self._asked_at_s > timeout_s * _ALIVE_WITHIN:
            self._link.drop(f"no confirm for {timeout_s:.0f} s")
            self._forget()
        self._link.call_later(timeout_s / _CHECKS_PER_TIMEOUT, self._watch_confirms)

    def _ask_channel(self, now_s: float) -> None:
        """Ask for something that needs no permission and changes nothing for a publisher."""
        channel = self._channel
        if channel is not None:
            self._asked_at_s = now_s
            with suppress(AMQPError):  # it is just closing; on_lost is on its way
                channel.basic_qos(prefetch_count=1, callback=partial(self._on_alive, channel))

    def _on_alive(self, channel: Channel, _frame: Method) -> None:
        self._link.call(partial(self._tell_overdue, channel))

    def _tell_overdue(self, channel: Channel) -> None:
        if channel is not self._channel:
            return
        self._asked_at_s = None
        tokens = self._ledger.overdue(time.monotonic() - self._settings.confirm_timeout_s)
        if tokens:
            self._events.on_unconfirmed(tokens)
            self._tell_soon()  # there may be room now
