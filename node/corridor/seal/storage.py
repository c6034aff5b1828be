"""Payloads at rest: values sealed under the storage key, and what they can be found by.

Rules:

* a value opens only in the context (table, column, row) it was sealed for;
* each `StorageKey` object encrypts under a subkey of its own, drawn when it is made, so that
  random 96-bit nonces stay far from repeating however long the store lives;
* exact search works on keyed hashes: without the key, a guess at an MRN cannot be tested;
* AES-256-GCM here and not XChaCha20: a fifth of the time a value, and no wire format.

Layout of a sealed value: u8 version=1 | session[16] | nonce[12] | ciphertext | tag[16].
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from corridor.errors import KeyTrouble
from corridor.seal.pae import LABEL_STORAGE
from corridor.seal.primitives import KEY_BYTES, hkdf_expand, hkdf_extract, random_bytes

TERM_BYTES: Final = 16
_VERSION: Final = b"\x01"
_SESSION_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_NONCE_START: Final = 1 + _SESSION_BYTES
_HEAD_BYTES: Final = _NONCE_START + _NONCE_BYTES
OVERHEAD_BYTES: Final = _HEAD_BYTES + 16


class StorageKey:
    """Seals and opens values at rest, and hashes search terms. Safe to share between threads."""

    __slots__ = ("_head", "_opening", "_prk", "_sealing", "_terms")

    def __init__(self, key: bytes) -> None:
        """Take the 32-byte storage key.

        Raises:
            KeyTrouble: It has another length.
        """
        if len(key) != KEY_BYTES:
            raise KeyTrouble(f"a storage key is {KEY_BYTES} bytes, not {len(key)}")
        self._prk = hkdf_extract(LABEL_STORAGE, key)
        term_key = hkdf_expand(self._prk, b"terms\0", KEY_BYTES)
        # copied for each term: setting up a keyed hash costs more than hashing a term with it
        self._terms = hashlib.blake2b(digest_size=TERM_BYTES, key=term_key)
        session = random_bytes(_SESSION_BYTES)
        self._head = _VERSION + session
        self._sealing = self._session_key(session)
        self._opening = {session: self._sealing}

    def seal_value(self, plain: bytes, context: bytes) -> bytes:
        """Return `plain` sealed for `context`; 45 bytes longer."""
        nonce = random_bytes(_NONCE_BYTES)
        return self._head + nonce + self._sealing.encrypt(nonce, plain, context)

    def open_value(self, sealed: bytes, context: bytes) -> bytes:
        """Return what was sealed for `context`.

        Raises:
            KeyTrouble: Another storage key, another context, or damaged bytes.
        """
        if sealed[:1] != _VERSION or len(sealed) < OVERHEAD_BYTES:
            raise KeyTrouble("not a value sealed by this version")
        session = sealed[1:_NONCE_START]
        opening = self._opening.get(session)
        if opening is None:
            # one entry a start of the node that wrote here: small, and never worth evicting
            opening = self._opening[session] = self._session_key(session)
        nonce = sealed[_NONCE_START:_HEAD_BYTES]
        try:
            return opening.decrypt(nonce, sealed[_HEAD_BYTES:], context)
        except InvalidTag:
            raise KeyTrouble("a stored value does not open: wrong storage key, or damage") from None

    def term_hash(self, kind: str, value: str) -> bytes:
        """Return what an index keeps of a search term, 16 bytes."""
        return self.term_hashes([(kind, value)])[0]

    def term_hashes(self, terms: Iterable[tuple[str, str]]) -> list[bytes]:
        """Return `term_hash` of each (kind, value)."""
        fresh = self._terms.copy
        hashes = []
        for kind, value in terms:
            state = fresh()
            state.update(f"{kind}\0{value}".encode())
            hashes.append(state.digest())
        return hashes

    def _session_key(self, session: bytes) -> AESGCM:
        return AESGCM(hkdf_expand(self._prk, b"session\0" + session, KEY_BYTES))
