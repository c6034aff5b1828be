"""The receiving side's rhythm: gather, decide, record, release, tell (plan §2).

Rules:

* what is costly (opening, checking) is done before the transaction, which only writes;
* one transaction for everything that arrived together; the caller acknowledges after it;
* an envelope that is known is not opened again (R3): its receipt is owed again, at most once in
  a while;
* memory of the streams is thrown away when a transaction fails, and loaded anew;
* where the node itself fails at a batch, its frames are judged one by one (`isolating`): the one
  that cannot be judged waits in quarantine, and no corridor stops for it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from corridor.daemon.arrivals import (
    Arrival,
    Handled,
    Prepared,
    first_sound,
    held_arrival,
    known_records,
    together,
)
from corridor.daemon.controls import Controls
from corridor.daemon.isolating import FailureLog, kind_of, put_aside, tried
from corridor.daemon.recording import Memory, Recording
from corridor.daemon.recovered import note_recovered
from corridor.daemon.released import COMES_AGAIN, note_failed, note_known, take_released
from corridor.errors import Reason
from corridor.exchange.cues import (
    Doubted,
    DuplicateReceived,
    FrameRefused,
    NobodyObserves,
    Observer,
)
from corridor.exchange.parts import (
    REAL_SEALS,
    Examiner,
    Identity,
    Seals,
    Trust,
    examine_records,
)
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.receive import (
    Disposal,
    Identified,
    Judged,
    Means,
    Refusal,
    Unopened,
    identify,
)
from corridor.exchange.values import Family, Position, Quarantined
from corridor.store.port import Store, Transaction
from corridor.store.values import KnownEnvelope
from corridor.trust.frames import is_statement_frame

if TYPE_CHECKING:
    from corridor.transit.parties import Endpoint

_REVIEW_MOST = 256
"""Held frames judged again in one transaction."""
_REPEATS_REMEMBERED = 4096
_IDS_AT_ONCE = 1024
_Done: TypeAlias = tuple[Recording, Controls]
"""A batch that is recorded and not told of yet."""


class Inbound:
    """Receives from all links."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        store: Store,
        identity: Callable[[], Identity],
        trust: Callable[[], Trust],
        *,
        seals: Seals = REAL_SEALS,
        examine: Examiner = examine_records,
        policy: ExchangePolicy | None = None,
        observe: Observer | None = None,
    ) -> None:
        """Keep the collaborators; streams are loaded when first needed."""
        self._store = store
        self._identity = identity
        self._trust = trust
        self._seals = seals
        self._examine = examine
        self._policy = policy or ExchangePolicy()
        self._observe = observe or NobodyObserves()
        self._memory = Memory()
        self._doubt = False
        self._failures = FailureLog()
        self._repeats: dict[bytes, int] = {}

    def handle(self, deliveries: Sequence[tuple[str, bytes]], now_ms: int) -> Handled:
        """Judge and record what arrived as (link, frame); acknowledge all of it afterwards.

        Trust statements are left to whoever keeps the trust view.

        What is recorded is not durable yet: `Store.make_durable` comes before acknowledging.

        Raises:
            StoreTrouble: Nothing was recorded: acknowledge nothing.
        """
        arrivals = [
            Arrival(link, data, now_ms) for link, data in deliveries if not is_statement_frame(data)
        ]
        if not arrivals:
            return Handled()
        return self._through(
            lambda: self._handle(arrivals, now_ms),
            lambda _: together(self._handle_alone(one, now_ms) for one in arrivals),
        )

    def review(self, now_ms: int) -> Handled:
        """Judge frames again that were held: after the directory changed, and now and then.

        Raises:
            StoreTrouble: Nothing was changed.
        """
        return self._through(
            lambda: self._review(_REVIEW_MOST, now_ms),
            lambda _: together(self._review_alone(now_ms) for _ in range(self._held())),
        )

    def judge_released(self, now_ms: int) -> Handled:
        """Judge frames that a person has released from quarantine.

        Raises:
            StoreTrouble: Nothing was changed; they are judged next time.
        """
        return self._through(
            lambda: self._judge_released(_REVIEW_MOST, now_ms),
            lambda _: together(self._released_alone(now_ms) for _ in range(self._released())),
        )

    def put_aside(self, strays: Sequence[tuple[str, str, bytes]], now_ms: int) -> None:
        """Keep for a person what lay where nothing may lie, as (queue, link, body).

        Raises:
            StoreTrouble: Nothing was kept: acknowledge nothing.
        """
        with self._store.transaction() as change:
            for queue, link, body in strays:
                detail = f"over the link of {link}" if link else ""
                change.quarantine(Quarantined(queue, Reason.STRAY, body, now_ms, detail, link))

    def set_aside(self, link: str, frame: bytes, error: Exception, now_ms: int) -> None:
        """Keep the frame at which the node failed, and say so; its sender repeats it.

        Raises:
            StoreTrouble: Nothing was kept: acknowledge nothing.
        """
        with self._store.transaction(durable=False) as change:
            put_aside(change, link, frame, error, now_ms)
        self._say_failed(link, frame, error)

    def declare_restore(self, now_ms: int) -> None:
        """Mark whatever was created until now as possibly handed on before (PROTOCOL §6.4)."""
        with self._changing() as change:
            recording = Recording(change, self._memory, self._policy, now_ms)
            recording.mark_restored()

    # -- a transaction's worth of each

    def _handle(self, arrivals: Sequence[Arrival], now_ms: int) -> _Done:
        with self._store.reading() as view:
            prepared = self._prepare(view, arrivals, now_ms)
        with self._changing() as change:
            return self._record(change, prepared, now_ms)

    def _review(self, most: int, now_ms: int) -> _Done:
        with self._changing() as change:
            held = change.take_held(most)
            prepared = self._prepare(change, [held_arrival(item) for item in held], now_ms)
            return self._record(change, prepared, now_ms)

    def _judge_released(self, most: int, now_ms: int) -> _Done:
        with self._changing() as change:
            change.settle_arrived(COMES_AGAIN)
            items = change.take_released(most)
            arrivals = [Arrival(one.over or one.link, one.frame, now_ms, n) for n, one in items]
            prepared = self._prepare(change, arrivals, now_ms)
            done = self._record(change, replace(prepared, repeated=()), now_ms)
            judged = {arrival.released for arrival, _ in prepared.outcomes}
            note_known(change, [one for one in items if one[0] not in judged], now_ms)
        return done

    # -- one by one, where the node failed at all of them together

    def _through(
        self, work: Callable[[], _Done], otherwise: Callable[[Exception], Handled]
    ) -> Handled:
        """Do `work` and tell of it; where the node fails at it, `otherwise`."""
        done = tried(work, otherwise)
        return done if isinstance(done, Handled) else self._told(*done)

    def _handle_alone(self, one: Arrival, now_ms: int) -> Handled:
        def failed(error: Exception) -> Handled:
            self.set_aside(one.link, one.data, error, now_ms)
            return Handled()

        return self._through(lambda: self._handle([one], now_ms), failed)

    def _review_alone(self, now_ms: int) -> Handled:
        """Judge the frame that was held first; what is held again goes behind the others."""

        def failed(error: Exception) -> Handled:
            with self._store.transaction(durable=False) as change:
                held = change.take_held(1)
                for one in held:
                    put_aside(change, one.link, one.frame, error, now_ms)
            for one in held:
                self._say_failed(one.link, one.frame, error)
            return Handled()

        return self._through(lambda: self._review(1, now_ms), failed)

    def _released_alone(self, now_ms: int) -> Handled:
        def failed(error: Exception) -> Handled:
            with self._store.transaction(durable=False) as change:
                released = change.take_released(1)
                for number, _ in released:
                    note_failed(change, number, kind_of(error), now_ms)
            for _, one in released:
                self._failures.tell(one.over or one.link, len(one.frame), error)
            return Handled()

        return self._through(lambda: self._judge_released(1, now_ms), failed)

    def _held(self) -> int:
        with self._store.reading() as view:
            return min(_REVIEW_MOST, sum(one.frames for one in view.held_groups()))

    def _released(self) -> int:
        with self._store.reading() as view:
            return len(view.take_released(_REVIEW_MOST))

    def _say_failed(self, link: str, frame: bytes, error: Exception) -> None:
        self._failures.tell(link, len(frame), error)
        self._observe.tell(FrameRefused(link, Reason.INTERNAL, Disposal.QUARANTINED))

    # -- gather and decide

    def _prepare(self, view: Transaction, arrivals: Iterable[Arrival], now_ms: int) -> Prepared:
        means = Means(self._identity(), self._trust(), self._seals, self._examine)
        outcomes: list[tuple[Arrival, Judged | Unopened | Refusal]] = []
        found: dict[bytes, list[tuple[Arrival, Identified]]] = {}
        for arrival in arrivals:
            identified = identify(arrival.link, arrival.data, means)
            if isinstance(identified, Refusal):
                outcomes.append((arrival, identified))
            else:
                copies = found.setdefault(identified.frame.envelope_id, [])
                if all(arrival.data != one.data for one, _ in copies):
                    copies.append((arrival, identified))
        known = self._known_envelopes(view, tuple(found))  # R3
        for envelope_id, copies in found.items():
            if envelope_id not in known:
                outcomes += first_sound(copies, means, now_ms)
        judged = [outcome for _, outcome in outcomes if isinstance(outcome, Judged)]
        return Prepared(tuple(outcomes), tuple(known.values()), known_records(view, judged))

    def _known_envelopes(
        self, view: Transaction, ids: Sequence[bytes]
    ) -> Mapping[bytes, KnownEnvelope]:
        known: dict[bytes, KnownEnvelope] = {}
        for start in range(0, len(ids), _IDS_AT_ONCE):
            known.update(view.known_envelopes(ids[start : start + _IDS_AT_ONCE]))
        return known

    def _answer_again(self, known: KnownEnvelope, now_ms: int) -> bool:
        """Whether a repeated envelope is answered; not twice within `answer_gap_ms`."""
        last_ms = self._repeats.get(known.envelope_id)
        # a time to come is one of a clock that has been put back
        if last_ms is not None and 0 <= now_ms - last_ms < self._policy.answer_gap_ms:
            return False
        if len(self._repeats) >= _REPEATS_REMEMBERED:
            self._repeats.clear()
        self._repeats[known.envelope_id] = now_ms
        return True

    def _answer_repeated(self, recording: Recording, repeated: Sequence[KnownEnvelope]) -> None:
        positions: dict[Endpoint, list[Position]] = {}
        for known in repeated:
            recording.events.append(DuplicateReceived(known.peer))
            if not self._answer_again(known, recording.now_ms):
                continue
            if known.family is Family.DATA:
                positions.setdefault(known.peer, []).append(known.position)
            elif known.position.seq == 1:
                recording.owe_status(known.peer)  # its StreamOpen: our answer may be lost
        for peer, repeats in positions.items():
            recording.owe_again(peer, repeats)

    # -- record

    @contextmanager
    def _changing(self) -> Iterator[Transaction]:
        try:
            with self._store.transaction(durable=False) as change:
                yield change
        except BaseException:
            self._memory = Memory()  # it may say what was not recorded
            self._doubt = True
            raise

    def _record(self, change: Transaction, prepared: Prepared, now_ms: int) -> _Done:
        recording = Recording(change, self._memory, self._policy, now_ms)
        controls = Controls(recording, self._trust().signer)
        # control first: it may say that what came with it is a possible repeat
        for control_first in (True, False):
            for arrival, outcome in prepared.outcomes:
                if _is_control(outcome) is control_first:
                    _take(recording, prepared, arrival, outcome)
            if control_first:
                controls.act_on(recording.control)
        recording.keep_all()
        self._answer_repeated(recording, prepared.repeated)
        recording.put_streams()
        note_recovered(recording)
        return recording, controls

    # -- tell

    def _told(self, recording: Recording, controls: Controls) -> Handled:
        for event in recording.events:
            self._observe.tell(event)
        doubted, self._doubt = self._doubt, False
        return Handled(
            (Doubted(), *recording.cues) if doubted else tuple(recording.cues),
            recording.inbox_grew,
            controls.outcomes_grew,
        )


def _is_control(outcome: Judged | Unopened | Refusal) -> bool:
    return isinstance(outcome, Judged) and outcome.family is Family.CONTROL


def _take(
    recording: Recording,
    prepared: Prepared,
    arrival: Arrival,
    outcome: Judged | Unopened | Refusal,
) -> None:
    if arrival.released:
        known = prepared.records[outcome.peer] if isinstance(outcome, Judged) else {}
        take_released(recording, arrival.released, outcome, known)
        return
    match outcome:
        case Refusal():
            recording.refuse(outcome, arrival.since_ms)
        case Unopened():
            recording.unopened(arrival.link, arrival.data, outcome)
        case Judged():
            recording.take(outcome, prepared.records[outcome.peer], arrival.since_ms)
