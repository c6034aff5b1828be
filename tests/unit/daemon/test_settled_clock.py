"""What cannot be undone waits for a clock that is sure: erasing, giving up, forgetting days."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders_store import KEY, sealed, submission
from builders_trust import GE, TR
from corridor.daemon import clock
from corridor.daemon.config import load_config
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.node import Node
from corridor.daemon.observe import NodeObserver
from corridor.daemon.settled_clock import SettledClock
from corridor.exchange.clock_settled import MARGIN_MS, Faith, Reached
from corridor.exchange.cues import ReceiptApplied
from corridor.exchange.values import EnvelopeVerdict, Lane, Verdict
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore, connection_of
from corridor.wire.limits import DAY_MS

NOW = 1_800_000_000_000
HOUR_S = 3600.0


class Machine:
    """A clock that somebody sets, one that nobody does, and partners that answer or do not."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.passed_s = 0.0
        self.booted_s = 0.0
        self.off_ms = 0
        self.wrong = False
        self.signed_ms = 0
        self.answers: dict[Any, Reached] = {}
        self.start()

    def start(self) -> None:
        """Start the machine: its steady clock begins anew."""
        self.booted_s, self.answers = self.passed_s, {}
        self.clock = SettledClock(self.store, self.steady_s)

    def steady_s(self) -> float:
        return 100.0 + self.passed_s - self.booted_s

    @property
    def now(self) -> int:
        return NOW + round(self.passed_s * 1000) + self.off_ms

    def hear(self, *skews_ms: int) -> None:
        steady_ms = round(self.steady_s() * 1000)
        for peer, skew_ms in zip((TR, GE), skews_ms, strict=False):
            self.answers[peer] = Reached(self.now + skew_ms, steady_ms)

    def look(self) -> bool:
        self.clock.turn(self.now, self.signed_ms, self.answers, wrong=self.wrong)
        return self.clock.sure(self.now)

    def pass_s(self, seconds: float, step_s: float = 60.0) -> bool:
        end_s = self.passed_s + seconds
        while self.passed_s < end_s:
            self.passed_s += step_s
            self.look()
        return self.clock.sure(self.now)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(SqliteStore.open(tmp_path / "store.db", KEY))


@pytest.fixture
def settled(machine: Machine) -> Machine:
    machine.look()
    machine.hear(0)
    assert machine.look()
    return machine


def test_nobody_is_sure_before_the_first_look(machine: Machine) -> None:
    assert not machine.clock.sure(machine.now)
    assert not machine.clock.sure(0)


def test_a_partners_answer_settles_it_and_it_goes_on_by_itself(settled: Machine) -> None:
    assert settled.pass_s(48 * HOUR_S)
    assert settled.clock.attention() == []
    assert settled.clock.rows()["state"] == Faith.SURE
    assert settled.clock.rows()["reached_ms"] == settled.now


def test_a_start_within_minutes_goes_on_at_once(settled: Machine) -> None:
    settled.pass_s(120)
    settled.passed_s += 300
    settled.start()
    assert not settled.clock.sure(settled.now)
    assert settled.look()


def test_a_node_that_was_off_for_weeks_waits_for_a_partner_or_a_day(settled: Machine) -> None:
    settled.passed_s += 40 * 86_400
    settled.start()
    assert not settled.pass_s(HOUR_S)
    (line,) = settled.clock.attention()
    assert line.startswith("nothing is erased by age or given up: the clock is ahead of all")
    assert "or after a day" in line
    assert not settled.pass_s(22 * HOUR_S)
    assert settled.pass_s(HOUR_S)
    assert settled.clock.attention() == []


def test_minutes_after_a_start_nobody_is_asked_to_look(settled: Machine) -> None:
    settled.passed_s += 3 * 86_400
    settled.start()
    settled.pass_s(600)
    assert settled.clock.attention() == []
    settled.hear(0)
    assert settled.look()


def test_a_clock_set_ahead_is_not_believed_even_before_it_was_looked_at(settled: Machine) -> None:
    settled.off_ms = 31 * DAY_MS
    assert not settled.clock.sure(settled.now)
    assert not settled.look()
    settled.off_ms = 0
    assert settled.look()


def test_a_clock_that_starts_ahead_is_held_back_by_the_one_partner_there_is(
    settled: Machine,
) -> None:
    settled.off_ms = 31 * DAY_MS
    settled.start()
    assert not settled.pass_s(60)
    settled.hear(-31 * DAY_MS)
    assert not settled.pass_s(72 * HOUR_S)  # also when the partner falls silent, its disk lost
    (line,) = settled.clock.attention()
    assert "ahead of a partner's" in line
    settled.off_ms = 0
    assert settled.look()


def test_a_partner_that_fitted_speaks_against_a_clock_that_is_set_afterwards(
    machine: Machine,
) -> None:
    machine.hear(0)
    machine.off_ms = 31 * DAY_MS
    assert not machine.look()
    assert machine.clock.rows()["state"] == Faith.OPPOSED
    machine.hear(0, 0)  # theirs were set as well
    assert machine.look()


def test_what_was_not_sure_is_not_written_down(settled: Machine) -> None:
    settled.off_ms = 31 * DAY_MS
    settled.pass_s(12 * HOUR_S)
    settled.start()
    assert not settled.look()  # a start does not make it right


def test_a_clock_that_runs_fast_is_no_further_believed_than_the_margin(settled: Machine) -> None:
    for _ in range(2000):
        settled.off_ms += 1_000  # each too little to be a jump
        settled.pass_s(1, step_s=1)
    assert not settled.clock.sure(settled.now)


def test_as_long_as_something_is_wrong_nothing_is_done_and_it_is_told(settled: Machine) -> None:
    settled.wrong = True
    assert not settled.pass_s(60)
    (line,) = settled.clock.attention()
    assert "the clock is in doubt" in line
    settled.wrong = False
    assert settled.look()


def test_what_the_registry_signed_settles_it(machine: Machine) -> None:
    machine.signed_ms = NOW
    assert machine.look()
    assert machine.pass_s(10 * HOUR_S)


def test_a_setting_that_is_none_is_no_time(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "store.db", KEY)
    with store.transaction() as change:
        change.put_setting("clock.settled", b"yesterday")
    assert SettledClock(store).rows()["reached_ms"] is None


# -- what waits for it


def test_a_node_erases_nothing_by_a_clock_that_is_ahead_by_a_month(
    node_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a partner that is restored from its backup gets nothing back."""
    node = Node(load_config(node_folder("GE")))
    kept = "SELECT count(*) FROM frames"

    def an_hour_passes() -> int:
        node._watch._mind_clock()
        node._hourly_at = 0.0
        for _ in range(4):
            node.housekeep()
        return int(next(iter(connection_of(node._store).execute(kept)))[0])

    try:
        _send(node._store, clock.unix_ms())
        node._observer.answers[TR] = Reached(clock.unix_ms(), round(time.monotonic() * 1000))
        assert an_hour_passes() == 1
        assert node._watch.sure(clock.unix_ms())
        monkeypatch.setattr(clock._CLOCK, "offset_ms", 31 * DAY_MS)
        assert not node._watch.sure(clock.unix_ms())  # nobody has looked at it yet
        assert an_hour_passes() == 1
        attention = node.status()["attention"]
        assert any("nothing is erased by age" in line for line in attention)
        assert node.status()["watch"]["clock_settled"]["state"] == Faith.WRONG
        monkeypatch.setattr(node._watch, "sure", lambda _now_ms: True)
        assert an_hour_passes() == 0  # it was the clock alone that kept them
    finally:
        node.stop()


def _send(store: Store, now_ms: int) -> None:
    """Have an envelope sealed and receipted."""
    with store.transaction() as change:
        change.accept(submission(1, peer=TR), now_ms)
        (row,) = change.waiting(TR, Lane.ROUTINE, 9)
        kept = sealed(1, (row.row,), peer=TR, created_ms=now_ms)
        change.keep_sealed(kept)
        judged = EnvelopeVerdict(
            kept.position, kept.envelope_id, kept.payload_root, Verdict.ACCEPTED
        )
        change.close_sealed(TR, judged, now_ms)


def test_only_a_quick_answer_tells_what_a_partners_clock_says() -> None:
    """What left before the clock was set and came back after it would fit any clock."""
    observer = NodeObserver(NodeMetrics())
    receipt = ReceiptApplied(TR, Lane.ROUTINE, 1, Verdict.ACCEPTED, (), MARGIN_MS + 1, skew_ms=0)
    observer.tell(receipt)
    assert observer.answers == {}
    observer.tell(replace(receipt, round_trip_ms=50, skew_ms=-31 * DAY_MS))
    said = observer.answers[TR].by(round(time.monotonic() * 1000))
    assert abs(said + 31 * DAY_MS - clock.unix_ms()) < 10_000
