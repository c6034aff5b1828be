"""What the spool writes for the national system: verdicts, and what partners sent."""

import json
import time
from pathlib import Path

from builders_gateway import MAKE, SPOOL, Beside, NodeFolder, put, record_bytes, result, until
from corridor.exchange.values import Verdict
from corridor.transit.identifiers import uuid7
from corridor.wire.records import record_from_json


def test_the_partners_verdict_comes_beside_the_result(spool: MAKE) -> None:
    with spool() as node:
        done = node.spool / "done" / "TR"
        for number, verdict in enumerate((Verdict.ACCEPTED, Verdict.REFUSED)):
            put(node.spool / "out" / "TR", f"{number}.pb", record_bytes(number))
            record_id = result(done / f"{number}.pb")["record_id"]
            node.settle(bytes.fromhex(record_id), verdict, number + 1)
            outcome = done / f"{number}.pb.outcome.json"
            told = until(lambda out=outcome: out.exists() and json.loads(out.read_bytes()))
            assert told["verdict"] == verdict.name.lower()
            assert (told["record_id"], told["partner"]) == (record_id, "TR.GTB")
        until(lambda: not list((node.spool / "work" / ".sent").iterdir()))
        # The same file again, after its receipt: its outcome is told again, at once.
        (done / "0.pb.outcome.json").unlink()
        put(node.spool / "out" / "TR", "0.pb", record_bytes(0))
        until((done / "0.pb.outcome.json").exists)


def test_what_partners_sent_is_written_once_and_acknowledged(spool: MAKE) -> None:
    with spool() as node:
        ids = node.deliver(range(1, 4))
        inbound = node.spool / "in" / "TR"
        until(lambda: len(list(inbound.glob("*.json"))) == 3)
        until(lambda: node.node.service.acknowledged() == 3)
        found = sorted(inbound.glob("*.json"))
        assert [one.name for one in found] == [
            f"{number:012d}-{record_id.hex()}.json" for number, record_id in enumerate(ids, 1)
        ]
        told = json.loads(found[0].read_bytes())
        assert (told["sender"], told["record_type"], told["cursor"]) == (
            "TR.GTB", "declaration", 1,
        )  # fmt: skip
        back = record_from_json(json.dumps(told["record"]))
        assert back.SerializeToString(deterministic=True) == record_bytes(1)
        assert told["xml"] is None or (inbound / told["xml"]).exists()
    for one in inbound.iterdir():
        one.unlink()
    with spool() as node:
        node.deliver(range(4, 5))
        until(lambda: len(list(inbound.glob("*.json"))) == 1)


def test_acknowledged_is_what_was_taken_away_where_configured_so(spool: MAKE) -> None:
    with spool('acknowledge = "removed"\nmax_unread_files = 2\n') as node:
        node.deliver(range(1, 3))
        inbound = node.spool / "in" / "TR"
        first, second = until(
            lambda: len(list(inbound.glob("*.json"))) == 2 and sorted(inbound.glob("*.json"))
        )
        node.deliver(range(3, 4))
        until(lambda: any("in/ is full" in line for line in node.node.status()["attention"]))
        assert node.node.service.acknowledged() == 0
        second.unlink()  # out of order: the first is not safe yet
        until(lambda: len(list(inbound.glob("*.json"))) == 2)
        assert node.node.service.acknowledged() == 0
        first.unlink()
        until(lambda: node.node.service.acknowledged() == 2)


def test_a_spool_that_follows_does_not_acknowledge(node_folder: NodeFolder, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    config = node_folder("GE", SPOOL.format(folder=tmp_path / "spool"))
    config.write_text(
        config.read_text().replace("[gateway]", '[gateway]\nacknowledged_by = "socket"')
    )
    with Beside(config) as node:
        node.deliver(range(1, 2))
        until(lambda: list((node.spool / "in").glob("TR/*.json")))
        time.sleep(0.1)
        assert node.node.service.acknowledged() == 0
        with node.client() as client:
            assert client.acknowledge(1) == 1


def test_one_id_for_two_partners_has_two_outcomes(spool: MAKE) -> None:
    record_id = uuid7(time.time_ns() // 1_000_000, bytes(10))
    name = f"{record_id.hex()}.pb"
    with spool() as node:
        for country in ("AZ", "TR"):
            put(node.spool / "out" / country, name, record_bytes(1))
            assert result(node.spool / "done" / country / name)["status"] == "accepted"
        node.settle(record_id)
        until((node.spool / "done" / "TR" / f"{name}.outcome.json").exists)
        assert not (node.spool / "done" / "AZ" / f"{name}.outcome.json").exists()
        notes = node.spool / "work" / ".sent"  # the note goes when the outcome stands
        until(lambda: [one.name[-2:] for one in notes.iterdir()] == ["AZ"])
