"""What happens to one envelope of ours between the record and the receipt (PROTOCOL §7.1).

Rules:

* CONFIRMED is our own broker's word, RECEIPTED the partner's: only the second ends it;
* a receipt may overtake the confirm, the return and everything else;
* whatever the broker lost, returned or refused waits as READY for the way to open again;
* an envelope that has no receipt in time becomes READY again: identical bytes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.repair import IllegalTransition, jittered_ms
from corridor.exchange.values import ZERO_ID, Family, InFlight, Lane, SealedEnvelope
from corridor.wire import limits


class Stage(StrEnum):
    """Where an envelope of ours is."""

    READY = "ready"
    """Recorded; it may leave."""
    SENT = "sent"
    CONFIRMED = "confirmed"
    DONE = "done"
    """Receipted, replaced or retired; control envelopes: confirmed."""


class Step(StrEnum):
    """What happens to an envelope of ours."""

    PUBLISHED = "published"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    NACKED = "nacked"
    UNCONFIRMED = "unconfirmed"
    LINK_LOST = "link_lost"
    TIME_UP = "time_up"
    ASKED = "asked"
    CLOSED = "closed"


STAGES: Final = {
    (Stage.READY, Step.PUBLISHED): Stage.SENT,
    (Stage.READY, Step.LINK_LOST): Stage.READY,
    (Stage.READY, Step.TIME_UP): Stage.READY,
    (Stage.READY, Step.ASKED): Stage.READY,
    (Stage.READY, Step.CLOSED): Stage.DONE,
    # it was given up while our broker still had it: a late confirm is as good as one in time
    (Stage.READY, Step.CONFIRMED): Stage.CONFIRMED,
    (Stage.READY, Step.UNCONFIRMED): Stage.READY,
    (Stage.READY, Step.RETURNED): Stage.READY,
    (Stage.READY, Step.NACKED): Stage.READY,
    (Stage.SENT, Step.CONFIRMED): Stage.CONFIRMED,
    (Stage.SENT, Step.RETURNED): Stage.READY,
    (Stage.SENT, Step.NACKED): Stage.READY,
    (Stage.SENT, Step.UNCONFIRMED): Stage.READY,
    (Stage.SENT, Step.LINK_LOST): Stage.READY,
    # it still lies with our own broker: a second copy would only lie behind the first
    (Stage.SENT, Step.TIME_UP): Stage.SENT,
    (Stage.SENT, Step.ASKED): Stage.SENT,
    (Stage.SENT, Step.CLOSED): Stage.DONE,
    (Stage.CONFIRMED, Step.TIME_UP): Stage.READY,
    (Stage.CONFIRMED, Step.ASKED): Stage.READY,
    (Stage.CONFIRMED, Step.LINK_LOST): Stage.CONFIRMED,
    # each publishing has one end; what a broker says twice moves nothing
    (Stage.CONFIRMED, Step.CONFIRMED): Stage.CONFIRMED,
    (Stage.CONFIRMED, Step.RETURNED): Stage.CONFIRMED,
    (Stage.CONFIRMED, Step.NACKED): Stage.CONFIRMED,
    (Stage.CONFIRMED, Step.UNCONFIRMED): Stage.CONFIRMED,
    (Stage.CONFIRMED, Step.CLOSED): Stage.DONE,
}


@dataclass(slots=True)
class Flight:
    """An envelope of ours that is not done, as the sender's memory holds it."""

    envelope: InFlight
    stage: Stage = Stage.READY
    repeats: int = 0
    """How often it was published again for want of a receipt."""
    sent_ms: int = 0
    """When it was last published; 0 where it was not, in this run."""
    copies: int = 2
    """How many copies may be under way; of an envelope from a former run, nobody knows."""
    due_ms: int = 0
    """When it is published again without a receipt."""
    answered: bool = False
    """It opened an epoch and is repeated until the peer answers; other control is not."""

    def step(self, step: Step) -> None:
        """Move on.

        Raises:
            IllegalTransition: The table has no such row.
        """
        try:
            self.stage = STAGES[self.stage, step]
        except KeyError:
            raise IllegalTransition(f"{step} while {self.stage}") from None

    def published(self, now_ms: int, policy: ExchangePolicy) -> None:
        """Note that its bytes have been handed to the broker."""
        self.step(Step.PUBLISHED)
        self.sent_ms = now_ms
        self.due_ms = now_ms + self.patience_ms(policy)
        self.repeats += 1
        self.copies += 1

    def not_published(self) -> None:
        """Take `published` back: the publisher had no room."""
        self.step(Step.LINK_LOST)
        self.repeats -= 1
        self.copies -= 1

    def patience_ms(self, policy: ExchangePolicy) -> int:
        """Return how long a receipt is waited for after the publishing now at hand."""
        least_ms = policy.tail_urgent_ms if self.urgent else policy.tail_ms
        if not self.repeats:
            return least_ms
        # drawn from the id: spread over the envelopes, and the same again after a new start
        draw = self.envelope.envelope_id[0] / 256
        return jittered_ms(self.repeats, least_ms, policy.tail_most_ms, draw)

    @property
    def urgent(self) -> bool:
        """Whether somebody waits for it."""
        return self.envelope.lane is Lane.URGENT

    @property
    def is_data(self) -> bool:
        """Whether it holds records that are receipted."""
        return self.envelope.family is Family.DATA


def resumed_flight(envelope: InFlight, now_ms: int, policy: ExchangePolicy) -> Flight:
    """Return an envelope of a former run of the node: its waits go on where they stood.

    What our broker had confirmed waits for its time, so that a new start repeats nothing by
    itself; a gap shows with the StreamOpen of the new epoch. Whatever else there is, is READY.
    """
    flight = Flight(envelope)
    if envelope.published_ms is not None:
        flight.repeats = max(envelope.attempts, 1) - 1
        flight.sent_ms = min(envelope.published_ms, now_ms)
        flight.due_ms = flight.sent_ms + flight.patience_ms(policy)
        flight.repeats += 1
        flight.stage = Stage.CONFIRMED
    return flight


def is_ahead(created_ms: int, now_ms: int) -> bool:
    """Tell whether our clock was ahead when an envelope was made, and has been put right."""
    return created_ms > now_ms + limits.MAX_FUTURE_SKEW_MS // 2


def is_stale(created_ms: int, now_ms: int, policy: ExchangePolicy) -> bool:
    """Tell whether a partner would defer an envelope created then: seal it anew."""
    return is_ahead(created_ms, now_ms) or created_ms + policy.lifetime_ms <= now_ms


def in_flight_of(envelope: SealedEnvelope) -> InFlight:
    """Return what the sender's memory needs of an envelope."""
    return InFlight(
        envelope.position,
        envelope.envelope_id,
        envelope.payload_root,
        len(envelope.frame),
        envelope.lane,
        envelope.family,
        envelope.created_ms,
    )


@dataclass(frozen=True, slots=True)
class OutHead:
    """Where us → peer stands in the epoch of this run."""

    epoch: int
    seq: int = 0
    envelope_id: bytes = ZERO_ID
    created_ms: int = 0

    def after(self, envelope: SealedEnvelope) -> Self:
        """Return the head once `envelope` is recorded."""
        position = envelope.position
        return type(self)(position.epoch, position.seq, envelope.envelope_id, envelope.created_ms)


def next_epoch(last: int, now_ms: int) -> int:
    """Return the epoch after `last`: the Unix time in seconds where that is greater."""
    return max(last + 1, now_ms // 1000)
