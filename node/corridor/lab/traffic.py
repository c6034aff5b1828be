"""Test traffic: a plan of records, its play through the nodes' gateways, and the proof.

Rules:

* a plan is a file of JSON lines, one record each, so that it can be read, cut and joined;
* playing goes the way a national system goes (`ways`) and no other;
* the proof compares three sets of (recipient, record id, SHA-256): what was planned, what
  recorders were handed, what came back receipted. None of them is counted by the nodes.
"""

import base64
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corridor.errors import ConfigurationError
from corridor.lab.systems.offers import Answer, Offer, Outcome
from corridor.lab.ways import Way, opened
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry

Key = tuple[str, str, str]
"""(recipient's endpoint, record id, SHA-256 of the record), the last two in hexadecimal."""
Progress = Callable[[int], None]

_BATCH = 256
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Planned:
    """A record to be played."""

    sender: str
    recipient: str
    record_id: bytes
    record_type: int
    record: bytes

    @property
    def key(self) -> Key:
        """What the three sets hold of it."""
        digest = hashlib.sha256(self.record).hexdigest()
        return self.recipient, self.record_id.hex(), digest

    @property
    def entry_sha256(self) -> bytes:
        """SHA-256 of the RecordEntry that the sender's node makes of it."""
        entry = Entry(self.record_id, self.record_type, SCHEMA_ID, None, self.record)
        return hashlib.sha256(encode_entry(entry)).digest()


def write_plan(path: Path, plan: Iterable[Planned]) -> int:
    """Write a plan; returns how many records it has."""
    with path.open("w", encoding="utf-8") as out:
        return sum(out.write(_line(one)) > 0 for one in plan)


def _line(one: Planned) -> str:
    written = {
        "sender": one.sender,
        "recipient": one.recipient,
        "record_id": one.record_id.hex(),
        "type": one.record_type,
        "record": base64.b64encode(one.record).decode(),
    }
    return json.dumps(written) + "\n"


def read_plan(path: Path) -> Iterator[Planned]:
    """Read a plan, line by line.

    Raises:
        ConfigurationError: A line is not a record of a plan; its number is named.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                one: dict[str, Any] = json.loads(line)
                yield Planned(
                    one["sender"],
                    one["recipient"],
                    bytes.fromhex(one["record_id"]),
                    int(one["type"]),
                    base64.b64decode(one["record"], validate=True),
                )
            except (ValueError, KeyError, TypeError, RecursionError):
                raise ConfigurationError(
                    f"{path}:{number}: not a line of a plan",
                    cure="`corridor replay generate` writes a plan",
                ) from None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that its sender's own node refused."""

    planned: Planned
    status: str
    reason: str
    faults: tuple[str, ...]


@dataclass(slots=True)
class Played:
    """What became of a play so far."""

    accepted: list[Planned] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    seconds: float = 0.0


def play(
    plan: Sequence[Planned],
    ways: Mapping[str, Way],
    *,
    rate_per_s: float | None = None,
    progress: Progress = lambda _count: None,
) -> Played:
    """Submit a plan, each record through its sender's node, all senders at the same time.

    `ways` says how a sender submits, by its endpoint.
    `rate_per_s` is for all senders together; None submits as fast as the nodes keep.
    """
    begun = time.monotonic()
    by_sender: dict[str, list[Planned]] = {}
    for one in plan:
        by_sender.setdefault(one.sender, []).append(one)
    for sender in by_sender:
        if sender not in ways:
            raise ConfigurationError(
                f"no node of {sender} in the lab; its nodes are: {', '.join(ways)}",
                cure="bring up the scenario for which the plan was generated",
            )
    played = Played()
    with ThreadPoolExecutor(max_workers=max(1, len(by_sender))) as pool:
        parts = [
            pool.submit(
                _play_one_sender, records, ways[sender],
                rate_per_s * len(records) / len(plan) if rate_per_s else None, progress,
            )
            for sender, records in by_sender.items()
        ]  # fmt: skip
        for part in parts:
            done = part.result()
            played.accepted += done.accepted
            played.refused += done.refused
    played.seconds = time.monotonic() - begun
    return played


def _play_one_sender(
    records: Sequence[Planned], way: Way, rate_per_s: float | None, progress: Progress
) -> Played:
    played = Played()
    size = _BATCH if rate_per_s is None else max(1, min(_BATCH, round(rate_per_s / 20)))
    begun = time.monotonic()
    with opened(way) as node:
        for start in range(0, len(records), size):
            if rate_per_s is not None:
                time.sleep(max(0.0, begun + start / rate_per_s - time.monotonic()))
            batch = records[start : start + size]
            answers = node.submit([_offer(one) for one in batch])
            for one, answer in zip(batch, answers, strict=True):
                _note(played, one, answer)
            progress(len(batch))
    return played


def _offer(one: Planned) -> Offer:
    return Offer(one.recipient[:2], one.record_id, one.record)


def _note(played: Played, one: Planned, answer: Answer) -> None:
    if answer.status in {"accepted", "duplicate"}:
        played.accepted.append(one)
    else:
        refusal = Refusal(one, answer.status, answer.reason, answer.faults)
        played.refused.append(refusal)


@dataclass(slots=True)
class Receipts:
    """What came back receipted, gathered from the senders' nodes."""

    accepted: Counter[Key] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)
    """Record id → reason of the partner's refusal."""
    seconds: list[float] = field(default_factory=list)
    """From kept in the outbox to receipt kept, for each record."""


def await_receipts(
    played: Sequence[Planned],
    ways: Mapping[str, Way],
    *,
    timeout_s: float,
    progress: Progress = lambda _count: None,
) -> Receipts:
    """Wait until every record that was played has its receipt, or the time is up.

    `ways` says how a sender asks its node, by its endpoint.
    """
    receipts = Receipts()
    expected = {(one.recipient, one.record_id): one for one in played}
    waiting = set(expected)
    cursors = {one.sender: 0 for one in played}
    deadline = time.monotonic() + timeout_s
    with ExitStack() as stack:
        nodes = {sender: stack.enter_context(opened(ways[sender])) for sender in cursors}
        while waiting and time.monotonic() < deadline:
            for sender, node in nodes.items():
                found = node.outcomes(cursors[sender], _LOOK_S)
                for one in found:
                    cursors[sender] = one.cursor
                    known = expected.get((one.recipient, one.record_id))
                    if known is not None:
                        _receipted(receipts, known, one)
                        waiting.discard((one.recipient, one.record_id))
                progress(len(found))
    return receipts


def _receipted(receipts: Receipts, known: Planned, one: Outcome) -> None:
    receipts.seconds.append((one.receipted_ms - one.accepted_ms) / 1000)
    if not one.accepted:
        receipts.refused[one.record_id.hex()] = one.reason
        return
    recipient, record_id, digest = known.key
    # A receipt for other bytes than were planned must not look like one for these.
    same = one.sha256 in {b"", known.entry_sha256}
    receipts.accepted[recipient, record_id, digest if same else one.sha256.hex()] += 1


def handed_over(recordings: Mapping[str, Path]) -> Counter[Key]:
    """Return how often each record was handed to recorders; `recordings` by endpoint.

    A last line that a recorder is still writing is not there yet.
    """
    handed: Counter[Key] = Counter()
    for endpoint, path in recordings.items():
        if path.exists():
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    if not line.endswith("\n"):
                        break
                    one = json.loads(line)
                    handed[endpoint, one["record_id"], one["sha256"]] += 1
    return handed


@dataclass(frozen=True, slots=True)
class Proof:
    """The three sets compared."""

    planned: int
    handed: int
    receipted: int
    lost: tuple[Key, ...]
    """Planned and kept by the sender's node, but not handed over or not receipted."""
    duplicated: tuple[Key, ...]
    """Handed over more than once, or under another id or with other bytes."""

    @property
    def holds(self) -> bool:
        """Whether the three sets are equal and nothing was handed over twice."""
        return not self.lost and not self.duplicated


def prove(played: Sequence[Planned], handed: Counter[Key], receipts: Receipts) -> Proof:
    """Compare what was planned with what was handed over and what was receipted."""
    planned = {one.key for one in played if one.record_id.hex() not in receipts.refused}
    lost = (planned - set(handed)) | (planned - set(receipts.accepted))
    twice = {key for key, count in handed.items() if count > 1 and key in planned}
    ids = {key[:2] for key in planned}
    altered = {key for key in handed if key[:2] in ids and key not in planned}
    digests = Counter((recipient, digest) for recipient, _, digest in planned)
    seen = Counter((recipient, digest) for recipient, _, digest in handed)
    again = {
        (recipient, record_id, digest)
        for recipient, record_id, digest in set(handed) - planned
        if 0 < digests[recipient, digest] < seen[recipient, digest]
    }
    return Proof(
        planned=len(planned),
        handed=len(planned & set(handed)),
        receipted=len(planned & set(receipts.accepted)),
        lost=tuple(sorted(lost)),
        duplicated=tuple(sorted(twice | altered | again)),
    )
