"""One transaction's worth of sealing: allocate and seal, then keep (PROTOCOL §7.1).

Rules:

* sealing only reads, so that others write meanwhile: nobody else gives out positions or takes
  waiting records;
* position, bytes and the outbox rows' new place are recorded together or not at all;
* memory is changed only after the commit (`apply`): a failed transaction leaves no trace;
* where the node itself fails at what one peer is to get, that peer waits (`internal`) and is tried
  again later; the others get theirs;
* created = max(now, that of the envelope before it), within an epoch.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from corridor.daemon.isolating import kind_of, tried
from corridor.daemon.logs import event_logger, place_of
from corridor.errors import Reason, Refused
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.cues import EnvelopeSealed
from corridor.exchange.dues import TALLIES, Composed, Known
from corridor.exchange.filling import first_batch, would_fill
from corridor.exchange.outgoing import OutHead
from corridor.exchange.parts import Identity, SealingKeyLike, Seals, Trust
from corridor.exchange.policy import MAX_PENDING, ExchangePolicy
from corridor.exchange.values import (
    Family,
    Lane,
    Position,
    SealedEnvelope,
    Waiting,
)
from corridor.seal.envelope import Draft
from corridor.store.acceptances import OWN_ACCEPTANCE
from corridor.store.port import Transaction
from corridor.store.values import HandedOver
from corridor.wire import limits
from corridor.wire.batches import Entry, encode_entry
from corridor.wire.control import TALLY, Control, decode_control, encode_control, record_type_of
from corridor.wire.handover import SILENT, TELLS
from corridor.wire.tally import Tally

_SCHEMA = "corridor.wire.v1"


@dataclass(frozen=True, slots=True)
class Kept:
    """An envelope that this transaction keeps, and what it settles in memory."""

    peer: Correspondent
    envelope: SealedEnvelope
    records: int
    composed: Composed | None = None

    @property
    def event(self) -> EnvelopeSealed:
        """What is told of it."""
        envelope = self.envelope
        return EnvelopeSealed(
            envelope.peer,
            envelope.lane,
            envelope.family,
            self.records,
            len(envelope.frame),
            again=envelope.replaces is not None,
        )


class Sealing:
    """Seals envelopes that one transaction keeps."""

    def __init__(  # noqa: PLR0913 - what sealing depends on, all by name
        self,
        view: Transaction,
        *,
        identity: Identity,
        trust: Trust,
        seals: Seals,
        policy: ExchangePolicy,
        now_ms: int,
    ) -> None:
        """Begin with nothing kept."""
        self.kept: list[Kept] = []
        self.blocked: dict[Correspondent, Reason] = {}
        self.buried: list[tuple[Correspondent, Position, bytes]] = []
        self.resealed: set[Correspondent] = set()
        self._view = view
        self._identity = identity
        self._trust = trust
        self._seals = seals
        self._policy = policy
        self._now_ms = now_ms
        self._heads: dict[Correspondent, OutHead] = {}
        self._keys: dict[Correspondent, SealingKeyLike | None] = {}
        self._new: dict[Correspondent, tuple[int, int]] = {}
        self._lanes = Counter[tuple[Correspondent, Lane]]()
        self._taken: dict[tuple[Correspondent, Lane], int] = {}
        """The last row of a lane that an envelope of now holds."""
        self._retired: list[tuple[Correspondent, Position]] = []

    def can(self, peer: Correspondent) -> bool:
        """Whether there is a key to seal for the peer; remembered for this transaction."""
        if peer not in self._keys:
            self._keys[peer] = tried(partial(self._key, peer), partial(self._failed, peer))
        return self._keys[peer] is not None

    def _key(self, peer: Correspondent) -> SealingKeyLike | None:
        try:
            return self._trust.sealing_key(peer.peer, self._now_ms)
        except Refused as refused:
            self.blocked[peer] = refused.reason
            return None

    def data(self, peer: Correspondent, lane: Lane) -> bool:
        """Seal the next batch of waiting records of a lane; False where none may leave now."""
        return bool(tried(lambda: self._data(peer, lane), partial(self._failed, peer)))

    def anew(self, peer: Correspondent, position: Position, former_id: bytes) -> None:
        """Seal the records of an envelope of ours under a new position: the open ones, or all."""
        if self.can(peer):  # the node has not failed at the one before it
            tried(lambda: self._anew(peer, position, former_id), partial(self._failed, peer))

    def control(self, peer: Correspondent) -> None:
        """Seal what is owed to the peer in control records."""
        tried(lambda: self._control(peer), partial(self._failed, peer))

    def _failed(self, peer: Correspondent, error: Exception) -> None:
        """Have a peer wait at whose records the node failed."""
        self._keys[peer] = None
        self.blocked[peer] = Reason.INTERNAL
        event_logger().error(
            "sealing.failed", peer=peer.peer, reason=Reason.INTERNAL.label, cause=kind_of(error),
            stage=place_of(error.__traceback__),
            cure="its records are kept and tried again; RUNBOOK: the node met a mistake of its own",
        )  # fmt: skip

    def _data(self, peer: Correspondent, lane: Lane) -> bool:
        most_bytes = peer.window.bulk_bytes if lane is Lane.BULK else limits.TARGET_BATCH_BYTES
        after = self._taken.get((peer, lane), 0)
        if not peer.may_leave_partly_filled(lane, self._lanes[peer, lane]):
            size = self._view.waiting_size(peer.peer, lane, limits.MAX_RECORDS, after=after)
            if not would_fill(*size, most_bytes):
                return False
        waiting = self._view.waiting(peer.peer, lane, limits.MAX_RECORDS, most_bytes, after=after)
        batch = first_batch(waiting, most_bytes)
        if not batch:
            return False
        self._taken[peer, lane] = batch[-1].row
        self._seal(peer, batch, lane=lane)
        return True

    def has_room(self, peer: Correspondent, lane: Lane) -> bool:
        """Whether one more envelope of records may be sealed, counting those of now."""
        count, size_bytes = self._new.get(peer, (0, 0))
        return peer.has_room(lane, more=count, more_bytes=size_bytes)

    def _anew(self, peer: Correspondent, position: Position, former_id: bytes) -> None:
        told = position in peer.anew.told
        rows = self._view.records_of(peer.peer, position, accepted=told)
        if rows:
            self._seal(peer, rows, lane=rows[0].lane, replaces=position)
            self.resealed.add(peer)
        else:
            self._retired.append((peer, position))
        self.buried.append((peer, position, former_id))

    def _control(self, peer: Correspondent) -> None:
        view = self._view
        waits = peer.receipt_on_way is not None
        known = Known(
            view.owed(peer.peer, MAX_PENDING) if peer.dues.receipt and not waits else (),
            view.in_streams(peer.peer),
            view.out_stream(peer.peer).receipted,
            view.log_head(),
            self._handed(peer),
            TELLS if self._policy.tell_handover else SILENT,
            self._tallies(peer),
            self._accepts(peer),
        )
        composed = peer.dues.compose(known, peer.before, receipt_waits=waits, now_ms=self._now_ms)
        if not composed.records:
            if composed.handover or composed.tally or composed.accepts:  # looked for in vain
                peer.dues.recorded(composed, self._now_ms, self._policy)
            return
        head = self._head(peer)
        entries = [
            encode_entry(_entry(record, head, self._now_ms, index))
            for index, record in enumerate(composed.records)
        ]
        envelope = self._keep(peer, entries, Lane.URGENT, Family.CONTROL, answers=composed.answers)
        self.kept.append(Kept(peer, envelope, len(entries), composed))

    def _handed(self, peer: Correspondent) -> Sequence[HandedOver]:
        """Return what the peer is to be told of handovers; nothing where it would not read it."""
        due = peer.dues.handover and self._now_ms >= peer.dues.handover_next_ms
        if not due or not self._policy.tell_handover or not self._view.telling(peer.peer):
            return ()
        return self._view.handovers(peer.peer, limits.MAX_HANDOVER_ENVELOPES + 1)

    def _tallies(self, peer: Correspondent) -> list[Tally]:
        """Return the days of which the peer is to be told; none where it would not read them."""
        if not peer.dues.tally or not self._view.knows_tally(peer.peer):
            return []
        found = self._view.tallies_pending(peer.peer, TALLIES)
        return [
            tally for _, body in found if isinstance(tally := decode_control(TALLY, body), Tally)
        ]

    def _accepts(self, peer: Correspondent) -> bytes:
        """Return what we accept; nothing where the peer would not read it, or knows it."""
        due = peer.dues.accepts or not peer.dues.announced
        if not due or not self._view.knows_accepts(peer.peer):
            return b""
        return self._view.setting(OWN_ACCEPTANCE) or b""

    def _seal(
        self,
        peer: Correspondent,
        batch: Sequence[Waiting],
        *,
        lane: Lane,
        replaces: Position | None = None,
    ) -> None:
        envelope = self._keep(
            peer,
            [record.entry for record in batch],
            lane,
            Family.DATA,
            rows=tuple(record.row for record in batch),
            replaces=replaces,
        )
        self.kept.append(Kept(peer, envelope, len(batch)))
        count, size_bytes = self._new.get(peer, (0, 0))
        self._new[peer] = (count + 1, size_bytes + len(envelope.frame))
        self._lanes[peer, lane] += 1

    def _keep(  # noqa: PLR0913 - the parts of an envelope
        self,
        peer: Correspondent,
        entries: Sequence[bytes],
        lane: Lane,
        family: Family,
        *,
        rows: tuple[int, ...] = (),
        answers: tuple[Position, ...] = (),
        replaces: Position | None = None,
    ) -> SealedEnvelope:
        draft = self._draft(peer, lane)
        sealed = self._seals.seal(draft, entries, self._identity.signing_key)
        envelope = SealedEnvelope(
            peer.peer,
            Position(draft.epoch, draft.seq),
            draft.prev,
            sealed.envelope_id,
            sealed.payload_root,
            sealed.frame,
            family,
            lane,
            draft.created_ms,
            rows,
            answers,
            replaces,
        )
        self._heads[peer] = self._head(peer).after(envelope)
        return envelope

    def _head(self, peer: Correspondent) -> OutHead:
        return self._heads.get(peer, peer.head)

    def _draft(self, peer: Correspondent, lane: Lane) -> Draft:
        key = self._keys[peer]
        if key is None:
            raise LookupError("sealing was begun without a key")
        head, trust = self._head(peer), self._trust
        created_ms = max(self._now_ms, head.created_ms)
        return Draft(
            network_id=trust.network_id,
            sender=self._identity.endpoint,
            recipient=peer.peer,
            dir_version=trust.dir_version,
            dir_hash=trust.dir_hash,
            bundle_hash=trust.bundle_hash(peer.peer),
            created_ms=created_ms,
            expires_ms=created_ms + self._policy.lifetime_ms,
            lane=lane,
            suite=key.suite,
            enc_key_id=key.key_id,
            enc_public=key.public,
            epoch=head.epoch,
            seq=head.seq + 1,
            prev=head.envelope_id,
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to record."""
        return not self.kept and not self._retired

    def record(self, change: Transaction) -> None:
        """Keep what was sealed, and what needs no receipt any more."""
        for kept in self.kept:
            change.keep_sealed(kept.envelope)
            if kept.composed is not None and kept.composed.handed:
                told = [one for one in kept.composed.handed if isinstance(one, HandedOver)]
                change.tell_handovers(kept.peer.peer, told, self._now_ms)
            if kept.composed is not None and kept.composed.tallies:
                days = [(one.day, encode_control(one)) for one in kept.composed.tallies]
                envelope_id = kept.envelope.envelope_id
                change.tallies_told(kept.peer.peer, days, envelope_id, self._now_ms)
        for peer, position in self._retired:
            change.retire_sealed(peer.peer, [position])

    def apply(self) -> None:
        """Change memory as recorded; called after the commit."""
        for kept in self.kept:
            composed = kept.composed
            kept.peer.unblock()
            kept.peer.sealed(
                kept.envelope,
                opening=composed is not None and composed.opening,
                receipt=composed is not None and composed.receipt,
            )
            if composed is not None:
                kept.peer.dues.recorded(composed, self._now_ms, self._policy)
        for peer, position, envelope_id in self.buried:
            peer.drop(envelope_id)
            peer.anew.drop(position)
            peer.dues.bury(position, envelope_id)
        for peer in self.resealed:
            peer.anew.sealed(self._now_ms)


def _entry(record: Control, head: OutHead, now_ms: int, index: int) -> Entry:
    """Return a control record with an id of the form of UUIDv7, made from its place."""
    place = b"%d.%d.%d" % (head.epoch, head.seq, index)
    tail = bytearray(sha256(head.envelope_id + place).digest()[:10])
    tail[0] = tail[0] & 0x0F | 0x70
    tail[2] = tail[2] & 0x3F | 0x80
    record_id = now_ms.to_bytes(6) + bytes(tail)
    return Entry(record_id, record_type_of(record), _SCHEMA, None, encode_control(record))
