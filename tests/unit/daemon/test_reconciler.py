"""Two nodes count a day, tell each other, and open and close a case by themselves."""

from typing import Any

from builders_reconcile import AFTER_MS, DAY, Side, lose, send, settle
from builders_store import AZ, GE, TR, envelope_id, incoming, received, sealed, submission
from corridor.daemon.days import lines_of_cases
from corridor.daemon.reconciler import Reconciler, date_of
from corridor.errors import StoreTrouble
from corridor.exchange.cues import TallyDue
from corridor.exchange.tallies import ids_of
from corridor.exchange.values import Family, Position
from corridor.store.reconciling_port import JudgedDay
from corridor.transit.parties import Endpoint
from corridor.wire import limits


def test_a_day_that_both_hold_alike_is_agreed(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1, 2, 3)
    send(tr, ge, 4)

    told = settle(ge, tr)

    assert (ge.state(), tr.state()) == ("agreed", "agreed")
    assert told <= 4
    assert TallyDue(TR) in ge.cues
    assert ge.cases() == tr.cases() == []
    assert settle(ge, tr, AFTER_MS + 60_000) == 0


def test_a_quiet_yesterday_is_told_and_a_quiet_past_is_not(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    settle(ge, tr)
    with ge.store.reading() as view:
        assert [one.day for one in view.reconciliations(TR, 99)] == [DAY]
    assert ge.state() == "agreed"


def test_a_row_that_is_gone_opens_a_case_on_both_sides(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    send(tr, ge, 2, 3)
    lose(ge, 3)

    settle(ge, tr)

    assert (ge.state(), tr.state()) == ("different", "different")
    assert ge.cases() == tr.cases() == [None]
    shown = ge.days().show("TR", DAY)
    assert shown["cases"][0]["differences"] == [
        {
            "direction": "received", "what": "count", "type": "declaration", "verdict": "accepted",
            "reason": "", "ours": 1, "theirs": 2,
        }
    ]  # fmt: skip
    assert shown["ours"]["received"]["cells"][0]["count"] == 1
    assert shown["theirs"]["received"]["cells"][0]["count"] == 2
    assert shown["ours"]["envelope_id"]
    assert shown["theirs"]["envelope_id"]
    with ge.store.reading() as view:
        (line,) = lines_of_cases(view)
    assert "corridor reconcile show --peer TR.GTB --day 2025-11-08" in line


def test_a_case_closes_by_itself_when_both_agree_again(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(tr, ge, 2, 3)
    with ge.store.transaction() as change:
        (row,) = [one for one in change.inbox(0, 9) if one.record_id.endswith(b"\x03")]
    lose(ge, 3)
    settle(ge, tr)
    assert ge.cases() == [None]

    with ge.store.transaction() as change:  # its partner returns it
        record = incoming(0, 3, record_id=row.record_id, entry=row.entry)
        change.keep_received(received(7, record, peer=TR, created_ms=AFTER_MS))
    with tr.store.transaction() as change:
        again = sealed(7, peer=GE, created_ms=AFTER_MS, envelope_id=envelope_id(7, TR))
        change.keep_sealed(again)
    settle(ge, tr, AFTER_MS + limits.DAY_MS)  # found by itself, a day later

    assert (ge.state(), tr.state()) == ("agreed", "agreed")
    assert None not in (*ge.cases(), *tr.cases())
    assert ge.days().show("TR", DAY)["cases"][0]["closed_ms"]


def test_what_comes_late_is_counted_again(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    settle(ge, tr)
    send(ge, tr, 2)  # its national system was late
    settle(ge, tr, AFTER_MS + limits.DAY_MS)
    assert (ge.state(), tr.state()) == ("agreed", "agreed")
    assert ge.days().show("TR", DAY)["sent"] == 2


def test_records_without_a_verdict_are_waited_for(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    with ge.store.transaction() as change:
        late = submission(2, record_id=ids_of(DAY)[0] + (2).to_bytes(10), peer=TR)
        change.accept(late, AFTER_MS)
    settle(ge, tr)
    assert (ge.state(), tr.state()) == ("waiting", "waiting")
    (line,) = [one for one in ge.days().all()["days"] if one["day"] == date_of(DAY)]
    assert line["sentence"] == "records of the day have no final verdict yet"


def test_a_partner_that_does_not_know_the_record_is_told_nothing(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    with ge.store.transaction() as change:
        change.keep_knows_tally(TR, knows=False)
        change.mark_due(TR, [DAY])
    send(ge, tr, 1)
    ge.reconciler.turn(AFTER_MS)
    assert ge.cues == []
    (line,) = ge.days().all("tr")["days"]
    assert line["waits_for"] == "older_node"


def test_a_partner_that_forgot_what_it_heard_is_told_again(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    settle(ge, tr)
    with tr.store.transaction() as change:
        change.forget_days(DAY + 1)
        change.keep_counted(GE, 0)

    settle(ge, tr, AFTER_MS + 3_600_000)

    assert (ge.state(), tr.state()) == ("agreed", "agreed")


def test_days_are_counted_again_after_a_clock_that_was_ahead(pair: tuple[Side, Side]) -> None:
    """It noted a day of the future as the newest that was counted, on both sides."""
    ge, tr = pair
    for side in (ge, tr):
        side.reconciler.turn(AFTER_MS + 60 * limits.DAY_MS)
    send(ge, tr, 1)
    assert settle(ge, tr) > 0
    assert (ge.state(), tr.state()) == ("agreed", "agreed")
    for side, peer in ((ge, TR), (tr, GE)):
        with side.store.reading() as view:
            assert view.counted_days() == [(peer, DAY)]


def test_no_day_is_forgotten_by_a_clock_that_is_in_doubt(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    settle(ge, tr)
    years_ms = AFTER_MS + (limits.MAX_TALLY_DAYS + 30) * limits.DAY_MS
    Reconciler(ge.store, ge.hear, lambda _now_ms: False).turn(years_ms)
    assert ge.state() == "agreed"
    with ge.store.transaction() as change:
        change.keep_counted(TR, DAY)
    Reconciler(ge.store, ge.hear, lambda now_ms: now_ms == years_ms).turn(years_ms)
    assert ge.state() == "nothing"


def test_days_that_are_not_over_of_many_partners_hold_no_other_up(pair: tuple[Side, Side]) -> None:
    ge, _ = pair
    yesterday_ms = AFTER_MS - limits.DAY_MS
    with ge.store.transaction() as change:
        change.mark_due(TR, [DAY - 1])
        change.judge_day(JudgedDay(TR, DAY - 1, b"", b"", "waiting", ""), 5)
        change.mark_due(TR, [DAY - 1])
        for number in range(100):  # their clocks are ahead: never looked at, so they stand first
            letters = chr(65 + number // 26) + chr(65 + number % 26)
            change.mark_due(Endpoint(f"{letters}.NODE"), [DAY])
    ge.reconciler.turn(yesterday_ms)
    with ge.store.reading() as view:
        kept = view.reconciliation(TR, DAY - 1)
    assert kept is None or kept.judged_ms == yesterday_ms


def test_a_case_out_of_reach_stays_for_people_and_is_told_no_more(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(tr, ge, 2, 3)
    lose(ge, 3)
    settle(ge, tr)
    years_ms = AFTER_MS + (limits.MAX_TALLY_DAYS + 30) * limits.DAY_MS
    settle(ge, tr, years_ms)
    assert ge.cases() == [None]
    assert ge.days().show("TR", DAY)["cases"]
    with ge.store.reading() as view:
        kept = view.reconciliation(TR, DAY)
    assert kept is not None
    assert kept.told_ms < years_ms


def test_a_day_is_not_judged_before_it_is_over(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    noon_ms = DAY * limits.DAY_MS + limits.DAY_MS // 2
    with tr.store.transaction() as change:  # its clock is ahead
        change.mark_due(GE, [DAY])
    tr.reconciler.turn(AFTER_MS)
    tr.tell(ge, AFTER_MS)
    ge.reconciler.turn(noon_ms)
    with ge.store.reading() as view:
        kept = view.reconciliation(TR, DAY)
    assert kept is not None
    assert (kept.judged_ms, kept.due) == (0, True)
    settle(ge, tr)
    assert ge.state() == "agreed"


def test_many_records_are_counted_over_several_turns(pair: tuple[Side, Side]) -> None:
    ge, _ = pair
    first, _ = ids_of(DAY)
    with ge.store.transaction() as change:
        change.accept_all(
            [
                submission(n, record_id=first + n.to_bytes(10), peer=TR)._replace(entry=b"e")
                for n in range(1, 22_001)
            ],
            AFTER_MS,
        )
        change.mark_due(TR, [DAY])
        change.keep_counted(TR, DAY)
    ge.reconciler.turn(AFTER_MS)
    assert ge.state() == "waiting"
    with ge.store.reading() as view:
        assert view.tallies_pending(TR, 9) == []
    ge.reconciler.turn(AFTER_MS + 1_000)
    assert ge.days().show("TR", DAY)["sent"] == 22_000


def test_many_cases_with_one_partner_keep_none_of_another_from_being_counted_again(
    pair: tuple[Side, Side],
) -> None:
    ge, _ = pair
    old = DAY - 40
    with ge.store.transaction() as change:
        change.keep_knows_tally(AZ, knows=True)
        change.open_case(TR, old, "[]", AFTER_MS)
        for day in range(limits.MAX_TALLY_DAYS):
            change.open_case(AZ, DAY - day, "[]", AFTER_MS)
    ge.reconciler._mark(AFTER_MS)
    with ge.store.reading() as view:
        assert view.reconciliation(TR, old) is not None


def test_another_envelope_at_the_newest_position_is_a_difference(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    connection = ge.store._writer.connection  # type: ignore[attr-defined]
    connection.execute("UPDATE sealed SET envelope_id = ?", (envelope_id(77),))
    settle(ge, tr)
    assert (ge.state(), tr.state()) == ("different", "different")
    (found,) = ge.days().show("TR", DAY)["cases"][0]["differences"]
    assert (found["direction"], found["what"]) == ("sent", "head")


def test_an_envelope_that_is_on_its_way_is_waited_for(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    with ge.store.transaction() as change:  # control, of which no receipt is owed
        made_ms = DAY * limits.DAY_MS + 9
        change.keep_sealed(sealed(9, peer=TR, family=Family.CONTROL, created_ms=made_ms))
    settle(ge, tr)
    assert tr.state() == "waiting"
    with tr.store.transaction() as change:  # it will never come
        change.put_tombstone(GE, Position(1, 9), envelope_id(9), AFTER_MS)
        change.mark_due(GE, [DAY])
    settle(ge, tr, AFTER_MS + 60_000)
    assert (ge.state(), tr.state()) == ("agreed", "agreed")


def test_a_store_in_trouble_is_asked_again_at_the_next_turn(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    send(ge, tr, 1)
    whole = ge.store.reading

    def fails() -> Any:  # noqa: ANN401 - it never returns
        raise StoreTrouble("the disk is slow today")

    ge.store.reading = fails  # type: ignore[method-assign]
    ge.reconciler.turn(AFTER_MS)
    ge.store.reading = whole  # type: ignore[method-assign]
    settle(ge, tr)
    assert ge.state() == "agreed"
