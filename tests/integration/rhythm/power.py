"""The loss of power: a store's files are again what the disk was last asked to keep.

SQLite flushes by itself only when a store is made or its log is folded in; `born` stands for that.
"""

import shutil
from pathlib import Path

from builders_store import KEY
from corridor.store.sqlite import SqliteStore


def born(path: Path) -> None:
    """Make a store, where there is none, whose every byte is on the disk."""
    if path.exists():
        return
    SqliteStore.open(path, KEY).close()
    _keep(path)


def flush(file: int) -> None:
    """Stand for `os.fdatasync` of a store's log: the disk has what was written so far."""
    log = Path(f"/proc/self/fd/{file}").readlink()
    _keep(log.with_name(log.name.removesuffix("-wal")))


def lost(path: Path, luck: float) -> None:
    """Put back what the disk was asked to keep, with a part of what it was not asked to keep.

    Args:
        path: The store.
        luck: How much of the log's unflushed end the disk has written all the same, 0 to 1.
    """
    log, kept_log = _log_of(path), _log_of(_safe(path))
    written = log.read_bytes() if log.exists() else b""
    flushed = kept_log.read_bytes() if kept_log.exists() else b""
    if written.startswith(flushed):
        flushed = written[: len(flushed) + round(luck * (len(written) - len(flushed)))]
    shutil.copy(_safe(path), path)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    log.write_bytes(flushed)


def _keep(path: Path) -> None:
    _safe(path).parent.mkdir(exist_ok=True)
    shutil.copy(path, _safe(path))
    if _log_of(path).exists():
        shutil.copy(_log_of(path), _log_of(_safe(path)))


def _safe(path: Path) -> Path:
    return path.parent / "safe" / path.name


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
