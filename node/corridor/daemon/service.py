"""What a national system can ask of the node, whatever way it comes in.

Rules:

* a record is parsed, checked and kept, in that order, and acknowledged only when kept;
* what is told, also of what was only read, is durable: the disk has it before anybody else;
* a fault names its rule and path, never a value; one bad record does not spoil the others;
* every gateway calls these functions and adds nothing to them;
* a cursor that this store never gave out is from before a restore: whoever has it is told all that
  the store got since it was started, so that nothing is passed over.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from corridor.daemon.days import Days
from corridor.daemon.dead_letters import DeadLetters
from corridor.daemon.desk import Decided, Desk, Sending, Timeline
from corridor.daemon.intake import Examined, examine
from corridor.daemon.keeping import Keeping
from corridor.daemon.keyed import Sound, keep
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.movements import MovementReader
from corridor.daemon.offers import Answer, Offered
from corridor.daemon.pausing import Pauses
from corridor.daemon.probes import make_probe
from corridor.daemon.quarantine import Quarantine
from corridor.errors import NotAcknowledging, NotHandedOver, Reason, StoreFull
from corridor.exchange.cues import HandedOn
from corridor.exchange.lanes import LanePlan
from corridor.exchange.pressure import WHAT, Cause
from corridor.exchange.values import SubmitStatus
from corridor.store.port import Store
from corridor.store.values import InboxRecord, LedgerLine, Outcome
from corridor.transit.parties import Endpoint
from corridor.transit.timers import DEFAULT_TIMERS, Timers
from corridor.trust.view import TrustView
from corridor.wire.records import Terms, normal_term

if TYPE_CHECKING:
    from corridor.daemon.attachments import Attachments
    from corridor.daemon.foresight import Foresight
    from corridor.daemon.long_records import LongRecords

_MAX_WAIT_S: Final = 30.0
_PATIENCE_S: Final = 0.002
"""About what sealing takes: a record that leaves at once shares one flush to the disk with it."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a search has found."""

    record_id: bytes
    sent: Sequence[LedgerLine]
    """How far it has come, for each partner to whom it was submitted."""
    received: Sequence[InboxRecord]
    """As partners sent it; the same id of several partners is several records."""


class NodeService:
    """The node as its national system sees it; safe to call from several threads."""

    attachments: "Attachments"
    """What knows files; the node puts it in."""
    foresight: "Foresight | None" = None
    """What looks ahead, and knows what partners accept; the node puts it in."""
    _shown = 0
    """The last cursor that any gateway was given in this run."""
    long_records: "LongRecords"
    """What knows records that are longer than a record may be; the node puts it in."""

    def __init__(  # noqa: PLR0913 - one argument for each thing it needs, all by name
        self,
        *,
        me: Endpoint,
        store: Store,
        trust: Callable[[], TrustView],
        metrics: NodeMetrics,
        wake_sender: Callable[[], None],
        has_room: Callable[[], bool],
        store_failed: Callable[[], None] = lambda: None,
        now_ms: Callable[[], int],
        lanes: LanePlan | None = None,
        acknowledged_by: str | None = None,
        sending: Sending | None = None,
        timers: Timers = DEFAULT_TIMERS,
        pauses: Pauses | None = None,
    ) -> None:
        """Serve `me`; `wake_sender` is called when records wait, `has_room` before keeping any.

        `acknowledged_by` is the one gateway that may acknowledge; None for whichever asks.
        """
        self._me = me
        self._store = store
        self._trust = trust
        self._metrics = metrics
        self._wake_sender, self._has_room = wake_sender, has_room
        self._store_failed, self._now_ms = store_failed, now_ms
        self._sending = sending or Sending()
        self._desk = Desk(store, trust, now_ms, self._sending, self._terms_of_long)
        self.movements = MovementReader(store, me, now_ms, timers)
        self.keeping = Keeping(store, now_ms)
        self.days = Days(store, lambda: trust().partners(me, now_ms()), now_ms)
        self.quarantine = Quarantine(store, now_ms)
        self.pauses = pauses or Pauses(store, lambda: trust().partners(me, now_ms()), now_ms)
        self.dead_letters = DeadLetters(
            store, me, trust, self._desk, has_room=has_room, wake=wake_sender, now_ms=now_ms
        )
        self.capacity: Callable[[], dict[str, Any]] = dict  # the node puts in what knows it
        self._lanes = lanes or LanePlan()
        self.acknowledged_by = acknowledged_by
        self._grown, self._ended = threading.Condition(), False
        self._handed = 0  # up to which cursor records were given out, as far as this run knows
        with store.reading() as view:
            self._at_start = view.last_cursors()

    def submit(self, offered: Sequence[Offered]) -> list[Answer]:
        """Keep what is sound, in one durable step; answer for each, in order."""
        now_ms = self._now_ms()
        checked = self._examined(offered, now_ms)
        if any(isinstance(one, Examined) and one.whole for one in checked):
            keep = partial(self._answers, offered=offered, now_ms=now_ms)
            return self.long_records.keep(checked, keep)
        return self._answers(checked, offered, now_ms)

    def _answers(
        self, checked: Sequence[Examined | Answer], offered: Sequence[Offered], now_ms: int
    ) -> list[Answer]:
        sound = [
            Sound(one.submission, given.record, given.key, one.left_out)
            for one, given in zip(checked, offered, strict=True)
            if isinstance(one, Examined)
        ]
        kept = iter(self._keep(sound, now_ms))
        answers = [
            one if isinstance(one, Answer) else self._with_pause(one, next(kept)) for one in checked
        ]
        self._metrics.submitted(_types(checked), answers)
        if any(answer.status == SubmitStatus.ACCEPTED for answer in answers):
            self._wake_sender()  # it makes durable what it seals, and this with it
        self._store.make_durable(_PATIENCE_S)
        return answers

    def is_kept(self, record_id: bytes) -> bool:
        """Return whether a record of ours was kept under this id, for whichever partner."""
        return bool(self._store.ledger(record_id))

    def kept_as(self, key: bytes) -> bytes | None:
        """Return the id of the record that was kept under an idempotency key, if one was."""
        with self._store.reading() as view:
            known = view.known_key(key)
        return known.record_id if known else None

    def would_submit(self, offered: Sequence[Offered]) -> list[Answer]:
        """Judge records as `submit` does, and keep nothing."""
        return [
            one if isinstance(one, Answer) else Answer("accepted", foreseen=one.foreseen)
            for one in self._examined(offered, self._now_ms())
        ]

    def _examined(self, offered: Sequence[Offered], now_ms: int) -> list[Examined | Answer]:
        checked = examine(
            offered, self._me, self._trust(), now_ms, has_room=self._has_room(),
            holds=self.movements.holds, lanes=self._lanes, ahead=self._ahead(),
        )  # fmt: skip
        return [
            one.refusal
            if isinstance(one, Examined) and one.forbidden and not self._was_kept(one, given.key)
            else one
            for one, given in zip(checked, offered, strict=True)
        ]

    def _was_kept(self, one: Examined, key: bytes | None) -> bool:
        """Whether it is offered again: what travels is not refused, whatever was said since."""
        if key is not None and self.kept_as(key) is not None:
            return True
        kept = one.submission
        return any(line.peer == kept.peer for line in self._store.ledger(kept.record_id))

    def probe(self, recipient: str) -> Answer:
        """Send a canary to a partner; `ledger` tells when it was receipted.

        Raises:
            ActRefused: The partner is paused.
        """
        now_ms = self._now_ms()
        made = make_probe(recipient, self._me, self._trust(), now_ms, has_room=self._has_room())
        if isinstance(made, Answer):
            return made
        self.pauses.require_open(made.peer)
        with self._store.transaction(durable=False) as change:
            (status,) = change.accept_all([made], now_ms)
        self._wake_sender()
        self._store.make_durable(_PATIENCE_S)
        return Answer(status, made.record_id)

    def take(self, after: int, limit: int, wait_s: float) -> Sequence[InboxRecord]:
        """Return records of partners after a cursor; wait up to `wait_s` for the first one."""

        def read() -> Sequence[InboxRecord]:
            with self._store.reading() as view:
                last, began = view.last_cursors()[0], self._at_start[0]
                return view.inbox(_known_here(after, last, began), limit)

        found = self._until_some(read, wait_s)
        if not found:
            return found
        whole = self.long_records.whole(found)
        self._shown = max([self._shown, *(one.cursor for one in whole)])
        return whole

    def handed(self, up_to: int) -> None:
        """Note that records up to a cursor have left for the national system, and tell partners.

        A gateway calls it once they have left: what it could not note is told too late, and
        nothing is ever told that did not happen.
        """
        if up_to > self._handed:
            with self._store.transaction(durable=False) as change:
                change.mark_handed(up_to, self._now_ms())
            self._handed = up_to
            self._sending.tell((HandedOn(),))

    def acknowledge(self, up_to: int, by: str = "socket") -> int:
        """Note that the national system holds every record up to a cursor; `by` is the gateway.

        Raises:
            NotAcknowledging: Another gateway acknowledges for this node's national system.
            NotHandedOver: No gateway has read as far as that: partners would be told that
                somebody has what nobody took.
        """
        if self.acknowledged_by not in {None, by}:
            raise NotAcknowledging(
                f"what partners sent is acknowledged by the {self.acknowledged_by}, not the {by}",
                cure="only read here, or change gateway.acknowledged_by and restart the node",
            )
        shown = max(self._shown, self._at_start[0])  # an earlier run may have shown any of those
        if up_to > shown:
            raise NotHandedOver(
                f"records up to cursor {up_to} are acknowledged, and none beyond {shown} was"
                " handed over",
                cure="acknowledge the cursor of the last record that was read, and is safe",
            )
        with self._store.transaction() as change:
            count = change.acknowledge(up_to, self._now_ms())
        if count:
            self._sending.tell((HandedOn(),))
        self._metrics.delivered.inc(count)
        return count

    def acknowledged(self) -> int:
        """Return the cursor up to which the national system holds every record."""
        with self._store.reading() as view:
            return view.acknowledged()

    def note_of(self, name: str) -> bytes | None:
        """Return what a gateway noted under a name: how far it is, for its next start."""
        with self._store.reading() as view:
            return view.setting(f"gateway.{name}")

    def note(self, name: str, value: bytes) -> None:
        """Keep a small note of a gateway; durable when this returns."""
        with self._store.transaction() as change:
            change.put_setting(f"gateway.{name}", value)

    def outcomes(self, after: int, limit: int, wait_s: float) -> Sequence[Outcome]:
        """Return what became of submitted records; wait up to `wait_s` for the first one."""

        def read() -> Sequence[Outcome]:
            with self._store.reading() as view:
                last, began = view.last_cursors()[1], self._at_start[1]
                return view.outcomes(_known_here(after, last, began), limit)

        return self._until_some(read, wait_s)

    def find(self, kind: str, value: str, limit: int, skip: int = 0) -> Sequence[Found]:
        """Return records, sent or received, that carry exactly this term, newest first.

        At most `limit` of them, after the first `skip`.
        """
        ids = self._store.find(kind, normal_term(value), skip + limit)[skip:]
        received = self.long_records.as_far_as_room([self._store.deliveries(one) for one in ids])
        found = [
            Found(one, self._store.ledger(one), theirs)
            for one, theirs in zip(ids, received, strict=True)
        ]
        self._store.make_durable()
        return found

    def _terms_of_long(self, entry: bytes) -> Terms:
        return self.long_records.terms_of(entry)

    def timeline(self, record_id: bytes) -> Timeline:
        """Return how far the records under an id have come, and whose turn it is."""
        return self._desk.timeline(record_id)

    def withdraw(self, record_id: bytes, recipient: str, why: str) -> list[Decided]:
        """Withdraw a record that no envelope holds; see `Desk.withdraw`."""
        decided = self._desk.withdraw(record_id, recipient, why)
        self.grown()
        return decided

    def resend(self, record_id: bytes, recipient: str, why: str) -> list[Decided]:
        """Send a record again where that is safe; see `Desk.resend`."""
        decided = self._desk.resend(record_id, recipient, why)
        self._wake_sender()
        return decided

    def grown(self) -> None:
        """Wake whoever waits for records or outcomes: the store holds more of them."""
        with self._grown:
            self._grown.notify_all()

    def end(self) -> None:
        """Let nobody wait any more: the node is stopping."""
        with self._grown:
            self._ended = True
            self._grown.notify_all()

    def _until_some(
        self,
        read: Callable[[], Sequence[_T]],
        wait_s: float,
    ) -> Sequence[_T]:
        deadline = time.monotonic() + min(wait_s, _MAX_WAIT_S)
        while True:
            # Taken before reading: what is committed after the read notifies after this lock.
            with self._grown:
                found = read()
                left = deadline - time.monotonic()
                if not (found or left <= 0 or self._ended):
                    self._grown.wait(left)
                    continue
            if found:
                self._store.make_durable()
            return found

    def _with_pause(self, one: Examined, answer: Answer) -> Answer:
        paused = answer.status == SubmitStatus.ACCEPTED and one.submission.peer in self.pauses
        if not (paused or one.foreseen):
            return answer
        return answer._replace(paused=paused, foreseen=one.foreseen)

    def _ahead(self) -> "Foresight | None":
        """Return what looks ahead; None where no partner has said anything to look at."""
        ahead = self.foresight
        return ahead if ahead is not None and ahead.is_awake else None

    def _keep(self, sound: Sequence[Sound], now_ms: int) -> list[Answer]:
        if not sound:
            return []
        try:
            with self._store.transaction(durable=False) as change:
                return keep(change, sound, now_ms)
        except StoreFull as error:  # nothing of it is kept: every gateway gets the same answer
            self._store_failed()
            self._metrics.store_failures.labels(error.code).inc()
            full = (WHAT[Cause.STORE_FULL],)
            return [
                Answer("refused", one.submission.record_id, Reason.STORE_FULL, full)
                for one in sound
            ]


def _types(checked: Sequence[Examined | Answer]) -> list[int]:
    """Return the record type of each, 0 where it was not even parsed."""
    return [one.submission.record_type if isinstance(one, Examined) else 0 for one in checked]


def _known_here(after: int, last: int, began: int) -> int:
    """Return from which cursor on to read for somebody who says that he has `after`."""
    return after if after <= last else began
