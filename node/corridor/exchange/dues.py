"""What is owed to one peer in control records, until a control envelope carries it.

Rules:

* everything here comes up again when the peer repeats itself, so it is bounded without loss;
* a question is answered at most once in `answer_gap_ms`;
* what has been composed is forgotten only when the envelope that carries it is recorded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from corridor.errors import Reason
from corridor.exchange.handover import HandedLike, ranges_of
from corridor.exchange.policy import MAX_PENDING, ExchangePolicy
from corridor.exchange.receipts import compose, ref, select
from corridor.exchange.repair import GapWatch, asked, backoff_ms, watch_gap
from corridor.exchange.values import EnvelopeVerdict, Head, InStream, Position
from corridor.wire import control, limits
from corridor.wire.accepts import Accepts
from corridor.wire.handover import TELLS, Handover
from corridor.wire.tally import Tally

TALLIES: Final = 8
"""Days told in one envelope: with every limit reached they are 160 KiB."""
_ANSWERS: Final = 128
"""Tombstones, and as many Undecryptables, in one envelope: with the rest at most 512 records."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows, for what is told to a peer."""

    owed: Sequence[EnvelopeVerdict]
    streams: Sequence[InStream]
    receipted: Head
    log: tuple[int, bytes]
    handed: Sequence[HandedLike] = ()
    """Envelopes of the peer of which it has to be told that they were handed over."""
    telling: int = TELLS
    """What our Handovers say of us."""
    tallies: Sequence[Tally] = ()
    """Days of which the peer has to be told; at most `TALLIES`."""
    accepts: bytes = b""
    """What our national system accepts; empty where the peer would not read it, or need not."""

    @property
    def received(self) -> Head | None:
        """The newest envelope of the peer up to which its newest epoch is complete."""
        if not self.streams:
            return None
        newest = max(self.streams, key=lambda stream: stream.epoch)
        return Head(newest.epoch, newest.complete_to, newest.head_id)


@dataclass(frozen=True, slots=True)
class Composed:
    """Control records for one envelope, and what they settle."""

    records: tuple[control.Control, ...]
    answers: tuple[Position, ...] = ()
    more_owed: bool = False
    receipt: bool = False
    opening: bool = False
    status: bool = False
    deferrals: tuple[bytes, ...] = ()
    tombstones: tuple[Position, ...] = ()
    cannot_open: tuple[bytes, ...] = ()
    watches: tuple[int, ...] = ()
    handover: bool = False
    handed: tuple[HandedLike, ...] = ()
    more_handed: bool = False
    tally: bool = False
    """Days were looked for."""
    tallies: tuple[Tally, ...] = ()
    accepts: bool = False
    """What our national system accepts was looked for."""


@dataclass(slots=True)
class Dues:
    """What is owed to one peer."""

    announced: bool = False
    """The StreamOpen of this epoch is recorded."""
    receipt: bool = False
    status: bool = False
    status_next_ms: int = 0
    contradicted: Head | None = None
    """What we hold where the peer filled a position twice: told instead of the newest."""
    deferrals: dict[bytes, EnvelopeVerdict] = field(default_factory=dict)
    cannot_open: dict[bytes, Reason] = field(default_factory=dict)
    cannot_open_next_ms: int = 0
    _cannot_open_times: int = 0
    tombstones: dict[Position, bytes] = field(default_factory=dict)
    watches: dict[int, GapWatch] = field(default_factory=dict)

    handover: bool = False
    """The peer may have to be told of handovers; the store knows."""
    handover_next_ms: int = 0
    handover_again: bool = False
    """Control of ours was lost: all that is remembered of handovers is told again."""
    tally: bool = False
    """The peer may have to be told of days; the store knows."""
    accepts: bool = False
    """The peer may have to be told what our national system accepts; the store knows."""

    def ask_the_store(self, *, status: bool = False) -> None:
        """Have everything told that the store alone knows to be untold."""
        self.status |= status
        self.handover = self.tally = self.accepts = True

    def defer(self, verdict: EnvelopeVerdict) -> None:
        """Tell the peer that an envelope of its is held."""
        if len(self.deferrals) < MAX_PENDING:
            self.deferrals[verdict.envelope_id] = verdict
            self.receipt = True

    def bury(self, position: Position, envelope_id: bytes) -> bool:
        """Tell the peer that a position of ours is closed; False where too many wait already."""
        if len(self.tombstones) < MAX_PENDING:
            self.tombstones.setdefault(position, envelope_id)
        return position in self.tombstones

    def opened(self) -> None:
        """Something of the peer could be opened."""
        self.cannot_open_next_ms = self._cannot_open_times = 0

    def refuse_opening(self, envelope_id: bytes, reason: Reason) -> None:
        """Tell the peer that we cannot open an envelope of its.

        Told ever more rarely until something can be opened: where neither can open what the
        other sends, each answer would call for another for ever.
        """
        if len(self.cannot_open) < MAX_PENDING:
            self.cannot_open[envelope_id] = reason

    def watch(
        self,
        epoch: int,
        gaps: tuple[tuple[int, int], ...],
        *,
        urgent: bool,
        now_ms: int,
        policy: ExchangePolicy,
    ) -> None:
        """Take note of what is missing in an epoch of the peer's stream."""
        found = watch_gap(
            self.watches.get(epoch), gaps, urgent=urgent, now_ms=now_ms, policy=policy
        )
        if found is None:
            self.watches.pop(epoch, None)
        else:
            self.watches[epoch] = found

    def due_ms(self, *, receipt_waits: bool) -> int | None:
        """Return from when on something may be sent (0: now); None where nothing is owed."""
        if not self.announced or self.tombstones or self.tally or self.accepts:
            return 0
        if self.receipt and not receipt_waits:
            return 0
        times = [watch.due_ms for watch in self.watches.values()]
        if self.status:
            times.append(self.status_next_ms)
        if self.handover:
            times.append(self.handover_next_ms)
        if self.cannot_open:
            times.append(self.cannot_open_next_ms)
        return min(times, default=None)

    def compose(
        self, known: Known, last_sent: Head, *, receipt_waits: bool, now_ms: int
    ) -> Composed:
        """Return the control records that may leave now."""
        received, opening = known.received, not self.announced
        records = _opening(known, last_sent) if opening else []
        verdicts: tuple[EnvelopeVerdict, ...] = ()
        receipt = self.receipt and not receipt_waits
        if receipt:
            verdicts = select((*self.deferrals.values(), *known.owed))
            records.append(compose(verdicts, known.streams, *known.log))
        status = self.status and now_ms >= self.status_next_ms
        if status:
            told = self.contradicted or received
            records.append(control.StreamStatus(_ref(told), _ref(known.receipted)))
        watches = tuple(epoch for epoch, w in self.watches.items() if w.due_ms <= now_ms)
        if watches:
            records.append(_resend({epoch: self.watches[epoch] for epoch in watches}))
        tombstones, cannot_open = self._answers(now_ms, records)
        handover, handed = self._handovers(known, now_ms, records)
        records += _further(known, opening=opening)
        deferrals = self._carried(verdicts)
        answers = tuple(v.position for v in verdicts if v.envelope_id not in self.deferrals)
        return Composed(
            tuple(records),
            answers,
            more_owed=len(answers) < len(known.owed) or len(known.owed) >= MAX_PENDING,
            receipt=receipt,
            opening=opening,
            status=status,
            deferrals=deferrals,
            tombstones=tombstones,
            cannot_open=cannot_open,
            watches=watches,
            handover=handover,
            handed=handed,
            more_handed=len(known.handed) > len(handed),
            tally=self.tally,
            tallies=tuple(known.tallies),
            accepts=self.accepts or opening,
        )

    def _carried(self, verdicts: Sequence[EnvelopeVerdict]) -> tuple[bytes, ...]:
        """Return which deferrals are among `verdicts`, each once."""
        carried = {verdict.envelope_id for verdict in verdicts}
        return tuple(id_ for id_ in self.deferrals if id_ in carried)

    def _handovers(
        self, known: Known, now_ms: int, records: list[control.Control]
    ) -> tuple[bool, tuple[HandedLike, ...]]:
        """Add what is told of handovers; returns whether it was looked for, and what is told."""
        if not self.handover or now_ms < self.handover_next_ms:
            return False, ()
        ranges, count = ranges_of(known.handed)
        if ranges:
            records.append(Handover(known.telling, ranges))
        return True, tuple(known.handed[:count])

    def _answers(
        self, now_ms: int, records: list[control.Control]
    ) -> tuple[tuple[Position, ...], tuple[bytes, ...]]:
        """Add Tombstones and Undecryptables; returns of what they speak."""
        tombstones = tuple(self.tombstones)[:_ANSWERS]
        may_tell = now_ms >= self.cannot_open_next_ms
        cannot_open = tuple(self.cannot_open)[: _ANSWERS if may_tell else 0]
        records += [_tombstone(position, self.tombstones[position]) for position in tombstones]
        records += [control.Undecryptable(id_, self.cannot_open[id_]) for id_ in cannot_open]
        return tombstones, cannot_open

    def recorded(self, composed: Composed, now_ms: int, policy: ExchangePolicy) -> None:
        """Forget what `composed` carries: the envelope with it is recorded."""
        self.announced = self.announced or composed.opening
        if composed.receipt:
            self.receipt = composed.more_owed or len(composed.deferrals) < len(self.deferrals)
        if composed.status:
            self.status, self.status_next_ms = False, now_ms + policy.answer_gap_ms
            self.contradicted = None
        for envelope_id in composed.deferrals:
            del self.deferrals[envelope_id]
        for position in composed.tombstones:
            del self.tombstones[position]
        for envelope_id in composed.cannot_open:
            del self.cannot_open[envelope_id]
        if composed.cannot_open:
            wait_ms = backoff_ms(
                self._cannot_open_times, policy.answer_gap_ms, policy.retry_most_ms
            )
            self.cannot_open_next_ms = now_ms + wait_ms
            self._cannot_open_times += 1
        self._handover_recorded(composed, now_ms + policy.handover_gap_ms)
        for epoch in composed.watches:
            self.watches[epoch] = asked(self.watches[epoch], now_ms, policy)

    def _handover_recorded(self, composed: Composed, next_ms: int) -> None:
        if composed.handover:
            self.handover = composed.more_handed
            self.handover_next_ms = next_ms
        if composed.tally:
            self.tally = len(composed.tallies) >= TALLIES
        if composed.accepts:
            self.accepts = False


def _opening(known: Known, last_sent: Head) -> list[control.Control]:
    """Return what begins an epoch: where the streams stand, and what we know how to read."""
    opened = control.StreamOpen(_ref(last_sent), _ref(known.received))
    return [opened, Handover(known.telling), Tally(0), Accepts(known.accepts)]


def _further(known: Known, *, opening: bool) -> list[control.Control]:
    """Return what is told of days, and what is accepted where no opening says it."""
    said = [Accepts(known.accepts)] if known.accepts and not opening else []
    return [*known.tallies, *said]


def _ref(head: Head | None) -> control.HeadRef:
    """Return a head that is always written: a record with an empty body is no record."""
    return control.HeadRef(0, 0, b"") if head is None else ref(head)


def _tombstone(position: Position, envelope_id: bytes) -> control.Tombstone:
    return control.Tombstone(control.HeadRef(position.epoch, position.seq, envelope_id))


def _resend(watches: Mapping[int, GapWatch]) -> control.Resend:
    """Ask for what is missing, oldest epoch first, within the bounds of one Resend."""
    ranges: list[control.SequenceRange] = []
    left = limits.MAX_RESEND_ENVELOPES
    for epoch in sorted(watches):
        for first, last in watches[epoch].gaps:
            last_asked = min(last, first + left - 1)
            if last_asked >= first and len(ranges) < limits.MAX_RESEND_RANGES:
                ranges.append(control.SequenceRange(epoch, first, last_asked))
                left -= last_asked - first + 1
    return control.Resend(tuple(ranges))
