"""Envelopes for tests: a sender, a recipient, a draft between them."""

from dataclasses import replace
from functools import cache

from corridor.seal.envelope import Draft
from corridor.seal.keys import DecryptionKey, SigningKey
from corridor.transit.parties import Endpoint
from corridor.wire.batches import Entry, encode_entry

SENDER = Endpoint("GE.RS")
RECIPIENT = Endpoint("TR.GTB")
NETWORK_ID = bytes(range(16))
NOW_MS = 1_764_000_000_000


@cache
def signing_key(name: str = "sender") -> SigningKey:
    """The signing key of a name."""
    return SigningKey.from_seed(name.encode().ljust(32, b"."))


@cache
def decryption_key(suite: int = 2, name: str = "recipient") -> DecryptionKey:
    """The decryption key of a name."""
    return DecryptionKey.from_secret(suite, name.encode().ljust(32, b"."))


def entry(number: int, body: bytes = b"body") -> bytes:
    """A serialised record."""
    return encode_entry(Entry(number.to_bytes(16), 14, "corridor.wire.v1", None, body))


def draft(suite: int = 2, **parts: object) -> Draft:
    """A draft from SENDER to RECIPIENT, with other parts where given."""
    key = decryption_key(suite)
    plain = Draft(
        network_id=NETWORK_ID,
        sender=SENDER,
        recipient=RECIPIENT,
        dir_version=3,
        dir_hash=b"d" * 32,
        bundle_hash=b"b" * 32,
        created_ms=NOW_MS,
        expires_ms=NOW_MS + 86_400_000,
        lane=1,
        suite=suite,
        enc_key_id=key.key_id,
        enc_public=key.public,
        epoch=1_764_000_000,
        seq=9,
        prev=b"p" * 32,
    )
    return replace(plain, **parts)
