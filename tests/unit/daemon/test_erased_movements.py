"""A movement of which records were erased stays true, and goes with its last record."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_movement_reader import CALM, ENDPOINTS, generated, keep, names, reader

from builders_movement import NOW_MS
from builders_store import KEY, sealed, verdict_on
from corridor.daemon.keeping import Keeping
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.tracking import MovementTracker
from corridor.errors import InputTrouble
from corridor.exchange.values import Lane, Verdict
from corridor.standards.generate.journey import GeneratedRecord
from corridor.store.memory import MemoryStore
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore
from corridor.transit.screen import history_of, screen_of
from corridor.transit.view import moment

DAY_MS = 86_400_000
LATER_MS = NOW_MS + 40 * DAY_MS
ON = str(moment(LATER_MS))[:10]


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = (
        MemoryStore() if request.param == "memory" else SqliteStore.open(tmp_path / "s.db", KEY)
    )
    yield made
    made.close()


def at_georgia(seed: int) -> list[GeneratedRecord]:
    """Return what Georgia sends and receives of a movement; its release comes first."""
    found = [one for one in generated(seed, CALM) if "GE" in {one.sender, *one.recipients}]
    assert found[0].record.WhichOneof("body") == "movement_released"
    return found


def settle(store: Store) -> None:
    """Let everything be receipted on both sides and acknowledged."""
    number = 1_000
    for peer in ENDPOINTS.values():
        for lane in Lane:
            number += 1
            with store.transaction() as change:
                rows = tuple(one.row for one in change.waiting(peer, lane, 1_000))
                answers = tuple(one.position for one in change.owed(peer, 1_000))
                envelope = sealed(number, rows, peer=peer, lane=lane, answers=answers)
                change.keep_sealed(envelope)
                change.close_sealed(peer, verdict_on(envelope, Verdict.ACCEPTED), NOW_MS)
                change.acknowledge(1 << 40, NOW_MS)


def erase(store: Store, *ids: bytes) -> None:
    for one in ids:
        Keeping(store, lambda: LATER_MS).erase(one, "order 5", "clerk")


def caught_up(store: Store, me: str) -> list[tuple[str, str]]:
    tracker = MovementTracker(store, reader(store, me, LATER_MS), NodeMetrics())
    tracker.turn(budget_s=5)
    return [(one["value"], one["state"]) for one in reader(store, me).under_way(9, overdue=False)]


@pytest.mark.parametrize("me", ["TR", "GE"])
def test_a_discharged_movement_stays_discharged_whatever_single_record_is_erased(
    store: Store, me: str
) -> None:
    told = generated(3, CALM)
    keep(store, me, told)
    settle(store)
    before, _ = reader(store, me, LATER_MS).show(names(told)[0])
    mine = [one for one in told if me == one.sender or me in one.recipients]
    for count, one in enumerate(mine[:-1], 1):
        erase(store, one.record_id)
        view, drafts = reader(store, me, LATER_MS).show(names(told)[0])
        same = ("state", "words", "ids", "departure", "limit", "overdue", "parked", "flagged")
        assert [view[key] for key in same] == [before[key] for key in same], one.record
        assert (view["erased"]["records"], drafts) == (count, [])
        assert [stop["done"] for stop in view["itinerary"]] == [
            stop["done"] for stop in before["itinerary"]
        ]
        assert caught_up(store, me) == []
    text = screen_of(view)
    assert f"{len(mine) - 1} records of it were erased, the last on {ON}: who did" in text
    assert history_of(view).count(f"(erased {ON})") == len(mine) - 1


def test_a_release_that_was_erased_is_told_with_its_way_and_without_its_load(store: Store) -> None:
    told = at_georgia(3)[:2]
    keep(store, "GE", told)
    settle(store)
    release = told[0]
    erase(store, release.record_id)
    view, drafts = reader(store, "GE", LATER_MS).show(names(told)[0])
    text = screen_of(view)
    assert "released, on the way   (as GE sees it)" in text
    assert f"1 record of it was erased on {ON}: who did what" in text
    assert view["itinerary"][0]["office"]["country"] == "TR"
    assert view["live"] == {"equipment": [], "means": []}
    for piece in release.record.movement_released.dataset.consignment.equipment:
        assert not piece.container or piece.container not in text
    assert [one.draft.kind for one in drafts] == [
        "query"
    ]  # it is overdue by then: departure may be asked
    # what comes later is folded with what stays
    keep(store, "GE", at_georgia(3)[2:])
    assert reader(store, "GE", LATER_MS).show(names(told)[0])[0]["state"] == "S12"


def test_a_movement_goes_with_its_last_record_from_the_list_too(store: Store) -> None:
    told = at_georgia(3)[:1]
    keep(store, "GE", told)
    settle(store)
    assert caught_up(store, "GE") == [(names(told)[0], "S6")]
    erase(store, told[0].record_id)
    assert caught_up(store, "GE") == []
    with pytest.raises(InputTrouble, match="no record here carries"):
        reader(store, "GE").show(names(told)[0])
    with store.reading() as view:
        assert view.to_refold(9) == []
        assert view.remains(("mrn", names(told)[0]), 9) == []
        assert view.remains(("lrn", names(told)[1]), 9) == []


def test_retention_leaves_the_movement_as_true_as_an_order_does(store: Store) -> None:
    told = at_georgia(3)
    keep(store, "GE", told)
    settle(store)
    release = told[0]
    kinds = dict.fromkeys(range(1, 21), 4_000 * DAY_MS)
    with store.reading() as view:
        (kind,) = {one.record_type for one in view.copies(release.record_id, NOW_MS)}
    while store.erase_due(LATER_MS, {**kinds, kind: 30 * DAY_MS}).more:
        pass
    view_, drafts = reader(store, "GE", LATER_MS).show(names(told)[0])
    assert (view_["state"], view_["erased"]["records"], drafts) == ("S12", 1, [])
    while store.erase_due(LATER_MS + 4_000 * DAY_MS, kinds).more:
        pass
    assert caught_up(store, "GE") == []
    with store.reading() as view:
        assert (view.to_refold(9), view.remains(("mrn", names(told)[0]), 9)) == ([], [])


def test_a_list_that_was_killed_before_it_followed_goes_on_there(store: Store) -> None:
    one, two = at_georgia(3)[:1], at_georgia(4)[:1]
    for told in (one, two):
        keep(store, "GE", told)
    settle(store)
    assert len(caught_up(store, "GE")) == 2
    erase(store, one[0].record_id, two[0].record_id)
    following = MovementTracker(store, reader(store, "GE", LATER_MS), NodeMetrics())
    assert following.look_anew(0)  # one of them, then it is killed
    with store.reading() as view:
        assert len(view.to_refold(9)) == 2
        assert len(view.movements(9)) == 1
    assert caught_up(store, "GE") == []
    with store.reading() as view:
        assert view.to_refold(9) == []


def test_more_than_is_read_at_once_goes_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told = at_georgia(3)
    keep(store, "GE", told)
    settle(store)
    erase(store, *(one.record_id for one in told))
    monkeypatch.setattr("corridor.daemon.movements._MOST_RECORDS", 2)
    assert caught_up(store, "GE") == []
    with store.reading() as view:
        left = [view.remains(("mrn", names(told)[0]), 99), view.remains(("lrn", names(told)[1]), 9)]
        assert (view.to_refold(9), left) == ([], [[], []])


def test_what_stays_is_sealed_and_holds_no_party_and_no_goods(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "store.db", KEY)
    told = at_georgia(3)[:2]
    keep(store, "GE", told)
    settle(store)
    erase(store, told[0].record_id)
    with store.reading() as view:
        (fact,) = view.remains(("mrn", names(told)[0]), 9)
    assert fact.dataset is not None
    assert (fact.dataset.equipment, fact.dataset.means, fact.text, fact.digest) == ((), (), "", b"")
    assert {one.name for one in fact.dataset.offices} == {""}
    store.scrub()
    store.close()
    for file in tmp_path.iterdir():
        assert names(told)[0].encode() not in file.read_bytes()
