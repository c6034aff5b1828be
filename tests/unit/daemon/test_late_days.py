"""Records under ids of long ago are compared too, and what no day covers is said.

PROTOCOL §6.9; decision 0054.
"""

from dataclasses import replace

from builders_reconcile import AFTER_MS, DAY, Side, settle
from builders_store import incoming, received, sealed, submission
from corridor.daemon.keyed import Sound, keep
from corridor.daemon.reconciler import date_of
from corridor.exchange.tallies import ids_of
from corridor.exchange.values import EnvelopeVerdict, ReceivedEnvelope, Submission, Verdict
from corridor.wire import limits

LONG_AGO = DAY - 40


def record_id(day: int, number: int = 1) -> bytes:
    return ids_of(day)[0] + number.to_bytes(10)


def offer(side: Side, day: int, now_ms: int = AFTER_MS) -> Submission:
    """Have a record of an id of that day kept, as a gateway does."""
    one = submission(1, record_id=record_id(day), peer=side.peer, entry=b"entry")
    with side.store.transaction() as change:
        (answer,) = keep(change, [Sound(one, b"record", None)], now_ms)
    assert answer.status == "accepted"
    return one


def receipt(sender: Side, one: Submission, made_ms: int) -> None:
    with sender.store.transaction() as change:
        rows = [row.row for row in change.waiting(sender.peer, one.lane, 9)]
        kept = sealed(1, tuple(rows), peer=sender.peer, created_ms=made_ms)
        change.keep_sealed(kept)
        judged = EnvelopeVerdict(
            kept.position, kept.envelope_id, kept.payload_root, Verdict.ACCEPTED
        )
        change.close_sealed(sender.peer, judged, made_ms)


def arrived(one: Submission, recipient: Side, made_ms: int) -> ReceivedEnvelope:
    record = incoming(0, 1, record_id=one.record_id, entry=one.entry)
    envelope = received(1, record, peer=recipient.peer, created_ms=made_ms)
    return replace(envelope, envelope_id=sealed(1, (), peer=recipient.me).envelope_id)


def nights(ge: Side, tr: Side, count: int) -> None:
    for night in range(1, count + 1):
        settle(ge, tr, AFTER_MS + night * limits.DAY_MS)


def test_a_late_record_that_is_lost_opens_a_case(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    settle(ge, tr)
    one = offer(ge, LONG_AGO)
    settle(ge, tr, AFTER_MS + 60_000)
    assert ge.state(LONG_AGO) == "waiting"

    receipt(ge, one, AFTER_MS + 120_000)  # and TR holds nothing of it
    nights(ge, tr, 2)

    assert (ge.state(LONG_AGO), tr.state(LONG_AGO)) == ("different", "different")
    for side in (ge, tr):
        with side.store.reading() as view:
            assert [one.closed_ms for one in view.cases_of(side.peer, LONG_AGO)] == [None]


def test_a_late_record_that_both_hold_is_agreed(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    settle(ge, tr)
    one = offer(ge, LONG_AGO)
    settle(ge, tr, AFTER_MS + 60_000)
    receipt(ge, one, AFTER_MS + 120_000)
    with tr.store.transaction() as change:
        change.keep_received(arrived(one, tr, AFTER_MS + 120_000))
    nights(ge, tr, 2)
    assert (ge.state(LONG_AGO), tr.state(LONG_AGO)) == ("agreed", "agreed")
    assert ge.cases() == tr.cases() == []


def test_a_record_of_these_days_marks_no_day(pair: tuple[Side, Side]) -> None:
    ge, _ = pair
    offer(ge, DAY)
    with ge.store.reading() as view:
        assert view.reconciliation(ge.peer, DAY) is None


def test_a_partner_that_knows_no_tally_is_told_of_no_late_day(pair: tuple[Side, Side]) -> None:
    ge, _ = pair
    with ge.store.transaction() as change:
        change.keep_knows_tally(ge.peer, knows=False)
    offer(ge, LONG_AGO)
    with ge.store.reading() as view:
        assert view.reconciliation(ge.peer, LONG_AGO) is None


def test_a_day_is_not_called_agreed_without_what_no_day_covers(pair: tuple[Side, Side]) -> None:
    # ids without a time, as files had from older nodes
    ge, tr = pair
    for day in (0, AFTER_MS // limits.DAY_MS + 30):
        one = submission(1, record_id=record_id(day, 7), peer=ge.peer, entry=b"entry")
        with ge.store.transaction() as change:
            change.accept(one, AFTER_MS)
    with tr.store.transaction() as change:
        change.keep_received(arrived(one, tr, AFTER_MS))
    settle(ge, tr)
    for side, count in ((ge, 2), (tr, 1)):
        shown = side.days().show(side.peer, DAY)
        (line,) = side.days().all(side.peer, DAY)["days"]
        for said in (shown, line):
            assert (said["state"], said["day"]) == ("agreed", date_of(DAY))
            assert said["of_no_day"] == count
            assert said["sentence"].startswith(f"not compared on any day: {count} record")


def test_of_a_partner_all_of_whose_ids_have_a_time_nothing_is_said(pair: tuple[Side, Side]) -> None:
    ge, tr = pair
    offer(ge, DAY)
    settle(ge, tr)
    said = ge.days().show(ge.peer, DAY)
    assert (said["of_no_day"], said["sentence"]) == (
        0,
        "records of the day have no final verdict yet",
    )
