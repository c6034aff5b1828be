"""How the way to each peer is: told where it changes, and noted so that a new start knows.

Rules:

* a change is told once, whatever moved it: a return, a time that is up, a peer that is heard again;
* of a gate that is not open the store knows why, since when, and when something is tried again;
* nothing here decides: the gate is the core's (`exchange.repair`).
"""

from collections import Counter
from collections.abc import Iterable

from corridor.daemon.noting import Noting
from corridor.exchange import flying
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.cues import EnvelopesBack, Observer, PeerWindow, Way, WayChanged
from corridor.exchange.repair import SHUT_GATES, Breaker, GateCue
from corridor.transit.parties import Endpoint


class Ways:
    """What was last told and noted of each peer; in the sender's thread."""

    def __init__(self, observe: Observer, noting: Noting) -> None:
        """Tell `observe`, and have `noting` note."""
        self._observe = observe
        self._noting = noting
        self._told: dict[Endpoint, Way] = {}
        self._noted: dict[Endpoint, Breaker] = {}
        self.windows: dict[Endpoint, PeerWindow] = {}
        """How the sending to each peer stood when it was last looked at; any thread may read."""

    def found(self, peer: Endpoint, breaker: Breaker) -> None:
        """The store has this of a peer."""
        self._noted[peer] = breaker

    def look(self, peer: Correspondent, now_ms: int) -> None:
        """Tell and note what has changed of a peer."""
        self.windows[peer.peer] = window_of(peer)
        if self._told.get(peer.peer, Way.OPEN) is not peer.way:
            self._told[peer.peer] = peer.way
            self._observe.tell(WayChanged(peer.peer, peer.way, peer.blocked))
        before = self._noted.get(peer.peer, Breaker())
        breaker = peer.breaker
        if (before.attempts, before.due_ms, before.way) != (
            breaker.attempts,
            breaker.due_ms,
            breaker.way,
        ):
            self._noted[peer.peer] = breaker
            self._noting.gate(peer.peer, breaker, now_ms)

    def back(self, peers: Iterable[Correspondent], cue: GateCue) -> None:
        """Tell how many envelopes came back, one peer for each of them."""
        for endpoint, count in Counter(peer.peer for peer in peers).items():
            self._observe.tell(EnvelopesBack(endpoint, cue.value, count))

    def lost(self, peer: Endpoint, count: int) -> None:
        """Tell that nobody knows whether so many envelopes have left."""
        if count:
            self._observe.tell(EnvelopesBack(peer, "lost", count))


def window_of(peer: Correspondent) -> PeerWindow:
    """Return how the sending to a peer stands."""
    breaker, next_ms, attempts = peer.breaker, 0, peer.breaker.attempts
    if peer.way is Way.NO_KEY:
        next_ms = peer.blocked_until_ms
    elif breaker.gate in SHUT_GATES:
        next_ms = breaker.due_ms
    elif peer.way is Way.SILENT:
        flights = tuple(peer.flights.values())
        next_ms = flying.unanswered_due_ms(flights, peer.heard_ms)
        attempts = max((flight.repeats for flight in flights), default=0)
    return PeerWindow(
        peer.peer,
        peer.in_flight,
        peer.in_flight_bytes,
        peer.window.size,
        peer.window.round_trip_ms,
        peer.way,
        peer.head.epoch,
        breaker.since_ms,
        next_ms,
        attempts,
        peer.blocked,
    )
