"""Statements of what a national system accepts, built from PROTOCOL §6.10 and §12.9 by hand."""

from typing import Any

from testkit.envelopes import Signer, fresh, h
from testkit.proto import field_bytes, some_bytes, some_number
from testkit.trust import entries, wrapped

KIND = "application/vnd.corridor.acceptance.v1+protobuf"
NOW_MS = 1_790_000_000_000
SENDER = "GE.RS"
KEY, OTHER = Signer(fresh("acceptance/key")), Signer(fresh("acceptance/other"))
_TEN_MINUTES_MS = 600_000


def standard(name: str, *messages: str) -> bytes:
    """Return an AcceptedStandard."""
    return some_bytes(1, name.encode()) + b"".join(field_bytes(2, one.encode()) for one in messages)


def listed(number: str = "CL231", version: str = "2026-11-20", unknown: int = 2) -> bytes:
    """Return an AcceptedList."""
    named = some_bytes(1, number.encode()) + some_bytes(2, version.encode())
    return named + some_bytes(3, h(b"codes")) + some_number(4, unknown)


def payload(**parts: Any) -> bytes:  # noqa: ANN401 - a part of each kind
    """Return an Acceptance; each part may be given wrong."""
    whole: dict[str, Any] = {
        "endpoint": SENDER,
        "issued_ms": NOW_MS,
        "standards": [standard("NCTS-P5", "CC015C")],
        "rules": 3,
        "lists": [listed()],
        "signer": KEY,
        "rule_set": "5.15.2-144",
        "types": b"\x01\x09\x15",
        **parts,
    }
    public = some_number(1, 1) + some_bytes(2, whole["signer"].public)
    return (
        some_bytes(1, whole["endpoint"].encode())
        + some_number(2, whole["issued_ms"])
        + b"".join(field_bytes(3, one) for one in whole["standards"])
        + some_number(4, whole["rules"])
        + b"".join(field_bytes(5, one) for one in whole["lists"])
        + field_bytes(6, public)
        + some_bytes(7, whole["rule_set"].encode())
        + some_bytes(8, whole["types"])
    )


def signed(data: bytes, *signers: Signer, kind: str = KIND) -> bytes:
    """Return a Signed of a payload."""
    return wrapped(kind, data, entries(kind, data, signers or (KEY,)))


_Row = tuple[str, str, bytes, str | None, bool]


def acceptances() -> dict[str, Any]:
    """Return the document."""
    held = payload()
    return {
        "about": "Statements that come from one endpoint, one after the other (PROTOCOL §6.10)",
        "sender": SENDER,
        "now_ms": NOW_MS,
        "signer": {"public": KEY.public.hex(), "from_ms": NOW_MS - 1000, "until_ms": NOW_MS * 2},
        "held": signed(held).hex(),
        "held_digest": h(held).hex(),
        "cases": [_case(one) for one in (*_right(), *_places(), *_wrong(), *_signatures())],
    }


def _case(row: _Row) -> dict[str, Any]:
    name, title, raw, reason, after_held = row
    return {
        "name": name,
        "title": title,
        "after_held": after_held,
        "statement": raw.hex(),
        "reason": reason,
    }


def _right() -> list[_Row]:
    least = payload(rules=1, lists=[], rule_set="", types=b"", standards=[standard("A")])
    return [
        ("first", "nothing is held", signed(payload()), None, False),
        (
            "least",
            "one standard with all its messages, and nothing more",
            signed(least),
            None,
            False,
        ),
        ("again", "the one that is held", signed(payload()), None, True),
        ("later", "signed a millisecond later", signed(payload(issued_ms=NOW_MS + 1)), None, True),
        (
            "ahead",
            "ten minutes ahead",
            signed(payload(issued_ms=NOW_MS + _TEN_MINUTES_MS)),
            None,
            True,
        ),
    ]


def _places() -> list[_Row]:
    ahead = payload(issued_ms=NOW_MS + _TEN_MINUTES_MS + 1)
    return [
        ("older", "a millisecond older", signed(payload(issued_ms=NOW_MS - 1)), "rollback", True),
        (
            "other",
            "of the same time, with other content",
            signed(payload(rules=2)),
            "equivocation",
            True,
        ),
        ("future", "more than ten minutes ahead", signed(ahead), "created_in_future", False),
        (
            "another-endpoint",
            "in the name of another",
            signed(payload(endpoint="TR.GTB")),
            "unknown_signer",
            False,
        ),
        (
            "another-key",
            "by a key that is not lent",
            signed(payload(signer=OTHER), OTHER),
            "unknown_signer",
            False,
        ),
        (
            "key-ended",
            "signed before the key was lent",
            signed(payload(issued_ms=NOW_MS - 1001)),
            "signer_expired",
            False,
        ),
    ]


def _wrong() -> list[_Row]:
    one = standard("NCTS-P5")
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("no-standard", "no standard", {"standards": []}),
        ("65-standards", "65 standards", {"standards": [standard(f"S{n}") for n in range(65)]}),
        ("standard-twice", "a standard twice", {"standards": [one, one]}),
        ("standard-blank", "a name with a blank", {"standards": [standard("a b")]}),
        ("standard-65", "a name of 65 characters", {"standards": [standard("a" * 65)]}),
        ("rules-0", "it does not say what a broken rule means", {"rules": 0}),
        ("rules-4", "a meaning that nobody knows", {"rules": 4}),
        ("rule-set", "a rule set with a blank", {"rule_set": "5 15"}),
        ("list-twice", "a list twice", {"lists": [listed(), listed()]}),
        ("list-number", "a list in small letters", {"lists": [listed("cl231")]}),
        ("list-day", "a list of the 13th month", {"lists": [listed(version="2026-13-01")]}),
        ("list-unknown", "a list without a meaning", {"lists": [listed(unknown=0)]}),
        ("types-order", "record types that descend", {"types": b"\x09\x01"}),
        ("types-control", "a control record", {"types": b"\x40"}),
        ("time-0", "signed at no time", {"issued_ms": 0}),
        ("endpoint", "a country is no endpoint", {"endpoint": "GE"}),
    ]
    return [
        (name, title, signed(payload(**parts)), "statement_malformed", False)
        for name, title, parts in rows
    ]


def _signatures() -> list[_Row]:
    data = payload()
    wrong = signed(data)[:-1] + bytes([signed(data)[-1] ^ 1])
    listed_kind = "application/vnd.corridor.code-list.v1+protobuf"
    return [
        ("signature", "the signature is not right", wrong, "statement_signature", False),
        (
            "signed-by-other",
            "signed by another key than it names",
            signed(data, OTHER),
            "statement_signature",
            False,
        ),
        (
            "two-signatures",
            "two signatures",
            signed(data, KEY, OTHER),
            "statement_malformed",
            False,
        ),
        (
            "kind",
            "the payload type of code lists",
            signed(data, kind=listed_kind),
            "statement_malformed",
            False,
        ),
        (
            "unknown-field",
            "a field that nobody knows",
            signed(data + b"\x78\x01"),
            "statement_malformed",
            False,
        ),
        ("junk", "no Signed", b"\xff" * 9, "statement_malformed", False),
    ]
