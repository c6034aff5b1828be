"""What the exchange needs of the floors below it, as values that are handed in.

Rules:

* `Trust` is the part of the trust view that is asked here; `TrustView` is one;
* `Seals` are the four verbs of `corridor.seal`; the simulator hands in cheaper ones;
* `Examiner` judges one record's content (R19) and says by what it can be found.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias

from corridor.errors import Reason, Refused
from corridor.seal.envelope import Draft, Opened, Sealed, check_signature, open_frame, seal
from corridor.seal.frame import Frame, parse_frame
from corridor.seal.keys import DecryptionKey, SigningKey
from corridor.transit.parties import Endpoint
from corridor.wire import records
from corridor.wire.authority import false_claim
from corridor.wire.batches import CANARY, Entry
from corridor.wire.control import decode_control
from corridor.wire.v1.records_pb2 import TransitRecord


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are, and with which keys."""

    endpoint: Endpoint
    signing_key: SigningKey
    decryption_keys: Mapping[bytes, DecryptionKey]
    """By key id."""


class SealingKeyLike(Protocol):
    """A partner's key to seal for."""

    @property
    def suite(self) -> int:
        """The suite it is for."""

    @property
    def key_id(self) -> bytes:
        """Its id, 16 bytes."""

    @property
    def public(self) -> bytes:
        """Its public bytes."""


class Trust(Protocol):
    """The part of the trust view that the exchange asks."""

    @property
    def network_id(self) -> bytes:
        """The network, 16 bytes."""

    @property
    def dir_version(self) -> int:
        """Version of the directory."""

    @property
    def dir_hash(self) -> bytes:
        """SHA-256 of the directory's payload."""

    @property
    def min_suite(self) -> int:
        """Lowest suite that is accepted."""

    def signer(self, endpoint: Endpoint, key_id: bytes, created_ms: int) -> bytes:
        """Return the public key, or raise Refused (R5)."""

    def check_gossip(self, dir_version: int, dir_hash: bytes) -> None:
        """Raise Refused DIRECTORY_UNKNOWN or EQUIVOCATION (R8)."""

    def is_current(self, now_ms: int) -> bool:
        """Whether root and directory have not expired."""

    def accepts(self, endpoint: Endpoint, enc_key_id: bytes, now_ms: int) -> bool:
        """Whether the endpoint still opens what is sealed for this key (R10)."""

    def sealing_key(self, endpoint: Endpoint, now_ms: int) -> SealingKeyLike:
        """Return the key to seal for, or raise Refused."""

    def bundle_hash(self, endpoint: Endpoint) -> bytes:
        """SHA-256 of the endpoint's key bundle."""

    def authorises(
        self, sender: Endpoint, recipient: Endpoint, record_type: int, created_ms: int
    ) -> bool:
        """Whether an agreement in force at that time covers the record type (R18)."""

    def control_allowed(self, a: Endpoint, b: Endpoint, now_ms: int) -> bool:
        """Whether control records may pass between the two."""

    def partners(self, me: Endpoint, now_ms: int) -> tuple[Endpoint, ...]:
        """Return with whom there is an agreement."""


@dataclass(frozen=True, slots=True)
class Seals:
    """The verbs of the sealing floor."""

    parse: Callable[[bytes], Frame]
    check_signature: Callable[[Frame, bytes], None]
    open: Callable[[Frame, Endpoint, DecryptionKey], Opened]
    seal: Callable[[Draft, Sequence[bytes], SigningKey], Sealed]


REAL_SEALS = Seals(parse_frame, check_signature, open_frame, seal)


class Examination(NamedTuple):
    """What the content of a record is found to be."""

    faults: tuple[str, ...] = ()
    """Rule ids and field paths; empty where it is valid."""
    terms: tuple[tuple[str, str], ...] = ()
    reason: Reason = Reason.RECORD_INVALID
    """Why it is refused, where there are faults."""
    has_file: bool = False
    """Whether it waits for a file: its own, or the one that holds all of it (PROTOCOL §13.4)."""


_TWO_FILES: Final = "whole.of_a_file header.whole"
"""Which of them its recipient should wait for, nobody could say."""

Examiner: TypeAlias = Callable[[Sequence[Entry], str], Sequence[Examination]]
"""Judges the contents of several records of a country, each for itself, in order."""


def examine_records(entries: Sequence[Entry], country: str) -> list[Examination]:
    """Judge records by the schema, its rules and what they claim; a canary has only a form.

    Args:
        entries: The records.
        country: Country of the endpoint that sent them.
    """
    found: list[Examination | TransitRecord] = [_parsed(entry) for entry in entries]
    parsed = [
        (record, entry.body)
        for record, entry in zip(found, entries, strict=True)
        if not isinstance(record, Examination)
    ]
    faults = iter(records.check_records([p[0] for p in parsed], [p[1] for p in parsed]))
    return [
        record
        if isinstance(record, Examination)
        else _examined(record, entry.record_type, country, next(faults))
        for record, entry in zip(found, entries, strict=True)
    ]


def _parsed(entry: Entry) -> "Examination | TransitRecord":
    try:
        if entry.record_type == CANARY:
            decode_control(CANARY, entry.body)
            return Examination()
        return records.record_of(entry)
    except Refused as refusal:
        return Examination((refusal.reason.label,), reason=refusal.reason)


def _examined(
    record: TransitRecord, record_type: int, country: str, faults: tuple[str, ...]
) -> Examination:
    if faults:
        return Examination(faults)
    claim = false_claim(record, record_type, country)
    if claim is not None:
        return Examination((claim.detail,), reason=claim.reason)
    is_file, is_long = record.HasField("attachment"), record.header.HasField("whole")
    if is_file and is_long:
        return Examination((_TWO_FILES,))
    return Examination(terms=records.index_terms(record), has_file=is_file or is_long)
