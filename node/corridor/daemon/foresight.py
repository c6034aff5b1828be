"""Before a declaration or a release is kept: which country on its way has said that it will refuse.

Rules (PROTOCOL §6.10):

* nothing is looked at where no partner has said anything, nor for records that carry no dataset;
* a country that has not said what it accepts is not known, and the reason for that is told;
* a record for several partners is judged once, until somebody says something, says nothing for too
  long, or other code lists are here;
* a failure of the judge costs a warning and no record: what is kept does not hang on advice.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from corridor.daemon.acceptances import Acceptances, Said, Standing
from corridor.daemon.foreseen import CountrySays, Foreseen
from corridor.daemon.logs import event_logger, place_of
from corridor.daemon.seldom import Seldom
from corridor.errors import StoreTrouble
from corridor.standards.acceptance import countries_of
from corridor.transit.calendar import written
from corridor.transit.parties import Endpoint
from corridor.trust.acceptances import AcceptanceStatement
from corridor.trust.view import TrustView
from corridor.wire.batches import DATASET_TYPES
from corridor.wire.records import decode_record
from corridor.wire.v1.records_pb2 import TransitRecord

_REMEMBERED: Final = 32
"""Records: the same one is offered for each partner on the way, one soon after the other."""
_MAX_LINES: Final = 16
"""Reasons told of one country: a person mends the first of them first."""


class Verdict(NamedTuple):
    """What a judge says of a record and a country that has said what it accepts."""

    refusals: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()


Judge = Callable[
    [TransitRecord, int, Sequence[str], Mapping[str, AcceptanceStatement]], Mapping[str, Verdict]
]
"""Says of a record and its type what these countries will do, by what they have said."""


class _By(NamedTuple):
    """What an answer hangs on, beside the record."""

    held: Mapping[str, Said]
    counting: frozenset[str]
    lists: object

    def is_as(self, other: "_By | None") -> bool:
        """Whether an answer by the other one still holds; objects are the same or they are not."""
        return (
            other is not None
            and self.held is other.held
            and self.counting == other.counting
            and self.lists is other.lists
        )


@dataclass(slots=True)
class _Known:
    """What was found out of a record."""

    countries: tuple[str, ...] | None = None
    told: dict[str, CountrySays] = field(default_factory=dict)


class Foresight:
    """Looks ahead for records of the national system; safe to use from several threads."""

    def __init__(
        self,
        acceptances: Acceptances,
        trust: Callable[[], TrustView],
        me: Endpoint,
        now_ms: Callable[[], int],
        *,
        refuses: bool = False,
    ) -> None:
        """Look by `acceptances`; `refuses`: what a country will refuse is not kept."""
        self.refuses = refuses
        self.judge: Judge | None = None
        """What knows standards; a gateway puts it in. Without it nothing is looked at."""
        self.judged_by: Callable[[], object] = lambda: None
        """By what the judge judges; another object where that has changed."""
        self.counted: Callable[[Iterable[CountrySays]], None] = lambda _: None
        self.acceptances = acceptances
        self._trust = trust
        self._me = me
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._by: _By | None = None
        self._seldom = Seldom()

    @property
    def is_awake(self) -> bool:
        """Whether any partner has said anything, as far as can be read."""
        with suppress(StoreTrouble):  # whether a record can be kept, the store says itself
            return self.judge is not None and bool(self.acceptances.held())
        return False

    def look(
        self, raw: bytes, record_type: int, peer: Endpoint | None, record: TransitRecord | None
    ) -> tuple[CountrySays, ...]:
        """Return what each country on the way will do; nothing for a record without a dataset.

        Args:
            raw: The record as it was offered, whole.
            record_type: Its type.
            peer: For whom it is: its country is looked at, whether or not it is on the way.
            record: The record, where it is at hand as it was offered.
        """
        if record_type not in DATASET_TYPES or not self.is_awake:
            return ()
        return self.table(raw, record_type, peer, record)

    def table(
        self,
        raw: bytes,
        record_type: int,
        peer: Endpoint | None = None,
        record: TransitRecord | None = None,
    ) -> tuple[CountrySays, ...]:
        """Return what each country on the way will do with a record of any type."""
        try:
            told = self._table(raw, record_type, peer, record)
        except Exception as error:  # noqa: BLE001 - advice must not cost a record
            event_logger().error(
                "preflight.failed", cause=type(error).__name__, stage=place_of(error.__traceback__)
            )
            return ()
        self.counted(told)
        self._log(told)
        return told

    def _log(self, told: Iterable[CountrySays]) -> None:
        for one in told:
            if one.answer is not Foreseen.REFUSES:
                continue
            if count := self._seldom.due(one.country):
                event_logger().warning(
                    "preflight.refusal", country=one.country, cause=one.why[0], count=count
                )

    def _table(
        self, raw: bytes, record_type: int, peer: Endpoint | None, record: TransitRecord | None
    ) -> tuple[CountrySays, ...]:
        known = self._remembered(raw)
        if known.countries is None:
            record = record or decode_record(raw)
            known.countries = countries_of(record)
        asked = [
            one
            for one in dict.fromkeys((*known.countries, *((peer.country,) if peer else ())))
            if one != self._me.country
        ]
        missing = [one for one in asked if one not in known.told]
        if missing:
            known.told |= self._judged(record or decode_record(raw), record_type, missing)
        return tuple(known.told[one] for one in asked)

    def _remembered(self, raw: bytes) -> "_Known":
        """Return what was found out of this very record, by what is said and is here now."""
        counting = frozenset(self.acceptances.counting(self._now_ms()))
        by = _By(self.acceptances.held(), counting, self.judged_by())
        name = sha256(raw).digest()
        with self._lock:
            if not by.is_as(self._by):
                self._by = by
                self._known.clear()
            known = self._known.setdefault(name, _Known())
            self._known.move_to_end(name)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _judged(
        self, record: TransitRecord, record_type: int, countries: Sequence[str]
    ) -> dict[str, CountrySays]:
        held, now_ms = self.acceptances.held(), self._now_ms()
        counting = self.acceptances.counting(now_ms)
        asked = [one for one in countries if one in counting]
        judge = self.judge
        told = judge(record, record_type, asked, counting) if judge and asked else {}
        return {
            one: _says(one, held[one], told[one])
            if one in told
            else CountrySays(one, Foreseen.UNKNOWN, (self._why_unknown(one, now_ms),),
                             held[one].held.said_ms if one in held else None)
            for one in countries
        }  # fmt: skip

    def _why_unknown(self, country: str, now_ms: int) -> str:
        said = self.acceptances.held().get(country)
        if said is not None:
            return _why_not_counting(said, now_ms)
        trust = self._trust()
        if any(one.country == country for one in trust.partners(self._me, now_ms)):
            return f"{country} has not said what it accepts"
        if any(one.endpoint.country == country for one in trust.members()):
            return f"no agreement with {country}, so that it tells us nothing"
        return f"{country} is no member of this network"


def _says(country: str, said: Said, verdict: Verdict) -> CountrySays:
    answer = Foreseen.REFUSES if verdict.refusals else Foreseen.ACCEPTS
    why = verdict.refusals[:_MAX_LINES]
    return CountrySays(country, answer, why, said.held.said_ms, verdict.not_looked_at)


def _why_not_counting(said: Said, now_ms: int) -> str:
    when = written(said.held.said_ms)
    if said.standing(now_ms) is Standing.NOT_BELIEVED:
        reason = said.reason.label if said.reason else "unknown"
        return f"what it said on {when} is not believed any more: {reason}"
    return f"it last said on {when} what it accepts, which is too long ago"
