"""Looks ahead for the node: what a country will do with a record, by what it has said.

Rules:

* a country's code lists count where the same codes are here, whoever signed them: the country
  signed their hash;
* the lists of a country are read once for what it said, and again when other lists are here;
* what reads standards is loaded when the first country has said something: it takes ten megabytes.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from corridor.daemon.foresight import Verdict
from corridor.gateway.acceptances import acceptance_in
from corridor.gateway.list_watch import ListWatch
from corridor.gateway.optional import need_parsers, part
from corridor.standards.judging import Manner
from corridor.trust.acceptances import AcceptanceStatement
from corridor.wire.v1.records_pb2 import TransitRecord

if TYPE_CHECKING:
    from corridor.standards.preflight import Bench, Forecast


class StandardsJudge:
    """Judges records as partners' countries would; safe to use from several threads."""

    def __init__(self, manner: Manner, here: ListWatch) -> None:
        """Read messages in the `manner` of the own national system, by the lists that are `here`.

        Raises:
            ModuleNotFoundError: What reads standards is not installed.
        """
        need_parsers()
        self._dialect = manner.dialect
        self._here = here
        self._lock = threading.Lock()
        self._benches: dict[str, tuple[bytes, object, Bench]] = {}

    def __call__(
        self,
        record: TransitRecord,
        record_type: int,
        countries: Sequence[str],
        said: Mapping[str, AcceptanceStatement],
    ) -> Mapping[str, Verdict]:
        """Say what each of these countries, all of which have said something, will do."""
        benches = {country: self._bench(country, said[country]) for country in countries}
        preflight = part("foresee")
        options = preflight.Options(dialect=self._dialect)
        told = preflight.foresee(record, record_type, benches, options, countries)
        return {one.country: _verdict(one) for one in told}

    def warm(self, said: Mapping[str, AcceptanceStatement]) -> None:
        """Read the lists of countries before the first record asks for them."""
        for country, statement in said.items():
            self._bench(country, statement)

    def _bench(self, country: str, statement: AcceptanceStatement) -> "Bench":
        lists = self._here.lists
        with self._lock:
            kept = self._benches.get(country)
        if kept is not None and kept[0] == statement.digest and kept[1] is lists:
            return kept[2]
        made: Bench = part("foresee").Bench(acceptance_in(statement.message), self._here)
        with self._lock:
            self._benches[country] = (statement.digest, lists, made)
        return made


def _verdict(one: "Forecast") -> Verdict:
    return Verdict(tuple(why.line for why in one.refusals), one.not_at_hand)
