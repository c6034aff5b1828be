"""Who holds which role for a movement.

Rules:

* a role is held by a country, computed from the itinerary that the country of departure released,
  and from what it admitted later: a country to which it answered with the dataset, an office to
  which it forwarded an arrival;
* the country of departure is the one whose own release says so; where several claim it, the one
  whose code stands in the MRN;
* a country on the way may report an arrival (goods are diverted), and holds DESTINATION from then;
* who is no authority writes through the node of a country that has to do with the movement;
* anybody may ask: the answer decides whether the country is on the way;
* as long as no itinerary is known, nothing can be compared, and nobody is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from corridor.transit.facts import Dataset, Fact, Place
from corridor.transit.identifiers import Mrn
from corridor.transit.movement import TRADERS, Kind, Role


@dataclass(slots=True)
class Holders:
    """Which country holds what, as far as the movement has come."""

    departure: str = ""
    on_the_way: set[str] = field(default_factory=set)
    destinations: set[str] = field(default_factory=set)
    guarantors: set[str] = field(default_factory=set)
    learnt: bool = False
    """Whether an itinerary is known."""

    def learn(self, dataset: Dataset) -> None:
        """Add the countries of a dataset."""
        self.learnt = self.learnt or bool(dataset.offices)
        self.on_the_way |= {one.country for one in dataset.offices if one.country}
        self.on_the_way |= set(dataset.countries)
        self.destinations |= {
            one.country for one in dataset.offices if one.place is Place.DESTINATION
        }
        self.guarantors |= set(dataset.guarantee_countries)

    def admit(self, country: str) -> None:
        """Add a country that was not declared."""
        self.on_the_way.add(country)

    def held(self, country: str, role: Role, kind: Kind) -> bool:
        """Whether a country holds a role for a record of some kind."""
        if role in {Role.DEPARTURE, Role.ENQUIRY}:
            return self.departure in {"", country}
        if not self.learnt or kind is Kind.QUERY:
            return True
        involved = country in self.on_the_way
        if role is Role.GUARANTEE:
            return country in self.guarantors or (not self.guarantors and involved)
        if role is Role.DESTINATION and kind not in {Kind.ARRIVAL_ADVISED, Kind.PASSED}:
            return country in self.destinations or (kind in _ENTERING and involved)
        if role in TRADERS or role in {Role.RECOVERY, Role.CUSTOMS}:
            return involved or country in self.guarantors
        return role is Role.NETWORK or involved

    def may_hold(self, country: str, role: Role) -> bool:
        """Whether a country holds a role for some kind of record, as far as is known."""
        return self.held(country, role, Kind.ARRIVAL_ADVISED)

    def entitled(self, fact: Fact, roles: Iterable[Role]) -> bool:
        """Whether its sender holds the role it claims, or, if it claims none, one that would do."""
        if fact.role is not Role.UNKNOWN:
            return self.held(fact.sender, fact.role, fact.kind)
        return any(self.held(fact.sender, role, fact.kind) for role in roles)


_ENTERING = frozenset(
    {Kind.STARTED, Kind.INCIDENT, Kind.REFUSED, Kind.TERMINATED, Kind.ENQUIRY_ANSWERED,
     Kind.ENQUIRY_OTHER, Kind.ACKNOWLEDGED, Kind.REJECTED}
)  # fmt: skip


def country_of_departure(facts: Iterable[Fact]) -> str:
    """Return which country the goods left from, "" where nobody has released anything.

    Args:
        facts: Every fact of the movement, in canonical order.
    """
    claims = [one for one in facts if _claims_departure(one)]
    named = [one.sender for one in claims if one.sender in _mrn_countries(one)]
    return next(iter([*named, *(one.sender for one in claims)]), "")


def _claims_departure(fact: Fact) -> bool:
    if fact.dataset is None or fact.kind not in {Kind.RELEASED, Kind.DATASET_ANSWERED}:
        return False
    if fact.role not in {Role.DEPARTURE, Role.UNKNOWN}:
        return False
    return any(
        one.place is Place.DEPARTURE and one.country == fact.sender for one in fact.dataset.offices
    )


def _mrn_countries(fact: Fact) -> set[str]:
    return {value[2:4] for kind, value in fact.ids if kind == "mrn" and Mrn.form.fullmatch(value)}
