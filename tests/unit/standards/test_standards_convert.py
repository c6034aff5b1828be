"""A record of one standard told in another: what is filled in, what is missing, what is lost."""

from pathlib import Path

import pytest

from corridor.errors import Reason
from corridor.standards.check import Checked, check
from corridor.standards.convert import Converted, convert, prepared
from corridor.standards.mapper import Options
from corridor.standards.standard import decode, encode, standard_named
from corridor.standards.tree import plain_path
from corridor.standards.xml import XmlLimits, parse
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

FIXTURES = Path(__file__).parents[2] / "fixtures"
FILES = {
    "NCTS-P5": "ncts/cc015c.xml",
    "ASYCUDA-SAD": "asycuda/sad.xml",
    "WCO-DM": "wco/dec.xml",
    "EDIFACT": "edifact/cusdec.edi",
}


def document(name: str) -> bytes:
    return (FIXTURES / FILES.get(name, name)).read_bytes()


def converted(source: str, target: str) -> Converted:
    return convert(decode(document(source), Options()), standard_named(target))


def tried(source: str, target: str) -> Checked:
    return check(document(source), Options(), to=standard_named(target))


@pytest.mark.parametrize("target", ["NCTS-P5", "ASYCUDA-SAD", "WCO-DM"])
@pytest.mark.parametrize("source", FILES)
def test_every_value_is_said_or_told_to_be_missing_there(source: str, target: str) -> None:
    made = converted(source, target)
    if source == target:
        assert made.lost == made.narrowed == ()
        assert parse(made.written.document, XmlLimits()) == parse(document(source), XmlLimits())
        return
    assert made.lost  # no standard says all that another one does
    again = standard_named(target).again(made.written)
    assert again.message == made.written.message
    assert made.standard == target
    refused = [one for one in again.findings if one.refuses]
    assert made.misfits == tuple(one for one in refused if one.rule != "missing")
    absent = {plain_path(one.path) for one in refused if one.rule == "missing"}
    assert absent <= set(made.written.missing)
    assert bool(made.misfits) == (target == "NCTS-P5")  # offices of these samples have no country


def test_what_another_standard_has_no_form_for_is_named_and_neither_cut_nor_filled_up() -> None:
    found = tried("ASYCUDA-SAD", "NCTS-P5")
    told = {one.path: one.words for one in found.refusals if one.reason == "format"}
    assert told["CC015C/CustomsOfficeOfDeparture/referenceNumber"] == (
        "NCTS-P5 does not take it: an office: its country in two capital letters,"
        " then 6 capital letters or digits, and it has 5 characters"
    )


def test_a_declaration_becomes_a_form_with_seals_containers_and_holder() -> None:
    made = converted("NCTS-P5", "ASYCUDA-SAD")
    assert made.written.missing == ()
    dataset = decode(made.written.document, Options()).record.declaration.dataset
    holder = next(one for one in dataset.parties if one.role == types.PARTY_ROLE_HOLDER)
    assert (holder.ids[0].value, holder.name) == ("TR4410987321", "Güneydoğu Nakliyat A.Ş.")
    assert list(holder.address.lines)[1:] == ["34303 İstanbul", "TR"]
    assert dataset.operation.limit.lexical == "3/11/26"
    seals = [seal.identifier for item in dataset.consignment.equipment for seal in item.seals]
    assert seals == ["TR0044871", "TR0044872"]
    lost = {one.element for one in made.lost}
    assert "CC015C/TransitOperation/security" in lost
    assert "CC015C/Consignment/grossMass" not in lost


def test_what_ncts_demands_and_a_form_does_not_say_is_missing_and_not_made_up() -> None:
    found = tried("ASYCUDA-SAD", "NCTS-P5")
    assert not found.accepted
    missing = {one.path for one in found.refusals if one.reason == "missing"}
    assert {
        "CC015C/TransitOperation/security",
        "CC015C/TransitOperation/reducedDatasetIndicator",
        "CC015C/HolderOfTheTransitProcedure/Address/city",
        "CC015C/Guarantee/guaranteeType",
    } <= missing
    assert found.conversion is not None
    assert set(found.conversion.missing) == missing
    assert not any("sequenceNumber" in path or "goodsItemNumber" in path for path in missing)
    assert "CC015C/preparationDateAndTime" not in missing


def test_the_tariff_is_a_classification_in_the_data_model() -> None:
    made = converted("ASYCUDA-SAD", "WCO-DM")
    assert made.written.missing == ()
    item = decode(made.written.document, Options()).record.declaration.dataset
    (one,) = item.consignment.houses[0].items
    assert (one.commodity.hs6, one.commodity.cn2) == ("080222", "00")
    assert not any(told.element.endswith("/Commodity_code") for told in made.lost)


def test_a_release_becomes_a_form_too() -> None:
    made = converted("ncts/cc029c.xml", "ASYCUDA-SAD")
    assert made.written.message == "SAD-RELEASED"
    assert made.written.missing == ()


def test_an_answer_has_no_items_to_number() -> None:
    assert converted("ncts/cc028c.xml", "WCO-DM").written.message == "RES-01"


def test_edifact_is_not_written_from_other_standards() -> None:
    found = tried("NCTS-P5", "EDIFACT")
    assert [one.reason for one in found.refusals] == [Reason.SOURCE_UNSUPPORTED.label]
    assert found.conversion is not None
    assert found.conversion.message is None
    own = converted("EDIFACT", "EDIFACT")
    assert own.lost == own.narrowed == ()


def test_lists_are_numbered_by_position_only_where_nobody_numbered_them() -> None:
    told = records.TransitRecord()
    told.header.residual.add(namespace="X", path="X/y")
    told.header.original.media_type = "application/xml"
    consignment = told.declaration.dataset.consignment
    consignment.gross_mass.lexical = "12.5"
    for role in (goods.MEANS_ROLE_DEPARTURE, goods.MEANS_ROLE_BORDER, goods.MEANS_ROLE_DEPARTURE):
        consignment.means.add(role=role)
    consignment.equipment.add().seals.add(sequence=7)
    consignment.equipment[0].seals.add()
    consignment.houses.add().items.add()
    consignment.houses[0].items.add()
    record = prepared(told)
    found = record.declaration.dataset.consignment
    assert [one.sequence for one in found.means] == [1, 1, 2]
    assert [one.HasField("sequence") for one in found.equipment[0].seals] == [True, False]
    assert [(one.number, one.declaration_number) for one in found.houses[0].items] == [
        (1, 1),
        (2, 2),
    ]
    assert found.houses[0].gross_mass.lexical == "12.5"
    assert not record.header.residual
    assert not record.header.HasField("original")
    assert prepared(record) == record
    assert prepared(records.TransitRecord()) == records.TransitRecord(header={"source": {}})


def test_numbers_that_a_sender_gave_and_masses_that_differ_stay() -> None:
    told = records.TransitRecord()
    consignment = told.declaration.dataset.consignment
    consignment.gross_mass.lexical = "30"
    for number, mass in ((4, "10"), (9, "20")):
        house = consignment.houses.add(sequence=number)
        house.gross_mass.lexical = mass
        house.items.add(number=number, declaration_number=number)
    found = prepared(told).declaration.dataset.consignment
    assert [house.sequence for house in found.houses] == [4, 9]
    assert [house.gross_mass.lexical for house in found.houses] == ["10", "20"]
    assert [house.items[0].number for house in found.houses] == [4, 9]


def test_a_record_is_written_in_the_standard_it_came_in() -> None:
    for name in ("NCTS-P5", "ASYCUDA-SAD", "WCO-DM", "EDIFACT"):
        record = decode(document(name), Options()).record
        standard = standard_named(name)
        limits = XmlLimits()
        assert standard.read(encode(record).document, limits) == standard.read(
            document(name), limits
        )
    elsewhere = decode(document("NCTS-P5"), Options()).record
    elsewhere.header.source.standard = "KLINGON"
    assert encode(elsewhere).message == "CC015C"
