"""The SAD of ASYCUDA World, in the common form and in dialects of countries."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ConfigurationError, Reason, Refused
from corridor.standards.accounting import Fate
from corridor.standards.asycuda.codec import codec
from corridor.standards.check import EQUAL, check
from corridor.standards.dialect import Dialect, dialect_of
from corridor.standards.mapper import Options, decode, encode
from corridor.standards.standard import decode as decode_any
from corridor.standards.standard import recognise, standard_named
from corridor.standards.tree import Node
from corridor.standards.xml import XmlLimits, parse, render
from corridor.wire.records import check_record
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

FIXTURES = Path(__file__).parents[2] / "fixtures"
SAD = (FIXTURES / "asycuda/sad.xml").read_bytes()
LIMITS = XmlLimits()
COMMON = codec(None)
JAMAICA = Dialect("JM", "4.3", absent=frozenset({"ASYCUDA/Warehouse", "ASYCUDA/Item/IncoTerms"}))


def changed(old: str, new: str) -> bytes:
    text = SAD.decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def record(document: bytes = SAD) -> records.TransitRecord:
    return decode(COMMON, document, Options()).record


def facts(told: records.TransitRecord, about: str) -> dict[str, str]:
    return {
        fact.name: fact.value
        for item in told.header.particulars
        if item.name == about
        for fact in item.facts
    }


def test_every_leaf_of_the_form_is_mapped_and_comes_back_the_same() -> None:
    mapped = decode_any(SAD, Options())
    assert {leaf.fate for leaf in mapped.account.leaves} == {Fate.MAPPED}
    assert check_record(mapped.record) == ()
    assert not mapped.record.header.residual
    encoded = encode(COMMON, mapped.record, with_residual=False)
    assert encoded.missing == ()
    assert parse(encoded.document, LIMITS) == parse(SAD, LIMITS)


def test_transit_containers_seals_and_guarantee_stand_in_their_fields() -> None:
    told = record()
    dataset = told.declaration.dataset
    assert [(one.scheme, one.value) for one in told.header.movement.ids] == [
        (types.ID_SCHEME_LRN, "GE-2026-000417"),
        (types.ID_SCHEME_ASYCUDA_SAD, "GEBTS/2026/T/417"),
    ]
    assert dataset.operation.declaration_type.value == "T1"
    assert dataset.operation.limit.lexical == "3/9/26"
    assert dataset.operation.limit.format == types.DATE_FORMAT_ASYCUDA
    assert {(one.role, one.reference) for one in dataset.itinerary.offices} == {
        (types.OFFICE_ROLE_DEPARTURE, "GEBTS"),
        (types.OFFICE_ROLE_TRANSIT_DECLARED, "GESRP"),
        (types.OFFICE_ROLE_DESTINATION_DECLARED, "TR61A"),
    }
    holder = next(one for one in dataset.parties if one.role == types.PARTY_ROLE_HOLDER)
    assert (holder.ids[0].value, holder.name, list(holder.address.lines)) == (
        "GE204417002",
        "Black Sea Forwarding LLC",
        ["Gogebashvili 12", "Batumi"],
    )
    (reference,) = dataset.guarantees[0].references
    assert (reference.id.scheme, reference.id.value) == (types.ID_SCHEME_GRN, "26GE0000010017CD5")
    assert (reference.amount.lexical, reference.limitations[0].country) == ("12000.50", "AZ")
    vehicle, container = dataset.consignment.equipment
    assert [seal.identifier for seal in vehicle.seals] == ["GE0044871", "GE0044872"]
    assert (vehicle.seals_declared, container.container) == (2, "CSQU3054383")
    assert [goods.item for goods in container.goods] == [1]
    (item,) = dataset.consignment.houses[0].items
    assert (item.commodity.hs6, item.commodity.cn2) == ("080222", "00")
    duties = [one for one in item.particulars if one.name == "duty"]
    assert [(one.name, one.value) for one in duties[0].facts][:2] == [
        ("type", "VAT"),
        ("base", "13333"),
    ]
    assert facts(told, "valuation")["invoice.currency"] == "USD"


def test_a_form_without_a_number_is_registered_nowhere() -> None:
    ids = record(changed("<Number>417</Number>", "<Number/>")).header.movement.ids
    assert [one.scheme for one in ids] == [types.ID_SCHEME_LRN]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<Warehouse>", "<Warehouse><Keeper>x</Keeper>"),
        (
            "<Number_of_loading_lists/>",
            "<Number_of_loading_lists><null/></Number_of_loading_lists>",
        ),
        ("<Manifest_reference_number>\n      <null/>\n    </Manifest_reference_number>", ""),
        ("<Manifest_reference_number>\n      <null/>", "<Manifest_reference_number>"),
        ("<Manifest_reference_number>\n      <null/>", "<Manifest_reference_number> "),
        ("<Export_country_code>GE<", "<Export_country_code>Georgia<"),
        ("<Commodity_code>08022200<", "<Commodity_code>0802.22.00<"),
        ("<Container_flag>true<", "<Container_flag>yes<"),
        ("<Time_limit>3/9/26<", "<Time_limit>in a week<"),
        ("<Amount>12000.50<", "<Amount>12 000,50 USD<"),
        ("<Identity>GE0044871;GE0044872<", "<Identity>GE0044871;;<"),
        ("<Total_number_of_packages>720<", "<Total_number_of_packages>about 700<"),
        ("<Number>GE-2026-000417<", "<Number>a reference that is far longer than 22 characters<"),
        ("<Principal>", "<Principal xml:lang='ka'>"),
        ("<Free_text_1>\n      <null/>", "<Free_text_1>" + "x" * 600),
        ("<Item_Number>1<", "<Item_Number>one<"),
        ("<Principal>\n      <Code>GE204417002</Code>", "<Principal>\n      <Code/>"),
        ("<Container_identity>CSQU3054383</Container_identity>", ""),
        (
            "<Customs_clearance_office_code>GEBTS<",
            "<Customs_clearance_office_code>G" + "E" * 20 + "<",
        ),
        ("<Name>26GE0000010017CD5<", "<Name>Bond of the Republic, No 7<"),
        ("<Summary_declaration>MAN-2026-88/4<", "<Summary_declaration>" + "7" * 150 + "<"),
        ("<Exporter_name>Guria", "<Exporter_name>\nGuria"),
    ],
)
def test_untidy_forms_are_taken_and_come_back_the_same(old: str, new: str) -> None:
    document = changed(old, new)
    found = decode(COMMON, document, Options())
    assert Fate.DROPPED not in {leaf.fate for leaf in found.account.leaves}
    assert parse(encode(COMMON, found.record).document, LIMITS) == parse(document, LIMITS)


def test_a_form_with_half_of_its_boxes_costs_a_line_for_each_kind_of_box() -> None:
    root = parse(SAD, LIMITS)
    item = root.children.pop()
    for box in ("IncoTerms", "Taxation", "Previous_doc"):
        item.children = [child for child in item.children if child.name != box]
    root.children.extend([item] * 50)
    document = render(root, {})
    found = decode(COMMON, document, Options())
    assert [entry.path for entry in found.record.header.residual] == [
        "ASYCUDA/Item/IncoTerms",
        "ASYCUDA/Item/Previous_doc",
        "ASYCUDA/Item/Taxation",
    ]
    assert parse(encode(COMMON, found.record).document, LIMITS) == parse(document, LIMITS)


def test_a_blank_form_is_refused_by_the_box_that_has_to_be_filled() -> None:
    blank = encode(COMMON, records.TransitRecord(declaration={"kind": 1, "dataset": {}}))
    found = check(blank.document, Options())
    assert [(one.path, one.reason) for one in found.refusals] == [
        ("ASYCUDA/Identification/Office_segment/Customs_clearance_office_code", "missing")
    ]
    assert found.round_trip == EQUAL


def test_a_dialect_writes_the_form_of_its_country() -> None:
    document = encode(codec(JAMAICA), record(), with_residual=False).document
    root = parse(document, LIMITS)
    assert "Warehouse" not in {child.name for child in root.children}
    found = decode_any(document, Options(dialect=JAMAICA))
    assert found.record.header.source.standard == "ASYCUDA-SAD-JM-4.3"
    assert found.record.header.source.version == "4.3"
    assert not found.record.header.residual


def test_boxes_without_a_value_look_as_the_dialect_has_them() -> None:
    dialect = Dialect(
        "AL",
        "5",
        blank=frozenset({"ASYCUDA/Identification/Manifest_reference_number"}),
        null=frozenset({"ASYCUDA/Property/Nbers/Number_of_loading_lists"}),
    )
    text = encode(codec(dialect), record()).document.decode()
    assert "<Manifest_reference_number/>" in text
    assert "<Number_of_loading_lists>\n        <null/>" in text
    found = decode(codec(dialect), text.encode(), Options())
    assert {leaf.fate for leaf in found.account.leaves} == {Fate.MAPPED}


def test_a_dialect_demands_and_excuses_boxes() -> None:
    place = "ASYCUDA/Transit/Destination/Office"
    office = "ASYCUDA/Identification/Office_segment/Customs_clearance_office_code"
    dialect = Dialect("GE", "1", demanded=frozenset({place}), excused=frozenset({office}))
    blank = records.TransitRecord(declaration={"kind": 1, "dataset": {}})
    assert encode(codec(dialect), blank).missing == (place,)


def test_what_one_dialect_keeps_word_for_word_is_not_put_into_another() -> None:
    told = record(changed("<Warehouse>", "<Warehouse><Keeper>x</Keeper>"))
    assert b"Keeper" in encode(COMMON, told).document
    assert b"Keeper" not in encode(codec(JAMAICA), told).document


def test_the_dialect_of_the_node_goes_before_the_common_form() -> None:
    assert recognise(SAD, Options()).standard.name == "ASYCUDA-SAD"
    assert recognise(SAD, Options(dialect=JAMAICA)).standard.name == "ASYCUDA-SAD-JM-4.3"
    assert standard_named("asycuda-sad-jm-4.3", JAMAICA).name == "ASYCUDA-SAD-JM-4.3"


def test_a_released_movement_is_written_in_the_same_form() -> None:
    told = record()
    released = records.TransitRecord(header=told.header)
    released.movement_released.dataset.CopyFrom(told.declaration.dataset)
    encoded = encode(COMMON, released)
    assert encoded.message == "SAD-RELEASED"
    assert parse(encoded.document, LIMITS) == parse(SAD, LIMITS)


def test_thousands_of_empty_items_are_refused_before_their_boxes_cost_anything() -> None:
    text = SAD.decode().replace("</ASYCUDA>", "<Item/>" * 9000 + "</ASYCUDA>")
    began = time.process_time()
    with pytest.raises(Refused) as caught:
        decode(COMMON, text.encode(), Options())
    assert caught.value.reason is Reason.RECORD_INVALID
    assert "empty boxes" in caught.value.detail
    assert time.process_time() - began < 10


@pytest.mark.unmeasured
def test_a_form_of_999_items_is_read() -> None:
    root = parse(SAD, LIMITS)
    root.children.extend([root.children[-1]] * 998)
    found = decode(COMMON, render(root, {}), Options())
    assert len(found.record.declaration.dataset.consignment.houses[0].items) == 999
    assert {leaf.fate for leaf in found.account.leaves} == {Fate.MAPPED}


def test_a_residual_from_elsewhere_takes_no_value_away() -> None:
    told = record()
    for path in ("ASYCUDA/Transit", "ASYCUDA/Item[1]/Packages[1]", "ASYCUDA/Transit[2]", "ASYCUDA"):
        hostile = records.TransitRecord()
        hostile.CopyFrom(told)
        hostile.header.residual.add(namespace="ASYCUDA-SAD", path=path)
        with pytest.raises(Refused) as caught:
            encode(COMMON, hostile)
        assert caught.value.reason is Reason.RECORD_INVALID


def test_the_file_of_a_dialect_is_read_and_its_faults_are_named() -> None:
    told = {"country": "JM", "version": "4.3", "absent": ["ASYCUDA/Warehouse"]}
    assert dialect_of(told) == Dialect("JM", "4.3", absent=frozenset({"ASYCUDA/Warehouse"}))
    faulty = {"country": "jm", "version": "", "absent": "Warehouse", "null": ["/x"], "dates": 1}
    with pytest.raises(ConfigurationError) as caught:
        dialect_of(faulty)
    for word in ("country", "version", "absent", "null", "dates"):
        assert word in str(caught.value)


_VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60).filter(
    lambda text: text == text.strip()
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.integers(0, 256), _VALUES, max_size=12))
def test_whatever_stands_in_the_boxes_comes_back(values: dict[int, str]) -> None:
    root = parse(SAD, LIMITS)
    boxes = [
        node for node in _boxes(root) if [child.name for child in node.children] in ([], ["null"])
    ]
    for number, text in values.items():
        box = boxes[number % len(boxes)]
        box.children, box.text = [], text
    document = render(root, {})
    found = check(document, Options())
    assert found.round_trip in {EQUAL, None}
    assert found.round_trip == EQUAL or found.refusals
    assert found.count(Fate.DROPPED) == 0


def _boxes(node: Node) -> list[Node]:
    return [node, *(box for child in node.children for box in _boxes(child))]
