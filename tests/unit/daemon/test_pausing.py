"""Pauses: who may be paused, for which reason, and what outlives a new start."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_store import KEY
from builders_trust import AZ, GE, TR
from corridor.daemon.pausing import MAX_WHY_CHARS, Pauses
from corridor.errors import ActRefused, InputTrouble
from corridor.store.memory import MemoryStore
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import Endpoint

Opening = Callable[[], Store]


@pytest.fixture(params=["sqlite", "memory"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Opens the same store again and again; the one before is closed."""
    if request.param == "memory":
        kept = MemoryStore()
        return lambda: kept
    last: list[SqliteStore] = []

    def again() -> SqliteStore:
        if last:
            last.pop().close()
        last.append(SqliteStore.open(tmp_path / "store.db", KEY))
        return last[-1]

    return again


def pauses(store: Store, *partners: Endpoint, now_ms: int = 1_000) -> Pauses:
    return Pauses(store, lambda: partners or (GE, AZ), lambda: now_ms)


def test_a_pause_is_by_name_and_outlives_a_new_start(opened: Opening) -> None:
    made = pauses(opened(), now_ms=7)
    woken: list[int] = []
    made.changed = lambda: woken.append(1)
    assert made.rows() == []
    told = made.pause("GE", "  their link\nis being renewed ", " anna ")
    wanted = {"endpoint": GE, "since_ms": 7, "why": "their link is being renewed", "by": "anna"}
    assert told == [wanted]
    assert (GE in made, AZ in made, "GE.RS" in made, "GE" in made) == (True, False, True, False)
    assert len(woken) == 1
    again = pauses(opened())
    assert again.rows() == [wanted]
    assert again.resume("GE.RS") == []
    assert GE not in again
    assert pauses(opened()).rows() == []


def test_several_are_paused_and_each_is_resumed_alone(opened: Opening) -> None:
    made = pauses(opened())
    made.pause("GE.RS", "a", "x")
    assert [one["endpoint"] for one in made.pause("AZ", "b", "x")] == [AZ, GE]
    assert [one["endpoint"] for one in made.resume("ge")] == [AZ]


@pytest.mark.parametrize("name", ["TR", "TR.GTB", "GE.R", "", "GE.RS ", "x" * 10_000])
def test_nobody_else_can_be_paused_or_resumed(opened: Opening, name: str) -> None:
    made = pauses(opened())
    with pytest.raises(ActRefused, match="no partner"):
        made.pause(name, "why", "x")
    with pytest.raises(ActRefused, match="not paused"):
        made.resume(name)
    assert made.rows() == []


def test_twice_is_refused_and_the_first_stands(opened: Opening) -> None:
    made = pauses(opened())
    made.pause("GE", "first", "x")
    with pytest.raises(ActRefused, match="paused already"):
        made.pause("GE.RS", "second", "y")
    assert [one["why"] for one in made.rows()] == ["first"]
    made.resume("GE")
    with pytest.raises(ActRefused, match="not paused"):
        made.resume("GE")


@pytest.mark.parametrize("why", ["", " \n\t ", "x" * (MAX_WHY_CHARS + 1), "not\x1b[2Jshown"])
def test_a_pause_has_a_reason_of_a_sentence(opened: Opening, why: str) -> None:
    made = pauses(opened())
    with pytest.raises(InputTrouble):
        made.pause("GE", why, "x")
    assert made.rows() == []


def test_who_is_no_partner_any_more_is_resumed_all_the_same(opened: Opening) -> None:
    store = opened()
    pauses(store).pause("GE", "why", "x")
    left = pauses(store, AZ)
    assert [one["endpoint"] for one in left.rows()] == [GE]
    assert left.resume("GE") == []


def test_nobody_is_paused_while_records_are_sealed(opened: Opening) -> None:
    sealing, done = threading.Lock(), threading.Event()
    made = Pauses(opened(), lambda: (GE,), lambda: 1, sealing)

    def pause() -> None:
        made.pause("GE", "why", "x")
        done.set()

    with sealing:
        thread = threading.Thread(target=pause)
        thread.start()
        assert not done.wait(0.05)
        assert GE not in made
    assert done.wait(5)
    thread.join()
    assert GE in made
    with pytest.raises(ActRefused, match="nothing is sent"):
        made.require_open(GE)
    made.require_open(TR)
