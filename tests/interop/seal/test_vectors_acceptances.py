"""The node against the published vectors of what national systems accept."""

from typing import Any

import pytest

from builders_vectors import load
from corridor.errors import Reason, Refused
from corridor.seal.keys import key_id
from corridor.transit.parties import Endpoint
from corridor.trust.acceptances import (
    AcceptanceStatement,
    is_newer,
    read_acceptance,
    require_from,
)
from corridor.wire import limits

DOCUMENT = load("acceptances.json")
SENDER, SIGNER = Endpoint(DOCUMENT["sender"]), DOCUMENT["signer"]
HELD = read_acceptance(bytes.fromhex(DOCUMENT["held"]))


def signer(endpoint: Endpoint, key: bytes, at_ms: int) -> bytes:
    """The delegation of the sender: one key, for a time."""
    public = bytes.fromhex(SIGNER["public"])
    if endpoint != SENDER or key != key_id(1, public):
        raise Refused(Reason.UNKNOWN_SIGNER)
    if not SIGNER["from_ms"] <= at_ms < SIGNER["until_ms"]:
        raise Refused(Reason.SIGNER_EXPIRED)
    return public


def take(raw: bytes, held: AcceptanceStatement | None) -> bool:
    found = read_acceptance(raw, limits.MAX_ACCEPTS_BYTES)
    require_from(SENDER, found, signer)
    before = (held.issued_ms, held.digest) if held else (0, b"")
    return is_newer(found, *before, DOCUMENT["now_ms"])


def test_its_identity_is_the_hash_of_its_payload() -> None:
    assert HELD.digest.hex() == DOCUMENT["held_digest"]


@pytest.mark.parametrize("case", DOCUMENT["cases"], ids=lambda case: str(case["name"]))
def test_a_statement_is_taken_or_refused_as_published(case: dict[str, Any]) -> None:
    raw, held = bytes.fromhex(case["statement"]), HELD if case["after_held"] else None
    if case["reason"] is None:
        assert take(raw, held) is (raw.hex() != DOCUMENT["held"] or held is None)
        return
    with pytest.raises(Refused) as caught:
        take(raw, held)
    assert caught.value.reason.label == case["reason"]
