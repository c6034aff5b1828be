"""Files cross real brokers in chunks: whole, resumed after kill -9, in little memory."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from builders_lab import AZ, GE, TR, Lab, corridor, told, until
from builders_large import large_declaration
from corridor.lab.nodes import wait_nodes
from corridor.transit.parties import CountryCode

pytestmark = pytest.mark.broker

MIB = 1024 * 1024
MRN = "26TR3401004B7KQ2J4"


class Peak:
    """How much memory a process takes beyond what it has now, counted by the kernel."""

    def __init__(self, pid: int | None) -> None:
        self._folder = Path(f"/proc/{pid}")
        (self._folder / "clear_refs").write_text("5")  # the peak is counted from now on
        self._before = self._kib("VmRSS")

    def _kib(self, name: str) -> int:
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(one.split()[1]) for one in lines if one.startswith(name))

    def grown_mib(self) -> float:
        return (self._kib("VmHWM") - self._before) / 1024


def made(path: Path, size: int) -> str:
    """Write a file that does not compress; returns its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as out:
        while size:
            piece = os.urandom(min(size, MIB))
            out.write(piece)
            digest.update(piece)
            size -= len(piece)
    return digest.hexdigest()


def send(lab: Lab, path: Path, *to: str, by: CountryCode = TR) -> str:
    """Give a file to a node; returns the id of its manifest."""
    ways = [part for one in to for part in ("--to", one)]
    run = corridor(
        "attach", "send", path, *ways, "--mrn", MRN,
        "--config", lab.config(by), "--json",
    )  # fmt: skip
    said: Any = told(run)
    assert "results" in said, run.stdout + run.stderr
    assert [one["status"] for one in said["results"]] == ["accepted"] * len(to), said
    return str(said["results"][0]["record_id"])


def row(lab: Lab, code: CountryCode, record_id: str, peer: str = "") -> dict[str, Any]:
    said: Any = told(corridor("attach", "list", "--config", lab.config(code), "--json"))
    for one in said.get("attachments", ()):  # a node that is starting answers nothing
        if one["record_id"] == record_id and one["peer"].startswith(peer):
            return dict(one)
    return {"state": "unknown", "chunks_here": 0}


def got(lab: Lab, code: CountryCode, record_id: str, out: Path) -> str:
    run = corridor("attach", "get", record_id, "--out", out, "--config", lab.config(code), "--json")
    assert run.returncode == 0, run.stderr + run.stdout
    with out.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


@pytest.mark.parametrize("size", [1, 262_144, 262_145, 4_700_000])
def test_a_file_arrives_as_it_was_sent_and_its_sender_is_told(
    lab: Lab, tmp_path: Path, size: int
) -> None:
    digest = made(tmp_path / "scan.pdf", size)
    record_id = send(lab, tmp_path / "scan.pdf", "GE")
    assert until(lambda: row(lab, GE, record_id)["state"] == "whole", 30)
    assert until(lambda: row(lab, TR, record_id)["state"] == "whole", 30)
    assert got(lab, GE, record_id, tmp_path / "out") == digest
    with lab.client(TR) as node:
        (line,) = node.ledger(bytes.fromhex(record_id))
    assert line.verdict == "accepted"


def test_kill_9_of_either_side_on_the_way_costs_no_byte_and_urgent_records_pass_meanwhile(
    lab: Lab, tmp_path: Path
) -> None:
    digest = made(tmp_path / "big.bin", 192 * MIB)
    nodes = {code: lab.network.nodes[code] for code in (TR, GE)}
    record_id = send(lab, tmp_path / "big.bin", "GE")
    assert until(lambda: row(lab, GE, record_id)["chunks_here"] > 8, 30)
    noted = row(lab, GE, record_id)["chunks_here"]
    time.sleep(2)  # what is here is noted each second
    nodes[GE].kill()
    nodes[GE].start()
    assert until(lambda: row(lab, GE, record_id)["state"] != "unknown", 60)
    assert row(lab, GE, record_id)["chunks_here"] >= noted
    nodes[TR].kill()
    nodes[TR].start()
    wait_nodes(list(nodes.values()), 60)
    plan = lab.plan(77, 2, ("TR", "GE"))
    played = lab.play(plan)
    assert lab.proof(played.accepted).holds
    assert until(lambda: row(lab, GE, record_id)["state"] == "whole", 90)
    assert until(lambda: row(lab, TR, record_id)["state"] == "whole", 30)
    assert got(lab, GE, record_id, tmp_path / "out") == digest


def test_a_large_file_takes_little_memory_on_either_side(lab: Lab, tmp_path: Path) -> None:
    digest = made(tmp_path / "big.bin", 64 * MIB)
    peaks = {code: Peak(lab.network.nodes[code].pid) for code in (TR, GE)}
    record_id = send(lab, tmp_path / "big.bin", "GE")
    assert until(lambda: row(lab, GE, record_id)["state"] == "whole", 90)
    assert got(lab, GE, record_id, tmp_path / "out") == digest
    for code, peak in peaks.items():
        assert peak.grown_mib() <= 64, (code, peak.grown_mib())
        print(f"{code}: {peak.grown_mib():.1f} MiB above idle")


def test_a_document_of_a_movement_goes_to_several_partners_as_one_file(
    lab: Lab, tmp_path: Path
) -> None:
    """Türkiye gives a declaration as it is to Georgia and Azerbaijan, beside any record."""
    document = large_declaration(4_700_000)
    (tmp_path / "cc015c.xml").write_bytes(document)
    digest = hashlib.sha256(document).hexdigest()
    record_id = send(lab, tmp_path / "cc015c.xml", "GE", "AZ")
    for code in (GE, AZ):
        assert until(lambda c=code: row(lab, c, record_id)["state"] == "whole", 60)
        assert got(lab, code, record_id, tmp_path / f"out-{code}") == digest
    assert until(lambda: row(lab, TR, record_id, "AZ")["state"] == "whole", 30)
    (line,) = [one for one in inbox(lab, AZ) if one["record_id"] == record_id]
    assert line["type"] == "attachment"


def inbox(lab: Lab, code: CountryCode) -> list[dict[str, Any]]:
    said: Any = told(corridor("find", "mrn", MRN, "--config", lab.config(code), "--json"))
    return [dict(one) for one in said]
