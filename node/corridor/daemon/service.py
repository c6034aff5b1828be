"""What a national system can ask of the node, whatever way it comes in.

Rules:

* a record is parsed, checked and kept, in that order, and acknowledged only when kept;
* a fault names its rule and path, never a value; one bad record does not spoil the others;
* every gateway calls these functions and adds nothing to them.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.offers import Answer, Offered
from corridor.errors import Reason, Refused
from corridor.exchange.lanes import default_lane
from corridor.exchange.values import Submission, SubmitStatus
from corridor.store.port import InboxRecord, LedgerLine, Outcome, Store
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import CountryCode, Endpoint
from corridor.trust.view import TrustView
from corridor.wire.batches import Entry, encode_entry
from corridor.wire.records import check_record, decode_record, index_terms, record_type_of

SCHEMA_ID: Final = "corridor.wire.v1"
_MAX_WAIT_S: Final = 30.0
_RECORD_ID_BYTES: Final = 16
_T = TypeVar("_T")


class NodeService:
    """The node as its national system sees it; safe to call from several threads."""

    def __init__(  # noqa: PLR0913 - one argument for each thing it needs, all by name
        self,
        *,
        me: Endpoint,
        store: Store,
        trust: Callable[[], TrustView],
        metrics: NodeMetrics,
        wake_sender: Callable[[], None],
        has_room: Callable[[], bool],
        now_ms: Callable[[], int],
    ) -> None:
        """Serve `me`; `wake_sender` is called when records wait, `has_room` before keeping any."""
        self._me = me
        self._store = store
        self._trust = trust
        self._metrics = metrics
        self._wake_sender = wake_sender
        self._has_room = has_room
        self._now_ms = now_ms
        self._grown = threading.Condition()

    def submit(self, offered: Sequence[Offered]) -> list[Answer]:
        """Keep what is sound, in one durable step; answer for each, in order."""
        now_ms = self._now_ms()
        checked = [self._check(one, now_ms) for one in offered]
        sound = [one for one in checked if isinstance(one, Submission)]
        statuses = iter(self._keep(sound, now_ms))
        answers = [
            one if isinstance(one, Answer) else _answer(one, next(statuses)) for one in checked
        ]
        self._metrics.submitted(_types(checked), answers)
        if any(answer.status == SubmitStatus.ACCEPTED for answer in answers):
            self._wake_sender()
        return answers

    def take(self, after: int, limit: int, wait_s: float) -> Sequence[InboxRecord]:
        """Return records of partners after a cursor; wait up to `wait_s` for the first one."""

        def read() -> Sequence[InboxRecord]:
            with self._store.reading() as view:
                return view.inbox(after, limit)

        return self._until_some(read, wait_s)

    def acknowledge(self, up_to: int) -> int:
        """Note that the national system holds every record up to a cursor."""
        with self._store.transaction() as change:
            count = change.acknowledge(up_to, self._now_ms())
        self._metrics.delivered.inc(count)
        return count

    def outcomes(self, after: int, limit: int, wait_s: float) -> Sequence[Outcome]:
        """Return what became of submitted records; wait up to `wait_s` for the first one."""

        def read() -> Sequence[Outcome]:
            with self._store.reading() as view:
                return view.outcomes(after, limit)

        return self._until_some(read, wait_s)

    def ledger(self, record_id: bytes) -> Sequence[LedgerLine]:
        """Return how far a submitted record has come."""
        return self._store.ledger(record_id)

    def grown(self) -> None:
        """Wake whoever waits for records or outcomes: the store holds more of them."""
        with self._grown:
            self._grown.notify_all()

    def _until_some(self, read: Callable[[], Sequence[_T]], wait_s: float) -> Sequence[_T]:
        deadline = time.monotonic() + min(wait_s, _MAX_WAIT_S)
        while True:
            # Taken before reading: what is committed after the read notifies after this lock.
            with self._grown:
                found = read()
                left = deadline - time.monotonic()
                if found or left <= 0:
                    return found
                self._grown.wait(left)

    def _keep(self, sound: Sequence[Submission], now_ms: int) -> list[SubmitStatus]:
        if not sound:
            return []
        with self._store.transaction() as change:
            return list(change.accept_all(sound, now_ms))

    def _check(self, offered: Offered, now_ms: int) -> Submission | Answer:
        record_id = offered.record_id or uuid7(now_ms, os.urandom(10))
        try:
            return self._parse(offered, record_id, now_ms)
        except _Faulty as fault:
            return Answer("refused", record_id, Reason.RECORD_INVALID, fault.faults)
        except Refused as refused:
            faults = (refused.detail,) if refused.detail else ()
            return Answer("refused", record_id, refused.reason, faults)

    def _parse(self, offered: Offered, record_id: bytes, now_ms: int) -> Submission:
        if len(record_id) != _RECORD_ID_BYTES:
            raise Refused(Reason.RECORD_MALFORMED, "record_id: 16 bytes")
        if not self._has_room():
            raise Refused(Reason.STORE_FULL, "free disk space is below the configured floor")
        trust = self._trust()
        peer = _recipient(offered.recipient, trust, self._me, now_ms)
        record = decode_record(offered.record)
        kind = record_type_of(record)
        if not trust.authorises(self._me, peer, kind, now_ms):
            raise Refused(Reason.NOT_AUTHORISED, f"no agreement lets us send type {kind} to {peer}")
        faults = check_record(record)
        if faults:
            raise _Faulty(faults)
        entry = encode_entry(Entry(record_id, kind, SCHEMA_ID, None, offered.record))
        lane = default_lane(kind) if offered.lane is None else offered.lane
        return Submission(peer, record_id, kind, lane, entry, tuple(index_terms(record)))


class _Faulty(Refused):
    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(Reason.RECORD_INVALID)
        self.faults = tuple(faults)


def _answer(kept: Submission, status: SubmitStatus) -> Answer:
    reason = Reason.RECORD_ID_CONFLICT if status is SubmitStatus.CONFLICT else None
    return Answer(status.value, kept.record_id, reason)


def _types(checked: Sequence[Submission | Answer]) -> list[int]:
    """Return the record type of each, 0 where it was not even parsed."""
    return [one.record_type if isinstance(one, Submission) else 0 for one in checked]


def _recipient(text: str, trust: TrustView, me: Endpoint, now_ms: int) -> Endpoint:
    """Find a partner by endpoint or country code."""
    partners = trust.partners(me, now_ms)
    for partner in partners:
        if text in (partner, partner.country):
            return partner
    try:
        named = Endpoint.parse(text) if "." in text else CountryCode.parse(text)
    except ValueError as error:
        raise Refused(Reason.UNKNOWN_RECIPIENT, str(error)) from None
    known = ", ".join(partners) or "none"
    raise Refused(
        Reason.UNKNOWN_RECIPIENT, f"no agreement in force with {named}; partners are: {known}"
    )
