"""A file from its national system to its partner, hand over hand: what comes, how often, or not."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from builders_attach import Fetcher, Sender, content_of, cross, give, given
from builders_store import GE
from corridor.daemon.parked import lines_of_parked
from corridor.errors import AttachmentTrouble, Reason, Refused
from corridor.seal.chunks import Ask, ChunkKeys, parse_ask, parse_chunk
from corridor.transit.parties import CountryCode
from corridor.wire.attachments import encode_manifest, read_header, read_manifest
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, encode_entry
from corridor.wire.limits import CHUNK_BYTES, MIB

SIZE = 11 * CHUNK_BYTES + 5


def test_a_file_crosses_whole_and_its_manifest_is_accepted_then(
    sender: Sender, fetcher: Fetcher
) -> None:
    content = content_of(SIZE)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    assert fetcher.inbox() == []
    with fetcher.store.reading() as view:
        assert not lines_of_parked(view)
    cross(sender, fetcher)
    assert fetcher.inbox() == [record_id]
    assert fetcher.owed() == [("ACCEPTED", "")]
    assert fetcher.told == [GE]
    assert fetcher.read(record_id, SIZE) == content
    (line,) = fetcher.attachments.rows()
    assert (line["state"], line["chunks_here"], line["chunks"]) == ("whole", 12, 12)


def test_chunks_in_any_order_twice_and_with_gaps_make_the_same_file(
    sender: Sender, fetcher: Fetcher
) -> None:
    content = content_of(SIZE)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    fetcher.turn()
    keys = read_manifest(sender.entries[record_id])
    ask_key = ChunkKeys(keys.attachment_id, keys.key, keys.size).ask_key
    chunks = sender.answer([Ask(record_id, 1, tuple(range(12))).to_frame(ask_key)])
    assert len(chunks) == 12
    for one in reversed(chunks[1:]):
        fetcher.fetching.take(GE.country, one)
        fetcher.fetching.take(GE.country, one)
    fetcher.turn()
    assert fetcher.inbox() == []
    (line,) = fetcher.attachments.rows()
    assert (line["state"], line["chunks_here"]) == ("fetching", 11)
    fetcher.fetching.take(GE.country, chunks[0])
    fetcher.turn()
    assert fetcher.read(record_id, SIZE) == content


def test_it_goes_on_after_a_crash_where_it_was(sender: Sender, fetcher: Fetcher) -> None:
    content = content_of(SIZE)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    first = sender.answer(fetcher.turn())
    assert 0 < len(first) < 12
    for one in first:
        fetcher.fetching.take(GE.country, one)
    fetcher.fetching.stop()
    fetcher.fetching._sync()
    fetcher.start()
    asked = {n for ask in fetcher.turn() for n in parse_ask(ask).chunks}
    assert asked
    assert not asked & {parse_chunk(one).number for one in first}
    sender.start()  # the sender has been started anew, too
    fetcher.start()
    cross(sender, fetcher)
    assert fetcher.read(record_id, SIZE) == content


def test_marks_that_claim_too_much_are_found_out(sender: Sender, fetcher: Fetcher) -> None:
    content = content_of(3 * CHUNK_BYTES)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    fetcher.turn()
    (folder,) = fetcher.folder.glob("fetched/in/*/*")
    (folder / "marks").write_bytes(b"\1\1\1")
    fetcher.start()
    cross(sender, fetcher)
    assert fetcher.read(record_id, len(content)) == content


def test_what_was_not_asked_for_or_does_not_fit_has_no_effect(
    sender: Sender, fetcher: Fetcher
) -> None:
    content = content_of(SIZE)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    (chunk, *_) = sender.answer(fetcher.turn())
    fetcher.fetching.take("AZ", chunk)  # another country's link
    fetcher.fetching.take(GE.country, chunk[:-1] + bytes([chunk[-1] ^ 1]))
    fetcher.fetching.take(GE.country, b"CRC1")
    fetcher.fetching.take(GE.country, b"CRC1" + bytes(16) + chunk[20:])  # of no manifest
    (line,) = fetcher.attachments.rows()
    assert line["chunks_here"] == 0


def test_asks_that_are_forged_repeated_or_for_others_are_passed_over(sender: Sender) -> None:
    record_id = give(sender.attachments, content_of(SIZE))
    manifest = read_manifest(sender.entries[record_id])
    keys = ChunkKeys(manifest.attachment_id, manifest.key, manifest.size)
    good = Ask(record_id, 5, (0, 11)).to_frame(keys.ask_key)
    assert len(sender.answer([good])) == 2
    assert sender.answer([good]) == []
    assert sender.answer([Ask(record_id, 4, (1,)).to_frame(keys.ask_key)]) == []
    assert sender.answer([Ask(record_id, 6, (1,)).to_frame(bytes(32))]) == []
    assert sender.answer([Ask(bytes(16), 6, (1,)).to_frame(keys.ask_key)]) == []
    assert sender.answer([b"CRQ1"]) == []
    sender.sending.asked(CountryCode("AZ"), Ask(record_id, 9, (1,)).to_frame(keys.ask_key))
    assert sender.hand.sent == []
    assert len(sender.answer([Ask(record_id, 7, (1, 12, 4_000)).to_frame(keys.ask_key)])) == 1
    sender.sending.paused = {GE}
    assert sender.answer([Ask(record_id, 8, (1,)).to_frame(keys.ask_key)]) == []
    sender.sending.say(GE, b"an ask of ours", record_id)
    assert sender.hand.sent == []
    sender.sending.paused = ()
    sender.sending.say(GE, b"an ask of ours", record_id)
    assert [body for _, _, body in sender.hand.sent] == [b"an ask of ours"]


def test_few_chunks_are_unconfirmed_and_a_shut_way_is_not_insisted_on(sender: Sender) -> None:
    record_id = give(sender.attachments, content_of(SIZE))
    manifest = read_manifest(sender.entries[record_id])
    keys = ChunkKeys(manifest.attachment_id, manifest.key, manifest.size)
    sender.sending.asked(GE.country, Ask(record_id, 1, tuple(range(12))).to_frame(keys.ask_key))
    assert len(sender.hand.sent) == 4
    tokens = [token for token, _, _ in sender.hand.sent]
    sender.sending.on_returned(tokens)
    assert len(sender.hand.sent) == 4
    assert len(sender.answer([Ask(record_id, 2, (0,)).to_frame(keys.ask_key)])) == 5
    sender.hand.room = 0
    sender.sending.asked(GE.country, Ask(record_id, 3, (7,)).to_frame(keys.ask_key))
    assert sender.hand.sent == []
    sender.hand.room = 9
    chunks = sender.answer([Ask(record_id, 4, (7, 8)).to_frame(keys.ask_key)])
    assert sorted(parse_chunk(one).number for one in chunks) == [7, 8]


@pytest.mark.parametrize(
    ("largest", "free", "reason"),
    [(MIB, 1 << 40, "attachment_too_large"), (64 * MIB, MIB, "attachment_no_room")],
)
def test_a_file_that_cannot_be_taken_is_refused_before_a_chunk_is_asked_for(
    sender: Sender, tmp_path: Path, largest: int, free: int, reason: str
) -> None:
    fetcher = Fetcher(tmp_path / "ge", largest, free)
    record_id = give(sender.attachments, content_of(SIZE))
    fetcher.arrive(record_id, sender.entries[record_id])
    assert fetcher.turn() == []
    assert fetcher.owed() == [("REFUSED", reason)]
    assert fetcher.inbox() == []


def test_a_whole_that_is_not_what_the_manifest_says_is_refused_and_gone(
    sender: Sender, fetcher: Fetcher
) -> None:
    record_id = give(sender.attachments, content_of(SIZE))
    told = read_manifest(sender.entries[record_id])
    forged = encode_manifest(told._replace(sha256=bytes(32)), read_header(b""))
    entry = encode_entry(Entry(record_id, ATTACHMENT, SCHEMA_ID, None, forged))
    fetcher.arrive(record_id, entry)
    cross(sender, fetcher)
    assert fetcher.owed() == [("REFUSED", "attachment_digest")]
    assert not list(fetcher.files.kept())


def test_what_is_given_is_held_to_its_size_and_digest(sender: Sender) -> None:
    attachments, content = sender.attachments, content_of(CHUNK_BYTES + 1)
    one = attachments.begin(given(len(content)))
    with pytest.raises(AttachmentTrouble, match="262144 bytes"):
        attachments.part(one, 0, content)
    with pytest.raises(AttachmentTrouble, match="begins at byte 0"):
        attachments.finish(one)
    assert attachments.part(one, 0, content[:CHUNK_BYTES]) == CHUNK_BYTES
    with pytest.raises(AttachmentTrouble, match=f"begins at byte {CHUNK_BYTES}"):
        attachments.part(one, 0, content[:CHUNK_BYTES])
    assert attachments.part(one, CHUNK_BYTES, content[CHUNK_BYTES:]) == len(content)
    with pytest.raises(AttachmentTrouble):
        attachments.part(one, len(content), b"x")
    with pytest.raises(Refused) as refused:
        attachments.finish(one, bytes(32))
    assert refused.value.reason is Reason.ATTACHMENT_DIGEST
    with pytest.raises(AttachmentTrouble, match="begin anew"):
        attachments.finish(one)
    assert not list(sender.files.kept())


@pytest.mark.parametrize("size", [0, 64 * MIB + 1, 1 << 32])
def test_a_size_that_is_not_taken_is_refused_by_name(sender: Sender, size: int) -> None:
    with pytest.raises(Refused) as refused:
        sender.attachments.begin(given(size))
    assert refused.value.reason is Reason.ATTACHMENT_TOO_LARGE


def test_who_may_not_have_it_and_a_full_disk_are_told_before_the_first_byte(
    sender: Sender,
) -> None:
    sender.free = 5
    with pytest.raises(Refused) as refused:
        sender.attachments.begin(given(6))
    assert refused.value.reason is Reason.ATTACHMENT_NO_ROOM
    sender.refusal = Reason.NOT_AUTHORISED
    with pytest.raises(Refused) as refused:
        sender.attachments.begin(given(6))
    assert refused.value.reason is Reason.NOT_AUTHORISED
    with pytest.raises(AttachmentTrouble, match="each named once"):
        sender.attachments.begin(given(6, "a", "GE", "GE"))
    with pytest.raises(Refused):
        sender.attachments.begin(replace(given(6), header=b"\xff"))
    assert not (sender.folder / "sent").exists()


def test_no_more_than_a_few_are_given_at_a_time(sender: Sender) -> None:
    for _ in range(16):
        last = sender.attachments.begin(given(1))
    with pytest.raises(AttachmentTrouble, match="16 files"):
        sender.attachments.begin(given(1))
    sender.attachments.give_up(last)
    sender.attachments.begin(given(1))


def test_what_a_dead_node_was_given_and_what_was_erased_is_swept_away(sender: Sender) -> None:
    record_id = give(sender.attachments, content_of(5))
    sender.attachments.begin(given(5))
    assert sender.attachments.sweep() == 0
    sender.start()
    (kept,) = sender.files.kept()
    assert kept.record_ids == (record_id,)
    (kept_folder,) = (sender.folder / "sent" / "out").iterdir()
    (kept_folder / "record").write_bytes(bytes(16))  # no record of this id has content
    assert sender.attachments.sweep() == 1
    assert not list(sender.files.kept())


def test_a_file_that_is_gone_is_told_by_name(sender: Sender, fetcher: Fetcher) -> None:
    record_id = give(sender.attachments, content_of(5))
    assert sender.attachments.read(record_id, 0)[0].name == "scan.pdf"
    with pytest.raises(AttachmentTrouble, match="1 chunks"):
        sender.attachments.read(record_id, 1)
    with pytest.raises(AttachmentTrouble, match="no file is here"):
        sender.attachments.read(bytes(16), 0)
    shutil.rmtree(sender.folder / "sent")
    with pytest.raises(AttachmentTrouble, match="not beside the store"):
        sender.attachments.read(record_id, 0)
    fetcher.arrive(record_id, sender.entries[record_id])
    assert sender.answer(fetcher.turn()) == []  # it cannot be served, and is asked for again


def test_a_second_manifest_under_the_same_id_never_touches_a_file_that_is_here(
    sender: Sender, fetcher: Fetcher
) -> None:
    content = content_of(SIZE)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    cross(sender, fetcher)
    told = read_manifest(sender.entries[record_id])
    other_id = bytes(15) + b"\2"
    forged = encode_manifest(told._replace(root=bytes(32), size=5), read_header(b""))
    entry = encode_entry(Entry(other_id, ATTACHMENT, SCHEMA_ID, None, forged))
    fetcher.arrive(other_id, entry, seq=2)
    cross(sender, fetcher, turns=3)
    assert fetcher.read(record_id, SIZE) == content
    assert fetcher.inbox() == [record_id]


def test_a_file_sent_anew_under_another_record_is_there_at_once(
    sender: Sender, fetcher: Fetcher
) -> None:
    content = content_of(SIZE)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    cross(sender, fetcher)
    anew = bytes(15) + b"\3"
    body = encode_manifest(read_manifest(sender.entries[record_id]), read_header(b""))
    fetcher.arrive(anew, encode_entry(Entry(anew, ATTACHMENT, SCHEMA_ID, record_id, body)), seq=2)
    assert fetcher.turn() == []
    assert fetcher.inbox() == [record_id, anew]
    assert fetcher.read(anew, SIZE) == content
