"""What an officer may say of kept records, the pass of retention, and what disk is needed."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders_cli import corridor, typing
from builders_store import (
    GE,
    KEY,
    NOW_MS,
    incoming,
    received,
    record_id,
    sealed,
    submission,
    verdict_on,
)
from builders_trust import GE as GE_RS
from corridor.cli.leave_screens import capacity_screen
from corridor.daemon.capacity import ASSUMED, capacity
from corridor.daemon.config import load_config
from corridor.daemon.config_sections import RetentionSection
from corridor.daemon.keeping import Keeping, Retention
from corridor.daemon.node import Node
from corridor.errors import ConfigurationError, RecordKept
from corridor.exchange.values import Lane, Position, Verdict
from corridor.gateway.local_server import LocalServer
from corridor.store.capacity import Flow, Measured
from corridor.store.memory import MemoryStore
from corridor.store.sqlite import SqliteStore

DAY_MS = 86_400_000
ID = record_id(1).hex()


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    with made.transaction() as change:
        change.accept(submission(1, terms=(("mrn", "26GE1"),)), NOW_MS)
        row = change.waiting(GE, Lane.ROUTINE, 1)[0].row
        envelope = sealed(1, (row,))
        change.keep_sealed(envelope)
        change.close_sealed(GE, verdict_on(envelope, Verdict.ACCEPTED), NOW_MS)
        change.accept(submission(2), NOW_MS)
    return made


@pytest.fixture
def keeping(store: MemoryStore) -> Keeping:
    return Keeping(store, lambda: NOW_MS)


@pytest.mark.parametrize(
    ("kind", "value", "reason", "by", "until_ms", "says"),
    [
        ("colour", "blue", "r", "o", None, "names one of: record, "),
        ("record", "12", "r", "o", None, "not the id"),
        ("record", "zz" * 16, "r", "o", None, "not the id"),
        ("mrn", " ", "r", "o", None, "which mrn is missing"),
        ("mrn", "x" * 501, "r", "o", None, "which mrn is missing, or is longer"),
        ("mrn", "26GE1", " ", "o", None, "a reason is missing"),
        ("mrn", "26GE1", "r" * 501, "o", None, "a reason"),
        ("mrn", "26GE1", "\x1b[31m", "o", None, "a reason"),
        ("mrn", "26GE1", "r", "", None, "who places it"),
        ("mrn", "26GE1", "r", "o", NOW_MS, "ends in the future"),
    ],
)
def test_a_hold_that_says_too_little_is_refused(  # noqa: PLR0913, PLR0917 - the table
    keeping: Keeping, kind: str, value: str, reason: str, by: str, until_ms: int | None, says: str
) -> None:
    with pytest.raises(RecordKept, match=says):
        keeping.place(kind, value, reason, by, until_ms)
    assert keeping.holds() == {"holds": []}


def test_holds_are_bounded(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corridor.daemon.keeping._MAX_HOLDS", 1)
    keeping.place("mrn", "26 ge1", "r", "o", None)
    with pytest.raises(RecordKept, match="in force"):
        keeping.place("mrn", "26GE2", "r", "o", None)
    assert keeping.release(1, "over", "o")["number"] == 1
    assert keeping.place("mrn", "26GE2", "r", "o", None)["number"] == 2
    with pytest.raises(RecordKept, match="no hold 1 is in force"):
        keeping.release(1, "over", "o")


def test_a_hold_says_what_it_keeps_and_the_same_is_not_made_twice(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = keeping.place("mrn", "26 ge1", "case 7", "o", None)
    assert (placed["number"], placed["holds_now"], placed["existing"]) == (1, 1, False)
    again = keeping.place("mrn", "26GE1", "case 7", "o", None)
    assert (again["number"], again["existing"], again["others"]) == (1, True, [])
    assert len(keeping.holds()["holds"]) == 1
    other = keeping.place("mrn", "26GE1", "case 8", "o", None)  # of another court: both must go
    assert (other["number"], other["existing"], other["others"]) == (2, False, [1])
    assert keeping.place("mrn", "26GE7", "r", "o", None)["holds_now"] == 0
    assert keeping.place("record", ID, "r", "o", None)["holds_now"] == 1
    assert keeping.place("record", "ab" * 16, "r", "o", None)["holds_now"] == 0
    keeping.release(1, "over", "o")
    assert keeping.place("mrn", "26GE1", "case 7", "o", None)["existing"] is False
    monkeypatch.setattr("corridor.daemon.keeping._MOST_COUNTED", 1)
    assert keeping.place("mrn", "26GE1", "case 9", "o", None)["holds_more"]


def test_a_held_record_is_not_erased_and_the_refusal_names_the_hold(keeping: Keeping) -> None:
    keeping.place("mrn", "26 ge1", "case 7", "o", None)  # as people write it
    with pytest.raises(RecordKept) as refused:
        keeping.erase(record_id(1), "order", "o")
    assert refused.value.faults == ("sent GE.RS: on hold 1: case 7",)
    keeping.release(1, "closed", "o")
    (left,) = keeping.erase(record_id(1), "order", "o")["erased"]
    assert (left["by_order"], left["by"], left["reason"]) == (True, "o", "order")


@pytest.mark.parametrize(
    ("record", "says"),
    [(record_id(2), "final verdict"), (record_id(3), "unknown"), (b"short", "16 bytes")],
)
def test_what_may_not_be_erased_is_refused_by_name(
    keeping: Keeping, record: bytes, says: str
) -> None:
    with pytest.raises(RecordKept, match=says):
        keeping.erase(record, "order", "o")


def test_what_is_erased_is_not_erased_again(keeping: Keeping) -> None:
    keeping.erase(record_id(1), "order", "o")
    with pytest.raises(RecordKept, match="erased already"):
        keeping.erase(record_id(1), "order", "o")


def test_a_pass_of_retention_goes_to_its_end_and_says_what_it_erased(store: MemoryStore) -> None:
    retention = Retention(store, {1: 40 * DAY_MS})
    later = NOW_MS + 41 * DAY_MS
    assert retention.step(later) is None
    retention.begin()
    assert retention.step(later) == 1
    assert retention.step(later) is None


def test_a_retention_of_a_type_stands_over_the_default(tmp_path: Path) -> None:
    section = RetentionSection.model_validate({"default_days": 100, "days": {"incident": 400}})
    found = section.keep_ms()
    assert sorted(set(found.values())) == [100 * DAY_MS, 400 * DAY_MS]
    assert len(found) == 21
    del tmp_path


@pytest.mark.parametrize("line", ["default_days = 29", "default_days = 11001", "days = {x = 90}"])
def test_a_retention_out_of_bounds_is_refused(node_folder: Callable[..., Path], line: str) -> None:
    config = node_folder("GE")
    config.write_text(config.read_text() + f"\n[retention]\n{line}\n")
    with pytest.raises(ConfigurationError, match="retention"):
        load_config(config)


@pytest.fixture
def served(node_folder: Callable[..., Path]) -> Iterator[Path]:
    """A node's configuration, its local socket served."""
    config = load_config(path := node_folder("GE"))
    node = Node(config)
    server = LocalServer(config.gateway.socket, node.service, node.status)
    server.start()
    yield path
    server.stop()
    node.stop()


def test_the_commands_hold_show_and_release(served: Path) -> None:
    held = corridor("records", "hold", "26GE1", "--reason", "case", "--by", "o",
                    "--until", "2099-01-01", "--config", served, "--json")  # fmt: skip
    assert (held.status, held.json["kind"], held.json["number"]) == (0, "mrn", 1)
    assert corridor("records", "hold", ID, "--reason", "c", "--config", served).out.startswith(
        f"hold 2 on record {ID}"
    )
    typed = corridor("records", "hold", "26TRNOTHERE0000000", "--reason", "c", "--config", served)
    assert "it keeps 0 records now: is the mrn right?" in typed.out
    assert "a typing error?" in typed.err
    twice = corridor("records", "hold", "26TRNOTHERE0000000", "--reason", "c", "--config", served)
    assert "hold 3 on mrn 26TRNOTHERE0000000 until it is released: it was in force" in twice.out
    other = corridor("records", "hold", "26TRNOTHERE0000000", "--reason", "d", "--config", served)
    assert "in force: hold 3" in other.out
    for number in (3, 4):
        corridor("records", "release-hold", number, "--reason", "c", "--config", served)
    shown = corridor("records", "holds", "--config", served)
    assert "2099-01-02" in shown.out
    assert "it is released" in shown.out
    assert corridor("records", "release-hold", 1, "--reason", "c", "--config", served).status == 0
    again = corridor("records", "release-hold", 1, "--reason", "c", "--config", served)
    assert (again.status, "no hold 1" in again.err) == (1, True)
    assert len(corridor("records", "holds", "--config", served, "--json").json) == 1
    assert len(corridor("records", "holds", "--all", "--config", served, "--json").json) == 4


def test_the_command_erases_only_what_is_named_twice(
    served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch)("other")
    wrong = corridor("records", "erase", ID, "--reason", "r", "--config", served)
    assert (wrong.status, "the ids differ" in wrong.err) == (1, True)
    none = corridor("records", "erase", ID, "--reason", "r", "--yes", "--config", served)
    assert (none.status, "record_kept" in none.err or "unknown" in none.err) == (1, True)
    bad = corridor("records", "erase", "12", "--reason", "r", "--yes", "--config", served)
    assert (bad.status, "not the id" in bad.err) == (1, True)


def test_capacity_is_told_with_its_assumption_where_nothing_was_exchanged(served: Path) -> None:
    found = corridor("status", "--capacity", "--config", served, "--json").json
    assert found["measured_days"] == 0
    assert {one["assumed"] for one in found["partners"]} == {True}
    text = corridor("status", "--capacity", "--config", served).out
    assert "down for a week takes" in text
    assert "assumed" in text


def test_a_week_without_a_partner_takes_what_a_real_store_takes(tmp_path: Path) -> None:
    """A store filled at a known rate for a day grows by what was told, within 15 %."""
    per_day, size, path = 4_000, 1_300, tmp_path / "store.db"
    now_ms = time.time_ns() // 1_000_000
    with SqliteStore.open(path, KEY) as store:
        fill(store, 1, per_day, size, now_ms - DAY_MS)
        store.scrub()
        before = path.stat().st_size
        told = capacity(store.measure(now_ms), [GE_RS], 10**9)["partners"][0]
        for day in range(1, 3):
            fill(store, 1 + day * per_day, per_day, size, now_ms + day * DAY_MS)
        while store.prune(now_ms):
            pass
        store.scrub()
        grown = (path.stat().st_size - before) / 2
    assert told["assumed"] is False
    assert abs(told["records_per_day"] - per_day) <= per_day * 0.02
    assert abs(told["week_down_bytes"] / 7 - grown) <= grown * 0.15


def fill(store: SqliteStore, first: int, count: int, size: int, at_ms: int) -> None:
    """Accept records, ten at a time, evenly over a day."""
    for start in range(first, first + count, 10):
        terms = [
            (("mrn", f"M{n}"), ("plate", f"P{n}"), ("seal", f"S{n}"))
            for n in range(start, start + 10)
        ]
        some = [
            submission(start + n, entry=b"%08d" % n * (size // 8), terms=terms[n])
            for n in range(10)
        ]
        with store.transaction(durable=False) as change:
            change.accept_all(some, at_ms + (start - first) * DAY_MS // count)


def test_what_is_received_counts_into_the_growth(tmp_path: Path) -> None:
    with SqliteStore.open(tmp_path / "store.db", KEY) as store:
        with store.transaction() as change:
            change.keep_received(received(1, incoming(0, 1), received_ms=NOW_MS))
            change.keep_sealed(sealed(5, answers=(Position(1, 1),)))
        found = store.measure(NOW_MS + DAY_MS)
    assert found.received[GE].per_day == 1
    assert found.sent == {}


def test_the_disk_is_told_to_be_full_in_so_many_days() -> None:
    flow = Flow(1_000, 700)
    found = capacity(Measured(10, 0, 5, DAY_MS, {GE: flow}, {}), [GE], 1_805_000 * 10)
    assert found["growth_bytes_per_day"] == 1_000 * (700 + 300) + round(700_000 * 1.15)
    assert found["days_until_full"] == 10.0
    assert ASSUMED.per_day > 0


def test_less_than_a_day_is_said_to_be_too_short_to_measure() -> None:
    flow, six_minutes = Flow(11_936, 700), 6 * 60_000
    short = capacity(Measured(10, 0, 5, six_minutes, {GE: flow}, {}), [GE, GE_RS], 10**9)
    assert (short["extrapolated"], short["partners"][0]["basis"]) == (True, "extrapolated")
    text = capacity_screen(short)
    assert "too short to measure (6 minutes)" in text
    assert " days, extrapolated" in text
    assert "measured\n" not in text
    whole = capacity(Measured(10, 0, 5, DAY_MS, {GE: flow}, {}), [GE], 10**9)
    assert (whole["extrapolated"], whole["partners"][0]["basis"]) == (False, "measured")
    assert "over the last 1.0 days" in capacity_screen(whole)
