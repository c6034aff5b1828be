"""Tells partners our statements, and hands newer roots and directories on (PROTOCOL §5.8).

Rules:

* it stands between the publisher and the sender, whose events it passes on: what carries a
  statement is its own, everything else the sender's;
* a partner is told until our broker confirms; after a return or a refusal it rests, each time
  longer, and costs the others nothing;
* own statements are told again after a while, because a partner may have been restored since; what
  is handed on is told once.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import random
from typing import Final

from corridor.daemon.logs import event_logger
from corridor.exchange.repair import jittered_ms
from corridor.transit.parties import CountryCode
from corridor.transport.broker import Publisher, PublisherEvents

_REST_MS: Final = 10_000
_LONGEST_REST_MS: Final = 900_000
_FRESH_S: Final = 60.0
"""What was confirmed so lately is not told again because a connection was made anew."""
_NEWS_KEPT: Final = 16
"""Roots and directories that wait for a partner: more than come about in a year."""


@dataclass(frozen=True, slots=True)
class _Told:
    """The token of a published statement."""

    country: CountryCode
    digest: bytes


@dataclass(slots=True)
class _Partner:
    """What one partner is to be told, and how far that is."""

    own: dict[bytes, bytes] = field(default_factory=dict)
    news: dict[bytes, bytes] = field(default_factory=dict)
    told_at: dict[bytes, float] = field(default_factory=dict)
    """Own statements that our broker has confirmed."""
    flying: set[bytes] = field(default_factory=set)
    resting: bool = False
    failures: int = 0

    def due(self) -> list[tuple[bytes, bytes]]:
        """Return (digest, frame) of what is to be published now."""
        untold = [one for one in self.own.items() if one[0] not in self.told_at]
        return [one for one in (*self.news.items(), *untold) if one[0] not in self.flying]

    def confirmed(self, digest: bytes, now_s: float) -> None:
        self.flying.discard(digest)
        self.failures = 0
        if self.news.pop(digest, None) is None:
            self.told_at[digest] = now_s


class Telling:
    """Events of a publisher on their way to the sender; all in the publisher's loop thread."""

    def __init__(
        self,
        events: PublisherEvents,
        *,
        draw: Callable[[], float] = random,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Pass on to `events` what is not about statements."""
        self._events = events
        self._draw = draw
        self._clock_s = clock_s
        self._publisher: Publisher | None = None
        self._ready = False
        self._partners: dict[CountryCode, _Partner] = {}

    def attach(self, publisher: Publisher) -> None:
        """Use this publisher; once, before it is started."""
        self._publisher = publisher

    # -- what is to be told

    def tell(self, frames: Sequence[bytes], countries: Collection[CountryCode]) -> None:
        """Tell exactly these partners our statements, as frames; those told already are not."""
        own = {hashlib.sha256(frame).digest(): frame for frame in frames}
        known = self._partners
        self._partners = {country: known.get(country, _Partner()) for country in countries}
        for country, partner in self._partners.items():
            partner.own = own
            partner.told_at = {one: at for one, at in partner.told_at.items() if one in own}
            self._say(country)

    def tell_again(self) -> None:
        """Tell every partner our statements once more."""
        self._forget_told(self._clock_s())

    def hand_on(self, frames: Sequence[bytes], came_from: str = "") -> None:
        """Tell every partner but the one they came from of newer roots and directories, once."""
        for country, partner in self._partners.items():
            if country == came_from:
                continue
            partner.news |= {hashlib.sha256(frame).digest(): frame for frame in frames}
            for oldest in list(partner.news)[:-_NEWS_KEPT]:
                del partner.news[oldest]
            self._say(country)

    # -- events of the publisher

    def on_ready(self) -> None:
        """Connected: statements first, for what follows may need them to be opened."""
        self._ready = True
        self._forget_told(self._clock_s() - _FRESH_S)
        self._events.on_ready()

    def on_lost(self, reason: str) -> None:
        """Disconnected: what was not confirmed is told again."""
        self._ready = False
        for partner in self._partners.values():
            partner.flying.clear()
        self._events.on_lost(reason)

    def on_failed(self, error: Exception) -> None:
        """End."""
        self._events.on_failed(error)

    def on_confirmed(self, tokens: Sequence[object]) -> None:
        """Our broker has these on disk."""
        for told, partner in self._ours(tokens):
            partner.confirmed(told.digest, self._clock_s())
        _pass_on(tokens, self._events.on_confirmed)

    def on_returned(self, tokens: Sequence[object]) -> None:
        """These partners have no link."""
        self._came_back(tokens)
        _pass_on(tokens, self._events.on_returned)

    def on_nacked(self, tokens: Sequence[object]) -> None:
        """These partners' queues are full."""
        self._came_back(tokens)
        _pass_on(tokens, self._events.on_nacked)

    def on_absent(self, tokens: Sequence[object]) -> None:
        """Our broker has no exchange for these partners."""
        self._came_back(tokens)
        _pass_on(tokens, self._events.on_absent)

    def on_unconfirmed(self, tokens: Sequence[object]) -> None:
        """These partners' queues do not answer: their statements wait for that."""
        _pass_on(tokens, self._events.on_unconfirmed)

    def on_blocked(self, reason: str) -> None:
        """Our broker takes nothing more for now."""
        self._events.on_blocked(reason)

    def on_unblocked(self) -> None:
        """Our broker takes messages again."""
        self._events.on_unblocked()

    def on_room(self) -> None:
        """The publisher has room again."""
        self._events.on_room()

    # -- private

    def _say(self, country: CountryCode) -> None:
        partner, publisher = self._partners.get(country), self._publisher
        if partner is None or publisher is None or partner.resting or not self._ready:
            return
        for digest, frame in partner.due():
            # By its id a return is told from another partner's of the same statement.
            message_id = hashlib.sha256(country.encode() + digest).hexdigest()
            if not publisher.publish(_Told(country, digest), country, frame, message_id):
                self._rest(country, partner)
                return
            partner.flying.add(digest)

    def _came_back(self, tokens: Iterable[object]) -> None:
        for told, partner in self._ours(tokens):
            partner.flying.discard(told.digest)
            self._rest(told.country, partner)

    def _rest(self, country: CountryCode, partner: _Partner) -> None:
        if partner.resting or self._publisher is None:
            return
        delay_ms = jittered_ms(partner.failures, _REST_MS, _LONGEST_REST_MS, self._draw())
        partner.failures += 1
        partner.resting = True
        event_logger().info("statements.wait", link=country, duration_ms=delay_ms)
        self._publisher.call_later(delay_ms / 1000, partial(self._rested, country, partner))

    def _rested(self, country: CountryCode, partner: _Partner) -> None:
        partner.resting = False
        self._say(country)

    def _forget_told(self, before_s: float) -> None:
        for country, partner in self._partners.items():
            fresh = {one: at for one, at in partner.told_at.items() if at > before_s}
            partner.told_at = fresh
            self._say(country)

    def _ours(self, tokens: Iterable[object]) -> list[tuple[_Told, _Partner]]:
        return [
            (token, self._partners[token.country])
            for token in tokens
            if isinstance(token, _Told) and token.country in self._partners
        ]


def _pass_on(tokens: Sequence[object], told: Callable[[Sequence[object]], None]) -> None:
    others = [token for token in tokens if not isinstance(token, _Told)]
    if others:
        told(others)
