"""What the benchmark drives: Corridor through its socket, plain pika through its processes."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from corridor.gateway.local_client import LocalClient
from corridor.lab.broker_layout import node_address
from corridor.lab.network import Network
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import CountryCode
from corridor.wire.v1 import local_pb2 as local

TR, GE = CountryCode("TR"), CountryCode("GE")
BATCH = 256
MOST_OUTSTANDING = 16_384
"""Submitted and not receipted: more would only wait in the outbox."""


class Driver:
    """Submits at TR's socket and counts receipts there."""

    all_receipted: ClassVar[set[str]] = set()

    def __init__(self, network: Network, records: list[bytes]) -> None:
        self._path = network.nodes[TR].plan.socket
        self._records = records
        self._room = threading.Semaphore(MOST_OUTSTANDING // BATCH)
        self._sent = 0
        self._done = 0
        self._ended = False
        with LocalClient(self._path) as node:
            self._cursor = _newest(node)

    def rate(self, seconds: float) -> tuple[float, int]:
        """Submit for so long; returns (receipted records a second, receipted records)."""
        counting = threading.Thread(target=self._count)
        began = time.monotonic()
        counting.start()
        with LocalClient(self._path) as node:
            while time.monotonic() - began < seconds:
                self._room.acquire()
                results = node.submit([self._next() for _ in range(BATCH)])
                if refused := [one for one in results if one.status != "accepted"]:
                    raise RuntimeError(refused[0])
        self._ended = True
        counting.join()
        return self._done / (self._last - began), self._done

    def rounds(self, count: int) -> list[float]:
        """Time `count` records, one at a time: submitted until receipt verified."""
        seconds = []
        with LocalClient(self._path) as node:
            for _ in range(count):
                submission = self._next()
                began = time.perf_counter()
                node.submit([submission])
                while not (found := node.outcomes(self._cursor, wait_ms=5000)):
                    pass
                seconds.append(time.perf_counter() - began)
                self._cursor = found[-1].cursor
                self._note(found)
        return seconds

    def _next(self) -> local.LocalSubmission:
        record = self._records[self._sent % len(self._records)]
        self._sent += 1
        record_id = uuid7(time.time_ns() // 1_000_000, os.urandom(10))
        return local.LocalSubmission(recipient="GE", record_id=record_id, record=record)

    def _count(self) -> None:
        owed = 0
        self._last = time.monotonic()
        with LocalClient(self._path) as node:
            while not self._ended or self._done < self._sent:
                found = node.outcomes(self._cursor, limit=2048, wait_ms=200)
                if not found:
                    if self._ended and time.monotonic() - self._last > 30:
                        raise RuntimeError(f"{self._sent - self._done} records without a receipt")
                    continue
                self._last = time.monotonic()
                self._cursor = found[-1].cursor
                self._note(found)
                owed += len(found)
                while owed >= BATCH:
                    owed -= BATCH
                    self._room.release()

    def _note(self, found: Sequence[local.LocalOutcome]) -> None:
        self._done += len(found)
        refused = [one.reason for one in found if not one.accepted]
        if refused:
            raise RuntimeError(f"refused: {refused[0]}")
        self.all_receipted.update(one.record_id.hex() for one in found)


def _newest(node: LocalClient) -> int:
    cursor = 0
    while found := node.outcomes(cursor, limit=4096):
        cursor = found[-1].cursor
    return cursor


class Plain:
    """Plain pika as processes of its own, as Corridor's nodes are."""

    def __init__(self, network: Network, records: list[bytes], folder: Path) -> None:
        self._records = folder / "records.json"
        self._records.write_text(json.dumps([record.hex() for record in records]))
        self._files = {}
        for code, partner in ((TR, GE), (GE, TR)):
            address = node_address(network.brokers[code].plan)
            connection = {
                "host": address.host, "port": address.port, "server_name": address.server_name,
                "ca_file": str(address.ca_file), "cert_file": str(address.cert_file),
                "key_file": str(address.key_file), "partner": partner,
            }  # fmt: skip
            self._files[code] = folder / f"plain-{code}.json"
            self._files[code].write_text(json.dumps(connection))

    def rate(self, window: int, seconds: float) -> float:
        """Return records received a second with a window."""
        self._files[GE].with_suffix(".count").unlink(missing_ok=True)
        consumer = self._start("consume", self._files[GE])
        publisher = self._run("publish", self._files[TR], window=window, seconds=seconds)
        # What a consumer leaves behind would count for the next one, or reach a node.
        deadline = time.monotonic() + 120
        while _count(self._files[GE]) < publisher["confirmed"] and time.monotonic() < deadline:
            time.sleep(0.1)
        received = _end(consumer)
        return float(received["received"] / (received["last"] - publisher["began"]))

    def rounds(self, count: int) -> list[float]:
        """Return the seconds of each of `count` rounds, TR to GE and back."""
        echo = self._start("echo", self._files[GE])
        found: list[float] = self._run("round", self._files[TR], count=count)["seconds"]
        echo.terminate()
        echo.wait(10)
        return found

    def _start(self, what: str, connection: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(_command(what, connection, self._records),
                                   stdout=subprocess.PIPE, text=True)  # fmt: skip
        if process.stdout is None or process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"plain {what} did not start")
        return process

    def _run(self, what: str, connection: Path, **options: float) -> dict[str, Any]:
        command = _command(what, connection, self._records)
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said


def _count(connection: Path) -> int:
    path = connection.with_suffix(".count")
    text = path.read_text() if path.exists() else ""
    return int(text) if text else 0


def _command(what: str, connection: Path, records: Path) -> list[str]:
    program = str(Path(__file__).with_name("plain.py"))
    return [sys.executable, program, what, str(connection), "--records", str(records)]


def _end(process: subprocess.Popen[str]) -> dict[str, float]:
    process.terminate()
    out, _ = process.communicate(timeout=20)
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


def cpu_seconds(network: Network) -> dict[str, float]:
    """Return the processor time each process of the network has used."""
    pids = {f"node_{code}": node.pid for code, node in network.nodes.items()}
    pids |= {f"broker_{code}": broker.pid for code, broker in network.brokers.items()}
    pids["driver"] = os.getpid()
    return {name: _cpu(pid) for name, pid in pids.items() if pid}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0
