"""What stands in a certificate: for people and for `corridor doctor`."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from corridor.errors import KeyTrouble


@dataclass(frozen=True, slots=True)
class Looked:
    """What a certificate says."""

    common_name: str
    names: tuple[str, ...]
    """DNS names and addresses of a server."""
    from_ms: int
    until_ms: int


def look(certificate: bytes) -> Looked:
    """Return what a PEM certificate says.

    Raises:
        KeyTrouble: It is not a PEM certificate.
    """
    parsed = _load(certificate)
    common = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    try:
        listed = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(str(one.value) for one in listed)
    except x509.ExtensionNotFound:
        names = ()
    return Looked(
        str(common[0].value) if common else "",
        names,
        int(parsed.not_valid_before_utc.timestamp() * 1000),
        int(parsed.not_valid_after_utc.timestamp() * 1000),
    )


def issued_by(certificate: bytes, ca: bytes) -> bool:
    """Whether a PEM certificate was issued by the CA of another.

    Raises:
        KeyTrouble: One of them is not a PEM certificate.
    """
    try:
        _load(certificate).verify_directly_issued_by(_load(ca))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _load(certificate: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate)
    except ValueError as error:
        raise KeyTrouble("not a certificate (PEM)") from error
