"""Contract of the port: the quarantine, and what of ours could not be delivered."""

from dataclasses import replace
from pathlib import Path

import pytest

from builders_seal import draft, entry, signing_key
from builders_store import (
    AZ,
    GE,
    KEY,
    NOW_MS,
    TR,
    received,
    record_id,
    sealed,
    submission,
    verdict_on,
)
from corridor.errors import Reason
from corridor.exchange.values import Held, Position, Quarantined, RecordVerdict, Verdict
from corridor.seal.envelope import seal
from corridor.store.port import Store
from corridor.store.quarantine_port import ItemAct, ItemActKind, ItemState
from corridor.store.rules import QUARANTINE_BYTES, QUARANTINE_ITEMS, digest
from corridor.store.sqlite import SqliteStore
from corridor.store.values import Act, ActKind
from corridor.transit.parties import Endpoint

ITEM = Quarantined("TR", Reason.WRONG_LINK, b"frame", NOW_MS, "detail")
UNOPENED = (Reason.KEY_UNKNOWN, Reason.WRAP)


def put(store: Store, *items: Quarantined) -> None:
    with store.transaction() as change:
        for item in items:
            change.quarantine(item)


def act(store: Store, number: int, kind: ItemActKind, why: str = "why", at_ms: int = 1) -> None:
    with store.transaction() as change:
        change.act_on_item(number, ItemAct(kind, at_ms, "anna", why))


# -- frames


def test_identical_frames_are_kept_once_a_link_and_reason_and_counted(store: Store) -> None:
    put(
        store,
        ITEM,
        replace(ITEM, at_ms=NOW_MS + 5),
        replace(ITEM, link="GE"),  # another link is another matter
        replace(ITEM, reason=Reason.FORK),
    )
    with store.reading() as view:
        items = view.quarantine_items(limit=9)
        groups = {(one.link, one.reason): one for one in view.quarantine_groups()}
    assert [one.number for one in items] == sorted({one.number for one in items})
    assert [(one.link, one.reason, one.times, one.first_ms, one.last_ms) for one in items] == [
        ("TR", Reason.WRONG_LINK, 2, NOW_MS, NOW_MS + 5),
        ("GE", Reason.WRONG_LINK, 1, NOW_MS, NOW_MS),
        ("TR", Reason.FORK, 1, NOW_MS, NOW_MS),
    ]
    assert items[0].sha256 == digest(b"frame")
    assert (items[0].size, items[0].over, items[0].detail) == (5, "TR", "detail")
    assert items[0].envelope_id is None
    group = groups["TR", Reason.WRONG_LINK]
    assert (group.waiting, group.waiting_bytes, group.seen, group.not_kept) == (1, 5, 2, 0)
    assert (group.oldest_ms, group.first_ms, group.last_ms) == (NOW_MS, NOW_MS, NOW_MS + 5)
    assert store.counts()["quarantine"] == 3


def test_a_flood_keeps_its_oldest_and_hides_neither_another_partner_nor_reason(
    store: Store,
) -> None:
    put(store, *(replace(ITEM, frame=b"%d" % one) for one in range(QUARANTINE_ITEMS + 7)))
    put(store, replace(ITEM, link="GE"), replace(ITEM, reason=Reason.FORK))
    with store.reading() as view:
        items = view.quarantine_items(link="TR", reason=Reason.WRONG_LINK, limit=999)
        groups = {(one.link, one.reason): one for one in view.quarantine_groups()}
    assert {one.sha256 for one in items} == {digest(b"%d" % n) for n in range(QUARANTINE_ITEMS)}
    flooded = groups.pop(("TR", Reason.WRONG_LINK))
    assert (flooded.waiting, flooded.not_kept) == (QUARANTINE_ITEMS, 7)
    assert flooded.seen == QUARANTINE_ITEMS + 7
    assert [(one.waiting, one.not_kept) for one in groups.values()] == [(1, 0), (1, 0)]


def test_what_waits_is_bounded_in_bytes_as_well(store: Store) -> None:
    large = bytes(QUARANTINE_BYTES // 2)
    put(store, *(replace(ITEM, frame=large + b"%d" % one) for one in range(2)))
    put(store, replace(ITEM, frame=b"small"))
    with store.reading() as view:
        (group,) = view.quarantine_groups()
    assert (group.waiting, group.not_kept) == (2, 1)
    assert group.waiting_bytes <= QUARANTINE_BYTES


def test_a_list_is_narrowed_by_link_reason_and_age_and_goes_on_after_a_number(
    store: Store,
) -> None:
    put(
        store,
        ITEM,
        replace(ITEM, frame=b"later", at_ms=NOW_MS + 9),
        replace(ITEM, link="GE"),
        replace(ITEM, reason=Reason.FORK),
    )
    with store.reading() as view:
        listed = view.quarantine_items(limit=2)
        numbers = [one.number for one in listed]
        assert [one.number for one in view.quarantine_items(after=numbers[1], limit=9)] == [3, 4]
        assert [one.number for one in view.quarantine_items(link="GE", limit=9)] == [3]
        assert [one.number for one in view.quarantine_items(reason=Reason.FORK, limit=9)] == [4]
        old = view.quarantine_items(link="TR", before_ms=NOW_MS + 9, limit=9)
        assert [one.number for one in old] == [1, 4]
        assert view.quarantine_item(99) is None
        assert view.quarantined_frame(99) is None
        assert view.quarantined_frame(2) == b"later"


def test_a_released_frame_is_judged_once_and_waits_again_where_it_is_not_taken(
    store: Store,
) -> None:
    put(store, replace(ITEM, over="TR"), replace(ITEM, frame=b"other"))
    act(store, 1, ItemActKind.RELEASED, "keys are back", at_ms=7)
    act(store, 1, ItemActKind.RELEASED)  # twice: it is one release
    with store.transaction() as change:
        assert list(change.take_released(9)) == [(1, replace(ITEM, over="TR"))]
        change.note_judged(1, "refused again", NOW_MS + 1, taken=False)
        assert list(change.take_released(9)) == []
    with store.reading() as view:
        item = view.quarantine_item(1)
        assert item is not None
        assert (item.state, item.judged) == (ItemState.WAITING, "refused again")
        assert view.quarantined_frame(1) == b"frame"
        assert view.quarantine_acts(1)[0] == ItemAct(
            ItemActKind.RELEASED, 7, "anna", "keys are back"
        )
    act(store, 1, ItemActKind.RELEASED)
    with store.transaction() as change:
        change.note_judged(1, "accepted", NOW_MS + 2, taken=True)
    with store.reading() as view:
        assert view.quarantined_frame(1) is None
        assert [one.number for one in view.quarantine_items(limit=9)] == [2]
        (done, _) = view.quarantine_items(limit=9, done=True)
        assert (done.state, done.judged_ms) == (ItemState.SETTLED, NOW_MS + 2)
        assert view.quarantine_groups()[0].waiting == 1


def test_what_was_settled_waits_again_when_it_comes_again_and_what_was_rejected_is_counted(
    store: Store,
) -> None:
    put(store, ITEM, replace(ITEM, frame=b"other"))
    with store.transaction() as change:
        change.note_judged(1, "accepted", NOW_MS, taken=True)
    act(store, 2, ItemActKind.REJECTED)
    with store.reading() as view:
        assert view.quarantined_frame(2) is None
    put(store, ITEM, replace(ITEM, frame=b"other"))
    with store.reading() as view:
        items = view.quarantine_items(limit=9, done=True)
        assert [(one.state, one.times) for one in items] == [
            (ItemState.WAITING, 2),
            (ItemState.REJECTED, 2),
        ]
        assert view.quarantined_frame(1) == b"frame"
        assert view.quarantine_groups()[0].seen == 4
    act(store, 2, ItemActKind.RELEASED)  # its bytes are gone
    with store.reading() as view:
        assert view.take_released(9) == []


def test_what_came_another_way_needs_nobody_and_its_number_is_not_given_out_again(
    store: Store,
) -> None:
    first, second, third = (seal(draft(seq=one), [entry(one)], signing_key()) for one in (1, 2, 3))
    base = replace(ITEM, reason=Reason.KEY_UNKNOWN)
    put(store, *(replace(base, frame=one.frame) for one in (first, second, third)))
    put(store, replace(ITEM, frame=third.frame))
    act(store, 2, ItemActKind.NOTED)
    with store.transaction() as change:
        change.keep_received(replace(received(1), envelope_id=third.envelope_id))
        change.put_tombstone(TR, Position(1, 2), second.envelope_id, NOW_MS)
        assert change.settle_arrived(UNOPENED) == 2
        assert change.settle_arrived(UNOPENED) == 0
    with store.reading() as view:
        left = view.quarantine_items(limit=9, done=True)
        assert [(one.number, one.state) for one in left] == [
            (1, ItemState.WAITING),
            (2, ItemState.SETTLED),
            (4, ItemState.WAITING),  # of another reason: a person looks at it all the same
        ]
        assert left[0].envelope_id == first.envelope_id
    put(store, replace(base, frame=third.frame))
    with store.reading() as view:
        assert view.quarantine_items(limit=9)[-1].number == 5


def test_what_is_held_is_told_by_link_and_reason(store: Store) -> None:
    held = Held("TR", "TR", Reason.UNKNOWN_SIGNER, b"one", NOW_MS)
    with store.transaction() as change:
        for one in (held, replace(held, at_ms=NOW_MS - 5), replace(held, link="GE")):
            change.hold(one, 9)
    with store.reading() as view:
        assert [tuple(one) for one in view.held_groups()] == [
            ("GE", Reason.UNKNOWN_SIGNER, 1, NOW_MS),
            ("TR", Reason.UNKNOWN_SIGNER, 2, NOW_MS - 5),
        ]


def test_a_failed_transaction_leaves_no_trace_in_quarantine(store: Store) -> None:
    put(store, ITEM)

    def fail() -> None:
        with store.transaction() as change:
            change.quarantine(replace(ITEM, frame=b"other"))
            change.act_on_item(1, ItemAct(ItemActKind.REJECTED, 1, "anna", "why"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.reading() as view:
        (item,) = view.quarantine_items(limit=9, done=True)
        assert (item.state, item.times) == (ItemState.WAITING, 1)
        assert view.quarantine_acts(1) == []
        assert view.quarantine_groups()[0].seen == 1


# -- records of ours


def refuse(store: Store, peer: Endpoint, reasons: dict[int, Reason | None], at_ms: int) -> None:
    """Seal the records of these numbers, which the peer refuses."""
    numbers = tuple(reasons)
    with store.transaction() as change:
        change.accept_all([submission(one, peer) for one in numbers], NOW_MS)
        rows = tuple(one.row for one in change.waiting(peer, submission(1).lane, 99))
        envelope = sealed(min(numbers), rows, peer=peer)
        change.keep_sealed(envelope)
        exceptions = tuple(
            RecordVerdict(index, record_id(one), Verdict.REFUSED, reasons[one], ("rule.a",))
            for index, one in enumerate(numbers)
        )
        verdict = replace(verdict_on(envelope, Verdict.ACCEPTED), exceptions=exceptions)
        change.close_sealed(peer, verdict, at_ms)


def test_what_was_refused_is_a_dead_letter_until_somebody_has_seen_to_it(store: Store) -> None:
    refuse(store, GE, {1: Reason.EXPIRED, 2: Reason.EXPIRED, 3: Reason.RECORD_INVALID}, NOW_MS + 1)
    refuse(store, TR, {1: Reason.EXPIRED}, NOW_MS + 2)
    with store.transaction() as change:
        change.accept_all([submission(8, AZ), submission(9, AZ)], NOW_MS)
        change.withdraw(AZ, record_id(8), NOW_MS)
        change.give_up_waiting(AZ, {1}, Reason.AGREEMENT_ENDED, NOW_MS + 3, 9)
    with store.reading() as view:
        assert [tuple(one) for one in view.dead_groups()] == [
            (AZ, Reason.AGREEMENT_ENDED, 1, NOW_MS + 3, NOW_MS + 3),
            (GE, Reason.RECORD_INVALID, 1, NOW_MS + 1, NOW_MS + 1),
            (GE, Reason.EXPIRED, 2, NOW_MS + 1, NOW_MS + 1),
            (TR, Reason.EXPIRED, 1, NOW_MS + 2, NOW_MS + 2),
        ]
        first, second = view.dead_letters(GE, Reason.EXPIRED, limit=9)
        assert (first.record_id, first.faults, first.final_ms) == (
            record_id(1), ("rule.a",), NOW_MS + 1,
        )  # fmt: skip
        assert first.size == len(b"entry 1")
        assert view.dead_letters(GE, Reason.EXPIRED, after=first.row, limit=9) == [second]
        assert view.dead_letters(GE, Reason.EXPIRED, limit=1) == [first]
        assert view.dead_letters(GE, Reason.EXPIRED, before_ms=NOW_MS + 1, limit=9) == []
        assert view.dead_letters(Endpoint("AM.CUST"), Reason.EXPIRED, limit=9) == []
    with store.transaction() as change:
        change.keep_act(GE, record_id(1), Act(ActKind.RESENT, NOW_MS, "again", record_id(50)))
        change.keep_act(GE, record_id(2), Act(ActKind.NOTED, NOW_MS, "asked them"))
        change.keep_act(GE, record_id(3), Act(ActKind.DISMISSED, NOW_MS, "a test"))
    with store.reading() as view:
        assert [(one.peer, one.records) for one in view.dead_groups()] == [
            (AZ, 1), (GE, 1), (TR, 1),
        ]  # fmt: skip
        assert [one.record_id for one in view.dead_letters(GE, Reason.EXPIRED, limit=9)] == [
            record_id(2)
        ]


def test_numbers_go_on_after_a_new_start_and_frames_are_sealed_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with SqliteStore.open(path, KEY) as store:
        put(store, replace(ITEM, frame=b"secret frame of a stranger"))
        act(store, 1, ItemActKind.NOTED, "a secret word")
    content = path.read_bytes()
    assert b"stranger" not in content
    assert b"secret word" not in content
    assert b"anna" not in content
    with SqliteStore.open(path, KEY) as store:
        put(store, ITEM)
        with store.reading() as view:
            assert [one.number for one in view.quarantine_items(limit=9)] == [1, 2]
