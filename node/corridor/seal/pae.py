"""What a signature covers: DSSE's pre-authentication encoding (PROTOCOL §2.1, §2.2).

Rules:

* every signature of Corridor is over `signing_input(type, body)` and nothing else;
* the payload type separates the domains: a header's signature is never a directory's;
* internal labels (hashes, key derivation) end in NUL, so that none begins another.
"""

from enum import StrEnum
from typing import Final


class PayloadType(StrEnum):
    """The closed list of what can be signed (PROTOCOL §2.2).

    Those after KEY_BUNDLE are reserved, except CODE_LIST and ACCEPTANCE, files that are no
    statements of the directory, and BACKUP, which never leaves its node: nothing makes or reads
    the others yet, and no key can ever be brought to sign one of them as another.
    """

    ENVELOPE_HEADER = "application/vnd.corridor.envelope-header.v1"
    DIRECTORY_ROOT = "application/vnd.corridor.directory-root.v1+protobuf"
    DIRECTORY = "application/vnd.corridor.directory.v1+protobuf"
    AGREEMENT = "application/vnd.corridor.agreement.v1+protobuf"
    DELEGATION = "application/vnd.corridor.delegation.v1+protobuf"
    KEY_BUNDLE = "application/vnd.corridor.key-bundle.v1+protobuf"
    BATCH_HEAD = "application/vnd.corridor.batch-head.v1"
    FRESHNESS = "application/vnd.corridor.dir-freshness.v1+protobuf"
    SUSPEND = "application/vnd.corridor.dir-suspend.v1+protobuf"
    POSSESSION = "application/vnd.corridor.possession.v1+protobuf"
    HUB_DEPOSIT = "application/vnd.corridor.hub-deposit.v1+protobuf"
    STREAM_RESET = "application/vnd.corridor.stream-reset.v1+protobuf"
    RECOVERY = "application/vnd.corridor.recovery.v1+protobuf"
    VETO = "application/vnd.corridor.veto.v1+protobuf"
    CODE_LIST = "application/vnd.corridor.code-list.v1+protobuf"
    ACCEPTANCE = "application/vnd.corridor.acceptance.v1+protobuf"
    BACKUP = "application/vnd.corridor.backup.v1"


LABEL_ENVELOPE_ID: Final = b"corridor/v1/envelope-id\0"
LABEL_WRAP: Final = b"corridor/v1/wrap\0"
LABEL_CONTENT_KEY: Final = b"corridor/v1/content-key\0"
LABEL_KEY_COMMIT: Final = b"corridor/v1/key-commit\0"
LABEL_PAYLOAD: Final = b"corridor/v1/payload\0"
LABEL_PAYLOAD_ROOT: Final = b"corridor/v1/payload-root\0"
LABEL_LEAF_SALT: Final = b"corridor/v1/leaf-salt\0"
LABEL_STREAM_POSITION: Final = b"corridor/v1/stream-pos\0"
LABEL_KEY_ID: Final = b"corridor/v1/keyid\0"
LABEL_LOG_LEAF: Final = b"corridor/v1/log-leaf\0"
LABEL_CHUNK: Final = b"corridor/v1/chunk\0"
LABEL_CHUNK_ASK: Final = b"corridor/v1/chunk-ask\0"
LABEL_CHUNK_LEAF: Final = b"corridor/v1/chunk-leaf\0"
LABEL_KEY_FILE: Final = b"corridor/v1/keyfile\0"
LABEL_STORAGE: Final = b"corridor/v1/storage\0"
LABEL_BACKUP: Final = b"corridor/v1/backup\0"


def signing_input(payload_type: str, body: bytes) -> bytes:
    """Return the bytes that are signed for `body` under `payload_type` (DSSE PAE)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
