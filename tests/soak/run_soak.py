"""`make soak`: three countries at a steady rate for an hour, while parts of them fail.

Turkiye's and Georgia's nodes are killed and held, each broker is killed, one after the other;
Azerbaijan's node lives through it all, and must not grow. What grows with a reason is said: a
store keeps every record until its retention ends.

    make soak                                   an hour, 30 records/s; build/soak/
    make soak SOAK_MINUTES=5 SOAK_RATE=60       shorter

Leaves build/soak/samples.jsonl, summary.json and one picture a figure. Ends with 1 where a record
was lost or doubled, or something grew without a reason.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from soak_nodes import MIB, Answers, differences, look
from soak_plots import PLOTS, draw, grown

from chaos.traffic import Traffic
from corridor.lab.brokers import PrivateBroker, wait_ready
from corridor.lab.movements import plan_movements
from corridor.lab.network import Network
from corridor.lab.nodes import NodeProcess, wait_nodes
from corridor.lab.scenario import load_scenario
from corridor.lab.traffic import handed_over
from corridor.transit.parties import CountryCode

TR, GE, AZ = CountryCode("TR"), CountryCode("GE"), CountryCode("AZ")
SAMPLE_S, AWAY_S, HELD_S, SETTLE_S = 5.0, 8.0, 15.0, 180.0
MOVEMENTS = 20
"""Submitted evenly, then as many more: some 240 records."""


class Soak:
    """One soak: traffic, faults, samples."""

    def __init__(self, network: Network, rate: float, minutes: float) -> None:
        self.network = network
        self._seconds = minutes * 60
        self._rate = rate
        self._submitted: list[Traffic] = []
        sockets = network.sockets
        self._answered = threading.Event()
        self.answers = {one: Answers(path, self._answered) for one, path in sockets.items()}
        self.samples: list[dict[str, Any]] = []
        self.faults: list[tuple[float, str]] = []

    def run(self, out: Path) -> dict[str, Any]:
        """Play it, and return the account of it."""
        for part in self.answers.values():
            part.start()
        begun = time.monotonic()
        faults = self._faults()
        fault_every = max(30.0, min(120.0, self._seconds / 12))
        sample_at, fault_at, said_at = begun, begun + fault_every / 2, begun + 60
        mending: list[tuple[float, Callable[[], None]]] = []
        with (out / "samples.jsonl").open("w") as lines:
            while (now := time.monotonic()) - begun < self._seconds:
                self._submit()
                if now >= sample_at:
                    sample_at += SAMPLE_S
                    sample = {"at_s": round(now - begun, 1),
                              "countries": look(self.network, self.answers)}  # fmt: skip
                    self.samples.append(sample)
                    lines.write(json.dumps(sample) + "\n")
                    lines.flush()
                if now >= fault_at and not mending and self._seconds - (now - begun) > 60:
                    fault_at = now + fault_every
                    name, after_s, mend = next(faults)
                    self.faults.append((now - begun, name))
                    mending.append((now + after_s, mend))
                if mending and now >= mending[0][0]:
                    mending.pop(0)[1]()
                if now >= said_at:
                    said_at += 60
                    self._tell((now - begun) / 60)
                time.sleep(0.1)
            for _, mend in mending:
                mend()
        self._submitted[-1].end()
        return self._account(time.monotonic() - begun)

    def _submit(self) -> None:
        """Go on with the next movements where every record of the last ones has its answer."""
        if self._submitted and not self._submitted[-1].wait(0):
            return
        seed = len(self._submitted) + 1
        records = list(plan_movements(self.network.scenario, seed, MOVEMENTS))
        traffic = Traffic(dict(self.network.sockets), records, len(records) / self._rate)
        traffic.hurry()
        traffic.start()
        self._submitted.append(traffic)

    def _faults(self) -> Iterator[tuple[str, float, Callable[[], None]]]:
        """Yield faults one after the other, each begun: (name, seconds, what mends it)."""
        while True:
            for code in (TR, GE):
                node = self.network.nodes[code]
                node.kill()
                yield f"node of {code} killed", AWAY_S, lambda node=node: self._start(node)
                broker = self.network.brokers[code]
                broker.kill()
                yield f"broker of {code} killed", AWAY_S, lambda broker=broker: self._again(broker)
                pid = self.network.nodes[code].pid or 0
                os.kill(pid, signal.SIGSTOP)
                yield f"node of {code} held", HELD_S, lambda pid=pid: os.kill(pid, signal.SIGCONT)
            broker = self.network.brokers[AZ]
            broker.kill()
            yield "broker of AZ killed", AWAY_S, lambda broker=broker: self._again(broker)

    @staticmethod
    def _start(node: NodeProcess) -> None:
        node.start()
        wait_nodes([node], 60)

    @staticmethod
    def _again(broker: PrivateBroker) -> None:
        broker.start()
        wait_ready([broker], 120)

    def _tell(self, minutes: float) -> None:
        kept = sum(len(one.accepted) for one in self._submitted)
        got = sum(len(one.receipted) for one in self.answers.values())
        last = self.samples[-1]["countries"]["AZ"]
        say(
            f"{minutes:5.1f} min: {kept} kept, {got} receipted, {len(self.faults)} faults; AZ:"
            f" {last.get('rss_mib', 0):.0f} MiB, {last.get('handles', 0)} handles"
        )

    def _account(self, seconds: float) -> dict[str, Any]:
        kept = [record for one in self._submitted for record in one.accepted]
        deadline = time.monotonic() + SETTLE_S
        while True:
            handed = handed_over(self.network.recordings)
            found = differences(kept, self.answers, handed)
            if (not found["lost"] and not found["unreceipted"]) or time.monotonic() > deadline:
                break
            time.sleep(1)
        self._answered.set()
        growth = grown(self.samples, AZ)
        last, first = self.samples[-1]["countries"], self.samples[0]["countries"]
        refused = [why for one in self._submitted for _, why in one.refused]
        refused += [why for one in self.answers.values() for why in one.refused]
        grew = [name for name, one in growth.items() if one["grew"]]
        done = [part for one in self._submitted for part in one.submitted.values()]
        again = sum(part.put_off + part.unanswered for part in done)
        per_record = {
            code: round((last[code]["store_mib"] - first[code]["store_mib"]) * MIB / len(kept))
            for code in last
        }
        return {
            "seconds": round(seconds), "records_per_s": round(len(kept) / seconds, 1), **found,
            "refused": len(refused), "offered_again": again, "faults": len(self.faults),
            "grew": grew, "growth_az": growth, "store_bytes_per_record": per_record,
        }  # fmt: skip


def main() -> int:
    """Run, write, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=30.0, help="records a second, all together")
    parser.add_argument("--out", type=Path, default=Path("build/soak"))
    asked = parser.parse_args()
    shutil.rmtree(asked.out, ignore_errors=True)
    asked.out.mkdir(parents=True)
    with Network(load_scenario("tr-ge-az").through("socket"), asked.out / "lab", say) as network:
        network.up()
        soak = Soak(network, asked.rate, asked.minutes)
        summary = soak.run(asked.out)
    (asked.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    for name in PLOTS:
        (asked.out / f"{name}.svg").write_text(draw(name, soak.samples, soak.faults))
    say(json.dumps({key: summary[key] for key in summary if key != "growth_az"}))
    wrong = summary["lost"] + summary["duplicated"] + summary["unreceipted"] + summary["refused"]
    if wrong or summary["grew"]:
        say(f"NOT AS IT SHOULD BE; look at {asked.out}/*.svg, summary.json and lab/nodes/*/")
        return 1
    say(f"nothing lost, nothing doubled, nothing grew without a reason; {asked.out}/*.svg")
    return 0


def say(text: str) -> None:
    """Tell people, as it goes."""
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
