"""Plays a capture into a test network: fresh ids, shifted dates, at the pace that is asked for.

Rules:

* nodes of test and lab networks only, and captures of such only: anything else is refused before
  a record is read;
* how long a record took is counted from the time at which it was due, so that a network that is
  late for everything cannot look quick;
* a manifest of a file is passed over: a capture holds no file, and without one the manifest would
  wait at its recipient for ever;
* memory does not grow with the capture: at most `_MOST_WAITING` records wait for their receipts,
  and playing rests until fewer do.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from corridor.errors import ConfigurationError, ProductionRefused, Refused
from corridor.gateway.local_client import LocalClient
from corridor.lab.capture import Captured, read_capture
from corridor.lab.capture_info import Info
from corridor.lab.capture_record import refuse_production
from corridor.lab.rewrite import Rewriting
from corridor.lab.thresholds import Timings
from corridor.wire.batches import ATTACHMENT
from corridor.wire.v1 import local_pb2 as local

_BATCH: Final = 128
_MOST_WAITING: Final = 20_000
_OUTCOMES: Final = 1024
_STEP_S: Final = 0.02

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: neither `speed` nor `rate` plays as fast as nodes keep."""

    speed: float | None = None
    """2.0: twice as fast as it was recorded."""
    rate: float | None = None
    """Records a second."""
    max_gap_s: float = 5.0
    """A longer rest in the recording is cut to this (before `speed`)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which records are played, and as whose."""

    countries: Mapping[str, str] = field(default_factory=dict)
    """Recorded country → the network's."""
    recipients: frozenset[str] = frozenset()
    """Countries or endpoints of the network; all where there is none."""


@dataclass(slots=True)
class Result:
    """What became of a replay."""

    records: int = 0
    accepted: int = 0
    duplicates: int = 0
    receipted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """By reason: of the sender's own node, of the partner, or of the capture's own record."""
    pairs: Counter[str] = field(default_factory=Counter)
    timings: Timings = field(default_factory=Timings)
    refused_by_partner: int = 0
    unread_dates: int = 0
    files: int = 0
    """Manifests of files, passed over; not among `records`."""
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        """Kept by a node, and neither receipted nor refused when the wait was over."""
        return self.accepted - self.receipted - self.refused_by_partner

    def figures(self) -> dict[str, float | None]:
        """Return what thresholds are held against; times in milliseconds."""
        rate = self.receipted / self.seconds if self.seconds > 0 else None
        return {
            "records": self.records,
            "accepted": self.accepted,
            "receipted": self.receipted,
            "refused": self.refused.total(),
            "lost": self.lost,
            "duplicates": self.duplicates,
            "rate": round(rate, 1) if rate is not None else None,
            "p50": self.timings.percentile(0.5),
            "p90": self.timings.percentile(0.9),
            "p99": self.timings.percentile(0.99),
            "max": self.timings.percentile(1.0),
        }


class _Due(NamedTuple):
    sender: str
    recipient: str
    submission: local.LocalSubmission
    due_s: float


class Replay:
    """Plays one capture once."""

    def __init__(
        self, path: Path, sockets: Mapping[str, Path], rewriting: Rewriting, choice: Choice
    ) -> None:
        """Prepare to play `path` through the nodes of `sockets` (by endpoint)."""
        self._path = path
        self._sockets = sockets
        self._rewriting = rewriting
        self._choice = choice
        self._endpoints = {endpoint[:2]: endpoint for endpoint in sockets}
        self._waiting: dict[tuple[str, bytes], int] = {}
        self._cursors: dict[str, int] = {}
        self._nodes: dict[str, LocalClient] = {}
        self.result = Result()

    def check(self, info: Info) -> int:
        """Return how many records will be played.

        Raises:
            ProductionRefused: The capture, or a node, is of production.
            ConfigurationError: A sender has no node here.
        """
        for session in info.sessions:
            refuse_production({"endpoint": str(self._path), "environment": session.environment})
        if not info.sessions:
            raise ProductionRefused(
                f"{self._path}: does not say where it was recorded",
                cure="play a capture that `corridor replay record` made, its beginning included",
            )
        for path in self._sockets.values():
            with LocalClient(path) as node:
                refuse_production(node.status())
        played = {
            pair: count - info.files[pair]
            for pair, count in info.pairs.items()
            if count > info.files[pair] and self._chosen(pair[1])
        }
        absent = sorted({sender for sender, _ in played if self._here(sender) is None})
        if absent:
            raise ConfigurationError(
                f"no node here for the senders {', '.join(absent)}; "
                f"nodes: {', '.join(sorted(self._sockets))}",
                cure="--map GE=TR plays what Georgia sent as Türkiye; --to chooses recipients",
            )
        return sum(played.values())

    def play(self, pace: Pace, wait_s: float, progress: Progress = lambda _count: None) -> Result:
        """Play it and wait for the receipts, at most `wait_s` seconds after the last record.

        Raises:
            LocalTrouble: A node does not answer.
        """
        with ExitStack() as stack:
            for endpoint, path in self._sockets.items():
                self._nodes[endpoint] = stack.enter_context(LocalClient(path))
                self._cursors[endpoint] = self._last_outcome(endpoint)
            begun = time.monotonic()
            batch: list[_Due] = []
            for one in self._dues(pace):
                if batch and (len(batch) >= _BATCH or one.due_s > time.monotonic() - begun):
                    self._submit(batch, begun, paced=_paced(pace))
                    progress(len(batch))
                    batch = []
                self._rest(begun + one.due_s)
                batch.append(one)
            self._submit(batch, begun, paced=_paced(pace))
            progress(len(batch))
            deadline = time.monotonic() + wait_s
            while self._waiting and time.monotonic() < deadline:
                if not self._collect():
                    time.sleep(_STEP_S)
            self.result.seconds = time.monotonic() - begun
        self.result.unread_dates = self._rewriting.unread_dates
        return self.result

    # --- what is due --------------------------------------------------------------------------

    def _dues(self, pace: Pace) -> Iterator[_Due]:
        clock_s, before_ms, number = 0.0, 0, 0
        for one in read_capture(self._path):
            if not isinstance(one, Captured) or not self._chosen(one.recipient):
                continue
            if one.record_type == ATTACHMENT:
                self.result.files += 1
                continue
            if before_ms and pace.speed is not None:
                gap_s = max(0, one.received_ms - before_ms) / 1000
                clock_s += min(gap_s, pace.max_gap_s) / pace.speed
            if pace.rate is not None:
                clock_s = number / pace.rate
            before_ms = max(before_ms, one.received_ms)
            number += 1
            due = self._due(one, clock_s)
            if due is not None:
                yield due

    def _due(self, one: Captured, due_s: float) -> _Due | None:
        self.result.records += 1
        try:
            body = self._rewriting.record(one.record)
        except Refused as refusal:
            self.result.refused[refusal.reason.label] += 1
            return None
        sender, recipient = self._here(one.sender), self._there(one.recipient)
        submission = local.LocalSubmission(
            recipient=recipient,
            record_id=self._rewriting.record_id(one.record_id),
            record=body,
        )
        return _Due(sender or "", recipient, submission, due_s)

    def _here(self, endpoint: str) -> str | None:
        """Return the endpoint of the network that sends what `endpoint` sent."""
        country = self._rewriting.country(endpoint[:2])
        return self._endpoints.get(country)

    def _there(self, endpoint: str) -> str:
        country = self._rewriting.country(endpoint[:2])
        return self._endpoints.get(country, country)

    def _chosen(self, recipient: str) -> bool:
        there = self._there(recipient)
        chosen = self._choice.recipients
        return not chosen or there in chosen or there[:2] in chosen

    # --- what is sent, and comes back ---------------------------------------------------------

    def _rest(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0 or len(self._waiting) >= _MOST_WAITING:
            if not self._collect():
                time.sleep(max(0.0, min(_STEP_S, left)) or _STEP_S)

    def _submit(self, batch: list[_Due], begun: float, *, paced: bool) -> None:
        by_sender: dict[str, list[_Due]] = {}
        for one in batch:
            by_sender.setdefault(one.sender, []).append(one)
        zero_ms = _now_ms() - round((time.monotonic() - begun) * 1000)
        for sender, dues in by_sender.items():
            sent_ms = _now_ms()
            answers = self._nodes[sender].submit([one.submission for one in dues])
            for one, answer in zip(dues, answers, strict=True):
                due_ms = zero_ms + round(one.due_s * 1000) if paced else sent_ms
                self._note(one, answer, due_ms)
        self._collect()

    def _note(self, one: _Due, answer: local.SubmitResult, due_ms: int) -> None:
        if answer.status == "duplicate":
            self.result.duplicates += 1
        elif answer.status == "accepted":
            self.result.accepted += 1
            self.result.pairs[f"{one.sender} → {one.recipient}"] += 1
            self._waiting[one.recipient[:2], answer.record_id] = due_ms
        else:
            self.result.refused[answer.reason or answer.status] += 1

    def _collect(self) -> bool:
        """Take what receipts have come; tell whether there were any."""
        some = False
        for endpoint, node in self._nodes.items():
            for one in node.outcomes(self._cursors[endpoint], limit=_OUTCOMES):
                some = True
                self._cursors[endpoint] = one.cursor
                due_ms = self._waiting.pop((one.recipient[:2], one.record_id), None)
                if due_ms is None:
                    continue
                if one.accepted:
                    self.result.receipted += 1
                    self.result.timings.add(one.receipted_ms - due_ms)
                else:
                    self.result.refused_by_partner += 1
                    self.result.refused[one.reason] += 1
        return some

    def _last_outcome(self, endpoint: str) -> int:
        """Return where outcomes end now: those before are of other records."""
        cursor = 0
        while passed := self._nodes[endpoint].outcomes(cursor, limit=_OUTCOMES):
            cursor = passed[-1].cursor
        return cursor


def _paced(pace: Pace) -> bool:
    return pace.speed is not None or pace.rate is not None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
