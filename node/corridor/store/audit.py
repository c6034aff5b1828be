"""The evidence as an auditor reads it: leaves, envelopes, what proves their records.

Rules:

* reading only, of one consistent state; nothing is judged here;
* what was erased is told as erased, never left out in silence.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from corridor.exchange.values import LeafEntry, LeafKind, Position
from corridor.seal.merkle import LogTree, log_leaf
from corridor.store import bundles
from corridor.store.erasing import disclosed
from corridor.store.rules import header_and_signature, leaf_bytes
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

_ASIDE_CONTEXT: Final = b"aside.entry"
_LEAVES: Final = "SELECT kind, at_ms, id, aux FROM leaves ORDER BY number"
_NUMBER: Final = "SELECT number FROM leaves WHERE id = ? ORDER BY number LIMIT 1"
_RECEIVED: Final = (
    "SELECT r.row, p.endpoint, r.epoch, r.seq, r.envelope_id, r.payload_root, r.header,"
    " r.signature, r.received_ms FROM received r CROSS JOIN partners p ON p.id = r.partner"
)
_EACH_RECEIVED: Final = f"{_RECEIVED} WHERE r.row > ? ORDER BY r.row LIMIT 500"
_ONE_RECEIVED: Final = f"{_RECEIVED} WHERE r.row = ?"
_BY_ENVELOPE: Final = f"{_RECEIVED} WHERE r.envelope_id = ?"
_SENT: Final = "SELECT payload_root, epoch, seq FROM sealed WHERE envelope_id = ?"
_RECORDS: Final = (
    "SELECT place, record_id, record_type, bundle, start, size, digest FROM inbox"
    " WHERE envelope = ? ORDER BY place"
)
_RECEIPTS: Final = (
    "SELECT r.row, a.place, a.entry FROM received r CROSS JOIN aside a ON a.envelope = r.row"
    " WHERE a.record_type = 64 AND a.entry IS NOT NULL AND r.row > ? ORDER BY r.row LIMIT 500"
)
_SENT_RECORD: Final = (
    "SELECT o.row, p.endpoint, o.record_type, o.digest, o.size, o.bundle, o.start, s.row,"
    " s.envelope_id, s.payload_root, s.settled_ms, s.partner FROM outbox o"
    " CROSS JOIN partners p ON p.id = o.partner JOIN sealed s ON s.row = o.sealed"
    " WHERE o.record_id = ? ORDER BY p.endpoint"
)
_TOLD_AT: Final = (
    "SELECT r.row, a.place, a.entry FROM received r CROSS JOIN aside a ON a.envelope = r.row"
    " WHERE r.partner = ? AND r.received_ms = ? AND a.record_type = 64 AND a.entry IS NOT NULL"
)
_ERASED_SENT: Final = "SELECT count(*) FROM erasures WHERE side = 0"
_ERASED_ASIDE: Final = "SELECT count(*) FROM aside WHERE entry IS NULL"
_RECEIVED_RECORD: Final = (
    "SELECT i.envelope, i.place FROM inbox i CROSS JOIN partners p ON p.id = i.partner"
    " WHERE i.record_id = ? ORDER BY p.endpoint"
)


class Envelope(NamedTuple):
    """An envelope of a partner as it is kept."""

    row: int
    peer: Endpoint
    position: Position
    envelope_id: bytes
    payload_root: bytes
    header: bytes
    signature: bytes
    received_ms: int


class KeptRecord(NamedTuple):
    """A record of a partner in its envelope."""

    place: int
    record_id: bytes
    record_type: int
    entry: bytes | None
    """None: erased."""
    sha256: bytes


class SentRecord(NamedTuple):
    """A record of ours with the envelope it left in."""

    peer: Endpoint
    record_type: int
    sha256: bytes
    entry: bytes | None
    """None: erased."""
    envelope_id: bytes
    payload_root: bytes
    header: bytes | None
    signature: bytes | None
    receipts: tuple[tuple[int, int, bytes], ...]
    """Receipts that came when it was settled: row of their envelope, place, entry."""


class Audit:
    """Reads the evidence of one consistent state."""

    def __init__(self, session: Session) -> None:
        """Read in `session`."""
        self._session = session

    def head(self) -> tuple[int, bytes]:
        """Return size and root of the evidence log as they are kept."""
        return self._session.log.size, self._session.log.root()

    def leaves(self) -> Iterator[LeafEntry]:
        """Return every leaf in order."""
        for kind, at_ms, id_, aux in self._session.execute(_LEAVES):
            yield LeafEntry(LeafKind(kind), at_ms, id_, aux)

    def leaf_hashes(self) -> list[bytes]:
        """Return the hash of every leaf in order, 32 bytes each."""
        return [log_leaf(leaf_bytes(leaf)) for leaf in self.leaves()]

    def recomputed(self) -> LogTree:
        """Return the log worked out anew from its leaves."""
        tree = LogTree()
        for leaf in self.leaf_hashes():
            tree = tree.appended(leaf)
        return tree

    def leaf_number(self, envelope_id: bytes) -> int | None:
        """Return the number, from 1, of the first leaf that names an envelope."""
        found = self._session.row(_NUMBER, (envelope_id,))
        return found[0] if found else None

    def received(self) -> Iterator[Envelope]:
        """Return every envelope of partners, in the order in which they came."""
        after = 0
        while rows := self._session.rows(_EACH_RECEIVED, (after,)):
            for row in rows:
                yield _envelope(row)
            after = rows[-1][0]

    def envelope(self, row: int) -> Envelope:
        """Return one envelope of a partner by its row."""
        return _envelope(self._session.rows(_ONE_RECEIVED, (row,))[0])

    def received_root(self, envelope_id: bytes) -> bytes | None:
        """Return the payload root of an envelope of a partner; None where it is not kept."""
        found = self._session.row(_BY_ENVELOPE, (envelope_id,))
        return found[5] if found else None

    def sent_root(self, envelope_id: bytes) -> bytes | None:
        """Return the payload root of an envelope of ours; None where it is not kept."""
        found = self._session.row(_SENT, (envelope_id,))
        return found[0] if found else None

    def disclosed(self, row: int) -> list[tuple[bytes, bytes]] | None:
        """Return leaf and salt (zeros: erased) of each record of an envelope of a partner."""
        return disclosed(self._session, row)

    def records(self, row: int) -> list[KeptRecord]:
        """Return the records of an envelope of a partner that are in the inbox."""
        return [
            KeptRecord(place, id_, kind, self._entry(bundle, start, size), digest)
            for place, id_, kind, bundle, start, size, digest in self._session.rows(
                _RECORDS, (row,)
            )
        ]

    def receipts(self) -> Iterator[tuple[int, int, bytes]]:
        """Return every receipt that came: row of its envelope, place in it, entry."""
        after = 0
        while rows := self._session.rows(_RECEIPTS, (after,)):
            yield from self._opened(rows)
            after = rows[-1][0]

    def sent_records(self, record_id: bytes) -> list[SentRecord]:
        """Return the copies of a record of ours that left in an envelope."""
        return [self._sent(row) for row in self._session.rows(_SENT_RECORD, (record_id,))]

    def erased_sent(self) -> int:
        """Return how many records of ours were erased."""
        return int(self._session.execute(_ERASED_SENT).get)

    def erased_aside(self) -> int:
        """Return how many records of partners were erased that are not in the inbox."""
        return int(self._session.execute(_ERASED_ASIDE).get)

    def received_records(self, record_id: bytes) -> list[tuple[int, int]]:
        """Return row of the envelope and place of each copy of a record of partners."""
        return [(row, place) for row, place in self._session.rows(_RECEIVED_RECORD, (record_id,))]

    def _sent(self, row: tuple[Any, ...]) -> SentRecord:
        _, peer, kind, digest, size, bundle, start, sealed, id_, root, settled_ms, partner = row
        signed = self._session.row("SELECT header, signature FROM headers WHERE row = ?", (sealed,))
        if signed is None:
            frame = self._session.row("SELECT frame FROM frames WHERE row = ?", (sealed,))
            signed = header_and_signature(frame[0]) if frame else None
        receipts = self._opened(self._session.rows(_TOLD_AT, (partner, settled_ms)))
        entry = self._entry(bundle, start, size)
        header, signature = signed or (None, None)
        return SentRecord(
            Endpoint(peer), kind, digest, entry, id_, root, header, signature, tuple(receipts)
        )

    def _opened(self, rows: list[tuple[Any, ...]]) -> Iterator[tuple[int, int, bytes]]:
        for row, place, sealed in rows:
            context = _ASIDE_CONTEXT + row.to_bytes(8) + place.to_bytes(2)
            yield row, place, self._session.key.open_value(sealed, context)

    def _entry(self, bundle: int, start: int, size: int) -> bytes | None:
        return bundles.get(self._session, [(bundle, start, size)])[0] if size else None


def _envelope(row: tuple[Any, ...]) -> Envelope:
    number, peer, epoch, seq, id_, root, header, signature, received_ms = row
    return Envelope(
        number, Endpoint(peer), Position(epoch, seq), id_, root, header, signature, received_ms
    )
