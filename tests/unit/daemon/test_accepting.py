"""What a partner says that it accepts: kept where it is sound, refused by name where it is not."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from builders_exchange import stream
from builders_store import envelope_id
from builders_trust import DAY_MS, GE, NOW_MS, TR, make_world, signing_key
from builders_trust_next import LATER, next_delegation, signed_delegation
from corridor.daemon.acceptances import Acceptances, Standing, what_it_says
from corridor.daemon.controls import Controls
from corridor.daemon.recording import Memory
from corridor.errors import Reason
from corridor.exchange.cues import AcceptanceTaken, AcceptsDue, ControlRefused
from corridor.exchange.streams import Reception
from corridor.exchange.values import InStream, Position
from corridor.seal.keys import SigningKey
from corridor.store.acceptances import HeldAcceptance
from corridor.store.memory import MemoryStore
from corridor.transit.parties import Endpoint
from corridor.trust.acceptances import read_acceptance, sign_acceptance
from corridor.trust.delegation import Revocation
from corridor.trust.view import TrustView
from corridor.wire import acceptances as wire
from corridor.wire import limits
from corridor.wire.accepts import Accepts
from corridor.wire.control import Control, HeadRef, StreamOpen

WORLD = make_world()
VIEW = WORLD.view()
KEY = WORLD.nodes[GE].signing
OPEN = StreamOpen(HeadRef(0, 0, b""), HeadRef(0, 0, b""))


def said(
    issued_ms: int = NOW_MS, rules: Any = wire.RULE_POLICY_WARN, endpoint: str = GE,  # noqa: ANN401 - a number
    key: SigningKey = KEY, **more: Any,  # noqa: ANN401 - any field
) -> Accepts:  # fmt: skip
    standards = [wire.AcceptedStandard(name="NCTS-P5")]
    message = wire.Acceptance(
        endpoint=endpoint, issued_ms=issued_ms, standards=standards, rules=rules, **more
    )
    return Accepts(sign_acceptance(message, key))


def hear(
    store: MemoryStore,
    *records: Control,
    epoch: int = 5,
    streams: tuple[InStream, ...] = (),
    now_ms: int = NOW_MS,
) -> tuple[list[object], list[object]]:
    """Have control records of a peer acted on; returns the events and the cues."""
    events: list[object] = []
    cues: list[object] = []
    held = {one.epoch: Reception.of(one) for one in streams}
    with store.transaction() as change:
        recording = cast(
            "Any",
            SimpleNamespace(
                change=change, now_ms=now_ms, memory=Memory(), events=events, cue=cues.append,
                owe_status=lambda _: None, streams=lambda _: held,
                named=lambda _peer, number: held.get(number),
            ),
        )  # fmt: skip
        frame = SimpleNamespace(envelope_id=envelope_id(epoch))
        judged = SimpleNamespace(peer=GE, position=Position(epoch, 1), control=records, frame=frame)
        Controls(recording, VIEW.signer).act_on([cast("Any", judged)])
    return events, cues


def held(store: MemoryStore) -> bytes:
    with store.reading() as view:
        found = view.acceptance(GE)
    return found.statement if found else b""


def knows(store: MemoryStore) -> bool:
    with store.reading() as view:
        return view.knows_accepts(GE)


def test_a_partner_that_knows_the_record_is_told_ours() -> None:
    store = MemoryStore()
    assert hear(store, Accepts()) == ([], [AcceptsDue(GE)])
    assert knows(store)
    assert hear(store, Accepts()) == ([], [])  # once
    assert hear(store, OPEN, Accepts())[1] == [AcceptsDue(GE)]  # it may have been restored


def test_an_epoch_opened_without_one_is_of_an_older_node() -> None:
    store = MemoryStore()
    newest = (stream(5, 1),)
    hear(store, OPEN, said(), streams=newest)
    hear(store, OPEN, epoch=4, streams=newest)
    assert knows(store)
    hear(store, OPEN, streams=newest)
    assert not knows(store)
    assert held(store) == said().statement  # it counts until it is too old


def test_what_is_sound_is_kept_and_the_later_one_takes_its_place() -> None:
    store, later = MemoryStore(), said(NOW_MS + 1, wire.RULE_POLICY_REFUSE)
    assert hear(store, said())[0] == [AcceptanceTaken(GE, again=False)]
    assert hear(store, said(), now_ms=NOW_MS + 9)[0] == [AcceptanceTaken(GE, again=True)]
    with store.reading() as view:
        kept = view.acceptance(GE)
        assert kept is not None
        assert (kept.taken_ms, kept.said_ms) == (NOW_MS, NOW_MS + 9)
    assert hear(store, later)[0] == [AcceptanceTaken(GE, again=False)]
    assert held(store) == later.statement


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        pytest.param(said(NOW_MS + 9), Reason.ROLLBACK, id="an older one"),
        pytest.param(said(NOW_MS + 10, 3), Reason.EQUIVOCATION, id="of one time"),
        pytest.param(said(NOW_MS + 700_000), Reason.CREATED_IN_FUTURE, id="of tomorrow"),
        pytest.param(said(endpoint=TR), Reason.UNKNOWN_SIGNER, id="in another's name"),
        pytest.param(
            said(endpoint=TR, key=WORLD.nodes[TR].signing), Reason.UNKNOWN_SIGNER, id="another's"
        ),
        pytest.param(
            said(NOW_MS + 11, key=signing_key("x")), Reason.UNKNOWN_SIGNER, id="by a stranger"
        ),
        pytest.param(said(NOW_MS - 400 * DAY_MS), Reason.SIGNER_EXPIRED, id="of a former key"),
        pytest.param(Accepts(b"junk"), Reason.STATEMENT_MALFORMED, id="junk"),
        pytest.param(Accepts(said().statement[:-1]), Reason.STATEMENT_MALFORMED, id="cut"),
    ],
)
def test_what_is_not_sound_is_refused_by_name_and_changes_nothing(
    record: Accepts, reason: Reason
) -> None:
    store, right = MemoryStore(), said(NOW_MS + 10)
    hear(store, right)
    assert hear(store, record)[0] == [ControlRefused(GE, reason)]
    assert held(store) == right.statement


# -- what is believed of it


def book(store: MemoryStore, view: list[TrustView], now_ms: int = NOW_MS) -> Acceptances:
    return Acceptances(store, lambda: view[0], TR, lambda: now_ms)


def test_what_is_held_is_looked_up_until_something_new_is_said() -> None:
    store = MemoryStore()
    found = book(store, [VIEW])
    assert found.held() == {}
    hear(store, said())
    assert found.held() == {}  # nobody told it: that is a look into a dictionary
    found.forget()
    assert set(found.held()) == {"GE"}
    assert found.held() is found.held()
    assert set(found.counting(NOW_MS)) == {"GE"}


def test_what_is_not_said_again_within_a_week_counts_no_more() -> None:
    store = MemoryStore()
    hear(store, said())
    found = book(store, [VIEW])
    assert set(found.counting(NOW_MS + limits.ACCEPTS_COUNTS_MS)) == {"GE"}
    assert found.counting(NOW_MS + limits.ACCEPTS_COUNTS_MS + 1) == {}
    assert found.held()["GE"].standing(NOW_MS + 8 * DAY_MS) is Standing.STALE
    hear(store, said(), now_ms=NOW_MS + 2 * DAY_MS)
    found.forget()
    assert set(found.counting(NOW_MS + 8 * DAY_MS)) == {"GE"}


def test_what_was_said_when_our_clock_was_far_ahead_does_not_count_for_as_long() -> None:
    store = MemoryStore()
    hear(store, said(), now_ms=NOW_MS + 400 * DAY_MS)
    found = book(store, [VIEW])
    assert found.counting(NOW_MS) == {}  # set right: when it was said is not known
    hear(store, said(NOW_MS + 1), now_ms=NOW_MS + 1)
    found.forget()
    assert set(found.counting(NOW_MS)) == {"GE"}


def test_what_a_revoked_key_signed_counts_no_more() -> None:
    store = MemoryStore()
    hear(store, said())
    views = [VIEW]
    found = book(store, views)
    assert set(found.counting(NOW_MS)) == {"GE"}
    revoked = next_delegation(revoke=(Revocation(KEY.key_id, NOW_MS),))
    views[0] = VIEW.with_statement(signed_delegation(revoked), LATER)
    assert found.counting(NOW_MS) == {}
    kept = found.held()["GE"]
    assert (kept.standing(NOW_MS), kept.reason) == (Standing.NOT_BELIEVED, Reason.SIGNER_REVOKED)
    row = next(one for one in found.rows() if one["endpoint"] == GE)
    assert (row["state"], row["reason"], row["standards"]) == ("not_believed", "signer_revoked", [])


def test_what_a_damaged_store_holds_is_not_believed() -> None:
    store = MemoryStore()
    hear(store, said())
    with store.transaction() as change:
        kept = change.acceptance(GE)
        assert kept is not None
        change.keep_acceptance(kept._replace(statement=b"x" + kept.statement))
    assert book(store, [VIEW]).counting(NOW_MS) == {}


def test_every_partner_has_a_row_and_what_it_said_in_plain_words() -> None:
    store = MemoryStore()
    one = wire.AcceptedList(
        number="CL231", version="2026-11-20", content_sha256=bytes(32), unknown=2
    )
    hear(store, said(rules=wire.RULE_POLICY_REFUSE, lists=[one], record_types=[1, 9]))
    rows = {row["endpoint"]: row for row in book(store, [VIEW]).rows()}
    assert rows[GE]["state"] == "counts"
    assert rows[GE]["standards"] == [{"name": "NCTS-P5", "messages": []}]
    assert rows[GE]["rules"] == "refuse"
    assert rows[GE]["lists"] == [{"number": "CL231", "version": "2026-11-20", "unknown": "refuse"}]
    assert rows[GE]["record_types"] == ["declaration", "movement_released"]
    others = [row for name, row in rows.items() if name != GE]
    assert all((row["state"], row["rules"]) == ("nothing", None) for row in others)
    assert what_it_says(None)["lists"] == []


# -- ours


def test_what_we_say_is_kept_and_every_partner_is_to_be_told() -> None:
    store, cues = MemoryStore(), list[Any]()
    ours = Acceptances(store, lambda: VIEW, TR, lambda: NOW_MS, cues.extend)
    assert ours.own() == b""
    ours.say(b"a statement")
    assert ours.own() == b"a statement"
    partners = VIEW.partners(TR, NOW_MS)
    assert partners
    assert cues == [AcceptsDue(peer) for peer in partners]


def test_what_a_former_endpoint_of_a_country_said_hides_nothing_and_has_its_row() -> None:
    former = Endpoint("GE.TAX")  # behind GE.RS in the order of names
    store = MemoryStore()
    hear(store, said())
    with store.transaction() as change:
        raw = said(NOW_MS + DAY_MS, endpoint=former, key=signing_key("former")).statement
        digest = read_acceptance(raw).digest
        change.keep_acceptance(HeldAcceptance(former, raw, digest, NOW_MS + DAY_MS, NOW_MS, NOW_MS))
    found = book(store, [VIEW])
    assert found.counting(NOW_MS)["GE"].endpoint == GE
    rows = {row["endpoint"]: row for row in found.rows()}
    assert (rows[GE]["state"], rows[GE]["issued_ms"]) == ("counts", NOW_MS)
    assert (rows[former]["state"], rows[former]["issued_ms"]) == ("not_believed", NOW_MS + DAY_MS)
