"""Certificates are renewed by the CA that `init` made: the same key and names, a new end."""

import time
from pathlib import Path

import pytest

from builders_cli import Said, corridor
from builders_join import JoinWorld, agreed
from corridor.seal.x509 import Identity, Leaf, Usage, issue, make_ca
from corridor.seal.x509_look import issued_by, look

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> JoinWorld:
    return agreed(tmp_path_factory.mktemp("join") / "w")


@pytest.fixture
def world(made: JoinWorld, tmp_path: Path) -> JoinWorld:
    """Georgia, whose broker's and node's certificate end in two days."""
    world = made.copy(tmp_path / "w")
    pki = world.at / "ge" / "pki"
    ca = Identity((pki / "ca.pem").read_bytes(), ca_key(world).read_bytes())
    for name, leaf in (
        ("server", Leaf("mq.rs.ge", Usage.SERVER, 2, ("mq.rs.ge", "10.0.0.7"))),
        ("node", Leaf("corridor-node", Usage.CLIENT, 2)),
    ):
        identity = issue(ca, leaf, now_ms())
        (pki / f"{name}.pem").write_bytes(identity.certificate)
        (pki / f"{name}.key").write_bytes(identity.key)
    return world


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def ca_key(world: JoinWorld) -> Path:
    return world.identity("ge") / "broker-ca" / "ca.key"


def renew(world: JoinWorld, *more: object, key: Path | None = None) -> Said:
    return corridor("broker", "renew", "--config", world.config("ge"), "--ca-key",
                    key or ca_key(world), *more)  # fmt: skip


def certificates(world: JoinWorld) -> list[str]:
    said = corridor("doctor", "--config", world.config("ge"), "--only", "certificates", "--json")
    return [one["status"] for one in said.json["checks"]][:2]


def test_both_are_renewed_and_nothing_but_their_end_differs(world: JoinWorld) -> None:
    pki = world.at / "ge" / "pki"
    assert certificates(world) == ["warn", "warn"]
    (pki / "server.pem").chmod(0o640)
    before = {name: (pki / f"{name}.pem").read_bytes() for name in ("server", "node")}
    keys = {name: (pki / f"{name}.key").read_bytes() for name in before}
    said = renew(world, "--json")
    assert said.status == 0, said.err
    assert certificates(world) == ["ok", "ok"]
    for name, old in before.items():
        new, was = look((pki / f"{name}.pem").read_bytes()), look(old)
        assert (new.common_name, new.names) == (was.common_name, was.names)
        assert 364 * DAY_MS < new.until_ms - now_ms() <= 365 * DAY_MS
        assert issued_by((pki / f"{name}.pem").read_bytes(), (pki / "ca.pem").read_bytes())
        assert (pki / f"{name}.key").read_bytes() == keys[name]
        assert (pki / f"{name}.pem.before").read_bytes() == old
        assert not (pki / f".{name}.pem.part").exists()
    assert (pki / "server.pem").stat().st_mode & 0o777 == 0o640
    assert [row["until_ms"] for row in said.json["renewed"]]
    assert renew(world, "--days", 30).status == 0  # twice


@pytest.mark.parametrize(("option", "left"), [("--node", "server"), ("--server", "node")])
def test_one_is_renewed_alone(world: JoinWorld, option: str, left: str) -> None:
    kept = (world.at / "ge" / "pki" / f"{left}.pem").read_bytes()
    said = renew(world, option)
    assert said.out.count("wrote ") == 1
    assert (world.at / "ge" / "pki" / f"{left}.pem").read_bytes() == kept
    assert sorted(certificates(world)) == ["ok", "warn"]


def test_a_certificate_that_outlives_its_ca_is_told(world: JoinWorld) -> None:
    pki = world.at / "ge" / "pki"
    ca = make_ca("corridor GE CA", 100, now_ms())
    (pki / "ca.pem").write_bytes(ca.certificate)
    key = pki / "other.key"
    key.write_bytes(ca.key)
    (pki / "node.pem").write_bytes(
        issue(ca, Leaf("corridor-node", Usage.CLIENT, 2), now_ms()).certificate
    )
    assert "the CA itself ends before" in renew(world, "--node", key=key).out
    ended = make_ca("corridor GE CA", 10, now_ms() - 11 * DAY_MS)
    (pki / "ca.pem").write_bytes(ended.certificate)
    key.write_bytes(ended.key)
    assert "has ended" in renew(world, "--node", key=key).err


@pytest.mark.parametrize("wrong", ["key", "issuer", "nothing", "junk", "ca_itself"])
def test_what_cannot_be_renewed_is_refused_and_nothing_is_written(
    world: JoinWorld, wrong: str
) -> None:
    pki = world.at / "ge" / "pki"
    other = make_ca("Other", 30, now_ms())
    key = ca_key(world)
    if wrong == "key":
        key = pki / "other.key"
        key.write_bytes(other.key)
    elif wrong == "issuer":
        leaf = issue(other, Leaf("corridor-node", Usage.CLIENT, 2), now_ms())
        (pki / "node.pem").write_bytes(leaf.certificate)
    elif wrong == "nothing":
        (pki / "node.pem").unlink()
    elif wrong == "junk":
        (pki / "node.pem").write_text("no PEM")
    else:
        (pki / "node.pem").write_bytes((pki / "ca.pem").read_bytes())
    before = {path: path.read_bytes() for path in pki.iterdir()}
    said = renew(world, key=key)
    assert said.status not in {0, 2}
    assert "what to do" in said.err
    assert {path: path.read_bytes() for path in pki.iterdir()} == before
