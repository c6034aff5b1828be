"""`corridor dlq`: records of ours that were refused or given up; look, send anew, dismiss."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from corridor.cli.options import config_option, emit, json_option
from corridor.cli.pacing import FASTEST, finish, pace
from corridor.cli.progress import bar
from corridor.cli.quarantine_options import (
    before,
    by_option,
    dry_option,
    narrowed,
    rate_option,
    who,
    why_option,
)
from corridor.cli.quarantine_screens import dead_screen, letters_screen
from corridor.cli.quarantine_source import PAGE, Source, asking, pages, reading
from corridor.errors import InputTrouble

if TYPE_CHECKING:
    from corridor.gateway.local_quarantine_client import Letter

_AT_ONCE: Final = 64


@click.group("dlq")
def command() -> None:
    """See what of ours was not delivered; send it anew, or dismiss it."""


@command.command("peek")
@narrowed
@click.option("--items", is_flag=True, help="Single records, not only how many of each kind.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True,
              help="At most so many single records.")  # fmt: skip
@config_option
@json_option
def peek(
    peer: str, reason: str, older_ms: int | None, items: bool, limit: int, config_path: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Show what was refused by a partner or given up: how many, for whom, why, since when.

    Nothing is taken away by it. What lay in corridor.dlq or corridor.unrouted of the broker came
    from partners: `corridor quarantine list --reason stray`.
    """
    with reading(config_path) as source:
        found = _groups(source, peer, reason)
        if not (items or older_ms is not None):
            emit(found, dead_screen(found), as_json=as_json)
            return
        letters: list[dict[str, Any]] = []
        for one in _letters(source, found, before(found["now_ms"], older_ms)):
            letters.append(one)
            if len(letters) == limit:
                break
    emit(letters, letters_screen(letters), as_json=as_json)


@command.command("redrive")
@narrowed
@why_option
@by_option
@rate_option
@dry_option
@config_option
@json_option
def redrive(
    peer: str, reason: str, older_ms: int | None, why: str, by: str | None, rate: float,
    dry_run: bool, config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Send records anew, each in a new record that supersedes the one that was not delivered.

    A record is sent anew once, whoever asks how often. What would be refused again at once is left,
    and so is what nobody answered, unless --reason unanswered names it: the partner may have it.
    Ctrl-C stops between two records; the same command goes on. Exit status 6 where some were left.

    \b
    corridor dlq redrive --peer GE --reason agreement_ended --why "renewed" --dry-run
    corridor dlq redrive --peer GE --reason agreement_ended --why "renewed" --rate 50
    """  # noqa: D301 - click's own mark for lines that stay as they are
    _must_name("send anew", peer, reason, older_ms)
    unanswered = reason == "unanswered"
    sent: list[dict[str, Any]] = []
    left: Counter[str] = Counter()
    with asking(config_path) as node, pace(FASTEST if dry_run else rate) as paced:
        found = _groups(node, peer, reason)
        total = sum(one["records"] for one in found["groups"])
        before_ms = before(found["now_ms"], older_ms)
        with bar("sent anew", total, quiet=as_json or dry_run) as advance:
            for some in paced.turns(_letters(node, found, before_ms), _AT_ONCE):
                kinds = Counter(_why_left(one, unanswered=unanswered) for one in some)
                left.update({why_not: count for why_not, count in kinds.items() if why_not})
                named = [one for one in some if not _why_left(one, unanswered=unanswered)]
                if dry_run:
                    sent += named
                elif named:
                    done = node.redrive(_ids(named), why, who(by), unanswered=unanswered)
                    sent += done["sent"]
                    left.update(one["why"] for one in done["left"])
                advance(len(some))
    lines = [f"{len(sent)} records {'would be ' if dry_run else ''}sent anew", *_left(left)]
    told = {"dry_run": dry_run, "sent": sent, "left": dict(left)}
    finish(paced, told, lines, left=bool(left) and not dry_run, as_json=as_json)


@command.command("dismiss")
@narrowed
@why_option
@by_option
@dry_option
@config_option
@json_option
def dismiss(
    peer: str, reason: str, older_ms: int | None, why: str, by: str | None, dry_run: bool,
    config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Say that nothing more is done about records: they are not listed here any more.

    They stay in the store with their verdict, who dismissed them and why; `corridor records
    timeline` shows it.
    """
    _must_name("dismiss", peer, reason, older_ms)
    count = 0
    left: Counter[str] = Counter()
    with asking(config_path) as node, pace(FASTEST) as paced:
        found = _groups(node, peer, reason)
        letters = _letters(node, found, before(found["now_ms"], older_ms))
        for some in paced.turns(letters, _AT_ONCE):
            done = {"dismissed": some, "left": []}
            if not dry_run:
                done = node.dismiss(_ids(some), why, who(by))
            count += len(done["dismissed"])
            left.update(one["why"] for one in done["left"])
    lines = [f"{count} records {'would be ' if dry_run else ''}dismissed", *_left(left)]
    told = {"dry_run": dry_run, "dismissed": count, "left": left.total()}
    finish(paced, told, lines, left=False, as_json=as_json)


def _must_name(what: str, peer: str, reason: str, older_ms: int | None) -> None:
    if not (peer or reason or older_ms is not None):
        raise InputTrouble(f"say what to {what}: --peer, --reason or --older-than")


def _left(left: Counter[str]) -> list[str]:
    return [f"{count} left: {why}" for why, count in sorted(left.items())]


def _groups(source: Source, peer: str, reason: str) -> dict[str, Any]:
    found = source.dead_groups()
    return {**found, "groups": [one for one in found["groups"] if _is_of(one, peer, reason)]}


def _letters(source: Source, found: dict[str, Any], before_ms: int) -> Iterator[dict[str, Any]]:
    """Return records of the kinds that were found, page by page; each once."""
    for group in found["groups"]:
        yield from _of_kind(source, group, before_ms)


def _of_kind(source: Source, group: dict[str, Any], before_ms: int) -> Iterator[dict[str, Any]]:
    def read(after: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = source.letters(
            group["peer"], group["reason"], before_ms=before_ms + 1, after=after, limit=PAGE
        )["letters"]
        return found

    return pages(read, "row")


def _why_left(one: dict[str, Any], *, unanswered: bool) -> str:
    if one["reason"] == "unanswered" and not unanswered and not one["why_not"]:
        return "the partner may have it: name `--reason unanswered` to send it all the same"
    return str(one["why_not"])


def _ids(letters: list[dict[str, Any]]) -> "list[Letter]":
    return [(one["peer"], bytes.fromhex(one["record_id"])) for one in letters]


def _is_of(one: dict[str, Any], peer: str, reason: str) -> bool:
    of_peer = not peer or peer in {one["peer"], one["peer"][:2]}
    return of_peer and (not reason or one["reason"] == reason)
