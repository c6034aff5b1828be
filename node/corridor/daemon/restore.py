"""Puts a node back from a backup, or tells whether that would work.

Rules:

* nothing is put in place before everything was opened, verified and tried beside it: signature,
  whose the signer is by the statements inside, the store under its key, every page of it;
* anybody can seal a file for a backup key: what makes it ours is a signer that the network's first
  root leads to, and that root is named by the caller or by the configuration that is here;
* what was here before is moved aside, never deleted (`putting`); an audit trail that only grew
  since stays;
* the restored store knows that it is one: its records are handed on as possible repeats.
"""

import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

from corridor.daemon.backup import CONFIGURATION, STORE, SUFFIX
from corridor.daemon.config import NodeConfig, load_config
from corridor.daemon.keystore import KeyStore
from corridor.daemon.putting import Place, put
from corridor.daemon.restored import declare_restored
from corridor.daemon.trust_keeper import open_keys
from corridor.daemon.truststore import TrustStore
from corridor.errors import ArchiveTrouble, ConfigurationError, CorridorError, Refused
from corridor.seal.archive import ArchiveHead, ArchiveReader
from corridor.seal.keys import DecryptionKey
from corridor.seal.storage import StorageKey
from corridor.store.copying import check_copy
from corridor.store.sqlite import SqliteStore
from corridor.store.unfinished import MARK
from corridor.transit.parties import Endpoint

_STAGING: Final = ".restoring"
_DEEPEST: Final = 2
_PIECE_BYTES: Final = 1 << 20
Told = Callable[[int], None]


def _silent(_count: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Source:
    """A backup and what opens it."""

    file: Path
    key: DecryptionKey
    genesis: str | None = None
    """SHA-256 of the network's first root, hexadecimal; if absent, the one named here already."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a backup was found to be."""

    head: ArchiveHead
    content: int
    """Bytes of content."""
    rows: dict[str, int]
    """Rows of the store in it; empty where it was not opened."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back."""

    checked: Checked
    config: Path
    aside: Path | None
    """Where what was here before lies now."""
    earlier: tuple[Path, ...] = ()
    """Where tries that were broken off had put it."""


def skim(file: Path) -> Checked:
    """Check form and signature of a backup; what is in it stays sealed.

    Raises:
        ArchiveTrouble: It is damaged, or not signed by the key it names.
    """
    with _reading(file) as reader:
        return Checked(reader.head, reader.skim(), {})


def verify(source: Source, config_path: Path, told: Told = _silent) -> Checked:
    """Open a backup beside `config_path`, try everything in it, and take it away again.

    Raises:
        CorridorError: It would not do; the message says why.
    """
    with _staged(source, config_path, told) as (_, checked):
        return checked


def restore(source: Source, config_path: Path, now_ms: int, told: Told = _silent) -> Restored:
    """Put a node back at `config_path`; it must not run.

    Raises:
        CorridorError: It would not do, or a node runs here; nothing was changed, or the cure says
            that it was, and no node starts here before it is made again.
    """
    with _staged(source, config_path, told) as (staging, checked):
        config = _config_at(staging, config_path)
        _declare(staging / STORE, config, staging, now_ms)
        place = Place(staging, config, config_path.resolve(), _config_here(config_path))
        try:
            done = put(place, now_ms)
        except OSError as error:
            raise ArchiveTrouble(
                f"{error.filename or config_path}: {error.strerror}", cure=_cure_of(place)
            ) from None
    return Restored(checked, config_path, done.aside, done.earlier)


def _cure_of(place: Place) -> str:
    """Say what to do about files that cannot be put in place, by how far it came."""
    if any((folder / MARK).exists() for folder in place.stores):
        return "mend the place and restore again; until then no node starts here"
    return "nothing was changed; give the place room and rights, and restore again"


def backup_key(folder: Path, passphrase_file: Path | None, file: Path) -> DecryptionKey:
    """Return the private key that a backup names, out of the folder that was kept offline.

    Raises:
        ArchiveTrouble: It is not there, or the file is no backup.
        KeyTrouble: It does not open.
    """
    with _reading(file) as reader:
        wanted = reader.head.backup_key_id
    found = KeyStore(folder, passphrase_file=passphrase_file).decryption_keys()
    key = found.get(bytes.fromhex(wanted))
    if key is None:
        raise ArchiveTrouble(
            f"{folder} does not hold backup key {wanted}",
            cure="name the folder that `corridor backup key` made and that was kept offline",
        )
    return key


@contextmanager
def _reading(file: Path) -> Iterator[ArchiveReader]:
    try:
        with file.open("rb") as source:
            yield ArchiveReader(source)
    except OSError as error:
        raise ArchiveTrouble(
            f"{file}: {error.strerror}", cure=f"name a file that ends in {SUFFIX}"
        ) from None


@contextmanager
def _staged(source: Source, config_path: Path, told: Told) -> Iterator[tuple[Path, Checked]]:
    """Unpack a backup into a private folder beside the configuration, and try it there."""
    home = config_path.resolve().parent
    staging = home / _STAGING
    try:
        home.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staging, ignore_errors=True)  # of a try that was killed
        staging.mkdir(mode=0o700)
    except OSError as error:
        raise ArchiveTrouble(f"{staging}: {error.strerror}", cure="name another place") from None
    try:
        with _reading(source.file) as reader:
            content = _unpack(reader, source.key, staging, told)
            head = reader.head
        _check_origin(head, staging, config_path, source.genesis)
        config = _config_at(staging, config_path)
        _check_signer(head, staging, config)
        rows = check_copy(staging / STORE, _storage_key(config, staging))
        yield staging, Checked(head, content, rows)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _unpack(reader: ArchiveReader, key: DecryptionKey, staging: Path, told: Told) -> int:
    """Write what is in the archive; it is believed only after its last piece."""
    content = 0
    stream = _Stream(reader.pieces(key))
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as tar:
            for entry in tar:
                if not entry.isfile():
                    raise ArchiveTrouble(f"the archive holds {entry.name!r}, which is no file")
                _write(tar.extractfile(entry), _place(staging, entry.name))
                content += entry.size
                told(entry.size)
        stream.drain()
    except tarfile.TarError as error:
        raise ArchiveTrouble(f"the archive's content is damaged: {error}") from None
    except OSError as error:
        raise ArchiveTrouble(
            f"{error.filename or staging}: {error.strerror}", cure="give the place room"
        ) from None
    return content


def _place(staging: Path, name: str) -> Path:
    """Return where a file of the archive goes: into the staging folder, at most one folder down."""
    parts = PurePosixPath(name).parts
    if not 1 <= len(parts) <= _DEEPEST or parts[0] == "/" or ".." in parts:
        raise ArchiveTrouble(f"the archive holds {name!r}, which is no name of ours")
    return staging.joinpath(*parts)


def _write(source: IO[bytes] | None, place: Path) -> None:
    """Write a file, mode 0600, that nothing may stand in the way of."""
    place.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as out:
        if source is not None:
            shutil.copyfileobj(source, out, _PIECE_BYTES)


class _Stream:
    """The opened pieces, as a file that is read from start to end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held = pieces, b""

    def read(self, size: int) -> bytes:
        while len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held += piece
        data, self._held = self._held[:size], self._held[size:]
        return data

    def drain(self) -> None:
        """Read what follows the last entry: the end and the signature are there."""
        for _ in self._pieces:
            pass


def _check_origin(head: ArchiveHead, staging: Path, config_path: Path, genesis: str | None) -> None:
    """Hold the backup's network against the one that its caller means."""
    expected = genesis or _genesis_here(config_path)
    if expected is None:
        raise ConfigurationError(
            "anybody can seal a file for your backup key: say which network is yours",
            cure="give --genesis with the hash of its first root, from the registry or a partner; "
            f"this backup says {head.genesis_sha256}",
        )
    found = _config_at(staging, config_path)
    if not expected == head.genesis_sha256 == found.trust.genesis_sha256:
        raise ArchiveTrouble(
            f"the backup belongs to the network {head.genesis_sha256[:16]}..., not to "
            f"{expected[:16]}...",
            cure="compare --genesis, and the file",
        )
    if head.endpoint != found.endpoint:
        raise ArchiveTrouble(f"the backup says {head.endpoint}, and holds {found.endpoint}")


def _genesis_here(config_path: Path) -> str | None:
    here = _config_here(config_path)
    return None if here is None else here.trust.genesis_sha256


def _config_here(config_path: Path) -> NodeConfig | None:
    try:
        return load_config(config_path)
    except ConfigurationError:
        return None


def _config_at(staging: Path, config_path: Path) -> NodeConfig:
    """Return the configuration of the backup, with the paths it has in its place."""
    beside = config_path.resolve().with_name(f".{config_path.name}.restoring")
    try:
        shutil.copyfile(staging / CONFIGURATION, beside)
        return load_config(beside)
    except OSError:
        raise ArchiveTrouble("the archive holds no configuration") from None
    finally:
        beside.unlink(missing_ok=True)


def _check_signer(head: ArchiveHead, staging: Path, config: NodeConfig) -> None:
    """Follow the statements inside from the first root to the key that signed."""
    genesis = bytes.fromhex(head.genesis_sha256)
    trust = TrustStore(staging / "trust", genesis, config.node.environment)
    try:
        view = trust.load(head.created_ms)
        signer = view.signer(Endpoint(head.endpoint), head.signer_id, head.created_ms)
    except (Refused, CorridorError) as error:
        raise ArchiveTrouble(
            f"nothing in the backup shows that its signer may speak for {head.endpoint}: {error}",
            cure="do not use it: somebody else made it",
        ) from None
    if signer.hex() != head.signer:
        raise ArchiveTrouble("the backup's signer is not the key that was delegated")


def _storage_key(config: NodeConfig, staging: Path) -> StorageKey:
    keys = config.keys.model_copy(update={"directory": staging / "keys"})
    return StorageKey(open_keys(keys).storage_key())


def _declare(store_path: Path, config: NodeConfig, staging: Path, now_ms: int) -> None:
    """Have the store know that what it holds may have been handed on before."""
    with (
        SqliteStore.open(store_path, _storage_key(config, staging)) as store,
        store.transaction() as change,
    ):
        declare_restored(change, now_ms)
    if store_path.with_name(f"{store_path.name}-wal").exists():
        # SQLite says nothing when it cannot bring its log in as it closes; the log stays behind
        raise ArchiveTrouble(f"{store_path}: cannot be written whole", cure="give the place room")
