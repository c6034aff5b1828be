"""Every reason has a vector, and every file of vectors has the form that it is said to have."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from builders_vectors import load
from corridor.errors import Reason

WITHOUT = {
    Reason.SOURCE_MALFORMED: "the sender's own national system is told; nothing is sent",
    Reason.SOURCE_UNSUPPORTED: "the sender's own national system is told; nothing is sent",
    Reason.CHARACTER_SET: "the sender's own national system is told; nothing is sent",
    Reason.CODE_UNKNOWN: "the sender's own national system is told; nothing is sent",
    Reason.RULE_BROKEN: "the sender's own national system is told; nothing is sent",
    Reason.ROLE_NOT_HELD: "the sender's own national system is told; nothing is sent",
    Reason.WITHDRAWN: "the sender's own national system is told; nothing is sent",
    Reason.LANE_NOT_ALLOWED: "the sender's own national system is told; nothing is sent",
    Reason.NOT_A_FILE: "the sender's own national system is told; nothing is sent",
    Reason.UNREADABLE: "the sender's own national system is told; nothing is sent",
    Reason.STRAY: "it lies in a queue of our own broker that must stay empty, whatever it holds",
    Reason.AGREEMENT_ENDED: "the sender's own national system is told; nothing is sent",
    Reason.UNANSWERED: "it names that nothing came: no bytes make it so",
    Reason.RECIPIENT_NOT_ALLOWED: "a client of the sender's own node is told; nothing is sent",
    Reason.IDEMPOTENCY_CONFLICT: "a client of the sender's own node is told; nothing is sent",
    Reason.FORESEEN_REFUSAL: "the sender's own national system is told; nothing is sent",
    Reason.STORE_FULL: "the receiver's disk is full: no bytes that arrive make it so",
    Reason.ATTACHMENT_TOO_LARGE: "what a receiver takes is its own affair: no bytes make it so",
    Reason.ATTACHMENT_NO_ROOM: "the receiver's disk is full: no bytes that arrive make it so",
    Reason.ATTACHMENT_QUOTA: "what a receiver keeps for a partner is its own affair",
    Reason.ATTACHMENTS_OPEN: "what a receiver takes at a time is its own affair",
    Reason.ATTACHMENT_DIGEST: "a whole file makes it so, which chunks.json does not hold",
    Reason.INTERNAL: "a mistake of the receiver itself: no bytes make it so in a sound one",
    Reason.HELD_FULL: "the receiver holds what it can: no bytes alone make it so",
}
FILES = ("refused.json", "accepted.json", "statements.json", "streams.json", "records.json")


def words(document: object) -> Iterator[str]:
    """Return every value of a document that may be the label of a reason."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name in {"reason", "expect"} and isinstance(value, str):
                yield value
            else:
                yield from words(value)
    elif isinstance(document, list):
        for value in document:
            yield from words(value)


def test_every_reason_has_a_vector_or_says_why_it_cannot() -> None:
    seen = {word for name in FILES for word in words(load(name))}
    lacking = {reason for reason in Reason if reason.label not in seen}
    assert lacking == WITHOUT.keys()


@pytest.mark.parametrize("name", ["statements.json", "streams.json", "records.json"])
def test_no_two_cases_have_one_name(name: str) -> None:
    names = [case["name"] for case in load(name)["cases"]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_the_form_that_its_schema_says(name: str) -> None:
    schema = load("schema.json")
    faults = list(misfits(load(name), schema["$defs"][name], schema["$defs"], name))
    assert faults == []


Schema = dict[str, Any]
KINDS = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


def misfits(value: Any, schema: Schema, shared: Schema, place: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Return what does not fit, by the few words of JSON Schema that schema.json uses."""
    if "$ref" in schema:
        schema = {**schema, **shared[schema["$ref"].removeprefix("#/$defs/")]}
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{place} is no {kinds}"
    elif isinstance(value, dict):
        yield from _members(value, schema, shared, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(item, schema.get("items", {}), shared, f"{place}[{index}]")
    elif isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{place} does not match"
    if value not in schema.get("enum", [value]):
        yield f"{place} is not listed"


def _is(value: object, kind: str) -> bool:
    if kind == "null":
        return value is None
    return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _members(value: Schema, schema: Schema, shared: Schema, place: str) -> Iterator[str]:
    known = schema.get("properties", {})
    other = schema.get("additionalProperties", {})
    choices = schema.get("oneOf", [])
    for name in schema.get("required", []):
        if name not in value:
            yield f"{place} lacks {name}"
    fits = sum(all(name in value for name in choice["required"]) for choice in choices)
    if choices and fits != 1:
        yield f"{place} fits {fits} of its choices"
    for name, member in value.items():
        if name not in known and other is False:
            yield f"{place}.{name} is unknown"
        else:
            yield from misfits(member, known.get(name, other or {}), shared, f"{place}.{name}")
