"""Floor 0: every error of Corridor and every reason for which it refuses something.

Rules of this file:

* an error blames someone (`Blame`) and says whether trying again can help;
* a refusal is a value, not an exception class of its own: `Reason` is the closed set, and its
  numbers are the numbers on the wire (`corridor.wire.v1.Reason`, PROTOCOL §9);
* `Refused` carries one reason upwards through the core; only the shell turns it into an effect.
"""

from enum import IntEnum, StrEnum
from typing import ClassVar


class Blame(StrEnum):
    """Who has to act for the error to go away."""

    OURS = "ours"
    PARTNER = "partner"
    LINK = "link"
    STORE = "store"
    OPERATOR = "operator"


class ExitStatus(IntEnum):
    """Exit status of the command line."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    BROKER = 4
    TRUST = 5
    QUARANTINED = 6
    THRESHOLD = 7
    INTERRUPTED = 130


class Reason(IntEnum):
    """Why something was refused, held or put aside; the number is the one on the wire.

    1xx frame and envelope, 2xx trust and authority, 3xx record content, 4xx business, 5xx for now.
    """

    # frame and header, before anything is authentic (R0 to R4)
    FRAME_TOO_LARGE = 100
    MAGIC = 101
    TRUNCATED = 102
    TRAILING_BYTES = 103
    HEADER_SIZE = 104
    HEADER_MALFORMED = 105
    RECIPIENTS = 106
    WRAP_LENGTH = 107
    LIMITS = 108
    VERSION = 109
    NETWORK = 110
    SUITE = 111
    SUITE_POLICY = 112
    FLAGS = 113
    SIGNATURE_MODE = 114
    NOT_ADDRESSED = 115
    # authenticity and opening (R6 to R16)
    SIGNATURE = 120
    CIPHERTEXT_DIGEST = 121
    KEY_UNKNOWN = 122
    KEY_EXPIRED = 123
    WRAP = 124
    STREAM_POSITION = 125
    KEY_COMMIT = 126
    PAYLOAD_TAG = 127
    PADDING = 128
    BATCH = 129
    PAYLOAD_ROOT = 130
    # the place in the stream: R17
    FORK = 140
    SEQUENCE = 141
    WINDOW = 142
    EPOCH = 143
    # found in the own broker where nothing may lie
    STRAY = 150
    # trust and authority
    UNKNOWN_SENDER = 200
    SENDER_SUSPENDED = 201
    UNKNOWN_SIGNER = 202
    SIGNER_EXPIRED = 203
    SIGNER_REVOKED = 204
    WRONG_LINK = 205
    NO_AGREEMENT = 206
    NOT_AUTHORISED = 207
    EQUIVOCATION = 208
    ROLLBACK = 209
    QUORUM = 210
    STATEMENT_EXPIRED = 211
    STATEMENT_MALFORMED = 212
    STATEMENT_SIGNATURE = 213
    STATEMENT_CHAIN = 214
    KEY_ADMISSION = 215
    LAB_ROOT = 216
    UNKNOWN_RECIPIENT = 217
    NO_ENCRYPTION_KEY = 218
    # record content
    RECORD_TOO_LARGE = 300
    RECORD_MALFORMED = 301
    RECORD_TYPE = 302
    RECORD_INVALID = 303
    RECORD_ID_CONFLICT = 304
    CONTROL_MALFORMED = 305
    SOURCE_MALFORMED = 306
    SOURCE_UNSUPPORTED = 307
    CHARACTER_SET = 308
    CODE_UNKNOWN = 309
    RULE_BROKEN = 310
    # time
    CREATED_IN_FUTURE = 320
    EXPIRED = 321
    LIFETIME = 322
    # business: what a record claims of its sender
    OFFICE_NOT_OWN = 400
    ROLE_NOT_ALLOWED = 401
    ROLE_NOT_HELD = 402
    # business: what an officer decides
    WITHDRAWN = 420
    # what a gateway does not take from its own national system
    LANE_NOT_ALLOWED = 430
    NOT_A_FILE = 431
    UNREADABLE = 432
    # business: an agreement's end
    AGREEMENT_ENDED = 440
    UNANSWERED = 441
    # at the door of the node: what a client of a gateway may do
    RECIPIENT_NOT_ALLOWED = 451
    IDEMPOTENCY_CONFLICT = 452
    FORESEEN_REFUSAL = 453
    # for now; judged again later
    DIRECTORY_UNKNOWN = 500
    STORE_FULL = 501
    HELD_FULL = 502
    INTERNAL = 503
    # attachments
    ATTACHMENT_INCOMPLETE = 510
    ATTACHMENT_TOO_LARGE = 511
    ATTACHMENT_NO_ROOM = 512
    ATTACHMENT_DIGEST = 513
    ATTACHMENT_QUOTA = 523
    ATTACHMENTS_OPEN = 524

    @property
    def label(self) -> str:
        """The name in receipts, metrics, logs and the manual: lower case, underscores."""
        return self.name.lower()


class CorridorError(Exception):
    """Base of every error Corridor raises on purpose.

    `code` is stable and appears in the manual; the message is for the person who must act.
    """

    code: ClassVar[str] = "corridor_error"
    blame: ClassVar[Blame] = Blame.OURS
    retryable: ClassVar[bool] = False
    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED

    def __init__(self, message: str = "", *, cure: str = "", faults: tuple[str, ...] = ()) -> None:
        """Say what happened; `cure` is what to do next, `faults` are all that were found."""
        super().__init__(message)
        self.message = message
        self.cure = cure
        self.faults = faults

    def __str__(self) -> str:
        """Return all of it, one fault a line."""
        lines = [self.message, *(f"  {fault}" for fault in self.faults)]
        return "\n".join([*lines, f"  what to do: {self.cure}"] if self.cure else lines)


class Refused(CorridorError):
    """An input was refused for one named reason and has had no other effect."""

    code = "refused"
    blame = Blame.PARTNER

    def __init__(self, reason: Reason, detail: str = "") -> None:
        """Keep `reason`; `detail` is for people and holds no payload, key or party data."""
        super().__init__(f"{reason.label}: {detail}" if detail else reason.label)
        self.reason = reason
        self.detail = detail


class ConfigurationError(CorridorError):
    """The configuration cannot be used; every fault is listed at once."""

    code = "configuration"
    blame = Blame.OPERATOR
    exit_status = ExitStatus.CONFIGURATION


class InputTrouble(CorridorError):
    """A file or a value that was given to a command cannot be used."""

    code = "input"
    blame = Blame.OPERATOR


class ProductionRefused(CorridorError):
    """Traffic is recorded and played outside production only; nothing was read or sent."""

    code = "production"
    blame = Blame.OPERATOR
    exit_status = ExitStatus.CONFIGURATION


class RecordKept(CorridorError):
    """A record cannot be erased, held or released as asked; nothing was changed."""

    code = "record_kept"
    blame = Blame.OPERATOR


class NotInstalled(CorridorError):
    """A part of Corridor that is installed separately is needed and is not there."""

    code = "not_installed"
    blame = Blame.OPERATOR
    exit_status = ExitStatus.CONFIGURATION


class KeyTrouble(CorridorError):
    """A private key, passphrase or key file cannot be used."""

    code = "key"
    blame = Blame.OPERATOR
    exit_status = ExitStatus.TRUST


class ArchiveTrouble(CorridorError):
    """A backup is damaged, forged, of another node, or cannot be put back here."""

    code = "backup"
    blame = Blame.OPERATOR
    exit_status = ExitStatus.TRUST


class SelfTestFailed(CorridorError):
    """A library does not behave as PROTOCOL §3.9 demands; the node must not start."""

    code = "self_test"
    blame = Blame.OPERATOR
    exit_status = ExitStatus.TRUST


class LinkTrouble(CorridorError):
    """The broker, or the way to it, does not work now."""

    code = "link"
    blame = Blame.LINK
    retryable = True
    exit_status = ExitStatus.BROKER


class LoginRefused(LinkTrouble):
    """The broker does not let a login in: whatever else is asked with it fails too."""

    code = "login_refused"


class LocalTrouble(CorridorError):
    """The own node cannot be talked to over its local socket."""

    code = "local_socket"
    blame = Blame.OPERATOR
    retryable = True
    exit_status = ExitStatus.BROKER


class NodeHangs(LocalTrouble):
    """The own node runs, and does not answer on its local socket in time."""

    code = "node_hangs"


class NodeRefused(LocalTrouble):
    """The own node answered that it cannot do what was asked; the message names its error."""

    code = "node_refused"
    exit_status = ExitStatus.FAILED


class ActRefused(CorridorError):
    """What an officer asked for is not safe, or would not help; the message says why."""

    code = "act_refused"
    blame = Blame.OPERATOR


class AuditTrouble(CorridorError):
    """The trail of what operators did cannot be written, or is not whole."""

    code = "audit"
    blame = Blame.OPERATOR


class NotAcknowledging(CorridorError):
    """A gateway asked to acknowledge for a national system that another gateway serves."""

    code = "not_acknowledging"
    blame = Blame.OPERATOR


class NotHandedOver(CorridorError):
    """A national system acknowledged records that it was never handed."""

    code = "not_handed_over"
    blame = Blame.OPERATOR


class SpoolTrouble(CorridorError):
    """The spool folder is not there or cannot be used now; it is tried again."""

    code = "spool"
    blame = Blame.OPERATOR
    retryable = True


class StoreTrouble(CorridorError):
    """The store refused or failed an operation; nothing of it was kept."""

    code = "store"
    blame = Blame.STORE
    retryable = True


class AttachmentTrouble(CorridorError):
    """A file cannot be taken, sent or read as asked; the message says why."""

    code = "attachment"
    blame = Blame.OPERATOR


class StoreFull(StoreTrouble):
    """The disk that holds the store is full or does not take what is written."""

    code = "store_full"


class StoreLost(StoreTrouble):
    """The disk did not take what was written; the store works again after a new start."""

    code = "store_lost"
    blame = Blame.OPERATOR
    retryable = False


class StoreMissing(StoreTrouble):
    """The node had a store and finds none, or its loss is declared while it is there."""

    code = "store_missing"
    blame = Blame.OPERATOR
    retryable = False
    exit_status = ExitStatus.CONFIGURATION


class StoreDamaged(StoreTrouble):
    """The store file is not, or no longer, a sound store."""

    code = "store_damaged"
    blame = Blame.OPERATOR
    retryable = False


class StoreInUse(StoreTrouble):
    """Another process writes to the store; an endpoint has one active node."""

    code = "store_in_use"
    blame = Blame.OPERATOR
    retryable = False


class StoreUnusable(StoreTrouble):
    """The store cannot be opened as it is: too new, not ours, unsafe, or the wrong key."""

    code = "store_unusable"
    blame = Blame.OPERATOR
    retryable = False


class RestoreUnfinished(StoreUnusable):
    """A restore was broken off half-way: what is here is neither the old node nor the new one."""

    code = "restore_unfinished"


class StoreMisused(StoreTrouble):
    """The node asked the store for something that would break its rules; a mistake of ours."""

    code = "store_misused"
    blame = Blame.OURS
    retryable = False
