"""Sequences of statements that every node takes, and what they make it answer (PROTOCOL §5)."""

from dataclasses import replace

from testkit.envelopes import fresh
from testkit.statement_case import (
    ADOPTED,
    ALL_HELD,
    KNOWN,
    LENT,
    LISTED,
    ROOTED,
    Ask,
    StatementCase,
    Step,
    one,
    wrong,
)
from testkit.statement_world import (
    ALL_BODIES,
    DIRECTORY,
    DIRECTORY_2,
    EVERYTHING,
    GE_BUNDLE,
    GE_DELEGATION,
    GE_TR,
    HELD,
    ISSUED_MS,
    LATER_MS,
    UN,
    bundle,
    by_both,
    encryption,
    identity,
    key,
    member,
    next_to,
    officers,
    right,
    vouchers,
)
from testkit.trust import KINDS, Entry, entries, frame, framed, wrapped
from testkit.world import DAY_MS, MINUTE_MS, NOW_MS, opener

GE, TR, AZ = "GE.RS", "TR.GTB", "AZ.SCC"


def right_statements() -> list[StatementCase]:
    """Return them: from nothing on, then one kind after the other."""
    return [*_starts(), *_repeats(), *_chains(), *_successors(), *_answers()]


def _starts() -> list[StatementCase]:
    steps = tuple(Step(HELD[name], ADOPTED) for name in (*EVERYTHING, "bundle-tr-1"))
    grown = ("root-2", "directory-2", "delegation-ge-2", "bundle-ge-2")
    under_2 = replace(DIRECTORY_2, root_version=2)
    later = (
        Step(HELD["root-2"], ADOPTED),
        Step(frame(under_2, UN, key("eac")), ADOPTED),
        *(Step(HELD[name], ADOPTED) for name in grown[2:]),
    )
    title = "root, directory, delegations and bundles, from nothing on"
    return [
        StatementCase("start", title, "5.2", (), steps),
        StatementCase("growth", "the next of each chain", "5.2", ALL_HELD, later),
    ]


def _repeats() -> list[StatementCase]:
    more = frame(DIRECTORY, *ALL_BODIES)
    payload = GE_DELEGATION.payload
    kind = KINDS["delegation"]
    stranger = (*entries(kind, payload, officers(GE)), Entry(fresh("nobody", 16), bytes(64)))
    passed = framed(wrapped(kind, payload, stranger))
    names = ("root-1", "directory-1", "delegation-ge-1", "bundle-ge-1")
    twice = tuple(Step(HELD[name], KNOWN) for name in names)
    return [
        StatementCase("again", "each statement comes a second time", "5.1", ALL_HELD, twice),
        one("again-signed", "the same payload, signed by more", "5.1", KNOWN, more, LISTED),
        one(
            "signature-unknown-key",
            "a signature under an id that does not count is passed over",
            "5.1",
            ADOPTED,
            passed,
            LISTED,
        ),
        wrong(
            "all-sign", "signed by more than enough", "5.6", ADOPTED, GE_DELEGATION, *identity(GE)
        ),
    ]


def _chains() -> list[StatementCase]:
    jumped = replace(next_to(DIRECTORY_2), expires_ms=LATER_MS + 45 * DAY_MS)
    far = replace(jumped, version=1001)
    late = replace(DIRECTORY, version=40, prev=fresh("directory 39"))
    soon = replace(
        next_to(GE_BUNDLE, issued_ms=NOW_MS + 10 * MINUTE_MS),
        keys=GE_BUNDLE.keys,
    )
    return [
        wrong("jump", "one directory was missed", "5.2", ADOPTED, jumped, held=LISTED),
        wrong("jump-far", "999 directories were missed", "5.2", ADOPTED, far, held=LISTED),
        wrong("late-start", "the first directory held is version 40", "5.2", ADOPTED, late),
        wrong(
            "issued-soon",
            "issued exactly ten minutes ahead of the clock",
            "5.1",
            ADOPTED,
            soon,
            held=ALL_HELD,
        ),
        wrong(
            "same-time",
            "issued in the same millisecond as the one before",
            "5.2",
            ADOPTED,
            next_to(GE_BUNDLE, issued_ms=GE_BUNDLE.issued_ms),
            held=ALL_HELD,
        ),
    ]


def _successors() -> list[StatementCase]:
    short = replace(GE_TR, valid_to_ms=LATER_MS - 30 * DAY_MS, valid_from_ms=1)
    listing = replace(DIRECTORY, agreements=(by_both(short),))
    gone = replace(next_to(listing), agreements=())
    left = replace(
        DIRECTORY, members=(member(GE), member(TR, status=3), member("TR.NEW"), member(AZ))
    )
    ended = replace(DIRECTORY_2, ended=((GE_TR.agreement_id, LATER_MS),))
    return [
        StatementCase(
            "agreement-over",
            "an agreement is no longer listed, 30 days after its end",
            "5.4",
            ROOTED,
            (Step(right(listing), ADOPTED), Step(right(gone), ADOPTED)),
        ),
        wrong(
            "country-left",
            "a member has left and another of its country has come",
            "5.4",
            ADOPTED,
            replace(left, agreements=()),
        ),
        StatementCase(
            "ended",
            "an agreement ends when the directory says so, and control passes 30 days longer",
            "5.5",
            ALL_HELD,
            (Step(right(ended), ADOPTED),),
            asks=(
                _authorises(14, LATER_MS - 1, allowed=True),
                _authorises(14, LATER_MS, allowed=False),
                _control(LATER_MS + 30 * DAY_MS - 1, allowed=True),
                # the agreement of the other direction has not ended
                _control(LATER_MS + 30 * DAY_MS, allowed=True),
            ),
        ),
    ]


def _answers() -> list[StatementCase]:
    return [
        StatementCase(
            "answers", "what the first statements mean", "5", ALL_HELD, (), asks=_first()
        ),
        _revoked_signer(),
        _revoked_by_registry(),
        _two_keys(),
        _high_suite_ended(),
    ]


def _first() -> tuple[Ask, ...]:
    end = ISSUED_MS + 90 * DAY_MS
    suite_2 = opener(f"trust-{TR}", 2).key_id
    return (
        _signer(GE, "GE.RS/sign", ISSUED_MS, key("GE.RS/sign").public.hex()),
        _signer(GE, "GE.RS/sign", ISSUED_MS - 1, "signer_expired"),
        _signer(GE, "GE.RS/sign", end, "signer_expired"),
        _signer(GE, "GE.RS/key-manager", NOW_MS, "unknown_signer"),
        _signer(GE, "TR.GTB/sign", NOW_MS, "unknown_signer"),
        _signer("KZ.SRC", "GE.RS/sign", NOW_MS, "unknown_sender"),
        _sealing(TR, NOW_MS, suite_2.hex()),
        _sealing(TR, ISSUED_MS - 1, "no_encryption_key"),
        _sealing(AZ, NOW_MS, "no_encryption_key"),
        _sealing("KZ.SRC", NOW_MS, "unknown_recipient"),
        _sealing(TR, DIRECTORY.expires_ms, "statement_expired"),
        _accepts(TR, suite_2, ISSUED_MS + 120 * DAY_MS - 1, allowed=True),
        _accepts(TR, suite_2, ISSUED_MS + 120 * DAY_MS, allowed=False),
        _authorises(1, ISSUED_MS, allowed=True),
        _authorises(1, ISSUED_MS - 1, allowed=False),
        _authorises(64, ISSUED_MS - 10 * MINUTE_MS, allowed=True),
        _authorises(64, ISSUED_MS - 10 * MINUTE_MS - 1, allowed=False),
        _control(NOW_MS + 330 * DAY_MS - 1, allowed=True),
        _control(NOW_MS + 330 * DAY_MS, allowed=False),
    )


def _revoked_signer() -> StatementCase:
    stolen = key("GE.RS/sign")
    new = next_to(GE_DELEGATION, revoked=((stolen.key_id, LATER_MS),))
    return StatementCase(
        "revoked-signer",
        "a revoked key counts no more, whatever the time, nor does the bundle that it signed",
        "5.6",
        ALL_HELD,
        (Step(right(new), ADOPTED),),
        asks=(
            _signer(GE, "GE.RS/sign", ISSUED_MS, "signer_revoked"),
            _sealing(GE, NOW_MS, "no_encryption_key"),
        ),
    )


def _revoked_by_registry() -> StatementCase:
    lost = tuple(sorted(one.key_id for one in identity(TR)[:2]))
    new = replace(DIRECTORY_2, revoked=lost)
    return StatementCase(
        "revoked-identity",
        "a delegation and an agreement of which too few signers are trusted do not count",
        "5.5",
        ALL_HELD,
        (Step(right(new), ADOPTED),),
        asks=(
            _signer(TR, "TR.GTB/sign", NOW_MS, "unknown_signer"),
            _authorises(14, NOW_MS, allowed=False),
        ),
    )


def _two_keys() -> StatementCase:
    newer = encryption("ge-newer", 2, encrypt_from_ms=NOW_MS)
    newer = replace(newer, encrypt_until_ms=NOW_MS + DAY_MS, accept_until_ms=NOW_MS + DAY_MS)
    new = next_to(GE_BUNDLE, keys=(*GE_BUNDLE.keys, newer))
    older = opener(f"trust-{GE}", 2).key_id.hex()
    return StatementCase(
        "overlap",
        "of two keys in their windows the one that began later is taken",
        "5.7",
        ALL_HELD,
        (Step(right(new), ADOPTED),),
        asks=(
            _sealing(GE, NOW_MS - 1, older),
            _sealing(GE, NOW_MS, newer_id()),
            _sealing(GE, NOW_MS + DAY_MS, older),
        ),
    )


def newer_id() -> str:
    """Return the id of the newer key of `overlap`."""
    return opener("ge-newer", 2).key_id.hex()


def _high_suite_ended() -> StatementCase:
    high = replace(
        GE_BUNDLE.keys[1],
        encrypt_until_ms=LATER_MS,
        accept_until_ms=LATER_MS,
    )
    title = "no key of the highest suite is in its window: the lower suite is not taken"
    ended = bundle(GE, keys=(GE_BUNDLE.keys[0], high))
    return StatementCase(
        "no-lower-suite",
        title,
        "5.7",
        LENT,
        (Step(frame(ended, *vouchers(GE)), ADOPTED),),
        asks=(_sealing(GE, NOW_MS, "no_encryption_key"),),
    )


def _signer(endpoint: str, name: str, at_ms: int, expect: str) -> Ask:
    given = {"endpoint": endpoint, "key_id": key(name).key_id.hex(), "at_ms": at_ms}
    return Ask("signer", given, expect)


def _sealing(endpoint: str, at_ms: int, expect: str) -> Ask:
    return Ask("sealing_key", {"endpoint": endpoint, "at_ms": at_ms}, expect)


def _accepts(endpoint: str, key_id: bytes, at_ms: int, *, allowed: bool) -> Ask:
    given = {"endpoint": endpoint, "key_id": key_id.hex(), "at_ms": at_ms}
    return Ask("accepts", given, allowed)


def _authorises(record_type: int, at_ms: int, *, allowed: bool) -> Ask:
    given = {"sender": GE, "recipient": TR, "record_type": record_type, "at_ms": at_ms}
    return Ask("authorises", given, allowed)


def _control(at_ms: int, *, allowed: bool) -> Ask:
    return Ask("control_allowed", {"sender": GE, "recipient": TR, "at_ms": at_ms}, allowed)
