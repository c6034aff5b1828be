"""Replayed records: fresh and still belonging together; redacted ones tell nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_attach import HEADER
from corridor.errors import Refused
from corridor.lab.redact import Redaction
from corridor.lab.rewrite import Rewriting, shift_date
from corridor.lab.scenario import load_scenario
from corridor.lab.story_records import tell
from corridor.lab.views import texts_of
from corridor.standards.generate.movements import Scenario, generate_movements
from corridor.standards.generate.plaintext import identifiers_of
from corridor.standards.generate.words import DAY_MS
from corridor.transit.identifiers import ContainerNumber, Grn, Mrn
from corridor.wire.attachments import Manifest, encode_manifest, read_header
from corridor.wire.records import check_record, encode_record
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

NOW_MS = 1_795_680_000_000
KEY = b"k" * 32
WAY = (("TR", "GE", "AZ"),)


def movements() -> list[tuple[bytes, records.TransitRecord]]:
    scenario = Scenario(WAY, NOW_MS, tir=0.5, guarantee_abroad=0.5)
    return [(one.record_id, one.record) for one in generate_movements(3, 20, scenario)]


def pilots() -> list[tuple[bytes, records.TransitRecord]]:
    scenario = load_scenario("pilots/georgia-turkiye")
    return [
        (told.record_id, told.record)
        for story in scenario.script.stories
        for told in tell(scenario.script, story, NOW_MS)
    ]


def mrns(record: records.TransitRecord) -> set[str]:
    return {one for one in texts_of(record) if Mrn.form.fullmatch(one)}


def offices_of(record: records.TransitRecord) -> set[str]:
    """Names of customs offices: an incident's place names one too, and they are public."""
    return {one for one in texts_of(record) if "GÜMRÜK" in one or one.startswith(("სგპ", "გეზი"))}


def dates(record: records.TransitRecord) -> list[types.DateTimeValue]:
    found: list[types.DateTimeValue] = []

    def walk(message: object) -> None:
        if isinstance(message, types.DateTimeValue):
            found.append(message)
            return
        for field, value in message.ListFields():
            if field.message_type is not None:
                for one in value if field.is_repeated else (value,):
                    walk(one)

    walk(record)
    return found


def test_records_made_anew_are_sound_and_share_no_number_with_the_old() -> None:
    rewriting = Rewriting(KEY, 30)
    old_numbers: set[str] = set()
    new_numbers: set[str] = set()
    for _, record in movements() + pilots():
        body = rewriting.record(encode_record(record))
        fresh = records.TransitRecord.FromString(body)
        assert check_record(fresh) == ()
        old_numbers |= mrns(record)
        new_numbers |= mrns(fresh)
        for one in mrns(fresh):
            assert Mrn(one).check_digit_holds
    assert len(new_numbers) == len(old_numbers)
    assert not old_numbers & new_numbers


def test_what_belonged_together_still_does() -> None:
    rewriting = Rewriting(KEY, -3)
    told = movements()
    ids = {record_id: rewriting.record_id(record_id) for record_id, _ in told}
    assert len(set(ids.values())) == len(ids)
    assert all(one[6] >> 4 == 7 and one[8] >> 6 == 2 for one in ids.values())
    for _, record in told:
        fresh = records.TransitRecord.FromString(rewriting.record(encode_record(record)))
        if record.header.HasField("caused_by"):
            assert fresh.header.caused_by == ids[record.header.caused_by]
        old = [one.value for one in record.header.movement.ids]
        new = [one.value for one in fresh.header.movement.ids]
        assert new == [rewriting.number(one) for one in old]
        assert all(a[:2] == b[:2] and len(a) == len(b) for a, b in zip(old, new, strict=True))


def test_every_date_moves_by_the_same_days_and_keeps_its_form() -> None:
    rewriting = Rewriting(KEY, 45)
    for _, record in movements() + pilots():
        fresh = records.TransitRecord.FromString(rewriting.record(encode_record(record)))
        before, after = dates(record), dates(fresh)
        assert len(before) == len(after) > 0
        for old, new in zip(before, after, strict=True):
            assert (len(old.lexical), old.format) == (len(new.lexical), new.format)
            assert old.lexical[10:] == new.lexical[10:]
            assert shift_date(new.lexical, new.format, -45) == old.lexical
            if old.HasField("unix_ms"):
                assert new.unix_ms - old.unix_ms == 45 * DAY_MS
        assert fresh.header.recorded_ms - record.header.recorded_ms == 45 * DAY_MS
    assert rewriting.unread_dates == 0


@pytest.mark.parametrize(
    ("lexical", "form", "moved"),
    [
        ("2026-12-31", types.DATE_FORMAT_DATE, "2027-01-01"),
        ("2024-02-28T23:59:59", types.DATE_FORMAT_LOCAL_DATE_TIME, "2024-02-29T23:59:59"),
        ("2026-05-01T10:00:00.120+04:00", types.DATE_FORMAT_ZONED_DATE_TIME,
         "2026-05-02T10:00:00.120+04:00"),
        ("20261231", types.DATE_FORMAT_102, "20270101"),
        ("202612312359", types.DATE_FORMAT_203, "202701012359"),
        ("20261231235959", types.DATE_FORMAT_204, "20270101235959"),
        ("20261231235959GMT", types.DATE_FORMAT_304, "20270101235959GMT"),
        ("12/31/26", types.DATE_FORMAT_ASYCUDA, "01/01/27"),
        ("1/9/2026", types.DATE_FORMAT_ASYCUDA, "1/10/2026"),
        ("yesterday", types.DATE_FORMAT_DATE, None),
        ("2026-02-30", types.DATE_FORMAT_DATE, None),
        ("9999-12-31", types.DATE_FORMAT_DATE, None),
        ("13/31/26", types.DATE_FORMAT_ASYCUDA, None),
        ("soon", types.DATE_FORMAT_ASYCUDA, None),
        ("2026-12-31", types.DATE_FORMAT_UNSPECIFIED, "2027-01-01"),
    ],
)  # fmt: skip
def test_dates_of_every_form_move(lexical: str, form: int, moved: str | None) -> None:
    assert shift_date(lexical, form, 1) == moved


def test_a_date_that_cannot_be_read_stays_and_is_counted() -> None:
    rewriting = Rewriting(KEY, 1)
    _, record = movements()[0]
    record.header.occurred_at.lexical = "yesterday"
    fresh = records.TransitRecord.FromString(rewriting.record(encode_record(record)))
    assert fresh.header.occurred_at.lexical == "yesterday"
    assert rewriting.unread_dates == 1


def test_a_country_takes_anothers_place_everywhere_it_acts() -> None:
    rewriting = Rewriting(KEY, 0, {"TR": "XA"})
    for _, record in movements():
        fresh = records.TransitRecord.FromString(rewriting.record(encode_record(record)))
        assert check_record(fresh) == ()
        was = record.header.sender_office.reference
        now = fresh.header.sender_office.reference
        assert now == ("XA" + was[2:] if was.startswith("TR") else was)
        for old, new in zip(record.header.movement.ids, fresh.header.movement.ids, strict=True):
            if old.scheme == types.ID_SCHEME_MRN:
                assert new.value[2:4] == "XA"


def test_the_source_document_is_left_out() -> None:
    _, record = movements()[0]
    record.header.original.content = b"<xml/>"
    for body in (Rewriting(KEY, 0).record(encode_record(record)),
                 Redaction(KEY).record(encode_record(record))):  # fmt: skip
        assert not records.TransitRecord.FromString(body).header.HasField("original")


@given(st.text(min_size=1, max_size=30))
def test_numbers_keep_their_length_and_another_key_gives_others(text: str) -> None:
    assert len(Rewriting(KEY, 0).number(text)) == len(text)
    assert Rewriting(KEY, 0).number(text) == Rewriting(KEY, 0).number(text)
    assert len(Redaction(KEY).text(text)) >= len(text) or not text.isupper()


def test_the_year_2024_and_older_mrns_and_vouchers_stay_of_their_form() -> None:
    rewriting = Rewriting(KEY, 0)
    old = Mrn("20TR34010000000123")
    assert Mrn.parse(rewriting.number(old)).check_digit_holds
    voucher = Grn.make(25, "TR", "000123456789", "A000123")
    fresh = Grn.parse(rewriting.number(voucher))
    assert fresh.check_digit_holds
    assert fresh[17:] == "A000123"
    container = ContainerNumber.make("MSC", 123456)
    assert ContainerNumber.parse(rewriting.number(container)).check_digit_holds


def test_no_secret_of_a_record_survives_redaction() -> None:
    redaction = Redaction(KEY)
    for _, record in movements() + pilots():
        body = redaction.record(encode_record(record))
        fresh = records.TransitRecord.FromString(body)
        assert check_record(fresh) == ()
        left = set(texts_of(fresh))
        for secret in identifiers_of(record) - offices_of(record):
            assert secret not in left
            assert secret.encode() not in body


def test_the_same_value_has_the_same_pseudonym_and_keeps_its_script() -> None:
    redaction = Redaction(KEY)
    for text in ("შპს იბერია ლოჯისტიკა", "Güneydoğu A.Ş.", "مغنية", "Нарын", "Ελλάδα"):
        fresh = redaction.text(text)
        assert fresh == redaction.text(text) != text
        assert len(fresh) == len(text)
        assert unicodedata.is_normalized("NFC", fresh)
        assert fresh != Redaction(b"l" * 32).text(text)
    assert unicodedata.name(redaction.text("მწვანე")[0]).startswith("GEORGIAN")
    assert redaction.text("A1 - 7")[2] == " "


def test_neither_the_key_nor_the_digest_of_a_file_survives_redaction() -> None:
    told = Manifest(
        bytes(16), "Beka.pdf", "application/pdf", 5, b"d" * 32, b"k" * 32, b"r" * 32, None, ""
    )
    body = Redaction(KEY).record(encode_manifest(told, read_header(HEADER)))
    assert check_record(records.TransitRecord.FromString(body)) == ()
    assert b"r" * 32 in body
    for secret in (b"d" * 32, b"k" * 32, b"Beka"):
        assert secret not in body


def test_what_is_no_record_is_refused() -> None:
    for make in (Rewriting(KEY, 0), Redaction(KEY)):
        with pytest.raises(Refused):
            make.record(b"\xff\xff\xff")
