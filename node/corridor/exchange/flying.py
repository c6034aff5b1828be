"""What may be said of all envelopes of ours to one peer that are under way (PROTOCOL §7.1).

Rules:

* at most `unconfirmed_most` await our broker's confirm: a queue of the peer that does not answer
  takes no more than that of the connection that all peers share;
* while a gate is tried, one envelope is out.
"""

from collections.abc import Iterable
from typing import Final

from corridor.exchange.outgoing import Flight, Stage, Step
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.repair import SHUT_GATES, Gate, GateCue

STEPS: Final = {
    GateCue.RETURNED: Step.RETURNED,
    GateCue.ABSENT: Step.RETURNED,
    GateCue.NACKED: Step.NACKED,
    GateCue.UNCONFIRMED: Step.UNCONFIRMED,
}
"""What happens to an envelope that moves a gate by coming back."""


def sent(flights: Iterable[Flight]) -> int:
    """Return how many were published and await our broker's confirm."""
    return sum(flight.stage is Stage.SENT for flight in flights)


def any_trying(flights: Iterable[Flight]) -> bool:
    """Whether something can answer for the way; a receipt may have overtaken the confirm."""
    return any(flight.stage in (Stage.READY, Stage.SENT) for flight in flights)


def room(gate: Gate, unconfirmed: int, policy: ExchangePolicy) -> int:
    """Return how many more may be published while `unconfirmed` await the confirm."""
    if gate in SHUT_GATES:
        return 0
    most = policy.unconfirmed_most if gate is Gate.OPEN else 1
    return max(0, most - unconfirmed)


def unanswered_due_ms(flights: Iterable[Flight], heard_ms: int) -> int:
    """Return when something is repeated to a peer that owes an answer; 0 where it owes none.

    It owes one when records were published to it more than once and it has said nothing since.
    """
    due = [
        flight.due_ms
        for flight in flights
        if flight.is_data and flight.repeats > 1 and flight.sent_ms > heard_ms
    ]
    return min(due, default=0)
