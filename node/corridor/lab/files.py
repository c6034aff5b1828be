"""Traffic from files: NCTS messages of real countries, sent as traffic of the lab's countries.

Rules:

* a file is sent by the lab's country onto which the country of its office is mapped, to the
  country of another of its offices where the lab has that, otherwise to a partner;
* the original stands in the record's report only: what travels is the record;
* a file that is refused is named with its reason and changes nothing; where the reason is no fault
  of the file, but something this node cannot do, the demo does not hold.
"""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from corridor.errors import ConfigurationError, Reason, Refused
from corridor.lab.demo import Traffic
from corridor.lab.scenario import Scenario
from corridor.lab.traffic import Planned
from corridor.standards.generate.plaintext import identifiers_of
from corridor.standards.ncts.mapper import Options, decode
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import CountryCode
from corridor.wire.messages import Message
from corridor.wire.projection import project
from corridor.wire.records import encode_record, record_type_of
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.v1.records_pb2 import TransitRecord

_SENDING_ROLES = (
    types.OFFICE_ROLE_DESTINATION_ACTUAL,
    types.OFFICE_ROLE_PRESENTATION,
    types.OFFICE_ROLE_DEPARTURE,
)

_FAULTS_OF_FILES = frozenset({Reason.SOURCE_MALFORMED, Reason.CHARACTER_SET, Reason.RECORD_INVALID})
"""What is wrong with these is named by its line, or by the path of the element."""


def parse_mapping(text: str) -> dict[str, CountryCode]:
    """Return `text`, "GB=TR,XI=GE", as real country → the lab's.

    Raises:
        ConfigurationError: It is not of that form.
    """
    mapping: dict[str, CountryCode] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        real, _, lab = (word.strip() for word in part.partition("="))
        try:
            mapping[CountryCode.parse(real)] = CountryCode.parse(lab)
        except ValueError as error:
            raise ConfigurationError(
                f"--map: {part!r} is no pair of country codes: {error}",
                cure="write pairs like GB=TR,XI=GE: the file's country, then the lab's",
            ) from None
    return mapping


def file_traffic(scenario: Scenario, folder: Path, mapping: Mapping[str, CountryCode]) -> Traffic:
    """Return what the XML files of a folder say, as traffic of the scenario.

    Raises:
        ConfigurationError: There are none, or a country is not mapped or not in the scenario.
    """
    for code in mapping.values():
        scenario.country(code)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "there is no such folder"
        raise ConfigurationError(f"{folder}: {what}", cure="name a folder of NCTS files, *.xml")
    files = sorted(folder.glob("*.xml"))
    if not files:
        raise ConfigurationError(f"{folder}: no .xml files in it", cure="they must end in .xml")
    plan: list[Planned] = []
    secrets: set[str] = set()
    refused: list[str] = []
    unexpected: list[str] = []
    for file in files:
        try:
            record = decode(_content(file), Options()).record
        except Refused as refusal:
            refused.append(f"{file.name}: {refusal}")
            if refusal.reason not in _FAULTS_OF_FILES:
                unexpected.append(refused[-1])
            continue
        plan.append(_planned(scenario, mapping, file, record))
        secrets.update(identifiers_of(record))
    return Traffic(plan, frozenset(secrets), tuple(refused), tuple(unexpected))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(Reason.SOURCE_MALFORMED, error.strerror or "cannot be read") from None


def _planned(
    scenario: Scenario, mapping: Mapping[str, CountryCode], file: Path, record: TransitRecord
) -> Planned:
    sender = _sender(mapping, file, record)
    partners = [country.code for country in scenario.partners(sender)]
    if not partners:
        raise ConfigurationError(f"{sender} has no agreement in scenario {scenario.name}")
    named = [mapping[code] for code in _countries(record) if code in mapping]
    recipient = next((code for code in named if code in partners), partners[0])
    kind = record_type_of(record)
    project(record, kind, recipient)  # what its node would leave out: the proof compares bytes
    record_id = uuid7(time.time_ns() // 1_000_000, os.urandom(10))
    return Planned(
        scenario.country(sender).endpoint,
        scenario.country(recipient).endpoint,
        record_id,
        kind,
        encode_record(record),
    )


def _sender(mapping: Mapping[str, CountryCode], file: Path, record: TransitRecord) -> CountryCode:
    offices = list(_offices(record))
    for role in _SENDING_ROLES:
        for office in offices:
            if office.role == role and office.reference[:2] in mapping:
                return mapping[office.reference[:2]]
    found = ", ".join(sorted({office.reference[:2] for office in offices})) or "none"
    raise ConfigurationError(
        f"{file.name}: no office of a mapped country (offices of: {found}); add it to --map"
    )


def _countries(record: TransitRecord) -> list[str]:
    return [office.reference[:2] for office in _offices(record)]


def _offices(message: Message) -> Iterator[types.CustomsOffice]:
    """Find every customs office in a record, wherever it stands."""
    if isinstance(message, types.CustomsOffice):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in value if field.is_repeated else (value,):
                yield from _offices(one)
