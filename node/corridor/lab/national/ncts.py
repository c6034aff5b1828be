"""An NCTS-like national system: CC and CD messages over HTTP.

Run as `python -m corridor.lab.national.ncts PORT TOKEN_FILE DESK`; SIGTERM ends it.
"""

import http.client
import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from corridor.lab.national.desk import Desk, Ended, end_on_sigterm
from corridor.lab.national.forms import fill, line, local, read, told

_PAUSE_S: Final = 0.1
_ANSWER_S: Final = 60
_WAIT_S: Final = 0.2
_LATER: Final = frozenset({429, 503})
_PATIENCE: Final = 100
_MESSAGE: Final = {
    "declared": "CC015C",
    "accepted": "CC028C",
    "released": "CD001C",
    "passed": "CD118C",
    "incident": "CD180C",
    "arrived": "CD006C",
    "result": "CD018C",
    "discharged": "CC045C",
}
_STATE: Final = {
    "CC015C": "declared",
    "CC028C": "accepted",
    "CD001C": "released",
    "CD118C": "entered",
    "CD180C": "incident",
    "CD006C": "arrived",
    "CD018C": "controlled",
    "CC045C": "discharged",
}
_CURSOR: Final = "cursor"


class Node:
    """The node, over HTTP on this machine."""

    def __init__(self, port: int, token: str) -> None:
        """Speak to the node at `port`."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
        self._token = token

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask once more while the node is not there, or says "later".

        Raises:
            OSError: It did not answer for a long time.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Authorization"] = f"Bearer {self._token}"
        for left in reversed(range(_PATIENCE)):
            try:
                self._connection.request(method, path, body, named)
                answer = self._connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
                if not left:
                    raise
            else:
                if answer.status not in _LATER:
                    told_headers = {name.lower(): value for name, value in answer.getheaders()}
                    return answer.status, told_headers, content
            time.sleep(_PAUSE_S)
        raise OSError("the node takes nothing")


class Ncts:
    """The system of one country."""

    def __init__(self, node: Node, desk: Desk) -> None:
        """Submit to and take from `node`; officers work at `desk`."""
        self._node = node
        self._desk = desk
        place = desk.folder / _CURSOR
        self._cursor = int(place.read_text("ascii")) if place.exists() else 0

    def turn(self) -> None:
        """Do what officers ask, then read what came."""
        for name, order in self._desk.orders():
            self._desk.answer(name, self._obey(name.removesuffix(".json"), order))
        while self._receive():
            pass

    # -- what officers ask

    def _obey(self, number: str, order: dict[str, Any]) -> list[dict[str, Any]]:
        case = order.get("case") or self._desk.case(order["mrn"])
        if "way" not in case and "departure" not in case:
            return self._desk.unknown(order)
        if order["do"] == "accepted":
            case["accepted"] = order["at"][:10]
        answers = []
        for to in order["to"]:
            document = message(case, order, to, f"{to}{number}").encode()
            self._desk.put("sent", f"{number}-{to}.xml", document)
            answers.append(self._submit(document, to, f"{to}{number}"))
        if all(one["status"] in {"accepted", "duplicate"} for one in answers):
            self._desk.keep(order["mrn"], case, _STATE[_MESSAGE[order["do"]]])
        return answers

    def _submit(self, document: bytes, to: str, key: str) -> dict[str, Any]:
        """Submit a message; its own number is the key, so that twice is once."""
        _, _, content = self._node.ask(
            "POST", f"/v1/records?to={to}", document,
            Content_Type="application/xml", Idempotency_Key=key,
        )  # fmt: skip
        answer = json.loads(content)
        return {
            "to": to,
            "status": "refused" if "code" in answer else answer["status"],
            "record_id": answer.get("record_id"),
            "reason": answer.get("reason") or answer.get("code"),
            "faults": [f"{one['rule']} {one['path']}" for one in answer.get("faults", ())],
        }

    # -- what comes

    def _receive(self) -> bool:
        """Take the next message; returns whether there was one."""
        path = f"/v1/inbox?after={self._cursor}&wait_s={_WAIT_S}"
        status, headers, content = self._node.ask("GET", path, Accept="application/xml")
        cursor = headers.get("corridor-cursor")
        if cursor is None:
            return False
        name = f"{int(cursor):012d}"
        if status == http.client.OK:
            self._desk.put("received", f"{name}.xml", content)
            self._read(content)
        if status != http.client.OK or headers["corridor-differences"] != "0":
            report = f"/v1/inbox/{cursor}/report"
            _, _, account = self._node.ask("GET", report, Accept="text/plain")
            self._desk.put("officer", f"{name}.txt", account)
        self._cursor = int(cursor)
        self._desk.put("", _CURSOR, str(self._cursor).encode())
        body = json.dumps({"up_to": self._cursor}).encode()
        self._node.ask("POST", "/v1/inbox/ack", body, Content_Type="application/json")
        return True

    def _read(self, document: bytes) -> None:
        root = read(document)
        mrn, name = told(root, "TransitOperation/MRN"), local(root)
        if not mrn:
            return  # a declaration, before customs gave it a number
        case = self._desk.case(mrn)
        if name == "CD001C":
            case = _case_of(root)
        self._desk.keep(mrn, case, _STATE.get(name, case.get("state", "known")))


def _case_of(root: Any) -> dict[str, Any]:  # noqa: ANN401 - an element
    """Return what an anticipated arrival record says of its movement."""
    holder = "HolderOfTheTransitProcedure"
    item = "Consignment/HouseConsignment/ConsignmentItem"
    return {
        "departure": told(root, "CustomsOfficeOfDeparture/referenceNumber"),
        "border": told(root, "CustomsOfficeOfTransitDeclared/referenceNumber"),
        "destination": told(root, "CustomsOfficeOfDestinationDeclared/referenceNumber"),
        "principal": told(root, f"{holder}/name"),
        "principal_number": told(root, f"{holder}/identificationNumber"),
        "binding": told(root, "TransitOperation/bindingItinerary"),
        "seals": [
            told(seal, "identifier") for seal in root.findall("Consignment/TransportEquipment/Seal")
        ],
        "goods": [told(one, "Commodity/descriptionOfGoods") for one in root.findall(item)],
    }


def message(case: dict[str, Any], order: dict[str, Any], to: str, number: str) -> str:
    """Write the message for what an officer did."""
    name = _MESSAGE[order["do"]]
    departure = case["way"][0] if "way" in case else case["departure"]
    values = {
        **case,
        **order,
        "departure": departure,
        "day": order["at"][:10],
        "from": order["office"][:2],
        "to": to,
        "id": number,
        "message": name,
        "words": order["text"],
        "code": order["code"] or "A1",
        "seal_count": len(order["seals"] or case["seals"]),
    }
    seals = _seals(order["seals"] or case["seals"], 8 if name == "CD180C" else 6)
    parts = {
        "header": fill("ncts/header.xml", values),
        "text": line("text", order["text"], 4) if order["text"] else "",
        "seals": seals,
    }
    if "way" in case:
        values |= _declared(case)
        parts |= {
            "offices": fill("ncts/offices.xml", values),
            "holder": _party("HolderOfTheTransitProcedure", case["holder"]),
            "consignment": _consignment(case, seals),
        }
    return fill(f"ncts/{name}.xml", values, parts)


def _declared(case: dict[str, Any]) -> dict[str, object]:
    _, border, destination = case["way"]
    guarantee = case["guarantee"]
    return {
        "border": border,
        "destination": destination,
        "guarantee": guarantee["number"],
        "guarantee_type": guarantee["type"],
        "amount": guarantee["amount"],
        "currency": guarantee["currency"],
    }


def _party(element: str, one: dict[str, str], indent: str = "") -> str:
    text = fill("ncts/party.xml", {"element": element, **one})
    return "".join(f"{indent}{told_line}" for told_line in text.splitlines(keepends=True))


def _seals(seals: list[str], indent: int) -> str:
    blank = " " * indent
    return "".join(
        f"{blank}<Seal>\n{line('sequenceNumber', number, indent + 2)}"
        f"{line('identifier', seal, indent + 2)}{blank}</Seal>\n"
        for number, seal in enumerate(seals, 1)
    )


def _means(case: dict[str, Any]) -> str:
    return "".join(
        "    <DepartureTransportMeans>\n"
        + line("sequenceNumber", number, 6)
        + line("typeOfIdentification", 30 if number == 1 else 31, 6)
        + line("identificationNumber", plate, 6)
        + line("nationality", case["way"][0][:2], 6)
        + "    </DepartureTransportMeans>\n"
        for number, plate in enumerate(case["plates"], 1)
    )


def _consignment(case: dict[str, Any], seals: str) -> str:
    container = case["container"]
    values = {
        **case,
        "from": case["way"][0][:2],
        "to": case["way"][-1][:2],
        "in_container": int(bool(container)),
        "seal_count": len(case["seals"]),
    }
    items = [
        fill("ncts/item.xml", {"number": number, **one})
        for number, one in enumerate(case["goods"], 1)
    ]
    parts = {
        "consignor": _party("Consignor", case["consignor"], "  "),
        "consignee": _party("Consignee", case["consignee"], "  "),
        "container": line("containerIdentificationNumber", container, 6) if container else "",
        "seals": seals,
        "means": _means(case),
        "items": "".join(items),
    }
    return fill("ncts/consignment.xml", values, parts)


def main() -> None:
    """Work until SIGTERM."""
    end_on_sigterm()
    token = Path(sys.argv[2]).read_text(encoding="ascii").strip()
    system = Ncts(Node(int(sys.argv[1]), token), Desk(Path(sys.argv[3])))
    with suppress(Ended, KeyboardInterrupt):
        while True:
            with suppress(OSError):
                system.turn()
            time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
