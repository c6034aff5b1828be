"""`make bench-lanes`: what an URGENT record waits while a backlog of BULK records drains.

A backlog is put into TR's outbox through the store's own interface, in large transactions, while
the node is down. Then both nodes run over real federated brokers; URGENT records are submitted at
a steady rate at TR's socket, and each is timed from before its submission until the node tells
that its receipt is verified and stored. Memory is that of the processes, as the kernel tells it.

    make bench-lanes                          1,000,000 records; build/bench/lanes.json
    make bench-lanes LANES_RECORDS=50000      a look
"""

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from driver import GE, TR, rss_mib
from run_bench import bodies, percentile, say, start_nodes

from corridor.daemon.config import load_config
from corridor.daemon.trust_keeper import TrustKeeper
from corridor.exchange.values import Lane, Submission
from corridor.gateway.local_client import LocalClient
from corridor.lab.network import Network
from corridor.lab.nodes import NodeProcess
from corridor.lab.scenario import load_scenario
from corridor.store.sqlite import SqliteStore
from corridor.transit.identifiers import uuid7
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry
from corridor.wire.records import decode_record, index_terms, record_type_of
from corridor.wire.v1 import local_pb2 as local

HERE = Path(__file__).parent
URGENT_LANE: Final = 1 + int(Lane.URGENT)
"""As local.proto numbers lanes: 0 is "not said"."""
MOST_P99_S, MOST_RSS_MIB, MOST_GROWTH_MIB = 1.0, 160.0, 16.0
_AT_ONCE: Final = 20_000
_POLL_S: Final = 0.02
_LOOK_S: Final = 1.0
_STALLED_S: Final = 120.0


def main() -> int:
    """Prepare, drain, write the figures; 1 where a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    asked_for = int(os.environ.get("LANES_RECORDS") or 1_000_000)
    parser.add_argument("--records", type=int, default=asked_for)
    parser.add_argument("--rate", type=float, default=5.0, help="URGENT records a second")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    asked = parser.parse_args()
    folder = asked.out / f"lanes-{os.getpid()}"
    records = bodies(400)
    try:
        with Network(load_scenario(str(HERE / "tr-ge.toml")), folder, say) as network:
            network.lay_out()
            for node in network.nodes.values():
                allow_backlog(node)
            began = time.monotonic()
            fill(network.nodes[TR], records, asked.records)
            say(f"{asked.records} BULK records wait, after {time.monotonic() - began:.0f} s")
            network.start_brokers()
            start_nodes(network)
            figures = drain(network, records, asked.records, asked.rate)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "lanes.json").write_text(json.dumps(figures, indent=2) + "\n")
    tell(figures)
    return 0 if figures["holds"] else 1


def allow_backlog(node: NodeProcess) -> None:
    """Let more wait at the partner than a node takes by itself: nobody takes it there."""
    text = node.plan.config.read_text()
    node.plan.config.write_text(
        text.replace("[store]\n", "[store]\ninbox_most_records = 100000000\n")
    )


def fill(node: NodeProcess, records: list[bytes], count: int) -> None:
    """Put `count` records for GE into the outbox of a node that is down."""
    config = load_config(node.plan.config)
    now_ms = time.time_ns() // 1_000_000
    keeper = TrustKeeper(config, now_ms)
    (peer,) = keeper.current().partners(config.endpoint, now_ms)
    parsed = [(record, decode_record(record)) for record in records]
    known = [(one, record_type_of(two), index_terms(two)) for one, two in parsed]
    config.store.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with SqliteStore.open(config.store.path, keeper.storage_key) as store:
        for start in range(0, count, _AT_ONCE):
            batch = []
            for number in range(start, min(start + _AT_ONCE, count)):
                record, kind, terms = known[number % len(known)]
                record_id = uuid7(now_ms, os.urandom(10))
                entry = encode_entry(Entry(record_id, kind, SCHEMA_ID, None, record))
                batch.append(Submission(peer, record_id, kind, Lane.BULK, entry, terms))
            with store.transaction(durable=False) as change:
                change.accept_all(batch, now_ms)
            if start % (_AT_ONCE * 10) == 0:
                say(f"prepared {start + len(batch)} of {count}")


class Urgent:
    """Submits URGENT records at a steady rate and times each until its receipt."""

    def __init__(self, network: Network, records: list[bytes], rate: float) -> None:
        self._path = network.nodes[TR].plan.socket
        self._records = records
        self._pause_s = 1 / rate
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=one) for one in (self._submit, self._follow)]
        self._open: dict[bytes, float] = {}
        self.seconds: list[float] = []
        self.by_node: list[float] = []
        self.late_s = 0.0
        """How far the submitting itself fell behind its rate, at most."""

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> int:
        """End; returns how many had no receipt after a minute."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        return len(self._open)

    def _submit(self) -> None:
        draw = random.Random(3)  # noqa: S311 - the same records every time
        due = time.monotonic()
        with LocalClient(self._path) as node:
            while not self._ended.is_set():
                self._ended.wait(max(0.0, due - time.monotonic()))
                began = time.monotonic()
                self.late_s = max(self.late_s, began - due)
                due = max(due + self._pause_s, began)
                record_id = uuid7(time.time_ns() // 1_000_000, os.urandom(10))
                self._open[record_id] = began
                (result,) = node.submit([
                    local.LocalSubmission(
                        recipient="GE", record_id=record_id,
                        record=draw.choice(self._records), lane=URGENT_LANE,
                    )
                ])  # fmt: skip
                if result.status != "accepted":
                    raise RuntimeError(result)

    def _follow(self) -> None:
        ended_at = None
        with LocalClient(self._path) as node:
            while self._open or not self._ended.is_set():
                if self._ended.is_set():
                    ended_at = ended_at or time.monotonic()
                    if time.monotonic() - ended_at > 60:
                        return
                for record_id, began in list(self._open.items()):
                    lines = node.ledger(record_id)
                    if lines and lines[0].verdict:
                        self.seconds.append(time.monotonic() - began)
                        self.by_node.append((lines[0].receipted_ms - lines[0].accepted_ms) / 1000)
                        del self._open[record_id]
                time.sleep(_POLL_S)


def drain(network: Network, records: list[bytes], count: int, rate: float) -> dict[str, Any]:
    """Let the backlog drain while URGENT records are sent; returns the figures."""
    urgent = Urgent(network, records, rate)
    rss: dict[str, list[float]] = {TR: [], GE: []}
    began = time.monotonic()
    urgent.start()
    left, moved_at, said_at, loads = count, began, began, []
    while left > rate * 10:  # those are URGENT ones under way
        time.sleep(_LOOK_S)
        for code, node in network.nodes.items():
            rss[code].append(rss_mib(node.pid or 0))
        now = time.monotonic()
        if now - said_at < 10 and count > 100_000:
            continue
        said_at = now
        loads.append(os.getloadavg()[0])
        before, left = left, waiting(network)
        moved_at = now if left < before else moved_at
        p99 = at_most(urgent.seconds, 0.99)
        say(
            f"{now - began:5.0f} s: {count - left} of {count} gone, URGENT {len(urgent.seconds)},"
            f" p99 {p99} s, TR {rss[TR][-1]:.0f} MiB, GE {rss[GE][-1]:.0f} MiB,"
            f" load {loads[-1]:.1f}"
        )
        if now - moved_at > _STALLED_S:
            break
    seconds = time.monotonic() - began
    lost = urgent.stop()
    return figures(urgent, rss, count - left, seconds, lost, loads)


def figures(  # noqa: PLR0913, PLR0917 - what was measured
    urgent: Urgent,
    rss: dict[str, list[float]],
    drained: int,
    seconds: float,
    unanswered: int,
    loads: list[float],
) -> dict[str, Any]:
    """Return the figures under their names."""
    memory = {code: memory_of(values) for code, values in rss.items()}
    p99 = at_most(urgent.seconds, 0.99)
    flat = all(
        one["max"] <= MOST_RSS_MIB and one["growth"] <= MOST_GROWTH_MIB for one in memory.values()
    )
    return {
        "bulk_records": drained,
        "seconds": round(seconds, 1),
        "bulk_records_per_s": round(drained / seconds, 1),
        "urgent_records": len(urgent.seconds),
        "urgent_unanswered": unanswered,
        "urgent_p50_s": at_most(urgent.seconds, 0.5),
        "urgent_p99_s": p99,
        "urgent_max_s": round(max(urgent.seconds, default=0.0), 3),
        "urgent_p99_s_by_the_node": at_most(urgent.by_node, 0.99),
        "submitting_late_s": round(urgent.late_s, 3),
        "rss_mib": memory,
        "load_average": round(statistics.mean(loads), 1) if loads else None,
        "cores": os.cpu_count(),
        "holds": p99 is not None and p99 < MOST_P99_S and flat and not unanswered,
    }


def at_most(seconds: list[float], share: float) -> float | None:
    """Return a percentile; None where nothing came back, which the account must still say."""
    return round(percentile(seconds, share), 3) if seconds else None


def memory_of(values: list[float]) -> dict[str, float]:
    """Return the most, and by how much the last third of the time has more than the second."""
    third = max(1, len(values) // 3)
    middle, last = values[third : 2 * third] or values, values[-third:]
    return {
        "max": round(max(values), 1),
        "growth": round(statistics.mean(last) - statistics.mean(middle), 1),
    }


def waiting(network: Network) -> int:
    """Return how many records have no receipt, as Prometheus would read it."""
    url = network.nodes[TR].plan.metrics_url
    with urlopen(url, timeout=60) as answer:  # noqa: S310 - on loopback
        lines = answer.read().decode().splitlines()
    found = [line for line in lines if line.startswith("corridor_outbox_records{")]
    return int(sum(float(line.rpartition(" ")[2]) for line in found))


def tell(found: dict[str, Any]) -> None:
    """Print the figures for people."""
    say(
        f"{found['bulk_records']} BULK records in {found['seconds']} s"
        f" ({found['bulk_records_per_s']}/s); URGENT: {found['urgent_records']},"
        f" p50 {found['urgent_p50_s']} s, p99 {found['urgent_p99_s']} s (bound {MOST_P99_S}),"
        f" most {found['urgent_max_s']} s"
    )
    say(f"memory (bound {MOST_RSS_MIB:.0f} MiB, flat): {found['rss_mib']}")
    say("holds" if found["holds"] else "DOES NOT HOLD")


if __name__ == "__main__":
    sys.exit(main())
