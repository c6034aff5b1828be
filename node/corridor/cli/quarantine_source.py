"""Where the commands about the quarantine read: the running node, or the store of one that stands.

Rules:

* whoever changes something asks the node: it alone judges, and it alone writes its store;
* where no node answers, what can be read is read from its store, and that is said.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from corridor.errors import LocalTrouble, NodeRefused

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig
    from corridor.gateway.local_quarantine_client import QuarantineClient

PAGE: Final = 500
"""So many are asked for at once."""


class Source(Protocol):
    """What can be read in either way."""

    def groups(self) -> dict[str, Any]:
        """Return what is in quarantine by link and reason."""

    def items(
        self,
        *,
        link: str = "",
        reason: str = "",
        before_ms: int | None = None,
        after: int = 0,
        limit: int = 1_000,
        done: bool = False,
    ) -> dict[str, Any]:
        """Return frames, ascending by number."""

    def show(self, number: int) -> dict[str, Any]:
        """Return what is known of one frame."""

    def frame(self, number: int) -> bytes:
        """Return the bytes of one frame."""

    def dead_groups(self) -> dict[str, Any]:
        """Return what of ours was not delivered, by partner and reason."""

    def letters(
        self,
        peer: str,
        reason: str,
        *,
        before_ms: int | None = None,
        after: int = 0,
        limit: int = 1_000,
    ) -> dict[str, Any]:
        """Return records of one kind, ascending by row."""


def pages(read: Callable[[int], list[dict[str, Any]]], key: str) -> Iterator[dict[str, Any]]:
    """Return all of a list that is read page by page.

    Args:
        read: Returns at most `PAGE` that follow a number, ascending; 0 is before all.
        key: Under which each has its number.
    """
    after = 0
    while True:
        page = read(after)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1][key]


@contextmanager
def asking(config_path: Path) -> "Iterator[QuarantineClient]":
    """Ask the running node."""
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient
    from corridor.gateway.local_quarantine_client import QuarantineClient

    config = load_config(config_path)
    with LocalClient(config.gateway.socket) as node:
        yield QuarantineClient(node)


@contextmanager
def reading(config_path: Path) -> Iterator[Source]:
    """Ask the running node, or read the store of one that does not run."""
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient
    from corridor.gateway.local_quarantine_client import QuarantineClient

    config = load_config(config_path)
    try:
        node = LocalClient(config.gateway.socket)
    except NodeRefused:
        raise
    except LocalTrouble:
        click.echo("note: the node does not run; this is read from its store", err=True)
        with _standing(config) as source:
            yield source
        return
    with node:
        yield QuarantineClient(node)


@contextmanager
def _standing(config: "NodeConfig") -> Iterator[Source]:
    from corridor.daemon.clock import set_lab_clock, unix_ms
    from corridor.daemon.dead_letters import DeadLetters
    from corridor.daemon.desk import Desk, Sending
    from corridor.daemon.quarantine import Quarantine
    from corridor.daemon.trust_keeper import open_keys, open_trust
    from corridor.seal.storage import StorageKey
    from corridor.store.sqlite import SqliteStore

    set_lab_clock(config.node.environment)
    view = open_trust(config).load(unix_ms())
    key = StorageKey(open_keys(config.keys).storage_key())
    with SqliteStore.open(config.store.path, key, read_only=True) as store:
        desk = Desk(store, lambda: view, unix_ms, Sending())
        dead = DeadLetters(
            store, config.endpoint, lambda: view, desk,
            has_room=lambda: False, wake=lambda: None, now_ms=unix_ms,
        )  # fmt: skip

        class Standing(Quarantine):
            """Both, as the running node answers them."""

            dead_groups = staticmethod(dead.groups)
            letters = staticmethod(dead.letters)

        yield Standing(store, unix_ms)
