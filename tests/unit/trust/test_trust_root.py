"""The root: who signs for a network, and who follows (§5.2)."""

from dataclasses import replace

import pytest

from builders_trust import (
    AZ,
    DAY_MS,
    GE,
    NOW_MS,
    TR,
    accept,
    make_agreement,
    make_delegation,
    make_root,
    make_world,
    signing_key,
)
from builders_trust_next import (
    ALL,
    BAD_KEY,
    CHAIN,
    CIS,
    EU,
    LATER,
    MALFORMED,
    STRANGER,
    UN,
    VIEW,
    WORLD,
    refusal,
    second_directory,
    second_root,
    signed,
)
from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.trust import ceremony
from corridor.trust.root import Body, BodyClass, Clause, Root, encode_root, read_root
from corridor.trust.view import build_view


def test_a_root_signed_by_old_and_new_bodies_follows() -> None:
    newcomer = signing_key("body/EAC")
    bodies = (*make_root().bodies[:2], ceremony.body("EAC", BodyClass.REGIONAL, [newcomer]))
    root = ceremony.next_root(WORLD.root, LATER, bodies)
    view = accept(VIEW, ceremony.make_root(root, (*ALL, newcomer)), now_ms=LATER)
    assert view.root == root
    # The directory that was in force stays so; the next one is signed by the new bodies.
    assert view.dir_version == 1
    third = second_directory(root_version=2)
    assert refusal(view, signed(third, (EU, CIS))) is Reason.QUORUM
    assert refusal(view, signed(second_directory(), (UN, newcomer))) is CHAIN
    view = accept(view, signed(third, (UN, newcomer)), now_ms=LATER)
    assert build_view(WORLD.genesis_hash, view.statements(), LATER).index == view.index


NEWCOMERS = tuple(signing_key(f"body/new/{name}") for name in ("UN", "EU", "CIS"))
NEW_BODIES = tuple(
    ceremony.body(name, kind, [key])
    for name, kind, key in zip(
        ("UN", "EU", "CIS"),
        (BodyClass.UN, BodyClass.REGIONAL, BodyClass.REGIONAL),
        NEWCOMERS,
        strict=True,
    )
)


@pytest.mark.parametrize(
    ("root", "signers", "reason"),
    [
        pytest.param(
            second_root(bodies=NEW_BODIES), ALL, Reason.QUORUM, id="signed only by the old"
        ),
        pytest.param(
            second_root(bodies=NEW_BODIES), NEWCOMERS, Reason.QUORUM, id="signed only by the new"
        ),
        pytest.param(second_root(), (UN, EU), Reason.QUORUM, id="too few"),
        pytest.param(second_root(version=3), ALL, CHAIN, id="root 2 skipped"),
        pytest.param(second_root(prev_hash=bytes(32)), ALL, CHAIN, id="another predecessor"),
        pytest.param(second_root(lab=False), ALL, CHAIN, id="a laboratory becomes real"),
        pytest.param(
            second_root(version=1, prev_hash=b""), ALL, Reason.EQUIVOCATION, id="another first root"
        ),
        pytest.param(
            second_root(issued_ms=LATER + 600_001),
            ALL,
            Reason.CREATED_IN_FUTURE,
            id="from the future",
        ),
        pytest.param(
            second_root(expires_ms=LATER + 732 * DAY_MS), ALL, MALFORMED, id="three years"
        ),
        pytest.param(second_root(bodies=()), ALL, MALFORMED, id="no bodies"),
        pytest.param(second_root(root_change=()), ALL, MALFORMED, id="no policy"),
        pytest.param(
            second_root(directory=(Clause(None, 0),)),
            ALL,
            MALFORMED,
            id="a policy that asks nobody",
        ),
        pytest.param(
            second_root(directory=(Clause(None, 4),)), ALL, MALFORMED, id="a policy out of reach"
        ),
        pytest.param(
            second_root(directory=(Clause(None, 1), Clause(None, 2))),
            ALL,
            MALFORMED,
            id="two clauses for any",
        ),
        pytest.param(
            second_root(directory=(Clause(9, 1),)), ALL, MALFORMED, id="a clause of unknown class"
        ),  # type: ignore[arg-type]
        pytest.param(second_root(network_name=""), ALL, MALFORMED, id="no name"),
    ],
)
def test_a_root_out_of_place_is_refused(
    root: Root, signers: tuple[SigningKey, ...], reason: Reason
) -> None:
    assert refusal(VIEW, ceremony.make_root(root, signers)) is reason


def changed_body(**changes: object) -> Root:
    first, *rest = make_root().bodies
    return second_root(bodies=(*rest, replace(first, **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        pytest.param(changed_body(body_id="EU"), MALFORMED, id="a body twice"),
        pytest.param(changed_body(body_id="ÜN"), MALFORMED, id="homoglyph"),
        pytest.param(changed_body(body_class=0), MALFORMED, id="no class"),
        pytest.param(changed_body(threshold=0), MALFORMED, id="threshold 0"),
        pytest.param(changed_body(threshold=2), MALFORMED, id="threshold above the keys"),
        pytest.param(changed_body(keys=(BAD_KEY,)), Reason.KEY_ADMISSION, id="low-order key"),
        pytest.param(
            changed_body(keys=(ceremony.public_key(EU),)),
            Reason.KEY_ADMISSION,
            id="a key of two bodies",
        ),
        pytest.param(
            changed_body(keys=tuple(ceremony.public_key(signing_key(f"{n}")) for n in range(17))),
            MALFORMED,
            id="17 keys",
        ),
    ],
)
def test_a_root_with_an_unsound_body_is_refused(root: Root, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        read_root(encode_root(root))
    assert caught.value.reason is reason


def test_a_body_does_not_take_a_members_key() -> None:
    officer = WORLD.nodes[AZ].identity[0]
    bodies = (*make_root().bodies, ceremony.body("X", BodyClass.OTHER, [officer]))
    raw = ceremony.make_root(second_root(bodies=bodies), (*ALL, officer))
    assert refusal(VIEW, raw) is Reason.KEY_ADMISSION


def test_root_rollback_is_refused() -> None:
    view = accept(VIEW, ceremony.make_root(second_root(), ALL), now_ms=LATER)
    third = replace(
        ceremony.next_root(WORLD.root, LATER), network_name="other", version=1, prev_hash=b""
    )
    assert refusal(view, ceremony.make_root(third, ALL)) is Reason.ROLLBACK
    # The first root itself is held, and so nothing new.
    assert view.with_statement(WORLD.root, LATER) is view


def test_the_first_root_is_the_one_that_was_compared_by_hand() -> None:
    for genesis, statements in (
        (bytes(32), WORLD.statements()),
        (WORLD.genesis_hash, ()),
        (WORLD.genesis_hash, WORLD.statements()[1:]),
        (ceremony.genesis_hash(WORLD.directory), WORLD.statements()[1:]),
    ):
        with pytest.raises(Refused) as caught:
            build_view(genesis, statements, NOW_MS)
        assert caught.value.reason is CHAIN


def test_a_first_root_has_version_1_and_its_own_quorum() -> None:
    second = ceremony.make_root(second_root(), ALL)
    with pytest.raises(Refused) as caught:
        build_view(ceremony.genesis_hash(second), [second], LATER)
    assert caught.value.reason is CHAIN
    alone = ceremony.make_root(make_root(), [UN])
    with pytest.raises(Refused) as caught:
        build_view(ceremony.genesis_hash(alone), [alone], NOW_MS)
    assert caught.value.reason is Reason.QUORUM


def test_nothing_is_believed_of_a_network_without_a_directory() -> None:
    view = build_view(WORLD.genesis_hash, [WORLD.root], NOW_MS)
    assert (view.dir_version, view.dir_hash, view.members()) == (0, bytes(32), ())
    assert not view.is_current(NOW_MS)
    delegation = make_delegation(WORLD.nodes[GE], WORLD.network_id)
    assert refusal(view, delegation) is Reason.QUORUM
    assert refusal(view, WORLD.bundles[GE]) is Reason.QUORUM


def test_a_laboratory_is_believed_only_in_a_laboratory() -> None:
    VIEW.require_environment("lab")
    make_world((GE,), lab=False).view().require_environment("production")
    with pytest.raises(Refused) as caught:
        VIEW.require_environment("production")
    assert caught.value.reason is Reason.LAB_ROOT


def test_an_agreement_alone_is_no_statement_for_a_node() -> None:
    raw = make_agreement(WORLD.nodes[GE], WORLD.nodes[TR], WORLD.network_id)
    assert refusal(VIEW, raw) is MALFORMED


def test_a_policy_of_classes_counts_bodies_of_that_class() -> None:
    other = Body("X", BodyClass.OTHER, (ceremony.public_key(STRANGER),), 1)
    root = second_root(
        bodies=(*make_root().bodies, other),
        directory=(Clause(BodyClass.REGIONAL, 2), Clause(BodyClass.UN, 1)),
    )
    view = accept(VIEW, ceremony.make_root(root, (*ALL, STRANGER)), now_ms=LATER)
    directory = second_directory(root_version=2)
    assert refusal(view, signed(directory, (UN, EU, STRANGER))) is Reason.QUORUM
    assert accept(view, signed(directory, ALL), now_ms=LATER).dir_version == 2
