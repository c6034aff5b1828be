"""Erasure and holds of records with files: what waits or is held stays, what goes is gone."""

import pytest

from builders_attach import Fetcher, Sender, content_of, cross, give
from builders_store import GE, NOW_MS, sealed
from corridor.errors import Reason
from corridor.exchange.values import Lane, Position, Submission
from corridor.store import chunk_files
from corridor.store.keeping import Obstacle
from corridor.store.values import Act, ActKind
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, decode_entry, encode_entry
from corridor.wire.limits import CHUNK_BYTES


def erase(fetcher: Fetcher, record_id: bytes) -> tuple[int, Obstacle | None]:
    with fetcher.store.transaction() as change:
        change.keep_sealed(sealed(200, answers=(Position(1, 1),)))
        change.acknowledge(99, NOW_MS)
    with fetcher.store.transaction() as change:
        (one,) = change.copies(record_id, NOW_MS)
        return change.erase(record_id, "an officer", "an order", NOW_MS), one.obstacle


@pytest.mark.parametrize("held", [True, False])
def test_a_file_goes_with_its_record_and_stays_with_one_that_is_held(
    sender: Sender, fetcher: Fetcher, *, held: bool
) -> None:
    record_id = give(sender.attachments, content_of(3 * CHUNK_BYTES))
    fetcher.arrive(record_id, sender.entries[record_id])
    fetcher.turn()
    with fetcher.store.transaction() as change:
        change.acknowledge(99, NOW_MS)
        (waits,) = change.copies(record_id, NOW_MS)
        assert waits.obstacle is Obstacle.NOT_FINAL  # neither an order nor retention takes it
        assert change.erase(record_id, "an officer", "an order", NOW_MS) == 0
    fetcher.start()
    cross(sender, fetcher)
    if held:
        with fetcher.store.transaction() as change:
            change.place_hold("record", record_id.hex(), "a case", "an officer", NOW_MS, None)
    count, obstacle = erase(fetcher, record_id)
    assert (count, obstacle) == ((0, Obstacle.ON_HOLD) if held else (1, None))
    assert fetcher.attachments.sweep() == (0 if held else 1)
    assert (fetcher.files.used("GE") > 0) == held
    assert len(list(fetcher.folder.glob("fetched/in/GE/*"))) == held


def test_a_file_of_a_record_that_was_sent_anew_outlives_the_first(sender: Sender) -> None:
    """Its partner may not have asked for a chunk of it yet: only the ledger says who it is."""
    first = give(sender.attachments, content_of(5))
    again = bytes(15) + b"\7"
    body = decode_entry(sender.entries[first]).body
    entry = encode_entry(Entry(again, ATTACHMENT, SCHEMA_ID, None, body))
    with sender.store.transaction() as change:
        change.give_up_waiting(GE, {ATTACHMENT}, Reason.STORE_FULL, NOW_MS, 9)
        change.accept(Submission(GE, again, ATTACHMENT, Lane.ROUTINE, entry), NOW_MS)
        change.keep_act(GE, first, Act(ActKind.RESENT, NOW_MS, "by mistake", again))
        assert change.erase(first, "an officer", "an order", NOW_MS) == 1
    assert sender.attachments.sweep() == 0
    assert sender.attachments.read(again, 0)[0].size == 5


def test_bytes_are_on_the_disk_before_it_is_noted_that_they_are_here(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    file = fetcher.files.partners("GE", bytes(32), 5)
    file.open(bytes(16))
    assert file.write(0, bytes(2048 + 16))
    monkeypatch.setattr(chunk_files, "_sync", lambda path: done.append(path.name))
    monkeypatch.setattr(chunk_files, "_put", lambda path, _: done.append(path.name))
    file.sync()
    assert done == ["chunks", "marks"]
    file.sync()  # nothing is new
    assert len(done) == 2
