"""Check an exported record's evidence, with nothing but the file and the network's fingerprint.

Rules:

* every step says what it shows, or why it does not; a step that cannot be taken (the record is
  erased, a key is not listed any more) is told as open, never as shown;
* nothing of the file is believed beyond what its signatures and hashes give.
"""

import base64
from typing import Any, Final, NamedTuple

from corridor.errors import Refused
from corridor.exchange.values import Verdict
from corridor.seal.frame import Header, envelope_id, read_header
from corridor.seal.keys import verify
from corridor.seal.merkle import counted_root, included_root, log_leaf, record_leaves
from corridor.seal.pae import PayloadType
from corridor.trust.view import TrustView, build_view
from corridor.wire.batches import decode_entry
from corridor.wire.control import Receipt, decode_control

SHOWN: Final = "shown"
OPEN: Final = "open"
FALSE: Final = "false"


class Step(NamedTuple):
    """One step of a check."""

    what: str
    result: str
    """`SHOWN`, `OPEN` or `FALSE`."""
    why: str = ""


def check(document: dict[str, Any], genesis: bytes, now_ms: int) -> list[Step]:
    """Return what an export shows, step by step; any of them FALSE convicts the file.

    Args:
        document: As `evidence.export` makes it.
        genesis: SHA-256 of the network's first root, from elsewhere.
        now_ms: Now.
    """
    try:
        return _Check(document, genesis, now_ms).run()
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, Refused):
        return [Step("the file reads", FALSE, "it is no export of evidence")]


def signature_fault(view: TrustView, header_bytes: bytes, signature: bytes) -> str:
    """Return why a header's signature does not count: "" where it does, or "not listed"."""
    header = read_header(header_bytes)
    try:
        public = view.signer(header.sender, header.signer_key_id, header.created_ms)
    except Refused:
        return "not listed"
    good = verify(public, PayloadType.ENVELOPE_HEADER, header_bytes, signature)
    return "" if good else "its signature does not verify"


class _Check:
    def __init__(self, document: dict[str, Any], genesis: bytes, now_ms: int) -> None:
        self._doc = document
        self._genesis = genesis
        self._now_ms = now_ms
        self.steps: list[Step] = []

    def run(self) -> list[Step]:
        if self._doc["corridor_evidence"] != 1:
            return [Step("the file reads", FALSE, "another version of exports")]
        statements = [_bytes(one) for one in self._doc["statements"]]
        try:
            view = build_view(self._genesis, statements, self._now_ms)
        except Refused as refused:
            return [Step("the keys are the network's", FALSE, str(refused))]
        self._say("the keys are the network's", holds=True)
        envelope, record = self._doc["envelope"], self._doc["record"]
        entry = None if record is None else _bytes(record)
        if envelope is None:
            self.steps.append(Step("the sender signed the envelope", OPEN, "its bytes are gone"))
            return self.steps
        header = self._signed(view, envelope, "the sender signed the envelope")
        self._included(envelope["inclusion"], entry, header, "the record is in the envelope")
        self._logged(_bytes(envelope["header"]), header)
        for receipt in self._doc["receipts"]:
            self._receipt(view, receipt, _bytes(envelope["header"]), header)
        if self._doc["direction"] == "sent" and not self._doc["receipts"]:
            self.steps.append(Step("the partner acknowledged it", OPEN, "no receipt is kept"))
        return self.steps

    def _signed(self, view: TrustView, signed: dict[str, Any], what: str) -> Header:
        header_bytes = _bytes(signed["header"])
        fault = signature_fault(view, header_bytes, _bytes(signed["signature"]))
        if fault == "not listed":
            self.steps.append(Step(what, OPEN, "no statement in the file lists the signing key"))
        else:
            self._say(what, holds=not fault)
        return read_header(header_bytes)

    def _included(
        self, inclusion: dict[str, Any] | None, entry: bytes | None, header: Header, what: str
    ) -> None:
        if inclusion is None:
            why = "its salt went to the recipient, who can show it"
            self.steps.append(Step(what, OPEN, why))
            return
        leaf = bytes.fromhex(inclusion["leaf"])
        path = [bytes.fromhex(one) for one in inclusion["path"]]
        count = int(inclusion["count"])
        root = included_root(leaf, int(inclusion["index"]), count, path)
        in_tree = root is not None and counted_root(count, root) == header.payload_root
        if not in_tree:
            self._say(what, holds=False)
        elif entry is None or inclusion["salt"] is None:
            self.steps.append(
                Step(what, OPEN, "the record was erased; its leaf is in the envelope")
            )
        else:
            (made,) = record_leaves([bytes.fromhex(inclusion["salt"])], [entry])
            self._say(what, holds=made == leaf)

    def _logged(self, header_bytes: bytes, header: Header) -> None:
        log, what = self._doc["log"], "the envelope is in the evidence log"
        if log is None:
            self.steps.append(Step(what, OPEN, "no leaf names it"))
            return
        data = bytes.fromhex(log["leaf"])
        names = data[9:41] == envelope_id(header_bytes) and data[41:] == header.payload_root
        path = [bytes.fromhex(one) for one in log["path"]]
        root = included_root(log_leaf(data), int(log["index"]), int(log["size"]), path)
        self._say(what, holds=names and root == bytes.fromhex(log["root"]))

    def _receipt(
        self, view: TrustView, told: dict[str, Any], header_bytes: bytes, sent: Header
    ) -> None:
        header = self._signed(view, told, "the partner signed the receipt")
        entry = _bytes(told["entry"])
        self._included(told["inclusion"], entry, header, "the receipt is in its envelope")
        read = decode_entry(entry)
        receipt = decode_control(read.record_type, read.body)
        verdicts = receipt.verdicts if isinstance(receipt, Receipt) else ()
        named = [
            one
            for one in verdicts
            if one.envelope_id == envelope_id(header_bytes)
            and one.payload_root == sent.payload_root
        ]
        if named:
            verdict = Verdict(named[0].verdict).name.lower()
            self.steps.append(Step(f"the receipt says {verdict} of this envelope", SHOWN))
        else:
            why = "another receipt of the same moment"
            self.steps.append(Step("the receipt names this envelope", OPEN, why))

    def _say(self, what: str, *, holds: bool) -> None:
        self.steps.append(Step(what, SHOWN if holds else FALSE))


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
