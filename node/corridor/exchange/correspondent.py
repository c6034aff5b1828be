"""What the sending side remembers of one peer, and what it may do next (PROTOCOL §7).

Rules:

* nothing here is the truth: all of it is loaded from the store at start, or comes up again when
  the peer repeats itself;
* control envelopes have credit of their own and are forgotten when our broker confirms them,
  but for the one that opened the epoch, which the peer answers;
* a silent peer gets one copy of the newest envelope at a time: it shows the gap, if there is one,
  and the brokers between us are not filled;
* a receipt waits while another awaits its confirm, so that under load one tells of many.
"""

from typing import Final

from corridor.errors import Reason
from corridor.exchange import flying
from corridor.exchange.anew import Anew
from corridor.exchange.cues import Way
from corridor.exchange.dues import Dues
from corridor.exchange.outgoing import (
    Flight,
    OutHead,
    Stage,
    Step,
    in_flight_of,
    is_ahead,
    is_stale,
    next_epoch,
)
from corridor.exchange.policy import CONTROL_CREDIT, MAX_EPOCH_LEAD_S, MAX_PENDING, ExchangePolicy
from corridor.exchange.repair import SHUT_GATES, Breaker, Gate, GateCue, backoff_ms, turn
from corridor.exchange.values import (
    Family,
    Head,
    InFlight,
    Lane,
    Position,
    SealedEnvelope,
    Verdict,
)
from corridor.exchange.window import Window
from corridor.transit.parties import Endpoint
from corridor.wire import limits

NEVER_MS: Final = 1 << 62


class Correspondent:
    """One peer in the memory of the sending side."""

    def __init__(self, peer: Endpoint, policy: ExchangePolicy, before: Head, now_ms: int) -> None:
        """Open a new epoch in memory; `before` is the last envelope ever sealed for the peer."""
        self.peer = peer
        self.policy = policy
        self.before = before
        self.head = OutHead(next_epoch(before.epoch, now_ms))
        self.allowed = False
        """Whether an agreement lets anything pass."""
        self.dues = Dues()
        self.window = Window(policy)
        self.breaker = Breaker()
        self.flights: dict[bytes, Flight] = {}
        self.by_position: dict[Position, bytes] = {}
        self.in_flight = 0
        self.in_flight_bytes = 0
        self.heard_ms = 0
        self.opening: bytes | None = None
        """The envelope that opened this epoch, until the peer answers it."""
        self.receipt_on_way: bytes | None = None
        self.controls_on_way: set[bytes] = set()
        self.asked: dict[Position, None] = {}
        """What the peer asked for and is not in `flights`."""
        self.asked_on_way: set[bytes] = set()  # published, not confirmed
        self.resent: dict[Position, int] = {}
        self.anew = Anew(policy)
        self._openings = 0
        """How often the opening of this epoch went out in vain, by envelopes that are gone."""
        self.blocked: Reason | None = None
        """Why nothing can be sealed for the peer."""
        self.blocked_until_ms = 0
        self._blocks = 0

    # -- envelopes of ours

    def add(self, flight: Flight) -> None:
        """Take an envelope of ours into memory."""
        envelope = flight.envelope
        self.flights[envelope.envelope_id] = flight
        self.by_position[envelope.position] = envelope.envelope_id
        if flight.is_data:
            self.in_flight += 1
            self.in_flight_bytes += envelope.size_bytes
        else:
            self.controls_on_way.add(envelope.envelope_id)

    def drop(self, envelope_id: bytes) -> Flight | None:
        """Forget an envelope of ours that is done."""
        flight = self.flights.pop(envelope_id, None)
        if flight is None:
            return None
        flight.step(Step.CLOSED)
        envelope = flight.envelope
        del self.by_position[envelope.position]
        self._settle_control(envelope_id)
        if self.opening == envelope_id:
            self.opening = None
        if flight.is_data:
            self.in_flight -= 1
            self.in_flight_bytes -= envelope.size_bytes
            if not self.in_flight:
                self.window.idle()
        return flight

    def _settle_control(self, envelope_id: bytes) -> None:
        self.controls_on_way.discard(envelope_id)
        if self.receipt_on_way == envelope_id:
            self.receipt_on_way = None

    def sealed(self, envelope: SealedEnvelope, *, opening: bool, receipt: bool) -> Flight:
        """Take in an envelope that has just been recorded."""
        repeats = self._openings if opening else 0
        flight = Flight(in_flight_of(envelope), copies=0, answered=opening, repeats=repeats)
        self.head = self.head.after(envelope)
        self.add(flight)
        if opening:
            self.opening = envelope.envelope_id
        if receipt:
            self.receipt_on_way = envelope.envelope_id
        return flight

    # -- what the broker tells

    def confirmed(self, envelope_id: bytes, now_ms: int) -> None:
        """Our broker has it."""
        # of one that is done, or was given up, too: our broker has taken something for the peer
        self._turn(GateCue.CONFIRMED, now_ms, 0.0)
        self.asked_on_way.discard(envelope_id)
        flight = self.flights.get(envelope_id)
        if flight is None:
            return
        flight.step(Step.CONFIRMED)
        if not flight.is_data:
            self._settle_control(envelope_id)
            if not flight.answered:
                self.drop(envelope_id)

    def came_back(self, envelope_id: bytes, cue: GateCue, now_ms: int, draw: float) -> None:
        """Our broker returned, refused or did not confirm it; `draw` is uniform in [0, 1)."""
        self.asked_on_way.discard(envelope_id)
        flight = self.flights.get(envelope_id)
        if flight is not None:
            flight.step(flying.STEPS[cue])
        self._turn(cue, now_ms, draw)

    def link_lost(self, now_ms: int) -> int:
        """The way to our broker is gone; returns how many may or may not have left."""
        unknown = flying.sent(self.flights.values()) + len(self.asked_on_way)
        self.asked_on_way.clear()
        for flight in self.flights.values():
            flight.step(Step.LINK_LOST)
        self._turn(GateCue.LINK_LOST, now_ms, 0.0)
        return unknown

    def _turn(self, cue: GateCue, now_ms: int, draw: float) -> None:
        self.breaker = turn(self.breaker, cue, now_ms, draw, self.policy)

    @property
    def way(self) -> Way:
        """How the way to the peer is."""
        if self.blocked:
            return Way.NO_KEY
        if self.breaker.way is not Way.OPEN:
            return self.breaker.way
        silent = flying.unanswered_due_ms(self.flights.values(), self.heard_ms)
        return Way.SILENT if silent else Way.OPEN

    # -- what the peer tells

    def receipted(self, verdicts: tuple[tuple[InFlight, Verdict], ...], now_ms: int) -> None:
        """Take in verdicts on envelopes of ours that have been recorded."""
        count, size_bytes, round_trip_ms = 0, 0, NEVER_MS
        for envelope, verdict in verdicts:
            if verdict is Verdict.DEFERRED:
                self._deferred(envelope, now_ms)
                continue
            flight = self.drop(envelope.envelope_id)
            if flight is None:
                continue
            self.anew.patient_no_more(at_once=False)
            count += 1
            size_bytes += envelope.size_bytes
            if flight.copies == 1:  # of several copies nobody knows which was receipted
                round_trip_ms = min(round_trip_ms, now_ms - flight.sent_ms)
        if round_trip_ms < NEVER_MS:
            self.window.receipted(count, max(round_trip_ms, 0), now_ms, size_bytes)

    def _deferred(self, envelope: InFlight, now_ms: int) -> None:
        """The peer holds it; where our own clock was wrong then, it is sealed anew."""
        if is_stale(envelope.created_ms, now_ms, self.policy):
            self.cannot_be_opened(envelope, now_ms)

    def asked_for(self, position: Position, now_ms: int) -> None:
        """The peer misses an envelope of ours."""
        flight = self.flights.get(self.by_position.get(position, b""))
        if flight is not None:
            if now_ms - flight.sent_ms >= self.policy.answer_gap_ms:
                flight.step(Step.ASKED)
            return
        ours = position.epoch < self.head.epoch or (
            position.epoch == self.head.epoch and position.seq <= self.head.seq
        )
        since_ms = now_ms - self.resent.get(position, -NEVER_MS)
        room = len(self.asked) < limits.MAX_RESEND_ENVELOPES
        if ours and room and since_ms >= self.policy.answer_gap_ms:
            self.asked[position] = None

    def take_asked(self, most: int, now_ms: int) -> tuple[Position, ...]:
        """Return what is fetched from the store for the peer now, and note that it leaves."""
        taken = tuple(self.asked)[:most]
        if len(self.resent) > limits.MAX_RESEND_ENVELOPES:
            self.resent.clear()
        for position in taken:
            del self.asked[position]
            self.resent[position] = now_ms
        return taken

    def cannot_be_opened(self, envelope: InFlight, now_ms: int) -> None:
        """The peer cannot take it: what it held is sealed anew, or was already."""
        self.dues.handover_again |= envelope.family is Family.CONTROL
        if envelope.closed and envelope.family is Family.CONTROL:
            self.dues.bury(envelope.position, envelope.envelope_id)
            return
        if self.opening == envelope.envelope_id:
            self.dues.announced = False
        if envelope.family is Family.CONTROL:
            self.drop(envelope.envelope_id)
        self.anew.add(envelope, now_ms, told=True)

    def told_head(self, received: Head | None, now_ms: int, *, known: bool) -> bool:
        """The peer told what it holds of ours; returns whether a newer epoch has begun for it."""
        if received is None:
            return False
        if received.epoch < self.head.epoch:
            if not known:
                self._contradicted(Position(received.epoch, received.seq), now_ms)
            return False
        if received.epoch == self.head.epoch and (known or not received.seq):
            if self.opening:
                self.drop(self.opening)
                self._openings = 0
            return False
        if received.epoch >= now_ms // 1000 + MAX_EPOCH_LEAD_S:
            return False
        self.jump(received.epoch, now_ms)
        return True

    def _contradicted(self, position: Position, now_ms: int) -> None:
        """The peer holds another envelope of ours, now forgotten, at this position."""
        flight = self.flights.get(self.by_position.get(position, b""))
        if flight is not None:
            self.cannot_be_opened(flight.envelope, now_ms)

    def jump(self, beyond: int, now_ms: int) -> None:
        """Begin an epoch after `beyond`; what is unreceipted of this one is sealed anew."""
        abandoned = [
            flight
            for flight in self.flights.values()
            if flight.envelope.position.epoch == self.head.epoch
        ]
        for flight in abandoned:
            if flight.is_data:
                self.anew.add(flight.envelope, now_ms)
            else:
                self.drop(flight.envelope.envelope_id)
        if self.head.seq:
            self.before = Head(self.head.epoch, self.head.seq, self.head.envelope_id)
        self.head = OutHead(next_epoch(max(beyond, self.head.epoch), now_ms))
        self.dues.announced = False
        self._openings = 0
        self.anew.due_ms = now_ms

    def heard_again(self, now_ms: int) -> None:
        """The peer has started anew: patience with it starts anew too."""
        for flight in self.flights.values():
            if flight.stage is Stage.CONFIRMED:
                flight.repeats = 1
                flight.due_ms = min(flight.due_ms, now_ms + flight.patience_ms(self.policy))

    # -- what may be done now

    def wake_up(self, now_ms: int) -> None:
        """Let what has waited long enough go on: gate, block, tails."""
        if self.breaker.gate in SHUT_GATES and self.breaker.due_ms <= now_ms:
            self._turn(GateCue.TIME_UP, now_ms, 0.0)
        if self.breaker.gate is Gate.TRYING and not flying.any_trying(self.flights.values()):
            self._turn(GateCue.NOTHING_LEFT, now_ms, 0.0)
        if self.blocked and self.blocked_until_ms <= now_ms:
            self.blocked = None
        self._tails(now_ms)

    def _tails(self, now_ms: int) -> None:
        due = [
            flight
            for flight in self.flights.values()
            if flight.stage is Stage.CONFIRMED and flight.due_ms <= now_ms
        ]
        if not due:
            return
        newest = max(due, key=lambda flight: flight.envelope.position)
        for flight in due:
            if flight.is_data and is_stale(flight.envelope.created_ms, now_ms, self.policy):
                self.anew.add(flight.envelope, now_ms)
                flight.due_ms = now_ms + flight.patience_ms(self.policy)
            elif flight.answered and flight.envelope.position.seq > 1:
                self._announce_again(flight)
            elif flight is newest or self.heard_ms >= flight.sent_ms:
                flight.step(Step.TIME_UP)
            else:
                flight.repeats += 1
                flight.due_ms = now_ms + flight.patience_ms(self.policy)

    def _announce_again(self, flight: Flight) -> None:
        """Open the epoch by a new envelope: repeated, only the first of an epoch is answered."""
        self.drop(flight.envelope.envelope_id)
        self.dues.announced = False
        self._openings = flight.repeats

    def block(self, reason: Reason, now_ms: int) -> None:
        """Nothing can be sealed for the peer; try again later."""
        policy = self.policy
        self.blocked = reason
        wait_ms = backoff_ms(self._blocks, policy.retry_ms, policy.retry_most_ms)
        self.blocked_until_ms = now_ms + wait_ms
        self._blocks += 1

    def unblock(self) -> None:
        """Something can be sealed for the peer again, or may be."""
        self.blocked = None
        self._blocks = 0

    def learnt(self) -> None:
        """The directory has changed: perhaps what could not be sealed or opened now can."""
        self.unblock()
        self.anew.patient_no_more(at_once=True)
        self.dues.opened()

    def put_clock_right(self, now_ms: int) -> None:
        """Begin a new epoch where our clock was far ahead in this one."""
        if self.head.seq and is_ahead(self.head.created_ms, now_ms):
            self.jump(self.head.epoch, now_ms)

    @property
    def can_seal(self) -> bool:
        """Whether anything may be sealed for the peer now."""
        return self.allowed and not self.blocked and self.breaker.gate is Gate.OPEN

    def has_room(self, lane: Lane, more: int = 0, more_bytes: int = 0) -> bool:
        """Whether one more envelope of records may be sealed, after `more` not yet counted."""
        count = self.in_flight + more
        return self.window.has_room(count, self.in_flight_bytes + more_bytes, lane)

    def may_leave_partly_filled(self, lane: Lane, more: int = 0) -> bool:
        """Whether an envelope leaves as it is, after `more` of its lane not yet counted."""
        under_way = sum(f.is_data and f.envelope.lane is lane for f in self.flights.values())
        return under_way + more < self.policy.partial_most

    def to_seal_anew(self) -> list[Position]:
        """Return where envelopes stand whose records may be sealed anew, due or not."""
        room = self.policy.window_most + MAX_PENDING - self.in_flight
        return self.anew.ready(self.by_position, room, self.policy.envelopes_per_step)

    def control_due_ms(self) -> int | None:
        """Return from when on a control envelope may be sealed; None where none may."""
        if len(self.controls_on_way) >= CONTROL_CREDIT:
            return None
        return self.dues.due_ms(receipt_waits=self.receipt_on_way is not None)

    def ready(self) -> list[Flight]:
        """Return what may be published now, oldest first; one only while the gate is tried."""
        return [f for f in self.flights.values() if f.stage is Stage.READY][: self.room()]

    def room(self) -> int:
        """Return how many envelopes may be published now."""
        unconfirmed = flying.sent(self.flights.values()) + len(self.asked_on_way)
        return flying.room(self.breaker.gate, unconfirmed, self.policy)

    def wake_ms(self) -> int:
        """Return when something falls due by itself; `NEVER_MS` where nothing does."""
        times = [f.due_ms for f in self.flights.values() if f.stage is Stage.CONFIRMED]
        if self.breaker.gate in SHUT_GATES:
            times.append(self.breaker.due_ms)
        if self.blocked:
            times.append(self.blocked_until_ms)
        due_ms = self.control_due_ms()
        if self.can_seal and due_ms is not None:
            times.append(due_ms)
        if self.can_seal and self.to_seal_anew():
            times.append(self.anew.due_ms)
        return min(times, default=NEVER_MS)
