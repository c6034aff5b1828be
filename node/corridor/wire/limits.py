"""Limits of everything that crosses a border: value, unit, reason, source.

Rules:

* a limit is checked before memory or a public-key operation is spent on what it bounds;
* both sides know the same numbers: changing one changes PROTOCOL §10;
* sizes are bytes, times are milliseconds, the rest are counts.
"""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB
DAY_MS: Final = 86_400_000

# --- the frame: what one AMQP message holds (PROTOCOL §3) -------------------------------------

MAX_HEADER_BYTES: Final = 128 * KIB
"""Header of an envelope: 64 recipients with a hybrid wrap (1,228 B each) fit with room to spare."""

MAX_PADDED_BYTES: Final = 1 * MIB
"""Padded plaintext: four times the target of a batch, so that its largest record always fits."""

MAX_FRAME_BYTES: Final = MAX_PADDED_BYTES + MAX_HEADER_BYTES
"""A whole frame. Brokers do best under 1 MB a message; RabbitMQ 4.x refuses above 16 MiB."""

MAX_RECIPIENTS: Final = 64
"""Recipients of one envelope; version 1 makes envelopes for exactly one."""

PAD_FLOOR_BYTES: Final = 2 * KIB
"""Smallest padded plaintext: a lone acknowledgement and a lone declaration look alike."""

# --- the batch inside (PROTOCOL §3.6) ---------------------------------------------------------

MAX_RECORDS: Final = 512
"""Records of one batch: a Merkle proof stays at nine hashes, a verdict list under 64 KiB."""

MAX_RECORD_BYTES: Final = 256 * KIB
"""One serialised RecordEntry; a larger document travels as an attachment, not as a record."""

ENTRY_OVERHEAD_BYTES: Final = 128
"""What a RecordEntry adds to its body at most: ids, type, schema id, tags and lengths."""

TARGET_BATCH_BYTES: Final = 256 * KIB
"""A batch is closed once it holds this much: beyond it the shared costs no longer shrink."""

MAX_BATCH_BYTES: Final = MAX_PADDED_BYTES - 4
"""One serialised RecordBatch: the padding carries its length in four bytes."""

SEED_BYTES: Final = 32
"""Seed of the leaf salts: as long as the hash it feeds."""

RECORD_ID_BYTES: Final = 16
"""A UUIDv7 (RFC 9562)."""

HASH_BYTES: Final = 32
"""SHA-256: envelope ids, payload roots, log roots, hash chains."""

MAX_SCHEMA_ID_BYTES: Final = 64
"""Name of a schema version, for example "corridor.wire.v1"."""

MAX_DEPTH: Final = 32
"""Nesting of messages in a record; the schema itself needs less, and none of it is recursive."""

# --- control records (PROTOCOL §6) ------------------------------------------------------------

MAX_CONTROL_BYTES: Final = 128 * KIB
"""Body of one control record: a receipt with every verdict of a full window fits."""

MAX_RECEIPT_HEADS: Final = 64
"""Epochs named in one receipt: a node that started 64 times within a window has other troubles."""

MAX_RECEIPT_GAPS: Final = 64
"""Gaps named in one receipt, as in a Resend."""

MAX_RECEIPT_VERDICTS: Final = 512
"""Envelopes judged in one receipt: eight full windows."""

MAX_RECEIPT_EXCEPTIONS: Final = MAX_RECORDS
"""Records of one envelope judged otherwise than the envelope."""

MAX_FAULTS: Final = 16
"""Faults named for one record: enough to mend it, too few to flood a receipt."""

MAX_FAULT_CHARS: Final = 200
"""One fault: a rule id and the path of a field, never a value."""

MAX_RESEND_RANGES: Final = 64
"""Ranges of one Resend."""

MAX_RESEND_ENVELOPES: Final = 4096
"""Envelopes one Resend may ask for: 64 full windows, so that a long outage closes in few rounds."""

MAX_HANDOVER_RANGES: Final = 512
"""Ranges of one Handover: control envelopes stand between those of records."""

MAX_HANDOVER_ENVELOPES: Final = 4096
"""Envelopes one Handover tells of: what its reader looks up for it is bounded."""

MAX_TALLY_CELLS: Final = 512
"""Kinds of records told apart in one direction of a day; beyond it reasons are left out, and then
at most 20 types with three verdicts are left."""

MAX_TALLY_DAYS: Final = 400
"""How old a day may be of which a partner tells: what is kept of days is bounded."""

MAX_NEW_ID_DAYS: Final = 366
"""How old the time in a new record's id should be: a month is left in which its day is compared."""

MAX_ACCEPTS_BYTES: Final = 64 * KIB
"""A statement of what is accepted, on its way to a partner: 150 code lists take 8 KiB."""

ACCEPTS_COUNTS_MS: Final = 7 * DAY_MS
"""How long such a statement counts after it was last said: it is said anew each day."""

MAX_TIME_MS: Final = 2**48 - 1
"""Times fit six bytes, as in a record id: good for 8,900 years."""

MAX_SEQUENCE: Final = 2**63 - 1
"""Sequence numbers fit the integers of every store and language."""

MAX_EPOCH: Final = 2**32 - 1
"""Epochs are Unix seconds in 32 bits, good until the year 2106; the schema's type holds it."""

MAX_REASON: Final = 9_999
"""Reason codes are four digits at most (PROTOCOL §9)."""

# --- statements of the trust directory (PROTOCOL §5) ------------------------------------------

DIRECTORY_MAX_BYTES: Final = 4 * MIB
"""A signed directory: 200 members with agreements between most of them."""

ROOT_MAX_BYTES: Final = 256 * KIB
"""A signed root: bodies, keys and quorums only."""

DELEGATION_MAX_BYTES: Final = 64 * KIB
"""A signed delegation: tens of keys, all of one member."""

BUNDLE_MAX_BYTES: Final = 256 * KIB
"""A signed key bundle: 32 hybrid keys of 1,216 bytes and their windows."""

AGREEMENT_MAX_BYTES: Final = 64 * KIB
"""A signed agreement: twenty record types and three short texts."""
POSSESSION_MAX_BYTES: Final = 64 * KIB
"""A request to be listed: one member with at most 16 keys and one CA certificate."""
CODE_LIST_MAX_BYTES: Final = 16 * MIB
"""A signed list of codes: UN/LOCODE, the longest there is, takes five, with its names."""
ACCEPTANCE_MAX_BYTES: Final = 256 * KIB
"""What a national system accepts, signed: some standards and a thousand code lists."""

MAX_BUNDLE_KEYS: Final = 32
"""Encryption keys of one endpoint at a time."""

MAX_SIGNATURES: Final = 256
"""Signatures on one statement: every key of every body, with room to spare."""

MAX_VERSION_JUMP: Final = 1_000
"""How far a version or serial may run ahead of the one held: a stolen quorum cannot push the
counter to its end and lock the network out of its own directory."""

MAX_BODIES: Final = 32
"""Bodies of a registry."""

MAX_HOLDER_KEYS: Final = 16
"""Keys of one registry body, or identity keys of one member."""

MAX_MEMBERS: Final = 512
"""Members of a network: every customs administration of the world, twice."""

MAX_REVOKED_KEYS: Final = 4_096
"""Keys revoked in one directory; they stay listed for ever."""

MAX_DELEGATED_KEYS: Final = 64
"""Delegated keys of one member, those kept for late arrivals included."""

MAX_SERVER_CA_BYTES: Final = 8 * KIB
"""Certificate of a broker's CA, DER."""

MAX_TEXT_BYTES: Final = 256
"""A name, a purpose or a legal reference in a statement."""

ROOT_LIFETIME_MS: Final = 731 * DAY_MS
"""From issue to expiry of a root: two years, one of them leap."""

DIRECTORY_LIFETIME_MS: Final = 45 * DAY_MS
"""From issue to expiry of a directory: a monthly meeting of the bodies, and half a month late."""

DELEGATED_KEY_LIFETIME_MS: Final = 90 * DAY_MS
"""From not_before to not_after of a delegated key."""

DELEGATED_KEY_KEPT_MS: Final = 150 * DAY_MS
"""How long a delegated key stays listed after its end: as long as an encryption key that it
vouched for on its last day can live (published 30 days ahead, 90 days, 30 days of grace)."""

ENCRYPT_LIFETIME_MS: Final = 90 * DAY_MS
"""From encrypt_from to encrypt_until of an encryption key, until rotation is automatic."""

ACCEPT_GRACE_MS: Final = 30 * DAY_MS
"""From encrypt_until to accept_until: as long as an envelope lives."""

PUBLISH_AHEAD_MS: Final = 30 * DAY_MS
"""How long before encrypt_from a key may be published."""

AGREEMENT_AFTERMATH_MS: Final = 30 * DAY_MS
"""How long after its end an agreement still lets control records pass."""

# --- time (PROTOCOL §3.4) ---------------------------------------------------------------------

MAX_FUTURE_SKEW_MS: Final = 600_000
"""How far a partner's clock may run ahead of ours: ten minutes."""

MAX_LIFETIME_MS: Final = 30 * DAY_MS
"""From creation to expiry of an envelope: as long as sealed bytes are kept beyond a receipt."""

# --- text and source documents in a record ----------------------------------------------------

MAX_ORIGINAL_BYTES: Final = 200 * KIB
"""An original attached to a record, as it was: it must leave room for the record itself."""

# --- attachments (PROTOCOL §13) ---------------------------------------------------------------

CHUNK_BYTES: Final = 256 * KIB
"""What a chunk holds of a file: as much as a full envelope, so that one hinders no more than it."""

MAX_ATTACHMENT_BYTES: Final = 2048 * MIB
"""A file: scans and invoices, and the largest original; 8,192 chunks."""

MAX_CHUNKS: Final = MAX_ATTACHMENT_BYTES // CHUNK_BYTES
"""Chunks of a file: a path of at most 13 hashes proves one of them."""

MAX_CHUNK_PATH: Final = 13
"""Hashes between a chunk and the root."""

MAX_ASKED_CHUNKS: Final = 32
"""Chunks of one ask, 8 MiB: what a replayed ask can make a sender repeat."""

MAX_LONG_RECORD_BYTES: Final = 48 * MIB
"""A record whose whole is in a file: one of the largest messages, 20 MiB, with its original."""

MAX_LONG_RECORD_PARTS: Final = 1_000_000
"""Messages in it: 200 MiB of memory where each is empty. An XML of 20 MiB makes a sixth of them."""
