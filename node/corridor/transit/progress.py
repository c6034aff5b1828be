"""A movement while its records are applied: guards ask it, effects change it.

Rules:

* a guard answers yes, no, or not yet: "not yet" parks the record, "no" flags it;
* declared data are replaced by an accepted amendment or a release and by nothing else; what
  happens on the way changes the live view.
"""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from corridor.transit.facts import Dataset, Equipment, Fact, Means, OfficeName
from corridor.transit.movement import FINAL, Kind, OperationState, State
from corridor.transit.result import EntryRefused, Live, Operation
from corridor.transit.roles import Holders
from corridor.transit.table import Effect, Guard
from corridor.transit.timers import Timers

_BAD_RESULTS: Final = frozenset({"A5", "B1"})
_RUNNING: Final = frozenset({OperationState.STARTED})
_BEGUN: Final = frozenset({OperationState.STARTED, OperationState.TERMINATED})


class Answer(Enum):
    """What a guard says."""

    YES = 1
    NO = 2
    NOT_YET = 3


@dataclass(slots=True)
class Progress:
    """Everything that records have changed so far."""

    timers: Timers
    holders: Holders
    state: State = State.NONE
    enquiry: str = ""
    recovery: str = ""
    incident: bool = False
    discrepancy: bool = False
    pending_arrival: bool = False
    versions: int = 0
    dataset: Dataset = field(default_factory=Dataset)
    amendment: Dataset | None = None
    operations: dict[int, Operation] = field(default_factory=dict)
    passages: dict[str, tuple[OfficeName | None, int, str]] = field(default_factory=dict)
    """By country: the actual office, when, and what."""
    destination: OfficeName | None = None
    live: Live = field(default_factory=Live)
    lodged_ms: int = 0
    released_ms: int = 0
    refused: EntryRefused | None = None
    arrived_ms: int = 0
    arrival_told: bool = False
    """Whether the arrival itself was told here, and not only the end."""
    enquired_ms: int = 0
    enquiry_limit_ms: int = 0
    queries: dict[bytes, str] = field(default_factory=dict)
    """Who asked, by the query's id."""

    @property
    def ended(self) -> bool:
        """Whether nothing is expected any more."""
        return self.state in FINAL or self.recovery == "closed"

    # --- guards -------------------------------------------------------------------------------

    def allows(self, guard: Guard, fact: Fact) -> Answer:
        """Ask a guard."""
        if guard is Guard.OPERATION_RUNS:
            return self._runs(fact.operation)
        if guard is Guard.BEFORE_RUNS:
            return self._before_runs(fact.operation)
        return Answer.YES if self._holds(guard, fact) else Answer.NO

    def _holds(self, guard: Guard, fact: Fact) -> bool:
        in_time = fact.occurred_ms <= self.lodged_ms + self.timers.presentation_ms
        return {
            Guard.NONE: True,
            Guard.IN_TIME: in_time,
            Guard.TOO_LATE: not in_time,
            Guard.GOOD_RESULT: fact.result not in _BAD_RESULTS,
            Guard.BAD_RESULT: fact.result in _BAD_RESULTS,
            Guard.NOT_FIRST: fact.operation > 1 or fact.sender != self.holders.departure,
            Guard.NOT_CROSSED: not self.passages and not self._abroad(),
            Guard.ARRIVAL_PENDING: self.pending_arrival,
            Guard.SOLVED: fact.solved,
            Guard.LAST_OPERATION: self._last(fact.operation),
        }[guard]

    def _runs(self, number: int) -> Answer:
        known = self.operations.get(number)
        if known is None or known.state is OperationState.PLANNED:
            return Answer.NOT_YET
        return Answer.YES if known.state in _RUNNING else Answer.NO

    def _before_runs(self, number: int) -> Answer:
        known = self.operations.get(number)
        if known is not None and known.state is not OperationState.PLANNED:
            return Answer.NO
        before = self.operations.get(number - 1)
        return Answer.YES if before is not None and before.state in _BEGUN else Answer.NOT_YET

    def _abroad(self) -> bool:
        later = (one.state for number, one in self.operations.items() if number > 1)
        return any(state is not OperationState.PLANNED for state in later)

    def _last(self, number: int) -> bool:
        others = [one.state for key, one in self.operations.items() if key != number]
        return all(state is OperationState.DISCHARGED for state in others)

    # --- effects ------------------------------------------------------------------------------

    def apply(self, effect: Effect, fact: Fact) -> None:
        """Change what the record changes besides the state."""
        if fact.kind is Kind.QUERY:
            self.queries[fact.record_id] = fact.sender
        if fact.kind in _LODGING:
            self.lodged_ms = fact.occurred_ms
        _EFFECTS[effect](self, fact)

    def nothing(self, fact: Fact) -> None:
        """Leave everything as it is."""

    def keep_dataset(self, fact: Fact) -> None:
        """Take the dataset as what is declared now."""
        self._replace(fact.dataset or Dataset())

    def amend(self, fact: Fact) -> None:
        """Let the amended dataset wait."""
        self.amendment = fact.dataset

    def take_amendment(self, _fact: Fact) -> None:
        """Let the amended dataset be what is declared."""
        if self.amendment is not None:
            self._replace(self.amendment)
            self.amendment = None

    def release(self, fact: Fact) -> None:
        """Begin the journey."""
        declared_ms = self.dataset.limit_ms
        self.keep_dataset(fact)
        if not self.dataset.limit_ms:  # NCTS states the limit in the declaration only
            self.dataset = replace(self.dataset, limit_ms=declared_ms)
        self.released_ms = fact.occurred_ms
        self.operations[1] = Operation(
            1, self.holders.departure or fact.sender, OperationState.STARTED, fact.occurred_ms
        )
        if self.dataset.tir:
            countries = dict.fromkeys(one.country for one in self.dataset.offices if one.country)
            for number, country in enumerate(countries, 1):
                planned = Operation(number, country, OperationState.PLANNED)
                self.operations.setdefault(number, planned)

    def start(self, fact: Fact) -> None:
        """Start a territory's operation."""
        number, at_ms = fact.operation, fact.occurred_ms
        self.operations[number] = Operation(number, fact.sender, OperationState.STARTED, at_ms)
        self.passages[fact.sender] = (fact.actual, at_ms, "entered")
        self._let_in(fact.sender)
        self._see(fact.equipment, fact.means)

    def pass_border(self, fact: Fact) -> None:
        """Tick a checkpoint."""
        self.passages[fact.sender] = (fact.actual, fact.occurred_ms, "passed")
        self._let_in(fact.sender)

    def incur(self, fact: Fact) -> None:
        """Note an incident, and what is true since."""
        self.incident = True
        for one in fact.happenings:
            self._see(one.equipment, one.means)

    def arrive(self, fact: Fact) -> None:
        """Note where and when the goods arrived."""
        self.arrived_ms = self.arrived_ms or fact.occurred_ms
        self.arrival_told = True
        self.refused = None
        self.pending_arrival = fact.kind is Kind.ARRIVAL_NOTIFIED
        self.destination = fact.actual or self.destination
        if self.destination is not None and not self.pending_arrival:
            self.holders.destinations.add(self.destination.country)
            self.holders.admit(self.destination.country)
        if fact.happenings:
            self.incur(fact)

    def admit(self, fact: Fact) -> None:
        """Count the asking country among those on the way; begin where only the answer tells."""
        asked = self.queries.get(fact.caused_by)
        if asked:
            self.holders.admit(asked)
        if not self.operations:
            self.release(fact)

    def end_operation(self, fact: Fact) -> None:
        """End a territory's operation."""
        self._turn(fact.operation, OperationState.TERMINATED, fact.occurred_ms)

    def end(self, fact: Fact) -> None:
        """End the last operation."""
        self.arrived_ms = self.arrived_ms or fact.occurred_ms
        self.destination = self.destination or fact.actual
        self.refused = None
        number = fact.operation if fact.operation in self.operations else max(self.operations)
        self._turn(number, OperationState.TERMINATED, fact.occurred_ms)
        self.discrepancy = self.discrepancy or fact.reservations

    def refuse_operation(self, fact: Fact) -> None:
        """Note that a territory does not let the goods in."""
        number = max(fact.operation, 2)
        self.operations[number] = Operation(
            number, fact.sender, OperationState.REFUSED, fact.occurred_ms
        )
        self.refused = EntryRefused(fact.sender, fact.result, fact.occurred_ms, fact.actual)

    def differ(self, _fact: Fact) -> None:
        """Mark a discrepancy."""
        self.discrepancy = True

    def solve(self, _fact: Fact) -> None:
        """Clear it."""
        self.discrepancy = False

    def discharge(self, fact: Fact) -> None:
        """Discharge whatever was started."""
        self.discrepancy = False
        for number, one in list(self.operations.items()):
            if one.state in _BEGUN:
                self._turn(number, OperationState.DISCHARGED, one.ended_ms or fact.occurred_ms)

    def discharge_operation(self, fact: Fact) -> None:
        """Discharge a territory's operation."""
        self._turn(fact.operation, OperationState.DISCHARGED, fact.occurred_ms)

    def enquire(self, fact: Fact) -> None:
        """Open the enquiry."""
        self.enquiry, self.enquired_ms = "open", fact.occurred_ms
        self.enquiry_limit_ms = fact.limit_ms or fact.occurred_ms + self.timers.enquiry_answer_ms

    def hear(self, _fact: Fact) -> None:
        """Note an answer to the enquiry."""
        self.enquiry = "answered" if self.enquiry == "open" else self.enquiry

    def end_enquiry(self, _fact: Fact) -> None:
        """Close the enquiry."""
        self.enquiry = "closed"

    def recover(self, _fact: Fact) -> None:
        """Open the recovery."""
        self.recovery = "open"

    def collect(self, _fact: Fact) -> None:
        """Close the recovery."""
        self.recovery = "closed"

    def _let_in(self, country: str) -> None:
        if self.refused is not None and self.refused.country == country:
            self.refused = None

    def _replace(self, dataset: Dataset) -> None:
        self.versions += 1
        self.dataset = dataset
        self.holders.learn(dataset)
        self.live = Live(dataset.equipment, dataset.means)

    def _turn(self, number: int, state: OperationState, at_ms: int) -> None:
        known = self.operations.get(number)
        if known is not None:
            ended = known.ended_ms or at_ms
            self.operations[number] = known._replace(state=state, ended_ms=ended)

    def _see(self, equipment: tuple[Equipment, ...], means: tuple[Means, ...]) -> None:
        """Let pieces take the place of those of the same number; means of all of them."""
        pieces = {one.sequence: one for one in self.live.equipment}
        pieces |= {one.sequence: one for one in equipment}
        self.live = Live(tuple(pieces[key] for key in sorted(pieces)), means or self.live.means)


_LODGING: Final = frozenset({Kind.DECLARED, Kind.PRELODGED})
_EFFECTS: Final = {
    Effect.NONE: Progress.nothing,
    Effect.DATASET: Progress.keep_dataset,
    Effect.AMENDMENT: Progress.amend,
    Effect.NEW_VERSION: Progress.take_amendment,
    Effect.RELEASE: Progress.release,
    Effect.START: Progress.start,
    Effect.PASSAGE: Progress.pass_border,
    Effect.INCIDENT: Progress.incur,
    Effect.ARRIVAL: Progress.arrive,
    Effect.ADMISSION: Progress.admit,
    Effect.END_OPERATION: Progress.end_operation,
    Effect.END: Progress.end,
    Effect.REFUSE_OPERATION: Progress.refuse_operation,
    Effect.DISCREPANCY: Progress.differ,
    Effect.SOLVED: Progress.solve,
    Effect.DISCHARGE: Progress.discharge,
    Effect.DISCHARGE_OPERATION: Progress.discharge_operation,
    Effect.ENQUIRE: Progress.enquire,
    Effect.ANSWERED: Progress.hear,
    Effect.END_ENQUIRY: Progress.end_enquiry,
    Effect.RECOVER: Progress.recover,
    Effect.COLLECTED: Progress.collect,
}
