"""Writes corridor(1) from the commands themselves, so that it never says anything else."""

import time
from collections.abc import Iterator

import click

from corridor.cli.main import cli
from corridor.errors import ExitStatus

_STATUS = {
    ExitStatus.OK: "all was done",
    ExitStatus.FAILED: "it failed, or something needs a person",
    ExitStatus.USAGE: "the command line was not understood",
    ExitStatus.CONFIGURATION: "the configuration, or a folder, cannot be used",
    ExitStatus.BROKER: "the broker or the node was not reached",
    ExitStatus.TRUST: "a key or a statement was refused",
    ExitStatus.QUARANTINED: "done in part: some records were refused",
    ExitStatus.THRESHOLD: "a threshold was missed",
    ExitStatus.INTERRUPTED: "interrupted",
}


def page(version: str, unix_s: int) -> str:
    """Return the page, in the language of man(7)."""
    day = time.strftime("%Y-%m-%d", time.gmtime(unix_s))
    context = click.Context(cli, info_name="corridor")
    lines = [
        f'.TH CORRIDOR 1 "{day}" "corridor {version}" "User Commands"',
        ".SH NAME",
        "corridor \\- exchange transit records with other customs administrations",
        ".SH SYNOPSIS",
        ".B corridor",
        ".I COMMAND",
        "[\\fIARGUMENTS\\fR] [\\fB\\-\\-json\\fR]",
        ".SH DESCRIPTION",
        plain(cli.help or ""),
        "Standard output is data, standard error is everything else.",
        "Every error says what happened and what to do next.",
        ".SH COMMANDS",
        *commands(cli, context),
        ".SH EXIT STATUS",
    ]
    for status in ExitStatus:
        lines += [".TP", f".B {status.value}", plain(_STATUS[status])]
    lines += [
        ".SH ENVIRONMENT",
        ".TP",
        ".B CORRIDOR_CONFIG",
        "the node's configuration, where \\-\\-config is not given",
        ".SH FILES",
        ".TP",
        ".I /var/lib/corridor/node",
        "the node's folder: configuration, keys, trust, store",
        ".TP",
        ".I /etc/corridor",
        "what unlocks its keys",
        ".TP",
        ".I /usr/share/doc/corridor-node/manual",
        "the manual; debian.md is the page on this package",
        ".SH SEE ALSO",
        ".BR rabbitmq\\-server (8),",
        ".BR systemctl (1)",
    ]
    return "\n".join(lines) + "\n"


def commands(group: click.Group, context: click.Context) -> Iterator[str]:
    """Yield a heading, the text and the options of each command, and of those below it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        below = click.Context(command, parent=context, info_name=name)
        if isinstance(command, click.Group):
            yield from commands(command, below)
            continue
        yield ".SS " + plain(below.command_path)
        yield "\\fB" + plain(command.get_usage(below).removeprefix("Usage: ")) + "\\fR"
        yield from text(command.help or "")
        for option in command.get_params(below):
            told = option.get_help_record(below)
            if told is not None:
                yield ".TP"
                yield "\\fB" + plain(told[0]) + "\\fR"
                yield plain(told[1]) or "\\&"


def text(told: str) -> Iterator[str]:
    r"""Yield paragraphs; those that click leaves as they are (after \b) keep their lines."""
    for part in told.replace("\r", "").split("\n\n"):
        yield ".PP"
        if part.startswith("\b"):
            yield ".nf"
            yield from (plain(line) for line in part.splitlines()[1:])
            yield ".fi"
        else:
            yield plain(" ".join(part.split()))


def plain(told: str) -> str:
    """Return words that man(7) takes as words."""
    found = told.replace("\\", "\\e").replace("-", "\\-").replace("\n", " ")
    return f"\\&{found}" if found.startswith((".", "'")) else found
