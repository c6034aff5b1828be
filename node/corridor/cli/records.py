"""`corridor records`: what became of records, and how long they are kept."""

import click

from corridor.cli.records_keeping import erase, hold, holds, release_hold


@click.group("records")
def command() -> None:
    """Hold records, release them, erase their content."""


for _each in (hold, release_hold, holds, erase):
    command.add_command(_each)
