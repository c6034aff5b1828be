"""A partner's record in this country's standard: what is written, and what officers are told."""

from pathlib import Path

import pytest

from corridor.errors import Reason
from corridor.standards.convert import Envelope
from corridor.standards.deliver import (
    FAILED,
    MISFIT,
    MISSING,
    Delivered,
    deliver,
    failed,
    not_whole,
)
from corridor.standards.mapper import Options
from corridor.standards.standard import decode, standard_as_it_came, standard_named
from corridor.standards.xml import XmlLimits, parse
from corridor.wire.v1 import records_pb2 as records

FIXTURES = Path(__file__).parents[2] / "fixtures"
ENVELOPE = Envelope("TR.GTB", "GE.RS", "0190" * 8, "2026-11-26T08:30:00")


def record(name: str, *, attach: bool = False) -> records.TransitRecord:
    return decode((FIXTURES / name).read_bytes(), Options(attach_original=attach)).record


def delivered(name: str, to: str) -> Delivered:
    return deliver(record(name), standard_named(to), ENVELOPE)


def test_a_message_of_another_standard_says_who_hands_it_over_and_when() -> None:
    made = delivered("asycuda/sad.xml", "WCO-DM")
    assert made.document is not None
    note = decode(
        b"<ASYCUDA_T1><Identification><Office_segment><Customs_clearance_office_code>TR341300"
        b"</Customs_clearance_office_code></Office_segment><MRN>26TRS30UER0FQ7YLJ6</MRN>"
        b"</Identification><Status>Arrived</Status><Office><Code>GECCZ111</Code></Office>"
        b"<Date>2026-03-04T09:15:00</Date></ASYCUDA_T1>",
        Options(),
    ).record
    arrived = deliver(note, standard_named("NCTS-P5"), ENVELOPE)
    assert arrived.document is not None
    source = decode(arrived.document, Options()).record.header.source
    assert (source.sender, source.recipient) == ("TR.GTB", "GE.RS")
    assert (source.message, source.message_id) == ("CD006C", "0190" * 8)
    assert source.prepared_at.lexical == "2026-11-26T08:30:00"
    assert arrived.report.silent
    assert arrived.report.as_text() == (
        "The record was written as CD006C of NCTS-P5; 0 of its values cannot be said in it, "
        "0 are said otherwise.\n"
    )


def test_what_the_standard_demands_in_vain_is_named_and_nothing_is_written() -> None:
    made = delivered("asycuda/sad.xml", "NCTS-P5")
    assert made.document is None
    assert (made.report.reason, made.report.message) == (MISSING, "CC015C")
    assert "CC015C/TransitOperation/security" in made.report.missing
    assert len(set(made.report.missing)) == len(made.report.missing)
    text = made.report.as_text()
    assert text.startswith("There is no CC015C of NCTS-P5 for this record: NCTS-P5 demands ")
    assert "nothing of it is lost" in text
    assert made.report.as_json()["delivered"] is False


def test_what_the_standard_has_no_form_for_is_named_and_nothing_is_written() -> None:
    told = decode(
        b"<ASYCUDA_T1><Identification><Office_segment><Customs_clearance_office_code>KINGS"
        b"</Customs_clearance_office_code></Office_segment><MRN>26TRS30UER0FQ7YLJ6</MRN>"
        b"</Identification><Status>Arrived</Status><Office><Code>GECCZ111</Code></Office>"
        b"<Date>2026-03-04T09:15:00</Date></ASYCUDA_T1>",
        Options(),
    ).record
    made = deliver(told, standard_named("NCTS-P5"), ENVELOPE)
    assert made.document is None
    assert made.report.reason == MISFIT
    (one,) = made.report.misfits
    assert one.element == "CD006C/CustomsOfficeOfDeparture/referenceNumber"
    assert made.report.as_json()["misfits"] == [{"element": one.element, "words": one.words}]
    text = made.report.as_text()
    assert text.startswith(
        "There is no CD006C of NCTS-P5 for this record:"
        " NCTS-P5 does not take 1 value(s) that the record has (format).\n"
    )
    assert f"NCTS-P5 does not take what the record says in:\n  {one.element}: an office: " in text


def test_a_record_that_is_no_message_there_says_so() -> None:
    made = delivered("ncts/cd142c.xml", "ASYCUDA-SAD")
    assert made.document is None
    assert made.report.reason == Reason.SOURCE_UNSUPPORTED.label
    assert "enquiry_recovery" in made.report.detail
    assert made.report.as_text().startswith("There is no ASYCUDA-SAD for this record: ")


def test_officers_read_in_words_what_the_message_cannot_say() -> None:
    made = delivered("ncts/cd001c.xml", "ASYCUDA-SAD")
    assert made.document is not None
    assert not made.report.silent
    text = made.report.as_text()
    assert (
        "The record says, and the message cannot:\n  movement > MRN: 26TRS30UER0FQ7YLJ6\n" in text
    )
    assert "The message says otherwise, or at another place:" in text
    told = made.report.as_json()
    assert told["lost"][0] == {
        "field": "header.movement.ids[0].value",
        "words": "movement > MRN",
        "value": "26TRS30UER0FQ7YLJ6",
    }


def test_what_nodes_tell_each_other_about_order_is_no_officers_matter() -> None:
    told = record("ncts/cd118c.xml")
    told.header.sender_sequence, told.header.recorded_ms = 7, 1_795_000_000_000
    told.header.caused_by = b"\1" * 16
    told.border_passage.passed_on.unix_ms = 1_795_000_000_000
    assert deliver(told, standard_named("ASYCUDA-SAD"), ENVELOPE).report.silent


@pytest.mark.parametrize("name", ["ncts/cd118c.xml", "asycuda/sad.xml", "wco/dec.xml"])
@pytest.mark.parametrize("attach", [True, False])
def test_a_message_of_the_same_standard_is_given_as_it_came(name: str, *, attach: bool) -> None:
    told = record(name, attach=attach)
    made = deliver(told, standard_as_it_came(told.header.source.standard), ENVELOPE)
    assert made.document is not None
    assert made.report.silent
    limits = XmlLimits()
    assert parse(made.document, limits) == parse((FIXTURES / name).read_bytes(), limits)
    if attach:
        assert made.document == (FIXTURES / name).read_bytes()


def test_a_message_of_the_same_standard_that_lacks_something_is_not_completed() -> None:
    told = record("ncts/cd118c.xml")
    told.border_passage.ClearField("passed_on")
    made = deliver(told, standard_named("NCTS-P5"), ENVELOPE)
    assert made.document is None
    assert made.report.missing == ("CD118C/TransitOperation/passageDate",)
    assert standard_as_it_came("KLINGON").name == "NCTS-P5"


def test_a_long_value_is_cut_for_people_and_whole_for_machines() -> None:
    told = record("ncts/cd180c.xml")
    told.incident_notice.incidents[0].endorsement.authority = "ა" * 400
    report = deliver(told, standard_named("ASYCUDA-SAD"), ENVELOPE).report
    assert f"authority: {'ა' * 300}…" in report.as_text()
    assert any(one.value == "ა" * 400 for one in report.lost)


def test_a_contact_that_cannot_be_named_whole_is_left_out_and_told() -> None:
    told = record("ncts/cc045c.xml")
    told.header.source.standard = "ELSEWHERE"
    told.discharge.parties[0].contact.name = "Giorgi Lomidze"  # NCTS demands a telephone too
    made = deliver(told, standard_named("NCTS-P5"), ENVELOPE)
    assert made.document is not None
    assert b"ContactPerson" not in made.document
    assert "discharge > holder > contact > name: Giorgi Lomidze" in made.report.as_text()
    told.discharge.parties[0].contact.phone = "+995322000000"
    whole = deliver(told, standard_named("NCTS-P5"), ENVELOPE)
    assert whole.document is not None
    assert b"<name>Giorgi Lomidze</name>" in whole.document


def test_a_contact_of_ncts_itself_is_never_left_out() -> None:
    told = record("ncts/cc045c.xml")
    told.discharge.parties[0].contact.name = "Giorgi Lomidze"
    made = deliver(told, standard_named("NCTS-P5"), ENVELOPE)
    assert made.report.missing == ("CC045C/HolderOfTheTransitProcedure/ContactPerson/phoneNumber",)


def test_a_mistake_of_ours_is_told_as_one() -> None:
    made = failed("NCTS-P5")
    assert (made.document, made.report.reason) == (None, FAILED)
    assert "a mistake of Corridor itself" in made.report.as_text()


def test_a_long_record_without_its_file_is_told_with_what_to_do() -> None:
    made = not_whole("NCTS-P5")
    assert (made.document, made.report.reason) == (None, FAILED)
    assert "the operator puts `attachments` of a copy back" in made.report.as_text()
