"""A manifest that comes again after its file was accepted is accepted again; nothing else is."""

import pytest

from builders_exchange import judged as judged_envelope
from builders_store import GE, KEY, NOW_MS, received
from corridor.daemon.whole_files import with_whole_files
from corridor.errors import Reason, Refused
from corridor.exchange.content import JudgedRecord
from corridor.exchange.values import Position
from corridor.exchange.verdicts import settle
from corridor.store.memory import MemoryStore
from corridor.store.parking_port import JudgedAgain
from corridor.store.port import Store
from corridor.store.sqlite import SqliteStore
from corridor.wire.attachments import read_manifest
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, encode_entry

LATER = 33


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return SqliteStore.open(tmp_path_factory.mktemp("store") / "store.db", KEY)


def waiting(number: int, kind: int = ATTACHMENT) -> JudgedRecord:
    raw = encode_entry(Entry(number.to_bytes(16), kind, SCHEMA_ID, None, b"\xfa\x3e\x01x"))
    reason = Reason.ATTACHMENT_INCOMPLETE if kind == ATTACHMENT else Reason.RECORD_TYPE
    return JudgedRecord(number.to_bytes(16), kind, raw, reason, parked=True)


def test_a_manifest_whose_file_is_here_is_accepted_again(store: Store) -> None:
    records = [waiting(1), waiting(2), waiting(3, LATER)]
    with store.transaction() as change:
        envelope = settle(judged_envelope(*records, position=Position(1, 1)), {}, NOW_MS)
        change.keep_received(
            received(1, *envelope.records, position=Position(1, 1), verdict=envelope.verdict)
        )
        assert not change.is_accepted(GE, records[0].record_id)
        for one in change.parked(0, 9):
            if one.record_id != records[1].record_id:
                change.judge_parked(one, JudgedAgain())
    with store.reading() as view:
        assert view.is_accepted(GE, records[0].record_id)
        again = with_whole_files(view, judged_envelope(*records, position=Position(1, 2)))
        plain = judged_envelope(records[2], position=Position(1, 3))
        assert with_whole_files(view, plain) is plain
    assert [one.parked for one in again.records] == [False, True, True]
    assert again.records[0].reason is None


def test_what_is_no_manifest_is_not_read_as_one() -> None:
    with pytest.raises(Refused) as refused:
        read_manifest(waiting(1, LATER).raw)
    assert refused.value.reason is Reason.RECORD_TYPE
