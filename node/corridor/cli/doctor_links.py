"""Checks of `corridor doctor` on the way to partners: certificates, reach, links, canary."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from corridor.cli.doctor_broker import cure_at_partner
from corridor.cli.doctor_parts import OPERATOR, Patient, Result, ends, fail, ok, skip, warn
from corridor.cli.options import age
from corridor.cli.watch_screen import watched_links
from corridor.errors import KeyTrouble, LinkTrouble

if TYPE_CHECKING:
    from corridor.exchange.link_values import Seen
    from corridor.transit.parties import Endpoint

STALE_S = 8.0
"""What the management interface tells of consumers may be more than 5 s old: look again."""
_STEP_S = 0.5
_ISSUE_OWN = "`corridor broker renew`, or have the own CA issue it again, and put it there"
_REASON_THERE = "if it says only `closed`, the reason is in the partner's broker's log"


def certificates(patient: Patient) -> list[Result]:
    """Every certificate is issued by whom it must be, names what it must, and has days left."""
    from corridor.exchange.addresses import NODE_USER, federation_user
    from corridor.seal.x509 import to_pem

    config = patient.config
    own = config.links.ca_file
    if not own.is_file():
        return [fail(f"{own}: the own CA's certificate is not there", "restore it")]
    ca = own.read_bytes()
    found = [
        _certificate(patient, config.links.server_cert_file, ca, _ISSUE_OWN,
                     name=config.broker.server_name),
        _certificate(patient, config.broker.cert_file, ca, _ISSUE_OWN, user=NODE_USER),
    ]  # fmt: skip
    for partner, member in patient.partners:
        country = partner.country
        place = config.links.partner_folder / f"fed-at-{country.lower()}.pem"
        cure = (
            f"`corridor broker request {country}`; {country} signs it with `corridor broker issue`"
        )
        if not place.is_file():
            found.append(
                fail(f"{place} is not there: our broker cannot fetch from {partner}", cure)
            )
            continue
        user = federation_user(config.endpoint.country)
        theirs = to_pem(member.broker.server_ca)
        found.append(_certificate(patient, place, theirs, cure, user=user))
    return found


def reach(patient: Patient) -> list[Result]:
    """Each partner's broker can be reached from this machine, with the right certificate."""
    from corridor.transport.broker import BrokerAddress
    from corridor.transport.reach import obstacle

    found = []
    folder = patient.config.links.partner_folder
    for partner, member in patient.partners:
        code = partner.country.lower()
        host = member.broker.connect_to or member.broker.host
        place = f"{partner} at {host}:{member.broker.port}"
        cert, ca = folder / f"fed-at-{code}.pem", folder / f"{code}-ca.pem"
        if not (cert.is_file() and ca.is_file()):
            cure = "`corridor broker render` writes the CA once the certificate is there"
            found.append(skip(f"{place}: {cert.name} or {ca.name} is not there", cure))
            continue
        address = BrokerAddress(host, member.broker.port, member.broker.host, ca, cert,
                                cert.with_suffix(".key"))  # fmt: skip
        seen = obstacle(address)
        if seen is None:
            found.append(ok(f"{place} answers, with the certificate the directory names"))
        else:
            found.append(fail(f"{place}: {seen.what}", cure_at_partner(partner, seen)))
    return found or [skip("no partner yet")]


def links(patient: Patient) -> list[Result]:
    """Each link works from both sides: ours fetches there, the partner's fetches here."""
    from corridor.transport.link_report import read_report

    if not patient.partners:
        return [skip("no partner yet")]
    login, url = patient.monitor, patient.management_url
    if login is None:
        both = skip("both ends of the links show at the broker only", OPERATOR)
        return [both, *watched_links(patient), *_heard(patient)]
    if not patient.entered:
        return [skip("the links are in a vhost that is not in order", "see the check `broker`")]
    try:
        seen = read_report(url, login)
        end = time.monotonic() + STALE_S
        while not _all_fetch(patient, seen) and time.monotonic() < end:
            time.sleep(_STEP_S)
            seen = read_report(url, login)
    except LinkTrouble as trouble:
        return [fail(trouble.message, trouble.cure)]
    found = []
    upstreams = {link.upstream: link for link in seen.links}
    for partner, _ in patient.partners:
        link = upstreams.get(partner.country)
        found.append(_our_end(partner, link.status if link else "", link.reason if link else ""))
        found.append(_their_end(patient, partner, seen))
    return [*found, *watched_links(patient), *_heard(patient)]


def canary(patient: Patient) -> list[Result]:
    """A canary goes to each partner and its receipt comes back."""
    from corridor.cli.peer import send_canary
    from corridor.gateway.local_client import LocalClient

    if patient.canary_wait_s is None:
        return [skip("not asked for", "--canary sends one to each partner")]
    if patient.status is None:
        return [skip(patient.no_status)]
    found = []
    for partner, _ in patient.partners:
        with LocalClient(patient.config.gateway.socket) as node_:
            said = send_canary(node_, partner, patient.canary_wait_s)
        if said["state"] == "receipted":
            found.append(ok(f"{partner}: there and back in {said['receipted_after_ms']} ms"))
        else:
            state = said["reason"] or said["state"]
            cure = "run `corridor doctor` at the partner too; the canary waits, as records do"
            found.append(fail(f"{partner}: {state}, no receipt", cure))
    return found or [skip("no partner yet")]


def _certificate(
    patient: Patient, place: Path, ca: bytes, cure: str, *, name: str = "", user: str = ""
) -> Result:
    from corridor.seal.x509_look import issued_by, look

    if not place.is_file():
        return fail(f"{place} is not there", cure)
    try:
        content = place.read_bytes()
        said, right = look(content), issued_by(content, ca)
    except (KeyTrouble, OSError) as error:
        return fail(f"{place}: {error}", cure)
    if not right:
        return fail(f"{place} was not issued by the CA it must be from", cure)
    if name and name not in said.names:
        return fail(f"{place} is for {', '.join(said.names) or 'no name'}, not {name}", cure)
    if user and said.common_name != user:
        return fail(f"{place} logs in as {said.common_name}, not {user}", cure)
    return ends(f"{place.name} for {name or user}", said.until_ms, patient.now_ms, cure)


def _our_end(partner: "Endpoint", status: str, reason: str) -> Result:
    what = f"our link that fetches from {partner}"
    if status == "running":
        return ok(f"{what} runs")
    if not status:
        return fail(
            f"{what} is not there", "`corridor broker render`, restart the broker, check it"
        )
    why = f" ({reason})" if reason else ""
    return fail(f"{what} is {status}{why}", f"see the check `reach`; {_REASON_THERE}")


def _their_end(patient: Patient, partner: "Endpoint", seen: "Seen") -> Result:
    if _fetches(patient, partner, seen):
        return ok(f"{partner}'s broker fetches from ours")
    cure = f"have {partner} run `corridor doctor`: its link to our broker is the one that is shut"
    return fail(f"{partner}'s broker does not fetch from ours", cure)


def _all_fetch(patient: Patient, seen: "Seen") -> bool:
    return all(_fetches(patient, one, seen) for one, _ in patient.partners)


def _fetches(patient: Patient, partner: "Endpoint", seen: "Seen") -> bool:
    from corridor.exchange.addresses import federation_queue

    queue = seen.queues.get(federation_queue(patient.config.endpoint.country, partner.country))
    return queue is not None and queue.consumers > 0


def _heard(patient: Patient) -> list[Result]:
    status = patient.status
    if status is None:
        return []
    return [_heard_of(peer, status["now_ms"]) for peer in status["peers"]]


def _heard_of(peer: dict[str, object], now_ms: int) -> Result:
    name, heard = peer["endpoint"], peer["last_heard_ms"]
    if isinstance(heard, int):
        return ok(f"{name} was last heard {age(now_ms, heard)} ago")
    return warn(f"{name} was not heard since the node started", f"`corridor peer test {name}`")
