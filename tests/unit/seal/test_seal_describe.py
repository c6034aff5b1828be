import json

from builders_seal import RECIPIENT, decryption_key, draft, entry, signing_key
from corridor.errors import Reason
from corridor.seal.describe import describe_frame, describe_opened, describe_reason
from corridor.seal.envelope import Opened, open_frame, seal
from corridor.seal.frame import parse_frame
from corridor.wire.batches import Entry, encode_entry


def test_what_anybody_sees_holds_no_content_and_is_json() -> None:
    record = entry(1, b"recognisable")
    frame = parse_frame(seal(draft(), [record], signing_key()).frame)
    seen = describe_frame(frame)
    text = json.dumps(seen)
    assert (seen["sender"], seen["recipients"][0]["endpoint"]) == ("GE.RS", "TR.GTB")
    assert seen["created"] == "2025-11-24T16:00:00.000Z"
    assert seen["lane"] == "routine"
    assert seen["suite"].startswith("2: X25519 with ML-KEM-768")
    assert seen["size_bytes"]["wrap"] == 1244
    assert b"recognisable".hex() not in text
    assert seen["envelope_id"] == frame.envelope_id.hex()


def test_a_time_that_no_calendar_has_is_shown_as_a_number() -> None:
    far = draft(created_ms=2**63, expires_ms=2**63 + 1)
    seen = describe_frame(parse_frame(seal(far, [entry(1)], signing_key()).frame))
    assert seen["created"] == str(2**63)


def test_the_recipient_sees_records_position_and_proofs() -> None:
    successor = Entry(bytes(16), 14, "corridor.wire.v1", b"s" * 16, b"body")
    records = [entry(1), encode_entry(successor), entry(3)]
    frame = parse_frame(seal(draft(), records, signing_key()).frame)
    seen = describe_opened(open_frame(frame, RECIPIENT, decryption_key()))
    assert seen["stream"]["sequence"] == 9
    assert [len(record["proof"]) for record in seen["records"]] == [2, 2, 1]
    assert seen["records"][0]["type"] == 14
    assert "supersedes" not in seen["records"][0]
    assert seen["records"][1]["supersedes"] == (b"s" * 16).hex()
    json.dumps(seen)


def test_a_record_that_does_not_read_is_shown_as_refused() -> None:
    opened = Opened(1, 1, bytes(32), bytes(32), (b"\xff",), bytes(32))
    assert describe_opened(opened)["records"][0]["refused"] == "record_malformed"


def test_a_reason_has_name_and_number() -> None:
    assert describe_reason(Reason.WRAP) == {"refused": "wrap", "number": 124}
