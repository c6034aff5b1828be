"""Backups of a node: store, keys, trust, certificates, configuration, audit trail in a sealed file.

Rules:

* online: the node may run; the store is read at one instant, and first, so that trust and keys in
  the copy are never older than what the store remembers of them;
* the file is sealed for a backup key whose private half is kept offline, and signed by the node;
* it is written beside its place, synced and renamed: a file of the right name is whole;
* what unlocks the keys (a passphrase file, a credential) is not in it: keep that elsewhere.
"""

import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, cast

from corridor import __version__
from corridor.daemon.audit_trail import FILE
from corridor.daemon.config import NodeConfig
from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.daemon.trust_keeper import open_keys, open_trust, usable_key
from corridor.errors import ArchiveTrouble, ConfigurationError, KeyTrouble, Refused
from corridor.seal.archive import ArchiveHead, ArchiveWriter
from corridor.seal.keys import (
    ALGORITHM_OF_SUITE,
    DecryptionKey,
    SigningKey,
    admit_public_key,
    key_id,
)
from corridor.store.copying import copy_store
from corridor.store.syncing import sync
from corridor.wire import limits

SUFFIX: Final = ".crb1"
_HOUR_MS: Final = 3_600_000
STORE: Final = "store/store.db"
CONFIGURATION: Final = "node.toml"
TRAIL: Final = "state/audit.jsonl"
PUBLIC_NAME: Final = "backup.pub"
_CURE_KEY: Final = "`corridor backup key --at FOLDER` makes one; name its backup.pub in [backup]"

Told = Callable[[int], None]
"""Is told how many more bytes of content were written."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the node and its name in the archive."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Created:
    """A backup that is on the disk."""

    path: Path
    created_ms: int
    size: int
    """Bytes of the file."""
    content: int
    """Bytes of what is in it."""
    digest: bytes
    """SHA-256 that the node signed."""
    removed: tuple[Path, ...]
    """Older backups that gave way."""


def make_backup_key(folder: Path, passphrase_file: Path | None) -> tuple[DecryptionKey, Path]:
    """Make a backup key: the private half as a key file, the public half beside it.

    Raises:
        KeyTrouble: There is one already, or the folder cannot be written.
    """
    keys = KeyStore(folder, passphrase_file=passphrase_file)
    if keys.entries():
        raise KeyTrouble(f"{folder} holds keys already", cure="name another folder")
    key = DecryptionKey.generate()
    keys.add_decryption(key)
    place = folder / PUBLIC_NAME
    place.write_text(f"{key.suite} {key.public.hex()}\n", "ascii")
    return key, place


def read_public_key(place: Path | None) -> tuple[int, bytes]:
    """Return suite and public half of the backup key.

    Raises:
        ConfigurationError: There is none, or it is damaged.
    """
    if place is None:
        raise ConfigurationError("backup.public_key_file is not given", cure=_CURE_KEY)
    try:
        number, public = place.read_text("ascii").split()
        suite, key = int(number), bytes.fromhex(public)
        admit_public_key(ALGORITHM_OF_SUITE.get(suite, 0), key)
    except OSError as error:
        raise ConfigurationError(f"{place}: {error.strerror}", cure=_CURE_KEY) from None
    except (ValueError, Refused):
        raise ConfigurationError(f"{place}: is no public backup key", cure=_CURE_KEY) from None
    return suite, key


def parts(config: NodeConfig, config_path: Path) -> Iterator[Part]:
    """Return every file of a node but its store, in the order in which they are copied.

    What begins with a dot was left behind by a write that was killed.
    """
    yield Part(CONFIGURATION, config_path)
    for role, folder in folders(config).items():
        for path in sorted(folder.glob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield Part(f"{role}/{path.name}", path)
    for name, path in {**files(config), TRAIL: config.store.path.with_name(FILE)}.items():
        if path.is_file():
            yield Part(name, path)


def folders(config: NodeConfig) -> dict[str, Path]:
    """Return the folders whose files belong to a node, by their name in the archive."""
    return {
        "trust": config.trust.directory,
        "keys": config.keys.directory,
        "links": config.links.partner_folder,
    }


def files(config: NodeConfig) -> dict[str, Path]:
    """Return single files that lie outside those folders, by their name in the archive."""
    named: dict[str, Path | None] = {
        "broker.ca_file": config.broker.ca_file,
        "broker.cert_file": config.broker.cert_file,
        "broker.key_file": config.broker.key_file,
        "links.ca_file": config.links.ca_file,
        "links.server_cert_file": config.links.server_cert_file,
        "links.server_key_file": config.links.server_key_file,
        **_of_gateways(config),
    }
    inside = config.links.partner_folder
    return {
        f"files/{name}": path
        for name, path in named.items()
        if path is not None and path.parent != inside
    }


def _of_gateways(config: NodeConfig) -> dict[str, Path | None]:
    """Return what a national system is known by: without it none gets in after a restore."""
    return {
        "http.tokens_file": config.http.tokens_file,
        "http.cert_file": config.http.cert_file,
        "http.key_file": config.http.key_file,
        "http.client_ca_file": config.http.client_ca_file,
        "webhook.secret_file": config.webhook.secret_file,
        "webhook.ca_file": config.webhook.ca_file,
    }


def create(
    config: NodeConfig, config_path: Path, now_ms: int, told: Told = lambda _count: None
) -> Created:
    """Write a backup into the configured folder; the node may run.

    Raises:
        ConfigurationError: No backup key is named, or it cannot be read.
        CorridorError: Keys, trust or store cannot be read, or the file cannot be written.
    """
    suite, public = read_public_key(config.backup.public_key_file)
    signer = _signer(config, now_ms)
    head = ArchiveHead(
        endpoint=config.endpoint,
        genesis_sha256=config.trust.genesis_sha256,
        created_ms=now_ms,
        release=__version__,
        suite=suite,
        backup_key_id=key_id(ALGORITHM_OF_SUITE[suite], public).hex(),
        signer=signer.public.hex(),
    )
    folder = config.backup.directory.resolve()
    place = folder / f"{config.endpoint}-{_stamp(now_ms)}{SUFFIX}"
    if place.exists():
        raise ArchiveTrouble(f"{place} is there already", cure="wait a second, and try again")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _beside(place) as partial, _beside(place.with_suffix(".store")) as copy:
            copy_store(config.store.path, copy)
            sources = (Part(STORE, copy), *parts(config, config_path))
            content, digest = _write(partial, (head, public, signer), sources, told)
            partial.replace(place)
            sync(folder)
        removed = _thin_out(folder, config.endpoint, config.backup.keep, made=place)
        size = place.stat().st_size
    except OSError as error:
        raise ArchiveTrouble(
            f"{error.filename or folder}: {error.strerror}", cure="give the folder room and rights"
        ) from None
    return Created(place, now_ms, size, content, digest, removed)


def last_backup_ms(config: NodeConfig, now_ms: int) -> int | None:
    """Return when the newest backup in the folder was made; None without any.

    By its name, or by the file's time where a clock ahead wrote the name. Backups of the future
    do not count.
    """
    found = _backups(config.backup.directory, config.endpoint)
    made = (one.made_ms for one in found if not one.is_ahead(now_ms))
    return max(made, default=None)


def backups_ahead(config: NodeConfig, now_ms: int) -> tuple[Path, ...]:
    """Return backups that bear a time of the future: the clock was ahead then, or is behind now."""
    found = _backups(config.backup.directory, config.endpoint)
    return tuple(one.path for one in found if one.is_ahead(now_ms))


def backup_is_due(config: NodeConfig, now_ms: int) -> bool:
    """Tell whether backups are made here, and the newest is older than the configuration allows."""
    if config.backup.public_key_file is None:
        return False
    last = last_backup_ms(config, now_ms) or 0
    return now_ms - last > config.backup.alarm_after_h * _HOUR_MS


def backup_attention(config: NodeConfig, now_ms: int) -> list[str]:
    """Return what of the backups needs a person, a sentence each."""
    lines = []
    if backup_is_due(config, now_ms):
        lines.append("no backup was made for too long: `corridor backup create`")
    if ahead := backups_ahead(config, now_ms):
        lines.append(
            f"{len(ahead)} backup(s) bear a time of the future, {ahead[-1]} the latest: they count"
            " as none and none is removed; set the clock right, or move them to another folder"
        )
    return lines


def _signer(config: NodeConfig, now_ms: int) -> SigningKey:
    view = open_trust(config).load(now_ms)
    keys = open_keys(config.keys).signing_keys(KeyRole.SIGN)
    signer = usable_key(view, config.endpoint, keys, now_ms)
    if signer is None:
        raise KeyTrouble(
            f"no key in {config.keys.directory} may sign for {config.endpoint} now",
            cure="the administration must delegate one: nobody would believe this backup",
        )
    return signer


def _write(
    partial: Path,
    sealing: tuple[ArchiveHead, bytes, SigningKey],
    sources: tuple[Part, ...],
    told: Told,
) -> tuple[int, bytes]:
    content = 0
    with partial.open("wb") as out:
        os.fchmod(out.fileno(), 0o600)
        archive = ArchiveWriter(out, *sealing)
        with tarfile.open(fileobj=cast("IO[bytes]", archive), mode="w|") as tar:
            for part in sources:
                entry = tar.gettarinfo(part.path, part.name)
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = ""
                with part.path.open("rb") as source:
                    tar.addfile(entry, source)
                content += entry.size
                told(entry.size)
        digest = archive.close()
        out.flush()
        os.fsync(out.fileno())
    return content, digest


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """Give the name of a file that is gone afterwards unless it was renamed."""
    partial = place.with_name(f".{place.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Backup:
    """A backup in the folder."""

    path: Path
    stamp_ms: int
    made_ms: int
    """By its name, or by the file's time where a clock ahead wrote the name."""

    def is_ahead(self, now_ms: int) -> bool:
        return self.stamp_ms > now_ms + limits.MAX_FUTURE_SKEW_MS


def _backups(folder: Path, endpoint: str) -> list[_Backup]:
    """Return every backup in the folder, in the order of their names; none where it is not there.

    A file that goes at this moment is none.
    """
    found = []
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            stamp_ms = _stamped_ms(path.name.removeprefix(f"{endpoint}-"))
            if stamp_ms is None or not path.name.startswith(endpoint):
                continue
            with suppress(FileNotFoundError):
                file_ms = path.stat().st_mtime_ns // 1_000_000
                early = file_ms < stamp_ms - limits.MAX_FUTURE_SKEW_MS
                found.append(_Backup(path, stamp_ms, file_ms if early else stamp_ms))
    return found


def _thin_out(folder: Path, endpoint: str, keep: int, made: Path) -> tuple[Path, ...]:
    """Remove all but the newest.

    What bears a time after the one just made is neither counted nor removed: which clock was
    wrong, the one then or the one now, only a person can tell.
    """
    names = sorted(one.path.name for one in _backups(folder, endpoint))
    removed = tuple(folder / name for name in names[: names.index(made.name) + 1][:-keep])
    for one in removed:
        one.unlink()
    return removed


def _stamp(now_ms: int) -> str:
    return f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y%m%dT%H%M%SZ}"


def _stamped_ms(name: str) -> int | None:
    try:
        made = datetime.strptime(name, f"%Y%m%dT%H%M%SZ{SUFFIX}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(made.timestamp() * 1000)
