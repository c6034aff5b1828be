"""`corridor quarantine`: what could not be trusted, seen, noted, exported, released or rejected."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from corridor.cli.options import config_option, emit, json_option, write_new
from corridor.cli.pacing import Pace, finish, pace
from corridor.cli.quarantine_options import (
    before,
    by_option,
    dry_option,
    narrowed,
    rate_option,
    who,
    why_option,
)
from corridor.cli.quarantine_screens import frames_screen, groups_screen, item_screen
from corridor.cli.quarantine_source import PAGE, Source, asking, pages, reading
from corridor.errors import InputTrouble

if TYPE_CHECKING:
    from corridor.gateway.local_quarantine_client import QuarantineClient

_AT_ONCE: Final = 64
_WAIT_S: Final = 20.0
"""For the judgement of what was released: the receiver's turn, and the broker's."""
_numbers = click.argument("numbers", type=click.IntRange(min=1), nargs=-1, metavar="[NUMBER]...")
_file = click.option("--file", "file", type=click.Path(path_type=Path, dir_okay=False),
                     help="Read an export instead of the node.")  # fmt: skip


@click.group("quarantine")
def command() -> None:
    """See what could not be trusted; note, export, release or reject it."""


@command.command("list")
@narrowed
@click.option("--items", is_flag=True, help="Single frames, not only how many of each kind.")
@click.option("--all", "all_", is_flag=True, help="Those too that are settled or rejected.")
@_file
@config_option
@json_option
def list_(
    peer: str, reason: str, older_ms: int | None, items: bool, all_: bool, file: Path | None,
    config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Show what is in quarantine: how many of which partner for which reason, and since when.

    \b
    corridor quarantine list
    corridor quarantine list --items --peer TR --reason wrong_link
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon.clock import unix_ms

    if file is not None:
        since_ms = before(unix_ms(), older_ms)
        frames = [one for one in _of_file(file) if _is_of(one, peer, reason)]
        frames = [one for one in frames if one["first_ms"] <= since_ms]
        emit(frames, frames_screen(frames), as_json=as_json)
        return
    with reading(config_path) as source:
        if not (items or all_ or older_ms is not None):
            found = source.groups()
            kept = (peer, reason)
            found["groups"] = [one for one in found["groups"] if _is_of(one, *kept)]
            found["held"] = [one for one in found["held"] if _is_of(one, *kept)]
            emit(found, groups_screen(found), as_json=as_json)
            return
        now_ms = source.groups()["now_ms"]
        listed = list(_listed(source, peer, reason, before(now_ms, older_ms), done=all_))
    emit(listed, frames_screen(listed), as_json=as_json)


@command.command("show")
@click.argument("number", type=click.IntRange(min=1))
@_file
@config_option
@json_option
def show(number: int, file: Path | None, config_path: Path, as_json: bool) -> None:
    """Show one frame: its header in words, how often it came, what was done with it.

    Only what anybody on the way could read; nothing is opened.
    """
    if file is not None:
        shown = next((one for one in _of_file(file) if one["number"] == number), None)
        if shown is None:
            raise InputTrouble(f"{file}: holds no frame {number}")
    else:
        with reading(config_path) as source:
            shown = source.show(number)
    emit(shown, item_screen(shown), as_json=as_json)


@command.command("note")
@click.argument("number", type=click.IntRange(min=1))
@click.argument("words")
@by_option
@config_option
@json_option
def note(number: int, words: str, by: str | None, config_path: Path, as_json: bool) -> None:
    """Keep a note with a frame, for whoever looks at it next."""
    with asking(config_path) as node:
        done = node.note(number, words, who(by))
    emit(done, f"noted with frame {number}", as_json=as_json)


@command.command("export")
@_numbers
@narrowed
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="A new file.")  # fmt: skip
@click.option("--raw", is_flag=True, help="The bytes of one frame alone, as it came.")
@config_option
@json_option
def export(
    numbers: tuple[int, ...], peer: str, reason: str, older_ms: int | None, out: Path, raw: bool,
    config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Write frames with all that is known of them to a file; they stay where they are.

    `corridor quarantine list --file` and `show --file` read it again; `corridor envelope inspect`
    reads what --raw wrote.
    """
    from corridor.cli.quarantine_file import encode
    from corridor.daemon.config import load_config

    with reading(config_path) as source:
        now_ms = source.groups()["now_ms"]
        chosen = _chosen(source, numbers, peer, reason, older_ms)
        if raw and len(chosen) != 1:
            raise InputTrouble(f"--raw writes one frame, not {len(chosen)}: name its number")
        frames = [{**source.show(one), "frame": source.frame(one)} for one in chosen]
    content = (
        frames[0]["frame"] if raw else encode(load_config(config_path).endpoint, now_ms, frames)
    )
    write_new(out, content, 0o600)
    told = {"file": str(out), "frames": len(frames), "bytes": len(content)}
    emit(told, f"wrote {out}: {len(frames)} frames, {len(content)} bytes", as_json=as_json)


@command.command("release")
@_numbers
@narrowed
@why_option
@by_option
@rate_option
@dry_option
@config_option
@json_option
def release(
    numbers: tuple[int, ...], peer: str, reason: str, older_ms: int | None, why: str,
    by: str | None, rate: float, dry_run: bool, config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Have frames judged again, by the same steps as any that arrives: they gain no trust by it.

    What is taken now is settled; what is not waits again, with what was said. Exit status 6 where
    some wait still.

    \b
    corridor quarantine release 12 13 --why "keys are back from the backup"
    corridor quarantine release --peer TR --reason key_unknown --why "keys are back" --dry-run
    """  # noqa: D301 - click's own mark for lines that stay as they are
    with asking(config_path) as node, pace(rate) as paced:
        chosen = _meant(node, numbers, peer, reason, older_ms)
        if dry_run:
            _would(chosen, "judged again", as_json=as_json)
            return
        told: list[dict[str, Any]] = []
        for some in paced.turns(chosen, _AT_ONCE):
            done = node.release(some, why, who(by))
            told += [{**one, "taken": False, "said": one.pop("why")} for one in done["left"]]
            told += _judged(node, done["numbers"], paced)
    _tell(told, len(chosen), paced, "judged again", as_json=as_json)


@command.command("reject")
@_numbers
@narrowed
@why_option
@by_option
@rate_option
@dry_option
@config_option
@json_option
def reject(
    numbers: tuple[int, ...], peer: str, reason: str, older_ms: int | None, why: str,
    by: str | None, rate: float, dry_run: bool, config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Give frames up: their bytes are erased, what is known of them and why stays.

    Export first what may be evidence. The same bytes that come again are only counted.
    """
    with asking(config_path) as node, pace(rate) as paced:
        chosen = _meant(node, numbers, peer, reason, older_ms)
        if dry_run:
            _would(chosen, "rejected", as_json=as_json)
            return
        told: list[dict[str, Any]] = []
        for some in paced.turns(chosen, _AT_ONCE):
            done = node.reject(some, why, who(by))
            told += [{**one, "taken": False, "said": one.pop("why")} for one in done["left"]]
            told += [{"number": one, "taken": True, "said": "rejected"} for one in done["numbers"]]
    _tell(told, len(chosen), paced, "rejected", as_json=as_json)


def _meant(
    node: Source, numbers: tuple[int, ...], peer: str, reason: str, older_ms: int | None
) -> list[int]:
    """Return what was named; everything is not named by saying nothing."""
    if not (numbers or peer or reason or older_ms is not None):
        raise _unclear()
    return _chosen(node, numbers, peer, reason, older_ms)


def _chosen(
    source: Source, numbers: tuple[int, ...], peer: str, reason: str, older_ms: int | None
) -> list[int]:
    if not numbers:
        since_ms = before(source.groups()["now_ms"], older_ms)
        return [one["number"] for one in _listed(source, peer, reason, since_ms)]
    if peer or reason or older_ms is not None:
        raise _unclear()
    return list(dict.fromkeys(numbers))


def _unclear() -> InputTrouble:
    return InputTrouble(
        "name frames by their numbers, or narrow them by --peer, --reason, --older-than",
        cure="`corridor quarantine list --items`",
    )


def _listed(
    source: Source, peer: str, reason: str, before_ms: int, *, done: bool = False
) -> Iterator[dict[str, Any]]:
    def read(after: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = source.items(
            link=_link(peer), reason=reason, before_ms=before_ms + 1, after=after, limit=PAGE,
            done=done,
        )["items"]  # fmt: skip
        return found

    return pages(read, "number")


def _link(peer: str) -> str:
    """Return the link of a partner: of an endpoint its country; a queue as it is."""
    return peer[:2] if len(peer) > 3 and peer[2] == "." else peer  # noqa: PLR2004 - "TR.GTB"


def _is_of(one: dict[str, Any], peer: str, reason: str) -> bool:
    return (not peer or one["link"] == _link(peer)) and (not reason or one["reason"] == reason)


def _judged(node: "QuarantineClient", numbers: list[int], paced: Pace) -> list[dict[str, Any]]:
    """Wait for what the receiver says of released frames."""
    shown: dict[int, dict[str, Any]] = {}

    def done() -> bool:
        for number in numbers:
            if shown.get(number, {"state": "released"})["state"] == "released":
                shown[number] = node.show(number)
        return all(one["state"] != "released" for one in shown.values())

    paced.until(done, _WAIT_S)
    return [
        {
            "number": number,
            "taken": one["state"] == "settled",
            "said": one["judged"] if one["state"] != "released" else "released; not judged yet",
        }
        for number, one in shown.items()
    ]


def _would(numbers: list[int], what: str, *, as_json: bool) -> None:
    shown = ", ".join(map(str, numbers[:20])) + (", ..." if len(numbers) > 20 else "")  # noqa: PLR2004
    text = f"{len(numbers)} frames would be {what}: {shown}" if numbers else "no frame is meant"
    emit({"dry_run": True, "numbers": numbers}, text, as_json=as_json)


def _tell(told: list[dict[str, Any]], asked: int, paced: Pace, what: str, *, as_json: bool) -> None:
    counts = Counter((one["said"], one["taken"]) for one in told)
    lines = [f"{count} {said}" for (said, _), count in sorted(counts.items())]
    lines.append(f"{len(told)} of {asked} frames were looked at" if told else f"none {what}")
    left = not all(one["taken"] for one in told)
    finish(paced, {"asked": asked, "frames": told}, lines, left=left, as_json=as_json)


def _of_file(file: Path) -> list[dict[str, Any]]:
    from corridor.cli.quarantine_file import decode

    return [{**one, "frame": None} for one in decode(file)]
