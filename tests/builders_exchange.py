"""Values for tests of the exchange, each with a default that is boring."""
# ruff: noqa: ANN401 - `**changes` are fields of whatever is built

from dataclasses import replace
from hashlib import sha256
from typing import Any

from corridor.exchange.content import JudgedRecord
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.dues import Known
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.receive import Judged
from corridor.exchange.values import (
    ZERO_ID,
    EnvelopeVerdict,
    Family,
    Head,
    InFlight,
    InStream,
    Lane,
    Position,
    SealedEnvelope,
    Verdict,
)
from corridor.seal.frame import Frame, Header, Recipient
from corridor.transit.parties import Endpoint
from corridor.wire.limits import DAY_MS

GE = Endpoint("GE.RS")
TR = Endpoint("TR.GTB")
NOW_S = 1_800_000_000
NOW_MS = NOW_S * 1000
EPOCH = NOW_S
"""The epoch that a node begins at NOW_MS."""
POLICY = ExchangePolicy()
NOTHING_BEFORE = Head(0, 0, ZERO_ID)


def ident(number: int) -> bytes:
    """The id of an envelope."""
    return sha256(b"envelope %d" % number).digest()


def sealed(seq: int, **changes: Any) -> SealedEnvelope:
    """An envelope of ours at (EPOCH, seq) with one record, made at NOW_MS."""
    boring = SealedEnvelope(
        peer=GE,
        position=Position(EPOCH, seq),
        prev=ident(seq - 1) if seq > 1 else ZERO_ID,
        envelope_id=ident(seq),
        payload_root=sha256(b"root %d" % seq).digest(),
        frame=b"frame %d" % seq,
        family=Family.DATA,
        lane=Lane.ROUTINE,
        created_ms=NOW_MS,
        rows=(seq,),
    )
    return replace(boring, **changes)


def in_flight(seq: int, **changes: Any) -> InFlight:
    """An envelope of ours as the sender's memory knows it."""
    boring = InFlight(
        position=Position(EPOCH, seq),
        envelope_id=ident(seq),
        payload_root=sha256(b"root %d" % seq).digest(),
        size_bytes=1000,
        lane=Lane.ROUTINE,
        family=Family.DATA,
        created_ms=NOW_MS,
    )
    return replace(boring, **changes)


def verdict(seq: int, **changes: Any) -> EnvelopeVerdict:
    """A verdict on the envelope at (EPOCH, seq)."""
    boring = EnvelopeVerdict(
        Position(EPOCH, seq), ident(seq), sha256(b"root %d" % seq).digest(), Verdict.ACCEPTED
    )
    return replace(boring, **changes)


def known(*owed: EnvelopeVerdict, **changes: Any) -> Known:
    """What the store knows for a peer: these verdicts are owed, nothing else has happened."""
    boring = Known(owed, (), NOTHING_BEFORE, (0, ZERO_ID))
    return replace(boring, **changes)


def stream(epoch: int = EPOCH, complete_to: int = 0, **changes: Any) -> InStream:
    """What we hold of an epoch of the peer, complete up to there."""
    head_id = ident(complete_to) if complete_to else ZERO_ID
    boring = InStream(GE, epoch, complete_to, head_id, complete_to)
    return replace(boring, **changes)


def header(**changes: Any) -> Header:
    """What GE writes on an envelope for us, who are TR."""
    boring = Header(
        suite=2,
        flags=0,
        network_id=b"n" * 16,
        sender=GE,
        signer_key_id=b"s" * 16,
        dir_version=3,
        dir_hash=b"d" * 32,
        bundle_hash=b"b" * 32,
        created_ms=NOW_MS,
        expires_ms=NOW_MS + DAY_MS,
        lane=Lane.ROUTINE,
        payload_root=b"r" * 32,
        key_commit=b"c" * 32,
        padded_len=2048,
        recipients=(
            Recipient(Endpoint("AZ.SCC"), b"a" * 16, bytes(32)),
            Recipient(TR, b"k" * 16, bytes(32)),
        ),
        wraps=(),
        ct_digest=bytes(32),
    )
    return replace(boring, **changes)


def frame(**changes: Any) -> Frame:
    """A parsed frame with such a header."""
    return Frame(header(**changes), b"header", b"core", b"signature", b"ct", ident(1))


def judged(*records: JudgedRecord, **changes: Any) -> Judged:
    """An envelope of GE at (EPOCH, 1) that holds these records."""
    boring = Judged(
        link=GE.country,
        data=b"frame",
        frame=frame(),
        peer=GE,
        position=Position(EPOCH, 1),
        prev=ZERO_ID,
        seed=b"seed" * 8,
        family=Family.DATA,
        records=records,
    )
    return replace(boring, **changes)


def correspondent(before: Head = NOTHING_BEFORE, **policy: Any) -> Correspondent:
    """A peer with an agreement, in the epoch of NOW_MS, whose StreamOpen is out and answered."""
    peer = Correspondent(GE, replace(POLICY, **policy), before, NOW_MS)
    peer.allowed = True
    peer.dues.announced = True
    return peer
