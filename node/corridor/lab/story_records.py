"""The records of a story: what each country tells at each step, ready to be sent.

Rules:

* a record names an office of the country that sends it and the role that country holds;
* everything lies in the past of `now_ms`: the first step happened on the morning of the day that
  was `days_ago` days before;
* the same seed and time give the same records.
"""

from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from corridor.lab.story import Script, Step, Story
from corridor.lab.story_bodies import BODIES, role_of
from corridor.lab.story_dataset import Telling, start
from corridor.standards.generate import numbers
from corridor.standards.generate.words import DAY_MS, HOUR_MS, moment, office
from corridor.transit.identifiers import uuid7
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_OPENS_MS: Final = 8 * HOUR_MS  # offices open in the morning


class Told(NamedTuple):
    """A step with the record that tells it."""

    step: Step
    recipients: tuple[str, ...]
    record_id: bytes
    at_ms: int
    record: records.TransitRecord


def tell(script: Script, story: Story, now_ms: int, seed: int = 1) -> Iterator[Told]:
    """Give the records of a story in order."""
    draw = Random(f"{seed}/{story.key}/{story.way}")  # noqa: S311 - no secrets: it can be repeated
    at_ms = (now_ms // DAY_MS - story.days_ago) * DAY_MS + _OPENS_MS
    telling = start(script, story, draw, at_ms)
    counts: dict[str, int] = {}
    caused_by = b""
    for step in story.steps:
        at_ms += step.after_ms
        record = records.TransitRecord(**BODIES[step.what](telling, step, at_ms))
        _head(telling, step, record, at_ms)
        header = record.header
        header.sender_sequence = counts[step.country] = counts.get(step.country, 0) + 1
        if caused_by:
            header.caused_by = caused_by
        caused_by = uuid7(at_ms, numbers.entropy(draw))
        others = tuple(one for one in story.countries if one != step.country)
        yield Told(step, others, caused_by, at_ms, record)


def _head(telling: Telling, step: Step, record: records.TransitRecord, at_ms: int) -> None:
    header, story = record.header, telling.story
    header.model_version = 1
    header.movement.ids.extend(telling.ids)
    tir = story.procedure == "TIR"
    header.operation_number = story.countries.index(step.country) + 1 if tir else 1
    header.sender_role = role_of(story, step)
    header.sender_office.CopyFrom(office(telling.place(step.office), types.OFFICE_ROLE_NOTIFYING))
    header.occurred_at.CopyFrom(moment(at_ms))
    header.recorded_ms = at_ms
