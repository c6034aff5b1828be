"""Metrics of files; labels come from closed sets: the partner, and why a file is refused."""

from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from corridor.errors import Reason
from corridor.transit.parties import Endpoint

REFUSALS: Final = {
    Reason.ATTACHMENT_TOO_LARGE: "too_large",
    Reason.ATTACHMENT_NO_ROOM: "no_room",
    Reason.ATTACHMENT_QUOTA: "quota",
    Reason.ATTACHMENTS_OPEN: "open",
}
_SPOILT: Final = "spoilt"
"""Any other reason: the file is not what its sender signed."""


class AttachmentMetrics:
    """What the way of files tells Prometheus."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Register everything; without a registry it is counted for nobody."""
        self.peers: tuple[Endpoint, ...] = ()
        self._bytes = Counter(
            "corridor_attachment_bytes_total",
            "Sealed bytes of chunks given to the own broker, or taken from a partner and kept",
            ("peer", "direction"), registry=registry,
        )  # fmt: skip
        self._open = Gauge(
            "corridor_attachments_open",
            "Files of the partner that are on their way here",
            ("peer",), registry=registry,
        )  # fmt: skip
        self._stored = Gauge(
            "corridor_attachment_stored_bytes",
            "What files of the partner take on the disk",
            ("peer",), registry=registry,
        )  # fmt: skip
        self.quota = Gauge(
            "corridor_attachment_quota_bytes",
            "What files of one partner may take on the disk",
            registry=registry,
        )
        self._refused = Counter(
            "corridor_attachments_refused_total",
            "Files of the partner that were refused, by kind of reason",
            ("peer", "reason"), registry=registry,
        )  # fmt: skip

    def know_peers(self, peers: Iterable[Endpoint]) -> None:
        """Make the label sets of these partners."""
        known = dict.fromkeys((*self.peers, *peers))
        for peer in known:
            for direction in ("sent", "received"):
                self._bytes.labels(peer, direction)
            for word in (*REFUSALS.values(), _SPOILT):
                self._refused.labels(peer, word)
            self._open.labels(peer)
            self._stored.labels(peer)
        self.peers = tuple(known)

    def sent(self, peer: Endpoint, size: int) -> None:
        """Count a chunk that was given to our broker."""
        self._bytes.labels(peer, "sent").inc(size)

    def received(self, peer: Endpoint, size: int) -> None:
        """Count a chunk of a partner that is kept."""
        self._bytes.labels(peer, "received").inc(size)

    def judged(self, peer: Endpoint, reason: Reason | None) -> None:
        """Count a file that was refused."""
        if reason is not None:
            self._refused.labels(peer, REFUSALS.get(reason, _SPOILT)).inc()

    def show(self, coming: Mapping[Endpoint, int], stored: Mapping[Endpoint, int]) -> None:
        """Say what is on its way, and what is stored, of each partner."""
        for peer, count in coming.items():
            self._open.labels(peer).set(count)
        for peer, size in stored.items():
            self._stored.labels(peer).set(size)
