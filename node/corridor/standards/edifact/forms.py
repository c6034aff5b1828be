"""How fields of a record hold components of EDIFACT segments."""

from typing import Any, Final

from corridor.standards.loose import CODE, one_of, particular, text
from corridor.standards.mapping import Form
from corridor.wire.v1 import types_pb2 as types

ROLES: Final = {
    "CN": types.PARTY_ROLE_CONSIGNEE, "CZ": types.PARTY_ROLE_CONSIGNOR,
    "EX": types.PARTY_ROLE_CONSIGNOR, "IM": types.PARTY_ROLE_CONSIGNEE_ACTUAL,
    "DT": types.PARTY_ROLE_DECLARANT, "CB": types.PARTY_ROLE_REPRESENTATIVE,
    "CA": types.PARTY_ROLE_CARRIER, "PR": types.PARTY_ROLE_FINANCIAL,
    "BY": types.PARTY_ROLE_BUYER, "SE": types.PARTY_ROLE_SELLER, "OW": types.PARTY_ROLE_OWNER,
    "AF": types.PARTY_ROLE_HOLDER, "GA": types.PARTY_ROLE_GUARANTOR,
}  # fmt: skip
"""What a qualifier of NAD (3035) makes of a party."""


def _read_role(party: Any, name: str, told: str) -> str:  # noqa: ANN401 (a Party)
    party.role = ROLES.get(told, types.PARTY_ROLE_UNSPECIFIED)
    return CODE.read(party, name, told)


PARTY_ROLE: Final = Form("qualifier of the party", _read_role, CODE.write)
"""What a party does: its qualifier as it came, and what that means."""

DOCUMENT_NUMBER: Final = one_of(types.ID_SCHEME_EDIFACT_DOCUMENT, types.ID_SCHEME_LRN)
"""The number of the document."""

CONTAINER: Final = text(17)
"""The marks of a container."""


def commodity(number: int, word: str = "") -> Form:
    """Hold the n-th code by which customs identify an item, or its list or agency."""
    name = f"code.{number}" if number > 1 else "code"
    return particular("commodity", f"{name}.{word}" if word else name)
