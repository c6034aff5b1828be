"""Every alert of Corridor as data: when it fires, whom it concerns, where the RUNBOOK speaks of it.

Rules:

* `{name}` in an expression is a number of thresholds.toml; a threshold in seconds that stands in
  square brackets or as a duration becomes one;
* an alert keeps the labels `country` (of the target) and `peer`: who it concerns;
* `page` wakes somebody, `ticket` waits for the morning; a symptom pages, a cause explains.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert."""

    name: str
    expression: str
    hold: str | None
    """Name of the threshold for which it has to hold; None fires at once."""
    severity: str
    """page, ticket or none."""
    summary: str
    heading: str
    """Heading of deploy/RUNBOOK.md."""
    team: str = "operators"


_FORGED: Final = (
    "signature|wrong_link|fork|equivocation|stream_position|key_commit"
    "|payload_tag|payload_root|ciphertext_digest"
)
_LATENCY: Final = "corridor_end_to_end_latency_seconds"

ALERTS: Final = (
    Alert(
        "CorridorNodeDown",
        'up{{job="corridor"}} == 0',
        "node_down_s",
        "page",
        "The node of {{ $labels.country }} does not answer: nothing is accepted or received.",
        "The node does not answer",
    ),
    Alert(
        "CorridorOutboxStuck",
        "time() - (corridor_outbox_oldest_record_timestamp_seconds > 0) > {outbox_age_s}",
        "outbox_for_s",
        "page",
        "A record for {{ $labels.peer }} has had no receipt for {{ $value | humanizeDuration }}.",
        "A partner's records do not leave",
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
        "CorridorWayShut",
        "corridor_link_open == 0",
        "way_shut_s",
        "ticket",
        "The way to {{ $labels.peer }} is shut: its records wait.",
        "A partner's records do not leave",
    ),
    Alert(
        "CorridorPeerSilent",
        "time() - (corridor_peer_last_seen_timestamp_seconds > 0) > {peer_silent_s}",
        "peer_silent_for_s",
        "ticket",
        "Nothing authentic came from {{ $labels.peer }} for {{ $value | humanizeDuration }}.",
        "A partner's records do not arrive",
    ),
    Alert(
        "CorridorForgedOrForeignFrames",
        f'sum without (disposal) (increase(corridor_frames_refused_total{{{{reason=~"{_FORGED}"}}}}'
        "[{forged_window_s}s])) > 0",
        None,
        "page",
        "Over the link of {{ $labels.link }} came what its country did not sign so: "
        "{{ $labels.reason }}.",
        "Signatures fail, or an envelope came over the wrong link",
        team="security",
    ),
    Alert(
        "CorridorRecordsRefused",
        "increase(corridor_records_refused_total[{refused_window_s}s]) > {refused_records}",
        None,
        "ticket",
        "Records of {{ $labels.peer }} are refused: {{ $labels.reason }}.",
        "A partner's records are refused",
    ),
    Alert(
        "CorridorSubmissionsRefused",
        "increase(corridor_submissions_refused_total[{refused_window_s}s]) > {submissions_refused}",
        None,
        "ticket",
        "Records of the own national system are refused: {{ $labels.reason }}.",
        "Our national system's records are refused",
        team="national system",
    ),
    Alert(
        "CorridorUnexpectedMessages",
        "increase(corridor_unexpected_messages_total[{unexpected_window_s}s]) > 0",
        None,
        "ticket",
        "Something lay in {{ $labels.queue }}, which must stay empty.",
        "Something lies in corridor.dlq or corridor.unrouted",
    ),
    Alert(
        "CorridorLatencySlow",
        f"(sum without (le) (increase({_LATENCY}_bucket"
        '{{le="{latency_target_s}.0"}}[{latency_window_s}s]))'
        f" / increase({_LATENCY}_count[{{latency_window_s}}s]) < {{latency_share}})"
        f" and increase({_LATENCY}_count[{{latency_window_s}}s]) > {{latency_least_records}}",
        "latency_for_s",
        "ticket",
        "Only {{ $value | humanizePercentage }} of envelopes to {{ $labels.peer }} are receipted "
        "in time.",
        "Receipts come late",
    ),
    Alert(
        "CorridorPublishFailures",
        "(sum without (reason) (rate(corridor_publish_failures_total[1h]))"
        " / sum without (family) (rate(corridor_envelopes_published_total[1h]))"
        " > {publish_budget_share})"
        " and (sum without (reason) (rate(corridor_publish_failures_total[5m]))"
        " / sum without (family) (rate(corridor_envelopes_published_total[5m]))"
        " > {publish_budget_share})"
        " and sum without (family) (increase(corridor_envelopes_published_total[1h]))"
        " > {publish_least_envelopes}",
        None,
        "page",
        "{{ $value | humanizePercentage }} of what is published to {{ $labels.peer }} is not "
        "confirmed.",
        "A partner's records do not leave",
    ),
    Alert(
        "CorridorKeyEnds",
        "(corridor_encryption_key_until_timestamp_seconds > 0) - time() < {key_ends_s}",
        None,
        "ticket",
        "Partners hold an encryption key of {{ $labels.country }} for "
        "{{ $value | humanizeDuration }} more.",
        "The encryption key or the directory ends soon",
    ),
    Alert(
        "CorridorKeyEndsNow",
        "(corridor_encryption_key_until_timestamp_seconds > 0) - time() < {key_ends_page_s}",
        None,
        "page",
        "In {{ $value | humanizeDuration }} nobody can seal to {{ $labels.country }} any more.",
        "The encryption key or the directory ends soon",
    ),
    Alert(
        "CorridorDirectoryEnds",
        "(corridor_directory_expiry_timestamp_seconds > 0) - time() < {key_ends_s}",
        None,
        "ticket",
        "The directory that {{ $labels.country }} holds ends in {{ $value | humanizeDuration }}.",
        "The encryption key or the directory ends soon",
    ),
    Alert(
        "CorridorDirectoryEndsNow",
        "(corridor_directory_expiry_timestamp_seconds > 0) - time() < {key_ends_page_s}",
        None,
        "page",
        "In {{ $value | humanizeDuration }} {{ $labels.country }} seals nothing any more: "
        "its directory ends.",
        "The encryption key or the directory ends soon",
    ),
    Alert(
        "CorridorBackupOld",
        "time() - (corridor_backup_last_success_timestamp_seconds > 0) > {backup_age_s}",
        None,
        "ticket",
        "The last backup of {{ $labels.country }} is {{ $value | humanizeDuration }} old.",
        "No backup was made for too long",
    ),
    Alert(
        "CorridorWatchdog",
        "vector(1)",
        None,
        "none",
        "Always fires: where it stops arriving, alerting itself is broken.",
        "Alerts themselves do not arrive",
    ),
)
