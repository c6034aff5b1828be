"""What could not be trusted: put aside within bounds, judged again when a person says so."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders_quarantine import Case, record_entry, sealed_for
from builders_store import KEY
from builders_trust import AZ, GE, NOW_MS, TR, make_world
from corridor.daemon import inbound as inbound_module
from corridor.daemon.quarantine import MAX_ACTS, MAX_NUMBERS
from corridor.errors import ActRefused, InputTrouble, Reason
from corridor.exchange.cues import Deferred, FrameRefused
from corridor.exchange.policy import ExchangePolicy
from corridor.exchange.values import Position, Quarantined
from corridor.store.memory import MemoryStore
from corridor.store.rules import QUARANTINE_ITEMS
from corridor.store.sqlite import SqliteStore

LATER_MS = NOW_MS + ExchangePolicy().held_ms + 1_000


@pytest.fixture(params=["sqlite", "memory"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    store = MemoryStore() if request.param == "memory" else SqliteStore.open(tmp_path / "s.db", KEY)
    yield Case(store)
    store.close()


@pytest.fixture
def quick() -> Case:
    return Case(MemoryStore())


def put(case: Case, *items: Quarantined) -> None:
    with case.store.transaction() as change:
        for item in items:
            change.quarantine(item)


# -- judged again


def test_a_frame_for_a_lost_key_is_accepted_once_when_the_keys_are_back(case: Case) -> None:
    frame = sealed_for(7).frame
    case.lose_keys()
    case.arrive(frame)
    case.arrive(frame)  # its sender repeats it
    (item,) = case.quarantine.items()["items"]
    assert (item["link"], item["reason"], item["times"]) == ("TR", "key_unknown", 2)
    assert case.release(1) == ["not opened again: key_unknown"]
    assert (case.states(), case.inbox()) == (["waiting"], [])
    case.restore_keys()
    assert case.release(1) == ["accepted: 1 of 1 records"]
    assert (case.states(), case.inbox()) == (["settled"], [7])
    again = case.quarantine.release([1], "once more", "anna")
    assert again["numbers"] == []
    assert "settled" in again["left"][0]["why"]
    case.arrive(frame)
    case.inbound.judge_released(NOW_MS)
    assert case.inbox() == [7]
    with case.store.reading() as view:
        assert [one.position for one in view.owed(TR, 9)] == [Position(1, 1)]


def test_what_its_sender_repeated_meanwhile_needs_nobody(case: Case) -> None:
    frame = sealed_for(7).frame
    case.lose_keys()
    case.arrive(frame)
    case.restore_keys()
    case.arrive(frame)
    assert case.inbox() == [7]
    case.inbound.judge_released(NOW_MS)
    assert case.quarantine.items(done=True)["items"] == []
    assert case.quarantine.attention() == []


def test_one_that_came_meanwhile_and_was_released_is_settled_and_not_kept_twice(
    case: Case,
) -> None:
    frame = sealed_for(7).frame
    case.inbound.put_aside([("corridor.unrouted", "TR", frame)], NOW_MS)
    case.arrive(frame)
    before = len(case.watching.events)
    assert case.release(1) == ["it is recorded already"]
    assert case.watching.events[before:] == []  # a person asked: the partner repeated nothing
    assert (case.states(), case.inbox()) == (["settled"], [7])


def test_the_release_of_a_frame_from_the_wrong_link_gives_it_no_trust(case: Case) -> None:
    frame = sealed_for(7).frame
    case.arrive(frame, link="AZ")
    before = len(case.watching.events)
    assert case.release(1) == ["refused again: wrong_link"]
    assert (case.states(), case.inbox()) == (["waiting"], [])
    told = case.watching.events[before:]
    assert not [one for one in told if isinstance(one, FrameRefused)]  # no new fault of anybody
    acts = [(one["kind"], one["by"]) for one in case.quarantine.show(1)["acts"]]
    assert acts == [("released", "anna"), ("judged", "the node")]
    assert case.quarantine.frame(1) == frame


def test_a_strangers_frame_is_held_for_a_day_and_then_waits_for_a_person(quick: Case) -> None:
    other = make_world((TR, GE, AZ))
    forged = replace(other, nodes={**other.nodes, TR: other.nodes[AZ]})  # another's key
    frame = sealed_for(7, world=forged).frame
    quick.arrive(frame)
    (held,) = quick.quarantine.groups()["held"]
    assert (held["link"], held["reason"], held["frames"]) == ("TR", "unknown_signer", 1)
    assert quick.quarantine.items()["items"] == []
    quick.inbound.review(LATER_MS)
    assert quick.quarantine.groups()["held"] == []
    (item,) = quick.quarantine.items()["items"]
    assert item["reason"] == "unknown_signer"
    assert quick.release(1, now_ms=LATER_MS) == ["refused again: unknown_signer"]
    assert quick.inbox() == []


def test_a_flood_of_poison_stops_neither_the_corridor_nor_another_partner(case: Case) -> None:
    first = sealed_for(7)
    good = first.frame
    junk = good[:-1] + bytes([good[-1] ^ 1])  # not the ciphertext that was signed: dropped
    poison = [sealed_for(99, sender=AZ, seq=9).frame[:-20] + n.to_bytes(20) for n in range(3)]
    case.arrive(junk, *poison, good)  # over TR: AZ's are from the wrong link
    assert case.inbox() == [7]
    flood = [Quarantined("AZ", Reason.WRONG_LINK, b"%d" % n, NOW_MS) for n in range(300)]
    put(case, *flood)
    second = sealed_for(8, seq=2, prev=first.envelope_id)
    case.arrive(second.frame)
    assert case.inbox() == [7, 8]
    groups = {(one["link"], one["reason"]): one for one in case.quarantine.groups()["groups"]}
    assert groups["AZ", "wrong_link"]["waiting"] == QUARANTINE_ITEMS
    assert groups["AZ", "wrong_link"]["not_kept"] == 300 - QUARANTINE_ITEMS
    assert groups["TR", "wrong_link"]["waiting"] == 3
    assert case.quarantine.summary()["not_kept"] == 300 - QUARANTINE_ITEMS


def test_a_judgement_that_fails_half_way_is_made_again_and_keeps_once(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.lose_keys()
    case.arrive(sealed_for(7).frame)
    case.restore_keys()
    case.quarantine.release([1], "keys are back", "anna")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as change:
        change.setattr(inbound_module, "note_known", killed)
        with pytest.raises(KeyboardInterrupt):
            case.inbound.judge_released(NOW_MS)
    assert (case.states(), case.inbox()) == (["released"], [])
    case.inbound.judge_released(NOW_MS)
    assert (case.states(), case.inbox()) == (["settled"], [7])


def test_two_copies_of_one_envelope_that_are_released_together_are_kept_once(case: Case) -> None:
    frame = sealed_for(7).frame
    strays = [("corridor.dlq", "TR", frame), ("corridor.unrouted", "TR", frame)]
    case.inbound.put_aside(strays, NOW_MS)
    case.release(1, 2)
    case.inbound.judge_released(NOW_MS)
    assert (case.states(), case.inbox()) == (["settled", "settled"], [7])


def test_what_has_expired_is_told_to_its_sender_who_seals_it_anew(quick: Case) -> None:
    quick.lose_keys()
    quick.arrive(sealed_for(7, lifetime_ms=60_000).frame)
    quick.restore_keys()
    quick.quarantine.release([1], "late", "anna")
    handled = quick.inbound.judge_released(NOW_MS + 61_000)
    assert [type(one) for one in handled.cues] == [Deferred]
    assert quick.quarantine.show(1)["judged"] == "deferred: expired; its sender was told"
    assert (quick.states(), quick.inbox()) == (["waiting"], [])


def test_a_position_that_another_envelope_has_is_not_taken_and_no_fork_is_made_of_it(
    quick: Case,
) -> None:
    quick.arrive(sealed_for(7).frame)
    quick.lose_keys()
    quick.arrive(sealed_for(8).frame)  # the same position
    quick.restore_keys()
    before = len(quick.watching.events)
    assert quick.release(1) == ["not taken: fork"]
    assert quick.watching.events[before:] == []
    assert (quick.states(), quick.inbox()) == (["waiting"], [7])


def test_what_its_sender_closed_and_sealed_anew_is_let_go(quick: Case) -> None:
    old = sealed_for(7, lifetime_ms=60_000)
    quick.inbound.put_aside([("corridor.unrouted", "TR", old.frame)], NOW_MS)
    with quick.store.transaction() as change:
        change.put_tombstone(TR, Position(1, 1), old.envelope_id, NOW_MS)
    said = quick.release(1, now_ms=NOW_MS + 61_000)
    assert said == ["its sender has closed it: what it holds comes anew"]
    assert quick.states() == ["settled"]


def test_a_gap_behind_it_does_not_keep_it_from_being_taken(quick: Case) -> None:
    quick.inbound.put_aside([("corridor.unrouted", "TR", sealed_for(9, seq=5).frame)], NOW_MS)
    assert quick.release(1) == ["accepted: 1 of 1 records"]
    assert quick.inbox() == [9]


# -- what is not released


def test_what_no_judgement_changes_is_not_released_and_the_answer_says_what_to_do(
    quick: Case,
) -> None:
    put(
        quick,
        Quarantined("TR", Reason.FORK, b"one", NOW_MS),
        Quarantined("TR", Reason.PAYLOAD_TAG, b"two", NOW_MS),
        Quarantined("corridor.dlq", Reason.STRAY, b"three", NOW_MS),
        Quarantined("corridor.unrouted", Reason.STRAY, b"CRT1four", NOW_MS, "", "TR"),
    )
    done = quick.quarantine.release([1, 2, 3, 4, 5, 1], "try", "anna")
    assert done["numbers"] == []
    assert [one["number"] for one in done["left"]] == [1, 2, 3, 4, 5]
    whys = [one["why"] for one in done["left"]]
    assert "fork is final" in whys[0]
    assert "payload_tag is final" in whys[1]
    assert "which link" in whys[2]
    assert "keys adopt" in whys[3]
    assert whys[4] == "there is no such frame"
    assert set(quick.states()) == {"waiting"}


@pytest.mark.parametrize("why", ["", "  ", "x" * 501, "bell \a"])
def test_nothing_is_released_or_rejected_without_a_reason_in_words(quick: Case, why: str) -> None:
    put(quick, Quarantined("TR", Reason.WRONG_LINK, b"one", NOW_MS))
    for ask in (quick.quarantine.release, quick.quarantine.reject):
        with pytest.raises(InputTrouble, match="reason of 1 to 500"):
            ask([1], why, "anna")
    with pytest.raises(InputTrouble):
        quick.quarantine.note(1, why, "anna")
    assert quick.states() == ["waiting"]
    assert quick.quarantine.show(1)["acts"] == []


def test_too_many_at_once_and_too_much_said_of_one_are_refused(quick: Case) -> None:
    put(quick, Quarantined("TR", Reason.WRONG_LINK, b"one", NOW_MS))
    with pytest.raises(InputTrouble, match="at once"):
        quick.quarantine.reject(range(MAX_NUMBERS + 1), "why", "anna")
    for _ in range(MAX_ACTS):
        quick.quarantine.note(1, "again", "a program")
    with pytest.raises(ActRefused, match="no room"):
        quick.quarantine.note(1, "again", "a program")
    assert "no room" in quick.quarantine.release([1], "why", "anna")["left"][0]["why"]
    assert quick.quarantine.reject([1], "why", "anna")["numbers"] == [1]  # the way out stays open


# -- seen


def test_a_frame_is_shown_by_its_header_and_never_by_its_content(quick: Case) -> None:
    frame = sealed_for(7).frame
    quick.arrive(frame, link="AZ")
    quick.quarantine.note(1, "called  Baku", "anna")
    shown = quick.quarantine.show(1)
    assert shown["header"]["sender"] == TR
    assert shown["header"]["recipients"][0]["endpoint"] == GE
    assert shown["header"]["hidden"][0] == "records"
    (act,) = shown["acts"]
    assert (act["kind"], act["by"], act["why"]) == ("noted", "anna", "called Baku")
    told = json.dumps(shown)
    assert record_entry(7).hex() not in told
    put(quick, Quarantined("TR", Reason.WRONG_LINK, b"CRD1junk", NOW_MS))
    put(quick, Quarantined("TR", Reason.WRONG_LINK, b"CRT1junk", NOW_MS))
    assert quick.quarantine.show(2)["header"] == {"form": "unknown", "refused": "header_size"}
    assert quick.quarantine.show(3)["header"] == {"form": "trust statement"}


def test_what_is_rejected_loses_its_bytes_and_keeps_who_and_why(quick: Case) -> None:
    put(quick, Quarantined("TR", Reason.WRONG_LINK, b"one", NOW_MS))
    assert quick.quarantine.attention() == [
        "1 frames wait in quarantine (1 wrong_link): `corridor quarantine list`"
    ]
    done = quick.quarantine.reject([1, 9], "a test of theirs", " \x1b ")
    assert (done["numbers"], done["left"][0]["number"]) == ([1], 9)
    shown = quick.quarantine.show(1)
    assert (shown["header"], shown["state"]) == (None, "rejected")
    assert (shown["acts"][0]["by"], shown["acts"][0]["why"]) == ("unknown", "a test of theirs")
    with pytest.raises(ActRefused, match="are gone: it is rejected"):
        quick.quarantine.frame(1)
    assert "rejected" in quick.quarantine.reject([1], "again", "anna")["left"][0]["why"]
    assert quick.quarantine.attention() == []
    assert quick.quarantine.summary() == {
        "waiting": 0, "bytes": 0, "oldest_ms": None, "not_kept": 0,
    }  # fmt: skip


def test_what_is_not_there_is_refused_by_name(quick: Case) -> None:
    for ask in (quick.quarantine.show, quick.quarantine.frame):
        with pytest.raises(ActRefused, match="no frame 3"):
            ask(3)
    with pytest.raises(ActRefused, match="no frame 3"):
        quick.quarantine.note(3, "words", "anna")
    with pytest.raises(InputTrouble, match="no such reason: 'colour'"):
        quick.quarantine.items(reason="colour")
