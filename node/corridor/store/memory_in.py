"""The in-memory twin: receiving and the national system."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from corridor.errors import StoreMisused
from corridor.exchange.values import (
    EnvelopeVerdict,
    Held,
    InStream,
    LeafEntry,
    LeafKind,
    Position,
    ReceivedEnvelope,
    ReceivedRecord,
    Verdict,
)
from corridor.store.memory_state import InEnvelope, InRow
from corridor.store.memory_way import MemoryWay
from corridor.store.rules import digest, enters_inbox
from corridor.store.values import InboxRecord, KnownEnvelope
from corridor.store.way import ACKNOWLEDGED, HANDED
from corridor.transit.parties import Endpoint


class MemoryIncoming(MemoryWay):
    """Envelopes and records of peers, and what of them is handed on."""

    # -- receiving
    def known_envelope(self, envelope_id: bytes) -> KnownEnvelope | None:
        """Return an envelope of a peer by its id."""
        key = self._tables.get("received_ids", envelope_id)
        if key is None:
            return None
        kept: ReceivedEnvelope = self._tables.get("received", key).envelope
        return KnownEnvelope(kept.peer, kept.position, envelope_id, kept.family, kept.verdict)

    def known_envelopes(self, envelope_ids: Sequence[bytes]) -> Mapping[bytes, KnownEnvelope]:
        """Return those envelopes of peers that are kept, by id."""
        found = ((one, self.known_envelope(one)) for one in envelope_ids)
        return {envelope_id: kept for envelope_id, kept in found if kept}

    def at_position(self, peer: Endpoint, position: Position) -> bytes | None:
        """Return the id of the envelope (or tombstone) held at a position."""
        row: InEnvelope | None = self._tables.get("received", (peer, position))
        closed: bytes | None = self._tables.get("tombstones", (peer, position))
        return row.envelope.envelope_id if row else closed

    def known_record(self, peer: Endpoint, record_id: bytes) -> bytes | None:
        """Return the SHA-256 of the entry under which a record is known."""
        cursor = self._tables.get("inbox_ids", (peer, record_id))
        if cursor is None:
            return None
        row: InRow = self._tables.get("inbox", cursor)
        return row.digest

    def known_records(self, peer: Endpoint, record_ids: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return `known_record` of many, those only that are known."""
        found = ((one, self.known_record(peer, one)) for one in record_ids)
        return {record_id: kept for record_id, kept in found if kept}

    def in_streams(self, peer: Endpoint) -> Sequence[InStream]:
        """Return the epochs of peer → us that are not closed, oldest first."""
        rows = self._tables.data["in_streams"].items()
        keys = sorted(key for key, (_, closed) in rows if key[0] == peer and not closed)
        return [self._with_ahead(self._tables.get("in_streams", key)[0]) for key in keys]

    def in_stream(self, peer: Endpoint, epoch: int) -> InStream | None:
        """Return one epoch of peer → us, closed or not."""
        kept = self._tables.get("in_streams", (peer, epoch))
        return self._with_ahead(kept[0]) if kept else None

    def keep_received(self, envelope: ReceivedEnvelope) -> None:
        """Keep a judged envelope."""
        peer, position = envelope.peer, envelope.position
        known = self._tables.get("received_ids", envelope.envelope_id)
        if known is not None or self._tables.get("received", (peer, position)) is not None:
            raise StoreMisused("an envelope with this position or id is already kept")
        self.note_peer(peer)
        row = self._tables.number("received")
        self._tables.put("received", (peer, position), InEnvelope(row, envelope))
        self._tables.put("received_ids", envelope.envelope_id, (peer, position))
        self._add_seq(peer, position)
        for record in envelope.records:
            self._keep_record(envelope, record)
        self.note_arrival(envelope)
        if envelope.receipt_owed:
            self.owe_receipt(peer, [position])
        leaf = (envelope.received_ms, envelope.envelope_id, envelope.payload_root)
        self.append_leaf(LeafEntry(LeafKind.IN, *leaf))

    def keep_received_many(self, envelopes: Sequence[ReceivedEnvelope]) -> None:
        """Keep several judged envelopes, in order."""
        for envelope in envelopes:
            self.keep_received(envelope)

    def put_in_stream(self, stream: InStream) -> None:
        """Keep where one epoch of peer → us stands; it is open from now on."""
        self.note_peer(stream.peer)
        key = (stream.peer, stream.epoch)
        bare = InStream(
            stream.peer, stream.epoch, stream.complete_to, stream.head_id, stream.highest
        )
        self._tables.put("in_streams", key, (bare, False))

    def close_in_stream(self, peer: Endpoint, epoch: int) -> None:
        """Note that an epoch is complete and followed by another."""
        stream, _ = self._tables.get("in_streams", (peer, epoch), (None, False))
        if stream is not None:
            self._tables.put("in_streams", (peer, epoch), (stream, True))

    def put_tombstone(
        self, peer: Endpoint, position: Position, envelope_id: bytes, now_ms: int
    ) -> None:
        """Close a position that its envelope will never fill."""
        del now_ms
        self.note_peer(peer)
        if self._tables.get("tombstones", (peer, position)) is None:
            self._tables.put("tombstones", (peer, position), envelope_id)
            self._add_seq(peer, position)

    def owe_receipt(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Owe a receipt for envelopes that are already kept."""
        owed = list(self._tables.get("owed", peer, ()))
        for position in positions:
            row: InEnvelope | None = self._tables.get("received", (peer, position))
            if row and (row.row, position) not in owed:
                insort(owed, (row.row, position))
        self._tables.put("owed", peer, tuple(owed))

    def owed(self, peer: Endpoint, limit: int) -> Sequence[EnvelopeVerdict]:
        """Return verdicts that no receipt of ours has carried, oldest first."""
        owed = self._tables.get("owed", peer, ())[:limit]
        return [self._tables.get("received", (peer, one)).envelope.verdict for _, one in owed]

    def hold(self, item: Held, limit_per_sender: int) -> int:
        """Keep a frame for later."""
        self._tables.put("held", self._tables.number("held"), item)
        rows = self._tables.data["held"].items()
        same = sorted(row for row, one in rows if one.claimed_sender == item.claimed_sender)
        giving_way = same[: max(0, len(same) - limit_per_sender)]
        for row in giving_way:
            self._tables.drop("held", row)
        return len(giving_way)

    def take_held(self, limit: int) -> Sequence[Held]:
        """Remove and return held frames, oldest first."""
        rows = sorted(self._tables.data["held"])[:limit]
        taken = [self._tables.get("held", row) for row in rows]
        for row in rows:
            self._tables.drop("held", row)
        return taken

    # -- national system
    def inbox(self, after: int, limit: int) -> Sequence[InboxRecord]:
        """Return accepted business records after a cursor."""
        found: list[InboxRecord] = []
        for cursor in self._tables.numbers("inbox", after):
            row: InRow = self._tables.get("inbox", cursor)
            if len(found) == limit:
                break
            if row.verdict is Verdict.ACCEPTED and row.entry:
                found.append(inbox_record(cursor, row))
        return found

    def unacknowledged(self, most: int) -> int:
        """Count accepted records that are not acknowledged; no further than to `most`."""
        numbers = self._tables.numbers("inbox", self.acknowledged())
        rows = (self._tables.get("inbox", one) for one in numbers)
        return min(most, sum(row.verdict is Verdict.ACCEPTED for row in rows))

    def acknowledge(self, up_to: int, now_ms: int) -> int:
        """Note that the national system has all records up to a cursor."""
        done = self.acknowledged()
        up_to = min(up_to, self._tables.last("inbox"))
        if up_to <= done:
            return 0
        self._tables.put("numbers", "acknowledged", up_to)
        self.mark(HANDED, up_to, now_ms)
        self.mark(ACKNOWLEDGED, up_to, now_ms)
        cursors = takewhile(lambda one: one <= up_to, self._tables.numbers("inbox", done))
        rows = (self._tables.get("inbox", cursor) for cursor in cursors)
        return sum(row.verdict is Verdict.ACCEPTED for row in rows)

    def mark_unacknowledged(self, peer: Endpoint | None = None) -> None:
        """Mark what is not acknowledged, of one peer or of all, as possibly handed over before."""
        for cursor in self._tables.numbers("inbox", self.acknowledged()):
            row: InRow = self._tables.get("inbox", cursor)
            if peer in {None, row.peer}:
                self._tables.put("inbox", cursor, row._replace(possible_repeat=True))

    def start_cursors_after(self, least: int) -> None:
        """Give out cursors of inbox and outcomes above `least` from now on."""
        self._tables.skip("inbox", least)
        self._tables.skip("outcomes", least)

    def last_cursors(self) -> tuple[int, int]:
        """Return the last cursors of inbox and outcomes."""
        return self._tables.last("inbox"), self._tables.last("outcomes")

    # -- private
    def _add_seq(self, peer: Endpoint, position: Position) -> None:
        seqs = list(self._tables.get("received_seqs", (peer, position.epoch), ()))
        if position.seq not in seqs:
            insort(seqs, position.seq)
            self._tables.put("received_seqs", (peer, position.epoch), tuple(seqs))

    def _with_ahead(self, bare: InStream) -> InStream:
        seqs = self._tables.get("received_seqs", (bare.peer, bare.epoch), ())
        ahead = seqs[bisect_right(seqs, bare.complete_to) :]
        return InStream(
            bare.peer,
            bare.epoch,
            bare.complete_to,
            bare.head_id,
            bare.highest,
            tuple(self._ahead(bare.peer, Position(bare.epoch, seq)) for seq in ahead),
        )

    def _ahead(self, peer: Endpoint, position: Position) -> tuple[int, bytes, bytes]:
        row: InEnvelope | None = self._tables.get("received", (peer, position))
        if row is None:
            return position.seq, self._tables.get("tombstones", (peer, position)), b""
        return position.seq, row.envelope.envelope_id, row.envelope.prev

    def _keep_record(self, envelope: ReceivedEnvelope, record: ReceivedRecord) -> None:
        if not enters_inbox(record):
            self._tables.put("aside", self._tables.number("aside"), record)
            return
        entry_digest = digest(record.entry)
        known = self.known_record(envelope.peer, record.record_id)
        if known == entry_digest:
            self._tables.put("aside", self._tables.number("aside"), record)
            return
        if known is not None:
            raise StoreMisused("a record of a peer is known already with other bytes")
        cursor = self._tables.number("inbox")
        row = InRow(
            envelope.peer,
            record.record_id,
            record.record_type,
            record.entry,
            entry_digest,
            record.verdict,
            envelope.received_ms,
            record.possible_repeat,
            record.terms,
            envelope.position,
            record.reason,
        )
        self._tables.put("inbox", cursor, row)
        self._tables.put("inbox_ids", (envelope.peer, record.record_id), cursor)


def inbox_record(cursor: int, row: InRow) -> InboxRecord:
    """Return a row of the inbox as what the national system takes."""
    return InboxRecord(
        cursor,
        row.peer,
        row.record_id,
        row.record_type,
        row.entry,
        row.received_ms,
        row.possible_repeat,
    )
