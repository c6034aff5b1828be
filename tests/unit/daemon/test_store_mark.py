"""A store that is gone is missed: the node does not begin anew in silence."""

import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from builders_cli import corridor
from builders_wire import declaration
from corridor.daemon.config import NodeConfig, load_config
from corridor.daemon.node import Node
from corridor.daemon.offers import Offered
from corridor.daemon.restored import restored_until_ms
from corridor.daemon.store_mark import FILE
from corridor.errors import KeyTrouble, StoreMissing

NodeFolder = Callable[..., Path]


@pytest.fixture
def path(node_folder: NodeFolder) -> Path:
    """A node that has run, and holds an accepted record and a pause."""
    path = node_folder("GE")
    node = Node(load_config(path))
    (answer,) = node.service.submit([Offered("TR", declaration().SerializeToString())])
    assert answer.status == "accepted"
    node.service.pauses.pause("TR", "night work", "anna")
    node.stop()
    return path


def rows(config: NodeConfig, *, store_lost: bool = False) -> dict[str, int]:
    node = Node(config, store_lost=store_lost)
    try:
        return node._store.counts()
    finally:
        node.stop()


def gone(store: Path) -> None:
    for one in store.parent.glob(f"{store.name}*"):
        one.unlink()


def cut(store: Path) -> None:
    gone(store)
    store.touch(0o600)


def without_tables(store: Path) -> None:
    """Leave what a crash leaves of a store whose log is lost: a page, and no table."""
    gone(store)
    store.touch(0o600)
    connection = apsw.Connection(str(store))
    connection.pragma("journal_mode", "WAL")
    connection.close()
    assert store.stat().st_size > 0


@pytest.mark.parametrize("lose", [gone, cut, without_tables])
def test_a_store_that_is_gone_is_refused_by_name_and_left_as_it_is(
    path: Path, lose: Callable[[Path], None]
) -> None:
    config = load_config(path)
    store = config.store.path
    lose(store)
    before = store.stat().st_size if store.exists() else None
    for _ in range(2):
        with pytest.raises(StoreMissing, match="had a store since 20") as refused:
            Node(config)
        assert "--store-lost" in refused.value.cure
        assert "backup restore" in refused.value.cure
    assert (store.stat().st_size if store.exists() else None) == before
    said = corridor("run", "--config", path, "--json")
    assert (said.status, said.json["error"]["code"]) == (3, "store_missing")
    found = corridor("doctor", "--config", path, "--only", "store", "--json")
    (check,) = found.json["checks"]
    assert (found.status, check["status"]) == (1, "fail")
    assert "--store-lost" in check["cure"]


def test_a_path_that_is_mistyped_is_told_with_the_one_before(path: Path) -> None:
    config = load_config(path)
    moved = config.store.path.with_name("stroe.db")
    other = config.model_copy(update={"store": config.store.model_copy(update={"path": moved})})
    with pytest.raises(StoreMissing, match=f"stroe.db: is not there.*at {config.store.path}"):
        Node(other)
    assert not moved.exists()
    assert rows(config)["outbox"] == 1
    config.store.path.rename(moved)  # moved on purpose: it is there
    assert rows(other)["outbox"] == 1
    with pytest.raises(StoreMissing, match=r"store\.db: is not there.*stroe"):
        Node(config)


def test_a_loss_that_is_declared_begins_anew_and_knows_that_it_forgot(path: Path) -> None:
    config = load_config(path)
    gone(config.store.path)
    node = Node(config, store_lost=True)
    try:
        assert node._store.counts()["outbox"] == 0
        with node._store.reading() as view:
            assert restored_until_ms(view) > 0
    finally:
        node.stop()
    assert rows(config)["outbox"] == 0  # the next start is like any other
    gone(config.store.path)
    with pytest.raises(StoreMissing):  # and so is the next loss
        Node(config)


def test_a_declaration_where_nothing_is_lost_is_refused(path: Path) -> None:
    with pytest.raises(StoreMissing, match="nothing is lost") as refused:
        Node(load_config(path), store_lost=True)
    assert "leave --store-lost out" in refused.value.cure
    assert rows(load_config(path))["outbox"] == 1


def test_a_declaration_that_was_killed_half_way_is_carried_out_at_the_next_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(path)
    gone(config.store.path)
    with monkeypatch.context() as change:
        change.setattr("corridor.daemon.opening.declare_restored", _killed)
        with pytest.raises(KeyboardInterrupt):
            Node(config, store_lost=True)
    node = Node(config)
    try:
        with node._store.reading() as view:
            assert restored_until_ms(view) > 0
    finally:
        node.stop()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_node_without_a_mark_is_marked_at_its_next_start(path: Path) -> None:
    config = load_config(path)
    mark = config.trust.directory / FILE
    mark.unlink()  # a node of 0.1.0
    assert rows(config)["outbox"] == 1
    assert mark.stat().st_mode & 0o777 == 0o600
    gone(config.store.path)
    with pytest.raises(StoreMissing):
        Node(config)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"path": 1, "since_ms": "x"}'])
def test_a_mark_that_is_damaged_still_says_that_there_was_a_store(
    path: Path, content: bytes
) -> None:
    config = load_config(path)
    (config.trust.directory / FILE).write_bytes(content)
    assert rows(config)["outbox"] == 1
    gone(config.store.path)
    with pytest.raises(StoreMissing, match="had a store:"):
        Node(config)


def test_a_mark_that_cannot_be_read_is_named_and_nothing_is_made(path: Path) -> None:
    config = load_config(path)
    mark = config.trust.directory / FILE
    mark.chmod(0o644)
    gone(config.store.path)
    with pytest.raises(KeyTrouble, match=r"store\.mark has mode 0644"):
        Node(config)
    assert not config.store.path.exists()


def test_a_first_start_needs_no_declaration(node_folder: NodeFolder) -> None:
    config = load_config(node_folder("TR"))
    found = corridor("doctor", "--config", config.trust.directory.parent / "node.toml",
                     "--only", "store", "--json")  # fmt: skip
    assert found.json["checks"][0]["status"] == "skip"
    config.store.path.parent.mkdir(exist_ok=True)
    config.store.path.touch(0o600)  # killed at its birth
    assert rows(config)["outbox"] == 0


def test_a_backup_that_is_put_back_takes_the_place_of_a_lost_store(
    path: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "offline"
    assert corridor("backup", "key", "--at", keys).status == 0
    shutil.copy(keys / "backup.pub", path.parent)
    with path.open("a") as text:
        text.write('\n[backup]\npublic_key_file = "backup.pub"\n')
    config = load_config(path)
    made = corridor("backup", "create", "--config", path, "--json").json["path"]
    gone(config.store.path)
    with pytest.raises(StoreMissing):
        Node(config)
    put = corridor("backup", "restore", made, "--config", path, "--key-folder", keys)
    assert put.status == 0, put.err
    assert rows(config)["outbox"] == 1
