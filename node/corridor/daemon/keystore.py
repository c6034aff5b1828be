"""The node's private keys: one CRK1 file each, in one private folder.

Rules:

* a file is named by role and key id, holds one secret, and has mode 0600 (`private_files`);
* it is locked with a credential or a passphrase where one is given, and says so when it is not;
* a file whose content is another key than its name says is refused;
* keys are read when they are asked for: nobody pays for a passphrase he does not need.

    store = KeyStore(Path("keys"), passphrase_file=Path("passphrase"))
    store.add_signing(KeyRole.SIGN, SigningKey.generate())
    store.signing_keys(KeyRole.SIGN)
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from corridor.daemon.private_files import PrivateFolder, read_private
from corridor.errors import KeyTrouble
from corridor.seal.keyfile import (
    MAX_FILE_BYTES,
    Credential,
    KeyFile,
    Passphrase,
    Protection,
    Source,
    lock,
    unlock,
)
from corridor.seal.keys import DecryptionKey, SigningKey

K = TypeVar("K", SigningKey, DecryptionKey)

SUFFIX: Final = ".key"
CREDENTIALS_DIRECTORY: Final = "CREDENTIALS_DIRECTORY"
"""Set by the service manager: a folder of secrets that only this service can read."""

_ID_BYTES: Final = 16
_STORAGE_ID: Final = bytes(_ID_BYTES)
_STORAGE_BYTES: Final = 32
_SEED_BYTES: Final = 32
_CURE: Final = "take the file away, or restore the key folder from its backup"
_MAX_SECRET_FILE: Final = 4096


class KeyRole(StrEnum):
    """What a private key is for; it stands in the name and in the head of its file."""

    SIGN = "sign"
    KEY_MANAGER = "key-manager"
    DECRYPT = "decrypt"
    IDENTITY = "identity"
    STORAGE = "storage"
    REGISTRY = "registry"
    """A body's of the registry, in a folder of its own."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What anybody who can read a key file sees of it."""

    role: KeyRole
    key_id: bytes
    protection: Protection
    name: str


class KeyStore:
    """A folder of private keys and what unlocks them."""

    __slots__ = ("_folder", "_get_source", "_source")

    def __init__(
        self,
        directory: Path,
        *,
        passphrase_file: Path | None = None,
        credential: str | None = None,
        ask: Callable[[], str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Name the folder and what unlocks it; nothing is read yet.

        Args:
            directory: The folder, mode 0700.
            passphrase_file: A private file whose first line is the passphrase.
            credential: Name of a 32-byte file in $CREDENTIALS_DIRECTORY; stands over the
                passphrase.
            ask: Asks a person for the passphrase, once, if a file needs it.
            environ: The environment; the process's own if absent.
        """
        self._folder = PrivateFolder(directory)
        self._source: Source = None
        self._get_source: Callable[[], Source] | None = None
        if credential is not None:
            surroundings = os.environ if environ is None else environ
            self._get_source = lambda: _read_credential(credential, surroundings)
        elif passphrase_file is not None:
            self._get_source = lambda: _read_passphrase(passphrase_file)
        elif ask is not None:
            self._get_source = lambda: Passphrase(ask())

    # --- look ---------------------------------------------------------------------------------

    def entries(self) -> tuple[KeyEntry, ...]:
        """Return what is there, without opening it.

        Raises:
            KeyTrouble: A file is not private, or not a key file.
        """
        return tuple(self._entry(name) for name in self._folder.names(SUFFIX))

    def signing_keys(self, role: KeyRole) -> dict[bytes, SigningKey]:
        """Return the Ed25519 keys of a role by key id.

        Raises:
            KeyTrouble: A file is not private, damaged, or does not open.
        """
        return {
            entry.key_id: _same(entry, _signing_key(self._secret(entry)))
            for entry in self._of(role)
        }

    def decryption_keys(self) -> dict[bytes, DecryptionKey]:
        """Return the decryption keys by key id.

        Raises:
            KeyTrouble: A file is not private, damaged, or does not open.
        """
        return {
            entry.key_id: _same(entry, _decryption_key(self._secret(entry)))
            for entry in self._of(KeyRole.DECRYPT)
        }

    def storage_key(self) -> bytes:
        """Return the 32 bytes of the storage key.

        Raises:
            KeyTrouble: There is none, or it cannot be read.
        """
        entries = self._of(KeyRole.STORAGE)
        if not entries:
            raise KeyTrouble(
                f"no storage key in {self._folder.path}",
                cure="restore the key folder from its backup; `corridor init` makes a new node's",
            )
        return self._secret(entries[0])

    # --- change -------------------------------------------------------------------------------

    def add_signing(self, role: KeyRole, key: SigningKey) -> None:
        """Keep an Ed25519 key.

        Raises:
            KeyTrouble: The folder cannot be written.
        """
        self._add(role, key.key_id, key.to_bytes())

    def add_decryption(self, key: DecryptionKey) -> None:
        """Keep a decryption key.

        Raises:
            KeyTrouble: The folder cannot be written.
        """
        self._add(KeyRole.DECRYPT, key.key_id, key.to_bytes())

    def add_storage(self, key: bytes) -> None:
        """Keep the storage key, 32 bytes; it can never be replaced, for it opens the store.

        Raises:
            KeyTrouble: There is one already, it has another length, or it cannot be written.
        """
        if len(key) != _STORAGE_BYTES:
            raise KeyTrouble(f"a storage key is {_STORAGE_BYTES} bytes, not {len(key)}")
        if self._of(KeyRole.STORAGE):
            raise KeyTrouble("there is a storage key already; another could not open the store")
        self._add(KeyRole.STORAGE, _STORAGE_ID, key)

    def destroy(self, role: KeyRole, key_id: bytes) -> None:
        """Overwrite a key's file and take it away.

        Raises:
            KeyTrouble: There is no such key, or it cannot be written.
        """
        self._folder.destroy(_name(role, key_id))

    # --- private ------------------------------------------------------------------------------

    def _of(self, role: KeyRole) -> tuple[KeyEntry, ...]:
        return tuple(entry for entry in self.entries() if entry.role is role)

    def _entry(self, name: str) -> KeyEntry:
        content = self._folder.read(name, MAX_FILE_BYTES)
        try:
            file = KeyFile.parse(content)
        except KeyTrouble as trouble:
            raise KeyTrouble(f"{self._folder.path / name}: {trouble.message}", cure=_CURE) from None
        named = {_name(role, file.key_id): role for role in KeyRole if role == file.role}
        if name not in named:
            raise KeyTrouble(
                f"{self._folder.path / name} holds another key than its name says", cure=_CURE
            )
        return KeyEntry(named[name], file.key_id, file.protection, name)

    def _secret(self, entry: KeyEntry) -> bytes:
        data = self._folder.read(entry.name, MAX_FILE_BYTES)
        source = None if entry.protection is Protection.NONE else self._unlocking()
        return unlock(data, entry.role, source)[1]

    def _add(self, role: KeyRole, key_id: bytes, secret: bytes) -> None:
        self._folder.make()
        data = lock(role, key_id, secret, self._unlocking())
        self._folder.write(_name(role, key_id), data)

    def _unlocking(self) -> Source:
        if self._source is None and self._get_source is not None:
            self._source = self._get_source()
        return self._source


def _same(entry: KeyEntry, key: K) -> K:
    # An unlocked file's head is not authenticated: the key itself has to say who it is.
    if key.key_id != entry.key_id:
        raise KeyTrouble(f"{entry.name} holds another key than its name says")
    return key


def _name(role: KeyRole, key_id: bytes) -> str:
    return f"{role}-{key_id.hex()}{SUFFIX}"


def _signing_key(secret: bytes) -> SigningKey:
    if len(secret) != _SEED_BYTES:
        raise KeyTrouble("a key file holds no seed of a signing key")
    return SigningKey.from_seed(secret)


def _decryption_key(secret: bytes) -> DecryptionKey:
    try:
        return DecryptionKey.from_bytes(secret)
    except ValueError as error:
        raise KeyTrouble(f"a key file holds {error}") from None


def _read_passphrase(path: Path) -> Passphrase:
    lines = read_private(path, _MAX_SECRET_FILE).decode("utf-8", "replace").splitlines()
    if not lines or not lines[0]:
        raise KeyTrouble(
            f"the first line of {path} is empty", cure="write the passphrase there, as text"
        )
    return Passphrase(lines[0])


def _read_credential(name: str, environ: Mapping[str, str]) -> Credential:
    folder = environ.get(CREDENTIALS_DIRECTORY)
    if not folder:
        raise KeyTrouble(
            f"${CREDENTIALS_DIRECTORY} is not set: no credential {name!r}",
            cure="start the node by systemd with LoadCredential=, or take a passphrase file",
        )
    path = Path(folder) / name
    try:
        return Credential(path.read_bytes())
    except OSError as error:
        raise KeyTrouble(f"credential {path}: {error.strerror}") from error
