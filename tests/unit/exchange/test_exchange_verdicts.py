"""From a judgement to what is recorded and receipted (PROTOCOL §6.1, §7.2)."""

from hashlib import sha256

import pytest

from builders_exchange import EPOCH, GE, NOW_MS, ident, judged
from corridor.errors import Reason
from corridor.exchange.content import JudgedRecord
from corridor.exchange.receipts import FAULT_BUDGET_CHARS
from corridor.exchange.values import (
    ZERO_ID,
    EnvelopeVerdict,
    Family,
    Position,
    ReceivedEnvelope,
    ReceivedRecord,
    RecordVerdict,
    Verdict,
)
from corridor.exchange.verdicts import deferral, settle
from corridor.wire.batches import CANARY
from corridor.wire.control import RECEIPT

TERMS = (("mrn", "M"),)


def record(number: int, raw: bytes = b"raw", **changes: object) -> JudgedRecord:
    parts = {"record_type": 1, "terms": TERMS, **changes}
    return JudgedRecord(number.to_bytes(16), raw=raw, **parts)


def refused(number: int, reason: Reason = Reason.RECORD_INVALID, *faults: str) -> JudgedRecord:
    return record(number, reason=reason, faults=faults, terms=())


def verdict(what: Verdict, reason: Reason | None = None, *exceptions: object) -> EnvelopeVerdict:
    return EnvelopeVerdict(Position(EPOCH, 1), ident(1), b"r" * 32, what, reason, exceptions)


def digest(raw: bytes = b"raw") -> bytes:
    return sha256(raw).digest()


def test_an_envelope_is_recorded_as_its_sender_signed_it() -> None:
    taken = ReceivedRecord(0, bytes(15) + b"\1", 1, b"raw", Verdict.ACCEPTED, terms=TERMS)
    assert settle(judged(record(1)), {}, NOW_MS + 5) == ReceivedEnvelope(
        peer=GE,
        position=Position(EPOCH, 1),
        prev=ZERO_ID,
        envelope_id=ident(1),
        payload_root=b"r" * 32,
        header=b"header",
        signature=b"signature",
        disclosure_seed=b"seed" * 8,
        family=Family.DATA,
        created_ms=NOW_MS,
        received_ms=NOW_MS + 5,
        verdict=verdict(Verdict.ACCEPTED),
        records=(taken,),
        receipt_owed=True,
    )


# -- once: PROTOCOL §7.2, rule 1


def test_a_record_is_accepted_once_and_the_same_bytes_again_are_not_handed_on() -> None:
    known: dict[bytes, bytes] = {}
    (first,) = settle(judged(record(1)), known, NOW_MS).records
    again = settle(judged(record(1)), known, NOW_MS)
    assert (first.known, first.verdict) == (False, Verdict.ACCEPTED)
    assert (again.records[0].known, again.records[0].verdict) == (True, Verdict.ACCEPTED)
    assert again.verdict == verdict(Verdict.ACCEPTED)


def test_other_bytes_under_an_accepted_id_are_refused_and_kept() -> None:
    known = {record(1).record_id: digest()}
    found = settle(judged(record(1, b"other")), known, NOW_MS)
    assert found.records == (
        ReceivedRecord(
            0, record(1).record_id, 1, b"other", Verdict.REFUSED, Reason.RECORD_ID_CONFLICT
        ),
    )
    assert known == {record(1).record_id: digest()}


@pytest.mark.parametrize(("raw", "reason"), [(b"raw", None), (b"other", Reason.RECORD_ID_CONFLICT)])
def test_an_id_twice_in_one_envelope_is_judged_as_if_it_came_twice(
    raw: bytes, reason: Reason | None
) -> None:
    first, second = settle(judged(record(1), record(1, raw)), {}, NOW_MS).records
    assert (first.known, first.reason) == (False, None)
    assert (second.known, second.reason) == (reason is None, reason)


def test_a_record_that_was_refused_may_come_again() -> None:
    known: dict[bytes, bytes] = {}
    settle(judged(refused(1)), known, NOW_MS)
    assert known == {}
    (found,) = settle(judged(record(1)), known, NOW_MS).records
    assert (found.verdict, found.known) == (Verdict.ACCEPTED, False)


def test_what_may_have_been_handed_on_before_a_restore_is_marked_unless_it_is_a_probe() -> None:
    known = {record(3).record_id: digest()}
    envelope = judged(record(1), record(2, record_type=CANARY), record(3), refused(4))
    found = settle(envelope, known, NOW_MS, possible_repeat=True)
    assert [one.possible_repeat for one in found.records] == [True, False, False, False]


def made(at_ms: int) -> JudgedRecord:
    """A record whose id, a UUIDv7, was made then."""
    return JudgedRecord(at_ms.to_bytes(6) + bytes(10), 1, b"raw")


def test_what_is_sealed_anew_is_marked_by_when_its_record_was_made() -> None:
    # PROTOCOL §6.4, rule 4
    envelope = judged(made(NOW_MS - 1), made(NOW_MS), made(NOW_MS + 1))
    found = settle(envelope, {}, NOW_MS, restored_ms=NOW_MS)
    assert [one.possible_repeat for one in found.records] == [True, True, False]
    without = settle(envelope, {}, NOW_MS)
    assert not any(one.possible_repeat for one in without.records)


# -- verdicts: PROTOCOL §6.1


def test_a_refused_record_is_an_exception_with_its_faults() -> None:
    bad = refused(2, Reason.RECORD_INVALID, "rule header")
    found = settle(judged(record(1), bad, record(3)), {}, NOW_MS)
    assert found.verdict == verdict(
        Verdict.ACCEPTED,
        None,
        RecordVerdict(1, bad.record_id, Verdict.REFUSED, Reason.RECORD_INVALID, ("rule header",)),
    )


def test_an_envelope_refused_as_a_whole_hands_nothing_on() -> None:
    known: dict[bytes, bytes] = {}
    found = settle(judged(record(1), reason=Reason.LIFETIME), known, NOW_MS)
    assert (found.records, known) == ((), {})
    assert found.verdict == verdict(Verdict.REFUSED, Reason.LIFETIME)
    assert found.receipt_owed


def test_control_is_kept_as_evidence_and_owes_no_receipt() -> None:
    told = record(1, record_type=RECEIPT, terms=())
    known = {told.record_id: digest(b"other")}
    found = settle(judged(told, family=Family.CONTROL), known, NOW_MS, possible_repeat=True)
    assert found.records == (ReceivedRecord(0, told.record_id, RECEIPT, b"raw", Verdict.ACCEPTED),)
    assert not found.receipt_owed


def test_the_faults_of_one_envelope_share_a_budget() -> None:
    fault = "ä" * 200  # 400 bytes
    bad = [refused(number, Reason.RECORD_INVALID, *[fault] * 16) for number in range(9)]
    exceptions = settle(judged(*bad), {}, NOW_MS).verdict.exceptions
    counts = [len(one.faults) for one in exceptions]
    assert counts == [16, 16, 16, 16, 16, 1, 0, 0, 0]
    assert sum(counts) == FAULT_BUDGET_CHARS // 400


def test_a_deferral_tells_the_sender_which_envelope_is_held_and_why() -> None:
    assert deferral(judged(), Reason.CREATED_IN_FUTURE) == verdict(
        Verdict.DEFERRED, Reason.CREATED_IN_FUTURE
    )
