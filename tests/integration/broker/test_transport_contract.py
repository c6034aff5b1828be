"""What the port promises, kept by the broker in memory and by RabbitMQ alike."""

import threading

import pytest

from corridor.errors import LinkTrouble
from corridor.transit.parties import CountryCode
from corridor.wire import limits
from testkit.loops import asked
from testkit.networks import AZ, GE, TR, MemoryNetwork


def test_what_is_published_arrives_in_order_and_is_confirmed(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    sending = network.sending()
    bodies = [b"%04d" % number for number in range(200)]
    for number, body in enumerate(bodies):
        assert sending.publish(number, "GE", body)
    sending.wait_for("confirmed", 200)
    reading.wait_deliveries(200)
    assert reading.bodies() == bodies
    assert sorted(sending.of("confirmed")) == list(range(200))
    assert sending.publisher.in_flight == 0


def test_a_delivery_names_the_link_it_came_over(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    sending = network.sending()
    sending.publish(1, "GE", b"x", message_id="00ff")
    reading.wait_deliveries(1)
    (delivery,) = reading.deliveries
    assert (delivery.link, delivery.queue) == ("TR", "inbox.TR")
    assert delivery.message_id == "00ff"


def test_an_envelope_of_a_mebibyte_arrives_as_it_was(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    sending = network.sending()
    body = bytes(range(256)) * 4096
    sending.publish(1, "GE", body)
    reading.wait_deliveries(1)
    assert reading.bodies() == [body]


def test_a_partner_without_a_link_returns_what_is_sent(network: MemoryNetwork) -> None:
    sending = network.sending()
    for number in range(20):
        sending.publish(number, "AZ", b"x")
    sending.wait_for("returned", 20)
    assert sorted(sending.of("returned")) == list(range(20))
    assert sending.of("confirmed") == []
    assert sending.of("lost") == []


def test_a_country_nobody_has_heard_of_returns_and_the_others_go_on(network: MemoryNetwork) -> None:
    network.reading(TR)
    sending = network.sending()
    sending.publish("stranger", "XX", b"x")
    sending.wait(lambda: bool(sending.of("returned") or sending.of("lost")))
    sending.wait(lambda: len(sending.of("ready")) > len(sending.of("lost")))
    sending.publish("again", "XX", b"x")
    sending.publish("friend", "GE", b"x")
    sending.wait_for("confirmed")
    sending.wait(lambda: "again" in {*sending.of("returned"), *sending.of("absent")})
    assert sending.of("confirmed") == ["friend"]


def test_what_was_acknowledged_does_not_come_again(network: MemoryNetwork) -> None:
    first = network.reading(TR)
    sending = network.sending()
    for number in range(10):
        sending.publish(number, "GE", b"%d" % number)
    first.wait_deliveries(10)
    assert first.consumer.stop(5)
    second = network.reading(TR)
    sending.publish(10, "GE", b"last")
    second.wait_deliveries(1)
    assert second.bodies() == [b"last"]


def test_what_was_not_acknowledged_comes_again_in_order(network: MemoryNetwork) -> None:
    first = network.reading(TR, acknowledges=False)
    sending = network.sending()
    for number in range(6):
        sending.publish(number, "GE", b"%d" % number)
    first.wait_deliveries(6)
    odd = [each for each in first.deliveries if int(each.body) % 2]
    asked(first.consumer, lambda: first.consumer.ack(odd))
    assert first.consumer.stop(5)
    second = network.reading(TR)
    second.wait_deliveries(3)
    assert second.bodies() == [b"0", b"2", b"4"]


def test_acknowledging_twice_or_after_a_loss_is_harmless(network: MemoryNetwork) -> None:
    reading = network.reading(TR, acknowledges=False)
    sending = network.sending()
    sending.publish(1, "GE", b"one")
    reading.wait_deliveries(1)
    old = list(reading.deliveries)
    network.lose_connections("ge")
    reading.wait_for("ready", 2)
    reading.wait_deliveries(2)
    asked(reading.consumer, lambda: reading.consumer.ack(old))
    fresh = reading.deliveries[1:]
    for _ in range(2):
        asked(reading.consumer, lambda: reading.consumer.ack(fresh))
    sending.publish(2, "GE", b"two")
    reading.wait_deliveries(3)
    assert reading.bodies() == [b"one", b"one", b"two"]
    assert len(reading.of("lost")) == 1


def test_a_lost_publisher_says_so_and_comes_back_by_itself(network: MemoryNetwork) -> None:
    network.reading(TR)
    sending = network.sending()
    network.lose_connections("tr")
    sending.wait_for("lost")
    sending.wait_for("ready", 2)
    assert sending.publish(1, "GE", b"x")
    sending.wait_for("confirmed")


def test_inboxes_of_new_partners_are_read_while_running(network: MemoryNetwork) -> None:
    reading = network.reading()
    sending = network.sending()
    sending.publish(1, "GE", b"x")
    sending.wait_for("confirmed")
    assert reading.deliveries == []
    asked(reading.consumer, lambda: reading.consumer.set_links([TR]))
    reading.wait_deliveries(1)
    assert reading.of("links")[-1] == frozenset([TR])


def test_an_inbox_that_does_not_exist_does_not_disturb_the_others(network: MemoryNetwork) -> None:
    reading = network.reading(CountryCode("XX"), TR)
    sending = network.sending()
    sending.publish(1, "GE", b"x")
    reading.wait_deliveries(1)
    assert reading.of("links") == [frozenset([TR])]
    assert reading.of("lost") == []


def test_a_partner_taken_away_is_read_no_more(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    reading.wait_links("TR")
    asked(reading.consumer, lambda: reading.consumer.set_links([]))
    reading.wait_links()
    sending = network.sending()
    sending.publish(1, "GE", b"x")
    sending.wait_for("confirmed")
    assert reading.deliveries == []


def test_a_paused_consumer_takes_nothing_until_it_resumes(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    reading.wait_links("TR")
    asked(reading.consumer, reading.consumer.pause)
    sending = network.sending()
    sending.publish(1, "GE", b"x")
    sending.wait_for("confirmed")
    assert reading.deliveries == []
    asked(reading.consumer, reading.consumer.resume)
    reading.wait_deliveries(1)


def test_what_is_unacknowledged_is_bounded_as_if_each_were_the_largest(
    network: MemoryNetwork,
) -> None:
    bound = 4 * limits.MAX_FRAME_BYTES
    reading = network.reading(TR, acknowledges=False, unacked_bytes=bound)
    sending = network.sending()
    for number in range(12):
        sending.publish(number, "GE", b"%d" % number)
    sending.wait_for("confirmed", 12)
    for count in (4, 8, 12):
        reading.wait_deliveries(count)
        asked(reading.consumer, lambda: None)  # what would come too much has come by now
        assert len(reading.deliveries) == count
        fresh = reading.deliveries[count - 4 :]
        asked(reading.consumer, lambda taken=fresh: reading.consumer.ack(taken))


def test_a_new_link_takes_its_share_of_what_the_others_were_granted(network: MemoryNetwork) -> None:
    bound = 4 * limits.MAX_FRAME_BYTES
    reading = network.reading(TR, acknowledges=False, unacked_bytes=bound)
    reading.wait_links("TR")
    asked(reading.consumer, lambda: reading.consumer.set_links([TR, AZ]))
    reading.wait(lambda: reading.of("links")[-1] == frozenset([TR, AZ]))
    sending = network.sending()
    for number in range(6):
        sending.publish(number, "GE", b"%d" % number)
    sending.wait_for("confirmed", 6)
    reading.wait_deliveries(2)
    asked(reading.consumer, lambda: None)
    assert reading.bodies() == [b"0", b"1"]
    asked(reading.consumer, lambda: reading.consumer.ack(reading.deliveries[:2]))
    reading.wait_deliveries(4)


def test_what_is_longer_than_any_frame_is_cut_and_still_too_long(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    sending = network.sending()
    sending.publish(1, "GE", b"x" * (2 * limits.MAX_FRAME_BYTES))
    sending.publish(2, "GE", b"CRT1" + bytes(2 * limits.MAX_FRAME_BYTES))
    reading.wait_deliveries(2)
    assert [len(body) for body in reading.bodies()] == [
        limits.MAX_FRAME_BYTES + 1,
        4 + 2 * limits.MAX_FRAME_BYTES,
    ]


def test_a_message_astray_is_told_apart(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    network.put_astray(b"nobody's")
    reading.wait_for("stray")
    (stray,) = reading.of("stray")
    assert (stray.body, stray.queue) == (b"nobody's", "corridor.unrouted")
    assert reading.deliveries == []


def test_a_full_publisher_refuses_and_tells_when_there_is_room(network: MemoryNetwork) -> None:
    network.reading(TR)
    sending = network.sending(max_in_flight=8)
    answers = asked(
        sending.publisher,
        lambda: [sending.publisher.publish(n, GE, b"x", f"{n}") for n in range(12)],
    )
    assert answers == [True] * 8 + [False] * 4
    sending.wait_for("room")
    sending.wait_for("confirmed", 8)
    assert sending.of("confirmed") == list(range(8))


def test_a_blocked_broker_refuses_and_takes_again(network: MemoryNetwork) -> None:
    network.reading(TR)
    sending = network.sending()
    network.block()
    try:
        sending.publish(1, "GE", b"x")  # RabbitMQ tells only who publishes
        sending.wait_for("blocked")
        assert not sending.publish(2, "GE", b"x")
    finally:
        network.unblock()
    sending.wait_for("unblocked")
    sending.publish(3, "GE", b"x")
    sending.wait(lambda: 3 in sending.of("confirmed"))


def test_a_blocked_publisher_stops_within_its_deadline(network: MemoryNetwork) -> None:
    sending = network.sending()
    network.block()
    try:
        sending.publish(1, "GE", b"x")
        sending.wait_for("blocked")
        begun = threading.Event()
        sending.publisher.call(begun.set)
        assert begun.wait(5)
        sending.publisher.stop(2)
        with pytest.raises(LinkTrouble):
            sending.publisher.call(begun.set)
    finally:
        network.unblock()


def test_stopping_waits_for_what_is_in_flight(network: MemoryNetwork) -> None:
    network.reading(TR)
    sending = network.sending()
    for number in range(50):
        sending.publish(number, "GE", b"x")
    assert sending.publisher.stop(10)
    assert sorted(sending.of("confirmed")) == list(range(50))


def test_everything_is_told_in_the_loop_thread(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    sending = network.sending()
    sending.publish(1, "GE", b"x")
    sending.wait_for("confirmed")
    reading.wait_deliveries(1)
    assert sending.threads == {"corridor-publish"}
    assert reading.threads == {"corridor-consume"}


def test_actions_run_in_order_and_later_ones_later(network: MemoryNetwork) -> None:
    sending = network.sending()
    seen = []
    done = threading.Event()

    def ask_for_more() -> None:
        sending.publisher.call_later(0.05, lambda: (seen.append("late"), done.set()))
        sending.publisher.call_later(0.0, lambda: seen.append("soon"))
        seen.append("now")

    sending.publisher.call(ask_for_more)
    assert done.wait(5)
    assert seen == ["now", "soon", "late"]


def test_an_owner_that_raises_ends_the_loop_and_is_told(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    reading.on_deliveries = lambda _deliveries: 1 / 0
    sending = network.sending()
    sending.publish(1, "GE", b"x")
    reading.wait_for("failed")
    (error,) = reading.of("failed")
    assert isinstance(error, ZeroDivisionError)
    with pytest.raises(LinkTrouble):
        reading.consumer.call(lambda: None)


def test_an_owner_that_raises_at_a_confirm_is_told_too(network: MemoryNetwork) -> None:
    network.reading(TR)
    sending = network.sending()
    sending.on_confirmed = lambda _tokens: 1 / 0
    sending.publish(1, "GE", b"x")
    sending.wait_for("failed")
    assert not sending.publisher.stop(1)


def test_a_stuck_owner_cannot_hold_up_a_stop(network: MemoryNetwork) -> None:
    sending = network.sending()
    begun, released = threading.Event(), threading.Event()

    def get_stuck() -> None:
        begun.set()
        released.wait(30)

    sending.publisher.call(get_stuck)
    assert begun.wait(5)
    try:
        assert not sending.publisher.stop(0.2)
    finally:
        released.set()


def test_a_consumer_runs_later_actions_too(network: MemoryNetwork) -> None:
    reading = network.reading(TR)
    done = threading.Event()
    asked(reading.consumer, lambda: reading.consumer.call_later(0.01, done.set))
    assert done.wait(5)


def test_a_loop_that_never_started_stops_at_once(network: MemoryNetwork) -> None:
    assert network.unstarted_publisher().stop(1)
