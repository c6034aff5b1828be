"""Before a record is kept: whom the judge is asked about, what is told, and what it costs."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import structlog

from builders_store import AZ
from builders_trust import DAY_MS, GE, NOW_MS, TR, make_world
from corridor.daemon.acceptances import Acceptances
from corridor.daemon.foreseen import CountrySays, Foreseen, refusals
from corridor.daemon.foresight import Foresight, Verdict
from corridor.errors import StoreTrouble
from corridor.store.acceptances import HeldAcceptance
from corridor.store.memory import MemoryStore
from corridor.transit.parties import Endpoint
from corridor.trust.acceptances import AcceptanceStatement, read_acceptance, sign_acceptance
from corridor.wire import acceptances as wire
from corridor.wire import records
from corridor.wire.v1.records_pb2 import TransitRecord

WORLD = make_world()
VIEW = WORLD.view()
DECLARATION, RELEASED, ARRIVAL = 1, 9, 14


def record(*offices: str) -> bytes:
    made = TransitRecord()
    made.header.model_version = 1
    for one in offices:
        made.discharge.offices.add(reference=f"{one}000001")
    return records.encode_record(made)


class Court:
    """A judge that counts how often it is asked, and refuses for Georgia."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def __call__(
        self,
        _record: TransitRecord,
        _record_type: int,
        countries: Sequence[str],
        said: Mapping[str, AcceptanceStatement],
    ) -> Mapping[str, Verdict]:
        assert set(countries) <= set(said)
        self.asked.append(tuple(countries))
        return {one: Verdict(("CC015C/x: R0106: why",), ("CL231 2026-11-20",)) for one in countries}


def speak(store: MemoryStore, endpoint: Endpoint = GE, said_ms: int = NOW_MS) -> None:
    standards = [wire.AcceptedStandard(name="NCTS-P5")]
    message = wire.Acceptance(
        endpoint=endpoint, issued_ms=NOW_MS, standards=standards, rules=wire.RULE_POLICY_WARN
    )
    raw = sign_acceptance(message, WORLD.nodes[endpoint].signing)
    digest = read_acceptance(raw).digest
    with store.transaction() as change:
        change.keep_acceptance(HeldAcceptance(endpoint, raw, digest, NOW_MS, said_ms, said_ms))


def seer(store: MemoryStore, *, now_ms: int = NOW_MS) -> tuple[Foresight, Court]:
    book = Acceptances(store, lambda: VIEW, TR, lambda: now_ms)
    made, court = Foresight(book, lambda: VIEW, TR, lambda: now_ms), Court()
    made.judge = court
    return made, court


def test_nothing_is_looked_at_where_nobody_has_said_anything() -> None:
    seen, court = seer(MemoryStore())
    assert not seen.is_awake
    assert seen.look(b"not even a record", DECLARATION, GE, None) == ()
    assert court.asked == []


def test_a_store_that_cannot_be_read_is_no_reason_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails() -> None:
        raise StoreTrouble("it is away", cure="bring it back")

    seen, _ = seer(MemoryStore())
    monkeypatch.setattr(seen.acceptances, "held", fails)
    assert not seen.is_awake
    assert seen.look(record("GE"), DECLARATION, GE, None) == ()


def test_nothing_is_looked_at_without_a_judge_or_a_dataset() -> None:
    store = MemoryStore()
    speak(store)
    seen, court = seer(store)
    assert seen.look(record("GE"), ARRIVAL, GE, None) == ()
    seen.judge = None
    assert not seen.is_awake
    assert seen.look(record("GE"), DECLARATION, GE, None) == ()
    assert court.asked == []


@pytest.mark.parametrize("record_type", [DECLARATION, RELEASED])
def test_a_country_that_will_refuse_is_named_with_its_reasons(record_type: int) -> None:
    store = MemoryStore()
    speak(store)
    seen, court = seer(store)
    told = seen.look(record("TR", "GE", "AZ", "XX"), record_type, GE, None)
    by_country = {one.country: one for one in told}
    assert list(by_country) == ["GE", "AZ", "XX"]  # our own system judges for itself
    refuses = by_country["GE"]
    assert refuses == CountrySays(
        "GE", Foreseen.REFUSES, ("CC015C/x: R0106: why",), NOW_MS, ("CL231 2026-11-20",)
    )
    assert by_country["AZ"].answer is Foreseen.UNKNOWN
    assert by_country["XX"].why == ("XX is no member of this network",)
    assert court.asked == [("GE",)]
    assert refusals(told) == ("GE: CC015C/x: R0106: why",)
    assert refuses.plain["answer"] == "refuses"


def test_why_a_country_is_not_known_is_said() -> None:
    store = MemoryStore()
    speak(store)
    seen, court = seer(store, now_ms=NOW_MS + 8 * DAY_MS)
    georgia, azerbaijan = seen.look(record("GE", "AZ"), DECLARATION, GE, None)
    assert (georgia.answer, georgia.said_ms) == (Foreseen.UNKNOWN, NOW_MS)
    assert "which is too long ago" in georgia.why[0]
    assert azerbaijan.why == ("AZ has not said what it accepts",)
    after, _ = seer(store, now_ms=NOW_MS + 4000 * DAY_MS)  # when every agreement has ended
    (told,) = after.look(record("AZ"), DECLARATION, None, None)
    assert told.why == ("no agreement with AZ, so that it tells us nothing",)
    assert court.asked == []


def test_what_a_country_said_with_a_key_that_counts_no_more_is_not_known() -> None:
    store = MemoryStore()
    speak(store)
    with store.transaction() as change:
        kept = change.acceptance(GE)
        assert kept is not None
        change.keep_acceptance(kept._replace(statement=b"damaged"))
    seen, court = seer(store)
    (told,) = seen.look(record("GE"), DECLARATION, GE, None)
    assert told.answer is Foreseen.UNKNOWN
    assert "is not believed any more: statement_malformed" in told.why[0]
    assert court.asked == []


def test_one_record_for_several_partners_is_judged_once_until_somebody_says_something() -> None:
    store = MemoryStore()
    speak(store)
    seen, court = seer(store)
    raw = record("GE", "AZ")
    first = seen.look(raw, DECLARATION, GE, None)
    assert seen.look(raw, DECLARATION, AZ, None) == first
    assert court.asked == [("GE",)]
    seen.acceptances.forget()
    seen.look(raw, DECLARATION, GE, None)
    assert court.asked == [("GE",), ("GE",)]
    for number in range(40):
        seen.look(record("GE", f"A{chr(65 + number % 26)}", f"B{chr(65 + number // 26)}"),
                  DECLARATION, GE, None)  # fmt: skip
    seen.look(raw, DECLARATION, GE, None)
    assert len(court.asked) == 43  # what is remembered is bounded


def test_a_record_itself_is_not_kept_in_memory() -> None:
    store = MemoryStore()
    speak(store)
    seen, _ = seer(store)
    raw = record("GE", "AZ")  # may be a declaration of 20 MiB, and 32 are remembered
    before = sys.getrefcount(raw)
    seen.look(raw, DECLARATION, GE, None)
    assert sys.getrefcount(raw) == before


def test_other_code_lists_have_the_same_record_judged_again() -> None:
    store = MemoryStore()
    speak(store)
    seen, court = seer(store)
    raw, here = record("GE"), [object()]
    seen.judged_by = lambda: here[0]
    for _ in range(2):
        seen.look(raw, DECLARATION, GE, None)
    assert len(court.asked) == 1
    here[0] = object()  # the list that was named as missing was put into the folder
    seen.look(raw, DECLARATION, GE, None)
    assert len(court.asked) == 2


def test_an_answer_is_not_told_again_when_what_was_said_counts_no_more() -> None:
    store, now = MemoryStore(), [NOW_MS]
    speak(store)
    book = Acceptances(store, lambda: VIEW, TR, lambda: now[0])
    seen = Foresight(book, lambda: VIEW, TR, lambda: now[0])
    seen.judge = Court()
    raw = record("GE")
    assert seen.look(raw, DECLARATION, GE, None)[0].answer is Foreseen.REFUSES
    now[0] += 8 * DAY_MS
    assert seen.look(raw, DECLARATION, GE, None)[0].answer is Foreseen.UNKNOWN


def test_a_partner_off_the_way_is_looked_at_for_its_own_copy_alone() -> None:
    store = MemoryStore()
    speak(store)
    seen, _ = seer(store)
    raw = record("TR", "AZ")
    assert [one.country for one in seen.look(raw, DECLARATION, GE, None)] == ["AZ", "GE"]
    assert [one.country for one in seen.look(raw, DECLARATION, AZ, None)] == ["AZ"]


def test_a_judge_that_fails_costs_no_record() -> None:
    store = MemoryStore()
    speak(store)
    seen, _ = seer(store)

    def fails(*_: Any) -> Mapping[str, Verdict]:  # noqa: ANN401 - whatever it is given
        raise ZeroDivisionError

    seen.judge = fails
    with structlog.testing.capture_logs() as logs:
        assert seen.look(record("GE"), DECLARATION, GE, None) == ()
    assert [one["event"] for one in logs] == ["preflight.failed"]


def test_what_was_foreseen_is_counted_and_a_thousand_of_one_kind_are_logged_once() -> None:
    store = MemoryStore()
    speak(store)
    seen, _ = seer(store)
    counted: list[str] = []
    seen.counted = lambda told: counted.extend(one.answer.value for one in told)
    with structlog.testing.capture_logs() as logs:
        for number in range(20):
            seen.look(record("GE", f"A{chr(65 + number)}"), DECLARATION, GE, None)
    assert counted.count("refuses") == 20
    (line,) = logs
    assert (line["event"], line["country"], line["cause"]) == (
        "preflight.refusal", "GE", "CC015C/x: R0106: why",
    )  # fmt: skip


def test_no_more_lines_are_told_than_a_person_reads() -> None:
    store = MemoryStore()
    speak(store)
    seen, _ = seer(store)
    seen.judge = lambda *_: {"GE": Verdict(tuple(f"line {n}" for n in range(100)))}
    (told,) = seen.look(record("GE"), DECLARATION, GE, None)
    assert len(told.why) == 16
