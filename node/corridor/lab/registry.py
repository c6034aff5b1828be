"""The registry of a lab as files: its bodies' keys, the first root and the first directory.

With them the registry's commands can be tried on a running lab. Nobody guards these keys, and no
node outside a lab believes what they sign.
"""

from pathlib import Path
from typing import Final

from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.lab.world import World
from corridor.trust.frames import encode_statement_frame

ROOT: Final = "root.crt1"
DIRECTORY: Final = "directory.crt1"


def keep_registry(folder: Path, world: World) -> None:
    """Write the first root and directory, and the key of each body in a folder of its name."""
    folder.mkdir(parents=True)
    for name, statement in zip((ROOT, DIRECTORY), world.statements, strict=False):
        (folder / name).write_bytes(encode_statement_frame(statement))
    for body, key in world.registry.items():
        KeyStore(folder / body).add_signing(KeyRole.IDENTITY, key)
