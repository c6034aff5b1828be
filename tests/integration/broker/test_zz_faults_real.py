"""Brokers that stop, are killed, or fill up: nothing that was confirmed is lost.

Named to run last: these tests restart the brokers that the others share.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

import pytest

from corridor.exchange.policy import ExchangePolicy
from corridor.lab.brokers import PrivateBroker, wait_ready
from testkit.loops import Sending, asked
from testkit.networks import GE, TR, PikaNetwork

pytestmark = [pytest.mark.broker, pytest.mark.timeout(400)]


def start(network: PikaNetwork, *brokers: PrivateBroker) -> None:
    for broker in brokers:
        broker.start()
    wait_ready(brokers, 150)
    network.brokers.wait_links()


def publish_all(sending: Sending, numbers: range) -> None:
    def send() -> None:
        for number in numbers:
            assert sending.publisher.publish(number, GE, b"%06d" % number, f"{number}")

    asked(sending.publisher, send)


def test_a_reader_stopped_in_good_order_loses_nothing_that_waits_for_it(
    pika_network: PikaNetwork,
) -> None:
    ge = pika_network.brokers.ge
    sending = pika_network.sending()
    ge.ctl("stop")  # Debian's unit stops it so; by default RabbitMQ deletes the partner's queue
    ge.stop()
    publish_all(sending, range(200))
    sending.wait_for("confirmed", 200)
    assert sending.of("returned") == []
    start(pika_network, ge)
    reading = pika_network.reading(TR)
    reading.wait_deliveries(200)
    assert reading.bodies() == [b"%06d" % number for number in range(200)]


def test_brokers_killed_in_the_middle_lose_nothing_that_is_published_again(
    pika_network: PikaNetwork,
) -> None:
    brokers = pika_network.brokers
    reading = pika_network.reading(TR)
    sending = pika_network.sending()
    publish_all(sending, range(2000))
    reading.wait_deliveries(50)
    brokers.ge.kill()
    sending.wait_for("confirmed", 100)
    publish_all(sending, range(2000, 3000))
    brokers.tr.kill()
    sending.wait_for("lost")
    start(pika_network, brokers.tr, brokers.ge)
    sending.wait_for("ready", 2)
    unknown = sorted(set(range(3000)) - set(sending.of("confirmed")))
    assert unknown
    for number in unknown:
        assert sending.publish(number, "GE", b"%06d" % number, f"{number}")
    reading.wait(lambda: len(set(reading.bodies())) == 3000, 120)
    assert sending.of("failed") == reading.of("failed") == []


@contextmanager
def stalled(broker: PrivateBroker) -> Iterator[None]:
    """Let the process behind Georgia's queue at `broker` answer nothing."""
    name = '{resource,<<"corridor">>,queue,<<"federation: to.GE -> corridor.GE:from.TR">>}'
    look = f"{{ok,Q}} = rabbit_amqqueue:lookup({name}), {{P,_}} = amqqueue:get_pid(Q),"
    broker.ctl("eval", f"{look} sys:suspend(P), ok.")
    try:
        yield
    finally:
        broker.ctl("eval", f"{look} sys:resume(P), ok.")


def test_a_queue_that_confirms_nothing_is_told_and_the_others_are_answered(
    pika_network: PikaNetwork,
) -> None:
    most = ExchangePolicy().unconfirmed_most
    sending = pika_network.sending(confirm_timeout_s=2)
    publish_all(sending, range(1))  # the first to a queue is waited for by the channel itself
    sending.wait_for("confirmed")
    with stalled(pika_network.brokers.tr):
        publish_all(sending, range(most))
        sending.wait_for("unconfirmed", most, patience_s=10)
        assert sending.publisher.in_flight == 0  # they take no room from the others
        sending.publish("other", "AZ", b"x")
        sending.wait_for("returned")  # it has no link: the channel answers for it all the same
        assert sending.of("confirmed") == [0]
        assert sending.of("lost") == []
    sending.wait_for("confirmed", most + 1)
    assert sending.of("lost") == []


@contextmanager
def remembered_leader_gone(broker: PrivateBroker) -> Iterator[None]:
    """Let `broker` take a node that is gone for the leader of Georgia's queue.

    That is what it remembers between the death of a cluster's node and the election after it.
    """
    name = '{resource,<<"corridor">>,queue,<<"federation: to.GE -> corridor.GE:from.TR">>}'
    whole = f"{{ok,Q}} = rabbit_amqqueue:lookup({name}), {{Id,_}} = amqqueue:get_pid(Q),"
    change = (
        whole + " rabbit_misc:execute_mnesia_transaction(fun() ->"
        f" rabbit_amqqueue:update({name}, fun(O) -> amqqueue:set_pid(O, {{Id,%s}}) end) end), ok."
    )
    broker.ctl("eval", change % "gone@localhost")
    try:
        yield
    finally:
        broker.ctl("eval", change % "node()")


def refuses(sending: Sending, number: int) -> bool:
    before = len(sending.of("nacked")), len(sending.of("confirmed"))
    publish_all(sending, range(number, number + 1))
    sending.wait(lambda: (len(sending.of("nacked")), len(sending.of("confirmed"))) != before)
    return len(sending.of("nacked")) > before[0]


def test_a_channel_on_which_a_queue_refuses_for_ever_is_made_anew(
    pika_network: PikaNetwork,
) -> None:
    patient, sending = pika_network.sending(), pika_network.sending(refused_timeout_s=2)
    with remembered_leader_gone(pika_network.brokers.tr):
        assert refuses(patient, 0)
        assert refuses(sending, 0)
    # The queue has a leader that all know, and takes everything from anybody else.
    assert refuses(patient, 1)
    for number in range(1, 100):
        if sending.of("lost"):
            break
        sending.publish(number, "GE", b"x", f"{number}")  # a gate tries as seldom
        sleep(0.2)
    sending.wait_for("ready", 2)
    assert sending.of("lost") == ["the queue to GE refuses all: the channel is made anew"]
    assert sending.of("confirmed") == []
    assert not refuses(sending, 1_000)
    assert refuses(patient, 2)


def test_a_channel_that_no_longer_answers_is_dropped_with_its_connection(
    pika_network: PikaNetwork,
) -> None:
    """Why a peer may have 16 unconfirmed: RabbitMQ stops reading for all, some hundred messages
    after one quorum queue owes a channel more than 32 confirms."""
    sending = pika_network.sending(confirm_timeout_s=1)
    publish_all(sending, range(1))
    sending.wait_for("confirmed")
    with stalled(pika_network.brokers.tr):
        publish_all(sending, range(1_000))
        sending.wait_for("lost", patience_s=10)
        assert sending.of("lost") == ["no confirm for 1 s"]
        assert sending.of("unconfirmed") == []
    sending.wait_for("ready", 2)
