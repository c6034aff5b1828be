"""Records that are longer than a record may be: what travels, what is in the file, and back."""

import pytest

from builders_wire import declaration, long_declaration, record_of_every_type
from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.attachments import Manifest, header_of_record, manifest_in, read_manifest
from corridor.wire.batches import CANARY, SCHEMA_ID, Entry, encode_entry
from corridor.wire.long_records import (
    decode_whole,
    faults_of_whole,
    is_long,
    read_whole,
    shorten,
    with_manifest,
    without_original,
)
from corridor.wire.records import check_record, encode_record
from corridor.wire.v1.records_pb2 import RecordHeader, SourceDocument, TransitRecord

MANIFEST = Manifest(
    bytes(range(16)), "record.pb", "application/x-protobuf", 400_000,
    bytes(32), bytes(32), bytes(32), None, "",
)  # fmt: skip


def with_original(size: int) -> TransitRecord:
    record = declaration()
    document = SourceDocument(media_type="application/xml", sha256=bytes(32), content=b"x" * size)
    record.header.original.CopyFrom(document)
    return record


def test_only_as_much_is_left_to_the_file_as_makes_the_record_fit() -> None:
    goods = long_declaration(items=5_000)
    goods.header.residual.add(path="a/b", value="c")
    short = shorten(goods)
    assert not short.declaration.dataset.consignment.houses[0].items
    assert short.declaration.dataset.consignment.houses[0].gross_mass.lexical
    assert short.header.residual[0].value == "c"
    original = shorten(with_original(300_000))
    assert not original.header.original.content
    assert original.header.original.sha256 == bytes(32)
    assert len(original.declaration.dataset.consignment.houses[0].items) == 2
    residual = declaration()
    for number in range(9_000):
        residual.header.residual.add(path=f"a/b[{number}]", value="x" * 30)
    assert not shorten(residual).header.residual
    particulars = declaration()
    for number in range(9_000):
        particulars.header.particulars.add().facts.add(name=f"fact {number}", value="x" * 30)
    assert not shorten(particulars).header.particulars
    houses = declaration()
    for number in range(5_000):
        houses.declaration.dataset.consignment.houses.add(sequence=number, ucr="x" * 70)
    assert not shorten(houses).declaration.dataset.consignment.houses


def test_nothing_that_a_movement_follows_from_is_left_to_the_file() -> None:
    whole = long_declaration(items=5_000)
    short, dataset = shorten(whole), whole.declaration.dataset
    assert short.header.movement == whole.header.movement
    assert short.declaration.dataset.itinerary == dataset.itinerary
    assert short.declaration.dataset.guarantees == dataset.guarantees
    assert short.declaration.dataset.operation == dataset.operation
    assert short.declaration.dataset.consignment.equipment == dataset.consignment.equipment


def test_what_does_not_fit_even_so_is_refused() -> None:
    with pytest.raises(Refused) as told:
        shorten(long_declaration(documents=2_000))
    assert told.value.reason is Reason.RECORD_TOO_LARGE


def test_a_record_of_every_type_can_be_shortened() -> None:
    for record in record_of_every_type():
        short = shorten(record)
        assert short.WhichOneof("body") == record.WhichOneof("body")
        assert read_whole(encode_record(record), short) == record


def test_the_whole_comes_back_from_its_file() -> None:
    whole = long_declaration(items=5_000)
    body = encode_record(whole)
    assert is_long(body)
    travelled = TransitRecord.FromString(with_manifest(shorten(whole), MANIFEST))
    assert not is_long(encode_record(travelled))
    assert check_record(travelled) == ()
    assert read_whole(body, travelled) == whole


@pytest.mark.parametrize("change", ["value", "body", "whole", "kept"])
def test_a_file_that_says_anything_else_than_its_record_is_refused(change: str) -> None:
    whole = long_declaration(items=5_000)
    whole.header.residual.add(path="a", value="b")
    travelled = shorten(whole)
    if change == "value":
        whole.header.movement.ids[0].value = "26TR3401004B7KQ2J4"
    elif change == "body":
        whole.discharge.SetInParent()
    elif change == "whole":
        whole.ParseFromString(with_manifest(whole, MANIFEST))
    else:
        whole.header.residual[0].value = "c"
    with pytest.raises(Refused) as told:
        read_whole(encode_record(whole), travelled)
    assert (told.value.reason, told.value.detail) == (
        Reason.RECORD_INVALID, "whole.other header.whole",
    )  # fmt: skip


def test_a_file_that_breaks_a_rule_is_refused_by_it() -> None:
    whole = long_declaration(items=5_000)
    items = whole.declaration.dataset.consignment.houses[0].items
    items[4_000].country_of_dispatch = "?"
    with pytest.raises(Refused) as told:
        read_whole(encode_record(whole), shorten(whole))
    assert told.value.detail.startswith("string.pattern declaration.dataset.consignment.houses[0]")


def test_what_is_no_record_or_too_long_for_anybody_is_refused() -> None:
    for data, reason in (
        (b"\xff", Reason.RECORD_MALFORMED),
        (bytes(limits.MAX_LONG_RECORD_BYTES + 1), Reason.RECORD_TOO_LARGE),
    ):
        with pytest.raises(Refused) as told:
            decode_whole(data)
        assert told.value.reason is reason


def test_an_original_in_a_file_may_be_longer_than_one_in_a_record() -> None:
    record = with_original(300_000)
    assert check_record(record) != ()
    assert faults_of_whole(record) == ()
    assert len(record.header.original.content) == 300_000
    assert faults_of_whole(declaration()) == ()


def test_without_files_a_long_original_is_left_out_and_nothing_else_is() -> None:
    body = without_original(with_original(300_000))
    assert body is not None
    assert TransitRecord.FromString(body).header.original.sha256 == bytes(32)
    assert without_original(declaration()) is None
    both = with_original(300_000)
    both.MergeFrom(long_declaration(items=5_000))
    assert without_original(both) is None


def test_a_manifest_is_found_in_the_record_that_has_one() -> None:
    short = TransitRecord.FromString(with_manifest(shorten(declaration()), MANIFEST))
    entry = Entry(bytes(16), 1, SCHEMA_ID, None, encode_record(short))
    found = manifest_in(encode_entry(entry))
    assert found is not None
    assert (found.attachment_id, found.held_to) == (MANIFEST.attachment_id, MANIFEST.held_to)
    plain = entry._replace(body=encode_record(declaration()))
    assert manifest_in(encode_entry(plain)) is None
    with pytest.raises(Refused, match="no manifest"):
        read_manifest(encode_entry(plain))
    canary = Entry(bytes(16), CANARY, SCHEMA_ID, None, b"\x0a\x01x")
    assert manifest_in(encode_entry(canary)) is None


def test_the_header_of_a_file_names_the_movement_of_its_record() -> None:
    header = RecordHeader.FromString(header_of_record(encode_record(declaration())))
    assert header.movement == declaration().header.movement
    with pytest.raises(Refused, match="not a TransitRecord"):
        header_of_record(b"\xff")
