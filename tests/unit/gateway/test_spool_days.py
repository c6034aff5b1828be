"""Records of files are of the day on which they were written, so that both sides count them.

PROTOCOL §6.9, §12.4; decision 0054.
"""

import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from builders_gateway import MAKE, TR, Beside, put, record_bytes, result
from corridor.daemon.offers import Offered
from corridor.errors import Reason
from corridor.exchange.tallies import day_of, ids_of, made_ms_of
from corridor.exchange.values import Lane, Submission
from corridor.gateway.spool.naming import BEFORE_TIMES, id_of
from corridor.transit.identifiers import uuid7
from corridor.wire import limits
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry
from corridor.wire.projection import project
from corridor.wire.records import decode_record, encode_record, record_type_of


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def written(folder: Path, name: str, content: bytes, at_ms: int) -> None:
    """Put a file that was written then."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{name}"
    partial.write_bytes(content)
    os.utime(partial, ns=(at_ms * 1_000_000,) * 2)
    partial.rename(folder / name)


def as_kept(record_id: bytes) -> Submission:
    """The record of `record_bytes(1)` as a node of before kept it under an id."""
    record = decode_record(record_bytes(1))
    kind = record_type_of(record)
    body = encode_record(record) if project(record, kind, "TR") else record_bytes(1)
    entry = encode_entry(Entry(record_id, kind, SCHEMA_ID, None, body))
    return Submission(TR, record_id, kind, Lane.ROUTINE, entry, ())


def test_a_file_is_counted_on_the_day_on_which_it_was_written(spool: MAKE) -> None:
    at_ms = now_ms() - 3 * limits.DAY_MS
    day = at_ms // limits.DAY_MS
    with spool() as node:
        out = node.spool / "out" / "TR"
        written(out, "a.pb", record_bytes(1), at_ms)
        put(out, "b.pb", record_bytes(2))
        three_days = bytes.fromhex(result(node.spool / "done" / "TR" / "a.pb")["record_id"])
        fresh = bytes.fromhex(result(node.spool / "done" / "TR" / "b.pb")["record_id"])
        assert made_ms_of(three_days) == at_ms
        assert abs(made_ms_of(fresh) - now_ms()) < 60_000
        with node.store.reading() as view:
            assert [one.record_id for one in view.day_sent(TR, *ids_of(day), 9)] == [three_days]


@pytest.mark.parametrize("days", [-20_000, -367, 1], ids=["long-ago", "a-year-ago", "tomorrow"])
def test_a_file_whose_time_cannot_be_is_of_today(spool: MAKE, days: int) -> None:
    with spool() as node:
        at_ms = max(0, now_ms() + days * limits.DAY_MS)
        written(node.spool / "out" / "TR", "a.pb", record_bytes(1), at_ms)
        told = result(node.spool / "done" / "TR" / "a.pb")
        assert abs(made_ms_of(bytes.fromhex(told["record_id"])) - now_ms()) < 60_000


def test_the_same_content_is_one_record_whenever_it_was_written(spool: MAKE) -> None:
    with spool() as node:
        written(node.spool / "out" / "TR", "a.pb", record_bytes(1), now_ms() - 9_000_000)
        first = result(node.spool / "done" / "TR" / "a.pb")
    with spool() as node:  # another run
        written(node.spool / "out" / "TR", "b.pb", record_bytes(1), now_ms() - 1_000)
        again = result(node.spool / "done" / "TR" / "b.pb")
        assert (again["status"], again["record_id"]) == ("duplicate", first["record_id"])
        record_id = bytes.fromhex(first["record_id"])
        node.settle(record_id)
        while node.store.erase_due(4_000_000_000_000, dict.fromkeys(range(1, 64), 1)).more:
            pass
        assert [one.entry for one in node.store.submitted(record_id)] == [b""]
        written(node.spool / "out" / "TR", "c.pb", record_bytes(1), now_ms())
        again = result(node.spool / "done" / "TR" / "c.pb")
        assert (again["status"], again["record_id"]) == ("duplicate", first["record_id"])
        assert node.rows()["outbox"] == 1


def test_two_files_of_one_content_are_one_record_also_in_one_turn(spool: MAKE) -> None:
    made = spool()
    made.spool.mkdir(exist_ok=True)
    for name, before_ms in (("a.pb", 5_000), ("b.pb", 7_000)):
        written(made.spool / "out" / "TR", name, record_bytes(1), now_ms() - before_ms)
    with made as node:
        told = [result(node.spool / "done" / "TR" / name) for name in ("a.pb", "b.pb")]
        assert sorted(one["status"] for one in told) == ["accepted", "duplicate"]
        assert len({one["record_id"] for one in told}) == 1
        assert node.rows()["outbox"] == 1


def test_moved_back_into_a_node_that_forgot_it_a_file_is_the_same_record(
    spool: MAKE, tmp_path: Path
) -> None:
    with spool() as node:
        put(node.spool / "out" / "TR", "a.pb", record_bytes(1))
        first = result(node.spool / "done" / "TR" / "a.pb")
    for one in (tmp_path / "GE" / "state").glob("*.db*"):  # put back to one of before
        one.unlink()
    for mark in (tmp_path / "GE").rglob("store.mark"):  # as if it had never had another
        mark.unlink()
    with spool() as node:
        assert node.rows()["outbox"] == 0
        (node.spool / "done" / "TR" / "a.pb.result.json").unlink()
        (node.spool / "done" / "TR" / "a.pb").rename(node.spool / "out" / "TR" / "a.pb")
        again = result(node.spool / "done" / "TR" / "a.pb")
        assert (again["status"], again["record_id"]) == ("accepted", first["record_id"])


def test_what_was_kept_before_ids_of_files_had_times_is_known_again(spool: MAKE) -> None:
    old = id_of("TR", record_bytes(1), BEFORE_TIMES)
    assert day_of(old) == 0
    scan = b"a scan"
    file = id_of("TR", old + b"scan.txt" + sha256(scan).digest(), BEFORE_TIMES)
    with spool() as node:
        with node.store.transaction() as change:
            for record_id in (old, file):
                change.accept(as_kept(record_id), now_ms())
        out, done = node.spool / "out" / "TR", node.spool / "done" / "TR"
        put(out / "a.pb.files", "scan.txt", scan)
        put(out / "a.pb.files", "new.txt", b"another")
        put(out, "a.pb", record_bytes(1))
        told = result(done / "a.pb")
        assert (told["status"], told["record_id"]) == ("duplicate", old.hex())
        files = {one["file"]: one for one in told["files"]}
        assert (files["scan.txt"]["status"], files["scan.txt"]["record_id"]) == (
            "duplicate", file.hex(),
        )  # fmt: skip
        assert files["new.txt"]["status"] == "accepted"
        new = bytes.fromhex(files["new.txt"]["record_id"])
        assert day_of(new) == now_ms() // limits.DAY_MS


def test_files_beside_a_message_are_of_its_day_and_go_once(spool: MAKE) -> None:
    at_ms = now_ms() - 2 * limits.DAY_MS
    with spool() as node:
        out, done = node.spool / "out" / "TR", node.spool / "done" / "TR"
        ids = []
        for name in ("a.pb", "b.pb"):
            put(out / f"{name}.files", "scan.txt", b"a scan")
            written(out, name, record_bytes(1), at_ms)
            at_ms += limits.DAY_MS
            told = result(done / name)
            ids.append((told["record_id"], told["files"][0]["record_id"]))
        assert told["files"][0]["status"] == "duplicate"
        assert ids[0] == ids[1]
        message, file = map(bytes.fromhex, ids[0])
        assert made_ms_of(message) == made_ms_of(file)
        assert node.rows()["outbox"] == 2


def offer(node: Beside, at_ms: int) -> tuple[str, Reason | None, tuple[str, ...]]:
    (told,) = node.node.service.submit([Offered("TR", record_bytes(1), uuid7(at_ms, bytes(10)))])
    return told.status, told.reason, told.faults


@pytest.mark.parametrize("days", [-9_000, -367, -366, 1, 2, 900])
def test_nothing_is_refused_for_the_time_in_its_id(spool: MAKE, days: int) -> None:
    with spool() as node:
        at_ms = now_ms() + days * limits.DAY_MS
        assert offer(node, at_ms) == ("accepted", None, ())
        assert offer(node, at_ms) == ("duplicate", None, ())


def test_what_was_kept_under_any_time_is_still_a_duplicate(spool: MAKE) -> None:
    record_id = uuid7(now_ms() - 900 * limits.DAY_MS, bytes(10))
    with spool() as node:
        with node.store.transaction() as change:
            change.accept(as_kept(record_id), now_ms())
        assert offer(node, made_ms_of(record_id)) == ("duplicate", None, ())
