"""The store as the daemon sees it: one interface, contract tests, more than one engine.

Rules:

* a `Transaction` is all or nothing and durable when its `with` block ends without an error;
* one transaction at a time: `Store.transaction()` waits its turn; reads outside one see the last
  committed state;
* nothing here decides: the core decides, the store keeps;
* entries and frames are stored sealed under the storage key; ids, positions, sizes and times are
  in the clear, terms only as keyed hashes.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from corridor.exchange.values import (
    EnvelopeVerdict,
    Head,
    Held,
    InFlight,
    InStream,
    Lane,
    LeafEntry,
    Position,
    ReceivedEnvelope,
    SealedEnvelope,
    Submission,
    SubmitStatus,
    Waiting,
)
from corridor.store.acceptances import AcceptanceRows
from corridor.store.gates import GateRows
from corridor.store.keeping import Erasing, Keeping
from corridor.store.keyed import Keyed
from corridor.store.ledger_port import LedgerTransaction
from corridor.store.lookback import Lookback
from corridor.store.movement_port import MovementRows
from corridor.store.parking_port import Parking
from corridor.store.quarantine_port import QuarantineTransaction
from corridor.store.reconciling_port import ReconcilingTransaction
from corridor.store.recovering import Recovering
from corridor.store.values import (
    Arrival,
    Depth,
    InboxRecord,
    KnownEnvelope,
    LedgerLine,
    Outcome,
    OutStreamState,
    SentRecord,
)
from corridor.transit.parties import Endpoint

ALL_BYTES: Final = 1 << 40
"""No limit of size."""


class Transaction(
    LedgerTransaction,
    MovementRows,
    Keeping,
    Keyed,
    GateRows,
    QuarantineTransaction,
    ReconcilingTransaction,
    Recovering,
    Lookback,
    Parking,
    AcceptanceRows,
    Protocol,
):
    """What can be changed, and read, inside one durable step."""

    # -- intake
    def accept(self, submission: Submission, now_ms: int) -> SubmitStatus:
        """Keep a record in the outbox; a known record_id is reported and changes nothing."""

    def accept_all(self, submissions: Sequence[Submission], now_ms: int) -> Sequence[SubmitStatus]:
        """Keep many records, as `accept` does for each in order; cheaper than one by one."""

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
        """Return records of a lane that no envelope holds, oldest first, from a row on.

        At most `limit` of them, whose entries together have at most `limit_bytes`; one at least.
        """

    def waiting_size(
        self, peer: Endpoint, lane: Lane, limit: int, *, after: int = 0
    ) -> tuple[int, int]:
        """Count what `waiting` would return: records, and the bytes of their entries.

        Costs a twentieth of reading them.
        """

    def out_stream(self, peer: Endpoint) -> OutStreamState:
        """Return where us → peer stands (all zero where nothing was ever sent)."""

    def keep_sealed(self, envelope: SealedEnvelope) -> None:
        """Keep an envelope of ours.

        Its bytes, its rows' state, the stream's head, what it answers, and an evidence leaf.
        Where it `replaces` another, that one is retired (see `retire_sealed`) and `rows` belong
        to the new one from now on.
        """

    def retire_sealed(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Note that envelopes of ours need no receipt any more (replaced, or control closed).

        They leave `unreceipted`; their bytes stay until retention removes them.
        """

    def frames(
        self, peer: Endpoint, positions: Sequence[Position]
    ) -> Sequence[tuple[Position, bytes]]:
        """Return the identical bytes of those envelopes of ours that are still kept."""

    def find_sealed(self, peer: Endpoint, envelope_id: bytes) -> InFlight | None:
        """Return an envelope of ours by its id; `closed` tells whether it still needs a receipt."""

    def find_sealed_many(
        self, peer: Endpoint, envelope_ids: Sequence[bytes]
    ) -> Mapping[bytes, InFlight]:
        """Return those of our envelopes to this peer that exist, by id (at most 1,024 asked)."""

    def records_of(
        self, peer: Endpoint, position: Position, *, accepted: bool = False
    ) -> Sequence[Waiting]:
        """Return the outbox records of one of our envelopes that are not final yet, in order.

        With `accepted` those too that the peer has accepted: it may have forgotten them.
        """

    def count_attempt(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Note that these envelopes of ours were published once more."""

    def close_sealed(
        self, peer: Endpoint, verdict: EnvelopeVerdict, now_ms: int
    ) -> Sequence[bytes]:
        """Apply a receipt's verdict to an envelope of ours and its records.

        A verdict ACCEPTED or REFUSED is final and is never changed; PARKED and DEFERRED are kept
        and leave the record open. An envelope whose own verdict is DEFERRED stays in
        `unreceipted`; every other verdict takes it out. Records that meanwhile belong to another
        envelope (`replaces`) are left alone. Returns the ids of the records that became final.
        """

    def close_sealed_many(
        self, peer: Endpoint, verdicts: Sequence[EnvelopeVerdict], now_ms: int
    ) -> Sequence[bytes]:
        """Apply several verdicts like `close_sealed`, in order; returns all that became final."""

    def complete_to(self, peer: Endpoint, head: Head, now_ms: int) -> None:
        """Note the peer's cumulative acknowledgement.

        Closes control envelopes of `head.epoch` up to it and moves `receipted`; envelopes with
        records wait for their verdicts.
        """

    # -- receiving
    def known_envelope(self, envelope_id: bytes) -> KnownEnvelope | None:
        """Return an envelope of a peer by its id."""

    def known_envelopes(self, envelope_ids: Sequence[bytes]) -> Mapping[bytes, KnownEnvelope]:
        """Return those envelopes of peers that are kept, by id (at most 1,024 asked)."""

    def at_position(self, peer: Endpoint, position: Position) -> bytes | None:
        """Return the id of the envelope (or else tombstone) held at a position of peer → us."""

    def known_record(self, peer: Endpoint, record_id: bytes) -> bytes | None:
        """Return the SHA-256 of the RecordEntry under which the peer's record was accepted.

        Only records that were kept with a verdict other than REFUSED are known.
        """

    def known_records(self, peer: Endpoint, record_ids: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return `known_record` of many at once, those only that are known (any number asked)."""

    def in_streams(self, peer: Endpoint) -> Sequence[InStream]:
        """Return the epochs of peer → us that are not closed, oldest first."""

    def in_stream(self, peer: Endpoint, epoch: int) -> InStream | None:
        """Return one epoch of peer → us, closed or not; None where it was never put."""

    def keep_received(self, envelope: ReceivedEnvelope) -> None:
        """Keep a judged envelope: evidence, records into the inbox, receipt owed, leaf.

        Does not touch the InStream; `put_in_stream` follows. A tombstone at its position does not
        hinder it. Records that are `known` already (`ReceivedRecord.known`) or REFUSED do not
        enter the inbox again, and no record of type CANARY (70) ever does.
        """

    def keep_received_many(self, envelopes: Sequence[ReceivedEnvelope]) -> None:
        """Keep several judged envelopes like `keep_received`, in order."""

    def put_in_stream(self, stream: InStream) -> None:
        """Keep where peer → us stands in one epoch (`ahead` is derived, not stored).

        Opens the epoch again where it was closed.
        """

    def close_in_stream(self, peer: Endpoint, epoch: int) -> None:
        """Note that an epoch of peer → us is complete and followed by another."""

    def put_tombstone(
        self, peer: Endpoint, position: Position, envelope_id: bytes, now_ms: int
    ) -> None:
        """Close a position of peer → us that will never be filled by its envelope."""

    def owe_receipt(self, peer: Endpoint, positions: Iterable[Position]) -> None:
        """Owe a receipt for envelopes that are already kept (duplicates)."""

    def owed(self, peer: Endpoint, limit: int) -> Sequence[EnvelopeVerdict]:
        """Return verdicts that no receipt of ours has carried yet, oldest first."""

    def hold(self, item: Held, limit_per_sender: int) -> int:
        """Keep a frame for later; the oldest of the same claimed sender give way at the limit.

        Returns how many gave way: they are gone.
        """

    def take_held(self, limit: int) -> Sequence[Held]:
        """Remove and return frames that were held, oldest first."""

    # -- national system
    def inbox(self, after: int, limit: int) -> Sequence[InboxRecord]:
        """Return accepted business records after a cursor; canaries are not handed on."""

    def acknowledge(self, up_to: int, now_ms: int) -> int:
        """Note that the national system has all records up to a cursor; returns how many."""

    def acknowledged(self) -> int:
        """Return the cursor up to which the national system has all records."""

    def unacknowledged(self, most: int) -> int:
        """Count accepted records after that cursor; no further than to `most`."""

    def mark_unacknowledged(self, peer: Endpoint | None = None) -> None:
        """Mark what is not acknowledged, of one peer or of all, as possibly handed over before."""

    def start_cursors_after(self, least: int) -> None:
        """Give out cursors of inbox and outcomes above `least` from now on.

        After a restore: those that were given out in the forgotten time must never stand for
        something else.
        """

    def last_cursors(self) -> tuple[int, int]:
        """Return the last cursors of inbox and outcomes that were given out; 0 for none."""

    def outcomes(self, after: int, limit: int) -> Sequence[Outcome]:
        """Return what became of our business records, after a cursor."""

    # -- evidence and settings
    def append_leaf(self, leaf: LeafEntry) -> int:
        """Append to the evidence log; returns its new size."""

    def log_head(self) -> tuple[int, bytes]:
        """Return size and RFC 6962 root of the evidence log."""

    def setting(self, name: str) -> bytes | None:
        """Return a small value kept under a name."""

    def put_setting(self, name: str, value: bytes) -> None:
        """Keep a small value under a name."""


class Store(Erasing, Protocol):
    """A store; safe to use from several threads."""

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[Transaction]:
        """Open the one writing transaction; commits at the end of the block, durable then.

        Args:
            durable: False leaves it to a later `make_durable`, before which nothing that follows
                from the transaction may leave the process.
        """

    def make_durable(self, patience_s: float = 0.0) -> None:
        """Return when everything committed so far outlives the loss of power.

        Args:
            patience_s: How long to leave the work to another thread that is about to ask.

        Raises:
            StoreLost: The disk does not take it; the store is of no use until a new start.
        """

    def reading(self) -> AbstractContextManager[Transaction]:
        """Open a consistent view of the last committed state; writing in it is an error."""

    def unreceipted(self, peer: Endpoint) -> Sequence[InFlight]:
        """Return our envelopes that still need a receipt, in order of position."""

    def peers(self) -> Sequence[Endpoint]:
        """Return every peer with whom anything was ever exchanged, or for whom records wait."""

    def lanes_waiting(self) -> Sequence[tuple[Endpoint, Lane]]:
        """Return for which peers and lanes records wait."""

    def peers_owed(self) -> Sequence[Endpoint]:
        """Return to which peers a receipt is owed."""

    def depths(self) -> Sequence[Depth]:
        """Return what waits for whom."""

    def ledger(self, record_id: bytes) -> Sequence[LedgerLine]:
        """Return how far a record of ours has come, one line for each recipient."""

    def deliveries(self, record_id: bytes) -> Sequence[InboxRecord]:
        """Return the accepted records of partners under this id, ascending by partner."""

    def arrivals(self, record_id: bytes) -> Sequence[Arrival]:
        """Return how far accepted records of partners under this id have come here, by partner."""

    def peers_to_tell(self) -> Sequence[Endpoint]:
        """Return to which peers `Transaction.handovers` has something to tell."""

    def submitted(self, record_id: bytes) -> Sequence[SentRecord]:
        """Return the records of ours under this id, one for each recipient, ascending."""

    def find(self, kind: str, value: str, limit: int) -> Sequence[bytes]:
        """Return ids of records, sent or received, that carry exactly this term."""

    def counts(self) -> dict[str, int]:
        """Return how many rows each table of interest has (for status and tests)."""

    def prune(self, now_ms: int) -> int:
        """Erase envelopes' bytes 30 days after their receipt; returns how many.

        Ids, positions, records and leaves stay. A call does a bounded amount of work: call it
        again while it returns more than 0.
        """

    def close(self) -> None:
        """Close it; further use is an error."""
