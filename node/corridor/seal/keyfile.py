"""Key files, format CRK1: a private key at rest under a passphrase or a credential.

Rules:

* the file says whose key it is (role and key id) in clear, and both are authenticated;
* the cost of a passphrase is in the file, and capped before it is paid: a hostile file is not a
  memory bomb;
* an unprotected file is allowed, says so, and is a laboratory's;
* bytes in, bytes out: mode 0600, owner and symlinks are the shell's business.

Layout: "CRK1" | u8 protection | u8 role length | role | key_id[16]
        | protection 1: u8 operations | u32 memory KiB | salt[16]
        | protection 1, 2: nonce[24] | XChaCha20-Poly1305(secret), all before it authenticated
        | protection 0: secret
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self, TypeAlias

from corridor.errors import KeyTrouble
from corridor.seal.pae import LABEL_KEY_FILE
from corridor.seal.primitives import (
    KEY_BYTES,
    NONCE_BYTES,
    argon2id,
    hkdf_expand,
    hkdf_extract,
    payload_decrypt,
    payload_encrypt,
    random_bytes,
)

MAGIC: Final = b"CRK1"
MAX_FILE_BYTES: Final = 64 * 1024
MAX_OPERATIONS: Final = 8
MAX_MEMORY_KIB: Final = 2 * 1024 * 1024
MIN_MEMORY_KIB: Final = 8
_KIB: Final = 1024
_ID_BYTES: Final = 16
_SALT_BYTES: Final = 16


class Protection(IntEnum):
    """What keeps the secret of a key file."""

    NONE = 0
    PASSPHRASE = 1
    CREDENTIAL = 2


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A passphrase and what a guess at it shall cost (Argon2id)."""

    text: str = field(repr=False)
    operations: int = 3
    memory_kib: int = 256 * 1024


@dataclass(frozen=True, slots=True)
class Credential:
    """A 32-byte key that the service manager hands to the node."""

    key: bytes = field(repr=False)


Source: TypeAlias = Passphrase | Credential | None
"""What locks or unlocks a file; None leaves the secret in clear."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file taken apart: what anybody can read of it."""

    role: str
    key_id: bytes
    protection: Protection
    _head: bytes = field(repr=False)
    _operations: int = field(repr=False)
    _memory_kib: int = field(repr=False)
    _salt: bytes = field(repr=False)
    _body: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a key file without opening it.

        Raises:
            KeyTrouble: It is not one, or its cost is above what this node pays.
        """
        if len(data) > MAX_FILE_BYTES or not data.startswith(MAGIC):
            raise KeyTrouble("not a Corridor key file (CRK1)")
        reader = _Reader(data, len(MAGIC))
        protection = _protection(reader.number(1))
        role = reader.take(reader.number(1)).decode("ascii", "replace")
        key_id = reader.take(_ID_BYTES)
        operations, memory_kib, salt = 0, 0, b""
        if protection is Protection.PASSPHRASE:
            operations, memory_kib = reader.number(1), reader.number(4)
            salt = reader.take(_SALT_BYTES)
            _check_cost(operations, memory_kib)
        head, body = data[: reader.at], data[reader.at :]
        return cls(role, key_id, protection, head, operations, memory_kib, salt, body)

    def secret(self, source: Source) -> bytes:
        """Return the private key.

        Raises:
            KeyTrouble: `source` is not what the file was locked with, or the file is damaged.
        """
        if self.protection is Protection.NONE:
            return self._body
        key = self._wrapping_key(source)
        nonce, sealed = self._body[:NONCE_BYTES], self._body[NONCE_BYTES:]
        plain = payload_decrypt(key, nonce, sealed, self._head)
        if plain is None:
            raise KeyTrouble(f"the key file ({self.role}) does not open: wrong key, or damage")
        return plain

    def _wrapping_key(self, source: Source) -> bytes:
        if self.protection is Protection.PASSPHRASE and isinstance(source, Passphrase):
            return argon2id(
                source.text.encode(), self._salt, self._operations, self._memory_kib * _KIB
            )
        if self.protection is Protection.CREDENTIAL and isinstance(source, Credential):
            return _credential_key(source)
        raise KeyTrouble(f"the key file ({self.role}) needs a {self.protection.name.lower()}")


def lock(role: str, key_id: bytes, secret: bytes, source: Source) -> bytes:
    """Return the key file of `secret`.

    Args:
        role: What the key is for ("sign", "identity", "decrypt"); at most 32 ASCII characters.
        key_id: Its id, 16 bytes (PROTOCOL §2.3).
        secret: The private key.
        source: Passphrase, credential, or None for a laboratory's unprotected file.
    """
    named = role.encode("ascii")
    label = bytes((len(named),)) + named + key_id
    if source is None:
        return MAGIC + bytes((Protection.NONE,)) + label + secret
    if isinstance(source, Credential):
        head = MAGIC + bytes((Protection.CREDENTIAL,)) + label
        return head + _sealed(_credential_key(source), secret, head)
    _check_cost(source.operations, source.memory_kib)
    salt = random_bytes(_SALT_BYTES)
    cost = bytes((source.operations,)) + source.memory_kib.to_bytes(4)
    head = MAGIC + bytes((Protection.PASSPHRASE,)) + label + cost + salt
    key = argon2id(source.text.encode(), salt, source.operations, source.memory_kib * _KIB)
    return head + _sealed(key, secret, head)


def unlock(data: bytes, role: str, source: Source) -> tuple[bytes, bytes]:
    """Return (key id, secret) of a key file.

    Raises:
        KeyTrouble: Not a key file, a key for another role, or it does not open.
    """
    file = KeyFile.parse(data)
    if file.role != role:
        raise KeyTrouble(f"the key file holds a key for {file.role!r}, not {role!r}")
    return file.key_id, file.secret(source)


class _Reader:
    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise KeyTrouble("the key file ends early")
        self.at += count
        return taken

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count))


def _protection(number: int) -> Protection:
    try:
        return Protection(number)
    except ValueError:
        raise KeyTrouble(f"a key file of unknown protection {number}") from None


def _check_cost(operations: int, memory_kib: int) -> None:
    if not 1 <= operations <= MAX_OPERATIONS or not MIN_MEMORY_KIB <= memory_kib <= MAX_MEMORY_KIB:
        raise KeyTrouble(
            f"a passphrase cost of {operations} passes over {memory_kib} KiB; at most "
            f"{MAX_OPERATIONS} over {MAX_MEMORY_KIB}"
        )


def _credential_key(source: Credential) -> bytes:
    if len(source.key) != KEY_BYTES:
        raise KeyTrouble(f"a credential is {KEY_BYTES} bytes, not {len(source.key)}")
    return hkdf_expand(hkdf_extract(LABEL_KEY_FILE, source.key), b"credential\0", KEY_BYTES)


def _sealed(key: bytes, secret: bytes, head: bytes) -> bytes:
    nonce = random_bytes(NONCE_BYTES)
    return nonce + payload_encrypt(key, nonce, secret, head)
