"""What may follow the statements of one small network, and how a view refuses what may not.

Cases 40, 49 to 54 and 57 to 60 of the threat list, and TUF's: rollback, fast forward, too small a
quorum, keys of removed bodies, expiry.
"""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from builders_trust import (
    DAY_MS,
    GE,
    NOW_MS,
    World,
    make_world,
    signing_key,
)
from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.trust import ceremony
from corridor.trust.delegation import (
    DelegatedKey,
    Delegation,
    KeyUsage,
    Revocation,
    encode_delegation,
    read_delegation,
)
from corridor.trust.directory import (
    Directory,
    read_directory,
)
from corridor.trust.keys import Algorithm, TrustedKey
from corridor.trust.root import Root
from corridor.trust.statements import Signed, sign
from corridor.trust.view import TrustView

WORLD = make_world()
VIEW = WORLD.view()
NETWORK = WORLD.network_id
NODE = WORLD.nodes[GE]
LATER = NOW_MS + DAY_MS
UN, EU, CIS = WORLD.registry
ALL = WORLD.registry
STRANGER = signing_key("stranger")
BAD_KEY = TrustedKey(Algorithm.ED25519, bytes(32), bytes(16))
X25519_KEY = TrustedKey(Algorithm.X25519, bytes(range(32)), bytes(16))
MALFORMED, CHAIN = Reason.STATEMENT_MALFORMED, Reason.STATEMENT_CHAIN
ADMISSION, QUORUM = Reason.KEY_ADMISSION, Reason.QUORUM


def refusal(view: TrustView, raw: bytes, now_ms: int = LATER) -> Reason:
    before = view.statements()
    with pytest.raises(Refused) as caught:
        view.with_statement(raw, now_ms)
    assert view.statements() == before
    return caught.value.reason


def second_directory(world: World = WORLD, at_ms: int = LATER, **changes: object) -> Directory:
    made = ceremony.next_directory(world.directory, world.network_id, at_ms)
    return replace(made, **changes)  # type: ignore[arg-type]


def signed(directory: Directory, keys: Iterable[SigningKey] = ALL) -> bytes:
    return ceremony.make_directory(directory, keys)


def second_root(**changes: object) -> Root:
    return replace(ceremony.next_root(WORLD.root, LATER), **changes)  # type: ignore[arg-type]


def read_directory_of(world: World) -> Directory:
    return read_directory(Signed.parse(world.directory).payload, world.network_id, {})


def lent(name: str, usage: KeyUsage = KeyUsage.SIGN, at_ms: int = LATER) -> DelegatedKey:
    return ceremony.lend(signing_key(name), usage, GE, at_ms)


def next_delegation(
    *keys: DelegatedKey, revoke: tuple[Revocation, ...] = (), at_ms: int = LATER, **changes: object
) -> Delegation:
    held = read_delegation(Signed.parse(WORLD.delegations[GE]).payload, NETWORK, ())
    new = replace(
        held,
        serial=2,
        prev_hash=Signed.parse(WORLD.delegations[GE]).payload_hash,
        issued_ms=at_ms,
        keys=(*held.keys, *keys),
        revoked=revoke,
    )
    return replace(new, **changes)  # type: ignore[arg-type]


def signed_delegation(delegation: Delegation, keys: Iterable[SigningKey] = NODE.officers) -> bytes:
    return sign(PayloadType.DELEGATION, encode_delegation(delegation), keys).to_bytes()
