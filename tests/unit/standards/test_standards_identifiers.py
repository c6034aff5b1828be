"""Doubtful identifiers are told with their element, in whatever standard; none is refused."""

from pathlib import Path

import pytest

from corridor.errors import Reason, Refused
from corridor.gateway.contents import read_named
from corridor.gateway.http.reading import XML
from corridor.gateway.http.reading import read_record as read_body
from corridor.standards.check import check
from corridor.standards.findings import (
    MAX_ALIKE,
    MAX_FINDINGS,
    MAX_NAMED,
    Finding,
    refuse,
    warnings_of,
)
from corridor.standards.identifiers import doubts
from corridor.standards.mapper import Options
from corridor.standards.ncts.mapper import decode
from corridor.transit.identifiers import Grn, Mrn
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.v1.records_pb2 import TransitRecord
from corridor.wire.walking import walk

FIXTURES = Path(__file__).parents[2] / "fixtures"
CC015C = (FIXTURES / "ncts/cc015c.xml").read_bytes()
CONTAINER = "containerIdentificationNumber"


def with_container(number: str) -> bytes:
    before, _, rest = CC015C.partition(f"<{CONTAINER}>".encode())
    return before + f"<{CONTAINER}>{number}".encode() + rest[rest.index(b"</") :]


@pytest.mark.parametrize(
    ("number", "rule"), [("CSQU3054383", None), ("CSQU3054384", "check_digit"), ("BOX-7", "form")]
)
def test_a_container_is_looked_at_and_never_refused(number: str, rule: str | None) -> None:
    found = check(with_container(number), Options())
    assert found.accepted
    told = [(one.path, one.rule) for one in found.warnings if one.path.endswith(CONTAINER)]
    place = f"CC015C/Consignment/TransportEquipment[1]/{CONTAINER}"
    assert told == ([] if rule is None else [(place, rule)])


@pytest.mark.parametrize(
    ("scheme", "good"),
    [
        (types.ID_SCHEME_MRN, Mrn.make(25, "TR", "3401004B7KQ2")),
        (types.ID_SCHEME_GRN, Grn.make(25, "TR", "3401004B7KQ2")),
        (types.ID_SCHEME_GRN, Grn.make(25, "TR", "3401004B7KQ2", "A000123")),
    ],
)
def test_a_wrong_check_digit_is_told_of_the_field(
    scheme: "types.IdScheme.ValueType", good: str
) -> None:
    record = TransitRecord()
    one = record.header.movement.ids.add(scheme=scheme, value=good)
    assert list(doubts(record, {})) == []
    wrong = str((int(good[17 if scheme == types.ID_SCHEME_MRN else 16]) + 1) % 10)
    at = 17 if scheme == types.ID_SCHEME_MRN else 16
    one.value = good[:at] + wrong + good[at + 1 :]
    (doubt,) = doubts(record, {})
    assert (doubt.path, doubt.rule) == ("header.movement.ids[0].value", "check_digit")
    assert good[:8] not in doubt.words
    (placed,) = doubts(record, {"header.movement.ids[0]": "CC028C/TransitOperation/MRN"})
    assert placed.path == "CC028C/TransitOperation/MRN"


def test_identifiers_without_a_check_digit_and_of_another_form_are_passed_over() -> None:
    record = TransitRecord()
    record.header.movement.ids.add(scheme=types.ID_SCHEME_LRN, value="L1")
    record.header.movement.ids.add(scheme=types.ID_SCHEME_MRN, value="no MRN")
    record.header.movement.ids.add(scheme=types.ID_SCHEME_MRN)
    assert list(doubts(record, {})) == []


@pytest.mark.parametrize(
    ("kind", "number", "rule"),
    [
        ("10", "9074729", None),
        ("10", "9074720", "check_digit"),
        ("10", "MS Anna", "form"),
        ("10", "", None),
        ("30", "MS Anna", None),
    ],
)
def test_a_ship_is_known_by_its_number(kind: str, number: str, rule: str | None) -> None:
    record = TransitRecord()
    means = record.declaration.dataset.consignment.means.add(identification=number)
    means.identification_type.value = kind
    record.declaration.dataset.consignment.equipment.add()  # without a container
    assert [one.rule for one in doubts(record, {})] == ([] if rule is None else [rule])


def test_there_is_an_end_to_findings() -> None:
    one = b"<TransportEquipment><sequenceNumber>1</sequenceNumber><%b>X</%b></TransportEquipment>"
    many = one.replace(b"%b", CONTAINER.encode()) * (MAX_FINDINGS + 50)
    raw = CC015C.replace(b"<TransportEquipment>", many + b"<TransportEquipment>", 1)
    found = [one for one in decode(raw, Options()).findings if one.path.endswith(CONTAINER)]
    assert len(found) == MAX_ALIKE
    assert found[-1].line.endswith(" more places)")


def test_the_gateways_pass_on_what_is_doubtful() -> None:
    raw = with_container("BOX-7")
    place = f"CC015C/Consignment/TransportEquipment[1]/{CONTAINER}: form: "
    for warnings in (
        read_named("a.xml", raw).warnings,
        read_body(XML, raw, attach_original=False).warnings,
    ):
        assert any(one.startswith(place) for one in warnings)


def test_a_finding_that_refuses_is_named_and_one_that_warns_is_not() -> None:
    mild = Finding("A", "form", "of another form")
    hard = [
        Finding(f"B[{n}]", "R1", "why", refuses=True, reason=Reason.SOURCE_MALFORMED)
        for n in range(20)
    ]
    assert warnings_of([mild, *hard]) == ("A: form: of another form",)
    refuse([mild])
    with pytest.raises(Refused) as caught:
        refuse([mild, *hard])
    assert caught.value.reason is Reason.SOURCE_MALFORMED
    assert caught.value.detail.split("; ") == [f"B[{n}] (R1: why)" for n in range(MAX_NAMED)]


def test_a_walk_meets_what_it_asks_for_with_its_path_and_nothing_else() -> None:
    record = TransitRecord()
    record.declaration.dataset.consignment.equipment.add(container="A")
    record.declaration.dataset.consignment.houses.add()
    names = frozenset({goods.TransportEquipment.DESCRIPTOR.full_name})
    ((path, found),) = walk(record, names)
    assert (path, found.container) == ("declaration.dataset.consignment.equipment[0]", "A")
    whole = frozenset({TransitRecord.DESCRIPTOR.full_name})
    assert [path for path, _ in walk(record, whole)] == [""]
    assert list(walk(record.header, names)) == []
