"""What a national system accepts, as its country signed it (PROTOCOL §6.10, §12.9).

Rules:

* the key that signed stands in the statement, so that its payload is read before the signature is
  verified; it counts for nothing until it is, and for the country only where the country lent the
  key to that very endpoint;
* of two of one endpoint the later one stands; an earlier one is refused by name, for whoever
  repeats it wants yesterday's answers;
* what is made here can be read here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from corridor.errors import Reason
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.transit.parties import Endpoint
from corridor.trust import checks
from corridor.trust.checks import require, well_formed
from corridor.trust.keys import Algorithm, TrustedKey, read_key
from corridor.trust.statements import Signed, sign
from corridor.wire import limits
from corridor.wire.acceptances import Acceptance, check_acceptance, parse_acceptance
from corridor.wire.statements import encode_statement, parse_signed

_KINDS: Final = {PayloadType.ACCEPTANCE: limits.ACCEPTANCE_MAX_BYTES}

Signer = Callable[[Endpoint, bytes, int], bytes]
"""Says which public key an endpoint signs with, under an id at a time; refuses where none (R5)."""


@dataclass(frozen=True, slots=True)
class AcceptanceStatement:
    """A statement that its own key signed; whose key that is has to be asked (`require_from`).

    Attributes:
        endpoint: Who says it.
        issued_ms: When, Unix time in milliseconds.
        key_id: The key that signed it, 16 bytes.
        digest: SHA-256 of the payload: its identity.
        message: What it says; not to be changed.
    """

    endpoint: Endpoint
    issued_ms: int
    key_id: bytes
    digest: bytes
    message: Acceptance


def sign_acceptance(message: Acceptance, key: SigningKey) -> bytes:
    """Return a statement, signed; its field `signer` is set here.

    Raises:
        Refused: STATEMENT_MALFORMED: it is beyond the limits.
    """
    message.signer.CopyFrom(TrustedKey.admit(Algorithm.ED25519, key.public).to_message())
    checks.endpoint(message.endpoint)
    check_acceptance(message)
    raw = sign(PayloadType.ACCEPTANCE, encode_statement(message), [key]).to_bytes()
    well_formed(len(raw) <= limits.ACCEPTANCE_MAX_BYTES, f"it has {len(raw)} bytes")
    return raw


def read_acceptance(
    raw: bytes, max_bytes: int = limits.ACCEPTANCE_MAX_BYTES
) -> AcceptanceStatement:
    """Return a statement that is whole.

    Raises:
        Refused: STATEMENT_MALFORMED, STATEMENT_SIGNATURE or KEY_ADMISSION.
    """
    signed = Signed.of(parse_signed(raw, max_bytes), _KINDS)
    message = parse_acceptance(signed.payload)
    key = read_key(message.signer, Algorithm.ED25519)
    well_formed(len(signed.signatures) == 1, "it has one signature")
    named = signed.signatures[0].key_id == key.key_id
    require(named, Reason.STATEMENT_SIGNATURE, "it is not that of the key that it names")
    signed.signers({key.key_id: key})
    endpoint = checks.endpoint(message.endpoint)
    return AcceptanceStatement(
        endpoint, message.issued_ms, key.key_id, signed.payload_hash, message
    )


def require_from(sender: Endpoint, found: AcceptanceStatement, signer: Signer) -> None:
    """Refuse a statement that is not the sender's own.

    Raises:
        Refused: UNKNOWN_SIGNER, or what `signer` refuses.
    """
    require(found.endpoint == sender, Reason.UNKNOWN_SIGNER, f"it is of {found.endpoint}")
    signer(sender, found.key_id, found.issued_ms)


def is_newer(found: AcceptanceStatement, held_ms: int, held_digest: bytes, now_ms: int) -> bool:
    """Whether a statement takes the place of the one that is held; False for that very one.

    Args:
        found: The statement.
        held_ms: When the one that is held was issued; 0 where none is.
        held_digest: Its identity; empty where none is held.
        now_ms: The clock.

    Raises:
        Refused: CREATED_IN_FUTURE, ROLLBACK or EQUIVOCATION.
    """
    checks.issued(found.issued_ms, now_ms)
    if found.digest == held_digest:
        return False
    require(found.issued_ms >= held_ms, Reason.ROLLBACK, f"a later one is of {held_ms}")
    require(found.issued_ms > held_ms, Reason.EQUIVOCATION, "two of the same time")
    return True


def next_issue_ms(now_ms: int, last_ms: int) -> int:
    """Return when a new statement of our own is issued, which partners take for the newer one.

    A time that is far ahead is of a clock that was wrong: no partner took what was issued then.
    """
    ahead = last_ms > now_ms + limits.MAX_FUTURE_SKEW_MS
    return now_ms if ahead else max(now_ms, last_ms + 1)
