"""Options that `corridor quarantine` and `corridor dlq` share."""

import getpass
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from corridor.cli.options import FiniteRange
from corridor.cli.pacing import FASTEST

_F = TypeVar("_F", bound=Callable[..., Any])
_UNITS: Final = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_MOST_S: Final = 366 * 86_400


class Age(click.ParamType[int]):
    """An age with its unit: 90s, 30min, 12h, 7d; milliseconds come of it."""

    name = "age"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - what click hands on
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        """Return milliseconds."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,8})(s|min|h|d)", str(value))
        seconds = int(found[1]) * _UNITS[found[2]] if found else _MOST_S + 1
        if seconds > _MOST_S:
            self.fail(f"{value!r} is no age of up to a year: 90s, 30min, 12h, 7d", param, ctx)
        return seconds * 1_000


def narrowed(function: _F) -> _F:
    """Add what a list is narrowed by: `--peer`, `--reason`, `--older-than`."""
    for option in (
        click.option("--older-than", "older_ms", type=Age(), default=None,
                     help="Only what is older: 90s, 30min, 12h, 7d."),
        click.option("--reason", default="", help="Only for this reason, e.g. key_unknown."),
        click.option("--peer", default="", help="Only of this partner: a country code."),
    ):  # fmt: skip
        function = option(function)
    return function


why_option = click.option("--why", required=True, help="Why, in a sentence; it is kept.")
by_option = click.option("--by", default=None, help="Who asks; without it, this user.")
rate_option = click.option(
    "--rate", type=FiniteRange(min=0.1, max=FASTEST), default=20.0, show_default=True,
    help="At most so many a second.",
)  # fmt: skip
dry_option = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


def who(by: str | None) -> str:
    """Return who asks."""
    return by or getpass.getuser()


def before(now_ms: int, older_ms: int | None) -> int:
    """Return before when something must have come: what comes during a run is not taken by it."""
    return now_ms - (older_ms or 0)
