"""One partner's queue confirms nothing: the others go on, and a killed node begins nothing anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from builders_lab import TR, Lab, corridor, told, until
from corridor.lab.brokers import PrivateBroker
from corridor.lab.nodes import wait_nodes

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

SOON = "\nconfirm_timeout_s = 2"


@contextmanager
def stalled(broker: PrivateBroker) -> Iterator[None]:
    """Let the process behind Azerbaijan's queue answer nothing."""
    name = '{resource,<<"corridor">>,queue,<<"federation: to.AZ -> corridor.AZ:from.TR">>}'
    look = f"{{ok,Q}} = rabbit_amqqueue:lookup({name}), {{P,_}} = amqqueue:get_pid(Q),"
    broker.ctl("eval", f"{look} sys:suspend(P), ok.")
    try:
        yield
    finally:
        broker.ctl("eval", f"{look} sys:resume(P), ok.")


@contextmanager
def impatient(lab: Lab) -> Iterator[None]:
    """Let Türkiye's node wait two seconds for a confirm."""
    path = lab.config(TR)
    text = path.read_text()
    path.write_text(text.replace("\n[broker]", f"\n[broker]{SOON}"))
    restart(lab)
    try:
        yield
    finally:
        path.write_text(text)
        restart(lab)


def restart(lab: Lab, *, kill: bool = False) -> None:
    node = lab.network.nodes[TR]
    if kill:
        node.kill()
    else:
        assert node.stop()
    node.start()
    wait_nodes([node], 60)


def azerbaijan(lab: Lab) -> dict[str, object]:
    with lab.client(TR) as node:
        return next(one for one in node.status()["peers"] if one["endpoint"] == "AZ.SCC")


def test_a_queue_that_confirms_nothing_stops_its_partner_alone_and_outlives_a_kill(
    lab: Lab,
) -> None:
    warm = lab.play(lab.plan(71, 1, ("TR", "AZ")))
    assert lab.proof(warm.accepted).holds
    with impatient(lab):
        assert until(lambda: azerbaijan(lab)["state"] == "open", 20)
        with stalled(lab.network.brokers[TR]):
            waiting = lab.play(lab.plan(72, 6, ("TR", "AZ")))
            others = lab.play(lab.plan(73, 6, ("TR", "GE")))
            assert until(lambda: azerbaijan(lab)["state"] == "unconfirmed", 30)
            assert lab.proof(others.accepted).holds
            before = azerbaijan(lab)
            assert before["next_try_ms"]
            shown = corridor("peer", "list", "--config", lab.config(TR))
            assert shown.returncode == 1
            assert "confirms nothing in the queue" in shown.stdout
            listed = told(corridor("peer", "list", "--config", lab.config(TR), "--json"))
            assert {one["endpoint"]: one["state"] for one in listed}["GE.RS"] == "open"
            with urlopen(lab.network.nodes[TR].plan.metrics_url, timeout=20) as answer:  # noqa: S310 - on loopback
                text = answer.read().decode()
            assert 'corridor_peer_state{peer="AZ.SCC",state="unconfirmed"} 1.0' in text
            assert 'corridor_peer_state{peer="GE.RS",state="open"} 1.0' in text
            restart(lab, kill=True)
            after = azerbaijan(lab)
            assert after["attempts"] >= before["attempts"]  # type: ignore[operator]
            assert after["state_since_ms"] == before["state_since_ms"]
        assert lab.proof([*waiting.accepted, *others.accepted], timeout_s=90).holds
        assert until(lambda: azerbaijan(lab)["state"] == "open", 30)
