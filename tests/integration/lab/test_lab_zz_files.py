"""Large declarations, and scans beside them, through every gateway and three countries.

LARGE=1 plays 20 MB too; without it 4.7 MB alone. The seconds, and the most memory that each node
ever had, are in build/large/summary.json.
"""

import hashlib
import http.client
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders_lab import AZ, GE, TR, corridor, told, until
from builders_large import canonical, large_declaration
from corridor.lab.network import Network
from corridor.lab.nodes import wait_nodes
from corridor.lab.scenario import load_scenario
from corridor.transit.parties import CountryCode

pytestmark = pytest.mark.broker
SCENARIO = Path(__file__).with_name("files-by-every-way.toml")
SIZES = [4_700_000, *([20_000_000] if os.environ.get("LARGE") else [])]
PATIENCE_S = 240
TREE = Path(__file__).resolve().parents[3]
SUMMARY = TREE / "build" / "large" / "summary.json"
UNIT = TREE / "deploy" / "systemd" / "corridor-node.service"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("files") / "network"
    with Network(load_scenario(str(SCENARIO)), folder) as made:
        made.lay_out()
        made.start_brokers()
        for node in made.nodes.values():  # the test is every national system itself
            node.start()
        wait_nodes(list(made.nodes.values()), 60)
        yield made


def posted(network: Network, document: bytes, to: str, key: str) -> tuple[int, Any]:
    """Submit a document over HTTP with its original; status and answer."""
    plan = network.nodes[TR].plan
    connection = http.client.HTTPConnection("127.0.0.1", plan.http_port, timeout=PATIENCE_S)
    token = plan.token.read_text(encoding="ascii").strip()
    connection.request(
        "POST", f"/v1/records?to={to}&attach_original=true", document,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/xml",
         "Idempotency-Key": key},
    )  # fmt: skip
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said


def spool(network: Network, code: CountryCode) -> Path:
    return network.nodes[code].plan.spool


def came(network: Network, code: CountryCode, sender: str, record_id: str) -> dict[str, Any]:
    """What stands in the in tray of a record, once it is there."""
    tray = spool(network, code) / "in" / sender
    assert until(lambda: list(tray.glob(f"*-{record_id}.json")), PATIENCE_S), record_id
    (place,) = tray.glob(f"*-{record_id}.json")
    return dict(json.loads(place.read_bytes()))


def peak_mib(pid: int) -> float:
    """The most memory that a process ever had."""
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return round(int(peak) / 1024, 1)


def keep_account(network: Network, size: int, seconds: float) -> None:
    """Write down what a size took, and hold it to what the unit allows a node."""
    peaks = {code: peak_mib(node.pid or 0) for code, node in network.nodes.items()}
    known = json.loads(SUMMARY.read_text()) if SUMMARY.exists() else {}
    known[str(size)] = {"seconds": round(seconds, 1), "peak_mib": peaks}
    SUMMARY.parent.mkdir(parents=True, exist_ok=True)
    SUMMARY.write_text(json.dumps(known, indent=1) + "\n")
    (allowed,) = re.findall(r"^MemoryMax=(\d+)G$", UNIT.read_text(), re.MULTILINE)
    assert max(peaks.values()) < int(allowed) * 1024 * 0.75


def put(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{name}"
    partial.write_bytes(content)
    partial.rename(folder / name)


def answered(network: Network, code: CountryCode, name: str, ending: str) -> dict[str, Any]:
    done = spool(network, code) / "done"
    assert until(lambda: list(done.glob(f"{name}.{ending}.json")), PATIENCE_S), (name, ending)
    (place,) = done.glob(f"{name}.{ending}.json")
    return dict(json.loads(place.read_bytes()))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", SIZES)
def test_a_large_declaration_crosses_three_countries_whole_by_every_way(
    network: Network, tmp_path: Path, size: int
) -> None:
    document, begun = large_declaration(size), time.monotonic()
    digest = hashlib.sha256(document).hexdigest()
    # Türkiye to Georgia over HTTP, the original with it.
    status, said = posted(network, document, "GE", f"first-{size}")
    assert (status, said["status"], said["left_out"]) == (202, "accepted", []), said
    status, again = posted(network, document, "GE", f"first-{size}")
    assert (status, again["status"], again["record_id"]) == (200, "duplicate", said["record_id"])
    first = came(network, GE, "TR", said["record_id"])
    message = (spool(network, GE) / "in" / "TR" / first["xml"]).read_bytes()
    assert hashlib.sha256(message).hexdigest() == digest
    houses = first["record"]["declaration"]["dataset"]["consignment"]["houses"]
    assert sum(len(one["items"]) for one in houses) == document.count(b"<ConsignmentItem>")
    # Georgia hands it on to Azerbaijan through its spool, with a scan beside it.
    name, scan = f"transit-{size}.xml", os.urandom(700_000)
    out = spool(network, GE) / "out" / "AZ"
    put(out / f"{name}.files", "cmr.pdf", scan)
    put(out, name, message)
    result = answered(network, GE, f"AZ/{name}", "result")
    assert result["status"] == "accepted", result
    second = came(network, AZ, "GE", result["record_id"])
    tray = spool(network, AZ) / "in" / "GE"
    assert canonical((tray / second["xml"]).read_bytes()) == canonical(document)
    (beside,) = result["files"]
    file = came(network, AZ, "GE", beside["record_id"])
    assert (tray / file["file"]).read_bytes() == scan
    assert file["record"]["attachment"]["name"] == "cmr.pdf"
    for place in (name, f"{name}.files/cmr.pdf"):
        assert answered(network, GE, f"AZ/{place}", "outcome")["verdict"] == "accepted"
    # Türkiye to Azerbaijan by the command.
    (tmp_path / "cc015c.xml").write_bytes(document)
    config = network.nodes[TR].plan.config
    run = corridor(
        "send", tmp_path / "cc015c.xml", "--to", "AZ", "--config", config, "--json",
        timeout_s=PATIENCE_S,
    )  # fmt: skip
    sent: Any = told(run)
    assert sent["status"] == "accepted", sent
    third = came(network, AZ, "TR", sent["record_id"])
    tray = spool(network, AZ) / "in" / "TR"
    assert canonical((tray / third["xml"]).read_bytes()) == canonical(document)
    keep_account(network, size, time.monotonic() - begun)


def test_what_is_known_of_a_long_record_before_its_file_is_what_a_movement_follows_from(
    network: Network, tmp_path: Path
) -> None:
    document = large_declaration(3_000_000)
    (tmp_path / "cc015c.xml").write_bytes(document)
    config = network.nodes[TR].plan.config
    run = corridor("send", tmp_path / "cc015c.xml", "--to", "GE", "--config", config, "--json")
    record_id = dict(told(run))["record_id"]  # type: ignore[call-overload]
    came(network, GE, "TR", record_id)
    for code in (TR, GE):
        at = network.nodes[code].plan.config
        found: Any = told(corridor("find", "seal", "TR0044871", "--config", at, "--json"))
        assert record_id in {one["record_id"] for one in found}, code
        listed: Any = told(corridor("attach", "list", "--config", at, "--json"))
        (line,) = [one for one in listed["attachments"] if one["record_id"] == record_id]
        assert (line["name"], line["state"]) == ("record.pb", "whole")
