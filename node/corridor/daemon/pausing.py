"""Partners to whom an operator sends nothing for now.

Rules:

* records for such a partner are accepted, kept and wait: nothing is refused for a pause, and who
  submits is told that it waits;
* nothing new is sealed for it; what was sealed has its place in the stream and goes on its way, and
  receipts for what the partner sends go out as ever;
* what the partner sends is taken: nobody's queue fills because we paused;
* it stands in the store until it is ended, whatever happens to the node.
"""

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple

from corridor.daemon.logs import event_logger
from corridor.daemon.words import by_whom, words_of
from corridor.errors import ActRefused
from corridor.store.port import Store
from corridor.transit.parties import Endpoint

_KEY: Final = "peers.paused"
MAX_WHY_CHARS: Final = 300
"""A sentence or two; it is no place for what a record says."""
_MAX_BY_CHARS: Final = 64


class Pause(NamedTuple):
    """One pause."""

    since_ms: int
    why: str
    by: str


class Pauses:
    """Which partners are paused; safe to call from several threads."""

    def __init__(
        self,
        store: Store,
        partners: Callable[[], Sequence[Endpoint]],
        now_ms: Callable[[], int],
        sealing: AbstractContextManager[object] | None = None,
    ) -> None:
        """Read what is kept; `sealing` is held while records are sealed."""
        self._store = store
        self._partners = partners
        self._now_ms = now_ms
        # whoever is told that a partner is paused finds nothing sealed for it after that
        self._lock = sealing or threading.Lock()
        with store.reading() as view:
            kept = json.loads(view.setting(_KEY) or b"{}")
        self._all = {Endpoint(name): Pause(*told) for name, told in kept.items()}
        self.changed: Callable[[], None] = lambda: None  # the node puts in who waits for it

    def __contains__(self, peer: object) -> bool:
        """Whether a partner is paused."""
        return peer in self._all

    def of(self, peer: Endpoint) -> Pause | None:
        """Return the pause of a partner."""
        return self._all.get(peer)

    def rows(self) -> list[dict[str, Any]]:
        """Return every pause, also of who is no partner any more."""
        return [{"endpoint": peer, **pause._asdict()} for peer, pause in sorted(self._all.items())]

    def pause(self, name: str, why: str, by: str) -> list[dict[str, Any]]:
        """Send nothing more to a partner; durable when this returns, with all that are paused.

        Raises:
            ActRefused: It is no partner, or is paused already.
            InputTrouble: There is no reason, it is too long, or not to be printed.
        """
        why, by = words_of(why, MAX_WHY_CHARS), by_whom(by)[:_MAX_BY_CHARS]
        with self._lock:
            peer = _named(name, self._partners())
            if peer is None:
                raise ActRefused(f"{name[:64]!r} is no partner", cure="`corridor peer list`")
            if peer in self._all:
                raise ActRefused(
                    f"{peer} is paused already", cure="`corridor peer show` says since when and why"
                )
            self._keep({**self._all, peer: Pause(self._now_ms(), why, by)})
        event_logger().warning(
            "peer.paused", peer=peer, cure=f"`corridor peer resume {peer.country}` ends it"
        )
        self.changed()
        return self.rows()

    def resume(self, name: str) -> list[dict[str, Any]]:
        """Send to a partner again; durable when this returns, with all that are paused still.

        Raises:
            ActRefused: It is not paused.
        """
        with self._lock:
            peer = _named(name, tuple(self._all))
            if peer is None:
                raise ActRefused(f"{name[:64]!r} is not paused", cure="`corridor peer list`")
            self._keep({one: pause for one, pause in self._all.items() if one != peer})
        event_logger().info("peer.resumed", peer=peer)
        self.changed()
        return self.rows()

    def require_open(self, peer: Endpoint) -> None:
        """Refuse what makes sense only where something is sent.

        Raises:
            ActRefused: The partner is paused.
        """
        if peer in self._all:
            raise ActRefused(
                f"{peer} is paused by an operator of this node: nothing is sent to it",
                cure=f"`corridor peer resume {peer.country}` first",
            )

    def _keep(self, after: dict[Endpoint, Pause]) -> None:
        with self._store.transaction() as change:
            change.put_setting(_KEY, json.dumps(after).encode())
        self._all = after


def _named(name: str, among: Sequence[Endpoint]) -> Endpoint | None:
    return next((one for one in among if one.is_called(name)), None)
