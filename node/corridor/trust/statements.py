"""Signed statements: bytes first, signatures second, meaning last (PROTOCOL §2.1, §2.2, §5.1).

Rules:

* what is signed is the DSSE encoding of payload type and payload; the payload is kept verbatim
  and parsed only after its signatures were verified;
* a key signs once; a signature of a key we know must be right; one of a key that we do not know
  is passed over, and counts for nothing;
* who must have signed is the business of the statement (`root`, `directory`, `delegation`,
  `bundle`, `agreement`): here a signature is only right or wrong.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey, verify
from corridor.seal.pae import PayloadType
from corridor.trust.checks import require, well_formed
from corridor.trust.keys import SIGNATURE_BYTES, Algorithm, TrustedKey
from corridor.wire import limits
from corridor.wire.statements import encode_signed, parse_signed
from corridor.wire.v1 import trust_pb2 as pb

STATEMENTS: Final[Mapping[PayloadType, int]] = {
    PayloadType.DIRECTORY_ROOT: limits.ROOT_MAX_BYTES,
    PayloadType.DIRECTORY: limits.DIRECTORY_MAX_BYTES,
    PayloadType.AGREEMENT: limits.AGREEMENT_MAX_BYTES,
    PayloadType.DELEGATION: limits.DELEGATION_MAX_BYTES,
    PayloadType.KEY_BUNDLE: limits.BUNDLE_MAX_BYTES,
}
"""The statements of today, with the most bytes that each may have, signatures included; the other
payload types are reserved."""


@dataclass(frozen=True, slots=True)
class SignatureEntry:
    """One Ed25519 signature and the key that is said to have made it."""

    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement with its signatures, not verified yet."""

    payload_type: PayloadType
    payload: bytes
    signatures: tuple[SignatureEntry, ...]
    payload_hash: bytes
    """SHA-256 of the payload: the identity of the statement, in chains and in envelopes."""

    @classmethod
    def of(cls, message: pb.Signed, kinds: Mapping[PayloadType, int] = STATEMENTS) -> Self:
        """Return the statement in `message`, whose shape `wire.statements` checked.

        Args:
            message: The statement.
            kinds: The payload types that are expected here, with their largest sizes.

        Raises:
            Refused: STATEMENT_MALFORMED, or STATEMENT_SIGNATURE for a key that signs twice.
        """
        payload_type = _statement_type(message.payload_type, kinds)
        well_formed(message.ByteSize() <= kinds[payload_type], f"{payload_type.name} is too large")
        signatures = tuple(_signature(entry) for entry in message.signatures)
        distinct = {entry.key_id for entry in signatures}
        require(len(distinct) == len(signatures), Reason.STATEMENT_SIGNATURE, "a key signs twice")
        digest = hashlib.sha256(message.payload).digest()
        return cls(payload_type, message.payload, signatures, digest)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Return the statement in `raw`, at most `limits.DIRECTORY_MAX_BYTES`.

        Raises:
            Refused: STATEMENT_MALFORMED, or STATEMENT_SIGNATURE for a key that signs twice.
        """
        return cls.of(parse_signed(raw))

    def to_bytes(self) -> bytes:
        """Return the bytes that `parse` reads: those that arrived, there being one encoding."""
        return encode_signed(
            self.payload_type,
            self.payload,
            [(entry.key_id, Algorithm.ED25519, entry.signature) for entry in self.signatures],
        )

    def signers(self, keys: Mapping[bytes, TrustedKey]) -> frozenset[bytes]:
        """Return the ids of those of `keys` that signed the statement.

        Raises:
            Refused: STATEMENT_SIGNATURE where one of them did not make the signature that
                bears its name; QUORUM where none of them is named at all.
        """
        named = [entry for entry in self.signatures if entry.key_id in keys]
        require(bool(named), Reason.QUORUM, "no signature of a key that counts")
        for entry in named:
            public = keys[entry.key_id].public
            if not verify(public, self.payload_type, self.payload, entry.signature):
                raise Refused(Reason.STATEMENT_SIGNATURE, f"by key {entry.key_id.hex()}")
        return frozenset(entry.key_id for entry in named)


def sign(payload_type: PayloadType, payload: bytes, keys: Iterable[SigningKey]) -> Signed:
    """Return `payload` as a statement signed with each of `keys`, in their order."""
    return Signed(
        payload_type,
        payload,
        tuple(SignatureEntry(key.key_id, key.sign(payload_type, payload)) for key in keys),
        hashlib.sha256(payload).digest(),
    )


def _statement_type(name: str, kinds: Mapping[PayloadType, int]) -> PayloadType:
    try:
        payload_type = PayloadType(name)
    except ValueError:
        raise Refused(Reason.STATEMENT_MALFORMED, "unknown type of statement") from None
    well_formed(payload_type in kinds, f"{payload_type.name} is no statement of today")
    return payload_type


def _signature(entry: pb.Signature) -> SignatureEntry:
    well_formed(entry.algorithm == Algorithm.ED25519, f"signature algorithm {entry.algorithm}")
    well_formed(len(entry.signature) == SIGNATURE_BYTES, "a signature has 64 bytes")
    return SignatureEntry(entry.key_id, entry.signature)
