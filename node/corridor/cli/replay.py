"""`corridor replay`: generate, play and verify test traffic."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import (
    FiniteRange,
    emit,
    json_option,
    movements_option,
    scenario_option,
    seed_option,
)
from corridor.errors import ConfigurationError, ExitStatus, InputTrouble

if TYPE_CHECKING:
    from corridor.lab.traffic import Planned

_PLAN = click.argument("plan", type=click.Path(path_type=Path, dir_okay=False))
_LAB = click.option(
    "--lab",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/lab"),
    show_default=True,
    help="The folder of a lab that is up.",
)


@click.group("replay")
def command() -> None:
    """Generate, play and verify test traffic.

    \b
    corridor lab up --detach
    corridor replay generate --movements 100 --out plan.jsonl
    corridor replay play plan.jsonl
    corridor replay verify plan.jsonl
    """  # noqa: D301 - click's own mark for lines that stay as they are


@command.command("generate")
@scenario_option
@movements_option
@seed_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="The plan to write: JSON lines, one record each.")  # fmt: skip
@json_option
def generate(scenario: str, movements: int, seed: int, out: Path, as_json: bool) -> None:
    """Write a plan of whole movements along a scenario's route."""
    from corridor.lab.movements import plan_movements
    from corridor.lab.scenario import load_scenario
    from corridor.lab.traffic import write_plan

    count = write_plan(out, plan_movements(load_scenario(scenario), seed, movements))
    data = {"plan": str(out), "records": count, "movements": movements, "seed": seed}
    emit(data, f"{count} records of {movements} movements in {out}", as_json=as_json)


@command.command("play")
@_PLAN
@_LAB
@click.option("--rate", type=FiniteRange(min=0.001, max=1_000_000),
              help="Records a second in all; as fast as kept otherwise.")  # fmt: skip
@click.option("--wait", "wait_s", type=FiniteRange(min=0), default=60.0, show_default=True,
              help="Seconds to wait for the last receipt.")  # fmt: skip
@json_option
def play_(plan: Path, directory: Path, rate: float | None, wait_s: float, as_json: bool) -> None:
    """Submit a plan through the nodes of a lab and wait for the receipts.

    Exit status 7 where receipts are missing when the wait is over, 6 where all came and some
    records were refused, by the own node or by the partner.
    """
    from corridor.cli.progress import bar
    from corridor.lab.traffic import await_receipts, play

    planned = _planned(plan)
    sockets = _paths(directory, "socket")
    begun = time.monotonic()
    with bar("submitted", len(planned), quiet=as_json) as advance:
        played = play(planned, sockets, rate_per_s=rate, progress=advance)
    with bar("receipted", len(played.accepted), quiet=as_json) as advance:
        receipts = await_receipts(played.accepted, sockets, timeout_s=wait_s, progress=advance)
    got = receipts.accepted.total()
    data: dict[str, Any] = {
        "accepted": len(played.accepted),
        "refused": len(played.refused),
        "receipted": got,
        "refused_by_partner": len(receipts.refused),
        "seconds": round(time.monotonic() - begun, 3),
    }
    lines = [f"{key.replace('_', ' ')}: {value}" for key, value in data.items()]
    lines += [
        f"  {one.reason or one.status}: {' '.join(one.faults)}" for one in played.refused[:20]
    ]
    emit(data, "\n".join(lines), as_json=as_json)
    if got + len(receipts.refused) < len(played.accepted):
        sys.exit(ExitStatus.THRESHOLD)
    if played.refused or receipts.refused:
        sys.exit(ExitStatus.QUARANTINED)


@command.command("verify")
@_PLAN
@_LAB
@json_option
def verify(plan: Path, directory: Path, as_json: bool) -> None:
    """Compare what was planned with what recorders were handed and what was receipted.

    Exit status 0 where the three sets are equal and nothing came twice, 7 otherwise.
    """
    from corridor.lab.traffic import await_receipts, handed_over, prove

    planned = _planned(plan)
    receipts = await_receipts(planned, _paths(directory, "socket"), timeout_s=5)
    proof = prove(planned, handed_over(_paths(directory, "recording")), receipts)
    data = {
        "planned": proof.planned,
        "handed_over": proof.handed,
        "receipted": proof.receipted,
        "lost": [list(key) for key in proof.lost],
        "duplicated": [list(key) for key in proof.duplicated],
        "refused_by_partner": receipts.refused,
        "holds": proof.holds,
    }
    lines = [
        f"planned {proof.planned}, handed over {proof.handed}, receipted {proof.receipted}",
        *(f"  lost: {' '.join(key)}" for key in proof.lost[:20]),
        *(f"  twice: {' '.join(key)}" for key in proof.duplicated[:20]),
        "the three sets are equal" if proof.holds else "NOT EQUAL",
    ]
    emit(data, "\n".join(lines), as_json=as_json)
    if not proof.holds:
        sys.exit(ExitStatus.THRESHOLD)


def _planned(plan: Path) -> "list[Planned]":
    from corridor.lab.traffic import read_plan

    planned = list(read_plan(plan))
    if not planned:
        raise InputTrouble(f"{plan}: is empty", cure="`corridor replay generate` writes a plan")
    return planned


def _paths(directory: Path, name: str) -> dict[str, Path]:
    from corridor.lab import state

    countries = state.read(directory)["countries"]
    if not countries:
        raise ConfigurationError(f"the lab in {directory} has no countries")
    return {one["endpoint"]: Path(one[name]) for one in countries}
