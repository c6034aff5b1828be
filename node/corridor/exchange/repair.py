"""Patience: when something is tried again, and when a peer is left in peace (PROTOCOL §7.3).

Rules:

* every wait grows by doubling up to a bound; a random draw is handed in, never taken;
* a gap that closes a little starts its patience anew: repair makes progress;
* a breaker opens at the first return or refusal of the broker and lets one envelope through when
  the wait is over; only that one's confirm closes it.
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
    TRYING = "trying"


class GateCue(StrEnum):
    """What moves a gate."""

    RETURNED = "returned"
    NACKED = "nacked"
    TIME_UP = "time_up"
    CONFIRMED = "confirmed"
    LINK_LOST = "link_lost"


GATES: Final = {
    (Gate.OPEN, GateCue.RETURNED): Gate.SHUT,
    (Gate.OPEN, GateCue.NACKED): Gate.SHUT,
    (Gate.OPEN, GateCue.CONFIRMED): Gate.OPEN,
    (Gate.OPEN, GateCue.LINK_LOST): Gate.OPEN,
    # what left together with the first that came back comes back too
    (Gate.SHUT, GateCue.RETURNED): Gate.SHUT,
    (Gate.SHUT, GateCue.NACKED): Gate.SHUT,
    (Gate.SHUT, GateCue.CONFIRMED): Gate.SHUT,
    (Gate.SHUT, GateCue.TIME_UP): Gate.TRYING,
    (Gate.SHUT, GateCue.LINK_LOST): Gate.SHUT,
    (Gate.TRYING, GateCue.RETURNED): Gate.SHUT,
    (Gate.TRYING, GateCue.NACKED): Gate.SHUT,
    (Gate.TRYING, GateCue.CONFIRMED): Gate.OPEN,
    # the one that was tried is lost with the link: the next one is tried at once
    (Gate.TRYING, GateCue.LINK_LOST): Gate.TRYING,
}

_WAYS: Final = {GateCue.RETURNED: Way.NO_ROUTE, GateCue.NACKED: Way.BACKPRESSURE}


class IllegalTransition(CorridorError):
    """A machine was given a cue that its stage does not know; a mistake of ours."""

    code = "illegal_transition"


@dataclass(frozen=True, slots=True)
class Breaker:
    """The gate to one peer."""

    gate: Gate = Gate.OPEN
    way: Way = Way.OPEN
    attempts: int = 0
    due_ms: int = 0


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
    if gate is Gate.OPEN:
        return Breaker()
    if gate is Gate.SHUT and breaker.gate is not Gate.SHUT:
        wait_ms = jittered_ms(breaker.attempts, policy.retry_ms, policy.retry_most_ms, draw)
        return Breaker(gate, _WAYS[cue], breaker.attempts + 1, now_ms + wait_ms)
    return replace(breaker, gate=gate)
