"""Nodes and brokers die, are away, change their keys: nothing is lost and nothing comes twice."""

import os
import signal
from pathlib import Path

import pytest

from builders_lab import AZ, GE, TR, Lab, corridor, told, until
from corridor.lab.brokers import wait_ready
from corridor.lab.movements import demo_traffic
from corridor.lab.nodes import wait_nodes
from corridor.lab.sightings import search
from corridor.lab.tap import save
from corridor.seal.frame import parse_frame
from corridor.transit.parties import CountryCode
from corridor.trust.frames import is_statement_frame

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


def restart(lab: Lab, *codes: CountryCode) -> None:
    nodes = [lab.network.nodes[code] for code in codes]
    for node in nodes:
        node.start()
    wait_nodes(nodes, 60)


def test_nodes_killed_amid_traffic_lose_nothing_and_double_nothing(lab: Lab) -> None:
    played = lab.play(lab.plan(21, 30, ("TR", "GE"), ("TR", "AZ"), ("AZ", "GE")))
    for code in (GE, TR):  # the one receives, the other has kept and not yet sent it all
        lab.network.nodes[code].kill()
    restart(lab, GE, TR)
    proof = lab.proof(played.accepted)
    assert proof.holds, proof
    assert proof.receipted == len(played.accepted) > 100


def test_records_for_a_node_that_is_down_wait_and_are_delivered_when_it_is_up(lab: Lab) -> None:
    assert lab.network.nodes[AZ].stop()
    played = lab.play(lab.plan(22, 4, ("TR", "AZ")))
    with lab.client(TR) as node:
        (peer,) = [one for one in node.status()["peers"] if one["endpoint"] == "AZ.SCC"]
    assert peer["unreceipted"] + peer["waiting"] >= len(played.accepted) > 0
    restart(lab, AZ)
    assert lab.proof(played.accepted).holds


def test_a_broker_killed_amid_traffic_loses_nothing_and_doubles_nothing(lab: Lab) -> None:
    broker = lab.network.brokers[GE]
    played = lab.play(lab.plan(23, 15))
    broker.kill()
    more = lab.play(lab.plan(24, 2))
    with lab.client(GE) as node:
        assert until(lambda: bool(node.status()["attention"]), 20)
    broker.start()
    wait_ready([broker], 120)
    proof = lab.proof([*played.accepted, *more.accepted], timeout_s=90)
    assert proof.holds, proof


def sealed_for(lab: Lab) -> set[str]:
    frames = [one.body for one in lab.tap.messages() if not is_statement_frame(one.body)]
    return {r.enc_key_id.hex() for frame in frames for r in parse_frame(frame).header.recipients}


def test_keys_rotate_during_traffic_and_partners_seal_to_the_new_ones(lab: Lab) -> None:
    ways = (("TR", "AZ"), ("GE", "AZ"))
    before = lab.play(lab.plan(25, 4, *ways))
    pid = lab.network.nodes[AZ].pid
    rotated = told(corridor("keys", "rotate", "--config", lab.config(AZ), "--pid", pid, "--json"))
    new = set(rotated["new"])
    assert len(new) == 2
    listed = told(corridor("keys", "list", "--config", lab.config(AZ), "--json"))
    assert new <= {one["key_id"] for one in listed}

    def partners_know() -> bool:
        lab.tap.messages()
        after.extend(lab.play(lab.plan(26 + len(after), 1, *ways)).accepted)
        assert lab.proof(after).holds
        return bool(sealed_for(lab) & new)

    after = list(before.accepted)
    assert until(partners_know, 40), "nobody seals to the new keys"
    with lab.client(AZ) as node:
        until_ms = node.status()["encryption_key_until_ms"]
    assert until_ms == rotated["until_ms"]


def test_a_statement_that_cannot_be_read_is_refused_on_reload_and_the_node_goes_on(
    lab: Lab,
) -> None:
    plan = lab.network.nodes[GE].plan
    current = plan.directory / "trust" / "current"
    kept = current.read_bytes()
    current.write_bytes(b"0" * 64 + kept[64:])
    try:
        os.kill(lab.network.nodes[GE].pid, signal.SIGHUP)
        assert until(lambda: "reload.refused" in plan.log.read_text(), 10)
    finally:
        current.write_bytes(kept)
    os.kill(lab.network.nodes[GE].pid, signal.SIGHUP)
    assert until(lambda: "node.reloaded" in plan.log.read_text(), 10)
    assert lab.proof(lab.play(lab.plan(41, 1)).accepted).holds


def test_a_second_node_on_the_same_store_is_refused_by_name(lab: Lab) -> None:
    second = corridor("run", "--config", lab.config(GE), timeout_s=30)
    assert second.returncode != 0
    assert "store" in second.stderr or "is served by a node" in second.stderr
    assert "Traceback" not in second.stderr


def checked(lab: Lab, code: CountryCode) -> tuple[int, str]:
    password = lab.network.brokers[code].plan.directory / "operator.password"
    run = corridor("broker", "check", "--config", lab.config(code), "--password-file", password)
    return run.returncode, run.stdout + run.stderr


def test_broker_check_finds_a_difference_made_by_hand_and_none_before(lab: Lab) -> None:
    broker = lab.network.brokers[GE]
    assert checked(lab, GE) == (0, "the broker holds exactly what it should\n")
    broker.ctl("add_user", "intruder", "secret")
    broker.ctl("clear_permissions", "-p", "corridor", "fed-tr")
    try:
        status, text = checked(lab, GE)
        assert status == 1
        assert "intruder" in text
        assert "fed-tr" in text
    finally:
        broker.ctl("delete_user", "intruder")
        broker.ctl("import_definitions", str(broker.plan.etc / "definitions.json"))
    assert checked(lab, GE)[0] == 0


def test_broker_check_says_when_there_is_no_broker_or_no_such_login(lab: Lab) -> None:
    wrong = lab.network.directory / "wrong.password"
    wrong.write_text("not-it\n")
    run = corridor("broker", "check", "--config", lab.config(GE), "--password-file", wrong)
    assert run.returncode == 4
    assert "Traceback" not in run.stderr


def test_render_writes_what_the_broker_was_started_with(lab: Lab, tmp_path: Path) -> None:
    run = corridor("broker", "render", "--config", lab.config(GE), "--out", tmp_path, "--json")
    assert run.returncode == 0, run.stderr
    etc = lab.network.brokers[GE].plan.etc
    for name in ("rabbitmq.conf", "advanced.config", "enabled_plugins"):
        assert (tmp_path / name).read_text() == (etc / name).read_text()


def test_the_search_finds_an_unsealed_message_and_nothing_of_what_was_sealed(lab: Lab) -> None:
    traffic = demo_traffic(lab.network.scenario, 51, 40)
    played = lab.play(traffic.plan)
    assert lab.proof(played.accepted).holds
    folder = lab.network.directory / "copies"
    save(lab.tap.messages(), folder)
    places = [folder, lab.network.directory / "brokers", lab.network.directory / "nodes"]
    assert search(traffic.secrets, places) == ()
    secret = max(traffic.secrets, key=len)
    lab.tap.plant(f"an unsealed record of {secret}")

    def in_the_queue() -> bool:
        seen = search(traffic.secrets, [lab.network.brokers[AZ].plan.directory])
        return secret in {one.value for one in seen}

    assert until(in_the_queue, 10)
    save(lab.tap.messages(), folder)
    assert secret in {one.value for one in search(traffic.secrets, [folder])}


def test_sigterm_ends_a_node_in_good_order_at_once(lab: Lab) -> None:
    node = lab.network.nodes[GE]
    lab.play(lab.plan(42, 4))
    assert node.stop(10)
    assert '"status": "drained"' in node.plan.log.read_text().splitlines()[-1]
    assert not node.plan.socket.exists()
    restart(lab, GE)
