"""Evidence of a store verifies, also after erasure; an export shows what it shows, and no more."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders_store import KEY
from builders_trust import DAY_MS, GE, NOW_MS, TR, make_world
from builders_wire import declaration
from corridor.daemon import evidence, evidence_check
from corridor.exchange.values import (
    ZERO_ID,
    EnvelopeVerdict,
    Family,
    Lane,
    Position,
    ReceivedEnvelope,
    ReceivedRecord,
    SealedEnvelope,
    Submission,
    Verdict,
)
from corridor.seal import envelope as envelopes
from corridor.seal.envelope import Draft, Sealed, seal
from corridor.seal.frame import parse_frame
from corridor.store.sqlite import SqliteStore, connection_of
from corridor.transit.parties import Endpoint
from corridor.wire import control
from corridor.wire.batches import Entry, encode_entry

WORLD = make_world()
VIEW = WORLD.view()
SCHEMA = "corridor.wire.v1"
IDS = [bytes([0, n]) * 8 for n in range(1, 4)]
ENTRIES = [
    encode_entry(Entry(one, 1, SCHEMA, None, declaration().SerializeToString())) for one in IDS
]
Change = Callable[[dict[str, Any]], None]


def sealed(sender: Endpoint, recipient: Endpoint, entries: list[bytes], seq: int) -> Sealed:
    key = VIEW.sealing_key(recipient, NOW_MS)
    draft = Draft(
        network_id=VIEW.network_id, sender=sender, recipient=recipient,
        dir_version=VIEW.dir_version, dir_hash=VIEW.dir_hash,
        bundle_hash=VIEW.bundle_hash(recipient), created_ms=NOW_MS,
        expires_ms=NOW_MS + DAY_MS, lane=Lane.ROUTINE, suite=key.suite, enc_key_id=key.key_id,
        enc_public=key.public, epoch=1, seq=seq, prev=ZERO_ID,
    )  # fmt: skip
    return seal(draft, entries, WORLD.nodes[sender].signing)


def received(entries: list[bytes], seq: int, *, types: int = 1) -> ReceivedEnvelope:
    """An envelope of Georgia's as Türkiye keeps it, opened with Türkiye's key."""
    made = sealed(GE, TR, entries, seq)
    frame = parse_frame(made.frame)
    keys = WORLD.nodes[TR].decryption_keys
    opened = envelopes.open_frame(frame, TR, keys[frame.header.recipients[0].enc_key_id])
    verdict = EnvelopeVerdict(
        Position(1, seq), frame.envelope_id, frame.header.payload_root, Verdict.ACCEPTED
    )
    records = tuple(
        ReceivedRecord(place, entry[2:18], types, entry, Verdict.ACCEPTED)
        for place, entry in enumerate(entries)
    )
    return ReceivedEnvelope(
        GE, Position(1, seq), ZERO_ID, frame.envelope_id, frame.header.payload_root,
        frame.header_bytes, frame.signature, opened.seed, Family.DATA, NOW_MS, NOW_MS,
        verdict, records, receipt_owed=False,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Three records received in one envelope; one sent, and receipted by its partner."""
    with SqliteStore.open(tmp_path / "store.db", KEY) as made:
        own = encode_entry(Entry(b"\x07" * 16, 1, SCHEMA, None, declaration().SerializeToString()))
        out = sealed(TR, GE, [own], 1)
        receipt = control.Receipt(
            verdicts=(
                control.EnvelopeVerdict(1, 1, out.envelope_id, out.payload_root, 1, 0, ()),
            ),
            log_size=7, log_root=b"r" * 32,
        )  # fmt: skip
        told = encode_entry(
            Entry(b"\x08" * 16, control.RECEIPT, SCHEMA, None, control.encode_control(receipt))
        )
        with made.transaction() as change:
            change.keep_received(received(ENTRIES, 1))
            change.accept(Submission(GE, b"\x07" * 16, 1, Lane.ROUTINE, own), NOW_MS)
            row = change.waiting(GE, Lane.ROUTINE, 1)[0].row
            kept = SealedEnvelope(
                GE, Position(1, 1), ZERO_ID, out.envelope_id, out.payload_root, out.frame,
                Family.DATA, Lane.ROUTINE, NOW_MS, (row,),
            )  # fmt: skip
            change.keep_sealed(kept)
            change.keep_received(received([told], 2, types=control.RECEIPT))
            verdict = EnvelopeVerdict(
                Position(1, 1), out.envelope_id, out.payload_root, Verdict.ACCEPTED
            )
            change.close_sealed(GE, verdict, NOW_MS)
            change.acknowledge(9, NOW_MS)
        yield made


def verified(store: SqliteStore) -> dict[str, Any]:
    with store.auditing() as audit:
        return evidence.verify(audit, VIEW)


def exported(store: SqliteStore, record_id: bytes) -> dict[str, Any]:
    with store.auditing() as audit:
        (one,) = evidence.export(audit, VIEW, record_id)
    return one


def steps(document: dict[str, Any], genesis: bytes = WORLD.genesis_hash) -> dict[str, str]:
    found = evidence_check.check(document, genesis, NOW_MS)
    return {one.what: one.result for one in found}


def erase(store: SqliteStore, record_id: bytes) -> None:
    with store.transaction() as change:
        assert change.erase(record_id, "o", "r", NOW_MS) == 1


def test_a_sound_store_verifies_and_erasure_changes_nothing_of_that(store: SqliteStore) -> None:
    before = verified(store)
    assert before["faults"] == []
    assert (before["sent"], before["received"], before["signatures"]) == (1, 2, 2)
    assert (before["records"], before["erased"], before["partner_roots"]) == (3, 0, 1)
    erase(store, IDS[1])
    erase(store, b"\x07" * 16)
    after = verified(store)
    assert after["faults"] == []
    assert after["root"] == before["root"]
    assert (after["records"], after["erased"], after["not_provable"]) == (2, 2, 0)
    assert (after["erased_sent"], after["erased_received"]) == (1, 1)


def test_what_stood_aside_and_was_erased_is_counted_too(store: SqliteStore) -> None:
    refused = ReceivedRecord(0, b"\x09" * 16, 1, b"an entry", Verdict.REFUSED)
    with store.transaction() as change:
        change.keep_received(replace(received(ENTRIES[:1], 3), records=(refused,)))
    while store.erase_due(NOW_MS + 50 * DAY_MS, {1: 40 * DAY_MS}).more:
        pass
    told = verified(store)
    assert (told["erased_sent"], told["erased_received"], told["erased"]) == (1, 4, 5)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE leaves SET at_ms = at_ms + 1 WHERE number = 1", "does not give the root"),
        ("DELETE FROM received WHERE row = 1", "is not kept"),
        ("UPDATE sealed SET payload_root = zeroblob(32)", "is kept with another root"),
        ("UPDATE received SET signature = zeroblob(64) WHERE row = 1", "does not verify"),
        ("UPDATE received SET header = x'00' WHERE row = 1", "does not read"),
        ("UPDATE received SET envelope_id = zeroblob(32) WHERE row = 1", "another envelope's"),
        ("UPDATE inbox SET digest = zeroblob(32) WHERE cursor = 2", "was changed"),
        ("UPDATE inbox SET place = 2 - place", "do not give the root"),
    ],
)
def test_whatever_was_changed_in_the_store_is_named(
    store: SqliteStore, damage: str, says: str
) -> None:
    connection_of(store).execute(damage)
    assert any(says in fault for fault in verified(store)["faults"])


def test_a_partner_that_tells_two_roots_of_one_size_is_named(store: SqliteStore) -> None:
    receipt = control.Receipt(log_size=7, log_root=b"x" * 32)
    told = encode_entry(
        Entry(b"\x09" * 16, control.RECEIPT, SCHEMA, None, control.encode_control(receipt))
    )
    with store.transaction() as change:
        change.keep_received(received([told], 3, types=control.RECEIPT))
    assert any("was rewritten" in fault for fault in verified(store)["faults"])


def test_what_was_received_is_shown_and_after_erasure_open_but_never_false(
    store: SqliteStore,
) -> None:
    whole = steps(exported(store, IDS[1]))
    assert set(whole.values()) == {"shown"}
    erase(store, IDS[1])
    gone = exported(store, IDS[1])
    assert gone["record"] is None
    assert steps(gone)["the record is in the envelope"] == "open"
    assert "false" not in steps(gone).values()
    assert set(steps(exported(store, IDS[0])).values()) == {"shown"}  # its neighbour


def test_what_was_sent_is_shown_by_our_signature_and_the_partners_receipt(
    store: SqliteStore,
) -> None:
    for _ in range(2):
        found = steps(exported(store, b"\x07" * 16))
        assert found["the receipt says accepted of this envelope"] == "shown"
        assert found["the partner signed the receipt"] == "shown"
        assert found["the receipt is in its envelope"] == "shown"
        assert found["the record is in the envelope"] == "open"
        if not connection_of(store).execute("SELECT count(*) FROM erasures").get:
            erase(store, b"\x07" * 16)


def flip(*path: str) -> Change:
    """Change the last character of a text in a document."""

    def change(document: dict[str, Any]) -> None:
        at = document
        for name in path[:-1]:
            at = at[name]
        text = at[path[-1]]
        at[path[-1]] = ("0" if text[0] != "0" else "1") + text[1:]

    return change


def lose(name: str) -> Change:
    return lambda document: document.pop(name) and None


@pytest.mark.parametrize(
    "change",
    [
        flip("envelope", "inclusion", "leaf"), flip("envelope", "inclusion", "salt"),
        flip("record"), flip("log", "root"), flip("log", "leaf"), flip("envelope", "signature"),
        lambda document: document["envelope"]["inclusion"].update(index=0),
        lambda document: document["envelope"]["inclusion"].update(path=[]),
        lambda document: document.update(corridor_evidence=2),
        lambda document: document.update(statements=[]),
        lambda document: document["envelope"].update(header="not base64!"),
        lose("log"), lose("statements"),
    ],
)  # fmt: skip
def test_an_export_that_was_changed_is_convicted(store: SqliteStore, change: Change) -> None:
    document = copy.deepcopy(exported(store, IDS[1]))
    change(document)
    assert "false" in steps(document).values()


def test_another_network_s_root_shows_nothing(store: SqliteStore) -> None:
    assert steps(exported(store, IDS[0]), bytes(32)) == {"the keys are the network's": "false"}


def test_what_cannot_be_shown_is_told_as_open(store: SqliteStore) -> None:
    document = exported(store, b"\x07" * 16)
    without = {**document, "receipts": [], "log": None}
    found = steps(without)
    assert found["the partner acknowledged it"] == "open"
    assert found["the envelope is in the evidence log"] == "open"
    assert steps({**document, "envelope": None})["the sender signed the envelope"] == "open"
    unlisted = {**document, "statements": document["statements"][:2]}
    assert steps(unlisted)["the sender signed the envelope"] == "open"
    other = copy.deepcopy(document)
    other["receipts"][0]["entry"] = exported(store, IDS[0])["record"]
    assert "false" in steps(other).values()


def test_a_record_that_never_left_has_no_evidence_yet(store: SqliteStore) -> None:
    with store.auditing() as audit:
        assert evidence.export(audit, VIEW, b"\x55" * 16) == []
