"""The transitions of a movement, as data.

Rules:

* a row says: what kind of record, by whom, from which states, to which, if which guard holds, with
  which effect; rows of a kind are tried in order and the first that fits is taken;
* a row that stands for several (`numbers` such as "10", "10b") keeps the number of the table in the
  manual; the picture there is printed from this data;
* a country does not see what is told to others only. A release stands for the acceptance that went
  before it, an end at destination for the arrival that was told to departure alone: such rows also
  start where the country that sees less still is;
* news of the way that arrive after the goods did are still news: they apply from IN_TRANSIT to
  TERMINATED and do not turn the state back.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from corridor.transit.movement import Kind, Role, State

_R, _S, _K = Role, State, Kind


class Guard(StrEnum):
    """What must hold besides the state; the word is what the manual prints."""

    NONE = ""
    IN_TIME = "within the time for presentation"
    TOO_LATE = "after the time for presentation"
    GOOD_RESULT = "result A1 to A4"
    BAD_RESULT = "result A5 or B1"
    OPERATION_RUNS = "this operation has started and not ended"
    BEFORE_RUNS = "the operation before has started, this one has not"
    NOT_FIRST = "not the first operation"
    NOT_CROSSED = "no border crossed, nothing arrived"
    ARRIVAL_PENDING = "the arrival is notified by a trader only"
    SOLVED = "the record says that discrepancies are solved"
    LAST_OPERATION = "every other operation is discharged"


class Effect(StrEnum):
    """What else a record changes; the word is what the manual prints."""

    NONE = ""
    DATASET = "dataset kept"
    AMENDMENT = "dataset waits to be accepted"
    NEW_VERSION = "dataset replaced by the amended version"
    RELEASE = "dataset as released; the first operation starts"
    START = "operation started; live seals and means"
    PASSAGE = "checkpoint ticked with the actual office"
    INCIDENT = "live seals, means and equipment; declared data stay"
    ARRIVAL = "actual office of destination"
    ADMISSION = "the asking country is on the way from now on; dataset kept"
    END_OPERATION = "operation terminated"
    END = "last operation terminated"
    REFUSE_OPERATION = "operation refused"
    DISCREPANCY = "discrepancy marked"
    SOLVED = "discrepancy cleared"
    DISCHARGE = "every operation discharged; guarantee may be credited"
    DISCHARGE_OPERATION = "operation discharged"
    ENQUIRE = "enquiry opened"
    ANSWERED = "enquiry answered"
    END_ENQUIRY = "enquiry closed"
    RECOVER = "recovery opened"
    COLLECTED = "recovery closed: the movement has ended"


class Row(NamedTuple):
    """One transition."""

    number: str
    kind: Kind
    roles: frozenset[Role]
    start: frozenset[State]
    to: State | None
    """None: the state stays."""
    guard: Guard = Guard.NONE
    effect: Effect = Effect.NONE


_ALL: Final = frozenset(State)
_BEFORE: Final = frozenset(
    {_S.LODGED, _S.PRELODGED, _S.ACCEPTED, _S.UNDER_CONTROL, _S.GUARANTEE_BLOCKED}
)
_ON_THE_WAY: Final = frozenset(
    {_S.IN_TRANSIT, _S.ARRIVED, _S.UNLOADING, _S.DESTINATION_CONTROL, _S.DISCREPANCY, _S.TERMINATED}
)
_THERE: Final = _ON_THE_WAY - {_S.IN_TRANSIT}
_STARTED: Final = _ON_THE_WAY | {_S.DISCHARGED}
_OFFICES: Final = frozenset(
    {_R.DEPARTURE, _R.TRANSIT, _R.EXIT, _R.DESTINATION, _R.INCIDENT, _R.CUSTOMS}
)
_ABROAD: Final = frozenset({_R.TRANSIT, _R.EXIT, _R.DESTINATION, _R.CUSTOMS})
_ANYBODY: Final = frozenset(Role) - {_R.UNKNOWN}
_DEP: Final = frozenset({_R.DEPARTURE})
_DES: Final = frozenset({_R.DESTINATION})
_HOLDER: Final = frozenset({_R.HOLDER})
_DECLARANT: Final = _HOLDER | _DEP
"""A declaration comes from the holder, or from the office of departure that passes it on."""
_TRADER: Final = frozenset({_R.HOLDER, _R.TRADER})
_GUARANTEE: Final = frozenset({_R.GUARANTEE})
_ENQUIRER: Final = frozenset({_R.ENQUIRY, _R.DEPARTURE})
_RECOVERER: Final = frozenset({_R.RECOVERY, _R.DEPARTURE})


def _s(*states: State) -> frozenset[State]:
    return frozenset(states)


TABLE: Final[tuple[Row, ...]] = (
    Row("1", _K.DECLARED, _DECLARANT, _s(_S.NONE), _S.LODGED, effect=Effect.DATASET),
    Row("1b", _K.PRELODGED, _DECLARANT, _s(_S.NONE), _S.PRELODGED, effect=Effect.DATASET),
    Row("2", _K.PRESENTED, _HOLDER, _s(_S.PRELODGED), _S.LODGED, Guard.IN_TIME),
    Row("2b", _K.PRESENTED, _HOLDER, _s(_S.PRELODGED), _S.REJECTED, Guard.TOO_LATE),
    Row("3", _K.REJECTED, _DEP, _s(_S.LODGED, _S.PRELODGED), _S.REJECTED),
    Row("4", _K.AMENDED, _DECLARANT, _BEFORE, None, effect=Effect.AMENDMENT),
    Row("5", _K.ACCEPTED, _DEP, _s(_S.NONE, _S.LODGED), _S.ACCEPTED),
    Row("5b", _K.RECEIVED, _DEP, _BEFORE | {_S.NONE}, None),
    Row("6", _K.AMENDMENT_ACCEPTED, _DEP, _s(_S.GUARANTEE_BLOCKED), _S.ACCEPTED,
        effect=Effect.NEW_VERSION),
    Row("6b", _K.AMENDMENT_ACCEPTED, _DEP, _BEFORE - {_S.GUARANTEE_BLOCKED}, None,
        effect=Effect.NEW_VERSION),
    Row("7", _K.CONTROL_DECIDED, _DEP, _s(_S.ACCEPTED), _S.UNDER_CONTROL),
    Row("7b", _K.CONTROL_DECIDED, _DEP, _s(_S.LODGED, _S.PRELODGED, _S.UNDER_CONTROL), None),
    Row("8", _K.CONTROLLED_AT_DEPARTURE, _DEP, _s(_S.ACCEPTED, _S.UNDER_CONTROL), _S.ACCEPTED,
        Guard.GOOD_RESULT),
    Row("8b", _K.CONTROLLED_AT_DEPARTURE, _DEP, _s(_S.ACCEPTED, _S.UNDER_CONTROL), _S.REFUSED,
        Guard.BAD_RESULT),
    Row("9", _K.GUARANTEE_ASKED, _DEP, _s(_S.NONE), _S.ACCEPTED),
    Row("9b", _K.GUARANTEE_ASKED, _DEP, _BEFORE | _ON_THE_WAY, None),
    Row("9c", _K.GUARANTEE_INVALID, _GUARANTEE | _DEP, _s(_S.ACCEPTED, _S.UNDER_CONTROL),
        _S.GUARANTEE_BLOCKED),
    Row("9d", _K.GUARANTEE_VALID, _GUARANTEE, _s(_S.GUARANTEE_BLOCKED), _S.ACCEPTED),
    Row("9e", _K.GUARANTEE_VALID, _GUARANTEE, (_BEFORE | _ON_THE_WAY) - {_S.GUARANTEE_BLOCKED},
        None),
    Row("9f", _K.GUARANTEE_INVALID, _GUARANTEE | _DEP, _ON_THE_WAY | {_S.GUARANTEE_BLOCKED}, None),
    Row("9g", _K.GUARANTEE_FREED, _DEP, _ALL, None),
    Row("9h", _K.GUARANTEE_TOLD, _GUARANTEE | {_R.GUARANTOR}, _ALL, None),
    Row("10", _K.RELEASED, _DEP, _s(_S.NONE, _S.LODGED, _S.ACCEPTED, _S.UNDER_CONTROL),
        _S.IN_TRANSIT, effect=Effect.RELEASE),
    Row("10b", _K.RELEASED, _DEP, _STARTED, None),
    Row("10c", _K.RELEASE_ASKED, _HOLDER, _BEFORE, None),
    Row("11", _K.REFUSED, _DEP, _BEFORE | {_S.NONE}, _S.REFUSED),
    Row("12", _K.REFUSED, _ABROAD, _ON_THE_WAY, None, Guard.NOT_FIRST, Effect.REFUSE_OPERATION),
    Row("13", _K.TERMINATED, _OFFICES, _ON_THE_WAY, None, Guard.OPERATION_RUNS,
        Effect.END_OPERATION),
    Row("14", _K.STARTED, _ABROAD, _ON_THE_WAY, None, Guard.BEFORE_RUNS, Effect.START),
    Row("15", _K.PASSED, _ABROAD, _ON_THE_WAY, None, effect=Effect.PASSAGE),
    Row("16", _K.INCIDENT, _OFFICES, _ON_THE_WAY, None, effect=Effect.INCIDENT),
    Row("17", _K.ARRIVAL_NOTIFIED, _TRADER, _s(_S.IN_TRANSIT), _S.ARRIVED, effect=Effect.ARRIVAL),
    Row("17b", _K.ARRIVAL_NOTIFIED, _TRADER, _THERE, None),
    Row("17c", _K.REJECTED, _DES, _s(_S.ARRIVED), _S.IN_TRANSIT, Guard.ARRIVAL_PENDING),
    Row("18", _K.ARRIVAL_ADVISED, _DES, _s(_S.IN_TRANSIT, _S.ARRIVED), _S.ARRIVED,
        effect=Effect.ARRIVAL),
    Row("18b", _K.ARRIVAL_ADVISED, _DES, _THERE - {_S.ARRIVED}, None, effect=Effect.ARRIVAL),
    Row("18c", _K.ARRIVAL_FORWARDED, _DEP | _DES, _s(_S.IN_TRANSIT, _S.ARRIVED), _S.ARRIVED,
        effect=Effect.ARRIVAL),
    Row("18d", _K.ARRIVAL_FORWARDED, _DEP | _DES, _THERE - {_S.ARRIVED}, None,
        effect=Effect.ARRIVAL),
    Row("19", _K.UNLOADING_PERMITTED, _DES, _s(_S.ARRIVED, _S.UNLOADING), _S.UNLOADING),
    Row("19b", _K.UNLOADED, _DES | _TRADER, _s(_S.ARRIVED, _S.UNLOADING), _S.UNLOADING),
    Row("20", _K.CONTROL_DECIDED, _DES, _s(_S.ARRIVED, _S.UNLOADING, _S.DESTINATION_CONTROL),
        _S.DESTINATION_CONTROL),
    Row("20b", _K.CONTROLLED_AT_DESTINATION, _DES, _THERE, _S.TERMINATED, Guard.GOOD_RESULT),
    Row("20c", _K.CONTROLLED_AT_DESTINATION, _DES, _THERE - {_S.TERMINATED}, _S.DISCREPANCY,
        Guard.BAD_RESULT, Effect.DISCREPANCY),
    Row("20d", _K.CONTROLLED_AT_DESTINATION, _DES, _s(_S.TERMINATED), None, Guard.BAD_RESULT,
        Effect.DISCREPANCY),
    Row("20e", _K.DISCREPANCIES_TOLD, _DEP | _DES, _THERE, None),
    Row("20f", _K.CONTROL_TOLD, _DEP, _ALL, None),
    Row("21", _K.ENDED, _DES, _ON_THE_WAY, _S.TERMINATED, effect=Effect.END),
    Row("22", _K.DISCREPANCIES_SOLVED, _DEP, _s(_S.DISCREPANCY, _S.TERMINATED), _S.TERMINATED,
        effect=Effect.SOLVED),
    Row("23", _K.DISCHARGED, _DEP, _s(_S.TERMINATED), _S.DISCHARGED, effect=Effect.DISCHARGE),
    Row("23b", _K.DISCHARGED, _DEP, _s(_S.DISCREPANCY), _S.DISCHARGED, Guard.SOLVED,
        Effect.DISCHARGE),
    Row("23c", _K.DISCHARGED, _ABROAD, _s(_S.TERMINATED), _S.DISCHARGED, Guard.LAST_OPERATION,
        Effect.DISCHARGE_OPERATION),
    Row("23d", _K.DISCHARGED, _ABROAD, _ON_THE_WAY, None, effect=Effect.DISCHARGE_OPERATION),
    Row("24", _K.ENQUIRY_ASKED, _ENQUIRER, _ON_THE_WAY, None, effect=Effect.ENQUIRE),
    Row("24b", _K.ENQUIRY_ANSWERED, _OFFICES | _TRADER | _ENQUIRER, _STARTED, None,
        effect=Effect.ANSWERED),
    Row("24c", _K.ENQUIRY_CANCELLED, _ENQUIRER, _STARTED, None, effect=Effect.END_ENQUIRY),
    Row("24d", _K.ENQUIRY_OTHER, _OFFICES | _TRADER | _ENQUIRER, _STARTED, None),
    Row("25", _K.RECOVERY_STARTED, _RECOVERER, _ON_THE_WAY, None, effect=Effect.RECOVER),
    Row("26", _K.RECOVERY_OTHER, _RECOVERER | _ABROAD | _GUARANTEE, _STARTED, None),
    Row("26b", _K.RECOVERY_COLLECTED, _RECOVERER | _ABROAD, _STARTED, None,
        effect=Effect.COLLECTED),
    Row("27", _K.CANCEL_ASKED, _HOLDER, _BEFORE, None),
    Row("27b", _K.CANCELLED, _DEP, _BEFORE | {_S.NONE}, _S.CANCELLED),
    Row("27c", _K.CANCEL_DENIED, _DEP, _ALL, None),
    Row("28", _K.CANCELLED, _DEP, _s(_S.IN_TRANSIT), _S.CANCELLED, Guard.NOT_CROSSED),
    Row("29", _K.DATASET_ANSWERED, _DEP, _s(_S.NONE), _S.IN_TRANSIT, effect=Effect.ADMISSION),
    Row("29b", _K.DATASET_ANSWERED, _ANYBODY, _ALL, None, effect=Effect.ADMISSION),
    Row("29c", _K.QUERY, _ANYBODY, _ALL, None),
    Row("29d", _K.QUERY_ANSWERED, _ANYBODY, _ALL, None),
    Row("29e", _K.ACKNOWLEDGED, _ANYBODY, _ALL, None),
    Row("29f", _K.REJECTED, _ANYBODY, _ALL, None),
    Row("29g", _K.SERVICE_NOTICE, _ANYBODY, _ALL, None),
    Row("29h", _K.UNKNOWN, _ANYBODY, _ALL, None),
)  # fmt: skip
"""Every transition, in the order in which rows of a kind are tried."""

ROWS: Final[Mapping[Kind, tuple[Row, ...]]] = MappingProxyType(
    {kind: tuple(row for row in TABLE if row.kind is kind) for kind in Kind}
)


def _reachable() -> Mapping[State, frozenset[State]]:
    """To which states a movement may still come from each, by whatever records."""
    reach = {state: {state} for state in State}
    for _ in State:
        for row in TABLE:
            for start in row.start if row.to else ():
                if row.guard is not Guard.ARRIVAL_PENDING:  # it takes back, it does not go on
                    reach[start] |= reach[row.to or start]
    return MappingProxyType({state: frozenset(found) for state, found in reach.items()})


REACHABLE: Final = _reachable()
"""From each state, the states to which further records may lead: itself among them."""
