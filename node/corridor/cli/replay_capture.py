"""`corridor replay record`, `info`, and `play` of what was recorded."""

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import FiniteRange, emit, json_option, table, when
from corridor.daemon.clock import unix_ms
from corridor.errors import ConfigurationError, ExitStatus, InputTrouble
from corridor.wire.limits import DAY_MS

if TYPE_CHECKING:
    from corridor.lab.capture_info import Info
    from corridor.lab.capture_play import Result
    from corridor.lab.thresholds import Threshold

_CAPTURE = click.argument("capture", type=click.Path(path_type=Path, dir_okay=False))


@click.command("record")
@_CAPTURE
@click.option("--lab", "directory", type=click.Path(path_type=Path, file_okay=False),
              help="Record every node of the lab in this folder.")  # fmt: skip
@click.option("--config", "config_path", type=click.Path(path_type=Path, dir_okay=False),
              help="Record one node: its configuration.")  # fmt: skip
@click.option("--new", "only_new", is_flag=True, help="Begin with what arrives from now on.")
@click.option("--redact", is_flag=True, help="Pseudonyms for whatever names traders or goods.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many records.")
@click.option("--for", "seconds", type=FiniteRange(min=0), help="End after so many seconds.")
@click.option("--idle", type=FiniteRange(min=0), help="End when nothing came for so long (s).")
@json_option
def record(
    capture: Path,
    directory: Path | None,
    config_path: Path | None,
    only_new: bool,
    redact: bool,
    count: int | None,
    seconds: float | None,
    idle: float | None,
    as_json: bool,
) -> None:
    """Record what nodes hand to their national systems into CAPTURE, until Ctrl-C.

    Nothing is taken from a national system. An existing capture goes on behind its last record.
    Nodes of production are refused: a capture holds records in plain.
    """
    from corridor.lab.capture_record import Recorder, Until
    from corridor.lab.redact import Redaction

    recorder = Recorder(
        sockets_of(directory, config_path),
        capture,
        redaction=Redaction(secrets.token_bytes(32)) if redact else None,
        only_new=only_new,
        now_ms=unix_ms,
    )
    if not as_json:
        click.echo(f"recording into {capture}; Ctrl-C ends it", err=True)
    done = recorder.run(Until(count, seconds, idle))
    data = {
        "capture": str(capture),
        "records": done.records,
        "by_recipient": done.by_recipient,
        "resumed": done.resumed,
        "redacted": redact,
    }
    ways = ", ".join(f"{name} {number}" for name, number in sorted(done.by_recipient.items()))
    emit(data, f"{done.records} records in {capture}: {ways or 'none'}", as_json=as_json)


@click.command("info")
@_CAPTURE
@json_option
def info(capture: Path, as_json: bool) -> None:
    """Count what CAPTURE holds, by type, lane and recipient, and check every block.

    Exit status 7 where something in it is damaged; a tail that was being written is not.
    """
    from corridor.lab.capture_info import read_info

    found = read_info(capture)
    emit({"capture": str(capture), **found.data()}, _info_text(capture, found), as_json=as_json)
    if not found.sound:
        sys.exit(ExitStatus.THRESHOLD)


def sockets_of(directory: Path | None, config_path: Path | None) -> dict[str, Path]:
    """Return the local sockets to talk to, by endpoint: a node's, or every one of a lab."""
    from corridor.lab import state

    if config_path is not None and directory is None:
        from corridor.daemon.config import load_config

        config = load_config(config_path)
        return {str(config.endpoint): config.gateway.socket}
    if config_path is not None:
        raise ConfigurationError("both --lab and --config are given", cure="give one of them")
    countries = state.read(directory or Path("build/lab"))["countries"]
    return {one["endpoint"]: Path(one["socket"]) for one in countries}


def parse_map(text: str) -> dict[str, str]:
    """Return `text`, "GE=TR,MA=DZ", as recorded country → the network's.

    Raises:
        InputTrouble: It is not of that form.
    """
    from corridor.transit.parties import CountryCode

    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        old, _, new = (word.strip() for word in part.partition("="))
        try:
            found[CountryCode.parse(old)] = CountryCode.parse(new)
        except ValueError:
            raise InputTrouble(
                f"--map: {part!r} is no pair of country codes",
                cure="write pairs like GE=TR: the recorded country, then the network's",
            ) from None
    return found


def parse_shift(text: str, first_ms: int, now_ms: int) -> int:
    """Return by how many days dates move: "now", "keep", "+3d" or "-30d".

    Raises:
        InputTrouble: It is none of these.
    """
    if text == "now":
        return now_ms // DAY_MS - first_ms // DAY_MS if first_ms else 0
    if text == "keep":
        return 0
    sign, number, unit = text[:1], text[1:-1], text[-1:]
    if sign in {"+", "-"} and unit == "d" and number.isascii() and number.isdigit():
        days = int(number)
        if days <= _MOST_DAYS:
            return days if sign == "+" else -days
    raise InputTrouble(f"--shift: {text!r} is no shift", cure="write now, keep, +3d or -30d")


_MOST_DAYS = 36_500


def play_capture(
    capture: Path,
    sockets: dict[str, Path],
    *,
    speed: float | None,
    rate: float | None,
    max_gap_s: float,
    wait_s: float,
    shift: str,
    mapping: str,
    to: tuple[str, ...],
    seed: int | None,
    thresholds: str,
    as_json: bool,
) -> None:
    """Play a capture, print what became of it, and end with status 7 where it falls short."""
    from corridor.cli.progress import bar
    from corridor.lab.capture_info import read_info
    from corridor.lab.capture_play import Choice, Pace, Replay
    from corridor.lab.rewrite import Rewriting
    from corridor.lab.thresholds import parse_thresholds

    asked = parse_thresholds(thresholds)
    countries = parse_map(mapping)
    found = read_info(capture)
    days = parse_shift(shift, found.first_ms, unix_ms())
    key = secrets.token_bytes(32) if seed is None else seed.to_bytes(32, "big", signed=True)
    rewriting = Rewriting(key, days, countries)
    replay = Replay(capture, sockets, rewriting, Choice(countries, frozenset(to)))
    total = replay.check(found)
    if not total:
        raise InputTrouble(
            f"{capture}: has no record to play", cure="see `corridor replay info`, and --to"
        )
    with bar("submitted", total, quiet=as_json) as advance:
        result = replay.play(Pace(speed, rate, max_gap_s), wait_s, advance)
    _tell(capture, found, result, asked, days, as_json=as_json)


def _tell(
    capture: Path,
    found: "Info",
    result: "Result",
    asked: "tuple[Threshold, ...]",
    days: int,
    *,
    as_json: bool,
) -> None:
    figures = result.figures()
    missed = [one.text for one in asked if not one.reached(figures)]
    data: dict[str, Any] = {
        "capture": str(capture),
        **figures,
        "seconds": round(result.seconds, 3),
        "shifted_days": days,
        "unread_dates": result.unread_dates,
        "files_passed_over": result.files,
        "damaged_places": found.damaged,
        "refused_for": dict(result.refused),
        "pairs": dict(result.pairs),
        "asserted": [one.text for one in asked],
        "missed": missed,
    }
    emit(data, _result_text(data, result), as_json=as_json)
    if missed or (not asked and result.lost):
        sys.exit(ExitStatus.THRESHOLD)
    if not asked and result.refused:
        sys.exit(ExitStatus.QUARANTINED)


def _result_text(data: dict[str, Any], result: "Result") -> str:
    lines = [f"NOT REACHED: {one}" for one in data["missed"]]
    lines += [f"reached: {one}" for one in data["asserted"] if one not in data["missed"]]
    rows = [("records", str(data["records"])), ("accepted", str(data["accepted"]))]
    rows += [(name, str(data[name])) for name in ("receipted", "refused", "lost", "duplicates")]
    rows += [("receipted a second", str(data["rate"] if data["rate"] is not None else "-"))]
    rows += [
        (f"due to receipt, {name}", "-" if data[name] is None else f"{data[name]} ms")
        for name in ("p50", "p90", "p99", "max")
    ]
    lines.append(table(rows, ("figure", "value")))
    lines += [f"  {pair}: {count}" for pair, count in sorted(result.pairs.items())]
    lines += [f"  refused, {reason}: {count}" for reason, count in result.refused.most_common()]
    if result.files:
        lines.append(f"  {result.files} files were passed over: a capture holds none")
    if data["unread_dates"]:
        lines.append(f"  {data['unread_dates']} dates could not be read and stayed as they were")
    if data["damaged_places"]:
        lines.append(f"  {data['damaged_places']} damaged places of the capture were passed over")
    return "\n".join(lines)


def _info_text(capture: Path, found: "Info") -> str:
    lines = [
        (
            f"{capture}: {found.records} records of {found.record_bytes} bytes, "
            f"the largest {found.largest_bytes}"
        )
    ]
    for one in found.sessions:
        kind = "pseudonyms" if one.redacted else "in plain"
        lines.append(
            f"  recorded from {when(one.started_ms)} at {', '.join(one.endpoints)} "
            f"({one.environment} network {one.network[:16]}, {one.schema}, {kind})"
        )
    if found.records:
        rate = f", {found.records / found.seconds:.1f} a second" if found.seconds > 0 else ""
        span = f"{when(found.first_ms)} to {when(found.last_ms)} ({found.seconds:.1f} s{rate})"
        lines.append(f"  {span}")
    lines += [f"  {a} → {b}: {count}" for (a, b), count in sorted(found.pairs.items())]
    lines += [f"  lane {lane}: {count}" for lane, count in found.lanes.most_common()]
    lines += [f"  {kind}: {count}" for kind, count in found.types.most_common()]
    lines += [f"  {one.what}: {one.length} bytes at {one.offset}" for one in found.damages]
    lines.append("every block is sound" if not found.damages else _damage_text(found))
    return "\n".join(lines)


def _damage_text(found: "Info") -> str:
    if found.sound:
        return "the last block was being written; everything before it is sound"
    return f"DAMAGED in {found.damaged} places, {found.damaged_bytes} bytes in all"
