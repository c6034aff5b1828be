"""Trust statements are parsed from their one encoding, within their limits."""

from collections.abc import Callable

import pytest
from google.protobuf.message import Message

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire import statements as wire
from corridor.wire.v1 import trust_pb2 as pb

SIGNATURE = (b"k" * 16, 1, b"s" * 64)
SIGNED = wire.encode_signed("corridor/v1/directory", b"payload", [SIGNATURE])

PARSERS: list[tuple[Callable[[bytes], Message], Message, int]] = [
    (wire.parse_root, pb.DirectoryRoot(network_name="n", version=1), limits.ROOT_MAX_BYTES),
    (
        wire.parse_directory,
        pb.Directory(version=2, agreements=[pb.Signed.FromString(SIGNED)]),
        limits.DIRECTORY_MAX_BYTES,
    ),
    (wire.parse_agreement, pb.Agreement(agreement_id="a"), limits.AGREEMENT_MAX_BYTES),
    (wire.parse_delegation, pb.Delegation(serial=1), limits.DELEGATION_MAX_BYTES),
    (wire.parse_bundle, pb.KeyBundle(serial=1), limits.BUNDLE_MAX_BYTES),
]


def refused(parse: Callable[[bytes], Message], raw: bytes) -> bool:
    with pytest.raises(Refused) as told:
        parse(raw)
    return told.value.reason is Reason.STATEMENT_MALFORMED


def test_a_signed_statement_keeps_payload_and_signatures() -> None:
    signed = wire.parse_signed(SIGNED)

    assert signed.payload == b"payload"
    assert [(s.key_id, s.algorithm, s.signature) for s in signed.signatures] == [SIGNATURE]


@pytest.mark.parametrize(("parse", "message", "most"), PARSERS)
def test_a_payload_is_parsed_from_its_one_encoding(
    parse: Callable[[bytes], Message], message: Message, most: int
) -> None:
    raw = wire.encode_statement(message)

    assert parse(raw) == message
    assert refused(parse, raw + b"\xf8\x07\x01")
    assert refused(parse, raw + raw)
    assert refused(parse, b"\xff")
    assert refused(parse, bytes(most + 1))


@pytest.mark.parametrize(
    "signed",
    [
        pb.Signed(payload=b"p", signatures=[pb.Signature(key_id=b"k" * 16, signature=b"s")]),
        pb.Signed(payload_type="t" * 129, payload=b"p"),
        pb.Signed(payload_type="t", signatures=[pb.Signature(key_id=b"k" * 16, signature=b"s")]),
        pb.Signed(payload_type="t", payload=b"p"),
        pb.Signed(payload_type="t", payload=b"p", signatures=[pb.Signature()] * 257),
        pb.Signed(payload_type="t", payload=b"p", signatures=[pb.Signature(key_id=b"k")]),
        pb.Signed(payload_type="t", payload=b"p", signatures=[pb.Signature(key_id=b"k" * 16)]),
        pb.Signed(
            payload_type="t",
            payload=b"p",
            signatures=[pb.Signature(key_id=b"k" * 16, signature=bytes(4097))],
        ),
    ],
    ids=[
        "no type",
        "long type",
        "no payload",
        "no signature",
        "too many signatures",
        "short key id",
        "empty signature",
        "long signature",
    ],
)
def test_a_misshapen_signed_statement_is_refused_alone_and_inside_a_directory(
    signed: pb.Signed,
) -> None:
    assert refused(wire.parse_signed, signed.SerializeToString())
    directory = pb.Directory(agreements=[signed])
    assert refused(wire.parse_directory, directory.SerializeToString())


def test_a_bundle_with_too_many_keys_is_refused() -> None:
    keys = [pb.EncryptionKey(suite=1)] * (limits.MAX_BUNDLE_KEYS + 1)

    assert refused(wire.parse_bundle, pb.KeyBundle(keys=keys).SerializeToString())


def test_a_statement_beyond_its_limit_is_refused() -> None:
    with pytest.raises(Refused):
        wire.parse_signed(SIGNED, max_bytes=len(SIGNED) - 1)
