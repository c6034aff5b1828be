"""A node says what it accepts, and says it anew when that has changed, and each day."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from builders_gateway import Beside
from corridor.daemon.clock import unix_ms
from corridor.daemon.config import load_config
from corridor.daemon.config_standards import StandardsSection
from corridor.daemon.node import Node
from corridor.errors import ConfigurationError, StoreTrouble
from corridor.exchange.cues import AcceptsDue
from corridor.gateway import publishing
from corridor.gateway.acceptances import acceptance_in
from corridor.gateway.codelist_file import content_sha256, make_list_file
from corridor.gateway.codelists import file_name, write_lists
from corridor.gateway.list_watch import ListWatch
from corridor.gateway.looking_ahead import look_ahead
from corridor.gateway.manner import read_manner
from corridor.gateway.publishing import Accepted, Publishing, accepted_standards
from corridor.seal.keys import SigningKey
from corridor.standards.acceptance import Acceptance
from corridor.standards.codelist import CodeList, Entry, Unknown
from corridor.standards.judging import Rules
from corridor.standards.ncts.judge import RULE_SET
from corridor.trust.acceptances import read_acceptance
from corridor.wire.limits import DAY_MS

NodeFolder = Callable[..., Path]
KEY = SigningKey.generate()
OLDER, NEWER = "2026-01-10", "2026-11-20"


def a_list(version: str, *codes: str, number: str = "CL231") -> CodeList:
    return CodeList(number, "Types", version, "", Unknown.REFUSE, {one: Entry() for one in codes})


def put(folder: Path, one: CodeList) -> Path:
    write_lists(folder, {file_name(one): make_list_file(one, KEY, 1)})
    return folder / file_name(one)


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    folder = tmp_path / "lists"
    put(folder, a_list(OLDER, "T1", "TIR"))
    return folder


@pytest.fixture
def node(node_folder: NodeFolder, lists: Path) -> Iterator[Node]:
    more = (
        f'\n[standards]\naccepts = ["NCTS-P5"]\nrules = "refuse"\ncodelists = "{lists}"\n'
        f'codelist_signers = ["{KEY.key_id.hex()}"]\n'
    )
    made = Node(load_config(node_folder("GE", more)))
    yield made
    made.stop()


@pytest.fixture
def says(node: Node) -> Publishing:
    return look_ahead(node.config, node, read_manner(node.config.standards))


def said(node: Node) -> Acceptance:
    return acceptance_in(read_acceptance(node.acceptances.own()).message)


def test_what_the_configuration_says_is_said_once(node: Node, says: Publishing) -> None:
    assert says.turn(at_once=True)
    told = said(node)
    assert (told.endpoint, dict(told.standards)) == ("GE.RS", {"NCTS-P5": frozenset()})
    assert (told.rules, told.rule_set) == (Rules.REFUSE, RULE_SET)
    assert told.lists["CL231"].version == OLDER
    assert told.lists["CL231"].content_sha256 == content_sha256(a_list(OLDER, "T1", "TIR"))
    assert told.record_types == frozenset(range(1, 22))
    raw = node.acceptances.own()
    assert not says.turn()
    assert not says.turn(at_once=True)
    assert node.acceptances.own() == raw
    assert says.attention() == []


def test_a_newer_list_is_said_once_its_folder_is_quiet(
    node: Node, says: Publishing, lists: Path
) -> None:
    says.turn(at_once=True)
    first = said(node)
    put(lists, a_list(NEWER, "T1"))
    assert not says.turn()  # it may be in the midst of an import
    assert says.turn()
    assert said(node).lists["CL231"].version == NEWER
    assert said(node).issued_ms > first.issued_ms
    put(lists, a_list(NEWER, "T1", "T2", number="CL999"))
    says.reload()  # SIGHUP: at once
    assert set(said(node).lists) == {"CL231", "CL999"}


def test_it_is_signed_anew_each_day(
    node: Node, says: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    says.turn(at_once=True)
    first, now_ms = said(node).issued_ms, unix_ms()
    monkeypatch.setattr(publishing, "unix_ms", lambda: now_ms + DAY_MS - 60_000)
    assert not says.turn()
    monkeypatch.setattr(publishing, "unix_ms", lambda: now_ms + DAY_MS)
    assert says.turn()
    assert said(node).issued_ms == now_ms + DAY_MS
    monkeypatch.setattr(publishing, "unix_ms", lambda: now_ms)  # the clock was a day ahead
    assert says.turn()
    assert first <= said(node).issued_ms <= now_ms


def test_a_damaged_list_keeps_what_was_said_and_needs_a_person(
    node: Node, says: Publishing, lists: Path
) -> None:
    says.turn(at_once=True)
    raw = node.acceptances.own()
    path = put(lists, a_list(NEWER, "T1"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    for _ in range(3):
        assert not says.turn(at_once=True)
        (line,) = says.attention()
        assert path.name in line
    assert node.acceptances.own() == raw
    (lists / "unnamed.codelist").write_bytes(b"")
    assert not says.turn(at_once=True)
    assert "is not called like a code list" in says.attention()[0]
    (lists / "unnamed.codelist").unlink()
    path.write_bytes(whole)
    assert says.turn(at_once=True)
    assert says.attention() == []


def test_a_store_that_fails_is_tried_again(
    node: Node, says: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_raw: bytes) -> None:
        raise StoreTrouble("the disk is away", cure="bring it back")

    with monkeypatch.context() as patch:
        patch.setattr(node.acceptances, "say", fails)
        assert not says.turn(at_once=True)
        assert "the disk is away" in says.attention()[0]
    assert says.turn()
    assert says.attention() == []


def test_what_is_too_large_to_travel_is_not_said(
    node: Node, says: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing.limits, "MAX_ACCEPTS_BYTES", 100)
    assert not says.turn(at_once=True)
    assert "and 100 travel" in says.attention()[0]
    assert node.acceptances.own() == b""


def test_a_node_that_has_nothing_more_to_say_says_so_once(node: Node, says: Publishing) -> None:
    says.turn(at_once=True)
    silent = Accepted(node.config.endpoint, StandardsSection(), ListWatch(None, None))
    ends = Publishing(silent, node.acceptances, lambda: KEY)
    assert ends.turn(at_once=True)
    assert node.acceptances.own() == b""
    assert not ends.turn()


def test_what_another_version_said_is_said_anew(node: Node, says: Publishing) -> None:
    node.acceptances.say(b"of a version that is not read here")
    assert says.turn(at_once=True)
    assert said(node).endpoint == "GE.RS"


@pytest.mark.parametrize(
    ("accepts", "deliver", "names"),
    [
        ((), None, ()),
        ((), "NCTS-P6", ("NCTS-P6",)),
        (("ncts-p5", "WCO-DM", "NCTS-P5"), "NCTS-P6", ("NCTS-P5", "WCO-DM")),
    ],
)
def test_the_standards_are_those_of_the_configuration(
    accepts: tuple[str, ...], deliver: str | None, names: tuple[str, ...]
) -> None:
    assert accepted_standards(StandardsSection(accepts=accepts, deliver=deliver)) == names


def test_a_standard_that_is_not_known_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"standards\.accepts: no such standard here"):
        accepted_standards(StandardsSection(accepts=("NCTS-P9",)))


def test_the_thread_says_it_by_itself_and_every_partner_is_told(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "LOOK_S", 0.02)
    told: list[Any] = []
    config = node_folder("GE", '\n[standards]\naccepts = ["NCTS-P5"]\n')
    beside = Beside(config)
    monkeypatch.setattr(beside.node.acceptances, "_hear", told.extend)
    with beside:
        deadline = time.monotonic() + 10
        while not told and time.monotonic() < deadline:
            time.sleep(0.01)
    assert {type(one) for one in told} == {AcceptsDue}
    assert {one.peer for one in told} == {"TR.GTB", "AZ.SCC"}


# -- the folder


def test_a_folder_is_taken_when_it_was_the_same_twice(lists: Path) -> None:
    watch = ListWatch(lists, None)
    assert not watch.look()
    assert watch.look()
    assert not watch.look()
    older = a_list(OLDER, "T1", "TIR")
    found = watch.published("CL231", OLDER, content_sha256(older))
    assert found is not None
    assert set(found.entries) == {"T1", "TIR"}
    assert watch.published("CL231", OLDER, bytes(32)) is None
    assert watch.published("CL231", NEWER, content_sha256(older)) is None
    again = watch.published("CL231", OLDER, content_sha256(older))
    assert again is found  # read once, for all partners


def test_a_folder_that_is_away_or_damaged_holds_nothing_new(lists: Path, tmp_path: Path) -> None:
    away = ListWatch(tmp_path / "away", None)
    assert not away.look(at_once=True)
    assert "No such file" in away.trouble
    assert away.published("CL231", OLDER, b"") is None
    watch = ListWatch(lists, None)
    watch.look(at_once=True)
    path = lists / f"CL231.{OLDER}.codelist"
    path.write_bytes(b"damaged")
    assert watch.published("CL231", OLDER, content_sha256(a_list(OLDER, "T1", "TIR"))) is None
    assert ListWatch(None, None).look(at_once=True)


def test_the_store_keeps_what_we_say(node: Node, says: Publishing) -> None:
    says.turn(at_once=True)
    with node._store.reading() as view:
        assert view.setting("acceptance.own") == node.acceptances.own() != b""
