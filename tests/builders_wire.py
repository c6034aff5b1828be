"""Records for tests: one realistic declaration, and one record of every type."""

from corridor.wire.batches import SCHEMA_ID, Entry
from corridor.wire.records import encode_record, record_type_of
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import movement_pb2 as movement
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

MRN = "25TR3401004B7KQ2J4"
RECORD_ID = bytes.fromhex("019345e0c1a07b338000000000000001")


def code(value: str) -> types.Code:
    return types.Code(value=value)


def decimal(lexical: str) -> types.Decimal:
    return types.Decimal(lexical=lexical)


def moment(lexical: str, form: types.DateFormat.ValueType) -> types.DateTimeValue:
    return types.DateTimeValue(lexical=lexical, format=form)


def identifier(scheme: types.IdScheme.ValueType, value: str) -> types.Identifier:
    return types.Identifier(scheme=scheme, value=value)


def party(role: types.PartyRole.ValueType, name: str, eori: str) -> types.Party:
    return types.Party(
        role=role,
        ids=[identifier(types.ID_SCHEME_EORI, eori)],
        name=name,
        address=types.Address(
            street_and_number="Rustaveli 12", postcode="0108", city="Tbilisi", country="GE"
        ),
    )


def item(number: int) -> goods.GoodsItem:
    return goods.GoodsItem(
        number=number,
        declaration_number=number,
        commodity=goods.Commodity(description="Cotton shirts, knitted", hs6="610510", cn2="00"),
        packaging=[goods.Packaging(sequence=1, type=code("CT"), count=40, marks="BAKU/1-40")],
        documents=[
            goods.Document(
                kind=goods.DOCUMENT_KIND_SUPPORTING,
                sequence=1,
                type=code("N380"),
                reference="INV-2025-778",
            )
        ],
        gross_mass=decimal("600.250000"),
        net_mass=decimal("580.0"),
    )


def equipment() -> goods.TransportEquipment:
    return goods.TransportEquipment(
        sequence=1,
        container="MSKU1234565",
        seals_declared=2,
        seals=[goods.Seal(sequence=n, identifier=f"TRSEAL000{n}") for n in (1, 2)],
        goods=[goods.GoodsReference(sequence=n, item=n) for n in (1, 2)],
    )


def vehicle(plate: str = "34 abc 123") -> goods.TransportMeans:
    return goods.TransportMeans(
        role=goods.MEANS_ROLE_DEPARTURE,
        sequence=1,
        identification_type=code("30"),
        identification=plate,
        nationality="TR",
    )


def consignment() -> goods.Consignment:
    return goods.Consignment(
        country_of_dispatch="TR",
        country_of_destination="AZ",
        containerised=True,
        inland_mode=code("3"),
        gross_mass=decimal("1200.500000"),
        ucr="UCR-2025-000017",
        parties=[
            party(types.PARTY_ROLE_CONSIGNOR, "Anadolu Tekstil AS", "TR5555555555"),
            party(types.PARTY_ROLE_CONSIGNEE, "Baku Retail MMC", "AZ1111111111"),
        ],
        equipment=[equipment()],
        location=types.Location(type=code("B"), qualifier=code("Y"), authorisation_number="TR1"),
        means=[vehicle()],
        houses=[
            goods.HouseConsignment(
                sequence=1, gross_mass=decimal("1200.500000"), items=[item(1), item(2)]
            )
        ],
    )


def dataset() -> movement.Dataset:
    guarantee = movement.GuaranteeReference(
        sequence=1,
        id=identifier(types.ID_SCHEME_GRN, "25AT5201000G0A127"),
        access_code="A1B2",
        amount=decimal("15000.00"),
        currency="EUR",
        not_valid_in=["AM", "AZ"],
    )
    offices = [
        types.CustomsOffice(reference="TR340100", role=types.OFFICE_ROLE_DEPARTURE),
        types.CustomsOffice(
            reference="GE001000",
            role=types.OFFICE_ROLE_TRANSIT_DECLARED,
            sequence=1,
            expected_at=moment("2025-03-06T12:00:00", types.DATE_FORMAT_LOCAL_DATE_TIME),
        ),
        types.CustomsOffice(reference="AZ100100", role=types.OFFICE_ROLE_DESTINATION_DECLARED),
    ]
    return movement.Dataset(
        operation=movement.TransitOperation(
            declaration_type=code("T1"),
            reduced_dataset=False,
            limit=moment("2025-03-11", types.DATE_FORMAT_DATE),
        ),
        itinerary=movement.Itinerary(binding=False, offices=offices),
        parties=[party(types.PARTY_ROLE_HOLDER, "Kaukasus Spedition Ltd", "TR1234567890")],
        guarantees=[movement.Guarantee(sequence=1, type=code("1"), references=[guarantee])],
        consignment=consignment(),
    )


def header() -> records.RecordHeader:
    return records.RecordHeader(
        model_version=1,
        movement=records.MovementReference(
            ids=[
                identifier(types.ID_SCHEME_MRN, MRN),
                identifier(types.ID_SCHEME_LRN, "LRN-2025-000017"),
            ]
        ),
        sender_role=records.ROLE_OFFICE_OF_DEPARTURE,
        occurred_at=moment("2025-03-05T12:00:00", types.DATE_FORMAT_LOCAL_DATE_TIME),
        source=records.SourceMessage(standard="NCTS-P5", message="CC015C", sender="NTA.TR"),
    )


def declaration() -> records.TransitRecord:
    body = records.Declaration(kind=records.DECLARATION_KIND_ORIGINAL, dataset=dataset())
    return records.TransitRecord(header=header(), declaration=body)


def long_declaration(items: int = 0, documents: int = 0) -> records.TransitRecord:
    """A declaration with so many more items, which may be in its file, and documents, which not."""
    record = declaration()
    goods_of = record.declaration.dataset.consignment
    goods_of.houses[0].items.extend(item(number) for number in range(3, 3 + items))
    goods_of.documents.extend(
        goods.Document(sequence=number + 1, reference=f"{number:0140d}")
        for number in range(documents)
    )
    return record


def attachment() -> records.Attachment:
    """A manifest of a small file."""
    return records.Attachment(
        attachment_id=bytes(range(16)),
        name="invoice 7.pdf",
        media_type="application/pdf",
        size=300_000,
        sha256=bytes(range(32)),
        key=bytes(range(32, 64)),
        root=bytes(range(64, 96)),
        of_record=bytes(16),
    )


def record_of_every_type() -> list[records.TransitRecord]:
    """One good record for each record type, in the order of the types."""
    made = []
    for field in records.TransitRecord.DESCRIPTOR.oneofs_by_name["body"].fields:
        record = records.TransitRecord(header=header())
        body = getattr(record, field.name)
        body.SetInParent()
        if "dataset" in body.DESCRIPTOR.fields_by_name:
            body.dataset.CopyFrom(dataset())
        if "consignment" in body.DESCRIPTOR.fields_by_name:
            body.consignment.CopyFrom(consignment())
        if field.name == "enquiry_recovery":
            body.enquiry.consignment.CopyFrom(consignment())
        if field.name == "attachment":
            body.CopyFrom(attachment())
        if field.name == "exchange":
            body.query_response.dataset.CopyFrom(dataset())
        made.append(record)
    return made


def new_entry(record_id: bytes, record: records.TransitRecord) -> Entry:
    """Return a record as an entry under `record_id`."""
    return Entry(record_id, record_type_of(record), SCHEMA_ID, None, encode_record(record))
