"""What arrives together at the receiving side, and what comes of it.

Rules:

* copies of one envelope are judged up to the first that is sound: others may be damaged;
* what is asked of the store is asked once for a batch, not once for a record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from corridor.exchange.cues import Cue
from corridor.exchange.receive import Identified, Judged, Means, Refusal, Unopened, judge
from corridor.exchange.values import Family, Held
from corridor.store.port import Transaction
from corridor.store.values import KnownEnvelope
from corridor.transit.parties import Endpoint


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of a batch, after its commit."""

    cues: tuple[Cue, ...] = ()
    """For `Outbound.cues`."""
    inbox_grew: bool = False
    outcomes_grew: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame with the link it came over and when it first came."""

    link: str
    data: bytes
    since_ms: int
    released: int = 0
    """Its number in quarantine, where a person has released it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known of a batch before the transaction."""

    outcomes: tuple[tuple[Arrival, Judged | Unopened | Refusal], ...]
    repeated: tuple[KnownEnvelope, ...]
    records: Mapping[Endpoint, dict[bytes, bytes]]


def together(handled: Iterable[Handled]) -> Handled:
    """Return what came of several batches as if they had been one."""
    parts = list(handled)
    return Handled(
        tuple(cue for one in parts for cue in one.cues),
        any(one.inbox_grew for one in parts),
        any(one.outcomes_grew for one in parts),
    )


def first_sound(
    copies: Iterable[tuple[Arrival, Identified]], means: Means, now_ms: int
) -> list[tuple[Arrival, Judged | Unopened | Refusal]]:
    """Judge copies of one envelope up to the first that is sound: others may be damaged."""
    outcomes: list[tuple[Arrival, Judged | Unopened | Refusal]] = []
    for arrival, identified in copies:
        outcomes.append((arrival, judge(identified, means, now_ms)))
        if not isinstance(outcomes[-1][1], Refusal):
            break
    return outcomes


def held_arrival(held: Held) -> Arrival:
    """Return a frame that was held as it arrived."""
    return Arrival(held.link, held.frame, held.at_ms)


def known_records(
    view: Transaction, judged: Iterable[Judged]
) -> dict[Endpoint, dict[bytes, bytes]]:
    """Return what is known of all records of a batch, by peer: one question for each."""
    ids: dict[Endpoint, list[bytes]] = {}
    for envelope in judged:
        if envelope.family is Family.CONTROL:
            ids.setdefault(envelope.peer, [])
            continue
        asked = ids.setdefault(envelope.peer, [])
        asked += [record.record_id for record in envelope.records if record.reason is None]
    return {
        peer: dict(view.known_records(peer, asked)) if asked else {} for peer, asked in ids.items()
    }
