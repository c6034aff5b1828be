"""The trail is watched: the node keeps its head, and whatever was done to it is told."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from builders_cli import Said, corridor
from corridor.daemon import audit_watch
from corridor.daemon.audit_trail import FILE, acts, begin, end
from corridor.daemon.audit_watch import TrailWatch, kept_head
from corridor.daemon.config import NodeConfig, load_config
from corridor.daemon.node import Node
from corridor.errors import StoreFull
from corridor.store.sqlite import SqliteStore

NodeFolder = Callable[..., Path]


def written(folder: Path, count: int = 3, who: str = "anna") -> None:
    for number in range(count):
        end(folder, begin(folder, "keys rotate", who, {"pid": number}), "ok")


@pytest.fixture
def config(node_folder: NodeFolder) -> NodeConfig:
    loaded = load_config(node_folder("GE"))
    written(loaded.store.path.parent)
    return loaded


@pytest.fixture
def node(config: NodeConfig) -> Iterator[Node]:
    made = Node(config)
    made.trail.verify()
    yield made
    made.stop()


def trail(config: NodeConfig) -> Path:
    return config.store.path.with_name(FILE)


def valid(node: Node) -> float | None:
    return node.metrics.registry.get_sample_value("corridor_audit_chain_valid")


def of_node(config: NodeConfig, *command: object) -> Said:
    return corridor(*command, "--config", config.trust.directory.parent / "node.toml", "--json")


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"who":"anna"', b'"who":"hans"', 1))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))


def anew(path: Path) -> None:
    path.unlink()
    written(path.parent, 5, "hans")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def deep(path: Path) -> None:
    path.write_bytes(b"[" * 200_000 + b"\n" + b"x" * 100_000)


FAULTS = {
    "changed": (changed, "line 1 was changed"),
    "removed": (Path.unlink, "the trail is gone, and line 6"),
    "emptied": (emptied, "the trail is gone, and line 6"),
    "cut": (cut, "it ends at line 4, and line 6 was noted"),
    "anew": (anew, "line 6 is another than was noted"),
    "half": (half, "line 6 is not one of a trail"),
    "deep": (deep, "line 1 is not one of a trail"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_is_done_to_it_is_told_everywhere(
    node: Node, config: NodeConfig, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    assert (valid(node), node.trail.attention()) == (1, [])
    assert kept_head(config) is not None
    spoil, said = FAULTS[fault]
    spoil(trail(config))
    monkeypatch.setattr(audit_watch, "_LOOK_S", 0.0)
    node.trail._look_at = 0.0
    node.housekeep()
    assert valid(node) == 0
    (line,) = [one for one in node.status()["attention"] if "audit" in one]
    assert said in line
    verified = of_node(config, "audit", "verify")
    assert (verified.status, verified.json["error"]["code"]) == (1, "audit")
    assert said in verified.json["error"]["message"]
    looked = of_node(config, "doctor", "--only", "audit")
    assert [one["status"] for one in looked.json["checks"]] == ["fail"]
    assert "corridor audit renew" in looked.json["checks"][0]["cure"]
    node.housekeep()
    assert valid(node) == 0  # it does not grow used to it


def test_it_is_looked_at_within_a_minute_of_a_change_and_every_hour_without(
    node: Node, config: NodeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, verified = [node.trail._look_at], list[float]()
    monkeypatch.setattr(audit_watch.time, "monotonic", lambda: now[0])
    whole = TrailWatch.verify
    monkeypatch.setattr(
        TrailWatch, "verify", lambda self: (verified.append(now[0]), whole(self))[1]
    )
    first = now[0]
    for second in range(7200):
        now[0] = first + second
        if second == 90:
            written(trail(config).parent, 1)
        node.trail.turn()
    assert [round(one - first) // 60 for one in verified] == [2, 62]
    assert str(kept_head(config)).startswith("8:")


def test_the_head_moves_on_with_what_operators_do_and_survives_a_restart(
    config: NodeConfig,
) -> None:
    for count in (6, 8):
        node = Node(config)
        head = node.trail.verify()
        assert head is not None
        assert head.number == count
        assert valid(node) == 1
        node.stop()
        assert kept_head(config) == head
        written(trail(config).parent, 1)
    trail(config).unlink()
    written(trail(config).parent, 1)
    node = Node(config)
    assert node.trail.verify() is None
    node.stop()


def test_a_node_with_no_trail_yet_is_well(node_folder: NodeFolder) -> None:
    config = load_config(node_folder("TR"))
    node = Node(config)
    assert node.trail.verify() is None
    assert valid(node) == 1
    node.stop()
    looked = of_node(config, "doctor", "--only", "audit")
    assert [one["status"] for one in looked.json["checks"]] == ["skip"]
    assert of_node(config, "audit", "verify").json["head"] == "0:"


def test_a_store_that_takes_nothing_does_not_end_the_watch(
    node: Node, config: NodeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(trail(config).parent, 1)

    def full(*_: object, **__: object) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as change:
        change.setattr(SqliteStore, "transaction", full)
        assert node.trail.verify() is None
    assert valid(node) == 1
    head = node.trail.verify()
    assert head is not None
    assert head.number == 8


def test_a_trail_that_was_looked_into_is_renewed_and_says_so(
    node: Node, config: NodeConfig
) -> None:
    refused = of_node(config, "audit", "renew", "--why", "tidy")
    assert (refused.status, refused.json["error"]["code"]) == (1, "act_refused")
    trail(config).write_bytes(b"something else\n")
    assert node.trail.verify() is None
    done = of_node(config, "audit", "renew", "--why", "disk failed, case 12")
    assert done.status == 0, done.err
    assert Path(done.json["aside"]).read_bytes() == b"something else\n"
    (one,) = acts(trail(config).parent)
    assert (one.what, one.about["why"], one.outcome) == (
        "audit renew", "disk failed, case 12", "ok",
    )  # fmt: skip
    assert one.about["replaces"].startswith("6:")
    assert of_node(config, "audit", "verify").status == 0  # before the node has seen it
    with capture_logs() as said:
        head = node.trail.verify()
    assert head is not None
    assert head.number == 2
    assert valid(node) == 1
    assert node.trail.attention() == []
    assert [one["event"] for one in said] == ["audit.renewed"]
    written(trail(config).parent, 1)
    with capture_logs() as said:
        assert node.trail.verify() is not None
    assert said == []  # it is told once
    anew(trail(config))
    assert node.trail.verify() is None


def test_a_renewal_of_another_head_is_believed_by_nobody(node: Node, config: NodeConfig) -> None:
    trail(config).unlink()
    begin(trail(config).parent, "audit renew", "hans", {"replaces": "6:" + "0" * 64})
    assert node.trail.verify() is None
    assert valid(node) == 0


@pytest.mark.usefixtures("node")
def test_what_can_be_read_is_listed_with_the_break_at_its_place(config: NodeConfig) -> None:
    follows = "does not follow the one before it: a line was changed, removed or inserted"
    lines = trail(config).read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"anna", b"hans")
    trail(config).write_bytes(b"".join([*lines[:4], b"\xff garbage\n", *lines[4:]]))
    found = of_node(config, "audit", "list")
    assert found.status == 1
    assert [(one["who"], one["outcome"], one["doubt"]) for one in found.json] == [
        ("anna", "ok", ""),
        ("hans", "ok", "line 3 was changed"),
        ("", "begun", "line 5 is not one of a trail"),
        ("anna", "ok", f"line 6 {follows}"),
    ]  # fmt: skip
    shown = corridor("audit", "list", "--config", config.trust.directory.parent / "node.toml")
    assert "! 3" in shown.out
    assert "! line 3 was changed" in shown.out


@pytest.mark.parametrize("digits", [12, 40, 64])
def test_a_head_of_the_log_may_be_shortened_to_twelve_digits(
    config: NodeConfig, digits: int
) -> None:
    head = of_node(config, "audit", "verify").json["head"]
    number, _, stated = head.partition(":")
    good = of_node(config, "audit", "verify", "--against", f"{number}:{stated[:digits]}")
    assert good.status == 0, good.err
    other = "0" if stated[0] != "0" else "1"
    bad = of_node(config, "audit", "verify", "--against", f"{number}:{other}{stated[1:digits]}")
    assert "written anew" in bad.json["error"]["message"]


NO_HEADS = ["7", "7:", "7:0b5e04171", "0:0b5e041711f6", "7:" + "a" * 65, "7:0b5e041711fg",
            "x:0b5e041711f6", "٣:0b5e041711f6"]  # fmt: skip


@pytest.mark.parametrize("said", NO_HEADS)
def test_what_is_no_head_is_a_usage_error(config: NodeConfig, said: str) -> None:
    wrong = of_node(config, "audit", "verify", "--against", said)
    assert wrong.status == 2


def test_a_trail_without_a_readable_store_is_verified_and_that_is_said(config: NodeConfig) -> None:
    Node(config).stop()
    for key in config.keys.directory.glob("storage*"):
        key.unlink()
    found = of_node(config, "audit", "verify")
    assert found.status == 0
    assert found.json["not_compared"]
    looked = of_node(config, "doctor", "--only", "audit")
    assert [one["status"] for one in looked.json["checks"]] == ["ok", "skip"]


def test_a_restore_brings_the_trail_back_and_leaves_one_that_has_grown(
    config: NodeConfig, tmp_path: Path
) -> None:
    node = Node(config)
    node.trail.verify()
    node.stop()
    path = config.trust.directory.parent / "node.toml"
    keys = tmp_path / "offline"
    corridor("backup", "key", "--at", keys)
    shutil.copy(keys / "backup.pub", path.parent)
    with path.open("a") as text:
        text.write('\n[backup]\npublic_key_file = "backup.pub"\n')
    made = Path(of_node(config, "backup", "create").json["path"])
    put = ("backup", "restore", made, "--key-folder", keys)
    assert of_node(config, *put).status == 0  # noted itself
    whats = [one.what for one in acts(trail(config).parent)]
    assert whats[-2:] == ["backup create", "backup restore"]
    made = made.rename(tmp_path / "kept.crb1")
    genesis = config.trust.genesis_sha256
    for lose in (lambda: trail(config).unlink(), lambda: shutil.rmtree(path.parent)):
        lose()
        done = of_node(config, "backup", "restore", made, "--key-folder", keys,
                       "--genesis", genesis)  # fmt: skip
        assert done.status == 0, done.err
        assert "keys rotate" in [one.what for one in acts(trail(config).parent)]
        node = Node(load_config(path))
        assert node.trail.verify() is not None
        node.stop()
