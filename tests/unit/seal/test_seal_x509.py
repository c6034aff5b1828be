import hashlib

import pytest
from cryptography import x509 as library
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from corridor.errors import KeyTrouble
from corridor.seal import x509
from corridor.seal.x509 import Identity, Leaf, Usage

NOW_MS = 1_764_000_000_000
CA = x509.make_ca("corridor TR CA", 30, NOW_MS)


def loaded(pem: bytes) -> library.Certificate:
    certificate = library.load_pem_x509_certificate(pem)
    certificate.verify_directly_issued_by(library.load_pem_x509_certificate(CA.certificate))
    return certificate


def uses(certificate: library.Certificate) -> list[library.ObjectIdentifier]:
    return list(certificate.extensions.get_extension_for_class(library.ExtendedKeyUsage).value)


def test_a_ca_signs_leaves_only() -> None:
    certificate = library.load_pem_x509_certificate(CA.certificate)
    basic = certificate.extensions.get_extension_for_class(library.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(library.KeyUsage).value
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    assert usage.key_cert_sign
    assert not usage.digital_signature


def test_a_server_is_named_by_dns_and_address_and_is_no_client() -> None:
    names = ("mq.tr.test", "127.0.0.1")
    server = x509.issue(CA, Leaf("mq.tr.test", Usage.SERVER, 20, names), NOW_MS)
    certificate = loaded(server.certificate)
    san = certificate.extensions.get_extension_for_class(library.SubjectAlternativeName).value
    assert san.get_values_for_type(library.DNSName) == ["mq.tr.test"]
    assert [str(ip) for ip in san.get_values_for_type(library.IPAddress)] == ["127.0.0.1"]
    assert uses(certificate) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_a_client_is_the_broker_user_it_logs_in_as() -> None:
    client = x509.issue(CA, Leaf("corridor-node", Usage.CLIENT, 20), NOW_MS)
    certificate = loaded(client.certificate)
    assert certificate.subject.rfc4514_string() == "CN=corridor-node"
    assert uses(certificate) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_validity_begins_an_hour_before_now() -> None:
    client = x509.issue(CA, Leaf("corridor-node", Usage.CLIENT, 20), NOW_MS)
    certificate = loaded(client.certificate)
    assert certificate.not_valid_before_utc.timestamp() * 1000 == NOW_MS - 3_600_000
    assert x509.expires_ms(client.certificate) == NOW_MS + 20 * 86_400_000


def test_a_partner_keeps_its_key_and_gets_the_name_the_issuer_chooses() -> None:
    request, key = x509.make_request("whatever it asks for")
    certificate = loaded(x509.sign_request(CA, request, "fed-ge", 20, NOW_MS))
    own = serialization.load_pem_private_key(key, None)
    assert certificate.subject.rfc4514_string() == "CN=fed-ge"
    assert certificate.public_key() == own.public_key()
    assert uses(certificate) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def request_of(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    name = library.Name([])
    digest = hashes.SHA256() if isinstance(key, ec.EllipticCurvePrivateKey) else None
    made = library.CertificateSigningRequestBuilder().subject_name(name).sign(key, digest)
    return made.public_bytes(serialization.Encoding.PEM)


def tampered_request() -> bytes:
    request = library.load_pem_x509_csr(x509.make_request("x")[0])
    der = bytearray(request.public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    return library.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    "request_pem",
    [
        b"no request",
        request_of(ec.generate_private_key(ec.SECP384R1())),
        request_of(ed25519.Ed25519PrivateKey.generate()),
        tampered_request(),
    ],
    ids=["junk", "other curve", "other algorithm", "not signed by its key"],
)
def test_a_request_that_is_not_ours_to_sign_is_refused(request_pem: bytes) -> None:
    with pytest.raises(KeyTrouble):
        x509.sign_request(CA, request_pem, "fed-ge", 20, NOW_MS)


def test_the_fingerprint_is_that_of_the_der() -> None:
    der = x509.to_der(CA.certificate)
    assert x509.fingerprint(CA.certificate) == hashlib.sha256(der).digest()
    assert x509.to_pem(der) == CA.certificate


def test_what_is_no_certificate_is_named() -> None:
    with pytest.raises(KeyTrouble):
        x509.to_der(b"junk")
    with pytest.raises(KeyTrouble):
        x509.to_pem(b"junk")


def test_a_ca_with_another_kind_of_key_does_not_issue() -> None:
    foreign = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(KeyTrouble, match="EC key"):
        x509.issue(Identity(CA.certificate, foreign), Leaf("x", Usage.CLIENT, 1), NOW_MS)


def test_a_private_key_does_not_show() -> None:
    assert "PRIVATE" not in repr(CA)


def by_hand(key: object, *, uses_: list[library.ObjectIdentifier] | None = None) -> bytes:
    """A certificate of our CA such as we never issue: for another key, or another use."""
    issuer = library.load_pem_x509_certificate(CA.certificate)
    signer = serialization.load_pem_private_key(CA.key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    builder = (
        library.CertificateBuilder()
        .subject_name(issuer.subject)
        .issuer_name(issuer.subject)
        .public_key(key)  # type: ignore[arg-type]
        .serial_number(1)
        .not_valid_before(issuer.not_valid_before_utc)
        .not_valid_after(issuer.not_valid_after_utc)
    )
    if uses_ is not None:
        builder = builder.add_extension(library.ExtendedKeyUsage(uses_), critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    "leaf",
    [
        Leaf("mq.tr.test", Usage.SERVER, 20, ("mq.tr.test", "127.0.0.1")),
        Leaf("corridor-node", Usage.CLIENT, 20),
    ],
)
def test_a_certificate_is_issued_again_with_another_end(leaf: Leaf) -> None:
    later_ms = NOW_MS + 19 * 86_400_000
    old = x509.issue(CA, leaf, NOW_MS).certificate
    again = loaded(x509.reissue(CA, old, 300, later_ms))
    before = loaded(old)
    assert again.public_key() == before.public_key()
    assert again.subject == before.subject
    assert uses(again) == uses(before)
    assert again.serial_number != before.serial_number
    san = library.SubjectAlternativeName
    names = [one.value for one in again.extensions if isinstance(one.value, san)]
    assert names == [one.value for one in before.extensions if isinstance(one.value, san)]
    assert x509.expires_ms(again.public_bytes(serialization.Encoding.PEM)) == (
        later_ms + 300 * 86_400_000
    )


OTHER = x509.make_ca("Other", 30, NOW_MS)
EC_KEY = ec.generate_private_key(ec.SECP256R1()).public_key()


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        (b"junk", "not a certificate"),
        (x509.issue(OTHER, Leaf("x", Usage.CLIENT, 2), NOW_MS).certificate, "by another CA"),
        (by_hand(ed25519.Ed25519PrivateKey.generate().public_key(), uses_=[Usage.CLIENT.value]),
         "not an EC key"),
        (by_hand(EC_KEY), "neither a server's nor a client's"),
        (by_hand(EC_KEY, uses_=[ExtendedKeyUsageOID.CODE_SIGNING]), "neither a server's"),
        (by_hand(EC_KEY, uses_=[Usage.CLIENT.value, Usage.SERVER.value]), "neither a server's"),
    ],
)  # fmt: skip
def test_what_is_no_leaf_of_ours_is_not_issued_again(certificate: bytes, why: str) -> None:
    with pytest.raises(KeyTrouble, match=why):
        x509.reissue(CA, certificate, 30, NOW_MS)
