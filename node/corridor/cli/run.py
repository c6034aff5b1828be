"""`corridor run`: the node, in the foreground."""

import sys
from pathlib import Path

import click

from corridor.cli.options import config_option, json_option


@click.command("run")
@config_option
@json_option
@click.option(
    "--restored",
    is_flag=True,
    help="Say that the store was restored from a backup; at the first start after it only.",
)
@click.option(
    "--store-lost",
    is_flag=True,
    help="Declare that the store is lost and begin with an empty one; at one start only.",
)
def command(config_path: Path, as_json: bool, *, restored: bool, store_lost: bool) -> None:
    """Run the node in the foreground until SIGTERM or Ctrl-C.

    Logs go to standard error; with --json as JSON lines, whatever the configuration says. SIGHUP
    reads trust statements and keys again, and names in the log what of the configuration needs a
    restart. A node that had a store and finds none does not start: what it accepted would be gone
    without a word.
    """
    from corridor.daemon.clock import set_lab_clock
    from corridor.daemon.config import load_config
    from corridor.daemon.logs import configure_logs
    from corridor.daemon.node import Node
    from corridor.daemon.supervisor import block_signals, supervise
    from corridor.gateway.beside import make_gateways
    from corridor.seal import selftest
    from corridor.wire.canonical import require_fast_runtime

    config = load_config(config_path)
    configure_logs(config.log.level, "json" if as_json else config.log.format)
    set_lab_clock(config.node.environment)
    require_fast_runtime()
    selftest.run()
    block_signals()
    node = Node(config, store_lost=store_lost)
    if restored:
        node.declare_restore()
    sys.exit(supervise(node, make_gateways(config, node), lambda: load_config(config_path)))
