"""The quick answer never says "surely good" of what protovalidate finds fault with."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from builders_wire import declaration, header, record_of_every_type
from corridor.transit.calendar import FIRST_MS, LAST_MS
from corridor.wire import limits
from corridor.wire.quick import QuickCheck, UnknownRuleError, _conditions_known
from corridor.wire.records import check_record, encode_record
from corridor.wire.v1 import records_pb2, types_pb2, validate_pb2
from corridor.wire.v1.records_pb2 import TransitRecord

TEXTS = [
    "",
    "x",
    "GE",
    "ge",
    "GE\n",
    "1",
    "1,5",
    "1.000",
    "25TR3401004B7KQ2J4",
    "é" * 35,
    "x" * 9999,
]
NUMBERS = [0, 1, 65_535, 65_536]
TIMES = [
    0, 1, -1, FIRST_MS - 1, FIRST_MS, LAST_MS, LAST_MS + 1, 2**53, 2**63 - 1, -(2**63),
]  # fmt: skip
Path = tuple[FieldDescriptor, ...]


@pytest.fixture(scope="module")
def quick() -> QuickCheck:
    return QuickCheck(TransitRecord.DESCRIPTOR)


def says(quick: QuickCheck, *records: TransitRecord) -> bool:
    return quick.surely_good(records, [encode_record(record) for record in records])


def paths(root: Descriptor) -> dict[str, Path]:
    """A shortest way to each message type of the schema."""
    found: dict[str, Path] = {root.full_name: ()}
    waiting: list[tuple[Descriptor, Path]] = [(root, ())]
    for message, path in waiting:
        for field in message.fields:
            inner = field.message_type
            if inner is not None and inner.full_name not in found:
                found[inner.full_name] = (*path, field)
                waiting.append((inner, (*path, field)))
    return found


def scalars() -> Iterator[tuple[Path, FieldDescriptor]]:
    for path in paths(TransitRecord.DESCRIPTOR).values():
        message = path[-1].message_type if path else TransitRecord.DESCRIPTOR
        assert message is not None
        for field in message.fields:
            if field.message_type is None and field.enum_type is None:
                yield path, field


def written(path: Path, field: FieldDescriptor, value: object) -> TransitRecord:
    """A record that is good but for `value` at the place."""
    elsewhere = bool(path) and path[0].name != "header"
    record = TransitRecord(header=header()) if elsewhere else declaration()
    message: Any = record
    for step in path:
        inner = getattr(message, step.name)
        message = inner.add() if step.is_repeated else inner
        message.SetInParent()
    for name in ("declaration", "movement_released"):
        if record.HasField(name):
            getattr(record, name).dataset.SetInParent()
    if field.is_repeated:
        getattr(message, field.name).extend([value] * 2)
    else:
        setattr(message, field.name, value)
    return record


def values_for(field: FieldDescriptor) -> list[Any]:
    if field.type == field.TYPE_STRING:
        return list(TEXTS)
    if field.type == field.TYPE_BYTES:
        return [b"", b"x" * 16, b"x" * 32, b"x" * 204_801]
    if field.type == field.TYPE_INT64:
        return list(TIMES)
    return list(NUMBERS) if field.type == field.TYPE_UINT32 else [1]


def test_every_good_record_is_surely_good_alone_and_together(quick: QuickCheck) -> None:
    every = record_of_every_type()

    assert [says(quick, record) for record in every] == [True] * 21
    assert says(quick, *every)
    assert says(quick)


@pytest.mark.parametrize(
    ("path", "field"), [pytest.param(p, f, id=f.full_name.split(".", 3)[3]) for p, f in scalars()]
)
def test_each_field_gets_the_answer_of_protovalidate(
    quick: QuickCheck, path: Path, field: FieldDescriptor
) -> None:
    for value in values_for(field):
        record = written(path, field, value)
        good, quickly = not check_record(record), says(quick, record)
        if field.containing_type is types_pb2.Identifier.DESCRIPTOR:
            assert good or not quickly
        else:
            assert good is quickly, value


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_batch_is_never_surely_good_where_protovalidate_finds_a_fault(
    data: st.DataObject,
) -> None:
    quick = _QUICK
    records = data.draw(st.lists(st.sampled_from(_EVERY), min_size=1, max_size=3))
    damaged = TransitRecord.FromString(encode_record(data.draw(st.sampled_from(records))))
    places = list(messages(damaged))
    place = data.draw(st.sampled_from(places))
    fields = [f for f in place.DESCRIPTOR.fields if f.message_type is None and not f.is_repeated]
    if fields and data.draw(st.booleans()):
        field = data.draw(st.sampled_from(fields))
        if field.enum_type is None:
            setattr(place, field.name, data.draw(st.sampled_from(values_for(field))))
        else:
            setattr(place, field.name, data.draw(st.integers(0, 30)))
    elif place.ListFields():
        place.ClearField(data.draw(st.sampled_from(place.ListFields()))[0].name)
    batch = [*records, damaged]

    if says(quick, *batch):
        assert [check_record(record) for record in batch] == [()] * len(batch)


def messages(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in value if field.is_repeated else [value]:
                yield from messages(inner)


_QUICK = QuickCheck(TransitRecord.DESCRIPTOR)
_EVERY = record_of_every_type()


@pytest.mark.parametrize("count", [16, 17])
def test_the_identifiers_of_a_movement_are_counted(quick: QuickCheck, count: int) -> None:
    record = declaration()
    ids = record.header.movement.ids
    while len(ids) < count:
        ids.add(scheme=types_pb2.ID_SCHEME_UCR, value="u")

    assert says(quick, record) is (count == 16)
    assert bool(check_record(record)) is (count == 17)


def test_a_long_body_is_always_asked_about(quick: QuickCheck) -> None:
    record = declaration()
    record.header.original.content = bytes(20_000)

    assert check_record(record) == ()
    assert not says(quick, record)


def test_an_identifier_without_scheme_or_value_is_asked_about(quick: QuickCheck) -> None:
    for broken in (types_pb2.Identifier(value="x"), types_pb2.Identifier(scheme="ID_SCHEME_MRN")):
        record = declaration()
        record.header.movement.ids.append(broken)
        assert not says(quick, record)


def test_bodies_that_cannot_be_parsed_together_are_asked_about(quick: QuickCheck) -> None:
    assert not quick.surely_good([declaration()], [b"\xff"])


def test_a_repeated_field_that_hides_a_fault_is_asked_about(quick: QuickCheck) -> None:
    bad = records_pb2.TransitRecord(header=records_pb2.RecordHeader(model_version=0))
    raw = bad.SerializeToString() + encode_record(declaration())

    assert not quick.surely_good([TransitRecord.FromString(raw)], [raw])


# --- schemas that it does not understand ------------------------------------------------------


def test_the_schema_nests_less_deep_than_the_limit_and_never_in_itself() -> None:
    def depth(message: Descriptor, above: tuple[str, ...] = ()) -> int:
        assert message.full_name not in above
        inner = [f.message_type for f in message.fields if f.message_type is not None]
        return 1 + max((depth(m, (*above, message.full_name)) for m in inner), default=0)

    assert depth(TransitRecord.DESCRIPTOR) <= limits.MAX_DEPTH


def schema(rules: validate_pb2.FieldRules, changed: dict[str, Any]) -> Descriptor:
    """A message `Test` with one field `x` that carries the rules."""
    file = descriptor_pb2.FileDescriptorProto(name="test.proto", package="t", syntax="proto3")
    message = file.message_type.add(name="Test")
    field = message.field.add(name="x", number=1, label=1, type=9)
    for name, value in changed.items():
        setattr(field, name, value)
    field.options.Extensions[validate_pb2.field].CopyFrom(rules)
    if field.type == 11:
        inner = file.message_type.add(name="Inner").field.add(name="y", number=1, label=1, type=9)
        inner.options.Extensions[validate_pb2.field].CopyFrom(
            validate_pb2.FieldRules(required=True)
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindMessageTypeByName("t.Test")


@pytest.mark.parametrize(
    ("rules", "changed"),
    [
        (validate_pb2.FieldRules(string=validate_pb2.StringRules(max_len=3)), {}),
        (validate_pb2.FieldRules(string=validate_pb2.StringRules(prefix="a")), {"label": 3}),
        (
            validate_pb2.FieldRules(
                repeated=validate_pb2.RepeatedRules(
                    items=validate_pb2.FieldRules(string=validate_pb2.StringRules(min_len=1))
                )
            ),
            {"label": 3},
        ),
        (
            validate_pb2.FieldRules(
                repeated=validate_pb2.RepeatedRules(
                    items=validate_pb2.FieldRules(string=validate_pb2.StringRules(pattern="a"))
                )
            ),
            {"label": 3},
        ),
        (validate_pb2.FieldRules(int32=validate_pb2.Int32Rules(gt=1)), {"type": 5}),
        (validate_pb2.FieldRules(), {"type": 11, "label": 3, "type_name": ".t.Inner"}),
    ],
    ids=["implicit", "prefix", "any length", "not anchored", "int32", "demand in a list"],
)
def test_a_rule_that_is_not_known_is_named(
    rules: validate_pb2.FieldRules, changed: dict[str, Any]
) -> None:
    with pytest.raises(UnknownRuleError):
        QuickCheck(schema(rules, changed))


def test_a_condition_that_is_not_known_is_named() -> None:
    rules = validate_pb2.MessageRules(cel=[validate_pb2.Rule(id="identifier.mrn")])
    _conditions_known(rules, "here")
    rules.cel.add(id="identifier.new")

    with pytest.raises(UnknownRuleError, match=r"here: \['identifier.new'\]"):
        _conditions_known(rules, "here")


@pytest.mark.parametrize(
    ("scheme", "value", "issuer"),
    [
        ("EORI", "x", "i" * 35),
        ("EORI", "x", "i" * 36),
        ("EORI", "x" * 70, ""),
        ("EORI", "x" * 71, ""),
        ("LRN", "x" * 22, ""),
        ("LRN", "x" * 23, ""),
        ("MRN", "25TR3401004B7KQ2J4", ""),
        ("MRN", "25TR3401004B7KQ2J4\n", ""),
        ("GRN", "25AT5201000G0A127A000123", ""),
        ("GRN", "25AT5201000G0A127A00012", ""),
        ("GRN", "٢5AT5201000G0A127", ""),
    ],
)
def test_an_identifier_gets_the_answer_of_protovalidate(
    quick: QuickCheck, scheme: str, value: str, issuer: str
) -> None:
    record = declaration()
    record.header.movement.ids.add(scheme=f"ID_SCHEME_{scheme}", value=value, issuer=issuer)

    assert says(quick, record) is not bool(check_record(record))
