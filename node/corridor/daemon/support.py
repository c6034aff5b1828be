"""What support needs of a node, as files without secrets and without data of any movement.

Rules:

* only what is listed here goes in: no key, password, token or certificate, no record, nothing of
  the store but counts; of a log only events with fields of the allow-list (`daemon.logs`);
* what cannot be read is told in its place, and the rest goes in all the same;
* addresses lose what may be secret in them: user, password and query.
"""

import importlib.metadata
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from corridor import __version__
from corridor.daemon.config import NodeConfig
from corridor.daemon.config_origin import origins
from corridor.daemon.logs import allow_listed
from corridor.errors import CorridorError, InputTrouble

_PACKAGES: Final = (
    "pika", "protobuf", "pynacl", "prometheus-client", "click", "cryptography", "apsw",
    "protovalidate", "pydantic", "pydantic-settings", "structlog", "fastapi", "uvicorn", "lxml",
)  # fmt: skip
_LOG_BYTES: Final = 4 * 2**20
"""The end of a log; more is read by nobody."""
_FILES_MOST: Final = 2_000
_UNIT: Final = "corridor-node"
_JOURNAL: Final = ("-u", _UNIT, "-o", "cat", "-n", "5000", "--no-pager", "--quiet")
_JOURNAL_S: Final = 30
_README: Final = """\
Gathered by `corridor support-bundle` for whoever helps with a node.

Not in it: keys, passwords, tokens, certificates, records, identifiers of movements, names of
traders. Look through it all the same before you hand it on: it names hosts, paths and partners.
"""

Source = Callable[[], Any]
"""Returns JSON-able data, or text."""


def gather(sources: dict[str, Source]) -> dict[str, bytes]:
    """Return name → content; a source that fails leaves what it said instead."""
    files = {"README.txt": _README.encode()}
    for name, source in sources.items():
        try:
            found = source()
        except (CorridorError, OSError, ValueError) as error:
            found = {"not_readable": f"{type(error).__name__}: {error}"}
        text = found if isinstance(found, str) else json.dumps(found, indent=2, default=str)
        files[name] = text.encode()
    return files


def packed(files: dict[str, bytes], folder: str) -> bytes:
    """Return the files as a compressed archive (tar.gz), all in one folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime, entry.mode = len(content), int(time.time()), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def about() -> dict[str, Any]:
    """Return versions and the machine."""
    versions = {}
    for name in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "corridor": __version__, "python": sys.version, "system": platform.platform(),
        "processors": os.cpu_count(), "memory_mib": memory, "packages": versions,
        "now": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "time_zone": time.tzname,
    }  # fmt: skip


def configuration(path: Path) -> dict[str, Any]:
    """Return every value in force with its origin."""
    found: dict[str, Any] = {}
    for one in origins(path):
        said = _without_secrets(one.value)
        found.setdefault(one.section, {})[one.key] = {"value": said, "origin": one.origin}
    return found


def _without_secrets(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(value, str) or "://" not in value:
        return value
    parts = urlsplit(value)
    host = parts.netloc.rpartition("@")[2]
    query = "…" if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def folder(config: NodeConfig, base: Path) -> dict[str, Any]:
    """Return names, sizes, modes and owners of the node's files, and the disk beneath them."""
    disk = shutil.disk_usage(config.store.path.parent)
    return {
        "disk": {"total_mib": disk.total // 2**20, "free_mib": disk.free // 2**20},
        "files": [*_listed(base)],
    }


def _listed(base: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(base.rglob("*"))[:_FILES_MOST]:
        with suppress(OSError):
            stat = path.lstat()
            yield {
                "name": str(path.relative_to(base)), "bytes": stat.st_size,
                "mode": oct(stat.st_mode & 0o7777), "owner": stat.st_uid, "changed": stat.st_mtime,
            }  # fmt: skip


def log_end(path: Path) -> str:
    """Return the events at the end of a node's log, through the allow-list once more."""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - _LOG_BYTES))
        return _events(log.read(_LOG_BYTES))


def journal_end() -> str:
    """Return the events at the end of the unit's log in the journal, through the allow-list.

    Raises:
        InputTrouble: There is no journal here, or it says nothing of the unit.
    """
    journal = shutil.which("journalctl")
    if journal is None:
        raise InputTrouble("this machine has no journal")
    try:
        said = subprocess.run(  # noqa: S603 - a fixed command
            [journal, *_JOURNAL], capture_output=True, check=False, timeout=_JOURNAL_S
        )
    except subprocess.TimeoutExpired:
        raise InputTrouble(f"the journal did not answer within {_JOURNAL_S} s") from None
    if said.returncode or not said.stdout.strip():
        raise InputTrouble(f"the journal gives this user nothing of {_UNIT}")
    return _events(said.stdout[-_LOG_BYTES:])


def _events(log: bytes) -> str:
    kept, other = [], 0
    for line in log.decode("utf-8", "replace").splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if isinstance(event, dict):
            kept.append(json.dumps(allow_listed(None, "", event)))
        else:
            other += 1
    return "\n".join([*kept, json.dumps({"lines_left_out": other})]) + "\n"
