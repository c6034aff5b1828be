"""What a node believes, as the rest of Corridor asks for it.

Rules:

* a view never changes; a statement makes another view, or is refused and changes nothing;
* lookups on the path of an envelope (`signer`, `authorises`) take well under 2 µs;
* a view whose directory or root has expired still answers about the past, and seals nothing.

    >>> view = build_view(genesis_hash, statements, now_ms)         # doctest: +SKIP
    >>> view = view.with_statement(signed_bytes, now_ms)            # doctest: +SKIP
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from corridor.errors import Reason, Refused
from corridor.transit.parties import Endpoint
from corridor.trust.agreement import AGREED_TYPES
from corridor.trust.bundle import Bundle
from corridor.trust.delegation import Delegation
from corridor.trust.directory import Directory, Member, MemberStatus
from corridor.trust.index import Index, SealingKey, make_index
from corridor.trust.root import Root
from corridor.trust.state import Adopted, State, adopt, first_state
from corridor.trust.statements import Signed
from corridor.wire import limits

LAB_ENVIRONMENT: Final = "lab"
_NO_HASH: Final = bytes(limits.HASH_BYTES)


@dataclass(frozen=True, slots=True, repr=False)
class TrustView:
    """Everything a node believes at one moment."""

    state: State
    index: Index

    # --- the network --------------------------------------------------------------------------

    @property
    def network_id(self) -> bytes:
        """First 16 bytes of the hash of the first root."""
        return self.state.network_id

    @property
    def root(self) -> Root:
        """The newest root."""
        return self.state.root

    @property
    def directory(self) -> Directory | None:
        """The newest directory, if there is one."""
        return None if self.state.directory is None else self.state.directory.value

    @property
    def dir_version(self) -> int:
        """Version of the directory; 0 without one."""
        return 0 if self.state.directory is None else self.state.directory.value.version

    @property
    def dir_hash(self) -> bytes:
        """SHA-256 of the directory's payload; zeros without one."""
        held = self.state.directory
        return _NO_HASH if held is None else held.signed.payload_hash

    @property
    def min_suite(self) -> int:
        """Lowest suite that is accepted."""
        return 1 if self.state.directory is None else self.state.directory.value.min_suite

    @property
    def is_lab(self) -> bool:
        """Whether the network is a laboratory whose keys nobody guards."""
        return self.state.root.lab

    @property
    def expires_ms(self) -> int:
        """When the view stops being current: the earlier end of root and directory."""
        return self.index.expires_ms

    def is_current(self, now_ms: int) -> bool:
        """Whether root and directory are in force.

        Where they are not, nothing is sealed, and what arrives is kept and judged later.
        """
        return now_ms < self.index.expires_ms

    def require_environment(self, environment: str) -> None:
        """Refuse a laboratory's root in a node that is not part of one.

        Raises:
            Refused: LAB_ROOT.
        """
        if self.is_lab and environment != LAB_ENVIRONMENT:
            detail = f'the root is a laboratory\'s, the configuration says "{environment}"'
            raise Refused(Reason.LAB_ROOT, detail)

    # --- members ------------------------------------------------------------------------------

    def members(self) -> tuple[Member, ...]:
        """Return every member, in the directory's order."""
        return tuple(self.index.members.values())

    def member(self, endpoint: Endpoint) -> Member | None:
        """Return the member whose endpoint it is."""
        return self.index.members.get(endpoint)

    def delegation(self, member_id: str) -> Delegation | None:
        """Return the newest delegation of a member."""
        held = self.state.delegations.get(member_id)
        return None if held is None else held.value

    def bundle(self, endpoint: Endpoint) -> Bundle | None:
        """Return the newest key bundle of an endpoint."""
        held = self.state.bundles.get(endpoint)
        return None if held is None else held.value

    def bundle_hash(self, endpoint: Endpoint) -> bytes:
        """Return the SHA-256 of the newest bundle's payload; zeros without one."""
        held = self.state.bundles.get(endpoint)
        return _NO_HASH if held is None else held.signed.payload_hash

    def signed_directory(self) -> bytes | None:
        """Return the directory as it was signed, for the maker of the next one."""
        return _bytes(self.state.directory)

    def signed_delegation(self, member_id: str) -> bytes | None:
        """Return a member's newest delegation as it was signed."""
        return _bytes(self.state.delegations.get(member_id))

    def signed_bundle(self, endpoint: Endpoint) -> bytes | None:
        """Return an endpoint's newest bundle as it was signed."""
        return _bytes(self.state.bundles.get(endpoint))

    # --- the path of an envelope --------------------------------------------------------------

    def signer(self, endpoint: Endpoint, key_id: bytes, created_ms: int) -> bytes:
        """Return the public key that signs envelopes of `endpoint` under `key_id` (R5).

        A revoked key is refused whatever `created_ms` says, for a thief can date back. What it
        signed before and we had received is recognised as a copy before this is asked.

        Raises:
            Refused: UNKNOWN_SENDER, SENDER_SUSPENDED, UNKNOWN_SIGNER, SIGNER_REVOKED or
                SIGNER_EXPIRED.
        """
        window = self.index.signers.get((endpoint, key_id))
        if window is not None and window.from_ms <= created_ms < window.until_ms:
            return window.public
        raise Refused(self._why_no_signer(endpoint, key_id))

    def check_gossip(self, dir_version: int, dir_hash: bytes) -> None:
        """Compare the directory that a sender acted under with ours (R8).

        Raises:
            Refused: DIRECTORY_UNKNOWN where theirs is newer; EQUIVOCATION where the registry
                told them something else under the same version.
        """
        if dir_version > self.dir_version:
            raise Refused(Reason.DIRECTORY_UNKNOWN, f"version {dir_version}")
        if dir_version == self.dir_version and dir_hash != self.dir_hash:
            raise Refused(Reason.EQUIVOCATION, f"two directories of version {dir_version}")

    def sealing_key(self, endpoint: Endpoint, now_ms: int) -> SealingKey:
        """Return the key to seal to: highest suite, newest window, never an expired one.

        Raises:
            Refused: STATEMENT_EXPIRED, UNKNOWN_RECIPIENT or NO_ENCRYPTION_KEY. The record waits
                in the outbox.
        """
        if now_ms >= self.index.expires_ms:
            raise Refused(Reason.STATEMENT_EXPIRED, "the directory or its root has expired")
        for from_ms, until_ms, key in self.index.sealing.get(endpoint, ()):
            if from_ms <= now_ms < until_ms:
                return key
        member = self.index.members.get(endpoint)
        if member is None or member.status is not MemberStatus.ACTIVE:
            raise Refused(Reason.UNKNOWN_RECIPIENT)
        raise Refused(Reason.NO_ENCRYPTION_KEY)

    def accepts(self, endpoint: Endpoint, enc_key_id: bytes, now_ms: int) -> bool:
        """Whether `endpoint` opens with that encryption key now (R10)."""
        return now_ms < self.index.accepting.get((endpoint, enc_key_id), 0)

    def authorises(
        self, sender: Endpoint, recipient: Endpoint, record_type: int, created_ms: int
    ) -> bool:
        """Whether an agreement in force at `created_ms` lets the record type pass (R18).

        Control records pass under any agreement between the two, as in `control_allowed`.
        """
        if record_type not in AGREED_TYPES:
            return self.control_allowed(sender, recipient, created_ms)
        for from_ms, until_ms, types in self.index.terms.get((sender, recipient), ()):
            if from_ms <= created_ms < until_ms and types >> record_type & 1:
                return True
        return False

    def control_allowed(self, a: Endpoint, b: Endpoint, now_ms: int) -> bool:
        """Whether control records pass between two endpoints: any agreement, and 30 days more."""
        for from_ms, until_ms in self.index.control.get((a, b), ()):
            if from_ms <= now_ms < until_ms:
                return True
        return False

    def partners(self, me: Endpoint, now_ms: int) -> tuple[Endpoint, ...]:
        """Return the active endpoints that exchange anything with `me`, in order."""
        return tuple(
            other
            for other in self.index.partners.get(me, ())
            if self.index.members[other].status is MemberStatus.ACTIVE
            and self.control_allowed(me, other, now_ms)
        )

    def _why_no_signer(self, endpoint: Endpoint, key_id: bytes) -> Reason:
        member = self.index.members.get(endpoint)
        if member is None:
            return Reason.UNKNOWN_SENDER
        if member.status is not MemberStatus.ACTIVE:
            return Reason.SENDER_SUSPENDED
        if (endpoint, key_id) in self.index.revoked:
            return Reason.SIGNER_REVOKED
        known = (endpoint, key_id) in self.index.signers
        return Reason.SIGNER_EXPIRED if known else Reason.UNKNOWN_SIGNER

    # --- change -------------------------------------------------------------------------------

    def with_statement(self, signed: bytes, now_ms: int) -> Self:
        """Return the view with one more signed statement; itself where it is held already.

        Raises:
            Refused: ROLLBACK, EQUIVOCATION, STATEMENT_CHAIN, QUORUM, STATEMENT_SIGNATURE,
                STATEMENT_MALFORMED, STATEMENT_EXPIRED, KEY_ADMISSION, NETWORK or
                CREATED_IN_FUTURE. This view is as it was.
        """
        state = adopt(self.state, Signed.parse(signed), now_ms)
        return self if state is self.state else type(self)(state, make_index(state))

    def statements(self) -> tuple[bytes, ...]:
        """Return the statements from which `build_view` makes this view again, in order."""
        return tuple(signed.to_bytes() for signed in self.state.in_order())


def _bytes(held: Adopted[Directory] | Adopted[Delegation] | Adopted[Bundle] | None) -> bytes | None:
    return None if held is None else held.signed.to_bytes()


def build_view(genesis_hash: bytes, statements: Iterable[bytes], now_ms: int) -> TrustView:
    """Return the view that `statements` make, from the first root on, in their order.

    Statements that were adopted once may have expired since: see `TrustView.is_current`.

    Args:
        genesis_hash: SHA-256 of the first root's payload, compared by hand.
        statements: The first root, then the others, each after what it stands on.
        now_ms: Now.

    Raises:
        Refused: As `TrustView.with_statement`; STATEMENT_CHAIN where the first root is another
            or missing.
    """
    rest = iter(statements)
    first = next(rest, None)
    if first is None:
        raise Refused(Reason.STATEMENT_CHAIN, "no first root")
    state = first_state(genesis_hash, Signed.parse(first), now_ms)
    for raw in rest:
        state = adopt(state, Signed.parse(raw), now_ms, kept=True)
    return TrustView(state, make_index(state))
