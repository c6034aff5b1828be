"""Judges after a fault whether Corridor kept its word: nothing lost, doubled, stuck or untold.

Rules:

* it waits, bounded, until everything accepted is receipted and handed over; only then it judges;
* it counts apart from what it counts: what was accepted is known from the submitter, what was
  handed over from the national system's own file, what is stored by reading the stores' tables;
* lost: the recipient does not hold it or never handed it over, and its sender no longer waits for
  it; stuck: its sender still waits, or nobody was told, when the time is up; duplicated: handed
  over or stored more than once, or with other bytes;
* it looks only at what is new since it last looked, so that a long run stays quick; `audit` looks
  at everything.

Example:
    >>> oracle = Oracle(network)
    >>> verdict = oracle.judge(traffic.accepted, timeout_s=30)
    >>> assert verdict.holds, verdict.faults
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.network import ChaosNetwork
from corridor.daemon.config import load_config
from corridor.daemon.evidence import verify
from corridor.daemon.trust_keeper import open_keys, open_trust
from corridor.errors import Reason
from corridor.lab.traffic import Planned
from corridor.seal.storage import StorageKey
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import CountryCode

_STEP_S = 0.2
_ACCEPTED = 1
_CHAIN = """
  SELECT count(*) FROM received b JOIN received a
    ON a.partner = b.partner AND a.epoch = b.epoch AND a.seq = b.seq - 1
  WHERE b.row > ? AND b.prev != a.envelope_id
"""
_HOLES = "SELECT count(*) FROM in_streams WHERE complete_to < highest"
_SEALED = "SELECT coalesce(max(row), 0) FROM sealed"
_OPEN = "SELECT count(*) FROM sealed WHERE settled_ms IS NULL AND family = 'data' AND row <= ?"
_WAITING = "SELECT count(*) FROM outbox WHERE verdict IS NULL"
_OUT = "SELECT verdict FROM outbox WHERE record_id = ?"
_IN = "SELECT count(*) FROM inbox WHERE record_id = ? AND verdict = 1"
_TWICE = """
  SELECT count(*) FROM (SELECT 1 FROM inbox WHERE cursor > ?
                        GROUP BY partner, record_id HAVING count(*) > 1)
"""


@dataclass(slots=True)
class Verdict:
    """What the oracle found."""

    records: int = 0
    lost: list[str] = field(default_factory=list)
    """Ids of records, hexadecimal."""
    duplicated: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Whatever else does not hold, in words: a broken chain, a hole, evidence, a dead process."""
    seconds: float = 0.0
    """How long it waited until everything was complete, or until it gave up."""

    @property
    def holds(self) -> bool:
        """Whether Corridor kept its word."""
        return not (self.lost or self.duplicated or self.stuck or self.faults)


class Oracle:
    """Looks at one network, again and again."""

    def __init__(self, network: ChaosNetwork) -> None:
        """Begin to count from what is there now."""
        self.network = network
        self._handed: Counter[tuple[str, str]] = Counter()
        """(recipient, record id) → how often it was handed over."""
        self._digests: dict[tuple[str, str], set[str]] = {}
        self._read_to: dict[str, int] = {}
        self._repeats: set[tuple[str, str]] = set()
        """Handed over with the word that it may be a repeat: after a declared restore only."""
        self.put_back: set[str] = set()
        """Endpoints whose store came back from a backup: their log has grown anew from there, and
        partners rightly hold two roots of one size of it (PROTOCOL §8)."""
        self._rows: dict[str, tuple[int, int, int]] = {}
        """Last rows of `received`, `inbox` and `quarantine` that were judged."""

    # -- one judgement

    def judge(
        self,
        accepted: Sequence[Planned],
        timeout_s: float = 30.0,
        *,
        planted: int = 0,
        restored: bool = False,
    ) -> Verdict:
        """Wait until all of `accepted` is complete, or time is up, and judge everything new.

        `planted`: frames that were put into quarantine on purpose; `restored`: a restore was
        declared, so that a record may be handed over again with the word that it may be a repeat.
        """
        begun = time.monotonic()
        missing = self.wait_complete(accepted, timeout_s)
        verdict = Verdict(len(accepted), seconds=time.monotonic() - begun)
        for one in missing:
            (verdict.lost if self._is_lost(one) else verdict.stuck).append(one.record_id.hex())
        verdict.duplicated += self._doubled(accepted, restored=restored)
        # no later envelopes: a canary may be under way at any moment
        sealed = {code: self._value(code, _SEALED) for code in self.network.codes}
        if not missing:
            self._settle(max(2.0, timeout_s - verdict.seconds), sealed)
        for code in self.network.codes:
            verdict.faults += self._store_faults(
                code, planted=planted, due=None if missing else sealed[code]
            )
        return verdict

    def wait_complete(self, accepted: Sequence[Planned], timeout_s: float) -> list[Planned]:
        """Wait until every record was handed over and its sender has the receipt.

        Returns:
            What is not complete when the time is up.
        """
        deadline = time.monotonic() + timeout_s
        waiting = list(accepted)
        while True:
            self._read_handed()
            waiting = self._incomplete(waiting)
            if not waiting or time.monotonic() > deadline:
                return waiting
            time.sleep(_STEP_S)

    def audit(self, *, every: bool = True) -> list[str]:
        """Verify the evidence of every country.

        `every`: each signature and record, as `corridor evidence verify` does; otherwise the log
        alone, worked out anew from its leaves.
        """
        faults = []
        for code in self.network.codes:
            config = load_config(self.network.nodes[code].plan.config)
            view = open_trust(config).load(time.time_ns() // 1_000_000)
            key = StorageKey(open_keys(config.keys).storage_key())
            with (
                SqliteStore.open(config.store.path, key, read_only=True) as store,
                store.auditing() as audit,
            ):
                if every:
                    found = [one for one in verify(audit, view)["faults"] if not self._allows(one)]
                else:
                    log = audit.recomputed()
                    found = [] if (log.size, log.root()) == audit.head() else ["another root"]
            faults += [f"evidence of {code}: {fault}" for fault in found]
        return faults

    def _allows(self, fault: str) -> bool:
        return any(fault.startswith(f"{one} told two roots of its log") for one in self.put_back)

    def handed(self, one: Planned) -> int:
        """Return how often a record was handed to its recipient's national system."""
        self._read_handed()
        return self._handed[one.recipient, one.record_id.hex()]

    # -- what national systems were handed

    def _read_handed(self) -> None:
        for endpoint, path in self.network.recordings.items():
            for line in self._new_lines(endpoint, path):
                key = endpoint, line["record_id"]
                self._handed[key] += 1
                self._digests.setdefault(key, set()).add(line["sha256"])
                if line["possible_repeat"]:
                    self._repeats.add(key)

    def _new_lines(self, endpoint: str, path: Path) -> Iterable[dict[str, Any]]:
        if not path.exists():
            return
        with path.open("rb") as file:
            file.seek(self._read_to.get(endpoint, 0))
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read_to[endpoint] = self._read_to.get(endpoint, 0) + len(line)
                yield json.loads(line)

    def _doubled(self, accepted: Sequence[Planned], *, restored: bool) -> list[str]:
        found = []
        for one in accepted:
            _, record_id, digest = one.key
            key = one.recipient, record_id
            allowed = restored and key in self._repeats
            if (self._handed[key] > 1 and not allowed) or self._digests.get(key, set()) - {digest}:
                found.append(record_id)
        return found

    # -- what the stores hold

    def _incomplete(self, records: Sequence[Planned]) -> list[Planned]:
        found: list[Planned] = []
        for sender in {one.sender for one in records}:
            with closing(self._open(sender)) as db:
                for one in (one for one in records if one.sender == sender):
                    row = db.execute(_OUT, (one.record_id,)).fetchone()
                    handed = self._handed[one.recipient, one.record_id.hex()]
                    if not handed or row is None or row[0] != _ACCEPTED:
                        found.append(one)
        return found

    def _is_lost(self, one: Planned) -> bool:
        """Whether nobody will ever carry it again."""
        settled = self._value(one.sender, _OUT, one.record_id)
        held = self._value(one.recipient, _IN, one.record_id)
        waits = self._value(one.sender, "SELECT count(*) FROM outbox WHERE record_id = ?",
                            one.record_id)  # fmt: skip
        return not waits or (settled is not None and not held)

    def _settle(self, timeout_s: float, sealed: Mapping[CountryCode, int]) -> None:
        """Wait until streams have no hole: control envelopes are repaired after records are.

        `sealed`: up to which row of each country envelopes must have their receipt.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not any(
                self._value(code, _HOLES)
                or self._value(code, _OPEN, row)
                or self._value(code, _WAITING)
                for code, row in sealed.items()
            ):
                return
            time.sleep(_STEP_S)

    def _store_faults(self, code: CountryCode, *, planted: int, due: int | None) -> list[str]:
        """Name what is wrong in one store; `due`: row up to which envelopes have a receipt."""
        found = []
        with closing(self._open(code)) as db:
            ask = lambda sql, *args: db.execute(sql, args).fetchone()[0]  # noqa: E731
            received, inbox, quarantined = self._rows.get(code, (0, 0, 0))
            checks = [
                ("breaks in the chain of envelopes", ask(_CHAIN, received)),
                ("records stored twice", ask(_TWICE, inbox)),
            ]
            if due is not None:
                checks += [
                    ("streams with a hole", ask(_HOLES)),
                    ("envelopes without a receipt", ask(_OPEN, due)),
                ]
            found += [f"{code}: {count} {what}" for what, count in checks if count]
            allowed = Reason.STRAY if code in self.network.emptied else -1
            now = ask("SELECT count(*) FROM quarantine WHERE reason != ?", allowed)
            if now - quarantined > planted:
                rows = db.execute(
                    "SELECT reason, detail FROM quarantine WHERE reason != ? "
                    "ORDER BY row DESC LIMIT ?",
                    (allowed, now - quarantined),
                )
                why = "; ".join(f"{reason} {detail}" for reason, detail in rows)
                found.append(f"{code}: {now - quarantined} frames in quarantine: {why[:400]}")
            self._rows[code] = (
                ask("SELECT coalesce(max(row), 0) FROM received"),
                ask("SELECT coalesce(max(cursor), 0) FROM inbox"),
                now,
            )
        return found

    def _open(self, code: str) -> sqlite3.Connection:
        path = self.network.nodes[CountryCode(code[:2])].plan.store
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)

    def _value(self, endpoint: str, sql: str, *args: object) -> Any:  # noqa: ANN401
        with closing(self._open(endpoint)) as db:
            row = db.execute(sql, args).fetchone()
        return row[0] if row else None
