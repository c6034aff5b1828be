"""How the national systems of a lab reach their nodes: HTTP, files, posts, or the socket.

Rules:

* the national system of a country uses the gateway that its scenario names and no other; one that
  is told by posts submits over HTTP;
* the local socket is for a scenario that asks for it by name, and for people at a terminal.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corridor.gateway.local_client import LocalClient
from corridor.lab.systems.client import HttpNode
from corridor.lab.systems.offers import Answer, Door, Offer, Outcome
from corridor.lab.systems.spool import SpoolNode
from corridor.wire.v1 import local_pb2 as local

_PAGE = 1024


@dataclass(frozen=True, slots=True)
class HttpWay:
    """Over HTTP, at a port of this machine."""

    port: int
    token: Path
    """File of the token."""


Way = Path | HttpWay
"""A node's socket, the folder of a spool, or HTTP."""


@contextmanager
def opened(way: Way) -> Iterator[Door]:
    """Open a way.

    Raises:
        LocalTrouble: No node answers there.
    """
    if isinstance(way, HttpWay):
        with HttpNode(way.port, way.token) as node:
            yield node
    elif way.is_dir():
        yield SpoolNode(way)
    else:
        with LocalClient(way) as client:
            yield _Socket(client)


def told(way: Way) -> dict[str, Any]:
    """Return a way as a file tells it."""
    if isinstance(way, HttpWay):
        return {"port": way.port, "token": str(way.token)}
    return {"path": str(way)}


def way_of(said: Mapping[str, Any]) -> Way:
    """Return the way that was told."""
    if "port" in said:
        return HttpWay(said["port"], Path(said["token"]))
    return Path(said["path"])


class _Socket:
    """A node at its local socket."""

    def __init__(self, client: LocalClient) -> None:
        self._client = client

    def submit(self, offers: Sequence[Offer]) -> list[Answer]:
        asked = [
            local.LocalSubmission(recipient=one.country, record_id=one.record_id, record=one.record)
            for one in offers
        ]
        found = self._client.submit(asked)
        return [Answer(one.status, one.reason, tuple(one.faults)) for one in found]

    def outcomes(self, after: int, wait_s: float) -> list[Outcome]:
        found = self._client.outcomes(after, limit=_PAGE, wait_ms=round(wait_s * 1000))
        return [
            Outcome(
                one.cursor, one.recipient, one.record_id, one.accepted, one.reason,
                one.accepted_ms, one.receipted_ms, one.sha256,
            )
            for one in found
        ]  # fmt: skip
