"""Files beside a message in the spool: what is taken with it, what waits, and what comes back."""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_attach import HEADER, content_of
from builders_gateway import MAKE, TR, Beside, put, record_bytes, result, until
from builders_store import incoming, received
from corridor.gateway.spool.arriving import safe_name
from corridor.seal.chunks import ChunkKeys, ChunkTree, chunk_count
from corridor.transit.identifiers import uuid7
from corridor.wire.attachments import Manifest, encode_manifest, manifest_in, read_header
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, encode_entry
from corridor.wire.limits import CHUNK_BYTES


def lay(out: Path, message: str, **files: bytes) -> Path:
    """Lay files beside a message that comes later."""
    folder = out / f"{message}.files"
    folder.mkdir(parents=True)
    for name, content in files.items():
        put(folder, name.replace("_", "."), content)
    return folder


def manifest_of(node: Beside, record_id: str) -> Manifest:
    (sent,) = node.store.submitted(bytes.fromhex(record_id))
    found = manifest_in(sent.entry)
    assert found is not None
    return found


def content_in(node: Beside, record_id: str) -> bytes:
    named = bytes.fromhex(record_id)
    count = chunk_count(manifest_of(node, record_id).size)
    return b"".join(node.node.service.attachments.read(named, n)[1] for n in range(count))


def test_what_lies_beside_a_message_goes_with_it_and_belongs_to_its_record(spool: MAKE) -> None:
    scan = content_of(CHUNK_BYTES + 5)
    with spool() as node:
        out, done = node.spool / "out" / "TR", node.spool / "done" / "TR"
        lay(out, "a.pb", scan_pdf=scan, note_txt=b"see page 2")
        put(out, "a.pb", record_bytes(1))
        told = result(done / "a.pb")
        assert (told["status"], [one["file"] for one in told["files"]]) == (
            "accepted", ["note.txt", "scan.pdf"],
        )  # fmt: skip
        assert {one["status"] for one in told["files"]} == {"accepted"}
        last = told["files"][1]
        found = manifest_of(node, last["record_id"])
        assert (found.name, found.media_type, found.movement) == (
            "scan.pdf", "application/pdf", "26TR00000000000001",
        )  # fmt: skip
        assert found.of_record == bytes.fromhex(told["record_id"])
        assert last["sha256"] == found.sha256.hex() == hashlib.sha256(scan).hexdigest()
        assert content_in(node, last["record_id"]) == scan
        assert (done / "a.pb.files" / "scan.pdf").read_bytes() == scan
        assert not list(out.iterdir())
        assert not list((node.spool / "work" / "TR").iterdir())
        node.settle(bytes.fromhex(last["record_id"]))
        outcome = done / "a.pb.files" / "scan.pdf.outcome.json"
        until(outcome.exists)
        assert json.loads(outcome.read_bytes())["verdict"] == "accepted"


def test_the_same_message_with_the_same_files_again_sends_none_of_it_twice(spool: MAKE) -> None:
    with spool() as node:
        out, done = node.spool / "out" / "TR", node.spool / "done" / "TR"
        lay(out, "a.pb", scan_pdf=b"one")
        put(out, "a.pb", record_bytes(1))
        first = result(done / "a.pb")
        lay(out, "b.pb", scan_pdf=b"one", other_pdf=b"two")
        put(out, "b.pb", record_bytes(1))
        again = result(done / "b.pb")
        assert again["status"] == "duplicate"
        assert [one["status"] for one in again["files"]] == ["accepted", "duplicate"]
        assert again["files"][1]["record_id"] == first["files"][0]["record_id"]
        assert node.rows()["outbox"] == 3
        assert len(list(node.node.service.attachments.rows())) == 2


def test_a_message_waits_for_every_file_beside_it(spool: MAKE) -> None:
    with spool() as node:
        out, done = node.spool / "out" / "TR", node.spool / "done" / "TR"
        folder = lay(out, "a.pb", scan_pdf=b"one")
        half = folder / "half.pdf.part"
        half.write_bytes(b"ha")
        put(out, "a.pb", record_bytes(1))
        put(out, "z.pb", record_bytes(2))
        result(done / "z.pb")  # others pass
        assert (out / "a.pb").exists()
        half.rename(folder / "half.pdf")
        with (folder / "half.pdf").open("r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            put(out, "y.pb", record_bytes(3))
            result(done / "y.pb")
            assert (out / "a.pb").exists()
        assert len(result(done / "a.pb")["files"]) == 2


@pytest.mark.parametrize(
    ("make", "reason", "named"),
    [
        (lambda folder: (folder / "x").mkdir(), "not_a_file", "a.pb.files/x: a folder"),
        (lambda folder: (folder / "x").symlink_to("/etc"), "not_a_file", "a.pb.files/x: a link"),
        (lambda folder: (folder / "x").write_bytes(b""), "attachment_too_large", "0 bytes"),
        (
            lambda folder: os.truncate(put(folder, "x", b"1"), (2 << 30) + 1),
            "attachment_too_large", "2147483649 bytes",
        ),
        (
            lambda folder: [put(folder, f"{n}", b"1") for n in range(65)],
            "not_a_file", "66 files",
        ),
    ],
    ids=["folder", "link", "empty", "huge", "many"],
)  # fmt: skip
def test_a_file_that_cannot_go_keeps_its_message_back_and_is_named(
    spool: MAKE, make: Callable[[Path], object], reason: str, named: str
) -> None:
    with spool() as node:
        out, refused = node.spool / "out" / "TR", node.spool / "refused" / "TR"
        make(lay(out, "a.pb", scan_pdf=b"one"))
        put(out, "a.pb", record_bytes(1))
        told = result(refused / "a.pb")
        assert (told["status"], told["reason"], told["files"]) == ("refused", reason, [])
        assert named in told["faults"][0]
        assert (refused / "a.pb.files" / "scan.pdf").exists()
        assert node.rows()["outbox"] == 0


def test_a_refused_message_takes_its_files_along_and_a_folder_alone_is_told(spool: MAKE) -> None:
    with spool() as node:
        out, refused = node.spool / "out" / "TR", node.spool / "refused" / "TR"
        for _ in range(2):
            lay(out, "a.pb", scan_pdf=b"one")
            put(out, "a.pb", b"\xff")
            until(lambda: not (out / "a.pb").exists())
            assert result(refused / "a.pb")["reason"] == "record_malformed"
        for folder in ("a.pb.files", "a.pb.2.files"):
            until((refused / folder / "scan.pdf").exists)
        lay(out, "alone.pb", scan_pdf=b"one")
        until(lambda: any("alone.pb.files" in line for line in node.node.status()["attention"]))


def test_no_room_keeps_message_and_files_until_there_is_some(
    spool: MAKE, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.gateway.spool.giving._REST_S", 0.05)
    with spool() as node:
        attachments = node.node.service.attachments
        monkeypatch.setattr(attachments, "_has_room", lambda _: False)
        out, done = node.spool / "out" / "TR", node.spool / "done" / "TR"
        lay(out, "a.pb", scan_pdf=b"one")
        put(out, "a.pb", record_bytes(1))
        until(lambda: any("attachment_no_room" in one for one in node.node.status()["attention"]))
        assert node.rows()["outbox"] == 1  # the message has gone
        monkeypatch.setattr(attachments, "_has_room", lambda _: True)
        assert result(done / "a.pb")["files"][0]["status"] == "accepted"


# --- what partners sent ----------------------------------------------------------------------


def arrive(node: Beside, name: str, content: bytes, number: int = 1) -> bytes:
    """Put a file of a partner where the node has it when it is whole."""
    keys = ChunkKeys(os.urandom(16), os.urandom(32), len(content))
    parts = [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)]
    sealed = [keys.seal(index, one) for index, one in enumerate(parts)]
    root = ChunkTree([keys_leaf(index, one) for index, one in enumerate(sealed)]).root
    manifest = Manifest(
        keys.attachment_id, name, "application/pdf", len(content),
        hashlib.sha256(content).digest(), keys.key, root, None, "",
    )  # fmt: skip
    record_id = uuid7(1_800_000_000_000 + number, number.to_bytes(10))
    body = encode_manifest(manifest, read_header(HEADER))
    entry = encode_entry(Entry(record_id, ATTACHMENT, SCHEMA_ID, None, body))
    files = node.node._attaching._files
    file = files.partners("TR", manifest.held_to, manifest.size)
    file.open(record_id)
    for index, one in enumerate(sealed):
        file.write(index, one)
    file.sync()
    with node.store.transaction() as change:
        one = incoming(0, number, record_id=record_id, entry=entry, record_type=ATTACHMENT)
        change.keep_received(received(number, one, peer=TR))
    node.node.service.grown()
    return record_id


def keys_leaf(index: int, sealed: bytes) -> bytes:
    from corridor.seal.chunks import chunk_leaf  # noqa: PLC0415 - used here alone

    return chunk_leaf(index, sealed)


def test_a_file_of_a_partner_is_there_whole_before_its_json_names_it(spool: MAKE) -> None:
    content = content_of(3 * CHUNK_BYTES + 7)
    with spool() as node:
        record_id = arrive(node, "../../etc/ev\nil.pdf", content)
        (place,) = until(lambda: list((node.spool / "in" / "TR").glob("*.json")))
        told = json.loads(place.read_bytes())
        assert told["record_id"] == record_id.hex()
        file = place.parent / told["file"]
        assert file.parent == place.with_name(f"{place.stem}.files")
        assert file.read_bytes() == content
        assert file.name == "_._.._etc_ev\\x0ail.pdf"
        assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_a_large_file_is_written_over_several_turns_and_others_pass_out(
    spool: MAKE, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.gateway.spool.arriving._AT_ONCE", CHUNK_BYTES)
    with spool() as node:
        content = content_of(20 * CHUNK_BYTES)
        arrive(node, "scan.pdf", content)
        node.deliver(range(5, 7))
        found = until(lambda: len(list((node.spool / "in" / "TR").glob("*.json"))) == 3)
        assert found
        (file,) = (node.spool / "in" / "TR").glob("*.files/*")
        assert file.read_bytes() == content


def test_a_file_that_is_lost_beside_the_store_holds_nothing_up_and_is_told(spool: MAKE) -> None:
    with spool() as node:
        real = node.node.service.attachments.read
        node.node.service.attachments.read = lambda *_: real(bytes(16), 0)  # type: ignore[method-assign]
        arrive(node, "scan.pdf", b"one")
        node.deliver(range(5, 6))
        until(lambda: len(list((node.spool / "in" / "TR").glob("*.json"))) == 2)
        told = [json.loads(one.read_bytes()) for one in (node.spool / "in" / "TR").glob("*.json")]
        assert [one["file"] for one in told if "file" in one] == [None]


@pytest.mark.parametrize(
    ("name", "safe"),
    [("a.pdf", "a.pdf"), (".bashrc", "_bashrc"), ("..", "_."), ("a\\b", "a_b"), ("\x00", "\\x00")],
)
def test_no_name_of_a_partner_leads_anywhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert len(safe_name("ü" * 200).encode()) <= 200
