"""Days with partners: both engines count the same, keep what was told, and open cases once."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders_store import (
    AZ,
    GE,
    KEY,
    NOW_MS,
    TR,
    envelope_id,
    incoming,
    received,
    sealed,
    submission,
    verdict_on,
)
from corridor.errors import Reason
from corridor.exchange.tallies import DayRow, DayTally, ids_of
from corridor.exchange.values import (
    Position,
    ReceivedRecord,
    RecordVerdict,
    Verdict,
)
from corridor.store.memory import MemoryStore
from corridor.store.port import Store, Transaction
from corridor.store.reconciling_port import JudgedDay, Reconciliation, ToldDay
from corridor.store.sqlite import SqliteStore
from corridor.wire.tally import DayHead

DAY = 20_000
FIRST, UNTIL = ids_of(DAY)


def named(number: int, day: int = DAY) -> bytes:
    return ids_of(day)[0] + number.to_bytes(10)


def page(view: Transaction, side: str, limit: int = 100) -> list[DayRow]:
    """Return everything of the day, page by page."""
    read = view.day_sent if side == "sent" else view.day_received
    found: list[DayRow] = []
    after = FIRST
    while rows := read(GE, after, UNTIL, limit):
        found += rows
        after = rows[-1].record_id
    return found


def accept(change: Transaction, *numbers: int) -> tuple[int, ...]:
    for number in numbers:
        change.accept(submission(number, record_id=named(number)), NOW_MS)
    rows = change.waiting(GE, submission(1).lane, 99)
    return tuple(one.row for one in rows)


# -- what is counted


def test_records_of_ours_are_found_by_day_with_their_verdicts(store: Store) -> None:
    with store.transaction() as change:
        rows = accept(change, 1, 2, 3)
        kept = sealed(1, rows)
        change.keep_sealed(kept)
        refused = RecordVerdict(1, named(2), Verdict.REFUSED, Reason.RECORD_INVALID)
        parked = RecordVerdict(2, named(3), Verdict.PARKED, Reason.RECORD_TYPE)
        told = verdict_on(kept, Verdict.ACCEPTED, exceptions=(refused, parked))
        change.close_sealed(GE, told, NOW_MS)
        accept(change, 4)
        for other in (
            submission(5, record_id=named(5, DAY + 1)),
            submission(6, record_id=named(6, DAY - 1)),
            submission(7, record_id=named(7), peer=TR),
            submission(8, record_id=named(8), record_type=70),  # a canary
        ):
            change.accept(other, NOW_MS)
    with store.reading() as view:
        found = page(view, "sent", 2)
    assert [(one.record_id, one.verdict, one.reason) for one in found] == [
        (named(1), 1, None),
        (named(2), 2, 303),
        (named(3), 3, 302),
        (named(4), None, None),
    ]
    assert found[0].digest == sha256(b"entry 1").digest()


def test_records_of_a_peer_are_found_by_day_each_once(store: Store) -> None:
    def record(place: int, number: int, reason: Reason | None = None) -> ReceivedRecord:
        verdict = Verdict.ACCEPTED if reason is None else Verdict.REFUSED
        return incoming(place, number, record_id=named(number), verdict=verdict, reason=reason)

    with store.transaction() as change:
        later = received(3, record(0, 1, Reason.NOT_AUTHORISED), record(1, 2))
        change.keep_received(later)  # refused in two envelopes, of which the newer came first
        change.keep_received(
            received(2, record(0, 1, Reason.RECORD_INVALID), record(1, 3, Reason.RECORD_INVALID))
        )
        change.keep_received(received(4, record(0, 3), record(1, 4, Reason.RECORD_INVALID)))
        change.keep_received(received(5, record(0, 2)._replace(known=True)))
        conflict = record(0, 2, Reason.RECORD_ID_CONFLICT)._replace(entry=b"other bytes")
        change.keep_received(received(6, conflict))
        change.keep_received(received(7, record(0, 9), peer=TR))
    with store.reading() as view:
        found = [(one.record_id, one.verdict, one.reason) for one in page(view, "received", 2)]
        whole = page(view, "received")
    assert found == [
        (named(1), 2, int(Reason.NOT_AUTHORISED)),
        (named(2), 1, None),
        (named(3), 1, None),
        (named(4), 2, int(Reason.RECORD_INVALID)),
    ]
    assert whole[1].digest == sha256(b"their entry 2").digest()


def test_canaries_of_a_peer_are_not_counted(store: Store) -> None:
    with store.transaction() as change:
        probe = incoming(0, 1, record_id=named(1), record_type=70)
        broken = incoming(
            1, 2, record_id=named(2), record_type=70,
            verdict=Verdict.REFUSED, reason=Reason.CONTROL_MALFORMED,
        )  # fmt: skip
        change.keep_received(received(1, probe, broken))
    with store.reading() as view:
        assert page(view, "received") == []


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_both_engines_count_the_same_in_any_order(data: st.DataObject) -> None:
    """Envelopes come in any order; a record may come twice, refused or known."""
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    envelopes = []
    accepted: set[int] = set()
    for seq, size in enumerate(sizes, 1):
        records = []
        for place, number in enumerate(
            data.draw(st.lists(st.integers(1, 8), min_size=size, max_size=size, unique=True))
        ):
            refused = data.draw(st.sampled_from([None, None, Reason.RECORD_INVALID]))
            verdict = Verdict.ACCEPTED if refused is None else Verdict.REFUSED
            record = incoming(
                place, number, record_id=named(number), verdict=verdict, reason=refused
            )
            records.append(record)
            if refused is None:
                accepted.add(number)
        envelopes.append(received(seq, *records))
    counts = []
    for order in (envelopes, data.draw(st.permutations(envelopes))):
        for engine in (MemoryStore(), SqliteStore.open(Path(data.draw(_places())), KEY)):
            with engine.transaction() as change:
                for one in order:
                    change.keep_received(one)
            with engine.reading() as view:
                tally = DayTally()
                tally.add(page(view, "received", data.draw(st.integers(1, 9))))
                counts.append(tally.count(DayHead()))
            engine.close()
    assert all(one == counts[0] for one in counts)
    assert sum(one.count for one in counts[0].cells if one.verdict == 1) == len(accepted)


_FOLDER: list[Path] = []


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    _FOLDER[:] = [tmp_path]


@st.composite
def _places(draw: st.DrawFn) -> str:
    """A file of its own for each store."""
    draw(st.just(0))
    folder = _FOLDER[0]
    number = len(list(folder.iterdir()))
    place = folder / f"store-{number}"
    place.mkdir()
    return str(place / "store.db")


# -- heads


def test_the_newest_envelope_before_a_time_is_found(store: Store) -> None:
    times = {(1, 1): 100, (1, 2): 100, (1, 5): 200, (1, 6): 300, (2, 1): 250, (2, 2): 400}
    with store.transaction() as change:
        for number, ((epoch, seq), created_ms) in enumerate(times.items()):
            where = {"position": Position(epoch, seq), "created_ms": created_ms}
            change.keep_sealed(sealed(number + 1, **where))
            change.keep_received(received(number + 1, **where))
    keys = list(times)

    def expected(before_ms: int) -> DayHead:
        found = [key for key in keys if times[key] < before_ms]
        if not found:
            return DayHead()
        return DayHead(*max(found), envelope_id(keys.index(max(found)) + 1))

    with store.reading() as view:
        for before_ms in (1, 100, 101, 200, 201, 250, 251, 300, 301, 400, 401):
            assert view.sent_head(GE, before_ms) == expected(before_ms), before_ms
            assert view.received_head(GE, before_ms) == expected(before_ms), before_ms
        assert view.sent_head(TR, 999) == view.received_head(AZ, 999) == DayHead()


def test_the_newest_envelope_is_found_among_many(store: Store) -> None:
    with store.transaction() as change:
        for number in range(1, 60):
            change.keep_sealed(sealed(number, created_ms=NOW_MS + number // 7 * 10))
    with store.reading() as view:
        for number in range(1, 60):
            before_ms = NOW_MS + number
            newest = max((n for n in range(1, 60) if n // 7 * 10 < number), default=0)
            assert view.sent_head(GE, before_ms).sequence == newest


# -- what was told

EVER, NEVER = DAY + 1_000, (0, 0)


def told(day: int, body: bytes, number: int = 1, seq: int = 1) -> ToldDay:
    return ToldDay(day, body, envelope_id(number), Position(1, seq))


def test_what_a_peer_told_is_kept_and_makes_the_day_due(store: Store) -> None:
    with store.transaction() as change:
        change.note_tally(GE, told(DAY, b"one"), NOW_MS)
        change.mark_due(GE, [DAY - 1])
    with store.reading() as view:
        assert [one.day for one in view.days_due(EVER, NEVER, 9)] == [DAY - 1, DAY]
        assert view.reconciliation(GE, DAY) == Reconciliation(
            GE, DAY, theirs=b"one", their_envelope=envelope_id(1),
            their_position=Position(1, 1), heard_ms=NOW_MS,
        )  # fmt: skip
        assert view.reconciliation(GE, 1) is None


def test_what_comes_late_does_not_replace_what_is_newer(store: Store) -> None:
    with store.transaction() as change:
        change.note_tally(GE, told(DAY, b"new", 2, 5), NOW_MS)
        change.note_tally(GE, told(DAY, b"old", 1, 4), NOW_MS)
    with store.reading() as view:
        (kept,) = view.reconciliations(GE, 9)
    assert (kept.theirs, kept.their_envelope) == (b"new", envelope_id(2))


def test_a_day_that_was_judged_is_due_no_more_unless_something_came(store: Store) -> None:
    with store.transaction() as change:
        change.note_tally(GE, told(DAY, b"one"), NOW_MS)
        change.judge_day(JudgedDay(GE, DAY, envelope_id(1), b"ours", "waiting", "why"), 7)
        assert not change.days_due(EVER, NEVER, 9)
        change.note_tally(GE, told(DAY, b"two", 2, 2), NOW_MS)
        change.judge_day(JudgedDay(GE, DAY, envelope_id(1), b"ours", "agreed", ""), 8)
        assert [one.day for one in change.days_due(EVER, NEVER, 9)] == [DAY]
    with store.reading() as view:
        kept = view.reconciliation(GE, DAY)
        assert kept is not None
        assert (kept.pending, kept.state, kept.judged_ms) == (b"ours", "agreed", 8)
        assert view.agreed_days() == {GE: DAY}


def test_those_first_that_were_looked_at_longest_ago(store: Store) -> None:
    with store.transaction() as change:
        change.mark_due(GE, [1, 2, 3])
        change.judge_day(JudgedDay(GE, 1, b"", b"", "waiting", ""), 9)
        change.mark_due(GE, [1])
        change.mark_due(TR, [2])
        assert [(one.peer, one.day) for one in change.days_due(EVER, NEVER, 3)] == [
            (GE, 2),
            (TR, 2),
            (GE, 3),
        ]


def test_what_must_wait_takes_nobodys_place(store: Store) -> None:
    with store.transaction() as change:
        change.mark_due(GE, [DAY, DAY + 1])
        change.mark_due(TR, [DAY])
        change.tallies_told(GE, [(DAY, b"ours")], envelope_id(9), 5_000)
        assert [(one.peer, one.day) for one in change.days_due(DAY, (4_999, 5_000), 1)] == [
            (TR, DAY)
        ]
        assert [one.peer for one in change.days_due(DAY, (5_000, 7_000), 9)] == [GE, TR]
        assert [one.peer for one in change.days_due(DAY, (3_000, 4_999), 9)] == [GE, TR]
        assert change.days_due(DAY - 1, NEVER, 9) == []


def test_a_day_with_an_open_case_is_kept_as_long_as_that(store: Store) -> None:
    with store.transaction() as change:
        change.mark_due(GE, [2, 3])
        change.open_case(GE, 2, "[]", 1)
        change.open_case(TR, 2, "[]", 2)
        change.forget_days(5)
        assert [one.day for one in change.reconciliations(None, 9)] == [2]
        assert [one.number for one in change.cases_of(GE, 2)] == [1]
        assert change.cases_of(GE, 3) == []
        change.close_cases(GE, 2, 3)
        change.open_case(GE, 2, "[]", 4)
        assert [one.number for one in change.cases_of(GE, 2)] == [3, 1]
        change.close_cases(GE, 2, 5)
        change.forget_days(5)
        assert change.reconciliations(None, 9) == []


def test_what_is_told_is_pending_until_an_envelope_holds_it(store: Store) -> None:
    with store.transaction() as change:
        change.mark_due(GE, [DAY, DAY + 1])
        for day in (DAY + 1, DAY):
            change.judge_day(JudgedDay(GE, day, b"", b"ours %d" % day, "waiting", ""), 1)
        pending = change.tallies_pending(GE, 9)
        assert pending == [(DAY, b"ours %d" % DAY), (DAY + 1, b"ours %d" % (DAY + 1))]
        assert change.tallies_pending(GE, 1) == pending[:1]
        assert change.tallies_pending(TR, 9) == []
        change.judge_day(JudgedDay(GE, DAY + 1, b"", b"newer", "waiting", ""), 2)
        change.tallies_told(GE, pending, envelope_id(9), 5)
        assert change.tallies_pending(GE, 9) == [(DAY + 1, b"newer")]
        kept = change.reconciliation(GE, DAY)
    assert kept is not None
    assert (kept.told, kept.told_envelope, kept.told_ms) == (pending[0][1], envelope_id(9), 5)


def test_a_day_of_which_something_was_told_is_not_dropped(store: Store) -> None:
    with store.transaction() as change:
        change.mark_due(GE, [1, 2])
        change.note_tally(GE, told(2, b"theirs"), 1)
        for day in (1, 2, 3):
            change.drop_day(GE, day)
        assert [one.day for one in change.reconciliations(None, 9)] == [2]
        change.mark_due(TR, [5])
        assert [one.day for one in change.reconciliations(None, 1)] == [5]
        change.forget_days(5)
        assert [one.day for one in change.reconciliations(None, 9)] == [5]


def test_who_knows_the_record_is_counted_from_his_first_day_on(store: Store) -> None:
    with store.transaction() as change:
        assert not change.knows_tally(GE)
        change.keep_counted(GE, 3)
        assert change.counted_days() == []
        change.keep_knows_tally(GE, knows=True)
        assert change.counted_days() == [(GE, 0)]
        change.keep_counted(GE, 7)
        assert change.knows_tally(GE)
        assert change.counted_days() == [(GE, 7)]
        change.keep_knows_tally(GE, knows=False)
        assert not change.knows_tally(GE)
        assert change.counted_days() == []


def test_a_case_is_opened_once_and_closed_once(store: Store) -> None:
    with store.transaction() as change:
        assert change.open_case(GE, DAY, "[1]", 1)
        assert not change.open_case(GE, DAY, "[2]", 2)
        assert change.open_case(TR, DAY, "[3]", 3)
        assert change.close_cases(GE, DAY, 4) == 1
        assert change.close_cases(GE, DAY, 5) == 0
        assert change.open_case(GE, DAY, "[4]", 6)
    with store.reading() as view:
        every = view.cases(9, open_only=False)
        assert [(one.number, one.peer, one.opened_ms, one.closed_ms) for one in every] == [
            (3, GE, 6, None),
            (2, TR, 3, None),
            (1, GE, 1, 4),
        ]
        assert every[-1].differences == "[2]"
        assert [one.number for one in view.cases(9, open_only=True)] == [3, 2]
        assert [one.number for one in view.cases(1, open_only=True)] == [3]
