"""Frames whose signer or signature is not right: R5 to R8."""

from testkit import curve
from testkit.case import Case, as_twins, refused
from testkit.envelopes import HEADER_TYPE, To, build, fresh, pae
from testkit.world import opener, signer, spec, us

WRAP_BYTES = {1: 156, 2: 1244}

OTHER_TYPES = (
    "application/vnd.corridor.directory-root.v1+protobuf",
    "application/vnd.corridor.directory.v1+protobuf",
    "application/vnd.corridor.agreement.v1+protobuf",
    "application/vnd.corridor.delegation.v1+protobuf",
    "application/vnd.corridor.key-bundle.v1+protobuf",
    "application/vnd.corridor.envelope-header.v2",
)


def wrong_signatures() -> list[Case]:
    """Return them in the order of the steps, suite 1 first."""
    return [*_of(1), *as_twins(_of(2))]


def _of(suite: int) -> list[Case]:
    return [*_signers(suite), *_signatures(suite), *_moved(suite), *_after(suite)]


def _signers(suite: int) -> list[Case]:
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
            name,
            name.replace("-", " "),
            "R5",
            expect,
            spec(name, suite, **parts),
            link=_link(parts),
        )
        for name, expect, parts in rows
    ]


def _link(parts: dict[str, object]) -> str:
    sender = parts.get("sender", b"GE.RS")
    return bytes(sender)[:2].decode() if isinstance(sender, bytes) else "GE"


def _signatures(suite: int) -> list[Case]:
    seed = signer("ge").seed
    header = build(spec("sig-torsion", suite)).header
    torsion = curve.sign(seed, pae(HEADER_TYPE, header), curve.order_eight())
    rows = [
        ("sig-other-key", "signed with another key of the same network", _by("az", suite)),
        ("sig-zero", "64 zero bytes", lambda _: bytes(64)),
        ("sig-flipped", "one bit of the signature differs", _flip),
        ("sig-large-s", "S with the group order added", curve.non_canonical_s),
        ("sig-torsion", "R has a small-order part; cofactored verifiers accept", lambda _: torsion),
        ("sig-r-identity", "R is the identity", lambda s: bytes([1]) + bytes(31) + s[32:]),
    ]
    cases = []
    for name, title, change in rows:
        own = change(name) if name == "sig-other-key" else change
        row = spec(name, suite, signature=own)
        cases.append(refused(name, title, "R6", "signature", row))
    for number, kind in enumerate(OTHER_TYPES):
        name = f"sig-type-{number}"
        row = spec(name, suite, payload_type=kind)
        cases.append(refused(name, f"the header signed as {kind}", "R6", "signature", row))
    return cases


def _by(name: str, suite: int):  # noqa: ANN202 - a small closure
    def made_for(label: str):  # noqa: ANN202
        header = build(spec(label, suite)).header
        return lambda _: signer(name).sign(HEADER_TYPE, header)

    return made_for


def _flip(signature: bytes) -> bytes:
    return bytes([signature[0] ^ 1]) + signature[1:]


def _moved(suite: int) -> list[Case]:
    """Headers that were changed after their signature."""
    original = build(spec("moved", suite))

    def keep_signature(_: bytes) -> bytes:
        return original.signature

    rows = [
        ("moved-created", "the time of writing was changed", {"created_ms": 1_764_000_000_001}),
        ("moved-lane", "the lane was changed", {"lane": 0}),
        (
            "moved-recipient",
            "another recipient was added",
            {"to": (us(suite), To(b"AM.SRC", opener("am", suite)))},
        ),
        (
            "moved-wrap",
            "the wrap was replaced",
            {"to": (us(suite, wrap=fresh("wrap", WRAP_BYTES[suite])),)},
        ),
        ("moved-directory", "the directory's hash was changed", {"dir_hash": fresh("dir")}),
    ]
    return [
        refused(
            name, title, "R6", "signature", spec("moved", suite, signature=keep_signature, **parts)
        )
        for name, title, parts in rows
    ]


def _after(suite: int) -> list[Case]:
    other = build(spec("other ciphertext", suite)).ct
    replaced = spec("ct-replaced", suite, frame=lambda frame: frame[: -len(other)] + other)
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
            spec("ct-flipped", suite, frame=lambda frame: frame[:-1] + bytes([frame[-1] ^ 1])),
        ),
        refused(
            "directory-newer",
            "a directory that we do not hold yet",
            "R8",
            "directory_unknown",
            spec("directory-newer", suite, **unknown),
        ),
        refused(
            "directory-other",
            "a version that we hold, with another hash",
            "R8",
            "equivocation",
            spec("directory-other", suite, dir_hash=fresh("another directory 7")),
        ),
        refused(
            "no-agreement",
            "a member without an agreement with us",
            "R8",
            "no_agreement",
            spec("no-agreement", suite, sender=b"AM.SRC", signer=signer("am")),
            link="AM",
        ),
    ]
