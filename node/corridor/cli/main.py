"""The command `corridor`: parse, call one function, print, exit.

Rules:

* standard output is data, standard error is everything else; `--json` on every command;
* every error says what happened and what to do next, and has its exit status; with `--json` it is
  an object on standard output (`corridor.cli.trouble`);
* a command's module is imported when the command runs, so that `corridor --help` is quick.
"""

import importlib
import sys
from typing import Final, NamedTuple

import click

from corridor import __version__
from corridor.cli.audited import instrument
from corridor.errors import ExitStatus


class _Entry(NamedTuple):
    module: str
    help: str


_COMMANDS: Final = {
    "init": _Entry("init", "Make a node's folder: configuration and keys."),
    "join": _Entry("join", "Join a network whose fingerprint was compared."),
    "run": _Entry("run", "Run the node in the foreground."),
    "send": _Entry("send", "Give the node a record for a partner."),
    "inbox": _Entry("inbox", "Show or take the records partners sent."),
    "attach": _Entry("attach", "Send, list and get files that belong to movements."),
    "find": _Entry("find", "Find records by MRN, LRN, carnet, container, seal or plate."),
    "standards": _Entry("standards", "Try messages of national systems."),
    "codelists": _Entry("codelists", "Import published code lists; list, check, compare them."),
    "movement": _Entry("movement", "Show where a movement stands, and what is overdue."),
    "records": _Entry("records", "Show the way of records; withdraw, resend, hold, erase them."),
    "reconcile": _Entry("reconcile", "Show whether partners hold the same of each day."),
    "quarantine": _Entry("quarantine", "See what could not be trusted; release or reject it."),
    "dlq": _Entry("dlq", "See what of ours was not delivered; send it anew."),
    "evidence": _Entry("evidence", "Verify the evidence, export a record's, check an export."),
    "leave": _Entry("leave", "Leave the network: what happens, and when."),
    "status": _Entry("status", "Show how the node is, on one screen."),
    "check": _Entry("check", "Say on one line how the node is, for a monitoring system."),
    "doctor": _Entry("doctor", "Check the node, its broker and its links, with cures."),
    "peer": _Entry("peer", "Test the whole way to a partner and back."),
    "config": _Entry("config", "Show, check and explain the configuration."),
    "keys": _Entry("keys", "Show and rotate the node's keys."),
    "http": _Entry("http", "Say who may use the node over HTTP, and what it offers."),
    "broker": _Entry("broker", "Write the broker's configuration, or compare it."),
    "agreement": _Entry("agreement", "Propose, sign and show agreements with partners."),
    "registry": _Entry("registry", "Found a network, admit members: for its bodies."),
    "audit": _Entry("audit", "Show and verify what operators did to the node."),
    "backup": _Entry("backup", "Copy the node, check a copy, put the node back."),
    "support-bundle": _Entry("support_bundle", "Gather what support needs, without secrets."),
    "envelope": _Entry("envelope", "Look into a sealed envelope."),
    "lab": _Entry("lab", "Run a whole network on this machine."),
    "replay": _Entry("replay", "Generate, play and verify test traffic."),
    "completion": _Entry("completion", "Print what a shell needs to complete commands."),
}

_EPILOG: Final = """\b
Examples:
  corridor lab demo                      three countries on this machine, start to end
  corridor init --endpoint GE.RS --at ge make the folder of a node
  corridor run --config ge/node.toml     run it
  corridor status --config ge/node.toml  how is it?
"""


class _LazyGroup(click.Group):
    """Knows its commands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"corridor.cli.{entry.module}")
        return instrument(module.command, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in _COMMANDS.items()])


@click.command(
    cls=_LazyGroup,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="corridor")
def cli() -> None:
    """Exchange transit records with other customs administrations: sealed, stored, receipted."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        status = cli.main(args=given, prog_name="corridor", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the door: whatever it is, it is told
        from corridor.cli.trouble import tell

        sys.exit(tell(error, as_json="--json" in given))
    sys.exit(status if isinstance(status, int) else ExitStatus.OK)
