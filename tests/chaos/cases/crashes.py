"""Processes that die: brokers and nodes, at the worst moment each."""

from chaos.cases.case import GE, TR, Scene, case
from corridor.exchange.addresses import federation_queue
from corridor.lab.traffic import Planned

"""Whether a link that is being stopped still deletes its queue is a race, at times lost."""


@case(
    1,
    "kill -9 of the sender's broker in mid-burst",
    "what was not confirmed is published again; the receiver knows what it has already",
    quick=True,
)
def sender_broker_killed(scene: Scene) -> None:
    net = scene.net
    traffic = scene.send(300, TR, over_s=1.0)
    scene.wait(lambda: len(traffic.accepted) > 80, 10)
    before = len(traffic.accepted)
    net.kill_broker(TR)
    scene.bites(net.brokers[TR].pid is None, "the broker lives")
    lost = scene.wait(lambda: scene.events(TR, "broker.lost"), scene.s(10, 70))
    scene.expect(lost, "the node did not say that its broker is lost")
    scene.expect(traffic.wait(60), "the node took no records while its broker was away")
    scene.note(f"killed after {before} of 300 records; the node took the others meanwhile")
    net.start_broker(TR)
    scene.expect(scene.complete(traffic.accepted), "not complete after the broker was back")
    again = scene.metric(TR, "corridor_envelopes_repeated_total")
    twice = scene.metric(GE, "corridor_envelopes_duplicate_total")
    scene.note(f"envelopes published again {again:.0f}, of which {twice:.0f} were there before")


@case(
    2,
    "kill -9 of the receiver's broker",
    "the queue at the sender's broker grows, and drains when the receiver is back",
    quick=True,
)
def receiver_broker_killed(scene: Scene) -> None:
    net, queue = scene.net, federation_queue(TR, GE)
    net.kill_broker(GE)
    scene.bites(net.brokers[GE].pid is None, "the broker lives")
    records = scene.submit(60, TR)
    grown = scene.wait(lambda: scene.admin(TR).depth(queue) > 0, 20)
    scene.expect(grown, "nothing waits in the queue at the sender's broker")
    scene.note(f"{scene.admin(TR).depth(queue)} messages waited at the sender's broker")
    net.start_broker(GE)
    scene.expect(scene.complete(records), "not complete after the broker was back")
    drained = scene.wait(lambda: scene.admin(TR).depth(queue) == 0, 30)
    scene.expect(drained, "the queue at the sender's broker did not drain")


@case(
    3,
    "kill -9 of a node between its commit and its ack, and between publish and confirm",
    "what comes again is known and ignored; what was not confirmed is published again",
    quick=True,
)
def node_killed_between(scene: Scene) -> None:
    _killed_before_ack(scene)
    _killed_before_confirm(scene)


def _killed_before_ack(scene: Scene) -> None:
    net, way = scene.net, scene.net.own(GE)
    way.slow(1.0)  # each way: the ack is a second under way when the record is handed over
    records = scene.submit(3, TR)
    scene.need(scene.handed(records[:1], 20), "nothing arrived over the slow way")
    net.kill_node(GE)
    way.heal(reset=True)
    scene.bites(way.bites, "no chunk waited")
    net.start_node(GE)
    scene.expect(scene.complete(records), "not complete after the receiving node was back")
    twice = scene.metric(GE, "corridor_envelopes_duplicate_total")
    scene.bites(twice, "nothing was delivered again: the acks had passed")
    scene.note(
        f"receiving node: {twice:.0f} envelopes came again after its commit, none kept twice"
    )


def _killed_before_confirm(scene: Scene) -> None:
    net, way = scene.net, scene.net.own(TR)
    known = scene.metric(GE, "corridor_envelopes_duplicate_total")
    way.slow(1.0)  # the envelope is there before its confirm is back
    records = scene.submit(2, TR)
    scene.need(scene.handed(records[:1], 20), "nothing arrived over the slow way")
    net.kill_node(TR)
    way.heal(reset=True)
    scene.bites(way.bites, "no chunk waited")
    net.start_node(TR)
    scene.expect(scene.complete(records), "not complete after the sending node was back")
    twice = scene.metric(GE, "corridor_envelopes_duplicate_total") - known
    scene.bites(twice > 0, "nothing was published again: the confirms had passed")
    scene.note(f"sending node: {twice:.0f} envelopes published again, none kept twice")


_UPSTREAM = "parameters/federation-upstream/corridor/TR"


@case(
    5,
    "Clean stop of the receiver's broker with a backlog; the same with RabbitMQ's default",
    "with `resource-cleanup-mode: never` the queue at the sender survives; with the default it is "
    "deleted with confirmed messages in it, and receipts make up for it",
)
def clean_stop(scene: Scene) -> None:
    net, queue = scene.net, federation_queue(TR, GE)
    records = _stopped_with_backlog(scene)
    kept = scene.wait(lambda: scene.admin(TR).depth(queue) > 0, 15)
    scene.bites(kept, "the queue did not survive, although its link says `never`, or held nothing")
    scene.note(f"never: {scene.admin(TR).depth(queue)} messages survived the clean stop")
    net.start_broker(GE)
    net.start_node(GE)
    scene.expect(scene.complete(records), "not complete after a clean stop with `never`")
    net.wait_whole(60)

    upstream = scene.admin(GE).ask("GET", _UPSTREAM)["value"]
    usual = {key: value for key, value in upstream.items() if key != "resource-cleanup-mode"}
    deleted = lambda: queue not in scene.queues(TR)  # noqa: E731
    records = _stopped_with_backlog(scene, usual)
    gone, how = scene.wait(deleted, 15), "the clean stop"
    net.start_broker(GE)
    if not gone:  # the broker's client may end before its link has deleted the queue
        records += _backlog(scene, usual)
        scene.admin(GE).ask("DELETE", _UPSTREAM)
        net.link(TR, GE).heal()
        gone, how = scene.wait(deleted, 15), "taking the upstream away; the clean stop had not"
    scene.bites(gone, "the default did not delete the queue")
    scene.note(f"default: the queue was deleted with what waited in it, by {how}")
    net.start_node(GE)
    scene.admin(GE).restore()
    scene.expect(scene.complete(records), "receipts did not make up for the deleted queue")


def _stopped_with_backlog(scene: Scene, upstream: dict[str, object] | None = None) -> list[Planned]:
    """Stop Georgia's broker in good order while something waits for it in Türkiye's."""
    net = scene.net
    records = _backlog(scene, upstream)
    net.brokers[GE].ctl("stop")
    net.brokers[GE].stop()
    net.link(TR, GE).heal()
    return records


def _backlog(scene: Scene, upstream: dict[str, object] | None = None) -> list[Planned]:
    """Have something wait in Türkiye's broker for Georgia's, whose node is down.

    `upstream`: what the link is told before, once the node is down whose watch would undo it.
    """
    net = scene.net
    net.node(GE).stop()
    if upstream is not None:
        scene.admin(GE).ask("PUT", _UPSTREAM, {"value": upstream})
        scene.rest(1)  # the link starts anew
        scene.need(scene.wait(lambda: scene.runs(GE), 30), "the link did not come back")
    net.link(TR, GE).slow(0.4)  # what is on its way is not yet acknowledged
    records = scene.submit(24, TR)
    scene.wait(lambda: scene.metric(TR, "corridor_in_flight_envelopes", peer="GE.RS") > 0, 10)
    return records


@case(
    27,
    "Loss of power at the sender's broker whose queue did not write to the disk",
    "confirmed messages are gone with the broker's disk; the node still has them, because only a "
    "receipt ends what it owes, and repeats them",
    newer="from 3.13 on a classic queue confirms before it writes; here the loss is made whole by "
    "an empty disk",
)
def power_lost(scene: Scene) -> None:
    net, queue = scene.net, federation_queue(TR, GE)
    way = net.link(TR, GE)
    way.cut()
    records = scene.submit(30, TR)
    held = scene.wait(lambda: scene.admin(TR).depth(queue) > 0, 20)
    confirmed = scene.admin(TR).depth(queue)
    net.kill_broker(TR)
    net.start_broker(TR, wipe=True)
    gone = queue not in scene.queues(TR)
    scene.bites(held and gone, "nothing confirmed was lost with the disk")
    scene.note(f"{confirmed} confirmed messages were lost with the broker's disk")
    way.heal()
    scene.expect(scene.complete(records), "receipts did not make up for what was lost")
