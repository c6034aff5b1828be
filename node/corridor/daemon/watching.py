"""The watch: one thread that looks at links, sends canaries and minds the clock.

Rules:

* the exchange never waits for it: it asks the broker beside it, in a thread of its own, and what
  it does not get in time it asks for again;
* what goes wrong in a turn is told and ends that turn; the next one comes all the same;
* it is on in every node; without the password of corridor-watch it has canaries alone to go by.
"""

import random
import threading
import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from prometheus_client import CollectorRegistry

from corridor.daemon.canaries import Canaries
from corridor.daemon.clock import unix_ms
from corridor.daemon.clock_watch import ClockWatch
from corridor.daemon.config import NodeConfig
from corridor.daemon.link_watch import LinkWatch
from corridor.daemon.logs import event_logger, place_of
from corridor.daemon.metrics_watch import WatchMetrics
from corridor.daemon.offers import Answer
from corridor.daemon.settled_clock import SettledClock
from corridor.errors import StoreTrouble
from corridor.exchange.clock_settled import Reached
from corridor.store.port import Store
from corridor.transit.parties import Endpoint
from corridor.trust.view import TrustView

_TURN_S: Final = 1.0
_STOP_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the watch needs of its node."""

    store: Store
    trust: Callable[[], TrustView]
    probe: Callable[[Endpoint], Answer]
    blocked: Callable[[], bool]
    """Whether the own broker takes nothing just now."""
    wake: Callable[[], None]
    """Has whoever waits by the wall clock look again."""
    heard_ms: Mapping[Endpoint, int]
    skews: Mapping[Endpoint, tuple[int, float]]
    paused: Container[Endpoint] = ()
    """Partners to whom no canary is sent."""
    answers: Mapping[Endpoint, Reached] = field(default_factory=dict)
    """What the clocks of partners said that answered quickly, and the steady clock then."""


class Watch:
    """The watch of one node, from `start` to `stop`."""

    def __init__(
        self, config: NodeConfig, around: Surroundings, registry: CollectorRegistry
    ) -> None:
        """Look at nothing yet; metrics go to `registry`.

        Raises:
            StoreTrouble: The store cannot be read.
        """
        section = config.watch
        self._config = config
        self._around = around
        self._metrics = metrics = WatchMetrics(registry)
        self._known: set[Endpoint] = set()
        self._links = LinkWatch(config, around.trust, metrics)
        self._clock = ClockWatch(around.store, metrics, around.wake)
        self._settled = SettledClock(around.store)
        self.sure = self._settled.sure
        self._canaries = Canaries(
            probe=around.probe, ledger=around.store.ledger, heard_ms=around.heard_ms,
            metrics=metrics, every_s=section.canary_every_s, late_s=section.canary_late_s,
            draw=random.random,
        )  # fmt: skip
        self._look_at_s = 0.0
        self._was_blocked = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link-watch", daemon=True)
        self._turn_s = min(_TURN_S, section.look_every_s)

    def look_at_clock(self) -> None:
        """Look at the clock for the first time: before it nothing is done that cannot be undone."""
        self._try(self._mind_clock)

    def start(self) -> None:
        """Begin to watch."""
        self._clock.begin(unix_ms())
        self._thread.start()

    def stop(self) -> None:
        """End; a look that still waits for the broker is left to end by itself."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)

    def rows(self) -> dict[str, Any]:
        """Return what is wrong and how the canaries do: `watch` of `corridor status --json`."""
        now_s = time.monotonic()
        return {
            "sees_broker": self._links.sees,
            "findings": [
                {
                    "trouble": one.trouble.value,
                    "partner": one.partner,
                    "what": one.what,
                    "cure": one.cure,
                    "since_s": max(0, round(now_s - one.since_s)),
                }
                for one in self._links.findings
            ],
            "canaries": self._canaries.rows(now_s),
            "clock": self._clock.rows(),
            "clock_settled": self._settled.rows(),
        }

    def attention(self) -> list[str]:
        """Return what needs a person, a sentence each."""
        now_s = time.monotonic()
        told = {one.partner for one in self._links.findings}
        lines = [f"{one.what}; {one.cure}" for one in self._links.findings]
        for peer, row in self._canaries.rows(now_s).items():
            late = (row["waits_s"] or 0) >= self._config.watch.canary_late_s
            if late and peer.country not in told:
                lines.append(f"no receipt for a canary to {peer}; `corridor doctor` on both sides")
        lines += [f"{row['what']}; {row['cure']}" for row in self._clock.rows()]
        return lines + self._settled.attention()

    def _run(self) -> None:
        while not self._ended.wait(self._turn_s):
            self._try(self._turn)

    def _try(self, look: Callable[[], None]) -> None:
        try:
            look()
        except StoreTrouble as error:
            event_logger().error("watch.failed", cause=str(error), code=error.code)
        except Exception as error:  # noqa: BLE001 - told; a node is not ended for its watch
            event_logger().error(
                "watch.failed",
                cause=type(error).__name__,
                stage=place_of(error.__traceback__),
            )

    def _mind_clock(self) -> None:
        now_ms, signed_ms = unix_ms(), _signed_ms(self._around.trust())
        self._clock.turn(now_ms, signed_ms, dict(self._around.skews))
        wrong = bool(self._clock.findings)
        self._settled.turn(now_ms, signed_ms, dict(self._around.answers), wrong=wrong)

    def _turn(self) -> None:
        self._mind_clock()
        now_s, now_ms = time.monotonic(), unix_ms()
        view = self._around.trust()
        every = view.partners(self._config.endpoint, now_ms)
        if self._known != set(every):
            self._known = set(every)
            self._metrics.know_peers(every)
        partners = self._watched(every)
        self._canaries.turn(partners, now_s)
        for peer, row in self._canaries.rows(now_s).items():
            self._metrics.canary_waits.labels(peer).set(row["waits_s"] or 0)
        blocked = self._around.blocked()
        if now_s >= self._look_at_s or blocked is not self._was_blocked:
            self._was_blocked = blocked
            self._look_at_s = now_s + self._config.watch.look_every_s
            self._links.look(self._canaries.sounds(now_s), now_s, now_ms)

    def _watched(self, partners: Sequence[Endpoint]) -> list[Endpoint]:
        alone = set(self._config.watch.left_alone)
        paused = self._around.paused
        return [peer for peer in partners if peer.country not in alone and peer not in paused]


def _signed_ms(view: TrustView) -> int:
    """Return when the newest statement that a quorum of the registry signed was issued."""
    directory = view.directory
    return max(view.root.issued_ms, directory.issued_ms if directory else 0)
