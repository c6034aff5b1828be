"""Limits are there because something is measured against them."""

import re
from pathlib import Path

from google.protobuf.descriptor import FieldDescriptor

import corridor
from corridor.wire import limits
from corridor.wire.v1 import control_pb2
from corridor.wire.v1.records_pb2 import SourceDocument

PACKAGE = Path(corridor.__file__).parent


HELD_BY_THE_SCHEMA = {"MAX_EPOCH"}


def test_every_limit_is_used() -> None:
    own = Path(limits.__file__)
    sources = [path for path in PACKAGE.rglob("*.py") if not path.name.endswith("_pb2.py")]
    text = "\n".join(path.read_text() for path in sources if path != own)
    # A unit may serve the other limits only.
    others = own.read_text()
    unused = [
        name
        for name in re.findall(r"^([A-Z0-9_]+): Final", others, re.MULTILINE)
        if name not in HELD_BY_THE_SCHEMA
        and not re.search(rf"\b{name}\b", text)
        and len(re.findall(rf"\b{name}\b", others)) == 1
    ]
    assert unused == []


def test_no_epoch_of_the_schema_is_larger_than_the_largest() -> None:
    messages = control_pb2.DESCRIPTOR.message_types_by_name.values()
    fields = [one for message in messages for one in message.fields if one.name == "epoch"]
    assert {field.type for field in fields} == {FieldDescriptor.TYPE_UINT32}
    assert limits.MAX_EPOCH == 2**32 - 1


def test_an_attached_original_has_the_limit_of_the_schema() -> None:
    field = SourceDocument.DESCRIPTOR.fields_by_name["content"]
    rule = re.search(r"max_len: (\d+)", str(field.GetOptions()))
    assert rule is not None
    assert int(rule[1]) == limits.MAX_ORIGINAL_BYTES
