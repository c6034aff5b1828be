"""What the watch makes of each state of a link, and that no repair runs in a loop."""

import itertools
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.exchange.addresses import federation_queue
from corridor.exchange.link_values import (
    Judged,
    LinkSeen,
    Memory,
    Patience,
    QueueSeen,
    Repair,
    Seen,
    Sound,
    Trouble,
    Wanted,
)
from corridor.exchange.link_watch import judge
from corridor.exchange.link_words import CURES, say
from corridor.transit.parties import CountryCode

GE, TR, AZ = CountryCode("GE"), CountryCode("TR"), CountryCode("AZ")
PATIENCE = Patience()
QUEUE = federation_queue(GE, TR)
UPSTREAM = {"uri": "amqps://tr", "exchange": "to.GE"}
OWN = {"pattern": "^from\\.TR$", "apply-to": "exchanges", "priority": 10, "definition": {"a": 1}}
INBOX = {"pattern": "^inbox", "apply-to": "queues", "priority": 10, "definition": {"b": 2}}
WANTED = Wanted(GE, {TR: UPSTREAM}, {"fed-TR": OWN, "inbox": INBOX})
RUNS = LinkSeen("TR", "running", "10:00:00", "", "c2c3", "ge@localhost")
WELL = Seen(
    (), {"TR": UPSTREAM}, {"fed-TR": {**OWN, "vhost": "corridor"}, "inbox": INBOX},
    (RUNS,), {QUEUE: QueueSeen(0, 1)},
)  # fmt: skip
LATE, LATE_BUT_HEARD = Sound(late=True, heard=False), Sound(late=True, heard=True)


def link(status: str, reason: str = "", since: str = "10:00:00") -> Seen:
    return replace(WELL, links=(LinkSeen("TR", status, since, reason, "c2c3", "ge@localhost"),))


def look(
    seen: Seen,
    now_s: float = 0.0,
    memory: Memory | None = None,
    wanted: Wanted = WANTED,
    sounds: Mapping[CountryCode, Sound] | None = None,
) -> Judged:
    return judge(wanted, seen, sounds or {}, now_s, memory or Memory(), PATIENCE)


def after(seen: Seen, wait_s: float) -> Judged:
    """What is judged of a state that has lasted so long."""
    return look(seen, wait_s, look(seen).memory)


def told(judged: Judged) -> list[Trouble]:
    return [one.trouble for one in judged.findings]


def done(judged: Judged) -> list[Repair]:
    return [one.repair for one in judged.mendings]


NOTHING: list[Repair] = []
CASES = (
    ("well", WELL, 0, {}, [], NOTHING),
    ("upstream gone", replace(WELL, upstreams={}), 0, {}, [Trouble.PARAMETER],
     [Repair.PUT_PARAMETER]),
    ("upstream changed", replace(WELL, upstreams={"TR": {**UPSTREAM, "uri": "amqps://other"}}), 0,
     {}, [Trouble.PARAMETER], [Repair.PUT_PARAMETER]),
    ("policy gone", replace(WELL, policies={"inbox": INBOX}), 0, {}, [Trouble.POLICY],
     [Repair.PUT_POLICY]),
    ("policy changed", replace(WELL, policies={"fed-TR": {**OWN, "priority": 1}, "inbox": INBOX}),
     0, {}, [Trouble.POLICY], [Repair.PUT_POLICY]),
    ("policy of the whole broker gone", replace(WELL, policies={"fed-TR": OWN}), 0, {},
     [Trouble.POLICY], [Repair.PUT_POLICY]),
    ("no link, just now", replace(WELL, links=()), 14, {}, [], NOTHING),
    ("no link", replace(WELL, links=()), 15, {}, [Trouble.MISSING], [Repair.REMAKE]),
    ("starting, just now", link("starting"), 89, {}, [], NOTHING),
    ("starting", link("starting"), 90, {}, [Trouble.STARTING], [Repair.RESTART]),
    ("down, just now", link("error"), 119, {}, [], NOTHING),
    ("down", link("error", "econnrefused"), 120, {}, [Trouble.DOWN], [Repair.RESTART]),
    ("shutdown", link("shutdown"), 120, {}, [Trouble.DOWN], [Repair.RESTART]),
    ("a link of somebody else's name", replace(WELL, links=(replace(RUNS, upstream="ZZ"),)), 15,
     {}, [Trouble.MISSING], [Repair.REMAKE]),
    ("runs, and nothing arrives", WELL, 0, {TR: LATE}, [Trouble.SILENT], [Repair.RESTART]),
    ("no receipt, but something else came", WELL, 0, {TR: LATE_BUT_HEARD}, [Trouble.CANARY_LATE],
     NOTHING),
    ("canary under way", WELL, 0, {TR: Sound(late=False, heard=False)}, [], NOTHING),
    ("not fetched, just now", replace(WELL, queues={QUEUE: QueueSeen(3, 0)}), 89, {}, [], NOTHING),
    ("not fetched", replace(WELL, queues={QUEUE: QueueSeen(3, 0)}), 90, {},
     [Trouble.NOT_FETCHED], NOTHING),
    ("no queue of the partner's", replace(WELL, queues={}), 90, {}, [Trouble.NOT_FETCHED], NOTHING),
    ("not fetched and late: the partner's link, not ours", replace(WELL, queues={}), 90,
     {TR: LATE}, [Trouble.NOT_FETCHED, Trouble.CANARY_LATE], NOTHING),
    ("down and late", link("error"), 120, {TR: LATE}, [Trouble.DOWN, Trouble.CANARY_LATE],
     [Repair.RESTART]),
    ("alarm", replace(WELL, alarms=("disk space",)), 0, {}, [Trouble.ALARM, Trouble.STOPPED],
     [Repair.STOP]),
    ("alarm, stopped already", replace(WELL, alarms=("memory",), upstreams={}, links=()), 99, {},
     [Trouble.ALARM, Trouble.STOPPED], NOTHING),
    ("a queue nobody fetches from",
     replace(WELL, queues={**WELL.queues, "federation: to.XX -> corridor.XX:from.GE":
                           QueueSeen(7, 0), "inbox.TR": QueueSeen(0, 1)}), 0, {},
     [Trouble.ORPHANED], NOTHING),
    ("an upstream of nobody", replace(WELL, upstreams={"TR": UPSTREAM, "XX": {}}), 0, {},
     [Trouble.STRAY], NOTHING),
)  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "wait_s", "sounds", "findings", "repairs"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_each_state_has_its_name_and_its_repair(
    seen: Seen,
    wait_s: float,
    sounds: dict[CountryCode, Sound],
    findings: list[Trouble],
    repairs: list[Repair],
) -> None:
    first = look(seen, 0.0, sounds=sounds)
    judged = first if not wait_s else look(seen, wait_s, first.memory, sounds=sounds)
    assert told(judged) == findings
    assert done(judged) == repairs
    assert all(one.what and one.cure and "{" not in one.what for one in judged.findings)


def test_a_repair_names_what_the_broker_is_told() -> None:
    (restart,) = after(link("error"), 120).mendings
    assert (restart.name, restart.node, restart.partner) == ("c2c3", "ge@localhost", TR)
    (policy,) = look(replace(WELL, policies={"inbox": INBOX})).mendings
    assert (policy.name, policy.partner) == ("fed-TR", TR)
    (whole,) = look(replace(WELL, policies={"fed-TR": OWN})).mendings
    assert (whole.name, whole.partner) == ("inbox", None)
    (put,) = look(replace(WELL, upstreams={})).mendings
    assert put.name == "TR"


@pytest.mark.parametrize(
    "seen",
    [replace(WELL, upstreams={}), replace(WELL, policies={"inbox": INBOX}),
     replace(WELL, policies={"fed-TR": OWN}), link("error")],
    ids=["upstream", "policy", "policy of all", "down"],
)  # fmt: skip
def test_what_does_not_help_is_repeated_ever_more_rarely(seen: Seen) -> None:
    memory, at_s = Memory(), []
    for second in range(0, 4 * 3600, 5):
        judged = look(seen, float(second), memory)
        memory = judged.memory
        at_s += [second] * len(judged.mendings)
    pauses = [later - earlier for earlier, later in itertools.pairwise(at_s)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 30
    assert pauses[-1] == 3600
    assert len(at_s) <= 12


@pytest.mark.parametrize(
    ("seen", "sounds"),
    [(link("error"), {}), (link("starting"), {}), (WELL, {TR: LATE})],
    ids=["down", "starting", "silent"],
)
def test_a_link_that_restarts_did_not_bring_back_is_made_anew(
    seen: Seen, sounds: dict[CountryCode, Sound]
) -> None:
    memory, made = Memory(), []
    for second in range(0, 400, 5):
        judged = look(seen, float(second), memory, sounds=sounds)
        memory = judged.memory
        made += judged.mendings
    assert [one.repair for one in made[:3]] == [Repair.RESTART, Repair.RESTART, Repair.REMAKE]
    assert (made[2].name, made[2].partner, made[2].node) == ("TR", TR, "")
    assert {one.repair for one in made[2:]} == {Repair.REMAKE}


def test_after_ten_good_minutes_a_link_is_restarted_first_again() -> None:
    memory = Memory()
    for second in range(0, 200, 5):
        memory = look(WELL, float(second), memory, sounds={TR: LATE}).memory
    for second in range(200, 1_000, 10):
        memory = look(WELL, float(second), memory).memory
    assert done(look(WELL, 1_000.0, memory, sounds={TR: LATE})) == [Repair.RESTART]


def test_what_was_put_back_counts_for_no_restart() -> None:
    memory = Memory()
    for second in (0.0, 40.0, 110.0):
        judged = look(replace(WELL, upstreams={}), second, memory)
        assert done(judged) == [Repair.PUT_PARAMETER]
        memory = judged.memory
    silent = look(WELL, 400.0, memory, sounds={TR: LATE})
    assert done(silent) == [Repair.RESTART]


@pytest.mark.parametrize(
    "broken",
    [replace(WELL, upstreams={}), replace(WELL, policies={"fed-TR": OWN})],
    ids=["upstream", "policy of all"],
)
def test_somebody_who_changes_it_back_each_time_gets_no_race(broken: Seen) -> None:
    memory, repairs = Memory(), 0
    for second in range(0, 3600, 10):
        judged = look(broken if second % 20 == 0 else WELL, float(second), memory)
        memory, repairs = judged.memory, repairs + len(judged.mendings)
    assert 1 < repairs <= 8


@pytest.mark.parametrize(
    "broken", [replace(WELL, upstreams={}), replace(WELL, policies={"fed-TR": OWN})]
)
def test_after_ten_good_minutes_a_repair_is_made_at_once_again(broken: Seen) -> None:
    memory = look(broken, 0.0).memory
    for second in (31.0, 100.0, 250.0):
        memory = look(broken, second, memory).memory
    assert not look(broken, 400.0, memory).mendings
    for second in range(400, 1_100, 10):
        memory = look(WELL, float(second), memory).memory
    first = look(broken, 1_100.0, memory)
    assert first.mendings
    assert look(broken, 1_131.0, first.memory).mendings


def test_links_stop_while_there_is_an_alarm_and_start_once_it_has_been_calm() -> None:
    short = replace(WELL, alarms=("disk space",))
    stopped = look(short, 0.0)
    assert done(stopped) == [Repair.STOP]
    gone = replace(WELL, upstreams={}, links=())
    still = look(replace(gone, alarms=("disk space",)), 1000.0, stopped.memory)
    assert done(still) == []
    calm = look(gone, 1010.0, still.memory)
    assert told(calm) == [Trouble.STOPPED]
    assert done(calm) == []
    assert done(look(gone, 1030.0, calm.memory)) == [Repair.PUT_PARAMETER]


def test_a_node_that_was_restarted_meanwhile_leaves_nothing_stopped() -> None:
    gone = replace(WELL, upstreams={}, links=())
    assert done(look(gone, 0.0, Memory())) == [Repair.PUT_PARAMETER]


def test_an_alarm_that_comes_and_goes_stops_and_starts_no_faster_than_the_calm() -> None:
    memory, seen, acts = Memory(), WELL, []
    for second in range(0, 600, 5):
        now = replace(seen, alarms=("memory",) if second % 60 < 20 else ())
        judged = look(now, float(second), memory)
        memory = judged.memory
        for repair in done(judged):
            acts.append((second, repair))
            stop = repair is Repair.STOP
            seen = replace(WELL, upstreams={}, links=()) if stop else WELL
    assert all(
        later[0] - earlier[0] >= PATIENCE.calm_s or later[1] is Repair.STOP
        for earlier, later in itertools.pairwise(acts)
    )
    assert {repair for _, repair in acts} == {Repair.STOP, Repair.PUT_PARAMETER}


def test_a_link_that_comes_and_goes_is_named() -> None:
    memory, judged = Memory(), look(WELL)
    for number in range(6):
        seen = link("running", since=f"10:0{number}:00")
        judged = look(seen, 60.0 * number, memory)
        memory = judged.memory
    assert told(judged) == [Trouble.FLAPPING]
    assert "4 times" in judged.findings[0].what
    assert done(judged) == []
    assert told(look(WELL, 2000.0, look(WELL, 1_000.0, memory).memory)) == []
    for gone in (link("error"), replace(WELL, links=())):
        down = look(gone, 1_000.0, memory)
        assert Trouble.FLAPPING not in told(look(gone, 2_000.0, down.memory))  # it is down, no more


def test_what_the_watch_did_itself_counts_for_no_flap() -> None:
    memory = Memory()
    for number in range(8):
        up = look(link("running", since=f"10:0{number}:00"), 200.0 * number, memory)
        down = look(link("error"), 200.0 * number + 1, up.memory)
        memory = look(link("error"), 200.0 * number + 130, down.memory).memory
    assert all(not one.flaps or len(one.flaps) < 4 for one in memory.links.values())


def test_a_link_that_dials_in_vain_is_down_though_it_starts_again_and_again() -> None:
    memory, judged = Memory(), look(WELL)
    for second in range(0, 130, 10):
        dials = second % 30 < 15
        seen = link("starting") if dials else link("error", "connect timeout")
        judged = look(seen, float(second), memory)
        memory = judged.memory
    assert told(judged) == [Trouble.DOWN]
    assert "connect timeout" in judged.findings[0].what


def test_a_partner_that_is_left_alone_is_neither_told_nor_mended() -> None:
    wanted = replace(WANTED, left_alone=frozenset({TR}))
    judged = look(replace(WELL, upstreams={}, links=(), policies={"inbox": INBOX}), wanted=wanted)
    assert judged.findings == judged.mendings == ()


def test_a_partner_without_a_certificate_is_told_and_its_queue_is_no_orphan() -> None:
    wanted = Wanted(GE, {}, {}, unlinked={TR: "fed-at-tr.pem is missing"})
    judged = look(WELL, wanted=wanted)  # its upstream is there, and is the partner's all the same
    assert told(judged) == [Trouble.UNLINKED]
    assert "fed-at-tr.pem" in judged.findings[0].what


def test_patience_grows_with_the_pause_of_the_links() -> None:
    assert Patience.for_delay(30.0) == Patience()
    assert Patience.for_delay(2.0).down_s < Patience().down_s < Patience.for_delay(60.0).down_s


def test_every_trouble_has_words_and_a_cure() -> None:
    for trouble in Trouble:
        assert say(trouble, TR, "detail")
        assert CURES[trouble]


_STATUS = st.sampled_from(["running", "starting", "error", "shutdown", "whatever comes later"])


@given(
    st.lists(
        st.tuples(
            st.booleans(), st.booleans(), st.booleans(), _STATUS, st.booleans(), st.booleans(),
            st.floats(0, 500),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_no_link_is_ever_stopped_without_an_alarm_and_repairs_stay_rare(
    looks: list[tuple[bool, bool, bool, str, bool, bool, float]],
) -> None:
    memory, now_s, repairs = Memory(), 0.0, []
    for alarm, has_upstream, has_policy, status, has_link, late, wait_s in looks:
        now_s += wait_s
        seen = Seen(
            ("memory",) if alarm else (),
            {"TR": UPSTREAM} if has_upstream else {},
            {"inbox": INBOX} | ({"fed-TR": OWN} if has_policy else {}),
            (replace(RUNS, status=status),) if has_link else (),
            {},
        )
        sounds = {TR: Sound(late=late, heard=False)}
        judged = judge(WANTED, seen, sounds, now_s, memory, PATIENCE)
        memory = judged.memory
        for one in judged.mendings:
            assert (one.repair is Repair.STOP) <= bool(
                alarm or (memory.alarm_s is not None and now_s - memory.alarm_s < PATIENCE.calm_s)
            )
            repairs += [now_s] if one.repair is not Repair.STOP else []
        assert len(judged.mendings) <= 1
    assert all(
        later - earlier >= min(PATIENCE.pause_s, PATIENCE.calm_s)
        for earlier, later in itertools.pairwise(repairs)
    )
