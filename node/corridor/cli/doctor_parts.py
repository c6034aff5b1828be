"""What the checks of `corridor doctor` share: the node as far as it can be read, and results."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corridor.errors import ConfigurationError, CorridorError, LocalTrouble, NodeHangs
from corridor.wire.limits import DAY_MS

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig
    from corridor.transit.parties import Endpoint
    from corridor.transport.broker import BrokerAddress
    from corridor.transport.management import Login
    from corridor.trust.directory import Member
    from corridor.trust.view import TrustView

OPERATOR = "give the operator's password: --password-file operator.password"
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
    entered: bool = True
    """Whether the own broker let the node's user in, as far as was looked."""
    before_start: bool = False
    """Whether the node is to be started yet: that it does not run is no failure."""
    unanswered: str = ""
    """Why the node did not answer."""
    password_file: Path | None = None
    """Where the operator's password was read."""
    hangs: bool = False
    """Whether it runs and does not answer; known once `status` was asked for."""

    @cached_property
    def now_ms(self) -> int:
        """Now, by the clock by which the node judges."""
        from corridor.daemon.clock import set_lab_clock, unix_ms

        with suppress(ConfigurationError):  # told where the configuration is looked at
            set_lab_clock(self.config.node.environment)
        return unix_ms()

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
        from corridor.gateway.local_client import READ_S, LocalClient

        try:
            with LocalClient(self.config.gateway.socket, READ_S) as node:
                return node.status()
        except LocalTrouble as trouble:
            self.unanswered = trouble.message
            self.hangs = isinstance(trouble, NodeHangs)
            return None

    @property
    def no_status(self) -> str:
        """Why there is no `status`, in a few words."""
        return "the node does not answer" if self.hangs else "the node does not run"

    @property
    def broker_address(self) -> "BrokerAddress":
        """How the node reaches its own broker."""
        from corridor.transport.broker import BrokerAddress

        section = self.config.broker
        return BrokerAddress(section.host, section.port, section.server_name, section.ca_file,
                             section.cert_file, section.key_file)  # fmt: skip

    @cached_property
    def monitor(self) -> "Login | None":
        """A login that sees links, queues and alarms: the operator's, or the watch's own."""
        from corridor.daemon.link_watch import read_watch_password
        from corridor.transport.link_report import watch_login

        if self.login is not None or self.config.watch.password_file is None:
            return self.login
        try:
            return watch_login(read_watch_password(self.config))
        except CorridorError:
            return None  # its node says so; the operator's password is asked for

    @property
    def management_url(self) -> str:
        """The management interface of the own broker."""
        return f"http://127.0.0.1:{self.config.links.management_port}"
