"""Frames whose signer or signature is not right: R5 to R8."""

from testkit import curve
from testkit.case import Case, refused
from testkit.envelopes import HEADER_TYPE, To, build, fresh, pae
from testkit.world import opener, signer, spec, us

OTHER_TYPES = (
    "application/vnd.corridor.directory-root.v1+protobuf",
    "application/vnd.corridor.directory.v1+protobuf",
    "application/vnd.corridor.agreement.v1+protobuf",
    "application/vnd.corridor.delegation.v1+protobuf",
    "application/vnd.corridor.key-bundle.v1+protobuf",
    "application/vnd.corridor.envelope-header.v2",
)


def wrong_signatures() -> list[Case]:
    """Return them in the order of the steps."""
    return [*_signers(), *_signatures(), *_moved(), *_after()]


def _signers() -> list[Case]:
    rows = [
        ("sender-unknown", "unknown_sender", {"sender": b"GE.XX"}),
        ("sender-suspended", "sender_suspended", {"sender": b"KZ.SRC", "signer": signer("kz")}),
        ("signer-unknown", "unknown_signer", {"signer": signer("nobody")}),
        ("signer-of-other-member", "unknown_signer", {"signer": signer("az")}),
        ("signer-key-manager", "unknown_signer", {"signer": signer("ge-key-manager")}),
        ("signer-log-key", "unknown_signer", {"signer": signer("ge-log")}),
        ("signer-expired", "signer_expired", {"signer": signer("ge-expired")}),
        ("signer-not-yet", "signer_expired", {"signer": signer("ge-early")}),
        ("signer-revoked", "signer_revoked", {"signer": signer("ge-revoked")}),
    ]
    return [
        refused(
            name, name.replace("-", " "), "R5", expect, spec(name, 1, **parts), link=_link(parts)
        )
        for name, expect, parts in rows
    ]


def _link(parts: dict[str, object]) -> str:
    sender = parts.get("sender", b"GE.RS")
    return bytes(sender)[:2].decode() if isinstance(sender, bytes) else "GE"


def _signatures() -> list[Case]:
    seed = signer("ge").seed
    header = build(spec("sig-torsion", 1)).header
    torsion = curve.sign(seed, pae(HEADER_TYPE, header), curve.order_eight())
    rows = [
        ("sig-other-key", "signed with another key of the same network", _by("az")),
        ("sig-zero", "64 zero bytes", lambda _: bytes(64)),
        ("sig-flipped", "one bit of the signature differs", _flip),
        ("sig-large-s", "S with the group order added", curve.non_canonical_s),
        ("sig-torsion", "R has a small-order part; cofactored verifiers accept", lambda _: torsion),
        ("sig-r-identity", "R is the identity", lambda s: bytes([1]) + bytes(31) + s[32:]),
    ]
    cases = []
    for name, title, change in rows:
        own = change(name) if name == "sig-other-key" else change
        row = spec(name, 1, signature=own)
        cases.append(refused(name, title, "R6", "signature", row))
    for number, kind in enumerate(OTHER_TYPES):
        name = f"sig-type-{number}"
        row = spec(name, 1, payload_type=kind)
        cases.append(refused(name, f"the header signed as {kind}", "R6", "signature", row))
    return cases


def _by(name: str):  # noqa: ANN202 - a small closure
    def made_for(label: str):  # noqa: ANN202
        header = build(spec(label, 1)).header
        return lambda _: signer(name).sign(HEADER_TYPE, header)

    return made_for


def _flip(signature: bytes) -> bytes:
    return bytes([signature[0] ^ 1]) + signature[1:]


def _moved() -> list[Case]:
    """Headers that were changed after their signature."""
    original = build(spec("moved", 1))

    def keep_signature(_: bytes) -> bytes:
        return original.signature

    rows = [
        ("moved-created", "the time of writing was changed", {"created_ms": 1_764_000_000_001}),
        ("moved-lane", "the lane was changed", {"lane": 0}),
        (
            "moved-recipient",
            "another recipient was added",
            {"to": (us(1), To(b"AM.SRC", opener("am", 1)))},
        ),
        ("moved-wrap", "the wrap was replaced", {"to": (us(1, wrap=fresh("wrap", 156)),)}),
        ("moved-directory", "the directory's hash was changed", {"dir_hash": fresh("dir")}),
    ]
    return [
        refused(name, title, "R6", "signature", spec("moved", 1, signature=keep_signature, **parts))
        for name, title, parts in rows
    ]


def _after() -> list[Case]:
    other = build(spec("other ciphertext", 1)).ct
    replaced = spec("ct-replaced", 1, frame=lambda frame: frame[: -len(other)] + other)
    unknown = {"dir_version": 9, "dir_hash": fresh("directory 9")}
    return [
        refused(
            "ct-replaced",
            "the ciphertext of another envelope of the same length",
            "R7",
            "ciphertext_digest",
            replaced,
        ),
        refused(
            "ct-flipped",
            "one bit of the ciphertext differs",
            "R7",
            "ciphertext_digest",
            spec("ct-flipped", 1, frame=lambda frame: frame[:-1] + bytes([frame[-1] ^ 1])),
        ),
        refused(
            "directory-newer",
            "a directory that we do not hold yet",
            "R8",
            "directory_unknown",
            spec("directory-newer", 1, **unknown),
        ),
        refused(
            "directory-other",
            "a version that we hold, with another hash",
            "R8",
            "equivocation",
            spec("directory-other", 1, dir_hash=fresh("another directory 7")),
        ),
        refused(
            "no-agreement",
            "a member without an agreement with us",
            "R8",
            "no_agreement",
            spec("no-agreement", 1, sender=b"AM.SRC", signer=signer("am")),
            link="AM",
        ),
    ]
