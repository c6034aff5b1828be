"""How a way stands, in words."""

import pytest

from builders_exchange import GE, NOW_MS, POLICY
from corridor.exchange import flying
from corridor.exchange.cues import Way
from corridor.exchange.ledger import Steps, standing_of
from corridor.exchange.repair import Gate
from corridor.exchange.way_words import CAUSES, CURES, standing_way

SHUT_WAYS = [way for way in Way if way is not Way.OPEN]


@pytest.mark.parametrize("way", SHUT_WAYS)
def test_every_way_that_is_not_open_has_a_cause_and_a_cure(way: Way) -> None:
    assert CAUSES[way]
    assert CURES[way]


@pytest.mark.parametrize("way", SHUT_WAYS)
def test_a_record_that_waits_is_told_with_the_way_it_waits_for(way: Way) -> None:
    told = standing_of(Steps(NOW_MS), "Georgia", str, way=way)
    assert told.sentence.endswith(" now")
    assert GE[:2] not in told.sentence


@pytest.mark.parametrize(
    ("connected", "blocked", "found"),
    [
        (True, False, Way.NO_ROUTE),
        (True, True, Way.BLOCKED),
        (False, False, Way.NO_BROKER),
        (False, True, Way.NO_BROKER),
    ],
)
def test_what_is_wrong_with_the_own_broker_comes_first(
    connected: object, blocked: object, found: Way
) -> None:
    told = standing_way(Way.NO_ROUTE, connected=bool(connected), blocked=bool(blocked))
    assert told is found


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize(("connected", "blocked"), [(True, False), (True, True), (False, False)])
def test_a_pause_comes_before_all_else(way: Way, connected: object, blocked: object) -> None:
    told = standing_way(way, connected=bool(connected), blocked=bool(blocked), paused=True)
    assert told is Way.PAUSED


@pytest.mark.parametrize(
    ("gate", "unconfirmed", "room"),
    [
        (Gate.OPEN, 0, POLICY.unconfirmed_most),
        (Gate.OPEN, POLICY.unconfirmed_most, 0),
        (Gate.OPEN, POLICY.unconfirmed_most + 3, 0),
        (Gate.TRYING, 0, 1),
        (Gate.TRYING, 1, 0),
        (Gate.SHUT, 0, 0),
        (Gate.STALLED, 0, 0),
    ],
)
def test_so_many_more_may_await_the_confirm(gate: Gate, unconfirmed: int, room: int) -> None:
    assert flying.room(gate, unconfirmed, POLICY) == room
