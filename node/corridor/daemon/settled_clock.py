"""Minds whether the node's clock is to be gone by for what cannot be undone.

Rules:

* what erases or gives up asks `sure` first, each time: the clock may have been set a moment ago;
* nobody is sure before the clock was looked at once;
* the time of which the node is sure stands in the store, and counts on from there after a start;
* what a partner's clock said goes on with the steady clock, and is compared anew each time: it says
  the same after our clock was set, and stands although the partner falls silent.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from corridor.daemon.logs import event_logger
from corridor.exchange.clock_settled import Faith, Reached, Seen, is_opposed, settle, within
from corridor.store.port import Store
from corridor.transit.parties import Endpoint

_SETTLED: Final = "clock.settled"
_WRITE_S: Final = 60.0
_TOLD_AFTER_S: Final = 3600.0
"""Partners speak for a clock within minutes of a start: before this nobody need look."""
_WAITS: Final = "nothing is erased by age or given up: "
_WORDS: Final = {
    Faith.WRONG: (
        "the clock is in doubt",
        "it goes on by itself when nothing speaks against the clock any more",
    ),
    Faith.OPPOSED: (
        "the clock is ahead of a partner's, and of all that is known here",
        "compare both with another clock; it goes on when they agree, or with a newer directory",
    ),
    Faith.UNCONFIRMED: (
        "the clock is ahead of all that is known here, and no partner has answered yet",
        "compare it with another clock; it goes on with a partner's receipt, or after a day",
    ),
}


class SettledClock:
    """Whether the clock is sure; looked at by one thread at a time, asked by any."""

    def __init__(self, store: Store, steady_s: Callable[[], float] = time.monotonic) -> None:
        """Read of what time the node was sure last.

        Raises:
            StoreTrouble: It cannot be read.
        """
        self._store = store
        self._steady_s = steady_s
        with store.reading() as view:
            found = view.setting(_SETTLED)
        at_ms = int(found) if found and found.isdigit() else 0
        self._state = (Faith.UNCONFIRMED, Reached(at_ms, self._steady_ms()))
        self._since_s = self._unopposed_s = steady_s()
        self._write_at_s = 0.0

    def turn(
        self,
        now_ms: int,
        signed_ms: int,
        answers: Mapping[Endpoint, Reached],
        *,
        wrong: bool,
    ) -> None:
        """Look at the clock.

        Args:
            now_ms: What it says.
            signed_ms: When the newest statement of the registry was issued.
            answers: For each partner that answered quickly what its clock said, about, and what
                the steady clock did.
            wrong: Whether anything was found that speaks against the clock.

        Raises:
            StoreTrouble: What is to be written down was not.
        """
        steady_s = self._steady_s()
        steady_ms = round(steady_s * 1000)
        skews = [one.by(steady_ms) - now_ms for one in answers.values()]
        before, reached = self._state
        if wrong or is_opposed(skews) or before is Faith.SURE:
            self._unopposed_s = steady_s
        unopposed_ms = round((steady_s - self._unopposed_s) * 1000)
        seen = Seen(now_ms, steady_ms, reached, signed_ms, wrong, skews, unopposed_ms)
        faith, reached = self._state = settle(seen)
        if faith is not before:
            self._since_s = steady_s
            self._tell(faith)
        if faith is Faith.SURE and steady_s >= self._write_at_s:
            with self._store.transaction(durable=False) as change:
                change.put_setting(_SETTLED, str(reached.by(steady_ms)).encode("ascii"))
            self._write_at_s = steady_s + _WRITE_S

    def sure(self, now_ms: int) -> bool:
        """Whether what cannot be undone may be done by this time; any thread."""
        faith, reached = self._state
        return faith is Faith.SURE and within(reached, now_ms, self._steady_ms())

    def rows(self) -> dict[str, Any]:
        """Return how it stands, for `corridor status`."""
        faith, reached = self._state
        what, cure = _WORDS.get(faith, ("", ""))
        return {
            "state": faith.value,
            "since_s": max(0, round(self._steady_s() - self._since_s)),
            "reached_ms": reached.by(self._steady_ms()) if reached.at_ms else None,
            "what": f"{_WAITS}{what}" if what else "",
            "cure": cure,
        }

    def attention(self) -> list[str]:
        """Return a line for a person where something waits for the clock that should not."""
        row = self.rows()
        early = row["state"] == Faith.UNCONFIRMED and row["since_s"] < _TOLD_AFTER_S
        return [f"{row['what']}; {row['cure']}"] if row["what"] and not early else []

    def _tell(self, faith: Faith) -> None:
        if faith is Faith.SURE:
            event_logger().info("clock.settled", state=faith.value)
        else:
            what, cure = _WORDS[faith]
            event_logger().warning(
                "clock.unsettled", state=faith.value, cause=_WAITS + what, cure=cure
            )

    def _steady_ms(self) -> int:
        return round(self._steady_s() * 1000)
