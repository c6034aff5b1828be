"""What every ceremony of the registry shares: its options, and how a draft is shown and kept."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.ceremony import FILE, FOLDER, confirm, draft_words, with_next
from corridor.cli.options import emit
from corridor.daemon.clock import unix_ms

if TYPE_CHECKING:
    from corridor.daemon.network_folder import Network

KEYS = click.option("--keys", "keys_at", type=FOLDER, required=True,
                     help="The folder of this body's keys.")  # fmt: skip
OUT = click.option("--out", type=FILE, required=True, help="The draft to write.")


def sign_steps(out: Path) -> list[str]:
    """Return what comes after a draft."""
    return [
        f"give {out} to another body: corridor registry sign {out} --network FOLDER",
        f"corridor registry publish {out} --network FOLDER   when enough have signed",
    ]


def write_draft(
    raw: bytes, network: "Network | None", out: Path, steps: list[str], *, yes: bool, as_json: bool
) -> None:
    """Show a draft in words, and write it once that was confirmed."""
    from corridor.daemon.network_folder import write_statement
    from corridor.daemon.registry import kept_draft, look
    from corridor.daemon.registry_words import describe_draft

    raw = kept_draft(out, raw, network)
    said = describe_draft(look(raw, network, unix_ms()))
    confirm(draft_words(said), yes=yes)
    write_statement(out, raw)
    done = [f"wrote {out}: {said['statement']}", f"  {said['signatures']}",
            f"  fingerprint {said['fingerprint']}"]  # fmt: skip
    emit({**said, "file": str(out), "next": steps}, with_next(done, steps), as_json=as_json)
