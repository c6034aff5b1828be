"""The receiver thread: judges what arrived, commits it, and only then acknowledges it.

Rules:

* everything that touches `Inbound` runs in the consumer's loop thread;
* where the store fails, nothing is acknowledged: the batch is tried again, and until it is kept
  the broker hands over nothing more; nor does it while the node holds the inlet (`hold`);
* a trust statement is acknowledged only when it is adopted on disk, or refused by name; it waits by
  itself, without keeping the records of its batch waiting;
* a statement at which the node itself fails waits in quarantine, a chunk is dropped and asked for
  again: neither stops the loop.
"""

from collections.abc import Callable, Sequence

from corridor.daemon.arrivals import Handled
from corridor.daemon.clock import unix_ms
from corridor.daemon.inbound import Inbound
from corridor.daemon.isolating import FailureLog, is_mistake
from corridor.daemon.logs import event_logger
from corridor.daemon.metrics import NodeMetrics
from corridor.errors import KeyTrouble, StoreLost, StoreTrouble
from corridor.seal.chunks import is_chunk_frame
from corridor.transit.parties import CountryCode
from corridor.transport.broker import Consumer, Delivery
from corridor.trust.frames import is_statement_frame

_RETRY_S = 1.0
_ADOPT_RETRY_S = 10.0
_PATIENCE_S = 0.002
"""About what sealing a receipt takes: it shares one flush to the disk with what it is for."""
_REVIEW_S = 30.0


class Receiver:
    """Drives an `Inbound` from a consumer's loop."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        inbound: Inbound,
        metrics: NodeMetrics,
        *,
        make_durable: Callable[[float], None],
        told: Callable[[Handled], None],
        adopt: Callable[[str, bytes], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Drive `inbound`.

        Args:
            inbound: Judges and records.
            metrics: Counts.
            make_durable: Returns when what was committed outlives the loss of power.
            told: Gets what each batch led to, committed and not yet durable.
            adopt: Takes (link, frame) of a trust statement; where it returns, nothing of it is
                owed any more. It may raise KeyTrouble or StoreTrouble and is asked again then.
            failed: Is told when the loop cannot go on.
        """
        self._inbound = inbound
        self._metrics = metrics
        self._make_durable = make_durable
        self._told = told
        self._adopt = adopt
        self._failed = failed
        self._failures = FailureLog()
        self._consumer: Consumer | None = None
        self._unkept: list[Delivery] = []
        self._strays: list[Delivery] = []
        self._unadopted: list[Delivery] = []
        self._timed: set[Callable[[], None]] = set()
        self._reviewing = False
        self._held = False
        self.connected = False
        self.chunk: Callable[[str, bytes], None] = lambda _link, _frame: None
        """Takes a chunk, or an ask for chunks, that came over a link; it may be lost (§13.3)."""
        self.links: frozenset[CountryCode] = frozenset()

    @property
    def stuck(self) -> bool:
        """Whether the store, or the folder of statements, does not take what has arrived."""
        return bool(self._unkept or self._strays or self._unadopted)

    def attach(self, consumer: Consumer) -> None:
        """Use this consumer; once, before it is started."""
        self._consumer = consumer

    def hold(self, held: bool) -> None:  # noqa: FBT001 - a state, not a choice
        """Take nothing more from the broker, or take again; consumer's loop thread."""
        if held is self._held or self._consumer is None:
            return
        self._held = held
        if held:
            self._consumer.pause()
        elif not self._unkept:
            self._consumer.resume()

    def review(self) -> None:
        """Judge again what is held or was released from quarantine; consumer's loop thread."""
        try:
            self._told(self._inbound.review(unix_ms()))
            self._told(self._inbound.judge_released(unix_ms()))
        except StoreTrouble as error:
            event_logger().error("store.failed", stage="review", cause=str(error))

    # -- events of the consumer, in its loop thread

    def on_ready(self) -> None:
        """Connected: deliveries follow."""
        self.connected = True
        self._metrics.broker_connected.labels("receiver").set(1)
        event_logger().info("broker.connected", stage="receiver")
        if not self._reviewing:
            self._reviewing = True
            self._review_later()

    def on_lost(self, reason: str) -> None:
        """Disconnected: the broker delivers again what was not acknowledged."""
        if self.connected:
            event_logger().warning("broker.lost", stage="receiver", cause=reason)
        self.connected = False
        self._unkept.clear()
        self._strays.clear()
        self._unadopted.clear()
        self._metrics.broker_connected.labels("receiver").set(0)

    def on_failed(self, error: Exception) -> None:
        """End: the node must be started again."""
        self._failed(error)

    def on_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Judge, commit, acknowledge."""
        if any(is_chunk_frame(one.body) for one in deliveries):
            deliveries = self._take_chunks(deliveries)
        if self._unkept:
            self._unkept += deliveries
            return
        if deliveries:
            self._keep(list(deliveries))

    def _take_chunks(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Take the chunks out of what arrived; returns the rest. Whoever wants them asks again."""
        chunks = [one for one in deliveries if is_chunk_frame(one.body)]
        for one in chunks:
            try:
                self.chunk(one.link or "", one.body)
            except Exception as error:
                if not is_mistake(error):
                    raise
                self._metrics.mistakes.labels("chunk").inc()
                self._failures.tell(one.link or "", len(one.body), error)
        if self._consumer is not None:
            self._consumer.ack(chunks)
        return [one for one in deliveries if not is_chunk_frame(one.body)]

    def on_strays(self, deliveries: Sequence[Delivery]) -> None:
        """Count what lies where nothing may lie, put it into quarantine, and take it away."""
        for stray in deliveries:
            self._metrics.alarms.labels(stray.queue).inc()
            event_logger().error(
                "stray.found", stage=stray.queue, bytes=len(stray.body),
                cure="compare the broker with `corridor broker check`",
            )  # fmt: skip
        waited = bool(self._strays)
        self._strays += deliveries
        if not waited:
            self._keep_strays()

    def on_links(self, consuming: frozenset[CountryCode]) -> None:
        """Other partners' inboxes are being read than before."""
        self.links = consuming
        event_logger().info("inboxes.changed", count=len(consuming))

    # -- in the loop thread

    def _keep(self, batch: list[Delivery]) -> None:
        try:
            handled = self._inbound.handle([(one.link or "", one.body) for one in batch], unix_ms())
        except StoreLost as error:
            self._failed(error)
            return
        except StoreTrouble as error:
            event_logger().error("store.failed", stage="receiver", cause=str(error))
            self._metrics.store_failures.labels(error.code).inc()
            self._unkept = batch
            self._pause()
            return
        self._told(handled)
        try:
            self._make_durable(_PATIENCE_S)
        except StoreLost as error:
            self._failed(error)
            return
        statements = [one for one in batch if is_statement_frame(one.body)]
        if self._consumer is not None:
            self._consumer.ack([one for one in batch if not is_statement_frame(one.body)])
        if statements:
            waited = bool(self._unadopted)
            self._unadopted += statements
            if not waited:
                self._adopt_all()

    def _adopt_all(self) -> None:
        while self._unadopted and self._consumer is not None:
            one = self._unadopted[0]
            try:
                self._adopt(one.link or "", one.body)
            except StoreLost as error:
                self._failed(error)
                return
            except (KeyTrouble, StoreTrouble) as error:
                event_logger().error(
                    "statement.unkept", link=one.link or "", code=error.code, cause=str(error)
                )
                self._once_later(_ADOPT_RETRY_S, self._adopt_all)
                return
            except Exception as error:  # noqa: BLE001 - told; one statement must not end the node
                if not self._kept_aside(one, error):
                    return
            del self._unadopted[0]
            self._consumer.ack([one])

    def _kept_aside(self, one: Delivery, error: Exception) -> bool:
        """Put a statement aside at which the node failed; False where it is to be tried again."""
        try:
            self._inbound.set_aside(one.link or "", one.body, error, unix_ms())
            self._make_durable(_PATIENCE_S)
        except StoreLost as lost:
            self._failed(lost)
            return False
        except StoreTrouble as trouble:
            event_logger().error("store.failed", stage="statement", cause=str(trouble))
            self._once_later(_ADOPT_RETRY_S, self._adopt_all)
            return False
        return True

    def _keep_strays(self) -> None:
        strays = self._strays
        if not strays or self._consumer is None:
            return
        try:
            self._inbound.put_aside(
                [(one.queue, one.link or "", one.body) for one in strays], unix_ms()
            )
        except StoreLost as error:
            self._failed(error)
            return
        except StoreTrouble as error:
            event_logger().error("store.failed", stage="strays", cause=str(error))
            self._once_later(_RETRY_S, self._keep_strays)
            return
        self._strays = []
        self._consumer.ack(strays)

    def _once_later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Call `action` later; once, also where a connection was lost and came back meanwhile."""
        if self._consumer is None or action in self._timed:
            return

        def run() -> None:
            self._timed.discard(action)
            action()

        self._timed.add(action)
        self._consumer.call_later(delay_s, run)

    def _pause(self) -> None:
        if self._consumer is not None:
            self._consumer.pause()
            self._consumer.call_later(_RETRY_S, self._retry)

    def _retry(self) -> None:
        batch, self._unkept = self._unkept, []
        if batch:
            self._keep(batch)
        if not self._unkept and not self._held and self._consumer is not None:
            self._consumer.resume()

    def _review_later(self) -> None:
        if self._consumer is not None:
            self._consumer.call_later(_REVIEW_S, self._review_and_again)

    def _review_and_again(self) -> None:
        self.review()
        self._review_later()
