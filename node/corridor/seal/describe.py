"""Envelopes for people: what anybody on the path sees, and what the recipient sees.

Rules:

* plain dicts of str, int, list and dict, in the order a person reads them, ready for JSON;
* `describe_frame` needs no key and proves nothing: every value is what the header claims;
* bodies of records are left to the caller; here they are sizes and ids.
"""

from datetime import UTC, datetime
from typing import Any, Final

from corridor.errors import Reason, Refused
from corridor.seal.envelope import Opened
from corridor.seal.frame import Frame
from corridor.seal.hpke import SUITE_X25519, SUITE_XWING
from corridor.seal.merkle import inclusion_path, leaf_salts, record_leaves
from corridor.wire.batches import decode_entry

SUITE_NAMES: Final = {
    SUITE_X25519: "1: X25519, XChaCha20-Poly1305, Ed25519",
    SUITE_XWING: "2: X25519 with ML-KEM-768, XChaCha20-Poly1305, Ed25519",
}
LANE_NAMES: Final = ("urgent", "routine", "bulk")


def describe_frame(frame: Frame) -> dict[str, Any]:
    """Return what anybody who holds the frame can read of it (PROTOCOL §3.2)."""
    header = frame.header
    return {
        "envelope_id": frame.envelope_id.hex(),
        "sender": str(header.sender),
        "recipients": [
            {
                "endpoint": str(recipient.endpoint),
                "encryption_key_id": recipient.enc_key_id.hex(),
                "stream_commit": recipient.stream_commit.hex(),
            }
            for recipient in header.recipients
        ],
        "created": _time(header.created_ms),
        "expires": _time(header.expires_ms),
        "lane": LANE_NAMES[header.lane],
        "suite": SUITE_NAMES[header.suite],
        "network_id": header.network_id.hex(),
        "signer_key_id": header.signer_key_id.hex(),
        "directory": {"version": header.dir_version, "hash": header.dir_hash.hex()},
        "key_bundle_hash": header.bundle_hash.hex(),
        "payload_root": header.payload_root.hex(),
        "key_commit": header.key_commit.hex(),
        "ciphertext_sha256": header.ct_digest.hex(),
        "signature": frame.signature.hex(),
        "size_bytes": {
            "header": len(frame.header_bytes),
            "padded_payload": header.padded_len,
            "wrap": len(header.wraps[0]),
        },
        "hidden": ["records", "number of records", "record types", "place in the stream"],
    }


def describe_opened(opened: Opened) -> dict[str, Any]:
    """Return what the recipient sees of an opened envelope, record by record."""
    leaves = record_leaves(leaf_salts(opened.seed, len(opened.records)), opened.records)
    return {
        "stream": {
            "epoch": opened.epoch,
            "sequence": opened.seq,
            "previous_envelope_id": opened.prev.hex(),
        },
        "payload_root": opened.payload_root.hex(),
        "records": [
            {
                "index": index,
                **_describe_record(record),
                "leaf": leaves[index].hex(),
                "proof": [step.hex() for step in inclusion_path(leaves, index)],
            }
            for index, record in enumerate(opened.records)
        ],
    }


def _describe_record(record: bytes) -> dict[str, Any]:
    try:
        entry = decode_entry(record)
    except Refused as refused:
        return {"size_bytes": len(record), "refused": refused.reason.label}
    described: dict[str, Any] = {
        "size_bytes": len(record),
        "record_id": entry.record_id.hex(),
        "type": entry.record_type,
        "schema_id": entry.schema_id,
    }
    if entry.supersedes is not None:
        described["supersedes"] = entry.supersedes.hex()
    return described


def describe_reason(reason: Reason) -> dict[str, Any]:
    """Return a refusal as a person or program reads it."""
    return {"refused": reason.label, "number": int(reason)}


def _time(unix_ms: int) -> str:
    """Return RFC 3339 in UTC, or the bare number where no calendar has it."""
    try:
        moment = datetime.fromtimestamp(unix_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return str(unix_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
