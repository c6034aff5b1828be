"""What the checks of `corridor doctor` share: the node as far as it can be read, and results."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corridor.errors import LocalTrouble

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig
    from corridor.transit.parties import Endpoint
    from corridor.transport.management import Login
    from corridor.trust.directory import Member
    from corridor.trust.view import TrustView

DAY_MS = 86_400_000
FEW_DAYS = 21
"""Three weeks: what a person needs to find whoever renews something."""


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


class Result(NamedTuple):
    """What a check found, and the cure where it is not well."""

    status: Status
    what: str
    cure: str = ""


Check = Callable[["Patient"], list[Result]]


def ok(what: str) -> Result:
    """Return that all is well."""
    return Result(Status.OK, what)


def warn(what: str, cure: str) -> Result:
    """Return that it works and needs somebody soon."""
    return Result(Status.WARN, what, cure)


def fail(what: str, cure: str) -> Result:
    """Return that it does not work."""
    return Result(Status.FAIL, what, cure)


def skip(what: str, cure: str = "") -> Result:
    """Return that it could not be looked at."""
    return Result(Status.SKIP, what, cure)


def ends(what: str, until_ms: int, now_ms: int, cure: str) -> Result:
    """Return how long something counts: fails when it has ended, warns three weeks before."""
    days = (until_ms - now_ms) // DAY_MS
    if until_ms <= now_ms:
        return fail(f"{what} has ended", cure)
    if days < FEW_DAYS:
        return warn(f"{what} ends in {days} days", cure)
    return ok(f"{what}, {days} days left")


@dataclass
class Patient:
    """The node, read part by part; what cannot be read raises and fails its own check only."""

    config_path: Path
    login: "Login | None"
    canary_wait_s: float | None

    @cached_property
    def now_ms(self) -> int:
        """Now."""
        return time.time_ns() // 1_000_000

    @cached_property
    def config(self) -> "NodeConfig":
        """The configuration."""
        from corridor.daemon.config import load_config

        return load_config(self.config_path)

    @cached_property
    def view(self) -> "TrustView":
        """What the node believes."""
        from corridor.daemon.trust_keeper import open_trust

        return open_trust(self.config).load(self.now_ms)

    @cached_property
    def partners(self) -> "tuple[tuple[Endpoint, Member], ...]":
        """Partners with which an agreement is in force, as the directory lists them."""
        found = self.view.partners(self.config.endpoint, self.now_ms)
        listed = ((one, self.view.member(one)) for one in found)
        return tuple((one, member) for one, member in listed if member is not None)

    @cached_property
    def status(self) -> dict[str, Any] | None:
        """What the running node says of itself; None where it does not run."""
        from corridor.gateway.local_client import LocalClient

        try:
            with LocalClient(self.config.gateway.socket, timeout_s=10) as node:
                return node.status()
        except LocalTrouble:
            return None

    @property
    def management_url(self) -> str:
        """The management interface of the own broker."""
        return f"http://127.0.0.1:{self.config.links.management_port}"
