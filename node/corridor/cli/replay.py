"""`corridor replay`: generate, record, play and verify test traffic."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli import replay_capture
from corridor.cli.options import (
    FiniteRange,
    emit,
    json_option,
    movements_option,
    scenario_option,
    seed_option,
)
from corridor.errors import ConfigurationError, ExitStatus, InputTrouble
from corridor.wire.rule_words import in_words

if TYPE_CHECKING:
    from corridor.lab.traffic import Planned
    from corridor.lab.ways import Way

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
    """Generate, record, play and verify test traffic; never in production.

    \b
    corridor lab up --detach
    corridor replay generate --movements 100 --out plan.jsonl
    corridor replay play plan.jsonl
    corridor replay verify plan.jsonl
    corridor replay record day.tcap --lab build/lab
    corridor replay play day.tcap --speed 10 --assert 'p99<2s,lost=0'
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
@click.option("--config", "config_path", type=click.Path(path_type=Path, dir_okay=False),
              help="A capture: play through this one node instead of a lab.")  # fmt: skip
@click.option("--rate", type=FiniteRange(min=0.001, max=1_000_000),
              help="Records a second in all; as fast as kept otherwise.")  # fmt: skip
@click.option("--speed", type=FiniteRange(min=0.001, max=1_000_000),
              help="A capture: its own pace, so many times as fast.")  # fmt: skip
@click.option("--max-gap", "max_gap_s", type=FiniteRange(min=0), default=5.0, show_default=True,
              help="A capture: longer rests are cut to so many seconds.")  # fmt: skip
@click.option("--shift", default="now", show_default=True,
              help="A capture: move every date: now, keep, +3d, -30d.")  # fmt: skip
@click.option("--map", "mapping", default="",
              help="A capture: recorded country=network's: GE=TR,MA=DZ.")  # fmt: skip
@click.option("--to", multiple=True, help="A capture: only what goes to this country or endpoint.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1),
              help="A capture: the same fresh ids and numbers each time.")  # fmt: skip
@click.option("--assert", "thresholds", default="",
              help="A capture: status 7 unless reached: 'p99<2s,lost=0'.")  # fmt: skip
@click.option("--wait", "wait_s", type=FiniteRange(min=0), default=60.0, show_default=True,
              help="Seconds to wait for the last receipt.")  # fmt: skip
@json_option
def play_(
    plan: Path,
    directory: Path,
    config_path: Path | None,
    rate: float | None,
    speed: float | None,
    max_gap_s: float,
    shift: str,
    mapping: str,
    to: tuple[str, ...],
    seed: int | None,
    thresholds: str,
    wait_s: float,
    as_json: bool,
) -> None:
    """Submit a plan or a capture through the nodes of a lab and wait for the receipts.

    A capture gets fresh ids and shifted dates, and its last table has percentiles of the time
    from due to receipted. Exit status 7 where receipts are missing when the wait is over or
    --assert is not reached, 6 where all came and some records were refused, by the own node or by
    the partner.
    """
    from corridor.cli.replay_capture import play_capture, sockets_of
    from corridor.lab.capture import is_capture

    if rate is not None and speed is not None:
        raise InputTrouble("both --rate and --speed are given", cure="give one of them")
    if is_capture(plan):
        at = None if config_path is not None else directory
        play_capture(
            plan, sockets_of(at, config_path), speed=speed, rate=rate, max_gap_s=max_gap_s,
            wait_s=wait_s, shift=shift, mapping=mapping, to=to, seed=seed, thresholds=thresholds,
            as_json=as_json,
        )  # fmt: skip
        return
    if speed is not None or mapping or to or thresholds or config_path or seed is not None:
        raise InputTrouble(
            f"{plan}: is a plan; --speed, --map, --to, --seed, --assert, --config are for captures",
            cure="`corridor replay record` makes a capture",
        )
    _play_plan(plan, directory, rate, wait_s, as_json=as_json)


def _play_plan(
    plan: Path, directory: Path, rate: float | None, wait_s: float, *, as_json: bool
) -> None:
    from corridor.cli.progress import bar
    from corridor.lab.traffic import await_receipts, play

    planned = _planned(plan)
    ways = _ways(directory)
    begun = time.monotonic()
    with bar("submitted", len(planned), quiet=as_json) as advance:
        played = play(planned, ways, rate_per_s=rate, progress=advance)
    with bar("receipted", len(played.accepted), quiet=as_json) as advance:
        receipts = await_receipts(played.accepted, ways, timeout_s=wait_s, progress=advance)
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
        f"  {one.reason or one.status}: {', '.join(map(in_words, one.faults))}"
        for one in played.refused[:20]
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
    recordings = {one["endpoint"]: Path(one["recording"]) for one in _countries(directory)}
    receipts = await_receipts(planned, _ways(directory), timeout_s=5)
    proof = prove(planned, handed_over(recordings), receipts)
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


def _ways(directory: Path) -> "dict[str, Way]":
    from corridor.lab.ways import way_of

    return {one["endpoint"]: way_of(one["way_in"]) for one in _countries(directory)}


def _countries(directory: Path) -> list[dict[str, Any]]:
    from corridor.lab import state

    countries: list[dict[str, Any]] = state.read(directory)["countries"]
    if not countries:
        raise ConfigurationError(f"the lab in {directory} has no countries")
    return countries


command.add_command(replay_capture.record)
command.add_command(replay_capture.info)
