"""A lab that is up writes down where everything of it is, for the other commands."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from corridor.errors import ConfigurationError
from corridor.lab.network import Network
from corridor.lab.watching import Watch
from corridor.lab.ways import told

_NAME: Final = "lab.json"
_CURE: Final = "`corridor lab up --detach` brings one up; --at or --lab names its folder"


def write(directory: Path, network: Network, watch: Watch | None = None) -> None:
    """Write down where the countries of a network are, and what watches them."""
    state = {
        "pid": os.getpid(),
        "scenario": network.scenario.name,
        "watch": asdict(watch) if watch else None,
        "countries": [
            {
                "code": code,
                "endpoint": node.plan.country.endpoint,
                "config": str(node.plan.config),
                "socket": str(node.plan.socket),
                "national_system": node.plan.country.national_system,
                "way_in": told(node.plan.way_in),
                "metrics": node.plan.metrics_url,
                "recording": str(node.plan.recording),
                "node_log": str(node.plan.log),
                "broker": network.brokers[code].plan.management_url,
                "broker_log": str(network.brokers[code].plan.log),
            }
            for code, node in network.nodes.items()
        ],
    }
    part = directory / f".{_NAME}"
    part.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    part.rename(directory / _NAME)


def read(directory: Path) -> dict[str, Any]:
    """Return what a lab that is up wrote down.

    Raises:
        ConfigurationError: No lab is up there.
    """
    try:
        state: Any = json.loads((directory / _NAME).read_text(encoding="utf-8"))
    except PermissionError as error:
        raise ConfigurationError(
            f"{error.filename}: {error.strerror}", cure="run this as who brought the lab up"
        ) from None
    except (OSError, ValueError):
        raise ConfigurationError(f"no lab is up in {directory}", cure=_CURE) from None
    if not isinstance(state, dict) or not isinstance(state.get("pid"), int):
        raise ConfigurationError(f"{directory / _NAME} was not written by a lab", cure=_CURE)
    if not alive(state["pid"]):
        raise ConfigurationError(f"the lab in {directory} has died", cure=_CURE)
    found: dict[str, Any] = state
    return found


def is_up(directory: Path) -> bool:
    """Tell whether a lab is up there."""
    try:
        read(directory)
    except ConfigurationError:
        return False
    return True


def refuse_if_up(directory: Path) -> None:
    """Refuse to bring a lab up where one is.

    Raises:
        ConfigurationError: One is up there.
    """
    if is_up(directory):
        raise ConfigurationError(
            f"a lab is up in {directory}",
            cure="`corridor lab down` ends it; --at takes another folder",
        )


def remove(directory: Path) -> None:
    """Forget a lab that has ended."""
    (directory / _NAME).unlink(missing_ok=True)


def clear(directory: Path) -> None:
    """Remove the files of a lab that was here before."""
    shutil.rmtree(directory, ignore_errors=True)


def alive(pid: int) -> bool:
    """Tell whether a process lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
