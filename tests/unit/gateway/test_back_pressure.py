"""What the node takes no more, of whom, and what each gateway says of it: from real causes.

The disk is a small tmpfs where the tests run as root, otherwise the real one under a floor that is
higher than what is free.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builders_gateway import SPOOL, TR, Beside, put, record_bytes, until
from builders_http import Caller, write_clients
from corridor.cli.status import pressure
from corridor.errors import Reason
from corridor.wire.v1 import local_pb2 as local

NodeFolder = Callable[..., Path]
HTTP = '\n[http]\nenabled = true\nport = 0\ntokens_file = "{tokens}"\n'


def changed_config(config: Path, **values: int) -> Path:
    text = config.read_text()
    for name, value in values.items():
        lines = [line for line in text.splitlines() if not line.startswith(f"{name} =")]
        text = "\n".join(lines).replace("[store]", f"[store]\n{name} = {value}") + "\n"
    config.write_text(text)
    return config


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    """Mount a small disk; root only."""
    folder.mkdir(mode=0o700, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=700", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def leave_mib(disk: Path, mib: float) -> None:
    """Fill a disk until so much is free."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    free = shutil.disk_usage(disk).free
    with ballast.open("wb") as file:
        left = free - int(mib * 1024 * 1024)
        while left > 0:
            left -= file.write(bytes(min(left, 1 << 20)))


def offered(number: int) -> local.LocalSubmission:
    return local.LocalSubmission(recipient="TR", record=record_bytes(number))


def scraped(node: Beside) -> dict[str, float]:
    found = {}
    for family in node.node.metrics.registry.collect():
        for sample in family.samples:
            found[sample.name + json.dumps(sample.labels)] = sample.value
    return found


def causes(node: Beside) -> list[str]:
    return [row["cause"] for row in node.node.status()["back_pressure"]]


def test_below_the_floor_each_gateway_refuses_by_name_and_the_spool_waits(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    spool, tokens = tmp_path / "spool", tmp_path / "clients.json"
    spool.mkdir()
    write_clients(tokens)
    more = SPOOL.format(folder=spool) + HTTP.format(tokens=tokens)
    free_mib = shutil.disk_usage(tmp_path).free >> 20
    config = changed_config(node_folder("GE", more), free_space_min_mib=free_mib + 4_000)
    with Beside(config) as node:
        before = node.rows()
        assert causes(node) == ["disk_low"]
        with node.client() as client:
            (answer,) = client.submit([offered(1)])
            assert (answer.status, answer.reason) == ("refused", "store_full")
            assert client.probe("TR").reason == "store_full"
        port = next(one.port for one in node.gateways if hasattr(one, "port"))
        told = Caller(port, "token-office")(
            "POST", "/v1/records?to=TR", record_bytes(2), Content_Type="application/x-protobuf"
        )
        assert (told.status, told.json["reason"]) == (503, "store_full")
        assert int(told.headers["retry-after"]) > 0
        put(spool / "out" / "TR", "a.pb", record_bytes(3))
        assert until(lambda: list((spool / "work" / "TR").glob("a.pb")))
        assert node.rows() == before
        assert not node.node.ready()[0]
        assert "free disk space" in " ".join(node.node.status()["attention"])
        assert scraped(node)['corridor_back_pressure{"cause": "disk_low"}'] == 1
    with Beside(changed_config(config, free_space_min_mib=16)) as node:
        assert causes(node) == []
        assert until(lambda: list((spool / "done" / "TR").glob("a.pb")))


def test_a_disk_that_fills_stops_own_records_then_partners_and_takes_them_again(
    node_folder: NodeFolder,
) -> None:
    config = changed_config(node_folder("GE"), free_space_min_mib=16)
    held: list[bool] = []
    with small_disk(config.parent / "state", 48) as disk, Beside(config) as node:
        node.node.receiver.hold = held.append  # type: ignore[method-assign]
        node.node._consumer.call = lambda action: action()  # type: ignore[method-assign]
        for left_mib, found in (
            (10, ["disk_low"]), (3, ["disk_low", "disk_reserve"]), (9, ["disk_low"]), (20, []),
        ):  # fmt: skip
            leave_mib(disk, left_mib)
            node.node.housekeep()
            assert causes(node) == found
            with node.client() as client:
                (answer,) = client.submit([offered(left_mib)])
            assert (answer.status == "accepted") is (found == [])
        assert held == [True, False]
        screen = pressure([{"cause": "disk_reserve", "since_ms": 0, "stops": ["partners"]}], 5_000)
        assert screen == ["  takes none  from partners: disk_reserve, since 5 s"]


def test_what_a_full_disk_did_not_take_is_refused_and_nothing_of_it_is_kept(
    node_folder: NodeFolder,
) -> None:
    config = changed_config(node_folder("GE"), free_space_min_mib=16)
    with small_disk(config.parent / "state", 48) as disk, Beside(config) as node:
        with node.client() as client:
            (first,) = client.submit([offered(1)])
            assert first.status == "accepted"
            leave_mib(disk, 0)  # between two looks at the disk
            answers = client.submit([offered(number) for number in range(2, 200)])
            assert {(one.status, one.reason) for one in answers} == {("refused", "store_full")}
            assert node.rows()["outbox"] == 1
            again = client.submit([offered(2)])  # without trying the disk again
            assert again[0].reason == "store_full"
            (disk / "ballast").unlink()
            node.node._pressure._failed_at = float("-inf")
            node.node.housekeep()
            (last,) = client.submit([offered(2)])
            assert last.status == "accepted"
        name = 'corridor_store_failures_total{"reason": "store_full"}'
        assert scraped(node)[name] >= 1


def test_a_national_system_that_takes_nothing_stops_the_inlet_before_the_disk_is_full(
    node_folder: NodeFolder,
) -> None:
    config = changed_config(node_folder("GE"), inbox_most_records=10)
    held: list[bool] = []
    with Beside(config) as node:
        node.node.receiver.hold = held.append  # type: ignore[method-assign]
        node.node._consumer.call = lambda action: action()  # type: ignore[method-assign]
        node.deliver(range(1, 10))
        node.node.housekeep()
        assert causes(node) == []
        assert "wait for the national system" in " ".join(node.node.status()["attention"])
        node.deliver(range(10, 13))
        node.node.housekeep()
        assert causes(node) == ["inbox_full"]
        assert node.node.status()["inbox_waiting"] == 12
        with node.client() as client:  # what is our own goes on
            (answer,) = client.submit([offered(1)])
            assert answer.status == "accepted"
            taken = client.take(0, limit=5)
            client.acknowledge(taken[-1].cursor)
        node.node.housekeep()
        assert causes(node) == []
        assert held == [True, False]
        assert node.node.status()["inbox_waiting"] == 7
        assert Reason.STORE_FULL.label not in str(node.node.status()["refused"])
        assert TR in {one["endpoint"] for one in node.node.status()["peers"]}
