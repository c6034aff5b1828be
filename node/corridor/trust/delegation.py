"""Delegations: the keys that an administration lends to its node (PROTOCOL §5.6).

Rules:

* signed by the identity threshold of the member; a key lives at most 90 days and has one use;
* the newest delegation is complete: a key stays listed, unchanged, until 150 days after its end,
  because an encryption key that it vouched for may live as long and messages come late;
* a revocation is never planned and never taken back; a revoked key is listed for evidence only.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum

from corridor.errors import Reason
from corridor.transit.parties import Endpoint
from corridor.trust import checks
from corridor.trust.chain import Link, check_link
from corridor.trust.checks import require, well_formed
from corridor.trust.keys import (
    KEY_ID_BYTES,
    Algorithm,
    TrustedKey,
    read_key,
    refuse_repeated,
)
from corridor.wire import limits
from corridor.wire.statements import encode_statement, parse_delegation
from corridor.wire.v1 import trust_pb2 as pb


class KeyUsage(IntEnum):
    """What a delegated key may sign."""

    SIGN = 1
    KEY_MANAGER = 2
    LOG = 3


@dataclass(frozen=True, slots=True)
class DelegatedKey:
    """A key lent to a node."""

    key: TrustedKey
    usage: KeyUsage
    endpoint: Endpoint
    not_before_ms: int
    not_after_ms: int
    """The first moment at which it counts no more."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """A key that counts no more."""

    key_id: bytes
    effective_ms: int


@dataclass(frozen=True, slots=True)
class Delegation:
    """A delegation, read and sane."""

    network_id: bytes
    member_id: str
    serial: int
    prev_hash: bytes
    issued_ms: int
    keys: tuple[DelegatedKey, ...]
    revoked: tuple[Revocation, ...]

    def link(self, payload_hash: bytes) -> Link:
        """Return its place in the member's chain of delegations."""
        return Link(self.serial, self.prev_hash, payload_hash, self.issued_ms)

    def revoked_ids(self) -> frozenset[bytes]:
        """Return the ids of the revoked keys."""
        return frozenset(entry.key_id for entry in self.revoked)


def encode_delegation(delegation: Delegation) -> bytes:
    """Return the payload that `read_delegation` reads."""
    message = pb.Delegation(
        network_id=delegation.network_id,
        member_id=delegation.member_id,
        serial=delegation.serial,
        prev_hash=delegation.prev_hash,
        issued_ms=delegation.issued_ms,
        keys=[
            pb.DelegatedKey(
                key=entry.key.to_message(),
                usage=pb.KeyUsage.ValueType(entry.usage),
                endpoint=entry.endpoint,
                not_before_ms=entry.not_before_ms,
                not_after_ms=entry.not_after_ms,
            )
            for entry in delegation.keys
        ],
        revoked=[
            pb.RevokedKey(key_id=entry.key_id, effective_ms=entry.effective_ms)
            for entry in delegation.revoked
        ],
    )
    return encode_statement(message)


def read_delegation(payload: bytes, network_id: bytes, taken: Collection[bytes]) -> Delegation:
    """Return the delegation in `payload`.

    Args:
        payload: Bytes whose signatures were verified.
        network_id: Ours.
        taken: Ids of keys with another holder or another use.

    Raises:
        Refused: STATEMENT_MALFORMED, KEY_ADMISSION or NETWORK.
    """
    message = parse_delegation(payload)
    checks.network_id(message.network_id, network_id)
    well_formed(len(message.keys) <= limits.MAX_DELEGATED_KEYS, "too many delegated keys")
    member = checks.member_id(message.member_id)
    delegation = Delegation(
        network_id=network_id,
        member_id=member,
        serial=message.serial,
        prev_hash=message.prev_hash,
        issued_ms=message.issued_ms,
        keys=tuple(_delegated(entry, member) for entry in message.keys),
        revoked=_revocations(message.revoked, message.issued_ms),
    )
    check_link(delegation.link(b""))
    refuse_repeated((entry.key for entry in delegation.keys), taken)
    return delegation


def check_successor(held: Delegation, new: Delegation) -> None:
    """Refuse a delegation that takes back what the one held had said.

    Raises:
        Refused: STATEMENT_CHAIN.
    """
    listed = {entry.key.key_id: entry for entry in new.keys}
    for entry in held.keys:
        if entry.not_after_ms + limits.DELEGATED_KEY_KEPT_MS > new.issued_ms:
            require(
                listed.get(entry.key.key_id) == entry,
                Reason.STATEMENT_CHAIN,
                f"key {entry.key.key_id.hex()} is gone or changed; it can only be revoked",
            )
    require(
        set(held.revoked) <= set(new.revoked),
        Reason.STATEMENT_CHAIN,
        "a revocation is gone or changed",
    )


def _delegated(message: pb.DelegatedKey, member: str) -> DelegatedKey:
    endpoint = checks.endpoint(message.endpoint)
    well_formed(endpoint.member == member, f"{endpoint} is not an endpoint of {member}")
    usage = checks.one_of(KeyUsage, message.usage, "the use of a delegated key")
    longest = limits.DELEGATED_KEY_LIFETIME_MS
    checks.window(message.not_before_ms, message.not_after_ms, longest, "a delegated key")
    return DelegatedKey(
        read_key(message.key, Algorithm.ED25519),
        usage,
        endpoint,
        message.not_before_ms,
        message.not_after_ms,
    )


def _revocations(messages: Sequence[pb.RevokedKey], issued_ms: int) -> tuple[Revocation, ...]:
    well_formed(all(len(m.key_id) == KEY_ID_BYTES for m in messages), "a key id has 16 bytes")
    well_formed(len({m.key_id for m in messages}) == len(messages), "a key is revoked twice")
    past = all(m.effective_ms <= issued_ms for m in messages)
    well_formed(past, "a revocation is not planned ahead: a key has an end for that")
    return tuple(Revocation(m.key_id, m.effective_ms) for m in messages)
