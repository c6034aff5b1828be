"""A restore that is killed: nothing starts on what it left, and made again it is whole."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

from builders_cli import corridor
from builders_kill import killed_at
from builders_store import NOW_MS, incoming, received, submission
from builders_trust import TR
from corridor.daemon.backup import create, parts
from corridor.daemon.config import NodeConfig, load_config
from corridor.daemon.restore import Restored, Source, backup_key, restore
from corridor.daemon.restored import restored_until_ms
from corridor.daemon.trust_keeper import open_keys, open_trust
from corridor.errors import ArchiveTrouble, RestoreUnfinished, StoreInUse
from corridor.seal.storage import StorageKey
from corridor.store.port import Transaction
from corridor.store.sqlite import SqliteStore
from corridor.store.unfinished import MARK, Unfinished, read_mark, refuse_unfinished, set_marks

pytestmark = pytest.mark.unmeasured

NodeFolder = Callable[..., Path]
BACKED_UP, SINCE = 2, 11
LATER_MS = NOW_MS + 3_600_000


@dataclass
class Kept:
    """A node's folder, its backup, and where both were when the test began."""

    path: Path
    keys: Path
    file: Path = Path()

    @property
    def config(self) -> NodeConfig:
        return load_config(self.path)

    def store(self, at: Path | None = None, *, read_only: bool = False) -> SqliteStore:
        key = StorageKey(open_keys(self.config.keys).storage_key())
        return SqliteStore.open(at or self.config.store.path, key, read_only=read_only)

    def restore(self) -> Restored:
        source = Source(self.file, backup_key(self.keys, None, self.file))
        return restore(source, self.path, LATER_MS)


def killed_node(node: Kept, aside: Path) -> None:
    """Leave the node's store as `kill -9` does: much of it in the log alone."""
    place = node.config.store.path
    with node.store() as store:
        for number in range(1, SINCE + 1):
            with store.transaction() as change:
                change.accept(submission(number, TR), NOW_MS)
        shutil.copytree(place.parent, aside, ignore=shutil.ignore_patterns("*.lock", "backups"))
    for one in aside.iterdir():
        shutil.copy(one, place.parent)
    shutil.rmtree(aside)
    assert place.with_name("store.db-wal").stat().st_size > 0


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than that of the configuration."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder in it
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has one file system only")
    made = Path(mkdtemp(dir=memory))
    yield made
    shutil.rmtree(made)


def store_at(config: Path, store: Path) -> None:
    config.write_text(config.read_text().replace("[store]", f'[store]\npath = "{store}"'))


def made(path: Path, keys: Path) -> Kept:
    """A node with a backup, and with all that came after it lost with its process."""
    assert corridor("backup", "key", "--at", keys).status == 0
    shutil.copy(keys / "backup.pub", path.parent)
    with path.open("a") as text:
        text.write('\n[backup]\npublic_key_file = "backup.pub"\ndirectory = "../backups"\n')
    node = Kept(path, keys)
    node.config.store.path.parent.mkdir(mode=0o700, exist_ok=True)
    with node.store() as store, store.transaction() as change:
        change.keep_received(received(1, incoming(0, 1), incoming(1, 2), peer=TR))
    node.file = create(node.config, path, NOW_MS).path
    killed_node(node, path.parent.with_name("copied"))
    with path.open("a") as text:
        text.write("# changed since\n")
    return node


@pytest.fixture
def node(node_folder: NodeFolder, tmp_path: Path) -> Kept:
    return made(node_folder("GE"), tmp_path / "offline")


def rows(node: Kept, at: Path | None = None) -> tuple[int, int]:
    with node.store(at) as store:
        counts = store.counts()
    return counts["inbox"], counts["outbox"]


def refused(node: Kept) -> None:
    """Nothing that opens the store, or reads trust, takes what is here for a node."""
    for try_it in (
        node.store,
        lambda: node.store(read_only=True),
        lambda: open_trust(node.config),
        lambda: create(node.config, node.path, LATER_MS),
    ):
        with pytest.raises(RestoreUnfinished, match="broken off") as trouble:
            try_it()
        assert "backup restore" in trouble.value.cure


def whole(node: Kept) -> bool:
    """What opens is the old node, all of it, or the new one, which knows that it is one."""
    with node.store(read_only=True) as store, store.reading() as view:
        counts, since = store.counts(), restored_until_ms(view)
    if counts["outbox"]:
        assert (counts["inbox"], counts["outbox"], since) == (BACKED_UP, SINCE, -1)
    else:
        assert counts["inbox"] == BACKED_UP
        assert since > 0
    return since > 0


def killed_everywhere(node: Kept, trees: list[Path], keep: Path, each: int = 1) -> list[str]:
    """Kill a restore before each of its steps, and make each again; tells what was found."""
    for one in trees:
        shutil.copytree(one, keep / one.name)
    found: list[str] = []
    for step in range(1, 200, each):
        if not killed_at(step, node.restore, "restoring"):
            assert whole(node)  # it came to its end
            assert rows(node) == (BACKED_UP, 0)
            return found
        if (node.config.store.path.parent / MARK).exists():
            found.append("refused")
            refused(node)
        else:
            found.append("old")
            assert not whole(node)
        done = node.restore()
        assert whole(node)
        assert rows(node) == (BACKED_UP, 0)
        if found[-1] == "refused":  # what was here lies in one of the folders, log and all
            kept = [one / "store" / "store.db" for one in (*done.earlier, done.aside) if one]
            assert (BACKED_UP, SINCE) in [rows(node, one) for one in kept if one.exists()], step
        for one in trees:
            left = {each.name for each in one.rglob("*")}
            assert not {name for name in left if MARK in name or "restoring" in name}
            shutil.rmtree(one)
            shutil.copytree(keep / one.name, one)
    raise AssertionError("it had no end")


def test_a_restore_that_is_killed_at_any_step_starts_nothing_and_is_made_again(
    node: Kept, tmp_path: Path
) -> None:
    found = killed_everywhere(node, [node.path.parent], tmp_path / "keep")
    assert found == sorted(found)  # from its first change to its last nothing starts
    assert found.count("old") > 5
    assert found.count("refused") > 5


def test_so_it_is_where_the_store_lies_on_another_file_system(
    node_folder: NodeFolder, tmp_path: Path, elsewhere: Path
) -> None:
    path = node_folder("GE")
    store_at(path, elsewhere / "state" / "store.db")
    node = made(path, tmp_path / "offline")
    found = killed_everywhere(node, [path.parent, elsewhere], tmp_path / "keep", each=2)
    assert found == sorted(found)
    assert {"old", "refused"} == set(found)


def test_commands_and_a_start_say_what_happened_and_what_to_do(node: Kept) -> None:
    set_marks(Unfinished((node.config.store.path.parent,), (node.path.parent,)))
    for command in (
        ("run",),
        ("run", "--restored"),
        ("backup", "create"),
        ("evidence", "verify"),
        ("quarantine", "list"),
        ("keys", "rotate"),
    ):
        said = corridor(*command, "--config", node.path)
        assert said.status == 1, command
        assert "a restore was broken off" in said.err
        assert "corridor backup restore" in said.err
        assert f"before lies in {node.path.parent}" in said.err
    as_json = corridor("backup", "create", "--config", node.path, "--json")
    assert as_json.json["error"]["code"] == "restore_unfinished"
    node.config.store.path.unlink()  # broken off before it had put a store there
    (line,) = corridor("doctor", "--only", "store", "--config", node.path, "--json").json["checks"]
    assert line["status"] == "fail"
    assert "backup restore" in line["cure"]
    again = corridor("backup", "restore", node.file, "--key-folder", node.keys,
                     "--config", node.path)  # fmt: skip
    assert again.status == 0, again.err
    assert "an earlier try was broken off" in again.out
    assert whole(node)


def test_a_mark_that_is_damaged_is_one(tmp_path: Path) -> None:
    refuse_unfinished(tmp_path)
    for content in ("", "{}", "[" * 100_000, '{"folders": 1, "aside": 2}', "\udcff"):
        (tmp_path / MARK).write_text(content, errors="surrogateescape")
        assert read_mark(tmp_path) == Unfinished()
        with pytest.raises(RestoreUnfinished):
            refuse_unfinished(tmp_path)
    (tmp_path / MARK).unlink()
    (tmp_path / MARK).symlink_to("nowhere")
    with pytest.raises(RestoreUnfinished):
        refuse_unfinished(tmp_path)


def test_a_store_that_another_configuration_named_is_not_started_meanwhile(
    node: Kept, tmp_path: Path
) -> None:
    """It would have the keys and the trust of another time."""
    old = tmp_path / "moved" / "store.db"
    node.config.store.path.parent.rename(old.parent)
    store_at(node.path, old)
    with node.store(), pytest.raises(StoreInUse):
        node.restore()
    seen = False
    for step in range(1, 100):
        if not killed_at(step, node.restore, "restoring"):
            break
        if node.config.store.path == old and (old.parent / MARK).exists():
            seen = True
            refused(node)
            break
    assert seen
    node.restore()
    assert whole(node)
    assert node.config.store.path != old
    assert not (old.parent / MARK).exists()
    assert rows(node, old) == (BACKED_UP, SINCE)


def test_what_cannot_be_put_there_is_told_by_how_far_it_came(
    node: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = min((node.path.parent / "trust").glob("bundle-*"))
    in_the_way.unlink()
    in_the_way.mkdir()
    names = {one.name for one in node.path.parent.rglob("*")}
    with pytest.raises(ArchiveTrouble, match="bundle") as trouble:
        node.restore()
    assert "nothing was changed" in trouble.value.cure
    assert {one.name for one in node.path.parent.rglob("*")} == names
    in_the_way.rmdir()
    assert rows(node) == (BACKED_UP, SINCE)

    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error", "store.db")

    monkeypatch.setattr("corridor.daemon.putting._swap", fails)
    with pytest.raises(ArchiveTrouble, match="Input/output") as trouble:
        node.restore()
    assert "restore again" in trouble.value.cure
    refused(node)
    monkeypatch.undo()
    assert len(node.restore().earlier) == 1
    assert whole(node)


def test_a_store_that_kept_its_log_is_not_put_there(
    node: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What says that it was restored would stand in the log alone."""
    held: list[SqliteStore] = []

    def declare(change: Transaction, now_ms: int) -> None:
        del change, now_ms
        staged = node.path.parent / ".restoring" / "store" / "store.db"
        held.append(node.store(staged, read_only=True))  # SQLite then leaves the log as it closes

    monkeypatch.setattr("corridor.daemon.restore.declare_restored", declare)
    with pytest.raises(ArchiveTrouble, match="whole"):
        node.restore()
    held[0].close()
    assert rows(node) == (BACKED_UP, SINCE)


def test_what_a_killed_write_left_behind_is_no_part_of_a_backup(node: Kept) -> None:
    for role in ("trust", "keys"):
        (node.path.parent / role / ".left.new").write_bytes(b"half")
    assert not [one for one in parts(node.config, node.path) if ".left" in one.name]
