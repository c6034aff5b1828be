"""A node's folder, made by flags or by answers; nothing that exists is overwritten."""

import base64
import json
import time
from pathlib import Path

import pytest

from builders_cli import corridor, typing
from builders_trust import GE, make_world
from corridor.daemon.config import load_config
from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.seal.keyfile import Protection
from corridor.seal.x509 import expires_ms, fingerprint, make_ca
from corridor.trust import ceremony
from corridor.trust.delegation import KeyUsage
from corridor.trust.directory import BrokerAddress
from corridor.trust.frames import encode_statement_frame

GENESIS = "ab" * 32
FLAGS = ("--endpoint", "GE.RS", "--administration", "Revenue Service", "--broker-host", "mq.rs.ge")


def init(tmp_path: Path, *more: object) -> dict[str, object]:
    said = corridor("init", *FLAGS, "--at", tmp_path / "ge", "--no-input", "--json", *more)
    assert said.status == 0, said.err
    found: dict[str, object] = said.json
    return found


def test_every_file_of_a_node_is_made(tmp_path: Path) -> None:
    said = init(tmp_path, "--genesis", GENESIS, "--broker-port", 5999)
    config = load_config(tmp_path / "ge" / "node.toml")
    assert config.endpoint == "GE.RS"
    assert config.trust.genesis_sha256 == GENESIS
    assert (config.broker.port, config.links.amqps_port) == (5999, 5999)
    keys = KeyStore(tmp_path / "ge" / "keys")
    assert len(keys.signing_keys(KeyRole.SIGN)) == len(keys.signing_keys(KeyRole.KEY_MANAGER)) == 1
    assert {key.suite for key in keys.decryption_keys().values()} == {1, 2}
    assert len(keys.storage_key()) == 32
    assert corridor("config", "validate", "--config", said["config"]).status == 0
    for path in (config.broker.ca_file, config.broker.cert_file, config.links.server_key_file):
        assert path.is_file()
        assert path.stat().st_mode & 0o077 == 0


def test_the_identity_keys_lie_apart_and_the_node_holds_none(tmp_path: Path) -> None:
    said = init(tmp_path, "--identity-at", tmp_path / "safe")
    assert said["identity_at"] == str(tmp_path / "safe")
    offline = KeyStore(tmp_path / "safe")
    assert len(offline.signing_keys(KeyRole.IDENTITY)) == 3
    assert KeyStore(tmp_path / "ge" / "keys").signing_keys(KeyRole.IDENTITY) == {}
    assert (tmp_path / "safe" / "broker-ca" / "ca.key").stat().st_mode & 0o777 == 0o600
    assert not list((tmp_path / "ge").rglob("ca.key"))
    assert "offline" in str(said["next"])


def test_the_request_to_join_says_public_values_only(tmp_path: Path) -> None:
    said = init(tmp_path)
    request = json.loads(Path(str(said["join_request"])).read_text())
    assert request["endpoint"] == "GE.RS"
    assert request["identity"]["threshold"] == 2
    ca = (tmp_path / "ge" / "pki" / "ca.pem").read_bytes()
    assert request["broker"]["ca_sha256"] == fingerprint(ca).hex()
    offline = KeyStore(tmp_path / "ge-identity").signing_keys(KeyRole.IDENTITY)
    told = {one["key_id"]: one["public"] for one in request["identity"]["keys"]}
    assert told == {k.hex(): base64.b64encode(v.public).decode() for k, v in offline.items()}
    text = json.dumps(request)
    for path in (tmp_path / "ge" / "keys").iterdir():
        secret = path.read_bytes()[-32:]
        assert secret.hex() not in text
        assert base64.b64encode(secret).decode()[:40] not in text
    fingerprints = said["fingerprints"]
    assert isinstance(fingerprints, dict)
    assert {one["fingerprint"] for one in request["identity"]["keys"]} <= set(fingerprints.values())


def test_a_passphrase_locks_every_key(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.touch(0o600)
    secret.write_text("correct horse\n")
    init(tmp_path, "--passphrase-file", secret)
    for folder in (tmp_path / "ge" / "keys", tmp_path / "ge-identity"):
        protections = {entry.protection for entry in KeyStore(folder).entries()}
        assert protections == {Protection.PASSPHRASE}
    config = load_config_of(tmp_path)
    assert config.keys.passphrase_file == secret


def load_config_of(tmp_path: Path):  # noqa: ANN201 - NodeConfig
    path = tmp_path / "ge" / "node.toml"
    text = path.read_text().replace("# genesis_sha256 =   (must be given)",
                                    f'genesis_sha256 = "{GENESIS}"')  # fmt: skip
    path.write_text(text)
    return load_config(path)


def test_a_ca_that_exists_is_used_and_what_it_must_issue_is_said(tmp_path: Path) -> None:
    ca = make_ca("Our CA", 100, time.time_ns() // 1_000_000)
    (tmp_path / "ca.pem").write_bytes(ca.certificate)
    said = init(tmp_path, "--broker-ca", tmp_path / "ca.pem")
    pki = tmp_path / "ge" / "pki"
    assert [path.name for path in pki.iterdir()] == ["ca.pem"]
    assert expires_ms((pki / "ca.pem").read_bytes()) == expires_ms(ca.certificate)
    assert "pki/server.pem" in str(said["next"])
    assert not (tmp_path / "ge-identity" / "broker-ca").exists()


@pytest.mark.parametrize("existing", ["ge", "ge-identity"])
def test_nothing_that_exists_is_overwritten(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).mkdir()
    kept = tmp_path / existing / "kept"
    kept.write_text("mine")
    said = corridor("init", *FLAGS, "--at", tmp_path / "ge", "--no-input")
    assert said.status == 3
    assert "is not empty" in said.err
    assert [path.name for path in tmp_path.rglob("*")] == [existing, "kept"]


def test_every_wrong_answer_is_named_at_once_and_nothing_is_made(tmp_path: Path) -> None:
    said = corridor(
        "init", "--endpoint", "GE.RS", "--administration", " ", "--broker-host", "a b",
        "--genesis", "xyz", "--at", tmp_path / "x", "--identity-at", tmp_path / "x",
    )  # fmt: skip
    assert said.status == 3
    for word in ("another folder", "DNS name", "administration", "64 hexadecimal"):
        assert word in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["--passphrase-file", "--broker-ca"])
def test_a_file_that_cannot_be_used_leaves_nothing_half_made(tmp_path: Path, missing: str) -> None:
    bad = tmp_path / "bad"
    bad.write_text("")
    bad.chmod(0o600)
    said = corridor("init", *FLAGS, "--at", tmp_path / "ge", missing, bad)
    assert said.status == 5
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]


def test_a_place_that_cannot_be_written_is_named() -> None:
    said = corridor("init", *FLAGS, "--at", "/proc/corridor/ge")
    assert said.status == 5
    assert "/proc" in said.err


def test_without_a_terminal_every_missing_answer_is_named_and_none_is_asked_for() -> None:
    said = corridor("init", "--no-input")
    assert said.status == 2
    for flag in ("--endpoint", "--administration", "--broker-host"):
        assert flag in said.err
    assert corridor("init", "--endpoint", "Georgia", *FLAGS[2:]).status == 2


def test_at_a_terminal_what_is_missing_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    typing(monkeypatch)("Revenue Service", "mq.rs.ge")
    said = corridor("init", "--endpoint", "GE.RS")
    assert said.status == 0, said.err
    assert "made ge and ge-identity" in said.out
    assert "fingerprints" in said.out
    assert "Name of the administration" in said.err
    assert (tmp_path / "ge" / "node.toml").is_file()


def test_without_a_genesis_the_configuration_says_what_it_lacks(tmp_path: Path) -> None:
    said = init(tmp_path)
    assert "corridor join" in str(said["next"])
    checked = corridor("config", "validate", "--config", said["config"])
    assert checked.status == 3
    assert "trust.genesis_sha256: Field required" in checked.err


def test_a_founded_node_adopts_its_network_and_announces_the_keys_it_was_made_with(
    tmp_path: Path,
) -> None:
    """The whole way from init to a bundle, with the registry's ceremonies held by the test."""
    now_ms = time.time_ns() // 1_000_000
    world = make_world(now_ms=now_ms)
    said = init(tmp_path, "--genesis", world.genesis_hash.hex(), "--environment", "lab")
    config = said["config"]
    keys, offline = KeyStore(tmp_path / "ge" / "keys"), KeyStore(tmp_path / "ge-identity")
    identity = tuple(offline.signing_keys(KeyRole.IDENTITY).values())
    (sign,) = keys.signing_keys(KeyRole.SIGN).values()
    (manager,) = keys.signing_keys(KeyRole.KEY_MANAGER).values()
    asked = json.loads(Path(str(said["join_request"])).read_text())["broker"]
    ca = (bytes.fromhex(asked["ca_sha256"]), base64.b64decode(asked["ca_der"]))
    broker = BrokerAddress(asked["host"], asked["port"], None, *ca)
    members = [ceremony.member(GE, "Revenue Service", identity, 2, broker)]
    directory = ceremony.make_directory(
        ceremony.first_directory(world.network_id, members, [], now_ms), world.registry
    )
    lent = [
        ceremony.lend(sign, KeyUsage.SIGN, GE, now_ms),
        ceremony.lend(manager, KeyUsage.KEY_MANAGER, GE, now_ms),
    ]
    delegation = ceremony.make_delegation(
        world.network_id, GE.member, lent, identity[:2], issued_ms=now_ms
    )
    files = []
    for name, signed in (("d", delegation), ("r", world.root), ("v", directory)):
        files.append(tmp_path / f"{name}.crt1")
        files[-1].write_bytes(encode_statement_frame(signed))
    adopted = corridor("keys", "adopt", *files, "--config", config, "--json")
    assert adopted.status == 0, adopted.out + adopted.err
    assert [one["status"] for one in adopted.json] == ["adopted"] * 3
    again = corridor("keys", "adopt", files[1], "--config", config)
    assert "known" in again.out
    rotated = corridor("keys", "rotate", "--config", config, "--json").json
    made = {key_id.hex() for key_id in keys.decryption_keys()}
    assert set(rotated["new"]) == made
    assert (
        len(set(corridor("keys", "rotate", "--config", config, "--json").json["new"]) - made) == 2
    )
    fingerprints = corridor("keys", "fingerprint", "--config", config).out
    assert sign.key_id.hex()[:4] in fingerprints
    listed = corridor("keys", "list", "--config", config)
    assert "key-manager" in listed.out
    assert "counts" in listed.out
