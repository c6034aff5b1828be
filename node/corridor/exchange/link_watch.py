"""Judge how the links of the own broker do, and what may safely be done about it (pure).

Rules:

* what is wanted follows from the directory, what is there from the broker's own report, and
  whether anything arrives from canaries: a broker that says "running" is not believed alone;
* nothing is remembered that could keep a link stopped: it is stopped while there is an alarm, and
  an upstream that is missing without one is put back, whoever took it away and whenever;
* only what loses nothing is done: a link that ends leaves what waits for us at the partner's
  broker (`resource-cleanup-mode: never`). No queue is ever removed, no user and no permission
  touched;
* a repair that does not help is made again after 30 s, 1 min, 2 min … at most once an hour;
* a link that two restarts did not bring back is made anew: its supervisor may have lost it, and
  what waits for us is with the partner either way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from corridor.exchange.addresses import FEDERATION_PREFIX, federation_queue
from corridor.exchange.link_values import (
    RUNNING,
    STARTING,
    Finding,
    Judged,
    LinkMemory,
    LinkSeen,
    Memory,
    Mending,
    Patience,
    Repair,
    Seen,
    Sound,
    Trouble,
    Wanted,
    link_policy,
)
from corridor.exchange.link_words import CURES, say
from corridor.transit.parties import CountryCode

_REPAIRS: Final = {
    Trouble.STOPPED: Repair.STOP,
    Trouble.PARAMETER: Repair.PUT_PARAMETER,
    Trouble.POLICY: Repair.PUT_POLICY,
    Trouble.MISSING: Repair.REMAKE,
    Trouble.STARTING: Repair.RESTART,
    Trouble.DOWN: Repair.RESTART,
    Trouble.SILENT: Repair.RESTART,
}
_RESTARTS: Final = 2
"""That many in vain, then the link is made anew."""
_DOUBLINGS: Final = 12
_POLICY_FIELDS: Final = ("pattern", "apply-to", "priority", "definition")
_UNTROUBLED: Final = frozenset({Trouble.NOT_FETCHED, Trouble.CANARY_LATE})
"""Which say nothing of our own link."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at one link."""

    partner: CountryCode
    wanted: Wanted
    seen: Seen
    link: LinkSeen | None
    sound: Sound | None
    now_s: float
    stopping: bool
    patience: Patience


@dataclass(frozen=True, slots=True)
class _PolicyLook:
    """One look at a policy of the whole broker."""

    right: bool
    now_s: float
    patience: Patience


def judge(  # noqa: PLR0913, PLR0917 - one look, and what it is compared with
    wanted: Wanted,
    seen: Seen,
    sounds: Mapping[CountryCode, Sound],
    now_s: float,
    memory: Memory,
    patience: Patience,
) -> Judged:
    """Return what is wrong, what to do now, and what to remember until the next look.

    Args:
        wanted: What the own broker should hold.
        seen: What it says of itself.
        sounds: What canaries tell, by partner; a partner without one is not judged by them.
        now_s: A steady clock's seconds.
        memory: What the look before returned; an empty one after a start.
        patience: How long things may take.
    """
    alarm_s = now_s if seen.alarms else memory.alarm_s
    stopping = alarm_s is not None and (bool(seen.alarms) or now_s - alarm_s < patience.calm_s)
    findings = [*_of_broker(wanted, seen, now_s)]
    mendings: list[Mending] = []
    links: dict[str, LinkMemory] = {}
    by_upstream = {link.upstream: link for link in seen.links}
    for partner in wanted.upstreams:
        if partner in wanted.left_alone:
            continue
        look = _Look(
            partner, wanted, seen, by_upstream.get(partner), sounds.get(partner), now_s,
            stopping, patience,
        )  # fmt: skip
        found, mending, links[partner] = _of_link(look, memory.links.get(partner, LinkMemory()))
        findings += found
        mendings += [mending] if mending else []
    own = {link_policy(partner) for partner in wanted.upstreams}
    for name in (each for each in wanted.policies if each not in own):
        right = _same_policy(wanted, seen, name)
        policy = _PolicyLook(right, now_s, patience)
        wrong, mending, links[name] = _of_policy(name, policy, memory.links.get(name, LinkMemory()))
        findings += [wrong] if wrong else []
        mendings += [mending] if mending else []
    kept_alarm_s = alarm_s if stopping else None
    return Judged(tuple(findings), tuple(mendings), Memory(links, kept_alarm_s))


def _of_broker(wanted: Wanted, seen: Seen, now_s: float) -> Iterator[Finding]:
    """Name what concerns no single link of ours."""
    for resource in seen.alarms:
        yield _finding(Trouble.ALARM, None, now_s, resource)
    partners = {*wanted.upstreams, *wanted.unlinked}
    fetched = {federation_queue(wanted.me, partner) for partner in partners}
    for queue, state in seen.queues.items():
        if queue.startswith(FEDERATION_PREFIX) and queue not in fetched:
            yield _finding(Trouble.ORPHANED, None, now_s, f"{queue} ({state.messages} messages)")
    for upstream in seen.upstreams:
        if upstream not in partners:
            yield _finding(Trouble.STRAY, None, now_s, upstream)
    for partner, why in wanted.unlinked.items():
        yield _finding(Trouble.UNLINKED, partner, now_s, why)


def _of_link(look: _Look, memory: LinkMemory) -> tuple[list[Finding], Mending | None, LinkMemory]:
    raw = dict(_troubles(look))
    since = {trouble: memory.since.get(trouble, look.now_s) for trouble in raw}
    ripe = [one for one, after_s in raw.items() if look.now_s - since[one] >= after_s]
    memory = _noticed(look, replace(memory, since=since))
    first = next((one for one in ripe if one not in _UNTROUBLED), None)
    told = [one for one in ripe if one in _UNTROUBLED or one is first]
    if _flaps(look, memory):
        told.append(Trouble.FLAPPING)
    findings = [
        _finding(one, look.partner, since.get(one, look.now_s), _detail(one, look, memory))
        for one in told
    ]
    if first is None:
        return findings, None, _rested(look, memory)
    memory = replace(memory, troubled_s=look.now_s)
    if first is Trouble.STOPPED:
        there = look.partner in look.seen.upstreams
        mending = _mending(first, look, memory) if there else None
        return findings, mending, replace(memory, mark="", next_s=look.now_s)
    if look.now_s < memory.next_s:
        return findings, None, memory
    mending = _mending(first, look, memory)
    if mending.repair is Repair.RESTART:
        memory = replace(memory, restarts=memory.restarts + 1)
    return findings, mending, _tried(memory, look.now_s, look.patience)


def _troubles(look: _Look) -> Iterator[tuple[Trouble, float]]:
    """Name what may be wrong, the cause before its effects, and for how long it may be so."""
    seen, partner = look.seen, look.partner
    if look.stopping:
        yield Trouble.STOPPED, 0.0
        return
    if seen.upstreams.get(partner) != look.wanted.upstreams[partner]:
        yield Trouble.PARAMETER, 0.0
    if not _same_policy(look.wanted, seen, link_policy(partner)):
        yield Trouble.POLICY, 0.0
    yield from _standing(look)
    yield from _working(look)


def _standing(look: _Look) -> Iterator[tuple[Trouble, float]]:
    """Name what the broker itself says of the link."""
    if look.link is None:
        yield Trouble.MISSING, look.patience.settle_s
    elif look.link.status != RUNNING:
        if look.link.status == STARTING:
            yield Trouble.STARTING, look.patience.starting_s
        yield Trouble.DOWN, look.patience.down_s


def _working(look: _Look) -> Iterator[tuple[Trouble, float]]:
    """Name what shows that nothing passes, whatever the broker says."""
    queue = look.seen.queues.get(federation_queue(look.wanted.me, look.partner))
    fetched = queue is not None and queue.consumers > 0
    if not fetched:
        yield Trouble.NOT_FETCHED, look.patience.fetched_s
    if look.sound is not None and look.sound.late:
        runs = look.link is not None and look.link.status == RUNNING
        silent = runs and fetched and not look.sound.heard
        yield (Trouble.SILENT if silent else Trouble.CANARY_LATE), 0.0


def _noticed(look: _Look, memory: LinkMemory) -> LinkMemory:
    """Note the broker's reason, and whether the link has come back since the last look."""
    link = look.link
    window_s = look.now_s - look.patience.flap_window_s
    flaps = tuple(at_s for at_s in memory.flaps if at_s > window_s)
    if link is None:
        return replace(memory, flaps=flaps)
    if link.status != RUNNING:
        return replace(memory, reason=link.reason or memory.reason, flaps=flaps)
    if memory.mark and link.since != memory.mark:
        flaps = (*flaps, look.now_s)
    return replace(memory, mark=link.since, flaps=flaps[-look.patience.flaps :], reason="")


def _flaps(look: _Look, memory: LinkMemory) -> bool:
    return not look.stopping and len(memory.flaps) >= look.patience.flaps


def _rested(look: _Look, memory: LinkMemory) -> LinkMemory:
    """Forget earlier tries of a link that has been well for long."""
    if memory.tries and look.now_s - memory.troubled_s >= look.patience.well_s:
        return replace(memory, tries=0, restarts=0)
    return memory


def _tried(memory: LinkMemory, now_s: float, patience: Patience) -> LinkMemory:
    """Count a repair; what it does to the link counts for no flap, and gets time to work."""
    pause_s = min(patience.pause_most_s, patience.pause_s * 2 ** min(memory.tries, _DOUBLINGS))
    return replace(memory, mark="", tries=memory.tries + 1, next_s=now_s + pause_s)


def _mending(trouble: Trouble, look: _Look, memory: LinkMemory) -> Mending:
    repair = _REPAIRS[trouble]
    if repair is Repair.RESTART and memory.restarts >= _RESTARTS:
        repair = Repair.REMAKE
    if repair is Repair.RESTART and look.link is not None:
        return Mending(repair, look.partner, look.link.id, trouble, look.link.node)
    name = link_policy(look.partner) if trouble is Trouble.POLICY else str(look.partner)
    return Mending(repair, look.partner, name, trouble, "")


def _of_policy(
    name: str, look: _PolicyLook, memory: LinkMemory
) -> tuple[Finding | None, Mending | None, LinkMemory]:
    """Look at a policy of the whole broker."""
    now_s, patience = look.now_s, look.patience
    if look.right:
        rested = now_s - memory.troubled_s >= patience.well_s
        return None, None, LinkMemory() if rested else memory
    memory = replace(memory, troubled_s=now_s)
    finding = _finding(Trouble.POLICY, None, now_s, name)
    if now_s < memory.next_s:
        return finding, None, memory
    mending = Mending(Repair.PUT_POLICY, None, name, Trouble.POLICY)
    return finding, mending, _tried(memory, now_s, patience)


def _same_policy(wanted: Wanted, seen: Seen, name: str) -> bool:
    want, have = wanted.policies[name], seen.policies.get(name)
    return have is not None and all(have.get(key) == want[key] for key in _POLICY_FIELDS)


def _detail(trouble: Trouble, look: _Look, memory: LinkMemory) -> str:
    """Return what the sentence about a trouble says beyond its kind."""
    match trouble:
        case Trouble.DOWN:
            status = look.link.status if look.link else ""
            return f"{status}: {memory.reason}" if memory.reason else status
        case Trouble.STOPPED:
            return ", ".join(look.seen.alarms) or "until it has been calm for a while"
        case Trouble.FLAPPING:
            return str(len(memory.flaps))
        case Trouble.PARAMETER:
            return "differs" if look.partner in look.seen.upstreams else "is not there"
        case Trouble.POLICY:
            return link_policy(look.partner)
        case _:
            return ""


def _finding(trouble: Trouble, partner: CountryCode | None, since_s: float, detail: str) -> Finding:
    return Finding(trouble, partner, say(trouble, partner, detail), CURES[trouble], since_s)
