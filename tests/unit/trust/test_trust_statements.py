"""Signed statements by themselves: shape, signatures, domains (PROTOCOL §5.1)."""

import functools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders_trust import NOW_MS, make_root, make_world, signing_key
from corridor.errors import Reason, Refused
from corridor.seal.pae import PayloadType
from corridor.trust import ceremony
from corridor.trust.keys import Algorithm, TrustedKey
from corridor.trust.root import encode_root
from corridor.trust.statements import STATEMENTS, SignatureEntry, Signed, sign
from corridor.trust.view import TrustView, build_view
from corridor.wire.statements import encode_signed

WORLD = make_world()
ROOT = Signed.parse(WORLD.root)
KEYS = {key.key_id: ceremony.public_key(key) for key in WORLD.registry}


def refusal(raw: bytes) -> Reason:
    with pytest.raises(Refused) as caught:
        Signed.parse(raw)
    return caught.value.reason


def test_a_statement_keeps_its_bytes() -> None:
    for raw in WORLD.statements():
        assert Signed.parse(raw).to_bytes() == raw


def test_the_signers_of_a_statement_are_the_keys_that_signed() -> None:
    assert ROOT.signers(KEYS) == frozenset(KEYS)


def test_the_statements_of_today_are_five_of_the_closed_list() -> None:
    assert [kind.name for kind in STATEMENTS] == [
        "DIRECTORY_ROOT",
        "DIRECTORY",
        "AGREEMENT",
        "DELEGATION",
        "KEY_BUNDLE",
    ]


@pytest.mark.parametrize("kind", [kind for kind in PayloadType if kind not in STATEMENTS])
def test_a_reserved_type_is_refused(kind: PayloadType) -> None:
    entry = (bytes(16), 1, bytes(64))
    assert refusal(encode_signed(kind, b"x", [entry])) is Reason.STATEMENT_MALFORMED


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(b"", Reason.STATEMENT_MALFORMED, id="nothing"),
        pytest.param(b"\xff" * 9, Reason.STATEMENT_MALFORMED, id="noise"),
        pytest.param(WORLD.root + b"\x20\x01", Reason.STATEMENT_MALFORMED, id="unknown field"),
        pytest.param(WORLD.root[:-1], Reason.STATEMENT_MALFORMED, id="cut short"),
        pytest.param(
            encode_signed("application/other", b"x", [(bytes(16), 1, bytes(64))]),
            Reason.STATEMENT_MALFORMED,
            id="unknown type",
        ),
        pytest.param(
            encode_signed(PayloadType.DIRECTORY, b"x", []),
            Reason.STATEMENT_MALFORMED,
            id="no signature",
        ),
        pytest.param(
            encode_signed(PayloadType.DIRECTORY, b"x", [(bytes(16), 2, bytes(64))]),
            Reason.STATEMENT_MALFORMED,
            id="signature of another algorithm",
        ),
        pytest.param(
            encode_signed(PayloadType.DIRECTORY, b"x", [(bytes(16), 1, bytes(63))]),
            Reason.STATEMENT_MALFORMED,
            id="signature of 63 bytes",
        ),
        pytest.param(
            encode_signed(PayloadType.DELEGATION, bytes(65_536), [(bytes(16), 1, bytes(64))]),
            Reason.STATEMENT_MALFORMED,
            id="delegation above its size",
        ),
        pytest.param(bytes(4 * 1024 * 1024 + 1), Reason.STATEMENT_MALFORMED, id="4 MiB and one"),
        pytest.param(
            replace(ROOT, signatures=(*ROOT.signatures, ROOT.signatures[0])).to_bytes(),
            Reason.STATEMENT_SIGNATURE,
            id="duplicate signatures",
        ),
    ],
)
def test_a_misshapen_statement_is_refused(raw: bytes, reason: Reason) -> None:
    assert refusal(raw) is reason


def test_a_signature_by_nobody_we_know_counts_for_nothing() -> None:
    stranger = sign(PayloadType.DIRECTORY_ROOT, ROOT.payload, [signing_key("stranger")])
    with pytest.raises(Refused) as caught:
        stranger.signers(KEYS)
    assert caught.value.reason is Reason.QUORUM


def test_a_stranger_beside_known_signers_is_passed_over() -> None:
    with_stranger = Signed.parse(ceremony.add_signature(WORLD.root, signing_key("stranger")))
    assert with_stranger.signers(KEYS) == frozenset(KEYS)


def test_a_known_key_that_did_not_sign_spoils_the_statement() -> None:
    first, *rest = ROOT.signatures
    forged = SignatureEntry(first.key_id, rest[0].signature)
    with pytest.raises(Refused) as caught:
        replace(ROOT, signatures=(forged, *rest)).signers(KEYS)
    assert caught.value.reason is Reason.STATEMENT_SIGNATURE


@pytest.mark.parametrize("kind", [kind for kind in STATEMENTS if kind.name != "DIRECTORY_ROOT"])
def test_a_signature_made_for_one_type_is_not_taken_for_another(kind: PayloadType) -> None:
    with pytest.raises(Refused) as caught:
        replace(ROOT, payload_type=kind).signers(KEYS)
    assert caught.value.reason is Reason.STATEMENT_SIGNATURE


def test_the_same_keys_and_times_make_the_same_bytes() -> None:
    again = sign(PayloadType.DIRECTORY_ROOT, encode_root(make_root(NOW_MS)), WORLD.registry)
    assert again.to_bytes() == WORLD.root


def test_a_key_of_the_wrong_length_is_not_admitted() -> None:
    with pytest.raises(Refused) as caught:
        TrustedKey.admit(Algorithm.ED25519, bytes(31))
    assert caught.value.reason is Reason.KEY_ADMISSION


@functools.cache
def view_before(which: int) -> TrustView:
    return build_view(WORLD.genesis_hash, WORLD.statements()[:which], NOW_MS)


@settings(max_examples=150, deadline=None)
@given(
    which=st.integers(1, len(WORLD.statements()) - 1),
    place=st.integers(min_value=0),
    bit=st.integers(0, 7),
)
def test_a_flipped_bit_never_changes_what_is_believed(which: int, place: int, bit: int) -> None:
    original = WORLD.statements()[which]
    before = view_before(which)
    raw = bytearray(original)
    raw[place % len(raw)] ^= 1 << bit
    try:
        before.with_statement(bytes(raw), NOW_MS)
    except Refused:
        return
    # A flip in a key id takes one signer away; the rest may still be enough, for the same words.
    assert Signed.parse(bytes(raw)).payload == Signed.parse(original).payload
