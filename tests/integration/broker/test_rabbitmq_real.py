"""What only RabbitMQ does: channels it closes, queues it loses, versions that refuse a look."""

import time

import pytest

from testkit.loops import asked
from testkit.networks import AZ, GE, TR, PikaNetwork

pytestmark = pytest.mark.broker


def test_a_channel_that_the_broker_closes_is_opened_anew(pika_network: PikaNetwork) -> None:
    reading = pika_network.reading(TR, acknowledges=False)
    sending = pika_network.sending()
    sending.publish(1, "GE", b"x")
    reading.wait_deliveries(1)
    asked(reading.consumer, lambda: reading.consumer._channel.basic_ack(4711))
    reading.wait_for("lost")
    assert "unknown delivery tag 4711" in reading.of("lost")[0]
    reading.wait_for("ready", 2)
    reading.wait_deliveries(2)
    first, again = reading.deliveries
    assert first.channel < again.channel
    asked(reading.consumer, lambda: reading.consumer.ack([first, again]))


def test_an_inbox_deleted_and_made_again_is_read_again(pika_network: PikaNetwork) -> None:
    ge = pika_network.brokers.ge
    reading = pika_network.reading(TR, AZ)
    reading.wait_links("AZ", "TR")
    ge.ctl("delete_queue", "-p", "corridor", "inbox.AZ")
    reading.wait_links("TR")
    ge.ctl("import_definitions", str(ge.plan.etc / "definitions.json"))
    reading.wait_links("AZ", "TR")
    assert reading.of("lost") == []


def test_publishing_while_the_connection_closes_sends_nothing(pika_network: PikaNetwork) -> None:
    sending = pika_network.sending()

    def close_and_publish() -> bool:
        sending.publisher._connection.close()
        return sending.publisher.publish(1, GE, b"x", "1")

    assert asked(sending.publisher, close_and_publish) is False
    sending.wait_for("ready", 2)
    assert sending.publisher.in_flight == 0


def test_acknowledging_while_the_connection_closes_is_harmless(pika_network: PikaNetwork) -> None:
    reading = pika_network.reading(TR, acknowledges=False)
    pika_network.sending().publish(1, "GE", b"x")
    reading.wait_deliveries(1)

    def close_and_ack() -> None:
        reading.consumer._connection.close()
        reading.consumer.ack(reading.deliveries)

    asked(reading.consumer, close_and_ack)
    reading.wait_deliveries(2)
    asked(reading.consumer, lambda: reading.consumer.ack(reading.deliveries))


def test_a_consumer_paused_while_it_comes_up_reads_nothing(pika_network: PikaNetwork) -> None:
    reading = pika_network.reading(TR)
    sending = pika_network.sending()
    for _ in range(20):
        asked(reading.consumer, reading.consumer.resume)
        asked(reading.consumer, reading.consumer.pause)
    sending.publish(1, "GE", b"x")
    sending.wait_for("confirmed")
    time.sleep(0.3)  # nothing is waited for: nothing may come
    assert reading.deliveries == []
    asked(reading.consumer, reading.consumer.resume)
    reading.wait_deliveries(1)
    assert reading.of("lost") == []


def test_partners_that_come_and_go_quickly_end_as_asked(pika_network: PikaNetwork) -> None:
    reading = pika_network.reading()
    for _ in range(20):
        asked(reading.consumer, lambda: reading.consumer.set_links([TR]))
        asked(reading.consumer, lambda: reading.consumer.set_links([AZ]))
        asked(reading.consumer, lambda: reading.consumer.set_links([AZ, TR]))
    reading.wait_links("AZ", "TR")
    pika_network.sending().publish(1, "GE", b"x")
    reading.wait_deliveries(1)
    assert reading.of("lost") == []


def test_a_returned_message_says_nothing_of_the_others(pika_network: PikaNetwork) -> None:
    pika_network.reading(TR)
    sending = pika_network.sending()
    for number in range(30):
        sending.publish(number, "AZ" if number % 3 else "GE", b"x")
    sending.wait(lambda: len(sending.of("confirmed")) + len(sending.of("returned")) == 30)
    assert sorted(sending.of("confirmed")) == list(range(0, 30, 3))
