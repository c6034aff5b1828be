"""The signature of a post, in the form of Standard Webhooks.

Signed is "ID.TIMESTAMP.BODY" with HMAC-SHA256; `webhook-signature` holds one "v1,BASE64" for each
secret that is in force, so that a secret can be changed without a post being refused.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from corridor.daemon.private_files import read_private
from corridor.errors import ConfigurationError

_PREFIX: Final = "whsec_"
_MOST_SECRETS: Final = 2
_MAX_FILE_BYTES: Final = 1024
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a secret, as Standard Webhooks has it."""


def read_secrets(path: Path) -> tuple[bytes, ...]:
    """Return the secrets in a file, one `whsec_BASE64` a line, the current one first.

    Raises:
        KeyTrouble: The file is not there, or others may read it.
        ConfigurationError: It holds none, more than two, or something that is none.
    """
    lines = read_private(path, _MAX_FILE_BYTES).decode("ascii", "replace").split()
    if not 1 <= len(lines) <= _MOST_SECRETS:
        raise ConfigurationError(
            f"webhook.secret_file {path}: {len(lines)} secrets",
            cure="one line whsec_BASE64, and a second one while the secret changes",
        )
    return tuple(_secret(line, path) for line in lines)


def _secret(line: str, path: Path) -> bytes:
    try:
        secret = base64.b64decode(line.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not line.startswith(_PREFIX) or not _SHORTEST <= len(secret) <= _LONGEST:
        raise ConfigurationError(
            f"webhook.secret_file {path}: a line is no secret",
            cure=f"write whsec_ and the base64 of {_SHORTEST} to {_LONGEST} random bytes",
        )
    return secret


def signature(secrets: Sequence[bytes], post_id: str, timestamp: int, body: bytes) -> str:
    """Return the header `webhook-signature` of a post."""
    signed = f"{post_id}.{timestamp}.".encode() + body
    codes = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join("v1," + base64.b64encode(code).decode() for code in codes)
