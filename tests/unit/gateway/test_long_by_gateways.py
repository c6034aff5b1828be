"""Records longer than a record may be, as each gateway takes them and hands them over."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from builders_gateway import SPOOL, TR, Beside, put, result, until
from builders_http import Serving
from builders_large import large_declaration
from builders_store import incoming, received
from builders_trust import NOW_MS, make_world
from builders_trust import TR as ME
from builders_wire import declaration, long_declaration
from corridor.cli.main import cli
from corridor.daemon.intake import Examined, examine
from corridor.daemon.offers import Answer, Offered
from corridor.errors import Reason
from corridor.gateway.contents import read_record
from corridor.gateway.deliveries import original_of, record_in
from corridor.gateway.national import National
from corridor.seal.chunks import ChunkKeys, ChunkTree, chunk_leaf
from corridor.transit.identifiers import uuid7
from corridor.wire.attachments import Manifest, manifest_in
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, decode_entry, encode_entry
from corridor.wire.limits import CHUNK_BYTES
from corridor.wire.long_records import decode_whole, shorten, with_manifest
from corridor.wire.records import decode_record, encode_record, index_terms, record_to_json
from corridor.wire.v1.records_pb2 import SourceDocument, TransitRecord

pytestmark = pytest.mark.unmeasured

NodeFolder = Callable[..., Path]
LONG = long_declaration(items=5_000)


def with_original(size: int) -> bytes:
    record = declaration()
    # Nothing of it is for somebody else: else a copy has no original.
    record.declaration.dataset.guarantees[0].references[0].ClearField("access_code")
    document = SourceDocument(media_type="application/xml", sha256=bytes(32), content=b"x" * size)
    record.header.original.CopyFrom(document)
    return encode_record(record)


def sent(node: Beside | Serving, record_id: str) -> Manifest | None:
    (one,) = node.node._store.submitted(bytes.fromhex(record_id))
    return manifest_in(one.entry)


def whole_of(node: Beside | Serving, record_id: str) -> bytes:
    """What lies in the file of a record of ours."""
    found = sent(node, record_id)
    assert found is not None
    attachments = node.node.service.attachments
    count = -(-found.size // 262_144)
    return b"".join(attachments.read(bytes.fromhex(record_id), n)[1] for n in range(count))


def test_the_spool_takes_them_with_and_without_their_original(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    text = SPOOL.format(folder=folder).replace("max_file_mib = 1", "max_file_mib = 20")
    document = large_declaration(1_000_000)  # its record is short, its original is not
    with Beside(node_folder("GE", text + "attach_original = true\n")) as node:
        put(folder / "out" / "TR", "long.pb", encode_record(LONG))
        told = result(folder / "done" / "TR" / "long.pb")
        assert (told["status"], told["original"]) == ("accepted", "not_asked_for")
        houses = decode_whole(whole_of(node, told["record_id"])).declaration.dataset.consignment
        assert len(houses.houses[0].items) == 5_002
        put(folder / "out" / "TR", "cc015c.xml", document)
        told = result(folder / "done" / "TR" / "cc015c.xml")
        assert (told["status"], told["original"]) == ("accepted", "attached")
        assert decode_whole(whole_of(node, told["record_id"])).header.original.content == document


def test_http_takes_them_in_json_and_the_same_key_sends_them_once(serving: Serving) -> None:
    call = serving.caller()
    body = json.loads(record_to_json(LONG))
    first = call("POST", "/v1/records?to=TR", body, Idempotency_Key="one")
    assert (first.status, first.json["status"]) == (202, "accepted"), first.json
    again = call("POST", "/v1/records?to=TR", body, Idempotency_Key="one")
    assert (again.status, again.json["record_id"]) == (200, first.json["record_id"])
    assert len(decode_whole(whole_of(serving, first.json["record_id"])).declaration.dataset
               .consignment.houses[0].items) == 5_002  # fmt: skip
    files = [one for one in serving.node.service.attachments.rows() if one["name"] == "record.pb"]
    assert {one["record_id"] for one in files} == {first.json["record_id"]}


def test_the_command_takes_them(node_folder: NodeFolder, tmp_path: Path) -> None:
    config, file = node_folder("GE"), tmp_path / "long.pb"
    file.write_bytes(encode_record(LONG))
    with Beside(config) as node:
        words = ["send", str(file), "--to", "TR", "--config", str(config), "--json"]
        told = json.loads(CliRunner().invoke(cli, words).stdout)
        assert told["status"] == "accepted"
        assert sent(node, told["record_id"]) is not None


# --- what is refused -------------------------------------------------------------------------

WITHOUT_FILES = make_world(types=tuple(range(1, 21))).view()


def examined(record: bytes) -> Examined | Answer:
    (one,) = examine([Offered("GE", record)], ME, WITHOUT_FILES, NOW_MS, has_room=True)
    return one


def test_where_no_agreement_lets_files_pass_only_an_original_is_left_out() -> None:
    refused = examined(encode_record(LONG))
    assert isinstance(refused, Answer)
    assert refused.reason is Reason.RECORD_TOO_LARGE
    assert f"type {ATTACHMENT}" in refused.faults[0]
    kept = examined(with_original(300_000))
    assert isinstance(kept, Examined)
    assert (kept.whole, kept.left_out) == (None, ("header.original.content",))
    both = LONG.__class__.FromString(with_original(300_000))
    both.MergeFrom(LONG)
    refused = examined(encode_record(both))
    assert isinstance(refused, Answer)
    assert refused.reason is Reason.RECORD_TOO_LARGE


def test_a_long_record_that_breaks_a_rule_or_brings_a_manifest_is_refused_by_name(
    serving: Serving,
) -> None:
    broken = long_declaration(items=5_000)
    broken.declaration.dataset.consignment.houses[0].items[9].country_of_dispatch = "?"
    manifest = Manifest(bytes(16), "a", "b", 9, bytes(32), bytes(32), bytes(32), None, "")
    for body, named in (
        (encode_record(broken), "string.pattern"),
        (with_manifest(declaration(), manifest), "whole.without_its_file"),
    ):
        told = serving.caller()(
            "POST", "/v1/records?to=TR", body, Content_Type="application/x-protobuf"
        )
        assert (told.status, told.json["reason"]) == (422, "record_invalid")
        assert named in json.dumps(told.json["faults"])


# --- what partners sent ----------------------------------------------------------------------


@pytest.mark.parametrize("deliver", ["", '\n[standards]\ndeliver = "NCTS-P5"\n'])
def test_no_document_is_written_of_a_record_whose_file_is_lost(
    node_folder: NodeFolder, tmp_path: Path, deliver: str
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    with Beside(node_folder("GE", SPOOL.format(folder=folder) + deliver)) as node:
        manifest = Manifest(
            bytes(16), "record.pb", "x/y", 600_000, bytes(32), bytes(32), bytes(32), None, ""
        )
        record_id = uuid7(1_800_000_000_001, bytes(10))
        body = with_manifest(shorten(LONG), manifest)
        entry = encode_entry(Entry(record_id, 1, SCHEMA_ID, None, body))
        with node.store.transaction() as change:
            one = incoming(0, 1, record_id=record_id, entry=entry)
            change.keep_received(received(1, one, peer=TR))
        node.node.service.grown()
        (place,) = until(lambda: list((folder / "in" / "TR").glob("*.json")))
        told = json.loads(place.read_bytes())
        assert told["xml"] is None
        assert told["record"]["header"]["whole"]["name"] == "record.pb"
        if deliver:
            report = (place.parent / told["report"]).read_text("utf-8")
            assert "not beside the" in report
        (found,) = node.node.service.take(0, 9, 1)
        assert found.whole is None
        assert original_of(record_in(found)) is None
        assert National("GE.RS").message(found).document is None


def test_a_search_shows_the_whole_and_not_what_travelled_of_it(node_folder: NodeFolder) -> None:
    body = encode_record(LONG)
    keys, count = ChunkKeys(bytes(16), bytes(range(32)), len(body)), -(-len(body) // CHUNK_BYTES)
    chunks = [keys.seal(n, body[n * CHUNK_BYTES : (n + 1) * CHUNK_BYTES]) for n in range(count)]
    root = ChunkTree([chunk_leaf(n, one) for n, one in enumerate(chunks)]).root
    digest = sha256(body).digest()
    manifest = Manifest(bytes(16), "record.pb", "x/y", len(body), digest, keys.key, root, None, "")
    record_id = uuid7(1_800_000_000_001, bytes(10))
    entry = encode_entry(
        Entry(record_id, 1, SCHEMA_ID, None, with_manifest(shorten(LONG), manifest))
    )
    config = node_folder("GE")
    with Beside(config) as node:
        with node.store.transaction() as change:  # first: a file of no record is swept away
            one = incoming(0, 1, record_id=record_id, entry=entry)
            one = one._replace(terms=index_terms(LONG))
            change.keep_received(received(1, one, peer=TR))
        file = node.node._attaching._files.partners("TR", manifest.held_to, manifest.size)
        file.open(record_id)
        assert all(file.write(n, one) for n, one in enumerate(chunks))
        told = CliRunner().invoke(
            cli, ["find", "container", "MSKU1234565", "--full", "--json", "--config", str(config)]
        )
    assert told.exit_code == 0, told.output
    (line,) = json.loads(told.stdout)
    assert "whole" not in line["record"]["header"]
    houses = line["record"]["declaration"]["dataset"]["consignment"]["houses"]
    assert len(houses[0]["items"]) == 5_002


def test_what_is_sent_anew_is_found_by_its_whole(node_folder: NodeFolder) -> None:
    """A plate of a house is in the file alone."""
    record = declaration()
    houses = record.declaration.dataset.consignment.houses
    for number in range(5_000):
        houses.add(sequence=number, ucr="x" * 70).means.add(identification=f"34 ABC {number}")
    with Beside(node_folder("GE")) as node:
        (told,) = node.node.service.submit([Offered("TR", encode_record(record))])
        assert told.reason is None, told
        (before,) = node.store.submitted(told.record_id)
        assert not decode_record(
            decode_entry(before.entry).body
        ).declaration.dataset.consignment.houses
        (line,) = node.store.ledger(told.record_id)
        again = node.node.service._desk.send_anew(line, "it was refused by mistake")
        found = [one.record_id for one in node.node.service.find("plate", "34ABC4999", 9)]
    assert set(found) == {told.record_id, again}


def test_no_message_is_written_of_a_part_although_only_its_original_is_in_the_file() -> None:
    record = read_record(large_declaration(300_000), attach_original=True).record
    short = shorten(decode_whole(record))
    assert original_of(short) is not None
    manifest = Manifest(bytes(16), "a", "x/y", 9, bytes(32), bytes(32), bytes(32), None, "")
    assert original_of(TransitRecord.FromString(with_manifest(short, manifest))) is None
