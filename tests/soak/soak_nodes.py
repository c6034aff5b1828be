"""What is looked at while a soak runs: processes and files of a lab, and what came back when."""

import os
import statistics
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from corridor.errors import CorridorError
from corridor.gateway.local_client import LocalClient
from corridor.lab.network import Network
from corridor.lab.nodes import NodeProcess
from corridor.lab.traffic import Key, Planned

MIB = 2**20
_PAUSE_S = 0.2
_POLL_MS = 200


def process(pid: int | None) -> dict[str, float]:
    """Return memory, file handles and threads of a process; nothing where it has ended."""
    found: dict[str, float] = {}
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "VmRSS":
                found["rss_mib"] = int(value.split()[0]) / 1024
            elif name == "Threads":
                found["threads"] = int(value)
        found["handles"] = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - names only
    return found


def store_mib(node: NodeProcess) -> float:
    """Return the size of a node's store with its log."""
    store = node.plan.store
    files = store.parent.glob(f"{store.name}*")
    return sum(one.stat().st_size for one in files) / MIB


class Answers:
    """Counts a country's receipts and how long each took; one thread."""

    def __init__(self, socket: Path, ended: threading.Event) -> None:
        self.receipted: dict[tuple[str, str], int] = {}
        """(recipient, record id) → how often it was told."""
        self.refused: list[str] = []
        self._seconds: list[float] = []
        self._socket = socket
        self._ended = ended
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join(60)

    def taken(self) -> dict[str, float]:
        """Return what the receipts since the last call took, in milliseconds."""
        seconds, self._seconds = self._seconds, []
        if not seconds:
            return {}
        ordered = sorted(seconds)
        worst = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
        return {"p50_ms": statistics.median(ordered) * 1000, "p99_ms": worst * 1000}

    def _run(self) -> None:
        cursor, node = 0, None
        while not self._ended.is_set():
            try:
                node = node or LocalClient(self._socket)
                found = node.outcomes(cursor, limit=1024, wait_ms=_POLL_MS)
            except (CorridorError, OSError):
                node = None
                time.sleep(_PAUSE_S)
                continue
            for one in found:
                cursor = one.cursor
                key = one.recipient, one.record_id.hex()
                self.receipted[key] = self.receipted.get(key, 0) + 1
                self._seconds.append((one.receipted_ms - one.accepted_ms) / 1000)
                if not one.accepted:
                    self.refused.append(one.reason)


def look(network: Network, answers: dict[str, Answers]) -> dict[str, Any]:
    """Return one sample of everything, by country."""
    found: dict[str, Any] = {}
    for code, node in network.nodes.items():
        endpoint = node.plan.country.endpoint
        broker = process(network.brokers[code].pid)
        found[code] = {
            **process(node.pid),
            **answers[endpoint].taken(),
            "store_mib": store_mib(node),
            "broker_rss_mib": broker.get("rss_mib"),
        }
    return found


def differences(
    kept: Sequence[Planned], answers: dict[str, Answers], handed: dict[Key, int]
) -> dict[str, int]:
    """Compare what was kept with what was receipted and what was handed over."""
    receipted = {key for one in answers.values() for key in one.receipted}
    expected = {one.key for one in kept}
    return {
        "kept": len(expected),
        "unreceipted": len({key[:2] for key in expected} - receipted),
        "lost": len(expected - set(handed)),
        "duplicated": sum(count > 1 for key, count in handed.items() if key in expected),
    }
