"""Measures what the node has left, and has it take no more in time (`exchange.pressure` decides).

Rules:

* measured about once a second in the main thread; asked from any thread without waiting;
* each cause that begins or ends is one line in the log, one gauge, one line of the status;
* what waits for the national system is taken from cursors, and counted only near the bound: after
  a restore cursors jump, and counting a million rows each second would be the trouble itself.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from corridor.daemon.config_sections import StoreSection
from corridor.daemon.logs import event_logger
from corridor.daemon.metrics import NodeMetrics
from corridor.errors import StoreTrouble
from corridor.exchange.pressure import (
    CURES,
    INLET_STOPS,
    INTAKE_STOPS,
    WHAT,
    Cause,
    Load,
    pressed,
)
from corridor.store.port import Store

_MIB: Final = 1024 * 1024
_FAILED_FOR_S: Final = 5.0
"""After the disk took nothing, new records are refused so long without trying it again."""
_NEAR: Final = 0.9
_COUNT_EVERY_S: Final = 10.0


class BackPressure:
    """Why the node takes nothing more, if so, since when and of whom."""

    def __init__(
        self,
        settings: StoreSection,
        store: Store,
        metrics: NodeMetrics,
        hold: Callable[[bool], None],
        now_ms: Callable[[], int],
    ) -> None:
        """Measure the disk of `settings` and what waits in `store`; `hold` stops the inlet."""
        self._settings = settings
        self._store = store
        self._metrics = metrics
        self._hold = hold
        self._now_ms = now_ms
        self._since: dict[Cause, int] = {}
        self._failed_at = float("-inf")
        self._counted_at = float("-inf")
        self._skipped = 0
        """Cursors between what is acknowledged and the last one, behind which no record stands."""
        self.free_mib = free_mib(settings.path)
        self.waiting = 0
        self._take_in(self._load())

    @property
    def has_room(self) -> bool:
        """Whether a record of the national system may be accepted; any thread."""
        return not self.why_no_room

    @property
    def why_no_room(self) -> str:
        """Why none may be accepted, in words; "" where one may. Any thread."""
        if self._failed() or Cause.STORE_FULL in self._since:
            return "the disk of the store takes nothing"
        return f"{self.free_mib} MiB free" if INTAKE_STOPS & self._since.keys() else ""

    def store_failed(self) -> None:
        """The disk took nothing when something was to be kept; any thread."""
        self._failed_at = time.monotonic()

    def measure(self) -> None:
        """Look again; about once a second."""
        self.free_mib = free_mib(self._settings.path)
        self._take_in(self._load())

    def rows(self) -> list[dict[str, Any]]:
        """Return what holds now, for the status."""
        return [
            {
                "cause": cause.value,
                "since_ms": since_ms,
                "what": WHAT[cause],
                "cure": CURES[cause],
                "stops": [
                    who
                    for who, stops in (("national system", INTAKE_STOPS), ("partners", INLET_STOPS))
                    if cause in stops
                ],
            }
            for cause, since_ms in sorted(dict(self._since).items())
        ]

    def attention(self) -> list[str]:
        """Return what needs a person, one line each."""
        lines = [
            f"{self.free_mib} MiB free: {WHAT[cause]}; {CURES[cause]}"
            if cause in {Cause.DISK_LOW, Cause.DISK_RESERVE}
            else f"{WHAT[cause]}; {CURES[cause]}"
            for cause in sorted(dict(self._since))
        ]
        most = self._settings.inbox_most_records
        if self.waiting >= most // 2 and Cause.INBOX_FULL not in self._since:
            lines.append(
                f"{self.waiting} records of partners wait for the national system; at {most}"
                " nothing more is taken from partners"
            )
        return lines

    def _failed(self) -> bool:
        return time.monotonic() - self._failed_at < _FAILED_FOR_S

    def _load(self) -> Load:
        settings = self._settings
        try:
            self.waiting = self._waiting(settings.inbox_most_records)
        except StoreTrouble:
            self.store_failed()  # what was counted last stands
        return Load(
            self.free_mib,
            settings.free_space_min_mib,
            self.waiting,
            settings.inbox_most_records,
            failed=self._failed(),
        )

    def _waiting(self, most: int) -> int:
        with self._store.reading() as view:
            told = view.last_cursors()[0] - view.acknowledged()
            if told < most * _NEAR:
                return max(told, 0)
            now = time.monotonic()
            if now - self._counted_at >= _COUNT_EVERY_S:
                self._skipped, self._counted_at = told - view.unacknowledged(most), now
            return max(told - self._skipped, 0)

    def _take_in(self, load: Load) -> None:
        before = frozenset(self._since)
        after = pressed(before, load)
        now_ms = self._now_ms()
        self._since = {cause: self._since.get(cause, now_ms) for cause in after}
        for cause in sorted(after - before):
            self._metrics.held_back.labels(cause.value).set(1)
            event_logger().warning(
                "pressure.began", reason=cause.value, cause=WHAT[cause], cure=CURES[cause]
            )
        for cause in sorted(before - after):
            self._metrics.held_back.labels(cause.value).set(0)
            event_logger().info("pressure.ended", reason=cause.value)
        self._metrics.inbox_waiting.set(self.waiting)
        self._metrics.free_bytes.set(self.free_mib * _MIB)
        if bool(INLET_STOPS & before) is not bool(INLET_STOPS & after):
            self._hold(bool(INLET_STOPS & after))


def free_mib(path: Path) -> int:
    """Return the free space of the disk on which `path` lies."""
    return shutil.disk_usage(path.parent).free // _MIB
