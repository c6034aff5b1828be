"""Which part of a record a recipient is entitled to (PROTOCOL §12.7).

Rules:

* the access code of a guarantee is for the country whose office guarantees; in every other copy it
  is left out, and so is whatever else may repeat it: the original message, a residual element of
  that name, a registered fact of that name;
* whose office it is, the reference says; where it names none, the GRN does; where nobody can tell,
  nobody gets the code;
* nothing that the fold of a movement reads is ever left out: two copies lead to the same state.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from corridor.transit.identifiers import Grn
from corridor.wire.facts import country_of
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.v1.records_pb2 import TransitRecord

_CODE_NAMES: Final = ("accesscode", "accesscodecurrent", "accesscodenew", "masteraccesscode")

_Place = tuple[str, Callable[[TransitRecord], Sequence[Any]]]

_CARRIERS: Final[dict[int, tuple[_Place, ...]]] = {
    1: (("declaration.dataset.guarantees", lambda r: r.declaration.dataset.guarantees[:]),),
    5: (("guarantee_notice.guarantees", lambda r: r.guarantee_notice.guarantees[:]),),
    6: (("guarantee_use.guarantees", lambda r: r.guarantee_use.guarantees[:]),),
    7: (("guarantee_result.guarantees", lambda r: r.guarantee_result.guarantees[:]),),
    9: (
        (
            "movement_released.dataset.guarantees",
            lambda r: r.movement_released.dataset.guarantees[:],
        ),
    ),
    19: (
        (
            "enquiry_recovery.recovery.guarantees",
            lambda r: r.enquiry_recovery.recovery.guarantees[:],
        ),
    ),
    20: (
        ("exchange.query.guarantees", lambda r: r.exchange.query.guarantees[:]),
        ("exchange.query_response.guarantees", lambda r: r.exchange.query_response.guarantees[:]),
        (
            "exchange.query_response.dataset.guarantees",
            lambda r: r.exchange.query_response.dataset.guarantees[:],
        ),
    ),
}
"""Record types that can hold a guarantee, and where."""


def project(record: TransitRecord, record_type: int, country: str) -> tuple[str, ...]:
    """Take out of the record what its recipient is not entitled to; return the paths of that.

    The record is left alone, and nothing returned, where the recipient may see all of it.

    Args:
        record: It; changed in place.
        record_type: Its RecordType.
        country: Country of the recipient.
    """
    places = _CARRIERS.get(record_type)
    if places is None:
        return ()
    left_out = [
        f"{path}[{number}].references[{which}].{name}"
        for path, guarantees in places
        for number, guarantee in enumerate(guarantees(record))
        for which, reference in enumerate(guarantee.references[:])
        if (reference.access_code or reference.facts) and not _entitled(reference, country)
        for name in _taken(reference)
    ]
    if left_out:
        left_out += _repeated(record)
    return tuple(left_out)


def _entitled(reference: movement.GuaranteeReference, country: str) -> bool:
    if reference.HasField("office"):
        return country_of(reference.office) == country
    number = reference.id
    is_grn = number.scheme == types.ID_SCHEME_GRN and Grn.form.fullmatch(number.value)
    return bool(is_grn) and number.value[2:4] == country


def _taken(reference: movement.GuaranteeReference) -> Iterable[str]:
    """Clear the codes of a reference; return their fields."""
    found = []
    if reference.access_code:
        reference.ClearField("access_code")
        found.append("access_code")
    kept = [one for one in reference.facts if not _is_code(one.name)]
    if len(kept) < len(reference.facts):
        del reference.facts[:]
        reference.facts.extend(kept)
        found.append("facts")
    return found


def _repeated(record: TransitRecord) -> list[str]:
    """Clear what may repeat a code elsewhere."""
    header, found = record.header, []
    if header.HasField("original"):
        header.ClearField("original")
        found.append("header.original")
    kept = [one for one in header.residual if not _is_code(one.path)]
    if len(kept) < len(header.residual):
        del header.residual[:]
        header.residual.extend(kept)
        found.append("header.residual")
    return found


def _is_code(path: str) -> bool:
    return path.rpartition("/")[2].partition("[")[0].lower() in _CODE_NAMES
