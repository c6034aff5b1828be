"""Requests to be listed, drafts and approvals: refused by name, one table for each."""

from dataclasses import replace

import pytest

from builders_trust import GE, NOW_MS, World, make_world, signing_key
from corridor.errors import Reason, Refused
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.approval import approval, merge_signatures
from corridor.trust.directory import BrokerAddress, Member, MemberStatus
from corridor.trust.possession import (
    added_members,
    make_possession,
    read_possession,
    require_admissible,
)
from corridor.trust.state import adopt_draft
from corridor.trust.statements import Signed

KZ = Endpoint("KZ.KGD")
KEYS = tuple(signing_key(f"asks/{n}") for n in range(3))


@pytest.fixture
def world() -> World:
    return make_world()


def asked(keys=KEYS, endpoint: Endpoint = KZ, broker: BrokerAddress | None = None) -> Member:  # noqa: ANN001 - signing keys
    address = broker or make_world().members[0].broker
    return ceremony.member(endpoint, "State Revenue Committee", keys, 2, address)


def refuses(reason: Reason, raw: bytes, now_ms: int = NOW_MS) -> None:
    with pytest.raises(Refused) as refused:
        read_possession(raw, now_ms)
    assert refused.value.reason is reason


def test_a_request_that_every_key_signed_is_read_as_it_was_made() -> None:
    request = read_possession(make_possession(asked(), KEYS, NOW_MS), NOW_MS)
    assert request.member == asked()
    assert request.made_ms == NOW_MS


@pytest.mark.parametrize("signers", [KEYS[:1], KEYS[:2], KEYS[1:]])
def test_a_key_that_did_not_sign_is_not_listed(signers: tuple) -> None:
    refuses(Reason.QUORUM, make_possession(asked(), signers, NOW_MS))


def test_somebody_elses_key_cannot_be_listed_as_ones_own() -> None:
    theirs = signing_key("identity of another")
    mine = (*KEYS[:2], theirs)
    refuses(Reason.QUORUM, make_possession(asked(mine), (*KEYS[:2], KEYS[2]), NOW_MS))


def test_a_request_that_was_changed_is_refused() -> None:
    raw = make_possession(asked(), KEYS, NOW_MS)
    changed = raw.replace(b"State Revenue Committee", b"State Revenue Committed")
    assert changed != raw
    refuses(Reason.STATEMENT_SIGNATURE, changed)


def test_a_request_from_the_future_is_refused() -> None:
    refuses(Reason.CREATED_IN_FUTURE, make_possession(asked(), KEYS, NOW_MS + 3_600_000))


def test_only_an_active_member_is_asked_for() -> None:
    left = replace(asked(), status=MemberStatus.LEFT)
    refuses(Reason.STATEMENT_MALFORMED, make_possession(left, KEYS, NOW_MS))


def test_a_key_that_is_named_twice_is_refused() -> None:
    twice = (KEYS[0], KEYS[0], KEYS[1])
    refuses(Reason.KEY_ADMISSION, make_possession(asked(twice), KEYS[:2], NOW_MS))


def test_another_statement_is_no_request(world: World) -> None:
    refuses(Reason.STATEMENT_MALFORMED, world.directory)
    refuses(Reason.STATEMENT_MALFORMED, b"not a statement")
    refuses(Reason.STATEMENT_MALFORMED, b"")


def test_a_node_takes_no_request_from_a_link(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.view().with_statement(make_possession(asked(), KEYS, NOW_MS), NOW_MS)
    assert refused.value.reason is Reason.STATEMENT_MALFORMED


def test_the_fingerprint_covers_keys_order_and_threshold() -> None:
    identity = asked().identity
    others = [
        replace(identity, threshold=3),
        replace(identity, keys=identity.keys[::-1]),
        replace(identity, keys=identity.keys[:2]),
    ]
    prints = {one.fingerprint() for one in (identity, *others)}
    assert len(prints) == 4
    assert all(len(one) == 32 for one in prints)


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (asked(), None),
        (asked(endpoint=GE), Reason.STATEMENT_CHAIN),
        (asked(endpoint=Endpoint("GE.OTHER")), Reason.STATEMENT_CHAIN),
        (asked((signing_key("body/UN"), *KEYS[:2])), Reason.KEY_ADMISSION),
        (asked((make_world().nodes[GE].identity[0], *KEYS[:2])), Reason.KEY_ADMISSION),
        (asked((make_world().nodes[GE].signing, *KEYS[:2])), Reason.KEY_ADMISSION),
    ],
    ids=["new", "listed", "country taken", "body's key", "member's key", "node's key"],
)
def test_what_the_next_directory_could_not_list_is_not_admitted(
    world: World, member: Member, reason: Reason | None
) -> None:
    if reason is None:
        require_admissible(world.view().state, member)
        return
    with pytest.raises(Refused) as refused:
        require_admissible(world.view().state, member)
    assert refused.value.reason is reason


def test_the_first_members_are_admitted_where_there_is_no_directory(world: World) -> None:
    view = world.view()
    require_admissible(replace(view.state, directory=None, delegations={}), asked())


def test_a_country_whose_member_has_left_may_come_back_under_another_name(world: World) -> None:
    state = world.view().state
    assert state.directory is not None
    members = tuple(
        replace(one, status=MemberStatus.LEFT) if one.endpoint == GE else one
        for one in state.directory.value.members
    )
    directory = replace(state.directory, value=replace(state.directory.value, members=members))
    require_admissible(replace(state, directory=directory), asked(endpoint=Endpoint("GE.OTHER")))


def next_directory(world: World, *members: Member) -> bytes:
    """Return the next directory, signed by one body only."""
    new = ceremony.next_directory(
        world.directory, world.network_id, NOW_MS + 1, members=(*world.members, *members)
    )
    return ceremony.make_directory(new, world.registry[:1])


def test_a_draft_is_judged_as_if_all_had_signed(world: World) -> None:
    state = world.view().state
    draft = Signed.parse(next_directory(world, asked()))
    with pytest.raises(Refused) as refused:
        world.view().with_statement(draft.to_bytes(), NOW_MS + 1)
    assert refused.value.reason is Reason.QUORUM
    changed = adopt_draft(state, draft, NOW_MS + 1)
    assert changed.directory is not None
    assert state.directory is not None
    new = added_members(state.directory.value, changed.directory.value)
    assert [one.member_id for one in new] == ["KZ.KGD"]
    assert added_members(None, changed.directory.value) == changed.directory.value.members


def test_a_draft_that_takes_something_back_is_refused(world: World) -> None:
    new = ceremony.next_directory(
        world.directory, world.network_id, NOW_MS + 1, members=world.members
    )
    gone = ceremony.make_directory(replace(new, version=new.version + 5_000), world.registry[:1])
    with pytest.raises(Refused) as refused:
        adopt_draft(world.view().state, Signed.parse(gone), NOW_MS + 1)
    assert refused.value.reason is Reason.STATEMENT_CHAIN


def test_a_root_is_drafted_too_and_nothing_else(world: World) -> None:
    state = world.view().state
    root = ceremony.make_root(ceremony.next_root(world.root, NOW_MS + 1), world.registry[:1])
    assert adopt_draft(state, Signed.parse(root), NOW_MS + 1).root.version == 2
    with pytest.raises(Refused) as refused:
        adopt_draft(state, Signed.parse(world.delegations[GE]), NOW_MS)
    assert refused.value.reason is Reason.STATEMENT_MALFORMED


@pytest.mark.parametrize(
    ("signers", "complete", "missing"),
    [
        (("UN",), False, ("EU", "CIS")),
        (("EU", "CIS"), False, ("UN",)),
        (("UN", "CIS"), True, ("EU",)),
        (("UN", "EU", "CIS"), True, ()),
        ((), False, ("UN", "EU", "CIS")),
    ],
)
def test_it_is_told_who_signed_and_who_is_missing(
    world: World, signers: tuple[str, ...], complete: object, missing: tuple[str, ...]
) -> None:
    root = world.view().root
    new = ceremony.next_directory(world.directory, world.network_id, NOW_MS + 1)
    keys = [world.bodies[name] for name in signers] or [signing_key("nobody's")]
    signed = Signed.parse(ceremony.make_directory(new, keys))
    found = approval(signed, root.bodies, root.directory)
    assert found.complete is complete
    assert found.missing() == missing
    assert found.signed_by() == signers
    assert ("complete" in found.words()) is complete


def test_a_wrong_signature_is_no_signature(world: World) -> None:
    signed = Signed.parse(next_directory(world))
    wrong = replace(signed.signatures[0], signature=bytes(64))
    root = world.view().root
    with pytest.raises(Refused) as refused:
        approval(replace(signed, signatures=(wrong,)), root.bodies, root.directory)
    assert refused.value.reason is Reason.STATEMENT_SIGNATURE


def test_copies_that_several_bodies_signed_are_put_together(world: World) -> None:
    new = ceremony.next_directory(world.directory, world.network_id, NOW_MS + 1)
    copies = [Signed.parse(ceremony.make_directory(new, [key])) for key in world.registry]
    merged = merge_signatures([*copies, copies[0]])
    assert {one.key_id for one in merged.signatures} == {key.key_id for key in world.registry}
    world.view().with_statement(merged.to_bytes(), NOW_MS + 1)
    with pytest.raises(Refused) as refused:
        merge_signatures([copies[0], Signed.parse(world.directory)])
    assert refused.value.reason is Reason.STATEMENT_CHAIN
