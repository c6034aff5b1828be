"""The messages about guarantees themselves: registered, changed, ended, and what is asked of them.

Traders and their office of guarantee write them. What an office registers of a guarantee, and no
movement needs, stands in the facts of its reference under the path of its NCTS element.
"""

from typing import Final

from corridor.standards.forms import CODE, DATE, DECIMAL, NUMBER, TEXT, one_identifier
from corridor.standards.loose import fact
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.message import GRN, Message, date
from corridor.standards.ncts.offices import LIMITATION, holder_known, message, reference_office
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_NOTICE: Final = "guarantee_notice"
_QUERY: Final = "exchange.query"
_ANSWER: Final = "exchange.query_response"
_OFFICE: Final = records.ROLE_OFFICE_OF_GUARANTEE
_EORI: Final = Leaf("identificationNumber", "ids", parts.EORI, mandatory=True)
_OFFICE_OF_GUARANTEE: Final = "CustomsOfficeOfGuarantee"


def said(element: str, at: str = "", group: str = "", *, mandatory: bool = False) -> Leaf:
    """Return the row of a fact: `at` is where its list stands, `group` the element around it."""
    word = f"{group}/{element}" if group else element
    return Leaf(element, f"{at}facts", fact(word), mandatory=mandatory)


def _holder(body: str) -> Parts:
    return (parts.holder(f"{body}.parties"),)


def _guarantor(body: str, *, street: bool = True) -> Parts:
    """Return the row of a guarantor; `street` demands the street of the address."""
    address = parts.address()
    rows = tuple(row for row in address.parts if street or row.element != "streetAndNumber")
    group = Group("Address", "address", rows)
    return (
        Group(
            "Guarantor", f"{body}.parties", (_EORI, Leaf("name", "name", TEXT), group),
            mandatory=True, marks={"role": types.PARTY_ROLE_GUARANTOR},
        ),
    )  # fmt: skip


def _office(body: str) -> Parts:
    return (parts.office(_OFFICE_OF_GUARANTEE, f"{body}.offices", types.OFFICE_ROLE_GUARANTEE),)


def _one(*rows: Group | Leaf) -> Parts:
    """Return the row of the one reference of a notice, whose values stand in the body."""
    grn = Leaf("GRN", f"{_FIRST}.id", GRN, mandatory=True)
    return (Group("GuaranteeReference", "", (grn, *rows), mandatory=True),)


def _many(*rows: Group | Leaf) -> Parts:
    """Return the row of the references of a notice."""
    field = f"{_NOTICE}.guarantees[0].references"
    grn = Leaf("GRN", "id", GRN, mandatory=True)
    group = Group(
        "GuaranteeReference", field, (parts.SEQUENCE, grn, *rows), mandatory=True, many=True
    )
    return (group,)


_FIRST: Final = f"{_NOTICE}.guarantees[0].references[0]"
_CURRENCY: Final = Leaf("currency", "currency", TEXT, mandatory=True)


def _registered() -> tuple[Message, ...]:
    at = f"{_FIRST}."
    registered = (records.GUARANTEE_NOTICE_KIND_REGISTERED,)
    updated = (records.GUARANTEE_NOTICE_KIND_UPDATED,)
    changed = (said("accessCodeCurrent", at), said("accessCodeNew", at))
    codes = Group("AccessCode", "", changed, mandatory=True)
    master = said("masterAccessCode", at, mandatory=True)
    return (
        # No role: notices of guarantees are those of the office and the guarantor (PROTOCOL §12.5).
        message(
            "CC026C", records.ROLE_UNSPECIFIED, _NOTICE, updated, _holder(_NOTICE),
            _office(_NOTICE), _one(master, codes),
        ),
        message(
            "CC224C", records.ROLE_GUARANTOR, _NOTICE, registered, _holder(_NOTICE),
            _guarantor(_NOTICE), _office(_NOTICE),
            _many(
                Leaf("currency", "currency", TEXT), date("issueDate", "valid_from"),
                Leaf("accessCode", "access_code", TEXT, mandatory=True),
                said("TIRCarnet", mandatory=True), date("expiryDate", "valid_until"),
                said("copyGiven", mandatory=True), Leaf("voucherAmount", "amount", DECIMAL),
            ),
        ),
        message(
            "CC225C", _OFFICE, _NOTICE, updated, (holder_known(_NOTICE),),
            _many(
                _CURRENCY, Leaf("referenceAmount", "reference_amount", DECIMAL),
                Leaf("percentageOfReferenceAmount", "reference_percent", DECIMAL),
                Leaf("guaranteeAmount", "amount", DECIMAL), said("numberOfCertificates"),
                Leaf("validityDate", "valid_from", DATE),
                Leaf("invalidityDate", "valid_until", DATE),
                Leaf("invalidityReasonCode", "invalid[0].code", CODE),
                said("restrictedUseSuspendedGoods", mandatory=True),
                reference_office(mandatory=True),
            ),
        ),
    )  # fmt: skip


def _ended() -> tuple[Message, ...]:
    ended = date("invalidityDate", f"{_FIRST}.valid_until")
    office = reference_office(mandatory=True)
    its_office = Group(
        _OFFICE_OF_GUARANTEE, f"{_FIRST}.office", office.parts, mandatory=True, sets=office.sets
    )
    revoked = (records.GUARANTEE_NOTICE_KIND_REVOKED,)
    cancelled = (records.GUARANTEE_NOTICE_KIND_CANCELLED,)
    return (
        message(
            "CC228C", _OFFICE, _NOTICE, revoked, _holder(_NOTICE),
            _guarantor(_NOTICE, street=False),
            _many(
                _CURRENCY, Leaf("guaranteeAmount", "amount", DECIMAL, mandatory=True),
                date("invalidityDate", "valid_until"),
                date("liabilityLiberationDate", "liable_until"), office,
            ),
        ),
        message(
            "CC229C", _OFFICE, _NOTICE, cancelled, _guarantor(_NOTICE), _one(ended, its_office)
        ),
        message(
            "CC231C", _OFFICE, _NOTICE, revoked, (holder_known(_NOTICE),),
            _one(
                ended, Leaf("invalidityReasonCode", f"{_FIRST}.invalid[0].code", CODE),
                Leaf("invalidityReasonText", f"{_FIRST}.invalid[0].text", TEXT), its_office,
            ),
        ),
    )  # fmt: skip


_REFERENCE: Final = "references[0]"
_ASKED: Final = Group(
    "GuaranteeQuery",
    "",
    (
        said("queryIdentifier", f"{_REFERENCE}.", mandatory=True),
        said("periodFromDate", f"{_REFERENCE}."),
        said("periodToDate", f"{_REFERENCE}."),
    ),
    mandatory=True,
)


def _requester(body: str) -> Parts:
    role = Leaf("role", "function", CODE, mandatory=True)
    marks = {"role": types.PARTY_ROLE_REQUESTER}
    return (Group("Requester", f"{body}.parties", (_EORI, role), mandatory=True, marks=marks),)


def _owner(*rows: Group | Leaf) -> Group:
    sets = {"role": types.PARTY_ROLE_OWNER_OF_GUARANTEE}
    return Group("Owner", f"{_REFERENCE}.owner", (_EORI, *rows), sets=sets)


def _usages() -> Group:
    rows = (
        parts.SEQUENCE,
        Leaf("MRN", "movement", one_identifier(types.ID_SCHEME_MRN), mandatory=True),
        Leaf("coveredAmount", "amount", DECIMAL, mandatory=True),
        Leaf("currency", "currency", TEXT, mandatory=True),
        date("lockDate", "locked_on"),
        date("arrivalDateAndTime", "arrived_at", mandatory=False),
        date("releaseDate", "released_on", mandatory=False),
    )
    return Group("Usage", f"{_REFERENCE}.usages", rows, many=True)


def _facts(group: str, demanded: str, allowed: str = "", *, offices: str = "") -> Group:
    """Return a group of facts: names parted by blanks, each demanded or allowed, in order."""
    at = f"{_REFERENCE}."
    rows: list[Group | Leaf] = [said(one, at, group, mandatory=True) for one in demanded.split()]
    rows += [said(one, at, group) for one in allowed.split()]
    for office in offices.split():
        number = said("referenceNumber", at, f"{group}/{office}", mandatory=True)
        rows.append(Group(office, "", (number,), mandatory=True))
    return Group(group, "", tuple(rows))


def _comprehensive() -> Group:
    at = f"{_REFERENCE}."
    group = "ComprehensiveGuarantee"
    limitation = Group(LIMITATION.element, f"{at}{LIMITATION.field}", LIMITATION.parts, many=True)
    rows = (
        Leaf("referenceAmount", f"{at}reference_amount", DECIMAL),
        Leaf("percentageOfReferenceAmount", f"{at}reference_percent", DECIMAL),
        Leaf("guaranteeAmount", f"{at}amount", DECIMAL, mandatory=True),
        Leaf("currency", f"{at}currency", TEXT, mandatory=True),
        said("numberOfCertificates", at, group, mandatory=True),
        date("validityStartDate", f"{at}valid_from"),
        date("validityEndDate", f"{at}valid_until", mandatory=False),
        Leaf("invalidityReasonCode", f"{at}invalid[0].code", CODE),
        Leaf("invalidityReasonText", f"{at}invalid[0].text", TEXT),
        date("liabilityLiberationDate", f"{at}liable_until", mandatory=False),
        said("restrictedUseForSuspendedGoods", at, group, mandatory=True),
        limitation,
    )
    return Group(group, "", rows)


def _answered() -> Parts:
    at = f"{_REFERENCE}."
    address = parts.address(mandatory=True)
    named = Leaf("name", "name", TEXT, mandatory=True)
    known = Leaf("identificationNumber", "ids", parts.EORI)
    guarantor = Group(
        "Guarantor", f"{at}guarantor", (known, named, address, parts.CONTACT),
        sets={"role": types.PARTY_ROLE_GUARANTOR},
    )  # fmt: skip
    exposure = _facts("Exposure", "exposure exposureCounter", "balance")
    currency = said("currency", at, "Exposure", mandatory=True)
    return (
        said("acceptanceDateAndTime", at, mandatory=True),
        Leaf("guaranteeType", "type", CODE, mandatory=True),
        said("guaranteeMonitoringCode", at, mandatory=True),
        _ASKED,
        _owner(named, address),
        _usages(),
        Group("Exposure", "", (*exposure.parts, currency)),
        guarantor,
        _comprehensive(),
        _facts(
            "IndividualGuaranteeByGuarantor", "guaranteeAmount currency",
            offices="CustomsOfficeOfDeparture CustomsOfficeOfDestination",
        ),
        _facts(
            "IndividualGuaranteeVoucher", "issueDate expiryDate copyGiven TIRCarnet",
            "voucherAmount currency",
        ),
    )  # fmt: skip


def _guarantees(body: str, *rows: Group | Leaf) -> Parts:
    grn = Leaf("GRN", f"{_REFERENCE}.id", GRN, mandatory=True)
    sequence = Leaf("sequenceNumber", "sequence", NUMBER, mandatory=True)
    field = f"{body}.guarantees"
    group = Group("GuaranteeReference", field, (sequence, grn, *rows), mandatory=True, many=True)
    return (group,)


def _queries() -> tuple[Message, ...]:
    kind = (records.QUERY_KIND_GUARANTEE,)
    code = Leaf("accessCode", f"{_REFERENCE}.access_code", TEXT, mandatory=True)
    allowed = Group("AccessCode", "", (code,), mandatory=True)
    return (
        message(
            "CC034C", records.ROLE_HOLDER, _QUERY, kind, _requester(_QUERY),
            _guarantees(_QUERY, _ASKED, _owner(), allowed),
        ),
        message(
            "CC037C", _OFFICE, _ANSWER, kind, _requester(_ANSWER), _office(_ANSWER),
            _guarantees(_ANSWER, *_answered()),
        ),
    )  # fmt: skip


def guarantee_messages() -> tuple[Message, ...]:
    """Return the messages about guarantees that belong to no movement."""
    return (*_registered(), *_ended(), *_queries())
