import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_seal import RECIPIENT, SENDER, decryption_key, draft, entry, signing_key
from corridor.errors import Reason, Refused
from corridor.seal import envelope
from corridor.seal.envelope import OpeningRefused, check_signature, open_frame, seal
from corridor.seal.frame import Frame, parse_frame
from corridor.seal.keys import DecryptionKey
from corridor.transit.parties import Endpoint
from corridor.wire.limits import MAX_PADDED_BYTES, MAX_RECORD_BYTES, MAX_RECORDS


def reason_of(frame: Frame, key: DecryptionKey, recipient: Endpoint = RECIPIENT) -> Reason:
    with pytest.raises(Refused) as caught:
        open_frame(frame, recipient, key)
    return caught.value.reason


@pytest.mark.parametrize("suite", [1, 2])
@pytest.mark.parametrize("count", [1, 2, 64, MAX_RECORDS])
def test_what_is_sealed_comes_out_in_order_with_its_position(suite: int, count: int) -> None:
    records = [entry(number) for number in range(count)]
    sealed = seal(draft(suite), records, signing_key())
    frame = parse_frame(sealed.frame)
    check_signature(frame, signing_key().public)
    opened = open_frame(frame, RECIPIENT, decryption_key(suite))
    assert opened.records == tuple(records)
    assert (opened.epoch, opened.seq, opened.prev) == (1_764_000_000, 9, b"p" * 32)
    assert opened.payload_root == sealed.payload_root == frame.header.payload_root
    assert frame.envelope_id == sealed.envelope_id
    assert (frame.header_bytes, frame.signature) == (sealed.header, sealed.signature)
    assert (frame.header.sender, frame.header.lane) == (SENDER, 1)


@given(st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=8))
def test_any_records_survive_the_way(bodies: list[bytes]) -> None:
    records = [entry(number, body) for number, body in enumerate(bodies)]
    frame = parse_frame(seal(draft(1), records, signing_key()).frame)
    check_signature(frame, signing_key().public)
    assert open_frame(frame, RECIPIENT, decryption_key(1)).records == tuple(records)


def test_two_envelopes_of_the_same_records_have_nothing_secret_in_common() -> None:
    first, second = (parse_frame(seal(draft(), [entry(1)], signing_key()).frame) for _ in "ab")
    assert first.ciphertext != second.ciphertext
    assert first.header.payload_root != second.header.payload_root
    assert first.header.key_commit != second.header.key_commit
    assert first.header.recipients[0].stream_commit != second.header.recipients[0].stream_commit
    assert first.envelope_id != second.envelope_id


def test_no_plaintext_is_left_in_the_frame() -> None:
    record = entry(1, b"a very recognisable holder of the procedure")
    assert b"recognisable" not in seal(draft(), [record], signing_key()).frame


def test_another_key_did_not_sign() -> None:
    frame = parse_frame(seal(draft(), [entry(1)], signing_key()).frame)
    with pytest.raises(Refused) as caught:
        check_signature(frame, signing_key("somebody else").public)
    assert caught.value.reason is Reason.SIGNATURE


def test_a_ciphertext_that_was_changed_on_the_way_is_named() -> None:
    frame = parse_frame(seal(draft(), [entry(1)], signing_key()).frame[:-1] + b"\0")
    with pytest.raises(Refused) as caught:
        check_signature(frame, signing_key().public)
    assert caught.value.reason is Reason.CIPHERTEXT_DIGEST


def test_somebody_else_is_not_addressed() -> None:
    frame = parse_frame(seal(draft(), [entry(1)], signing_key()).frame)
    assert reason_of(frame, decryption_key(), Endpoint("AZ.SCC")) is Reason.NOT_ADDRESSED


@pytest.mark.parametrize("key", [decryption_key(2, "other"), decryption_key(1)])
def test_a_key_that_was_not_sealed_for_is_unknown(key: DecryptionKey) -> None:
    frame = parse_frame(seal(draft(), [entry(1)], signing_key()).frame)
    assert reason_of(frame, key) is Reason.KEY_UNKNOWN


def test_a_refusal_after_the_position_is_proved_carries_the_position(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(envelope, "payload_root", lambda *_: b"r" * 32)
    sealed = seal(draft(), [entry(1)], signing_key())
    monkeypatch.undo()
    with pytest.raises(OpeningRefused) as caught:
        open_frame(parse_frame(sealed.frame), RECIPIENT, decryption_key())
    assert caught.value.reason is Reason.PAYLOAD_ROOT
    assert caught.value.position == (1_764_000_000, 9, b"p" * 32)


@pytest.mark.parametrize(
    ("part", "replacement", "reason"),
    [
        ("_key_commit", lambda *_: b"k" * 32, Reason.KEY_COMMIT),
        ("stream_commit", lambda *_: b"s" * 32, Reason.STREAM_POSITION),
        ("_wrap_info", lambda *_: b"other", Reason.WRAP),
        ("payload_encrypt", lambda *a: bytes(len(a[2]) + 16), Reason.PAYLOAD_TAG),
        ("pad", lambda _: b"\0\0\0\1x" + b"\1" * 2043, Reason.PADDING),
        ("encode_batch", lambda *_: b"\xff" * 9, Reason.BATCH),
    ],
)
def test_a_sender_that_does_one_thing_wrong_is_refused_for_it(
    part: str, replacement: object, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envelope, part, replacement)
    sealed = seal(draft(1), [entry(1)], signing_key())
    monkeypatch.undo()
    frame = parse_frame(sealed.frame)
    check_signature(frame, signing_key().public)
    assert reason_of(frame, decryption_key(1)) is reason


def test_a_record_above_the_limit_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="262144 bytes"):
        seal(draft(), [bytes(MAX_RECORD_BYTES + 1)], signing_key())


def test_a_batch_of_nothing_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="0 records"):
        seal(draft(), [], signing_key())


def test_a_batch_whose_padding_passes_the_limit_is_not_sealed() -> None:
    record = bytes(MAX_RECORD_BYTES)
    whole = seal(draft(), [record, record, record], signing_key())
    assert parse_frame(whole.frame).header.padded_len <= MAX_PADDED_BYTES
    with pytest.raises((ValueError, Refused)):
        seal(draft(), [record] * 4, signing_key())


def test_randomness_is_drawn_anew_for_everything() -> None:
    draws: list[bytes] = []

    def draw(count: int) -> bytes:
        draws.append(bytes([len(draws)]) * count)
        return draws[-1]

    envelope._seal(draft(1), [entry(1)], signing_key(), draw)
    assert [len(drawn) for drawn in draws] == [32, 32, 32, 32]
