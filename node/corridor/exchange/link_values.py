"""What the watch over a country's links compares, finds and does.

Rules:

* a link is the way in: our broker fetches from a partner's. That the partner's broker fetches from
  ours is the partner's link, which we see and cannot mend;
* times of the watch are seconds of a steady clock: setting the wall clock changes nothing here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from corridor.transit.parties import CountryCode


class Trouble(StrEnum):
    """What may be wrong with a link, or with the own broker; a closed set, for metrics."""

    ALARM = "alarm"
    """The own broker is short of disk or memory."""
    STOPPED = "stopped"
    """Our own doing: a link keeps pushing into a broker that is short of disk or memory."""
    PARAMETER = "parameter"
    """The upstream is not there, or not as rendered."""
    POLICY = "policy"
    """A policy is not there, or not as rendered."""
    MISSING = "missing"
    """Everything is in place, and the broker knows of no link."""
    STARTING = "starting"
    """It has been starting for too long."""
    DOWN = "down"
    """It does not run, for the reason that the broker gives."""
    SILENT = "silent"
    """It runs, says the broker, and nothing arrives, though something should."""
    FLAPPING = "flapping"
    """It comes and goes."""
    CANARY_LATE = "canary_late"
    """No receipt for a canary; the link itself shows nothing."""
    NOT_FETCHED = "not_fetched"
    """The partner's broker does not fetch from ours."""
    ORPHANED = "orphaned"
    """A queue from which nobody may fetch any more, which keeps what lies in it."""
    STRAY = "stray"
    """An upstream that belongs to no partner."""
    UNLINKED = "unlinked"
    """A partner whose certificate for us is not there yet."""
    UNSEEN = "unseen"
    """The own broker does not say how its links do."""


class Repair(StrEnum):
    """What the watch does about it; a closed set, for metrics."""

    STOP = "stop"
    """Take the upstream away: the link ends, what waits for us stays at the partner's broker."""
    PUT_PARAMETER = "put_parameter"
    PUT_POLICY = "put_policy"
    REMAKE = "remake"
    """Take the upstream away and put it back: an equal one put again changes nothing."""
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """A federation link as the broker reports it."""

    upstream: str
    status: str
    since: str
    """The broker's own word for when this status began; compared, never read."""
    reason: str
    id: str
    node: str


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """A queue as the broker reports it, up to 5 s late."""

    messages: int
    consumers: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What the own broker says of itself."""

    alarms: tuple[str, ...]
    """The resources that are short: "disk space", "memory"."""
    upstreams: Mapping[str, Mapping[str, Any]]
    policies: Mapping[str, Mapping[str, Any]]
    links: tuple[LinkSeen, ...]
    queues: Mapping[str, QueueSeen]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the own broker should hold, from the directory and the configuration."""

    me: CountryCode
    upstreams: Mapping[CountryCode, Mapping[str, Any]]
    """The value of each linked partner's upstream."""
    policies: Mapping[str, Mapping[str, Any]]
    """Every policy by name; a partner's own is `link_policy`."""
    unlinked: Mapping[CountryCode, str] = field(default_factory=dict)
    """Partners that cannot be linked yet, each with the reason."""
    left_alone: frozenset[CountryCode] = frozenset()
    """Partners whose links an operator keeps to himself."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What the newest canary to a partner says of the way there and back."""

    late: bool
    """It has waited for its receipt longer than it may."""
    heard: bool
    """Something authentic came from the partner since it was kept."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each thing may take; seconds."""

    settle_s: float = 15.0
    """A link appears so long after its upstream; statistics are 5 s old."""
    starting_s: float = 90.0
    down_s: float = 120.0
    """Two dials of a link (30 s and 15 s each) may fail before anybody is told."""
    fetched_s: float = 90.0
    calm_s: float = 30.0
    """So long after the last alarm, links are started again: what is freed comes and goes."""
    flaps: int = 4
    flap_window_s: float = 600.0
    pause_s: float = 30.0
    """Between the first two repairs of a link; doubled each time."""
    pause_most_s: float = 3600.0
    well_s: float = 600.0
    """After so long without trouble the pause begins small again."""

    @classmethod
    def for_delay(cls, reconnect_delay_s: float) -> "Patience":
        """Return the patience for links that pause so long between two dials."""
        scale = reconnect_delay_s / 30.0
        return cls(
            settle_s=max(6.0, 15.0 * scale),
            starting_s=max(6.0, 90.0 * scale),
            down_s=max(6.0, 120.0 * scale),
            fetched_s=max(8.0, 90.0 * scale),
            calm_s=max(2.0, 30.0 * scale),
            pause_s=max(2.0, 30.0 * scale),
        )


@dataclass(frozen=True, slots=True)
class LinkMemory:
    """What the watch remembers of one link; losing it costs time and nothing else."""

    since: Mapping[Trouble, float] = field(default_factory=dict)
    """When each trouble that is there now was first seen."""
    mark: str = ""
    """When the link last began to run, in the broker's word."""
    flaps: tuple[float, ...] = ()
    reason: str = ""
    """The broker's last reason: while the link dials again it gives none."""
    tries: int = 0
    restarts: int = 0
    """How many of the tries were restarts of the link."""
    next_s: float = 0.0
    """No repair before."""
    troubled_s: float = 0.0
    """When it was last not well."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the watch remembers; all of it may be lost at any time."""

    links: Mapping[str, LinkMemory] = field(default_factory=dict)
    alarm_s: float | None = None
    """When an alarm was last seen."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, for a person."""

    trouble: Trouble
    partner: CountryCode | None
    """None: it concerns the own broker."""
    what: str
    cure: str
    since_s: float


@dataclass(frozen=True, slots=True)
class Mending:
    """One repair to be made."""

    repair: Repair
    partner: CountryCode | None
    """None: a policy that concerns every partner."""
    name: str
    """Of the policy, or the link's id for a restart; else the upstream's."""
    trouble: Trouble
    node: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the watch makes of one look."""

    findings: tuple[Finding, ...]
    mendings: tuple[Mending, ...]
    memory: Memory


RUNNING: Final = "running"
STARTING: Final = "starting"


def link_policy(partner: CountryCode) -> str:
    """Name the policy that makes a partner's exchange federated."""
    return "fed-" + partner
