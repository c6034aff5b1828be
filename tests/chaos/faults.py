"""The faults of the random part, as a table: how each begins, how it is seen to bite, how it ends.

Rules:

* a fault is done to one country (the victim) while records flow both ways, so that it strikes
  senders and receivers alike;
* `bitten` looks at an effect, never at the intention: bytes that did not pass, a process that is
  gone, a queue that is no more, a clock that is wrong, a write that failed;
* `begin` and `heal` return at once; what has to come back is waited for by who runs them;
* two faults of one run never claim the same thing (`claims`): what they prove must be plain.
"""

import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chaos.disks import shrink, widen
from chaos.network import ChaosNetwork
from chaos.proxy import Way
from corridor.errors import CorridorError, LinkTrouble
from corridor.transit.parties import CountryCode

_DAY_S: Final = 86_400.0


@dataclass(slots=True)
class Scene:
    """One fault in one run: on what, with which luck, and what was seen."""

    net: ChaosNetwork
    victim: CountryCode
    rng: random.Random
    seen: dict[str, Any] = field(default_factory=dict)
    """What `begin` leaves for `bitten` and `heal`."""
    planted: int = 0
    """Frames that this fault may lead into quarantine."""
    forgets: bool = False
    """Whether the victim's node was put back from a backup, and knows less than it had said."""

    @property
    def partner(self) -> CountryCode:
        """Who is at the other end of the victim's corridor."""
        return self.net.partner(self.victim)


Act = Callable[[Scene], None]
See = Callable[[Scene], bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault."""

    name: str
    kind: str
    """node, network, delivery, clock, admin, broker or disk."""
    claims: tuple[str, ...]
    """What nobody else may break meanwhile: "node", "entry", "own", "broker", "from", "store"."""
    begin: Act
    bitten: See
    heal: Act
    least_s: float = 0.3
    most_s: float = 1.2
    """Bounds of the time between its begin and its heal."""
    weight: int = 1
    """How often it is drawn beside others of its group."""
    slow_s: float = 0.0
    """How long its begin itself takes: traffic goes on meanwhile."""


# -- nodes and national systems


def _kill_node(scene: Scene) -> None:
    scene.seen["pid"] = scene.net.node(scene.victim).pid
    scene.net.kill_node(scene.victim)


def _stop_node(scene: Scene) -> None:
    scene.seen["orderly"] = scene.net.node(scene.victim).stop()


def _start_node(scene: Scene) -> None:
    scene.net.node(scene.victim).start()


def _freeze(scene: Scene) -> None:
    node = scene.net.node(scene.victim)
    scene.seen["pid"] = node.pid
    node.signal(signal.SIGSTOP)


def _is_frozen(scene: Scene) -> bool:
    with suppress(OSError):
        stat = Path(f"/proc/{scene.seen['pid']}/stat").read_text(encoding="ascii")
        return stat.rpartition(")")[2].split()[0] == "T"
    return False


def _thaw(scene: Scene) -> None:
    scene.net.node(scene.victim).signal(signal.SIGCONT)


def _kill_system(scene: Scene) -> None:
    recorder = scene.net.recorders[scene.victim]
    scene.seen["pid"] = recorder.pid
    recorder.kill()


def _start_system(scene: Scene) -> None:
    scene.net.recorders[scene.victim].start()


def _is_gone(scene: Scene) -> bool:
    pid = scene.seen.get("pid")
    return pid is not None and not Path(f"/proc/{pid}").exists()


# -- connections


def _entry(scene: Scene) -> Way:
    """What the victim has for its partner."""
    return scene.net.entry(scene.victim)


def _own(scene: Scene) -> Way:
    """Between the victim's node and its broker."""
    return scene.net.own(scene.victim)


Pick = Callable[[Scene], Way]


def _on(pick: Pick, act: Callable[[Way, random.Random], None]) -> Act:
    return lambda scene: act(pick(scene), scene.rng)


def _bites(pick: Pick) -> See:
    return lambda scene: pick(scene).bites > 0


def _heal(pick: Pick, *, reset: bool = False) -> Act:
    return lambda scene: pick(scene).heal(reset=reset)


def _way_faults(prefix: str, claim: str, pick: Pick) -> list[Fault]:
    """The same things may happen to every connection."""
    acts: list[tuple[str, Callable[[Way, random.Random], None], bool]] = [
        ("cut", lambda way, _: way.cut(), False),
        ("reset", lambda way, _: way.reset(), False),
        ("stalled", lambda way, _: way.stall(), False),
        ("half_open", lambda way, _: way.stall(), True),
        ("slow", lambda way, rng: way.slow(rng.uniform(0.02, 0.25)), False),
        ("corrupting", lambda way, rng: way.corrupt(rng.randint(1, 4)), False),
    ]
    return [
        Fault(f"{prefix}_{name}", "network", (claim,), _on(pick, act), _bites(pick),
              _heal(pick, reset=reset))
        for name, act, reset in acts
    ]  # fmt: skip


# -- what an administrator may do wrong


def _delete_upstream_queue(scene: Scene) -> None:
    scene.net.admin(scene.victim).delete_upstream_queue(scene.partner)
    scene.seen["deleted"] = True


def _delete_policy(scene: Scene) -> None:
    scene.net.admin(scene.victim).delete_policy(scene.partner)


def _delete_user(scene: Scene) -> None:
    scene.net.admin(scene.victim).delete_user(scene.partner)


def _restore(scene: Scene) -> None:
    scene.net.admin(scene.victim).restore()


def _link_is_down(owner: Callable[[Scene], CountryCode]) -> See:
    def see(scene: Scene) -> bool:
        with suppress(LinkTrouble):
            links = scene.net.links(owner(scene))
            return not any(link.status == "running" for link in links)
        return False

    return see


def _alarm(kind: str) -> Act:
    def begin(scene: Scene) -> None:
        scene.net.admin(scene.victim).alarm(kind)

    return begin


def _end_alarm(kind: str) -> Act:
    return lambda scene: scene.net.admin(scene.victim).end_alarm(kind)


def _is_blocked(scene: Scene) -> bool:
    with suppress(CorridorError):
        status = scene.net.node(scene.victim).status()
        return bool(status and status["broker"]["blocked"])
    return False


# -- delivery: the suite's own hands between a link and an inbox


def _copy(scene: Scene) -> None:
    scene.net.admin(scene.victim).copy_from(scene.partner)


def _deliver_again(scene: Scene) -> None:
    admin = scene.net.admin(scene.victim)
    admin.copy_no_more(scene.partner)
    copies = admin.copies()
    scene.rng.shuffle(copies)
    for copy in copies:
        admin.deliver(scene.partner, copy)
    scene.seen["moved"] = len(copies)


def _divert(scene: Scene) -> None:
    admin = scene.net.admin(scene.victim)
    admin.copy_from(scene.partner)
    admin.divert(scene.partner)


def _deliver_reversed(scene: Scene) -> None:
    admin = scene.net.admin(scene.victim)
    admin.lead_back(scene.partner)
    admin.copy_no_more(scene.partner)
    copies = admin.copies()
    for copy in reversed(copies):
        admin.deliver(scene.partner, copy)
    scene.seen["moved"] = len(copies) if len(copies) > 1 else 0


def _deliver_never(scene: Scene) -> None:
    admin = scene.net.admin(scene.victim)
    admin.lead_back(scene.partner)
    admin.copy_no_more(scene.partner)
    scene.seen["moved"] = len(admin.copies())


def _moved(scene: Scene) -> bool:
    return scene.seen.get("moved", 0) > 0


# -- clocks


def _jump(least_s: float, most_s: float) -> Act:
    def begin(scene: Scene) -> None:
        seconds = scene.rng.choice((-1, 1)) * scene.rng.uniform(least_s, most_s)
        scene.seen["offset_s"] = seconds
        scene.net.node(scene.victim).clock.put(seconds)

    return begin


def _is_wrong(scene: Scene) -> bool:
    with suppress(CorridorError):
        status = scene.net.node(scene.victim).status()
        off_s = status["now_ms"] / 1000 - time.time() if status else 0.0
        return abs(off_s) > abs(scene.seen["offset_s"]) / 2
    return False


def _clock_right(scene: Scene) -> None:
    scene.net.node(scene.victim).clock.put(0)


# -- brokers


def _kill_broker(scene: Scene) -> None:
    scene.seen["pid"] = scene.net.brokers[scene.victim].pid
    scene.net.kill_broker(scene.victim)


def _start_broker(scene: Scene) -> None:
    scene.net.brokers[scene.victim].start()


def _start_empty(scene: Scene) -> None:
    scene.net.empty_broker(scene.victim)
    scene.net.without_hands.add(scene.victim)
    scene.net.brokers[scene.victim].start()


# -- disks


def _fill_store(scene: Scene) -> None:
    scene.seen["log"] = scene.net.node(scene.victim).plan.log.stat().st_size
    shrink(scene.net.node(scene.victim).plan.store.parent, spare_bytes=0)


def _nearly_fill_store(scene: Scene) -> None:
    scene.seen["log"] = scene.net.node(scene.victim).plan.log.stat().st_size
    shrink(scene.net.node(scene.victim).plan.store.parent, spare_bytes=24 << 20)


def _free_store(scene: Scene) -> None:
    widen(scene.net.node(scene.victim).plan.store.parent)


def _has_no_room(scene: Scene) -> bool:
    """Whether the node refused, or a write failed."""
    with suppress(CorridorError):
        status = scene.net.node(scene.victim).status()
        if status and any("free" in line for line in status["attention"]):
            return True
    with scene.net.node(scene.victim).plan.log.open("rb") as log:
        log.seek(scene.seen["log"])
        return b"store.failed" in log.read()


def _partner_of(scene: Scene) -> CountryCode:
    return scene.partner


def _victim_of(scene: Scene) -> CountryCode:
    return scene.victim


_TABLE: Final = [
    Fault("node_killed", "node", ("node", "own"), _kill_node, _is_gone, _start_node, 0.0, 1.0),
    Fault("node_stopped", "node", ("node", "own"), _stop_node,
          lambda scene: scene.seen.get("orderly") is not None, _start_node, 0.0, 1.0),
    Fault("node_frozen", "node", ("node", "own"), _freeze, _is_frozen, _thaw, 0.3, 2.5),
    Fault("system_killed", "node", ("system",), _kill_system, _is_gone, _start_system, 0.0, 1.0),
    *_way_faults("link", "entry", _entry),
    *_way_faults("own", "own", _own),
    Fault("queue_deleted", "admin", ("broker", "entry"), _delete_upstream_queue,
          lambda scene: bool(scene.seen.get("deleted")), _restore),
    Fault("policy_removed", "admin", ("broker",), _delete_policy, _link_is_down(_victim_of),
          _restore),
    Fault("user_removed", "admin", ("broker", "entry"), _delete_user, _link_is_down(_partner_of),
          _restore, 0.8, 1.5),
    Fault("memory_alarm", "admin", ("broker", "node", "own"), _alarm("memory"), _is_blocked,
          _end_alarm("memory"), 0.8, 1.8, slow_s=1.2),
    Fault("disk_alarm", "admin", ("broker", "node", "own"), _alarm("disk"), _is_blocked,
          _end_alarm("disk"), 0.8, 1.8, slow_s=1.2),
    Fault("delivered_twice", "delivery", ("broker",), _copy, _moved, _deliver_again),
    Fault("delivered_reversed", "delivery", ("broker",), _divert, _moved, _deliver_reversed),
    Fault("delivered_never", "delivery", ("broker",), _divert, _moved, _deliver_never),
    Fault("clock_minutes", "clock", ("node",), _jump(60, 3600), _is_wrong, _clock_right),
    Fault("clock_days", "clock", ("node",), _jump(_DAY_S, 5 * _DAY_S), _is_wrong, _clock_right),
    Fault("broker_killed", "broker", ("broker", "own", "entry"), _kill_broker, _is_gone,
          _start_broker, 0.0, 1.0),
    Fault("broker_emptied", "disk", ("broker", "own", "entry"), _kill_broker, _is_gone,
          _start_empty, 0.0, 1.0),
    Fault("store_full", "disk", ("node",), _fill_store, _has_no_room, _free_store, 0.3, 2.0,
          weight=2),
    Fault("store_nearly_full", "disk", ("node",), _nearly_fill_store, _has_no_room, _free_store,
          1.1, 2.0),
]  # fmt: skip

FAULTS: Final = {fault.name: fault for fault in _TABLE}
"""Every fault by its name."""
