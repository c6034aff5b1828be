"""How each partner stands: for the status, for people, and for Prometheus.

Rules:

* what is wrong with the own broker is told of every partner, before what is known of one way;
* a cause and a cure stand beside every state that is not open.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.observe import NodeObserver
from corridor.daemon.outbound import Outbound
from corridor.daemon.pausing import Pauses
from corridor.daemon.sender import Sender
from corridor.exchange.cues import PeerWindow, Way
from corridor.exchange.way_words import CAUSES, CURES, standing_way
from corridor.store.port import Store
from corridor.transit.parties import Endpoint

_FORGOTTEN_MS: Final = 86_400_000
"""A day: longer than a night's work on a partner's side."""


class PeerStates:
    """Puts together what the sending side, the store and the observer know of partners."""

    def __init__(  # noqa: PLR0913 - what knows something of a partner, all by name
        self,
        *,
        store: Store,
        outbound: Outbound,
        sender: Sender,
        observer: NodeObserver,
        metrics: NodeMetrics,
        partners: Callable[[], Sequence[Endpoint]],
        pauses: Pauses,
    ) -> None:
        """Ask these."""
        self._pauses = pauses
        self._store = store
        self._outbound = outbound
        self._sender = sender
        self._observer = observer
        self._metrics = metrics
        self._partners = partners

    def way(self, peer: Endpoint) -> Way:
        """Return how the way to a partner stands, whatever our broker does."""
        if peer in self._pauses:
            return Way.PAUSED
        return next((one.way for one in self._outbound.windows() if one.peer == peer), Way.OPEN)

    def measure(self) -> None:
        """Bring the gauges up to date; about once a second."""
        metrics = self._metrics
        windows = {window.peer: window for window in self._outbound.windows()}
        for peer in self._partners():
            window = windows.get(peer)
            standing = self._standing(peer, window.way if window else Way.OPEN)
            for way in Way:
                metrics.peer_state.labels(peer, way.value).set(way is standing)
            if window is not None:
                metrics.window.labels(peer).set(window.window)
                metrics.in_flight.labels(peer).set(window.in_flight)
                metrics.next_try.labels(peer).set(window.next_ms / 1000)

    def rows(self) -> list[dict[str, Any]]:
        """Return each partner, as `corridor status --json` tells it."""
        depths = {depth.peer: depth for depth in self._store.depths()}
        windows = {window.peer: window for window in self._outbound.windows()}
        rows = []
        for peer in self._partners():
            depth, window = depths.get(peer), windows.get(peer)
            told = self._observer.ways.get(peer)
            rows.append(
                {
                    "endpoint": peer,
                    "waiting": depth.waiting if depth else 0,
                    "unreceipted": depth.unreceipted_records if depth else 0,
                    "oldest_ms": depth.oldest_accepted_ms if depth else None,
                    "in_flight": window.in_flight if window else 0,
                    "window": window.window if window else 0,
                    "way": window.way.value if window else "open",
                    "way_reason": told.reason if told else None,
                    "way_since_ms": self._way_since_ms(peer, window),
                    "last_heard_ms": self._observer.last_heard_ms.get(peer),
                    **self._state(peer, window),
                }
            )
        return rows

    def attention(self, now_ms: int) -> list[str]:
        """Return which pauses have lasted so long that somebody may have forgotten them."""
        long = [one for one in self._pauses.rows() if now_ms - one["since_ms"] >= _FORGOTTEN_MS]
        return [
            f"{one['endpoint']} is paused for more than a day and its records wait;"
            f" `corridor peer resume {one['endpoint']}`"
            for one in long
        ]

    def _standing(self, peer: Endpoint, way: Way) -> Way:
        sender = self._sender
        return standing_way(
            way, connected=sender.connected, blocked=sender.blocked, paused=peer in self._pauses
        )

    def _way_since_ms(self, peer: Endpoint, window: PeerWindow | None) -> int | None:
        if window is not None and window.since_ms:
            return window.since_ms
        told = self._observer.ways.get(peer)
        return told.since_ms if told else None

    def _state(self, peer: Endpoint, window: PeerWindow | None) -> dict[str, Any]:
        way = window.way if window else Way.OPEN
        state = self._standing(peer, way)
        own_broker = state in {Way.NO_BROKER, Way.BLOCKED}
        next_ms = window.next_ms if window and state is way else 0
        return {
            "state": state.value,
            "state_since_ms": (
                pause.since_ms
                if (pause := self._pauses.of(peer))
                else self._sender.changed_ms
                if own_broker
                else self._way_since_ms(peer, window)
            ),
            "next_try_ms": next_ms or None,
            "attempts": window.attempts if window else 0,
            "window_full": bool(window and window.in_flight >= window.window),
            "cause": CAUSES[state] or None,
            "cure": CURES[state] or None,
        }
