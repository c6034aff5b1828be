"""What national systems accept, as signed files that go from node to node: `GE.acceptance`.

Rules:

* a file names the key that signed it and is whole only if that key did; which keys are believed is
  for whoever reads it to say;
* of several files of a country the one that was signed last counts.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from corridor.errors import ConfigurationError, Reason, Refused
from corridor.gateway.codelist_file import MEANING, UNKNOWN, content_sha256
from corridor.gateway.codelists import ListFolder
from corridor.seal.keys import SigningKey
from corridor.standards.acceptance import Acceptance, AcceptedList
from corridor.standards.codelist import CodeList
from corridor.standards.judging import Rules
from corridor.trust import acceptances as signed
from corridor.trust.checks import require
from corridor.wire import acceptances as wire
from corridor.wire import limits

SUFFIX: Final = ".acceptance"
_POLICY: Final = {
    Rules.OFF: wire.RULE_POLICY_OFF,
    Rules.WARN: wire.RULE_POLICY_WARN,
    Rules.REFUSE: wire.RULE_POLICY_REFUSE,
}
_RULES: Final = {number: rules for rules, number in _POLICY.items()}


def accepted_lists(folder: ListFolder) -> dict[str, AcceptedList]:
    """Return the newest lists of a folder as a node accepts them."""
    return {one.number: accepted_list(one) for one in folder.newest()}


def accepted_list(codes: CodeList) -> AcceptedList:
    """Return a list as a node accepts it."""
    return AcceptedList(codes.version, content_sha256(codes), codes.unknown)


def make_acceptance(said: Acceptance, key: SigningKey) -> bytes:
    """Return what a country accepts as a signed statement.

    Raises:
        Refused: STATEMENT_MALFORMED: it is beyond the limits.
    """
    message = wire.Acceptance(
        endpoint=said.endpoint,
        issued_ms=said.issued_ms,
        standards=[
            wire.AcceptedStandard(name=name, messages=sorted(said.standards[name]))
            for name in said.standards
        ],
        rules=_POLICY[said.rules],
        lists=[
            wire.AcceptedList(
                number=number,
                version=said.lists[number].version,
                content_sha256=said.lists[number].content_sha256,
                unknown=UNKNOWN[said.lists[number].unknown],
            )
            for number in sorted(said.lists)
        ],
        rule_set=said.rule_set,
        record_types=sorted(said.record_types),
    )
    return signed.sign_acceptance(message, key)


def acceptance_in(message: wire.Acceptance) -> Acceptance:
    """Return what a statement says, as the standards understand it."""
    return Acceptance(
        message.endpoint,
        message.issued_ms,
        {one.name: frozenset(one.messages) for one in message.standards},
        _RULES[message.rules],
        {
            one.number: AcceptedList(one.version, one.content_sha256, MEANING[one.unknown])
            for one in message.lists
        },
        message.rule_set,
        frozenset(message.record_types),
    )


def read_acceptance(raw: bytes, trusted: Collection[bytes] | None = None) -> Acceptance:
    """Return what a country accepts.

    Args:
        raw: The statement.
        trusted: Ids of the keys that are believed; None where every key is.

    Raises:
        Refused: STATEMENT_MALFORMED, STATEMENT_SIGNATURE, UNKNOWN_SIGNER or KEY_ADMISSION.
    """
    found = signed.read_acceptance(raw)
    believed = trusted is None or found.key_id in trusted
    require(believed, Reason.UNKNOWN_SIGNER, found.key_id.hex())
    return acceptance_in(found.message)


def read_acceptances(folder: Path, trusted: Collection[bytes] | None) -> dict[str, Acceptance]:
    """Return what each country accepts by the files of a folder.

    Raises:
        ConfigurationError: One of them cannot be read, is damaged, or is not believed.
    """
    found: dict[str, Acceptance] = {}
    try:
        paths = sorted(one for one in folder.iterdir() if one.name.endswith(SUFFIX))
        for path in paths:
            with path.open("rb") as file:
                raw = file.read(limits.ACCEPTANCE_MAX_BYTES + 1)
            said = _read(path, raw, trusted)
            held = found.get(said.endpoint[:2])
            if held is None or held.issued_ms < said.issued_ms:
                found[said.endpoint[:2]] = said
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename or folder}: {error.strerror or error}",
            cure="name the folder with what partners accept",
        ) from None
    return found


def _read(path: Path, raw: bytes, trusted: Collection[bytes] | None) -> Acceptance:
    try:
        return read_acceptance(raw, trusted)
    except Refused as refused:
        raise ConfigurationError(
            f"{path}: {refused}", cure="take it away, or ask its country for it again"
        ) from None
