"""An operator pauses one partner: it waits, the others go on, nothing is lost, and all is told."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from builders_lab import TR, Lab, corridor, told, until
from corridor.lab.nodes import wait_nodes

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _ended(lab: Lab) -> Iterator[None]:
    yield
    with lab.client(TR) as node:
        for one in node.pauses():
            node.resume(one["endpoint"])


def peer(lab: Lab, *words: object, ok: bool = True) -> Any:  # noqa: ANN401 - any JSON value
    done = corridor("peer", *words, "--config", lab.config(TR), "--json")
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return told(done)


def states(lab: Lab) -> dict[str, str]:
    with lab.client(TR) as node:
        return {one["endpoint"]: one["state"] for one in node.status()["peers"]}


def sample(lab: Lab, name: str) -> float:
    connection = HTTPConnection("127.0.0.1", lab.network.nodes[TR].plan.metrics_port, timeout=10)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def test_a_paused_partner_waits_and_the_others_go_on_also_after_a_kill(lab: Lab) -> None:
    assert until(lambda: states(lab) == {"GE.RS": "open", "AZ.SCC": "open"}, 30), states(lab)
    (row,) = peer(lab, "pause", "GE", "--why", "their link is renewed", "--by", "anna")
    assert (row["endpoint"], row["why"], row["by"]) == ("GE.RS", "their link is renewed", "anna")
    to_georgia = lab.play(lab.plan(91, 2, ("TR", "GE"))).accepted
    others = lab.play(lab.plan(92, 2, ("TR", "AZ"), ("GE", "TR"))).accepted
    assert lab.proof(others).holds  # and with them receipts for what Georgia sent
    assert not {one.key for one in to_georgia} & set(lab.handed())
    node = lab.network.nodes[TR]
    node.kill()
    node.start()
    wait_nodes([node], 60)
    assert states(lab)["GE.RS"] == "paused"
    assert until(lambda: sample(lab, 'corridor_peer_state{peer="GE.RS",state="paused"}') == 1, 10)
    shown = peer(lab, "show", "GE")
    assert shown["paused"]["by"] == "anna"
    assert shown["waiting"] == len(to_georgia)
    assert not {one.key for one in to_georgia} & set(lab.handed())
    assert peer(lab, "resume", "GE") == []
    assert lab.proof([*to_georgia, *others]).holds
    assert until(lambda: states(lab)["GE.RS"] == "open", 20)


def test_what_a_pause_means_is_said_wherever_somebody_looks(lab: Lab) -> None:
    peer(lab, "pause", "GE.RS", "--why", "tested")
    config = ("--config", lab.config(TR))
    twice = peer(lab, "pause", "GE", "--why", "again", ok=False)
    assert "paused already" in twice["error"]["message"]
    canary = peer(lab, "test", "GE", ok=False)
    assert "peer resume GE" in canary["error"]["message"]
    listed = corridor("peer", "list", *config)
    assert listed.returncode == 1
    assert "paused by an operator" in listed.stdout
    assert "tested" in listed.stdout
    status = corridor("status", *config)
    assert "paused by an operator" in status.stdout
    check = corridor("check", *config)
    assert "GE.RS is paused" in check.stdout
    doctor = told(corridor("doctor", "--only", "attention", *config, "--json"))
    assert [one["status"] for one in doctor["checks"]] == ["warn"]  # type: ignore[index, call-overload]
    (line,) = lab.plan(93, 1, ("TR", "GE"))[:1]
    (accepted,) = lab.play([line]).accepted
    said = told(corridor("records", "timeline", accepted.record_id.hex(), *config, "--json"))
    assert "is paused by an operator here now" in json.dumps(said)
    trail = told(corridor("audit", "list", "--last", "50", *config, "--json"))
    acts = [(one["what"], one["about"].get("partner")) for one in trail]  # type: ignore[attr-defined]
    assert ("peer pause", "GE.RS") in acts
    assert peer(lab, "resume", "GE") == []
    assert lab.proof([accepted]).holds


def test_nobody_else_is_paused(lab: Lab) -> None:
    for name in ("TR", "XX", "nonsense"):
        refused = peer(lab, "pause", name, "--why", "tested", ok=False)
        assert "no partner" in refused["error"]["message"]
        peer(lab, "show", name, ok=False)
    assert states(lab)["GE.RS"] == "open"
