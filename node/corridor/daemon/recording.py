"""One transaction's worth of receiving: place, settle, keep, and act on control (PROTOCOL §6).

Rules:

* a record enters the inbox, and the receipt for it is owed, in the same transaction;
* control records are acted on when they arrive, whatever gap precedes them;
* a control record that makes no sense has no effect and is counted;
* cues and events are collected and leave only after the commit.
"""

from collections.abc import MutableMapping
from typing import Final

from corridor.daemon.remembering import Memory as Memory  # noqa: PLC0414 (an export on purpose)
from corridor.daemon.restored import (
    declare_restored,
    learn_restored,
    remembered_until_ms,
)
from corridor.daemon.whole_files import with_whole_files
from corridor.errors import Reason
from corridor.exchange.cues import (
    CannotOpen,
    ControlRefused,
    Cue,
    Deferred,
    EnvelopeReceived,
    Event,
    ForkSeen,
    FrameRefused,
    GapsSeen,
    Heard,
    ReceiptOwed,
    StatusOwed,
)
from corridor.exchange.policy import CONTROLS_PER_RECEIPT, MAX_OPEN_EPOCHS, ExchangePolicy
from corridor.exchange.receive import (
    SPOILT,
    Disposal,
    Judged,
    Refusal,
    Unopened,
    lane_of,
)
from corridor.exchange.streams import KEPT, Place, Reception, finished, late_original
from corridor.exchange.values import (
    FORK_ID,
    ZERO_ID,
    Family,
    Head,
    Held,
    Lane,
    LeafEntry,
    LeafKind,
    Position,
    Quarantined,
    ReceivedEnvelope,
    Verdict,
)
from corridor.exchange.verdicts import deferral, settle
from corridor.store.port import Transaction
from corridor.transit.parties import Endpoint
from corridor.wire import control

_HEARD_REMEMBERED: Final = 4096


class Recording:
    """Records judged envelopes within one transaction."""

    def __init__(
        self, change: Transaction, memory: Memory, policy: ExchangePolicy, now_ms: int
    ) -> None:
        """Begin with nothing recorded."""
        self.change = change
        self.memory = memory
        self.policy = policy
        self.now_ms = now_ms
        self.cues: dict[Cue, None] = {}
        self.events: list[Event] = []
        self.inbox_grew = False
        self.control: list[Judged] = []
        """Kept envelopes with control records, to be acted on once they are placed."""
        self._kept: list[ReceivedEnvelope] = []
        self._touched: dict[tuple[Endpoint, int], Lane] = {}

    # -- what is not kept

    def refuse(self, refusal: Refusal, since_ms: int) -> None:
        """Dispose of a frame that is not answered."""
        disposal = refusal.disposal
        if disposal is Disposal.HELD and not self.hold(
            refusal.link, refusal.frame, refusal.reason, since_ms
        ):
            disposal = Disposal.QUARANTINED  # no statement made it right for a day: ask a person
        if disposal is Disposal.QUARANTINED:
            self.quarantine(refusal.link, refusal.frame, refusal.reason, refusal.detail)
        self._frame_event(refusal.link, refusal.reason, disposal)

    def hold(self, link: str, frame: bytes, reason: Reason, since_ms: int) -> bool:
        """Keep a frame to be judged again; False where it has been held too long."""
        if self.now_ms - since_ms > self.policy.held_ms:
            return False
        # by link: the sender it claims is not proved, the link is
        held = Held(link, link, reason, frame, since_ms)
        for _ in range(self.change.hold(held, self.policy.held_per_sender)):
            self._frame_event(link, Reason.HELD_FULL, Disposal.DROPPED)
        return True

    def quarantine(self, link: str, frame: bytes, reason: Reason, detail: str = "") -> None:
        """Put a frame aside for a person."""
        self.change.quarantine(Quarantined(link, reason, frame, self.now_ms, detail))

    def unopened(self, link: str, frame: bytes, found: Unopened) -> None:
        """Answer an authentic envelope that we cannot open, and keep it: keys may come back."""
        self.quarantine(link, frame, found.reason)
        self.cue(CannotOpen(found.peer, found.envelope_id, found.reason))
        self._frame_event(link, found.reason, "unopened")

    def _frame_event(self, link: str, reason: Reason, disposal: str) -> None:
        self.events.append(FrameRefused(link, reason, str(disposal)))

    def cue(self, cue: Cue) -> None:
        """Tell the sending side, once."""
        self.cues[cue] = None

    # -- what is kept

    def take(self, judged: Judged, known: MutableMapping[bytes, bytes], since_ms: int) -> None:
        """Do R17 and keep the envelope, or say why not."""
        self.cue(Heard(judged.peer))
        if judged.deferred is not None:
            self._defer(judged, judged.deferred, since_ms)
            return
        place = self.take_if_placed(judged, known)
        if place not in KEPT:
            self._turn_away(judged, place)

    def take_if_placed(self, judged: Judged, known: MutableMapping[bytes, bytes]) -> Place | None:
        """Keep the envelope where its stream has a place for it, else do nothing.

        Returns that place; None where no further epoch is kept open.
        """
        place = self._place(judged) if self._has_room_for_former(judged) else None
        if place in KEPT:
            self._keep(judged, known)
        return place

    def _defer(self, judged: Judged, reason: Reason, since_ms: int) -> None:
        envelope_id = judged.frame.envelope_id
        if self.change.at_position(judged.peer, judged.position) == envelope_id:
            return  # its sender has closed the position: what it holds comes anew
        # what has expired time does not heal: its sender seals it anew
        if reason is not Reason.EXPIRED and not self.hold(
            judged.link, judged.data, reason, since_ms
        ):
            self._frame_event(judged.link, reason, Disposal.DROPPED)
        if since_ms == self.now_ms:  # told when it comes, not whenever it is looked at again
            self.cue(Deferred(judged.peer, deferral(judged, reason)))
            self._frame_event(judged.link, reason, "deferred")

    def _place(self, judged: Judged) -> Place | None:
        """Return the place in its stream; None where no further epoch is kept open."""
        stream = self.reception(judged.peer, judged.position.epoch, create=True)
        if stream is None:
            return None
        envelope_id = judged.frame.envelope_id
        place = stream.place(judged.position.seq, envelope_id, judged.prev)
        if place is Place.TAKEN:
            held = self.change.at_position(judged.peer, judged.position)
            late = held is not None and late_original(held, envelope_id)
            place = Place.LATE if late else Place.FORK
        return place

    def _has_room_for_former(self, judged: Judged) -> bool:
        """Whether the epoch before it, if it names one, can be opened.

        A StreamOpen that was kept would not come again, and how far that epoch goes stands
        nowhere else.
        """
        peer, epoch = judged.peer, judged.position.epoch
        opened = [r.last_sent for r in judged.control if isinstance(r, control.StreamOpen)]
        return all(
            self.named(peer, head.epoch) is not None
            for head in opened
            if head is not None and head.sequence and head.epoch < epoch
        )

    def _turn_away(self, judged: Judged, place: Place | None) -> None:
        link, frame = judged.link, judged.data
        if place is None or place is Place.BEYOND:
            reason = Reason.EPOCH if place is None else Reason.WINDOW
            self._frame_event(link, reason, Disposal.DROPPED)
            self._not_kept(judged)
        elif place is Place.IMPOSSIBLE:
            self.quarantine(link, frame, Reason.SEQUENCE)
            self._frame_event(link, Reason.SEQUENCE, Disposal.QUARANTINED)
        else:
            self._fork(judged)

    def _not_kept(self, judged: Judged) -> None:
        """Take from an envelope that is too far ahead what ends the waiting for it."""
        stream = self.reception(judged.peer, judged.position.epoch, create=True)
        if stream is not None and stream.note_highest(judged.position.seq):
            self.touch(stream)  # it shows that all before it is missing
        # of two streams beyond their windows each waits for what the other asks
        heard = judged.family is Family.CONTROL and judged.reason is None
        if heard and self._is_news(judged):
            self.control.append(judged)

    def _is_news(self, judged: Judged) -> bool:
        """Whether control that is not kept, and so not known (R3), has not been acted on yet."""
        heard, envelope_id = self.memory.heard, judged.frame.envelope_id
        if len(heard) >= _HEARD_REMEMBERED:
            heard.clear()
        # a StreamOpen is repeated for want of an answer
        news = envelope_id not in heard or _is_opening(judged)
        heard.add(envelope_id)
        return news

    def _fork(self, judged: Judged) -> None:
        """Keep both as evidence, tell the sender what we hold, and let nothing wait for it."""
        peer, position = judged.peer, judged.position
        held = self._held_at(peer, position)
        self.quarantine(judged.link, judged.data, Reason.FORK)
        self.leaf(LeafKind.FORK, judged.frame.envelope_id, held.envelope_id if held else ZERO_ID)
        self.close(peer, position, FORK_ID)
        self._frame_event(judged.link, Reason.FORK, Disposal.QUARANTINED)
        self.events.append(ForkSeen(peer, position))
        # where nothing is held its sender seals anew what it wrote: the receipt of an envelope
        # that came late would be forgotten with a store, and no gap would show it
        self.cue(StatusOwed(peer, held or Head(position.epoch, position.seq, FORK_ID)))

    def _held_at(self, peer: Endpoint, position: Position) -> Head | None:
        held = self.change.at_position(peer, position) or ZERO_ID
        for kept in self._kept:  # by this very transaction, and not written yet
            if kept.peer == peer and kept.position == position:
                held = kept.envelope_id
        return None if held == ZERO_ID else Head(position.epoch, position.seq, held)

    def close(self, peer: Endpoint, position: Position, envelope_id: bytes) -> bool:
        """Close a missing position, so that no gap stays open for ever; False: it is not missing.

        Its sender may name by it an epoch of which nothing is here, and how far that went.
        """
        stream = self.named(peer, position.epoch)
        if stream is None:
            return False
        if stream.close(position.seq, envelope_id):
            self.change.put_tombstone(peer, position, envelope_id, self.now_ms)
            self.touch(stream)
            return True
        if stream.note_highest(position.seq - 1):  # it is beyond the window
            self.touch(stream)
        return False

    def _keep(self, judged: Judged, known: MutableMapping[bytes, bytes]) -> None:
        created_ms = judged.frame.header.created_ms
        restored_ms = remembered_until_ms(self.memory.restored_ms, self.change, judged.peer)
        repeat = restored_ms >= created_ms
        judged = with_whole_files(self.change, judged)
        envelope = settle(
            judged, known, self.now_ms, possible_repeat=repeat, restored_ms=restored_ms,
            returning=judged.peer in self.memory.not_returned(self.change),
        )  # fmt: skip
        self._kept.append(envelope)
        lane = lane_of(judged.frame)
        key = (judged.peer, judged.position.epoch)
        # nobody waits for control: only records make a gap urgent
        haste = lane if judged.family is Family.DATA else Lane.BULK
        self._touched[key] = min(haste, self._touched.get(key, haste))
        if judged.reason in SPOILT:
            self.quarantine(judged.link, judged.data, judged.reason)
        if judged.family is Family.DATA:
            self.inbox_grew = True
            self.cue(ReceiptOwed(judged.peer))
        else:
            self._keep_control(judged)
        self.events.append(_received(judged, envelope, lane))

    def _keep_control(self, judged: Judged) -> None:
        self.events += [ControlRefused(judged.peer, reason) for reason in judged.malformed]
        count = self.memory.controls.get(judged.peer, 0) + 1
        if count >= CONTROLS_PER_RECEIPT:
            count = 0
            self.cue(ReceiptOwed(judged.peer))
        self.memory.controls[judged.peer] = count
        if judged.reason is None:
            self.control.append(judged)

    # -- streams

    def named(self, peer: Endpoint, epoch: int) -> Reception | None:
        """Return an epoch of peer → us that its sender names: twice as many may be open.

        Were there no room for them, each open epoch could wait for the one that it names.
        """
        return self.reception(peer, epoch, create=True, most=2 * MAX_OPEN_EPOCHS)

    def reception(
        self, peer: Endpoint, epoch: int, *, create: bool, most: int | None = None
    ) -> Reception | None:
        """Return one epoch of peer → us; None where it is unknown and must not be created."""
        streams = self.streams(peer)
        found = streams.get(epoch)
        if found is None:
            kept = self.change.in_stream(peer, epoch)
            if len(streams) >= (most or MAX_OPEN_EPOCHS) or (kept is None and not create):
                return None
            found = Reception(peer, epoch) if kept is None else Reception.of(kept)
            streams[epoch] = found
        return found

    def streams(self, peer: Endpoint) -> dict[int, Reception]:
        """Return the open epochs of peer → us."""
        streams = self.memory.streams.get(peer)
        if streams is None:
            kept = self.change.in_streams(peer)
            streams = self.memory.streams[peer] = {s.epoch: Reception.of(s) for s in kept}
        return streams

    def touch(self, stream: Reception, lane: Lane = Lane.ROUTINE) -> None:
        """Have an epoch recorded, and its gaps told, at the end of this transaction."""
        self._touched.setdefault((stream.peer, stream.epoch), lane)

    def mark_restored(self, learnt_from: Endpoint | None = None) -> None:
        """Mark what was created until now as possibly handed on before: of all, or of one alone."""
        if learnt_from:
            learn_restored(self.change, learnt_from, self.now_ms)
        else:
            declare_restored(self.change, self.now_ms)
        self.memory.restored_ms.clear()
        self.memory.recovering = None

    def leaf(self, kind: LeafKind, subject: bytes, aux: bytes = ZERO_ID) -> None:
        """Add to the evidence log."""
        self.change.append_leaf(LeafEntry(kind, self.now_ms, subject, aux))

    def owe_again(self, peer: Endpoint, positions: list[Position]) -> None:
        """Owe receipts for envelopes that came again."""
        self.change.owe_receipt(peer, positions)
        self.cue(ReceiptOwed(peer))

    def owe_status(self, peer: Endpoint) -> None:
        """Have the peer told what we know of its streams."""
        self.cue(StatusOwed(peer))

    def keep_all(self) -> None:
        """Write the envelopes that were taken."""
        if self._kept:
            self.change.keep_received_many(self._kept)

    def put_streams(self) -> None:
        """Write the streams that moved, and say what is missing in them."""
        for (peer, epoch), lane in self._touched.items():
            stream = self.streams(peer).get(epoch)
            if stream is not None:
                self.change.put_in_stream(stream.value())
                self.cue(GapsSeen(peer, epoch, stream.gaps(), urgent=lane is Lane.URGENT))
        for peer in {peer for peer, _ in self._touched}:
            streams = self.streams(peer)
            for epoch in finished(streams):
                self.change.close_in_stream(peer, epoch)
                del streams[epoch]


def _is_opening(judged: Judged) -> bool:
    return any(isinstance(record, control.StreamOpen) for record in judged.control)


def _received(judged: Judged, envelope: ReceivedEnvelope, lane: Lane) -> EnvelopeReceived:
    refused = tuple(
        r.reason for r in envelope.records if r.reason is not None and r.verdict is Verdict.REFUSED
    )
    count = len(envelope.records)
    accepted = sum(record.verdict is Verdict.ACCEPTED for record in envelope.records)
    return EnvelopeReceived(
        judged.peer,
        lane,
        judged.family,
        count,
        accepted,
        refused if judged.reason is None else (judged.reason,),
        len(judged.data),
        envelope.created_ms,
        envelope.received_ms,
    )
