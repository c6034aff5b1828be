"""The directory: its quorum, its chain, its time (§5.3)."""

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from builders_trust import (
    DAY_MS,
    GE,
    NOW_MS,
    TR,
    accept,
    make_root,
    signing_key,
)
from builders_trust_next import (
    ALL,
    CIS,
    EU,
    LATER,
    STRANGER,
    UN,
    VIEW,
    WORLD,
    read_directory_of,
    refusal,
    second_directory,
    signed,
)
from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.trust import ceremony
from corridor.trust.directory import (
    encode_directory,
)
from corridor.trust.root import BodyClass
from corridor.trust.view import build_view


def test_a_directory_signed_by_a_quorum_follows() -> None:
    view = accept(VIEW, signed(second_directory(), (UN, EU)), now_ms=LATER)
    assert (view.dir_version, VIEW.dir_version) == (2, 1)
    assert view.dir_hash == hashlib.sha256(encode_directory(second_directory())).digest()


@pytest.mark.parametrize(
    ("signers", "reason"),
    [
        pytest.param((EU, CIS), Reason.QUORUM, id="enough bodies but not the UN"),
        pytest.param((UN,), Reason.QUORUM, id="the UN alone"),
        pytest.param((UN, STRANGER), Reason.QUORUM, id="the UN and a stranger"),
        pytest.param((STRANGER,), Reason.QUORUM, id="a stranger alone"),
        pytest.param(WORLD.nodes[GE].identity, Reason.QUORUM, id="a member's identity keys"),
        pytest.param((UN, UN), Reason.STATEMENT_SIGNATURE, id="the same key twice"),
    ],
)
def test_a_directory_without_its_quorum_is_refused(
    signers: tuple[SigningKey, ...], reason: Reason
) -> None:
    assert refusal(VIEW, signed(second_directory(), signers)) is reason


def world_of_two_key_bodies() -> SimpleNamespace:
    """A network whose EU body needs both of its keys."""
    second = signing_key("body/EU/2")
    bodies = make_root().bodies
    root = replace(
        make_root(),
        bodies=(bodies[0], ceremony.body("EU", BodyClass.REGIONAL, [EU, second], 2), bodies[2]),
    )
    raw = ceremony.make_root(root, (*ALL, second))
    genesis = ceremony.genesis_hash(raw)
    directory = ceremony.first_directory(genesis[:16], WORLD.members, (), NOW_MS)
    return SimpleNamespace(
        view=build_view(genesis, [raw], NOW_MS), directory=directory, second=second
    )


def test_two_keys_of_one_body_are_one_body() -> None:
    world = world_of_two_key_bodies()
    raw = signed(world.directory, (EU, world.second))
    assert refusal(world.view, raw) is Reason.QUORUM


def test_a_body_below_its_own_threshold_does_not_count() -> None:
    world = world_of_two_key_bodies()
    assert refusal(world.view, signed(world.directory, (UN, EU))) is Reason.QUORUM
    raw = signed(world.directory, (UN, EU, world.second))
    assert accept(world.view, raw).dir_version == 1


# --- directory: chain and time ----------------------------------------------------------------


def test_a_directory_that_is_held_already_changes_nothing() -> None:
    assert VIEW.with_statement(WORLD.directory, NOW_MS) is VIEW
    one_signature_less = signed(read_directory_of(WORLD), (UN, EU))
    assert VIEW.with_statement(one_signature_less, NOW_MS) is VIEW


def test_rollback_to_an_older_directory_is_refused() -> None:
    view = accept(VIEW, signed(second_directory()), now_ms=LATER)
    assert refusal(view, WORLD.directory) is Reason.ROLLBACK


def test_equivocation_of_the_registry_is_named() -> None:
    view = accept(VIEW, signed(second_directory()), now_ms=LATER)
    other = second_directory(min_suite=2)
    assert refusal(view, signed(other)) is Reason.EQUIVOCATION


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"prev_hash": bytes(32)}, Reason.STATEMENT_CHAIN, id="another predecessor"),
        pytest.param({"prev_hash": b""}, Reason.STATEMENT_MALFORMED, id="no predecessor"),
        pytest.param({"version": 1002}, Reason.STATEMENT_CHAIN, id="fast forward"),
        pytest.param({"version": 2**63}, Reason.STATEMENT_CHAIN, id="fast forward to the end"),
        pytest.param({"version": 0}, Reason.STATEMENT_MALFORMED, id="version 0"),
        pytest.param(
            {"issued_ms": NOW_MS - 1, "expires_ms": NOW_MS + DAY_MS},
            Reason.STATEMENT_CHAIN,
            id="issued before its predecessor",
        ),
        pytest.param({"root_version": 2}, Reason.STATEMENT_CHAIN, id="a root we do not know"),
        pytest.param(
            {"expires_ms": LATER + 45 * DAY_MS + 1}, Reason.STATEMENT_MALFORMED, id="46 days"
        ),
        pytest.param({"expires_ms": LATER}, Reason.STATEMENT_MALFORMED, id="ends as it starts"),
        pytest.param(
            {"issued_ms": LATER + 600_001}, Reason.CREATED_IN_FUTURE, id="from the future"
        ),
        pytest.param({"network_id": bytes(16)}, Reason.NETWORK, id="another network"),
        pytest.param({"min_suite": 0}, Reason.STATEMENT_MALFORMED, id="suite 0"),
        pytest.param({"min_suite": 3}, Reason.STATEMENT_MALFORMED, id="suite 3"),
    ],
)
def test_a_directory_out_of_place_is_refused(changes: dict[str, object], reason: Reason) -> None:
    assert refusal(VIEW, signed(second_directory(**changes))) is reason


def test_missed_directories_may_be_jumped_over_within_the_limit() -> None:
    far = second_directory(version=1001, prev_hash=b"\x07" * 32)
    assert accept(VIEW, signed(far), now_ms=LATER).dir_version == 1001


def test_an_expired_directory_is_refused() -> None:
    late_ms = LATER + 46 * DAY_MS
    assert refusal(VIEW, signed(second_directory()), late_ms) is Reason.STATEMENT_EXPIRED


def test_a_directory_under_an_expired_root_is_refused() -> None:
    late_ms = NOW_MS + 731 * DAY_MS
    directory = second_directory(at_ms=late_ms - DAY_MS)
    assert refusal(VIEW, signed(directory), late_ms) is Reason.STATEMENT_EXPIRED


def test_a_held_directory_that_expired_is_still_believed_about_the_past_and_seals_nothing() -> None:
    late_ms = NOW_MS + 46 * DAY_MS
    view = build_view(WORLD.genesis_hash, WORLD.statements(), late_ms)
    assert not view.is_current(late_ms)
    assert VIEW.is_current(NOW_MS)
    assert view.signer(GE, WORLD.nodes[GE].signing.key_id, NOW_MS)
    with pytest.raises(Refused) as caught:
        view.sealing_key(TR, late_ms)
    assert caught.value.reason is Reason.STATEMENT_EXPIRED


def test_a_clock_that_fell_behind_what_is_held_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        build_view(WORLD.genesis_hash, WORLD.statements(), NOW_MS - 600_001)
    assert caught.value.reason is Reason.CREATED_IN_FUTURE
