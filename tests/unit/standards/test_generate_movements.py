from collections import Counter
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ConfigurationError
from corridor.standards.generate.journey import GeneratedRecord
from corridor.standards.generate.movements import Scenario, generate_movements, in_time_order
from corridor.standards.generate.places import COUNTRIES
from corridor.standards.generate.plaintext import identifiers_of
from corridor.transit.identifiers import ContainerNumber, Grn, Lrn, Mrn, TirCarnet
from corridor.wire.records import check_records, encode_record, record_type_of
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

START_MS = 1_772_700_000_000  # 2026-03-05
WAY = ("TR", "GE", "AZ")
PLAIN = Scenario((WAY,), START_MS)
SHARES = (
    "tir",
    "guarantee_abroad",
    "undeclared",
    "incident",
    "diverted",
    "discrepancies",
    "enquiry",
    "lost",
    "cancelled",
    "entry_refused",
)
NOTHING = dict.fromkeys(SHARES, 0.0)


def told(seed: int, count: int, **shares: float) -> list[GeneratedRecord]:
    return list(generate_movements(seed, count, Scenario((WAY,), START_MS, **NOTHING | shares)))


def story(generated: list[GeneratedRecord]) -> list[tuple[str, str, str]]:
    return [
        (one.sender, "+".join(one.recipients), str(one.record.WhichOneof("body")))
        for one in generated
    ]


def faults(generated: list[GeneratedRecord]) -> list[tuple[str, ...]]:
    found = check_records(
        [one.record for one in generated], [encode_record(one.record) for one in generated]
    )
    return [tuple(one) for one in found if one]


def test_the_same_seed_tells_the_same_movements_byte_for_byte() -> None:
    def bodies(seed: int) -> list[tuple[str, tuple[str, ...], bytes, bytes]]:
        return [
            (one.sender, one.recipients, one.record_id, encode_record(one.record))
            for one in generate_movements(seed, 20, PLAIN)
        ]

    assert bodies(1) == bodies(1)
    assert bodies(1) != bodies(2)


def test_every_record_keeps_the_rules_of_the_schema() -> None:
    assert faults(list(generate_movements(3, 150, PLAIN))) == []


def test_a_record_weighs_what_records_weigh() -> None:
    sizes = [len(encode_record(one.record)) for one in generate_movements(4, 300, PLAIN)]
    assert 1_150 < sum(sizes) / len(sizes) < 1_450
    assert max(sizes) < 16 * 1024


def test_ids_are_new_each_time_and_sort_by_time() -> None:
    generated = list(generate_movements(5, 60, PLAIN))
    assert len({one.record_id for one in generated}) == len(generated)
    assert all(one.record_id[6] >> 4 == 7 for one in generated)
    ordered = sorted(generated, key=lambda one: one.record_id)
    assert [one.at_ms for one in ordered] == sorted(one.at_ms for one in generated)
    assert record_type_of(generated[0].record) == 9


def test_a_quiet_movement_is_told_from_release_to_discharge() -> None:
    assert story(told(1, 1)) == [
        ("TR", "AZ", "movement_released"),
        ("TR", "GE", "movement_released"),
        ("GE", "TR", "border_passage"),
        ("AZ", "TR", "border_passage"),
        ("AZ", "TR", "arrival_notice"),
        ("AZ", "TR", "control_result"),
        ("AZ", "TR+GE", "operation_terminated"),
        ("TR", "GE+AZ", "discharge"),
    ]


def test_a_tir_movement_has_an_operation_in_each_country() -> None:
    generated = told(1, 1, tir=1.0)
    assert story(generated)[2:6] == [
        ("TR", "GE+AZ", "operation_terminated"),
        ("GE", "TR+AZ", "operation_started"),
        ("GE", "TR+AZ", "operation_terminated"),
        ("AZ", "TR+GE", "operation_started"),
    ]
    carnet = generated[0].record.header.movement.ids[2]
    assert carnet.scheme == types.ID_SCHEME_TIR_CARNET
    assert TirCarnet.parse(carnet.value)
    operations = [one.record.operation_started.operation.value for one in generated[3:6:2]]
    assert operations == [f"{carnet.value}/2", f"{carnet.value}/3"]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ("guarantee_abroad", ["guarantee_use", "guarantee_result"]),
        ("undeclared", ["exchange", "exchange"]),
        ("incident", ["incident_notice"]),
        ("enquiry", ["enquiry_recovery", "enquiry_recovery"]),
    ],
)
def test_what_happens_to_a_movement_is_told(share: str, expected: list[str]) -> None:
    quiet = Counter(body for *_, body in story(told(1, 1)))
    eventful = Counter(body for *_, body in story(told(1, 1, **{share: 1.0})))
    credit = ["guarantee_use"] if share == "guarantee_abroad" else []
    assert eventful - quiet == Counter(expected + credit)


def test_goods_that_never_arrive_end_in_recovery() -> None:
    assert story(told(1, 1, lost=1.0))[-3:] == [
        ("TR", "AZ", "enquiry_recovery"),
        ("AZ", "TR", "enquiry_recovery"),
        ("TR", "GE+AZ", "enquiry_recovery"),
    ]


def test_a_cancelled_movement_crosses_no_border() -> None:
    assert story(told(1, 1, cancelled=1.0))[2:] == [("TR", "GE+AZ", "cancellation_decision")]


def test_a_refused_entry_ends_a_tir_movement() -> None:
    assert story(told(1, 1, tir=1.0, entry_refused=1.0))[2:] == [("GE", "TR+AZ", "release_refused")]


def test_a_diversion_is_forwarded_to_the_countries_on_the_way() -> None:
    forwarded = [one for one in told(1, 1, diverted=1.0) if one.sender == "TR"][2]
    assert forwarded.recipients == ("GE",)
    assert forwarded.record.arrival_notice.kind == records.ARRIVAL_NOTICE_KIND_FORWARDED


def test_a_missing_package_is_found_reserved_and_solved() -> None:
    generated = told(1, 1, discrepancies=1.0)
    result, ended, closed = (one.record for one in generated[-3:])
    assert result.control_result.result.differences[0].path.endswith("packaging[0].count")
    assert ended.operation_terminated.reservations
    assert closed.discharge.discrepancies_solved


def test_between_neighbours_nobody_is_told_of_transit_or_diversion() -> None:
    shares = NOTHING | {"diverted": 1.0, "undeclared": 1.0, "incident": 1.0}
    generated = list(generate_movements(1, 1, Scenario((("GE", "AZ"),), START_MS, **shares)))
    assert [body for *_, body in story(generated)] == [
        "movement_released",
        "border_passage",
        "arrival_notice",
        "control_result",
        "operation_terminated",
        "discharge",
    ]


ROLES_OF_DEPARTURE = {
    records.ROLE_OFFICE_OF_DEPARTURE,
    records.ROLE_ENQUIRY_AUTHORITY,
    records.ROLE_RECOVERY_AUTHORITY,
    records.ROLE_OFFICE_OF_EXIT,
}


@settings(max_examples=12, deadline=None)
@given(st.integers(), st.permutations(sorted(COUNTRIES)), st.integers(2, 5))
def test_each_country_says_only_what_its_role_allows(
    seed: int, countries: list[str], length: int
) -> None:
    way = tuple(countries[:length])
    for one in generate_movements(seed, 4, Scenario((way,), START_MS)):
        header = one.record.header
        assert one.sender in way
        assert one.recipients
        assert set(one.recipients) <= set(way) - {one.sender}
        assert header.sender_office.reference.startswith(one.sender)
        role = header.sender_role
        assert (role in ROLES_OF_DEPARTURE) == (
            one.sender == way[0] or role == records.ROLE_OFFICE_OF_EXIT
        )
        if role == records.ROLE_OFFICE_OF_DESTINATION:
            assert one.sender == way[-1]
        if role == records.ROLE_OFFICE_OF_TRANSIT:
            assert one.sender in way[1:]


def test_a_sender_counts_its_records_and_names_what_caused_them() -> None:
    generated = told(1, 1, tir=1.0)
    seen: Counter[str] = Counter()
    for before, one in zip([None, *generated], generated, strict=False):
        seen[one.sender] += 1
        assert one.record.header.sender_sequence == seen[one.sender]
        caused_by = one.record.header.caused_by
        assert caused_by == (before.record_id if before else b"")


def test_numbers_are_formed_and_checked_like_real_ones() -> None:
    for one in generate_movements(6, 40, PLAIN):
        mrn, lrn, *_ = (item.value for item in one.record.header.movement.ids)
        assert Mrn.parse(mrn).check_digit_holds
        assert Mrn.parse(mrn).names_transit
        assert mrn[:4] == "26TR"
        assert Lrn.parse(lrn)
        dataset = one.record.movement_released.dataset
        for guarantee in dataset.guarantees:
            reference = guarantee.references[0].id
            if reference.scheme == types.ID_SCHEME_GRN:
                assert Grn.parse(reference.value).check_digit_holds
        for equipment in dataset.consignment.equipment:
            if equipment.HasField("container"):
                assert ContainerNumber.parse(equipment.container).check_digit_holds


def test_masses_add_up_and_equipment_names_every_item() -> None:
    consignment = told(2, 1)[0].record.movement_released.dataset.consignment
    items = [item for house in consignment.houses for item in house.items]
    assert [item.declaration_number for item in items] == list(range(1, len(items) + 1))
    assert [goods.item for goods in consignment.equipment[0].goods] == list(
        range(1, len(items) + 1)
    )
    grams = [int(item.gross_mass.lexical.replace(".", "")) for item in items]
    assert int(consignment.gross_mass.lexical.replace(".", "")) == sum(grams)


def test_movements_are_mixed_by_time() -> None:
    generated = list(generate_movements(7, 40, PLAIN))
    mixed = list(in_time_order(generated))
    assert [one.at_ms for one in mixed] == sorted(one.at_ms for one in generated)
    assert Counter(one.record_id for one in mixed) == Counter(one.record_id for one in generated)
    assert mixed != generated


def test_mixing_holds_no_more_than_what_is_under_way() -> None:
    far_apart = Scenario((WAY,), START_MS, spacing_ms=10**9, **NOTHING)
    first = list(islice(in_time_order(generate_movements(8, 10**9, far_apart)), 8))
    assert len({one.record.header.movement.ids[0].value for one in first}) == 1


def test_a_country_nobody_has_described_gets_offices_of_its_own() -> None:
    generated = list(
        generate_movements(9, 3, Scenario((("UG", "KE"),), START_MS, **NOTHING | {"tir": 1.0}))
    )
    assert {one.record.header.sender_office.reference[:2] for one in generated} == {"UG", "KE"}
    assert faults(generated) == []


@pytest.mark.parametrize("ways", [(), (("TR",),), (("TR", "GE", "TR"),), (WAY, ())])
def test_a_way_is_two_or_more_different_countries(ways: tuple[tuple[str, ...], ...]) -> None:
    with pytest.raises(ConfigurationError):
        Scenario(ways, START_MS)


def test_the_words_of_a_record_that_nobody_may_see_are_listed() -> None:
    record = told(2, 1)[0].record
    words = identifiers_of(record)
    dataset = record.movement_released.dataset
    consignment = dataset.consignment
    for word in (
        record.header.movement.ids[0].value,
        dataset.parties[0].name,
        dataset.parties[0].ids[0].value,
        dataset.parties[0].address.street_and_number,
        consignment.equipment[0].seals[0].identifier,
        consignment.means[0].identification,
        consignment.houses[0].items[0].commodity.description,
        consignment.documents[0].reference,
    ):
        assert word in words
    assert "TR" not in words
    assert dataset.itinerary.offices[0].reference not in words


def test_words_that_chance_could_write_are_not_searched_for() -> None:
    record = records.TransitRecord()
    for value in ("12345", "12345678", "123456789", "AB123", "AB1234"):
        record.header.movement.ids.add(scheme=types.ID_SCHEME_LRN, value=value)
    record.declaration.dataset.parties.add().address.lines.extend(["Harbour Road 1", "x"])
    assert identifiers_of(record) == {"123456789", "AB1234", "Harbour Road 1"}
