"""The receiver's thread, driven by a broker that the test plays."""

from dataclasses import replace

import pytest

from builders_loops import TR, Loop, value
from corridor.daemon.arrivals import Handled
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.receiver import Receiver
from corridor.errors import KeyTrouble, StoreLost, StoreTrouble
from corridor.transport.broker import Delivery


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

    def judge_released(self, now_ms: int) -> Handled:
        assert now_ms
        return Handled()


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


def test_a_held_inlet_opens_only_when_nobody_wants_it_shut(
    receiver: Receiver, inbound: Inbound, loop: Loop
) -> None:
    inbound.fails = True
    receiver.on_deliveries([delivery(1)])
    receiver.hold(True)
    inbound.fails = False
    loop.tick()
    assert [one.tag for one in loop.acked] == [1]  # the store keeps again
    assert loop.paused  # and the node still takes nothing
    receiver.hold(False)
    assert not loop.paused

    inbound.fails = True
    receiver.hold(True)
    receiver.on_deliveries([delivery(2)])
    receiver.hold(False)
    assert loop.paused  # the node would take, the store does not keep
    inbound.fails = False
    loop.tick()
    assert ([one.tag for one in loop.acked], loop.paused) == ([1, 2], False)


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
    assert len(told) == 2  # what was held, what was released


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
