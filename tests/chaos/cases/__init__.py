"""The thirty numbered cases; importing this makes the list whole."""

from chaos.cases import (
    alarms,
    certificates,
    clocks,
    crashes,
    ha,
    links,
    many,
    permissions,
    poison,
)
from chaos.cases.case import CASES

__all__ = [
    "CASES",
    "alarms",
    "certificates",
    "clocks",
    "crashes",
    "ha",
    "links",
    "many",
    "permissions",
    "poison",
]
