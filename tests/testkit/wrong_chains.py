"""Statements that do not follow what is held, or take something of it back (PROTOCOL §5.2 on)."""

from dataclasses import replace

from testkit.envelopes import Signer, fresh, h
from testkit.statement_case import ALL_HELD, LISTED, ROOTED, StatementCase, Step, wrong
from testkit.statement_world import (
    DIRECTORY,
    DIRECTORY_2,
    GE_BUNDLE,
    GE_BUNDLE_2,
    GE_DELEGATION,
    GE_DELEGATION_2,
    GE_TR,
    ISSUED_MS,
    LATER_MS,
    ROOT,
    ROOT_2,
    ROOT_2_SIGNERS,
    TR_GE,
    by_both,
    identity,
    key,
    lent,
    member,
    next_to,
    right,
)
from testkit.trust import Statement, of
from testkit.world import DAY_MS

CHAIN = "statement_chain"
GE = "GE.RS"
Row = tuple[str, str, Statement, tuple[Signer, ...], tuple[str, ...]]


def wrong_chains() -> list[StatementCase]:
    """Return them in the order of the table of §5.2, then what may not be taken back."""
    return [*_numbers(), *_links(), *_roots(), *_directories(), *_delegations()]


def _numbers() -> list[StatementCase]:
    """An older number, and the same number twice, of each kind."""
    second: list[tuple[str, Statement, Statement, tuple[str, ...]]] = [
        ("directory", DIRECTORY, DIRECTORY_2, LISTED),
        ("delegation", GE_DELEGATION, GE_DELEGATION_2, (*LISTED, "delegation-ge-1")),
        ("bundle", GE_BUNDLE, GE_BUNDLE_2, ALL_HELD),
    ]
    cases = []
    for kind, first, newer, held in second:
        older = replace(first, issued_ms=first.issued_ms + 1)
        steps = (Step(right(newer), "adopted"), Step(right(older), "rollback"))
        title = f"a {kind} with a lower number than the one held"
        cases.append(StatementCase(f"{kind}-rollback", title, "5.2", held, steps))
        title = f"another {kind} of the number that is held"
        row = wrong(f"{kind}-equivocation", title, "5.2", "equivocation", older, held=held)
        cases.append(row)
        replay = (Step(right(newer), "adopted"), Step(right(first), "rollback"))
        title = f"the {kind} that was held before"
        cases.append(StatementCase(f"{kind}-replayed", title, "5.2", held, replay))
    renamed = replace(ROOT, name="the same network under another name")
    other = replace(ROOT_2, name="another second root")
    held = ("root-1", "root-2")
    rows: list[Row] = [
        ("root-equivocation", "another root of version 2", other, ROOT_2_SIGNERS, held),
        ("root-rollback", "another root of version 1", renamed, ROOT_2_SIGNERS, held),
    ]
    expect = ("equivocation", "rollback")
    return cases + [
        wrong(name, title, "5.2", why, statement, *signers, held=base)
        for (name, title, statement, signers, base), why in zip(rows, expect, strict=True)
    ]


def _links() -> list[StatementCase]:
    before = {"issued_ms": ISSUED_MS - 1}
    far = replace(DIRECTORY_2, version=1002)
    unlinked = {"prev": fresh("another one before it")}
    rows: list[tuple[str, str, Statement, tuple[str, ...]]] = [
        ("directory-prev", "it names another before it", replace(DIRECTORY_2, **unlinked), LISTED),
        (
            "delegation-prev-other",
            "it names another",
            replace(GE_DELEGATION_2, **unlinked),
            ALL_HELD,
        ),
        ("bundle-prev-other", "it names another", replace(GE_BUNDLE_2, **unlinked), ALL_HELD),
        ("directory-earlier", "issued before its predecessor", _earlier_directory(), LISTED),
        ("delegation-earlier", "issued earlier", replace(GE_DELEGATION_2, **before), ALL_HELD),
        (
            "bundle-earlier",
            "issued earlier",
            replace(GE_BUNDLE_2, issued_ms=GE_BUNDLE.issued_ms - 1),
            ALL_HELD,
        ),
        ("directory-far", "1,001 versions ahead", far, LISTED),
    ]
    return [
        wrong(name, title, "5.2", CHAIN, statement, held=held)
        for name, title, statement, held in rows
    ]


def _earlier_directory() -> Statement:
    return replace(DIRECTORY_2, issued_ms=ISSUED_MS - 1, expires_ms=ISSUED_MS + 40 * DAY_MS)


def _roots() -> list[StatementCase]:
    skipped = replace(ROOT_2, version=3, prev=h(ROOT_2.payload))
    rows = [
        ("root-skipped", "a root was skipped", skipped),
        ("root-prev-other", "it names another before it", replace(ROOT_2, prev=fresh("root"))),
        ("root-earlier", "issued earlier", replace(ROOT_2, issued_ms=ROOT.issued_ms - 1)),
        ("root-becomes-lab", "a network becomes a laboratory", replace(ROOT_2, lab=True)),
    ]
    return [
        wrong(name, title, "5.3", CHAIN, statement, *ROOT_2_SIGNERS, held=ROOTED)
        for name, title, statement in rows
    ]


def _directories() -> list[StatementCase]:
    ge, tr, az = DIRECTORY.members
    turned = replace(tr, keys=tuple(reversed(tr.keys)))
    changed = replace(tr, keys=(of(key("new")), *tr.keys[1:]))
    wider = by_both(replace(GE_TR, purpose="another"))
    rows = [
        ("member-gone", "a member is gone", {"members": (ge, tr)}),
        ("identity-changed", "an identity key is another", {"members": (ge, changed, az)}),
        ("identity-turned", "identity keys in another order", {"members": (ge, turned, az)}),
        (
            "identity-threshold",
            "another threshold",
            {"members": (ge, replace(tr, threshold=1), az)},
        ),
        ("agreement-gone", "an agreement is gone", {"agreements": DIRECTORY.agreements[:1]}),
        (
            "agreement-altered",
            "an agreement says something else",
            {"agreements": (wider, by_both(TR_GE))},
        ),
        (
            "ended-before",
            "an end before this directory",
            {"ended": ((GE_TR.agreement_id, LATER_MS - 1),)},
        ),
    ]
    cases = [
        wrong(name, title, "5.4", CHAIN, replace(DIRECTORY_2, **parts), held=LISTED)
        for name, title, parts in rows
    ]
    assert member("TR.GTB") == tr
    revoked = (key("stolen").key_id,)
    ended = ((GE_TR.agreement_id, LATER_MS),)
    for name, title, first, then in (
        ("revoked-again", "a revoked key is trusted again", {"revoked": revoked}, {"revoked": ()}),
        (
            "ended-later",
            "an end was put off",
            {"ended": ended},
            {"ended": ((ended[0][0], LATER_MS + 1),)},
        ),
        ("ended-not", "an end was taken back", {"ended": ended}, {"ended": ()}),
    ):
        held = replace(DIRECTORY_2, **first)
        new = replace(next_to(held), **then)
        steps = (Step(right(held), "adopted"), Step(right(new), CHAIN))
        cases.append(StatementCase(name, title, "5.4", LISTED, steps))
    return cases


def _delegations() -> list[StatementCase]:
    sign, *rest = GE_DELEGATION.keys
    longer = replace(sign, not_after_ms=sign.not_after_ms - 1)
    held = (*LISTED, "delegation-ge-1")
    rows = [
        ("lent-gone", "a key is gone before 150 days after its end", {"keys": tuple(rest)}),
        ("lent-changed", "a key has another window", {"keys": (longer, *rest)}),
    ]
    cases = [
        wrong(name, title, "5.6", CHAIN, replace(GE_DELEGATION_2, **parts), held=held)
        for name, title, parts in rows
    ]
    revoked = ((identity(GE)[2].key_id, ISSUED_MS),)
    revoking = replace(GE_DELEGATION_2, revoked=revoked)
    for name, title, then in (
        ("revocation-gone", "a revocation is gone", ()),
        ("revocation-changed", "a revocation has another time", ((revoked[0][0], ISSUED_MS - 1),)),
    ):
        new = replace(next_to(revoking), revoked=then)
        steps = (Step(right(revoking), "adopted"), Step(right(new), CHAIN))
        cases.append(StatementCase(name, title, "5.6", held, steps))
    old = lent("old", 1, GE, not_before_ms=1, not_after_ms=LATER_MS - 150 * DAY_MS)
    short = replace(old, not_before_ms=old.not_after_ms - DAY_MS)
    listing = replace(GE_DELEGATION, keys=(*GE_DELEGATION.keys, short))
    dropped = replace(next_to(listing), keys=GE_DELEGATION.keys)
    steps = (Step(right(listing), "adopted"), Step(right(dropped), "adopted"))
    title = "a key is no longer listed, 150 days after its end"
    return [*cases, StatementCase("lent-over", title, "5.6", LISTED, steps)]
