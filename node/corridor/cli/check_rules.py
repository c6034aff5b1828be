"""When a monitoring plugin says OK, WARNING, CRITICAL or UNKNOWN: thresholds against a status.

Rules:

* the worst finding makes the state, and every finding is named on the one line, worst first;
* an age that nobody can have (nothing waits) is 0, so that a graph of it has no holes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from corridor.transit.parties import Endpoint
from corridor.wire.limits import DAY_MS


class State(IntEnum):
    """States of a monitoring plugin; the values are its exit statuses."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a value is a warning, and from where on critical."""

    age_s: tuple[float, float] = (300.0, 1_800.0)
    """Age of the oldest record without a receipt, in seconds."""
    waiting: tuple[int, int] = (10_000, 100_000)
    """Records that wait to be sealed for one partner."""
    days: tuple[float, float] = (14.0, 3.0)
    """What is left of directory, own encryption key, delegation and certificates, in days."""
    free_mib: tuple[int, int] = (2_048, 512)
    """Free disk beneath the store."""

    @property
    def turned(self) -> str:
        """Which options would be critical before they warn; "" for none."""
        rising = (("--age", self.age_s), ("--waiting", self.waiting))
        falling = (("--days", self.days), ("--free", self.free_mib))
        wrong = [name for name, (warning, critical) in rising if warning > critical]
        wrong += [name for name, (warning, critical) in falling if warning < critical]
        return " and ".join(wrong)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    state: State
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the plugin says."""

    state: State
    line: str


def judge(status: dict[str, Any], limits: Limits, peers: Sequence[str] = ()) -> Verdict:
    """Return the verdict on a node's status (`corridor status --json`).

    Args:
        status: The node's answer.
        limits: The thresholds.
        peers: Endpoints or countries to look at; all partners where it is empty.
    """
    looked_at = [one for one in status["peers"] if not peers or _named(one, peers)]
    findings = [*_node(status, limits), *_attention(status, peers)]
    findings += [found for one in looked_at for found in _peer(one, status["now_ms"], limits)]
    known = [Endpoint(one["endpoint"]) for one in status["peers"]]
    findings += [
        Finding(State.UNKNOWN, f"{one} is no partner of this node")
        for one in peers
        if not any(peer.is_called(one) for peer in known)
    ]
    findings.sort(key=lambda one: -_WEIGHT[one.state])
    state = findings[0].state if findings else State.OK
    count = len(looked_at)
    well = f"{count} partner{'' if count == 1 else 's'}, nothing stuck"
    told = "; ".join(one.what for one in findings) or well
    return Verdict(state, f"{told} | {_figures(status, looked_at, limits)}")


_SAID_OTHERWISE: Final = (
    "the own broker is not connected", "the own broker takes nothing", "the directory has ended",
    "certificate ", "the delegation of the node's keys",
)  # fmt: skip
"""How lines begin that have a finding of their own, with a state of their own."""
_WEIGHT: Final = {State.OK: 0, State.WARNING: 1, State.UNKNOWN: 2, State.CRITICAL: 3}
"""A typing mistake must not hide that something is critical."""


def _named(peer: dict[str, Any], peers: Sequence[str]) -> bool:
    endpoint = Endpoint(peer["endpoint"])
    return any(endpoint.is_called(name) for name in peers)


def _node(status: dict[str, Any], limits: Limits) -> Iterator[Finding]:
    broker = status["broker"]
    if not (broker["sender"] and broker["receiver"]):
        yield Finding(State.CRITICAL, "the own broker is not connected")
    elif broker["blocked"]:
        yield Finding(State.CRITICAL, "the own broker takes nothing: disk or memory alarm there")
    free = status["store"]["free_mib"]
    yield from _less(free, limits.free_mib, f"{free} MiB free beneath the store")
    for what, until_ms in _ends(status):
        days = (until_ms - status["now_ms"]) / DAY_MS
        said = f"{what} ends in {days:.1f} days" if days > 0 else f"{what} has ended"
        yield from _less(days, limits.days, said)


def _ends(status: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Return what ends, and when; a node of an older version tells less."""
    yield "the directory", status["directory"]["expires_ms"]
    yield "the own encryption key", status["encryption_key_until_ms"]
    if "delegation_until_ms" in status:
        yield "the delegation of the node's keys", status["delegation_until_ms"]
    for one in status.get("certificates", ()):
        if one["until_ms"] is not None:
            yield f"certificate {Path(one['path']).name} ({one['purpose']})", one["until_ms"]


def _attention(status: dict[str, Any], peers: Sequence[str]) -> Iterator[Finding]:
    """Warn of what a person must see to, but not of a partner that was not asked for."""
    others = tuple(
        one["what"]
        for one in status.get("watch", {}).get("findings", ())
        if peers and one["partner"] and one["partner"] not in {name[:2].upper() for name in peers}
    )
    for line in status["attention"]:
        if not line.startswith((*_SAID_OTHERWISE, *others)):
            yield Finding(State.WARNING, line.split(";", 1)[0])


def _peer(peer: dict[str, Any], now_ms: int, limits: Limits) -> Iterator[Finding]:
    age_s, endpoint = _age_s(peer, now_ms), peer["endpoint"]
    if peer.get("state") == "paused":  # that records wait is what somebody wants
        yield Finding(State.WARNING, f"{endpoint} is paused: {peer['waiting']} records wait")
        return
    yield from _more(age_s, limits.age_s, f"{endpoint}: oldest without a receipt {age_s:.0f} s")
    waiting = peer["waiting"]
    yield from _more(waiting, limits.waiting, f"{endpoint}: {waiting} records wait")
    if peer["way"] != "open":
        yield Finding(State.WARNING, f"{endpoint}: the way is {peer['way']}")


def _age_s(peer: dict[str, Any], now_ms: int) -> float:
    oldest_ms = peer["oldest_ms"]
    return 0.0 if oldest_ms is None else max(0.0, (now_ms - oldest_ms) / 1000)


def _more(value: float, limits: tuple[float, float], what: str) -> Iterator[Finding]:
    if value >= limits[1]:
        yield Finding(State.CRITICAL, what)
    elif value >= limits[0]:
        yield Finding(State.WARNING, what)


def _less(value: float, limits: tuple[float, float], what: str) -> Iterator[Finding]:
    if value <= limits[1]:
        yield Finding(State.CRITICAL, what)
    elif value <= limits[0]:
        yield Finding(State.WARNING, what)


def _figures(status: dict[str, Any], peers: Sequence[dict[str, Any]], limits: Limits) -> str:
    """Return what a monitoring system draws: name=value;warning;critical."""
    oldest = max((_age_s(one, status["now_ms"]) for one in peers), default=0.0)
    waiting = max((one["waiting"] for one in peers), default=0)
    unreceipted = sum(one["unreceipted"] for one in peers)
    warn_age, critical_age = limits.age_s
    return (
        f"oldest={oldest:.0f}s;{warn_age:.0f};{critical_age:.0f}"
        f" waiting={waiting};{limits.waiting[0]};{limits.waiting[1]}"
        f" unreceipted={unreceipted}"
        f" free={status['store']['free_mib']}MB;{limits.free_mib[0]}:;{limits.free_mib[1]}:"
    )
