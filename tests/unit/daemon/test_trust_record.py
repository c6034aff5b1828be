"""What was adopted is noted with its evidence, and a node does not start from less."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from builders_store import KEY
from builders_trust import DAY_MS, GE, NOW_MS, TR, make_world
from corridor.daemon.clock import unix_ms
from corridor.daemon.config import load_config
from corridor.daemon.node import Node
from corridor.daemon.rotation import rotate
from corridor.daemon.trust_keeper import TrustKeeper
from corridor.daemon.trust_record import TrustRecord
from corridor.errors import Reason, Refused, StoreTrouble
from corridor.exchange.values import LeafKind
from corridor.store.sqlite import SqliteStore, connection_of
from corridor.trust import ceremony
from corridor.trust.view import TrustView, build_view

NodeFolder = Callable[..., Path]
WORLD = make_world()
LATER = NOW_MS + DAY_MS
KEYS = (b"a" * 16, b"b" * 16)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "store.db", KEY) as opened:
        yield opened


def kinds(store: SqliteStore) -> list[int]:
    rows = connection_of(store).execute("SELECT kind FROM leaves ORDER BY number")
    return [row[0] for row in rows]


def second() -> tuple[TrustView, bytes]:
    made = ceremony.next_directory(WORLD.directory, WORLD.network_id, LATER)
    signed = ceremony.make_directory(made, WORLD.registry)
    return WORLD.view().with_statement(signed, LATER), signed


def test_each_statement_has_one_leaf_of_its_kind(store: SqliteStore) -> None:
    record = TrustRecord(store)
    assert record.note(WORLD.view(), KEYS, NOW_MS) == ()  # a beginning is no news
    assert sorted(kinds(store)) == sorted(
        [LeafKind.DIR_ADOPTED] + [LeafKind.DELEGATION] * 3 + [LeafKind.BUNDLE] * 3
    )
    record.note(WORLD.view(), KEYS, NOW_MS)
    TrustRecord(store).note(WORLD.view(), KEYS, NOW_MS)
    assert len(kinds(store)) == 7


def test_a_newer_directory_is_noted_and_to_be_handed_on_once(store: SqliteStore) -> None:
    record = TrustRecord(store)
    record.note(WORLD.view(), KEYS, NOW_MS)
    newer, signed = second()
    assert [one.to_bytes() for one in record.note(newer, KEYS, LATER)] == [signed]
    assert record.note(newer, KEYS, LATER) == ()
    assert record.note(WORLD.view(), KEYS, LATER) == ()  # a thread that is late changes nothing
    record.check(newer)
    assert kinds(store)[7:] == [LeafKind.DIR_ADOPTED]


def test_a_newer_root_is_handed_on_before_what_stands_under_it(store: SqliteStore) -> None:
    record = TrustRecord(store)
    record.note(WORLD.view(), KEYS, NOW_MS)
    made = ceremony.next_root(WORLD.root, LATER)
    root = ceremony.make_root(made, WORLD.registry)
    view = WORLD.view().with_statement(root, LATER)
    made_dir = ceremony.next_directory(WORLD.directory, WORLD.network_id, LATER, root_version=2)
    directory = ceremony.make_directory(made_dir, WORLD.registry)
    view = view.with_statement(directory, LATER)
    assert [one.to_bytes() for one in record.note(view, KEYS, LATER)] == [root, directory]


def test_a_key_that_is_gone_is_noted_as_destroyed(store: SqliteStore) -> None:
    record = TrustRecord(store)
    record.note(WORLD.view(), KEYS, NOW_MS)
    record.note(WORLD.view(), KEYS[1:], LATER)
    row = connection_of(store).execute("SELECT kind, at_ms, id FROM leaves WHERE number = 8")
    assert list(row) == [(LeafKind.KEY_DESTROYED, LATER, KEYS[0] + bytes(16))]


def test_less_than_was_held_is_refused_with_its_cure(store: SqliteStore) -> None:
    TrustRecord(store).note(second()[0], KEYS, LATER)
    with pytest.raises(
        Refused, match=r"directory 1 .* 2 was held: put back .* keys adopt"
    ) as caught:
        TrustRecord(store).check(WORLD.view())
    assert caught.value.reason is Reason.ROLLBACK


def test_a_statement_that_is_gone_or_another_is_refused(store: SqliteStore) -> None:
    record = TrustRecord(store)
    record.note(WORLD.view(), KEYS, NOW_MS)
    statements: Sequence[bytes] = WORLD.statements()
    less = make_view([one for one in statements if one != WORLD.bundles[TR]])
    with pytest.raises(Refused, match=r"bundle\.TR\.GTB 0 is in the folder"):
        record.check(less)
    with store.transaction() as change:
        kept = change.setting(f"trust.bundle.{GE}") or b""
        change.put_setting(f"trust.bundle.{GE}", kept[:8] + bytes(32))
    with pytest.raises(Refused, match=r"bundle\.GE\.RS"):
        record.check(WORLD.view())


def make_view(statements: Sequence[bytes]) -> TrustView:
    return build_view(WORLD.genesis_hash, statements, NOW_MS)


# --- a whole node ------------------------------------------------------------------------------


def start(config: Path) -> list[int]:
    node = Node(load_config(config))
    try:
        return kinds(node._store)
    finally:
        node.stop()


def test_a_node_whose_trust_folder_is_an_older_copy_does_not_start(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    config = node_folder("GE")
    trust = load_config(config).trust.directory
    start(config)
    older = tmp_path / "older"
    shutil.copytree(trust, older)
    rotate(load_config(config), (2, 1), unix_ms())
    start(config)
    newer = tmp_path / "newer"
    shutil.move(trust, newer)
    shutil.copytree(older, trust)
    with pytest.raises(Refused, match=r"bundle\.GE\.RS 1 .* 2 was held"):
        Node(load_config(config))
    shutil.rmtree(trust)
    shutil.copytree(newer, trust)
    start(config)  # the store was given back, and the newer copy is the cure


def test_a_start_notes_the_configuration_where_it_is_another(node_folder: NodeFolder) -> None:
    config = node_folder("GE")
    assert start(config).count(LeafKind.CONFIG) == 1
    assert start(config).count(LeafKind.CONFIG) == 1
    config.write_text(config.read_text() + "\n[exchange]\nrepeat_after_s = 99\n")
    assert start(config).count(LeafKind.CONFIG) == 2


def test_what_a_running_node_adopts_is_noted_also_where_the_store_failed_first(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(node_folder("GE"))
    partner = load_config(node_folder("TR"))
    rotate(partner, (2, 1), unix_ms())
    (_, bundle) = TrustKeeper(partner, unix_ms()).own_frames()
    node = Node(config)

    def full(*_: object) -> None:
        raise StoreTrouble("disk full")

    before = kinds(node._store)
    with monkeypatch.context() as change:
        change.setattr(node._store, "transaction", full)
        with pytest.raises(StoreTrouble):
            node._adopt("TR", bundle)
    node._adopt("TR", bundle)
    node._adopt("TR", bundle)
    assert kinds(node._store)[len(before) :] == [LeafKind.BUNDLE]
    rotate(config, (2, 1), unix_ms() + 1)
    node.reload()
    assert kinds(node._store)[len(before) + 1 :] == [LeafKind.BUNDLE]
    node.stop()
