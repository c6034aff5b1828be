"""Statements on disk: kept verbatim, verified at each start, never older than what was held."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from builders_trust import DAY_MS, GE, NOW_MS, World, make_world
from corridor.daemon.truststore import TrustStore
from corridor.errors import ConfigurationError, KeyTrouble, Reason, Refused
from corridor.trust import ceremony
from corridor.trust.frames import encode_statement_frame

WORLD = make_world()
LATER = NOW_MS + DAY_MS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trust"


def store_at(folder: Path, world: World = WORLD, environment: str = "lab") -> TrustStore:
    return TrustStore(folder, world.genesis_hash, environment)


def second_directory() -> bytes:
    made = ceremony.next_directory(WORLD.directory, WORLD.network_id, LATER)
    return ceremony.make_directory(made, WORLD.registry)


def refusal(store: TrustStore, now_ms: int = LATER, lowest: int = 0) -> Reason:
    with pytest.raises(Refused) as caught:
        store.load(now_ms, lowest)
    return caught.value.reason


def test_a_node_believes_after_a_restart_what_it_believed_before(folder: Path) -> None:
    store = store_at(folder)
    view = store.found(WORLD.statements(), NOW_MS)
    view = store.add(view, second_directory(), LATER)
    again = store_at(folder).load(LATER)
    assert again.dir_version == 2
    assert again.index == view.index


def test_statements_are_kept_verbatim_in_private_files(folder: Path) -> None:
    store_at(folder).found(WORLD.statements(), NOW_MS)
    kept = folder / "delegation-GE.RS-000001.crt1"
    assert kept.read_bytes() == encode_statement_frame(WORLD.delegations[GE])
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_superseded_statements_stay_as_evidence(folder: Path) -> None:
    store = store_at(folder)
    store.add(store.found(WORLD.statements(), NOW_MS), second_directory(), LATER)
    names = {path.name for path in folder.glob("directory-*")}
    assert names == {"directory-000001.crt1", "directory-000002.crt1"}


def test_a_statement_that_is_held_already_is_not_written_again(folder: Path) -> None:
    store = store_at(folder)
    view = store.found(WORLD.statements(), NOW_MS)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert store.add(view, WORLD.directory, NOW_MS) is view
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_refused_statement_leaves_the_folder_as_it_was(folder: Path) -> None:
    store = store_at(folder)
    view = store.found(WORLD.statements(), NOW_MS)
    before = sorted(folder.iterdir())
    with pytest.raises(Refused):
        store.add(view, second_directory()[:-1], LATER)
    assert sorted(folder.iterdir()) == before


def test_a_signer_that_says_two_things_leaves_the_proof(folder: Path) -> None:
    store = store_at(folder)
    view = store.add(store.found(WORLD.statements(), NOW_MS), second_directory(), LATER)
    made = ceremony.next_directory(WORLD.directory, WORLD.network_id, LATER)
    for number in range(20):
        other = replace(made, expires_ms=made.expires_ms - 1 - number)
        with pytest.raises(Refused) as caught:
            store.add(view, ceremony.make_directory(other, WORLD.registry), LATER)
        assert caught.value.reason is Reason.EQUIVOCATION
    proofs = list(folder.glob("directory-000002-second-*"))
    assert len(proofs) == 16
    assert store.load(LATER).index == view.index


def test_rollback_by_taking_the_newest_file_away_is_refused(folder: Path) -> None:
    store = store_at(folder)
    store.add(store.found(WORLD.statements(), NOW_MS), second_directory(), LATER)
    (folder / "directory-000002.crt1").unlink()
    assert refusal(store) is Reason.ROLLBACK


def test_rollback_by_overwriting_a_file_is_refused(folder: Path) -> None:
    store = store_at(folder)
    store.add(store.found(WORLD.statements(), NOW_MS), second_directory(), LATER)
    older = (folder / "directory-000001.crt1").read_bytes()
    (folder / "directory-000002.crt1").write_bytes(older)
    assert refusal(store) is Reason.ROLLBACK


def test_rollback_of_the_whole_folder_is_refused_by_what_the_records_prove(folder: Path) -> None:
    store = store_at(folder)
    store.found(WORLD.statements(), NOW_MS)
    assert refusal(store, NOW_MS, lowest=2) is Reason.ROLLBACK
    assert store.load(NOW_MS, lowest_directory=1).dir_version == 1


def test_a_crash_before_the_list_is_written_leaves_the_old_belief(folder: Path) -> None:
    store = store_at(folder)
    store.found(WORLD.statements(), NOW_MS)
    frame = encode_statement_frame(second_directory())
    (folder / "directory-000002.crt1").write_bytes(frame)
    (folder / "directory-000002.crt1").chmod(0o600)
    view = store.load(LATER)
    assert view.dir_version == 1
    # The broker delivers the statement again, for nobody had acknowledged it.
    assert store.add(view, second_directory(), LATER).dir_version == 2
    assert store.load(LATER).dir_version == 2


def test_another_network_than_the_configurations_is_refused(folder: Path) -> None:
    store_at(folder).found(WORLD.statements(), NOW_MS)
    other = TrustStore(folder, hashlib.sha256(b"other").digest(), "lab")
    assert refusal(other) is Reason.STATEMENT_CHAIN


def test_a_laboratorys_root_is_refused_outside_a_laboratory(folder: Path) -> None:
    store = store_at(folder, environment="production")
    with pytest.raises(Refused) as caught:
        store.found(WORLD.statements(), NOW_MS)
    assert caught.value.reason is Reason.LAB_ROOT
    assert not folder.exists()
    store_at(folder).found(WORLD.statements(), NOW_MS)
    assert refusal(store) is Reason.LAB_ROOT


def test_a_real_networks_root_is_believed_in_production(folder: Path) -> None:
    world = make_world((GE,), lab=False)
    store = store_at(folder, world, "production")
    store.found(world.statements(), NOW_MS)
    assert not store.load(NOW_MS).is_lab


def test_a_folder_is_founded_once(folder: Path) -> None:
    store = store_at(folder)
    store.found(WORLD.statements(), NOW_MS)
    with pytest.raises(KeyTrouble):
        store.found(WORLD.statements(), NOW_MS)


def test_a_node_without_statements_is_told_to_join(folder: Path) -> None:
    with pytest.raises(ConfigurationError):
        store_at(folder).load(NOW_MS)


def test_a_list_of_statements_that_was_tampered_with_is_refused(folder: Path) -> None:
    store = store_at(folder)
    store.found(WORLD.statements(), NOW_MS)
    (folder / "current").write_bytes(b"0 ../secret\n")
    assert refusal(store) is Reason.ROLLBACK
