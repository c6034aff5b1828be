"""An epoch is opened until its StreamOpen is answered (PROTOCOL §6.3, rule 2)."""

import pytest

from builders_exchange import EPOCH, NOW_MS, POLICY, correspondent, ident, in_flight, sealed
from corridor.exchange.correspondent import Correspondent
from corridor.exchange.outgoing import Flight
from corridor.exchange.values import ZERO_ID, Family, Head, Position


@pytest.fixture
def peer() -> Correspondent:
    return correspondent()


def opening(peer: Correspondent, seq: int, now_ms: int = NOW_MS) -> Flight:
    """An envelope with a StreamOpen that our broker has had since `now_ms`."""
    envelope = sealed(seq, family=Family.CONTROL, created_ms=now_ms)
    flight = peer.sealed(envelope, opening=True, receipt=False)
    peer.dues.announced = True
    flight.published(now_ms, POLICY)
    peer.confirmed(ident(seq), now_ms)
    return flight


def unopened(peer: Correspondent, seq: int) -> None:
    """The peer cannot open the opening at `seq`."""
    peer.cannot_be_opened(in_flight(seq, family=Family.CONTROL), NOW_MS)
    peer.anew.drop(Position(EPOCH, seq))


def answered(peer: Correspondent) -> None:
    peer.told_head(Head(EPOCH, 0, ZERO_ID), NOW_MS, known=False)


def test_the_first_of_an_epoch_is_repeated_as_it_is(peer: Correspondent) -> None:
    flight = opening(peer, 1)
    peer.wake_up(flight.due_ms)
    assert peer.ready() == [flight]
    assert peer.opening == ident(1)
    assert peer.dues.announced


def test_one_that_is_not_the_first_is_written_anew_instead(peer: Correspondent) -> None:
    flight = opening(peer, 2)
    peer.wake_up(flight.due_ms - 1)
    assert peer.opening == ident(2)
    assert peer.dues.announced
    peer.wake_up(flight.due_ms)
    assert (peer.opening, peer.flights) == (None, {})
    assert not peer.dues.announced
    assert peer.anew.positions == {}


def test_what_is_written_anew_waits_as_long_as_if_it_had_been_repeated(
    peer: Correspondent,
) -> None:
    waits, now_ms = [], NOW_MS
    for seq in range(2, 8):
        flight = opening(peer, seq, now_ms)
        waits.append((flight.due_ms - now_ms) // 1_000)
        now_ms = flight.due_ms
        peer.wake_up(now_ms)
    for wait, whole in zip(waits, [120, 240, 480, 900, 900, 900], strict=True):
        assert whole / 2 - 1 <= wait <= whole


def test_an_answer_begins_those_waits_anew(peer: Correspondent) -> None:
    first = opening(peer, 2)
    peer.wake_up(first.due_ms)
    second = opening(peer, 3, first.due_ms)
    assert second.repeats == 2
    answered(peer)
    assert peer.opening is None
    assert opening(peer, 4).repeats == 1


def test_so_does_another_epoch(peer: Correspondent) -> None:
    first = opening(peer, 2)
    peer.wake_up(first.due_ms)
    peer.jump(EPOCH + 5, NOW_MS)
    envelope = sealed(1, family=Family.CONTROL, position=Position(EPOCH + 6, 1))
    assert peer.sealed(envelope, opening=True, receipt=False).repeats == 0


def test_other_control_is_never_counted_as_an_opening(peer: Correspondent) -> None:
    first = opening(peer, 2)
    peer.wake_up(first.due_ms)
    envelope = sealed(3, family=Family.CONTROL)
    assert peer.sealed(envelope, opening=False, receipt=False).repeats == 0


def test_an_opening_that_could_not_be_opened_is_followed_by_one_that_is_not_the_first(
    peer: Correspondent,
) -> None:
    opening(peer, 1)
    unopened(peer, 1)
    assert not peer.dues.announced
    second = opening(peer, 2)
    peer.wake_up(second.due_ms)
    assert (peer.opening, peer.flights) == (None, {})
    assert not peer.dues.announced
