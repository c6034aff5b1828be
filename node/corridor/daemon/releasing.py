"""Handing recorded bytes to the publisher: new ones first, then those that go out again.

Rules:

* what leaves is what the store holds, identical every time;
* memory knows of a publishing before the publisher does: the broker may answer within the call;
* a publisher that takes nothing more ends the turn; the rest waits for the next.
"""

from collections.abc import Callable, MutableMapping, Sequence

from corridor.daemon.sealing import Kept
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.cues import EnvelopeRepeated, Outgoing
from corridor.exchange.outgoing import Flight
from corridor.exchange.parts import Seals
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.values import ZERO_ID, Lane, Position
from corridor.store.port import Store

Publish = Callable[[Outgoing], bool]
"""Hands bytes to the publisher; False where it takes nothing more."""

_FRAMES_AT_ONCE = 8
"""Frames read from the store at once, at most 9 MiB."""


class Releasing:
    """One turn of publishing."""

    def __init__(  # noqa: PLR0913, PLR0917 - what publishing depends on
        self,
        store: Store,
        seals: Seals,
        policy: ExchangePolicy,
        owner: MutableMapping[bytes, Correspondent],
        now_ms: int,
        publish: Publish,
    ) -> None:
        """Begin with an empty hand; `owner` learns whose envelope is on its way."""
        self.full = False
        """The publisher takes nothing more."""
        self.unfinished: list[Correspondent] = []
        """Peers that have more to publish than one turn takes."""
        self.events: list[EnvelopeRepeated] = []
        self._store = store
        self._seals = seals
        self._policy = policy
        self._owner = owner
        self._now_ms = now_ms
        self._publish = publish
        self._left = policy.repeats_per_step

    def fresh(self, kept: Sequence[Kept]) -> None:
        """Publish envelopes that have just been recorded."""
        for one in kept:
            if self.full:
                return
            flight = one.peer.flights[one.envelope.envelope_id]
            self._send(one.peer, flight, one.envelope.frame)

    def again(self, peers: Sequence[Correspondent]) -> None:
        """Publish again what is ready, and what was asked for."""
        for peer in peers:
            if not self.full:
                self._again(peer)

    def _again(self, peer: Correspondent) -> None:
        ready = peer.ready()
        flights = {flight.envelope.position: flight for flight in ready[: self._left]}
        asked = peer.take_asked(self._left - len(flights), self._now_ms)
        positions = (*flights, *asked)
        self._left -= len(positions)
        for start in range(0, len(positions), _FRAMES_AT_ONCE):
            some = positions[start : start + _FRAMES_AT_ONCE]
            with self._store.reading() as view:
                frames = dict(view.frames(peer.peer, some))
            for position in some:
                if not self.full:
                    self._one_again(peer, position, flights.get(position), frames.get(position))
        if len(ready) > len(flights) or peer.asked:
            self.unfinished.append(peer)

    def _one_again(
        self, peer: Correspondent, position: Position, flight: Flight | None, frame: bytes | None
    ) -> None:
        if frame is None:
            # kept no more, or lost with a restore
            if flight is None:
                peer.dues.bury(position, ZERO_ID)
            else:
                peer.anew.add(flight.envelope, self._now_ms)
        elif flight is not None:
            why = "tail" if flight.repeats else "link"
            self._send(peer, flight, frame)
            self._tell(peer, why)
        else:
            parsed = self._seals.parse(frame)
            lane = Lane(parsed.header.lane)
            outgoing = Outgoing(peer.peer, parsed.envelope_id, frame, lane, repeated=True)
            self.full = not self._publish(outgoing)
            self._tell(peer, "resend")

    def _tell(self, peer: Correspondent, why: str) -> None:
        if not self.full:
            self.events.append(EnvelopeRepeated(peer.peer, why))

    def _send(self, peer: Correspondent, flight: Flight, frame: bytes) -> None:
        envelope = flight.envelope
        again = flight.repeats > 0
        flight.published(self._now_ms, self._policy)
        self._owner[envelope.envelope_id] = peer
        outgoing = Outgoing(peer.peer, envelope.envelope_id, frame, envelope.lane, repeated=again)
        if not self._publish(outgoing):
            self.full = True
            flight.not_published()
            del self._owner[envelope.envelope_id]
