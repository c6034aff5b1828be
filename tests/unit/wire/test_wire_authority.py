"""What a record claims of its sender, and what its recipient may see (PROTOCOL §12.5, §12.7)."""

from dataclasses import replace

import pytest

from builders_movement import RARE, generated
from builders_wire import declaration
from corridor.errors import Reason
from corridor.standards.generate.movements import generate_movements
from corridor.transit.movement import Kind
from corridor.wire.authority import KINDS_OF, ROLES_OF, false_claim
from corridor.wire.facts import fact_of
from corridor.wire.projection import project
from corridor.wire.records import encode_record, record_type_of
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.v1.envelope_pb2 import RecordType
from corridor.wire.v1.records_pb2 import TransitRecord


def arrival(role: int, office: str = "", actual: str = "") -> TransitRecord:
    record = TransitRecord(arrival_notice=records.ArrivalNotice())
    record.header.sender_role = role  # type: ignore[assignment]
    if office:
        record.header.sender_office.reference = office
    if actual:
        record.arrival_notice.offices.add(
            reference=actual, role=types.OFFICE_ROLE_DESTINATION_ACTUAL
        )
    return record


def test_every_type_and_every_kind_has_its_roles() -> None:
    assert set(KINDS_OF) == {number for number in RecordType.values() if 0 < number <= 20}
    told = [kind for kinds in KINDS_OF.values() for kind in kinds]
    assert sorted(told) == sorted(set(Kind) - {Kind.UNKNOWN})
    assert all(ROLES_OF.values())


def test_generated_traffic_claims_what_it_may() -> None:
    for one in generate_movements(1, 150, RARE):
        assert false_claim(one.record, record_type_of(one.record), one.sender) is None


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (arrival(records.ROLE_OFFICE_OF_DESTINATION, "GE000001", "GE000002"), None),
        (arrival(records.ROLE_OFFICE_OF_DESTINATION, "AZ000001"), Reason.OFFICE_NOT_OWN),
        (arrival(records.ROLE_OFFICE_OF_DESTINATION, "GE000001", "AZ1"), Reason.OFFICE_NOT_OWN),
        (arrival(records.ROLE_OFFICE_OF_DEPARTURE, "GE000001", "AZ000001"), None),
        (arrival(records.ROLE_HOLDER, "AZ000001"), None),
        (arrival(records.ROLE_UNSPECIFIED), None),
        (arrival(records.ROLE_UNSPECIFIED, "AZ000001"), Reason.OFFICE_NOT_OWN),
        (arrival(records.ROLE_OFFICE_OF_EXIT), Reason.ROLE_NOT_ALLOWED),
        (arrival(77), None),
        (arrival(records.ROLE_OFFICE_OF_DESTINATION, "10702020"), None),
    ],
)
def test_a_claim_is_compared_with_the_country_that_signed(
    record: TransitRecord, reason: Reason | None
) -> None:
    claim = false_claim(record, 14, "GE")
    assert (claim and claim.reason) == reason


# --- projection -------------------------------------------------------------------------------


def guarded(office: str = "", grn: str = "", code: str = "7788") -> TransitRecord:
    record = declaration()
    del record.declaration.dataset.guarantees[:]
    reference = record.declaration.dataset.guarantees.add().references.add(access_code=code)
    if office:
        reference.office.reference = office
    if grn:
        reference.id.scheme, reference.id.value = types.ID_SCHEME_GRN, grn
    return record


@pytest.mark.parametrize(
    ("record", "country", "kept"),
    [
        (guarded("GE000001"), "GE", True),
        (guarded("GE000001", "26TR123456789012X"), "TR", False),
        (guarded(grn="26TR12345678901234"[:17]), "TR", True),
        (guarded(grn="26TR12345678901234"[:17]), "GE", False),
        (guarded(grn="no GRN at all"), "GE", False),
        (guarded(), "GE", False),
    ],
)
def test_only_the_country_that_guarantees_gets_the_code(
    record: TransitRecord,
    country: str,
    kept: bool,  # noqa: FBT001 - a row of the table
) -> None:
    left_out = project(record, 1, country)
    reference = record.declaration.dataset.guarantees[0].references[0]
    assert (reference.access_code == "7788") == kept
    path = "declaration.dataset.guarantees[0].references[0].access_code"
    assert left_out == (() if kept else (path,))
    assert project(record, 1, country) == ()


def test_what_repeats_a_code_is_left_out_with_it() -> None:
    record = guarded("GE000001")
    reference = record.declaration.dataset.guarantees[0].references[0]
    for name in ("masterAccessCode", "accessCodeCurrent", "accessCodeNew"):
        reference.facts.add(name=name, value="7788")
    reference.facts.add(name="copyGiven", value="1")
    record.header.original.content = b"<accessCode>7788</accessCode>"
    record.header.residual.add(path="/CC015C/Guarantee[1]/accessCode", value="7788")
    record.header.residual.add(path="/CC015C/other[2]", value="kept")
    left_out = project(record, 1, "TR")
    assert [path.rpartition(".")[2] for path in left_out] == [
        "access_code", "facts", "original", "residual",
    ]  # fmt: skip
    assert b"7788" not in encode_record(record)
    assert b"kept" in encode_record(record)
    assert [one.name for one in reference.facts] == ["copyGiven"]


def test_a_fact_that_is_no_code_is_left_alone() -> None:
    record = guarded("GE000001", code="")
    reference = record.declaration.dataset.guarantees[0].references[0]
    reference.ClearField("access_code")
    reference.facts.add(name="copyGiven", value="1")
    assert project(record, 1, "TR") == ()
    record.header.original.content = b"all of it"
    assert project(record, 12, "TR") == ()


@pytest.mark.parametrize("seed", range(20))
def test_every_recipient_reaches_the_same_state(seed: int) -> None:
    for one in generated(seed):
        kind = record_type_of(one.record)
        for body in one.record.ListFields():
            for guarantee in getattr(getattr(body[1], "dataset", None), "guarantees", ()):
                guarantee.references[0].access_code = "9999"
        facts = []
        for country in ("TR", "GE", "AZ", "XX"):
            copy = TransitRecord()
            copy.CopyFrom(one.record)
            project(copy, kind, country)
            body = encode_record(copy)
            fact = fact_of(copy, body, record_id=one.record_id, sender=one.sender, known_ms=1)
            facts.append(replace(fact, digest=b""))
        assert all(fact == facts[0] for fact in facts)
