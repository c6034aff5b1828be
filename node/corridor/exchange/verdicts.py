"""From a judgement to what is recorded: verdicts, and the records that enter the inbox.

Rules:

* a record id is accepted once from a peer: the same bytes again are accepted and not handed on,
  other bytes are refused RECORD_ID_CONFLICT and kept as evidence;
* a verdict fits a receipt: fault texts have a budget.
"""

from collections.abc import MutableMapping
from hashlib import sha256

from corridor.errors import Reason
from corridor.exchange.content import JudgedRecord
from corridor.exchange.receipts import FAULT_BUDGET_CHARS, trimmed
from corridor.exchange.receive import Judged
from corridor.exchange.tallies import is_plausible, made_ms_of
from corridor.exchange.values import (
    EnvelopeVerdict,
    Family,
    ReceivedEnvelope,
    ReceivedRecord,
    RecordVerdict,
    Verdict,
)
from corridor.wire.batches import CANARY


def settle(  # noqa: PLR0913 - what it is judged by, by name
    judged: Judged,
    known: MutableMapping[bytes, bytes],
    now_ms: int,
    *,
    possible_repeat: bool = False,
    restored_ms: int = -1,
    returning: bool = False,
) -> ReceivedEnvelope:
    """Return the envelope as it is recorded.

    Args:
        judged: It.
        known: SHA-256 by record id of what this peer has been receipted for; accepted records
            are added.
        now_ms: When it is received.
        possible_repeat: Its records may have been handed on before a restore.
        restored_ms: So may those whose ids were made until then: they may be sealed anew.
        returning: So may, while the peer returns what was forgotten, those whose ids tell no time.
    """
    frame, created_ms = judged.frame, judged.frame.header.created_ms
    records: tuple[ReceivedRecord, ...] = ()
    if judged.reason is None and judged.family is Family.CONTROL:
        records = tuple(_evidence(index, record) for index, record in enumerate(judged.records))
    elif judged.reason is None:
        records = tuple(
            _settled(
                index,
                record,
                known,
                possible_repeat=possible_repeat
                or _is_of_before(record.record_id, created_ms, restored_ms, returning=returning),
            )
            for index, record in enumerate(judged.records)
        )
    return ReceivedEnvelope(
        judged.peer,
        judged.position,
        judged.prev,
        frame.envelope_id,
        frame.header.payload_root,
        frame.header_bytes,
        frame.signature,
        judged.seed,
        judged.family,
        created_ms,
        now_ms,
        _verdict(judged, records),
        records,
        receipt_owed=judged.family is Family.DATA,
    )


def _is_of_before(record_id: bytes, created_ms: int, restored_ms: int, *, returning: bool) -> bool:
    """Whether a record may be of before a restore, although its envelope is of after it."""
    made_ms = made_ms_of(record_id)
    return made_ms <= restored_ms if is_plausible(made_ms, created_ms) else returning


def _evidence(index: int, record: JudgedRecord) -> ReceivedRecord:
    """Keep a control record: a receipt must be provable later. It enters no inbox."""
    return ReceivedRecord(index, record.record_id, record.record_type, record.raw, Verdict.ACCEPTED)


def _settled(
    index: int, record: JudgedRecord, known: MutableMapping[bytes, bytes], *, possible_repeat: bool
) -> ReceivedRecord:
    record_id, kind, raw, reason = record.record_id, record.record_type, record.raw, record.reason
    if reason is not None and not record.parked:
        return ReceivedRecord(index, record_id, kind, raw, Verdict.REFUSED, reason)
    verdict = Verdict.PARKED if record.parked else Verdict.ACCEPTED
    digest = sha256(raw).digest()
    before = known.setdefault(record_id, digest)
    if before is not digest:
        if before != digest:
            reason = Reason.RECORD_ID_CONFLICT
            return ReceivedRecord(index, record_id, kind, raw, Verdict.REFUSED, reason)
        return ReceivedRecord(index, record_id, kind, raw, verdict, reason, known=True)
    return ReceivedRecord(
        index,
        record_id,
        kind,
        raw,
        verdict,
        reason,
        possible_repeat and kind != CANARY,
        terms=record.terms,
    )


def _verdict(judged: Judged, records: tuple[ReceivedRecord, ...]) -> EnvelopeVerdict:
    frame = judged.frame
    verdict = Verdict.REFUSED if judged.reason else Verdict.ACCEPTED
    budget = FAULT_BUDGET_CHARS
    exceptions: list[RecordVerdict] = []
    for record in records:
        if record.verdict is Verdict.ACCEPTED:
            continue
        faults = trimmed(judged.records[record.place].faults, budget)
        budget -= sum(len(fault.encode()) for fault in faults)
        exceptions.append(
            RecordVerdict(record.place, record.record_id, record.verdict, record.reason, faults)
        )
    return EnvelopeVerdict(
        judged.position,
        frame.envelope_id,
        frame.header.payload_root,
        verdict,
        judged.reason,
        tuple(exceptions),
    )


def deferral(judged: Judged, reason: Reason) -> EnvelopeVerdict:
    """Return the verdict that tells the sender of an envelope which is judged again later."""
    frame = judged.frame
    return EnvelopeVerdict(
        judged.position,
        frame.envelope_id,
        frame.header.payload_root,
        Verdict.DEFERRED,
        reason,
    )
