"""Patience: when something is tried again, and when a peer is left in peace (PROTOCOL §7.3).

Rules:

* every wait grows by doubling up to a bound; a random draw is handed in, never taken;
* a gap that closes a little starts its patience anew: repair makes progress;
* a breaker opens at the first return or refusal of the broker, or where a confirm stays away, and
  lets one envelope through when the wait is over; only a confirm closes it;
* attempts are forgotten with a confirm and with nothing else: neither a new connection nor a new
  start of the node begins the ladder anew.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from corridor.errors import CorridorError
from corridor.exchange.cues import Way
from corridor.exchange.policy import ExchangePolicy

_MOST_DOUBLINGS: Final = 32


def backoff_ms(attempt: int, least_ms: int, most_ms: int) -> int:
    """Return the wait before attempt number `attempt` (from 0): doubling, bounded."""
    return min(most_ms, least_ms << min(attempt, _MOST_DOUBLINGS))


def jittered_ms(attempt: int, least_ms: int, most_ms: int, draw: float) -> int:
    """Return `backoff_ms` between a half and the whole of it; `draw` is uniform in [0, 1)."""
    return round(backoff_ms(attempt, least_ms, most_ms) * (0.5 + draw / 2))


# --- gaps ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GapWatch:
    """A gap in one epoch of a peer's stream, and when it is asked for."""

    gaps: tuple[tuple[int, int], ...]
    due_ms: int
    attempts: int = 0


def watch_gap(
    watch: GapWatch | None,
    gaps: tuple[tuple[int, int], ...],
    *,
    urgent: bool,
    now_ms: int,
    policy: ExchangePolicy,
) -> GapWatch | None:
    """Return the watch over what is missing now; None where nothing is."""
    if not gaps:
        return None
    if watch is not None and watch.gaps[0][0] == gaps[0][0]:
        due_ms = min(watch.due_ms, now_ms) if urgent and not watch.attempts else watch.due_ms
        return replace(watch, gaps=gaps, due_ms=due_ms)
    return GapWatch(gaps, now_ms if urgent else now_ms + policy.gap_ms)


def asked(watch: GapWatch, now_ms: int, policy: ExchangePolicy) -> GapWatch:
    """Return the watch after a Resend has left."""
    wait_ms = backoff_ms(watch.attempts, policy.gap_ms, policy.gap_most_ms)
    return replace(watch, due_ms=now_ms + wait_ms, attempts=watch.attempts + 1)


# --- breaker ------------------------------------------------------------------------------------


class Gate(StrEnum):
    """Whether a peer's envelopes may be published."""

    OPEN = "open"
    SHUT = "shut"
    STALLED = "stalled"
    """Shut, and our broker still has what it has not confirmed: a late confirm opens it."""
    TRYING = "trying"


class GateCue(StrEnum):
    """What moves a gate."""

    RETURNED = "returned"
    NACKED = "nacked"
    ABSENT = "absent"
    """Our broker has no exchange for the peer, or does not let us write to it."""
    UNCONFIRMED = "unconfirmed"
    """Our broker answers, but not for this envelope."""
    TIME_UP = "time_up"
    CONFIRMED = "confirmed"
    NOTHING_LEFT = "nothing_left"
    """Nothing of the peer is there to be tried."""
    LINK_LOST = "link_lost"


GATES: Final = {
    (Gate.OPEN, GateCue.RETURNED): Gate.SHUT,
    (Gate.OPEN, GateCue.NACKED): Gate.SHUT,
    (Gate.OPEN, GateCue.ABSENT): Gate.SHUT,
    (Gate.OPEN, GateCue.UNCONFIRMED): Gate.STALLED,
    (Gate.OPEN, GateCue.CONFIRMED): Gate.OPEN,
    (Gate.OPEN, GateCue.LINK_LOST): Gate.OPEN,
    # what left together with the first that came back comes back too
    (Gate.SHUT, GateCue.RETURNED): Gate.SHUT,
    (Gate.SHUT, GateCue.NACKED): Gate.SHUT,
    (Gate.SHUT, GateCue.ABSENT): Gate.SHUT,
    (Gate.SHUT, GateCue.UNCONFIRMED): Gate.SHUT,
    (Gate.SHUT, GateCue.CONFIRMED): Gate.SHUT,
    (Gate.SHUT, GateCue.TIME_UP): Gate.TRYING,
    (Gate.SHUT, GateCue.LINK_LOST): Gate.SHUT,
    (Gate.STALLED, GateCue.RETURNED): Gate.SHUT,
    (Gate.STALLED, GateCue.NACKED): Gate.SHUT,
    (Gate.STALLED, GateCue.ABSENT): Gate.SHUT,
    (Gate.STALLED, GateCue.UNCONFIRMED): Gate.STALLED,
    (Gate.STALLED, GateCue.CONFIRMED): Gate.OPEN,
    (Gate.STALLED, GateCue.TIME_UP): Gate.TRYING,
    # with the link goes what was not confirmed: the wait stands, a late confirm comes no more
    (Gate.STALLED, GateCue.LINK_LOST): Gate.SHUT,
    (Gate.TRYING, GateCue.RETURNED): Gate.SHUT,
    (Gate.TRYING, GateCue.NACKED): Gate.SHUT,
    (Gate.TRYING, GateCue.ABSENT): Gate.SHUT,
    (Gate.TRYING, GateCue.UNCONFIRMED): Gate.STALLED,
    (Gate.TRYING, GateCue.CONFIRMED): Gate.OPEN,
    (Gate.TRYING, GateCue.NOTHING_LEFT): Gate.OPEN,
    # the one that was tried is lost with the link: the next one is tried at once
    (Gate.TRYING, GateCue.LINK_LOST): Gate.TRYING,
}

SHUT_GATES: Final = frozenset({Gate.SHUT, Gate.STALLED})

_WAYS: Final = {
    GateCue.RETURNED: Way.NO_ROUTE,
    GateCue.NACKED: Way.BACKPRESSURE,
    GateCue.ABSENT: Way.NO_EXCHANGE,
    GateCue.UNCONFIRMED: Way.UNCONFIRMED,
}


class IllegalTransition(CorridorError):
    """A machine was given a cue that its stage does not know; a mistake of ours."""

    code = "illegal_transition"


@dataclass(frozen=True, slots=True)
class Breaker:
    """The gate to one peer."""

    gate: Gate = Gate.OPEN
    way: Way = Way.OPEN
    """Why it was shut, until a confirm; OPEN since then."""
    attempts: int = 0
    """Waits since the last confirm."""
    due_ms: int = 0
    """When the next is tried."""
    since_ms: int = 0
    """When it was first shut after a confirm; 0 where it was not."""


def turn(
    breaker: Breaker, cue: GateCue, now_ms: int, draw: float, policy: ExchangePolicy
) -> Breaker:
    """Return the breaker after `cue`; `draw` is uniform in [0, 1).

    Raises:
        IllegalTransition: The table has no such row.
    """
    try:
        gate = GATES[breaker.gate, cue]
    except KeyError:
        raise IllegalTransition(f"{cue} while {breaker.gate}") from None
    if cue is GateCue.CONFIRMED and gate is Gate.OPEN:
        return Breaker()
    if gate in SHUT_GATES and breaker.gate not in SHUT_GATES:
        wait_ms = jittered_ms(breaker.attempts, policy.retry_ms, policy.retry_most_ms, draw)
        since_ms = breaker.since_ms or now_ms
        return Breaker(gate, _WAYS[cue], breaker.attempts + 1, now_ms + wait_ms, since_ms)
    if gate is Gate.SHUT and breaker.gate is Gate.STALLED and cue in _WAYS:
        return replace(breaker, gate=gate, way=_WAYS[cue])
    return replace(breaker, gate=gate)


def resumed(breaker: Breaker, now_ms: int, policy: ExchangePolicy) -> Breaker:
    """Return the breaker that a former run of the node left behind.

    The ladder goes on where it stood: what was shut waits out its time, counted anew only where
    the clock says that it lies further ahead than the wait of its rung: the clock was set back. A
    former run's link is gone, and with it what was tried over it.
    """
    if not breaker.attempts:
        return Breaker()
    longest_ms = backoff_ms(breaker.attempts - 1, policy.retry_ms, policy.retry_most_ms)
    return replace(breaker, gate=Gate.SHUT, due_ms=min(breaker.due_ms, now_ms + longest_ms))
