"""Long records and their wholes, built from PROTOCOL §13.5 by hand: what is taken out, in order."""

from typing import Any

from testkit.business import DECLARATION, GOOD_MRN, MRN, header, identifier, transit
from testkit.proto import field_bytes, field_number

_MANIFEST = (
    field_bytes(1, bytes(range(16)))
    + field_bytes(2, b"record.pb")
    + field_bytes(3, b"application/x-protobuf")
    + field_number(4, 400_000)
    + field_bytes(5, bytes(32))
    + field_bytes(6, bytes(32))
    + field_bytes(7, bytes(32))
)


def _record(*, steps: frozenset[int], kept: bytes = b"kept", manifest: bytes = b"") -> bytes:
    """Return the record after some of the steps 1 to 5; `kept` stands in its residual."""
    original = field_bytes(1, b"application/xml") + field_bytes(2, bytes(32))
    if 1 not in steps:
        original += field_bytes(3, b"<a/>")
    extra = field_bytes(11, original)
    if 3 not in steps:
        extra += field_bytes(
            12, field_bytes(1, b"NCTS-P5") + field_bytes(2, b"CC015C/x") + field_bytes(3, kept)
        )
    if 4 not in steps:
        fact = field_bytes(1, b"invoice.amount") + field_bytes(2, b"9")
        extra += field_bytes(13, field_bytes(1, b"valuation") + field_bytes(3, fact))
    if manifest:
        extra += field_bytes(14, manifest)
    house = field_number(1, 1)
    if 2 not in steps:
        house += field_bytes(10, field_number(1, 1)) + field_bytes(10, field_number(1, 2))
    consignment = field_bytes(1, b"TR") + field_bytes(2, b"AZ")
    if 5 not in steps:
        consignment += field_bytes(17, house)
    dataset = field_bytes(2, field_bytes(6, consignment))
    return transit(DECLARATION, dataset, header(identifier(MRN, GOOD_MRN), extra=extra))


def _after(*steps: int, kept: bytes = b"kept") -> str:
    return _record(steps=frozenset(steps), kept=kept, manifest=_MANIFEST).hex()


def long_records() -> dict[str, Any]:
    """Return the vectors."""
    said, invalid = "record", "record_invalid"
    return {
        "about": "a whole record, and what of it may travel (PROTOCOL 13.5)",
        "whole": _record(steps=frozenset()).hex(),
        "travels": [{"steps": n, said: _after(*range(1, n + 1))} for n in range(1, 6)],
        "refused": [
            {"name": "no step was taken", said: _after(), "reason": invalid},
            {"name": "a step was left out", said: _after(2, 3), "reason": invalid},
            {"name": "it says something else", said: _after(1, 2, kept=b"x"), "reason": invalid},
        ],
    }
