"""Business records: what is refused, which faults are told, and what a record is found by."""

import pytest

from builders_wire import MRN, RECORD_ID, code, declaration, equipment, header, new_entry, vehicle
from builders_wire import record_of_every_type as every_type
from corridor.errors import Reason, Refused
from corridor.transit.calendar import FIRST_MS, LAST_MS
from corridor.wire import limits
from corridor.wire import records as wire
from corridor.wire.batches import type_label
from corridor.wire.v1 import goods_pb2, records_pb2, types_pb2
from corridor.wire.v1.records_pb2 import TransitRecord


def reason_of(refused: pytest.ExceptionInfo[Refused]) -> Reason:
    return refused.value.reason


@pytest.mark.parametrize("record", every_type(), ids=wire.record_type_of)
def test_a_record_of_every_type_passes_and_comes_back(record: TransitRecord) -> None:
    body, kind = wire.encode_record(record), wire.record_type_of(record)

    assert wire.check_record(record) == ()
    assert wire.decode_record(body) == record
    assert str(record.WhichOneof("body")).startswith(type_label(kind))
    assert wire.record_from_json(wire.record_to_json(record)) == record


def test_the_types_are_numbered_from_1_to_21() -> None:
    assert [wire.record_type_of(record) for record in every_type()] == list(range(1, 22))


def test_unknown_fields_of_a_newer_partner_are_kept() -> None:
    body = wire.encode_record(declaration()) + b"\xf8\x07\x01"

    record = wire.decode_record(body)

    assert wire.check_record(record) == ()
    assert wire.encode_record(record).count(b"\xf8\x07\x01") == 1


def test_a_body_that_is_no_record_is_refused() -> None:
    with pytest.raises(Refused) as told:
        wire.decode_record(b"\xff")
    assert reason_of(told) is Reason.RECORD_MALFORMED


def test_a_body_beyond_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(Refused) as told:
        wire.decode_record(bytes(limits.MAX_RECORD_BYTES + 1))
    assert reason_of(told) is Reason.RECORD_TOO_LARGE


def test_a_record_without_a_body_we_know_is_refused() -> None:
    with pytest.raises(Refused) as told:
        wire.record_type_of(TransitRecord(header=header()))
    assert reason_of(told) is Reason.RECORD_TYPE


def test_an_entry_whose_body_is_of_another_type_is_refused() -> None:
    entry = new_entry(RECORD_ID, declaration())
    assert wire.record_of(entry) == declaration()

    with pytest.raises(Refused) as told:
        wire.record_of(entry._replace(record_type=2))
    assert reason_of(told) is Reason.RECORD_TYPE


def test_a_fault_names_rule_and_path_and_never_the_value() -> None:
    record = declaration()
    record.declaration.dataset.parties[0].name = "secret" * 100

    assert wire.check_record(record) == ("string.max_len declaration.dataset.parties[0].name",)


def test_faults_of_the_whole_record_are_told_too() -> None:
    assert wire.check_record(TransitRecord()) == ("required body", "required header")


def test_no_more_faults_are_told_than_a_receipt_may_carry() -> None:
    record = declaration()
    for _ in range(40):
        record.declaration.dataset.parties.add(name="x" * 400)

    faults = wire.check_record(record)

    assert len(faults) == limits.MAX_FAULTS
    assert all(len(fault) <= limits.MAX_FAULT_CHARS for fault in faults)


@pytest.mark.parametrize(
    ("scheme", "value", "fault"),
    [
        (types_pb2.ID_SCHEME_LRN, "", "string.min_len"),
        (types_pb2.ID_SCHEME_LRN, "L" * 23, "identifier.lrn"),
        (types_pb2.ID_SCHEME_MRN, "25TR3401004B7KQ2J", "identifier.mrn"),
        (types_pb2.ID_SCHEME_MRN, "25tr3401004B7KQ2J4", "identifier.mrn"),
        (types_pb2.ID_SCHEME_GRN, "25AT5201000G0A12", "identifier.grn"),
        (types_pb2.ID_SCHEME_EORI, "x" * 71, "string.max_len"),
    ],
)
def test_an_identifier_has_the_form_of_its_scheme(
    scheme: types_pb2.IdScheme.ValueType, value: str, fault: str
) -> None:
    record = declaration()
    record.header.movement.ids.add(scheme=scheme, value=value)

    (told,) = wire.check_record(record)

    assert told.startswith(f"{fault} header.movement.ids[2]")


def test_an_invented_check_digit_is_no_fault() -> None:
    record = declaration()
    record.header.movement.ids[0].value = MRN[:-1] + "9"

    assert wire.check_record(record) == ()


@pytest.mark.parametrize(
    ("name", "first", "last"), [("recorded_ms", 0, LAST_MS), ("occurred_at", FIRST_MS, LAST_MS)]
)
def test_a_time_is_one_that_a_calendar_holds(name: str, first: int, last: int) -> None:
    def told(value: int) -> tuple[str, ...]:
        record = declaration()
        if name == "recorded_ms":
            record.header.recorded_ms = value
        else:
            record.header.occurred_at.lexical = "x"
            record.header.occurred_at.unix_ms = value
        (found,) = wire.check_records([record], [wire.encode_record(record)])
        return found

    path = "recorded_ms" if name == "recorded_ms" else "occurred_at.unix_ms"
    assert [told(value) for value in (first, last)] == [(), ()]
    for value in (first - 1, last + 1, 2**53, 2**63 - 1, -(2**63)):
        assert told(value) == (f"int64.gte_lte header.{path}",)


def test_a_batch_tells_the_faults_of_each_record_in_its_place() -> None:
    good, bad = declaration(), declaration()
    bad.declaration.dataset.consignment.country_of_dispatch = "turkey"
    records = [good, bad, good]

    faults = wire.check_records(records, [wire.encode_record(r) for r in records])

    assert faults == [
        (),
        ("string.pattern declaration.dataset.consignment.country_of_dispatch",),
        (),
    ]
    assert wire.check_records([good], [wire.encode_record(good)]) == [()]
    assert wire.check_records([], []) == []


# --- what a record is found by ----------------------------------------------------------------

GOODS = {
    ("container", "MSKU1234565"),
    ("seal", "TRSEAL0001"),
    ("seal", "TRSEAL0002"),
    ("plate", "34ABC123"),
}
NAMES = {("mrn", MRN), ("lrn", "LRN-2025-000017")}
WITH_GOODS = {1, 2, 9, 15, 16, 17, 19, 20}


@pytest.mark.parametrize("record", every_type(), ids=wire.record_type_of)
def test_a_record_is_found_by_its_movement_and_its_goods(record: TransitRecord) -> None:
    goods = GOODS if wire.record_type_of(record) in WITH_GOODS else set()
    terms = wire.index_terms(record)

    assert set(terms) == NAMES | goods
    assert len(terms) == len(set(terms))


def test_a_record_is_found_by_what_an_incident_changed() -> None:
    incident = goods_pb2.Incident(
        code=code("3"),
        equipment=[equipment()],
        transhipment=goods_pb2.Transhipment(means=vehicle("AA-001-BB")),
    )
    arrival = records_pb2.ArrivalNotice(incidents=[incident, goods_pb2.Incident()])
    notice = records_pb2.IncidentNotice(incidents=[incident])

    for record in (TransitRecord(arrival_notice=arrival), TransitRecord(incident_notice=notice)):
        assert set(wire.index_terms(record)) == {
            ("container", "MSKU1234565"),
            ("seal", "TRSEAL0001"),
            ("seal", "TRSEAL0002"),
            ("plate", "AA-001-BB"),
        }


def test_a_record_is_found_by_what_stands_at_the_start_of_an_operation() -> None:
    started = records_pb2.OperationStarted(equipment=[equipment()], means=[vehicle()])

    assert set(wire.index_terms(TransitRecord(operation_started=started))) == GOODS


def test_a_record_is_found_by_the_vehicles_of_its_houses_and_by_its_carnet() -> None:
    record = declaration()
    record.declaration.dataset.consignment.houses[0].means.append(vehicle("GE 777"))
    record.header.movement.ids.add(scheme=types_pb2.ID_SCHEME_TIR_CARNET, value="xt12345678")
    record.header.movement.ids.add(scheme=types_pb2.ID_SCHEME_UCR, value="not indexed")

    terms = wire.index_terms(record)

    assert ("plate", "GE777") in terms
    assert ("carnet", "XT12345678") in terms
    assert all(value != "NOTINDEXED" for _, value in terms)


def test_nothing_is_indexed_under_an_empty_value() -> None:
    bare = TransitRecord(header=header())
    unloading = records_pb2.Unloading()
    unloading.consignment.equipment.add(sequence=1).seals.add(sequence=1)

    assert set(wire.index_terms(bare)) == NAMES
    assert wire.index_terms(TransitRecord(unloading=unloading)) == ()


# --- JSON -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"nonsense": 1}', '{"header": {"model_version": "one"}}', "[" * 100_000],
    ids=["nothing", "a list", "unknown name", "wrong value", "deep"],
)
def test_json_that_describes_no_record_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(Refused) as told:
        wire.record_from_json(text)
    assert reason_of(told) is Reason.RECORD_MALFORMED
    assert told.value.detail


def test_json_beyond_every_record_is_not_parsed() -> None:
    with pytest.raises(Refused) as told:
        wire.record_from_json(" " * (20 * limits.MIB + 1))
    assert reason_of(told) is Reason.RECORD_TOO_LARGE


def test_json_names_fields_as_the_schema_does() -> None:
    text = wire.record_to_json(declaration(), indent=None)

    assert '"country_of_dispatch"' in text
    assert "\n" not in text
