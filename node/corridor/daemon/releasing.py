"""Handing recorded bytes to the publisher: new ones first, then those that go out again.

Rules:

* what leaves is what the store holds, identical every time;
* memory knows of a publishing before the publisher does: the broker may answer within the call;
* a publisher that takes nothing more ends the turn; the rest waits for the next;
* what is asked for and kept no more is sealed anew: records are held for longer than the bytes in
  which they travelled. Only what nobody here can say again is closed without content.
"""

from collections.abc import Callable, MutableMapping, Sequence

from corridor.daemon.sealing import Kept
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.cues import EnvelopeRepeated, Outgoing
from corridor.exchange.outgoing import Flight
from corridor.exchange.parts import Seals
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.values import ZERO_ID, Family, Lane, Position
from corridor.store.lookback import SentBefore
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
            if one.peer.room():  # otherwise a confirm makes room, and it leaves then
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
        may_ask = min(self._left, peer.room()) - len(flights)
        asked = peer.take_asked(max(0, may_ask), self._now_ms)
        positions = (*flights, *asked)
        self._left -= len(positions)
        for start in range(0, len(positions), _FRAMES_AT_ONCE):
            some = positions[start : start + _FRAMES_AT_ONCE]
            with self._store.reading() as view:
                frames = dict(view.frames(peer.peer, some))
                gone = [one for one in some if one not in frames and one not in flights]
                before = {one: view.sent_at(peer.peer, one) for one in gone}
            for position in some:
                flight, frame = flights.get(position), frames.get(position)
                if frame is None and flight is not None:
                    self._flight_without_bytes(peer, flight)
                elif frame is None:
                    self._without_bytes(peer, position, before[position])
                elif not self.full:
                    self._one_again(peer, flight, frame)
        if len(ready) > len(flights) or (peer.asked and peer.room()):
            self.unfinished.append(peer)

    def _one_again(self, peer: Correspondent, flight: Flight | None, frame: bytes) -> None:
        if flight is not None:
            why = "tail" if flight.repeats else "link"
            self._send(peer, flight, frame)
            self._tell(peer, why)
        else:
            parsed = self._seals.parse(frame)
            lane = Lane(parsed.header.lane)
            outgoing = Outgoing(peer.peer, parsed.envelope_id, frame, lane, repeated=True)
            self._owner[parsed.envelope_id] = peer
            peer.asked_on_way.add(parsed.envelope_id)
            self.full = not self._publish(outgoing)
            if self.full:
                del self._owner[parsed.envelope_id]
                peer.asked_on_way.discard(parsed.envelope_id)
            self._tell(peer, "resend")

    def _flight_without_bytes(self, peer: Correspondent, flight: Flight) -> None:
        """Have it written anew; an opening makes room at once for what stands behind it."""
        peer.cannot_be_opened(flight.envelope, self._now_ms)
        if flight.envelope.envelope_id not in peer.flights:
            self.unfinished.append(peer)

    def _without_bytes(
        self, peer: Correspondent, position: Position, sent: SentBefore | None
    ) -> None:
        """Answer for what is kept no more, or was lost with a restore of ours."""
        if sent is None:
            peer.dues.bury(position, ZERO_ID)
            return
        envelope, end = sent.envelope, sent.before
        # the first of an epoch named the end of the one before: said by what follows that end
        if end and not peer.dues.bury(Position(end.epoch, end.seq + 1), end.envelope_id):
            return  # it is asked for again
        if envelope.family is Family.CONTROL:
            peer.dues.bury(position, envelope.envelope_id)  # it has been said anew since
        else:
            peer.anew.add(envelope, self._now_ms, told=True, whole=not sent.gone)

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
