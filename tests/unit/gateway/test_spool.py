"""The spool folder with a real node: what is taken, what waits, what is written and when."""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_gateway import (
    MAKE,
    SPOOL,
    Beside,
    NodeFolder,
    changed,
    put,
    record_bytes,
    result,
    until,
)
from corridor.daemon.config import load_config
from corridor.errors import ConfigurationError
from corridor.gateway.spool.files import NotWhole, look_at, read_whole, short_name, shown
from corridor.gateway.spool.outgoing import id_in_name
from corridor.gateway.spool.scan import Scan
from corridor.transit.identifiers import uuid7
from corridor.wire.batches import is_business
from corridor.wire.records import decode_record, record_to_json


def test_json_protobuf_and_a_national_message_become_records(spool: MAKE) -> None:
    raw = record_bytes(1)
    with spool() as node:
        out = node.spool / "out" / "TR"
        put(out, "a.json", record_to_json(decode_record(record_bytes(2))).encode())
        put(
            out,
            "bom.json",
            b"\xef\xbb\xbf" + record_to_json(decode_record(record_bytes(3))).encode(),
        )
        put(out, "b.pb", raw)
        for name in ("a.json", "bom.json", "b.pb"):
            told = result(node.spool / "done" / "TR" / name)
            assert (told["status"], told["reason"], told["recipient"]) == ("accepted", None, "TR")
            with node.client() as client:
                (line,) = client.ledger(bytes.fromhex(told["record_id"]))
            assert line.recipient == "TR.GTB"
        assert told["sha256"] == hashlib.sha256(raw).hexdigest()
        assert (node.spool / "done" / "TR" / "b.pb").read_bytes() == raw
        assert not list((node.spool / "out" / "TR").iterdir())


def test_the_same_content_again_is_the_same_record_under_whatever_name(spool: MAKE) -> None:
    with spool() as node:
        out, done = node.spool / "out" / "TR", node.spool / "done" / "TR"
        put(out, "a.pb", record_bytes(1))
        first = result(done / "a.pb")
        put(out, "other.pb", record_bytes(1))
        again = result(done / "other.pb")
        assert again["status"] == "duplicate"
        assert again["record_id"] == first["record_id"]
        put(out, "a.pb", record_bytes(1))
        until(lambda: json.loads((done / "a.pb.result.json").read_bytes())["status"] == "duplicate")
        assert node.rows()["outbox"] == 1


def test_a_name_that_is_used_again_for_other_content_hides_nothing(spool: MAKE) -> None:
    with spool() as node:
        out, done = node.spool / "out" / "TR", node.spool / "done" / "TR"
        put(out, "export.pb", record_bytes(1))
        first = result(done / "export.pb")
        put(out, "export.pb", record_bytes(2))
        digest = hashlib.sha256(record_bytes(2)).hexdigest()
        second = result(done / f"export.pb.{digest[:12]}")
        assert second["file"] == "export.pb"
        assert second["record_id"] != first["record_id"]
        assert json.loads((done / "export.pb.result.json").read_bytes()) == first
        assert node.rows()["outbox"] == 2


def test_the_id_in_a_name_is_the_records_and_one_id_for_two_contents_is_a_conflict(
    spool: MAKE,
) -> None:
    record_id = uuid7(time.time_ns() // 1_000_000, bytes(10))
    with spool() as node:
        put(node.spool / "out" / "TR", f"a.{record_id.hex()}.pb", record_bytes(1))
        told = result(node.spool / "done" / "TR" / f"a.{record_id.hex()}.pb")
        assert told["record_id"] == record_id.hex()
        put(node.spool / "out" / "TR", f"b.{record_id.hex()}.pb", record_bytes(2))
        told = result(node.spool / "refused" / "TR" / f"b.{record_id.hex()}.pb")
        assert (told["status"], told["reason"]) == ("conflict", "record_id_conflict")
        assert node.rows()["outbox"] == 1


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a-0190000000007000800000000000000f.pb", True),
        ("0190000000007000800000000000000f", True),
        ("01900000-0000-7000-8000-00000000000f.xml", True),
        ("a0190000000007000800000000000000f.pb", False),
        ("0190000000004000800000000000000f.pb", False),  # a UUIDv4
        ("a.pb", False),
        ("", False),
    ],
)
def test_an_id_stands_at_the_end_of_a_name(name: str, *, found: bool) -> None:
    assert (id_in_name(name) is not None) is found


def test_a_lane_is_claimed_by_a_folder(spool: MAKE) -> None:
    with spool() as node:
        put(node.spool / "out" / "TR" / "bulk", "a.pb", record_bytes(1))
        told = result(node.spool / "done" / "TR" / "a.pb")
        (line,) = node.store.ledger(bytes.fromhex(told["record_id"]))
        assert line.lane.name == "BULK"


def test_names_of_every_kind_keep_their_files(spool: MAKE) -> None:
    raw = [os.fsdecode(b"\xff\xfe name"), "two\nlines.pb", "Әліппе — ქართული.pb", "x" * 250 + ".pb",
           "-rf", "a'b\"c.pb", "%s%n.pb"]  # fmt: skip
    with spool() as node:
        for number, name in enumerate(raw):
            put(node.spool / "out" / "TR", name, record_bytes(number))
        for name in raw:
            told = result(node.spool / "done" / "TR" / short_name(name))
            assert (told["status"], told["file"]) == ("accepted", shown(name))
            assert "\n" not in told["file"]
        assert node.rows()["outbox"] == len(raw)


def test_a_file_that_is_being_written_waits_until_it_is_whole(spool: MAKE) -> None:
    with spool() as node:
        out = until(lambda: (node.spool / "out").is_dir() and node.spool / "out") / "TR"
        out.mkdir()
        whole = record_bytes(1)
        with (out / "slow.pb").open("wb") as file:
            for byte in range(0, len(whole), 200):
                file.write(whole[byte : byte + 200])
                file.flush()
                time.sleep(0.05)
            assert (out / "slow.pb").exists()
            assert node.rows()["outbox"] == 0
        told = result(node.spool / "done" / "TR" / "slow.pb")
        assert told["sha256"] == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize("lock", [fcntl.flock, fcntl.lockf])
def test_a_locked_file_waits_for_its_lock(tmp_path: Path, lock: Callable[..., object]) -> None:
    file = tmp_path / "locked.pb"
    file.write_bytes(b"whole")
    child_ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:  # another process: a lock of one's own is none
        handle = os.open(file, os.O_RDWR)
        lock(handle, fcntl.LOCK_EX)
        os.write(child_ready[1], b"x")
        os.read(go[0], 1)
        os._exit(0)
    os.read(child_ready[0], 1)
    try:
        with pytest.raises(NotWhole):
            look_at(file, 100)
    finally:
        os.write(go[1], b"x")
        os.waitpid(pid, 0)
        for end in (*child_ready, *go):
            os.close(end)
    look_at(file, 100)
    assert read_whole(file, 100) == b"whole"


def test_unfinished_and_hidden_names_are_left_alone(spool: MAKE) -> None:
    with spool() as node:
        out = node.spool / "out" / "TR"
        for name in (".a.pb", "a.pb.tmp", "b.PART"):
            put(out, name, record_bytes(1))
        put(out, "good.pb", record_bytes(2))
        result(node.spool / "done" / "TR" / "good.pb")
        time.sleep(0.2)
        assert sorted(one.name for one in out.iterdir()) == [".a.pb", "a.pb.tmp", "b.PART"]
        assert node.rows()["outbox"] == 1


def test_a_file_settles_before_it_is_taken(tmp_path: Path) -> None:
    now = [100.0]
    scan = Scan(2.0, lambda: now[0])
    out = tmp_path / "out"
    out.mkdir()
    file = put(out / "TR", "a.pb", b"one")
    assert scan.ready(out, 10) == []
    now[0] += 1.9
    assert scan.ready(out, 10) == []
    file.write_bytes(b"more")
    now[0] += 1.0
    assert scan.ready(out, 10) == []
    now[0] += 2.0
    assert [one.path for one in scan.ready(out, 10)] == [file]
    assert (scan.waiting, scan.oldest_ms is not None) == (1, True)


def test_thousands_of_files_are_taken_in_turns_oldest_first(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for folder, count in (("TR", 3000), ("AZ", 3)):
        (out / folder).mkdir(parents=True)
        for number in range(count):
            file = out / folder / f"{number}.pb"
            file.touch()
            os.utime(file, ns=(1, (count - number) * 10**9))
    found = Scan(0).ready(out, 256)
    assert len(found) == 256
    assert {one.folder for one in found[:6]} == {"TR", "AZ"}
    ages = [one.mtime_ns for one in found if one.folder == "TR"]
    assert ages == sorted(ages)
    assert ages[0] == 10**9


def test_many_files_all_get_their_answers(spool: MAKE) -> None:
    with spool() as node:
        for number in range(300):
            put(node.spool / "out" / ("TR" if number % 3 else "AZ"), f"{number}.pb",
                record_bytes(number))  # fmt: skip
        done = node.spool / "done"
        until(lambda: len(list(done.glob("*/*.result.json"))) == 300, 60)
        with node.store.reading() as view:  # a node that runs for a while sends canaries too
            kept = [one for one in view.sent_after(0, 1_000) if is_business(one.record_type)]
        assert len(kept) == 300


def test_what_the_node_makes_has_the_access_of_the_folder(spool: MAKE, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    with changed(tmp_path / "spool", 0o2770), spool() as node:
        put(node.spool / "out" / "TR", "a.pb", record_bytes(1))
        result(node.spool / "done" / "TR" / "a.pb")
        assert (node.spool / "done" / "TR").stat().st_mode & 0o7777 == 0o2770
        answer = node.spool / "done" / "TR" / "a.pb.result.json"
        assert answer.stat().st_mode & 0o777 == 0o660


def test_two_that_would_acknowledge_are_refused_with_the_cure(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    hook = '\n[webhook]\nurl = "https://national.example/"\nsecret_file = "secret"\n'
    config = node_folder("GE", SPOOL.format(folder=tmp_path) + hook)
    with pytest.raises(ConfigurationError, match=r"gateway\.acknowledged_by.*name the one"):
        load_config(config)
    text = config.read_text()
    config.write_text(text.replace("[gateway]", '[gateway]\nacknowledged_by = "webhook"'))
    assert load_config(config).acknowledged_by == "webhook"
    config.write_text(
        text.replace(hook, "").replace("[gateway]", '[gateway]\nacknowledged_by = "webhook"')
    )
    with pytest.raises(ConfigurationError, match="hands no records over"):
        load_config(config)


def test_an_unknown_type_of_record_in_lanes_is_refused_with_the_list(
    node_folder: NodeFolder,
) -> None:
    config = node_folder("GE", '\n[lanes]\ninvoice = "bulk"\n')
    with pytest.raises(ConfigurationError, match=r"invoice; there are: declaration, "):
        load_config(config)
    config.write_text(config.read_text().replace("invoice", "border_passage"))
    assert load_config(config).lane_plan.lane_of(15).name in {"URGENT", "BULK", "ROUTINE"}


def test_the_lane_that_is_configured_is_taken(node_folder: NodeFolder, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    lanes = '\n[lanes]\ndeclaration = "bulk"\n'
    with Beside(node_folder("GE", SPOOL.format(folder=tmp_path / "spool") + lanes)) as node:
        put(node.spool / "out" / "TR", "a.pb", record_bytes(1))
        told = result(node.spool / "done" / "TR" / "a.pb")
        (line,) = node.store.ledger(bytes.fromhex(told["record_id"]))
        assert line.lane.name == "BULK"
    shutil.rmtree(tmp_path / "spool")
