"""Statements and views for people and for JSON: plain values, hashes in hexadecimal.

Rules:

* what is described is not verified by that; a `TrustView` holds only what was;
* a private key has no way in here.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from corridor.seal.pae import PayloadType
from corridor.trust.agreement import Listed
from corridor.trust.bundle import Bundle, alarm_before_end, seals_until_ms
from corridor.trust.delegation import Delegation
from corridor.trust.directory import Member
from corridor.trust.root import describe_clauses
from corridor.trust.statements import Signed
from corridor.trust.view import TrustView
from corridor.wire.statements import (
    parse_agreement,
    parse_bundle,
    parse_delegation,
    parse_directory,
    parse_root,
)

Described = dict[str, Any]
"""A JSON object."""


def describe_statement(signed: bytes) -> Described:
    """Return what a signed statement says it is; nothing of it is verified.

    Raises:
        Refused: It is no statement at all.
    """
    statement = Signed.parse(signed)
    kind, read = _READERS[statement.payload_type]
    return {
        "statement": kind,
        **read(statement.payload),
        "payload_sha256": statement.payload_hash.hex(),
        "signed_by_keys": [entry.key_id.hex() for entry in statement.signatures],
        "size_bytes": len(signed),
    }


def statement_name(signed: bytes) -> str:
    """Return a name for the file of a statement: "delegation-GE.RS-000003".

    Raises:
        Refused: It is no statement at all.
    """
    described = describe_statement(signed)
    number = f"{described['number']:06}" if "number" in described else None
    parts = (described["statement"], described.get("of"), number)
    return "-".join(part for part in parts if part is not None)


def describe_view(view: TrustView, now_ms: int) -> Described:
    """Return everything a view believes."""
    root, directory = view.root, view.directory
    described: Described = {
        "network": root.network_name,
        "network_id": view.network_id.hex(),
        "laboratory": view.is_lab,
        "current": view.is_current(now_ms),
        "root": {
            "version": root.version,
            "expires": _time(root.expires_ms),
            "bodies": [
                {
                    "id": body.body_id,
                    "class": body.body_class.name,
                    "keys": len(body.keys),
                    "threshold": body.threshold,
                }
                for body in root.bodies
            ],
            "root_change_needs": describe_clauses(root.root_change),
            "directory_needs": describe_clauses(root.directory),
        },
    }
    if directory is not None:
        described["directory"] = {
            "version": directory.version,
            "hash": view.dir_hash.hex(),
            "issued": _time(directory.issued_ms),
            "expires": _time(directory.expires_ms),
            "min_suite": directory.min_suite,
            "revoked_keys": sorted(key.hex() for key in directory.revoked),
        }
        described["members"] = [_member(view, member, now_ms) for member in view.members()]
        described["agreements"] = [
            _agreement(entry, directory.end_ms(entry)) for entry in directory.agreements
        ]
    return described


def _member(view: TrustView, member: Member, now_ms: int) -> Described:
    delegation, bundle = view.delegation(member.member_id), view.bundle(member.endpoint)
    return {
        "member": member.member_id,
        "administration": member.administration,
        "status": member.status.name,
        "endpoint": str(member.endpoint),
        "broker": f"{member.broker.host}:{member.broker.port}",
        "server_ca_sha256": member.broker.server_ca_sha256.hex(),
        "identity_keys": [key.key_id.hex() for key in member.identity.keys],
        "identity_threshold": member.identity.threshold,
        "delegation": None if delegation is None else _delegation(delegation),
        "bundle": None if bundle is None else _bundle(bundle, now_ms),
    }


def _delegation(delegation: Delegation) -> Described:
    revoked = delegation.revoked_ids()
    return {
        "serial": delegation.serial,
        "keys": [
            {
                "key_id": entry.key.key_id.hex(),
                "use": entry.usage.name,
                "from": _time(entry.not_before_ms),
                "to": _time(entry.not_after_ms),
                "revoked": entry.key.key_id in revoked,
            }
            for entry in delegation.keys
        ],
    }


def _bundle(bundle: Bundle, now_ms: int) -> Described:
    return {
        "serial": bundle.serial,
        "seals_until": _time(seals_until_ms(bundle, now_ms)),
        "alarm": alarm_before_end(bundle, now_ms) is not None,
        "keys": [
            {
                "key_id": entry.key.key_id.hex(),
                "suite": entry.suite,
                "encrypt_from": _time(entry.encrypt_from_ms),
                "encrypt_until": _time(entry.encrypt_until_ms),
                "accept_until": _time(entry.accept_until_ms),
            }
            for entry in bundle.keys
        ],
    }


def _agreement(listed: Listed, end_ms: int) -> Described:
    agreement = listed.agreement
    return {
        "id": agreement.agreement_id,
        "sender": agreement.sender,
        "recipient": agreement.recipient,
        "record_types": list(agreement.record_types),
        "purpose": agreement.purpose,
        "legal_reference": agreement.legal_reference,
        "from": _time(agreement.valid_from_ms),
        "to": _time(end_ms),
    }


def _root_head(payload: bytes) -> Described:
    root = parse_root(payload)
    expires = _time(root.expires_ms)
    return {"number": root.version, "issued": _time(root.issued_ms), "expires": expires}


def _directory_head(payload: bytes) -> Described:
    directory = parse_directory(payload)
    return {
        "number": directory.version,
        "issued": _time(directory.issued_ms),
        "expires": _time(directory.expires_ms),
        "members": [entry.member_id for entry in directory.members],
        "agreements": len(directory.agreements),
    }


def _delegation_head(payload: bytes) -> Described:
    delegation = parse_delegation(payload)
    issued = _time(delegation.issued_ms)
    return {"of": delegation.member_id, "number": delegation.serial, "issued": issued}


def _bundle_head(payload: bytes) -> Described:
    bundle = parse_bundle(payload)
    return {"of": bundle.endpoint, "number": bundle.serial, "issued": _time(bundle.issued_ms)}


def _agreement_head(payload: bytes) -> Described:
    agreement = parse_agreement(payload)
    return {
        "of": agreement.agreement_id,
        "sender": agreement.sender,
        "recipient": agreement.recipient,
        "record_types": list(agreement.record_types),
        "from": _time(agreement.valid_from_ms),
        "to": _time(agreement.valid_to_ms),
    }


_READERS: Final[Mapping[PayloadType, tuple[str, Callable[[bytes], Described]]]] = MappingProxyType(
    {
        PayloadType.DIRECTORY_ROOT: ("root", _root_head),
        PayloadType.DIRECTORY: ("directory", _directory_head),
        PayloadType.DELEGATION: ("delegation", _delegation_head),
        PayloadType.KEY_BUNDLE: ("bundle", _bundle_head),
        PayloadType.AGREEMENT: ("agreement", _agreement_head),
    }
)


def _time(unix_ms: int) -> str:
    """Return RFC 3339 in UTC, or the bare number where no calendar has it."""
    try:
        moment = datetime.fromtimestamp(unix_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return str(unix_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
