"""Canaries: one under way at a time, spread over their interval, late by the steady clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from prometheus_client import CollectorRegistry

from builders_trust import AZ, NOW_MS, TR
from corridor.daemon.canaries import Canaries
from corridor.daemon.metrics_watch import WatchMetrics
from corridor.daemon.offers import Answer
from corridor.errors import Reason
from corridor.exchange.lanes import default_lane
from corridor.exchange.link_values import Sound
from corridor.exchange.values import Verdict
from corridor.store.values import LedgerLine
from corridor.transit.parties import Endpoint
from corridor.wire.batches import CANARY


@dataclass
class World:
    """A node that keeps canaries and a partner that receipts them when told to."""

    reason: Reason | None = None
    lines: dict[bytes, LedgerLine] = field(default_factory=dict)
    heard: dict[Endpoint, int] = field(default_factory=dict)
    draw: float = 0.5
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.canaries = Canaries(
            probe=self.probe, ledger=self.ledger, heard_ms=self.heard,
            metrics=WatchMetrics(self.registry), every_s=60, late_s=180, draw=lambda: self.draw,
        )  # fmt: skip

    def probe(self, peer: Endpoint) -> Answer:
        if self.reason is not None:
            return Answer("refused", bytes(16), self.reason, ())
        record_id = len(self.lines).to_bytes(16)
        self.lines[record_id] = LedgerLine(
            peer, record_id, CANARY, default_lane(CANARY), NOW_MS, None, None, None, None
        )
        return Answer("accepted", record_id)

    def ledger(self, record_id: bytes) -> Sequence[LedgerLine]:
        found = self.lines.get(record_id)
        return [found] if found else []

    def receipt(self, after_ms: int, verdict: Verdict = Verdict.ACCEPTED) -> None:
        (last,) = list(self.lines)[-1:]
        reason = Reason.NO_AGREEMENT if verdict is Verdict.REFUSED else None
        self.lines[last] = replace(
            self.lines[last], receipted_ms=NOW_MS + after_ms, verdict=verdict, reason=reason
        )

    def turns(self, *seconds: float) -> None:
        for now_s in seconds:
            self.canaries.turn([TR], now_s)


def test_one_goes_each_interval_once_the_last_has_come_back() -> None:
    world = World()
    world.turns(0, 29)
    assert not world.lines  # the first comes by chance within the first interval
    world.turns(30, 31)
    assert len(world.lines) == 1
    world.receipt(after_ms=250)
    world.turns(32, 60)
    assert len(world.lines) == 1
    world.turns(90)
    assert len(world.lines) == 2
    row = world.canaries.rows(90)[TR]
    assert (row["round_trip_ms"], row["last_ms"], row["waits_s"]) == (250, NOW_MS + 250, 0.0)


def test_to_a_partner_that_is_away_for_a_week_one_waits() -> None:
    world = World()
    world.turns(*range(0, 7 * 86_400, 600))
    assert len(world.lines) == 1
    assert world.canaries.sounds(7 * 86_400) == {TR.country: Sound(late=True, heard=False)}


def test_a_canary_is_late_after_its_time_and_says_whether_anything_came() -> None:
    world = World(heard={TR: 7})
    world.turns(0, 30)
    assert world.canaries.sounds(209)[TR.country] == Sound(late=False, heard=False)
    assert world.canaries.sounds(210)[TR.country] == Sound(late=True, heard=False)
    world.heard[TR] = 8
    assert world.canaries.sounds(210)[TR.country] == Sound(late=True, heard=True)
    world.receipt(after_ms=180_000)
    world.turns(211)  # the next one was due long ago, and goes at once
    assert world.canaries.sounds(211) == {TR.country: Sound(late=False, heard=False)}


@pytest.mark.parametrize(("after_ms", "expected"), [(-9_999_999, 0), (9_999_999_999, 2_000)])
def test_a_clock_that_was_set_meanwhile_makes_no_round_trip_of_days(
    after_ms: int, expected: int
) -> None:
    world = World()
    world.turns(0, 30)
    world.receipt(after_ms)
    world.turns(32)
    assert world.canaries.rows(32)[TR]["round_trip_ms"] == expected


def test_none_is_sent_where_it_is_refused_and_the_reason_is_told() -> None:
    world = World(reason=Reason.STORE_FULL)
    world.turns(0, 30, 31, 40)
    assert world.canaries.rows(40)[TR]["reason"] == "store_full"
    assert world.canaries.sounds(40) == {}
    world.reason = None
    world.turns(95)
    assert world.canaries.rows(95)[TR]["reason"] is None


def test_a_canary_that_the_partner_refused_or_that_was_forgotten_is_followed_by_another() -> None:
    world = World()
    world.turns(0, 30)
    world.receipt(250, Verdict.REFUSED)
    world.turns(31)
    assert world.canaries.rows(31)[TR]["reason"] == "no_agreement"
    world.turns(95)
    assert len(world.lines) == 2
    world.lines.clear()
    world.turns(96, 170)
    assert len(world.lines) == 1


def test_a_partner_that_has_left_is_forgotten_and_a_new_one_gets_its_own() -> None:
    world = World()
    world.turns(0, 30)
    world.canaries.turn([AZ], 31)
    assert set(world.canaries.rows(31)) == {AZ}
    assert world.canaries.sounds(500) == {}


def test_without_an_interval_none_is_sent() -> None:
    canaries = Canaries(
        probe=lambda _peer: pytest.fail("sent"), ledger=lambda _id: [], heard_ms={},
        metrics=WatchMetrics(CollectorRegistry()), every_s=0, late_s=1, draw=lambda: 0.0,
    )  # fmt: skip
    canaries.turn([TR], 1e9)
    assert canaries.rows(1e9) == {}


def test_two_hundred_partners_are_not_sent_to_at_once() -> None:
    draws = iter([number / 200 for number in range(200)] + [0.5] * 1000)
    sent: list[float] = []
    world = World()
    canaries = Canaries(
        probe=lambda peer: sent.append(1) or world.probe(peer),  # type: ignore[func-returns-value]
        ledger=world.ledger, heard_ms={}, metrics=WatchMetrics(CollectorRegistry()),
        every_s=60, late_s=180, draw=lambda: next(draws),
    )  # fmt: skip
    peers = [Endpoint(f"{chr(65 + n // 26)}{chr(65 + n % 26)}.X") for n in range(200)]
    counts = []
    for second in range(61):
        before = len(sent)
        canaries.turn(peers, float(second))
        counts.append(len(sent) - before)
    assert sum(counts) == 200
    assert max(counts) <= 5
