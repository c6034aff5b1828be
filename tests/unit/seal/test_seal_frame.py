import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_seal import NETWORK_ID, RECIPIENT, decryption_key, draft, entry, signing_key
from corridor.errors import Reason, Refused
from corridor.seal.envelope import check_signature, open_frame, seal
from corridor.seal.frame import (
    Frame,
    check_context,
    encode_core,
    encode_frame,
    encode_header,
    parse_frame,
    place_of,
)
from corridor.transit.parties import Endpoint
from corridor.wire.limits import MAX_FRAME_BYTES


def sealed(suite: int = 1) -> bytes:
    return seal(draft(suite), [entry(1)], signing_key()).frame


def reason_of(data: bytes) -> Reason:
    with pytest.raises(Refused) as caught:
        parse_frame(data)
    return caught.value.reason


@pytest.mark.parametrize("suite", [1, 2])
def test_a_frame_is_written_as_it_was_read(suite: int) -> None:
    data = sealed(suite)
    frame = parse_frame(data)
    header = frame.header
    assert encode_core(header) == frame.core
    assert encode_header(frame.core, header.wraps, header.ct_digest) == frame.header_bytes
    assert encode_frame(frame.header_bytes, frame.signature, frame.ciphertext) == data


def test_every_truncation_is_named_as_one() -> None:
    data = sealed()
    assert {reason_of(data[:size]) for size in range(len(data))} == {Reason.TRUNCATED}


def test_every_single_bit_flip_of_an_envelope_is_refused() -> None:
    """All of header and signature; of the ciphertext, whose digest is one check, every 16th."""
    data = sealed()
    opaque = len(data) - 2_000
    for place in (*range(opaque), *range(opaque, len(data), 16)):
        for bit in range(8):
            broken = bytearray(data)
            broken[place] ^= 1 << bit
            with pytest.raises(Refused):
                _receive(bytes(broken))


def _receive(data: bytes) -> None:
    frame = parse_frame(data)
    check_context(frame.header, NETWORK_ID, 1)
    place_of(frame.header, RECIPIENT)
    if frame.header.signer_key_id != signing_key().key_id:
        raise Refused(Reason.UNKNOWN_SIGNER)
    check_signature(frame, signing_key().public)
    open_frame(frame, RECIPIENT, decryption_key(1))


@given(st.binary(max_size=600))
def test_noise_is_refused_and_nothing_else_happens(data: bytes) -> None:
    for start in (b"", b"CRD1", b"CRD1\0\0\0\x40"):
        with pytest.raises(Refused):
            parse_frame(start + data)


def test_a_frame_above_the_limit_is_refused_before_it_is_looked_at() -> None:
    assert reason_of(bytes(MAX_FRAME_BYTES + 1)) is Reason.FRAME_TOO_LARGE
    assert reason_of(bytes(MAX_FRAME_BYTES)) is Reason.MAGIC


def test_a_header_of_four_thousand_recipients_costs_less_than_a_millisecond() -> None:
    recipient = b"\x06TR.GTB" + bytes(48)
    core = parse_frame(sealed()).core
    hostile = encode_frame(
        core[: -len(recipient) - 1] + b"\xff" + recipient * 2_000, bytes(64), b""
    )
    fastest = min(_spent(hostile) for _ in range(5))
    assert fastest < 0.001


def _spent(data: bytes) -> float:
    started = time.perf_counter()
    assert reason_of(data) is Reason.RECIPIENTS
    return time.perf_counter() - started


def test_another_network_is_refused() -> None:
    header = parse_frame(sealed()).header
    check_context(header, NETWORK_ID, 1)
    with pytest.raises(Refused) as caught:
        check_context(header, bytes(16), 1)
    assert caught.value.reason is Reason.NETWORK


def test_a_suite_below_the_policy_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        check_context(parse_frame(sealed(1)).header, NETWORK_ID, 2)
    assert caught.value.reason is Reason.SUITE_POLICY


def test_we_find_ourselves_among_several_recipients() -> None:
    header = parse_frame(sealed()).header
    mine = header.recipients[0]
    other = replace(mine, endpoint=Endpoint("AZ.SCC"))
    assert place_of(replace(header, recipients=(other, mine)), RECIPIENT) == 1
    with pytest.raises(Refused) as caught:
        place_of(replace(header, recipients=(other,)), RECIPIENT)
    assert caught.value.reason is Reason.NOT_ADDRESSED


def rebuilt(**parts: object) -> bytes:
    """The frame of a header with other parts, not signed again."""
    frame = parse_frame(sealed())
    header = replace(frame.header, **parts)
    raw = encode_header(encode_core(header), header.wraps, header.ct_digest)
    return encode_frame(raw, frame.signature, frame.ciphertext)


def header_changed(frame: Frame, header: bytes) -> bytes:
    return encode_frame(header, frame.signature, frame.ciphertext)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"suite": 3}, Reason.SUITE),
        ({"flags": 1}, Reason.FLAGS),
        ({"lane": 3}, Reason.HEADER_MALFORMED),
        ({"sender": Endpoint("ge.rs")}, Reason.HEADER_MALFORMED),
        ({"padded_len": 2047}, Reason.LIMITS),
        ({"padded_len": 1_048_577}, Reason.LIMITS),
        ({"padded_len": 2049}, Reason.LIMITS),
        ({"recipients": (), "wraps": ()}, Reason.RECIPIENTS),
        ({"wraps": (bytes(155),)}, Reason.WRAP_LENGTH),
    ],
)
def test_a_header_field_out_of_its_bounds_is_named(
    parts: dict[str, object], reason: Reason
) -> None:
    assert reason_of(rebuilt(**parts)) is reason


def test_a_recipient_named_twice_is_refused() -> None:
    header = parse_frame(sealed()).header
    twice = {"recipients": header.recipients * 2, "wraps": header.wraps * 2}
    assert reason_of(rebuilt(**twice)) is Reason.RECIPIENTS


def test_a_header_that_ends_early_or_late_is_malformed() -> None:
    frame = parse_frame(sealed())
    for header in (b"", frame.header_bytes[:-1], frame.header_bytes + b"\0"):
        assert reason_of(header_changed(frame, header)) is Reason.HEADER_MALFORMED


def test_another_header_version_is_named_before_anything_else_of_it() -> None:
    frame = parse_frame(sealed())
    assert reason_of(header_changed(frame, b"\2" + frame.header_bytes[1:])) is Reason.VERSION
    assert reason_of(header_changed(frame, b"\2")) is Reason.VERSION


def test_magic_sizes_modes_and_ends_are_named() -> None:
    data = sealed()
    mode = len(data) - 2064 - 4 - 65
    assert reason_of(b"CRD2" + data[4:]) is Reason.MAGIC
    assert reason_of(data[:4] + (131_073).to_bytes(4) + data[8:]) is Reason.HEADER_SIZE
    assert reason_of(data + b"\0") is Reason.TRAILING_BYTES
    assert reason_of(data[:mode] + b"\1" + data[mode + 1 :]) is Reason.SIGNATURE_MODE
