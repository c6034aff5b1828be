"""What could not be trusted waits for a person; released, it is judged again and kept once."""

import os
import shutil
import signal
import ssl
import time
from pathlib import Path
from typing import Any

import pika
import pytest

from builders_lab import GE, Lab, corridor, told, until
from corridor.daemon.config import load_config
from corridor.gateway.local_quarantine_client import QuarantineClient
from corridor.lab.nodes import wait_nodes
from corridor.seal.envelope import Draft, seal
from corridor.seal.keys import DecryptionKey, SigningKey
from corridor.transit.parties import Endpoint
from corridor.trust.frames import is_statement_frame
from corridor.wire.batches import Entry, encode_entry

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

WHY = ("--why", "a test of the lab", "--by", "anna")


def listed(lab: Lab, link: str, reason: str) -> list[dict[str, Any]]:
    """Frames in GE's quarantine."""
    with lab.client(GE) as node:
        found: list[dict[str, Any]] = QuarantineClient(node).items(link=link, reason=reason)[
            "items"
        ]
    return found


def publish(lab: Lab, exchange: str, frame: bytes) -> None:
    """Put a frame into GE's broker as if the link of that exchange had brought it."""
    lab.network.brokers[GE].ctl(
        "eval",
        f'rabbit_basic:publish(rabbit_misc:r(<<"corridor">>,exchange,<<"{exchange}">>),<<>>,[],'
        f'binary:decode_hex(<<"{frame.hex()}">>)).',
    )


def forged(lab: Lab, sender: str) -> bytes:
    """An envelope for GE in this network that somebody made in the name of another."""
    with lab.client(GE) as node:
        network = bytes.fromhex(node.status()["network"])
    key, now_ms = DecryptionKey.from_secret(1, b"k" * 32), time.time_ns() // 1_000_000
    draft = Draft(
        network_id=network, sender=Endpoint(sender), recipient=Endpoint("GE.RS"), dir_version=1,
        dir_hash=bytes(32), bundle_hash=bytes(32), created_ms=now_ms,
        expires_ms=now_ms + 86_400_000, lane=1, suite=1, enc_key_id=key.key_id,
        enc_public=key.public, epoch=1, seq=1, prev=bytes(32),
    )  # fmt: skip
    entry = encode_entry(Entry(b"r" * 16, 1, "corridor.wire.v1", None, b"body"))
    return seal(draft, [entry], SigningKey.from_seed(b"s" * 32)).frame


def test_frames_of_a_stranger_and_from_the_wrong_link_stay_outside_whoever_releases_them(
    lab: Lab,
) -> None:
    played = lab.play(lab.plan(71, 2, ("TR", "GE")))
    theirs = forged(lab, "AZ.SCC")
    publish(lab, "from.TR", theirs)
    publish(lab, "from.TR", theirs)
    publish(lab, "from.TR", forged(lab, "TR.XYZ"))  # whom no directory lists
    wrong = ("TR", "wrong_link")
    assert until(lambda: [one["times"] for one in listed(lab, *wrong)] == [2], 60), listed(
        lab, *wrong
    )
    (item,) = listed(lab, *wrong)
    config = ("--config", lab.config(GE))
    groups = told(corridor("quarantine", "list", "--peer", "TR", "--json", *config))
    assert {"unknown_sender"} <= {one["reason"] for one in groups["held"]}  # type: ignore[call-overload]
    number = item["number"]
    released = corridor("quarantine", "release", number, *WHY, "--json", *config)
    assert released.returncode == 6, released.stderr
    said = told(released)["frames"]  # type: ignore[call-overload]
    assert said == [{"number": number, "taken": False, "said": "refused again: wrong_link"}]
    shown = corridor("quarantine", "show", number, *config).stdout
    assert "from AZ.SCC to GE.RS" in shown
    assert "released by anna: a test of the lab" in shown
    assert lab.proof(played.accepted).holds  # nothing came twice
    assert corridor("quarantine", "reject", number, *WHY, *config).returncode == 0
    assert lab.proof(lab.play(lab.plan(72, 1, ("TR", "GE"))).accepted).holds


def reload(lab: Lab) -> None:
    log = lab.network.nodes[GE].plan.log
    before = log.read_text().count("node.reloaded")
    os.kill(lab.network.nodes[GE].pid, signal.SIGHUP)
    assert until(lambda: log.read_text().count("node.reloaded") > before, 20), log.read_text()


def test_what_was_sealed_for_a_lost_key_is_accepted_once_when_the_keys_are_back(
    lab: Lab, tmp_path: Path
) -> None:
    keys = load_config(lab.config(GE)).keys.directory
    lost = sorted(keys.glob("decrypt*"))
    assert lost, sorted(keys.iterdir())
    for one in lost:
        shutil.move(one, tmp_path / one.name)
    try:
        reload(lab)
        played = lab.play(lab.plan(73, 2, ("TR", "GE")))

    finally:
        for one in lost:
            shutil.move(tmp_path / one.name, one)
    reload(lab)
    waits = ("--peer", "TR", "--reason", "key_unknown", "--json", "--config", lab.config(GE))
    released = corridor("quarantine", "release", *waits, *WHY)
    assert released.returncode == 0, released.stdout + released.stderr
    proof = lab.proof(played.accepted)
    assert proof.holds, proof
    assert until(
        lambda: listed(lab, "TR", "key_unknown") == [], 60
    )  # the rest has come another way


def reject_one(lab: Lab) -> None:
    """Give up what lies first in GE's inbox for TR, as a broker does after many attempts."""
    broker = load_config(lab.config(GE)).broker
    context = ssl.create_default_context(cafile=str(broker.ca_file))
    context.load_cert_chain(str(broker.cert_file), str(broker.key_file))
    parameters = pika.ConnectionParameters(
        broker.host, broker.port, "corridor", credentials=pika.credentials.ExternalCredentials(),
        ssl_options=pika.SSLOptions(context, broker.server_name),
    )  # fmt: skip
    with pika.BlockingConnection(parameters) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=1)
        for method, _properties, body in channel.consume("inbox.TR", inactivity_timeout=30):
            assert method is not None, "nothing came"
            if is_statement_frame(body):
                channel.basic_ack(method.delivery_tag)
                continue
            channel.basic_reject(method.delivery_tag, requeue=False)
            break
        channel.cancel()


def test_a_dead_letter_of_the_broker_is_kept_with_its_link_and_taken_once_when_released(
    lab: Lab,
) -> None:
    node = lab.network.nodes[GE]
    assert node.stop()
    played = lab.play(lab.plan(74, 2, ("TR", "GE")))
    reject_one(lab)
    node.start()
    wait_nodes([node], 60)
    stray = ("corridor.dlq", "stray")
    assert until(lambda: bool(listed(lab, *stray)), 60)
    (item,) = listed(lab, *stray)
    assert (item["link"], item["over"]) == ("corridor.dlq", "TR")
    release = ("quarantine", "release", item["number"], *WHY, "--config", lab.config(GE))
    released = corridor(*release)
    assert released.returncode == 0, released.stdout + released.stderr
    assert listed(lab, *stray) == []
    proof = lab.proof(played.accepted)
    assert proof.holds, proof
