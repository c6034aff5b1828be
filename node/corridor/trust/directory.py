"""The directory: members, where to reach them, and the agreements they made (PROTOCOL §5.4).

Rules:

* signed by the directory quorum of the root it names, which is the newest one;
* one endpoint per country; ids and endpoints are ASCII capitals, so that no two look alike;
* a member stays listed for ever (LEFT when it has left) under the identity keys it came with:
  replacing them needs a recovery, which this version does not have, and refuses;
* a revoked key stays revoked; an agreement stays listed until 30 days after its end, and can
  be ended early, but not in the past.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from corridor.errors import Reason
from corridor.transit.parties import Endpoint
from corridor.trust import checks
from corridor.trust.agreement import IdentityKeys, Listed, read_listed
from corridor.trust.chain import Link, check_link
from corridor.trust.checks import require, well_formed
from corridor.trust.keys import KEY_ID_BYTES, Algorithm, read_key, refuse_repeated
from corridor.trust.statements import Signed
from corridor.wire import limits
from corridor.wire.statements import encode_statement, parse_directory
from corridor.wire.v1 import trust_pb2 as pb

SUITES: Final = (1, 2)
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)
_MAX_PORT: Final = 65_535


class MemberStatus(IntEnum):
    """Status of a member."""

    ACTIVE = 1
    SUSPENDED = 2
    LEFT = 3


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where partners' brokers reach a member's broker."""

    host: str
    """DNS name in the server's certificate."""
    port: int
    connect_to: str | None
    """Address to connect to where it is not the DNS name's."""
    server_ca_sha256: bytes
    server_ca: bytes
    """Certificate of the CA that issued the server's certificate, DER."""


@dataclass(frozen=True, slots=True)
class Member:
    """A customs administration."""

    member_id: str
    administration: str
    status: MemberStatus
    identity: IdentityKeys
    endpoint: Endpoint
    broker: BrokerAddress


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory, read and sane."""

    network_id: bytes
    version: int
    prev_hash: bytes
    root_version: int
    issued_ms: int
    expires_ms: int
    min_suite: int
    members: tuple[Member, ...]
    agreements: tuple[Listed, ...]
    revoked: frozenset[bytes]
    """Ids of keys that nobody may use any more."""
    ended_ms: Mapping[str, int]
    """Early ends by agreement id."""

    def link(self, payload_hash: bytes) -> Link:
        """Return its place in the chain of directories."""
        return Link(self.version, self.prev_hash, payload_hash, self.issued_ms)

    def end_ms(self, listed: Listed) -> int:
        """Return when an agreement ends: by itself, or early."""
        agreement = listed.agreement
        early = self.ended_ms.get(agreement.agreement_id, agreement.valid_to_ms)
        return min(agreement.valid_to_ms, early)

    def must_list(self, listed: Listed, issued_ms: int) -> bool:
        """Whether a directory issued then still has to list an agreement of this one."""
        return issued_ms < self.end_ms(listed) + limits.AGREEMENT_AFTERMATH_MS


def encode_directory(directory: Directory) -> bytes:
    """Return the payload that `read_directory` reads."""
    message = pb.Directory(
        network_id=directory.network_id,
        version=directory.version,
        prev_hash=directory.prev_hash,
        root_version=directory.root_version,
        issued_ms=directory.issued_ms,
        expires_ms=directory.expires_ms,
        min_suite=directory.min_suite,
        members=[member_message(member) for member in directory.members],
        agreements=[pb.Signed.FromString(e.signed.to_bytes()) for e in directory.agreements],
        revoked_key_ids=sorted(directory.revoked),
        ended_agreements=[
            pb.EndedAgreement(agreement_id=name, ended_ms=at)
            for name, at in sorted(directory.ended_ms.items())
        ],
    )
    return encode_statement(message)


def read_directory(
    payload: bytes, network_id: bytes, verified: Mapping[Signed, Listed]
) -> Directory:
    """Return the directory in `payload`, its agreements verified.

    Args:
        payload: Bytes whose signatures were verified.
        network_id: Ours.
        verified: Agreements that need no second verification.

    Raises:
        Refused: STATEMENT_MALFORMED, KEY_ADMISSION, NETWORK, QUORUM or STATEMENT_SIGNATURE.
    """
    message = parse_directory(payload)
    checks.network_id(message.network_id, network_id)
    well_formed(message.min_suite in SUITES, f"suite {message.min_suite}")
    well_formed(len(message.members) <= limits.MAX_MEMBERS, "too many members")
    members = tuple(read_member(entry) for entry in message.members)
    _check_members(members)
    signed = tuple(Signed.of(entry) for entry in message.agreements)
    identities = {member.member_id: member.identity for member in members}
    directory = Directory(
        network_id=network_id,
        version=message.version,
        prev_hash=message.prev_hash,
        root_version=message.root_version,
        issued_ms=message.issued_ms,
        expires_ms=message.expires_ms,
        min_suite=message.min_suite,
        members=members,
        agreements=read_listed(signed, network_id, identities, verified),
        revoked=_revoked(message),
        ended_ms=_ended(message),
    )
    named = {entry.agreement.agreement_id for entry in directory.agreements}
    well_formed(directory.ended_ms.keys() <= named, "an end of an agreement that is not listed")
    check_link(directory.link(b""))
    checks.window(
        directory.issued_ms, directory.expires_ms, limits.DIRECTORY_LIFETIME_MS, "a directory"
    )
    return directory


def check_successor(held: Directory, new: Directory) -> None:
    """Refuse a directory that takes back what the one held had said.

    Raises:
        Refused: STATEMENT_CHAIN.
    """
    members = {member.member_id: member for member in new.members}
    for member in held.members:
        found = members.get(member.member_id)
        _kept(found is not None, f"{member.member_id} is gone; a member that leaves is LEFT")
        same = found is not None and found.identity == member.identity
        _kept(same, f"identity keys of {member.member_id} changed without a recovery")
    _kept(held.revoked <= new.revoked, "a revoked key is trusted again")
    _check_agreements(held, new)


def _check_agreements(held: Directory, new: Directory) -> None:
    ids = {entry.agreement.agreement_id: entry for entry in new.agreements}
    for entry in held.agreements:
        name = entry.agreement.agreement_id
        if not held.must_list(entry, new.issued_ms):
            continue
        same = name in ids and ids[name].agreement == entry.agreement
        _kept(same, f"agreement {name!r} is gone before its end")
        _kept(
            held.ended_ms.get(name) in (None, new.ended_ms.get(name)),
            f"agreement {name!r} had another end",
        )
    for name, at in new.ended_ms.items():
        _kept(
            name in held.ended_ms or at >= new.issued_ms,
            f"agreement {name!r} is ended in the past",
        )


def _kept(condition: bool, detail: str) -> None:  # noqa: FBT001 - reads as the sentence it checks
    require(condition, Reason.STATEMENT_CHAIN, detail)


def _check_members(members: tuple[Member, ...]) -> None:
    ids = {member.member_id for member in members}
    well_formed(len(ids) == len(members), "a member is listed twice")
    present = [m.endpoint.country for m in members if m.status is not MemberStatus.LEFT]
    well_formed(len(set(present)) == len(present), "two endpoints of one country")
    refuse_repeated(key for member in members for key in member.identity.keys)


def read_member(message: pb.MemberEntry) -> Member:
    """Return one member as a directory lists it, or as it asks to be listed.

    Raises:
        Refused: STATEMENT_MALFORMED or KEY_ADMISSION.
    """
    name = checks.member_id(message.member_id)
    status = checks.one_of(MemberStatus, message.status, f"the status of {name}")
    endpoint = checks.endpoint(message.endpoint)
    well_formed(endpoint.member == name, f"endpoint {endpoint} is not one of {name}")
    keys = message.identity_keys
    well_formed(len(keys) <= limits.MAX_HOLDER_KEYS, f"{name} has too many identity keys")
    well_formed(1 <= message.identity_threshold <= len(keys), f"identity threshold of {name}")
    read = tuple(read_key(key, Algorithm.ED25519) for key in keys)
    return Member(
        member_id=name,
        administration=checks.text(message.administration, "an administration's name"),
        status=status,
        identity=IdentityKeys(name, read, message.identity_threshold),
        endpoint=endpoint,
        broker=_broker(message.broker, name),
    )


def _broker(message: pb.BrokerAddress, name: str) -> BrokerAddress:
    connect_to = message.connect_to if message.HasField("connect_to") else None
    hosts = [message.host] if connect_to is None else [message.host, connect_to]
    named = all(_HOST.fullmatch(host) for host in hosts)
    well_formed(named, f"the broker of {name} has no usable name")
    well_formed(1 <= message.port <= _MAX_PORT, f"the broker of {name} has port {message.port}")
    size = len(message.server_ca)
    well_formed(1 <= size <= limits.MAX_SERVER_CA_BYTES, f"CA certificate of {name}")
    printed = hashlib.sha256(message.server_ca).digest()
    well_formed(printed == message.server_ca_sha256, f"CA fingerprint of {name}")
    return BrokerAddress(
        message.host, message.port, connect_to, message.server_ca_sha256, message.server_ca
    )


def _revoked(message: pb.Directory) -> frozenset[bytes]:
    ids = tuple(message.revoked_key_ids)
    well_formed(len(ids) <= limits.MAX_REVOKED_KEYS, "too many revoked keys")
    well_formed(all(len(entry) == KEY_ID_BYTES for entry in ids), "a key id has 16 bytes")
    well_formed(ids == tuple(sorted(set(ids))), "revoked keys ascend, each once")
    return frozenset(ids)


def _ended(message: pb.Directory) -> dict[str, int]:
    ended = {entry.agreement_id: entry.ended_ms for entry in message.ended_agreements}
    well_formed(len(ended) == len(message.ended_agreements), "an agreement is ended twice")
    return ended


def member_message(member: Member) -> pb.MemberEntry:
    """Return a member as it stands in a directory."""
    broker = member.broker
    return pb.MemberEntry(
        member_id=member.member_id,
        administration=member.administration,
        status=pb.MemberStatus.ValueType(member.status),
        identity_keys=[key.to_message() for key in member.identity.keys],
        identity_threshold=member.identity.threshold,
        endpoint=member.endpoint,
        broker=pb.BrokerAddress(
            host=broker.host,
            port=broker.port,
            connect_to=broker.connect_to,
            server_ca_sha256=broker.server_ca_sha256,
            server_ca=broker.server_ca,
        ),
    )
