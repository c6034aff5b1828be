"""Identifiers are taken by their form, and their check digits are told."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import Reason, Refused
from corridor.transit.identifiers import (
    ContainerNumber,
    Grn,
    ImoNumber,
    Lrn,
    Mrn,
    TirCarnet,
    check_digit,
    parse_record_id,
    uuid7,
)
from corridor.transit.parties import CountryCode, Endpoint

FREE = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=12, max_size=12)


@pytest.mark.parametrize("text", ["23XI000081V5OPHUJ1", "23GB000246JHSAY3J5", "24GB012345678901A0"])
def test_an_mrn_is_read_in_either_form(text: str) -> None:
    assert Mrn.parse(text) == text


@given(st.integers(0, 99), FREE, st.sampled_from("JKLM"))
def test_an_mrn_that_we_make_holds(year: int, free: str, procedure: str) -> None:
    mrn = Mrn.make(year, "GE", free, procedure)

    assert mrn.check_digit_holds
    assert mrn.country == "GE"
    assert mrn.names_transit is (year >= 24)


@given(FREE, st.integers(1, 9))
def test_a_wrong_check_digit_is_told_and_not_refused(free: str, off: int) -> None:
    good = Mrn.make(25, "AZ", free)
    wrong = Mrn.parse(good[:17] + str((int(good[17]) + off) % 10))

    assert not wrong.check_digit_holds


def test_an_older_mrn_names_no_procedure() -> None:
    assert not Mrn.parse("25GB0000000000AB34").names_transit


@given(st.integers(0, 99), FREE)
def test_a_grn_that_we_make_holds_with_and_without_a_voucher(year: int, free: str) -> None:
    grn, voucher = Grn.make(year, "TR", free), Grn.make(year, "TR", free, "A000123")

    assert grn.check_digit_holds
    assert voucher.check_digit_holds
    assert (len(grn), len(voucher)) == (17, 24)
    assert voucher.country == "TR"


def test_the_containers_of_the_standard_hold() -> None:
    assert ContainerNumber.parse("CSQU3054383").check_digit_holds
    assert not ContainerNumber.parse("CSQU3054384").check_digit_holds
    assert ContainerNumber.make("CSQ", 305438) == "CSQU3054383"


def test_the_values_of_letters_leave_out_the_multiples_of_eleven() -> None:
    assert [check_digit(letter) for letter in "ABKLUVZ"] == ["0", "1", "0", "1", "0", "1", "5"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Lrn, "L"),
        (Lrn, "LRN 2025/000017"),
        (Lrn, "L" * 22),
        (Lrn, "ЛРН-1"),
        (TirCarnet, "1"),
        (TirCarnet, "25000000"),
        (TirCarnet, "UX61031536"),
        (TirCarnet, "XN25000050"),
        (Grn, "25AT5201000G0A127"),
    ],
)
def test_a_good_form_is_taken_as_it_is_written(kind: type[Lrn], text: str) -> None:
    assert kind.parse(text) == text
    assert isinstance(kind.parse(text), kind)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Mrn, ""),
        (Mrn, "25TR3401004B7KQ2J"),
        (Mrn, "25tr3401004B7KQ2J4"),
        (Mrn, "25TR3401004B7KQ2J4\n"),
        (Mrn, "٢5TR3401004B7KQ2J4"),
        (Grn, "25AT5201000G0A127B"),
        (Lrn, ""),
        (Lrn, " L"),
        (Lrn, "L "),
        (Lrn, "L\nN"),
        (Lrn, "L" * 23),
        (TirCarnet, "0"),
        (TirCarnet, "25000001"),
        (TirCarnet, "AB25000050"),
        (TirCarnet, "XN24999999"),
        (ContainerNumber, "CSQX3054383"),
    ],
)
def test_another_form_is_refused_without_repeating_it(kind: type[Lrn], text: str) -> None:
    with pytest.raises(ValueError, match=r"not the form of an? ") as told:
        kind.parse(text)
    assert repr(text)[1:-1] not in str(told.value) or len(text) < 3


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=20))
def test_a_record_id_is_a_uuid_of_version_7(now_ms: int, random: bytes) -> None:
    raw = uuid7(now_ms, random)
    read = uuid.UUID(bytes=raw)

    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    assert read.int >> 80 == now_ms
    assert parse_record_id(str(read)) == parse_record_id(read.hex) == raw


@given(st.integers(0, 2**47), st.integers(1, 2**46), st.binary(min_size=20, max_size=20))
def test_record_ids_sort_by_time(now_ms: int, later: int, random: bytes) -> None:
    assert uuid7(now_ms, random[:10]) < uuid7(now_ms + later, random[10:])


def test_what_would_spoil_a_record_id_is_not_taken() -> None:
    for now_ms, random in ((-1, bytes(10)), (1 << 48, bytes(10)), (0, bytes(9))):
        with pytest.raises(ValueError, match="needed"):
            uuid7(now_ms, random)


@pytest.mark.parametrize(
    "text",
    ["", "zz", "00" * 16, str(uuid.UUID(int=0)), "019345e0-c1a0-7b33-c000-000000000001", "7" * 30],
)
def test_another_id_than_a_uuid_of_version_7_is_no_record_id(text: str) -> None:
    with pytest.raises(Refused) as told:
        parse_record_id(text)
    assert told.value.reason is Reason.RECORD_MALFORMED


@pytest.mark.parametrize("text", ["GE.RS", "GE.RS.N1"])
def test_an_endpoint_names_country_and_administration(text: str) -> None:
    endpoint = Endpoint.parse(text)

    assert endpoint.country == CountryCode.parse("GE")
    assert endpoint.member == "GE.RS"


@pytest.mark.parametrize(
    ("name", "called"),
    [("GE.RS", True), ("ge", True), ("Ge.rs", True), ("GE.", False), ("RS", False), ("", False)],
)
def test_people_name_a_partner_by_itself_or_its_country(name: str, called: bool) -> None:  # noqa: FBT001
    assert Endpoint("GE.RS").is_called(name) is called


@pytest.mark.parametrize("text", ["", "GE", "ge.RS", "GE.", "GE.RS.", "GE.RS\n", "GE.RS.N1.X"])
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an endpoint is"):
        Endpoint.parse(text)


@pytest.mark.parametrize("text", ["", "G", "GEO", "ge", "G1", "ГЕ"])
def test_what_is_no_country_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a country code is"):
        CountryCode.parse(text)


@pytest.mark.parametrize("text", ["9074729", "IMO9074729", "IMO 8814275"])
def test_the_number_of_a_ship_is_read_with_and_without_its_letters(text: str) -> None:
    assert ImoNumber.parse(text).check_digit_holds


@given(st.integers(0, 999_999), st.integers(1, 9))
def test_a_ship_has_one_right_check_digit(serial: int, off: int) -> None:
    right = [ImoNumber.parse(f"{serial:06}{last}").check_digit_holds for last in range(10)]
    assert sum(right) == 1
    place = right.index(True)
    assert not ImoNumber.parse(f"{serial:06}{(place + off) % 10}").check_digit_holds


@pytest.mark.parametrize("text", ["", "907472", "90747290", "IMO-9074729", "imo9074729", "٩٠٧٤٧٢٩"])
def test_what_is_no_number_of_a_ship_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the form of an IMO number"):
        ImoNumber.parse(text)
