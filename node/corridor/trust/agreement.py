"""Agreements: which records one member may send to another, and since when (PROTOCOL §5.5).

Rules:

* an agreement goes one way and is signed by the identity threshold of both its members; the
  registry only lists it, and cannot make one;
* data are judged by the agreement in force when they were created;
* control records pass both ways until 30 days after its end, so that what was sent can still be
  receipted, asked for and closed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from corridor.errors import Reason
from corridor.seal.pae import PayloadType
from corridor.trust import checks
from corridor.trust.checks import require, well_formed
from corridor.trust.keys import TrustedKey
from corridor.trust.statements import Signed
from corridor.wire.batches import FIRST_BUSINESS, LAST_BUSINESS, LAST_RESERVED
from corridor.wire.statements import encode_statement, parse_agreement
from corridor.wire.v1 import trust_pb2 as pb

BUSINESS_TYPES: Final = range(FIRST_BUSINESS, LAST_BUSINESS + 1)
"""The record types that customs exchange."""
AGREED_TYPES: Final = range(FIRST_BUSINESS, LAST_RESERVED + 1)
"""Those of later versions too: an older node must not refuse a directory for them."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one member may send to another."""

    agreement_id: str
    network_id: bytes
    sender: str
    """Member id."""
    recipient: str
    """Member id."""
    record_types: tuple[int, ...]
    """Ascending, of `AGREED_TYPES`."""
    purpose: str
    legal_reference: str
    valid_from_ms: int
    valid_to_ms: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An agreement as a directory lists it: verified, with the identity keys that signed."""

    agreement: Agreement
    signed: Signed
    signers: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """The offline keys of one member."""

    member_id: str
    keys: tuple[TrustedKey, ...]
    threshold: int

    def approved(self, signers: frozenset[bytes]) -> bool:
        """Whether enough of the keys are among `signers`."""
        return sum(key.key_id in signers for key in self.keys) >= self.threshold

    def fingerprint(self) -> bytes:
        """Return the 32 bytes that people compare over another channel (PROTOCOL §5.9)."""
        named = b"".join(key.key_id for key in self.keys)
        return hashlib.sha256(bytes((self.threshold,)) + named).digest()


def encode_agreement(agreement: Agreement) -> bytes:
    """Return the payload that `read_agreement` reads."""
    return encode_statement(
        pb.Agreement(
            agreement_id=agreement.agreement_id,
            network_id=agreement.network_id,
            sender=agreement.sender,
            recipient=agreement.recipient,
            record_types=agreement.record_types,
            purpose=agreement.purpose,
            legal_reference=agreement.legal_reference,
            valid_from_ms=agreement.valid_from_ms,
            valid_to_ms=agreement.valid_to_ms,
        )
    )


def read_agreement(payload: bytes) -> Agreement:
    """Return the agreement in `payload`.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    message = parse_agreement(payload)
    types = tuple(message.record_types)
    well_formed(bool(types), "an agreement on nothing")
    well_formed(types == tuple(sorted(set(types))), "record types ascend, each once")
    well_formed(all(kind in AGREED_TYPES for kind in types), "a type that nobody agrees on")
    well_formed(message.valid_from_ms < message.valid_to_ms, "an agreement ends before it starts")
    well_formed(message.sender != message.recipient, "an agreement of a member with itself")
    return Agreement(
        agreement_id=checks.text(message.agreement_id, "an agreement's id"),
        network_id=message.network_id,
        sender=checks.member_id(message.sender),
        recipient=checks.member_id(message.recipient),
        record_types=types,
        purpose=checks.text(message.purpose, "a purpose", optional=True),
        legal_reference=checks.text(message.legal_reference, "a reference", optional=True),
        valid_from_ms=message.valid_from_ms,
        valid_to_ms=message.valid_to_ms,
    )


def verify_agreement(
    signed: Signed, network_id: bytes, members: Mapping[str, IdentityKeys]
) -> Listed:
    """Verify an agreement for its two members.

    Raises:
        Refused: STATEMENT_SIGNATURE, STATEMENT_MALFORMED, NETWORK, or QUORUM where one of the
            members did not sign with enough of its identity keys.
    """
    well_formed(signed.payload_type is PayloadType.AGREEMENT, "not an agreement")
    known = {key.key_id: key for member in members.values() for key in member.keys}
    signers = signed.signers(known)
    agreement = read_agreement(signed.payload)
    checks.network_id(agreement.network_id, network_id)
    for name in (agreement.sender, agreement.recipient):
        well_formed(name in members, f"an agreement of {name}, which is no member")
        require(
            members[name].approved(signers),
            Reason.QUORUM,
            f"{name} did not sign agreement {agreement.agreement_id!r}",
        )
    return Listed(agreement, signed, signers)


def read_listed(
    signed: Sequence[Signed],
    network_id: bytes,
    members: Mapping[str, IdentityKeys],
    verified: Mapping[Signed, Listed],
) -> tuple[Listed, ...]:
    """Return the agreements of a directory.

    Args:
        signed: The agreements as listed.
        network_id: Ours.
        members: The members by id.
        verified: Agreements of the directory held now. The same bytes are not verified twice:
            identity keys do not change, and there may be thousands.

    Raises:
        Refused: As `verify_agreement`; STATEMENT_MALFORMED where an id appears twice.
    """
    listed = tuple(
        verified.get(entry) or verify_agreement(entry, network_id, members) for entry in signed
    )
    names = {entry.agreement.agreement_id for entry in listed}
    well_formed(len(names) == len(listed), "an agreement is listed twice")
    return listed
