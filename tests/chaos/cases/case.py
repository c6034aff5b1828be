"""What a numbered case is, and what is seen of it.

Rules:

* a case says before it is played what is expected; what it finds otherwise it says with `expect`,
  and goes on or ends: the judgement of the oracle follows in either event;
* `bites` is the proof that the fault happened: a case whose fault did not bite has shown nothing
  and differs by that alone;
* whatever a case breaks, it mends itself before it returns; a network that is not whole after it
  is thrown away.
"""

import base64
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final
from urllib.parse import quote

from chaos.admin import Admin
from chaos.network import AZ, GE, TR, ChaosNetwork
from chaos.oracle import Oracle
from chaos.traffic import Traffic, plan
from corridor.errors import CorridorError, NodeRefused
from corridor.lab.traffic import Planned
from corridor.transit.parties import CountryCode
from corridor.wire.v1 import local_pb2 as local

__all__ = ["AZ", "GE", "TR", "Case", "Differs", "Scene", "case"]

MISSED: Final = "the fault did not bite"
_STEP_S: Final = 0.05
_REAL_PATIENCE_S: Final = 120.0
_SAMPLE: Final = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


class Differs(AssertionError):
    """Something is not as the case expects; the rest of it would show nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of the list."""

    number: int
    title: str
    expected: str
    """The effect, in words."""
    play: Callable[["Scene"], None]
    quick: bool = False
    """Whether CI plays it at each change."""
    newer: str = ""
    """What of it needs RabbitMQ 4.x and is not shown here."""
    alone: bool = False
    """Whether the network is of no use after it."""


CASES: dict[int, Case] = {}


def case(
    number: int,
    title: str,
    expected: str,
    **more: Any,  # noqa: ANN401 - the rest of a Case
) -> Callable[[Callable[["Scene"], None]], Callable[["Scene"], None]]:
    """Put the decorated function into the list of cases."""

    def keep(play: Callable[[Scene], None]) -> Callable[[Scene], None]:
        assert number not in CASES, number
        CASES[number] = Case(number, title, expected, play, **more)
        return play

    return keep


@dataclass(slots=True)
class Scene:
    """One case as it is played: the network, what is sent over it and what is noted."""

    net: ChaosNetwork
    oracle: Oracle
    real: bool = False
    """Whether the product's own times hold, and not scaled ones."""
    seeds: Iterator[int] = field(default_factory=count)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What is not as expected."""
    fired: int = 0
    planted: int = 0
    """Frames that the case put into quarantine on purpose, in each country at most."""
    restored: bool = False
    repeats: bool = False
    """Whether a fault between hand-over and its note may have a record handed over once more."""
    sent: list[Traffic] = field(default_factory=list)
    _marks: dict[str, int] = field(default_factory=dict)
    _before: dict[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look only at what logs say from now on."""
        for code in self.net.codes:
            for log in (self.net.nodes[code].plan.log, self.net.brokers[code].plan.log):
                self._marks[str(log)] = log.stat().st_size if log.exists() else 0

    # -- what is said

    def note(self, text: str) -> None:
        """Write down what was observed."""
        self.notes.append(text)

    def expect(self, holds: object, fault: str) -> bool:
        """Write down that something is not as expected, unless it holds; returns whether."""
        if not holds:
            self.faults.append(fault)
        return bool(holds)

    def need(self, holds: object, fault: str) -> None:
        """End the case here unless something holds."""
        if not holds:
            raise Differs(fault)

    def bites(self, holds: object, what: str) -> None:
        """Write down that the fault happened, or that it did not."""
        if holds:
            self.fired += 1
        else:
            self.faults.append(f"{MISSED}: {what}")

    # -- time

    def s(self, scaled: float, real: float) -> float:
        """Return how many seconds something takes: in scaled times, or in the product's own."""
        return real if self.real else scaled

    def wait(self, holds: Callable[[], object], timeout_s: float) -> bool:
        """Wait until something holds; returns whether it does. Trouble means: not yet.

        With the product's own times it waits as long as those may take, however short it is asked.
        """
        return until(holds, max(timeout_s, self.s(0, _REAL_PATIENCE_S)))

    def rest(self, seconds: float) -> None:
        """Let a fault last."""
        time.sleep(max(0.0, seconds))

    # -- records

    def records(
        self, number: int, sender: CountryCode | None = None, to: CountryCode = GE
    ) -> list[Planned]:
        """Return so many new records between Türkiye and another country, in order of time."""
        scenario = replace(self.net.scenario, route=(TR, to))
        found: list[Planned] = []
        movements = max(1, number // 6)
        while len(found) < number:
            made = plan(scenario, 70_000 + next(self.seeds), movements)
            found += [one for one in made if sender is None or one.sender.startswith(sender)]
        return found[:number]

    def send(
        self,
        number: int,
        sender: CountryCode | None = None,
        to: CountryCode = GE,
        over_s: float = 0.2,
    ) -> Traffic:
        """Begin to submit so many new records; returns at once."""
        traffic = Traffic(dict(self.net.sockets), self.records(number, sender, to), over_s)
        self.sent.append(traffic)
        traffic.start()
        return traffic

    def submit(
        self, number: int, sender: CountryCode | None = None, to: CountryCode = GE
    ) -> list[Planned]:
        """Submit so many new records and wait until each has its answer; returns the accepted."""
        traffic = self.send(number, sender, to)
        self.need(traffic.wait(60), f"{number} records were not answered within 60 s")
        return traffic.accepted

    @property
    def accepted(self) -> list[Planned]:
        """Everything accepted in this case."""
        return [one for traffic in self.sent for one in traffic.accepted]

    def complete(self, records: list[Planned], timeout_s: float = 0) -> bool:
        """Wait until these are handed over and receipted; returns whether they are."""
        return not self.oracle.wait_complete(records, timeout_s or self.s(80, 800))

    def handed(self, records: list[Planned], timeout_s: float) -> bool:
        """Wait until these are handed over, receipted or not; returns whether they are."""
        return until(lambda: all(map(self.oracle.handed, records)), timeout_s)

    # -- what can be seen

    def admin(self, code: CountryCode) -> Admin:
        """Return the administrator's hands at a country's broker."""
        return self.net.admin(code)

    def status(self, code: CountryCode) -> dict[str, Any]:
        """Return what a node says of itself; empty while it does not answer."""
        return self.net.nodes[code].status() or {}

    def peer(self, code: CountryCode, partner: CountryCode) -> dict[str, Any]:
        """Return what a node says of a partner."""
        peers: list[dict[str, Any]] = self.status(code).get("peers", [])
        return next((one for one in peers if one["endpoint"].startswith(partner)), {})

    def client_reason(self, code: CountryCode) -> str:
        """Offer a node a record that is not owed; returns why it says no, or nothing."""
        (one, *_) = self.records(1, code)
        offered = local.LocalSubmission(
            recipient=one.recipient, record_id=one.record_id, record=one.record
        )
        try:
            with self.net.client(code) as node:
                (result,) = node.submit([offered])
        except NodeRefused as refused:
            return refused.code
        return result.reason

    def metric(self, code: CountryCode, name: str, **labels: str) -> float:
        """Return the sum of a node's samples of a metric that carry these labels."""
        url = self.net.nodes[code].plan.metrics_url
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
            text: str = answer.read().decode()
        total = 0.0
        for line in text.splitlines():
            sample = _SAMPLE.match(line)
            if sample and sample[1] == name:
                given = sample[2] or ""
                if all(f'{key}="{value}"' in given for key, value in labels.items()):
                    total += float(sample[3])
        return total

    def events(self, code: CountryCode, name: str, **wanted: object) -> list[dict[str, Any]]:
        """Return what a node's log says under a name since the case began."""
        found = []
        for line in self._since(self.net.nodes[code].plan.log).splitlines():
            with suppress(ValueError):
                entry = json.loads(line)
                if entry.get("event") == name and wanted.items() <= entry.items():
                    found.append(entry)
        return found

    def broker_log(self, code: CountryCode) -> str:
        """Return what a broker's log says since the case began."""
        return self._since(self.net.brokers[code].plan.log)

    def check(self, code: CountryCode) -> str:
        """Return what `corridor broker check` says at a country's broker."""
        secret = self.net.brokers[code].plan.directory / "operator.password"
        config = self.net.nodes[code].plan.config
        command = ["broker", "check", "--config", config, "--password-file", secret]
        run = subprocess.run(
            [sys.executable, "-m", "corridor", *map(str, command)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        return run.stdout + run.stderr

    @staticmethod
    def body(copy: dict[str, Any]) -> bytes:
        """Return the envelope in a copy that `Admin.copies` took."""
        payload: str = copy["payload"]
        in_base64 = copy["payload_encoding"] == "base64"
        return base64.b64decode(payload) if in_base64 else payload.encode()

    def queues(self, code: CountryCode) -> set[str]:
        """Return the names of a broker's queues, as they are now."""
        return {one["name"] for one in self.admin(code).ask("GET", "queues/corridor?columns=name")}

    def delete_exchange(self, code: CountryCode, name: str) -> None:
        """Delete an exchange with the suite's own hands, which may do anything."""
        path = f"exchanges/corridor/{quote(name, safe='')}"
        self.admin(code).ask("DELETE", path, user="lab-chaos")

    def link(self, reader: CountryCode, sender: CountryCode = TR) -> dict[str, Any]:
        """Return a reader's link to a sender as the reader's broker reports it."""
        links = self.admin(reader).links()
        return next((one for one in links if one["upstream"] == sender), {})

    def runs(self, reader: CountryCode, sender: CountryCode = TR) -> bool:
        """Whether a link runs, by the broker's word."""
        return self.link(reader, sender).get("status") == "running"

    def _since(self, log: Any) -> str:  # noqa: ANN401 - a path
        with suppress(FileNotFoundError), log.open("rb") as file:
            begin = self._marks.get(str(log), 0)
            file.seek(begin if begin <= log.stat().st_size else 0)
            return str(file.read().decode("utf-8", "replace"))
        return ""


def until(holds: Callable[[], object], timeout_s: float, step_s: float = _STEP_S) -> bool:
    """Wait until something holds; returns whether it does. Trouble means: not yet."""
    deadline = time.monotonic() + timeout_s
    while True:
        with suppress(CorridorError, OSError):
            if holds():
                return True
        if time.monotonic() > deadline:
            return False
        time.sleep(step_s)


class NotHere(Exception):
    """The case cannot be played on this machine; says what was seen."""


class NeedsNewer(Exception):
    """The case is about a RabbitMQ that this machine does not have; says what about it."""
