"""What a demo tells people at its end: short, true and pleasant to read."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from corridor.lab.demo import Account, Copies, Traffic
from corridor.lab.scenario import Scenario
from corridor.lab.tap import Tapped
from corridor.seal.describe import describe_frame
from corridor.seal.frame import parse_frame
from corridor.trust.frames import is_statement_frame
from corridor.wire.batches import type_label

_SHOWN = 5


def tell(scenario: Scenario, traffic: Traffic, account: Account) -> str:
    """Return the whole account."""
    parts = [
        _network(scenario),
        _traffic(traffic, account),
        _one_way(account),
        _what_brokers_see(account),
        _search(account),
        _movement(account),
        _verdict(account),
    ]
    return "\n".join(part for part in parts if part)


def _network(scenario: Scenario) -> str:
    way = " → ".join(f"{code} ({scenario.country(code).administration})" for code in scenario.route)
    return f"\nThe network\n  {way}\n  each with its own RabbitMQ, node, keys and store\n"


def _traffic(traffic: Traffic, account: Account) -> str:
    summary = account.summary
    pairs = Counter((one.sender[:2], one.recipient[:2]) for one in traffic.plan)
    kinds = Counter(type_label(one.record_type) for one in traffic.plan)
    between = ", ".join(f"{a}→{b} {count}" for (a, b), count in sorted(pairs.items()))
    most = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common(_SHOWN))
    lines = [
        "What was exchanged",
        (
            f"  accepted {summary.accepted}   delivered {summary.delivered}   "
            f"receipted {summary.receipted}   lost {summary.lost}   "
            f"duplicated {summary.duplicated}   refused {summary.refused}"
        ),
        f"  {between}",
        f"  {most}",
        (
            f"  {summary.records_per_s:.0f} records/s, from kept to receipted "
            f"p50 {summary.latency_p50_ms:.0f} ms, p99 {summary.latency_p99_ms:.0f} ms"
        ),
    ]
    lines += [f"  refused: {refusal}" for refusal in summary.refusals[:20]]
    return "\n".join(lines) + "\n"


def _one_way(account: Account) -> str:
    story = account.story
    if not story:
        return ""
    first = story[0][0]
    lines = ["One record's way"]
    for at_ms, what in story:
        clock = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
        lines.append(f"  {clock}  +{at_ms - first:4d} ms  {what}")
    return "\n".join(lines) + "\n"


def _what_brokers_see(account: Account) -> str:
    frame = _a_frame(account.tapped)
    if frame is None:
        return ""
    seen: dict[str, Any] = describe_frame(parse_frame(frame.body))
    padded = seen["size_bytes"]["padded_payload"]
    return "\n".join(
        [
            "What a broker on the way sees of an envelope",
            (
                f"  {seen['sender']} → {seen['recipients'][0]['endpoint']}, "
                f"{len(frame.body)} bytes, {padded} of them padded ciphertext; lane {seen['lane']}"
            ),
            f"  created {seen['created']}, suite {seen['suite']}",
            f"  hidden: {', '.join(seen['hidden'])}",
            "",
        ]
    )


def _a_frame(tapped: Copies) -> Tapped | None:
    frames = [
        one for messages in tapped.values() for one in messages if not is_statement_frame(one.body)
    ]
    return max(frames, key=lambda one: len(one.body), default=None)


def _search(account: Account) -> str:
    summary = account.summary
    lines = [
        "The search for plaintext",
        (
            f"  {summary.values_searched} identifiers and names were sent; read in messages, "
            f"queues, logs, stores ({summary.searched_mib:.0f} MiB): {summary.plaintext_sightings}"
        ),
        "  a value planted in plain was "
        + ("found: the search works" if account.search_works else "NOT FOUND: prove nothing"),
    ]
    lines += [f"  SEEN in {one.path}: {one.value}" for one in account.sightings[:_SHOWN]]
    return "\n".join(lines) + "\n"


def _movement(account: Account) -> str:
    if not account.views:
        return ""
    parts = ["One movement, as each country's node tells it"]
    for _, picture in account.views:
        parts += ["", *(f"  {line}".rstrip() for line in picture.splitlines() if line)]
    return "\n".join(parts) + "\n"


def _verdict(account: Account) -> str:
    summary = account.summary
    where = f"  stores, logs, metrics and tapped messages: {summary.directory}"
    if account.holds:
        return (
            f"Proved: all {summary.accepted} records were stored once and receipted, and nobody "
            f"on the way could read them ({summary.seconds:.0f} s in all)\n{where}"
        )
    faults = [f"  lost: {' '.join(key)}" for key in account.proof.lost[:_SHOWN]]
    faults += [f"  twice: {' '.join(key)}" for key in account.proof.duplicated[:_SHOWN]]
    faults += [f"  should not have been refused: {one}" for one in account.unexpected[:_SHOWN]]
    return "\n".join(["NOT PROVED", *faults, where])
