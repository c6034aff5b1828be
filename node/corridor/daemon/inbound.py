"""The receiving side's rhythm: gather, decide, record, release, tell (plan §2).

Rules:

* what is costly (opening, checking) is done before the transaction, which only writes;
* one transaction for everything that arrived together; the caller acknowledges after it;
* an envelope that is known is not opened again (R3): its receipt is owed again, at most once in
  a while;
* memory of the streams is thrown away when a transaction fails, and loaded anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from corridor.daemon.controls import Controls
from corridor.daemon.recording import Memory, Recording
from corridor.errors import Reason
from corridor.exchange.cues import Cue, Doubted, DuplicateReceived, NobodyObserves, Observer
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
    Identified,
    Judged,
    Means,
    Refusal,
    Unopened,
    identify,
    judge,
)
from corridor.exchange.values import Family, Held, Position, Quarantined
from corridor.store.port import Store, Transaction
from corridor.store.values import KnownEnvelope
from corridor.transit.parties import Endpoint
from corridor.trust.frames import is_statement_frame

_REVIEW_MOST = 256
"""Held frames judged again in one transaction."""
_REPEATS_REMEMBERED = 4096
_IDS_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of a batch, after its commit."""

    cues: tuple[Cue, ...] = ()
    """For `Outbound.cues`."""
    inbox_grew: bool = False
    outcomes_grew: bool = False


@dataclass(frozen=True, slots=True)
class _Arrival:
    link: str
    data: bytes
    since_ms: int


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is known of a batch before the transaction."""

    outcomes: tuple[tuple[_Arrival, Judged | Unopened | Refusal], ...]
    repeated: tuple[KnownEnvelope, ...]
    records: Mapping[Endpoint, dict[bytes, bytes]]


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
        self._repeats: dict[bytes, int] = {}

    def handle(self, deliveries: Sequence[tuple[str, bytes]], now_ms: int) -> Handled:
        """Judge and record what arrived as (link, frame); acknowledge all of it afterwards.

        Trust statements are left to whoever keeps the trust view.

        What is recorded is not durable yet: `Store.make_durable` comes before acknowledging.

        Raises:
            StoreTrouble: Nothing was recorded: acknowledge nothing.
        """
        arrivals = [
            _Arrival(link, data, now_ms)
            for link, data in deliveries
            if not is_statement_frame(data)
        ]
        if not arrivals:
            return Handled()
        with self._store.reading() as view:
            prepared = self._prepare(view, arrivals, now_ms)
        with self._changing() as change:
            recording, controls = self._record(change, prepared, now_ms)
        return self._told(recording, controls)

    def review(self, now_ms: int) -> Handled:
        """Judge frames again that were held: after the directory changed, and now and then.

        Raises:
            StoreTrouble: Nothing was changed.
        """
        with self._changing() as change:
            held = change.take_held(_REVIEW_MOST)
            prepared = self._prepare(change, [_arrival(item) for item in held], now_ms)
            recording, controls = self._record(change, prepared, now_ms)
        return self._told(recording, controls)

    def put_aside(self, strays: Sequence[tuple[str, str, bytes]], now_ms: int) -> None:
        """Keep for a person what lay where nothing may lie, as (queue, link, body).

        Raises:
            StoreTrouble: Nothing was kept: acknowledge nothing.
        """
        with self._store.transaction() as change:
            for queue, link, body in strays:
                detail = f"over the link of {link}" if link else ""
                change.quarantine(Quarantined(queue, Reason.STRAY, body, now_ms, detail))

    def declare_restore(self, now_ms: int) -> None:
        """Mark whatever was created until now as possibly handed on before (PROTOCOL §6.4)."""
        with self._changing() as change:
            recording = Recording(change, self._memory, self._policy, now_ms)
            recording.mark_restored()

    # -- gather and decide

    def _prepare(self, view: Transaction, arrivals: Iterable[_Arrival], now_ms: int) -> _Prepared:
        means = Means(self._identity(), self._trust(), self._seals, self._examine)
        outcomes: list[tuple[_Arrival, Judged | Unopened | Refusal]] = []
        found: dict[bytes, tuple[_Arrival, Identified]] = {}
        for arrival in arrivals:
            identified = identify(arrival.link, arrival.data, means)
            if isinstance(identified, Refusal):
                outcomes.append((arrival, identified))
            else:
                found.setdefault(identified.frame.envelope_id, (arrival, identified))
        known = self._known_envelopes(view, tuple(found))  # R3
        for envelope_id, (arrival, identified) in found.items():
            if envelope_id not in known:
                outcomes.append((arrival, judge(identified, means, now_ms)))
        judged = [outcome for _, outcome in outcomes if isinstance(outcome, Judged)]
        return _Prepared(tuple(outcomes), tuple(known.values()), _known_records(view, judged))

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

    def _record(
        self, change: Transaction, prepared: _Prepared, now_ms: int
    ) -> tuple[Recording, Controls]:
        recording = Recording(change, self._memory, self._policy, now_ms)
        controls = Controls(recording)
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
    prepared: _Prepared,
    arrival: _Arrival,
    outcome: Judged | Unopened | Refusal,
) -> None:
    match outcome:
        case Refusal():
            recording.refuse(outcome, arrival.since_ms)
        case Unopened():
            recording.unopened(arrival.link, outcome)
        case Judged():
            recording.take(outcome, prepared.records[outcome.peer], arrival.since_ms)


def _arrival(held: Held) -> _Arrival:
    return _Arrival(held.link, held.frame, held.at_ms)


def _known_records(
    view: Transaction, judged: Iterable[Judged]
) -> dict[Endpoint, dict[bytes, bytes]]:
    """Return what is known of all records of a batch, by peer: one question for each."""
    ids: dict[Endpoint, list[bytes]] = {}
    for envelope in judged:
        if envelope.family is Family.CONTROL:
            ids.setdefault(envelope.peer, [])
            continue
        asked = ids.setdefault(envelope.peer, [])
        asked += [record.record_id for record in envelope.records if record.reason is None]
    return {
        peer: dict(view.known_records(peer, asked)) if asked else {} for peer, asked in ids.items()
    }
