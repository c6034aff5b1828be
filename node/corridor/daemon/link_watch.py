"""Looks at the own broker's links, mends what may be mended, and tells what is wrong.

Rules:

* what to do is judged in `exchange.link_watch`; here it is looked at and done;
* a repair that fails, or a watch that is killed between taking an upstream away and putting it
  back, leaves what the next look finds and mends;
* a finding is logged when it comes and when it goes, a repair each time; a look is not.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from corridor.daemon.config import NodeConfig
from corridor.daemon.links import expected_definitions, unlinked_partners
from corridor.daemon.logs import event_logger
from corridor.daemon.metrics_watch import OF_BROKER, WatchMetrics
from corridor.errors import ConfigurationError, CorridorError, LinkTrouble
from corridor.exchange.link_values import (
    RUNNING,
    Finding,
    Judged,
    Memory,
    Mending,
    Patience,
    Repair,
    Seen,
    Sound,
    Trouble,
    Wanted,
)
from corridor.exchange.link_watch import judge
from corridor.exchange.link_words import CURES, say
from corridor.transit.parties import CountryCode, Endpoint
from corridor.transport.link_report import (
    put_policy,
    put_upstream,
    read_report,
    restart_link,
    take_upstream,
    watch_login,
)
from corridor.transport.management import Login, read_version
from corridor.trust.view import TrustView

_MAX_PASSWORD_BYTES: Final = 4096


class LinkWatch:
    """The watch over the links of one broker; used by one thread, `findings` by any."""

    def __init__(
        self, config: NodeConfig, trust: Callable[[], TrustView], metrics: WatchMetrics
    ) -> None:
        """Look at nothing yet."""
        self._config = config
        self._trust = trust
        self._metrics = metrics
        self._url = f"http://127.0.0.1:{config.links.management_port}"
        self._patience = Patience.for_delay(config.links.reconnect_delay_s)
        self._memory = Memory()
        self._version: tuple[int, int, int] | None = None
        self.findings: tuple[Finding, ...] = ()

    @property
    def sees(self) -> bool:
        """Whether it has a login at all."""
        return self._config.watch.password_file is not None

    def look(self, sounds: Mapping[CountryCode, Sound], now_s: float, now_ms: int) -> None:
        """Look once, mend, and tell."""
        if not self.sees:
            return
        peers = self._trust().partners(self._config.endpoint, now_ms)
        try:
            login = watch_login(read_watch_password(self._config))
            self._version = self._version or read_version(self._url, login)
            wanted = wanted_of(self._config, self._trust(), now_ms, self._version)
            seen = read_report(self._url, login)
            judged = judge(wanted, seen, sounds, now_s, self._memory, self._patience)
            self._memory = judged.memory
        except CorridorError as error:
            self._unseen(peers, error, now_s)
            return
        self._metrics.seen.set(1)
        self._metrics.alarms(seen.alarms)
        if self._config.watch.repair:
            for mending in judged.mendings:
                self._mend(mending, wanted, login, peers)
        self._tell(peers, judged.findings)
        self._show(peers, wanted, seen, judged)

    def _unseen(self, peers: tuple[Endpoint, ...], error: CorridorError, now_s: float) -> None:
        """Say that nothing is seen; what was found before is not known any more."""
        self._version = None  # the broker may come back as another
        self._metrics.seen.set(0)
        cure = error.cure or CURES[Trouble.UNSEEN]
        what = say(Trouble.UNSEEN, None, error.message)
        kept = [one.since_s for one in self.findings if one.trouble is Trouble.UNSEEN]
        self._tell(peers, (Finding(Trouble.UNSEEN, None, what, cure, (kept or [now_s])[0]),))
        for peer in peers:
            self._metrics.link_up.labels(peer).set(0)

    def _mend(
        self, mending: Mending, wanted: Wanted, login: Login, peers: tuple[Endpoint, ...]
    ) -> None:
        peer, outcome = _label(peers, mending.partner), "done"
        repair, cause = mending.repair.value, mending.trouble.value
        try:
            _do(mending, wanted, self._url, login)
            event_logger().warning("link.repaired", peer=peer, state=repair, cause=cause)
        except LinkTrouble as error:
            outcome = "failed"
            event_logger().error(
                "link.repair_failed", peer=peer, state=repair, cause=cause,
                status=error.message, cure=error.cure,
            )  # fmt: skip
        self._metrics.repairs.labels(peer, outcome).inc()

    def _tell(self, peers: tuple[Endpoint, ...], findings: tuple[Finding, ...]) -> None:
        before = {_key(one): one for one in self.findings}
        now = {_key(one): one for one in findings}
        for key, one in now.items():
            if key not in before:
                event_logger().warning(
                    "link.troubled", peer=_label(peers, one.partner), state=one.trouble.value,
                    cause=one.what, cure=one.cure,
                )  # fmt: skip
        for key, one in before.items():
            if key not in now:
                peer = _label(peers, one.partner)
                event_logger().info("link.untroubled", peer=peer, state=one.trouble.value)
        self.findings = findings
        self._metrics.found(peers, {(_label(peers, one.partner), one.trouble) for one in findings})

    def _show(
        self, peers: tuple[Endpoint, ...], wanted: Wanted, seen: Seen, judged: Judged
    ) -> None:
        running = {link.upstream for link in seen.links if link.status == RUNNING}
        troubled = {one.partner for one in judged.findings if one.trouble in _DOWN}
        for peer in peers:
            up = peer.country in running and peer.country not in troubled
            if peer.country not in wanted.left_alone:
                self._metrics.link_up.labels(peer).set(up)


_DOWN: Final = frozenset(
    {
        Trouble.STOPPED, Trouble.PARAMETER, Trouble.POLICY, Trouble.MISSING, Trouble.STARTING,
        Trouble.DOWN, Trouble.SILENT, Trouble.UNLINKED,
    }
)  # fmt: skip


def wanted_of(
    config: NodeConfig, view: TrustView, now_ms: int, version: tuple[int, int, int]
) -> Wanted:
    """Return what the own broker should hold, of what the watch minds.

    Raises:
        ConfigurationError: A value of the configuration or the directory cannot be used.
    """
    rendered = expected_definitions(config, view, now_ms, version)
    upstreams: dict[CountryCode, Any] = {
        CountryCode(str(row["name"])): row["value"] for row in rendered["parameters"]
    }
    policies: dict[str, Any] = {str(row["name"]): row for row in rendered["policies"]}
    return Wanted(
        config.endpoint.country,
        upstreams,
        policies,
        unlinked_partners(config, view, now_ms),
        frozenset(CountryCode(one) for one in config.watch.left_alone),
    )


def read_watch_password(config: NodeConfig) -> str:
    """Return the password of corridor-watch; read each time, so that it may be changed.

    Raises:
        ConfigurationError: The file is not there, or its first line is no password.
    """
    path = config.watch.password_file
    content = b""
    try:
        if path is not None:
            with path.open("rb") as file:
                content = file.read(_MAX_PASSWORD_BYTES)
        lines = content.decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}", cure=_WRITE_ONE) from None
    if not lines or not lines[0].strip():
        raise ConfigurationError(f"{path}: its first line is no password", cure=_WRITE_ONE)
    return lines[0]


_WRITE_ONE: Final = "`corridor broker password --for watch` writes it, and its hash"


def _do(mending: Mending, wanted: Wanted, url: str, login: Login) -> None:
    if mending.repair is Repair.PUT_POLICY:
        put_policy(url, login, mending.name, wanted.policies[mending.name])
    elif mending.repair is Repair.RESTART:
        restart_link(url, login, mending.name, mending.node)
    elif mending.partner is not None:
        if mending.repair in {Repair.STOP, Repair.REMAKE}:
            take_upstream(url, login, mending.partner)
        if mending.repair is not Repair.STOP:
            put_upstream(url, login, mending.partner, wanted.upstreams[mending.partner])


def _key(one: Finding) -> tuple[Trouble, CountryCode | None, str]:
    """Tell findings apart; of one partner's troubles the words may change and it is the same."""
    return one.trouble, one.partner, "" if one.partner else one.what


def _label(peers: tuple[Endpoint, ...], partner: CountryCode | None) -> str:
    return next((peer for peer in peers if peer.country == partner), OF_BROKER)
