"""An agreement ends, a member leaves: what a view says of it, and what a registry may sign."""

from dataclasses import replace

import pytest

from builders_trust import AZ, DAY_MS, GE, NOW_MS, TR, World, make_world
from corridor.errors import ConfigurationError, Reason, Refused
from corridor.trust import ceremony, ending
from corridor.trust.directory import Directory, MemberStatus
from corridor.trust.ending import Phase
from corridor.trust.view import TrustView, build_view

WORLD = make_world()
VIEW = WORLD.view()
END_MS = NOW_MS + 5 * DAY_MS
SHUT_MS = END_MS + 30 * DAY_MS
ISSUED_MS = NOW_MS + DAY_MS
TYPES = range(1, 21)


def agreement_id(view: TrustView = VIEW) -> str:
    """The id of the agreement under which Türkiye sends to Georgia."""
    return next(
        one.agreement_id
        for one in ending.standings(view, TR, NOW_MS)
        if (one.sender, one.recipient) == (TR, GE)
    )


def after(directory: Directory, world: World = WORLD, view: TrustView = VIEW) -> TrustView:
    signed = ceremony.make_directory(directory, world.registry)
    return view.with_statement(signed, directory.issued_ms)


def ended(*names: str) -> Directory:
    return ending.end_agreements(WORLD.directory, WORLD.network_id, names, END_MS, ISSUED_MS)


ENDED = after(ended(agreement_id()))


@pytest.mark.parametrize(
    ("at_ms", "data", "control", "phase"),
    [
        (END_MS - 1, True, True, Phase.IN_FORCE),
        (END_MS, False, True, Phase.RECEIPTS_ONLY),
        (SHUT_MS - 1, False, True, Phase.RECEIPTS_ONLY),
        (SHUT_MS, False, False, Phase.SHUT),
    ],
)
def test_data_stop_at_the_end_and_receipts_thirty_days_later(
    at_ms: int, data: object, control: object, phase: Phase
) -> None:
    # the other direction ends with it, so that only its own aftermath is seen
    both = [
        one.agreement_id
        for one in ending.standings(VIEW, TR, NOW_MS)
        if GE in (one.sender, one.recipient)
    ]
    view = after(ended(*both))
    assert view.authorises(TR, GE, 1, at_ms) is data
    assert view.control_allowed(TR, GE, at_ms) is control
    assert view.control_allowed(GE, TR, at_ms) is control
    standing = next(
        one for one in ending.standings(view, TR, at_ms) if one.agreement_id == agreement_id()
    )
    assert (standing.phase, standing.early, standing.end_ms) == (phase, True, END_MS)
    assert standing.control_until_ms == SHUT_MS


def test_an_end_touches_one_direction_and_no_other_partner() -> None:
    assert not ENDED.authorises(TR, GE, 1, END_MS)
    assert ENDED.authorises(GE, TR, 1, END_MS)
    assert ENDED.authorises(TR, AZ, 1, END_MS)
    assert ENDED.control_allowed(TR, GE, SHUT_MS)  # by the other direction


def test_what_will_not_pass_is_certain_before_it_is_given_up() -> None:
    assert ending.will_not_pass(ENDED, TR, GE, TYPES, END_MS - 1) == ()
    assert ending.will_not_pass(ENDED, TR, GE, TYPES, END_MS) == tuple(TYPES)
    assert ending.will_not_pass(ENDED, TR, AZ, TYPES, END_MS) == ()
    expired = ENDED.expires_ms
    assert ending.will_not_pass(ENDED, TR, GE, TYPES, expired) == ()
    assert not ending.is_shut(ENDED, TR, GE, expired)


@pytest.mark.parametrize(
    ("status", "gone", "shut"),
    [
        (MemberStatus.ACTIVE, False, False),
        (MemberStatus.SUSPENDED, False, False),
        (MemberStatus.LEFT, True, True),
    ],
)
def test_who_is_suspended_is_waited_for_and_who_has_left_is_not(
    status: MemberStatus, gone: object, shut: object
) -> None:
    members = [replace(m, status=status) if m.endpoint == GE else m for m in WORLD.members]
    view = after(
        ceremony.next_directory(WORLD.directory, WORLD.network_id, ISSUED_MS, members=members)
    )
    assert (ending.will_not_pass(view, TR, GE, (1,), ISSUED_MS) == (1,)) is gone
    assert ending.is_shut(view, TR, GE, ISSUED_MS) is shut
    assert ending.has_left(view, GE) is (status is MemberStatus.LEFT)


def test_a_refusal_can_name_the_agreement_and_the_time_of_its_end() -> None:
    assert ending.why_ended(ENDED, TR, GE, 1, END_MS) == (agreement_id(), END_MS)
    assert ending.why_ended(ENDED, TR, GE, 1, END_MS - 1) is None
    assert ending.why_ended(ENDED, TR, AZ, 1, END_MS) is None
    assert ending.why_ended(ENDED, TR, GE, 21, END_MS) is None


def test_the_next_turn_is_the_nearest_begin_end_or_shutting() -> None:
    assert ending.next_turn_ms(ENDED, TR, NOW_MS) == END_MS
    assert ending.next_turn_ms(ENDED, TR, END_MS) == SHUT_MS
    assert ending.next_turn_ms(ENDED, TR, NOW_MS + 10_000 * DAY_MS) is None


def test_a_view_without_a_directory_knows_of_no_agreement() -> None:
    view = build_view(WORLD.genesis_hash, [WORLD.root], NOW_MS)
    assert ending.standings(view, TR, NOW_MS) == ()
    assert ending.next_turn_ms(view, TR, NOW_MS) is None
    assert not ending.has_left(view, GE)


def test_phases_begin_with_what_is_to_come() -> None:
    assert ending.phase_at(10, 20, 9) is Phase.TO_COME
    assert ending.phase_at(10, 20, 10) is Phase.IN_FORCE


@pytest.mark.parametrize(
    ("names", "at_ms", "says"),
    [
        (("no-such",), END_MS, "lists no such agreement"),
        ((agreement_id(),), ISSUED_MS - 1, "in the past"),
        ((agreement_id(),), NOW_MS + 10_000 * DAY_MS, "ends earlier by itself"),
    ],
)
def test_an_end_that_cannot_be_is_refused_with_its_cause(
    names: tuple[str, ...], at_ms: int, says: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ending.end_agreements(WORLD.directory, WORLD.network_id, names, at_ms, ISSUED_MS)
    assert says in str(refused.value)


def test_an_end_that_was_said_cannot_be_said_otherwise() -> None:
    signed = ceremony.make_directory(ended(agreement_id()), WORLD.registry)
    with pytest.raises(ConfigurationError) as refused:
        ending.end_agreements(
            signed, WORLD.network_id, [agreement_id()], END_MS - DAY_MS, ISSUED_MS + 1
        )
    assert "never changes" in str(refused.value)


def test_a_member_leaves_thirty_days_after_its_last_agreement() -> None:
    names = ending.open_agreements(VIEW.directory or ended(), "GE.RS", ISSUED_MS)
    assert len(names) == 4
    signed = ceremony.make_directory(ended(*names), WORLD.registry)
    with pytest.raises(ConfigurationError) as early:
        ending.leave(signed, WORLD.network_id, "GE.RS", SHUT_MS - 1)
    assert early.value.faults == names
    left = ending.leave(signed, WORLD.network_id, "GE.RS", SHUT_MS)
    assert {one.member_id: one.status for one in left.members}["GE.RS"] is MemberStatus.LEFT


def test_a_member_that_is_not_trusted_any_more_leaves_at_once_with_all_its_agreements() -> None:
    left = ending.leave(WORLD.directory, WORLD.network_id, "GE.RS", ISSUED_MS, at_once=True)
    view = after(left)
    assert view.partners(TR, ISSUED_MS) == (AZ,)
    with pytest.raises(Refused) as refused:
        view.sealing_key(GE, ISSUED_MS)
    assert refused.value.reason is Reason.UNKNOWN_RECIPIENT
    with pytest.raises(Refused) as stopped:
        view.signer(GE, WORLD.nodes[GE].signing.key_id, ISSUED_MS)
    assert stopped.value.reason is Reason.SENDER_SUSPENDED
    assert all(one.phase is Phase.RECEIPTS_ONLY for one in ending.standings(view, GE, ISSUED_MS))


@pytest.mark.parametrize("member", ["XX.YY", "GE.RS"])
def test_who_is_not_there_or_has_left_cannot_leave(member: str) -> None:
    left = ending.leave(WORLD.directory, WORLD.network_id, "GE.RS", ISSUED_MS, at_once=True)
    signed = ceremony.make_directory(left, WORLD.registry)
    with pytest.raises(ConfigurationError):
        ending.leave(signed, WORLD.network_id, member, ISSUED_MS + 1, at_once=True)
