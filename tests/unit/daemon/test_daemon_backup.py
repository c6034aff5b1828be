"""Backups of a node's folder: what they hold, who can make one, and what a restore leaves."""

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from builders_cli import Said, corridor
from builders_http import write_clients
from builders_store import NOW_MS, incoming, received
from builders_trust import GE, TR
from corridor.daemon import backup
from corridor.daemon.backup import backup_is_due, create, last_backup_ms, parts
from corridor.daemon.config import NodeConfig, load_config
from corridor.daemon.restore import Source, backup_key, restore, skim, verify
from corridor.daemon.restored import restored_until_ms
from corridor.daemon.trust_keeper import open_keys
from corridor.errors import ArchiveTrouble, ConfigurationError, StoreDamaged, StoreInUse
from corridor.gateway.http.clients import load_clients
from corridor.seal.archive import ArchiveHead, ArchiveWriter
from corridor.seal.keys import SigningKey
from corridor.seal.storage import StorageKey
from corridor.store.sqlite import SqliteStore

NodeFolder = Callable[..., Path]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Kept:
    """A node's folder and its backup key."""

    path: Path
    keys: Path

    @property
    def config(self) -> NodeConfig:
        return load_config(self.path)

    def store(self) -> SqliteStore:
        key = StorageKey(open_keys(self.config.keys).storage_key())
        return SqliteStore.open(self.config.store.path, key)

    def source(self, file: Path, genesis: str | None = None) -> Source:
        return Source(file, backup_key(self.keys, None, file), genesis)


@pytest.fixture
def node(node_folder: NodeFolder, tmp_path: Path) -> Kept:
    path = node_folder("GE")
    keys = tmp_path / "offline"
    assert corridor("backup", "key", "--at", keys).status == 0
    shutil.copy(keys / "backup.pub", path.parent)
    with path.open("a") as text:
        text.write('\n[backup]\npublic_key_file = "backup.pub"\nkeep = 2\n')
    made = Kept(path, keys)
    made.config.store.path.parent.mkdir(exist_ok=True)
    with made.store() as store, store.transaction() as change:
        change.keep_received(received(1, incoming(0, 1), incoming(1, 2), peer=TR))
        change.acknowledge(1, NOW_MS)
    return made


def made(node: Kept) -> Path:
    return create(node.config, node.path, now_ms()).path


def test_a_folder_that_is_gone_comes_back_as_it_was(node: Kept) -> None:
    before = {one.name: one.path.read_bytes() for one in parts(node.config, node.path)}
    genesis = node.config.trust.genesis_sha256
    with node.store() as store:  # a node that runs
        file = made(node)
        assert store.counts()["inbox"] == 2
    outside = shutil.move(file, node.keys.parent / "kept.crb1")
    shutil.rmtree(node.path.parent)
    done = restore(node.source(outside, genesis), node.path, now_ms())
    assert done.aside is None
    assert {one.name: one.path.read_bytes() for one in parts(node.config, node.path)} == before
    assert {"node.toml", "trust/current"} < before.keys()
    with node.store() as store, store.reading() as view:
        assert [(one.cursor, one.possible_repeat) for one in view.inbox(0, 9)] == [
            (1, False),
            (2, True),
        ]
        assert restored_until_ms(view) > now_ms()
    assert not list(node.path.parent.glob(".rest*"))
    for one in node.path.parent.rglob("*"):
        assert one.is_dir() or not one.stat().st_mode & 0o077, one


def test_national_systems_get_in_after_a_restore(node: Kept) -> None:
    folder = node.path.parent
    write_clients(folder / "http" / "clients.json")
    secret = folder / "hook.secret"
    secret.touch(0o600)
    secret.write_text("whsec_" + "A" * 43 + "=")
    with node.path.open("a") as text:
        text.write("[http]\nenabled = true\n")
        text.write('[webhook]\nurl = "https://customs.example/"\nsecret_file = "hook.secret"\n')
    genesis = node.config.trust.genesis_sha256
    outside = shutil.move(made(node), node.keys.parent / "kept.crb1")
    shutil.rmtree(folder)
    restore(node.source(outside, genesis), node.path, now_ms())
    clients = load_clients(node.config.http.tokens_file)
    assert clients.by_token("token-office") is not None
    assert secret.read_text() == "whsec_" + "A" * 43 + "="
    assert secret.stat().st_mode & 0o777 == 0o600


def test_cursors_of_the_forgotten_time_are_not_given_out_again(node: Kept) -> None:
    restore(node.source(made(node)), node.path, now_ms())
    with node.store() as store, store.transaction() as change:
        change.keep_received(received(2, incoming(0, 3), peer=TR))
        assert change.inbox(2, 1)[0].cursor > now_ms() * 1000 - 60_000_000


def test_what_is_there_is_moved_aside_and_never_deleted(node: Kept) -> None:
    file = made(node)
    with node.store() as store, store.transaction() as change:
        change.keep_received(received(2, incoming(0, 3), peer=TR))
    (node.path.parent / "trust" / "newer.crt1").write_bytes(b"newer")
    later = node.config.store.path.read_bytes()
    done = restore(node.source(file), node.path, now_ms())
    assert done.aside
    assert (done.aside / "store" / "store.db").read_bytes() == later
    assert (node.path.parent / "trust" / "newer.crt1").exists()
    assert not (done.aside / "keys").exists()  # the same bytes stay where they are
    with node.store() as store:
        assert store.counts()["inbox"] == 2


def test_a_node_that_runs_is_not_replaced(node: Kept) -> None:
    file = made(node)
    with node.store() as store:
        with pytest.raises(StoreInUse):
            restore(node.source(file), node.path, now_ms())
        assert store.counts()["inbox"] == 2
    assert not list(node.path.parent.glob("before-restore-*"))


def test_a_dry_run_tells_what_is_in_it_and_changes_nothing(node: Kept) -> None:
    file = made(node)
    before = {one: one.stat().st_mtime_ns for one in node.path.parent.rglob("*") if one.is_file()}
    checked = verify(node.source(file), node.path)
    assert checked.rows["inbox"] == 2
    assert checked.content > 10_000
    after = {one: one.stat().st_mtime_ns for one in node.path.parent.rglob("*") if one.is_file()}
    assert after == before


def forged(node: Kept, signer: SigningKey, content: bytes = b"") -> Path:
    """A backup that somebody else sealed for the same backup key."""
    head = skim(made(node)).head
    place = node.keys.parent / "forged.crb1"
    with place.open("wb") as out:
        key = backup_key(node.keys, None, made_later(node))
        forged_head = ArchiveHead(
            head.endpoint, head.genesis_sha256, head.created_ms, head.release, head.suite,
            head.backup_key_id, signer.public.hex(),
        )  # fmt: skip
        writer = ArchiveWriter(out, forged_head, key.public, signer)
        writer.write(content)
        writer.close()
    return place


def made_later(node: Kept) -> Path:
    return create(node.config, node.path, now_ms() + 5_000).path


def test_an_archive_that_somebody_else_sealed_is_refused(
    node: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = forged(node, SigningKey.generate())
    assert skim(empty).content == 0
    with pytest.raises(ArchiveTrouble):
        verify(node.source(empty), node.path)
    # the whole folder, honestly copied, but signed by a key that nobody delegated
    stranger = SigningKey.generate()
    monkeypatch.setattr(backup, "_signer", lambda _config, _now: stranger)
    file = create(node.config, node.path, now_ms() + 9_000).path
    with pytest.raises(ArchiveTrouble, match="may speak") as trouble:
        restore(node.source(file), node.path, now_ms())
    assert trouble.value.cure
    assert not list(node.path.parent.glob("before-restore-*"))


def test_another_network_is_refused_and_on_an_empty_machine_it_must_be_named(node: Kept) -> None:
    file = made(node)
    with pytest.raises(ArchiveTrouble, match="network"):
        verify(node.source(file, "00" * 32), node.path)
    empty = node.keys.parent / "elsewhere" / "node.toml"
    with pytest.raises(ConfigurationError) as trouble:
        restore(node.source(file), empty, now_ms())
    assert "--genesis" in trouble.value.cure
    assert not list(empty.parent.iterdir())


def test_a_store_that_is_damaged_is_found_before_anything_is_changed(node: Kept) -> None:
    store = node.config.store.path
    with closing(sqlite3.connect(store)) as opened:  # a page that nobody reads to copy the store
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'quarantine_acts'"
        ((page,),) = opened.execute(query).fetchall()
    data = bytearray(store.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    store.write_bytes(data)
    file = made(node)  # what is copied is not judged: a bad copy is better than none
    with pytest.raises(StoreDamaged):
        restore(node.source(file), node.path, now_ms())
    assert store.read_bytes() == bytes(data)


def test_only_so_many_are_kept_and_half_written_ones_leave_nothing(
    node: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = now_ms()
    files = [create(node.config, node.path, begin + 1_000 * n) for n in range(3)]
    folder = node.config.backup.directory
    assert [one.name for one in sorted(folder.iterdir())] == [one.path.name for one in files[1:]]
    assert files[2].removed == (files[0].path,)
    assert last_backup_ms(node.config, begin + 2_000) == (begin + 2_000) // 1000 * 1000
    with pytest.raises(ArchiveTrouble, match="already"):
        create(node.config, node.path, begin + 2_000)

    def fails(**_: object) -> None:
        raise OSError(28, "No space left on device", "backup")

    monkeypatch.setattr("corridor.daemon.backup.tarfile.open", fails)
    with pytest.raises(ArchiveTrouble, match="No space"):
        create(node.config, node.path, begin + 9_000)
    assert len(list(folder.iterdir())) == 2
    assert not backup_is_due(node.config, begin + 26 * 3_600_000)
    assert backup_is_due(node.config, begin + 27 * 3_600_000)
    shutil.rmtree(folder)
    assert last_backup_ms(node.config, begin) is None
    assert backup_is_due(node.config, begin)


@pytest.mark.parametrize("content", [None, "", "2", "2 zz", "9 00", "2 " + "00" * 40, "\u00fc"])
def test_a_public_key_that_is_none_is_told_with_its_cure(node: Kept, content: str | None) -> None:
    public = node.path.parent / "backup.pub"
    public.unlink()
    if content is not None:
        public.write_text(content)
    with pytest.raises(ConfigurationError) as trouble:
        made(node)
    assert "backup key" in trouble.value.cure


# -- as commands


def said(node: Kept, *arguments: object) -> Said:
    return corridor("backup", *arguments, "--config", node.path)


def test_the_commands_say_what_they_did_and_what_comes_next(node: Kept) -> None:
    done = said(node, "create")
    assert done.status == 0, done.err
    file = done.out.partition(": ")[0]
    assert "backup verify" in done.out
    shallow = said(node, "verify", file)
    assert "backup of GE.RS" in shallow.out
    assert "--key-folder" in shallow.out
    deep = said(node, "verify", file, "--key-folder", node.keys, "--json")
    assert deep.json["rows"]["inbox"] == 2
    dry = said(node, "restore", file, "--key-folder", node.keys, "--dry-run")
    assert "nothing was changed" in dry.out
    back = said(node, "restore", file, "--key-folder", node.keys)
    assert back.status == 0, back.err
    assert "corridor run" in back.out
    again = said(node, "restore", file, "--key-folder", node.keys, "--json")
    assert again.json["config"] == str(node.path)


def test_what_cannot_be_done_is_told(node: Kept, tmp_path: Path) -> None:
    file = made(node)
    assert said(node, "restore", file).status == 3
    assert "No such file" in said(node, "verify", tmp_path / "none.crb1").err
    assert said(node, "verify", node.path).status == 5
    other = tmp_path / "other"
    assert corridor("backup", "key", "--at", other).status == 0
    wrong = said(node, "verify", file, "--key-folder", other)
    assert wrong.status == 5
    assert "does not hold backup key" in wrong.err
    assert corridor("backup", "key", "--at", other).status == 5
    assert GE.country == "GE"
