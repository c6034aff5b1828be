"""The ways by which a lab's national systems reach their nodes, before real nodes."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from builders_gateway import Beside, record_bytes
from builders_http import Serving, write_clients
from builders_ports import free_port
from corridor.errors import LocalTrouble
from corridor.lab.scenario import load_scenario
from corridor.lab.systems.client import HttpNode
from corridor.lab.systems.offers import Answer, Offer
from corridor.lab.systems.recording import Recording
from corridor.lab.traffic import Planned, await_receipts, play
from corridor.lab.ways import HttpWay, opened, told, way_of
from corridor.transit.identifiers import uuid7
from corridor.wire.projection import project
from corridor.wire.records import decode_record, encode_record, record_to_json

TR = "TR.GTB"
NodeFolder = Callable[..., Path]
GOOD = Answer("accepted")


def offer(number: int, record: bytes | None = None, country: str = "TR") -> Offer:
    record_id = uuid7(1_800_000_000_000 + number, number.to_bytes(10))
    return Offer(country, record_id, record_bytes(number) if record is None else record)


@pytest.fixture
def serving(node_folder: NodeFolder) -> Iterator[Serving]:
    with Serving(node_folder()) as found:
        yield found


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("token-office\n")
    return path


def test_records_go_in_bulk_and_a_second_time_are_known_by_their_ids(
    serving: Serving, token: Path
) -> None:
    offers = [offer(number) for number in range(1, 1203)]  # two bulks: 1,000 at most in one
    with HttpNode(serving.server.port, token) as node:
        assert node.submit(offers) == [GOOD] * len(offers)
        assert node.submit(offers[:3]) == [Answer("duplicate")] * 3
        conflict, other = node.submit([offers[0]._replace(record=record_bytes(9)), offer(2000)])
        assert (conflict.status, other) == ("conflict", GOOD)
        assert node.submit([]) == []
    assert serving.node._store.counts()["outbox"] == len(offers) + 1


def test_a_refusal_has_its_reason_and_every_fault_and_the_others_are_kept(
    serving: Serving, token: Path
) -> None:
    broken = decode_record(record_bytes(2))
    broken.header.movement.ids[0].value = "no MRN"
    with HttpNode(serving.server.port, token) as node:
        first, second, third = node.submit(
            [offer(1), offer(2, broken.SerializeToString()), offer(3, country="KZ")]
        )
        assert first == GOOD
        assert (second.status, second.reason) == ("refused", "record_invalid")
        assert second.faults
        assert (third.status, third.reason) == ("refused", "unknown_recipient")


def test_whoever_may_not_submit_is_refused_by_name(serving: Serving, token: Path) -> None:
    for text, code in (("token-reader", "forbidden"), ("of nobody", "unauthenticated")):
        token.write_text(text)
        with HttpNode(serving.server.port, token) as node:
            assert {(one.status, one.reason) for one in node.submit([offer(1), offer(2)])} == {
                ("refused", code)
            }
            if code == "unauthenticated":
                with pytest.raises(LocalTrouble, match="token"):
                    node.acknowledge(1)


def test_a_driver_that_is_too_fast_waits_as_long_as_it_is_told(
    node_folder: NodeFolder, token: Path
) -> None:
    with (
        Serving(node_folder(), burst=2, requests_per_s=2) as slow,
        HttpNode(slow.server.port, token) as node,
    ):
        begun = time.monotonic()
        assert [node.submit([offer(number)]) for number in range(1, 5)] == [[GOOD]] * 4
        assert time.monotonic() - begun > 0.5


def test_a_node_that_is_not_there_is_named_when_patience_ends(token: Path) -> None:
    with HttpNode(1, token, patience_s=0.1) as node, pytest.raises(LocalTrouble, match="port 1"):
        node.submit([offer(1)])


def seen_by_tr(number: int) -> bytes:
    """A good record without what Türkiye may not see: the node keeps it as it is."""
    record = decode_record(record_bytes(number))
    project(record, 1, "TR")
    return encode_record(record)


def beside(config: Path, spool: Path) -> int:
    """Let a node answer over HTTP and through a spool; returns the port."""
    port = free_port()
    spool.mkdir(mode=0o700)
    with config.open("a") as text:
        text.write(f"\n[http]\nenabled = true\nport = {port}\n")
        text.write(f'[spool]\ndirectory = "{spool}"\nsettle_s = 0\npoll_s = 0.02\n')
    write_clients(config.parent / "http" / "clients.json")
    return port


def test_a_node_that_comes_back_is_submitted_to_again(
    node_folder: NodeFolder, tmp_path: Path, token: Path
) -> None:
    config = node_folder()
    port = beside(config, tmp_path / "spool")
    answers: list[Sequence[Answer]] = []
    with HttpNode(port, token) as node:
        with Beside(config):
            assert node.submit([offer(1)]) == [GOOD]
        thread = threading.Thread(target=lambda: answers.append(node.submit([offer(1), offer(2)])))
        thread.start()
        time.sleep(0.3)
        with Beside(config):
            thread.join(20)
    assert answers == [[Answer("duplicate"), GOOD]]


def test_what_became_of_records_is_told_alike_by_http_spool_and_socket(
    node_folder: NodeFolder, tmp_path: Path, token: Path
) -> None:
    config, spool = node_folder(), tmp_path / "spool"
    port = beside(config, spool)
    with Beside(config) as node:
        plan = [
            Planned("GE.RS", TR, offer(number).record_id, 1, seen_by_tr(number))
            for number in range(1, 4)
        ]
        ways = (HttpWay(port, token), spool, node.config.gateway.socket)
        for one, way in zip(plan, ways, strict=True):
            assert play([one], {"GE.RS": way}).accepted == [one]
        for seq, one in enumerate(plan, 1):
            node.settle(one.record_id, seq=seq)
        receipts = [
            await_receipts([one], {"GE.RS": way}, timeout_s=10)
            for one, way in zip(plan, ways, strict=True)
        ]
    assert [set(one.accepted) for one in receipts] == [{one.key} for one in plan]


def test_a_way_is_written_down_and_read_again(tmp_path: Path) -> None:
    for way in (HttpWay(8464, tmp_path / "token"), tmp_path / "node.sock"):
        assert way_of(json.loads(json.dumps(told(way)))) == way


def test_a_socket_that_nobody_serves_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalTrouble, match="no node answers"), opened(tmp_path / "none"):
        pass


# --- recordings ------------------------------------------------------------------------------


def delivery(number: int, cursor: int, *, repeat: bool = False) -> dict[str, object]:
    record = json.loads(record_to_json(decode_record(record_bytes(number))))
    return {
        "cursor": cursor, "sender": TR, "record_id": f"{number:032x}", "record_type": "declaration",
        "received_ms": 5, "possible_repeat": repeat, "record": record,
    }  # fmt: skip


def lines(path: Path) -> list[tuple[int, str]]:
    told = map(json.loads, path.read_text().splitlines())
    return [(one["cursor"], one["sha256"]) for one in told]


def test_a_delivery_that_comes_again_is_one_and_a_double_is_two(tmp_path: Path) -> None:
    path = tmp_path / "recorded.jsonl"
    with Recording(path) as recording:
        assert recording.note_all([delivery(1, 1), delivery(2, 2)]) == 2
        assert not recording.note(delivery(1, 1))
    with Recording(path) as again:  # the program was started anew
        assert not again.note(delivery(2, 2))
        assert not again.note(delivery(2, 1_000_003, repeat=True))  # after a restore
        assert again.note(delivery(1, 3))  # the node handed it over twice: that must be seen
    digest = hashlib.sha256(record_bytes(1)).hexdigest()
    assert [one for one in lines(path) if one[1] == digest] == [(1, digest), (3, digest)]


def test_a_line_that_was_being_written_at_a_kill_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "recorded.jsonl"
    with Recording(path) as recording:
        recording.note_all([delivery(1, 1), delivery(2, 2)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with Recording(path) as again:
        assert again.note_all([delivery(1, 1), delivery(2, 2)]) == 1
    assert path.read_bytes() == whole


# --- scenarios -------------------------------------------------------------------------------


def test_national_systems_use_http_unless_a_scenario_says_otherwise() -> None:
    scenario = load_scenario("tr-ge-az")
    assert {one.national_system for one in scenario.countries} == {"http"}
    asked = scenario.through("socket")
    assert {one.national_system for one in asked.countries} == {"socket"}
    assert replace(asked, countries=scenario.countries) == scenario
