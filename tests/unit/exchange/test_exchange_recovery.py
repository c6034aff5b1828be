"""When a partner has returned all it holds, and what is said until then (PROTOCOL §6.4)."""

from dataclasses import replace

import pytest

from builders_exchange import GE, ident, stream
from corridor.exchange.policy import STREAM_WINDOW
from corridor.exchange.recovery import (
    RecoveryState,
    believed_highest,
    missing_in,
    returned_all,
    said_of,
)
from corridor.exchange.values import Head, InStream, Position

GAPPED = replace(stream(5, 3), highest=9, ahead=((5, ident(5), b"p"), (9, ident(9), b"p")))


@pytest.mark.parametrize(
    ("streams", "answered", "complete"),
    [
        ((), 0, 0),  # nothing is known of it: it has not answered
        ((), 1, 1),
        ((stream(5, 3),), 0, 0),
        ((stream(5, 3),), 1, 1),
        ((stream(4, 7), GAPPED), 1, 0),
        ((replace(stream(4, 7), highest=8), stream(5, 1)), 1, 0),  # named by a StreamOpen
    ],
)
def test_a_partner_has_returned_all_when_it_answered_and_nothing_is_missing(
    streams: tuple[InStream, ...], answered: int, complete: int
) -> None:
    assert returned_all(streams, answered=bool(answered)) is bool(complete)


def test_what_is_missing_is_what_was_named_and_is_not_here() -> None:
    assert missing_in(()) == 0
    assert missing_in([stream(5, 3)]) == 0
    assert missing_in([GAPPED, replace(stream(6, 1), highest=2)]) == 4 + 1


@pytest.mark.parametrize(
    ("missing", "answered", "complete_ms", "state", "sentence"),
    [
        (0, 0, None, RecoveryState.ASKED, "GE.RS has not answered yet what it holds of ours"),
        (1, 1, None, RecoveryState.FETCHING,
         "GE.RS returns what was forgotten: 1 envelope missing"),
        (7, 1, None, RecoveryState.FETCHING,
         "GE.RS returns what was forgotten: 7 envelopes missing"),
        (0, 1, 1_800_000_000_000, RecoveryState.COMPLETE,
         "GE.RS has returned all it holds: complete at 2027-01-15 08:00:00 UTC"),
    ],
)  # fmt: skip
def test_how_far_a_partner_is_is_said(
    missing: int, answered: int, complete_ms: int | None, state: RecoveryState, sentence: str
) -> None:
    said = said_of(GE, missing, answered=bool(answered), complete_ms=complete_ms)
    assert (said.state, said.sentence) == (state, sentence)


def test_what_was_closed_without_content_is_never_called_complete() -> None:
    said = said_of(GE, 0, answered=True, complete_ms=1_800_000_000_000, empty=1)
    assert said.state is RecoveryState.PARTLY
    assert said.sentence == (
        "GE.RS has returned all it holds at 2027-01-15 08:00:00 UTC, not all:"
        " 1 position closed without content"
    )
    said = said_of(GE, 2, answered=True, complete_ms=None, empty=3)
    assert said.sentence == (
        "GE.RS returns what was forgotten: 2 envelopes missing, 3 positions closed without content"
    )


@pytest.mark.parametrize(
    ("receipted", "known", "believed"),
    [
        ((7, 9), 3, 9),  # its stream has shown that much by itself
        ((7, 10), 3, None),  # the very envelope that says so
        ((7, 1 << 62), 3, None),
        ((8, 1), 0, None),  # an epoch that it had not begun
        ((6, 3 + STREAM_WINDOW), 3, 3 + STREAM_WINDOW),
        ((6, 1 << 62), 3, 3 + STREAM_WINDOW),
        ((6, 2), 3, 2),
    ],
)
def test_a_peer_is_believed_as_far_as_its_stream_can_have_gone(
    receipted: tuple[int, int], known: int, believed: int | None
) -> None:
    head = Head(*receipted, ident(9))
    assert believed_highest(head, Position(7, 10), known) == believed
