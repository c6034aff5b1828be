"""Cheap seals for the simulator: real headers and ids, no cryptography.

A frame is a pickle of a real `Header` and of what the envelope holds. Whoever holds the key id it
was sealed to can open it. Nobody in the simulation forges frames; forging is for the vectors.
"""

import pickle
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from corridor.errors import Reason, Refused
from corridor.exchange.parts import Seals
from corridor.seal.envelope import Draft, Opened, Sealed
from corridor.seal.frame import Frame, Header, Recipient
from corridor.transit.parties import Endpoint

ID = bytes(32)


class CheapKey:
    """A signing key or a decryption key that is only its id."""

    def __init__(self, key_id: bytes) -> None:
        self.key_id = key_id
        self.suite = 1
        self.public = key_id


def parse(data: bytes) -> Frame:
    if data[:4] != b"SIM1":
        raise Refused(Reason.MAGIC)
    header, _ = pickle.loads(data[4:])  # noqa: S301 - our own bytes, in one process
    return Frame(header, data[:64], b"", b"", data, sha256(data).digest())


def check_signature(frame: Frame, public: bytes) -> None:
    if frame.header.signer_key_id != public:
        raise Refused(Reason.SIGNATURE)


def open_frame(frame: Frame, recipient: Endpoint, key: Any) -> Opened:
    header, body = pickle.loads(frame.ciphertext[4:])  # noqa: S301 - our own bytes
    if header.recipients[0].endpoint != recipient or header.recipients[0].enc_key_id != key.key_id:
        raise Refused(Reason.WRAP)
    epoch, seq, prev, records = body
    return Opened(epoch, seq, prev, ID, records, header.payload_root)


def seal(draft: Draft, records: Sequence[bytes], key: Any) -> Sealed:
    root = sha256(b"".join(records)).digest()
    header = Header(
        draft.suite, 0, draft.network_id, draft.sender, key.key_id, draft.dir_version,
        draft.dir_hash, draft.bundle_hash, draft.created_ms, draft.expires_ms, draft.lane,
        root, ID, 2048, (Recipient(draft.recipient, draft.enc_key_id, ID),), (), ID,
    )  # fmt: skip
    body = (draft.epoch, draft.seq, draft.prev, tuple(records))
    frame = b"SIM1" + pickle.dumps((header, body), protocol=5)
    return Sealed(sha256(frame).digest(), root, frame, frame[:64], b"")


CHEAP_SEALS = Seals(parse, check_signature, open_frame, seal)
