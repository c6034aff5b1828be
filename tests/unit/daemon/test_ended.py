"""What waits or has no receipt when an agreement ends becomes final by name, and is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from builders_store import sealed, submission
from builders_trust import AZ, DAY_MS, GE, NOW_MS, TR, make_world
from builders_wire import declaration
from corridor.daemon.ended import Ended, GivenUp
from corridor.daemon.intake import examine
from corridor.daemon.offers import Answer, Offered
from corridor.daemon.outbound import Outbound
from corridor.errors import Reason
from corridor.exchange.parts import Identity
from corridor.exchange.values import Lane
from corridor.store.memory import MemoryStore
from corridor.trust import ceremony, ending
from corridor.trust.directory import MemberStatus
from corridor.trust.view import TrustView

WORLD = make_world()
BEFORE = WORLD.view()
END_MS = NOW_MS + 5 * DAY_MS


def ended(to: str = "GE.RS", end_ms: int = END_MS) -> TrustView:
    names = [
        one.agreement_id
        for one in ending.standings(BEFORE, TR, NOW_MS)
        if to in (one.sender, one.recipient)
    ]
    new = ending.end_agreements(WORLD.directory, WORLD.network_id, names, end_ms, NOW_MS + 1)
    return BEFORE.with_statement(ceremony.make_directory(new, WORLD.registry), NOW_MS + 1)


@dataclass
class Case:
    """A store with work for two partners, and what was told."""

    view: TrustView = BEFORE
    store: MemoryStore = field(default_factory=MemoryStore)
    told: list[GivenUp] = field(default_factory=list)

    def run(self, now_ms: int) -> int | None:
        return Ended(self.store, TR, lambda: self.view, self._tell)(now_ms)

    def _tell(self, found: Sequence[GivenUp]) -> None:
        self.told += found

    def outcomes(self) -> list[tuple[str, Reason | None]]:
        with self.store.reading() as view:
            return [(one.peer, one.reason) for one in view.outcomes(0, 99)]


@pytest.fixture
def case() -> Case:
    made = Case()
    with made.store.transaction() as change:
        for number, peer in enumerate((GE, GE, AZ), 1):
            change.accept(submission(number, peer), NOW_MS)
        row = change.waiting(GE, Lane.ROUTINE, 1)[0].row
        change.keep_sealed(sealed(1, (row,)))
    return made


def test_nothing_is_given_up_while_the_agreement_is_in_force(case: Case) -> None:
    case.view = ended()
    assert case.run(END_MS - 1) == END_MS
    assert case.told == []


def test_what_waits_at_the_end_is_final_at_once_and_what_left_waits_for_its_receipt(
    case: Case,
) -> None:
    case.view = ended()
    assert case.run(END_MS) == END_MS + 30 * DAY_MS
    assert case.told == [GivenUp(GE, Reason.AGREEMENT_ENDED, 1)]
    assert case.outcomes() == [(GE, Reason.AGREEMENT_ENDED)]
    assert len(case.store.unreceipted(GE)) == 1
    assert case.store.lanes_waiting() == [(AZ, Lane.ROUTINE)]
    case.run(END_MS)
    assert len(case.told) == 1


def test_what_has_no_receipt_when_the_way_is_shut_is_unanswered(case: Case) -> None:
    case.view = ended()
    shut_ms = END_MS + 30 * DAY_MS
    case.view = case.view.with_statement(
        ceremony.make_directory(
            ceremony.next_directory(
                case.view.signed_directory() or b"", WORLD.network_id, shut_ms - DAY_MS
            ),
            WORLD.registry,
        ),
        shut_ms - DAY_MS,
    )
    case.run(shut_ms - 1)
    assert (GE, Reason.UNANSWERED) not in case.outcomes()
    case.run(shut_ms)
    assert case.outcomes() == [(GE, Reason.AGREEMENT_ENDED), (GE, Reason.UNANSWERED)]
    assert case.store.unreceipted(GE) == []


def test_a_directory_that_has_expired_gives_nothing_up(case: Case) -> None:
    case.view = ended()
    case.run(case.view.expires_ms + 1)
    assert case.told == []


def test_who_has_left_is_waited_for_no_more(case: Case) -> None:
    new = ending.leave(WORLD.directory, WORLD.network_id, "GE.RS", NOW_MS + 1, at_once=True)
    case.view = BEFORE.with_statement(ceremony.make_directory(new, WORLD.registry), NOW_MS + 1)
    case.run(NOW_MS + 1)
    assert case.outcomes() == [(GE, Reason.AGREEMENT_ENDED), (GE, Reason.UNANSWERED)]
    status = {one.endpoint: one.status for one in case.view.members()}
    assert status[GE] is MemberStatus.LEFT


def test_many_are_given_up_in_steps(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corridor.daemon.ended._AT_ONCE", 3)
    with case.store.transaction() as change:
        change.accept_all([submission(number) for number in range(10, 17)], NOW_MS)
    case.view = ended()
    case.run(END_MS)
    assert case.told == [GivenUp(GE, Reason.AGREEMENT_ENDED, 8)]


def test_the_sender_gives_up_before_it_seals_and_at_the_very_time(case: Case) -> None:
    case.view = ended()
    me = WORLD.nodes[TR]
    identity = Identity(TR, me.signing, me.decryption_keys)
    ends = Ended(case.store, TR, lambda: case.view, case._tell)
    outbound = Outbound(case.store, lambda: identity, lambda: case.view, ended=ends)
    outbound.start(END_MS - 5)
    assert outbound.step(END_MS - 5, lambda _: True) == END_MS  # it looks again then
    outbound.on_link_ready(END_MS)
    outbound.step(END_MS, lambda _: True)
    assert (GE, Reason.AGREEMENT_ENDED) in case.outcomes()


def test_a_clock_in_doubt_gives_nothing_up(case: Case) -> None:
    """Ahead by days, it would make final what the agreement still lets through."""
    case.view = ended()
    sure: list[int] = []
    ends = Ended(case.store, TR, lambda: case.view, case._tell, sure.__contains__)
    month_ms = END_MS + ending.limits.AGREEMENT_AFTERMATH_MS
    assert ends(END_MS) == month_ms
    ends(month_ms)
    assert (case.told, case.outcomes()) == ([], [])
    sure.append(END_MS)
    ends(END_MS)
    assert case.told == [GivenUp(GE, Reason.AGREEMENT_ENDED, 1)]


def test_a_submission_after_the_end_is_refused_with_its_date() -> None:
    offered = [Offered("GE", declaration().SerializeToString())]
    (answer,) = examine(offered, TR, ended(), END_MS, has_room=True)
    assert isinstance(answer, Answer)
    assert answer.reason is Reason.AGREEMENT_ENDED
    assert "ended at 20" in answer.faults[0]


def test_a_submission_for_who_has_left_is_refused_by_that_name() -> None:
    new = ending.leave(WORLD.directory, WORLD.network_id, "GE.RS", NOW_MS + 1, at_once=True)
    view = BEFORE.with_statement(ceremony.make_directory(new, WORLD.registry), NOW_MS + 1)
    for to in ("GE", "GE.RS"):
        offered = [Offered(to, declaration().SerializeToString())]
        (answer,) = examine(offered, TR, view, NOW_MS + 1, has_room=True)
        assert isinstance(answer, Answer)
        assert (answer.reason, answer.faults) == (
            Reason.AGREEMENT_ENDED,
            ("GE.RS has left the network",),
        )
