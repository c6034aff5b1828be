"""The trust of a lab: a registry of three bodies, members, agreements, delegations, bundles.

Everything is made by the ceremonies that a real network uses, with fresh keys that nobody
guards; the root says so (`lab`), and only a node whose environment is "lab" believes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from corridor.lab.scenario import Country, Scenario
from corridor.seal.keys import DecryptionKey, SigningKey
from corridor.transit.parties import CountryCode
from corridor.trust import ceremony
from corridor.trust.agreement import BUSINESS_TYPES, Agreement
from corridor.trust.bundle import plan_rotation
from corridor.trust.delegation import KeyUsage
from corridor.trust.directory import BrokerAddress, Member
from corridor.trust.root import BodyClass, Clause
from corridor.wire.batches import ATTACHMENT

_BODIES: Final = (("UN", BodyClass.UN), ("EAST", BodyClass.REGIONAL), ("WEST", BodyClass.REGIONAL))
_SUITES: Final = (2, 1)
_YEAR_MS: Final = 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class MemberKeys:
    """Every private key of one member."""

    country: Country
    identity: tuple[SigningKey, ...]
    """Three, of which two must sign; a real administration keeps them offline."""
    signing: SigningKey
    key_manager: SigningKey
    opening: tuple[DecryptionKey, ...]


@dataclass(frozen=True, slots=True)
class World:
    """What every node of the lab is given."""

    genesis: bytes
    """SHA-256 of the first root's payload."""
    statements: tuple[bytes, ...]
    """Signed statements in the order in which a node takes them."""
    members: dict[CountryCode, MemberKeys]
    registry: dict[str, SigningKey]
    """The key of each body; the first two are a directory's quorum."""


def make_world(
    scenario: Scenario, brokers: Mapping[CountryCode, BrokerAddress], now_ms: int
) -> World:
    """Hold every ceremony of a network at once."""
    bodies = [(name, kind, SigningKey.generate()) for name, kind in _BODIES]
    registry = [key for _, _, key in bodies]
    root = ceremony.make_root(
        ceremony.first_root(
            network_name=f"lab {scenario.name}",
            lab=True,
            bodies=[ceremony.body(name, kind, [key]) for name, kind, key in bodies],
            root_change=(Clause(None, 3), Clause(BodyClass.UN, 1)),
            directory=(Clause(None, 2), Clause(BodyClass.UN, 1)),
            issued_ms=now_ms,
        ),
        registry,
    )
    genesis = ceremony.genesis_hash(root)
    network_id = genesis[:16]
    members = {country.code: _make_member(country) for country in scenario.countries}
    directory = ceremony.first_directory(
        network_id,
        [_entry(member, brokers[code]) for code, member in members.items()],
        _agreements(scenario, members, network_id, now_ms),
        now_ms,
    )
    return World(
        genesis,
        (
            root,
            ceremony.make_directory(directory, registry[:2]),
            *(_delegation(member, network_id, now_ms) for member in members.values()),
            *(_bundle(member, network_id, now_ms) for member in members.values()),
        ),
        members,
        {name: key for name, _, key in bodies},
    )


def _make_member(country: Country) -> MemberKeys:
    return MemberKeys(
        country,
        tuple(SigningKey.generate() for _ in range(3)),
        SigningKey.generate(),
        SigningKey.generate(),
        tuple(DecryptionKey.generate(suite) for suite in _SUITES),
    )


def _entry(member: MemberKeys, broker: BrokerAddress) -> Member:
    country = member.country
    return ceremony.member(country.endpoint, country.administration, member.identity, 2, broker)


def _agreements(
    scenario: Scenario, members: Mapping[CountryCode, MemberKeys], network_id: bytes, now_ms: int
) -> list[bytes]:
    directions = [
        (members[sender], members[recipient])
        for first, second in scenario.agreements
        for sender, recipient in ((first, second), (second, first))
    ]
    return [
        ceremony.make_agreement(
            Agreement(
                agreement_id=f"lab-{sender.country.code}-{recipient.country.code}",
                network_id=network_id,
                sender=sender.country.endpoint.member,
                recipient=recipient.country.endpoint.member,
                record_types=(*BUSINESS_TYPES, *((ATTACHMENT,) if scenario.files else ())),
                purpose="transit",
                legal_reference="a laboratory: none",
                valid_from_ms=now_ms,
                valid_to_ms=now_ms + _YEAR_MS,
            ),
            (*sender.identity[:2], *recipient.identity[:2]),
        )
        for sender, recipient in directions
    ]


def _delegation(member: MemberKeys, network_id: bytes, now_ms: int) -> bytes:
    endpoint = member.country.endpoint
    keys = [
        ceremony.lend(member.signing, KeyUsage.SIGN, endpoint, now_ms),
        ceremony.lend(member.key_manager, KeyUsage.KEY_MANAGER, endpoint, now_ms),
    ]
    return ceremony.make_delegation(
        network_id, endpoint.member, keys, member.identity[:2], issued_ms=now_ms
    )


def _bundle(member: MemberKeys, network_id: bytes, now_ms: int) -> bytes:
    return ceremony.make_bundle(
        network_id,
        member.country.endpoint,
        plan_rotation(None, now_ms, _SUITES),
        member.opening,
        (member.key_manager, member.signing),
        issued_ms=now_ms,
    )
