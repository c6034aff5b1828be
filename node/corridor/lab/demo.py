"""The demo: a network brought up, whole movements sent through it, and a proof at the end.

It holds only if the three sets are equal (planned, handed over, receipted), nothing was handed
over twice, nothing was refused but inputs with a named fault of their own, and nothing of what was
sent can be read in anything that a broker carried or kept, in any log, or in any store.
"""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

from corridor.gateway.local_client import LocalClient
from corridor.lab.network import Network
from corridor.lab.scenario import Scenario
from corridor.lab.sightings import Sighting, needles_of, search
from corridor.lab.tap import Tap, Tapped, save
from corridor.lab.timeline import each_view
from corridor.lab.traffic import (
    Key,
    Planned,
    Played,
    Proof,
    Receipts,
    await_receipts,
    handed_over,
    play,
    prove,
)
from corridor.transit.parties import CountryCode
from corridor.wire.batches import type_label

RECEIPTS_S = 120.0
_HANDED_S = 20.0
_PLANTED = "planted-in-plain-7f3a"
_PLANTED_S = 10.0
_LOOK_AGAIN_S = 0.2

Say = Callable[[str], None]
Taps: TypeAlias = dict[CountryCode, Tap]
Copies: TypeAlias = dict[CountryCode, tuple[Tapped, ...]]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the demo sends."""

    plan: Sequence[Planned]
    secrets: frozenset[str]
    """Identifiers and party names in the records: none may be readable on the way."""
    refused: tuple[str, ...] = ()
    """Inputs that were refused before they became records, each with its reason."""
    unexpected: tuple[str, ...] = ()
    """Those of `refused` that do not name a fault of the input itself: ours, perhaps."""


@dataclass(slots=True)
class Summary:
    """The figures of `build/demo/summary.json`."""

    accepted: int = 0
    delivered: int = 0
    receipted: int = 0
    lost: int = 0
    duplicated: int = 0
    refused: int = 0
    plaintext_sightings: int = 0
    seconds: float = 0.0
    countries: int = 0
    records_per_s: float = 0.0
    latency_p50_ms: float = 0.0
    latency_p99_ms: float = 0.0
    values_searched: int = 0
    searched_mib: float = 0.0
    directory: str = ""
    refusals: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    """Everything the demo found, for the summary and for people."""

    summary: Summary
    proof: Proof
    receipts: Receipts
    sightings: tuple[Sighting, ...]
    search_works: bool
    tapped: Copies
    unexpected: tuple[str, ...] = ()
    """Refusals that are not the fault of the input: by a sender's own node, or of a sound file."""
    story: tuple[tuple[int, str], ...] = ()
    """One record's way: (Unix milliseconds, what happened), in order."""
    views: tuple[tuple[str, str], ...] = ()
    """One movement as each node tells it: (endpoint, picture)."""

    @property
    def holds(self) -> bool:
        """Whether the demo may end with status 0."""
        return (
            self.proof.holds
            and not self.sightings
            and self.search_works
            and self.summary.accepted > 0
            and not self.receipts.refused
            and not self.unexpected
            and self.summary.accepted == self.summary.delivered == self.summary.receipted
        )


def run_demo(scenario: Scenario, directory: Path, traffic: Traffic, say: Say) -> Account:
    """Bring a network up in `directory`, send `traffic`, prove, and bring it down.

    Raises:
        CorridorError: The network did not come up, or a tool is missing.
    """
    begun = time.monotonic()
    with Network(scenario, directory, say) as network:
        network.lay_out()
        network.start_brokers()
        taps = {code: Tap(broker) for code, broker in network.brokers.items()}
        for code, tap in taps.items():
            tap.open([partner.code for partner in scenario.partners(code)])
        network.start_nodes()
        played, receipts, seconds = _exchange(network, traffic, say)
        handed = _await_handed(network, played, receipts)
        proof = prove(played.accepted, handed, receipts)
        tapped = {code: tap.messages() for code, tap in taps.items()}
        story = one_way(network, played.accepted)
        views = each_view(network.sockets, played.accepted)
        sightings, searched, works = _search(network, traffic, taps, tapped)
        _keep_metrics(network)
    summary = Summary(
        accepted=len(played.accepted),
        delivered=proof.handed,
        receipted=proof.receipted,
        lost=len(proof.lost),
        duplicated=len(proof.duplicated),
        refused=len(played.refused) + len(receipts.refused) + len(traffic.refused),
        plaintext_sightings=len(sightings),
        seconds=round(time.monotonic() - begun, 1),
        countries=len(scenario.countries),
        records_per_s=round(len(played.accepted) / seconds, 1) if seconds else 0.0,
        latency_p50_ms=_percentile(receipts.seconds, 0.50),
        latency_p99_ms=_percentile(receipts.seconds, 0.99),
        values_searched=len(needles_of(traffic.secrets)),
        searched_mib=searched,
        directory=str(network.directory),
        refusals=[*traffic.refused, *_refusals(played), *sorted(set(receipts.refused.values()))],
    )
    unexpected = (*traffic.unexpected, *_refusals(played))
    return Account(summary, proof, receipts, sightings, works, tapped, unexpected, story, views)


def one_way(network: Network, played: Sequence[Planned]) -> tuple[tuple[int, str], ...]:
    """Return what happened to one record, from its sender's ledger and its recipient's inbox."""
    if not played:
        return ()
    one = played[len(played) // 2]
    with LocalClient(network.sockets[one.sender]) as node:
        lines = [line for line in node.ledger(one.record_id) if line.recipient == one.recipient]
    if not lines:
        return ()
    line, stored_ms = lines[0], _stored_ms(network, one)
    what = type_label(one.record_type).replace("_", " ")
    steps = [
        (
            line.accepted_ms,
            f"{one.sender[:2]} keeps a {what} for {one.recipient[:2]} in its outbox",
        ),
        (line.sealed_ms, f"{one.sender[:2]} seals and signs it, and gives it to its own broker"),
        (stored_ms, f"{one.recipient[:2]} has verified, opened and stored it"),
        (line.receipted_ms, f"{one.sender[:2]} holds the signed receipt of {one.recipient[:2]}"),
    ]
    return tuple((at_ms, step) for at_ms, step in steps if at_ms)


def _stored_ms(network: Network, one: Planned) -> int:
    with network.recordings[one.recipient].open(encoding="utf-8") as lines:
        for text in lines:
            line = json.loads(text)
            if line["record_id"] == one.record_id.hex():
                stored: int = line["received_ms"]
                return stored
    return 0


def write_summary(summary: Summary, path: Path) -> None:
    """Write the figures where scripts look for them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(summary), indent=2) + "\n", encoding="utf-8")


def _exchange(network: Network, traffic: Traffic, say: Say) -> tuple[Played, Receipts, float]:
    begun = time.monotonic()
    played = play(traffic.plan, network.ways_in)
    receipts = await_receipts(played.accepted, network.ways_in, timeout_s=RECEIPTS_S)
    seconds = time.monotonic() - begun
    got = receipts.accepted.total() + len(receipts.refused)
    say(f"{len(played.accepted)} records kept, {got} receipts verified ({seconds:.1f} s)")
    return played, receipts, seconds


def _await_handed(network: Network, played: Played, receipts: Receipts) -> Counter[Key]:
    """Return what recorders were handed, once it is everything or time is up."""
    expected = {one.key for one in played.accepted if one.record_id.hex() not in receipts.refused}
    deadline = time.monotonic() + _HANDED_S
    while True:
        handed = handed_over(network.recordings)
        if expected <= set(handed) or time.monotonic() > deadline:
            return handed
        time.sleep(0.1)


def _search(
    network: Network, traffic: Traffic, taps: Taps, tapped: Copies
) -> tuple[tuple[Sighting, ...], float, bool]:
    """Search everything; and search for what was planted, to know that searching works."""
    folder = network.directory / "tapped"
    for code, messages in tapped.items():
        save(messages, folder / code)
    places = [network.directory / "brokers", network.directory / "nodes", folder]
    sightings = search(traffic.secrets, places)
    works = all(_finds_planted(network, code, tap, folder) for code, tap in taps.items())
    size = sum(one.stat().st_size for place in places for one in place.rglob("*") if one.is_file())
    return sightings, round(size / 1_048_576, 1), works


def _finds_planted(network: Network, code: CountryCode, tap: Tap, folder: Path) -> bool:
    """Whether a message in plain is found in the broker's own files, and among its copies."""
    tap.plant(f"an unsealed record of {_PLANTED}")
    files, deadline = [network.brokers[code].plan.directory], time.monotonic() + _PLANTED_S
    while not (found := search([_PLANTED], files)) and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN_S)  # a classic queue writes its messages within a second
    copies = save(tap.messages(), folder / f"{code}-planted")
    return bool(found and search([_PLANTED], [copies]))


def _keep_metrics(network: Network) -> None:
    """Keep what Prometheus would have read last."""
    for code, node in network.nodes.items():
        with suppress(OSError), urllib.request.urlopen(node.plan.metrics_url, timeout=5) as answer:  # noqa: S310 - loopback, of our own making
            (network.directory / f"metrics-{code}.txt").write_bytes(answer.read())


def _refusals(played: Played) -> list[str]:
    return [
        f"{one.planned.record_id.hex()}: {one.reason or one.status} {' '.join(one.faults)}".rstrip()
        for one in played.refused
    ]


def _percentile(seconds: Sequence[float], share: float) -> float:
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1)
