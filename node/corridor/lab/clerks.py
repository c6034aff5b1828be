"""Officers of a pilot at a national system that knows its own standard only.

Rules:

* a clerk gives orders in the words of the country's own system, and never a record;
* what the standard has no message for, officers tell at the node itself: the clerk says so;
* what a system knows of a movement at the end is what it read in its own standard.
"""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from corridor.gateway.dialects import read_dialect
from corridor.lab.nodes import NodePlan
from corridor.lab.story import Lot, Script, Story
from corridor.lab.story_dataset import TARE_KG
from corridor.lab.story_records import Told
from corridor.standards.mapper import Options
from corridor.standards.standard import decode
from corridor.wire.v1 import types_pb2 as types

_ANSWER_S: Final = 90.0
"""A machine that others use too may take its time to start a program."""
_KNOWN_S: Final = 30.0
_STEP_S: Final = 0.02
PROCEDURES: Final = frozenset({"T1", "T2"})
"""What these systems declare; a carnet is told at the node."""
_TOLD: Final[Mapping[str, frozenset[str]]] = {
    "ncts": frozenset(
        {"declared", "accepted", "released", "passed", "incident", "arrived", "result",
         "discharged"}
    ),
    "asycuda": frozenset(
        {"declared", "accepted", "released", "passed", "incident", "arrived", "result",
         "discharged", "refused"}
    ),
}  # fmt: skip
_BEFORE: Final = {
    "passed": "released",
    "arrived": "released",
    "refused": "released",
    "discharged": "controlled",
}
"""What an officer has read in the own system before telling a step."""


class Clerk:
    """Works at one country's system."""

    def __init__(self, plan: NodePlan) -> None:
        """Work at the desk of a plan."""
        self._plan = plan
        self._number = 0
        asycuda = plan.country.standard == "asycuda"
        self._options = Options(dialect=read_dialect(plan.dialect) if asycuda else None)

    def tells(self, story: Story, told: Told) -> bool:
        """Tell whether the country's system has a message for a step."""
        can = told.step.what in _TOLD[self._plan.country.standard]
        by_transit = told.step.country != story.countries[0]  # departure's refusal is another
        return can and story.procedure in PROCEDURES and (told.step.what != "refused" or by_transit)

    def order(self, told: Told, mrn: str, case: Mapping[str, Any]) -> tuple[Told, str]:
        """Have a step told; returns it as it was told, and why it was refused, "" where not.

        Raises:
            TimeoutError: The system did not answer.
        """
        self._await_known(told.step.what, mrn)
        self._number += 1
        name, step = f"{self._number:04d}.json", told.step
        asked = {
            "do": step.what,
            "to": list(told.recipients),
            "at": datetime.fromtimestamp(told.at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "office": step.office,
            "office_name": told.record.header.sender_office.name,
            "mrn": mrn,
            "code": step.code,
            "text": step.text,
            "seals": list(step.seals),
            "case": dict(case) if step.what == "declared" else None,
        }
        place = self._plan.desk / "orders" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{name}")
        partial.write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
        partial.rename(place)
        answers = _await(self._plan.desk / "answers" / name)
        (answer,) = answers  # a pilot has two countries
        if answer["status"] not in {"accepted", "duplicate"}:
            return told, f"{answer['reason']} {' '.join(answer['faults'])}"
        sent = self._plan.desk / "sent" / f"{self._number:04d}-{answer['to']}.xml"
        record = decode(sent.read_bytes(), self._options).record
        return told._replace(record_id=bytes.fromhex(answer["record_id"]), record=record), ""

    def _await_known(self, what: str, mrn: str) -> None:
        """Wait until the system was told what an officer must have seen before."""
        before = _BEFORE.get(what)
        if before is not None:
            _case(self._plan.desk / "cases" / f"{mrn}.json", before)

    def faults(self, story: Story, mrn: str) -> list[str]:
        """Return what the country's system knows otherwise than the story says."""
        country = self._plan.country.code
        wanted = {"discharged": "discharged", "overdue": "entered"}.get(story.expected.ends)
        case = _case(self._plan.desk / "cases" / f"{mrn}.json", wanted)
        if not case:
            return [f"{country}: its national system knows nothing of {mrn}"]
        found = []
        if wanted and case["state"] != wanted:
            found.append(f"{country}: its national system sees it {case['state']}, not {wanted}")
        if country != story.countries[0]:
            goods = [lot.description for lot in story.lots]
            for what, held, said in (
                ("goods", case.get("goods"), goods),
                ("seals", case.get("seals"), list(story.seals)),
                ("principal", case.get("principal"), story.firms["holder"].name),
            ):
                if held != said:
                    found.append(f"{country}: its national system was told other {what}: {held}")
        return found

    def differences(self) -> list[str]:
        """Return what officers were told that the standard cannot say, a first line each."""
        told = sorted((self._plan.desk / "officer").glob("*.txt"))
        return [one.read_text(encoding="utf-8").partition("\n")[0] for one in told]


def case_of(script: Script, story: Story, steps: Sequence[Told]) -> dict[str, Any]:
    """Return a movement as a trader declares it, in plain words."""
    header, dataset = steps[0].record.header, steps[0].record.declaration.dataset
    (reference,) = dataset.guarantees[0].references
    return {
        "lrn": next(one.value for one in header.movement.ids if one.scheme == types.ID_SCHEME_LRN),
        "type": story.procedure,
        "day": dataset.operation.accepted_on.lexical,
        "limit": dataset.operation.limit.lexical,
        "way": list(story.way),
        "names": dict(script.offices),
        **{role: _firm(story, role) for role in ("holder", "consignor", "consignee")},
        "guarantee": {
            "number": reference.id.value,
            "type": dataset.guarantees[0].type.value,
            "amount": reference.amount.lexical,
            "currency": reference.currency,
        },
        "binding": "0",
        "loading": story.loading,
        "unloading": story.unloading,
        "mode": story.mode,
        "document": story.document,
        "document_type": dataset.consignment.documents[0].type.value,
        "plates": list(story.plates),
        "container": story.container,
        "seals": list(story.seals),
        "goods": [_goods(lot) for lot in story.lots],
        "gross": sum(lot.kg + lot.packages * TARE_KG for lot in story.lots),
        "packages": sum(lot.packages for lot in story.lots),
    }


def _firm(story: Story, role: str) -> dict[str, str]:
    firm = story.firms[role]
    names = ("name", "number", "street", "postcode", "city", "country")
    return {name: getattr(firm, name) for name in names}


def _goods(lot: Lot) -> dict[str, object]:
    return {
        "hs6": lot.hs6,
        "description": lot.description,
        "package": lot.package,
        "packages": lot.packages,
        "marks": lot.marks,
        "net": lot.kg,
        "gross": lot.kg + lot.packages * TARE_KG,
    }


def _await(place: Path) -> list[dict[str, Any]]:
    deadline = time.monotonic() + _ANSWER_S
    while not place.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no answer at {place}")
        time.sleep(_STEP_S)
    answers: list[dict[str, Any]] = json.loads(place.read_bytes())
    return answers


def _case(place: Path, wanted: str | None) -> dict[str, Any]:
    """Return a case, once it stands as it should, or as it stands when patience ends."""
    deadline = time.monotonic() + _KNOWN_S
    case: dict[str, Any] = {}
    while time.monotonic() < deadline:
        case = json.loads(place.read_bytes()) if place.exists() else {}
        if case and (wanted is None or wanted in case["states"]):
            break
        time.sleep(_STEP_S)
    return case
