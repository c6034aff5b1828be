"""The messages of the trust directory, parsed strictly.

Rules (PROTOCOL §5):

* what is signed is the payload's bytes as they arrived; whoever keeps a statement keeps those;
* a payload is parsed only after its signatures were verified: `trust` calls these in that order;
* shapes are checked here (lengths, counts, algorithms); meaning, time and quorum in `trust`.
"""

from collections.abc import Sequence
from typing import Final

from google.protobuf.message import Message

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.canonical import parse_strict
from corridor.wire.v1.trust_pb2 import (
    Agreement,
    Delegation,
    Directory,
    DirectoryRoot,
    KeyBundle,
    Possession,
    Signature,
    Signed,
)

__all__ = [
    "Agreement",
    "Delegation",
    "Directory",
    "DirectoryRoot",
    "KeyBundle",
    "Possession",
    "Signature",
    "Signed",
    "encode_signed",
    "encode_statement",
    "parse_agreement",
    "parse_bundle",
    "parse_delegation",
    "parse_directory",
    "parse_possession",
    "parse_root",
    "parse_signed",
]

_KEY_ID_BYTES: Final = 16
_MAX_TYPE_CHARS: Final = 128
_MAX_SIGNATURE_BYTES: Final = 4 * limits.KIB  # ML-DSA-65, should it come, has 3,309


def parse_signed(raw: bytes, max_bytes: int = limits.DIRECTORY_MAX_BYTES) -> Signed:
    """Return a signed statement; nothing of it is verified yet.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    signed = parse_strict(Signed, raw, max_bytes, Reason.STATEMENT_MALFORMED)
    check_signed(signed)
    return signed


def check_signed(signed: Signed) -> None:
    """Check the shape of a signed statement, also of one that stands inside another.

    Raises:
        Refused: STATEMENT_MALFORMED.
    """
    _check(1 <= len(signed.payload_type) <= _MAX_TYPE_CHARS, "payload type")
    _check(bool(signed.payload), "no payload")
    _check(1 <= len(signed.signatures) <= limits.MAX_SIGNATURES, "signatures")
    for signature in signed.signatures:
        _check(len(signature.key_id) == _KEY_ID_BYTES, "key id")
        _check(1 <= len(signature.signature) <= _MAX_SIGNATURE_BYTES, "signature")


def encode_signed(
    payload_type: str, payload: bytes, signatures: Sequence[tuple[bytes, int, bytes]]
) -> bytes:
    """Return a Signed message; a signature is (key id, algorithm, signature)."""
    parts = [Signature(key_id=k, algorithm=a, signature=s) for k, a, s in signatures]
    return encode_statement(Signed(payload_type=payload_type, payload=payload, signatures=parts))


def encode_statement(message: Message) -> bytes:
    """Return the one encoding of a message of the trust directory: a payload to be signed."""
    return message.SerializeToString(deterministic=True)


def parse_root(payload: bytes) -> DirectoryRoot:
    """Return the registry's root from its verified payload (Refused: STATEMENT_MALFORMED)."""
    return parse_strict(DirectoryRoot, payload, limits.ROOT_MAX_BYTES, Reason.STATEMENT_MALFORMED)


def parse_directory(payload: bytes) -> Directory:
    """Return the directory from its verified payload (Refused: STATEMENT_MALFORMED)."""
    directory = parse_strict(
        Directory, payload, limits.DIRECTORY_MAX_BYTES, Reason.STATEMENT_MALFORMED
    )
    for agreement in directory.agreements:
        check_signed(agreement)
    return directory


def parse_agreement(payload: bytes) -> Agreement:
    """Return an agreement from its verified payload (Refused: STATEMENT_MALFORMED)."""
    return parse_strict(Agreement, payload, limits.AGREEMENT_MAX_BYTES, Reason.STATEMENT_MALFORMED)


def parse_delegation(payload: bytes) -> Delegation:
    """Return a delegation from its verified payload (Refused: STATEMENT_MALFORMED)."""
    return parse_strict(
        Delegation, payload, limits.DELEGATION_MAX_BYTES, Reason.STATEMENT_MALFORMED
    )


def parse_bundle(payload: bytes) -> KeyBundle:
    """Return a key bundle from its verified payload (Refused: STATEMENT_MALFORMED)."""
    bundle = parse_strict(KeyBundle, payload, limits.BUNDLE_MAX_BYTES, Reason.STATEMENT_MALFORMED)
    _check(len(bundle.keys) <= limits.MAX_BUNDLE_KEYS, "too many keys")
    return bundle


def parse_possession(payload: bytes) -> Possession:
    """Return what an administration asks to be listed as (Refused: STATEMENT_MALFORMED)."""
    return parse_strict(
        Possession, payload, limits.POSSESSION_MAX_BYTES, Reason.STATEMENT_MALFORMED
    )


def _check(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as the sentence it checks
    if not holds:
        raise Refused(Reason.STATEMENT_MALFORMED, what)
