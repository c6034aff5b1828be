"""The contents of records are examined together and judged each for itself (PROTOCOL §4.2, R19)."""

import pytest

from builders_wire import MRN, attachment, declaration, header, new_entry
from corridor.errors import Reason
from corridor.exchange.parts import Examination, examine_records
from corridor.wire.batches import ATTACHMENT, CANARY, SCHEMA_ID, Entry
from corridor.wire.limits import MAX_RECORD_BYTES
from corridor.wire.records import encode_record
from corridor.wire.v1.records_pb2 import TransitRecord

DECLARATION = 1


def sound(number: int = 1) -> Entry:
    return new_entry(number.to_bytes(16), declaration())


def with_body(body: bytes, record_type: int = DECLARATION) -> Entry:
    return Entry(bytes(16), record_type, SCHEMA_ID, None, body)


def nameless() -> Entry:
    """A declaration that breaks a rule of the schema: it has no header."""
    record = declaration()
    record.ClearField("header")
    return with_body(encode_record(record))


def test_a_sound_record_is_told_with_the_terms_by_which_it_can_be_found() -> None:
    (found,) = examine_records([sound()], "TR")
    assert found.faults == ()
    assert ("mrn", MRN) in found.terms


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (with_body(b"\xff"), Reason.RECORD_MALFORMED),
        (with_body(bytes(MAX_RECORD_BYTES + 1)), Reason.RECORD_TOO_LARGE),
        (with_body(sound().body, record_type=2), Reason.RECORD_TYPE),
        # what a later version of the schema adds has no body that we know
        (with_body(encode_record(TransitRecord(header=header()))), Reason.RECORD_TYPE),
        (with_body(b""), Reason.RECORD_TYPE),
    ],
    ids=["not a record", "too large", "of another type", "of an unknown body", "empty"],
)
def test_a_record_that_cannot_be_read_is_refused_by_name(entry: Entry, reason: Reason) -> None:
    assert examine_records([entry], "TR") == [Examination((reason.label,), (), reason)]


def test_a_record_that_breaks_a_rule_is_refused_with_the_rule_and_without_terms() -> None:
    (found,) = examine_records([nameless()], "TR")
    assert found.reason is Reason.RECORD_INVALID
    assert [fault.split()[1] for fault in found.faults] == ["header"]
    assert found.terms == ()


def test_of_a_canary_only_the_form_is_examined() -> None:
    unread, read = examine_records(
        [with_body(b"\xff", CANARY), with_body(b"\x08\x01", CANARY)], "TR"
    )
    assert unread.reason is Reason.CONTROL_MALFORMED
    assert unread.faults
    assert read == Examination()


def test_one_bad_record_does_not_spoil_its_neighbours() -> None:
    entries = [sound(1), with_body(b"\xff"), nameless(), with_body(b"", CANARY), sound(2)]
    assert [bool(found.faults) for found in examine_records(entries, "TR")] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_record_that_claims_an_office_of_another_country_is_refused_by_name() -> None:
    record = declaration()
    record.header.sender_office.reference = "TR341300"
    (found,) = examine_records([with_body(encode_record(record))], "GE")
    assert found == Examination(
        ("office.not_own header.sender_office",), reason=Reason.OFFICE_NOT_OWN
    )


def test_a_manifest_has_no_second_file_beside_its_own() -> None:
    record = TransitRecord(header=header(), attachment=attachment())
    entry = with_body(encode_record(record), ATTACHMENT)
    assert examine_records([entry], "TR")[0].has_file
    record.header.whole.CopyFrom(attachment())
    (found,) = examine_records([with_body(encode_record(record), ATTACHMENT)], "TR")
    assert found == Examination(("whole.of_a_file header.whole",))
