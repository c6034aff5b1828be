"""Alerts of a country's broker, of its links, of canaries and of the clock."""

from typing import Final

from alert import Alert

BROKER: Final = (
    Alert(
        "CorridorLinkDown",
        "corridor_federation_link_up == 0 and on (country) corridor_links_watched == 1",
        "link_down_s",
        "ticket",
        "The link of {{ $labels.country }} that fetches from {{ $labels.peer }} does not run.",
        "A link to a partner does not run",
    ),
    Alert(
        "CorridorLinkFlapping",
        'corridor_link_trouble{{trouble="flapping"}} == 1',
        None,
        "ticket",
        "The link of {{ $labels.country }} that fetches from {{ $labels.peer }} comes and goes.",
        "A link to a partner does not run",
    ),
    Alert(
        "CorridorLinkRepairs",
        "sum without (outcome) (increase(corridor_link_repairs_total[{repairs_window_s}s]))"
        " > {repairs}",
        None,
        "ticket",
        "The node of {{ $labels.country }} mends the link to {{ $labels.peer }} again and again.",
        "A link to a partner does not run",
    ),
    Alert(
        "CorridorLinksUnwatched",
        "corridor_links_watched == 0",
        "links_unwatched_s",
        "ticket",
        "The node of {{ $labels.country }} does not see how its broker's links do.",
        "The node does not see its broker's links",
    ),
    Alert(
        "CorridorCanaryLate",
        "corridor_canary_waiting_seconds > {canary_late_s}",
        None,
        "ticket",
        "A canary to {{ $labels.peer }} has had no receipt for {{ $value | humanizeDuration }}.",
        "A canary is late",
    ),
    Alert(
        "CorridorBrokerAlarm",
        "corridor_broker_alarm == 1",
        "broker_alarm_s",
        "page",
        "The broker of {{ $labels.country }} is short of {{ $labels.resource }}: its links are "
        "stopped.",
        "The own broker takes nothing",
    ),
    Alert(
        "CorridorQueueOrphaned",
        'corridor_link_trouble{{trouble=~"orphaned|stray"}} == 1',
        "orphaned_s",
        "ticket",
        "Something of a former partner is at the broker of {{ $labels.country }}.",
        "A former partner is still at the broker",
    ),
    Alert(
        "CorridorClockWrong",
        'corridor_clock_off_seconds{{trouble=~"behind_signed|behind_own|jumped"}} != 0',
        None,
        "page",
        "The clock of {{ $labels.country }} is wrong: {{ $labels.trouble }}, {{ $value }} s.",
        "The clock is wrong",
    ),
    Alert(
        "CorridorClockSuspected",
        'corridor_clock_off_seconds{{trouble=~".*_partners"}} != 0',
        "clock_suspected_s",
        "ticket",
        "Most partners' clocks are off against that of {{ $labels.country }}, by {{ $value }} s.",
        "The clock is wrong",
    ),
    Alert(
        "CorridorBrokerDisconnected",
        "min without (role) (corridor_broker_connected) == 0",
        "broker_disconnected_s",
        "ticket",
        "The node of {{ $labels.country }} is not connected to its own broker.",
        "The node is not connected to its broker",
    ),
    Alert(
        "CorridorBrokerDisconnectedLong",
        "min without (role) (corridor_broker_connected) == 0",
        "broker_disconnected_page_s",
        "page",
        "The node of {{ $labels.country }} has not been connected to its own broker for long.",
        "The node is not connected to its broker",
    ),
    Alert(
        "CorridorBrokerBlocked",
        "corridor_broker_blocked == 1",
        "broker_blocked_s",
        "page",
        "The broker of {{ $labels.country }} takes nothing: it is short of memory or disk.",
        "The own broker takes nothing",
    ),
    Alert(
        "CorridorBrokerNotSeen",
        'up{{job="rabbitmq"}} == 0',
        "broker_not_seen_s",
        "ticket",
        "Prometheus does not reach the broker of {{ $labels.country }}.",
        "The node is not connected to its broker",
    ),
    Alert(
        "CorridorBrokerShortSoon",
        "min by (country, job) (rabbitmq_disk_space_available_bytes"
        " - rabbitmq_disk_space_available_limit_bytes) < {broker_disk_left_bytes}"
        " or min by (country, job) (rabbitmq_resident_memory_limit_bytes"
        " - rabbitmq_process_resident_memory_bytes) < {broker_memory_left_bytes}",
        "broker_short_s",
        "ticket",
        "The broker of {{ $labels.country }} has {{ $value | humanize1024 }}B left until it takes "
        "nothing.",
        "The own broker takes nothing",
    ),
    Alert(
        "CorridorNotFetched",
        'corridor_link_trouble{{trouble="not_fetched"}} == 1',
        "link_down_s",
        "ticket",
        "The broker of {{ $labels.peer }} does not fetch from that of {{ $labels.country }}.",
        "A link to a partner does not run",
    ),
    Alert(
        "CorridorLinkRepairsFail",
        'increase(corridor_link_repairs_total{{outcome="failed"}}[{repairs_window_s}s])'
        " > {repairs_failed}",
        None,
        "ticket",
        "The node of {{ $labels.country }} cannot mend what is wrong at its broker.",
        "A link to a partner does not run",
    ),
    Alert(
        "CorridorPeerClockSkew",
        "abs(corridor_peer_clock_skew_seconds) > {peer_skew_s_most}",
        "clock_suspected_s",
        "ticket",
        "The clock of {{ $labels.peer }} and that of {{ $labels.country }} are {{ $value }} s "
        "apart.",
        "The clock is wrong",
    ),
)
