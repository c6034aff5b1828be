"""`corridor records`: what became of records, and how long they are kept."""

import click

from corridor.cli.records_keeping import erase, hold, holds, release_hold
from corridor.cli.records_way import resend, timeline, withdraw


@click.group("records")
def command() -> None:
    """Show the way of records; withdraw, resend, hold, erase them."""


for _each in (timeline, withdraw, resend, hold, release_hold, holds, erase):
    command.add_command(_each)
