"""The in-memory twin: intake and sending."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from corridor.errors import StoreMisused
from corridor.exchange.filling import count_within
from corridor.exchange.values import (
    ZERO_ID,
    EnvelopeVerdict,
    Family,
    Head,
    InFlight,
    Lane,
    LeafEntry,
    LeafKind,
    Position,
    SealedEnvelope,
    Submission,
    SubmitStatus,
    Verdict,
    Waiting,
)
from corridor.seal.merkle import LogTree, log_leaf
from corridor.store.gates import MemoryGates
from corridor.store.memory_state import OutEnvelope, OutRow, Tables
from corridor.store.port import ALL_BYTES
from corridor.store.rules import (
    Judged,
    digest,
    has_outcome,
    is_final,
    judged_otherwise,
    leaf_bytes,
)
from corridor.store.values import Outcome, OutStreamState
from corridor.transit.parties import Endpoint

_NO_HEAD = Head(0, 0, ZERO_ID)


class MemoryOutgoing(MemoryGates):
    """Outbox, envelopes of ours, evidence and settings."""

    def __init__(self, tables: Tables) -> None:
        """Work on `tables`."""
        self._tables = tables

    # -- intake
    def accept(self, submission: Submission, now_ms: int) -> SubmitStatus:
        """Keep a record in the outbox."""
        peer, record_id = submission.peer, submission.record_id
        entry_digest = digest(submission.entry)
        known = self._tables.get("outbox_ids", (peer, record_id))
        if known is not None:
            same = self._tables.get("outbox", known).digest == entry_digest
            return SubmitStatus.DUPLICATE if same else SubmitStatus.CONFLICT
        self.note_peer(peer)
        row = self._tables.number("outbox")
        kept = OutRow(
            peer,
            record_id,
            submission.record_type,
            submission.lane,
            submission.entry,
            entry_digest,
            now_ms,
            submission.terms,
        )
        self._tables.put("outbox", row, kept)
        self._tables.put("outbox_ids", (peer, record_id), row)
        lane = (peer, submission.lane)
        self._tables.put("waiting", lane, (*self._tables.get("waiting", lane, ()), row))
        return SubmitStatus.ACCEPTED

    def accept_all(self, submissions: Sequence[Submission], now_ms: int) -> Sequence[SubmitStatus]:
        """Keep many records, each as `accept` does."""
        return [self.accept(submission, now_ms) for submission in submissions]

    # -- sending
    def waiting(
        self,
        peer: Endpoint,
        lane: Lane,
        limit: int,
        limit_bytes: int = ALL_BYTES,
        *,
        after: int = 0,
    ) -> Sequence[Waiting]:
        """Return records of a lane that no envelope holds, oldest first, from a row on."""
        rows = self._tables.get("waiting", (peer, lane), ())
        found = self._as_waiting(rows[bisect_right(rows, after) :][:limit])
        return found[: count_within([len(one.entry) for one in found], limit_bytes)]

    def waiting_size(
        self, peer: Endpoint, lane: Lane, limit: int, *, after: int = 0
    ) -> tuple[int, int]:
        """Count what `waiting` would return: records, and the bytes of their entries."""
        found = self.waiting(peer, lane, limit, after=after)
        return len(found), sum(len(one.entry) for one in found)

    def out_stream(self, peer: Endpoint) -> OutStreamState:
        """Return where us → peer stands."""
        state: OutStreamState = self._tables.get(
            "out_streams", peer, OutStreamState(peer, _NO_HEAD, 0, _NO_HEAD)
        )
        return state

    def keep_sealed(self, envelope: SealedEnvelope) -> None:
        """Keep an envelope of ours."""
        peer, position = envelope.peer, envelope.position
        known = self._tables.get("sealed_ids", envelope.envelope_id)
        if known is not None or self._tables.get("sealed", (peer, position)) is not None:
            raise StoreMisused("this position or envelope id of ours is taken")
        self.note_peer(peer)
        self._take_rows(envelope)
        times = [self._tables.get("outbox", one).accepted_ms for one in envelope.rows]
        oldest_ms = min(times, default=None)
        row = OutEnvelope(envelope, envelope.rows, len(envelope.frame), oldest_ms=oldest_ms)
        self._tables.put("sealed", (peer, position), row)
        self._tables.put("sealed_ids", envelope.envelope_id, (peer, position))
        flying = list(self._tables.get("open", peer, ()))
        insort(flying, position)
        self._tables.put("open", peer, tuple(flying))
        head = Head(position.epoch, position.seq, envelope.envelope_id)
        receipted = self.out_stream(peer).receipted
        state = OutStreamState(peer, head, envelope.created_ms, receipted)
        self._tables.put("out_streams", peer, state)
        answered = {
            self._tables.get("received", (peer, one)).row
            for one in envelope.answers
            if self._tables.get("received", (peer, one)) is not None
        }
        owed = self._tables.get("owed", peer, ())
        self._tables.put("owed", peer, tuple(one for one in owed if one[0] not in answered))
        leaf = (envelope.created_ms, envelope.envelope_id, envelope.payload_root)
        self.append_leaf(LeafEntry(LeafKind.OUT, *leaf))

    def retire_sealed(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Note that envelopes of ours need no receipt any more."""
        for position in positions:
            row: OutEnvelope | None = self._tables.get("sealed", (peer, position))
            if row:
                self._settle(peer, position, row.envelope.created_ms)

    def frames(
        self, peer: Endpoint, positions: Sequence[Position]
    ) -> Sequence[tuple[Position, bytes]]:
        """Return the identical bytes of envelopes of ours."""
        kept = ((one, self._tables.get("sealed", (peer, one))) for one in positions)
        return [(one, row.envelope.frame) for one, row in kept if row and not row.erased]

    def find_sealed(self, peer: Endpoint, envelope_id: bytes) -> InFlight | None:
        """Return an envelope of ours by its id."""
        key = self._tables.get("sealed_ids", envelope_id)
        if key is None or key[0] != peer:
            return None
        row: OutEnvelope = self._tables.get("sealed", key)
        return row.in_flight()

    def find_sealed_many(
        self, peer: Endpoint, envelope_ids: Sequence[bytes]
    ) -> Mapping[bytes, InFlight]:
        """Return those of our envelopes to this peer that exist, by id."""
        found = ((one, self.find_sealed(peer, one)) for one in envelope_ids)
        return {envelope_id: kept for envelope_id, kept in found if kept}

    def records_of(
        self, peer: Endpoint, position: Position, *, accepted: bool = False
    ) -> Sequence[Waiting]:
        """Return the outbox records of one of our envelopes that are not final, in order."""
        row: OutEnvelope | None = self._tables.get("sealed", (peer, position))
        rows = row.rows if row else ()
        kept = {one: self._tables.get("outbox", one) for one in rows}
        verdicts = {one: row.verdict for one, row in kept.items() if row.entry}
        return self._as_waiting(
            one
            for one, verdict in verdicts.items()
            if not is_final(verdict) or (accepted and verdict is Verdict.ACCEPTED)
        )

    def count_attempt(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Note that envelopes were published once more."""
        for position in positions:
            row: OutEnvelope | None = self._tables.get("sealed", (peer, position))
            if row:
                kept = row._replace(attempts=row.attempts + 1)
                self._tables.put("sealed", (peer, position), kept)

    def close_sealed(
        self, peer: Endpoint, verdict: EnvelopeVerdict, now_ms: int
    ) -> Sequence[bytes]:
        """Apply a receipt's verdict to an envelope of ours and its records."""
        row: OutEnvelope | None = self._tables.get("sealed", (peer, verdict.position))
        if row is None or row.envelope.envelope_id != verdict.envelope_id:
            return []
        others = judged_otherwise(verdict)
        for_all = Judged(verdict.verdict, verdict.reason, ())
        final = [
            record_id
            for index, one in enumerate(row.rows)
            if (record_id := self._judge(one, others.get(index, for_all), now_ms))
        ]
        if verdict.verdict is not Verdict.DEFERRED:
            self._settle(peer, verdict.position, now_ms)
            self._receipted(peer, verdict.position, verdict.envelope_id)
        return final

    def close_sealed_many(
        self, peer: Endpoint, verdicts: Sequence[EnvelopeVerdict], now_ms: int
    ) -> Sequence[bytes]:
        """Apply several verdicts, in order."""
        return [one for verdict in verdicts for one in self.close_sealed(peer, verdict, now_ms)]

    def complete_to(self, peer: Endpoint, head: Head, now_ms: int) -> None:
        """Note the peer's cumulative acknowledgement."""
        reached = Position(head.epoch, head.seq)
        self._receipted(peer, reached, head.envelope_id)
        for position in self._tables.get("open", peer, ()):
            kept: OutEnvelope = self._tables.get("sealed", (peer, position))
            below = position <= reached and position.epoch == reached.epoch
            if below and kept.envelope.family is Family.CONTROL:
                self._settle(peer, position, now_ms)

    def outcomes(self, after: int, limit: int) -> Sequence[Outcome]:
        """Return what became of our business records, after a cursor."""
        cursors = islice(self._tables.numbers("outcomes", after), limit)
        return [self._outcome(cursor) for cursor in cursors]

    # -- evidence and settings
    def append_leaf(self, leaf: LeafEntry) -> int:
        """Append to the evidence log; returns its new size."""
        tree: LogTree = self._tables.get("log", 0, LogTree())
        tree = tree.appended(log_leaf(leaf_bytes(leaf)))
        self._tables.put("leaves", tree.size, leaf)
        self._tables.put("log", 0, tree)
        return tree.size

    def log_head(self) -> tuple[int, bytes]:
        """Return size and root of the evidence log."""
        tree: LogTree = self._tables.get("log", 0, LogTree())
        return tree.size, tree.root()

    def setting(self, name: str) -> bytes | None:
        """Return a small value."""
        value: bytes | None = self._tables.get("settings", name)
        return value

    def put_setting(self, name: str, value: bytes) -> None:
        """Keep a small value."""
        self._tables.put("settings", name, value)

    def note_peer(self, peer: Endpoint) -> None:
        """Remember that anything was exchanged with a peer."""
        self._tables.put("peers", peer, peer)

    # -- private
    def _receipted(self, peer: Endpoint, reached: Position, envelope_id: bytes) -> None:
        state = self.out_stream(peer)
        if reached > Position(state.receipted.epoch, state.receipted.seq):
            self.note_peer(peer)
            head = Head(reached.epoch, reached.seq, envelope_id)
            newer = OutStreamState(peer, state.last, state.created_ms, head)
            self._tables.put("out_streams", peer, newer)

    def _as_waiting(self, rows: Iterable[int]) -> list[Waiting]:
        kept: list[tuple[int, OutRow]] = [(row, self._tables.get("outbox", row)) for row in rows]
        return [
            Waiting(row, one.record_id, one.lane, one.entry, one.accepted_ms) for row, one in kept
        ]

    def _take_rows(self, envelope: SealedEnvelope) -> None:
        """Move the envelope's rows out of the lanes, or out of the envelope it replaces."""
        peer, free = envelope.peer, set()
        old = envelope.replaces and self._tables.get("sealed", (peer, envelope.replaces))
        if old:
            free.update(old.rows)
            self._tables.put("sealed", (peer, envelope.replaces), old._replace(rows=()))
            self._settle(peer, old.envelope.position, envelope.created_ms)
        lanes = {lane: self._tables.get("waiting", (peer, lane), ()) for lane in Lane}
        free.update(*lanes.values())
        if not free.issuperset(envelope.rows) or len(set(envelope.rows)) != len(envelope.rows):
            raise StoreMisused("an envelope holds a record that does not wait")
        for lane, rows in lanes.items():
            left = tuple(row for row in rows if row not in envelope.rows)
            if left != rows:
                self._tables.put("waiting", (peer, lane), left)
        for row in envelope.rows:
            kept: OutRow = self._tables.get("outbox", row)
            held = kept._replace(sealed_ms=envelope.created_ms, position=envelope.position)
            self._tables.put("outbox", row, held)

    def _judge(self, row: int, judged: Judged, now_ms: int) -> bytes:
        """Apply a verdict to a record; returns its id where it becomes final, else nothing."""
        kept: OutRow = self._tables.get("outbox", row)
        if is_final(kept.verdict):
            return b""
        verdict, reason, faults = judged
        judged_row = kept._replace(
            verdict=verdict, reason=reason, faults=faults, receipted_ms=now_ms
        )
        self._tables.put("outbox", row, judged_row)
        if not is_final(verdict):
            return b""
        if has_outcome(kept.record_type):
            self._tables.put("outcomes", self._tables.number("outcomes"), row)
        return kept.record_id

    def _settle(self, peer: Endpoint, position: Position, now_ms: int) -> None:
        row: OutEnvelope = self._tables.get("sealed", (peer, position))
        if row.settled_ms is None:
            self._tables.put("sealed", (peer, position), row._replace(settled_ms=now_ms))
            flying = self._tables.get("open", peer, ())
            self._tables.put("open", peer, tuple(one for one in flying if one != position))

    def _outcome(self, cursor: int) -> Outcome:
        row: OutRow = self._tables.get("outbox", self._tables.get("outcomes", cursor))
        return Outcome(
            cursor,
            row.peer,
            row.record_id,
            row.verdict or Verdict.REFUSED,
            row.reason,
            row.accepted_ms,
            row.receipted_ms or 0,
            row.digest,
        )
