"""Statements taken from files, and keys rotated, while a node may be running."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders_cli import corridor
from builders_trust import DAY_MS, GE, make_world
from corridor.daemon.config import load_config
from corridor.daemon.links import broker_files, expected_definitions
from corridor.daemon.trust_keeper import TrustKeeper, open_keys, open_trust
from corridor.daemon.truststore import TrustStore
from corridor.errors import ConfigurationError, KeyTrouble, Refused
from corridor.trust import ceremony
from corridor.trust.bundle import plan_rotation
from corridor.trust.frames import encode_statement_frame

NodeFolder = Callable[..., Path]


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def told() -> Iterator[list[int]]:
    """Signals SIGHUP that this process got."""
    caught: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _frame: caught.append(number))
    yield caught
    signal.signal(signal.SIGHUP, before)


def test_a_rotation_tells_the_running_node(node_folder: NodeFolder, told: list[int]) -> None:
    config = node_folder()
    said = corridor("keys", "rotate", "--config", config, "--suite", "2", "--pid", os.getpid())
    assert said.status == 0, said.err
    assert told == [signal.SIGHUP]
    assert "bundle 2 of GE.RS" in said.out
    assert "SIGHUP" in corridor("keys", "rotate", "--config", config).out


def test_a_rotation_without_its_keys_says_which_are_missing(node_folder: NodeFolder) -> None:
    config = node_folder()
    for path in (config.parent / "keys").glob("key-manager-*"):
        path.unlink()
    said = corridor("keys", "rotate", "--config", config)
    assert said.status == 5
    assert "key" in said.err


def test_keys_whose_time_is_over_are_destroyed(node_folder: NodeFolder) -> None:
    from corridor.daemon.rotation import rotate  # noqa: PLC0415 - the clock is the test's

    config = load_config(node_folder())
    first = {entry.key_id for entry in open_keys(config.keys).entries()}
    rotate(config, (2, 1), now())
    done = rotate(config, (2, 1), now() + 80 * DAY_MS)
    later = {entry.key_id.hex() for entry in open_keys(config.keys).entries()}
    assert set(done["new"]) <= later
    assert not set(done["destroyed"]) & later
    assert {key_id.hex() for key_id in first} - later == set(done["destroyed"])


def test_what_is_no_statement_is_refused_by_name_and_the_rest_is_adopted(
    node_folder: NodeFolder, tmp_path: Path, told: list[int]
) -> None:
    config = node_folder()
    bad, foreign = tmp_path / "bad.crt1", tmp_path / "foreign.crt1"
    bad.write_bytes(b"CRT1\0\0\0\3abc")
    foreign.write_bytes(encode_statement_frame(make_world(now_ms=now()).directory))
    own = next((config.parent / "trust").glob("directory-*.crt1"))
    said = corridor(
        "keys", "adopt", bad, own, foreign, "--config", config, "--json", "--pid", os.getpid()
    )
    assert said.status == 5
    assert sorted(one["status"] for one in said.json) == ["known", "refused", "refused"]
    assert all(one["reason"] for one in said.json if one["status"] == "refused")
    assert told == [signal.SIGHUP]


def test_a_first_adoption_is_whole_or_nothing(node_folder: NodeFolder, tmp_path: Path) -> None:
    config = node_folder()
    trust = config.parent / "trust"
    kept = {path.name: path.read_bytes() for path in trust.glob("*.crt1")}
    files = []
    for name, frame in kept.items():
        files.append(tmp_path / name)
        files[-1].write_bytes(frame)
    for path in trust.iterdir():
        path.unlink()
    without_root = [one for one in files if not one.name.startswith("root")]
    said = corridor("keys", "adopt", *without_root, "--config", config, "--json")
    assert said.status == 5
    assert {one["status"] for one in said.json} == {"refused"}
    assert list(trust.glob("*.crt1")) == []
    assert corridor("keys", "adopt", *files, "--config", config).status == 0
    assert open_trust(load_config(config)).load(now()).dir_version == 1
    (tmp_path / "bad").write_bytes(b"")
    for path in trust.iterdir():
        path.unlink()
    assert corridor("keys", "adopt", tmp_path / "bad", "--config", config).status == 5


def test_a_file_that_is_not_there_is_named(node_folder: NodeFolder, tmp_path: Path) -> None:
    said = corridor("keys", "adopt", tmp_path / "none.crt1", "--config", node_folder())
    assert said.status == 3
    assert "none.crt1" in said.err


def test_a_node_without_statements_says_how_to_get_them(node_folder: NodeFolder) -> None:
    config = node_folder()
    for path in (config.parent / "trust").iterdir():
        path.unlink()
    said = corridor("keys", "list", "--config", config)
    assert said.status == 3
    assert "corridor keys adopt" in said.err


# --- the trust of a running node -------------------------------------------------------------


def next_bundle(config: Path, *, issued_ms: int, suites: tuple[int, ...] = (2, 1)) -> bytes:
    """The next bundle of Türkiye, as its own node would make it."""
    from corridor.daemon.keystore import KeyRole  # noqa: PLC0415 - one use
    from corridor.seal.keys import DecryptionKey  # noqa: PLC0415

    loaded = load_config(config)
    keys, view = open_keys(loaded.keys), open_trust(loaded).load(now())
    me = loaded.endpoint
    held = view.state.bundles[me]
    plan = plan_rotation(view.bundle(me), issued_ms, suites)
    (sign,) = keys.signing_keys(KeyRole.SIGN).values()
    (manager,) = keys.signing_keys(KeyRole.KEY_MANAGER).values()
    return ceremony.make_bundle(
        view.network_id, me, plan, [DecryptionKey.generate(suite) for suite in plan.suites],
        (manager, sign), issued_ms=issued_ms, previous=held.signed.to_bytes(),
    )  # fmt: skip


@pytest.fixture
def keeper(node_folder: NodeFolder) -> TrustKeeper:
    return TrustKeeper(load_config(node_folder("GE")), now())


def test_a_partners_new_bundle_is_adopted_once(
    keeper: TrustKeeper, node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = encode_statement_frame(next_bundle(node_folder("TR"), issued_ms=now()))
    assert keeper.take_frame(frame, now())
    loads: list[int] = []
    load = TrustStore.load

    def counted(store: TrustStore, now_ms: int, lowest_directory: int = 0):  # noqa: ANN202
        loads.append(now_ms)
        return load(store, now_ms, lowest_directory)

    monkeypatch.setattr(TrustStore, "load", counted)
    assert not keeper.take_frame(frame, now())
    assert not keeper.take_frame(b"CRT1\0\0\0\1x", now())
    assert not keeper.take_frame(frame[:-1], now())
    assert loads == [], "a known or bad statement made the node verify its whole folder"


def test_a_partner_that_says_two_things_is_not_believed_and_both_are_kept(
    keeper: TrustKeeper, node_folder: NodeFolder
) -> None:
    config = node_folder("TR")
    assert keeper.take_frame(encode_statement_frame(next_bundle(config, issued_ms=now())), now())
    second = next_bundle(config, issued_ms=now() + 1, suites=(2,))
    assert not keeper.take_frame(encode_statement_frame(second), now() + 2)
    kept = config.parent.parent / "GE" / "trust"
    assert len(list(kept.glob("*-second-*"))) == 1


def test_a_node_tells_partners_its_own_delegation_and_bundle(keeper: TrustKeeper) -> None:
    frames = keeper.own_frames()
    assert len(frames) == 2
    assert all(frame.startswith(b"CRT1") for frame in frames)
    assert keeper.seals_until_ms(now()) > now()
    assert not keeper.rotation_due(now())
    assert keeper.rotation_due(now() + 89 * DAY_MS)


def test_a_reload_that_does_not_fit_leaves_what_was_in_use(
    keeper: TrustKeeper, tmp_path: Path
) -> None:
    identity, view = keeper.identity(), keeper.current()
    for path in (tmp_path / "GE" / "keys").glob("sign-*"):
        path.unlink()
    with pytest.raises(KeyTrouble, match="must delegate one"):
        keeper.reload(now())
    assert keeper.identity() is identity
    (tmp_path / "GE" / "trust" / "current").unlink()
    with pytest.raises((Refused, ConfigurationError)):
        keeper.reload(now())
    assert keeper.current() is view


def test_a_node_whose_delegation_has_ended_does_not_start(node_folder: NodeFolder) -> None:
    with pytest.raises((KeyTrouble, Refused)):
        TrustKeeper(load_config(node_folder()), now() + 200 * DAY_MS)


# --- the own broker's files ------------------------------------------------------------------


def test_a_partner_without_a_certificate_for_us_is_left_out_by_name(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    config = load_config(node_folder())
    links = config.links.model_copy(update={"partner_folder": tmp_path})
    config = config.model_copy(update={"links": links})
    view = open_trust(config).load(now())
    made = broker_files(config, view, now())
    assert [line[:2] for line in made.left_out] == ["AZ", "TR"]
    assert made.certificates == {}
    assert "to.TR" not in str(expected_definitions(config, view, now(), (3, 10, 8))["exchanges"])


def test_a_directory_whose_ca_is_not_what_it_says_is_refused(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    from corridor.trust.view import build_view  # noqa: PLC0415 - one use

    config = load_config(node_folder())
    (tmp_path / "fed-at-tr.pem").touch()
    world = make_world(now_ms=now())
    view = build_view(world.genesis_hash, world.statements(), now())
    links = config.links.model_copy(update={"partner_folder": tmp_path})
    config = config.model_copy(update={"links": links})
    assert config.endpoint == GE
    with pytest.raises(Exception, match=r"certificate|fingerprint"):
        broker_files(config, view, now())
