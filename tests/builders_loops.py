"""A broker whose loop turns when the test says so."""

from collections.abc import Callable, Sequence

from corridor.daemon.metrics import NodeMetrics
from corridor.errors import LinkTrouble, StoreLost
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


def value(metrics: NodeMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)
