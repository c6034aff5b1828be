"""What a state means, worked out once so that the hot path only looks things up.

Rules:

* an index is made whole from a state and never changed;
* what no longer stands (a delegation or agreement whose signers were revoked, a bundle that
  nobody vouches for any more) is left out here, though the statement is still held.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from corridor.transit.parties import Endpoint
from corridor.trust.bundle import Bundle, EncryptionKey
from corridor.trust.delegation import KeyUsage
from corridor.trust.directory import Directory, Member, MemberStatus
from corridor.trust.state import (
    State,
    bundle_stands,
    delegation_stands,
    revoked_keys,
    vouchers,
)
from corridor.wire import limits


class SealingKey(NamedTuple):
    """What an envelope is sealed to."""

    suite: int
    key_id: bytes
    public: bytes


class SignerWindow(NamedTuple):
    """A key that signs envelopes, and when."""

    public: bytes
    from_ms: int
    until_ms: int


class SealingWindow(NamedTuple):
    """When partners seal to a key."""

    from_ms: int
    until_ms: int
    key: SealingKey


class Term(NamedTuple):
    """An agreement in force: from, to, and its record types as bits (1 << type)."""

    from_ms: int
    until_ms: int
    types: int


@dataclass(frozen=True, slots=True)
class Index:
    """The lookups of a view."""

    expires_ms: int
    """The earlier end of root and directory; 0 without a directory."""
    members: Mapping[Endpoint, Member]
    signers: Mapping[tuple[Endpoint, bytes], SignerWindow]
    """Keys of active members, revoked ones left out."""
    revoked: frozenset[tuple[Endpoint, bytes]]
    """Signing keys that were revoked."""
    sealing: Mapping[Endpoint, tuple[SealingWindow, ...]]
    """Keys of the highest suite, the newest first; of active members only."""
    accepting: Mapping[tuple[Endpoint, bytes], int]
    """Until when the owner of an encryption key opens with it."""
    terms: Mapping[tuple[Endpoint, Endpoint], tuple[Term, ...]]
    """Agreements by sender and recipient."""
    control: Mapping[tuple[Endpoint, Endpoint], tuple[tuple[int, int], ...]]
    """When control records pass between two endpoints, whichever way round they are named."""
    partners: Mapping[Endpoint, tuple[Endpoint, ...]]
    """Everybody an endpoint ever had an agreement with, in order of endpoint."""


def make_index(state: State) -> Index:
    """Work out what `state` means."""
    if state.directory is None:
        return Index(0, {}, {}, frozenset(), {}, {}, {}, {}, {})
    directory = state.directory.value
    members = {member.endpoint: member for member in directory.members}
    active = {e for e, member in members.items() if member.status is MemberStatus.ACTIVE}
    standing = _standing(state, directory)
    revoked = _revoked(standing)
    signers = {
        place: window
        for place, window in _signers(standing).items()
        if place[0] in active and place not in revoked
    }
    bundles = _bundles(standing)
    terms = _terms(directory)
    control = _control(terms)
    return Index(
        expires_ms=min(directory.expires_ms, state.root.expires_ms),
        members=members,
        signers=signers,
        revoked=revoked,
        sealing={b.endpoint: _windows(b, directory) for b in bundles if b.endpoint in active},
        accepting=_accepting(bundles, directory),
        terms=terms,
        control=control,
        partners={
            me: tuple(sorted(other for one, other in control if one == me)) for me in members
        },
    )


def _bundles(standing: State) -> list[Bundle]:
    trusted = vouchers(standing)
    return [
        held.value
        for held in standing.bundles.values()
        if bundle_stands(held.value, held.signers, trusted)
    ]


def _accepting(
    bundles: Iterable[Bundle], directory: Directory
) -> dict[tuple[Endpoint, bytes], int]:
    return {
        (bundle.endpoint, entry.key.key_id): entry.accept_until_ms
        for bundle in bundles
        for entry in bundle.keys
        if entry.key.key_id not in directory.revoked
    }


def _standing(state: State, directory: Directory) -> State:
    members = {member.member_id: member for member in directory.members}
    standing = {
        name: held
        for name, held in state.delegations.items()
        if delegation_stands(members[name], held.signers, directory.revoked)
    }
    return State(state.network_id, state.roots, state.directory, standing, state.bundles)


def _signers(standing: State) -> dict[tuple[Endpoint, bytes], SignerWindow]:
    return {
        (entry.endpoint, entry.key.key_id): SignerWindow(
            entry.key.public, entry.not_before_ms, entry.not_after_ms
        )
        for held in standing.delegations.values()
        for entry in held.value.keys
        if entry.usage is KeyUsage.SIGN
    }


def _revoked(standing: State) -> frozenset[tuple[Endpoint, bytes]]:
    return frozenset(
        (entry.endpoint, entry.key.key_id)
        for held in standing.delegations.values()
        for entry in held.value.keys
        if entry.usage is KeyUsage.SIGN and entry.key.key_id in revoked_keys(standing, held.value)
    )


def _windows(bundle: Bundle, directory: Directory) -> tuple[SealingWindow, ...]:
    # The highest suite listed speaks, whatever became of its keys: no fall back to a lower one.
    highest = max(entry.suite for entry in bundle.keys)
    usable = [
        entry
        for entry in bundle.keys
        if entry.suite == highest >= directory.min_suite
        and entry.key.key_id not in directory.revoked
    ]
    usable.sort(key=lambda entry: entry.encrypt_from_ms, reverse=True)
    return tuple(_window(entry) for entry in usable)


def _window(entry: EncryptionKey) -> SealingWindow:
    key = SealingKey(entry.suite, entry.key.key_id, entry.key.public)
    return SealingWindow(entry.encrypt_from_ms, entry.encrypt_until_ms, key)


def _terms(directory: Directory) -> dict[tuple[Endpoint, Endpoint], tuple[Term, ...]]:
    members = {member.member_id: member for member in directory.members}
    found: dict[tuple[Endpoint, Endpoint], tuple[Term, ...]] = {}
    for listed in directory.agreements:
        agreement = listed.agreement
        sender, recipient = members[agreement.sender], members[agreement.recipient]
        signers = listed.signers - directory.revoked
        if sender.identity.approved(signers) and recipient.identity.approved(signers):
            types = sum(1 << kind for kind in agreement.record_types)
            term = Term(agreement.valid_from_ms, directory.end_ms(listed), types)
            pair = (sender.endpoint, recipient.endpoint)
            found[pair] = (*found.get(pair, ()), term)
    return found


def _control(
    terms: Mapping[tuple[Endpoint, Endpoint], tuple[Term, ...]],
) -> dict[tuple[Endpoint, Endpoint], tuple[tuple[int, int], ...]]:
    found: dict[tuple[Endpoint, Endpoint], tuple[tuple[int, int], ...]] = {}
    for (sender, recipient), entries in terms.items():
        spans = tuple(
            (
                term.from_ms - limits.MAX_FUTURE_SKEW_MS,
                term.until_ms + limits.AGREEMENT_AFTERMATH_MS,
            )
            for term in entries
        )
        for pair in ((sender, recipient), (recipient, sender)):
            found[pair] = (*found.get(pair, ()), *spans)
    return found
