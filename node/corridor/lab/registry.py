"""The registry of a lab as files: its bodies' keys, and the network's folder of statements.

With them the registry's commands can be tried on a running lab. Nobody guards these keys, and no
node outside a lab believes what they sign.
"""

from pathlib import Path
from typing import Final

from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.daemon.network_folder import SUFFIX, write_statement
from corridor.lab.world import World
from corridor.trust.describe import statement_name

NETWORK: Final = "network"


def keep_registry(folder: Path, world: World) -> None:
    """Write the first root and directory, and the key of each body in a folder of its name."""
    for statement in world.statements[:2]:
        write_statement(folder / NETWORK / f"{statement_name(statement)}{SUFFIX}", statement)
    for body, key in world.registry.items():
        KeyStore(folder / body).add_signing(KeyRole.REGISTRY, key)
