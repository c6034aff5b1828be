"""What watches a node: the tables in deploy/, and their expressions as a Prometheus takes them."""

import importlib
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@cache
def panels() -> ModuleType:
    """The table of panels."""
    return _script("grafana", "panels")


@cache
def alerts() -> ModuleType:
    """The table of alerts."""
    return _script("prometheus", "alerts")


@cache
def write_rules() -> ModuleType:
    """What writes the rules."""
    return _script("prometheus", "write_rules")


def _script(folder: str, name: str) -> ModuleType:
    place = str(DEPLOY / folder)
    sys.path.insert(0, place)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(place)


def expressions() -> list[str]:
    """Every expression of every panel, as it stands there."""
    return [
        query.expression
        for board in panels().DASHBOARDS
        for panel in board.panels
        for query in panel.queries
    ]


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression names; what is recorded under a name of its own is none."""
    return set(re.findall(r"(?<![a-z_:])(?:corridor|rabbitmq|process)_[a-z_]+", expression))


def as_asked(expression: str, interval: str = "30s") -> str:
    """An expression as Prometheus takes it."""
    asked: str = panels().as_asked(expression, interval)
    return asked
