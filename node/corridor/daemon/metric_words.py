"""Which word metrics use for a reason, or for where a movement stands.

Rules:

* forty partners stay below 5,000 series: reasons that call for the same act are counted together,
  and the log, `corridor status` and `corridor quarantine list` keep the precise one;
* the sets are closed: what is in none of them is counted as `other`.
"""

from collections.abc import Mapping
from typing import Final

from corridor.errors import Reason
from corridor.exchange.receive import SPOILT
from corridor.transit.movement import State

OTHER: Final = "other"
_FRAME_KINDS: Final[Mapping[str, frozenset[Reason]]] = {
    # who publishes there is no Corridor node, or a broken one
    "malformed": frozenset(
        {
            Reason.FRAME_TOO_LARGE, Reason.MAGIC, Reason.TRUNCATED, Reason.TRAILING_BYTES,
            Reason.HEADER_SIZE, Reason.HEADER_MALFORMED, Reason.RECIPIENTS, Reason.WRAP_LENGTH,
            Reason.LIMITS,
        }
    ),
    # one of the two sides has to upgrade
    "unsupported": frozenset(
        {
            Reason.VERSION, Reason.SUITE, Reason.SUITE_POLICY, Reason.FLAGS,
            Reason.SIGNATURE_MODE,
        }
    ),
    # compare the brokers' files on both sides
    "misaddressed": frozenset({Reason.NETWORK, Reason.NOT_ADDRESSED}),
    # statements are awaited; the frame is held
    "not_known_yet": frozenset(
        {Reason.UNKNOWN_SENDER, Reason.UNKNOWN_SIGNER, Reason.DIRECTORY_UNKNOWN}
    ),
    # keys of the two sides do not fit
    "unopened": frozenset({Reason.KEY_UNKNOWN, Reason.KEY_EXPIRED, Reason.WRAP}),
    # a clock is wrong, or the way was long
    "mistimed": frozenset({Reason.CREATED_IN_FUTURE, Reason.EXPIRED}),
    # the sender lost its state, or is far ahead
    "out_of_place": frozenset({Reason.WINDOW, Reason.EPOCH, Reason.SEQUENCE}),
}  # fmt: skip
_FRAMES_ALONE: Final = (
    Reason.SIGNATURE,
    Reason.CIPHERTEXT_DIGEST,
    Reason.STREAM_POSITION,
    Reason.FORK,
    Reason.WRONG_LINK,
    Reason.EQUIVOCATION,
    Reason.SIGNER_REVOKED,
    Reason.SIGNER_EXPIRED,
    Reason.SENDER_SUSPENDED,
    Reason.NO_AGREEMENT,
    Reason.HELD_FULL,
)
_RECORD_KINDS: Final[Mapping[str, frozenset[Reason]]] = {
    "spoilt": SPOILT,
    "malformed": frozenset(
        {Reason.RECORD_MALFORMED, Reason.CONTROL_MALFORMED, Reason.RECORD_TOO_LARGE}
    ),
}
_RECORDS_ALONE: Final = (
    Reason.EPOCH,
    Reason.NOT_AUTHORISED,
    Reason.RECORD_TYPE,
    Reason.RECORD_INVALID,
    Reason.RECORD_ID_CONFLICT,
    Reason.LIFETIME,
    Reason.OFFICE_NOT_OWN,
    Reason.ROLE_NOT_ALLOWED,
)


def _words(
    kinds: Mapping[str, frozenset[Reason]], alone: tuple[Reason, ...]
) -> Mapping[Reason, str]:
    found = {reason: kind for kind, reasons in kinds.items() for reason in reasons}
    return {**found, **{reason: reason.label for reason in alone}}


_OF_FRAMES: Final = _words(_FRAME_KINDS, _FRAMES_ALONE)
_OF_RECORDS: Final = _words(_RECORD_KINDS, _RECORDS_ALONE)
FRAME_WORDS: Final = (*dict.fromkeys(_OF_FRAMES.values()), OTHER)
"""Why frames are not taken, in `corridor_frames_refused_total`."""
RECORD_WORDS: Final = (*dict.fromkeys(_OF_RECORDS.values()), OTHER)
"""Why what is authentic is refused, in `corridor_records_refused_total`."""


def frame_word(reason: Reason) -> str:
    """Return the word for a frame that is not taken for this reason."""
    return _OF_FRAMES.get(reason, OTHER)


def record_word(reason: Reason) -> str:
    """Return the word for a record, or a whole envelope, that is refused for this reason."""
    return _OF_RECORDS.get(reason, OTHER)


def state_word(state: State) -> str:
    """Return the word for where a movement stands, in `corridor_movements`."""
    return "unknown" if state is State.NONE else state.name.lower()


def kinds_of_reasons() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return, for each of the two metrics, the kinds and the reasons they stand for."""
    return {
        "corridor_frames_refused_total": _told(_FRAME_KINDS),
        "corridor_records_refused_total": _told(_RECORD_KINDS),
    }


def _told(kinds: Mapping[str, frozenset[Reason]]) -> Mapping[str, tuple[str, ...]]:
    return {kind: tuple(one.label for one in sorted(found)) for kind, found in kinds.items()}
