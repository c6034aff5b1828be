"""How far a record of ours has come, and whose turn it is: one truthful sentence.

Rules:

* the steps are accepted, sealed, confirmed, stored, handed, acknowledged; each follows the one
  before it, and only what has been recorded here counts as taken;
* who is named is whoever has to take the first step that is missing; "since" is the time of the
  latest step that is known, so that "nobody has answered since ..." is always right;
* what is known of the way (no connection, no queue, no key) is said beside it, never instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from corridor.errors import Reason
from corridor.exchange.cues import Way
from corridor.exchange.values import Verdict
from corridor.wire.handover import SILENT, TELLS


class Step(StrEnum):
    """What is taken of the way, or is next."""

    ACCEPTED = "accepted"
    SEALED = "sealed"
    CONFIRMED = "confirmed"
    STORED = "stored"
    HANDED = "handed"
    ACKNOWLEDGED = "acknowledged"


class Turn(StrEnum):
    """Who has to act."""

    NOBODY = "nobody"
    NODE = "node"
    BROKER = "broker"
    PARTNER_NODE = "partner_node"
    PARTNER_SYSTEM = "partner_system"
    OWN_SYSTEM = "own_system"


@dataclass(frozen=True, slots=True)
class Steps:
    """What is known of one record for one partner; times in Unix milliseconds."""

    accepted_ms: int
    sealed_ms: int | None = None
    confirmed_ms: int | None = None
    published_ms: int | None = None
    receipted_ms: int | None = None
    verdict: Verdict | None = None
    reason: Reason | None = None
    handed_ms: int | None = None
    acknowledged_ms: int | None = None
    telling: int = 0

    @property
    def is_final(self) -> bool:
        """Whether the partner, or we, have said the last word on it."""
        return self.verdict is Verdict.ACCEPTED or self.verdict is Verdict.REFUSED


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record stands."""

    missing: Step | None
    """The first step that has not been taken; None where the way has ended."""
    turn: Turn
    since_ms: int
    sentence: str


_WAYS: Final = {
    Way.NO_BROKER: "the own broker cannot be reached",
    Way.BLOCKED: "the own broker takes nothing",
    Way.NO_ROUTE: "the own broker has no link for {partner}",
    Way.NO_EXCHANGE: "the own broker has no exchange for {partner}",
    Way.BACKPRESSURE: "the queue towards {partner} is full",
    Way.UNCONFIRMED: "the own broker confirms nothing for {partner}",
    Way.SILENT: "{partner} is silent",
    Way.NO_KEY: "nothing can be sealed for {partner}",
    Way.PAUSED: "{partner} is paused by an operator here",
}


_OWN_WORD: Final = {
    Reason.WITHDRAWN: "withdrawn at {since}; it never left this node",
    Reason.AGREEMENT_ENDED: "given up at {since}: the agreement with {partner} had ended; it never"
    " left this node",
    Reason.UNANSWERED: "given up at {since}: {partner} had not answered when the agreement's time"
    " was over; whether it has the record is not known",
}
"""The last word on these was ours."""


def standing_of(
    steps: Steps,
    partner: str,
    when: Callable[[int], str],
    *,
    way: Way = Way.OPEN,
    connected: bool = True,
) -> Standing:
    """Say where a record stands.

    Args:
        steps: What is known of it.
        partner: Whom it is for, as people call it: "Georgia".
        when: How a time is written.
        way: How the way to the partner is now.
        connected: Whether our broker can be reached now.
    """
    missing, turn = _missing(steps)
    since_ms = _since(steps)
    sentence = _sentence(steps, missing, partner, when, since_ms)
    if turn in {Turn.NODE, Turn.BROKER, Turn.PARTNER_NODE}:
        if way is Way.PAUSED and turn is not Turn.NODE:
            way = Way.OPEN  # it left before the pause
        if not connected and way is not Way.PAUSED:
            way = Way.NO_BROKER
        if way is not Way.OPEN:
            sentence += f"; {_WAYS[way].format(partner=partner)} now"
    return Standing(missing, turn, since_ms, sentence)


def _missing(steps: Steps) -> tuple[Step | None, Turn]:
    if steps.verdict is Verdict.REFUSED:
        return None, Turn.OWN_SYSTEM
    if steps.verdict is Verdict.ACCEPTED:
        if steps.acknowledged_ms is not None or steps.telling != TELLS:
            return None, Turn.NOBODY
        step = Step.ACKNOWLEDGED if steps.handed_ms is not None else Step.HANDED
        return step, Turn.PARTNER_SYSTEM
    if steps.sealed_ms is None:
        return Step.SEALED, Turn.NODE
    # whatever the partner answered, our broker had it
    if steps.confirmed_ms is None and steps.verdict is None:
        return Step.CONFIRMED, Turn.BROKER
    return Step.STORED, Turn.PARTNER_NODE


def _since(steps: Steps) -> int:
    """Return the time of the latest step that is known."""
    times = [steps.accepted_ms, steps.sealed_ms, steps.confirmed_ms, steps.receipted_ms]
    if steps.verdict is Verdict.ACCEPTED:
        times += [steps.handed_ms, steps.acknowledged_ms]
    return max(time for time in times if time is not None)


def _sentence(
    steps: Steps,
    missing: Step | None,
    partner: str,
    when: Callable[[int], str],
    since_ms: int,
) -> str:
    since = when(since_ms)
    if missing is None:
        return _ended(steps, partner, when, since)
    if missing is Step.SEALED:
        return f"this node has not sealed it for {partner} since {since}"
    if missing is Step.CONFIRMED:
        return f"the own broker has not confirmed it since {since}"
    if missing is Step.STORED:
        return _unsigned(steps, partner, when, since)
    if missing is Step.HANDED:
        return f"stored by {partner}; its national system has not taken it since {since}"
    return f"handed to {partner}'s national system, which has not acknowledged it since {since}"


def _ended(steps: Steps, partner: str, when: Callable[[int], str], since: str) -> str:
    if steps.verdict is Verdict.REFUSED and steps.reason in _OWN_WORD:
        return _OWN_WORD[steps.reason].format(partner=partner, since=since)
    if steps.verdict is Verdict.REFUSED:
        why = f": {steps.reason.label}" if steps.reason else ""
        return f"refused by {partner} at {since}{why}; the sender has to act"
    if steps.acknowledged_ms is not None:
        return f"acknowledged by {partner}'s national system at {when(steps.acknowledged_ms)}"
    handed = (
        f", handed to its national system at {when(steps.handed_ms)}" if steps.handed_ms else ""
    )
    tells = "does not tell" if steps.telling == SILENT else "has not said that it tells"
    return f"stored and signed for by {partner}{handed}; {partner} {tells} what becomes of it"


def _unsigned(steps: Steps, partner: str, when: Callable[[int], str], since: str) -> str:
    why = f" ({steps.reason.label})" if steps.reason else ""
    if steps.verdict is Verdict.PARKED:
        return f"{partner} keeps it until what it follows arrives{why}, since {since}"
    if steps.verdict is Verdict.DEFERRED:
        return f"{partner} cannot judge it yet{why} and judges it again; unanswered since {since}"
    published = steps.published_ms
    again = ""
    if published is not None and steps.confirmed_ms is not None and published > steps.confirmed_ms:
        again = f", sent again at {when(published)}"
    return f"nobody has answered since {since}: {partner}'s node has not sent a receipt{again}"


# -- what an officer may do about it

_MAY_HAVE_GONE: Final = frozenset(
    {
        Reason.CREATED_IN_FUTURE,
        Reason.EXPIRED,
        Reason.LIFETIME,
        Reason.NOT_AUTHORISED,
        Reason.NO_AGREEMENT,
        Reason.RECORD_TYPE,
        Reason.STORE_FULL,
        Reason.DIRECTORY_UNKNOWN,
        Reason.KEY_COMMIT,
        Reason.PAYLOAD_TAG,
        Reason.PADDING,
        Reason.BATCH,
        Reason.PAYLOAD_ROOT,
    }
)
"""Of an agreement, of time or of the envelope: the same record may be taken another time."""


class Resend(StrEnum):
    """How a record is sent again."""

    ANEW = "anew"
    """In a new record that names the old one as superseded: a final verdict stands (§6.1)."""
    IDENTICAL = "identical"
    """The same bytes are published once more."""


def why_not_withdrawn(steps: Steps, partner: str, when: Callable[[int], str]) -> str:
    """Say why a record cannot be withdrawn; empty where it can."""
    if steps.reason is Reason.WITHDRAWN:
        return f"it was withdrawn already, at {when(_since(steps))}"
    if steps.verdict is Verdict.REFUSED and steps.reason in _OWN_WORD:
        return "it was given up already: there is nothing to withdraw"
    if steps.verdict is Verdict.REFUSED:
        return f"{partner} refused it at {when(_since(steps))}: there is nothing to withdraw"
    if steps.sealed_ms is not None:
        return (
            f"it was sealed at {when(steps.sealed_ms)} and {partner} may hold it; send a"
            " CancellationDecision, or a record that supersedes it"
        )
    return ""


def how_resent(  # noqa: PLR0911 - one sentence for each case
    steps: Steps, partner: str, when: Callable[[int], str], again: bytes | None
) -> tuple[Resend | None, str]:
    """Return how a record is sent again, or why not."""
    at = when(_since(steps))
    if again is not None:
        return None, f"it was sent again as {again.hex()}: look at that one"
    if steps.verdict is Verdict.ACCEPTED:
        return None, f"{partner} signed for it at {at}: there is nothing to send again"
    if steps.verdict is Verdict.REFUSED and steps.reason in _OWN_WORD:
        word = "withdrawn" if steps.reason is Reason.WITHDRAWN else "given up"
        return None, f"it was {word} at {at}; submit it under a new record id"
    if steps.verdict is Verdict.REFUSED:
        if steps.reason in _MAY_HAVE_GONE:
            return Resend.ANEW, ""
        why = steps.reason.label if steps.reason else "without a reason that this node knows"
        return None, f"{partner} refused it at {at}, {why}: the record itself has to be mended"
    if steps.verdict is Verdict.PARKED:
        return None, f"{partner} keeps it until what it follows arrives; it needs no second copy"
    if steps.sealed_ms is None:
        return None, "it still waits in this node and leaves by itself as soon as it can"
    return Resend.IDENTICAL, ""
