"""The seeded generator: whole movements, from release to discharge, and what may go wrong.

Rules:

* the same seed, count and scenario give the same records, byte for byte, on every machine;
* a movement's records come in the order in which they happen; `in_time_order` mixes movements
  the way a day at the border does;
* shares are of movements, drawn independently; what cannot happen on a way (a diversion told to
  nobody) is left out.

Example:
    for told in generate_movements(7, 100, Scenario((("TR", "GE", "AZ"),), start_ms=BASE_MS)):
        submit(told.sender, told.recipients, told.record_id, told.record)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

from corridor.errors import ConfigurationError
from corridor.standards.generate import at_the_end, guarantees, numbers, on_the_way
from corridor.standards.generate.journey import GeneratedRecord, Journey, start
from corridor.standards.generate.places import country


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where the movements go and how often something happens to them.

    Attributes:
        ways: Countries from departure to destination; each movement takes one of them.
        start_ms: When the first movement is released, Unix milliseconds.
        spacing_ms: Time between two releases, on average.
        tir: Share under a TIR carnet.
        guarantee_abroad: Share whose guarantee is registered in the country of destination.
        undeclared: Share that enters a country on the way which asks for the dataset first.
        incident: Share with a broken seal.
        diverted: Share that arrives at another office than was declared.
        discrepancies: Share in which a package is missing at destination.
        enquiry: Share that arrives late, after an enquiry.
        lost: Share that never arrives and ends in recovery.
        cancelled: Share that customs cancel before the first border.
        entry_refused: Share of TIR movements refused at a border.
        national_words: Whether goods are described in the language of departure, where the
            generator has words in it; else in English.
    """

    ways: tuple[tuple[str, ...], ...]
    start_ms: int
    spacing_ms: int = 30_000
    tir: float = 0.3
    guarantee_abroad: float = 0.15
    undeclared: float = 0.08
    incident: float = 0.08
    diverted: float = 0.06
    discrepancies: float = 0.05
    enquiry: float = 0.04
    lost: float = 0.01
    cancelled: float = 0.02
    entry_refused: float = 0.02
    national_words: bool = False

    def __post_init__(self) -> None:
        """Refuse ways that are none.

        Raises:
            ConfigurationError: No way, or one with fewer than two or repeated countries.
        """
        sound = [way for way in self.ways if len(way) > 1 and len(set(way)) == len(way)]
        if not sound or len(sound) != len(self.ways):
            raise ConfigurationError(
                "a way is two or more different countries, from departure to destination"
            )


def generate_movements(seed: int, count: int, scenario: Scenario) -> Iterator[GeneratedRecord]:
    """Give the records of `count` movements, movement by movement.

    Args:
        seed: Any number; it decides everything else.
        count: Number of movements; each has some five to twenty records.
        scenario: Where they go and what happens.
    """
    draw = Random(seed)  # noqa: S311 (traffic to be repeated, not secrets)
    at_ms = scenario.start_ms
    for _ in range(count):
        yield from _movement(draw, scenario, at_ms)
        at_ms += numbers.between(draw, scenario.spacing_ms // 2, scenario.spacing_ms * 3 // 2)


def in_time_order(generated: Iterable[GeneratedRecord]) -> Iterator[GeneratedRecord]:
    """Give the records of `generate_movements` by the time at which they happen.

    Holds the movements that are under way at the same time: some thousands of records where
    releases are seconds apart.
    """
    waiting: list[tuple[int, int, GeneratedRecord]] = []
    for number, told in enumerate(generated):
        begins = not told.record.header.HasField("caused_by")
        while begins and waiting and waiting[0][0] <= told.at_ms:
            yield heappop(waiting)[2]
        heappush(waiting, (told.at_ms, number, told))
    while waiting:
        yield heappop(waiting)[2]


def _movement(draw: Random, scenario: Scenario, at_ms: int) -> list[GeneratedRecord]:
    way = numbers.one_of(draw, scenario.ways)
    journey = start(
        draw,
        way,
        at_ms,
        tir=draw.random() < scenario.tir,
        abroad=draw.random() < scenario.guarantee_abroad,
        national_words=scenario.national_words,
    )
    abroad = journey.guarantor.code != way[0]
    if abroad:
        guarantees.reserve_guarantee(journey)
    on_the_way.release(journey)
    if draw.random() < scenario.cancelled:
        on_the_way.cancel(journey)
    elif _travel(journey, scenario):
        _end(journey, scenario)
    else:
        return journey.told
    if abroad:
        guarantees.credit_guarantee(journey)
    return journey.told


def _travel(journey: Journey, scenario: Scenario) -> bool:
    """Cross the borders; say whether the goods reach the last country."""
    draw = journey.draw
    refused = journey.tir and draw.random() < scenario.entry_refused
    for number in range(1, len(journey.way)):
        inner = number < len(journey.way) - 1
        if inner and draw.random() < scenario.undeclared:
            on_the_way.ask_for_dataset(journey, number)
        if refused:
            on_the_way.refuse_entry(journey, number)
            return False
        on_the_way.cross(journey, number)
        if inner and draw.random() < scenario.incident:
            on_the_way.incident(journey, number)
    return True


def _end(journey: Journey, scenario: Scenario) -> None:
    draw = journey.draw
    fate = draw.random()
    if fate < scenario.lost:
        at_the_end.enquire(journey)
        at_the_end.recover(journey)
        return
    if fate < scenario.lost + scenario.enquiry:
        at_the_end.enquire(journey)
    at, diverted = journey.destination, draw.random() < scenario.diverted
    if diverted:
        at = numbers.one_of(draw, country(journey.way[-1]).inland)
    short = draw.random() < scenario.discrepancies
    at_the_end.arrive(journey, at, diverted=diverted)
    at_the_end.control(journey, at, short=short)
    at_the_end.terminate(journey, at, short=short)
    at_the_end.discharge(journey, short=short)
