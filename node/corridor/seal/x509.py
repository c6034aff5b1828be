"""Certificates between brokers: a CA per country, servers, clients, requests (PEM in and out).

Rules:

* EC P-256 with SHA-256; a CA signs leaves only (path length 0);
* a server's certificate names its DNS names and addresses and is good for servers alone, a
  client's name is the broker user it logs in as and is good for clients alone;
* a partner's private key never leaves the partner: it sends a request, the country whose broker
  it connects to issues (`sign_request`);
* times come from the caller, `now_ms`; validity begins an hour before it, for late clocks.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from corridor.errors import KeyTrouble
from corridor.seal.primitives import sha256
from corridor.seal.x509_look import issued_by, look

_EARLIER: Final = timedelta(hours=1)


class Usage(Enum):
    """What a leaf certificate is for."""

    SERVER = ExtendedKeyUsageOID.SERVER_AUTH
    CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its private key, both PEM; the key is PKCS#8 without passphrase."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return f"Identity({len(self.certificate)} bytes of certificate)"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a leaf certificate shall say."""

    common_name: str
    """Server: its first name. Client: the broker user it logs in as."""
    usage: Usage
    days: int
    names: tuple[str, ...] = ()
    """DNS names and IP addresses of a server."""


def make_ca(common_name: str, days: int, now_ms: int) -> Identity:
    """Return a new CA whose certificate signs leaves only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    usage = _key_usage(signs_certificates=True)
    certificate = (
        _builder(name, name, key.public_key(), days, now_ms)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Identity(_pem(certificate), _key_pem(key))


def issue(ca: Identity, leaf: Leaf, now_ms: int) -> Identity:
    """Return a new key with a leaf certificate of `ca`."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Identity(_leaf(ca, key.public_key(), leaf, now_ms), _key_pem(key))


def make_request(common_name: str) -> tuple[bytes, bytes]:
    """Return (certificate request, private key), both PEM, for a partner's CA to sign."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(_name(common_name))
    signed = request.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM), _key_pem(key)


def sign_request(ca: Identity, request: bytes, common_name: str, days: int, now_ms: int) -> bytes:
    """Return a client certificate, PEM, for the key in a partner's request.

    Only the key is taken from the request; the name is the issuer's choice.

    Raises:
        KeyTrouble: Not a request, not signed by its own key, or not EC P-256.
    """
    try:
        parsed = x509.load_pem_x509_csr(request)
        public = parsed.public_key()
        proved = parsed.is_signature_valid
    except (ValueError, InvalidSignature) as error:
        raise KeyTrouble("not a certificate request (PEM)") from error
    fits = isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1)
    if not proved or not fits or not isinstance(public, ec.EllipticCurvePublicKey):
        raise KeyTrouble("a certificate request needs an EC P-256 key that signed it")
    return _leaf(ca, public, Leaf(common_name, Usage.CLIENT, days), now_ms)


def reissue(ca: Identity, certificate: bytes, days: int, now_ms: int) -> bytes:
    """Return a leaf certificate of `ca` again, PEM: the same key, names and use, a new end.

    Raises:
        KeyTrouble: It is no leaf certificate of `ca` for an EC key, or the CA's key is not its own.
    """
    old, said = _load(certificate), look(certificate)
    public = old.public_key()
    if not issued_by(certificate, ca.certificate):
        raise KeyTrouble("it was issued by another CA")
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise KeyTrouble("its key is not an EC key")
    try:
        allowed = old.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        (usage,) = (Usage(one) for one in allowed)
    except (x509.ExtensionNotFound, ValueError):
        raise KeyTrouble("it is neither a server's nor a client's") from None
    return _leaf(ca, public, Leaf(said.common_name, usage, days, said.names), now_ms)


def to_der(certificate: bytes) -> bytes:
    """Return a PEM certificate as DER.

    Raises:
        KeyTrouble: It is not a PEM certificate.
    """
    return _load(certificate).public_bytes(serialization.Encoding.DER)


def to_pem(certificate_der: bytes) -> bytes:
    """Return a DER certificate as PEM.

    Raises:
        KeyTrouble: It is not a DER certificate.
    """
    try:
        return _pem(x509.load_der_x509_certificate(certificate_der))
    except ValueError as error:
        raise KeyTrouble("not a certificate (DER)") from error


def fingerprint(certificate: bytes) -> bytes:
    """Return the SHA-256 of a PEM certificate's DER, 32 bytes, as the directory names a CA."""
    return sha256(to_der(certificate))


def expires_ms(certificate: bytes) -> int:
    """Return the end of a PEM certificate's validity, Unix milliseconds."""
    return int(_load(certificate).not_valid_after_utc.timestamp() * 1000)


def _leaf(ca: Identity, public: ec.EllipticCurvePublicKey, leaf: Leaf, now_ms: int) -> bytes:
    issuer = _load(ca.certificate)
    try:
        signer = serialization.load_pem_private_key(ca.key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyTrouble("the CA's key is no private key (PEM, without passphrase)") from error
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise KeyTrouble("the CA's key is not an EC key")
    if signer.public_key() != issuer.public_key():
        raise KeyTrouble("the CA's key is not the one of its certificate")
    builder = (
        _builder(_name(leaf.common_name), issuer.subject, public, leaf.days, now_ms)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([leaf.usage.value]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if leaf.names:
        listed = x509.SubjectAlternativeName([_general_name(name) for name in leaf.names])
        builder = builder.add_extension(listed, critical=False)
    return _pem(builder.sign(signer, hashes.SHA256()))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    days: int,
    now_ms: int,
) -> x509.CertificateBuilder:
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _load(certificate: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate)
    except ValueError as error:
        raise KeyTrouble("not a certificate (PEM)") from error


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
