"""The numbers of the exchange that an operator may change, each with its unit and its reason.

Rules:

* times are milliseconds and end in `_ms`; nothing here is on the wire, so that two nodes with
  different policies still understand each other;
* what a partner must be able to rely on stands in `wire/limits.py` instead.
"""

from dataclasses import dataclass
from typing import Final

from corridor.wire import limits

STREAM_WINDOW: Final = 16_384
"""Envelopes that are kept ahead of a gap: 256 full windows of a sender; further ones are not
kept, their sender repeats them. Bounds the memory of one stream to a few MiB."""

MAX_OPEN_EPOCHS: Final = limits.MAX_RECEIPT_HEADS
"""Epochs of one stream with something missing: a receipt must be able to name them all."""

MAX_PENDING: Final = 256
"""Answers of one kind that wait for a control envelope; what is dropped comes up again."""

CONTROL_CREDIT: Final = 4
"""Control envelopes for one peer that may await the broker's confirm."""

CONTROLS_PER_RECEIPT: Final = 64
"""After so many control envelopes a receipt without verdicts tells how far they are complete, so
that their sender can forget them. 64 to 1, so that receipts of receipts die out."""

MAX_EPOCH_LEAD_S: Final = 400 * 86_400
"""How far ahead of our clock a partner may push our epoch: a clock that was a year wrong."""


@dataclass(frozen=True, slots=True)
class ExchangePolicy:
    """How patient and how eager a node is."""

    lifetime_ms: int = 14 * limits.DAY_MS
    """From creation to expiry of our envelopes; at most `limits.MAX_LIFETIME_MS`. What expires
    unreceipted is sealed anew."""
    window_least: int = 2
    """Unreceipted envelopes that may always be on their way: one travels, one is judged."""
    window_most: int = 64
    window_most_bytes: int = 16 * limits.MIB
    window_slack_ms: int = 300
    """How much longer than the smallest round trip a window reaches: what brokers may queue."""
    bulk_slack_ms: int = 100
    """The same for BULK: so long an URGENT envelope may stand behind it in brokers' queues."""
    bulk_envelope_ms: int = 100
    """A BULK envelope holds what is delivered in so long, 256 KiB at most."""
    bulk_least_bytes: int = 16 * 1024
    """And so much at least: below, what each envelope costs would be all that is done."""
    bulk_per_step: int = 4
    """BULK envelopes sealed in one step: so long an URGENT record waits for the next."""
    unconfirmed_most: int = 16
    """Envelopes for one peer that may await our broker's confirm. Some hundred messages after one
    quorum queue owes it more than 32 confirms, RabbitMQ stops reading from the whole connection,
    and with it for every peer: half of that, so that tries of a gate fit in as well."""
    partial_most: int = 4
    """With so many envelopes of a lane on their way, the next one waits until it is full or one of
    them is receipted: under load fewer and larger envelopes, without a timer."""
    tail_urgent_ms: int = 10_000
    """An URGENT envelope without a receipt is published again after so long, then after twice
    that, and so on."""
    tail_ms: int = 120_000
    tail_most_ms: int = 900_000
    gap_ms: int = 2_000
    """How long a gap may be mere disorder before it is asked for; at once if URGENT waits."""
    gap_most_ms: int = 900_000
    retry_ms: int = 10_000
    """After the broker returned or refused an envelope, the peer rests so long, jittered."""
    retry_most_ms: int = 900_000
    answer_gap_ms: int = 1_000
    """The same question is answered at most this often (duplicates, Resend, StreamOpen)."""
    tell_handover: bool = True
    """Whether partners are told when the national system takes and acknowledges their records."""
    handover_gap_ms: int = 1_000
    """They are told at most this often: what happens in between is told together."""
    envelopes_per_step: int = 16
    """Envelopes sealed in one transaction: what a commit costs is shared, what waits for it is
    not long."""
    repeats_per_step: int = 16
    """Envelopes published again in one step, so that repair never starves what is new."""
    held_per_sender: int = 64
    """Frames held back for one claimed sender before the oldest gives way."""
    held_ms: int = limits.DAY_MS
    """How long a frame is held; by then its sender has repeated it many times."""
