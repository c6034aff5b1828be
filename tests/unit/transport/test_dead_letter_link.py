"""Over whose link a dead letter came: our broker says it, a partner cannot."""

import pytest
from pika import BasicProperties

from corridor.exchange.addresses import link_of_inbox
from corridor.transport.consumer import _link_of_death

DEATH = {"queue": "inbox.TR", "exchange": "from.TR", "reason": "rejected", "count": 1}


def test_a_dead_letter_tells_the_inbox_it_left_first() -> None:
    older = {**DEATH, "queue": "inbox.AZ"}  # put in by whoever published it
    properties = BasicProperties(headers={"x-death": [DEATH, older]})
    assert _link_of_death("corridor.dlq", properties) == "TR"


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"x-death": None},
        {"x-death": []},
        {"x-death": "inbox.TR"},
        {"x-death": ["inbox.TR"]},
        {"x-death": [{}]},
        {"x-death": [{"queue": 7}]},
        {"x-death": [{"queue": "corridor.unrouted"}]},
        {"x-death": [{"queue": "inbox.TRR"}]},
    ],
)
def test_what_says_nothing_sound_names_no_link(headers: dict[str, object] | None) -> None:
    assert _link_of_death("corridor.dlq", BasicProperties(headers=headers)) is None


def test_what_a_partner_writes_into_its_headers_is_not_read() -> None:
    properties = BasicProperties(headers={"x-death": [DEATH]})
    for queue in ("corridor.unrouted", "inbox.AZ"):
        assert _link_of_death(queue, properties) is None


def test_an_inbox_names_its_partner_and_no_other_queue_does() -> None:
    assert link_of_inbox("inbox.TR") == "TR"
    assert [link_of_inbox(name) for name in ("from.TR", "inbox.", "inbox.tr")] == [None] * 3
