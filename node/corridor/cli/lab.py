"""`corridor lab`: a whole network on this machine."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import (
    emit,
    json_option,
    movements_option,
    scenario_option,
    seed_option,
    table,
)
from corridor.errors import ExitStatus, LinkTrouble

if TYPE_CHECKING:
    from corridor.lab.demo import Traffic
    from corridor.lab.scenario import Scenario

_DEFAULT_AT = Path("build/lab")
_PACE_S = 0.6  # a line at a time, as fast as a person reads
_at_option = click.option(
    "--at",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=_DEFAULT_AT,
    show_default=True,
    help="The lab's folder.",
)


@click.group("lab")
def command() -> None:
    """Run a whole network on this machine: brokers, nodes and recorders of several countries.

    \b
    corridor lab demo            bring it up, exchange, prove, bring it down
    corridor lab up              bring it up and keep it up; Ctrl-C ends it
    corridor lab run tr-ge-az    the same as demo, for any scenario and any number of movements
    corridor lab run pilots/georgia-turkiye    movements as written in the scenario, step by step
    """  # noqa: D301 - click's own mark for lines that stay as they are


@command.command("demo")
@scenario_option
@click.option(
    "--records",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="At least so many records.",
)
@seed_option
@click.option("--input", "source", type=click.Path(path_type=Path), help="A folder of NCTS files.")
@click.option("--map", "mapping", default="", help="File's country=lab's: GB=TR,XI=GE.")
@click.option("--summary", "summary_path", type=click.Path(path_type=Path), help="Figures as JSON.")
@click.option("--at", "folder", type=click.Path(path_type=Path), default=Path("build/demo"),
              show_default=True, help="Where runs are kept.")  # fmt: skip
@json_option
def demo(
    scenario: str,
    records: int,
    seed: int,
    source: Path | None,
    mapping: str,
    summary_path: Path | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Bring a network up, send whole movements through it, prove it, bring it down.

    Ends with status 0 only if what was sent, what was handed over and what was receipted are the
    same, nothing came twice, and nothing sent can be read in any message, queue, log or store;
    with 7 if not, and with 6 if that holds and some of the files were refused by name.
    """
    from corridor.lab.account import tell
    from corridor.lab.demo import run_demo, write_summary
    from corridor.lab.network import sweep
    from corridor.lab.scenario import load_scenario

    chosen = load_scenario(scenario)
    say = _quiet if as_json else _say
    say(f"Corridor lab: {chosen.title}")
    traffic = _traffic(chosen, records, seed, source, mapping)
    say(f"{len(traffic.plan)} records of whole movements are ready to be sent")
    sweep(folder, keep=2)
    _end_on_sigterm()
    account = run_demo(chosen, folder / f"run-{os.getpid()}", traffic, say)
    summary = account.summary
    if summary_path is not None:
        write_summary(summary, summary_path)
    emit(asdict(summary), tell(chosen, traffic, account), as_json=as_json)
    if not account.holds:
        sys.exit(ExitStatus.THRESHOLD)
    if summary.refused:
        sys.exit(ExitStatus.QUARANTINED)


@command.command("run")
@click.argument("scenario")
@movements_option
@seed_option
@click.option("--fast", is_flag=True, help="A pilot: do not rest between steps.")
@click.option("--at", "folder", type=click.Path(path_type=Path), default=Path("build/pilots"),
              show_default=True, help="Where runs of pilots are kept.")  # fmt: skip
@json_option
@click.pass_context
def run(
    ctx: click.Context,
    scenario: str,
    movements: int,
    seed: int,
    fast: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Bring SCENARIO up, send movements through it, prove it, bring it down.

    A pilot (`pilots/NAME`) plays the movements written in it and prints how each side sees them:
    status 0 only if both hold the same records, every text is unharmed, and each movement ends
    as written. Any other scenario plays generated movements and proves what `demo` does.
    """
    from corridor.lab.scenario import load_scenario

    chosen = load_scenario(scenario)
    if chosen.script.stories:
        _pilot(chosen, folder, 0.0 if fast else _PACE_S, as_json=as_json)
        return
    from corridor.lab.movements import plan_movements

    records = sum(1 for _ in plan_movements(chosen, seed, movements))
    ctx.invoke(demo, scenario=scenario, records=records, seed=seed, as_json=as_json)


def _pilot(chosen: "Scenario", folder: Path, pace_s: float, *, as_json: bool) -> None:
    from corridor.lab.network import sweep
    from corridor.lab.pilot_account import tell_pilot
    from corridor.lab.pilots import run_pilot

    say = _quiet if as_json else _say
    say(f"Corridor lab: {chosen.title}")
    sweep(folder, keep=4)
    _end_on_sigterm()
    account = run_pilot(chosen, folder / f"run-{os.getpid()}", pace_s, say)
    emit(account.summary(), tell_pilot(chosen, account), as_json=as_json)
    if not account.holds:
        sys.exit(ExitStatus.THRESHOLD)


@command.command("up")
@scenario_option
@_at_option
@click.option("--detach", is_flag=True, help="Return when it is up; `corridor lab down` ends it.")
@click.option("--with-prometheus", is_flag=True, help="Run Prometheus and Alertmanager beside it.")
@json_option
def up(scenario: str, directory: Path, detach: bool, with_prometheus: bool, as_json: bool) -> None:
    """Bring a network up and keep it up until Ctrl-C, SIGTERM or `corridor lab down`."""
    from corridor.lab import state
    from corridor.lab.network import Network
    from corridor.lab.scenario import load_scenario

    chosen = load_scenario(scenario)
    state.refuse_if_up(directory)
    if detach:
        _detached(scenario, directory, with_prometheus=with_prometheus)
        _show(directory, as_json=as_json)
        return
    _end_on_sigterm()
    _say(f"Corridor lab: {chosen.title}")
    with Network(chosen, directory / chosen.name, _say) as network, ExitStack() as beside:
        state.clear(directory / chosen.name)
        network.up()
        watch = None
        if with_prometheus:
            from corridor.lab.watching import Watchers

            watchers = Watchers(network, directory / chosen.name / "watch")
            watch = beside.enter_context(watchers).at
        state.write(directory, network, watch)
        _show(directory, as_json=as_json)
        _say("Ctrl-C ends it")
        try:
            while True:
                time.sleep(1)
        finally:
            state.remove(directory)


@command.command("status")
@_at_option
@json_option
def status(directory: Path, as_json: bool) -> None:
    """Show the countries of a lab that is up, and where everything of them is."""
    _show(directory, as_json=as_json)


@command.command("down")
@_at_option
@json_option
def down(directory: Path, as_json: bool) -> None:
    """End a lab that is up; its files stay until it is brought up again."""
    from corridor.lab import state

    pid = state.read(directory)["pid"]
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 60
    while state.alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    if state.alive(pid):
        raise LinkTrouble(
            f"the lab (process {pid}) does not end", cure="read its log; end the process by hand"
        )
    emit({"ended": pid}, "the lab has ended", as_json=as_json)


def _traffic(
    scenario: "Scenario", records: int, seed: int, source: Path | None, mapping: str
) -> "Traffic":
    if source is not None:
        from corridor.lab.files import file_traffic, parse_mapping

        return file_traffic(scenario, source, parse_mapping(mapping))
    from corridor.lab.movements import demo_traffic

    return demo_traffic(scenario, seed, records)


def _detached(scenario: str, directory: Path, *, with_prometheus: bool) -> None:
    from corridor.lab import state

    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "lab.log"
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "corridor", "lab", "up", "--scenario", scenario,
             "--at", str(directory), *(["--with-prometheus"] if with_prometheus else [])],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LinkTrouble("the lab did not come up", cure=f"read why in {log}")
        if state.is_up(directory):
            return
        time.sleep(0.2)
    process.terminate()
    raise LinkTrouble("the lab was not up after two minutes", cure=f"read why in {log}")


def _show(directory: Path, *, as_json: bool) -> None:
    from corridor.lab import state

    found = state.read(directory)
    emit(found, _where(found), as_json=as_json)


def _where(found: dict[str, Any]) -> str:
    rows = [
        (one["code"], one["endpoint"], one["config"], one["metrics"]) for one in found["countries"]
    ]
    text = table(rows, ("country", "endpoint", "--config", "metrics"))
    for name, url in (found.get("watch") or {}).items():
        text += f"\n{name}: {url}"
    return text


def _say(text: str) -> None:
    click.echo(f"  {text}" if not text.startswith("Corridor") else text, err=True)


def _quiet(_text: str) -> None:
    """Say nothing."""


def _end_on_sigterm() -> None:
    """Let SIGTERM unwind as Ctrl-C does, so that everything that was started is ended."""

    def end(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
