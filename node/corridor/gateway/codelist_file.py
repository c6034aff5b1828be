"""A list of codes as a signed file (PROTOCOL §12.8).

Rules:

* the file names the key that signed it, and is whole only if that key did: damage is seen by
  everybody; whether the key is one to be believed is for whoever reads it to say;
* what is made here can be read here: a list beyond the limits is never signed;
* a file has one encoding, so that the same list signed by the same key at the same time is the
  same file.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.standards.codelist import (
    DAY,
    MAX_CODE_CHARS,
    MAX_ENTRIES,
    MAX_WORDS_CHARS,
    NAME,
    NUMBER,
    CodeList,
    Entry,
    Period,
    Unknown,
)
from corridor.trust.checks import require, well_formed
from corridor.trust.keys import Algorithm, TrustedKey, read_key
from corridor.trust.statements import Signed, sign
from corridor.wire import codelists as wire
from corridor.wire import limits
from corridor.wire.statements import encode_statement, parse_signed

_KINDS: Final = {PayloadType.CODE_LIST: limits.CODE_LIST_MAX_BYTES}
UNKNOWN: Final = {Unknown.WARN: wire.WARN, Unknown.REFUSE: wire.REFUSE}
MEANING: Final = {number: meaning for meaning, number in UNKNOWN.items()}


@dataclass(frozen=True, slots=True)
class SignedList:
    """A list and who signed it when.

    Attributes:
        codes: The list.
        key_id: The key, 16 bytes.
        signed_ms: When, Unix time in milliseconds.
    """

    codes: CodeList
    key_id: bytes
    signed_ms: int


def make_list_file(codes: CodeList, key: SigningKey, signed_ms: int) -> bytes:
    """Return a list as a file.

    Raises:
        Refused: STATEMENT_MALFORMED: it is beyond the limits of a list.
    """
    _check(codes)
    message = wire.CodeList(
        number=codes.number,
        name=codes.name,
        version=codes.version,
        source=codes.source,
        unknown=UNKNOWN[codes.unknown],
        codes=[_listed(code, codes.entries[code]) for code in sorted(codes.entries)],
        signed_ms=signed_ms,
        signer=TrustedKey.admit(Algorithm.ED25519, key.public).to_message(),
    )
    raw = sign(PayloadType.CODE_LIST, encode_statement(message), [key]).to_bytes()
    well_formed(len(raw) <= limits.CODE_LIST_MAX_BYTES, f"{codes.number} has {len(raw)} bytes")
    return raw


def read_list_file(
    raw: bytes, trusted: Collection[bytes] | None = None, *, words: bool = True
) -> SignedList:
    """Return the list in a file.

    Args:
        raw: The file.
        trusted: Ids of the keys that are believed; None where every key is.
        words: Whether what codes mean is wanted too; without it a list takes a third of the memory.

    Raises:
        Refused: STATEMENT_MALFORMED, STATEMENT_SIGNATURE, UNKNOWN_SIGNER or KEY_ADMISSION.
    """
    signed = Signed.of(parse_signed(raw, limits.CODE_LIST_MAX_BYTES), _KINDS)
    message = wire.parse_code_list(signed.payload)
    key = read_key(message.signer, Algorithm.ED25519)
    require(trusted is None or key.key_id in trusted, Reason.UNKNOWN_SIGNER, key.key_id.hex())
    well_formed(len(signed.signatures) == 1, "a list has one signature")
    signed.signers({key.key_id: key})
    shared: dict[Entry, Entry] = {}  # most codes of a list stand alike: each is kept once
    entries = {}
    for one in message.codes:
        entry = _entry(one) if words else _entry(one)._replace(words="")
        entries[one.code] = shared.setdefault(entry, entry)
    codes = [one.code for one in message.codes]
    well_formed(len(entries) == len(codes) and codes == sorted(codes), "codes out of order")
    well_formed(message.unknown in MEANING, "what an unknown code means")
    found = CodeList(
        message.number,
        message.name,
        message.version,
        message.source,
        MEANING[message.unknown],
        entries,
    )
    _check(found)
    return SignedList(found, key.key_id, message.signed_ms)


def content_sha256(codes: CodeList) -> bytes:
    """Return the SHA-256 of what a list says, whoever signed it and whatever unknown codes mean."""
    message = wire.CodeList(
        number=codes.number,
        name=codes.name,
        version=codes.version,
        codes=[_listed(code, codes.entries[code]) for code in sorted(codes.entries)],
    )
    return hashlib.sha256(encode_statement(message)).digest()


def _listed(code: str, entry: Entry) -> wire.ListedCode:
    periods = [wire.ListedPeriod(first=one.first, last=one.last) for one in entry.periods]
    return wire.ListedCode(code=code, words=entry.words, periods=periods)


def _entry(one: wire.ListedCode) -> Entry:
    return Entry(tuple(Period(each.first, each.last) for each in one.periods), one.words)


def _check(codes: CodeList) -> None:
    """Refuse what is no list: also what is about to be signed."""
    number = codes.number
    well_formed(bool(NUMBER.fullmatch(number)), "a number is capitals, digits and hyphens")
    well_formed(bool(NAME.fullmatch(codes.name)), f"the name of {number}")
    well_formed(bool(DAY.fullmatch(codes.version)), f"the version of {number}")
    well_formed(len(codes.source) <= MAX_WORDS_CHARS, f"the source of {number}")
    well_formed(1 <= len(codes.entries) <= MAX_ENTRIES, f"{len(codes.entries)} codes in {number}")
    for code, entry in codes.entries.items():
        if not 1 <= len(code) <= MAX_CODE_CHARS or len(entry.words) > MAX_WORDS_CHARS:
            raise Refused(Reason.STATEMENT_MALFORMED, f"a code of {number} is empty or too long")
        before = ""
        for first, last in entry.periods:
            days = all(not day or DAY.fullmatch(day) for day in (first, last))
            if not days or (last and last < first) or first < before:
                raise Refused(Reason.STATEMENT_MALFORMED, f"a period of a code of {number}")
            before = last or _OPEN


_OPEN: Final = "~"
"""Greater than every day: after a period without an end there is no other."""
