"""How an agreement ends and a member leaves, as a view knows it (PROTOCOL §5.4, §5.5).

Rules:

* an agreement ends by itself or early, never in the past; data stop with it, control passes for 30
  days more, so that what was sent can still be receipted, then the way is shut;
* a member leaves in two steps: the directory ends its agreements, and 30 days later says LEFT. A
  member that is LEFT at once takes the 30 days away: no receipt of it counts any more;
* pure; a maker of the next directory fills in, every reader checks it again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from corridor.errors import ConfigurationError
from corridor.transit.parties import Endpoint
from corridor.trust.ceremony import next_directory
from corridor.trust.directory import Directory, Member, MemberStatus, read_directory
from corridor.trust.statements import Signed
from corridor.trust.view import TrustView
from corridor.wire import limits


class Phase(StrEnum):
    """Where an agreement stands."""

    TO_COME = "to come"
    IN_FORCE = "in force"
    RECEIPTS_ONLY = "ended, receipts pass"
    SHUT = "ended, shut"


@dataclass(frozen=True, slots=True)
class Standing:
    """One listed agreement of ours, and what comes next."""

    agreement_id: str
    sender: Endpoint
    recipient: Endpoint
    types: tuple[int, ...]
    from_ms: int
    end_ms: int
    early: bool
    """The directory ends it before its own end."""
    phase: Phase

    @property
    def control_until_ms(self) -> int:
        """Until when receipts pass."""
        return self.end_ms + limits.AGREEMENT_AFTERMATH_MS


def standings(view: TrustView, me: Endpoint, now_ms: int) -> tuple[Standing, ...]:
    """Return every agreement of `me` that the directory lists, in its order."""
    directory = view.directory
    if directory is None:
        return ()
    endpoints = {member.member_id: member.endpoint for member in directory.members}
    found = []
    for listed in directory.agreements:
        one = listed.agreement
        sender, recipient = endpoints[one.sender], endpoints[one.recipient]
        if me not in (sender, recipient):
            continue
        end_ms = directory.end_ms(listed)
        place = (one.agreement_id, sender, recipient, one.record_types, one.valid_from_ms)
        phase = phase_at(one.valid_from_ms, end_ms, now_ms)
        found.append(Standing(*place, end_ms, end_ms < one.valid_to_ms, phase))
    return tuple(found)


def phase_at(from_ms: int, end_ms: int, now_ms: int) -> Phase:
    """Return where an agreement stands that is in force from `from_ms` until `end_ms`."""
    if now_ms >= end_ms + limits.AGREEMENT_AFTERMATH_MS:
        return Phase.SHUT
    if now_ms >= end_ms:
        return Phase.RECEIPTS_ONLY
    return Phase.IN_FORCE if now_ms >= from_ms else Phase.TO_COME


def next_turn_ms(view: TrustView, me: Endpoint, now_ms: int) -> int | None:
    """Return when the next agreement of `me` begins, ends or is shut; None where none will."""
    turns = (
        at
        for one in standings(view, me, now_ms)
        for at in (one.from_ms, one.end_ms, one.control_until_ms)
    )
    return min((at for at in turns if at > now_ms), default=None)


def has_left(view: TrustView, peer: Endpoint) -> bool:
    """Whether the directory says that a member has left."""
    member = view.member(peer)
    return member is not None and member.status is MemberStatus.LEFT


def will_not_pass(
    view: TrustView, me: Endpoint, peer: Endpoint, types: Iterable[int], now_ms: int
) -> tuple[int, ...]:
    """Return those record types that no agreement in force lets us send to a peer.

    None while the directory has expired or the member is suspended: nothing is certain then, and
    records wait.
    """
    if not view.is_current(now_ms):
        return ()
    member = view.member(peer)
    if member is not None and member.status is MemberStatus.SUSPENDED:
        return ()
    left = has_left(view, peer)
    return tuple(one for one in types if left or not view.authorises(me, peer, one, now_ms))


def is_shut(view: TrustView, me: Endpoint, peer: Endpoint, now_ms: int) -> bool:
    """Whether no receipt of a peer can come any more."""
    if not view.is_current(now_ms):
        return False
    return has_left(view, peer) or not view.control_allowed(me, peer, now_ms)


def why_ended(
    view: TrustView, me: Endpoint, peer: Endpoint, record_type: int, now_ms: int
) -> tuple[str, int] | None:
    """Return the agreement that let us send a type last, and when it ended; None if none did."""
    ended = [
        (one.end_ms, one.agreement_id)
        for one in standings(view, me, now_ms)
        if (one.sender, one.recipient) == (me, peer)
        and record_type in one.types and one.end_ms <= now_ms
    ]  # fmt: skip
    if not ended:
        return None
    end_ms, name = max(ended)
    return name, end_ms


# -- for the registry ------------------------------------------------------------------------------


def end_agreements(
    held: bytes, network_id: bytes, names: Collection[str], ended_ms: int, issued_ms: int
) -> Directory:
    """Return the directory after `held` in which some agreements end at `ended_ms`.

    Raises:
        ConfigurationError: An agreement is not listed or has an end already, or the end lies
            before the directory's issue.
    """
    old = read_directory(Signed.parse(held).payload, network_id, {})
    listed = {one.agreement.agreement_id: one for one in old.agreements}
    faults = [
        f"{name}: the directory lists no such agreement" for name in names if name not in listed
    ]
    for name in set(names) & listed.keys():
        if old.end_ms(listed[name]) <= ended_ms:
            faults.append(f"{name}: ends earlier by itself, or has been ended")
        elif name in old.ended_ms:
            faults.append(f"{name}: has been ended; the date of an end never changes")
    if ended_ms < issued_ms:
        faults.append("an end lies in the past: receipts for what was sent since would not count")
    if faults:
        raise ConfigurationError("the agreements cannot be ended so", faults=tuple(sorted(faults)))
    return next_directory(held, network_id, issued_ms, ended_ms=dict.fromkeys(names, ended_ms))


def open_agreements(directory: Directory, member_id: str, at_ms: int) -> tuple[str, ...]:
    """Return the ids of a member's agreements that have not ended at a time."""
    return tuple(
        one.agreement.agreement_id
        for one in directory.agreements
        if member_id in (one.agreement.sender, one.agreement.recipient)
        and directory.end_ms(one) > at_ms
    )


def leave(
    held: bytes, network_id: bytes, member_id: str, issued_ms: int, *, at_once: bool = False
) -> Directory:
    """Return the directory after `held` in which a member has LEFT.

    Args:
        held: The signed directory before it.
        network_id: Ours.
        member_id: Who leaves.
        issued_ms: Now.
        at_once: Also while agreements have not ended 30 days ago: receipts under way are lost.

    Raises:
        ConfigurationError: No such member, it has left, or receipts may still pass.
    """
    old = read_directory(Signed.parse(held).payload, network_id, {})
    member = next((one for one in old.members if one.member_id == member_id), None)
    if member is None or member.status is MemberStatus.LEFT:
        raise ConfigurationError(
            f"{member_id}: {'has left already' if member else 'the directory has no such member'}"
        )
    still = open_agreements(old, member_id, issued_ms - limits.AGREEMENT_AFTERMATH_MS)
    if still and not at_once:
        raise ConfigurationError(
            f"{member_id}: receipts may still pass under {len(still)} agreement(s)",
            faults=still,
            cure="end them first and let it leave 30 days later; at once only where the member is"
            " not to be trusted any more",
        )
    members = tuple(_left(one) if one is member else one for one in old.members)
    ends = dict.fromkeys(open_agreements(old, member_id, issued_ms), issued_ms)
    early = {name: at for name, at in ends.items() if name not in old.ended_ms}
    return next_directory(held, network_id, issued_ms, members=members, ended_ms=early)


def _left(member: Member) -> Member:
    return replace(member, status=MemberStatus.LEFT)
