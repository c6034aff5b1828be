"""`corridor registry`: what a body of the registry does."""

import click

from corridor.cli.registry_end import end, leave


@click.group("registry")
def command() -> None:
    """Draft and sign the next directory."""


for _each in (end, leave):
    command.add_command(_each)
