"""Where a record stands: over all combinations of steps, the named party and time are right."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import Reason
from corridor.exchange.cues import Way
from corridor.exchange.ledger import (
    Resend,
    Step,
    Steps,
    Turn,
    how_resent,
    standing_of,
    why_not_withdrawn,
)
from corridor.exchange.values import Verdict
from corridor.wire.handover import SILENT, TELLS

TIMES = (10, 20, 30, 40, 50, 60)
WHO = {
    Step.SEALED: Turn.NODE,
    Step.CONFIRMED: Turn.BROKER,
    Step.STORED: Turn.PARTNER_NODE,
    Step.HANDED: Turn.PARTNER_SYSTEM,
    Step.ACKNOWLEDGED: Turn.PARTNER_SYSTEM,
}


def stand(steps: Steps, way: Way = Way.OPEN, *, connected: bool = True) -> tuple[object, ...]:
    found = standing_of(steps, "Georgia", str, way=way, connected=connected)
    return found.missing, found.turn, found.since_ms, found.sentence


@pytest.mark.parametrize(
    ("steps", "stands"),
    [
        (
            Steps(10),
            (Step.SEALED, Turn.NODE, 10, "this node has not sealed it for Georgia since 10"),
        ),
        (
            Steps(10, 20),
            (Step.CONFIRMED, Turn.BROKER, 20, "the own broker has not confirmed it since 20"),
        ),
        (
            Steps(10, 20, 30, 30),
            (
                Step.STORED,
                Turn.PARTNER_NODE,
                30,
                "nobody has answered since 30: Georgia's node has not sent a receipt",
            ),
        ),
        (
            Steps(10, 20, 30, 35),
            (
                Step.STORED,
                Turn.PARTNER_NODE,
                30,
                (
                    "nobody has answered since 30: Georgia's node has not sent a receipt,"
                    " sent again at 35"
                ),
            ),
        ),
        (
            Steps(10, 20, 30, 30, None, Verdict.PARKED),
            (
                Step.STORED,
                Turn.PARTNER_NODE,
                30,
                "Georgia keeps it until what it follows arrives, since 30",
            ),
        ),
        (
            Steps(10, 20, None, None, None, Verdict.DEFERRED, Reason.CREATED_IN_FUTURE),
            (
                Step.STORED,
                Turn.PARTNER_NODE,
                20,
                (
                    "Georgia cannot judge it yet (created_in_future) and judges it again;"
                    " unanswered since 20"
                ),
            ),
        ),
        (
            Steps(10, 20, 30, 30, 40, Verdict.ACCEPTED, telling=TELLS),
            (
                Step.HANDED,
                Turn.PARTNER_SYSTEM,
                40,
                "stored by Georgia; its national system has not taken it since 40",
            ),
        ),
        (
            Steps(10, 20, 30, 30, 40, Verdict.ACCEPTED, None, 50, None, TELLS),
            (
                Step.ACKNOWLEDGED,
                Turn.PARTNER_SYSTEM,
                50,
                "handed to Georgia's national system, which has not acknowledged it since 50",
            ),
        ),
        (
            Steps(10, 20, 30, 30, 40, Verdict.ACCEPTED, None, 50, 60, TELLS),
            (None, Turn.NOBODY, 60, "acknowledged by Georgia's national system at 60"),
        ),
        (
            Steps(10, 20, 30, 30, 40, Verdict.ACCEPTED, telling=SILENT),
            (
                None,
                Turn.NOBODY,
                40,
                "stored and signed for by Georgia; Georgia does not tell what becomes of it",
            ),
        ),
        (
            Steps(10, 20, 30, 30, 40, Verdict.ACCEPTED, None, 50),
            (
                None,
                Turn.NOBODY,
                50,
                (
                    "stored and signed for by Georgia, handed to its national system at 50; Georgia"
                    " has not said that it tells what becomes of it"
                ),
            ),
        ),
        (
            Steps(10, 20, 30, 30, 40, Verdict.REFUSED, Reason.NOT_AUTHORISED),
            (
                None,
                Turn.OWN_SYSTEM,
                40,
                "refused by Georgia at 40: not_authorised; the sender has to act",
            ),
        ),
        (
            Steps(10, 20, 30, 30, 40, Verdict.REFUSED),
            (None, Turn.OWN_SYSTEM, 40, "refused by Georgia at 40; the sender has to act"),
        ),
        (
            Steps(10, receipted_ms=40, verdict=Verdict.REFUSED, reason=Reason.WITHDRAWN),
            (None, Turn.OWN_SYSTEM, 40, "withdrawn at 40; it never left this node"),
        ),
        (
            Steps(10, receipted_ms=40, verdict=Verdict.REFUSED, reason=Reason.AGREEMENT_ENDED),
            (
                None,
                Turn.OWN_SYSTEM,
                40,
                ("given up at 40: the agreement with Georgia had ended; it never left this node"),
            ),
        ),
        (
            Steps(10, 20, 30, 30, 40, Verdict.REFUSED, Reason.UNANSWERED),
            (
                None,
                Turn.OWN_SYSTEM,
                40,
                (
                    "given up at 40: Georgia had not answered when the agreement's time was"
                    " over; whether it has the record is not known"
                ),
            ),
        ),
    ],
)
def test_a_record_stands_where_its_steps_say(steps: Steps, stands: tuple[object, ...]) -> None:
    assert stand(steps) == stands


@pytest.mark.parametrize(
    ("way", "connected", "said"),
    [
        (Way.NO_ROUTE, True, "; the own broker has no link for Georgia now"),
        (Way.BACKPRESSURE, True, "; the queue towards Georgia is full now"),
        (Way.NO_KEY, True, "; nothing can be sealed for Georgia now"),
        (Way.NO_ROUTE, False, "; the own broker cannot be reached now"),
        (Way.OPEN, False, "; the own broker cannot be reached now"),
        (Way.OPEN, True, ""),
    ],
)
def test_what_is_known_of_the_way_stands_beside_the_sentence(
    way: Way,
    connected: bool,  # noqa: FBT001 - a column of the table
    said: str,
) -> None:
    for steps in (Steps(10), Steps(10, 20), Steps(10, 20, 30)):
        bare = stand(steps)
        assert stand(steps, way, connected=connected) == (*bare[:3], f"{bare[3]}{said}")
    ended = Steps(10, 20, 30, 30, 40, Verdict.ACCEPTED, telling=TELLS)
    assert stand(ended, way, connected=connected) == stand(ended)


@pytest.mark.parametrize("connected", [True, False])
def test_a_pause_is_told_of_what_it_keeps_here_and_of_nothing_else(
    connected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    told = stand(Steps(10), Way.PAUSED, connected=connected)
    assert str(told[3]).endswith("; Georgia is paused by an operator here now")
    for steps in (Steps(10, 20), Steps(10, 20, 30)):
        assert stand(steps, Way.PAUSED, connected=connected) == stand(steps, connected=connected)


def every_combination() -> list[Steps]:
    """All that a store can hold, and more: each time there or not, each verdict, each telling."""
    found = []
    maybe = [(None, time) for time in TIMES[1:]]
    for sealed, confirmed, receipted, handed, done in product(*maybe):
        for verdict in (None, *Verdict):
            for telling in (0, TELLS, SILENT):
                if sealed is None and (confirmed or verdict is Verdict.ACCEPTED):
                    continue
                found.append(
                    Steps(
                        10,
                        sealed,
                        confirmed,
                        confirmed,
                        receipted,
                        verdict,
                        None,
                        handed,
                        done,
                        telling,
                    )
                )
    return found


def test_the_party_named_is_the_one_whose_step_is_missing() -> None:
    for steps in every_combination():
        found = standing_of(steps, "Georgia", str)
        if found.missing is not None:
            assert found.turn is WHO[found.missing]
            assert _time_of(steps, found.missing) is None or not steps.is_final
        else:
            assert steps.is_final
        assert str(found.since_ms) in found.sentence or found.missing is None


def _time_of(steps: Steps, step: Step) -> int | None:
    return {
        Step.SEALED: steps.sealed_ms,
        Step.CONFIRMED: steps.confirmed_ms,
        Step.STORED: steps.receipted_ms,
        Step.HANDED: steps.handed_ms,
        Step.ACKNOWLEDGED: steps.acknowledged_ms,
    }.get(step)


@given(st.sampled_from(every_combination()), st.permutations(TIMES[1:]))
def test_since_is_the_time_of_the_latest_step_known(steps: Steps, order: list[int]) -> None:
    """Whatever clocks say: a partner's may lag behind ours."""
    times = dict(zip(TIMES[1:], order, strict=True))
    mixed = Steps(
        steps.accepted_ms,
        times.get(steps.sealed_ms or 0),
        times.get(steps.confirmed_ms or 0),
        times.get(steps.published_ms or 0),
        times.get(steps.receipted_ms or 0),
        steps.verdict,
        None,
        times.get(steps.handed_ms or 0),
        times.get(steps.acknowledged_ms or 0),
        steps.telling,
    )
    taken = [mixed.accepted_ms, mixed.sealed_ms, mixed.confirmed_ms, mixed.receipted_ms]
    if mixed.verdict is Verdict.ACCEPTED:
        taken += [mixed.handed_ms, mixed.acknowledged_ms]
    latest = max(time for time in taken if time is not None)
    assert standing_of(mixed, "Georgia", str).since_ms == latest


# -- withdraw and resend

SEALED = Steps(10, 20, 30, 30)
ACCEPTED = Steps(10, 20, 30, 30, 40, Verdict.ACCEPTED)


def refused(reason: Reason | None) -> Steps:
    return Steps(10, 20, 30, 30, 40, Verdict.REFUSED, reason)


WITHDRAWN = Steps(10, receipted_ms=40, verdict=Verdict.REFUSED, reason=Reason.WITHDRAWN)
PARKED = Steps(10, 20, 30, 30, None, Verdict.PARKED)
DEFERRED = Steps(10, 20, 30, 30, None, Verdict.DEFERRED)


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        (Steps(10), ""),
        (SEALED, "it was sealed at 20 and Georgia may hold it"),
        (ACCEPTED, "it was sealed at 20 and Georgia may hold it"),
        (refused(Reason.RECORD_INVALID), "Georgia refused it at 40"),
        (WITHDRAWN, "it was withdrawn already, at 40"),
        (refused(Reason.UNANSWERED), "it was given up already"),
    ],
)
def test_a_record_is_withdrawn_only_while_nobody_may_hold_it(steps: Steps, why: str) -> None:
    found = why_not_withdrawn(steps, "Georgia", str)
    assert found.startswith(why)
    assert bool(found) is bool(why)


@pytest.mark.parametrize(
    ("steps", "how", "why"),
    [
        (Steps(10), None, "it still waits in this node"),
        (SEALED, Resend.IDENTICAL, ""),
        (DEFERRED, Resend.IDENTICAL, ""),
        (PARKED, None, "Georgia keeps it"),
        (ACCEPTED, None, "Georgia signed for it at 40"),
        (WITHDRAWN, None, "it was withdrawn at 40"),
        (refused(Reason.UNANSWERED), None, "it was given up at 40"),
        (refused(Reason.NOT_AUTHORISED), Resend.ANEW, ""),
        (refused(Reason.PAYLOAD_TAG), Resend.ANEW, ""),
        (refused(Reason.RECORD_INVALID), None, "Georgia refused it at 40, record_invalid"),
        (refused(Reason.RECORD_ID_CONFLICT), None, "Georgia refused it at 40"),
        (refused(None), None, "Georgia refused it at 40, without a reason"),
    ],
)
def test_a_record_is_sent_again_only_where_that_helps(
    steps: Steps, how: Resend | None, why: str
) -> None:
    found, said = how_resent(steps, "Georgia", str, None)
    assert found is how
    assert said.startswith(why)
    assert bool(said) is (how is None)


def test_a_record_that_was_sent_again_is_looked_for_under_its_new_id() -> None:
    found, said = how_resent(refused(Reason.NOT_AUTHORISED), "Georgia", str, b"\xab" * 16)
    assert found is None
    assert "ab" * 16 in said
