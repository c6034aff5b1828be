"""`make bench`: Corridor beside plain pika, over the same two federated brokers, in one run.

Both move the same records (about 1.3 KB) from TR to GE over TLS, persistent, through quorum
inboxes. Plain pika sends one record a message, unencrypted, with the best of three windows.
Corridor takes them at TR's socket, and a record counts when its receipt has been verified and
stored at TR. The two alternate; the median counts. Then one record at a time, then memory.

    make bench                 about ten minutes; build/bench/summary.json
    make bench SHORT=1         about two, for a look (`--short`)
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from driver import TR, Driver, Plain, cpu_seconds, rss_mib

from corridor.lab.movements import plan_movements
from corridor.lab.network import Network
from corridor.lab.nodes import wait_nodes
from corridor.lab.scenario import load_scenario
from corridor.lab.traffic import handed_over

HERE = Path(__file__).parent
WINDOWS = (200, 1000, 5000)
GATE, AIM = 2.5, 5.0


def main() -> int:
    """Measure, write the summary, tell people; 1 where the gate is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", default=bool(os.environ.get("SHORT")))
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    asked = parser.parse_args()
    seconds, times, count = (5.0, 1, 60) if asked.short else (20.0, 5, 300)
    folder = asked.out / f"run-{os.getpid()}"
    shutil.rmtree(asked.out, ignore_errors=True)
    records = bodies(400)
    size = statistics.mean(len(record) for record in records)
    say(f"{len(records)} different records of {size:.0f} bytes on average")
    with Network(load_scenario(str(HERE / "tr-ge.toml")), folder, say) as network:
        network.lay_out()
        network.start_brokers()
        plain = Plain(network, records, folder)
        window, _ = max(
            ((window, plain.rate(window, seconds / 2)) for window in WINDOWS), key=lambda p: p[1]
        )
        say(f"plain pika does best with a window of {window}")
        rates = alternate(network, plain, window, records, seconds, times)
        latency = latencies(network, plain, records, count)
        memory = idle_memory(network)
        documents = whole_documents(network, seconds / 2)
        proof = prove(network)
        stores = {code: node.plan.store.stat().st_size for code, node in network.nodes.items()}
    summary = summarise(rates, latency, memory, documents, proof, window, size)
    summary["store_bytes"] = stores
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    tell(summary)
    return 0 if summary["throughput_ratio"] >= GATE and proof["holds"] else 1


def bodies(count: int) -> list[bytes]:
    """Return bodies of generated records that Türkiye may send, each type as often: 1.3 KB."""
    plan = plan_movements(load_scenario("tr-ge-az"), 7, 200)
    by_type: dict[int, list[bytes]] = defaultdict(list)
    for one in plan:
        if one.sender[:2] == TR:
            by_type[one.record_type].append(one.record)
    each = count // len(by_type)
    found = [body for bodies in by_type.values() for body in islice(cycle(bodies), each)]
    random.Random(7).shuffle(found)  # noqa: S311 - the same order every time
    return found


def alternate(  # noqa: PLR0913, PLR0917 - one argument for each condition
    network: Network, plain: Plain, window: int, records: list[bytes], seconds: float, times: int
) -> dict[str, Any]:
    """Measure plain and Corridor in turns."""
    rates: dict[str, Any] = {"plain": [], "corridor": [], "cpu": []}
    for turn in range(1, times + 1):
        rates["plain"].append(plain.rate(window, seconds))
        start_nodes(network)
        driver = Driver(network, records)  # reads every older outcome: no cost of a new record
        before = cpu_seconds(network)
        rate, receipted = driver.rate(seconds)
        after = cpu_seconds(network)
        rates["corridor"].append(rate)
        rates["cpu"].append({k: (after[k] - before[k]) / receipted * 1e6 for k in after})
        stop_nodes(network)
        say(f"turn {turn}: plain {rates['plain'][-1]:.0f}/s, corridor {rate:.0f}/s")
    return rates


def latencies(
    network: Network, plain: Plain, records: list[bytes], count: int
) -> dict[str, list[float]]:
    """Time one record at a time, in two halves each, alternating."""
    found: dict[str, list[float]] = {"plain": [], "corridor": []}
    for _ in range(2):
        found["plain"] += plain.rounds(count // 2)
        start_nodes(network)
        driver = Driver(network, records)
        driver.rounds(10)
        found["corridor"] += driver.rounds(count // 2)
        stop_nodes(network)
    return found


def idle_memory(network: Network) -> float:
    """Return the resident memory of a node that has just started and has nothing to do."""
    start_nodes(network)
    time.sleep(3)
    found = max(rss_mib(node.pid or 0) for node in network.nodes.values())
    stop_nodes(network)
    return found


def whole_documents(network: Network, seconds: float) -> dict[str, float]:
    """Return the rate of whole CC015C documents, each with its original attached."""
    from documents import declarations  # noqa: PLC0415 - needs lxml, which only this line does

    records = declarations(200)
    start_nodes(network)
    rate, _ = Driver(network, records).rate(seconds)
    stop_nodes(network)
    return {"per_s": rate, "bytes": statistics.mean(len(record) for record in records)}


def prove(network: Network) -> dict[str, Any]:
    """Hand everything to a recorder and compare with what was receipted."""
    start_nodes(network)
    for recorder in network.recorders.values():
        recorder.start()
    expected = Driver.all_receipted
    deadline = time.monotonic() + 120
    handed: Counter[tuple[str, str, str]] = Counter()
    while time.monotonic() < deadline:
        handed = handed_over(network.recordings)
        if len(handed) >= len(expected):
            break
        time.sleep(0.5)
    ids = Counter(record_id for _, record_id, _ in handed.elements())
    lost = len(expected - set(ids))
    twice = sum(count > 1 for count in ids.values())
    return {"receipted": len(expected), "lost": lost, "twice": twice,
            "holds": not lost and not twice}  # fmt: skip


def start_nodes(network: Network) -> None:
    """Start both nodes and wait."""
    for node in network.nodes.values():
        node.start()
    wait_nodes(list(network.nodes.values()), 30)


def stop_nodes(network: Network) -> None:
    """Stop both nodes."""
    for node in network.nodes.values():
        node.ask_to_end()
    for node in network.nodes.values():
        node.stop()


def summarise(  # noqa: PLR0913, PLR0917 - the parts of the summary
    rates: dict[str, Any], latency: dict[str, list[float]], memory: float,
    documents: dict[str, float], proof: dict[str, Any], window: int, size: float,
) -> dict[str, Any]:  # fmt: skip
    """Return the figures under their names."""
    plain, ours = statistics.median(rates["plain"]), statistics.median(rates["corridor"])
    quantiles = {
        name: (percentile(values, 0.5), percentile(values, 0.99))
        for name, values in latency.items()
    }
    stages, standards = said("stages.py"), said("standards_speed.py")
    return {
        "plain_records_per_s": round(plain, 1),
        "corridor_records_per_s": round(ours, 1),
        "throughput_ratio": round(ours / plain, 2),
        "latency_p50_ratio": round(quantiles["corridor"][0] / quantiles["plain"][0], 2),
        "latency_p99_ratio": round(quantiles["corridor"][1] / quantiles["plain"][1], 2),
        "plain_p50_ms": round(quantiles["plain"][0] * 1e3, 2),
        "plain_p99_ms": round(quantiles["plain"][1] * 1e3, 2),
        "corridor_p50_ms": round(quantiles["corridor"][0] * 1e3, 2),
        "corridor_p99_ms": round(quantiles["corridor"][1] * 1e3, 2),
        "idle_rss_mib": round(memory, 1),
        "cpu_us_per_record_by_stage": stages,
        "cpu_us_per_record_by_process": {
            key: round(statistics.median(turn[key] for turn in rates["cpu"]), 1)
            for key in rates["cpu"][0]
        },
        "whole_cc015c_per_s": round(documents["per_s"], 1),
        "whole_cc015c_bytes": round(documents["bytes"]),
        "standards": standards,
        "record_bytes": round(size),
        "plain_window": window,
        "turns": {key: [round(rate, 1) for rate in rates[key]] for key in ("plain", "corridor")},
        "proof": proof,
        "cores": os.cpu_count(),
    }


def said(script: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a script of this folder prints, in a process of its own."""
    command = [sys.executable, str(HERE / script)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def percentile(values: list[float], share: float) -> float:
    """Return a percentile, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def tell(summary: dict[str, Any]) -> None:
    """Print the figures for people."""
    verdict = "aim reached" if summary["throughput_ratio"] >= AIM else (
        "gate passed" if summary["throughput_ratio"] >= GATE else "BELOW THE GATE")  # fmt: skip
    say(
        f"throughput {summary['corridor_records_per_s']:.0f} records/s, plain pika "
        f"{summary['plain_records_per_s']:.0f}: {summary['throughput_ratio']} x ({verdict}; gate "
        f"{GATE}, aim {AIM})"
    )
    say(
        f"one at a time: p50 {summary['corridor_p50_ms']} ms = {summary['latency_p50_ratio']} x, "
        f"p99 {summary['corridor_p99_ms']} ms = {summary['latency_p99_ratio']} x plain"
    )
    say(f"idle node: {summary['idle_rss_mib']} MiB")
    say(
        f"whole CC015C with originals ({summary['whole_cc015c_bytes']} bytes): "
        f"{summary['whole_cc015c_per_s']:.0f}/s"
    )
    read, per_s = summary["standards"], summary["standards"]["per_s"]
    say(
        f"CC015C of {read['bytes']} bytes decoded, checked and mapped: {per_s['corridor']}/s"
        f" on one core ({read['corridor_ms']} ms each); lxml with a schema ({read['schema']}):"
        f" {per_s['lxml']}/s; xsdata: {per_s['xsdata']}/s"
    )
    say(f"proof: {summary['proof']}")


def say(text: str) -> None:
    """Tell people, as it goes."""
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
