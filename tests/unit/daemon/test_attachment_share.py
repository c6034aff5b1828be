"""What files of one partner may take, what is counted of them, and who else's they are."""

from collections.abc import Callable
from pathlib import Path

from builders_attach import Fetcher, Sender, content_of, cross, give
from builders_gateway import Beside
from builders_store import GE, NOW_MS
from corridor.daemon.chunk_fetching import Share
from corridor.exchange.values import Lane, Submission
from corridor.seal.chunks import Ask, ChunkKeys, sealed_bytes
from corridor.wire.attachments import encode_manifest, read_header, read_manifest
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, decode_entry, encode_entry
from corridor.wire.limits import CHUNK_BYTES

SIZE = 3 * CHUNK_BYTES + 5


def send(sender: Sender, fetcher: Fetcher, size: int, seq: int) -> bytes:
    record_id = give(sender.attachments, content_of(size))
    fetcher.arrive(record_id, sender.entries[record_id], seq)
    return record_id


def test_beyond_its_share_of_the_disk_a_partner_is_refused_before_a_chunk_is_asked_for(
    sender: Sender, tmp_path: Path
) -> None:
    fetcher = Fetcher(tmp_path / "ge", share=Share(stored_bytes=2 * SIZE))
    first = send(sender, fetcher, SIZE, 1)
    cross(sender, fetcher)
    send(sender, fetcher, SIZE + CHUNK_BYTES, 2)
    assert fetcher.turn() == []
    assert fetcher.owed() == [("ACCEPTED", ""), ("REFUSED", "attachment_quota")]
    assert fetcher.inbox() == [first]
    assert fetcher.counted("corridor_attachments_refused_total", reason="quota") == 1
    third = send(sender, fetcher, SIZE - CHUNK_BYTES, 3)  # what fits is still taken
    cross(sender, fetcher)
    assert fetcher.inbox() == [first, third]


def test_more_files_than_may_be_on_their_way_at_a_time_are_refused_by_name(
    sender: Sender, tmp_path: Path
) -> None:
    fetcher = Fetcher(tmp_path / "ge", share=Share(open_files=2))
    for seq in (1, 2, 3):
        send(sender, fetcher, SIZE, seq)
    fetcher.turn()
    assert [one for one in fetcher.owed() if one[0] == "REFUSED"] == [
        ("REFUSED", "attachments_open")
    ]
    assert fetcher.counted("corridor_attachments_refused_total", reason="open") == 1
    assert fetcher.counted("corridor_attachments_open") == 2
    fetcher.start()  # a file that has its room goes on, whatever the share says now
    fetcher.share = Share(stored_bytes=1)
    fetcher.start()
    cross(sender, fetcher, 60)
    assert len(fetcher.inbox()) == 2


def test_what_comes_is_counted_by_partner_and_what_is_stored_is_shown(
    sender: Sender, fetcher: Fetcher
) -> None:
    send(sender, fetcher, SIZE, 1)
    cross(sender, fetcher)
    fetcher.fetching.look()
    fetcher.turn()
    sealed = sum(sealed_bytes(SIZE, index) for index in range(4))
    assert fetcher.counted("corridor_attachment_bytes_total", direction="received") == sealed
    assert fetcher.counted("corridor_attachment_stored_bytes") == sealed
    assert fetcher.counted("corridor_attachments_open") == 0
    assert fetcher.files.used("AZ") == 0


def test_a_file_of_two_records_goes_with_the_last_of_them(sender: Sender, fetcher: Fetcher) -> None:
    first = send(sender, fetcher, SIZE, 1)
    cross(sender, fetcher)
    second = bytes(15) + b"\7"
    body = decode_entry(sender.entries[first]).body
    fetcher.arrive(second, encode_entry(Entry(second, ATTACHMENT, SCHEMA_ID, None, body)), 2)
    cross(sender, fetcher, 3)
    assert fetcher.inbox() == [first, second]
    (kept,) = fetcher.files.kept()
    assert set(kept.record_ids) == {first, second}
    assert {line["record_id"] for line in fetcher.attachments.rows()} == {first.hex(), second.hex()}
    assert not fetcher.files.release(kept, [first])
    assert len(fetcher.read(second, SIZE)) == SIZE
    (kept,) = fetcher.files.kept()
    assert kept.record_ids == (second,)
    assert fetcher.files.release(kept, [second])
    assert not list(fetcher.files.kept())


def test_a_second_manifest_that_is_refused_costs_the_first_no_byte(
    sender: Sender, fetcher: Fetcher
) -> None:
    """Same id, same chunks, another digest: what is refused is a file of its own."""
    first = send(sender, fetcher, SIZE, 1)
    cross(sender, fetcher)
    manifest = read_manifest(sender.entries[first])
    second = bytes(15) + b"\7"
    forged = encode_manifest(manifest._replace(sha256=bytes(32)), read_header(b""))
    entry = encode_entry(Entry(second, ATTACHMENT, SCHEMA_ID, None, forged))
    fetcher.arrive(second, entry, 2)
    sender.entries[second] = entry
    with sender.store.transaction() as change:
        change.accept(Submission(GE, second, ATTACHMENT, Lane.ROUTINE, entry), NOW_MS)
    cross(sender, fetcher)
    assert fetcher.owed() == [("ACCEPTED", ""), ("REFUSED", "attachment_digest")]
    assert fetcher.counted("corridor_attachments_refused_total", reason="spoilt") == 1
    assert len(fetcher.read(first, SIZE)) == SIZE


def test_a_pause_holds_at_once_what_was_asked_for_before_it(sender: Sender) -> None:
    record_id = give(sender.attachments, content_of(11 * CHUNK_BYTES))
    manifest = read_manifest(sender.entries[record_id])
    key = ChunkKeys(manifest.attachment_id, manifest.key, manifest.size).ask_key
    sender.sending.asked(GE.country, Ask(record_id, 1, tuple(range(11))).to_frame(key))
    tokens = [token for token, _, _ in sender.hand.sent]
    assert len(tokens) == 4  # with the broker
    sender.sending.paused = {GE}
    sender.hand.sent.clear()
    sender.sending.on_confirmed(tokens)
    assert sender.hand.sent == []
    sender.sending.paused = ()
    sender.sending.asked(GE.country, Ask(record_id, 2, (5,)).to_frame(key))
    assert len(sender.hand.sent) == 1  # asked for again, it goes
    assert sender.sending._metrics is not None


def test_a_record_that_was_sent_anew_keeps_the_file_when_the_first_is_erased(
    sender: Sender,
) -> None:
    first = give(sender.attachments, content_of(5))
    body = decode_entry(sender.entries[first]).body
    again = bytes(15) + b"\7"
    entry = encode_entry(Entry(again, ATTACHMENT, SCHEMA_ID, None, body))
    with sender.store.transaction() as change:
        change.accept(Submission(GE, again, ATTACHMENT, Lane.ROUTINE, entry), NOW_MS)
    manifest = read_manifest(entry)
    key = ChunkKeys(manifest.attachment_id, manifest.key, manifest.size).ask_key
    sender.sending.asked(GE.country, Ask(again, 1, (0,)).to_frame(key))
    (kept,) = sender.files.kept()
    assert set(kept.record_ids) == {first, again}
    assert len(sender.attachments.rows()) == 2
    sender.files.release(kept, [first])
    assert sender.attachments.sweep() == 0
    assert sender.attachments.read(again, 0)[0].size == 5


def test_a_share_that_is_nearly_taken_is_told_to_a_person(
    node_folder: Callable[..., Path],
) -> None:
    config = node_folder("GE", "\n[attachments]\nper_partner_mib = 1\n")
    with Beside(config) as node:
        assert not [one for one in node.node.status()["attention"] if "files of" in one]
        file = node.node._attaching._files.partners("TR", bytes(32), 1_000_000)
        file.open(bytes(16))
        (line,) = [one for one in node.node.status()["attention"] if "files of" in one]
        assert line.startswith("files of TR.GTB take 0 of 1 MiB")
