"""Watches the node's own clock: against itself, what is signed, what is written down, and partners.

Rules:

* nothing is set and nothing is refused for it: the exchange bears a wrong clock, a person mends it;
* a clock that was put back is behind what was written down until it has stood for an hour with
  nobody against it: then it was ahead before, and what is written down follows it;
* whoever waits by the wall clock is woken when it was set.
"""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from corridor.daemon.logs import event_logger
from corridor.daemon.metrics_watch import WatchMetrics
from corridor.exchange.clock_check import (
    TOLERANCE_MS,
    ClockFinding,
    ClockSeen,
    ClockTrouble,
    check_clock,
)
from corridor.store.port import Store
from corridor.transit.parties import Endpoint

_WRITTEN: Final = "clock.written"
_WRITE_S: Final = 60.0
_REMEMBERED_S: Final = 3600.0
"""For how long a jump is told, and how long a clock that was put back must stand."""
_LATELY_S: Final = 900.0
"""What a partner's clock said is old after this."""
_WORDS: Final = {
    ClockTrouble.BEHIND_SIGNED: (
        "the clock is {off} behind what the registry signed",
        "set the clock, and have chrony or systemd-timesyncd keep it",
    ),
    ClockTrouble.BEHIND_OWN: (
        "the clock is {off} behind what this node wrote down: behind now, or ahead then",
        "compare it with another clock; where it is right now, this line goes in an hour",
    ),
    ClockTrouble.JUMPED: (
        "the clock was set by {off} while the node ran",
        "find what set it; have chrony or systemd-timesyncd keep it",
    ),
    ClockTrouble.AHEAD_OF_PARTNERS: (
        "most partners' clocks are behind ours, by about {off}",
        "compare the clock with another one; nothing is refused for it",
    ),
    ClockTrouble.BEHIND_PARTNERS: (
        "most partners' clocks are ahead of ours, by about {off}",
        "compare the clock with another one; nothing is refused for it",
    ),
}


class ClockWatch:
    """The watch over the own clock; used by one thread, `findings` by any."""

    def __init__(
        self,
        store: Store,
        metrics: WatchMetrics,
        jumped: Callable[[], None],
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read what was written down; `jumped` is called after the clock was set.

        Raises:
            StoreTrouble: It cannot be read.
        """
        self._store = store
        self._metrics = metrics
        self._jumped = jumped
        self._steady_s = steady_s
        self._last: tuple[int, float] | None = None
        self._jumped_ms = 0
        self._jump_told_s = 0.0
        self._write_at_s = 0.0
        self._contested_s: float | None = None
        self.findings: tuple[ClockFinding, ...] = ()
        with store.reading() as view:
            found = view.setting(_WRITTEN)
        self._written_ms = int(found) if found and found.isdigit() else 0

    def begin(self, now_ms: int) -> None:
        """Take what the clock says now as what it is compared with."""
        self._last = (now_ms, self._steady_s())

    def turn(
        self, now_ms: int, signed_ms: int, skews: Mapping[Endpoint, tuple[int, float]]
    ) -> None:
        """Look at the clock.

        Args:
            now_ms: What it says.
            signed_ms: When the newest statement of the registry was issued.
            skews: For each partner how far its clock is from ours, and when that was seen by the
                steady clock.

        Raises:
            StoreTrouble: What is to be written down was not.
        """
        steady_s = self._steady_s()
        self._compare_with_steady(now_ms, steady_s)
        lately = {
            peer: skew_ms for peer, (skew_ms, at_s) in skews.items() if steady_s - at_s < _LATELY_S
        }
        found = check_clock(
            ClockSeen(now_ms, signed_ms, self._written_ms, self._jumped_ms, lately.values())
        )
        self._tell(found, lately)
        self._write_down(now_ms, steady_s, {one.trouble for one in found})

    def rows(self) -> list[dict[str, Any]]:
        """Return what is wrong, for `corridor status`."""
        return [
            {
                "trouble": one.trouble.value,
                "off_ms": one.off_ms,
                "certain": one.certain,
                "what": _WORDS[one.trouble][0].format(off=_span(one.off_ms)),
                "cure": _WORDS[one.trouble][1],
            }
            for one in self.findings
        ]

    def _compare_with_steady(self, now_ms: int, steady_s: float) -> None:
        if self._last is not None:
            last_ms, last_s = self._last
            off_ms = now_ms - last_ms - round((steady_s - last_s) * 1000)
            if abs(off_ms) > TOLERANCE_MS:
                self._jumped_ms += off_ms  # put forth and back again, nothing is left of it
                self._jump_told_s = steady_s
                event_logger().error(
                    "clock.jumped", duration_ms=off_ms, cure=_WORDS[ClockTrouble.JUMPED][1]
                )
                self._jumped()
        if self._jumped_ms and steady_s - self._jump_told_s >= _REMEMBERED_S:
            self._jumped_ms = 0
        self._last = (now_ms, steady_s)

    def _tell(self, found: tuple[ClockFinding, ...], skews: Mapping[Endpoint, int]) -> None:
        before, now = ({one.trouble for one in each} for each in (self.findings, found))
        self.findings = found
        for row in self.rows():
            if ClockTrouble(row["trouble"]) not in before:
                log = event_logger().error if row["certain"] else event_logger().warning
                log("clock.wrong", state=row["trouble"], duration_ms=row["off_ms"],
                    cause=row["what"], cure=row["cure"])  # fmt: skip
        for trouble in sorted(before - now):
            event_logger().info("clock.right", state=trouble.value)
        off_ms = {one.trouble: one.off_ms for one in found}
        for trouble in ClockTrouble:
            self._metrics.clock.labels(trouble.value).set(off_ms.get(trouble, 0) / 1000)
        for peer, skew_ms in skews.items():
            self._metrics.skew.labels(peer).set(skew_ms / 1000)

    def _write_down(self, now_ms: int, steady_s: float, found: Collection[ClockTrouble]) -> None:
        """Write the time down once a minute; a lower one only after it has stood."""
        if ClockTrouble.BEHIND_OWN in found:
            alone = len(found) == 1
            since_s = self._contested_s if alone and self._contested_s is not None else steady_s
            self._contested_s = since_s
            if steady_s - since_s < _REMEMBERED_S:
                return
            event_logger().warning("clock.taken", state=ClockTrouble.BEHIND_OWN.value)
        elif steady_s < self._write_at_s or now_ms < self._written_ms:
            self._contested_s = None
            return
        self._contested_s = None
        self._write_at_s = steady_s + _WRITE_S
        with self._store.transaction(durable=False) as change:
            change.put_setting(_WRITTEN, str(now_ms).encode("ascii"))
        self._written_ms = now_ms


def _span(off_ms: int) -> str:
    """Write a length of time for a person, in its largest unit."""
    seconds = abs(off_ms) / 1000
    for size, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} seconds"
