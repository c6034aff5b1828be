"""Contract of the port: intake, sending and receipts; every engine passes it."""

import threading

import pytest

from builders_store import (
    AZ,
    GE,
    NO_HEAD,
    NOW_MS,
    TR,
    accept,
    envelope_id,
    record_id,
    sealed,
    submission,
    verdict_on,
    waiting_ids,
)
from corridor.errors import Reason, StoreMisused
from corridor.exchange.values import (
    ZERO_ID,
    Family,
    Head,
    InFlight,
    Lane,
    Position,
    RecordVerdict,
    SubmitStatus,
    Verdict,
    Waiting,
)
from corridor.store.port import Store, Transaction

# -- intake


def test_what_is_accepted_waits_in_its_lane_in_order(store: Store) -> None:
    rows = accept(store, 3, 1, 2)
    with store.reading() as view:
        found = view.waiting(GE, Lane.ROUTINE, 2)
    assert found == [
        Waiting(rows[0], record_id(3), Lane.ROUTINE, b"entry 3", NOW_MS),
        Waiting(rows[1], record_id(1), Lane.ROUTINE, b"entry 1", NOW_MS),
    ]
    assert rows[0] < rows[1] < rows[2]
    assert waiting_ids(store, Lane.URGENT) == []


def test_what_waits_is_cut_by_count_and_by_bytes_and_one_is_always_there(store: Store) -> None:
    rows = accept(store, *range(1, 41))
    sizes = [len(f"entry {one}") for one in range(1, 41)]
    with store.reading() as view:

        def taken(limit: int, limit_bytes: int, after: int = 0) -> list[int]:
            return [w.row for w in view.waiting(GE, Lane.ROUTINE, limit, limit_bytes, after=after)]

        assert taken(99, sum(sizes)) == list(rows)
        assert taken(99, sum(sizes) - 1) == list(rows[:-1])
        assert taken(99, 3 * 2**10) == list(rows)
        assert taken(5, 2**20) == list(rows[:5])
        assert taken(99, 1) == [rows[0]]
        assert taken(99, 1, after=rows[20]) == [rows[21]]
        assert view.waiting_size(GE, Lane.ROUTINE, 99) == (40, sum(sizes))
        assert view.waiting_size(GE, Lane.ROUTINE, 3, after=rows[0]) == (3, sum(sizes[1:4]))
        assert view.waiting_size(GE, Lane.URGENT, 99) == (0, 0)


def test_the_same_record_again_changes_nothing(store: Store) -> None:
    accept(store, 1)
    with store.transaction() as change:
        again = change.accept(submission(1), NOW_MS + 5)
        other = change.accept(submission(1, entry=b"other bytes"), NOW_MS + 5)
    assert (again, other) == (SubmitStatus.DUPLICATE, SubmitStatus.CONFLICT)
    assert waiting_ids(store) == [record_id(1)]
    assert store.counts()["outbox"] == 1


def test_a_batch_reports_each_record_even_those_that_repeat_within_it(store: Store) -> None:
    accept(store, 1)
    with store.transaction() as change:
        batch = [
            submission(2),
            submission(1),
            submission(2),
            submission(2, entry=b"other bytes"),
            submission(3, terms=(("mrn", "M3"),)),
        ]
        statuses = change.accept_all(batch, NOW_MS)
    assert statuses == [
        SubmitStatus.ACCEPTED,
        SubmitStatus.DUPLICATE,
        SubmitStatus.DUPLICATE,
        SubmitStatus.CONFLICT,
        SubmitStatus.ACCEPTED,
    ]
    assert waiting_ids(store) == [record_id(1), record_id(2), record_id(3)]
    with store.reading() as view:
        assert [one.entry for one in view.waiting(GE, Lane.ROUTINE, 9)][1:] == [
            b"entry 2",
            b"entry 3",
        ]
    assert store.find("mrn", "M3", 9) == [record_id(3)]


def test_the_same_record_id_may_go_to_another_peer_with_other_bytes(store: Store) -> None:
    with store.transaction() as change:
        assert change.accept(submission(1, GE), NOW_MS) is SubmitStatus.ACCEPTED
        assert change.accept(submission(1, TR, entry=b"theirs"), NOW_MS) is SubmitStatus.ACCEPTED
    assert [line.peer for line in store.ledger(record_id(1))] == [GE, TR]


def test_nothing_accepted_is_nothing_kept(store: Store) -> None:
    with store.transaction() as change:
        assert list(change.accept_all([], NOW_MS)) == []
    assert store.counts()["outbox"] == 0


# -- transactions


def test_an_error_in_the_block_leaves_no_trace(store: Store) -> None:
    rows = accept(store, 1)
    before = store.counts(), store.lanes_waiting(), store.peers()

    def spoil(change: Transaction) -> None:
        change.accept(submission(2, AZ), NOW_MS)
        change.keep_sealed(sealed(1, rows))
        change.put_setting("name", b"value")
        change.take_held(1)
        raise RuntimeError("spoilt")

    with pytest.raises(RuntimeError, match="spoilt"), store.transaction() as change:
        spoil(change)
    assert (store.counts(), store.lanes_waiting(), store.peers()) == before
    with store.transaction() as change:
        assert change.log_head()[0] == 0
        assert change.setting("name") is None
        change.keep_sealed(sealed(1, rows))
        assert change.log_head()[0] == 1


def test_writing_while_reading_is_an_error(store: Store) -> None:
    with pytest.raises(StoreMisused), store.reading() as view:
        view.accept(submission(1), NOW_MS)
    assert store.counts()["outbox"] == 0
    accept(store, 1)
    assert waiting_ids(store) == [record_id(1)]


def test_inside_a_transaction_the_store_is_used_through_it(store: Store) -> None:
    with store.transaction() as change:
        for use in (store.lanes_waiting, store.peers_owed, store.counts, store.close):
            with pytest.raises(StoreMisused, match="through it"):
                use()
        with pytest.raises(StoreMisused), store.transaction():
            pass
        change.accept(submission(1), NOW_MS)
    assert waiting_ids(store) == [record_id(1)]


def test_transactions_of_threads_take_turns(store: Store) -> None:
    def count_up() -> None:
        for _ in range(20):
            with store.transaction() as change:
                count = int.from_bytes(change.setting("count") or b"") + 1
                change.put_setting("count", count.to_bytes(4))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as view:
        assert view.setting("count") == (80).to_bytes(4)


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreMisused, match="closed"), store.transaction():
        pass
    with pytest.raises(StoreMisused, match="closed"):
        store.counts()


# -- sending


def test_a_stream_that_never_sent_stands_at_nothing(store: Store) -> None:
    with store.reading() as view:
        state = view.out_stream(GE)
    assert (state.last, state.created_ms, state.receipted) == (NO_HEAD, 0, NO_HEAD)


def test_sealing_takes_records_out_of_the_lane_and_advances_the_stream(store: Store) -> None:
    rows = accept(store, 1, 2, 3)
    envelope = sealed(1, (rows[2], rows[0]))
    with store.transaction() as change:
        change.keep_sealed(envelope)
        assert [one.record_id for one in change.records_of(GE, Position(1, 1))] == [
            record_id(3),
            record_id(1),
        ]
    assert waiting_ids(store) == [record_id(2)]
    flight = InFlight(
        Position(1, 1),
        envelope.envelope_id,
        envelope.payload_root,
        len(envelope.frame),
        Lane.ROUTINE,
        Family.DATA,
        envelope.created_ms,
    )
    assert store.unreceipted(GE) == [flight]
    assert store.unreceipted(GE)[0].oldest_ms == store.ledger(record_id(1))[0].accepted_ms
    with store.reading() as view:
        state = view.out_stream(GE)
        assert view.find_sealed(GE, envelope.envelope_id) == flight
        assert view.find_sealed(TR, envelope.envelope_id) is None
        assert view.find_sealed_many(GE, [envelope.envelope_id, ZERO_ID]) == {
            envelope.envelope_id: flight
        }
        assert view.log_head()[0] == 1
    assert state.last == Head(1, 1, envelope.envelope_id)
    assert state.created_ms == envelope.created_ms
    assert store.ledger(record_id(1))[0].sealed_ms == envelope.created_ms
    assert store.ledger(record_id(2))[0].sealed_ms is None


def test_sealed_bytes_are_given_back_as_they_were(store: Store) -> None:
    with store.transaction() as change:
        for number in (1, 2):
            change.keep_sealed(sealed(number, frame=b"bytes %d" % number * 100))
    asked = [Position(1, 2), Position(1, 9), Position(1, 1)]
    with store.reading() as view:
        found = view.frames(GE, asked)
        assert list(view.frames(TR, asked)) == []
        assert list(view.records_of(GE, Position(1, 9))) == []
    assert found == [
        (Position(1, 2), b"bytes 2" * 100),
        (Position(1, 1), b"bytes 1" * 100),
    ]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(sealed(1, envelope_id=envelope_id(7)), id="position"),
        pytest.param(sealed(2, envelope_id=envelope_id(1)), id="id"),
        pytest.param(sealed(2, (1,)), id="record"),
        pytest.param(sealed(2, (2, 2)), id="record twice"),
        pytest.param(sealed(2, (99,)), id="unknown record"),
        pytest.param(sealed(2, (2,), peer=TR), id="another peer's record"),
    ],
)
def test_nothing_of_ours_is_used_twice(store: Store, second: object) -> None:
    rows = accept(store, 1, 2)
    assert rows == (1, 2)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, (1,)))
    before = store.counts()
    with pytest.raises(StoreMisused), store.transaction() as change:
        change.keep_sealed(second)  # type: ignore[arg-type]
    assert store.counts() == before
    assert waiting_ids(store) == [record_id(2)]


def test_attempts_are_counted(store: Store) -> None:
    with store.transaction() as change:
        change.keep_sealed(sealed(1))
        change.count_attempt(GE, [Position(1, 1), Position(1, 9)])
        change.count_attempt(GE, [Position(1, 1)])
    assert [one.attempts for one in store.unreceipted(GE)] == [2]


def test_unreceipted_envelopes_come_in_order_of_position(store: Store) -> None:
    with store.transaction() as change:
        change.keep_sealed(sealed(2))
        change.keep_sealed(sealed(5, position=Position(0, 9)))
        change.keep_sealed(sealed(1))
    positions = [one.position for one in store.unreceipted(GE)]
    assert positions == [Position(0, 9), Position(1, 1), Position(1, 2)]
    assert store.unreceipted(TR) == []


def test_a_replacing_envelope_takes_the_records_over(store: Store) -> None:
    rows = accept(store, 1, 2, 3)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows[:2]))
        change.keep_sealed(sealed(2, rows, replaces=Position(1, 1)))
    assert [one.position for one in store.unreceipted(GE)] == [Position(1, 2)]
    with store.transaction() as change:
        assert change.find_sealed(GE, envelope_id(1)).closed  # type: ignore[union-attr]
        assert list(change.records_of(GE, Position(1, 1))) == []
        assert len(change.records_of(GE, Position(1, 2))) == 3
        late = verdict_on(sealed(1), Verdict.REFUSED, reason=Reason.WRAP)
        assert list(change.close_sealed(GE, late, NOW_MS)) == []
    assert {store.ledger(record_id(one))[0].verdict for one in (1, 2, 3)} == {None}


def test_what_a_peer_accepted_and_forgot_can_be_sealed_again_and_stays_accepted(
    store: Store,
) -> None:
    rows = accept(store, 1, 2)
    position = Position(1, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(1, rows))
        refused = RecordVerdict(1, record_id(2), Verdict.REFUSED, Reason.RECORD_INVALID)
        verdict = verdict_on(sealed(1), Verdict.ACCEPTED, exceptions=(refused,))
        change.close_sealed(GE, verdict, NOW_MS)
        assert list(change.records_of(GE, position)) == []
        again = change.records_of(GE, position, accepted=True)
        assert [one.record_id for one in again] == [record_id(1)]
        change.keep_sealed(sealed(2, [one.row for one in again], replaces=position))
    assert [one.position for one in store.unreceipted(GE)] == [Position(1, 2)]
    with store.transaction() as change:
        assert list(change.records_of(GE, position, accepted=True)) == []
        assert (
            list(change.close_sealed(GE, verdict_on(sealed(2), Verdict.ACCEPTED), NOW_MS + 1)) == []
        )
        assert len(change.outcomes(0, 9)) == 2
    assert list(store.unreceipted(GE)) == []
    assert store.ledger(record_id(1))[0].receipted_ms == NOW_MS


def test_replacing_something_unknown_still_needs_records_that_wait(store: Store) -> None:
    rows = accept(store, 1)
    with store.transaction() as change:
        change.keep_sealed(sealed(2, rows, replaces=Position(1, 1)))
    assert waiting_ids(store) == []


def test_retired_envelopes_need_no_receipt_and_keep_their_bytes(store: Store) -> None:
    with store.transaction() as change:
        change.keep_sealed(sealed(1))
        change.retire_sealed(GE, [Position(1, 1), Position(1, 9)])
        change.retire_sealed(GE, [Position(1, 1)])
    assert store.unreceipted(GE) == []
    with store.reading() as view:
        assert len(view.frames(GE, [Position(1, 1)])) == 1
