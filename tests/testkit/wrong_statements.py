"""Statements refused for their frame, their form or their signatures (PROTOCOL §5.1, §5.8)."""

from dataclasses import replace

from testkit import curve
from testkit.envelopes import HEADER_TYPE, Signer, fresh, h, pae
from testkit.proto import field_bytes, field_number, varint
from testkit.statement_case import ALL_HELD, LENT, LISTED, ROOTED, StatementCase, one, wrong
from testkit.statement_world import (
    ALL_BODIES,
    BODIES,
    CIS,
    DIRECTORY,
    DIRECTORY_2,
    EU,
    GE_BUNDLE,
    GE_DELEGATION,
    GE_TR,
    HELD,
    ISSUED_MS,
    LATER_MS,
    ROOT,
    ROOT_2,
    UN,
    by_both,
    delegation,
    identity,
    key,
    lent,
    next_to,
    officers,
    right,
    vouchers,
)
from testkit.trust import (
    KINDS,
    Entry,
    Statement,
    entries,
    frame,
    framed,
    signed,
    wrapped,
)

SIGNATURE = "statement_signature"
MALFORMED = "statement_malformed"
GE = "GE.RS"


def wrong_statements() -> list[StatementCase]:
    """Return them in the order in which a node looks."""
    return [
        *_frames(),
        *_shapes(),
        *_signatures(),
        *_quorums_of_bodies(),
        *_quorums_of_members(),
        *_quorums_of_nodes(),
        *_encodings(),
    ]


def _frames() -> list[StatementCase]:
    good = HELD["delegation-ge-1"]
    rows = [
        ("frame-magic", "the magic of another version", "magic", b"CRT2" + good[4:]),
        ("frame-no-length", "seven bytes", "truncated", good[:7]),
        ("frame-cut", "the last byte is missing", "truncated", good[:-1]),
        ("frame-trailing", "a byte follows", "trailing_bytes", good + b"\0"),
    ]
    cases = [one(name, title, "5.8", why, data, LISTED) for name, title, why, data in rows]
    title = "a frame of one byte more than the largest statement needs"
    zeros = 4 * 2**20 + 9 - len(good)
    large = one("frame-large", title, "5.8", "frame_too_large", good, LISTED, appended_zeros=zeros)
    return [*cases, large]


def _delegation_of(signatures: tuple[Entry, ...], kind: str = KINDS["delegation"]) -> bytes:
    return framed(wrapped(kind, GE_DELEGATION.payload, signatures))


def _shapes() -> list[StatementCase]:
    payload = GE_DELEGATION.payload
    kind = KINDS["delegation"]
    two = entries(kind, payload, officers(GE))
    first = two[0]
    good = wrapped(kind, payload, two)
    reserved = "application/vnd.corridor.dir-freshness.v1+protobuf"
    ordered = field_bytes(1, kind.encode()) + field_bytes(2, payload)
    turned = field_bytes(2, payload) + field_bytes(1, kind.encode()) + good[len(ordered) :]
    large = wrapped(kind, bytes(64 * 1024), two)
    crowd = tuple(Entry(fresh(f"crowd/{n}", 16), bytes(64)) for n in range(255))
    rows = [
        ("signed-junk", "no protobuf", framed(b"\xff" * 40)),
        ("signed-empty", "no bytes", framed(b"")),
        ("signed-unknown", "an unknown field behind", framed(good + field_number(9, 1))),
        ("signed-turned", "the payload before its type", framed(turned)),
        ("signed-no-payload", "an empty payload", framed(wrapped(kind, b"", two))),
        ("signed-unsigned", "no signature", _delegation_of(())),
        ("signed-257", "257 signatures", _delegation_of((*two, *crowd))),
        ("signed-key-id-15", "a key id of 15 bytes", _with(first, key_id=first.key_id[:15])),
        ("signed-63", "a signature of 63 bytes", _with(first, signature=first.signature[:63])),
        ("signed-algorithm", "a signature of algorithm 2", _with(first, algorithm=2)),
        ("type-unknown", "a payload type that nobody knows", _delegation_of(two, "text/plain")),
        ("type-reserved", "a reserved payload type", _delegation_of(two, reserved)),
        ("type-envelope", "the payload type of envelopes", _delegation_of(two, HEADER_TYPE)),
        ("agreement-alone", "an agreement outside a directory", framed(by_both(GE_TR))),
        ("delegation-large", "a delegation above 64 KiB", framed(large)),
    ]
    return [one(name, title, "5.1", MALFORMED, data, LISTED) for name, title, data in rows]


def _with(first: Entry, **parts: object) -> bytes:
    """Return the delegation with its first signature changed."""
    second = entries(KINDS["delegation"], GE_DELEGATION.payload, officers(GE))[1]
    return _delegation_of((replace(first, **parts), second))  # type: ignore[arg-type]


def _signatures() -> list[StatementCase]:
    payload, kind = GE_DELEGATION.payload, KINDS["delegation"]
    first, second = entries(kind, payload, officers(GE))
    torsion = curve.sign(officers(GE)[0].seed, pae(kind, payload), curve.order_eight())
    other = entries(kind, payload, (key("nobody"),))[0].signature
    as_envelope = entries(HEADER_TYPE, payload, officers(GE))[0].signature
    flipped = bytes([first.signature[0] ^ 1]) + first.signature[1:]
    rows = [
        ("signature-flipped", "one bit differs", flipped),
        ("signature-other", "another key signed under this id", other),
        ("signature-type", "the payload signed as an envelope's header", as_envelope),
        ("signature-torsion", "R has a small-order part", torsion),
        ("signature-large-s", "S plus the group order", curve.non_canonical_s(first.signature)),
        ("signature-zero", "64 zero bytes", bytes(64)),
    ]
    cases = [
        one(name, title, "5.1", SIGNATURE, _with(first, signature=changed), LISTED)
        for name, title, changed in rows
    ]
    twice = _delegation_of((first, second, first))
    moved = framed(wrapped(kind, delegation("TR.GTB").payload, (first, second)))
    inside = replace(GE_TR, purpose="changed after it was signed")
    agreement = wrapped(
        KINDS["agreement"],
        inside.payload,
        entries(KINDS["agreement"], GE_TR.payload, (*officers(GE), *officers("TR.GTB"))),
    )
    changed = replace(DIRECTORY, agreements=(agreement,))
    title = "an agreement changed after its signatures"
    return [
        *cases,
        one("signature-twice", "one key signs twice", "5.1", SIGNATURE, twice, LISTED),
        one(
            "signature-moved", "the signatures of another payload", "5.1", SIGNATURE, moved, LISTED
        ),
        wrong("agreement-changed", title, "5.5", SIGNATURE, changed),
    ]


def _quorums_of_bodies() -> list[StatementCase]:
    double = replace(ROOT, bodies=(BODIES[0], replace(BODIES[1], threshold=1), BODIES[2]))
    rows: list[tuple[str, str, Statement, tuple[Signer, ...], tuple[str, ...]]] = [
        ("root-one-missing", "the first root without one of its bodies", ROOT, ALL_BODIES[:3], ()),
        (
            "root-half-a-body",
            "one key of a body of which two must sign",
            ROOT,
            (UN, EU[0], CIS),
            (),
        ),
        ("root-2-old-only", "signed by the root before it alone", ROOT_2, ALL_BODIES, ROOTED),
        (
            "root-2-new-only",
            "signed by its own bodies alone",
            ROOT_2,
            (UN, *EU, key("eac")),
            ROOTED,
        ),
        ("directory-no-un", "enough bodies, but none of class UN", DIRECTORY, (*EU, CIS), ROOTED),
        ("directory-un-only", "one body where two must sign", DIRECTORY, (UN,), ROOTED),
        ("directory-half", "half of a body does not count", DIRECTORY, (UN, EU[0]), ROOTED),
        ("directory-strangers", "no key that counts", DIRECTORY, (key("nobody"),), ROOTED),
        (
            "directory-removed",
            "signed by a body that the newest root no longer has",
            replace(DIRECTORY_2, root_version=2),
            (UN, CIS),
            ("root-1", "directory-1", "root-2"),
        ),
    ]
    cases = [
        wrong(name, title, "5.3", "quorum", statement, *signers, held=held)
        for name, title, statement, signers, held in rows
    ]
    title = "two keys of one body count once"
    data = frame(double, *ALL_BODIES[:3])
    return [*cases, one("body-twice", title, "5.3", "quorum", data, (), genesis=h(double.payload))]


def _quorums_of_members() -> list[StatementCase]:
    lost = identity(GE)[1]
    revoking = replace(DIRECTORY_2, revoked=(lost.key_id,))
    sender_only = signed(GE_TR, *officers(GE))
    half = signed(GE_TR, *officers(GE), officers("TR.GTB")[0])
    foreign = signed(GE_TR, *officers(GE), *officers("AZ.SCC"))
    by_lost = wrong("lost", "", "", "quorum", GE_DELEGATION)
    rows = [
        ("delegation-one", "one of two identity keys", GE_DELEGATION, officers(GE)[:1]),
        ("delegation-other", "another member's identity keys", GE_DELEGATION, officers("TR.GTB")),
        ("delegation-bodies", "the registry's bodies", GE_DELEGATION, ALL_BODIES),
        ("delegation-no-member", "a member that is not listed", delegation("KZ.SRC"), officers(GE)),
    ]
    cases = [
        wrong(name, title, "5.6", "quorum", statement, *signers)
        for name, title, statement, signers in rows
    ]
    agreements = [
        ("agreement-sender-only", "only the sender signed", sender_only),
        ("agreement-half", "the recipient signed with one of two keys", half),
        ("agreement-other", "another member signed for the recipient", foreign),
    ]
    for name, title, agreement in agreements:
        listing = replace(DIRECTORY, agreements=(agreement,))
        cases.append(wrong(name, title, "5.5", "quorum", listing))
    steps = (replace(by_lost.steps[0], frame=right(revoking), expect="adopted"), by_lost.steps[0])
    title = "an identity key that the registry revoked does not count"
    return [*cases, StatementCase("delegation-revoked", title, "5.6", LISTED, steps)]


def _quorums_of_nodes() -> list[StatementCase]:
    sign, manage = vouchers(GE)
    late = next_to(GE_BUNDLE, issued_ms=ISSUED_MS + 90 * 86_400_000)
    early = replace(GE_BUNDLE, issued_ms=ISSUED_MS - 1)
    rows: list[tuple[str, str, Statement, tuple[Signer, ...]]] = [
        ("bundle-sign-only", "without a KEY_MANAGER key", GE_BUNDLE, (sign,)),
        ("bundle-manager-only", "without a SIGN key", GE_BUNDLE, (manage,)),
        ("bundle-log", "a LOG key does not count", GE_BUNDLE, (key("GE.RS/log"), manage)),
        ("bundle-other", "the keys of another endpoint", GE_BUNDLE, vouchers("TR.GTB")),
        ("bundle-mixed", "one key of another endpoint", GE_BUNDLE, (sign, vouchers("TR.GTB")[1])),
        ("bundle-identity", "identity keys do not count", GE_BUNDLE, officers(GE)),
        ("bundle-early", "issued before its signers' windows", early, (sign, manage)),
    ]
    cases = [
        wrong(name, title, "5.7", "quorum", statement, *signers)
        for name, title, statement, signers in rows
    ]
    title = "issued when its signers' windows had ended"
    cases.append(
        wrong(
            "bundle-late",
            title,
            "5.7",
            "quorum",
            late,
            held=ALL_HELD,
            now_ms=ISSUED_MS + 91 * 86_400_000,
        )
    )
    stolen = next_to(GE_DELEGATION, revoked=((sign.key_id, LATER_MS),))
    after = wrong("", "", "", "quorum", next_to(GE_BUNDLE)).steps[0]
    steps = (replace(after, frame=right(stolen), expect="adopted"), after)
    title = "one of its signers was revoked"
    cases.append(StatementCase("bundle-revoked", title, "5.7", ALL_HELD, steps))
    return [*cases, _other_endpoint()]


def _other_endpoint() -> StatementCase:
    """Two endpoints of one member: the keys of one do not vouch for the other."""
    keys = (
        *GE_DELEGATION.keys,
        lent("n1/sign", 1, "GE.RS.N1"),
        lent("n1/key-manager", 2, "GE.RS.N1"),
    )
    two = replace(GE_DELEGATION, keys=keys)
    bundle = wrong("", "", "", "quorum", GE_BUNDLE, key("n1/sign"), key("n1/key-manager"))
    steps = (replace(bundle.steps[0], frame=right(two), expect="adopted"), bundle.steps[0])
    title = "signed by another endpoint of the same member"
    return StatementCase("bundle-other-node", title, "5.7", LISTED, steps)


def _encodings() -> list[StatementCase]:
    issued = field_number(5, ISSUED_MS)
    serial = field_number(3, 1) + issued
    wide = b"\x18" + varint(1, width=2) + issued
    rows: list[tuple[str, str, Statement, tuple[Signer, ...], object]] = [
        (
            "unknown-field",
            "a field that nobody knows",
            DIRECTORY,
            (UN, CIS),
            lambda payload: payload + field_number(12, 1),
        ),
        (
            "field-twice",
            "a field a second time",
            GE_DELEGATION,
            officers(GE),
            lambda payload: payload.replace(issued, issued + issued, 1),
        ),
        (
            "field-default",
            "an empty prev_hash written out",
            GE_DELEGATION,
            officers(GE),
            lambda payload: payload.replace(issued, field_bytes(4, b"") + issued, 1),
        ),
        (
            "varint-long",
            "a number with a byte more than it needs",
            GE_DELEGATION,
            officers(GE),
            lambda payload: payload.replace(serial, wide, 1),
        ),
        ("payload-junk", "no protobuf", GE_DELEGATION, officers(GE), lambda _: b"\xff" * 40),
        ("payload-cut", "it ends early", GE_BUNDLE, vouchers(GE), lambda payload: payload[:-1]),
        ("payload-other", "a bundle signed as a delegation", GE_BUNDLE, officers(GE), None),
    ]
    cases = []
    for name, title, statement, signers, change in rows:
        held = LENT if statement is GE_BUNDLE else LISTED if statement is not DIRECTORY else ROOTED
        if change is None:
            kind, payload = KINDS["delegation"], statement.payload
            data = framed(wrapped(kind, payload, entries(kind, payload, signers)))
        else:
            data = frame(statement, *signers, payload=change)  # type: ignore[arg-type]
        cases.append(one(name, title, "1.4", MALFORMED, data, held))
    return cases
