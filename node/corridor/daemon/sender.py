"""The sender thread: seals what waits, commits it, publishes it, and hears what became of it.

Rules:

* everything that touches `Outbound` runs in the publisher's loop thread;
* other threads only wake it (`wake`) or hand it cues (`hear`); both cost one system call at most;
* no timer at low load: a record leaves in the turn in which the loop learns of it.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress

from corridor.daemon.clock import unix_ms
from corridor.daemon.logs import event_logger
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.outbound import Outbound
from corridor.errors import LinkTrouble, StoreLost, StoreTrouble
from corridor.exchange.cues import Cue, Outgoing
from corridor.transport.broker import Publisher

_STORE_RETRY_MS = 1_000


class Sender:
    """Drives an `Outbound` from a publisher's loop."""

    def __init__(
        self, outbound: Outbound, metrics: NodeMetrics, failed: Callable[[Exception], None]
    ) -> None:
        """Drive `outbound`; `failed` is told when the loop cannot go on."""
        self._outbound = outbound
        self._metrics = metrics
        self._failed = failed
        self._publisher: Publisher | None = None
        self._asked = False
        self._timer_at_ms = math.inf
        self.connected = False
        self.blocked = False
        self.changed_ms = unix_ms()
        """Since when the broker is as it is: connected or not, blocked or not."""

    def attach(self, publisher: Publisher) -> None:
        """Use this publisher; once, before it is started."""
        self._publisher = publisher

    def wake(self) -> None:
        """Have the sender look at once for what waits; any thread."""
        if not self._asked:
            self._asked = True
            self._call(self._turn)

    def hear(self, cues: Sequence[Cue]) -> None:
        """Tell the sender what the receiver learnt; any thread."""
        if cues:
            self._call(lambda: self._apply(cues))

    def run_in_loop(self, action: Callable[[], None]) -> None:
        """Run `action` where `Outbound` may be touched; any thread."""
        self._call(action)

    # -- events of the publisher, in its loop thread

    def on_ready(self) -> None:
        """Connected: send what waits."""
        self.connected = True
        self.changed_ms = unix_ms()
        self._metrics.broker_connected.labels("sender").set(1)
        event_logger().info("broker.connected", stage="sender")
        self._outbound.on_link_ready(unix_ms())
        self._turn()

    def on_lost(self, reason: str) -> None:
        """Disconnected: what was not confirmed is unknown."""
        if self.connected:
            event_logger().warning("broker.lost", stage="sender", cause=reason)
            self.changed_ms = unix_ms()
        self.connected = self.blocked = False
        self._metrics.broker_connected.labels("sender").set(0)
        self._metrics.broker_blocked.set(0)
        self._outbound.on_link_lost(unix_ms())

    def on_failed(self, error: Exception) -> None:
        """End: the node must be started again."""
        self._failed(error)

    def on_confirmed(self, tokens: Sequence[object]) -> None:
        """Our broker has these on disk."""
        self._outbound.on_confirmed(_ids(tokens), unix_ms())
        self._turn()

    def on_returned(self, tokens: Sequence[object]) -> None:
        """These partners have no link."""
        self._outbound.on_returned(_ids(tokens), unix_ms())
        self._turn()

    def on_nacked(self, tokens: Sequence[object]) -> None:
        """These partners' queues are full."""
        self._outbound.on_nacked(_ids(tokens), unix_ms())
        self._turn()

    def on_absent(self, tokens: Sequence[object]) -> None:
        """Our broker has no exchange for these partners."""
        self._outbound.on_absent(_ids(tokens), unix_ms())
        self._turn()

    def on_unconfirmed(self, tokens: Sequence[object]) -> None:
        """Our broker answers, but not for these."""
        self._outbound.on_unconfirmed(_ids(tokens), unix_ms())
        self._turn()

    def on_blocked(self, reason: str) -> None:
        """Our broker takes nothing more for now."""
        event_logger().warning("broker.blocked", cause=reason, cure="free disk or memory there")
        self.blocked, self.changed_ms = True, unix_ms()
        self._metrics.broker_blocked.set(1)

    def on_unblocked(self) -> None:
        """Our broker takes messages again."""
        event_logger().info("broker.unblocked")
        self.blocked, self.changed_ms = False, unix_ms()
        self._metrics.broker_blocked.set(0)
        self._turn()

    def on_room(self) -> None:
        """The publisher has room again."""
        self._turn()

    # -- in the loop thread

    def _apply(self, cues: Sequence[Cue]) -> None:
        self._outbound.cues(cues, unix_ms())
        self._turn()

    def _turn(self) -> None:
        # Reset first: whoever commits a record after this line asks for another turn.
        self._asked = False
        now_ms = unix_ms()
        try:
            again_ms = self._outbound.step(now_ms, self._publish)
        except StoreLost as error:
            self._failed(error)
            return
        except StoreTrouble as error:
            event_logger().error("store.failed", stage="sender", cause=str(error))
            self._metrics.store_failures.labels(error.code).inc()
            again_ms = now_ms + _STORE_RETRY_MS
        if again_ms <= now_ms:
            self.wake()
        elif again_ms < self._timer_at_ms and self._publisher is not None:
            self._timer_at_ms = again_ms
            self._publisher.call_later((again_ms - now_ms) / 1000, self._timer)

    def _timer(self) -> None:
        self._timer_at_ms = math.inf
        self._turn()

    def _publish(self, outgoing: Outgoing) -> bool:
        return self._publisher is not None and self._publisher.publish(
            outgoing.envelope_id,
            outgoing.peer.country,
            outgoing.frame,
            outgoing.envelope_id.hex(),
        )

    def _call(self, action: Callable[[], None]) -> None:
        # A loop that has ended takes no work; what waits is in the store.
        with suppress(LinkTrouble):
            if self._publisher is not None:
                self._publisher.call(action)


def _ids(tokens: Sequence[object]) -> list[bytes]:
    return [token for token in tokens if isinstance(token, bytes)]
