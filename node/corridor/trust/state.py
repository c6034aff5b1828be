"""What a node believes, and how a signed statement changes it (PROTOCOL §5.2 to §5.7).

Rules:

* a state is never changed: a statement makes a new one, or is refused and changes nothing;
* size, shape, signature, meaning, chain: in that order, and nothing is parsed before its
  signatures were verified (which keys may sign is known without reading it);
* a statement that is held already changes nothing and is not refused: brokers deliver twice.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

from corridor.errors import Reason, Refused
from corridor.seal.pae import PayloadType
from corridor.transit.parties import Endpoint
from corridor.trust import bundle as bundles
from corridor.trust import checks, delegation, directory
from corridor.trust.bundle import Bundle
from corridor.trust.chain import Link, require_next
from corridor.trust.checks import require
from corridor.trust.delegation import DelegatedKey, Delegation, KeyUsage
from corridor.trust.directory import Directory, Member
from corridor.trust.keys import TrustedKey, refuse_repeated
from corridor.trust.root import Root, read_root, require_quorum
from corridor.trust.statements import Signed

T = TypeVar("T")

NETWORK_ID_BYTES: Final = 16
VOUCHERS: Final = frozenset({KeyUsage.SIGN, KeyUsage.KEY_MANAGER})
"""The two uses of which one key each must sign a bundle."""


@dataclass(frozen=True, slots=True)
class Adopted(Generic[T]):
    """A statement we believe, with its bytes and who signed it."""

    value: T
    signed: Signed
    signers: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class State:
    """Everything believed, as statements."""

    network_id: bytes
    roots: tuple[Adopted[Root], ...]
    """Every root from the first on."""
    directory: Adopted[Directory] | None = None
    delegations: Mapping[str, Adopted[Delegation]] = field(default_factory=dict)
    """The newest by member id."""
    bundles: Mapping[Endpoint, Adopted[Bundle]] = field(default_factory=dict)
    """The newest by endpoint."""

    @property
    def root(self) -> Root:
        """The newest root."""
        return self.roots[-1].value

    def in_order(self) -> tuple[Signed, ...]:
        """Return the statements in an order in which each can be verified again."""
        # A directory is verified under the root it names; later roots leave it in force.
        held = 0 if self.directory is None else self.directory.value.root_version
        middle = () if self.directory is None else (self.directory.signed,)
        return (
            *(entry.signed for entry in self.roots[:held]),
            *middle,
            *(entry.signed for entry in self.roots[held:]),
            *(entry.signed for entry in self.delegations.values()),
            *(entry.signed for entry in self.bundles.values()),
        )


def first_state(genesis_hash: bytes, signed: Signed, now_ms: int) -> State:
    """Return the state that holds only the first root, whose hash was compared by hand.

    Raises:
        Refused: STATEMENT_CHAIN where it is another root; else as `adopt`.
    """
    pinned = signed.payload_type is PayloadType.DIRECTORY_ROOT and hmac.compare_digest(
        signed.payload_hash, genesis_hash
    )
    require(pinned, Reason.STATEMENT_CHAIN, "not the first root that the configuration names")
    root = read_root(signed.payload)
    require(root.version == 1, Reason.STATEMENT_CHAIN, "the first root has version 1")
    checks.issued(root.issued_ms, now_ms)
    signers = signed.signers(root.keys())
    require_quorum(root.root_change, root.bodies, signers)
    return State(genesis_hash[:NETWORK_ID_BYTES], (Adopted(root, signed, signers),))


def adopt(state: State, signed: Signed, now_ms: int, *, kept: bool = False) -> State:
    """Return the state with one more statement; `state` itself where it is held already.

    Args:
        state: What we believe.
        signed: A root, directory, delegation or bundle.
        now_ms: Now.
        kept: The statement was adopted before and is read again: it may have expired since, or
            keys that signed it may have been revoked. It is held then, so that nothing older is
            taken in its place, and `index` leaves it out.

    Raises:
        Refused: ROLLBACK, EQUIVOCATION, STATEMENT_CHAIN, QUORUM, STATEMENT_SIGNATURE,
            STATEMENT_MALFORMED, STATEMENT_EXPIRED, KEY_ADMISSION, NETWORK, CREATED_IN_FUTURE.
    """
    if any(signed.payload_hash == held.payload_hash for held in state.in_order()):
        return state
    match signed.payload_type:
        case PayloadType.DIRECTORY_ROOT:
            return _adopt_root(state, signed, now_ms)
        case PayloadType.DIRECTORY:
            return _adopt_directory(state, signed, now_ms, kept=kept)
        case PayloadType.DELEGATION:
            return _adopt_delegation(state, signed, now_ms, kept=kept)
        case PayloadType.KEY_BUNDLE:
            return _adopt_bundle(state, signed, now_ms, kept=kept)
        case _:
            raise Refused(Reason.STATEMENT_MALFORMED, "an agreement counts inside a directory")


def adopt_draft(state: State, signed: Signed, now_ms: int) -> State:
    """Return the state that a root or directory would make, were enough bodies to sign it.

    For the bodies of the registry: whoever signs sees first that the others could believe it.

    Raises:
        Refused: As `adopt`, but for QUORUM; STATEMENT_MALFORMED for another kind of statement.
    """
    match signed.payload_type:
        case PayloadType.DIRECTORY_ROOT:
            root = read_root(signed.payload)
            return _place_root(state, root, signed, frozenset(), now_ms)
        case PayloadType.DIRECTORY:
            return _place_directory(state, signed, frozenset(), now_ms, kept=False)
        case _:
            raise Refused(Reason.STATEMENT_MALFORMED, "the registry signs roots and directories")


def delegation_stands(member: Member, signers: frozenset[bytes], revoked: frozenset[bytes]) -> bool:
    """Whether enough identity keys that are still trusted signed."""
    return member.identity.approved(signers - revoked)


def revoked_keys(state: State, held: Delegation | None = None) -> frozenset[bytes]:
    """Return the ids of the keys that the registry revoked, and those that `held` revokes."""
    by_registry = frozenset() if state.directory is None else state.directory.value.revoked
    return by_registry if held is None else by_registry | held.revoked_ids()


def vouchers(state: State, *, revoked: bool = False) -> dict[bytes, DelegatedKey]:
    """Return the delegated keys that may sign bundles by id, with the revoked ones if asked."""
    return {
        entry.key.key_id: entry
        for held in state.delegations.values()
        for entry in held.value.keys
        if entry.usage in VOUCHERS
        and (revoked or entry.key.key_id not in revoked_keys(state, held.value))
    }


def bundle_stands(
    bundle: Bundle, signers: frozenset[bytes], trusted: Mapping[bytes, DelegatedKey]
) -> bool:
    """Whether a KEY_MANAGER and a SIGN key of the endpoint, good at its issue, signed it."""
    found = {
        trusted[key_id].usage
        for key_id in signers & trusted.keys()
        if trusted[key_id].endpoint == bundle.endpoint
        and trusted[key_id].not_before_ms <= bundle.issued_ms < trusted[key_id].not_after_ms
    }
    return found == VOUCHERS


def _adopt_root(state: State, signed: Signed, now_ms: int) -> State:
    held = state.roots[-1]
    # (1) the quorum of the root we hold, before anything of the new one is read
    signers = signed.signers(held.value.keys())
    require_quorum(held.value.root_change, held.value.bodies, signers)
    # (2) its own quorum, so that nobody is named who does not hold the keys
    root = read_root(signed.payload)
    own = signed.signers(root.keys())
    require_quorum(root.root_change, root.bodies, own)
    return _place_root(state, root, signed, own, now_ms)


def _place_root(
    state: State, root: Root, signed: Signed, own: frozenset[bytes], now_ms: int
) -> State:
    # (3) its place
    held = state.roots[-1]
    require_next(_link(held), root.link(signed.payload_hash), may_jump=False)
    checks.issued(root.issued_ms, now_ms)
    require(root.lab == held.value.lab, Reason.STATEMENT_CHAIN, "a laboratory stays a laboratory")
    others = (*_identity_keys(state), *_delegated_ids(state, except_member=""))
    refuse_repeated(root.keys().values(), others)
    return replace(state, roots=(*state.roots, Adopted(root, signed, own)))


def _adopt_directory(state: State, signed: Signed, now_ms: int, *, kept: bool) -> State:
    signers = signed.signers(state.root.keys())
    require_quorum(state.root.directory, state.root.bodies, signers)
    return _place_directory(state, signed, signers, now_ms, kept=kept)


def _place_directory(
    state: State, signed: Signed, signers: frozenset[bytes], now_ms: int, *, kept: bool
) -> State:
    held, root = state.directory, state.root
    verified = {} if held is None else {e.signed: e for e in held.value.agreements}
    new = directory.read_directory(signed.payload, state.network_id, verified)
    if held is not None:
        require_next(_link(held), new.link(signed.payload_hash), may_jump=True)
        directory.check_successor(held.value, new)
    require(
        new.root_version == root.version,
        Reason.STATEMENT_CHAIN,
        f"stands under root {new.root_version}, the newest is {root.version}",
    )
    checks.issued(new.issued_ms, now_ms)
    fresh = kept or now_ms < min(new.expires_ms, root.expires_ms)
    require(fresh, Reason.STATEMENT_EXPIRED, "the directory or its root has expired")
    identities = (key for member in new.members for key in member.identity.keys)
    refuse_repeated(identities, (*root.keys(), *_delegated_ids(state, except_member="")))
    return replace(state, directory=Adopted(new, signed, signers))


def _adopt_delegation(state: State, signed: Signed, now_ms: int, *, kept: bool) -> State:
    identity = _identity_keys(state)
    signers = signed.signers(identity)
    taken = {*state.root.keys(), *identity}
    new = delegation.read_delegation(signed.payload, state.network_id, taken)
    member = _members(state).get(new.member_id)
    distrusted = frozenset() if kept else revoked_keys(state)
    approved = member is not None and delegation_stands(member, signers, distrusted)
    require(approved, Reason.QUORUM, f"{new.member_id} did not sign its delegation")
    held = state.delegations.get(new.member_id)
    if held is not None:
        require_next(_link(held), new.link(signed.payload_hash), may_jump=True)
        delegation.check_successor(held.value, new)
    checks.issued(new.issued_ms, now_ms)
    others = _delegated_ids(state, except_member=new.member_id)
    refuse_repeated((entry.key for entry in new.keys), others)
    changed = {**state.delegations, new.member_id: Adopted(new, signed, signers)}
    return _without_orphans(replace(state, delegations=changed))


def _adopt_bundle(state: State, signed: Signed, now_ms: int, *, kept: bool) -> State:
    trusted = vouchers(state, revoked=kept)
    signers = signed.signers({key_id: entry.key for key_id, entry in trusted.items()})
    new = bundles.read_bundle(signed.payload, state.network_id)
    vouched = bundle_stands(new, signers, trusted)
    require(vouched, Reason.QUORUM, f"key manager and signer of {new.endpoint} did not both sign")
    foreign = (
        entry.key.key_id
        for endpoint, held in state.bundles.items()
        if endpoint != new.endpoint
        for entry in held.value.keys
    )
    refuse_repeated((entry.key for entry in new.keys), foreign)
    held = state.bundles.get(new.endpoint)
    if held is not None:
        require_next(_link(held), new.link(signed.payload_hash), may_jump=True)
    checks.issued(new.issued_ms, now_ms)
    return replace(state, bundles={**state.bundles, new.endpoint: Adopted(new, signed, signers)})


def _without_orphans(state: State) -> State:
    # A delegated key is listed for longer than any key it vouched for lives: a bundle whose
    # signers are gone is dead, and could not be verified again at the next start.
    listed = _delegated_ids(state, except_member="")
    alive = {e: held for e, held in state.bundles.items() if held.signers <= listed}
    return replace(state, bundles=alive)


def _link(held: Adopted[Root] | Adopted[Directory] | Adopted[Delegation] | Adopted[Bundle]) -> Link:
    return held.value.link(held.signed.payload_hash)


def _members(state: State) -> dict[str, Member]:
    if state.directory is None:
        return {}
    return {member.member_id: member for member in state.directory.value.members}


def _identity_keys(state: State) -> dict[bytes, TrustedKey]:
    return {key.key_id: key for member in _members(state).values() for key in member.identity.keys}


def _delegated_ids(state: State, *, except_member: str) -> set[bytes]:
    return {
        entry.key.key_id
        for member, held in state.delegations.items()
        if member != except_member
        for entry in held.value.keys
    }
