"""The evidence of a store: verified as a whole, and exported for one record.

Rules:

* what was erased is counted as erased, on both sides, and is no fault: leaf, header and signature
  are still there;
* a signature whose key no statement held now names is told as such, never as good;
* an export holds everything an offline verifier needs but the hash of the network's first root,
  which whoever verifies has from elsewhere.
"""

import base64
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from corridor.daemon.evidence_check import signature_fault
from corridor.errors import Refused
from corridor.exchange.values import LeafKind
from corridor.seal.frame import envelope_id, read_header
from corridor.seal.merkle import counted_root, inclusion_path, tree_root
from corridor.store.audit import Audit, Envelope, SentRecord
from corridor.store.rules import leaf_bytes
from corridor.trust.view import TrustView
from corridor.wire.batches import decode_entry, type_label
from corridor.wire.control import Receipt, decode_control

FORMAT: Final = 1
_MAX_FAULTS: Final = 100
_NO_SALT: Final = bytes(32)


def verify(audit: Audit, view: TrustView) -> dict[str, Any]:
    """Return what was verified, and every fault (the first hundred)."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    size, root = audit.head()
    found = audit.recomputed()
    if (found.size, found.root()) != (size, root):
        faults.append(f"the log of {found.size} leaves does not give the root it is told by")
    for check in (
        _leaves(audit, counts), _envelopes(audit, view, counts), _partner_logs(audit, counts)
    ):  # fmt: skip
        for fault in check:
            faults.append(fault)
            if len(faults) == _MAX_FAULTS:
                break
    counts["erased_received"] += audit.erased_aside()
    counts["erased_sent"] = audit.erased_sent()
    counts["erased"] = counts["erased_sent"] + counts["erased_received"]
    return {
        "leaves": size,
        "root": root.hex(),
        **{name: counts[name] for name in _COUNTED},
        "faults": faults[:_MAX_FAULTS],
    }


_COUNTED: Final = (
    "sent", "received", "records", "erased", "erased_sent", "erased_received", "signatures",
    "signer_not_listed", "not_provable", "partner_roots",
)  # fmt: skip


def _leaves(audit: Audit, counts: Counter[str]) -> Iterator[str]:
    for number, leaf in enumerate(audit.leaves(), 1):
        if leaf.kind is LeafKind.OUT:
            counts["sent"] += 1
            kept = audit.sent_root(leaf.id)
        elif leaf.kind is LeafKind.IN:
            counts["received"] += 1
            kept = audit.received_root(leaf.id)
        else:
            continue
        if kept != leaf.aux:
            what = "is not kept" if kept is None else "is kept with another root"
            yield f"leaf {number}: envelope {leaf.id.hex()} {what}"


def _envelopes(audit: Audit, view: TrustView, counts: Counter[str]) -> Iterator[str]:
    for one in audit.received():
        name = f"envelope {one.envelope_id.hex()} of {one.peer}"
        try:
            header = read_header(one.header)
        except Refused as refused:
            yield f"{name}: its header does not read ({refused.reason.label})"
            continue
        if envelope_id(one.header) != one.envelope_id or header.payload_root != one.payload_root:
            yield f"{name}: its header is another envelope's"
        fault = signature_fault(view, one.header, one.signature)
        counts["signer_not_listed" if fault == "not listed" else "signatures"] += 1
        if fault not in ("", "not listed"):
            yield f"{name}: {fault}"
        yield from _records(audit, one, name, counts)


def _records(audit: Audit, one: Envelope, name: str, counts: Counter[str]) -> Iterator[str]:
    leaves = audit.disclosed(one.row)
    if leaves is None:
        counts["not_provable"] += 1
    elif counted_root(len(leaves), tree_root([leaf for leaf, _ in leaves])) != one.payload_root:
        yield f"{name}: its records do not give the root that was signed"
    for record in audit.records(one.row):
        counts["erased_received" if record.entry is None else "records"] += 1
        if record.entry is not None and sha256(record.entry).digest() != record.sha256:
            yield f"{name}: record {record.record_id.hex()} was changed"


def _partner_logs(audit: Audit, counts: Counter[str]) -> Iterator[str]:
    """Compare what each partner's receipts say of its own log: one size, one root."""
    told: dict[tuple[str, int], bytes] = {}
    for row, _, entry in audit.receipts():
        receipt = _receipt(entry)
        if receipt is None or not receipt.log_size:
            continue
        peer = audit.envelope(row).peer
        counts["partner_roots"] += 1
        if told.setdefault((peer, receipt.log_size), receipt.log_root) != receipt.log_root:
            yield f"{peer} told two roots of its log at size {receipt.log_size}: it was rewritten"


def _receipt(entry: bytes) -> Receipt | None:
    try:
        read = decode_entry(entry)
        control = decode_control(read.record_type, read.body)
    except Refused:
        return None
    return control if isinstance(control, Receipt) else None


def export(audit: Audit, view: TrustView, record_id: bytes) -> list[dict[str, Any]]:
    """Return the evidence of each copy of a record, for `evidence_check.check`."""
    common = {
        "corridor_evidence": FORMAT,
        "record_id": record_id.hex(),
        "statements": [_text(one) for one in view.statements()],
    }
    found = [
        {**common, "direction": "received", **_received(audit, row, place)}
        for row, place in audit.received_records(record_id)
    ]
    found += [
        {**common, "direction": "sent", **_sent(audit, one)}
        for one in audit.sent_records(record_id)
    ]
    return found


def _received(audit: Audit, row: int, place: int) -> dict[str, Any]:
    one = audit.envelope(row)
    record = next(each for each in audit.records(row) if each.place == place)
    return {
        "partner": one.peer,
        "type": type_label(record.record_type),
        "sha256": record.sha256.hex(),
        "record": None if record.entry is None else _text(record.entry),
        "envelope": {
            "header": _text(one.header),
            "signature": _text(one.signature),
            "inclusion": _inclusion(audit, row, place),
        },
        "log": _log(audit, one.envelope_id),
        "receipts": [],
    }


def _sent(audit: Audit, one: SentRecord) -> dict[str, Any]:
    signed = one.header is not None and one.signature is not None
    return {
        "partner": one.peer,
        "type": type_label(one.record_type),
        "sha256": one.sha256.hex(),
        "record": None if one.entry is None else _text(one.entry),
        "envelope": {
            "header": _text(one.header or b""),
            "signature": _text(one.signature or b""),
            # the seed went with the envelope to the partner, who can show it
            "inclusion": None,
        }
        if signed
        else None,
        "log": _log(audit, one.envelope_id),
        "receipts": [
            {
                "header": _text(audit.envelope(row).header),
                "signature": _text(audit.envelope(row).signature),
                "entry": _text(entry),
                "inclusion": _inclusion(audit, row, place),
            }
            for row, place, entry in one.receipts
        ],
    }


def _inclusion(audit: Audit, row: int, place: int) -> dict[str, Any] | None:
    leaves = audit.disclosed(row)
    if leaves is None:
        return None
    leaf, salt = leaves[place]
    return {
        "index": place,
        "count": len(leaves),
        "leaf": leaf.hex(),
        "salt": None if salt == _NO_SALT else salt.hex(),
        "path": [one.hex() for one in inclusion_path([each for each, _ in leaves], place)],
    }


def _log(audit: Audit, id_: bytes) -> dict[str, Any] | None:
    number = audit.leaf_number(id_)
    if number is None:
        return None
    leaves = audit.leaf_hashes()
    data = next(leaf for at, leaf in enumerate(audit.leaves(), 1) if at == number)
    return {
        "leaf": leaf_bytes(data).hex(),
        "index": number - 1,
        "size": len(leaves),
        "root": audit.head()[1].hex(),
        "path": [one.hex() for one in inclusion_path(leaves, number - 1)],
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
