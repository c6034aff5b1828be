"""Checks of `corridor doctor` on the own broker: reached, entered, what it holds, its alarms."""

from typing import TYPE_CHECKING, Final

from corridor.cli.doctor_parts import OPERATOR, Patient, Result, fail, ok, skip
from corridor.errors import ConfigurationError, LinkTrouble, LoginRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corridor.transport.broker import BrokerAddress
    from corridor.transport.reach import Found

_IMPORT: Final = (
    "`rabbitmqctl import_definitions {folder}/definitions.json`, as the broker's user; then"
    " `corridor broker check`"
)
_CURES: Final = {
    "name": "mend broker.host",
    "own_files": "restore them, or have the own CA issue them again",
    "nobody": "start the broker; where it does not start, its log says why: often another program"
    " has its port, see `ss -ltnp`",
    "other_ca": "have the own CA issue the broker's certificate, or mend broker.ca_file",
    "other_name": "mend broker.server_name, or have the own CA issue the certificate for it",
    "expired": "`corridor broker renew`, or have the own CA issue it again; the broker reads it"
    " anew within two minutes",
    "turned_away": "`corridor broker renew --node`, or have the own CA issue broker.cert_file"
    " again; the broker trusts links.ca_file",
    "stranger": "another program has the broker's port: `ss -ltnp` names it; end it, start the"
    " broker",
}


def broker(patient: Patient) -> list[Result]:
    """The own broker is reached over TLS, lets the node in, and is exactly what was rendered."""
    from corridor.transport.reach import obstacle

    address = patient.broker_address
    place = f"{address.host}:{address.port}"
    found = obstacle(address)
    if found is not None:
        return [fail(f"{place}: {found.what}", _CURES[found.obstacle.value])]
    results = [ok(f"{place} answers, with the right certificate"), *_entered(patient, address)]
    if (refused := _login(patient)) is not None:
        return [*results, refused]
    results += _alarms(patient)
    if patient.login is None:
        return [*results, skip("what it holds was not compared", OPERATOR)]
    return [*results, *_held(patient)]


def _login(patient: Patient) -> Result | None:
    """Return why the login that was given is not let in; nothing more is asked with it then."""
    from corridor.transport.management import read_version

    if patient.login is None:
        return None
    try:
        read_version(patient.management_url, patient.login)
    except LoginRefused as refused:
        patient.login = None
        return fail(refused.message, refused.cure)
    except LinkTrouble:
        return None  # told by what is asked next
    return None


def _entered(patient: Patient, address: "BrokerAddress") -> "Iterator[Result]":
    from corridor.exchange.addresses import NODE_USER, VIRTUAL_HOST
    from corridor.transport.entering import enter

    cure = _IMPORT.format(folder=patient.config.links.files_folder)
    try:
        partners = [one.country for one, _ in patient.partners]
    except ConfigurationError:
        partners = []  # told where the directory is looked at
    entered = enter(address, partners)
    patient.entered = not entered.refused
    if "not found" in entered.refused:
        yield fail(f"vhost {VIRTUAL_HOST} is not there: {entered.refused}", cure)
    elif entered.refused:
        yield fail(f"{NODE_USER} is not let in: {entered.refused}", cure)
    elif entered.missing:
        yield fail(f"not there: {', '.join(entered.missing)}", f"`corridor broker render`; {cure}")
    else:
        yield ok(f"it lets {NODE_USER} in, and has what it uses for {len(partners)} partners")


def _alarms(patient: Patient) -> "Iterator[Result]":
    from corridor.transport.link_report import read_alarms

    if patient.monitor is None:
        return
    try:
        alarms = read_alarms(patient.management_url, patient.monitor)
    except LinkTrouble as trouble:
        yield fail(trouble.message, trouble.cure)
        return
    cure = "free {} of the broker's machine; until then it takes nothing, and links are stopped"
    yield from (fail(f"the broker is short of {one}", cure.format(one)) for one in alarms)
    if not alarms:
        yield ok("it has no alarm of memory or disk")


def _held(patient: Patient) -> "Iterator[Result]":
    from corridor.cli.broker import differences
    from corridor.transport.management import read_version

    assert patient.login is not None  # noqa: S101 - asked for before
    try:
        numbers = read_version(patient.management_url, patient.login)
        yield ok("RabbitMQ " + ".".join(map(str, numbers)))
        different = differences(patient.config, patient.login, None)
    except LinkTrouble as trouble:
        yield fail(trouble.message, trouble.cure)
        return
    vhost = [one for one in different if one.object.startswith("vhost ")]
    for one in vhost or different:
        yield fail(f"{one.object}: {one.found}, not {one.expected}", one.cure)
    if vhost and len(different) > len(vhost):
        yield skip(f"{len(different) - len(vhost)} objects in it")
    if not different:
        yield ok("it holds exactly what it should")


def cure_at_partner(partner: str, found: "Found") -> str:
    """Return what to do where a partner's broker is not reached."""
    return _AT_PARTNER[found.obstacle.value].format(partner=partner)


_CALL: Final = "call {partner}; "
_AT_PARTNER: Final = {
    "name": _CALL + "its broker's name is in the directory: mend the own name server, or its entry",
    "own_files": "`corridor broker request`; {partner} issues it with `corridor broker issue`",
    "nobody": _CALL + "is its broker up? `corridor broker firewall` prints what must pass, on both"
    " sides",
    "other_ca": _CALL + "it goes back to a certificate of its CA in the directory, or the registry"
    " lists its new CA: then `corridor join` and `corridor broker render`",
    "other_name": _CALL + "its broker's certificate must be for its name in the directory",
    "expired": _CALL + "it has to renew its broker's certificate",
    "turned_away": "`corridor broker request`; {partner} issues it again with `corridor broker"
    " issue`, and has its broker take our user",
    "stranger": _CALL + "another program has its broker's port, or something on the way answers",
}
