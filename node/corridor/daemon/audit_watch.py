"""Whether the audit trail is still what it was: its last head is kept in the store as well.

Rules:

* the trail is verified at the start, within a minute of each change and every hour; the head that
  the store keeps moves on only along a trail that is whole and holds the head before;
* a trail that is gone, cut at its end or written anew is not whole where the store knows a head;
* a new trail takes the place of one that is not whole only by `corridor audit renew`: its first
  line names the head it replaces, and the node says in its log that it was renewed.
"""

import os
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from corridor.daemon.audit_trail import FILE, Head, begin_anew, broken, lines
from corridor.daemon.config import NodeConfig
from corridor.daemon.logs import event_logger
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.trust_keeper import open_keys
from corridor.errors import ActRefused, AuditTrouble, StoreTrouble
from corridor.seal.storage import StorageKey
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore

RENEWED: Final = "audit renew"
_HEAD: Final = "audit.head"
_LOOK_S: Final = 60.0
_WHOLE_S: Final = 3600.0


class Stands(NamedTuple):
    """Where a trail that is whole stands."""

    head: Head | None
    """None without a trail."""
    renewed: bool
    """Whether it began in the place of one that was not whole, since the head that was kept."""


def verified(folder: Path, kept: Head | None) -> Stands:
    """Return where a trail stands that is whole and holds the head `kept`.

    Raises:
        AuditTrouble: It is not, or it cannot be read.
    """
    last: Head | None = None
    first: dict[str, Any] = {}
    same = False
    for line in lines(folder):
        last = Head(line["number"], str(line["hash"]))
        first = first or line
        same = same or last == kept
    renewed = kept is not None and not same and _replaces(first, kept)
    if kept is None or same or renewed:
        return Stands(last, renewed)
    if last is None:
        raise broken(folder, f"the trail is gone, and line {kept.number} was noted")
    if last.number < kept.number:
        raise broken(folder, f"it ends at line {last.number}, and line {kept.number} was noted")
    raise broken(folder, f"line {kept.number} is another than was noted: it was written anew")


def kept_head(config: NodeConfig) -> Head | None:
    """Return the head that the node keeps in its store; None where it keeps none yet.

    Raises:
        StoreTrouble: The store cannot be read.
        KeyTrouble: Its key cannot be read.
    """
    if not config.store.path.exists():
        return None
    key = StorageKey(open_keys(config.keys).storage_key())
    with SqliteStore.open(config.store.path, key, read_only=True) as store:
        return _kept(store)


def renew(config: NodeConfig, who: str, why: str) -> Path | None:
    """Put a trail that is not whole aside and begin a new one; returns where the old one lies.

    Raises:
        ActRefused: The trail is whole.
        CorridorError: The store cannot be read, or the trail not written.
    """
    folder, kept = config.store.path.parent, kept_head(config)
    try:
        verified(folder, kept)
    except AuditTrouble as found:
        wrong = found.message
    else:
        raise ActRefused("the audit trail is whole", cure="leave it as it is")
    aside = folder / f"{FILE}.broken-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    told = {"replaces": str(kept or ""), "wrong": wrong, "why": why}
    return begin_anew(folder, aside, RENEWED, who, told)


class TrailWatch:
    """Verifies the trail of a node that runs; main thread, but for `attention`."""

    def __init__(self, folder: Path, store: Store, metrics: NodeMetrics) -> None:
        """Watch the trail in `folder`; nothing is read yet."""
        self._folder, self._store, self._metrics = folder, store, metrics
        self._wrong = ""
        self._seen: tuple[int, ...] = ()
        self._look_at = self._whole_at = 0.0

    def turn(self) -> None:
        """Look whether it is time to verify; about once a second."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_S
        if now >= self._whole_at or _seen(self._folder / FILE) != self._seen:
            self.verify()

    def verify(self) -> Head | None:
        """Verify the trail and keep its head; returns it where the trail is whole."""
        now = time.monotonic()
        self._look_at, self._whole_at = now + _LOOK_S, now + _WHOLE_S
        self._seen = _seen(self._folder / FILE)
        try:
            kept = _kept(self._store)
            head, renewed = verified(self._folder, kept)
            if head is not None and head != kept:
                self._keep(head, renewed=renewed)
        except AuditTrouble as error:
            self._wrong = error.message
            event_logger().error(
                "audit.broken", code=error.code, cause=error.message, cure=error.cure
            )
            self._metrics.audit_valid.set(0)
            return None
        except StoreTrouble as error:  # what it is about the trail nobody knows: as it was
            event_logger().error("audit.not_noted", code=error.code, cause=error.message)
            return None
        self._wrong = ""
        self._metrics.audit_valid.set(1)
        return head

    def attention(self) -> list[str]:
        """Return what needs a person; any thread."""
        if not self._wrong:
            return []
        return [f"the audit trail is not whole; `corridor audit verify`: {self._wrong}"]

    def _keep(self, head: Head, *, renewed: bool) -> None:
        with self._store.transaction() as change:
            change.put_setting(_HEAD, str(head).encode())
        if renewed:
            event_logger().warning("audit.renewed", state=str(head))


def _kept(store: Store | SqliteStore) -> Head | None:
    with store.reading() as view:
        said = view.setting(_HEAD)
    if said is None:
        return None
    number, _, stated = said.decode().partition(":")
    return Head(int(number), stated)


def _replaces(first: dict[str, Any], kept: Head) -> bool:
    about = first.get("about")
    return (
        first.get("what") == RENEWED
        and isinstance(about, dict)
        and about.get("replaces") == str(kept)
    )


def _seen(path: Path) -> tuple[int, ...]:
    """Return what changes when the file does; nothing where there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
