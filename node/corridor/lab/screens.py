"""Where officers of a lab look: at their node over HTTP, or at a terminal.

Rules:

* a country whose system speaks HTTP looks over HTTP; one that exchanges files has a terminal;
* what is held is what the node answers, record by record.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from corridor.gateway.local_client import LocalClient
from corridor.lab.systems.client import HttpNode, record_of
from corridor.lab.ways import HttpWay, Way

_MOST = 1024


class Held(NamedTuple):
    """What a node holds under one record id."""

    record_id: bytes
    told: bool
    """Whether it was sent, and every recipient has signed that it accepts."""
    heard: tuple[bytes, ...]
    """The record, as each partner that sent it wrote it."""


class Screen(Protocol):
    """A node as an officer sees it."""

    def held(self, kind: str, value: str) -> Iterator[Held]:
        """Give what carries a term."""

    def movement(self, reference: str) -> Mapping[str, Any]:
        """Return where a movement stands."""


@contextmanager
def screen(way: Way, socket: Path) -> Iterator[Screen]:
    """Look at a node over HTTP, where that is its country's way in, else at a terminal.

    Raises:
        LocalTrouble: No node answers there.
    """
    if isinstance(way, HttpWay):
        with HttpNode(way.port, way.token) as web:
            yield _Web(web)
    else:
        with LocalClient(socket) as client:
            yield _Terminal(client)


class _Terminal:
    def __init__(self, client: LocalClient) -> None:
        self._client = client

    def held(self, kind: str, value: str) -> Iterator[Held]:
        for one in self._client.find(kind, value, limit=_MOST):
            told = bool(one.sent) and all(line.verdict == "accepted" for line in one.sent)
            yield Held(one.record_id, told, tuple(each.record for each in one.received))

    def movement(self, reference: str) -> Mapping[str, Any]:
        return self._client.movement(reference)[0]


class _Web:
    def __init__(self, node: HttpNode) -> None:
        self._node = node

    def held(self, kind: str, value: str) -> Iterator[Held]:
        for one in self._node.find(kind, value):
            told = bool(one["sent"]) and all(line["verdict"] == "accepted" for line in one["sent"])
            records = tuple(each["record"] for each in one["received"])
            yield Held(bytes.fromhex(one["record_id"]), told, tuple(map(record_of, records)))

    def movement(self, reference: str) -> Mapping[str, Any]:
        return self._node.movement(reference)
