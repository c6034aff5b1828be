"""What ends, and when: certificates by their purpose, and the delegation of the node's key."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_cli import corridor
from builders_trust import DAY_MS, GE, make_world
from corridor.cli.check_rules import Limits, State, judge
from corridor.cli.status import _screen
from corridor.daemon.config import NodeConfig, load_config
from corridor.daemon.expiries import Expiries
from corridor.daemon.node import Node
from corridor.daemon.trust_keeper import usable_key
from corridor.seal.keys import SigningKey
from corridor.seal.x509 import Leaf, Usage, issue, make_ca
from corridor.transit.parties import CountryCode
from corridor.trust import ceremony
from corridor.trust.delegation import KeyUsage

NodeFolder = Callable[..., Path]
TR = CountryCode("TR")
CERTIFICATE = "corridor_certificate_expiry_timestamp_seconds"
DELEGATION = "corridor_delegation_expiry_timestamp_seconds"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def put(path: Path, days: int, *, ago_days: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    begun_ms = now_ms() - ago_days * DAY_MS
    ca = make_ca("corridor GE CA", 400, begun_ms)
    path.write_bytes(issue(ca, Leaf("x", Usage.CLIENT, days), begun_ms).certificate)


@pytest.fixture
def config(node_folder: NodeFolder, tmp_path: Path) -> NodeConfig:
    """A node with certificates of its own: none is the lab's."""
    loaded = load_config(node_folder())
    pki = tmp_path / "pki"
    links = loaded.links.model_copy(
        update={
            "ca_file": pki / "ca.pem",
            "server_cert_file": pki / "server.pem",
            "partner_folder": pki,
        }
    )
    broker = loaded.broker.model_copy(update={"cert_file": pki / "node.pem"})
    http = loaded.http.model_copy(update={"enabled": True, "cert_file": pki / "http.pem"})
    for name in ("ca", "server", "node", "http", "fed-at-tr"):
        put(pki / f"{name}.pem", 100)
    return loaded.model_copy(update={"links": links, "broker": broker, "http": http})


def test_each_certificate_is_told_by_its_purpose_and_read_anew(
    config: NodeConfig, tmp_path: Path
) -> None:
    expiries = Expiries(config, lambda: [TR], lambda: now_ms() + 80 * DAY_MS)
    told = {one.purpose: one.until_ms for one in expiries.certificates()}
    assert list(told) == ["ca", "server", "node", "http", "fed-at-tr"]
    for until_ms in told.values():
        assert until_ms is not None
        assert 99 * DAY_MS < until_ms - now_ms() <= 100 * DAY_MS
    assert expiries.attention(now_ms()) == []
    put(tmp_path / "pki" / "fed-at-tr.pem", 13)
    put(tmp_path / "pki" / "node.pem", 5, ago_days=9)
    (tmp_path / "pki" / "ca.pem").write_text("no PEM")
    (tmp_path / "pki" / "server.pem").unlink()
    lines = expiries.attention(now_ms())
    assert [line.split(";")[0] for line in lines] == [
        "certificate node.pem (node) has ended",
        "certificate fed-at-tr.pem (fed-at-tr) ends in 12 days",
    ]
    families = {one.name: one for one in expiries.collect()}
    values = {one.labels["purpose"]: one.value for one in families[CERTIFICATE].samples}
    assert values["ca"] == values["server"] == 0
    assert values["node"] < time.time() < values["fed-at-tr"]


def test_without_http_and_partners_there_is_nothing_of_theirs(config: NodeConfig) -> None:
    http = config.http.model_copy(update={"enabled": False})
    expiries = Expiries(config.model_copy(update={"http": http}), list, int)
    assert [one.purpose for one in expiries.certificates()] == ["ca", "server", "node"]
    assert "has ended" in expiries.attention(now_ms())[-1]  # no key is lent at all


def test_a_node_tells_what_ends_in_metrics_status_and_check(
    config: NodeConfig, tmp_path: Path
) -> None:
    put(tmp_path / "pki" / "server.pem", 10)
    node = Node(config)
    try:
        status = node.status()
        scraped = node.metrics.registry.get_sample_value
        until_s = scraped(CERTIFICATE, {"purpose": "server"})
        assert until_s is not None
        assert 9 < (until_s - time.time()) / 86_400 <= 10
        lent_s = scraped(DELEGATION)
        assert lent_s == status["delegation_until_ms"] / 1000
        assert lent_s > time.time()
    finally:
        node.stop()
    assert any("server.pem (server) ends in" in line for line in status["attention"])
    screen = _screen(status)
    assert "the first to end is server.pem" in screen
    assert "the node may sign until" in screen
    quiet = {**status, "attention": [], "broker": {"sender": True, "receiver": True, "blocked": 0}}
    verdict = judge({**status, "broker": quiet["broker"]}, Limits(free_mib=(0, 0)))
    assert "certificate server.pem (server) ends in" in verdict.line
    assert verdict.line.count("server.pem") == 1  # told once, by its own limit
    assert verdict.state is State.WARNING
    critical = judge(quiet, Limits(days=(30, 12), free_mib=(0, 0)))
    assert critical.state is State.CRITICAL
    lent = {**quiet, "certificates": [], "delegation_until_ms": status["now_ms"] - 1}
    assert "the delegation of the node's keys has ended" in judge(lent, Limits()).line


def test_a_node_of_an_older_version_tells_less_and_is_shown() -> None:
    assert corridor("check", "--help").status == 0
    old = {
        "now_ms": 0, "directory": {"expires_ms": 100 * DAY_MS}, "store": {"free_mib": 50_000},
        "encryption_key_until_ms": 100 * DAY_MS, "peers": [], "attention": [],
        "broker": {"sender": True, "receiver": True, "blocked": False},
    }  # fmt: skip
    assert judge(old, Limits()).state is State.OK


def test_of_two_keys_that_are_lent_the_one_that_lasts_signs() -> None:
    """The earlier one would end under a node that chose it, although a new one had been lent."""
    world = make_world()
    node, new = world.nodes[GE], SigningKey.generate()
    at_ms = world.now_ms + 60 * DAY_MS
    lent = ceremony.lend(new, KeyUsage.SIGN, GE, at_ms)
    view = world.view()
    signed = ceremony.make_delegation(
        view.network_id, GE.member, [lent], node.officers, issued_ms=at_ms,
        previous=world.delegations[GE],
    )  # fmt: skip
    later = view.with_statement(signed, at_ms)
    keys = [node.signing, new]
    for order in (keys, keys[::-1]):
        held = {key.key_id: key for key in order}
        assert usable_key(later, GE, held, at_ms) is new
        assert usable_key(view, GE, held, world.now_ms) is node.signing  # nobody knows the new one
    assert usable_key(later, GE, {}, at_ms) is None
    assert usable_key(later, GE, {node.signing.key_id: node.signing}, at_ms) is node.signing
