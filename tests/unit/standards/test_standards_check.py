import itertools

import pytest

from builders_ncts import document
from corridor.errors import InputTrouble, Reason, Refused
from corridor.standards.accounting import Fate
from corridor.standards.check import EQUAL, Checked, Conversion, Refusal, check
from corridor.standards.forms import date_format
from corridor.standards.ncts.mapper import Encoded, Options, decode, encode
from corridor.standards.ncts.releases import P5, P6, release_named, release_of, releases
from corridor.standards.schema import MAX_FAULTS, Schemas
from corridor.standards.standard import Standard, recognise, standard_named, standards
from corridor.standards.tree import Node, first_difference
from corridor.standards.xml import XmlLimits, parse
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

NAMES = tuple(P5.messages)
XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'


def as_phase_6(name: str) -> bytes:
    return document(name).replace(b'PhaseID="NCTS5.1"', b'PhaseID="NCTS6"')


@pytest.mark.parametrize("name", NAMES)
def test_a_good_message_is_accepted_and_comes_back_equal(name: str) -> None:
    found = check(document(name), Options())
    assert (found.standard, found.message, found.refusals) == ("NCTS-P5", name, ())
    assert found.accepted
    assert found.round_trip == EQUAL
    assert found.count(Fate.MAPPED) >= 8
    assert found.count(Fate.DROPPED) == 0
    assert not found.validated


def test_what_is_no_xml_is_told_not_raised() -> None:
    found = check(b"<a>", Options())
    assert found == Checked(
        refusals=(Refusal("", "source_malformed", "not well-formed XML, line 1"),)
    )
    assert not found.accepted
    assert found.count(Fate.MAPPED) == 0


def test_an_unknown_message_is_told_by_reason() -> None:
    (refusal,) = check(b"<ASY/>", Options()).refusals
    assert refusal.reason == "source_unsupported"


def test_every_broken_rule_is_told_by_place_and_in_words() -> None:
    raw = document("CC015C").replace(b"TR-2026-000417", b"").replace(b">12000.50<", b">twelve<")
    assert check(raw, Options()).refusals == (
        Refusal("CC015C/TransitOperation/LRN", "record_invalid", "it is empty (string.min_len)"),
        Refusal(
            "CC015C/Guarantee[2]/GuaranteeReference[1]/amountToBeCovered",
            "record_invalid",
            "it is not of the form it should have (string.pattern)",
        ),
    )


def test_what_the_standard_demands_and_the_document_lacks_is_refused() -> None:
    raw = (
        document("CC014C").replace(b"<messageSender>", b"<x>").replace(b"</messageSender>", b"</x>")
    )
    found = check(raw, Options())
    assert found.refusals == (Refusal("CC014C/messageSender", "missing", "NCTS-P5 demands it"),)
    assert found.round_trip == EQUAL
    assert not found.accepted


def test_what_only_the_residual_holds_is_not_missing() -> None:
    raw = document("CC007C").replace(b">41.71510<", b">41n71510<")
    assert check(raw, Options()).accepted


def test_a_dropped_leaf_is_not_accepted() -> None:
    long = b"<Invalidation><new>" + b"x" * 8193 + b"</new>"
    found = check(document("CC014C").replace(b"<Invalidation>", long), Options())
    assert found.count(Fate.DROPPED) == 1
    assert found.round_trip == "CC014C/Invalidation[1]/new[1]"
    assert not found.accepted


def test_a_message_without_a_namespace_comes_back_equal() -> None:
    raw = document("CC014C").replace(b"ncts:", b"").replace(b"xmlns:ncts", b"xmlns:other")
    assert check(raw, Options()).round_trip == EQUAL


@pytest.mark.parametrize("standard", [one.name for one in standards()])
def test_a_standard_is_found_by_its_name_in_any_case(standard: str) -> None:
    assert standard_named(standard.lower()).name == standard


def test_a_standard_that_is_not_spoken_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refused, match="NCTS-P5, NCTS-P6"):
        standard_named("klingon")


@pytest.mark.parametrize(
    ("phase", "release"), [("NCTS5.1", P5), (" NCTS5.1", P5), ("NCTS6", P6), ("", P5), ("X", P5)]
)
def test_the_phase_says_which_release_a_message_is(phase: str, release: object) -> None:
    assert release_of(phase) is release


def test_a_record_made_elsewhere_is_written_in_the_first_release() -> None:
    assert release_named("ASYCUDA") is P5
    assert [one.standard for one in releases()] == ["NCTS-P5", "NCTS-P6"]


@pytest.mark.parametrize("name", NAMES)
def test_a_message_of_phase_6_is_read_with_its_own_tables(name: str) -> None:
    raw = as_phase_6(name)
    found = check(raw, Options())
    assert found.standard == "NCTS-P6"
    assert found.round_trip == EQUAL
    record = decode(raw, Options()).record
    assert record.header.source.standard == "NCTS-P6"
    assert encode(record).message == name


def test_an_element_that_phase_6_dropped_travels_in_the_residual() -> None:
    found = check(as_phase_6("CC007C"), Options())
    assert found.accepted
    assert found.count(Fate.RESIDUAL) == 1


def test_what_phase_6_added_is_mapped() -> None:
    raw = as_phase_6("CC928C").replace(b"</LRN>", b"</LRN><MRN>26TRS30UER0FQ7YLJ6</MRN>")
    assert check(raw, Options()).count(Fate.RESIDUAL) == 0
    ids = decode(raw, Options()).record.header.movement.ids
    assert [item.value for item in ids] == ["TR-2026-000417", "26TRS30UER0FQ7YLJ6"]


def test_a_conversion_names_what_the_other_standard_demands_and_invents_none() -> None:
    raw = document("CC029C")
    for element in (b"PlaceOfLoading", b"GoodsMeasure"):
        start, end = raw.index(b"<" + element), raw.index(b"</" + element)
        raw = raw[:start] + raw[end + len(element) + 3 :]
    assert check(raw, Options()).accepted
    found = check(raw, Options(), to=standard_named("NCTS-P6"))
    assert found.conversion is not None
    assert found.conversion.message == "CC029C"
    assert found.conversion.missing == ("CC029C/Consignment/PlaceOfLoading", MEASURE)
    assert [one.reason for one in found.refusals] == ["missing", "missing"]
    assert not found.accepted


MEASURE = "CC029C/Consignment/HouseConsignment/ConsignmentItem/Commodity/GoodsMeasure/grossMass"


def test_a_conversion_of_what_the_other_standard_can_say_is_accepted() -> None:
    assert check(document("CC029C"), Options(), to=standard_named("NCTS-P6")).accepted


def test_a_record_that_the_other_standard_has_no_message_for_is_told() -> None:
    ncts = standard_named("NCTS-P6")

    def encode_none(_record: records.TransitRecord, with_residual: bool) -> Encoded:  # noqa: FBT001
        return ncts.encode(records.TransitRecord(), with_residual)

    other = Standard("OTHER", ncts.message_of, ncts.decode, encode_none, ncts.again)
    found = check(document("CC004C"), Options(), to=other)
    assert [one.reason for one in found.refusals] == ["source_unsupported"]
    assert found.conversion == Conversion("OTHER")


def test_a_result_without_a_guarantee_lacks_its_references() -> None:
    record = records.TransitRecord(guarantee_result=records.GuaranteeResult())
    assert "CC055C/GuaranteeReference" in encode(record).missing


def test_a_date_of_no_known_form_is_kept_as_it_is() -> None:
    assert date_format("yesterday") == types.DATE_FORMAT_UNSPECIFIED


def test_a_document_is_recognised_by_what_it_says_it_is() -> None:
    known = recognise(document("CC055C"), Options())
    assert (known.standard.name, known.message) == ("NCTS-P5", "CC055C")


INCLUDING = f"""<xs:schema {XS} targetNamespace="http://ncts.dgtaxud.ec"
  xmlns="http://ncts.dgtaxud.ec"><xs:include schemaLocation="kinds.xsd"/>
  <xs:element name="CC928C" type="Kind"/></xs:schema>""".encode()
INCLUDED = f"""<xs:schema {XS} targetNamespace="http://ncts.dgtaxud.ec">
  <xs:complexType name="Kind"><xs:sequence>
  <xs:element name="messageSender" type="xs:string"/>
  <xs:any processContents="skip" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence><xs:attribute name="PhaseID"/></xs:complexType></xs:schema>""".encode()


def test_a_document_is_validated_with_the_schemas_that_are_at_hand() -> None:
    asked = []

    def read(name: str) -> bytes | None:
        asked.append(name)
        return {"cc928c.xsd": INCLUDING, "kinds.xsd": INCLUDED}.get(name)

    schemas = Schemas(read)
    found = check(document("CC928C"), Options(), schemas)
    assert found.validated
    assert found.accepted
    broken = document("CC928C").replace(b"messageSender>", b"sender>")
    refusals = check(broken, Options(), schemas).refusals
    assert [one.reason for one in refusals] == ["schema", "missing"]
    assert "messageSender" in refusals[0].words
    assert not check(document("CC004C"), Options(), schemas).validated
    assert asked == ["cc928c.xsd", "kinds.xsd", "cc004c.xsd"]


@pytest.mark.parametrize("content", [b"<no", b"<other/>", INCLUDING])
def test_a_schema_that_cannot_be_used_is_named(content: bytes) -> None:
    schemas = Schemas({"cc928c.xsd": content}.get)
    with pytest.raises(InputTrouble, match=r"cc928c\.xsd cannot be used"):
        check(document("CC928C"), Options(), schemas)


def test_of_many_faults_the_first_are_told() -> None:
    wrong = f"""<xs:schema {XS}><xs:element name="a"><xs:complexType><xs:sequence>
      <xs:element name="b" type="xs:int" maxOccurs="99"/></xs:sequence></xs:complexType>
      </xs:element></xs:schema>""".encode()
    faults = Schemas({"a.xsd": wrong}.get).faults("a.xsd", b"<a>" + b"<b>x</b>" * 50 + b"</a>")
    assert faults is not None
    assert len(faults) == MAX_FAULTS


TREES = (
    Node("a"),
    Node("b"),
    Node("a", "text"),
    Node("a", attributes={"k": "1"}),
    Node("a", children=[Node("c")]),
    Node("a", children=[Node("c"), Node("c")]),
    Node("a", children=[Node("c"), Node("d", "x")]),
)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(TREES, TREES)))
def test_two_documents_have_a_first_difference_or_are_equal(one: Node, other: Node) -> None:
    assert (first_difference(one, other) is None) == (one == other)


def test_the_first_difference_is_named_by_its_place() -> None:
    assert first_difference(TREES[4], TREES[5]) == "a/c[2]"
    assert first_difference(TREES[3], TREES[0]) == "a/@k"
    assert first_difference(TREES[5], TREES[6]) == "a/c[2]"


@pytest.mark.parametrize(
    "raw",
    [
        b"\x4c\x6f\xa7\x94\x93",
        b'<?xml version="1.0" encoding="IBM037"?><a/>',
        b'<?xml version="1.0" encoding="UTF-7"?><a>+ADw-</a>',
        b"<?xml version='1.0' encoding='CP1026'?><a/>",
    ],
)
def test_an_encoding_in_which_markup_can_hide_is_refused_before_it_is_parsed(raw: bytes) -> None:
    with pytest.raises(Refused) as caught:
        parse(raw, XmlLimits())
    assert caught.value.reason is Reason.CHARACTER_SET


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-16", "iso-8859-9", "windows-1254", "KOI8-R"])
def test_the_encodings_of_national_systems_are_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>b</a>'
    assert parse(text.encode(encoding), XmlLimits()) == Node("a", "b")


def test_a_flood_of_elements_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(Refused, match="at most 10 elements"):
        parse(b"<a>" + b"<b/>" * 40 + b"</a>", XmlLimits(max_elements=10))


def test_an_element_with_too_many_attributes_is_refused() -> None:
    most = " ".join(f'a{n}="1"' for n in range(64))
    assert len(parse(f"<a {most}/>".encode(), XmlLimits()).attributes) == 64
    with pytest.raises(Refused, match="at most 64 attributes"):
        parse(f'<a {most} b="1"/>'.encode(), XmlLimits())
