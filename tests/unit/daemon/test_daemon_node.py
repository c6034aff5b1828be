"""A whole node in this process, its broker absent: readiness, attention, statements, intake."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders_trust import DAY_MS, GE, NOW_MS, TR, make_world
from builders_wire import MRN, declaration, record_of_every_type
from corridor.daemon import back_pressure
from corridor.daemon.arrivals import Handled
from corridor.daemon.config import load_config
from corridor.daemon.intake import Examined, examine
from corridor.daemon.node import Node
from corridor.daemon.offers import Answer, Offered
from corridor.daemon.private_files import PrivateFolder
from corridor.daemon.rotation import rotate
from corridor.daemon.trust_keeper import TrustKeeper
from corridor.errors import KeyTrouble, Reason
from corridor.exchange.lanes import default_lane
from corridor.exchange.values import Lane
from corridor.store.sqlite import connection_of
from corridor.transport.broker import Delivery
from corridor.trust.frames import encode_statement_frame

NodeFolder = Callable[..., Path]


@pytest.fixture
def node(node_folder: NodeFolder) -> Iterator[Node]:
    made = Node(load_config(node_folder("GE")))
    yield made
    made.stop()


def connect(node: Node) -> None:
    node.sender.connected = node.receiver.connected = True


def test_a_node_without_its_broker_is_ready_but_says_that_it_is_degraded(node: Node) -> None:
    assert node.ready()[0]
    assert "degraded" in node.ready()[1]
    connect(node)
    assert node.ready() == (True, "ready")
    assert node._standing.attention(time.time_ns() // 1_000_000) == []


def test_no_canary_goes_to_who_is_left_alone_or_paused(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(node_folder("GE"))
    watch = config.watch.model_copy(update={"left_alone": ("AZ",)})
    node = Node(config.model_copy(update={"watch": watch}))
    try:
        sent: list[str] = []
        monkeypatch.setattr(node._watch._canaries, "turn", lambda peers, _now_s: sent.extend(peers))
        node._watch._turn()
        assert sent == [TR]
        node.service.pauses.pause("TR", "night work", "anna")
        node._watch._turn()
        assert sent == [TR]
    finally:
        node.stop()


def test_a_node_that_cannot_keep_what_it_is_given_is_not_ready(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(node)
    with monkeypatch.context() as change:
        change.setattr(back_pressure, "free_mib", lambda _: 3)
        node._pressure.measure()
        assert node.ready() == (False, "not ready: 3 MiB free")
        refused = node.service.submit([Offered("TR", declaration().SerializeToString())])
        assert refused[0].reason is Reason.STORE_FULL
        assert "free disk space" in " ".join(node.status()["attention"])
    node._pressure.measure()
    with monkeypatch.context() as change:
        node._pressure.store_failed()
        full = (False, "not ready: the disk of the store takes nothing")
        assert node.ready() == full
        node._pressure.measure()
        change.setattr(back_pressure, "_FAILED_FOR_S", 0.0)
        assert node.ready() == full  # until it is measured again
        node._pressure.measure()
        assert node.ready()[0]
    node.receiver._unkept = [Delivery(TR.country, 1, 1, b"", False, None, "inbox.TR")]
    assert not node.ready()[0]
    assert "does not keep" in " ".join(node.status()["attention"])
    node.receiver._unkept = []


def test_what_ends_soon_or_has_ended_asks_for_a_person(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(node)
    node.sender.blocked = True
    later = time.time_ns() // 1_000_000 + 3_000 * DAY_MS
    lines = " ".join(node._standing.attention(later))
    assert "takes nothing" in lines
    assert "directory has ended" in lines
    assert "keys rotate" in lines
    monkeypatch.setattr("corridor.daemon.node_status.unix_ms", lambda: later)
    assert node.ready() == (False, "not ready: the directory has ended")


def test_a_partners_new_keys_are_adopted_and_ours_are_told(
    node: Node, node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = load_config(node_folder("TR"))
    rotate(partner, (2, 1), time.time_ns() // 1_000_000)
    (_, bundle) = TrustKeeper(partner, time.time_ns() // 1_000_000).own_frames()
    published: list[tuple[str, bytes]] = []

    def publish(_token: object, country: str, frame: bytes, _message_id: str) -> bool:
        published.append((country, frame))
        return True

    actions: list[Callable[[], None]] = []
    monkeypatch.setattr(node._publisher, "publish", publish)
    monkeypatch.setattr(node._publisher, "call", actions.append)
    monkeypatch.setattr(node._consumer, "call", actions.append)
    node._telling._ready = True
    before = node.trust.current()
    node._handled(Handled(inbox_grew=True))
    node._adopt("TR", bundle)
    node._adopt("TR", b"CRT1junk")
    assert node.trust.current() is not before
    for action in actions:
        action()
    assert {country for country, _ in published} == {"AZ", "TR"}
    assert {frame for _, frame in published} == set(node.trust.own_frames())
    node._adopt("TR", bundle)
    assert len(published) == 4


def test_a_statement_that_the_folder_does_not_take_is_neither_believed_nor_done(
    node: Node, node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = load_config(node_folder("TR"))
    rotate(partner, (2, 1), time.time_ns() // 1_000_000)
    (_, bundle) = TrustKeeper(partner, time.time_ns() // 1_000_000).own_frames()
    before = node.trust.current()

    def full(*_: object) -> None:
        raise KeyTrouble("no space left on device")

    with monkeypatch.context() as change:
        change.setattr(PrivateFolder, "write", full)
        with pytest.raises(KeyTrouble, match="no space"):
            node._adopt("TR", bundle)
    assert node.trust.current() is before
    node._adopt("TR", bundle)
    assert node.trust.current() is not before


def test_a_newer_directory_is_handed_on_but_not_to_where_it_came_from(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = node.trust.current().state.in_order()[1]
    monkeypatch.setattr(node._record, "note", lambda *_: (newer,))
    actions: list[Callable[[], None]] = []
    monkeypatch.setattr(node._publisher, "call", actions.append)
    handed: list[tuple[list[bytes], str]] = []
    monkeypatch.setattr(node._telling, "hand_on", lambda *told: handed.append(told))
    node._adopt("TR", b"CRT1 is held already")
    for action in actions:
        action()
    assert handed == [([encode_statement_frame(newer.to_bytes())], "TR")]


def test_once_an_hour_the_store_is_pruned_and_partners_are_told_again(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(node._store, "prune", lambda _now_ms: done.append("prune"))
    monkeypatch.setattr(node.sender, "run_in_loop", lambda _action: done.append("tell"))
    node.housekeep()
    assert done == []
    for name in [name for name in vars(node) if name.endswith("_at")]:
        setattr(node, name, 0.0)
    node._watch.look_at_clock()
    node.housekeep()
    assert set(done) == {"prune", "tell"}
    samples = node.metrics.registry.get_sample_value
    assert samples("corridor_directory_expiry_timestamp_seconds", {}) is not None


def test_what_lay_astray_is_in_quarantine_by_name(node: Node) -> None:
    strays = [("corridor.dlq", "TR", b"one"), ("corridor.unrouted", "", b"two")]
    node._inbound.put_aside(strays, 1)
    node._inbound.put_aside(strays, 2)  # delivered again: the same bytes are kept once
    assert node._store.counts()["quarantine"] == 2
    rows = connection_of(node._store).execute("SELECT link, reason, detail FROM quarantine")
    assert list(rows) == [
        ("corridor.dlq", int(Reason.STRAY), "over the link of TR"),
        ("corridor.unrouted", int(Reason.STRAY), ""),
    ]


# --- intake ----------------------------------------------------------------------------------

VIEW = make_world(types=(1,)).view()


def examined(*offered: Offered, has_room: bool = True) -> list[Examined | Answer]:
    return examine(offered, TR, VIEW, NOW_MS, has_room=has_room)


def test_a_type_that_no_agreement_names_is_refused() -> None:
    records = [record.SerializeToString() for record in record_of_every_type()]
    found = examined(*(Offered("GE", record) for record in records))
    assert isinstance(found[0], Examined)
    assert {one.reason for one in found[1:] if isinstance(one, Answer)} == {Reason.NOT_AUTHORISED}
    assert len(found) == 21


def test_the_lane_is_the_national_systems_choice_or_the_types() -> None:
    record = declaration().SerializeToString()
    chosen, left = examined(Offered(GE, record, lane=Lane.BULK), Offered(GE, record))
    assert isinstance(chosen, Examined)
    assert isinstance(left, Examined)
    assert chosen.submission.lane is Lane.BULK
    assert left.submission.lane is default_lane(1)
    assert chosen.submission.record_id != left.submission.record_id


def test_a_refusal_names_paths_and_never_a_value() -> None:
    record = declaration()
    record.declaration.dataset.consignment.gross_mass.lexical = "Kaukasus"
    record.header.movement.ids[0].value = "secret number"
    (answer,) = examined(Offered("GE", record.SerializeToString()))
    assert isinstance(answer, Answer)
    assert answer.reason is Reason.RECORD_INVALID
    assert len(answer.faults) >= 2
    assert "Kaukasus" not in str(answer.faults)
    assert "secret" not in str(answer.faults)


def test_without_room_nothing_is_taken() -> None:
    (answer,) = examined(Offered("GE", declaration().SerializeToString()), has_room=False)
    assert isinstance(answer, Answer)
    assert answer.reason is Reason.STORE_FULL


def test_a_false_claim_is_refused_by_name_before_it_is_kept() -> None:
    record = declaration()
    record.header.sender_office.reference = "AZ100100"
    (answer,) = examined(Offered("GE", record.SerializeToString()))
    assert isinstance(answer, Answer)
    assert (answer.reason, answer.faults) == (
        Reason.OFFICE_NOT_OWN,
        ("office.not_own header.sender_office",),
    )


def test_the_access_code_stays_with_the_office_of_guarantee() -> None:
    record = declaration()
    del record.declaration.dataset.guarantees[:]
    reference = record.declaration.dataset.guarantees.add().references.add(access_code="qX7z9")
    reference.office.reference = "AZ000100"
    whole = record.SerializeToString()
    (kept,) = examined(Offered("GE", whole))
    assert isinstance(kept, Examined)
    (path,) = kept.left_out
    assert path.endswith("references[0].access_code")
    assert b"qX7z9" not in kept.submission.entry
    reference.office.reference = "GE000100"
    (entitled,) = examined(Offered("GE", record.SerializeToString()))
    assert isinstance(entitled, Examined)
    assert entitled.left_out == ()
    assert b"qX7z9" in entitled.submission.entry


def test_a_role_that_is_not_held_for_the_movement_is_refused_by_name() -> None:
    offered = [Offered("GE", declaration().SerializeToString())]
    (answer,) = examine(
        offered, TR, VIEW, NOW_MS, has_room=True, holds=lambda mrn, role: (mrn, role) != (MRN, 3)
    )
    assert isinstance(answer, Answer)
    assert answer.reason is Reason.ROLE_NOT_HELD
    nameless = declaration()
    nameless.header.ClearField("sender_role")
    offered = [Offered("GE", nameless.SerializeToString())]
    (answer,) = examine(offered, TR, VIEW, NOW_MS, has_room=True, holds=lambda _mrn, _role: False)
    assert isinstance(answer, Answer)
    assert answer.reason is Reason.ROLE_NOT_HELD  # no role that would do is held
    (kept,) = examine(offered, TR, VIEW, NOW_MS, has_room=True, holds=lambda _mrn, role: role == 3)
    assert isinstance(kept, Examined)
