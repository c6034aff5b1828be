"""What dialects hold beyond the common form, and the notes of what happens to a T1."""

from pathlib import Path

import pytest

from corridor.errors import ConfigurationError
from corridor.standards.asycuda.codec import codec
from corridor.standards.asycuda.national import MRN
from corridor.standards.asycuda.notes import notes
from corridor.standards.check import EQUAL, check
from corridor.standards.dialect import HELD, Dialect, dialect_of
from corridor.standards.mapper import Options, decode, encode
from corridor.standards.standard import recognise
from corridor.standards.xml import XmlLimits, parse
from corridor.wire.records import check_record
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

FIXTURES = Path(__file__).parents[2] / "fixtures"
SAD = (FIXTURES / "asycuda/sad.xml").read_bytes()
NUMBER = "26GEWMGHR9W45CB0L8"
PATHS = {
    "mrn": "ASYCUDA/Transit/MRN",
    "happened_at": "ASYCUDA/Transit/Event_time",
    "security": "ASYCUDA/Transit/Security",
    "reduced_dataset": "ASYCUDA/Transit/Reduced",
    "binding_itinerary": "ASYCUDA/Transit/Binding",
    "additional_declaration_type": "ASYCUDA/Transit/Additional",
    "accepted_on": "ASYCUDA/Identification/Registration/Date",
    "released_on": "ASYCUDA/Transit/Released",
    "controlled_on": "ASYCUDA/Transit/Controlled",
    "control_text": "ASYCUDA/Transit/Remarks",
    "language": "ASYCUDA/Transit/Language",
    "guarantee_type": "ASYCUDA/Financial/Guarantee/Type",
    "guarantee_currency": "ASYCUDA/Financial/Guarantee/Currency",
    "means_type": "ASYCUDA/Transport/Means_of_transport/Departure_arrival_information/Kind",
    "border_means_type": "ASYCUDA/Transport/Means_of_transport/Border_information/Kind",
    "border_office": "ASYCUDA/Transport/Means_of_transport/Border_information/Office",
}
LINES = ("street_and_number", "postcode", "city", "country")
WHOLE = Dialect(
    "GE",
    "4.4",
    released="ASYCUDA/Transit/Result_of_control",
    address=LINES,
    traders="EORI",
    holds=tuple((path, word) for word, path in PATHS.items()),
)
HELD_HERE = f"""<Officer_name>Officer 12</Officer_name>
<MRN>{NUMBER}</MRN><Event_time>2026-03-02T11:20:00</Event_time><Security>0</Security>
<Reduced>0</Reduced><Binding>1</Binding><Additional>A</Additional><Released>3/2/26</Released>
<Controlled>3/2/26</Controlled><Remarks>ლუქები დადებულია</Remarks><Language>ka</Language>"""


def national(old: str = "", new: str = "") -> bytes:
    """The form of the tests as Georgia's dialect writes it."""
    text = SAD.decode()
    for before, after in (
        ("<Officer_name>Officer 12</Officer_name>", HELD_HERE),
        ("Gogebashvili 12\nBatumi", "Gogebashvili 12\n6000\nBatumi\nGE"),
        (old, new),
    ):
        assert before in text
        text = text.replace(before, after, 1) if before else text
    return text.encode()


def read(document: bytes, dialect: Dialect | None = WHOLE) -> records.TransitRecord:
    return decode(codec(dialect), document, Options()).record


def test_everything_that_a_box_may_hold_has_a_field() -> None:
    assert set(PATHS) == HELD


def test_a_dialect_holds_what_common_transit_needs_and_gives_it_back() -> None:
    document = national()
    told = read(document)
    assert check_record(told) == ()
    dataset = told.movement_released.dataset
    assert told.movement_released.purpose == records.RELEASE_PURPOSE_ARRIVAL
    assert (types.ID_SCHEME_MRN, NUMBER) in {
        (one.scheme, one.value) for one in told.header.movement.ids
    }
    assert told.header.occurred_at.lexical == "2026-03-02T11:20:00"
    terms = dataset.operation
    assert (terms.security.value, terms.reduced_dataset, dataset.itinerary.binding) == (
        "0",
        False,
        True,
    )
    assert (terms.accepted_on.lexical, terms.released_on.lexical) == ("3/2/26", "3/2/26")
    assert dataset.control_result.text == "ლუქები დადებულია"
    holder = next(one for one in dataset.parties if one.role == types.PARTY_ROLE_HOLDER)
    assert holder.ids[0].scheme == types.ID_SCHEME_EORI
    address = holder.address
    assert (address.street_and_number, address.postcode, address.city, address.country) == (
        "Gogebashvili 12", "6000", "Batumi", "GE",
    )  # fmt: skip
    found = check(document, Options(dialect=WHOLE))
    assert (found.accepted, found.round_trip) == (True, EQUAL)
    limits = XmlLimits()
    assert parse(encode(codec(WHOLE), told).document, limits) == parse(document, limits)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Gogebashvili 12\n6000\nBatumi\nGE", "Gogebashvili 12"),
        ("Gogebashvili 12\n6000\nBatumi\nGE", "Gogebashvili 12\n6000\nBatumi\nGeorgia"),
        ("Gogebashvili 12\n6000\nBatumi\nGE", f"Gogebashvili 12\n{'6' * 18}\nBatumi\nGE"),
        ("Gogebashvili 12\n6000\nBatumi\nGE", "Gogebashvili 12\n\nBatumi\nGE"),
        ("Black Sea Forwarding LLC\nGogebashvili 12\n6000\nBatumi\nGE", "Black Sea Forwarding LLC"),
        (f"<MRN>{NUMBER}</MRN>", "<MRN>of the other book</MRN>"),
        (f"<MRN>{NUMBER}</MRN>", "<MRN/>"),
        ("<Binding>1</Binding>", "<Binding>yes</Binding>"),
    ],
)
def test_what_does_not_fit_a_box_is_kept_and_comes_back(old: str, new: str) -> None:
    document = national(old, new)
    found = check(document, Options(dialect=WHOLE))
    assert (found.accepted, found.round_trip) == (True, EQUAL)


def test_lines_that_are_not_as_the_dialect_says_stay_lines() -> None:
    told = read(national("Gogebashvili 12\n6000\nBatumi\nGE", "Gogebashvili 12"))
    holder = next(
        one for one in told.movement_released.dataset.parties
        if one.role == types.PARTY_ROLE_HOLDER
    )  # fmt: skip
    assert list(holder.address.lines) == ["Gogebashvili 12"]


def test_a_form_is_a_declaration_until_the_box_that_says_so_is_filled() -> None:
    options = Options(dialect=WHOLE)
    assert recognise(national(), options).message == "SAD-RELEASED"
    result = "<Result_of_control>A3</Result_of_control>"
    assert recognise(national(result, "<Result_of_control/>"), options).message == "SAD"
    assert recognise(national(result, ""), options).message == "SAD"
    assert recognise(b"<ASYCUDA/>", options).message == "SAD"
    assert recognise(SAD, Options(dialect=Dialect("GE", "4"))).message == "SAD"
    assert recognise(SAD, Options()).message == "SAD"


def test_a_record_without_an_address_by_fields_is_written_as_ever() -> None:
    told = read(national())
    for party in told.movement_released.dataset.parties:
        party.ClearField("address")
    assert b"<Name>Black Sea Forwarding LLC</Name>" in encode(codec(WHOLE), told).document
    assert MRN.write(records.TransitRecord().header.movement, "ids") is None


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"holds": {"ASYCUDA/Nowhere/MRN": "mrn"}}, "which the form does not have"),
        ({"holds": {"ASYCUDA/Transit/Destination/MRN": "mrn"}}, "more than once"),
        ({"holds": {"ASYCUDA/Transit": "mrn"}}, "is a group, not a box"),
    ],
)
def test_a_box_that_fits_nowhere_is_told(told: dict[str, object], says: str) -> None:
    dialect = dialect_of({"country": "GE", "version": "4", **told})
    with pytest.raises(ConfigurationError, match=says):
        codec(dialect)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"released": "Result"}, "released: one path"),
        ({"released": 7}, "released: one path"),
        ({"address": ["street"]}, "address: what each line is"),
        ({"address": "city"}, "address: what each line is"),
        ({"address": ["city", "city"]}, "address: what each line is"),
        ({"traders": "VAT"}, "traders:"),
        ({"holds": {"ASYCUDA/A": "secret"}}, "holds: paths"),
        ({"holds": {"A": "mrn"}}, "holds: paths"),
        ({"holds": ["mrn"]}, "holds: paths"),
        ({"holds": {"ASYCUDA/A": "mrn", "ASYCUDA/B": "mrn"}}, "stands in two boxes"),
    ],
)
def test_a_dialect_that_says_it_wrongly_is_refused(told: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        dialect_of({"country": "GE", "version": "4", **told})


def note(status: str, more: str = "") -> bytes:
    return f"""<ASYCUDA_T1>
<Identification>
<Office_segment><Customs_clearance_office_code>GECCZ111</Customs_clearance_office_code></Office_segment>
<Registration><Year>2026</Year><Serial_number>T</Serial_number><Number>417</Number><Date>3/2/26</Date></Registration>
<MRN>{NUMBER}</MRN></Identification>
<Status>{status}</Status>
<Office><Code>TR080200</Code></Office>
<Time>2026-03-04T09:15:00</Time><Date>2026-03-04</Date>{more}</ASYCUDA_T1>""".encode()


@pytest.mark.parametrize(
    ("status", "more", "body"),
    [
        ("Border entry", "", "border_passage"),
        ("Border exit", "", "border_passage"),
        ("Incident", "<Code>2</Code><Comments>A seal broke</Comments>", "incident_notice"),
        ("Arrived", "", "arrival_notice"),
        ("Validated", "<Result_of_control>A1</Result_of_control>", "control_result"),
        ("Refused", "<Code>G1</Code>", "release_refused"),
    ],
)
def test_a_note_is_a_record_and_comes_back_the_same(status: str, more: str, body: str) -> None:
    document = note(status, more)
    for options in (Options(), Options(dialect=WHOLE)):
        found = check(document, options)
        assert (found.accepted, found.round_trip, found.refusals) == (True, EQUAL, ())
        assert found.message == f"T1-{status.upper().replace(' ', '-')}"
    told = read(document)
    assert told.WhichOneof("body") == body
    assert check_record(told) == ()
    assert told.header.occurred_at.lexical == "2026-03-04T09:15:00"
    ids = {(one.scheme, one.value) for one in told.header.movement.ids}
    assert (types.ID_SCHEME_ASYCUDA_SAD, "GECCZ111/2026/T/417") in ids


def test_equipment_is_numbered_by_position_so_that_an_incident_can_name_it() -> None:
    pieces = read(SAD, None).declaration.dataset.consignment.equipment
    assert [one.sequence for one in pieces] == [1, 2]


def test_a_number_of_a_form_that_is_too_long_names_no_movement() -> None:
    told = read(SAD.replace(b"<Number>417</Number>", b"<Number>" + b"4" * 70 + b"</Number>"), None)
    assert [one.scheme for one in told.header.movement.ids] == [types.ID_SCHEME_LRN]


def test_a_status_that_no_note_has_is_no_message() -> None:
    assert codec(None).message_of(parse(note("Under customs control"), XmlLimits())) is None
    assert codec(None).message_of(parse(b"<ASYCUDA_T1/>", XmlLimits())) is None
    assert set(notes()) <= set(codec(WHOLE).messages)
