"""A file of 1 GiB from one country to another on this machine; the figures go to build/.

    python tests/bench/attachments.py                  1 GiB
    ATTACH_MIB=64 python tests/bench/attachments.py    a look

Two real brokers and nodes; kill -9 of both nodes when a third is there. Written to
build/bench/attachments.json: seconds to give, fetch and get it, memory of both nodes above idle.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[1]
sys.path[:0] = [str(TREE / "tests")]

from builders_lab import GE, TR, corridor, told, until  # noqa: E402 - the path above leads to it
from builders_wire import declaration  # noqa: E402
from corridor.gateway.local_client import LocalClient  # noqa: E402
from corridor.lab.network import Network  # noqa: E402
from corridor.lab.nodes import wait_nodes  # noqa: E402
from corridor.lab.scenario import load_scenario  # noqa: E402
from corridor.wire.v1 import local_pb2 as local  # noqa: E402

_MIB = 1024 * 1024
_LONGEST_S = 1_800
_RECORDS = 100


def _made(path: Path, mib: int) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as out:
        for _ in range(mib):
            piece = os.urandom(_MIB)
            out.write(piece)
            digest.update(piece)
    return digest.hexdigest()


class _Memory:
    """What a process takes at most beyond what it has now, MiB."""

    def __init__(self, pid: int | None) -> None:
        self._folder = Path(f"/proc/{pid}")
        (self._folder / "clear_refs").write_text("5")
        self._idle = self._kib("VmRSS")

    def _kib(self, name: str) -> int:
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(one.split()[1]) for one in lines if one.startswith(name))

    def above_idle(self) -> float:
        return round((self._kib("VmHWM") - self._idle) / 1024, 1)


def _state(config: Path, record_id: str) -> dict[str, Any]:
    said: Any = told(corridor("attach", "list", "--config", config, "--json"))
    found = [one for one in said.get("attachments", ()) if one["record_id"] == record_id]
    return dict(found[0]) if found else {"state": "unknown", "chunks_here": 0}


def _urgent(socket: Path, over: Callable[[], bool]) -> dict[str, int]:
    """Send URGENT records until it is over; how long each took from acceptance to its receipt."""
    ids: list[bytes] = []
    with LocalClient(socket) as node:
        while len(ids) < _RECORDS and not over():
            record = declaration().SerializeToString()
            (said,) = node.submit([local.LocalSubmission(recipient="GE", lane=1, record=record)])
            ids.append(said.record_id)
        until(lambda: all(node.ledger(one)[0].receipted_ms for one in ids), 60)
        lines = [node.ledger(one)[0] for one in ids]
    took = sorted(one.receipted_ms - one.accepted_ms for one in lines)
    return {"records": len(took), "median": took[len(took) // 2], "most": took[-1]} if took else {}


def _run(network: Network, folder: Path, mib: int) -> dict[str, Any]:
    nodes = {code: network.nodes[code] for code in (TR, GE)}
    at = {code: node.plan.config for code, node in nodes.items()}
    digest = _made(folder / "file", mib)
    memory = {code: _Memory(node.pid) for code, node in nodes.items()}
    began = time.monotonic()
    said: Any = told(
        corridor("attach", "send", folder / "file", "--to", "GE", "--config", at[TR], "--json",
                 timeout_s=_LONGEST_S)
    )  # fmt: skip
    record_id = said["results"][0]["record_id"]
    given = time.monotonic()
    assert until(lambda: _state(at[GE], record_id)["chunks_here"] >= mib * 4 // 3, _LONGEST_S)
    taken = {code: one.above_idle() for code, one in memory.items()}
    for node in nodes.values():
        node.kill()
        node.start()
    wait_nodes(list(nodes.values()), 60)
    memory = {code: _Memory(node.pid) for code, node in nodes.items()}
    urgent = _urgent(nodes[TR].plan.socket, lambda: _state(at[TR], record_id)["state"] == "whole")
    assert until(lambda: _state(at[TR], record_id)["state"] == "whole", _LONGEST_S)
    fetched = time.monotonic()
    corridor("attach", "get", record_id, "--out", folder / "out", "--config", at[GE],
             timeout_s=_LONGEST_S)  # fmt: skip
    got = time.monotonic()
    with (folder / "out").open("rb") as source:
        same = hashlib.file_digest(source, "sha256").hexdigest() == digest
    return {
        "mib": mib,
        "same": same,
        "killed": "both nodes, at a third",
        "give_s": round(given - began, 1),
        "fetch_s": round(fetched - given, 1),
        "get_s": round(got - fetched, 1),
        "urgent_to_receipt_ms_meanwhile": urgent,
        "memory_above_idle_mib": {
            code: max(taken[code], one.above_idle()) for code, one in memory.items()
        },
    }


def main() -> int:
    """Play it; returns 1 where it was not as promised."""
    mib = int(os.environ.get("ATTACH_MIB", "1024"))
    with tempfile.TemporaryDirectory(prefix="attach-", dir=TREE / "build") as name:
        folder = Path(name)
        with Network(load_scenario(str(HERE / "tr-ge.toml")), folder / "network") as network:
            network.up()
            figures = _run(network, folder, mib)
    out = TREE / "build" / "bench" / "attachments.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures))
    most = max(figures["memory_above_idle_mib"].values())
    return 0 if figures["same"] and most <= 64 else 1


if __name__ == "__main__":
    sys.exit(main())
