"""What arrives is judged in numbered steps (PROTOCOL §4.2); the first that fails is the reason."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders_trust
from builders_exchange import EPOCH, GE, NOW_MS, TR, frame, ident, judged
from builders_seal import draft
from builders_wire import declaration, new_entry
from corridor.errors import Reason, Refused
from corridor.exchange.content import JudgedRecord
from corridor.exchange.parts import REAL_SEALS, Examination, Identity, Seals, examine_records
from corridor.exchange.receive import (
    UNSIGNED,
    Disposal,
    Identified,
    Judged,
    Means,
    Refusal,
    Unopened,
    identify,
    judge,
    lane_of,
)
from corridor.exchange.values import Family, Lane, Position
from corridor.seal.envelope import Opened, OpeningRefused, StreamPosition, seal
from corridor.seal.frame import Frame
from corridor.transit.parties import Endpoint
from corridor.wire import control
from corridor.wire.batches import Entry, encode_entry
from corridor.wire.limits import DAY_MS, MAX_FUTURE_SKEW_MS, MAX_LIFETIME_MS

RECORD = encode_entry(Entry(bytes(16), 1, "corridor.wire.v1", None, b"body"))
RESEND = control.encode_control(control.Resend((control.SequenceRange(1, 1, 1),)))
CONTROL = encode_entry(Entry(bytes(16), control.RESEND, "corridor.wire.v1", None, RESEND))
PREV = ident(8)


class Key:
    """A decryption key that is only its id."""

    key_id = b"k" * 16


class Sender:
    """A world in which everything is well but what `wrong` names; it is view and seals at once."""

    network_id = b"n" * 16
    min_suite = 2

    def __init__(self, *wrong: str, header: dict[str, object] | None = None) -> None:
        self.wrong = set(wrong)
        self.records: tuple[bytes, ...] = (RECORD, CONTROL) if "family" in wrong else (RECORD,)
        self.header = dict(header or {})
        if "network" in wrong:
            self.network_id = bytes(16)
        if "suite_policy" in wrong:
            self.header["suite"] = 1
        if "not_addressed" in wrong:
            self.header["recipients"] = frame().header.recipients[:1]
        if "expired" in wrong:
            self.header |= {"created_ms": NOW_MS - DAY_MS, "expires_ms": NOW_MS}

    def refuse(self, name: str, reason: Reason) -> None:
        if name in self.wrong:
            raise Refused(reason, name)

    # -- the view

    def signer(self, endpoint: Endpoint, key_id: bytes, created_ms: int) -> bytes:
        assert (endpoint, key_id, created_ms) == (GE, b"s" * 16, self.made.header.created_ms)
        self.refuse("signer", Reason.UNKNOWN_SIGNER)
        return b"public"

    def check_gossip(self, dir_version: int, dir_hash: bytes) -> None:
        assert (dir_version, dir_hash) == (3, b"d" * 32)
        self.refuse("gossip", Reason.EQUIVOCATION)

    def control_allowed(self, a: Endpoint, b: Endpoint, now_ms: int) -> bool:
        assert (a, b, now_ms) == (GE, TR, NOW_MS)
        return "agreement" not in self.wrong

    def is_current(self, now_ms: int) -> bool:
        assert now_ms == NOW_MS
        return "current" not in self.wrong

    def accepts(self, endpoint: Endpoint, enc_key_id: bytes, now_ms: int) -> bool:
        assert (endpoint, enc_key_id, now_ms) == (TR, b"k" * 16, NOW_MS)
        return "key_expired" not in self.wrong

    def authorises(self, *route: object) -> bool:
        assert route == (GE, TR, 1, self.made.header.created_ms)
        return True

    # -- the seals

    @property
    def made(self) -> Frame:
        return frame(**self.header)

    def parse(self, data: bytes) -> Frame:
        assert data == b"data"
        self.refuse("magic", Reason.MAGIC)
        return self.made

    def check_signature(self, found: Frame, public: bytes) -> None:
        assert (found, public) == (self.made, b"public")
        self.refuse("signature", Reason.SIGNATURE)

    def open(self, found: Frame, me: Endpoint, key: Key) -> Opened:
        assert (found, me, key.key_id) == (self.made, TR, b"k" * 16)
        self.refuse("wrap", Reason.WRAP)
        try:
            self.refuse("key_commit", Reason.KEY_COMMIT)
        except Refused as refused:
            raise OpeningRefused(refused, StreamPosition(EPOCH, 9, PREV)) from None
        return Opened(EPOCH, 9, PREV, b"seed", self.records, b"r" * 32)

    # -- the verbs under test

    @property
    def means(self) -> Means:
        keys = {} if "key_unknown" in self.wrong else {b"k" * 16: Key()}
        seals = Seals(self.parse, self.check_signature, self.open, seal)
        return Means(Identity(TR, None, keys), self, seals, all_well)

    def arrive(self) -> Judged | Unopened | Refusal:
        link = "AZ" if "link" in self.wrong else "GE"
        found = identify(link, b"data", self.means)
        if isinstance(found, Refusal):
            assert (found.link, found.frame) == (link, b"data")
            return found
        assert found == Identified("GE", b"data", self.made, found.frame.header.recipients[1])
        return judge(found, self.means, NOW_MS)


def all_well(entries: Sequence[Entry], _country: str) -> list[Examination]:
    return [Examination()] * len(entries)


def refusal(reason: Reason, disposal: Disposal, claimed: str = GE) -> Refusal:
    return Refusal("", b"data", claimed, reason, disposal)


def unopened(reason: Reason) -> Unopened:
    return Unopened(GE, ident(1), reason)


STEPS: dict[str, Refusal | Unopened | Reason] = {
    "magic": refusal(Reason.MAGIC, Disposal.DROPPED, claimed=""),
    "network": refusal(Reason.NETWORK, Disposal.DROPPED),
    "suite_policy": refusal(Reason.SUITE_POLICY, Disposal.DROPPED),
    "not_addressed": refusal(Reason.NOT_ADDRESSED, Disposal.DROPPED),
    "link": refusal(Reason.WRONG_LINK, Disposal.QUARANTINED),
    "signer": refusal(Reason.UNKNOWN_SIGNER, Disposal.HELD),
    "signature": refusal(Reason.SIGNATURE, Disposal.DROPPED),
    "gossip": refusal(Reason.EQUIVOCATION, Disposal.QUARANTINED),
    "agreement": refusal(Reason.NO_AGREEMENT, Disposal.DROPPED),
    "current": refusal(Reason.DIRECTORY_UNKNOWN, Disposal.HELD),
    "key_unknown": unopened(Reason.KEY_UNKNOWN),
    "key_expired": unopened(Reason.KEY_EXPIRED),
    "wrap": unopened(Reason.WRAP),
    "key_commit": Reason.KEY_COMMIT,
    "expired": Reason.EXPIRED,
    "family": Reason.RECORD_TYPE,
}
"""In the order of PROTOCOL §4.2, with the outcome where all before it are well."""


def outcome_of(sender: Sender) -> Refusal | Unopened | Reason | None:
    """What becomes of an envelope, without the words for people."""
    outcome = sender.arrive()
    if isinstance(outcome, Judged):
        return outcome.deferred or outcome.reason
    return replace(outcome, link="", detail="") if isinstance(outcome, Refusal) else outcome


@pytest.mark.parametrize("name", STEPS)
def test_each_step_that_fails_has_its_reason_and_its_consequence(name: str) -> None:
    assert outcome_of(Sender(name)) == STEPS[name]


@given(st.sets(st.sampled_from(list(STEPS)), min_size=1))
def test_the_first_step_that_fails_gives_the_reason(wrong: set[str]) -> None:
    first = next(name for name in STEPS if name in wrong)
    assert outcome_of(Sender(*wrong)) == STEPS[first]


def test_a_refusal_keeps_the_words_of_the_floor_that_refused() -> None:
    outcome = Sender("signer").arrive()
    assert isinstance(outcome, Refusal)
    assert outcome.detail == "signer"


@pytest.mark.parametrize("reason", Reason)
def test_only_named_reasons_are_held_or_put_aside_before_a_frame_is_authentic(
    reason: Reason,
) -> None:
    held = {Reason.UNKNOWN_SENDER, Reason.UNKNOWN_SIGNER, Reason.DIRECTORY_UNKNOWN}
    aside = {
        Reason.WRONG_LINK,
        Reason.SIGNER_REVOKED,
        Reason.SIGNER_EXPIRED,
        Reason.EQUIVOCATION,
    }
    expected = {**dict.fromkeys(held, Disposal.HELD), **dict.fromkeys(aside, Disposal.QUARANTINED)}
    assert UNSIGNED.get(reason) is expected.get(reason)


def test_what_passes_every_step_is_judged_with_its_position_and_records() -> None:
    record = JudgedRecord(bytes(16), 1, RECORD)
    assert Sender().arrive() == judged(
        record, data=b"data", position=Position(EPOCH, 9), prev=PREV, seed=b"seed"
    )


def test_control_is_judged_with_what_it_says() -> None:
    sender = Sender()
    broken = encode_entry(Entry(bytes(16), control.RESEND, "corridor.wire.v1", None, b"\xff"))
    sender.records = (CONTROL, broken)
    found = sender.arrive()
    assert isinstance(found, Judged)
    assert found.family is Family.CONTROL
    assert found.control == (control.Resend((control.SequenceRange(1, 1, 1),)),)
    assert found.malformed == (Reason.CONTROL_MALFORMED,)


def test_an_envelope_that_its_sender_spoilt_is_refused_at_its_proved_position() -> None:
    assert Sender("key_commit").arrive() == judged(
        data=b"data",
        position=Position(EPOCH, 9),
        prev=PREV,
        seed=bytes(32),
        reason=Reason.KEY_COMMIT,
    )


# -- time: R9


@pytest.mark.parametrize(
    ("created_ms", "expires_ms", "reason", "deferred"),
    [
        (NOW_MS, NOW_MS + 1, None, None),
        (NOW_MS, NOW_MS + MAX_LIFETIME_MS, None, None),
        (NOW_MS, NOW_MS + MAX_LIFETIME_MS + 1, Reason.LIFETIME, None),
        (NOW_MS, NOW_MS, Reason.LIFETIME, None),
        (NOW_MS - 1, NOW_MS - 2, Reason.LIFETIME, None),
        (NOW_MS - 2, NOW_MS, None, Reason.EXPIRED),
        (NOW_MS - MAX_LIFETIME_MS, NOW_MS, None, Reason.EXPIRED),
        # nothing is sealed anew by a sender that would make it wrong again
        (NOW_MS - MAX_LIFETIME_MS - 1, NOW_MS, Reason.LIFETIME, None),
        (NOW_MS + MAX_FUTURE_SKEW_MS, NOW_MS + DAY_MS, None, None),
        (NOW_MS + MAX_FUTURE_SKEW_MS + 1, NOW_MS + DAY_MS, None, Reason.CREATED_IN_FUTURE),
        # the first that fails is the reason: nothing is judged again that can never be right
        (NOW_MS + MAX_FUTURE_SKEW_MS + 1, NOW_MS, Reason.LIFETIME, None),
    ],
)
def test_an_envelope_is_judged_by_its_times(
    created_ms: int, expires_ms: int, reason: Reason | None, deferred: Reason | None
) -> None:
    found = Sender(header={"created_ms": created_ms, "expires_ms": expires_ms}).arrive()
    assert isinstance(found, Judged)
    assert (found.reason, found.deferred) == (reason, deferred)


@pytest.mark.parametrize("created_ms", [NOW_MS - DAY_MS, NOW_MS + MAX_FUTURE_SKEW_MS + 1])
def test_control_passes_at_any_time_that_lasts_no_longer_than_it_may(created_ms: int) -> None:
    times = {"created_ms": created_ms, "expires_ms": created_ms + DAY_MS}
    sender = Sender(header=times)
    sender.records = (CONTROL,)
    found = sender.arrive()
    assert isinstance(found, Judged)
    assert (found.reason, found.deferred) == (None, None)
    sender.header["expires_ms"] = created_ms
    found = sender.arrive()
    assert isinstance(found, Judged)
    assert (found.reason, found.deferred) == (Reason.LIFETIME, None)


@pytest.mark.parametrize("lane", Lane)
def test_the_lane_is_the_one_of_the_header(lane: Lane) -> None:
    assert lane_of(frame(lane=int(lane))) is lane


# -- with the real floors below


def real() -> tuple[Means, bytes]:
    """What TR needs to judge, and an envelope of GE with one declaration."""
    world = builders_trust.make_world()
    sender, me = world.nodes[GE], world.nodes[TR]
    view, key = world.view(), me.opening[0]
    made = draft(
        network_id=world.network_id,
        sender=GE,
        recipient=TR,
        dir_version=view.dir_version,
        dir_hash=view.dir_hash,
        bundle_hash=view.bundle_hash(GE),
        created_ms=builders_trust.NOW_MS,
        expires_ms=builders_trust.NOW_MS + DAY_MS,
        enc_key_id=key.key_id,
        enc_public=key.public,
    )
    sealed = seal(made, [encode_entry(new_entry(bytes(16), declaration()))], sender.signing)
    identity = Identity(TR, me.signing, me.decryption_keys)
    return Means(identity, view, REAL_SEALS, examine_records), sealed.frame


def test_a_real_envelope_of_a_real_partner_is_taken() -> None:
    means, data = real()
    found = identify("GE", data, means)
    assert isinstance(found, Identified)
    outcome = judge(found, means, builders_trust.NOW_MS)
    assert isinstance(outcome, Judged)
    assert (outcome.reason, outcome.deferred, outcome.peer) == (None, None, GE)
    assert [record.reason for record in outcome.records] == [None]


def test_a_frame_cut_short_claims_nothing() -> None:
    means, data = real()
    assert identify("GE", data[:7], means) == Refusal(
        "GE", data[:7], "", Reason.TRUNCATED, Disposal.DROPPED, "header length"
    )
