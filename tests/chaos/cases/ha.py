"""A broker of three nodes: its leader dies, only a minority is left, all are restarted in turn."""

import time
from contextlib import suppress

from chaos.cases.case import GE, TR, Scene, case
from chaos.cases.cluster import Cluster
from corridor.errors import CorridorError
from corridor.exchange.addresses import inbox_queue
from corridor.lab.brokers import wait_ready

_BOOT_S = 150.0


@case(
    26,
    "Cluster of three: leader killed, minority, rolling restart",
    "another node takes over; with a minority nothing is taken that could be lost; links come back "
    "after every restart",
    alone=True,
)
def cluster(scene: Scene) -> None:
    made = Cluster(scene.net, GE)
    try:
        begun = time.monotonic()
        made.form()
        # what the management tells of members is some seconds old
        grown = scene.wait(lambda: len(made.members(inbox_queue(TR), 0)[1]) == 3, 60)
        leader, online = made.members(inbox_queue(TR), 0)
        scene.need(grown, f"the inbox has {len(online)} members online, not 3")
        scene.note(
            f"three nodes after {time.monotonic() - begun:.0f} s; the inbox is led by {leader}"
        )
        scene.expect(scene.complete(scene.submit(20)), "not complete on the whole cluster")
        _leader_killed(scene, made)
        _minority(scene, made)
        _rolling(scene, made)
    finally:
        _as_before(scene, made)
        made.close()


def _leader_killed(scene: Scene, made: Cluster) -> None:
    traffic = scene.send(120, over_s=4.0)
    scene.wait(lambda: len(traffic.accepted) > 20, 20)
    made.nodes[0].kill()
    scene.bites(made.nodes[0].pid is None, "the leader lives")
    made.lead(1)
    begun = time.monotonic()
    back = scene.wait(lambda: _link_runs(made, 1), 40)
    scene.note(f"leader killed: {_taken_over(made, begun, back=back)}")
    if not back:
        _restart_link(scene, made, 1)
    scene.expect(traffic.wait(60), "a node took no records meanwhile")
    if not scene.complete(traffic.accepted, scene.s(40, 240)):
        # The watch would restart it, but sees the broker through the node that was killed.
        scene.note("the link was called running and brought nothing")
        _restart_link(scene, made, 1)
    scene.expect(scene.complete(traffic.accepted), "not complete after the leader was killed")
    leader, _ = made.members(inbox_queue(TR), 1)
    scene.note(f"the inbox is led by {leader}")


def _taken_over(made: Cluster, begun: float, *, back: bool) -> str:
    seconds = time.monotonic() - begun
    if back:
        (link,) = made.admin(1).links()
        return f"the link runs on {link['node']} after {seconds:.0f} s"
    return f"the link did not come back by itself within {seconds:.0f} s"


def _minority(scene: Scene, made: Cluster) -> None:
    made.nodes[2].kill()
    records = scene.submit(20, TR)
    alone = not scene.handed(records, scene.s(6, 60))
    scene.bites(alone, "one of three nodes went on as if it were all")
    scene.note("one of three left: nothing is confirmed and nothing delivered")
    for one in (made.nodes[0], made.nodes[2]):
        one.start()
        wait_ready([one], _BOOT_S)
    _mend_link(scene, made, 1)
    scene.expect(scene.complete(records), "not complete after the majority was back")


def _rolling(scene: Scene, made: Cluster) -> None:
    traffic = scene.send(150, over_s=20.0)
    for number, one in enumerate(made.nodes):
        made.lead((number + 1) % 3)
        with suppress(CorridorError):
            one.ctl("stop")
        one.kill()
        one.start()
        wait_ready([one], _BOOT_S)
        _mend_link(scene, made, (number + 1) % 3)
    scene.fired += 1
    scene.expect(traffic.wait(60), "a node took no records meanwhile")
    scene.expect(scene.complete(traffic.accepted), "not complete after the rolling restart")
    scene.note("each of the three restarted in turn under traffic")


def _mend_link(scene: Scene, made: Cluster, number: int) -> None:
    if not scene.wait(lambda: _link_runs(made, number), 40):
        _restart_link(scene, made, number)


def _restart_link(scene: Scene, made: Cluster, number: int) -> None:
    """Put the policy once more, which starts a link that vanished (as the watch would)."""
    admin = made.admin(number)
    policy = admin.ask("GET", "policies/corridor/fed-TR")
    kept = {key: policy[key] for key in ("pattern", "definition", "apply-to", "priority")}
    admin.ask("DELETE", "policies/corridor/fed-TR")
    admin.ask("PUT", "policies/corridor/fed-TR", kept)
    scene.note("the link was started by putting its policy once more")
    scene.wait(lambda: _link_runs(made, number), 40)


def _link_runs(made: Cluster, number: int) -> bool:
    return any(one["status"] == "running" for one in made.admin(number).links())


def _as_before(scene: Scene, made: Cluster) -> None:
    for one in made.nodes:
        if one.pid is None:
            with suppress(CorridorError):
                one.start()
                wait_ready([one], _BOOT_S)
    with suppress(CorridorError):
        made.lead(0)
        scene.wait(lambda: scene.runs(GE) and scene.net.node(GE).ready(), 60)
