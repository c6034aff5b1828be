"""What is in flight, and when to come back."""

from hypothesis import given
from hypothesis import strategies as st

from corridor.transport.ledger import (
    ConfirmLedger,
    Settled,
    TagLedger,
    prefetch,
    reconnect_delay,
    shortened,
)
from corridor.wire import limits

GEORGIA = frozenset({"GE"})


def filled(count: int) -> ConfirmLedger:
    ledger = ConfirmLedger()
    for number in range(1, count + 1):
        ledger.add(f"t{number}", f"m{number}", 10, float(number), "GE")
    return ledger


def test_one_confirm_closes_one_message() -> None:
    ledger = filled(3)
    assert ledger.settle(2, multiple=False) == Settled(("t2",), (), GEORGIA)
    assert (len(ledger), ledger.bytes) == (2, 20)


def test_a_confirm_for_several_closes_every_earlier_one_in_order() -> None:
    ledger = filled(4)
    ledger.settle(2, multiple=False)
    assert ledger.settle(3, multiple=True) == Settled(("t1", "t3"), (), GEORGIA)
    assert len(ledger) == 1


def test_a_confirm_that_comes_twice_closes_nothing() -> None:
    ledger = filled(1)
    ledger.settle(1, multiple=False)
    assert ledger.settle(1, multiple=False) == Settled((), ())
    assert ledger.settle(7, multiple=True) == Settled((), ())


def test_a_returned_message_ends_as_returned_and_not_as_confirmed() -> None:
    ledger = filled(3)
    ledger.mark_returned("m2")
    assert ledger.settle(3, multiple=True) == Settled(("t1", "t3"), ("t2",), GEORGIA)


def test_the_oldest_in_flight_tells_since_when() -> None:
    ledger = filled(2)
    assert ledger.oldest_s() == 1.0
    ledger.settle(1, multiple=False)
    assert ledger.oldest_s() == 2.0
    ledger.settle(2, multiple=False)
    assert ledger.oldest_s() is None


def test_a_run_from_the_first_is_acknowledged_at_once_and_the_rest_apart() -> None:
    ledger = TagLedger()
    for tag in range(1, 8):
        ledger.add(tag)
    assert ledger.ack([3, 1, 2, 5, 7]) == [(3, True), (5, False), (7, False)]
    assert ledger.ack([4]) == [(4, False)]
    assert ledger.ack([6, 6]) == [(6, False)]
    assert ledger.ack([6]) == []
    assert len(ledger) == 0


@given(st.lists(st.sets(st.integers(1, 30), min_size=1)), st.integers(1, 30))
def test_acknowledgements_say_exactly_what_was_asked(asked: list[set[int]], last: int) -> None:
    ledger = TagLedger()
    at_broker = set(range(1, last + 1))
    for tag in sorted(at_broker):
        ledger.add(tag)
    for tags in asked:
        wanted = at_broker - tags
        for tag, multiple in ledger.ack(tags):
            assert tag in at_broker  # RabbitMQ closes the channel for a tag it does not know
            closed = {each for each in at_broker if each <= tag} if multiple else {tag}
            at_broker -= closed
        assert at_broker == wanted
        assert len(ledger) == len(at_broker)


def test_waits_grow_from_half_a_second_to_half_a_minute() -> None:
    assert [reconnect_delay(n, 1.0) for n in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert reconnect_delay(10_000, 1.0) == 30


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_a_wait_is_spread_over_its_upper_half(attempt: int, draw: float) -> None:
    ceiling = reconnect_delay(attempt, 1.0)
    assert ceiling / 2 <= reconnect_delay(attempt, draw) <= ceiling


def test_all_links_together_stay_within_the_bytes_and_each_has_one() -> None:
    total = 64 * limits.MAX_FRAME_BYTES
    assert [prefetch(links, 64, total) for links in (0, 1, 2, 39, 64, 500)] == [64, 64, 32, 1, 1, 1]
    assert prefetch(2, 8, total) == 8
    for links in range(1, 65):
        assert links * prefetch(links, 64, total) * limits.MAX_FRAME_BYTES <= total


def test_a_statement_may_be_longer_than_an_envelope() -> None:
    most = limits.DIRECTORY_MAX_BYTES + 8
    assert len(shortened(b"CRT1" + bytes(most))) == most + 1
    assert len(shortened(b"CRD1" + bytes(most))) == limits.MAX_FRAME_BYTES + 1
    whole = bytes(limits.MAX_FRAME_BYTES)
    assert shortened(whole) is whole


# -- what is overdue


def test_what_is_overdue_takes_no_room_and_is_answered_for_all_the_same() -> None:
    ledger = ConfirmLedger()
    ledger.add("a", "1", 100, 1.0, "GE")
    ledger.add("b", "2", 10, 2.0, "AZ")
    ledger.add("c", "3", 1, 3.0, "GE")
    assert ledger.overdue(2.5) == ["a", "b"]
    assert ledger.overdue(2.5) == []
    assert (len(ledger), ledger.late, ledger.bytes, ledger.oldest_s()) == (1, 2, 1, 3.0)
    assert (ledger.has_any("GE"), ledger.has_any("AZ")) == (True, False)
    assert ledger.settle(1, multiple=False).accepted == ("a",)
    assert ledger.settle(3, multiple=True).accepted == ("b", "c")
    assert (len(ledger), ledger.late, ledger.bytes, ledger.oldest_s()) == (0, 0, 0, None)
    assert not ledger.has_any("GE")
