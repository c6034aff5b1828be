"""Records that are longer than a record may be, from a national system to its partner's."""

import sys
from collections.abc import Sequence

import pytest

from builders_attach import Fetcher, Sender, cross
from builders_store import GE, NOW_MS
from builders_wire import long_declaration
from corridor.daemon.intake import Examined, Whole
from corridor.daemon.long_records import LongRecords
from corridor.daemon.offers import Answer
from corridor.daemon.parked import judge_parked, lines_of_parked
from corridor.errors import Reason, StoreFull, StoreTrouble
from corridor.exchange.values import Lane, Submission
from corridor.store.chunk_files import OwnFile
from corridor.store.values import InboxRecord
from corridor.wire.attachments import manifest_in
from corridor.wire.batches import SCHEMA_ID, Entry, decode_entry, encode_entry
from corridor.wire.limits import CHUNK_BYTES, MAX_LONG_RECORD_BYTES, MAX_LONG_RECORD_PARTS
from corridor.wire.long_records import shorten, with_manifest
from corridor.wire.records import decode_record, encode_record, index_terms

WHOLE = long_declaration(items=5_000)
BODY = encode_record(WHOLE)
RECORD_ID = bytes(range(16))


def long_records(sender: Sender) -> LongRecords:
    return LongRecords(sender.store, sender.files, has_room=lambda size: size < sender.free)


def examined(record_id: bytes = RECORD_ID, body: bytes = BODY) -> Examined:
    short = shorten(WHOLE)
    entry = encode_entry(Entry(record_id, 1, SCHEMA_ID, None, encode_record(short)))
    kept = Submission(GE, record_id, 1, Lane.ROUTINE, entry, index_terms(WHOLE))
    return Examined(kept, whole=Whole(body, short))


def kept(sender: Sender, long: LongRecords, one: Examined) -> tuple[Submission, str]:
    """Have a record kept as the service does; returns it and what became of it."""
    found: list[Submission] = []

    def answers_to(sealed: Sequence[Examined | Answer]) -> list[Answer]:
        (made,) = sealed
        assert isinstance(made, Examined)
        found.append(made.submission)
        with sender.store.transaction() as change:
            (status,) = change.accept_all([made.submission], NOW_MS)
        return [Answer(status, made.submission.record_id)]

    (answer,) = long.keep([one], answers_to)
    return found[0], str(answer.status)


def delivered(fetcher: Fetcher) -> list[InboxRecord]:
    with fetcher.store.reading() as view:
        return list(fetcher.long_records.whole(view.inbox(0, 99)))


def test_it_crosses_as_one_record_and_is_handed_over_whole(
    sender: Sender, fetcher: Fetcher
) -> None:
    sent, status = kept(sender, long_records(sender), examined())
    assert status == "accepted"
    assert len(sent.entry) < CHUNK_BYTES
    fetcher.arrive(RECORD_ID, sent.entry, kind=1)
    assert fetcher.inbox() == []
    with fetcher.store.reading() as view:
        assert lines_of_parked(view) == []  # it waits for its file, not for a version
    assert judge_parked(fetcher.store) == 0
    cross(sender, fetcher)
    assert fetcher.owed() == [("ACCEPTED", "")]
    (one,) = delivered(fetcher)
    assert one.whole == BODY
    travelled = decode_record(decode_entry(one.entry).body).declaration.dataset.consignment
    assert not travelled.houses[0].items
    assert fetcher.store.find("container", "MSKU1234565", 9) == [RECORD_ID]
    (line,) = fetcher.attachments.rows()
    assert (line["name"], line["state"], line["size"]) == ("record.pb", "whole", len(BODY))


def test_the_same_record_again_is_the_same_and_another_leaves_no_file(sender: Sender) -> None:
    long = long_records(sender)
    first, _ = kept(sender, long, examined())
    again, status = kept(sender, long, examined())
    assert (again.entry, status) == (first.entry, "duplicate")
    _, status = kept(sender, long, examined(body=BODY + b"\xfa\x3e\x01x"))
    assert status == "conflict"
    assert len(list(sender.files.kept())) == 1
    assert long.busy() == frozenset()


def test_the_file_is_not_swept_while_its_record_is_being_kept(sender: Sender) -> None:
    long = long_records(sender)

    def refuses(_: Sequence[Examined | Answer]) -> list[Answer]:
        assert sender.attachments.sweep(long.busy) == 0
        return [Answer("refused", RECORD_ID, Reason.STORE_FULL)]

    long.keep([examined()], refuses)
    assert not list(sender.files.kept())


def test_where_nobody_can_say_whether_it_was_kept_the_store_decides(sender: Sender) -> None:
    long, keeps = long_records(sender), [True, False]

    def fails(sealed: Sequence[Examined | Answer]) -> list[Answer]:
        (made,) = sealed
        assert isinstance(made, Examined)
        if keeps.pop():
            with sender.store.transaction() as change:
                change.accept_all([made.submission], NOW_MS)
        raise StoreTrouble("the disk has gone")

    for record_id in (RECORD_ID, bytes(16)):
        with pytest.raises(StoreTrouble):
            long.keep([examined(record_id)], fails)
    assert long.busy() == frozenset()
    assert sender.attachments.sweep() == 1
    (left,) = sender.files.kept()
    assert left.record_ids == (bytes(16),)


def test_killed_before_its_record_was_kept_nothing_of_it_stays(sender: Sender) -> None:
    with pytest.raises(SystemExit):
        long_records(sender).keep([examined()], lambda _: sys.exit())
    sender.start()
    assert sender.attachments.sweep() == 1


@pytest.mark.parametrize("when", ["before", "half-way"])
def test_a_full_disk_is_for_now_and_leaves_nothing(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    if when == "before":
        sender.free = 5
    else:
        real, calls = OwnFile.append, []

        def full(self: OwnFile, index: int, sealed: bytes) -> None:
            calls.append(index)
            if index:
                raise StoreFull("no space left on device")
            real(self, index, sealed)

        monkeypatch.setattr(OwnFile, "append", full)
    long = long_records(sender)
    other = Answer("refused", b"", Reason.RECORD_TYPE)
    passed, answer = long.keep(
        [other, examined()], lambda sealed: [one for one in sealed if isinstance(one, Answer)]
    )
    assert passed is other
    assert (answer.status, answer.reason) == ("refused", Reason.STORE_FULL)
    assert not list(sender.files.kept())
    assert long.busy() == frozenset()


def test_a_disk_that_fails_at_the_last_step_is_for_now_and_leaves_nothing(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(OwnFile, "finish", fails)
    long = long_records(sender)
    (answer,) = long.keep(
        [examined()], lambda sealed: [one for one in sealed if isinstance(one, Answer)]
    )
    assert answer.reason is Reason.STORE_FULL
    assert not list(sender.folder.glob("sent/out/*"))
    assert long.busy() == frozenset()


def test_where_the_second_of_two_cannot_be_looked_up_the_first_is_swept(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, real, asked = long_records(sender), sender.store.submitted, []

    def fails_then(record_id: bytes) -> object:
        asked.append(record_id)
        if len(asked) == 2:
            raise StoreTrouble("the disk has gone")
        return real(record_id)

    with monkeypatch.context() as patched:
        patched.setattr(sender.store, "submitted", fails_then)
        with pytest.raises(StoreTrouble):
            long.keep([examined(), examined(bytes(16))], lambda _: [])
    assert long.busy() == frozenset()
    assert sender.attachments.sweep(long.busy) == 1


def test_the_same_record_twice_in_one_batch_is_the_same_record(sender: Sender) -> None:
    long = long_records(sender)

    def answers_to(sealed: Sequence[Examined | Answer]) -> list[Answer]:
        kept = [one.submission for one in sealed if isinstance(one, Examined)]
        with sender.store.transaction() as change:
            told = change.accept_all(kept, NOW_MS)
        return [Answer(status, RECORD_ID) for status in told]

    answers = long.keep([examined(), examined()], answers_to)
    assert [str(one.status) for one in answers] == ["accepted", "duplicate"]
    (left,) = sender.files.kept()
    assert left.record_ids == (RECORD_ID,)
    assert long.busy() == frozenset()


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (encode_record(long_declaration(items=4_999)), "accepted"),
        (encode_record(long_declaration(items=5_000, documents=1)), "record_invalid"),
        (b"\xff" * 9, "record_malformed"),
        (BODY + b"\x0a\x00" * MAX_LONG_RECORD_PARTS, "record_too_large"),
    ],
    ids=["other goods", "another record", "none", "a bomb"],
)
def test_what_is_in_the_file_is_held_to_the_record_that_its_sender_signed(
    sender: Sender, fetcher: Fetcher, file: bytes, reason: str
) -> None:
    """The goods are the file's alone to say; all else has to be the same."""
    sent, _ = kept(sender, long_records(sender), examined(body=file))
    fetcher.arrive(RECORD_ID, sent.entry, kind=1)
    cross(sender, fetcher)
    (told,) = fetcher.owed()
    assert told == (("ACCEPTED", "") if reason == "accepted" else ("REFUSED", reason))
    assert len(list(fetcher.files.kept())) == (reason == "accepted")


def test_one_that_nobody_reads_in_one_piece_is_refused_before_a_chunk_is_asked_for(
    sender: Sender, fetcher: Fetcher
) -> None:
    sent, _ = kept(sender, long_records(sender), examined())
    manifest = manifest_in(sent.entry)
    assert manifest is not None
    larger = with_manifest(shorten(WHOLE), manifest._replace(size=MAX_LONG_RECORD_BYTES + 1))
    fetcher.arrive(RECORD_ID, encode_entry(Entry(RECORD_ID, 1, SCHEMA_ID, None, larger)), kind=1)
    assert fetcher.turn() == []
    assert fetcher.owed() == [("REFUSED", "attachment_too_large")]


@pytest.mark.unmeasured
def test_several_are_handed_over_as_many_as_one_answer_holds(
    sender: Sender, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = long_records(sender)
    for number in (1, 2, 3):
        record_id = bytes(15) + bytes([number])
        sent, _ = kept(sender, long, examined(record_id))
        fetcher.arrive(record_id, sent.entry, seq=number, kind=1)
    cross(sender, fetcher)
    assert [one.whole for one in delivered(fetcher)] == [BODY] * 3
    monkeypatch.setattr("corridor.daemon.long_records._HANDED_AT_ONCE", len(BODY) + 1)
    assert len(delivered(fetcher)) == 1


def test_a_search_finds_all_of_them_and_as_many_wholes_as_one_answer_holds(
    sender: Sender, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [bytes(15) + bytes([number]) for number in (1, 2, 3)]
    for number, record_id in enumerate(ids, 1):
        sent, _ = kept(sender, long_records(sender), examined(record_id))
        fetcher.arrive(record_id, sent.entry, seq=number, kind=1)
    cross(sender, fetcher)

    def found() -> list[bytes | None]:
        each = [fetcher.store.deliveries(one) for one in ids]
        return [one.whole for (one,) in fetcher.long_records.as_far_as_room(each)]

    assert found() == [BODY] * 3
    monkeypatch.setattr("corridor.daemon.long_records._HANDED_AT_ONCE", 2 * len(BODY))
    assert found() == [BODY, BODY, None]
    monkeypatch.setattr("corridor.daemon.long_records._HANDED_AT_ONCE", 1)
    assert found() == [BODY, None, None]  # one goes, however long it is


def test_where_the_file_is_lost_the_record_says_so_and_is_not_taken_for_the_whole(
    sender: Sender, fetcher: Fetcher
) -> None:
    sent, _ = kept(sender, long_records(sender), examined())
    fetcher.arrive(RECORD_ID, sent.entry, kind=1)
    cross(sender, fetcher)
    for chunks in fetcher.folder.glob("fetched/in/*/*/chunks"):
        chunks.unlink()
    (one,) = delivered(fetcher)
    assert one.whole is None
    assert decode_record(decode_entry(one.entry).body).header.HasField("whole")
