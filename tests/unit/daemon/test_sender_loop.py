"""The sender's thread, driven by a broker that the test plays."""

from collections.abc import Callable
from typing import Any

import pytest

from builders_loops import Loop, value
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.sender import Sender
from corridor.errors import StoreLost


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


@pytest.fixture
def outbound() -> Outbound:
    return Outbound()


@pytest.fixture
def sender(
    outbound: Outbound, metrics: NodeMetrics, loop: Loop, failures: list[Exception]
) -> Sender:
    made = Sender(outbound, metrics, failures.append)  # type: ignore[arg-type]
    made.attach(loop)  # type: ignore[arg-type]
    return made


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
