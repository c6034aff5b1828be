"""The records of an envelope are judged one by one (PROTOCOL §4.2, R18 and R19; §6)."""

from collections.abc import Sequence

import pytest

from builders_exchange import GE, NOW_MS, TR
from corridor.errors import Reason
from corridor.exchange.content import Content, JudgedRecord, Route, judge_content
from corridor.exchange.parts import Examination
from corridor.exchange.values import Family
from corridor.transit.parties import Endpoint
from corridor.wire import control
from corridor.wire.batches import ATTACHMENT, CANARY, Entry, encode_entry

CREATED_MS = NOW_MS - 5_000
DECLARATION, PASSAGE = 1, 12
RESEND = control.Resend((control.SequenceRange(7, 1, 2),))


class Agreements:
    """A trust view that is asked for nothing but agreements."""

    def __init__(self, *types: int) -> None:
        self.types = types

    def authorises(
        self, sender: Endpoint, recipient: Endpoint, record_type: int, created_ms: int
    ) -> bool:
        # the agreement in force when the envelope was made, in this direction
        assert (sender, recipient, created_ms) == (GE, TR, CREATED_MS)
        return record_type in self.types


def examine(entries: Sequence[Entry], country: str) -> list[Examination]:
    """Whatever says so is at fault."""
    assert country == "GE"
    return [
        Examination(("rule header",))
        if entry.body == b"bad"
        else Examination((), (("mrn", "M"),), has_file=entry.body == b"long")
        for entry in entries
    ]


def examine_nothing(entries: Sequence[Entry], _country: str) -> list[Examination]:
    raise AssertionError(f"{len(entries)} records were examined")


def record(number: int, record_type: int = DECLARATION, body: bytes = b"good") -> bytes:
    return encode_entry(Entry(number.to_bytes(16), record_type, "corridor.wire.v1", None, body))


def told(number: int, what: control.Control) -> bytes:
    return record(number, control.record_type_of(what), control.encode_control(what))


def judge(*raw: bytes, types: tuple[int, ...] = (DECLARATION, CANARY)) -> Content:
    return judge_content(raw, Route(Agreements(*types), GE, TR, CREATED_MS), examine)


def judged(number: int, raw: bytes, reason: Reason | None = None, **more: object) -> JudgedRecord:
    record_type = raw[19]
    return JudgedRecord(number.to_bytes(16), record_type, raw, reason, **more)


def test_sound_records_are_taken_with_their_terms() -> None:
    one, two = record(1), record(2, CANARY)
    terms = (("mrn", "M"),)
    assert judge(one, two) == Content(
        Family.DATA, None, (judged(1, one, terms=terms), judged(2, two, terms=terms))
    )


def test_each_bad_record_is_refused_by_name_and_spoils_no_other() -> None:
    faulty, barred = record(2, body=b"bad"), record(4, PASSAGE)
    found = judge(record(1), faulty, b"\xff", barred, record(5))
    assert found.reason is None
    assert [one.reason for one in found.records] == [
        None,
        Reason.RECORD_INVALID,
        Reason.RECORD_MALFORMED,
        Reason.NOT_AUTHORISED,
        None,
    ]
    assert found.records[1] == judged(2, faulty, Reason.RECORD_INVALID, faults=("rule header",))
    assert found.records[2] == JudgedRecord(b"", 0, b"\xff", Reason.RECORD_MALFORMED)
    assert found.records[3] == judged(4, barred, Reason.NOT_AUTHORISED)


def test_what_is_not_authorised_is_not_examined() -> None:
    route = Route(Agreements(), GE, TR, CREATED_MS)
    found = judge_content([record(1), b"\xff"], route, examine_nothing)
    assert [one.reason for one in found.records] == [
        Reason.NOT_AUTHORISED,
        Reason.RECORD_MALFORMED,
    ]


def test_an_envelope_of_unreadable_records_alone_is_data_and_owed_a_verdict() -> None:
    found = judge(b"\xff", b"")
    assert found.family is Family.DATA
    assert [one.reason for one in found.records] == [Reason.RECORD_MALFORMED, Reason.RECORD_TYPE]


@pytest.mark.parametrize("business", [DECLARATION, CANARY])
def test_an_envelope_of_both_families_is_refused_as_a_whole(business: int) -> None:
    found = judge(record(1, business), told(2, RESEND))
    assert found == Content(Family.DATA, Reason.RECORD_TYPE)


def test_control_records_are_kept_as_evidence_and_acted_on() -> None:
    one, two = told(1, RESEND), told(2, control.StreamStatus())
    assert judge(one, two, types=()) == Content(
        Family.CONTROL,
        None,
        (judged(1, one), judged(2, two)),
        (RESEND, control.StreamStatus()),
    )


def test_a_control_record_that_cannot_be_read_is_counted_and_the_others_are_acted_on() -> None:
    sound = told(3, RESEND)
    found = judge(b"\xff", record(2, control.RESEND, b"\xff"), sound)
    assert found == Content(
        Family.CONTROL,
        None,
        (judged(3, sound),),
        (RESEND,),
        (Reason.RECORD_MALFORMED, Reason.CONTROL_MALFORMED),
    )


def test_what_has_a_file_waits_for_it_and_is_found_by_nothing_yet() -> None:
    long, short = record(1, body=b"long"), record(2)
    content = judge(long, short, types=(DECLARATION, ATTACHMENT))
    assert content.records == (
        judged(1, long, Reason.ATTACHMENT_INCOMPLETE, parked=True),
        judged(2, short, terms=(("mrn", "M"),)),
    )


def test_a_long_record_passes_only_where_the_agreement_covers_files() -> None:
    long = record(1, body=b"long")
    assert judge(long).records == (judged(1, long, Reason.NOT_AUTHORISED),)
