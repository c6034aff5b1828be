"""Files where something is wanting: lost chunks, a full disk, a link that ends, a sweep."""

import time
from types import SimpleNamespace

import pytest

from builders_attach import Fetcher, Sender, content_of, cross, give, given
from builders_store import GE
from corridor.daemon import attachments, chunk_fetching
from corridor.errors import AttachmentTrouble
from corridor.seal.chunks import Ask, ChunkKeys, parse_ask
from corridor.wire.attachments import read_manifest
from corridor.wire.limits import CHUNK_BYTES, MAX_ASKED_CHUNKS

SIZE = 11 * CHUNK_BYTES + 5


def ask(sender: Sender, record_id: bytes, asked_ms: int, chunks: range) -> None:
    told = read_manifest(sender.entries[record_id])
    key = ChunkKeys(told.attachment_id, told.key, told.size).ask_key
    sender.sending.asked(GE.country, Ask(record_id, asked_ms, tuple(chunks)).to_frame(key))


class Next:
    """Who hears of the publisher behind the chunks."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_lost(self, reason: str) -> None:
        self.heard.append(reason)

    def on_room(self) -> None:
        self.heard.append("room")


def test_chunks_that_are_lost_are_asked_for_again_ever_more_patiently_one_at_first(
    sender: Sender, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(chunk_fetching, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    content = content_of(SIZE)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    (first,) = fetcher.turn()
    assert len(parse_ask(first).chunks) == 4
    for patience_s in (5, 10, 20):
        clock[0] += patience_s - 0.5
        assert fetcher.turn() == []
        clock[0] += 1
        (again,) = fetcher.turn()
        assert parse_ask(again).chunks == (0,)
    for chunk in sender.answer([again]):
        fetcher.fetching.take(GE.country, chunk)
    cross(sender, fetcher)
    assert fetcher.read(record_id, SIZE) == content


def test_a_file_that_has_its_room_goes_on_although_the_disk_has_filled(
    sender: Sender, fetcher: Fetcher
) -> None:
    content = content_of(SIZE)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    assert fetcher.turn()
    fetcher.free = 0
    fetcher.start()
    cross(sender, fetcher)
    assert fetcher.read(record_id, SIZE) == content


def test_what_is_being_fetched_is_not_swept_away(sender: Sender, fetcher: Fetcher) -> None:
    content = content_of(SIZE)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    for chunk in sender.answer(fetcher.turn()):
        fetcher.fetching.take(GE.country, chunk)
    assert fetcher.attachments.sweep() == 0
    cross(sender, fetcher)
    assert fetcher.attachments.sweep() == 0
    assert fetcher.read(record_id, SIZE) == content


def test_marks_of_another_length_are_not_believed(sender: Sender, fetcher: Fetcher) -> None:
    content = content_of(3 * CHUNK_BYTES)
    record_id = give(sender.attachments, content)
    fetcher.arrive(record_id, sender.entries[record_id])
    fetcher.turn()
    (folder,) = fetcher.folder.glob("fetched/in/*/*")
    (folder / "marks").write_bytes(b"\1")
    fetcher.start()
    fetcher.turn()
    (line,) = fetcher.attachments.rows()
    assert (line["chunks_here"], line["chunks"]) == (0, 3)
    fetcher.start()
    cross(sender, fetcher)
    assert fetcher.read(record_id, len(content)) == content


def test_after_a_lost_link_nothing_counts_as_on_its_way(sender: Sender) -> None:
    after = Next()
    sender.sending.before(after)  # type: ignore[arg-type]
    record_id = give(sender.attachments, content_of(SIZE))
    ask(sender, record_id, 1, range(12))
    assert len(sender.hand.sent) == 4
    sender.sending.on_lost("the broker went")
    assert after.heard == ["the broker went"]
    sender.hand.sent.clear()
    ask(sender, record_id, 2, range(12))
    assert len(sender.hand.sent) == 4


def test_what_found_no_room_leaves_when_there_is_some(sender: Sender) -> None:
    after = Next()
    sender.sending.before(after)  # type: ignore[arg-type]
    record_id = give(sender.attachments, content_of(SIZE))
    sender.hand.room = 0
    ask(sender, record_id, 1, range(2))
    assert sender.hand.sent == []
    sender.hand.room = 9
    sender.sending.on_room()
    assert len(sender.hand.sent) == 2
    assert after.heard == ["room"]


def test_a_partner_that_asks_without_end_fills_no_memory(sender: Sender) -> None:
    record_id = give(sender.attachments, content_of(SIZE))
    sender.hand.room = 0
    for turn in range(5):
        begin = turn * MAX_ASKED_CHUNKS
        ask(sender, record_id, turn + 1, range(begin, begin + MAX_ASKED_CHUNKS))
    assert len(sender.sending._partners[GE.country].queue) == 2 * MAX_ASKED_CHUNKS


def test_files_that_nobody_goes_on_giving_make_room_for_others(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [sender.attachments.begin(given(1)) for _ in range(16)]
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + 3601)
    monkeypatch.setattr(attachments, "time", later)
    fresh = sender.attachments.begin(given(1))
    for one in old:
        with pytest.raises(AttachmentTrouble, match="begin anew"):
            sender.attachments.part(one, 0, b"x")
    assert [one.name for one in (sender.folder / "sent" / "out").iterdir()] == [fresh.hex()]


def test_a_file_that_its_sender_has_lost_holds_up_no_other_of_that_partner(
    sender: Sender, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restore without the folder `attachments/` its sender has nothing to answer with."""
    clock = [100.0]
    monkeypatch.setattr(chunk_fetching, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    contents = [content_of(SIZE) for _ in range(4)]
    ids = [give(sender.attachments, one) for one in contents]
    for seq, record_id in enumerate(ids[:3], 1):
        fetcher.arrive(record_id, sender.entries[record_id], seq)
    lost = read_manifest(sender.entries[ids[0]])
    folder = sender.folder / "sent" / "out" / lost.attachment_id.hex()
    folder.rename(sender.folder / "away")
    cross(sender, fetcher)
    assert fetcher.inbox() == []  # the oldest first
    clock[0] += 5.5
    cross(sender, fetcher)
    assert fetcher.inbox() == ids[1:3]
    clock[0] += 301  # alone again, and asked for
    (ask_again,) = fetcher.turn()
    assert parse_ask(ask_again).record_id == ids[0]
    fetcher.arrive(ids[3], sender.entries[ids[3]], 4)
    clock[0] += 5.5
    for _ in range(3):
        clock[0] += 301
        cross(sender, fetcher)
    assert fetcher.inbox() == ids[1:]
    (sender.folder / "away").rename(folder)  # it was put back
    clock[0] += 301
    cross(sender, fetcher)
    assert set(fetcher.inbox()) == set(ids)


def test_a_partner_that_is_away_is_asked_ever_more_seldom_however_many_files_wait(
    sender: Sender, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, asked = [100.0], []
    monkeypatch.setattr(chunk_fetching, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    for seq in range(1, 6):
        record_id = give(sender.attachments, content_of(SIZE))
        fetcher.arrive(record_id, sender.entries[record_id], seq)
    for _ in range(3600):
        clock[0] += 1.0
        asked += [parse_ask(one).record_id for one in fetcher.turn()]
    assert len(set(asked)) == 5  # each has its turn
    assert len(asked) < 20
    cross(sender, fetcher)  # it is back: an ask may have to wait its time
    clock[0] += 301
    cross(sender, fetcher)
    cross(sender, fetcher)
    assert len(fetcher.inbox()) == 5


def test_a_long_record_does_not_wait_for_a_scan_to_come(sender: Sender, fetcher: Fetcher) -> None:
    """Somebody waits for a declaration; two gigabytes of papers may take an hour."""
    scan, long = (give(sender.attachments, content_of(SIZE)) for _ in range(2))
    fetcher.arrive(scan, sender.entries[scan], 1)
    (ask_scan,) = fetcher.turn()
    assert parse_ask(ask_scan).record_id == scan
    fetcher.arrive(long, sender.entries[long], 2, kind=1)
    (ask_long,) = fetcher.turn()
    assert parse_ask(ask_long).record_id == long
