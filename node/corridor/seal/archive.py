"""Sealed archives, format CRB1: a node's backup, which only the holder of the backup key reads.

Rules:

* whoever writes one needs the public half of the backup key only: a node cannot read the backups
  that lie about;
* the node's signature stands at the end and covers everything before it: an archive is believed
  whole or not at all, and a part that is missing at the end is noticed;
* content streams in pieces of at most `PIECE_BYTES`: neither side needs more memory than that.

Layout: "CRB1" | u32 head length | head (JSON) | u16 wrap length | wrap | stream header[24]
        | (u32 length | sealed piece)* | u32 0 | signature[64]
The wrap is HPKE (PROTOCOL §3.3) of a 32-byte key, its info the label and all before it; the pieces
are libsodium's secretstream under that key, the last one marked as the last. The signature is over
SHA-256 of all before it, under its own payload type (PROTOCOL §2.2).
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO, Final, Self

from corridor.errors import ArchiveTrouble, Refused
from corridor.seal.hpke import SUITES, open_from, seal_to, sealed_length
from corridor.seal.keys import ED25519, DecryptionKey, SigningKey, admit_public_key, key_id, verify
from corridor.seal.pae import LABEL_BACKUP, PayloadType
from corridor.seal.primitives import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    STREAM_HEADER_BYTES,
    STREAM_TAG_BYTES,
    StreamOpener,
    StreamSealer,
    random_bytes,
)

MAGIC: Final = b"CRB1"
PIECE_BYTES: Final = 1 << 20
"""Plain bytes of a piece: what both sides hold in memory."""
_HEAD_MOST: Final = 4096
_KEYS: Final = frozenset(
    {"endpoint", "genesis_sha256", "created_ms", "release", "suite", "backup_key_id", "signer"}
)


@dataclass(frozen=True, slots=True)
class ArchiveHead:
    """What anybody who has an archive can read of it."""

    endpoint: str
    genesis_sha256: str
    created_ms: int
    """Unix time in milliseconds at which the store was read."""
    release: str
    """Version of Corridor that wrote it."""
    suite: int
    backup_key_id: str
    """Hexadecimal; which private key opens it."""
    signer: str
    """Ed25519 public key that signed it, hexadecimal. Whose it is, the statements inside say."""

    @property
    def signer_id(self) -> bytes:
        """The signer's key id, as statements name it."""
        return key_id(ED25519, bytes.fromhex(self.signer))

    def to_bytes(self) -> bytes:
        """Return it as it stands in the file."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read it.

        Raises:
            ArchiveTrouble: It is damaged, or of another kind.
        """
        try:
            found = json.loads(data)
            whole = isinstance(found, dict) and found.keys() == _KEYS
            head = cls(**found) if whole else None
            if head is None or head.suite not in SUITES or not isinstance(head.created_ms, int):
                raise ArchiveTrouble("the head of the archive is not one of ours")
            admit_public_key(ED25519, bytes.fromhex(head.signer))
        except (ValueError, TypeError, RecursionError, Refused):
            raise ArchiveTrouble("the head of the archive is damaged") from None
        return head


class ArchiveWriter:
    """Seals what is written into a file, piece by piece; `close` signs it."""

    def __init__(
        self, out: IO[bytes], head: ArchiveHead, public: bytes, signer: SigningKey
    ) -> None:
        """Write head and wrap.

        Args:
            out: Where to; only written to, from its present place on.
            head: Names the key that `public` is, and `signer`.
            public: Public half of the backup key.
            signer: The node's signing key.
        """
        self._out, self._signer = out, signer
        self._digest = hashlib.sha256()
        self._held = bytearray()
        name = head.to_bytes()
        start = MAGIC + len(name).to_bytes(4) + name
        key = random_bytes(KEY_BYTES)
        wrap = seal_to(head.suite, public, LABEL_BACKUP + start, key, random_bytes)
        self._sealer = StreamSealer(key)
        self._put(start + len(wrap).to_bytes(2) + wrap + self._sealer.header)

    def write(self, data: bytes) -> int:
        """Take content of any length; returns that length, as a file's `write` does."""
        self._held += data
        while len(self._held) > PIECE_BYTES:
            self._piece(bytes(self._held[:PIECE_BYTES]), last=False)
            del self._held[:PIECE_BYTES]
        return len(data)

    def close(self) -> bytes:
        """Write what is left and the signature; returns the digest that was signed."""
        self._piece(bytes(self._held), last=True)
        self._held.clear()
        self._put(bytes(4))
        digest = self._digest.digest()
        self._out.write(self._signer.sign(PayloadType.BACKUP, digest))
        return digest

    def _piece(self, plain: bytes, *, last: bool) -> None:
        sealed = self._sealer.seal(plain, last=last)
        self._put(len(sealed).to_bytes(4) + sealed)

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._out.write(data)


class ArchiveReader:
    """Reads an archive from its start to its end, once."""

    def __init__(self, source: IO[bytes]) -> None:
        """Read the head.

        Raises:
            ArchiveTrouble: It is no archive, or damaged.
        """
        self._source = source
        self._digest = hashlib.sha256()
        if self._take(len(MAGIC)) != MAGIC:
            raise ArchiveTrouble("this is not a backup of Corridor (CRB1)")
        length = self._take(4)
        size = int.from_bytes(length)
        if size > _HEAD_MOST:
            raise ArchiveTrouble("the head of the archive is damaged")
        name = self._take(size)
        self._start = MAGIC + length + name
        self.head = ArchiveHead.parse(name)

    def pieces(self, key: DecryptionKey) -> Iterator[bytes]:
        """Return the content; each piece is authentic, the whole is only when all were returned.

        Raises:
            ArchiveTrouble: Another key, damage, an end that is missing, or a wrong signature.
        """
        opener = self._opener(key)
        ended = False
        while size := int.from_bytes(self._take(4)):
            if ended or size > PIECE_BYTES + STREAM_TAG_BYTES:
                raise ArchiveTrouble("the archive is damaged: a piece is out of place")
            opened = opener.open(self._take(size))
            if opened is None:
                raise ArchiveTrouble("the archive is damaged: a piece does not open")
            plain, ended = opened
            yield plain
        if not ended:
            raise ArchiveTrouble("the archive is damaged: its end is missing")
        self._check_signature()

    def skim(self) -> int:
        """Check form and signature without opening anything; returns the bytes of content.

        Raises:
            ArchiveTrouble: Damage, an end that is missing, or a wrong signature.
        """
        self._take(int.from_bytes(self._take(2)) + STREAM_HEADER_BYTES)
        content = 0
        while size := int.from_bytes(self._take(4)):
            if not STREAM_TAG_BYTES <= size <= PIECE_BYTES + STREAM_TAG_BYTES:
                raise ArchiveTrouble("the archive is damaged: a piece is out of place")
            self._take(size)
            content += size - STREAM_TAG_BYTES
        self._check_signature()
        return content

    def _opener(self, key: DecryptionKey) -> StreamOpener:
        wrap = self._take(int.from_bytes(self._take(2)))
        header = self._take(STREAM_HEADER_BYTES)
        if key.key_id.hex() != self.head.backup_key_id:
            raise ArchiveTrouble(
                f"the archive is sealed for backup key {self.head.backup_key_id}",
                cure="name the folder that holds this key with --key-folder",
            )
        opened = None
        if key.suite == self.head.suite and len(wrap) == sealed_length(key.suite, KEY_BYTES):
            opened = open_from(key.secret, key.public, LABEL_BACKUP + self._start, wrap)
        if opened is None:
            raise ArchiveTrouble("the archive is damaged: its key does not open")
        return StreamOpener(opened, header)

    def _check_signature(self) -> None:
        digest = self._digest.digest()
        signature = self._source.read(SIGNATURE_BYTES + 1)
        signer = bytes.fromhex(self.head.signer)
        if len(signature) != SIGNATURE_BYTES or not verify(
            signer, PayloadType.BACKUP, digest, signature
        ):
            raise ArchiveTrouble("the archive's signature is not its signer's over this content")

    def _take(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) != size:
            raise ArchiveTrouble("the archive is damaged: it ends too soon")
        self._digest.update(data)
        return data
