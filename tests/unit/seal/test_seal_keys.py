import pytest

from builders_seal import decryption_key, signing_key
from corridor.errors import Reason, Refused
from corridor.seal import hpke, primitives
from corridor.seal.keys import (
    ED25519,
    X25519,
    XWING,
    DecryptionKey,
    SigningKey,
    admit_public_key,
    key_id,
    verify,
)
from corridor.seal.pae import PayloadType, signing_input


def test_a_signature_holds_for_its_payload_type_only() -> None:
    key = SigningKey.generate()
    signature = key.sign(PayloadType.DIRECTORY, b"body")
    assert verify(key.public, PayloadType.DIRECTORY, b"body", signature)
    for other in PayloadType:
        if other is not PayloadType.DIRECTORY:
            assert not verify(key.public, other, b"body", signature)


def test_a_signature_of_another_length_is_refused() -> None:
    key = signing_key()
    signature = key.sign("type", b"body")
    for wrong in (b"", signature[:-1], signature + b"\0"):
        assert not verify(key.public, "type", b"body", wrong)
    assert not verify(b"short", "type", b"body", signature)


def test_the_signing_input_is_dsse() -> None:
    assert signing_input("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_secret_shows_nowhere() -> None:
    key, opener = signing_key(), decryption_key(1)
    for text in (repr(key), str(key), repr(opener)):
        assert repr(key.to_bytes())[2:-1] not in text
        assert "_s" not in text


def test_keys_come_back_from_their_bytes() -> None:
    key = SigningKey.generate()
    assert SigningKey.from_seed(key.to_bytes()).key_id == key.key_id
    for suite in hpke.SUITES:
        opener = DecryptionKey.generate(suite)
        again = DecryptionKey.from_bytes(opener.to_bytes())
        assert (again.suite, again.public, again.key_id) == (suite, opener.public, opener.key_id)
    assert DecryptionKey.generate().suite == hpke.SUITE_XWING


@pytest.mark.parametrize("data", [b"", b"\0\3" + bytes(32), b"\0\1" + bytes(31), bytes(35)])
def test_bytes_that_are_no_decryption_key_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a decryption key"):
        DecryptionKey.from_bytes(data)


def test_a_key_id_depends_on_the_algorithm() -> None:
    assert len(key_id(ED25519, bytes(32))) == 16
    assert key_id(ED25519, bytes(32)) != key_id(X25519, bytes(32))
    assert decryption_key(2).algorithm == XWING


@pytest.mark.parametrize(
    ("algorithm", "public"),
    [
        (ED25519, signing_key().public),
        (X25519, decryption_key(1).public),
        (XWING, decryption_key(2).public),
    ],
)
def test_a_good_key_is_admitted_and_a_shorter_one_is_not(algorithm: int, public: bytes) -> None:
    admit_public_key(algorithm, public)
    assert refusal(algorithm, public[:-1]) is Reason.KEY_ADMISSION


def refusal(algorithm: int, public: bytes) -> Reason:
    with pytest.raises(Refused) as caught:
        admit_public_key(algorithm, public)
    return caught.value.reason


def test_keys_of_small_order_and_unknown_algorithms_are_not_admitted() -> None:
    good = decryption_key(2).public
    assert refusal(ED25519, bytes(32)) is Reason.KEY_ADMISSION
    assert refusal(X25519, bytes(32)) is Reason.KEY_ADMISSION
    assert refusal(X25519, b"\xff" * 32) is Reason.KEY_ADMISSION
    assert refusal(XWING, good[:1184] + bytes(32)) is Reason.KEY_ADMISSION
    assert refusal(XWING, b"\xff" * 1184 + good[1184:]) is Reason.KEY_ADMISSION
    assert refusal(9, good) is Reason.KEY_ADMISSION


def test_a_point_of_a_wrong_length_is_not_admissible() -> None:
    assert not primitives.ed25519_point_is_admissible(b"short")


@pytest.mark.parametrize("suite", hpke.SUITES)
def test_a_wrap_opens_only_with_its_key_and_context(suite: int) -> None:
    key, other = decryption_key(suite), decryption_key(suite, "other")
    sealed = hpke.seal_to(suite, key.public, b"info", b"plain", primitives.random_bytes)
    assert len(sealed) == hpke.sealed_length(suite, 5)
    assert hpke.open_from(key.secret, key.public, b"info", sealed) == b"plain"
    assert hpke.open_from(key.secret, key.public, b"else", sealed) is None
    assert hpke.open_from(other.secret, other.public, b"info", sealed) is None
    assert hpke.open_from(key.secret, key.public, b"info", sealed[:-1] + b"\0") in (None, b"plain")


@pytest.mark.parametrize("suite", hpke.SUITES)
def test_an_encapsulation_of_small_order_does_not_open(suite: int) -> None:
    key = decryption_key(suite)
    sealed = hpke.seal_to(suite, key.public, b"info", b"plain", primitives.random_bytes)
    end = hpke.ENCAPSULATION_BYTES[suite]
    assert (
        hpke.open_from(
            key.secret, key.public, b"info", sealed[: end - 32] + bytes(32) + sealed[end:]
        )
        is None
    )


def test_sealing_to_a_key_that_was_never_admitted_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="small order"):
        hpke.seal_to(1, bytes(32), b"info", b"plain", primitives.random_bytes)


def test_hkdf_agrees_with_rfc_5869_case_1() -> None:
    prk = primitives.hkdf_extract(bytes(range(13)), b"\x0b" * 22)
    assert prk.hex() == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"
    expanded = primitives.hkdf_expand(prk, bytes(range(0xF0, 0xFA)), 42)
    assert expanded.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_many_macs_are_the_same_as_one_by_one() -> None:
    messages = [b"", b"one", b"two" * 50]
    assert primitives.hmac_sha256_many(b"key", messages) == [
        primitives.hmac_sha256(b"key", message) for message in messages
    ]
