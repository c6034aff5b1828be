"""The port to the broker: what a node may ask of it, whatever stands behind.

Rules:

* a publisher and a consumer each own one thread, the *loop thread*; every event is called in it,
  and every method except `start`, `call` and `stop` may be called in it only;
* an event is called from the top of a loop turn, never from inside a library: an exception in it
  ends the loop and is told by `on_failed`;
* each published token meets exactly one end: confirmed, returned, nacked, absent, or unknown at the
  next `on_lost`; what is unknown may have been carried and is published again by its owner;
* a delivery is acknowledged once, after it has been recorded; one of an older channel is ignored
  (the broker delivers it again);
* no library's exception passes this port: they become `LinkTrouble` or the reason of `on_lost`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from corridor.exchange.addresses import VIRTUAL_HOST
from corridor.transit.parties import CountryCode

HEARTBEAT_S: Final = 30  # a partner's dead host is noticed within a minute


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where our own broker listens and how we prove to it who we are (mutual TLS, EXTERNAL).

    `server_name` is the name in the broker's certificate; the three files are PEM. Without a sign
    of life for twice `heartbeat_s` either side takes the other for dead.
    """

    host: str
    port: int
    server_name: str
    ca_file: Path
    cert_file: Path
    key_file: Path
    vhost: str = VIRTUAL_HOST
    heartbeat_s: int = HEARTBEAT_S


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message taken from a queue and not yet acknowledged.

    Attributes:
        link: Country of the link it came over, from the exchange that delivered it; None when
            it lay in an alarm queue and came through no link's exchange.
        tag: Delivery tag, meaningful in `channel` only.
        channel: Generation of the channel; a tag never crosses it.
        body: The bytes as published; of what is longer than any frame may be, the beginning.
        redelivered: A hint only; duplicates often come without it.
        message_id: As set by the publisher; not trusted.
        queue: The queue it was taken from.
    """

    link: CountryCode | None
    tag: int
    channel: int
    body: bytes
    redelivered: bool
    message_id: str | None
    queue: str


class LoopEvents(Protocol):
    """What both loops tell."""

    def on_ready(self) -> None:
        """Connected; the loop may be used."""

    def on_lost(self, reason: str) -> None:
        """The connection is gone or could not be made; another try follows by itself."""

    def on_failed(self, error: Exception) -> None:
        """A callback of the owner raised; the loop has ended and does not come back."""


class PublisherEvents(LoopEvents, Protocol):
    """What a publisher tells its owner, in its loop thread."""

    def on_confirmed(self, tokens: Sequence[object]) -> None:
        """Our broker has these on disk; in order of publishing."""

    def on_returned(self, tokens: Sequence[object]) -> None:
        """These reached no queue: the partner has no link."""

    def on_nacked(self, tokens: Sequence[object]) -> None:
        """The broker refused these: the partner's queue is full, or the broker erred."""

    def on_absent(self, tokens: Sequence[object]) -> None:
        """The broker has no exchange for these, or does not let us write to it."""

    def on_unconfirmed(self, tokens: Sequence[object]) -> None:
        """The broker lives and has not answered for these in time: no end, that may follow."""

    def on_blocked(self, reason: str) -> None:
        """The broker takes nothing more until `on_unblocked` (disk or memory alarm)."""

    def on_unblocked(self) -> None:
        """The broker takes messages again."""

    def on_room(self) -> None:
        """`publish` has refused for want of room and now would not."""


class ConsumerEvents(LoopEvents, Protocol):
    """What a consumer tells its owner, in its loop thread."""

    def on_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Everything that has arrived from inboxes since the last call."""

    def on_strays(self, deliveries: Sequence[Delivery]) -> None:
        """Messages in `corridor.dlq` or `corridor.unrouted`: an alarm. Acknowledge as others."""

    def on_links(self, consuming: frozenset[CountryCode]) -> None:
        """The partners whose inbox is being read have changed."""


class Loop(Protocol):
    """What publisher and consumer have in common."""

    def start(self) -> None:
        """Start the loop thread and begin to connect."""

    def call(self, action: Callable[[], None]) -> None:
        """Run `action` in the loop thread as soon as possible; any thread may ask.

        Raises:
            LinkTrouble: The loop has ended.
        """

    def call_later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Run `action` in the loop thread after `delay_s` seconds; loop thread only."""

    def stop(self, deadline_s: float) -> bool:
        """Close and end the thread within `deadline_s` seconds, dropping the socket if need be.

        Returns:
            Whether everything was closed in good order.
        """


class Publisher(Loop, Protocol):
    """Sends envelopes to our own broker."""

    def publish(self, token: object, country: CountryCode, body: bytes, message_id: str) -> bool:
        """Send `body` to `to.<country>`; its end is told with `token`.

        Returns:
            False if nothing was sent: not connected, blocked, or the hard cap is reached. A
            country of which nothing is in flight is never refused for want of room.
        """

    @property
    def in_flight(self) -> int:
        """Messages published and not yet at an end."""


class Consumer(Loop, Protocol):
    """Takes envelopes from our own broker."""

    def set_links(self, partners: Collection[CountryCode]) -> None:
        """Read the inboxes of exactly `partners` from now on."""

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these are recorded."""

    def pause(self) -> None:
        """Take nothing more; what was handed over can still be acknowledged."""

    def resume(self) -> None:
        """Take messages again."""
