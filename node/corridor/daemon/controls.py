"""Acting on control records of a peer, within the transaction that keeps them (PROTOCOL §6).

Rules:

* what a peer says of our envelopes counts only where it names one that we sent to it;
* what it says of its own streams moves only its own streams;
* everything that has to be answered becomes a cue.
"""

from collections.abc import Iterable, Mapping, Sequence

from corridor.daemon.accepting import mind_stream_open, take_accepts
from corridor.daemon.recording import Recording
from corridor.daemon.recovered import note_closed
from corridor.errors import Reason
from corridor.exchange.clock_check import least_skew_ms
from corridor.exchange.cues import (
    ControlRefused,
    HandedOn,
    HeadTold,
    PeerCannotOpen,
    ReceiptApplied,
    Receipted,
    ReceiptRefused,
    ResendAsked,
    RestoreSeen,
)
from corridor.exchange.receipts import fault_of, head_of, verdict_in
from corridor.exchange.receive import Judged
from corridor.exchange.reconciling import is_of_reach
from corridor.exchange.recovery import believed_highest
from corridor.exchange.values import (
    EnvelopeVerdict,
    Head,
    InFlight,
    LeafKind,
    Position,
)
from corridor.store.reconciling_port import ToldDay
from corridor.transit.parties import Endpoint
from corridor.trust.acceptances import Signer
from corridor.wire import control
from corridor.wire.accepts import Accepts
from corridor.wire.handover import Handover, HandoverRange
from corridor.wire.tally import Tally


class Controls:
    """Acts on the control records of one transaction."""

    def __init__(self, recording: Recording, signer: Signer) -> None:
        """Act within `recording`; `signer` says whose key signs what partners accept."""
        self._signer = signer
        self.outcomes_grew = False
        self._recording = recording
        self._change = recording.change

    def act_on(self, envelopes: Iterable[Judged]) -> None:
        """Act on every control record of these envelopes, in order."""
        for judged in envelopes:
            self._act(judged)

    def _act(self, judged: Judged) -> None:  # noqa: C901 - one arm a record
        for record in judged.control:
            match record:
                case control.Receipt():
                    self._receipt(judged, record)
                case control.Resend(ranges):
                    self._resend(judged.peer, ranges)
                case control.StreamOpen(last_sent):
                    self._stream_open(judged, last_sent)
                case control.StreamStatus(received, receipted):
                    self._status(judged, received, receipted)
                case control.Tombstone(closed):
                    self._tombstone(judged.peer, head_of(closed))
                case control.Undecryptable(envelope_id, reason):
                    self._undecryptable(judged.peer, envelope_id, reason)
                case Handover(telling, ranges):
                    self._handover(judged.peer, telling, ranges)
                case Tally():
                    self._tally(judged, record)
                case Accepts(statement):
                    take_accepts(self._recording, judged.peer, statement, self._signer)
                case _:  # a canary is receipted, never acted on
                    self._nonsense(judged.peer, Reason.RECORD_TYPE)

    def _nonsense(self, peer: Endpoint, reason: Reason) -> None:
        self._recording.events.append(ControlRefused(peer, reason))

    # -- of our streams

    def _receipt(self, judged: Judged, receipt: control.Receipt) -> None:
        peer = judged.peer
        verdicts = [verdict_in(found) for found in receipt.verdicts]
        heads = [head_of(found) for found in receipt.complete_to if found.sequence]
        ids = [verdict.envelope_id for verdict in verdicts]
        ids += [head.envelope_id for head in heads]
        sent = self._change.find_sealed_many(peer, ids)
        self._verdicts(judged, verdicts, sent)
        for head in heads:
            found = sent.get(head.envelope_id)
            if found is None or found.position != Position(head.epoch, head.seq):
                self._recording.events.append(ReceiptRefused(peer, "head"))
            else:
                self._change.complete_to(peer, head, self._recording.now_ms)
        if judged.position.epoch < max(self._recording.streams(peer), default=0):
            # written before its sender started anew, which may have forgotten what it says
            self._recording.owe_status(peer)

    def _verdicts(
        self, judged: Judged, verdicts: Sequence[EnvelopeVerdict], sent: Mapping[bytes, InFlight]
    ) -> None:
        peer, believed = judged.peer, []
        for verdict in verdicts:
            fault = fault_of(verdict, sent.get(verdict.envelope_id))
            if fault is None:
                believed.append(verdict)
            else:
                self._recording.events.append(ReceiptRefused(peer, fault))
        if not believed:
            return
        for verdict in believed:
            self._close(judged, verdict, sent[verdict.envelope_id])
        told = tuple((sent[v.envelope_id], v.verdict) for v in believed)
        self._recording.cue(Receipted(peer, told))

    def _close(self, judged: Judged, verdict: EnvelopeVerdict, sent: InFlight) -> None:
        peer, now_ms = judged.peer, self._recording.now_ms
        final = self._change.close_sealed(peer, verdict, now_ms)
        self.outcomes_grew = self.outcomes_grew or bool(final)
        reasons = [verdict.reason, *(exception.reason for exception in verdict.exceptions)]
        self._recording.events.append(
            ReceiptApplied(
                peer,
                sent.lane,
                len(final),
                verdict.verdict,
                tuple(reason for reason in reasons if reason is not None),
                max(now_ms - sent.created_ms, 0),
                None if sent.oldest_ms is None else max(now_ms - sent.oldest_ms, 0),
                least_skew_ms(sent.created_ms, judged.frame.header.created_ms, now_ms),
                sent.envelope_id,
            )
        )

    def _resend(self, peer: Endpoint, ranges: Sequence[control.SequenceRange]) -> None:
        positions = tuple(
            Position(found.epoch, seq)
            for found in ranges
            for seq in range(found.first, found.last + 1)
        )
        self._recording.cue(ResendAsked(peer, positions))

    def _handover(self, peer: Endpoint, telling: int, ranges: Sequence[HandoverRange]) -> None:
        """Note how far records of ours have come, and that the peer reads what we would tell."""
        if self._change.telling(peer) != telling:
            self._change.keep_telling(peer, telling)
            self._recording.cue(HandedOn())
        self._change.note_handovers(peer, ranges, self._recording.now_ms)

    def _tally(self, judged: Judged, tally: Tally) -> None:
        """Keep what the peer tells of a day: it is counted here and compared later."""
        peer, now_ms = judged.peer, self._recording.now_ms
        if not self._change.knows_tally(peer):
            self._change.keep_knows_tally(peer, knows=True)
        if tally.day == 0:
            return
        if not is_of_reach(tally.day, now_ms):
            self._nonsense(peer, Reason.CONTROL_MALFORMED)
            return
        body = control.encode_control(tally)
        told = ToldDay(tally.day, body, judged.frame.envelope_id, judged.position)
        self._change.note_tally(peer, told, now_ms)

    def _undecryptable(self, peer: Endpoint, envelope_id: bytes, reason: int) -> None:
        sent = self._change.find_sealed(peer, envelope_id)
        if sent is None:
            self._recording.events.append(ReceiptRefused(peer, "unknown_envelope"))
        else:
            self._recording.cue(PeerCannotOpen(peer, sent, reason))

    # -- of its streams

    def _stream_open(self, judged: Judged, last_sent: control.HeadRef | None) -> None:
        peer, recording = judged.peer, self._recording
        recording.owe_status(peer)
        tells = any(isinstance(record, Handover) for record in judged.control)
        newest = judged.position.epoch >= max(recording.streams(peer), default=0)
        if newest and not tells and self._change.telling(peer):
            self._change.keep_telling(peer, 0)  # an older node runs there now
        counts = any(isinstance(record, Tally) for record in judged.control)
        if newest and not counts and self._change.knows_tally(peer):
            self._change.keep_knows_tally(peer, knows=False)
        mind_stream_open(recording, judged, newest=newest)
        head = head_of(last_sent) if last_sent else Head(0, 0, b"")
        if head.epoch >= judged.position.epoch:
            self._nonsense(peer, Reason.EPOCH)
            return
        between = [e for e in recording.streams(peer) if head.epoch < e < judged.position.epoch]
        stream = recording.named(peer, head.epoch) if head.seq else None
        if between or (stream is not None and stream.highest > head.seq):
            # it has forgotten what it sent; both heads stay, in the store and in its signature
            recording.leaf(LeafKind.STREAM_RESET, judged.frame.envelope_id)
            recording.events.append(RestoreSeen(peer, ours=False))
        if stream is not None:
            stream.note_highest(head.seq)
            recording.touch(stream)

    def _tombstone(self, peer: Endpoint, closed: Head) -> None:
        position = Position(closed.epoch, closed.seq)
        if self._recording.close(peer, position, closed.envelope_id):
            note_closed(self._recording, peer, closed.envelope_id)

    def _status(
        self,
        judged: Judged,
        received: control.HeadRef | None,
        receipted: control.HeadRef | None,
    ) -> None:
        peer = judged.peer
        if receipted is not None and receipted.sequence:
            self._receipted_before(judged, head_of(receipted))
        head = head_of(received) if received else None
        known = False
        if head is not None and head.seq:
            sent = self._change.find_sealed(peer, head.envelope_id)
            known = sent is not None and sent.position == Position(head.epoch, head.seq)
        if known and head is not None:
            self._change.note_answer(peer, head.epoch, self._recording.now_ms)
            self._recording.memory.recovering = None
        self._recording.cue(HeadTold(peer, head, known))

    def _receipted_before(self, judged: Judged, head: Head) -> None:
        """The peer holds a receipt of ours; where we do not hold what it is for, we forgot it."""
        peer, recording = judged.peer, self._recording
        known = recording.reception(peer, head.epoch, create=False)
        highest = believed_highest(head, judged.position, known.highest if known else 0)
        if highest is None:
            self._nonsense(peer, Reason.WINDOW)
            return
        stream = recording.named(peer, head.epoch)
        if stream is None or head.seq <= stream.complete_to or head.seq in stream.ahead:
            return
        if highest < head.seq:
            self._nonsense(peer, Reason.WINDOW)  # so far ahead its own stream has to show it
        stream.note_highest(highest)
        recording.touch(stream)
        recording.mark_restored(learnt_from=peer)
        recording.leaf(LeafKind.STREAM_RESET, head.envelope_id)
        recording.events.append(RestoreSeen(peer, ours=True))
