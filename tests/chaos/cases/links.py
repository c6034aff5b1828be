"""Links between brokers that are cut, changed, emptied or only seem to run."""

import time
from contextlib import suppress

from chaos.cases.case import GE, TR, Scene, case
from corridor.errors import LinkTrouble
from corridor.exchange.addresses import federation_queue

_FLAPS = 25
_UPSTREAM = "parameters/federation-upstream/corridor/TR"


@case(
    4,
    "Link partition of 10 minutes: packets vanish, nothing is reset",
    "the heartbeat finds it, the link resumes, and no process leaks at the broker",
)
def partition(scene: Scene) -> None:
    ways = (scene.net.entry(TR), scene.net.entry(GE))
    before = _processes(scene)
    for way in ways:
        way.stall()
    begun = time.monotonic()
    records = scene.submit(40)
    found = scene.wait(lambda: not scene.runs(GE), scene.s(15, 90))
    scene.expect(found, "the broker still calls the link running")
    scene.note(f"the heartbeat found it after {time.monotonic() - begun:.0f} s")
    scene.rest(scene.s(10, 600) - (time.monotonic() - begun))
    scene.bites(all(way.bites for way in ways), "bytes passed")
    for way in ways:
        way.heal(reset=True)
    scene.expect(scene.complete(records), "not complete after the partition")
    scene.net.wait_whole(60)
    # each link has a dozen; the suite's own questions come and go
    calm = scene.wait(lambda: _processes(scene) <= before + 30, 20)
    scene.expect(calm, f"Erlang processes: {before} before, {_processes(scene)} after")
    scene.note(
        f"Erlang processes at the receiver's broker: {before} before, {_processes(scene)} after"
    )


def _processes(scene: Scene) -> int:
    (node,) = scene.admin(GE).ask("GET", "nodes?columns=proc_used")
    return int(node["proc_used"])


@case(
    6,
    "Policy changed, upstream edited and cluster name set during traffic",
    "links restart, the queue at the sender keeps its messages, nothing is lost",
    quick=True,
)
def edited(scene: Scene) -> None:
    admin, queue = scene.admin(GE), federation_queue(TR, GE)
    traffic = scene.send(200, over_s=6.0)
    upstream = admin.ask("GET", _UPSTREAM)["value"]
    admin.ask("PUT", _UPSTREAM, {"value": {**upstream, "prefetch-count": 100}})
    scene.bites(_restarted(scene), "the edited upstream did not restart the link")
    policy = admin.ask("GET", "policies/corridor/fed-TR")
    kept = {key: policy[key] for key in ("pattern", "definition", "apply-to")}
    other = {**policy["definition"], "federation-upstream-set": "all"}
    other.pop("federation-upstream")
    admin.ask("PUT", "policies/corridor/fed-TR", {**kept, "priority": 11, "definition": other})
    scene.bites(_restarted(scene), "the changed policy did not restart the link")
    admin.broker.ctl("set_cluster_name", "corridor.GE")
    scene.expect(_restarted(scene), "the link did not run after the cluster name was set")
    scene.expect(queue in scene.queues(TR), "the queue at the sender was deleted")
    admin.restore()
    scene.expect(traffic.wait(30), "the nodes took no records meanwhile")
    scene.expect(scene.complete(traffic.accepted), "not complete after the changes")
    scene.note("upstream, policy and cluster name were changed under traffic; its queue stayed")


def _restarted(scene: Scene) -> bool:
    """Whether the link runs again; it restarts within the second."""
    time.sleep(0.3)
    return scene.wait(lambda: scene.runs(GE), 30)


@case(
    7,
    "The queue at the sender's broker is deleted or expires while the receiver is away",
    "the sender's broker returns what is published, the node says NO_ROUTE and waits; later all "
    "of it is published again, the confirmed and deleted too",
    quick=True,
)
def queue_deleted(scene: Scene) -> None:
    way, queue = scene.net.link(TR, GE), federation_queue(TR, GE)
    way.cut()
    deleted = scene.submit(20, TR)
    waits = scene.wait(lambda: scene.admin(TR).depth(queue) > 0, 20)
    scene.note(f"{scene.admin(TR).depth(queue)} confirmed messages were deleted with the queue")
    scene.admin(TR).delete_queue(queue)
    scene.bites(waits and queue not in scene.queues(TR), "the queue was empty or is still there")
    more = scene.submit(10, TR)
    _tells_no_route(scene)
    way.heal()
    scene.expect(scene.complete([*deleted, *more]), "not complete after the link was back")


def _tells_no_route(scene: Scene) -> None:
    told = scene.wait(lambda: scene.events(TR, "way.changed", state="no_route"), scene.s(15, 60))
    scene.expect(told, "the node did not say that there is no route")
    closed = scene.wait(lambda: scene.metric(TR, "corridor_link_open", peer="GE.RS") == 0, 5)
    scene.expect(closed, "corridor_link_open is still 1")
    failures = scene.metric(TR, "corridor_publish_failures_total", peer="GE.RS", reason="returned")
    scene.note(f"returned: {failures:.0f} times told as NO_ROUTE; corridor_link_open 0")


@case(
    8,
    "Publishing before any link exists: the sender's broker is new and empty",
    "everything is returned, nothing is confirmed and lost; it leaves when the first link is there",
)
def before_any_link(scene: Scene) -> None:
    net, way = scene.net, scene.net.link(TR, GE)
    way.cut()
    net.kill_broker(TR)
    net.start_broker(TR, wipe=True)
    empty = federation_queue(TR, GE) not in scene.queues(TR)
    scene.bites(empty, "the new broker has a queue for the partner")
    records = scene.submit(30, TR)
    _tells_no_route(scene)
    way.heal()
    scene.expect(scene.complete(records), "not complete after the first link was there")


@case(
    9,
    "The receiver unbinds its inbox",
    "the binding at the sender's broker goes with it: what is published there is returned",
    quick=True,
)
def unbound(scene: Scene) -> None:
    scene.admin(GE).divert(TR)
    time.sleep(1)
    records = scene.submit(20, TR)
    _tells_no_route(scene)
    scene.bites(not scene.handed(records[:1], 1), "what was published still arrived")
    scene.expect(scene.runs(GE), "the link does not run")
    scene.note("the link was still called running by its broker")
    scene.admin(GE).lead_back(TR)
    scene.expect(scene.complete(records), "not complete after the inbox was bound again")


@case(
    14,
    "25 link flaps with messages unacknowledged",
    "nothing is given up by the queue at the sender, nothing is dead-lettered",
    newer="on a 4.2 quorum queue each flap counts against the delivery limit",
)
def flaps(scene: Scene) -> None:
    way = scene.net.link(TR, GE)
    traffic = scene.send(200, TR, over_s=30.0)
    cut = 0
    for _ in range(_FLAPS):
        way.slow(0.2)
        scene.wait(lambda: way.bites > 1, 3)
        cut += way.connections > 0
        way.reset()
        way.heal()
        scene.wait(lambda: scene.runs(GE), 15)
    scene.bites(cut == _FLAPS, f"{cut} of {_FLAPS} flaps found a connection to end")
    scene.expect(traffic.wait(60), "the node took no records meanwhile")
    scene.expect(scene.complete(traffic.accepted), "not complete after the flaps")
    for code in (TR, GE):
        scene.expect(not scene.events(code, "stray.found"), f"{code}: something was dead-lettered")
        scene.expect(scene.admin(code).depth("corridor.dlq") == 0, f"{code}: dead letters")
    scene.note(f"{cut} flaps; no dead letter at either broker")


@case(
    23,
    "Duplicate and reordered delivery",
    "each record is kept once, in the order of its stream; what came twice is counted",
    quick=True,
)
def duplicated(scene: Scene) -> None:
    admin = scene.admin(GE)
    admin.copies()
    admin.copy_from(TR)
    admin.divert(TR)
    time.sleep(1)
    records = scene.submit(30, TR)
    scene.wait(lambda: admin.depth("lab.chaos") > 3, 15)
    copies = admin.copies()
    known = scene.metric(GE, "corridor_envelopes_duplicate_total")
    admin.lead_back(TR)
    for copy in [*reversed(copies), *copies, *copies[:3] * 5]:
        admin.deliver(TR, copy)
    scene.expect(scene.complete(records), "not complete after the delivery in disorder")
    admin.copy_no_more(TR)
    twice = scene.metric(GE, "corridor_envelopes_duplicate_total") - known
    scene.bites(len(copies) > 2 and twice >= len(copies), "nothing came twice")
    scene.note(
        f"{len(copies)} envelopes last first, each at least twice: {twice:.0f} counted double"
    )


@case(
    29,
    "Ghost link: its internal exchange is removed by hand",
    "the broker still calls it running; what is published is returned, so the node knows within "
    "seconds, and a restart of the link repairs it",
    quick=True,
)
def ghost(scene: Scene) -> None:
    queue = federation_queue(TR, GE)
    for end in (" A", " B"):
        with suppress(LinkTrouble):  # one of the two is there
            scene.delete_exchange(TR, queue + end)
    begun = time.monotonic()
    records = scene.submit(20, TR)
    running = scene.runs(GE)
    _tells_no_route(scene)
    scene.bites(running, "the broker does not call the link running: no ghost")
    scene.note(
        f"`running` by its broker, NO_ROUTE by its node {time.monotonic() - begun:.1f} s later"
    )
    if scene.complete(records, scene.s(20, 180)):
        scene.note("the link was restarted by the receiver's own node")
    else:
        link = scene.link(GE)
        path = f"federation-links/vhost/corridor/{link['id']}/{link['node']}/restart"
        scene.admin(GE).ask("DELETE", path)
        scene.note("the link was restarted by an operator")
    scene.expect(scene.complete(records), "not complete after the link was restarted")
