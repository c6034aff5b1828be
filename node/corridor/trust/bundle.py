"""Key bundles: the encryption keys of an endpoint and their windows (PROTOCOL §5.7).

Rules:

* signed by a KEY_MANAGER key and by a SIGN key of the same endpoint: neither thief alone can
  turn a partner's messages to a key of his own;
* partners seal to a key from `encrypt_from` to `encrypt_until`, at most 90 days; its owner opens
  with it until `accept_until`, at most 30 days longer;
* a key belongs to one suite; windows of one suite may overlap, and the newest key is taken;
* rotation is planned here (`plan_rotation`) and started by a person until it is automatic.
"""

from dataclasses import dataclass
from typing import Final

from corridor.errors import Reason
from corridor.transit.parties import Endpoint
from corridor.trust import checks
from corridor.trust.chain import Link, check_link
from corridor.trust.checks import require, well_formed
from corridor.trust.keys import Algorithm, TrustedKey, read_key, refuse_repeated
from corridor.wire import limits
from corridor.wire.statements import encode_statement, parse_bundle
from corridor.wire.v1 import trust_pb2 as pb

ALGORITHM_OF_SUITE: Final = {1: Algorithm.X25519, 2: Algorithm.X_WING}
ALARM_BEFORE_MS: Final = 21 * limits.DAY_MS
"""How long before the last key ends the alarm starts: three weeks to find the key's keeper."""


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A key that partners seal to."""

    key: TrustedKey
    suite: int
    encrypt_from_ms: int
    encrypt_until_ms: int
    """The first moment at which partners seal to it no more."""
    accept_until_ms: int
    """The first moment at which its owner opens nothing with it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A key bundle, read and sane."""

    network_id: bytes
    endpoint: Endpoint
    serial: int
    prev_hash: bytes
    issued_ms: int
    keys: tuple[EncryptionKey, ...]

    def link(self, payload_hash: bytes) -> Link:
        """Return its place in the endpoint's chain of bundles."""
        return Link(self.serial, self.prev_hash, payload_hash, self.issued_ms)


@dataclass(frozen=True, slots=True)
class RotationPlan:
    """What `corridor keys rotate` has to do."""

    keep: tuple[EncryptionKey, ...]
    """Keys of the bundle that stay listed."""
    forget: tuple[EncryptionKey, ...]
    """Keys that nothing may still arrive for; their secrets can be destroyed."""
    suites: tuple[int, ...]
    """Suites that need a new key each, with the three times below."""
    encrypt_from_ms: int
    encrypt_until_ms: int
    accept_until_ms: int


def encode_bundle(bundle: Bundle) -> bytes:
    """Return the payload that `read_bundle` reads."""
    message = pb.KeyBundle(
        network_id=bundle.network_id,
        endpoint=bundle.endpoint,
        serial=bundle.serial,
        prev_hash=bundle.prev_hash,
        issued_ms=bundle.issued_ms,
        keys=[
            pb.EncryptionKey(
                key=entry.key.to_message(),
                suite=entry.suite,
                encrypt_from_ms=entry.encrypt_from_ms,
                encrypt_until_ms=entry.encrypt_until_ms,
                accept_until_ms=entry.accept_until_ms,
            )
            for entry in bundle.keys
        ],
    )
    return encode_statement(message)


def read_bundle(payload: bytes, network_id: bytes) -> Bundle:
    """Return the bundle in `payload`.

    Args:
        payload: Bytes whose signatures were verified.
        network_id: Ours.

    Raises:
        Refused: STATEMENT_MALFORMED, KEY_ADMISSION or NETWORK.
    """
    message = parse_bundle(payload)
    checks.network_id(message.network_id, network_id)
    well_formed(bool(message.keys), "a bundle without keys")
    bundle = Bundle(
        network_id=network_id,
        endpoint=checks.endpoint(message.endpoint),
        serial=message.serial,
        prev_hash=message.prev_hash,
        issued_ms=message.issued_ms,
        keys=tuple(_encryption_key(entry, message.issued_ms) for entry in message.keys),
    )
    check_link(bundle.link(b""))
    refuse_repeated(entry.key for entry in bundle.keys)
    starts = {(entry.suite, entry.encrypt_from_ms) for entry in bundle.keys}
    well_formed(len(starts) == len(bundle.keys), "two keys of one suite start together")
    return bundle


def plan_rotation(
    bundle: Bundle | None,
    now_ms: int,
    suites: tuple[int, ...] = (2, 1),
    lifetime_ms: int = limits.ENCRYPT_LIFETIME_MS,
    grace_ms: int = limits.ACCEPT_GRACE_MS,
) -> RotationPlan:
    """Plan a new key per suite that counts from now on; the older ones run out by themselves.

    Args:
        bundle: The endpoint's newest bundle, if it has one.
        now_ms: Now.
        suites: Suites to make keys for.
        lifetime_ms: How long partners seal to the new keys.
        grace_ms: How long their owner opens with them after that.

    Raises:
        Refused: LIMITS where the bundle would hold too many keys.
    """
    held = () if bundle is None else bundle.keys
    keep = tuple(entry for entry in held if now_ms < entry.accept_until_ms)
    total = len(keep) + len(suites)
    require(total <= limits.MAX_BUNDLE_KEYS, Reason.LIMITS, f"{total} keys in one bundle")
    # A suite rotated twice within a millisecond must still tell its newest key.
    start_ms = max([now_ms, *(k.encrypt_from_ms + 1 for k in keep if k.suite in suites)])
    until_ms = start_ms + lifetime_ms
    gone = tuple(entry for entry in held if entry not in keep)
    return RotationPlan(keep, gone, suites, start_ms, until_ms, until_ms + grace_ms)


def seals_until_ms(bundle: Bundle, now_ms: int) -> int:
    """Return when partners will hold no key to seal to, as the bundle stands; `now_ms` if now.

    The highest suite speaks: partners never fall back to a lower one.
    """
    highest = max(entry.suite for entry in bundle.keys)
    until_ms = now_ms
    for entry in sorted(bundle.keys, key=lambda entry: entry.encrypt_from_ms):
        if entry.suite == highest and entry.encrypt_from_ms <= until_ms:
            until_ms = max(until_ms, entry.encrypt_until_ms)
    return until_ms


def alarm_before_end(bundle: Bundle, now_ms: int, before_ms: int = ALARM_BEFORE_MS) -> int | None:
    """Return how many milliseconds are left (0 if none), once it is time for an alarm."""
    left_ms = seals_until_ms(bundle, now_ms) - now_ms
    return left_ms if left_ms <= before_ms else None


def _encryption_key(message: pb.EncryptionKey, issued_ms: int) -> EncryptionKey:
    well_formed(message.suite in ALGORITHM_OF_SUITE, f"suite {message.suite}")
    start, until = message.encrypt_from_ms, message.encrypt_until_ms
    checks.window(start, until, limits.ENCRYPT_LIFETIME_MS, "an encryption key")
    well_formed(until <= message.accept_until_ms, "a key is closed before partners stop using it")
    grace_ms = message.accept_until_ms - until
    well_formed(grace_ms <= limits.ACCEPT_GRACE_MS, "a key is open for too long")
    well_formed(start <= issued_ms + limits.PUBLISH_AHEAD_MS, "a key is published too early")
    return EncryptionKey(
        read_key(message.key, ALGORITHM_OF_SUITE[message.suite]),
        message.suite,
        start,
        until,
        message.accept_until_ms,
    )
