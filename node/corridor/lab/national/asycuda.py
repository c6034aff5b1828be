"""An ASYCUDA-like national system: a folder that it shares with its node, SAD XML and T1 notes.

Run as `python -m corridor.lab.national.asycuda SPOOL DESK`; SIGTERM ends it.
"""

import json
import sys
import time
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from corridor.lab.national.desk import Desk, Ended, end_on_sigterm
from corridor.lab.national.forms import fill, line, local, read, told

_PAUSE_S: Final = 0.05
_ANSWER_S: Final = 60.0
_STATES: Final = {
    "Registered": "accepted",
    "Border entry": "entered",
    "Border exit": "left",
    "Incident": "incident",
    "Arrived": "arrived",
    "Validated": "controlled",
    "Discharged": "discharged",
    "Refused": "refused",
}
_STATUS: Final = {
    "accepted": "Registered",
    "passed": "Border entry",
    "incident": "Incident",
    "arrived": "Arrived",
    "result": "Validated",
    "discharged": "Discharged",
    "refused": "Refused",
}


def american(iso: str) -> str:
    """Write a date as ASYCUDA does: month, day, year of two digits."""
    when = date.fromisoformat(iso[:10])
    return f"{when.month}/{when.day}/{when.year % 100:02d}"


class Asycuda:
    """The system of one country."""

    def __init__(self, spool: Path, desk: Desk) -> None:
        """Share `spool` with the node; officers work at `desk`."""
        self._spool = spool
        self._desk = desk

    def turn(self) -> None:
        """Do what officers ask, then read what came."""
        for name, order in self._desk.orders():
            self._desk.answer(name, self._obey(name.removesuffix(".json"), order))
        for cover in sorted(self._spool.glob("in/*/*.json"), key=lambda one: one.name):
            self._receive(cover)

    # -- what officers ask

    def _obey(self, number: str, order: dict[str, Any]) -> list[dict[str, Any]]:
        case = order.get("case") or self._desk.case(order["mrn"])
        if "way" not in case and "departure" not in case:
            return self._desk.unknown(order)
        if order["do"] in {"declared", "released"}:
            document = _form(case, order)
            state = order["do"]
            if state == "released":
                case["released"] = order["at"]
        else:
            document = _note(case, order)
            state = _STATES[_STATUS[order["do"]]]
            if state == "accepted":
                case["accepted"] = order["at"]
        answers = [self._submit(number, to, document) for to in order["to"]]
        if all(one["status"] in {"accepted", "duplicate"} for one in answers):
            self._desk.keep(order["mrn"], case, state)
        return answers

    def _submit(self, number: str, to: str, document: str) -> dict[str, Any]:
        """Put a file into the spool, and wait for the answer beside it."""
        name = f"T1-{number}.xml"
        content = document.encode()
        self._desk.put("sent", f"{number}-{to}.xml", content)
        folder = self._spool / "out" / to
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{name}.tmp"
        partial.write_bytes(content)
        partial.rename(folder / name)
        deadline = time.monotonic() + _ANSWER_S
        while time.monotonic() < deadline:
            for tray in ("done", "refused"):
                with suppress(FileNotFoundError):
                    place = self._spool / tray / to / f"{name}.result.json"
                    answer = json.loads(place.read_bytes())
                    known = ("status", "record_id", "reason", "faults")
                    return {"to": to, **{key: answer[key] for key in known}}
            time.sleep(_PAUSE_S)
        return {"to": to, "status": "no answer", "record_id": None, "reason": None, "faults": []}

    # -- what comes

    def _receive(self, cover: Path) -> None:
        """Read the form or note that came, and put all of it away; the JSON goes last."""
        stem = cover.name.removesuffix(".json")
        form, report = cover.with_name(f"{stem}.xml"), cover.with_name(f"{stem}.report.txt")
        if form.exists():
            self._desk.put("received", form.name, form.read_bytes())
            self._read(form.read_bytes())
        if report.exists():
            self._desk.put("officer", report.name, report.read_bytes())
        archive = self._desk.folder / "archive" / "in" / cover.parent.name
        archive.mkdir(parents=True, exist_ok=True)
        for place in (form, report, cover):
            if place.exists():
                place.rename(archive / place.name)

    def _read(self, document: bytes) -> None:
        root = read(document)
        if local(root) == "ASYCUDA_T1":
            mrn, status = told(root, "Identification/MRN"), told(root, "Status")
            self._desk.keep(mrn, self._desk.case(mrn), _STATES[status])
            return
        case = _case_of(root)
        if case["mrn"]:  # a declaration has none before it is registered
            self._desk.keep(case["mrn"], case, "released")


def _case_of(root: Any) -> dict[str, Any]:  # noqa: ANN401 - an element
    """Return what a form says of its movement."""
    office = "Identification/Office_segment/Customs_clearance_office_code"
    return {
        "mrn": told(root, "Transit/MRN"),
        "lrn": told(root, "Declarant/Reference/Number"),
        "departure": told(root, office),
        "border": told(root, "Transport/Border_office/Code"),
        "destination": told(root, "Transit/Destination/Office"),
        "principal": told(root, "Transit/Principal/Name").partition("\n")[0],
        "principal_number": told(root, "Transit/Principal/Code"),
        "binding": told(root, "Transit/Binding_itinerary"),
        "seals": told(root, "Transit/Seals/Identity").split(";"),
        "goods": [
            told(item, "Goods_description/Description_of_goods") for item in root.findall("Item")
        ],
        "packages": told(root, "Property/Nbers/Total_number_of_packages"),
    }


def _party(one: dict[str, str]) -> str:
    """Write a name with its address below it, a line each."""
    return "\n".join(one[key] for key in ("name", "street", "postcode", "city", "country"))


def _form(case: dict[str, Any], order: dict[str, Any]) -> str:
    """Write the SAD, as it is declared or as customs released it."""
    departure = case["way"][0]
    values = {**case, **_declared(case), **_released(case, order), "at": order["at"]}
    common = {
        "origin": departure[:2],
        "document": case["document"],
        "document_type": case["document_type"],
    }
    goods = [fill("asycuda/item.xml", {**one, **common}) for one in case["goods"]]
    boxes = fill("asycuda/container.xml", case) if case["container"] else ""
    return fill("asycuda/sad.xml", values, {"goods": "".join(goods), "containers": boxes})


def _declared(case: dict[str, Any]) -> dict[str, object]:
    departure, border, destination = case["way"]
    guarantee = case["guarantee"]
    parties = {
        box: case[role]
        for box, role in (
            ("consignor", "consignor"),
            ("consignee", "consignee"),
            ("principal", "holder"),
        )
    }
    return {
        **{box: _party(one) for box, one in parties.items()},
        **{f"{box}_number": one["number"] for box, one in parties.items()},
        "reference": case["lrn"],
        "items": len(case["goods"]),
        "declared": american(case["day"]),
        "year": case["day"][:4],
        "departure": departure,
        "departure_name": case["names"][departure],
        "border": border,
        "border_name": case["names"][border],
        "destination": destination,
        "from": departure[:2],
        "to": destination[:2],
        "plate": "/".join(case["plates"]),
        "in_container": str(bool(case["container"])).lower(),
        "guarantee": guarantee["number"],
        "guarantee_type": guarantee["type"],
        "amount": guarantee["amount"],
        "currency": guarantee["currency"],
        "seal_count": len(case["seals"]),
        "seals": ";".join(case["seals"]),
        "limit": american(case["limit"]),
    }


def _released(case: dict[str, Any], order: dict[str, Any]) -> dict[str, object]:
    """Return what customs at departure fill in; empty boxes before."""
    boxes = (
        "serial", "registration_year", "number", "registered", "result", "mrn", "accepted",
        "released", "controlled", "remarks",
    )  # fmt: skip
    if order["do"] != "released":
        return dict.fromkeys(boxes, "")
    day, accepted = american(order["at"]), american(case["accepted"])
    told = (
        "T", case["day"][:4], case["lrn"][-6:], accepted, order["code"] or "A1", order["mrn"],
        accepted, day, day, order["text"],
    )  # fmt: skip
    return dict(zip(boxes, told, strict=True))


def _note(case: dict[str, Any], order: dict[str, Any]) -> str:
    """Write what happened to a T1."""
    status = _STATUS[order["do"]]
    departure = case["way"][0] if "way" in case else case["departure"]
    at = datetime.fromisoformat(order["at"])
    more = ""
    if status not in {"Registered", "Discharged"}:
        names = line("Code", order["office"], 4) + line("Name", order["office_name"], 4)
        more += f"  <Office>\n{names}  </Office>\n"
    dated = status in {"Registered", "Border entry", "Validated", "Discharged"}
    more += line("Time", at.isoformat())
    more += line("Date", at.date().isoformat() if dated else at.isoformat())
    if status == "Validated":
        more += line("Result_of_control", order["code"] or "A1") + line("Seals_in_order", 1)
        more += line("Binding_itinerary", case["binding"])
    if status in {"Incident", "Refused"}:
        more += line("Code", order["code"])
    if order["text"]:
        more += line("Comments", order["text"])
    if status in {"Registered", "Discharged"}:
        holder = case.get("holder", {})
        name, number = holder.get("name", ""), holder.get("number", "")
        who = line("Code", number, 4) + line("Name", name, 4)
        more += f"  <Principal>\n{who}  </Principal>\n"
    own = "way" in case and "accepted" in case  # a T1 that this country registered
    values = {
        "departure": departure,
        "year": case["day"][:4] if own else "",
        "serial": "T" if own else "",
        "number": case["lrn"][-6:] if own else "",
        "registered": american(case["accepted"]) if own else "",
        "reference": case["lrn"],
        "mrn": order["mrn"],
        "status": status,
    }
    return fill("asycuda/note.xml", values, {"more": more})


def main() -> None:
    """Work until SIGTERM."""
    end_on_sigterm()
    system = Asycuda(Path(sys.argv[1]), Desk(Path(sys.argv[2])))
    with suppress(Ended, KeyboardInterrupt):
        while True:
            system.turn()
            time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
