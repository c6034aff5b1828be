"""Every panel of every dashboard as data: what it shows, in what unit, and what it means.

Rules:

* at most five tiles and five graphs are open on a dashboard, the rest is folded away;
* every panel says what it means and when to worry: the manual's page is written from it;
* a rate is asked for over `$__rate_interval`, a counter never bare; times are shown as ages;
* red is kept for what somebody has to act on.
"""

from dataclasses import dataclass
from typing import Final

NODE: Final = 'job="corridor",country=~"$country"'
"""What selects the nodes that the variables of a dashboard name."""


@dataclass(frozen=True, slots=True)
class Query:
    """One expression and how its lines are named."""

    expression: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel."""

    title: str
    kind: str
    """stat, timeseries, table or heatmap."""
    unit: str
    """Grafana's name: s, short, reqps, percentunit, bytes, bool_on_off."""
    meaning: str
    queries: tuple[Query, ...]
    warn: float | None = None
    bad: float | None = None
    """From here on it is red; below `warn` where `bad` is the lower of the two."""
    folded: bool = False
    may_be_empty: bool = False
    """Nothing to show is the good case: a table of what is wrong."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard."""

    uid: str
    title: str
    meaning: str
    variables: tuple[str, ...]
    """Of country and peer."""
    panels: tuple[Panel, ...]


def as_asked(expression: str, interval: str, country: str = ".*", peer: str = ".*") -> str:
    """Return an expression with what Grafana puts for its variables; by default all are chosen."""
    plain = expression.replace("$__rate_interval", interval)
    return plain.replace("$country", country).replace("$peer", peer)


def _by(labels: str, expression: str) -> str:
    return f"sum by ({labels}) (rate({expression}[$__rate_interval]))"


_AGE: Final = "time() - (corridor_outbox_oldest_record_timestamp_seconds{%s} > 0)"
_NONE: Final = " or vector(0)"
_PEER: Final = f'{NODE},peer=~"$peer"'
_LATENCY: Final = "corridor_end_to_end_latency_seconds"


def _quantile(share: float, metric: str, selector: str, by: str = "le") -> str:
    return (
        f"histogram_quantile({share}, sum by ({by}) "
        f"(rate({metric}_bucket{{{selector}}}[$__rate_interval])))"
    )


NETWORK: Final = Dashboard(
    "corridor-network",
    "Corridor: the network",
    "One look at all countries: who is up, who hears whom, where something waits.",
    ("country",),
    (
        Panel("Nodes up", "stat", "percentunit",
              "Share of the nodes that answer. Below 1 a country is cut off: which one, the table says.",
              (Query(f"sum(up{{{NODE}}}) / count(up{{{NODE}}})"),), warn=1, bad=0.99),
        Panel("Oldest record without a receipt", "stat", "s",
              "How long the oldest record of any country has waited for its partner's signature. Minutes are "
              "normal when a partner is down; look at which one.",
              (Query(f"max({_AGE % NODE}){_NONE}"),), warn=120, bad=300),
        Panel("Ways shut", "stat", "short",
              "Ways between two countries over which nothing leaves now.",
              (Query(f"count(corridor_link_open{{{NODE}}} == 0){_NONE}"),), warn=1, bad=1),
        Panel("Records a second", "stat", "reqps",
              "Records stored at their partner and signed for, all countries together.",
              (Query(f'sum(rate(corridor_records_receipted_total{{{NODE},verdict="accepted"}}'
                     "[$__rate_interval]))"),)),
        Panel("Who heard whom, and how long ago", "table", "s",
              "A row for each direction: the country that listens, the partner it heard, and the age of the last "
              "authentic envelope. A row that grows while its opposite stands still is a link that is down one way.",
              (Query(f"time() - (corridor_peer_last_seen_timestamp_seconds{{{NODE}}} > 0)"),),
              warn=3_600, bad=21_600),
        Panel("Oldest record without a receipt, by country and partner", "timeseries", "s",
              "A line that rises by a second each second is stuck; one that falls again was late.",
              (Query(_AGE % NODE, "{{country}} to {{peer}}"),), warn=120, bad=300,
              may_be_empty=True),
        Panel("Records stored at the partner, by country", "timeseries", "reqps",
              "What each country's partners signed for.",
              (Query(_by("country", f'corridor_records_receipted_total{{{NODE},verdict="accepted"}}'),
                     "{{country}}"),)),
        Panel("Sent and received, last six hours", "table", "short",
              "Left what a country gave to its broker for a partner, right what that partner opened of it. They "
              "are equal but for what is under way: records are counted once however often an envelope is repeated.",
              (Query("sum by (country, peer) "
                     f"(increase(corridor_records_published_total{{{NODE}}}[6h]))", "sent"),
               Query("sum by (country, peer) "
                     f"(increase(corridor_records_received_total{{{NODE}}}[6h]))", "received")),
              folded=True),
        Panel("Versions", "table", "short", "Which version of Corridor runs in how many countries.",
              (Query(f"count by (version) (corridor_build_info{{{NODE}}})"),), folded=True),
    ),
)  # fmt: skip

NODE_BOARD: Final = Dashboard(
    "corridor-node",
    "Corridor: a node",
    "One country's node: is it connected, does anything wait, is anything refused, what ends soon.",
    ("country",),
    (
        Panel("Connected to its broker", "stat", "bool_on_off",
              "Both connections, of the sender and of the receiver. Off: records are kept and wait.",
              (Query(f"min(corridor_broker_connected{{{NODE}}})"),), warn=1, bad=0.5),
        Panel("Oldest record without a receipt", "stat", "s",
              "Nothing else tells as early that something is stuck.",
              (Query(f"max({_AGE % NODE}){_NONE}"),), warn=120, bad=300),
        Panel("Records in the outbox", "stat", "short",
              "Accepted from the national system and not yet signed for by the partner.",
              (Query(f"sum(corridor_outbox_records{{{NODE}}}){_NONE}"),)),
        Panel("Keys and directory end in", "stat", "s",
              "The earlier of the two ends. Rotate keys below two weeks; ask the registry for its next directory.",
              (Query("min(min by (country) "
                     f"(corridor_encryption_key_until_timestamp_seconds{{{NODE}}}) "
                     f"or min by (country) (corridor_directory_expiry_timestamp_seconds{{{NODE}}}))"
                     " - time()"),), warn=1_209_600, bad=259_200),
        Panel("Records accepted and signed for", "timeseries", "reqps",
              "The two lines lie on each other when all is well. A gap between them is in the outbox.",
              (Query(_by("country", f"corridor_records_accepted_total{{{NODE}}}"), "accepted"),
               Query(_by("country", f"corridor_records_receipted_total{{{NODE}}}"), "signed for"))),
        Panel("Records stored and taken by the national system", "timeseries", "reqps",
              "Where the second falls behind the first, the national system does not take what came.",
              (Query(_by("country", f"corridor_records_stored_total{{{NODE}}}"), "stored"),
               Query(_by("country", f"corridor_records_delivered_total{{{NODE}}}"), "taken"))),
        Panel("From accepted to signed for", "timeseries", "s",
              "By one clock, ours: half, nineteen of twenty, and 99 of 100 envelopes are faster.",
              (Query(_quantile(0.5, _LATENCY, NODE), "half"),
               Query(_quantile(0.95, _LATENCY, NODE), "19 of 20"),
               Query(_quantile(0.99, _LATENCY, NODE), "99 of 100")), warn=60, bad=900),
        Panel("Refused here and by partners", "timeseries", "reqps",
              "By reason. Each stands in the manual with what to do.",
              (Query(f"sum by (reason) (rate(corridor_submissions_refused_total{{{NODE}}}"
                     "[$__rate_interval])) > 0", "from the national system: {{reason}}"),
               Query(f"sum by (peer, reason) (rate(corridor_records_refused_total{{{NODE}}}"
                     "[$__rate_interval])) > 0", "from {{peer}}: {{reason}}")), may_be_empty=True),
        Panel("What was not believed", "timeseries", "reqps",
              "Frames dropped, held or put aside before they were opened. `signature` and `wrong_link` are alarms.",
              (Query(f"sum by (link, reason) (rate(corridor_frames_refused_total{{{NODE}}}"
                     "[$__rate_interval])) > 0", "{{link}}: {{reason}}"),),
              folded=True, may_be_empty=True),
        Panel("Memory", "timeseries", "bytes", "An idle node needs about 75 MiB.",
              (Query(f"process_resident_memory_bytes{{{NODE}}}", "{{country}}"),), folded=True),
        Panel("Processor", "timeseries", "percentunit", "Of one core.",
              (Query(f"rate(process_cpu_seconds_total{{{NODE}}}[$__rate_interval])", "{{country}}"),),
              folded=True),
        Panel("Open files", "timeseries", "short", "Grows only with programs that are connected.",
              (Query(f"process_open_fds{{{NODE}}}", "{{country}}"),), folded=True),
        Panel("Last backup", "stat", "s", "Age of the newest one.",
              (Query("time() - (corridor_backup_last_success_timestamp_seconds"
                     f"{{{NODE}}} > 0)"),), warn=90_000, bad=93_600, folded=True,
              may_be_empty=True),
    ),
)  # fmt: skip

CORRIDOR: Final = Dashboard(
    "corridor-pair",
    "Corridor: two countries",
    "One country and one partner: how records go between them, and what hinders them.",
    ("country", "peer"),
    (
        Panel("Way open", "stat", "bool_on_off",
              "Off while records wait because the broker returns what is published for this partner.",
              (Query(f"min(corridor_link_open{{{_PEER}}})"),), warn=1, bad=0.5),
        Panel("Last heard", "stat", "s", "Age of the last authentic envelope of the partner.",
              (Query(f"min(time() - (corridor_peer_last_seen_timestamp_seconds{{{_PEER}}} > 0))"),),
              warn=3_600, bad=21_600),
        Panel("Without a receipt", "stat", "short", "Records for this partner that it has not signed for.",
              (Query(f"sum(corridor_outbox_records{{{_PEER}}}){_NONE}"),)),
        Panel("Window used", "stat", "percentunit",
              "Envelopes under way, of those that may be. Full for long: the partner answers slowly.",
              (Query(f"max(corridor_in_flight_envelopes{{{_PEER}}} / "
                     f"(corridor_window_envelopes{{{_PEER}}} > 0)){_NONE}"),), warn=0.9, bad=2),
        Panel("Records each way", "timeseries", "reqps", "Sealed for the partner, and opened from it.",
              (Query(_by("peer", f"corridor_records_published_total{{{_PEER}}}"), "to {{peer}}"),
               Query(_by("peer", f"corridor_records_received_total{{{_PEER}}}"), "from {{peer}}"))),
        Panel("From accepted to signed for", "heatmap", "s",
              "Dark is where most envelopes are. A second band above the first is a partner with two ways of being slow.",
              (Query(f"sum by (le) (increase({_LATENCY}_bucket{{{_PEER}}}[$__rate_interval]))",
                     "{{le}}"),)),
        Panel("Sealed to signed for, and made there to stored here", "timeseries", "s",
              "The first by one clock; the second by two: a steady difference is a clock that is wrong.",
              (Query(_quantile(0.95, "corridor_receipt_latency_seconds", _PEER, "le, peer"),
                     "receipt of {{peer}}"),
               Query(_quantile(0.95, "corridor_delivery_latency_seconds", _PEER, "le, peer"),
                     "delivery from {{peer}}"))),
        Panel("Verdicts of the partner", "timeseries", "reqps", "Accepted and refused, by its receipts.",
              (Query(_by("peer, verdict", f"corridor_records_receipted_total{{{_PEER}}}"),
                     "{{verdict}} by {{peer}}"),)),
        Panel("Repeated, returned, not confirmed", "timeseries", "reqps",
              "Repair at work: identical bytes sent again, and what the own broker gave back. Steady lines mean a "
              "link that loses.",
              (Query(_by("peer, cause", f"corridor_envelopes_repeated_total{{{_PEER}}}"),
                     "again: {{cause}}"),
               Query(_by("peer, reason", f"corridor_publish_failures_total{{{_PEER}}}"),
                     "{{reason}}")), folded=True),
    ),
)  # fmt: skip

BROKER: Final = Dashboard(
    "corridor-broker",
    "Corridor: the broker",
    "One country's RabbitMQ, from its own metrics: room, queues, connections.",
    ("country",),
    (
        Panel("Takes records", "stat", "bool_on_off", "Off while an alarm for memory or disk blocks who publishes.",
              (Query(f"1 - max(corridor_broker_blocked{{{NODE}}})"),), warn=1, bad=0.5),
        Panel("Memory left", "stat", "bytes", "Until the broker blocks.",
              (Query('min(rabbitmq_resident_memory_limit_bytes{country=~"$country"} - '
                     'rabbitmq_process_resident_memory_bytes{country=~"$country"})'),),
              warn=268_435_456, bad=67_108_864),
        Panel("Disk left", "stat", "bytes", "Until the broker blocks.",
              (Query('min(rabbitmq_disk_space_available_bytes{country=~"$country"} - '
                     'rabbitmq_disk_space_available_limit_bytes{country=~"$country"})'),),
              warn=1_073_741_824, bad=268_435_456),
        Panel("In queues that must stay empty", "stat", "short",
              "Messages found in corridor.dlq and corridor.unrouted within a day. More than none: read the RUNBOOK.",
              (Query(f"sum(increase(corridor_unexpected_messages_total{{{NODE}}}[1d])){_NONE}"),),
              warn=1, bad=1),
        Panel("Messages ready", "timeseries", "short",
              "In inboxes: not yet taken by our node. In queues of partners' links: not yet fetched by them.",
              (Query('sum by (country) (rabbitmq_queue_messages_ready{country=~"$country"})',
                     "{{country}}"),)),
        Panel("Published, confirmed and returned", "timeseries", "reqps",
              "Returned is what no link of a partner fetches.",
              (Query("sum by (country) (rate(rabbitmq_global_messages_received_total"
                     '{country=~"$country"}[$__rate_interval]))', "received"),
               Query("sum by (country) (rate(rabbitmq_global_messages_confirmed_total"
                     '{country=~"$country"}[$__rate_interval]))', "confirmed"),
               Query("sum by (country) (rate(rabbitmq_global_messages_unroutable_returned_total"
                     '{country=~"$country"}[$__rate_interval]))', "returned"))),
        Panel("Connections", "timeseries", "short",
              "Two of our node, one for each partner whose broker fetches from ours, one for each link of ours.",
              (Query('sum by (country) (rabbitmq_connections{country=~"$country"})', "{{country}}"),)),
        Panel("Open files", "timeseries", "short", "Of the broker.",
              (Query('sum by (country) (rabbitmq_process_open_fds{country=~"$country"})',
                     "{{country}}"),), folded=True),
    ),
)  # fmt: skip

DASHBOARDS: Final = (NETWORK, NODE_BOARD, CORRIDOR, BROKER)
