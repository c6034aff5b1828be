"""`corridor doctor`: ordered checks of the node, its broker and its links, each with its cure.

Rules:

* later checks stand on earlier ones, so that the first failing line names the cause; each goes as
  far as it can when an earlier one failed;
* nothing is changed, whether the node runs or not; `--canary` alone sends something;
* a failure is one line of what is and one of what to do.
"""

import sys
from pathlib import Path
from typing import Any, Final

import click

from corridor.cli import (
    doctor_accepts,
    doctor_audit,
    doctor_backup,
    doctor_broker,
    doctor_disk,
    doctor_hardening,
    doctor_links,
    doctor_national,
    doctor_node,
    doctor_quarantine,
)
from corridor.cli.doctor_parts import Check, Patient, Result, Status, fail, skip
from corridor.cli.options import FiniteRange, config_option, emit, json_option
from corridor.errors import ConfigurationError, CorridorError, ExitStatus

_CHECKS: Final[dict[str, Check]] = {
    "configuration": doctor_node.configuration,
    "store": doctor_disk.store,
    "disk": doctor_disk.disk,
    "clock": doctor_node.clock,
    "keys": doctor_node.keys,
    "directory": doctor_node.directory,
    "agreements": doctor_node.agreements,
    "certificates": doctor_links.certificates,
    "hardening": doctor_hardening.hardening,
    "audit": doctor_audit.audit,
    "backup": doctor_backup.backup,
    "ports": doctor_national.ports,
    "broker": doctor_broker.broker,
    "node": doctor_node.node,
    "reach": doctor_links.reach,
    "links": doctor_links.links,
    "national": doctor_national.national,
    "accepts": doctor_accepts.accepts,
    "quarantine": doctor_quarantine.quarantine,
    "attention": doctor_node.attention,
    "canary": doctor_links.canary,
}
_NAMES: Final = click.Choice(list(_CHECKS))


@click.command("doctor")
@config_option
@click.option("--password-file", type=click.Path(path_type=Path, dir_okay=False),
              help="The operator's password at the own broker, to look into it.")  # fmt: skip
@click.option(
    "--user", default="corridor-operator", show_default=True, help="The operator's login."
)
@click.option("--canary", "canary", is_flag=True, help="Send a canary to each partner.")
@click.option("--wait", "wait_s", type=FiniteRange(min=0, max=600), default=10.0,
              show_default=True, help="Seconds to wait for a canary's receipt.")  # fmt: skip
@click.option("--before-start", is_flag=True, help="That the node does not run is no failure yet.")
@click.option("--only", type=_NAMES, multiple=True, help="Only this check; may be repeated.")
@click.option("--skip", "left_out", type=_NAMES, multiple=True, help="Not this check.")
@json_option
def command(
    config_path: Path,
    password_file: Path | None,
    user: str,
    canary: bool,
    wait_s: float,
    before_start: bool,
    only: tuple[str, ...],
    left_out: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check the node from its configuration to its partners; the first failure is the cause.

    Exit status 0 where nothing failed (warnings are none), 1 where something did.
    """
    from corridor.cli.broker import read_password
    from corridor.transport.management import Login

    login = Login(user, read_password(password_file)) if password_file is not None else None
    patient = Patient(
        config_path, login, wait_s if canary else None,
        before_start=before_start, password_file=password_file,
    )  # fmt: skip
    names = [name for name in _CHECKS if (not only or name in only) and name not in left_out]
    if not names:
        raise click.UsageError(
            "--skip leaves out every check that --only names: nothing is looked at"
        )
    found = {name: _run(_CHECKS[name], patient) for name in names}
    data = _as_data(found)
    failed = sum(one["status"] == Status.FAIL for one in data)
    emit({"failed": failed, "checks": data}, _text(found, failed), as_json=as_json)
    if failed:
        sys.exit(ExitStatus.FAILED)


def examined(patient: Patient) -> list[dict[str, Any]]:
    """Return what every check finds, as `--json` tells it."""
    return _as_data({name: _run(check, patient) for name, check in _CHECKS.items()})


def _as_data(found: dict[str, list[Result]]) -> list[dict[str, Any]]:
    return [
        {"check": name, "status": one.status.value, "what": one.what, "cure": one.cure or None}
        for name, results in found.items()
        for one in results
    ]


def _run(check: Check, patient: Patient) -> list[Result]:
    try:
        return check(patient)
    except ConfigurationError as error:
        # Told once, where it belongs; what stands on it cannot be looked at.
        if check in (doctor_node.configuration, doctor_node.directory):
            return [fail(_line(error), error.cure)]
        return [skip(_line(error), "see the checks above")]
    except CorridorError as error:
        return [fail(_line(error), _cure(error))]
    except OSError as error:
        return [fail(f"{error.filename or ''}: {error.strerror}", "let this user read it")]


def _line(error: CorridorError) -> str:
    return "; ".join([error.message, *error.faults])


def _cure(error: CorridorError) -> str:
    from corridor.daemon.cures import cure_of
    from corridor.errors import Refused

    told = cure_of(error.reason.label) if isinstance(error, Refused) else ""
    return error.cure or told or f"the RUNBOOK and the manual's page of errors, {error.code}"


def _text(found: dict[str, list[Result]], failed: int) -> str:
    width = max(map(len, found), default=0)
    lines = []
    for name, results in found.items():
        for one in results:
            lines.append(f"[{one.status.value:>4}] {name.ljust(width)}  {one.what}")
            if one.cure and one.status is not Status.OK:
                lines.append(f"       {' ' * width}  what to do: {one.cure}")
    lines.append(f"{failed} failed" if failed else "nothing failed")
    return "\n".join(lines)
