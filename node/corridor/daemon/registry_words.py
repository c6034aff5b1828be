"""What a registry body is about to sign, in words: who, what, until when.

Rule: everything that changes is named, with the fingerprints that people compare; a root names
all its bodies.
"""

from typing import Any

from corridor.daemon.bodies import describe_bodies
from corridor.daemon.registry import Draft
from corridor.daemon.rotation import grouped
from corridor.trust.agreement import Agreement
from corridor.trust.directory import Directory, Member
from corridor.trust.possession import added_members
from corridor.trust.root import Root, describe_clauses


def describe_draft(draft: Draft) -> dict[str, Any]:
    """Return what a draft says as JSON values; times in Unix milliseconds."""
    said = _root(draft.root) if draft.root is not None else _directory(draft)
    return {
        **said,
        "fingerprint": grouped(draft.signed.payload_hash),
        "payload_sha256": draft.signed.payload_hash.hex(),
        "signed_by": list(draft.approval.signed_by()),
        "missing": list(draft.approval.missing()),
        "complete": draft.approval.complete,
        "signatures": draft.approval.words(),
    }


def _root(root: Root) -> dict[str, Any]:
    return {
        "statement": f"root {root.version} of the network {root.network_name!r}",
        "issued_ms": root.issued_ms,
        "expires_ms": root.expires_ms,
        "bodies": describe_bodies(root.bodies),
        "root_change_needs": describe_clauses(root.root_change),
        "directory_needs": describe_clauses(root.directory),
    }


def _directory(draft: Draft) -> dict[str, Any]:
    new = draft.directory
    assert new is not None  # noqa: S101 - a draft is one of two
    return {
        "statement": f"directory {new.version}",
        "issued_ms": new.issued_ms,
        "expires_ms": new.expires_ms,
        "members": [member.member_id for member in new.members],
        "agreements": len(new.agreements),
        "new_members": [describe_member(one) for one in added_members(draft.held, new)],
        "changed_members": _changed(draft.held, new),
        "new_agreements": [describe_agreement(one) for one in _added(draft.held, new)],
        "ended_agreements": _ended(draft.held, new),
        "newly_revoked": sorted(
            key.hex() for key in new.revoked - (draft.held.revoked if draft.held else frozenset())
        ),
    }


def describe_member(member: Member) -> dict[str, Any]:
    """Return a member with the fingerprints that people compare."""
    broker = member.broker
    return {
        "endpoint": str(member.endpoint),
        "administration": member.administration,
        "status": member.status.name,
        "identity": grouped(member.identity.fingerprint()),
        "identity_keys": len(member.identity.keys),
        "identity_threshold": member.identity.threshold,
        "broker": f"{broker.host}:{broker.port}",
        "connect_to": broker.connect_to,
        "broker_ca": grouped(broker.server_ca_sha256),
    }


def describe_agreement(agreement: Agreement) -> dict[str, Any]:
    """Return what an agreement says."""
    return {
        "id": agreement.agreement_id,
        "sender": agreement.sender,
        "recipient": agreement.recipient,
        "record_types": list(agreement.record_types),
        "purpose": agreement.purpose,
        "legal_reference": agreement.legal_reference,
        "from_ms": agreement.valid_from_ms,
        "to_ms": agreement.valid_to_ms,
    }


def _changed(held: Directory | None, new: Directory) -> list[dict[str, Any]]:
    before = {} if held is None else {member.member_id: member for member in held.members}
    return [
        describe_member(member)
        for member in new.members
        if member.member_id in before and before[member.member_id] != member
    ]


def _added(held: Directory | None, new: Directory) -> list[Agreement]:
    known = set() if held is None else {one.agreement.agreement_id for one in held.agreements}
    return [one.agreement for one in new.agreements if one.agreement.agreement_id not in known]


def _ended(held: Directory | None, new: Directory) -> list[dict[str, Any]]:
    before = {} if held is None else held.ended_ms
    return [
        {"id": name, "end_ms": at} for name, at in new.ended_ms.items() if before.get(name) != at
    ]
