"""`corridor reconcile list | show | now`: whether partners hold the same of each day."""

import sys
import time
from pathlib import Path
from typing import Any, Final

import click

from corridor.cli.options import config_option, emit, json_option, table, when
from corridor.daemon.clock import unix_ms
from corridor.errors import ExitStatus, InputTrouble
from corridor.wire.limits import DAY_MS

_PAUSE_S: Final = 0.5

_peer = click.option("--peer", required=True, help="An endpoint or a country code.")


@click.group("reconcile")
def command() -> None:
    """Show whether partners hold the same records of each day (UTC), and where they do not.

    Both nodes count every day by themselves, half an hour after it has ended, tell each other what
    they hold, signed, and open a case where it differs. Nobody has to ask for it.
    """


@command.command("list")
@click.option("--peer", default="", help="An endpoint or a country code; without it, all.")
@click.option("--day", "day", default="", help="One day only, as 2026-11-25.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True,
              help="Days at most.")  # fmt: skip
@config_option
@json_option
def list_(peer: str, day: str, limit: int, config_path: Path, as_json: bool) -> None:
    """Show the days, newest first, and the cases that are open.

    Exit status 0 where no case is open, 1 otherwise.
    """
    found = _node(config_path, "days", peer, _day(day), limit)
    rows = [
        (
            one["day"], one["endpoint"], one["state"].upper() if one["state"] == "different"
            else one["state"], _number(one["sent"]), _number(one["received"]), one["sentence"],
        )
        for one in found["days"]
    ]  # fmt: skip
    text = table(rows, ("day", "partner", "state", "sent", "received", "")) or "no day yet"
    for case in found["cases"]:
        text += f"\n\ncase {case['number']}: {case['day']} {case['endpoint']}, open since "
        text += when(case["opened_ms"]) + _differences(case)
    emit(found, text, as_json=as_json)
    if found["cases"]:
        sys.exit(ExitStatus.FAILED)


@command.command("show")
@_peer
@click.option("--day", "day", default="", help="As 2026-11-25; without it, yesterday (UTC).")
@config_option
@json_option
def show(peer: str, day: str, config_path: Path, as_json: bool) -> None:
    """Show what both sides hold of a day, and which envelopes prove it.

    Exit status 0 where both hold the same, 1 otherwise.
    """
    found = _node(config_path, "day", peer, _day(day) or _yesterday())
    emit(found, _picture(found), as_json=as_json)
    if found["state"] != "agreed":
        sys.exit(ExitStatus.FAILED)


@command.command("now")
@_peer
@click.option("--day", "day", default="", help="As 2026-11-25; without it, the last seven.")
@click.option("--wait", "wait_s", type=click.IntRange(0, 3600), default=30, show_default=True,
              help="Seconds to wait for the partner's answer.")  # fmt: skip
@config_option
@json_option
def now(peer: str, day: str, wait_s: int, config_path: Path, as_json: bool) -> None:
    """Count days again, tell the partner, and wait for its answer.

    Only days that are over are told. Exit status 0 where both hold the same of all of them,
    1 otherwise.

    \b
    corridor reconcile now --peer TR --day 2026-11-25
    """  # noqa: D301 - click's own mark for lines that stay as they are
    began_ms = unix_ms()
    asked = _node(config_path, "count_days", peer, _day(day))
    deadline = time.monotonic() + wait_s
    while True:
        days = [
            one
            for one in _node(config_path, "days", asked["endpoint"], 0, 1000)["days"]
            if one["day"] in asked["days"]
        ]
        under_way = [
            one for one in days if one["state"] == "waiting" or one["judged_ms"] is None
            or one["judged_ms"] < began_ms
        ]  # fmt: skip
        if not under_way or time.monotonic() >= deadline:
            break
        time.sleep(_PAUSE_S)
    rows = [(one["day"], one["endpoint"], one["state"], one["sentence"]) for one in days]
    quiet = "nothing went either way on these days"
    emit(days, table(rows, ("day", "partner", "state", "")) or quiet, as_json=as_json)
    if any(one["state"] != "agreed" for one in days):
        sys.exit(ExitStatus.FAILED)


def _picture(found: dict[str, Any]) -> str:
    lines = [f"{found['day']}  {found['endpoint']}  {found['state']}  {found['sentence']}".rstrip()]
    for direction in ("sent", "received"):
        lines += ["", direction, _kinds(found, direction)]
    for side in ("ours", "theirs"):
        told = found[side]
        if told and told["envelope_id"]:
            lines += ["", f"{side}: told in envelope {told['envelope_id']}"]
    for case in found["cases"]:
        end = f", closed {when(case['closed_ms'])}" if case["closed_ms"] else ""
        lines += ["", f"case {case['number']}: opened {when(case['opened_ms'])}{end}"]
        lines.append(_differences(case).lstrip("\n"))
    return "\n".join(lines)


def _kinds(found: dict[str, Any], direction: str) -> str:
    """Return the kinds of records of a direction with the counts of both sides."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    for place, side in enumerate(("ours", "theirs")):
        told = (found[side] or {}).get(direction) or {"cells": []}
        for one in told["cells"]:
            key = (one["type"], one["verdict"], one["reason"])
            counts.setdefault(key, [0, 0])[place] = one["count"]
    rows = [(*key, str(ours), str(theirs)) for key, (ours, theirs) in sorted(counts.items())]
    return table(rows, ("type", "verdict", "reason", "ours", "theirs")) or "  nothing"


def _differences(case: dict[str, Any]) -> str:
    lines = ""
    for one in case["differences"]:
        kind = " ".join(filter(None, (one["type"], one["verdict"], one["reason"])))
        what = {
            "count": f"{kind}: we hold {one['ours']}, the partner {one['theirs']}",
            "records": "the same counts, but not the same records",
            "head": "the newest envelope of the day is another, or one is unknown here",
        }[one["what"]]
        lines += f"\n  {one['direction']}: {what}"
    return lines


def _number(count: int | None) -> str:
    return "-" if count is None else str(count)


def _yesterday() -> int:
    return unix_ms() // DAY_MS - 1


def _day(text: str) -> int:
    from corridor.daemon.days import day_named

    if not text:
        return 0
    try:
        day = day_named(text)
    except ValueError:
        day = 0
    if day < 1:
        raise InputTrouble(f"no day: {text[:40]!r}", cure="write it as 2026-11-25")
    return day


def _node(config_path: Path, request: str, *arguments: object) -> dict[str, Any]:
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    config = load_config(config_path)
    with LocalClient(config.gateway.socket) as node:
        done: dict[str, Any] = getattr(node, request)(*arguments)
    return done
