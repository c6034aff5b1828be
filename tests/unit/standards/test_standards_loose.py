"""What does not fit a field is left alone; what has no field is a fact under its word."""

import pytest

from corridor.errors import Reason, Refused
from corridor.standards import loose
from corridor.standards.accounting import account
from corridor.standards.asycuda.codec import codec as asycuda
from corridor.standards.asycuda.forms import NAME_AND_ADDRESS, SEALS
from corridor.standards.edifact.codec import codec as edifact
from corridor.standards.edifact.derived import derive
from corridor.standards.edifact.grouping import interchange_of
from corridor.standards.mapper import Options, encode
from corridor.standards.residual import take_away
from corridor.standards.tree import Node
from corridor.standards.wco.codec import codec as wco
from corridor.standards.wco.items import classified, classify
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types


@pytest.mark.parametrize(
    ("form", "holder", "field", "texts"),
    [
        (loose.ASYCUDA_DATE, movement.TransitOperation(), "limit", ("", "1" * 36)),
        (loose.fact("x"), goods.Document(), "facts", ("x" * 513,)),
        (loose.particular("a", "x"), goods.GoodsItem(), "particulars", ("x" * 513,)),
        (loose.GUARANTEE, movement.GuaranteeReference(), "id", ("", "x" * 71)),
        (loose.CODE, goods.Commodity(), "hs6", ()),
        (loose.document(goods.DOCUMENT_KIND_PREVIOUS), goods.GoodsItem(), "documents", ("",)),
        (SEALS, goods.Consignment(), "equipment", ("a;;b", "x" * 36)),
        (NAME_AND_ADDRESS, types.Party(), "name", ("", "\nx", "x" * 301)),
    ],
)
def test_what_does_not_fit_changes_nothing(
    form: loose.Form, holder: object, field: str, texts: tuple[str, ...]
) -> None:
    before = str(holder)
    for text in texts:
        assert form.read(holder, field, text) == ""
    assert str(holder) == before


def test_a_fact_is_found_among_several_particulars_of_one_name() -> None:
    item = goods.GoodsItem()
    for name, value in (("other", "1"), ("word", "")):
        item.particulars.add(name="thing").facts.add(name=name, value=value)
    assert loose.particular("thing", "word").write(item, "particulars") == ""
    assert loose.particular("thing", "third").write(item, "particulars") is None


def test_an_item_that_is_not_there_is_not_written() -> None:
    declarant = loose.one_item("declarant", "role", types.PARTY_ROLE_DECLARANT)
    form = declarant("contact.name", loose.text(300))
    dataset = movement.Dataset()
    assert form.write(dataset, "parties") is None
    dataset.parties.add(role=types.PARTY_ROLE_DECLARANT)
    assert form.write(dataset, "parties") is None
    form.read(dataset, "parties", "Nino")
    assert form.write(dataset, "parties") == "Nino"


def test_seals_stand_beside_containers_on_equipment_of_their_own() -> None:
    consignment = goods.Consignment()
    consignment.equipment.add(container="CSQU3054383")
    assert SEALS.read(consignment, "equipment", "A;B") == "[1].seals[0].identifier"
    assert SEALS.write(consignment, "equipment") == "A;B"


def test_what_writing_adds_with_a_value_is_told_and_never_taken_away() -> None:
    found = account(Node("A"), Node("A", children=[Node("b", "1"), Node("c")]))
    assert found.invented == ("A/b[1]", "A/c[1]")
    assert found.absent == ("A/c",)


def test_a_path_below_what_is_gone_already_takes_nothing_away() -> None:
    root = Node("A", children=[Node("b", children=[Node("c")])])
    take_away(root, ["A/x/c", "A/b/c"])
    assert root == Node("A", children=[Node("b")])


def test_a_number_that_is_too_long_is_no_number_of_the_movement() -> None:
    record = records.TransitRecord(declaration={"kind": 1, "dataset": {}})
    record.declaration.dataset.itinerary.offices.add(
        role=types.OFFICE_ROLE_DEPARTURE, reference="GEBTS"
    )
    record.header.particulars.add(name="registration").facts.add(name="number", value="9" * 70)
    codec = asycuda(None)
    codec.finish(record, codec.messages["SAD"], Options())
    assert not record.header.movement.ids


def test_only_what_a_qualifier_says_is_derived() -> None:
    record = records.TransitRecord(declaration={"kind": 1, "dataset": {}})
    stage = record.header.particulars.add(name="transport")
    stage.facts.add(name="stage", value="30")
    plain = record.header.particulars.add(name="transport")
    plain.facts.add(name="stage", value="12")
    item = record.declaration.dataset.consignment.houses.add().items.add()
    item.particulars.add(name="commodity").facts.add(name="code", value="I")
    item.particulars.add(name="measure").facts.add(name="measured", value="AAX")
    item.particulars.add(name="place").facts.add(name="qualifier", value="99")
    before = goods.GoodsItem()
    before.CopyFrom(item)
    derive(record)
    assert item == before
    (means,) = record.declaration.dataset.consignment.means
    assert not means.HasField("identification")


def test_an_empty_component_is_none_and_a_place_beyond_all_is_no_place() -> None:
    root = Node("CUSDEC", children=[Node("BGM", children=[Node("1.1"), Node("2.1", "x")])])
    assert interchange_of(root).segments[0].components == {(2, 1): "x"}


def test_a_message_whose_inside_is_gone_is_written_as_what_is_left() -> None:
    record = records.TransitRecord()
    answer = record.exchange.acknowledgement
    answer.kind = records.ACKNOWLEDGEMENT_KIND_TAKEN
    record.header.residual.add(namespace="WCO-DM", path="MetaData/Response")
    written = encode(wco(), record)
    assert b"Response" not in written.document
    assert wco().local(Node("MetaData")) == Node("MetaData")
    assert edifact().message_of(Node("EDIFACT")) is None


def test_a_classification_of_six_digits_has_no_more() -> None:
    item = goods.GoodsItem()
    for code in ("080222", "0802", "080222001"):
        made = item.particulars.add(name="classification")
        made.facts.add(name="code", value=code)
        made.facts.add(name="type", value="TSP")
    classified(item)
    assert (item.commodity.hs6, item.commodity.cn2) == ("080222", "")


@pytest.mark.parametrize("path", ["A/b[x]", "A/@b", "A", "B/b"])
def test_a_path_that_names_no_element_is_refused(path: str) -> None:
    with pytest.raises(Refused) as caught:
        take_away(Node("A", children=[Node("b")]), [path])
    assert caught.value.reason is Reason.RECORD_INVALID


def test_a_tariff_without_a_code_is_no_classification() -> None:
    item = goods.GoodsItem()
    classify(item)
    assert not item.particulars
    item.commodity.hs6 = "080222"
    classify(item)
    classify(item)
    assert len(item.particulars) == 1
