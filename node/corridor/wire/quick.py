"""Whether a batch of records is surely good, many times faster than asking record by record.

Reading a protobuf message field by field from Python costs more than all else that happens to a
record; parsing it costs next to nothing. So the bodies of a whole batch are parsed as one message
of a derived schema, in which

* a scalar is a list: parsing bodies one after the other collects every value that is written at a
  place into one list, and a rule is asked of the whole list at once;
* a list of messages is one message: parsing merges its members and collects their values too;
* what no rule speaks of is left out.

Rules:

* the answer is "surely good" or "ask": whoever is told to ask uses protovalidate, which also names
  the faults; a test holds the two against each other;
* this is sound because a rule of the schema holds for each written value by itself. Those that do
  not are met otherwise: what must be there and short lists are looked for in the record itself,
  long lists are bounded by the size of the body, and identifiers are looked at one by one;
* a rule that is not known here ends in "ask" for ever: slow, never wrong.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import DecodeError, Message

from corridor.wire.v1 import types_pb2, validate_pb2

Test = Callable[[Any], bool]
"""Asked of everything that was collected at one place."""

_FILE: Final = "corridor/quick.proto"
_LONG_LIST: Final = 1_000
"""Lists that may be this long are bounded by the size of a body, shorter ones are counted."""
_MEMBER_BYTES: Final = 2
"""The least that a member of a list takes in a body: a tag and a length."""
_SCALARS: Final = frozenset({"string", "bytes", "uint32", "int64"})
_IDENTIFIER: Final = types_pb2.Identifier.DESCRIPTOR
_IDENTIFIER_RULES: Final = {"identifier.mrn", "identifier.grn", "identifier.lrn"}
_FORMS: Final[dict[int, Callable[[str], object]]] = {
    types_pb2.ID_SCHEME_MRN: re.compile(r"[0-9]{2}[A-Z]{2}[A-Z0-9]{13}[0-9]").fullmatch,
    types_pb2.ID_SCHEME_GRN: re.compile(
        r"[0-9]{2}[A-Z]{2}[A-Z0-9]{12}[0-9]([A-Z][0-9]{6})?"
    ).fullmatch,
    types_pb2.ID_SCHEME_LRN: lambda value: len(value) <= 22,  # noqa: PLR2004 - NCTS LRN an..22
}


class UnknownRuleError(Exception):
    """The schema holds a rule that the quick answer cannot give; its name is the message."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a record itself must show: it cannot be seen once records are merged."""

    fields: tuple[str, ...]
    choices: tuple[tuple[str, Mapping[str, "Demand"]], ...]
    """Of which one member must be there, with what each of them demands."""
    lists: tuple[tuple[str, int], ...]
    inner: tuple[tuple[str, "Demand"], ...]

    def met_by(self, message: Message) -> bool:
        """Whether the message, and what stands singly in it, shows it."""
        for name in self.fields:
            if not message.HasField(name):
                return False
        for name, most in self.lists:
            if len(getattr(message, name)) > most:
                return False
        for name, demand in self.inner:
            if message.HasField(name) and not demand.met_by(getattr(message, name)):
                return False
        return all(self._chosen(message, name, demands) for name, demands in self.choices)

    def _chosen(self, message: Message, name: str, demands: "Mapping[str, Demand]") -> bool:
        member = message.WhichOneof(name)
        if member is None:
            return False
        demand = demands.get(member)
        return demand is None or demand.met_by(getattr(message, member))


class QuickCheck:
    """The quick answer for messages of one type; made once, then free of state."""

    def __init__(self, root: Descriptor) -> None:
        """Derive the collecting schema and the tests from the rules of `root`.

        Raises:
            UnknownRuleError: It has a rule that is not known here.
        """
        self._tests: dict[str, dict[int, Test]] = {}
        self._long_list = 1 << 31
        self._file = descriptor_pb2.FileDescriptorProto(name=_FILE, package="q", syntax="proto3")
        self._demands: dict[str, Demand] = {}
        self._demand = self._demand_of(root)
        self._derive(root)
        pool = descriptor_pool.DescriptorPool()
        pool.Add(self._file)
        self._asked: dict[FieldDescriptor, Test] = {
            pool.FindMessageTypeByName(f"q.{name}").fields_by_number[number]: test
            for name, tests in self._tests.items()
            for number, test in tests.items()
        }
        derived = pool.FindMessageTypeByName(f"q.{_flat(root)}")
        self._collector: type[Message] = message_factory.GetMessageClass(derived)

    def surely_good(self, records: Sequence[Message], bodies: Sequence[bytes]) -> bool:
        """Whether protovalidate would find no fault in any record.

        Args:
            records: The records.
            bodies: The bytes from which they were parsed, in the same order.
        """
        if max(map(len, bodies), default=0) > _MEMBER_BYTES * self._long_list:
            return False
        if not all(map(self._demand.met_by, records)):
            return False
        try:
            collected = self._collector.FromString(b"".join(bodies))
        except DecodeError:
            # Each was parsed before, but nothing says that they may stand behind each other.
            return False
        return self._good(collected)

    def _good(self, collected: Message) -> bool:
        asked = self._asked
        for field, values in collected.ListFields():  # noqa: SIM110 - a generator costs more
            if not asked[field](values):
                return False
        return True

    # --- deriving -----------------------------------------------------------------------------

    def _derive(self, message: Descriptor) -> bool:
        """Add the message type to the collecting schema; False where no rule speaks of it."""
        name = _flat(message)
        if name in self._tests:
            return bool(self._tests[name])
        _known(message.GetOptions().Extensions[validate_pb2.message], set(), message.full_name)
        tests = self._tests[name] = {}
        made = descriptor_pb2.DescriptorProto(name=name)
        for field in message.fields:
            test = self._test_of(field)
            if test is not None:
                tests[field.number] = test
                made.field.append(_collecting(field))
        if tests:
            self._file.message_type.append(made)
        return bool(tests)

    def _test_of(self, field: FieldDescriptor) -> Test | None:
        rules = field.GetOptions().Extensions[validate_pb2.field]
        _known(rules, {"required", "repeated", *_SCALARS}, field.full_name)
        if field.message_type is None:
            tests = list(_scalar_tests(field, rules))
            return _all_of(tests) if tests else None
        if rules.repeated.HasField("max_items") and rules.repeated.max_items >= _LONG_LIST:
            self._long_list = min(self._long_list, rules.repeated.max_items)
        if field.message_type is _IDENTIFIER:
            self._derive_identifier()
            return _identifiers_good
        return self._good if self._derive(field.message_type) else None

    def _derive_identifier(self) -> None:
        name = _flat(_IDENTIFIER)
        if name in self._tests:
            return
        rules = _IDENTIFIER.GetOptions().Extensions[validate_pb2.message]
        _conditions_known(rules, name)
        self._tests[name] = {}
        made = descriptor_pb2.DescriptorProto(name=name)
        for field in _IDENTIFIER.fields:
            copied = made.field.add(name=field.name, number=field.number)
            copied.type, copied.label = _plain_type(field), copied.LABEL_OPTIONAL
        self._file.message_type.append(made)

    def _demand_of(self, message: Descriptor) -> Demand:
        """Return what each message of the type must show, and what stands singly in it."""
        known = self._demands.get(message.full_name)
        if known is not None:
            return known
        fields, lists, inner = [], [], {}
        for field in message.fields:
            rules = field.GetOptions().Extensions[validate_pb2.field]
            if rules.required:
                fields.append(field.name)
            if rules.repeated.HasField("max_items") and rules.repeated.max_items < _LONG_LIST:
                lists.append((field.name, rules.repeated.max_items))
            if field.message_type is not None:
                demand = self._demand_of(field.message_type)
                if demand != _NOTHING and field.is_repeated:
                    raise UnknownRuleError(f"{field.full_name}: demands on each of a list")
                if demand != _NOTHING:
                    inner[field.name] = demand
        choices = tuple(
            (oneof.name, {f.name: inner.pop(f.name) for f in oneof.fields if f.name in inner})
            for oneof in _choices(message)
        )
        found = Demand(tuple(fields), choices, tuple(lists), tuple(inner.items()))
        self._demands[message.full_name] = found
        return found


_NOTHING: Final = Demand((), (), (), ())


def _choices(message: Descriptor) -> Iterator[OneofDescriptor]:
    """The oneofs of which a member must be there."""
    for oneof in message.oneofs:
        rules = oneof.GetOptions().Extensions[validate_pb2.oneof]
        _known(rules, {"required"}, oneof.full_name)
        if rules.required:
            yield oneof


def _flat(message: Descriptor) -> str:
    return message.full_name.replace(".", "_")


def _collecting(field: FieldDescriptor) -> descriptor_pb2.FieldDescriptorProto:
    made = descriptor_pb2.FieldDescriptorProto(name=field.name, number=field.number)
    made.type = _plain_type(field)
    if field.message_type is None or field.message_type is _IDENTIFIER:
        made.label = made.LABEL_REPEATED
    else:
        made.label = made.LABEL_OPTIONAL
    if field.message_type is not None:
        made.type_name = f".q.{_flat(field.message_type)}"
    return made


def _plain_type(field: FieldDescriptor) -> descriptor_pb2.FieldDescriptorProto.Type.ValueType:
    """The field's own type; an enum is a number here, so that its values need no copy."""
    proto = descriptor_pb2.FieldDescriptorProto
    number = proto.TYPE_INT32 if field.type == proto.TYPE_ENUM else field.type
    return proto.Type.ValueType(number)


# --- tests ------------------------------------------------------------------------------------


def _scalar_tests(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Iterator[Test]:
    if rules.HasField("repeated"):
        _known(rules.repeated, {"max_items", "items"}, field.full_name)
        if rules.repeated.HasField("max_items"):
            yield _at_most(rules.repeated.max_items)
        rules = rules.repeated.items
        _known(rules, set(_SCALARS), field.full_name)
    kind = rules.WhichOneof("type")
    if kind is not None and not field.is_repeated and not field.has_presence:
        raise UnknownRuleError(f"{field.full_name}: a rule for what need not be written")
    if kind == "string":
        yield from _string_tests(rules.string, field.full_name)
    elif kind == "bytes":
        _known(rules.bytes, {"len", "max_len"}, field.full_name)
        least = rules.bytes.len
        most = rules.bytes.len if rules.bytes.HasField("len") else rules.bytes.max_len
        yield _lengths(least, most)
    elif kind == "uint32":
        _known(rules.uint32, {"gte", "lte"}, field.full_name)
        yield _numbers(rules.uint32.gte, rules.uint32.lte)
    elif kind == "int64":
        _known(rules.int64, {"gte", "lte"}, field.full_name)
        yield _numbers(rules.int64.gte, rules.int64.lte)


def _string_tests(rules: validate_pb2.StringRules, where: str) -> Iterator[Test]:
    _known(rules, {"min_len", "max_len", "pattern"}, where)
    if rules.HasField("max_len"):
        yield _lengths(rules.min_len, rules.max_len)
    if rules.HasField("pattern"):
        if rules.pattern[0] + rules.pattern[-1] != "^$":
            raise UnknownRuleError(f"{where}: a pattern for a part of the text")
        matches = re.compile(rules.pattern[1:-1]).fullmatch
        yield lambda values: all(map(matches, set(values)))
    elif not rules.HasField("max_len"):
        raise UnknownRuleError(f"{where}: text of any length")


def _lengths(least: int, most: int) -> Test:
    def good(values: Sequence[str | bytes]) -> bool:
        lengths = set(map(len, values))
        return least <= min(lengths) and max(lengths) <= most

    return good if least else lambda values: max(map(len, values)) <= most


def _numbers(least: int, most: int) -> Test:
    return lambda values: least <= min(values) and max(values) <= most


def _at_most(count: int) -> Test:
    # The lists of all records together: more than one may hold is no fault, only a reason to ask.
    return lambda values: len(values) <= count


def _all_of(tests: Sequence[Test]) -> Test:
    """One test of a whole list; a slice of it is taken first, because each of them iterates.

    A slice is made in one go; iterating over the container itself costs four times as much.
    """
    if len(tests) == 1:
        (only,) = tests
        return lambda values: only(values[:])

    def good(values: Sequence[object]) -> bool:
        taken = values[:]
        return all(test(taken) for test in tests)

    return good


_IDENTIFIER_VALUE: Final = range(1, 71)
_IDENTIFIER_ISSUER: Final = 35


def _identifiers_good(identifiers: Sequence[Any]) -> bool:
    for identifier in identifiers[:]:
        scheme, value = identifier.scheme, identifier.value
        form = _FORMS.get(scheme)
        if not scheme or len(value) not in _IDENTIFIER_VALUE or (form and not form(value)):
            return False
        if len(identifier.issuer) > _IDENTIFIER_ISSUER:
            return False
    return True


def _known(rules: Message, known: set[str], where: str) -> None:
    for field, _ in rules.ListFields():
        if field.name not in known:
            raise UnknownRuleError(f"{where}: {field.name}")


def _conditions_known(rules: validate_pb2.MessageRules, where: str) -> None:
    """Check that the conditions in CEL are those that `_FORMS` stands for."""
    _known(rules, {"cel"}, where)
    strange = {rule.id for rule in rules.cel} - _IDENTIFIER_RULES
    if strange:
        raise UnknownRuleError(f"{where}: {sorted(strange)}")
