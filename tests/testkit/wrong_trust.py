"""Rightly signed roots and directories that say what may not be said (PROTOCOL §5.3 to §5.5)."""

from dataclasses import replace

from testkit.envelopes import fresh, h
from testkit.statement_case import StatementCase, one, wrong
from testkit.statement_world import (
    ALL_BODIES,
    BODIES,
    DIRECTORY,
    GE_TR,
    ISSUED_MS,
    ROOT,
    agreement,
    by_both,
    key,
    member,
    officers,
    public,
    right,
)
from testkit.trust import Agreement, Body, Root, frame, of, signed
from testkit.world import DAY_MS, MINUTE_MS, NOW_MS

MALFORMED = "statement_malformed"
ADMISSION = "key_admission"
GE, TR = "GE.RS", "TR.GTB"
OTHER_NETWORK = fresh("another network", 16)
SOON_MS = NOW_MS + 10 * MINUTE_MS + 1
LONG = "x" * 257


def wrong_trust() -> list[StatementCase]:
    """Return them by kind of statement."""
    return [
        *_roots(),
        *_directories(),
        *_members(),
        *_agreements(),
    ]


def _first(name: str, title: str, expect: str, root: Root, *, lab: bool = False) -> StatementCase:
    """Return a case of a first root whose hash the configuration does name."""
    data = frame(root, *ALL_BODIES)
    return one(name, title, "5.3", expect, data, (), genesis=h(root.payload), lab=lab)


def _roots() -> list[StatementCase]:
    un, eu, cis = BODIES
    crowd = tuple(Body(f"B{n}", 3, public(f"crowd-{n}")) for n in range(30))
    many = public("un", *(f"many-{n}" for n in range(16)))
    rows: list[tuple[str, str, dict[str, object]]] = [
        ("root-bodies-33", "33 bodies", {"bodies": (*BODIES, *crowd)}),
        (
            "root-body-twice",
            "a body is named twice",
            {"bodies": (un, eu, replace(cis, body_id="UN"))},
        ),
        (
            "root-class-0",
            "a body without a class",
            {"bodies": (un, eu, replace(cis, body_class=0))},
        ),
        (
            "root-class-4",
            "a class that nobody knows",
            {"bodies": (un, eu, replace(cis, body_class=4))},
        ),
        ("root-threshold-0", "no key must sign", {"bodies": (un, eu, replace(cis, threshold=0))}),
        (
            "root-threshold-2",
            "more keys than there are",
            {"bodies": (un, eu, replace(cis, threshold=2))},
        ),
        ("root-keys-17", "17 keys of one body", {"bodies": (replace(un, keys=many), eu, cis)}),
        (
            "root-body-name",
            "a name that is not ASCII",
            {"bodies": (un, eu, replace(cis, body_id="\u0421IS"))},
        ),
        ("root-no-clause", "a quorum without clauses", {"directory": ()}),
        ("root-clause-0", "a clause that asks for nobody", {"directory": ((0, 2), (1, 0))}),
        ("root-clause-twice", "two clauses for one class", {"directory": ((0, 2), (0, 1))}),
        ("root-clause-class", "a clause of an unknown class", {"directory": ((0, 2), (4, 1))}),
        ("root-unreachable", "a quorum that the bodies cannot reach", {"directory": ((1, 2),)}),
        ("root-lifetime", "732 days", {"expires_ms": ROOT.issued_ms + 731 * DAY_MS + 1}),
        ("root-turned", "it expires when it is issued", {"expires_ms": ROOT.issued_ms}),
        ("root-prev", "version 1 names a root before it", {"prev": bytes(32)}),
        ("root-name", "an empty name of the network", {"name": ""}),
        ("root-name-long", "a name of 257 bytes", {"name": LONG}),
        ("root-name-control", "a line feed in the name", {"name": "two\nlines"}),
    ]
    cases = [_first(name, title, MALFORMED, replace(ROOT, **parts)) for name, title, parts in rows]  # type: ignore[arg-type]
    lab = replace(ROOT, lab=True)
    second = replace(ROOT, version=2, prev=h(ROOT.payload))
    title = "the root of a laboratory, in a node that is not part of one"
    return [
        *cases,
        _first("root-lab", title, "lab_root", lab),
        _first("root-lab-in-lab", "the same in a laboratory's node", "adopted", lab, lab=True),
        _first("root-starts-at-2", "the first root has version 2", "statement_chain", second),
        _first("root-future", "a root from the future", "created_in_future", _root_of(SOON_MS)),
        wrong(
            "root-not-pinned",
            "another first root than the configuration names",
            "5.3",
            "statement_chain",
            replace(ROOT, name="another network"),
        ),
    ]


def _root_of(issued_ms: int) -> Root:
    return replace(ROOT, issued_ms=issued_ms)


def _directories() -> list[StatementCase]:
    rows: list[tuple[str, str, dict[str, object]]] = [
        ("directory-suite-0", "no lowest suite", {"min_suite": 0}),
        ("directory-suite-3", "a suite that nobody knows", {"min_suite": 3}),
        ("directory-version-0", "version 0", {"version": 0}),
        ("directory-prev-0", "version 2 names none before it", {"version": 2}),
        ("directory-prev-31", "a prev_hash of 31 bytes", {"version": 2, "prev": bytes(31)}),
        (
            "directory-long",
            "45 days and a millisecond",
            {"expires_ms": ISSUED_MS + 45 * DAY_MS + 1},
        ),
        ("directory-turned", "it expires when it is issued", {"expires_ms": ISSUED_MS}),
        (
            "directory-revoked-order",
            "revoked key ids descend",
            {"revoked": (b"\2" * 16, b"\1" * 16)},
        ),
        ("directory-revoked-twice", "a key id is revoked twice", {"revoked": (b"\1" * 16,) * 2}),
        ("directory-revoked-15", "a key id of 15 bytes", {"revoked": (b"\1" * 15,)}),
        (
            "directory-end-unlisted",
            "an agreement ends that is not listed",
            {"ended": (("x", NOW_MS),)},
        ),
        (
            "directory-end-twice",
            "an agreement ends twice",
            {"ended": ((GE_TR.agreement_id, NOW_MS),) * 2},
        ),
        (
            "directory-agreement-twice",
            "an agreement is listed twice",
            {"agreements": (by_both(GE_TR),) * 2},
        ),
    ]
    cases = [
        wrong(name, title, "5.4", MALFORMED, replace(DIRECTORY, **parts))  # type: ignore[arg-type]
        for name, title, parts in rows
    ]
    ends = ISSUED_MS + 45 * DAY_MS
    old = replace(ROOT, expires_ms=ISSUED_MS + DAY_MS)
    network = h(old.payload)[:16]
    under_old = replace(DIRECTORY, network_id=network, agreements=())
    stale = one("x", "", "", "adopted", frame(old, *ALL_BODIES), (), genesis=h(old.payload))
    expired = one("x", "", "", "statement_expired", right(under_old), ())
    steps = (*stale.steps, *expired.steps)
    return [
        *cases,
        wrong(
            "directory-expired",
            "it has expired in this millisecond",
            "5.4",
            "statement_expired",
            DIRECTORY,
            now_ms=ends,
        ),
        replace(
            stale,
            name="directory-root-expired",
            title="the root has expired",
            section="5.4",
            steps=steps,
        ),
        wrong(
            "directory-root-version",
            "it stands under a root that is not the newest",
            "5.4",
            "statement_chain",
            replace(DIRECTORY, root_version=2),
        ),
    ]


def _members() -> list[StatementCase]:
    many = tuple(of(key(f"member-{n}")) for n in range(17))
    rows = [
        ("member-id-lower", "an id in lower case", member("GE.RS", member_id="ge.rs")),
        ("member-id-node", "an id of three parts", member("GE.RS", member_id="GE.RS.N1")),
        (
            "member-id-latin",
            "an id with a Cyrillic letter",
            member("GE.RS", member_id="GE.R\u0405"),
        ),
        ("member-endpoint", "the endpoint of another member", member("GE.RS", endpoint="GE.XX")),
        ("member-endpoint-odd", "an endpoint that is none", member("GE.RS", endpoint="GE.RS.")),
        ("member-status-0", "no status", member("GE.RS", status=0)),
        ("member-status-4", "a status that nobody knows", member("GE.RS", status=4)),
        ("member-threshold-0", "no identity key must sign", member("GE.RS", threshold=0)),
        ("member-threshold-4", "more than there are", member("GE.RS", threshold=4)),
        ("member-no-keys", "no identity key", member("GE.RS", keys=(), threshold=1)),
        ("member-keys-17", "17 identity keys", member("GE.RS", keys=many)),
        ("member-name", "no name", member("GE.RS", administration="")),
        ("member-name-long", "a name of 257 bytes", member("GE.RS", administration=LONG)),
        ("member-no-host", "a broker without a name", member("GE.RS", host="")),
        ("member-port-0", "port 0", member("GE.RS", port=0)),
        ("member-port-65536", "port 65,536", member("GE.RS", port=65_536)),
        ("member-ca-other", "another certificate's hash", member("GE.RS", ca_sha256=bytes(32))),
        ("member-ca-none", "no certificate", member("GE.RS", ca=b"")),
        ("member-ca-large", "a certificate above 8 KiB", member("GE.RS", ca=bytes(8193))),
    ]
    cases = [
        wrong(
            name,
            title,
            "5.4",
            MALFORMED,
            replace(DIRECTORY, members=(changed, member(TR)), agreements=()),
        )
        for name, title, changed in rows
    ]
    same = replace(
        DIRECTORY, members=(*DIRECTORY.members, member("GE.XX", member_id=GE, endpoint=GE))
    )
    country = replace(DIRECTORY, members=(*DIRECTORY.members, member("GE.XX")))
    return [
        *cases,
        wrong("member-twice", "a member is listed twice", "5.4", MALFORMED, same),
        wrong("country-twice", "two endpoints of one country", "5.4", MALFORMED, country),
    ]


def _agreements() -> list[StatementCase]:
    rows: list[tuple[str, str, Agreement]] = [
        ("agreement-empty", "an agreement on nothing", agreement(GE, TR, record_types=())),
        ("agreement-order", "types that descend", agreement(GE, TR, record_types=(2, 1))),
        ("agreement-repeats", "a type twice", agreement(GE, TR, record_types=(1, 1))),
        ("agreement-control", "a control type", agreement(GE, TR, record_types=(64,))),
        ("agreement-turned", "it ends when it begins", agreement(GE, TR, valid_to_ms=ISSUED_MS)),
        ("agreement-self", "a member with itself", agreement(GE, GE)),
        ("agreement-stranger", "with no member", agreement(GE, "KZ.SRC")),
        ("agreement-no-id", "no id", agreement(GE, TR, agreement_id="")),
        ("agreement-purpose", "a purpose of 257 bytes", agreement(GE, TR, purpose=LONG)),
    ]
    return [
        wrong(name, title, "5.5", MALFORMED, replace(DIRECTORY, agreements=(_signed(changed),)))
        for name, title, changed in rows
    ]


def _signed(changed: Agreement) -> bytes:
    parties = dict.fromkeys((changed.sender, changed.recipient))
    return signed(changed, *(one for name in parties for one in officers(name)))
