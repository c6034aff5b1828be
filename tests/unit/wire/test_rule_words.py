"""Rules in words: none that a record can break is told by its id alone."""

from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from builders_wire import record_of_every_type
from corridor.transit.movement import Role
from corridor.wire.authority import false_claim
from corridor.wire.records import check_record
from corridor.wire.rule_words import RULE_WORDS, in_words, rule_fault
from corridor.wire.v1 import validate_pb2
from corridor.wire.v1.records_pb2 import TransitRecord


def messages(root: Descriptor, seen: set[str]) -> Iterator[Descriptor]:
    if root.full_name not in seen:
        seen.add(root.full_name)
        yield root
        for field in root.fields:
            if field.message_type is not None:
                yield from messages(field.message_type, seen)


def named(rules: Message, prefix: str = "") -> Iterator[str]:
    """Name the rules that are set, as a violation names them."""
    names = {field.name for field, _ in rules.ListFields()}
    if {"gte", "lte"} <= names:
        names = names - {"gte", "lte"} | {"gte_lte"}
    for name in names:
        inner = getattr(rules, name, None)
        if name == "items":
            yield from of_field(inner)
        else:
            yield f"{prefix}{name}"


def of_field(rules: Message) -> Iterator[str]:
    for field, value in rules.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            yield from named(value, f"{field.name}.")
        elif field.name == "required":
            yield "required"


def rules_of_records() -> set[str]:
    found: set[str] = set()
    for message in messages(TransitRecord.DESCRIPTOR, set()):
        options = message.GetOptions()
        found |= {one.id for one in options.Extensions[validate_pb2.message].cel}
        for oneof in message.oneofs:
            if oneof.GetOptions().Extensions[validate_pb2.oneof].required:
                found.add("required")
        for field in message.fields:
            found |= set(of_field(field.GetOptions().Extensions[validate_pb2.field]))
    return found


def test_every_rule_of_the_schema_has_words() -> None:
    rules = rules_of_records()

    assert {"string.max_len", "identifier.mrn", "repeated.max_items", "int64.gte_lte"} <= rules
    assert rules <= RULE_WORDS.keys()


def test_a_record_without_its_header_names_the_place_and_says_what_is_wrong() -> None:
    record = TransitRecord.FromString(record_of_every_type()[0].SerializeToString())
    record.ClearField("header")

    assert [in_words(one) for one in check_record(record)] == [
        "header: it must be there (required)"
    ]


def test_a_claim_that_does_not_hold_has_words() -> None:
    (record, *_) = record_of_every_type()
    record.header.sender_role = Role.DEPARTURE
    record.header.sender_office.reference = "TR341001"

    claim = false_claim(record, 1, "GE")

    assert claim is not None
    assert in_words(claim.detail) == (
        "header.sender_office: the office belongs to another country than the sender's "
        "(office.not_own)"
    )


@pytest.mark.parametrize("text", ["", "no body known here", "a.b c d", "Required header"])
def test_a_sentence_stays_as_it_is(text: str) -> None:
    assert rule_fault(text) is None
    assert in_words(text) == text


def test_a_rule_without_words_is_told_by_its_id() -> None:
    assert rule_fault("string.of_later header") == ("string.of_later", "header", "")
    assert in_words("string.of_later header") == "string.of_later header"
    assert in_words("role.not_held") == f"{RULE_WORDS['role.not_held']} (role.not_held)"
