"""How a way stands, in words: what is the cause, and who can do what about it.

Rules:

* a person at the other end of the telephone can do what a cure says;
* what is wrong with the own broker is wrong for every partner, and comes before what is known of
  the way to one.
"""

from collections.abc import Mapping
from typing import Final

from corridor.exchange.cues import Way

CAUSES: Final[Mapping[Way, str]] = {
    Way.OPEN: "",
    Way.NO_BROKER: "the own broker is not connected",
    Way.BLOCKED: "the own broker takes nothing: its disk or memory alarm is on",
    Way.NO_ROUTE: "no link of the partner's broker fetches from the own broker",
    Way.NO_EXCHANGE: "the own broker has no exchange for the partner, or denies writing to it",
    Way.BACKPRESSURE: "the queue towards the partner is full: its broker has not fetched for long",
    Way.UNCONFIRMED: "the own broker answers, but confirms nothing in the queue for the partner",
    Way.SILENT: "the own broker has it; the partner's node has not answered since",
    Way.NO_KEY: "nothing can be sealed for the partner",
    Way.PAUSED: "an operator of this node has paused it: records are kept and wait",
}

CURES: Final[Mapping[Way, str]] = {
    Way.OPEN: "",
    Way.NO_BROKER: "start the own broker; `corridor doctor` names what else is wrong",
    Way.BLOCKED: "free disk or memory of the own broker",
    Way.NO_ROUTE: "call the partner: its broker has no running link to ours",
    Way.NO_EXCHANGE: "`corridor broker check`, then import the rendered definitions again",
    Way.BACKPRESSURE: "call the partner: its broker has to fetch; nothing is lost here",
    Way.UNCONFIRMED: "look at the queue of the partner in the own broker, and at its disk",
    Way.SILENT: "call the partner: its node or its broker's link is down",
    Way.NO_KEY: "ask the partner for its newest key bundle, or import the newest directory",
    Way.PAUSED: "`corridor peer show` says why; `corridor peer resume` sends what waits",
}


def standing_way(way: Way, *, connected: bool, blocked: bool, paused: bool = False) -> Way:
    """Return how the way stands, the own broker included.

    Args:
        way: What is known of the way to the peer.
        connected: Whether our broker is connected.
        blocked: Whether it has said that it takes nothing.
        paused: Whether an operator sends nothing to the peer; it comes before all else, for
            nothing else has to be mended before somebody ends it.
    """
    if paused:
        return Way.PAUSED
    if not connected:
        return Way.NO_BROKER
    return Way.BLOCKED if blocked else way
