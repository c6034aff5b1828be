"""The watch over the own clock, with a store that outlives the node."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from builders_store import KEY
from builders_trust import AZ, GE, NOW_MS, TR
from corridor.daemon.clock_watch import ClockWatch
from corridor.daemon.metrics_watch import WatchMetrics
from corridor.exchange.clock_check import ClockTrouble
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore

DAY_MS = 86_400_000


class Machine:
    """Two clocks: one that somebody sets, and one that nobody does."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.off_ms = 0
        self.steady_s = 1000.0
        self.jumps = 0
        self.registry = CollectorRegistry()
        self.metrics = WatchMetrics(self.registry)
        self.skews: dict[Any, tuple[int, float]] = {}
        self.start()

    def start(self) -> None:
        self.watch = ClockWatch(self.store, self.metrics, self._jumped, lambda: self.steady_s)

    def _jumped(self) -> None:
        self.jumps += 1

    def pass_s(self, seconds: float, step_s: float = 1.0) -> None:
        end_s = self.steady_s + seconds
        while self.steady_s < end_s:
            self.steady_s += step_s
            now_ms = NOW_MS + round((self.steady_s - 1000) * 1000) + self.off_ms
            self.watch.turn(now_ms, NOW_MS - 30 * DAY_MS, self.skews)

    def told(self) -> list[ClockTrouble]:
        return [one.trouble for one in self.watch.findings]

    def gauge(self, trouble: ClockTrouble) -> float | None:
        return self.registry.get_sample_value("corridor_clock_off_seconds", {"trouble": trouble})


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(SqliteStore.open(tmp_path / "store.db", KEY))


def test_a_clock_that_goes_right_is_not_spoken_of(machine: Machine) -> None:
    machine.pass_s(3600, step_s=10)
    assert machine.told() == []
    assert machine.jumps == 0


@pytest.mark.parametrize("off_ms", [600_000, -600_000, 3 * DAY_MS, -3 * DAY_MS])
def test_a_clock_that_is_set_while_the_node_runs_is_named_at_once(
    machine: Machine, off_ms: int
) -> None:
    machine.pass_s(120)
    machine.off_ms = off_ms
    machine.pass_s(1)
    assert ClockTrouble.JUMPED in machine.told()
    assert (ClockTrouble.BEHIND_OWN in machine.told()) is (off_ms < 0)
    assert machine.jumps == 1
    off_s = machine.gauge(ClockTrouble.JUMPED)
    assert off_s is not None
    assert abs(off_s - off_ms / 1000) < 2
    assert any("the clock was set by" in row["what"] for row in machine.watch.rows())


def test_a_clock_that_is_set_before_the_first_look_is_named(machine: Machine) -> None:
    machine.watch.begin(NOW_MS)
    machine.off_ms = 600_000
    machine.pass_s(1)
    assert machine.told() == [ClockTrouble.JUMPED]


def test_a_clock_that_is_put_back_right_leaves_no_alarm(machine: Machine) -> None:
    machine.pass_s(120)
    machine.off_ms = -3 * DAY_MS
    machine.pass_s(300)
    machine.off_ms = 0
    machine.pass_s(1)
    assert machine.told() == []
    assert machine.gauge(ClockTrouble.JUMPED) == 0


@pytest.mark.parametrize("off_ms", [1_000, -1_000, 20_000])
def test_a_leap_second_and_a_correction_are_borne(machine: Machine, off_ms: int) -> None:
    machine.pass_s(120)
    machine.off_ms = off_ms
    machine.pass_s(120)
    assert machine.told() == []


def test_a_node_that_starts_with_a_clock_put_back_says_so(machine: Machine) -> None:
    machine.pass_s(120)
    machine.off_ms = -600_000
    machine.start()
    machine.pass_s(1)
    assert machine.told() == [ClockTrouble.BEHIND_OWN]
    assert machine.jumps == 0


def test_a_clock_that_had_been_ahead_is_right_after_an_hour_with_nobody_against_it(
    machine: Machine,
) -> None:
    machine.off_ms = 3 * DAY_MS
    machine.pass_s(120)
    machine.off_ms = 0
    machine.start()
    machine.pass_s(3590, step_s=10)
    assert machine.told() == [ClockTrouble.BEHIND_OWN]
    machine.pass_s(120, step_s=10)
    assert machine.told() == []
    machine.start()
    machine.pass_s(60)
    assert machine.told() == []


def test_partners_against_it_keep_a_clock_that_was_put_back_under_alarm(machine: Machine) -> None:
    machine.pass_s(120)
    machine.off_ms = -3 * DAY_MS
    machine.start()
    for _ in range(800):
        machine.skews = dict.fromkeys((TR, GE), (3 * DAY_MS, machine.steady_s))
        machine.pass_s(10, step_s=10)
    assert machine.told() == [ClockTrouble.BEHIND_OWN, ClockTrouble.BEHIND_PARTNERS]
    assert machine.registry.get_sample_value(
        "corridor_peer_clock_skew_seconds", {"peer": TR}
    ) == pytest.approx(259_200)


def test_what_partners_said_long_ago_counts_no_more(machine: Machine) -> None:
    machine.skews = dict.fromkeys((TR, GE, AZ), (DAY_MS, machine.steady_s))
    machine.pass_s(60)
    assert machine.told() == [ClockTrouble.BEHIND_PARTNERS]
    machine.pass_s(900)
    assert machine.told() == []


def test_a_jump_is_told_for_an_hour(machine: Machine) -> None:
    machine.pass_s(5)
    machine.off_ms = 600_000
    machine.pass_s(3590, step_s=10)
    assert machine.told() == [ClockTrouble.JUMPED]
    machine.pass_s(30, step_s=10)
    assert machine.told() == []
