"""Limits so small that a short schedule reaches them; the real ones take thousands of envelopes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from corridor.daemon import recording, sealing
from corridor.exchange import dues, streams
from corridor.exchange.policy import ExchangePolicy

TIGHT = ExchangePolicy(window_most=3, envelopes_per_step=1, repeats_per_step=4, held_per_sender=2)


@contextmanager
def tight() -> Iterator[None]:
    """Run with a window, open epochs and pending answers that fill up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "STREAM_WINDOW", 4)
        # The one from before a restore, the newest, one that is repaired and the one before that.
        patch.setattr(recording, "MAX_OPEN_EPOCHS", 4)
        patch.setattr(dues, "MAX_PENDING", 2)
        patch.setattr(sealing, "MAX_PENDING", 2)
        yield


def most_pending() -> int:
    return dues.MAX_PENDING


def most_open_epochs() -> int:
    return recording.MAX_OPEN_EPOCHS


def stream_window() -> int:
    return streams.STREAM_WINDOW
