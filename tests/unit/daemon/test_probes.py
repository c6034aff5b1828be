"""Canaries, as they are made: for partners only, and never without room."""

import pytest

from builders_trust import AZ, GE, NOW_MS, TR, make_world
from corridor.daemon.offers import Answer
from corridor.daemon.probes import make_probe
from corridor.errors import Reason
from corridor.exchange.values import Submission
from corridor.wire.batches import CANARY, decode_entry
from corridor.wire.control import Canary, decode_control


@pytest.mark.parametrize(("recipient", "peer"), [("TR", TR), ("TR.GTB", TR), ("AZ", AZ)])
def test_a_canary_is_a_control_record_that_says_when_it_was_made(recipient: str, peer: str) -> None:
    made = make_probe(recipient, GE, make_world().view(), NOW_MS, has_room=True)
    assert isinstance(made, Submission)
    assert (made.peer, made.record_type, made.terms) == (peer, CANARY, ())
    entry = decode_entry(made.entry)
    assert entry.record_id == made.record_id
    assert decode_control(CANARY, entry.body) == Canary(NOW_MS)


@pytest.mark.parametrize("recipient", ["GE", "KZ", "KZ.KGD", "tr", "", "x" * 10_000])
def test_nobody_but_a_partner_is_sent_one(recipient: str) -> None:
    made = make_probe(recipient, GE, make_world().view(), NOW_MS, has_room=True)
    assert isinstance(made, Answer)
    assert made.reason is Reason.UNKNOWN_RECIPIENT


def test_without_room_none_is_kept() -> None:
    made = make_probe("TR", GE, make_world().view(), NOW_MS, has_room=False)
    assert isinstance(made, Answer)
    assert (made.status, made.reason) == ("refused", Reason.STORE_FULL)


def test_two_canaries_are_two_records() -> None:
    view = make_world().view()
    made = [make_probe("TR", GE, view, NOW_MS, has_room=True) for _ in range(2)]
    assert made[0].record_id != made[1].record_id
