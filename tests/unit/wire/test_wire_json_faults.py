"""Faults of a record in JSON: all of them, by path, and never a value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_wire import record_of_every_type
from corridor.errors import Refused
from corridor.wire.json_faults import json_faults
from corridor.wire.limits import MAX_FAULTS
from corridor.wire.records import record_from_json, record_to_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(
        ["header", "exchange", "movement", "ids", "residual", "original", "caused_by", "query"]
    ), inner),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.parametrize("record", record_of_every_type(), ids=lambda one: one.WhichOneof("body"))
def test_a_sound_record_has_none(record: object) -> None:
    assert json_faults(json.loads(record_to_json(record))) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "path", "rule"),
    [
        ([], "", "json.object"),
        ({"header": 1}, "header", "json.object"),
        ({"secret": 1}, "[0]", "json.unknown_field"),
        ({"header": {"residual": {}}}, "header.residual", "json.array"),
        ({"header": {"residual": [1]}}, "header.residual[0]", "json.object"),
        ({"header": {"sender_role": "KING"}}, "header.sender_role", "json.enum"),
        ({"header": {"sender_role": True}}, "header.sender_role", "json.enum"),
        ({"header": {"senderRole": 3, "modelVersion": 1.5}}, "header.model_version",
         "json.number"),
        ({"header": {"model_version": 2**32}}, "header.model_version", "json.range"),
        ({"header": {"recorded_ms": "9" * 20}}, "header.recorded_ms", "json.range"),
        ({"header": {"recorded_ms": "x"}}, "header.recorded_ms", "json.number"),
        ({"header": {"caused_by": "*"}}, "header.caused_by", "json.base64"),
        ({"header": {"caused_by": 5}}, "header.caused_by", "json.string"),
        ({"header": {"source": {"standard": "\ud800"}}}, "header.source.standard",
         "json.character"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_path_and_rule(told: object, path: str, rule: str) -> None:
    assert [(one[0], one[1]) for one in json_faults(told)] == [(path, rule)]


def test_what_is_good_in_another_way_of_writing_is_good() -> None:
    told = {"header": {"recorded_ms": "-5", "sender_sequence": 2**64 - 1, "operationNumber": 4,
                       "source": None, "occurredAt": {"lexical": "ünïcode"}}}  # fmt: skip
    assert json_faults(told) == ()


def test_faults_are_bounded() -> None:
    assert len(json_faults({f"x{n}": n for n in range(100)})) == MAX_FAULTS


@given(JSON)
def test_whatever_has_no_fault_is_read_or_refused_by_name(told: object) -> None:
    if not json_faults(told):
        try:
            record_from_json(json.dumps(told))
        except Refused:
            return
