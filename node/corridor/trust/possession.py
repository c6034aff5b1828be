"""Requests to be listed: an administration shows that it holds its identity keys (PROTOCOL §5.9).

Rules:

* the request names itself what its entry in the directory shall say; **every** identity key in it
  signs, so that nobody has the key of another listed as his own;
* it proves that whoever asks holds the keys, and not that he is the administration: people
  compare the fingerprint over another channel;
* only the registry reads it; a node refuses it as it refuses every other type it does not know.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from corridor.errors import Reason
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.trust import checks
from corridor.trust.checks import require, well_formed
from corridor.trust.directory import (
    Directory,
    Member,
    MemberStatus,
    member_message,
    read_member,
)
from corridor.trust.keys import refuse_repeated
from corridor.trust.state import State
from corridor.trust.statements import Signed, sign
from corridor.wire import limits
from corridor.wire.statements import encode_statement, parse_possession, parse_signed
from corridor.wire.v1 import trust_pb2 as pb

_KINDS: Final = {PayloadType.POSSESSION: limits.POSSESSION_MAX_BYTES}


@dataclass(frozen=True, slots=True)
class Possession:
    """A request to be listed, its signatures verified."""

    member: Member
    made_ms: int


def make_possession(member: Member, keys: Iterable[SigningKey], made_ms: int) -> bytes:
    """Return a request signed with `keys`, which must be all identity keys of `member`."""
    message = pb.Possession(entry=member_message(member), made_ms=made_ms)
    return sign(PayloadType.POSSESSION, encode_statement(message), keys).to_bytes()


def read_possession(raw: bytes, now_ms: int) -> Possession:
    """Return the request in `raw`.

    Raises:
        Refused: STATEMENT_MALFORMED, KEY_ADMISSION, STATEMENT_SIGNATURE, CREATED_IN_FUTURE, or
            QUORUM where an identity key that it names did not sign.
    """
    signed = Signed.of(parse_signed(raw, limits.POSSESSION_MAX_BYTES), _KINDS)
    # The keys stand in the payload: it is read first, and believed for nothing until they signed.
    message = parse_possession(signed.payload)
    member = read_member(message.entry)
    well_formed(member.status is MemberStatus.ACTIVE, "a request to be listed as active")
    keys = {key.key_id: key for key in member.identity.keys}
    refuse_repeated(member.identity.keys)
    missing = keys.keys() - signed.signers(keys)
    require(not missing, Reason.QUORUM, f"{len(missing)} identity keys of the request did not sign")
    checks.issued(message.made_ms, now_ms)
    return Possession(member, message.made_ms)


def require_admissible(state: State, asked: Member) -> None:
    """Refuse a request that the next directory could not list.

    Raises:
        Refused: KEY_ADMISSION where a key has another holder; STATEMENT_CHAIN where the member is
            listed already, or its country has another endpoint.
    """
    listed = () if state.directory is None else state.directory.value.members
    for member in listed:
        require(
            member.member_id != asked.member_id,
            Reason.STATEMENT_CHAIN,
            f"{asked.member_id} is listed already; its identity keys stay those it came with",
        )
        same = member.endpoint.country == asked.endpoint.country
        require(
            member.status is MemberStatus.LEFT or not same,
            Reason.STATEMENT_CHAIN,
            f"{asked.endpoint.country} has an endpoint already: {member.endpoint}",
        )
    taken = {key.key_id for member in listed for key in member.identity.keys}
    delegated = {
        entry.key.key_id for held in state.delegations.values() for entry in held.value.keys
    }
    refuse_repeated(asked.identity.keys, taken | delegated | state.root.keys().keys())


def added_members(held: Directory | None, new: Directory) -> tuple[Member, ...]:
    """Return the members that `new` lists and `held` does not."""
    known = set() if held is None else {member.member_id for member in held.members}
    return tuple(member for member in new.members if member.member_id not in known)
