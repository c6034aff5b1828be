"""Contract of the port: receipts and what they make final; every engine passes it."""

from builders_store import (
    GE,
    NO_HEAD,
    NOW_MS,
    accept,
    envelope_id,
    record_id,
    sealed,
    submission,
    verdict_on,
)
from corridor.errors import Reason
from corridor.exchange.values import (
    ZERO_ID,
    Family,
    Head,
    Lane,
    Position,
    RecordVerdict,
    Verdict,
)
from corridor.store.port import Store
from corridor.store.rules import digest
from corridor.store.values import Outcome


def test_a_receipt_makes_records_final_and_tells_in_which_order(store: Store) -> None:
    rows = accept(store, 1, 2, 3)
    first, second = sealed(1, rows[1:]), sealed(2, rows[:1])
    with store.transaction() as change:
        change.keep_sealed(first)
        change.keep_sealed(second)
        later = change.close_sealed(GE, verdict_on(second, Verdict.ACCEPTED), NOW_MS + 10)
        refused = verdict_on(first, Verdict.REFUSED, reason=Reason.BATCH)
        others = change.close_sealed_many(GE, [refused], NOW_MS + 20)
        assert list(later) == [record_id(1)]
        assert sorted(others) == [record_id(2), record_id(3)]
        found = change.outcomes(0, 9)
        assert [one.cursor for one in change.outcomes(1, 1)] == [2]
    assert store.unreceipted(GE) == []
    assert found[0] == Outcome(
        1, GE, record_id(1), Verdict.ACCEPTED, None, NOW_MS, NOW_MS + 10, digest(b"entry 1")
    )
    assert [(one.record_id, one.verdict, one.reason) for one in found[1:]] == [
        (record_id(2), Verdict.REFUSED, Reason.BATCH),
        (record_id(3), Verdict.REFUSED, Reason.BATCH),
    ]


def test_a_final_verdict_is_never_changed(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS + 1)
        refused = verdict_on(sealed(1), Verdict.REFUSED, reason=Reason.BATCH)
        assert list(change.close_sealed(GE, refused, NOW_MS + 2)) == []
        assert len(change.outcomes(0, 9)) == 1
        assert list(change.records_of(GE, Position(1, 1))) == []
    line = store.ledger(record_id(1))[0]
    assert (line.verdict, line.reason, line.receipted_ms) == (Verdict.ACCEPTED, None, NOW_MS + 1)


def test_exceptions_hold_for_the_records_they_name(store: Store) -> None:
    rows = accept(store, 1, 2, 3)
    faults = ("declaration.mrn", "goods[1].gross_mass")
    verdict = verdict_on(
        sealed(1),
        Verdict.ACCEPTED,
        exceptions=(
            RecordVerdict(1, record_id(2), Verdict.REFUSED, Reason.RECORD_INVALID, faults),
            RecordVerdict(2, record_id(3), Verdict.PARKED),
        ),
    )
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        final = change.close_sealed(GE, verdict, NOW_MS + 1)
        assert list(final) == [record_id(1), record_id(2)]
    lines = [store.ledger(record_id(one))[0] for one in (1, 2, 3)]
    assert [one.verdict for one in lines] == [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.PARKED]
    assert (lines[1].reason, lines[1].faults) == (Reason.RECORD_INVALID, faults)
    assert lines[2].receipted_ms is None
    assert store.unreceipted(GE) == []
    with store.transaction() as change:
        final = change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS + 9)
        assert list(final) == [record_id(3)]


def test_a_deferred_envelope_stays_in_flight_until_it_is_judged(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        deferred = verdict_on(sealed(1), Verdict.DEFERRED, reason=Reason.CREATED_IN_FUTURE)
        assert list(change.close_sealed(GE, deferred, NOW_MS + 1)) == []
        assert change.out_stream(GE).receipted == NO_HEAD
    assert len(store.unreceipted(GE)) == 1
    assert store.ledger(record_id(1))[0].verdict is Verdict.DEFERRED
    with store.transaction() as change:
        change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS + 2)
        assert change.out_stream(GE).receipted == Head(1, 1, envelope_id(1))
    assert store.unreceipted(GE) == []


def test_a_verdict_on_something_else_changes_nothing(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        other_id = verdict_on(sealed(1, envelope_id=envelope_id(9)), Verdict.ACCEPTED)
        unknown = verdict_on(sealed(9), Verdict.ACCEPTED)
        assert list(change.close_sealed_many(GE, [other_id, unknown], NOW_MS)) == []
    assert len(store.unreceipted(GE)) == 1


def test_canaries_have_no_outcome_for_the_national_system(store: Store) -> None:
    with store.transaction() as change:
        change.accept(submission(1, record_type=70), NOW_MS)
        row = change.waiting(GE, Lane.ROUTINE, 1)[0].row
        change.keep_sealed(sealed(1, (row,)))
        final = change.close_sealed(GE, verdict_on(sealed(1), Verdict.ACCEPTED), NOW_MS)
        assert list(final) == [record_id(1)]
        assert list(change.outcomes(0, 9)) == []


def test_a_cumulative_receipt_closes_control_of_its_epoch_and_moves_forward_only(
    store: Store,
) -> None:
    control = Family.CONTROL
    with store.transaction() as change:
        change.keep_sealed(sealed(1, family=control))
        change.keep_sealed(sealed(2))
        change.keep_sealed(sealed(3, family=control))
        change.keep_sealed(sealed(4, family=control, position=Position(0, 1)))
        change.complete_to(GE, Head(1, 2, envelope_id(2)), NOW_MS)
        change.complete_to(GE, Head(1, 1, envelope_id(1)), NOW_MS)
        change.complete_to(GE, Head(0, 0, ZERO_ID), NOW_MS)
        assert change.out_stream(GE).receipted == Head(1, 2, envelope_id(2))
        assert change.out_stream(GE).last == Head(0, 1, envelope_id(4))
    left = [one.position for one in store.unreceipted(GE)]
    assert left == [Position(0, 1), Position(1, 2), Position(1, 3)]


def test_a_receipt_for_a_stream_nobody_remembers_is_noted(store: Store) -> None:
    with store.transaction() as change:
        change.complete_to(GE, Head(7, 3, envelope_id(3)), NOW_MS)
        state = change.out_stream(GE)
    assert (state.last, state.receipted) == (NO_HEAD, Head(7, 3, envelope_id(3)))
    assert list(store.peers()) == [GE]
