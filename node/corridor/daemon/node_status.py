"""How the node is: for `corridor status`, for whoever asks whether it is ready, for people.

Rules:

* it asks every part for what that part knows, and keeps nothing itself: any thread may ask;
* what needs a person is a sentence that ends with what to do.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from corridor import __version__
from corridor.daemon.back_pressure import BackPressure
from corridor.daemon.backup import backup_attention, last_backup_ms
from corridor.daemon.capacity import capacity
from corridor.daemon.clock import unix_ms
from corridor.daemon.config import NodeConfig
from corridor.daemon.ended import ended_agreements
from corridor.daemon.expiries import Expiries
from corridor.daemon.observe import NodeObserver
from corridor.daemon.peer_states import PeerStates
from corridor.daemon.quarantine import Quarantine
from corridor.daemon.receiver import Receiver
from corridor.daemon.sender import Sender
from corridor.daemon.trust_keeper import TrustKeeper
from corridor.daemon.watching import Watch
from corridor.daemon.with_partners import attention_with_partners, told_with_partners
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus:
    """The parts of a node that know something of how it is."""

    config: NodeConfig
    store: SqliteStore
    trust: TrustKeeper
    sender: Sender
    receiver: Receiver
    observer: NodeObserver
    peer_states: PeerStates
    pressure: BackPressure
    watch: Watch
    quarantine: Quarantine
    expiries: Expiries
    metrics_port: Callable[[], int]
    beside: Sequence[Callable[[], list[str]]]
    """Gateways that say what needs a person."""

    def ready(self) -> tuple[bool, str]:
        """Return whether the node can keep what it is given, and a sentence about it."""
        if why := self.pressure.why_no_room:
            return False, f"not ready: {why}"
        if not self.trust.current().is_current(unix_ms()):
            return False, "not ready: the directory has ended"
        if self.receiver.stuck:
            return False, "not ready: the store does not keep what arrives; see the log"
        if not (self.sender.connected and self.receiver.connected):
            return True, "ready, degraded: the own broker is not connected; records are kept"
        return True, "ready"

    def rows(self) -> dict[str, Any]:
        """Return how the node is; the keys of `corridor status --json`."""
        view = self.trust.current()
        now_ms = unix_ms()
        return {
            "endpoint": self.config.endpoint,
            "environment": self.config.node.environment,
            "network": view.network_id.hex(),
            "version": __version__,
            "now_ms": now_ms,
            "metrics": f"{self.config.metrics.address}:{self.metrics_port()}",
            "broker": {
                "sender": self.sender.connected,
                "receiver": self.receiver.connected,
                "blocked": self.sender.blocked,
                "inboxes": sorted(self.receiver.links),
            },
            "directory": {"version": view.dir_version, "expires_ms": view.expires_ms},
            "last_backup_ms": last_backup_ms(self.config, now_ms),
            "backs_up": self.config.backup.public_key_file is not None,
            "encryption_key_until_ms": self.trust.seals_until_ms(now_ms),
            "delegation_until_ms": self.expiries.delegated_until_ms(),
            "certificates": self.expiries.rows(),
            "store": {
                "path": str(self.config.store.path),
                "free_mib": self.pressure.free_mib,
                "rows": self.store.counts(),
            },
            "inbox_waiting": self.pressure.waiting,
            "back_pressure": self.pressure.rows(),
            "peers": self.peer_states.rows(),
            "agreements": ended_agreements(view, self.config.endpoint, now_ms),
            "refused": self.observer.refusals(),
            **told_with_partners(self.store, self._partners()),
            "quarantine": self.quarantine.summary(),
            "watch": self.watch.rows(),
            "attention": self.attention(now_ms),
        }

    def capacity(self) -> dict[str, Any]:
        """Return what disk the node needs."""
        free = shutil.disk_usage(self.config.store.path.parent).free
        return capacity(self.store.measure(unix_ms()), self._partners(), free)

    def attention(self, now_ms: int) -> list[str]:
        """Return what needs a person, a sentence each."""
        lines = self.quarantine.attention()
        if not (self.sender.connected and self.receiver.connected):
            lines.append("the own broker is not connected; records are kept and wait")
        if self.sender.blocked:
            lines.append("the own broker takes nothing: free disk or memory there")
        lines += self.pressure.attention()
        lines += self.peer_states.attention(now_ms)
        if self.receiver.stuck:
            lines.append("the store does not keep what arrives; see the log")
        if not self.trust.current().is_current(now_ms):
            lines.append("the directory has ended: nothing is sealed; import a newer one")
        if self.trust.rotation_due(now_ms):
            lines.append("the encryption key ends soon: `corridor keys rotate`")
        lines += self.expiries.attention(now_ms)
        lines += backup_attention(self.config, now_ms)
        lines += attention_with_partners(self.store, self._partners())
        lines += self.watch.attention()
        return [*lines, *(line for told in self.beside for line in told())]

    def _partners(self) -> tuple[Endpoint, ...]:
        return self.trust.current().partners(self.config.endpoint, unix_ms())
