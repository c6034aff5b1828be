"""Makers of signed statements, given the keys: for the lab, `init` and `keys rotate`.

Rules:

* pure: keys, times and what came before are arguments; the same arguments make the same bytes
  (Ed25519 draws no randomness);
* a maker fills in what follows from what came before (number, `prev_hash`, what must stay
  listed); a reader checks it all again, and these makers are not trusted by any reader;
* keys of several holders need not be in one place: make with the keys at hand, then let each
  other holder `add_signature`.

Recovery, veto, freshness and suspension belong to later ceremonies; their payload types are
reserved in `statements`, and nothing here makes them. Possession proofs are in `possession`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from corridor.seal.keys import DecryptionKey, SigningKey
from corridor.seal.pae import PayloadType
from corridor.transit.parties import Endpoint
from corridor.trust.agreement import Agreement, IdentityKeys, encode_agreement, verify_agreement
from corridor.trust.bundle import Bundle, EncryptionKey, RotationPlan, encode_bundle, read_bundle
from corridor.trust.delegation import (
    DelegatedKey,
    Delegation,
    KeyUsage,
    Revocation,
    encode_delegation,
    read_delegation,
)
from corridor.trust.directory import (
    BrokerAddress,
    Directory,
    Member,
    MemberStatus,
    encode_directory,
    read_directory,
)
from corridor.trust.keys import Algorithm, TrustedKey
from corridor.trust.root import Body, BodyClass, Clause, Root, encode_root, read_root
from corridor.trust.statements import SignatureEntry, Signed, sign
from corridor.wire import limits


def public_key(key: SigningKey) -> TrustedKey:
    """Return the public half of a signing key as statements hold it."""
    return TrustedKey(Algorithm.ED25519, key.public, key.key_id)


def body(
    body_id: str, body_class: BodyClass, keys: Sequence[SigningKey], threshold: int = 1
) -> Body:
    """Return a registry body with the public halves of `keys`."""
    return Body(body_id, body_class, tuple(public_key(key) for key in keys), threshold)


def member(
    endpoint: Endpoint,
    administration: str,
    identity_keys: Sequence[SigningKey],
    threshold: int,
    broker: BrokerAddress,
) -> Member:
    """Return an active member with the public halves of its identity keys."""
    keys = tuple(public_key(key) for key in identity_keys)
    identity = IdentityKeys(endpoint.member, keys, threshold)
    return Member(endpoint.member, administration, MemberStatus.ACTIVE, identity, endpoint, broker)


def genesis_hash(signed: bytes) -> bytes:
    """Return the hash of a first root, for configurations; its first 16 bytes are the network."""
    return Signed.parse(signed).payload_hash


def add_signature(signed: bytes, key: SigningKey) -> bytes:
    """Return a statement with one more signature."""
    statement = Signed.parse(signed)
    entry = SignatureEntry(key.key_id, key.sign(statement.payload_type, statement.payload))
    return replace(statement, signatures=(*statement.signatures, entry)).to_bytes()


def make_root(root: Root, keys: Iterable[SigningKey]) -> bytes:
    """Return a signed root."""
    return sign(PayloadType.DIRECTORY_ROOT, encode_root(root), keys).to_bytes()


def first_root(  # noqa: PLR0913 - a root says this much
    *,
    network_name: str,
    lab: bool,
    bodies: Sequence[Body],
    root_change: Sequence[Clause],
    directory: Sequence[Clause],
    issued_ms: int,
) -> Root:
    """Return the first root of a network, good for two years."""
    return Root(
        network_name=network_name,
        lab=lab,
        version=1,
        prev_hash=b"",
        issued_ms=issued_ms,
        expires_ms=issued_ms + limits.ROOT_LIFETIME_MS,
        bodies=tuple(bodies),
        root_change=tuple(root_change),
        directory=tuple(directory),
    )


def next_root(held: bytes, issued_ms: int, bodies: Sequence[Body] | None = None) -> Root:
    """Return the root that follows `held`, with other bodies if given; old and new ones sign."""
    signed = Signed.parse(held)
    root = read_root(signed.payload)
    return replace(
        root,
        version=root.version + 1,
        prev_hash=signed.payload_hash,
        issued_ms=issued_ms,
        expires_ms=issued_ms + limits.ROOT_LIFETIME_MS,
        bodies=root.bodies if bodies is None else tuple(bodies),
    )


def make_agreement(agreement: Agreement, keys: Iterable[SigningKey]) -> bytes:
    """Return an agreement signed with identity keys of both its members."""
    return sign(PayloadType.AGREEMENT, encode_agreement(agreement), keys).to_bytes()


def make_directory(directory: Directory, keys: Iterable[SigningKey]) -> bytes:
    """Return a signed directory."""
    return sign(PayloadType.DIRECTORY, encode_directory(directory), keys).to_bytes()


def first_directory(
    network_id: bytes,
    members: Sequence[Member],
    agreements: Iterable[bytes],
    issued_ms: int,
    min_suite: int = 1,
) -> Directory:
    """Return the first directory of a network, good for 45 days.

    Raises:
        Refused: An agreement is not signed by both its members.
    """
    identities = {entry.member_id: entry.identity for entry in members}
    return Directory(
        network_id=network_id,
        version=1,
        prev_hash=b"",
        root_version=1,
        issued_ms=issued_ms,
        expires_ms=issued_ms + limits.DIRECTORY_LIFETIME_MS,
        min_suite=min_suite,
        members=tuple(members),
        agreements=tuple(
            verify_agreement(Signed.parse(raw), network_id, identities) for raw in agreements
        ),
        revoked=frozenset(),
        ended_ms={},
    )


def next_directory(  # noqa: PLR0913 - what may change from one directory to the next
    held: bytes,
    network_id: bytes,
    issued_ms: int,
    *,
    members: Sequence[Member] | None = None,
    agreements: Iterable[bytes] = (),
    revoked: Iterable[bytes] = (),
    ended_ms: Mapping[str, int] | None = None,
    root_version: int | None = None,
) -> Directory:
    """Return the directory that follows `held`.

    Args:
        held: The signed directory before it; its quorum is not verified here.
        network_id: Ours.
        issued_ms: Now.
        members: All members, where they change.
        agreements: Signed agreements to add.
        revoked: Ids of keys to revoke.
        ended_ms: Agreements that end early, by id.
        root_version: The newest root, where it changed.
    """
    signed = Signed.parse(held)
    old = read_directory(signed.payload, network_id, {})
    listed = old.members if members is None else tuple(members)
    identities = {entry.member_id: entry.identity for entry in listed}
    added = tuple(verify_agreement(Signed.parse(raw), network_id, identities) for raw in agreements)
    stay = tuple(entry for entry in old.agreements if old.must_list(entry, issued_ms))
    ended = {**old.ended_ms, **(ended_ms or {})}
    names = {entry.agreement.agreement_id for entry in (*stay, *added)}
    return replace(
        old,
        version=old.version + 1,
        prev_hash=signed.payload_hash,
        root_version=root_version or old.root_version,
        issued_ms=issued_ms,
        expires_ms=issued_ms + limits.DIRECTORY_LIFETIME_MS,
        members=listed,
        agreements=(*stay, *added),
        revoked=old.revoked | frozenset(revoked),
        ended_ms={name: at for name, at in ended.items() if name in names},
    )


def lend(key: SigningKey, usage: KeyUsage, endpoint: Endpoint, not_before_ms: int) -> DelegatedKey:
    """Return a key as a delegation lends it, for 90 days."""
    end_ms = not_before_ms + limits.DELEGATED_KEY_LIFETIME_MS
    return DelegatedKey(public_key(key), usage, endpoint, not_before_ms, end_ms)


def make_delegation(  # noqa: PLR0913 - what a delegation says, and who says it
    network_id: bytes,
    member_id: str,
    keys: Sequence[DelegatedKey],
    identity_keys: Iterable[SigningKey],
    *,
    issued_ms: int,
    previous: bytes | None = None,
    revoke: Sequence[Revocation] = (),
) -> bytes:
    """Return a signed delegation that adds `keys` to those that must stay listed.

    Args:
        network_id: Ours.
        member_id: Whose.
        keys: New keys.
        identity_keys: Enough of the member's identity keys.
        issued_ms: Now.
        previous: The signed delegation before it; not verified here.
        revoke: New revocations.
    """
    new = Delegation(network_id, member_id, 1, b"", issued_ms, tuple(keys), tuple(revoke))
    if previous is not None:
        signed = Signed.parse(previous)
        old = read_delegation(signed.payload, network_id, ())
        stay = tuple(
            entry
            for entry in old.keys
            if entry.not_after_ms + limits.DELEGATED_KEY_KEPT_MS > issued_ms
        )
        new = replace(
            new,
            serial=old.serial + 1,
            prev_hash=signed.payload_hash,
            keys=(*stay, *keys),
            revoked=(*old.revoked, *revoke),
        )
    return sign(PayloadType.DELEGATION, encode_delegation(new), identity_keys).to_bytes()


def make_bundle(  # noqa: PLR0913 - what a bundle says, and who says it
    network_id: bytes,
    endpoint: Endpoint,
    plan: RotationPlan,
    keys: Sequence[DecryptionKey],
    signers: Iterable[SigningKey],
    *,
    issued_ms: int,
    previous: bytes | None = None,
) -> bytes:
    """Return a signed bundle with the keys that `plan` keeps and one new key per suite.

    Args:
        network_id: Ours.
        endpoint: Whose.
        plan: From `bundle.plan_rotation` for the bundle before it.
        keys: The new keys, one for each of the plan's suites.
        signers: A KEY_MANAGER key and a SIGN key of the endpoint.
        issued_ms: Now.
        previous: The signed bundle before it; not verified here.
    """
    new = Bundle(network_id, endpoint, 1, b"", issued_ms, _planned(plan, keys))
    if previous is not None:
        signed = Signed.parse(previous)
        old = read_bundle(signed.payload, network_id)
        new = replace(new, serial=old.serial + 1, prev_hash=signed.payload_hash)
    return sign(PayloadType.KEY_BUNDLE, encode_bundle(new), signers).to_bytes()


def _planned(plan: RotationPlan, keys: Sequence[DecryptionKey]) -> tuple[EncryptionKey, ...]:
    by_suite = {key.suite: key for key in keys}
    times = (plan.encrypt_from_ms, plan.encrypt_until_ms, plan.accept_until_ms)
    added = (
        EncryptionKey(_encryption_public(by_suite[suite]), suite, *times) for suite in plan.suites
    )
    return (*plan.keep, *added)


def _encryption_public(key: DecryptionKey) -> TrustedKey:
    return TrustedKey(Algorithm(key.algorithm), key.public, key.key_id)
