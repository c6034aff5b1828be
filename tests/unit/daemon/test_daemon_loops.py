"""The sender's and the receiver's thread, driven by a broker that the test plays."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from corridor.daemon.inbound import Handled
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.receiver import Receiver
from corridor.daemon.sender import Sender
from corridor.errors import KeyTrouble, LinkTrouble, StoreLost, StoreTrouble
from corridor.transit.parties import CountryCode
from corridor.transport.broker import Delivery

TR = CountryCode("TR")


class Loop:
    """A publisher and consumer whose loop turns when the test says so."""

    def __init__(self) -> None:
        self.ended = False
        self.calls: list[Callable[[], None]] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.acked: list[Delivery] = []
        self.paused = False
        self.acked_when_flushed: list[int] = []
        self.disk_fails = False

    def call(self, action: Callable[[], None]) -> None:
        if self.ended:
            raise LinkTrouble("the loop has ended")
        self.calls.append(action)

    def call_later(self, delay_s: float, action: Callable[[], None]) -> None:
        self.timers.append((delay_s, action))

    def turn(self) -> None:
        calls, self.calls = self.calls, []
        for action in calls:
            action()

    def tick(self) -> None:
        timers, self.timers = self.timers, []
        for _, action in timers:
            action()

    def publish(self, *_: object) -> bool:
        return True

    def make_durable(self, _patience_s: float) -> None:
        if self.disk_fails:
            raise StoreLost("the disk")
        self.acked_when_flushed.append(len(self.acked))

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        self.acked += deliveries

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


class Outbound:
    """Says when it wants to be asked again, and notes what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.again_in_ms: float = 1e12
        self.lost = False

    def step(self, now_ms: int, publish: Callable[[Any], bool]) -> float:
        self.told.append(("step", bool(publish)))
        if self.lost:
            raise StoreLost("the disk")
        return now_ms + self.again_in_ms

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self.told.append((name, arguments[0]))

    def names(self) -> list[str]:
        return [name for name, _ in self.told]


class Inbound:
    """Keeps batches, or fails to."""

    def __init__(self) -> None:
        self.fails = self.lost = False
        self.kept: list[list[tuple[str, bytes]]] = []
        self.reviews = 0
        self.aside: list[tuple[str, str, bytes]] = []

    def handle(self, batch: list[tuple[str, bytes]], now_ms: int) -> Handled:
        assert now_ms
        if self.lost:
            raise StoreLost("the disk")
        if self.fails:
            raise StoreTrouble("disk full")
        self.kept.append(batch)
        return Handled()

    def put_aside(self, strays: list[tuple[str, str, bytes]], now_ms: int) -> None:
        assert now_ms
        if self.lost:
            raise StoreLost("the disk")
        if self.fails:
            raise StoreTrouble("disk full")
        self.aside += strays

    def review(self, now_ms: int) -> Handled:
        assert now_ms
        if self.fails:
            raise StoreTrouble("disk full")
        self.reviews += 1
        return Handled()


@pytest.fixture
def metrics() -> NodeMetrics:
    return NodeMetrics()


# --- sender ----------------------------------------------------------------------------------


@pytest.fixture
def outbound() -> Outbound:
    return Outbound()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def failures() -> list[Exception]:
    return []


@pytest.fixture
def sender(
    outbound: Outbound, metrics: NodeMetrics, loop: Loop, failures: list[Exception]
) -> Sender:
    made = Sender(outbound, metrics, failures.append)  # type: ignore[arg-type]
    made.attach(loop)  # type: ignore[arg-type]
    return made


def value(metrics: NodeMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_when_the_disk_has_failed_the_sender_ends_the_node(
    sender: Sender, outbound: Outbound, loop: Loop, failures: list[Exception]
) -> None:
    outbound.lost = True
    sender.wake()
    loop.turn()
    assert [type(one) for one in failures] == [StoreLost]
    assert (loop.calls, loop.timers) == ([], [])


def test_many_wakes_before_a_turn_cost_one_turn(
    sender: Sender, loop: Loop, outbound: Outbound
) -> None:
    for _ in range(100):
        sender.wake()
    assert len(loop.calls) == 1
    loop.turn()
    assert outbound.names() == ["step"]
    sender.wake()
    assert len(loop.calls) == 1


def test_what_wants_to_be_asked_at_once_is_and_what_can_wait_has_one_timer(
    sender: Sender, loop: Loop, outbound: Outbound
) -> None:
    outbound.again_in_ms = 0
    sender.wake()
    loop.turn()
    assert len(loop.calls) == 1
    outbound.again_in_ms = 5_000
    loop.turn()
    sender.wake()
    loop.turn()
    assert [round(delay) for delay, _ in loop.timers] == [5]
    loop.tick()
    assert outbound.names() == ["step"] * 4


def test_what_the_broker_says_reaches_what_decides(
    sender: Sender, loop: Loop, outbound: Outbound, metrics: NodeMetrics
) -> None:
    sender.on_ready()
    assert sender.connected
    assert value(metrics, "corridor_broker_connected", role="sender") == 1
    sender.on_confirmed([b"a" * 32, None])
    sender.on_returned([b"b" * 32])
    sender.on_nacked([b"c" * 32])
    sender.on_blocked("low on disk")
    assert sender.blocked
    assert value(metrics, "corridor_broker_blocked") == 1
    sender.on_unblocked()
    sender.on_room()
    sender.hear([])
    sender.hear(["cue"])  # type: ignore[list-item]
    sender.run_in_loop(lambda: outbound.told.append(("action", None)))
    loop.turn()
    sender.on_lost("gone")
    sender.on_lost("still gone")
    assert not sender.connected
    told = dict(outbound.told)
    assert told["on_confirmed"] == [b"a" * 32]  # a statement has no envelope's id
    assert told["on_returned"] == [b"b" * 32]
    assert told["on_nacked"] == [b"c" * 32]
    assert {"on_link_ready", "on_link_lost", "cues", "action"} <= set(told)
    assert value(metrics, "corridor_broker_connected", role="sender") == 0


def test_a_loop_that_has_ended_takes_no_work_and_says_nothing(
    sender: Sender, loop: Loop, failures: list[Exception]
) -> None:
    loop.ended = True
    sender.wake()
    error = RuntimeError("x")
    sender.on_failed(error)
    assert failures == [error]


# --- receiver --------------------------------------------------------------------------------


def delivery(tag: int, queue: str = "inbox.TR") -> Delivery:
    return Delivery(TR, tag, 1, b"frame %d" % tag, redelivered=False, message_id=None, queue=queue)


def statement(tag: int) -> Delivery:
    return replace(delivery(tag), body=b"CRT1%d" % tag)


class Folder:
    """Adopts statements, or cannot write them."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.kept: list[tuple[str, bytes]] = []

    def adopt(self, link: str, frame: bytes) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.kept.append((link, frame))


@pytest.fixture
def folder() -> Folder:
    return Folder()


@pytest.fixture
def inbound() -> Inbound:
    return Inbound()


@pytest.fixture
def told() -> list[Handled]:
    return []


@pytest.fixture
def receiver(  # noqa: PLR0913, PLR0917 - all that a receiver stands between
    inbound: Inbound,
    metrics: NodeMetrics,
    loop: Loop,
    failures: list[Exception],
    told: list[Handled],
    folder: Folder,
) -> Receiver:
    made = Receiver(
        inbound,  # type: ignore[arg-type]
        metrics,
        make_durable=loop.make_durable,
        told=told.append,
        adopt=folder.adopt,
        failed=failures.append,
    )
    made.attach(loop)  # type: ignore[arg-type]
    return made


def test_what_arrived_is_kept_and_then_acknowledged(
    receiver: Receiver, inbound: Inbound, loop: Loop, told: list[Handled]
) -> None:
    batch = [delivery(1), delivery(2)]
    receiver.on_deliveries(batch)
    assert inbound.kept == [[("TR", b"frame 1"), ("TR", b"frame 2")]]
    assert loop.acked == batch
    assert loop.acked_when_flushed == [0]
    assert len(told) == 1


def test_what_the_disk_did_not_take_is_not_acknowledged_and_the_node_ends(
    receiver: Receiver, inbound: Inbound, loop: Loop, folder: Folder, failures: list[Exception]
) -> None:
    folder.trouble = StoreLost("the disk")
    receiver.on_deliveries([statement(3)])
    loop.disk_fails = True
    receiver.on_deliveries([delivery(1)])
    inbound.lost = True
    receiver.on_deliveries([delivery(2)])
    receiver.on_strays([delivery(4, "corridor.dlq")])
    assert [type(one) for one in failures] == [StoreLost] * 4
    assert (loop.acked, loop.paused) == ([], False)


def test_while_the_store_fails_nothing_is_acknowledged_and_nothing_is_lost(
    receiver: Receiver, inbound: Inbound, loop: Loop, told: list[Handled]
) -> None:
    inbound.fails = True
    receiver.on_deliveries([delivery(1)])
    assert (loop.acked, loop.paused, receiver.stuck) == ([], True, True)
    receiver.on_deliveries([delivery(2)])  # was under way when we paused
    loop.tick()
    assert (loop.acked, loop.paused) == ([], True)
    inbound.fails = False
    loop.tick()
    assert [one.tag for one in loop.acked] == [1, 2]
    assert not loop.paused
    assert not receiver.stuck
    assert len(told) == 1


@pytest.mark.parametrize("trouble", [KeyTrouble("disk full"), StoreTrouble("disk full")])
def test_a_statement_is_acknowledged_when_it_is_kept_and_not_before(
    trouble: Exception, receiver: Receiver, folder: Folder, loop: Loop, told: list[Handled]
) -> None:
    folder.trouble = trouble
    receiver.on_deliveries([delivery(1), statement(2), delivery(3)])
    receiver.on_deliveries([statement(4)])
    assert [one.tag for one in loop.acked] == [1, 3]  # records do not wait for it
    assert (len(told), receiver.stuck, loop.paused) == (2, True, False)
    assert len(loop.timers) == 1
    loop.tick()
    assert folder.kept == []
    folder.trouble = None
    loop.tick()
    assert folder.kept == [("TR", b"CRT12"), ("TR", b"CRT14")]
    assert [one.tag for one in loop.acked] == [1, 3, 2, 4]
    assert not receiver.stuck


def test_a_statement_that_was_not_kept_when_the_connection_went_is_delivered_again(
    receiver: Receiver, folder: Folder, loop: Loop
) -> None:
    folder.trouble = KeyTrouble("disk full")
    receiver.on_deliveries([statement(1)])
    receiver.on_lost("gone")
    receiver.on_deliveries([statement(1)])
    receiver.on_lost("gone")
    assert len(loop.timers) == 1
    folder.trouble = None
    loop.tick()
    assert (folder.kept, loop.acked, receiver.stuck) == ([], [], False)


def test_what_was_not_kept_when_the_connection_went_is_delivered_again_by_the_broker(
    receiver: Receiver, inbound: Inbound, loop: Loop
) -> None:
    receiver.on_ready()
    inbound.fails = True
    receiver.on_deliveries([delivery(1)])
    receiver.on_lost("gone")
    receiver.on_lost("gone")
    inbound.fails = False
    loop.tick()
    assert loop.acked == []
    assert not loop.paused
    assert not receiver.stuck


def test_what_is_held_is_judged_again_from_time_to_time_and_when_asked(
    receiver: Receiver, inbound: Inbound, loop: Loop, told: list[Handled]
) -> None:
    receiver.on_ready()
    receiver.on_ready()
    assert len(loop.timers) == 1
    loop.tick()
    assert inbound.reviews == 1
    inbound.fails = True
    receiver.review()
    assert len(loop.timers) == 1
    assert len(told) == 1


def test_messages_where_none_may_lie_are_counted_kept_and_then_taken_away(
    receiver: Receiver, inbound: Inbound, metrics: NodeMetrics, loop: Loop
) -> None:
    receiver.on_strays([delivery(9, "corridor.unrouted")])
    name = "corridor_unexpected_messages_total"
    assert value(metrics, name, queue="corridor.unrouted") == 1
    assert inbound.aside == [("corridor.unrouted", "TR", b"frame 9")]
    assert [one.tag for one in loop.acked] == [9]


def test_a_stray_that_cannot_be_kept_stays_with_the_broker_until_it_can(
    receiver: Receiver, inbound: Inbound, loop: Loop
) -> None:
    inbound.fails = True
    receiver.on_strays([delivery(1, "corridor.dlq")])
    receiver.on_strays([delivery(2, "corridor.unrouted")])
    loop.tick()
    assert (loop.acked, receiver.stuck) == ([], True)
    inbound.fails = False
    loop.tick()
    assert [one.tag for one in loop.acked] == [1, 2]
    assert not receiver.stuck
    loop.tick()
    assert len(inbound.aside) == 2


def test_a_stray_of_a_lost_connection_is_kept_when_it_is_delivered_again(
    receiver: Receiver, inbound: Inbound, loop: Loop
) -> None:
    inbound.fails = True
    receiver.on_strays([delivery(1, "corridor.dlq")])
    receiver.on_lost("gone")
    inbound.fails = False
    loop.tick()
    assert (loop.acked, inbound.aside, receiver.stuck) == ([], [], False)


def test_which_inboxes_are_read_is_known(receiver: Receiver, failures: list[Exception]) -> None:
    receiver.on_links(frozenset({TR}))
    assert receiver.links == {TR}
    receiver.on_failed(RuntimeError("x"))
    assert len(failures) == 1
