"""`corridor check`: one line and an exit status for a monitoring system of the Nagios family."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from corridor.cli.check_rules import Limits, State, Verdict, judge
from corridor.cli.options import FiniteRange, config_option, emit, json_option
from corridor.errors import CorridorError

_F = TypeVar("_F", bound=Callable[..., Any])
_DEFAULT = Limits()


class _Plugin(click.Command):
    """A mistake in the command line is UNKNOWN: as CRITICAL it would wake somebody."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's own signature
    ) -> click.Context:
        as_json = "--json" in args  # parsing takes them away
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            _end(Verdict(State.UNKNOWN, error.format_message()), as_json=as_json)


def _pair(name: str, unit: str, default: Sequence[float]) -> Callable[[_F], _F]:
    return click.option(
        f"--{name}", nargs=2, type=FiniteRange(min=0), default=tuple(default), show_default=True,
        metavar="WARN CRIT", help=f"{unit}: from where on it warns, from where on it is critical.",
    )  # fmt: skip


@click.command("check", cls=_Plugin)
@config_option
@click.option("--peer", "peers", multiple=True, help="Only this partner; may be repeated.")
@_pair("age", "Seconds the oldest record has no receipt", _DEFAULT.age_s)
@_pair("waiting", "Records that wait for one partner", _DEFAULT.waiting)
@_pair("days", "Days left of directory, keys and certificates", _DEFAULT.days)
@_pair("free", "MiB free beneath the store", _DEFAULT.free_mib)
@click.option("--timeout", "timeout_s", type=FiniteRange(min=0.1, max=600), default=8.0,
              show_default=True,
              help="Seconds to wait for the node; NRPE waits for 10.")  # fmt: skip
@json_option
def command(
    config_path: Path,
    peers: tuple[str, ...],
    age: tuple[float, float],
    waiting: tuple[float, float],
    days: tuple[float, float],
    free: tuple[float, float],
    timeout_s: float,
    as_json: bool,
) -> None:
    """Say on one line how the node is, for Nagios, Icinga and their like.

    Exit status 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN: a mistake in the command line or in the
    configuration is UNKNOWN. A node that does not answer is CRITICAL.
    """
    from corridor.daemon.config import load_config
    from corridor.errors import LocalTrouble
    from corridor.gateway.local_client import LocalClient

    limits = Limits(age, _whole(waiting), days, _whole(free))
    if turned := limits.turned:
        _end(Verdict(State.UNKNOWN, f"WARN lies beyond CRIT in {turned}"), as_json=as_json)
    try:
        config = load_config(config_path)
        with LocalClient(config.gateway.socket, timeout_s) as node:
            status = node.status()
    except LocalTrouble as error:
        _end(Verdict(State.CRITICAL, error.message), as_json=as_json)
    except (CorridorError, OSError) as error:
        _end(Verdict(State.UNKNOWN, _line(error)), as_json=as_json)
    _end(judge(status, limits, peers), as_json=as_json)


def _whole(pair: tuple[float, float]) -> tuple[int, int]:
    return int(pair[0]), int(pair[1])


def _line(error: Exception) -> str:
    if isinstance(error, CorridorError):
        return "; ".join([error.message, *error.faults])
    return str(error)


def _end(verdict: Verdict, *, as_json: bool) -> NoReturn:
    line = f"CORRIDOR {verdict.state.name} - {' '.join(verdict.line.split())}"
    emit({"state": verdict.state.name, "line": line}, line, as_json=as_json)
    sys.exit(verdict.state)
