"""Alerts of the exchange with partners: does it run, does anything wait, is anything refused."""

from typing import Final

from alert import LATENCY, Alert

FORGED: Final = "signature|wrong_link|fork|equivocation|stream_position|ciphertext_digest"
"""Words of `corridor_frames_refused_total` that mean: somebody tries, or a partner is broken."""

EXCHANGE: Final = (
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
        "(time() - (corridor_outbox_oldest_record_timestamp_seconds > 0) > {outbox_age_s})"
        ' unless on (country, peer) corridor_peer_state{{state="paused"}} == 1',
        "outbox_for_s",
        "page",
        "A record for {{ $labels.peer }} has had no receipt for {{ $value | humanizeDuration }}.",
        "A partner's records do not leave",
    ),
    Alert(
        "CorridorPeerPaused",
        'corridor_peer_state{{state="paused"}} == 1',
        "paused_s",
        "ticket",
        "An operator has paused {{ $labels.peer }} for long: its records wait.",
        "A partner is paused",
    ),
    Alert(
        "CorridorAcceptanceOld",
        "time() - (corridor_acceptance_said_timestamp_seconds > 0) > {acceptance_age_s}",
        None,
        "ticket",
        "{{ $labels.peer }} has not said for {{ $value | humanizeDuration }} what it accepts.",
        "A partner no longer says what it accepts",
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
        "CorridorQueueConfirmsNothing",
        'corridor_peer_state{{state="unconfirmed"}} == 1',
        "queue_silent_s",
        "ticket",
        "The own broker confirms nothing in its queue for {{ $labels.peer }}.",
        "A partner's queue confirms nothing",
    ),
    Alert(
        "CorridorTakesNoMore",
        'corridor_back_pressure{{cause!="inbox_full"}} == 1',
        "pressure_s",
        "page",
        "The node of {{ $labels.country }} takes no more records: {{ $labels.cause }}.",
        "The disk is nearly full",
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
        f'increase(corridor_frames_refused_total{{{{reason=~"{FORGED}"}}}}'
        "[{forged_window_s}s]) > 0",
        None,
        "page",
        "Over the link of {{ $labels.link }} came what its country did not sign so: "
        "{{ $labels.reason }}.",
        "Signatures fail, or an envelope came over the wrong link",
        team="security",
    ),
    Alert(
        "CorridorSpoiltEnvelopes",
        'increase(corridor_records_refused_total{{reason="spoilt"}}[{forged_window_s}s]) > 0',
        None,
        "page",
        "{{ $labels.peer }} signed an envelope that is not what it says of itself.",
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
        "CorridorUnexpectedMessages",
        "increase(corridor_unexpected_messages_total[{unexpected_window_s}s]) > 0",
        None,
        "ticket",
        "Something lay in {{ $labels.queue }}, which must stay empty.",
        "Something lies in corridor.dlq or corridor.unrouted",
    ),
    Alert(
        "CorridorQuarantineWaiting",
        "time() - (corridor_quarantine_oldest_timestamp_seconds > 0) > {quarantine_age_s}",
        None,
        "ticket",
        "A frame that came over {{ $labels.link }} has waited in quarantine for "
        "{{ $value | humanizeDuration }}.",
        "Something waits in quarantine",
    ),
    Alert(
        "CorridorOwnMistake",
        "increase(corridor_own_mistakes_total[{own_mistake_window_s}s]) > 0",
        None,
        "ticket",
        "The node of {{ $labels.country }} failed by a mistake of its own: {{ $labels.kind }}.",
        "The node met a mistake of its own",
    ),
    Alert(
        "CorridorQuarantineFull",
        "increase(corridor_quarantine_not_kept_total[{quarantine_full_window_s}s]) > 0",
        None,
        "ticket",
        "So much that could not be trusted came over {{ $labels.link }} that not all is kept.",
        "The quarantine of a partner is full",
        team="security",
    ),
    Alert(
        "CorridorDeadLettersWaiting",
        "time() - (corridor_dead_letters_oldest_timestamp_seconds > 0) > {dead_letter_age_s}",
        None,
        "ticket",
        "Records for {{ $labels.peer }} were refused or given up {{ $value | humanizeDuration }} "
        "ago and nobody has seen to them.",
        "Records of ours were not delivered",
    ),
    Alert(
        "CorridorLatencySlow",
        "(country_peer:corridor_receipted_in_time:ratio < {latency_share}) and on (country, peer)"
        f" increase({LATENCY}_count[{{latency_window_s}}s]) > {{latency_least_records}}",
        "latency_for_s",
        "ticket",
        "Only {{ $value | humanizePercentage }} of envelopes to {{ $labels.peer }} are receipted "
        "in time.",
        "Receipts come late",
    ),
    Alert(
        "CorridorPublishFailures",
        "(country_peer:corridor_publish_failures:ratio_long > {publish_budget_share})"
        " and (country_peer:corridor_publish_failures:ratio_short > {publish_budget_share})"
        " and sum by (country, peer)"
        " (increase(corridor_envelopes_published_total[{publish_long_s}s]))"
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
        "time() - (corridor_backup_last_success_timestamp_seconds > 0) > {backup_age_s}"
        ' or (time() - process_start_time_seconds{{job="corridor"}} > {backup_age_s}'
        " and corridor_backup_last_success_timestamp_seconds == 0)",
        None,
        "ticket",
        "{{ $labels.country }} has made no backup for {{ $value | humanizeDuration }}.",
        "No backup was made for too long",
    ),
    Alert(
        "CorridorAuditBroken",
        "corridor_audit_chain_valid == 0",
        None,
        "ticket",
        "The trail of what operators did on the node of {{ $labels.country }} is not whole.",
        "The audit trail is not whole",
        team="security",
    ),
    Alert(
        "CorridorReconcileDifference",
        "corridor_reconcile_cases > 0",
        "reconcile_for_s",
        "ticket",
        "{{ $labels.country }} and {{ $labels.peer }} do not hold the same of {{ $value }} days.",
        "A day differs from what a partner holds",
    ),
    Alert(
        "CorridorReconcileLate",
        "time() - (corridor_reconcile_agreed_until_timestamp_seconds > 0) > {reconcile_late_s}",
        None,
        "ticket",
        "{{ $labels.country }} and {{ $labels.peer }} have agreed on no day for "
        "{{ $value | humanizeDuration }}.",
        "A day differs from what a partner holds",
    ),
    Alert(
        "CorridorRecoveryIncomplete",
        "corridor_recovery_incomplete > 0",
        "recovery_for_s",
        "ticket",
        "{{ $labels.peer }} has not returned all it holds to {{ $labels.country }} "
        "since the restore.",
        "The node was restored from a backup",
    ),
    Alert(
        "CorridorPeerDoesNotAnswer",
        'corridor_peer_state{{state="silent"}} == 1',
        "peer_answers_s",
        "ticket",
        "What is for {{ $labels.peer }} has left, and nothing comes back.",
        "A partner's records do not leave",
    ),
    Alert(
        "CorridorNoKeyOfPeer",
        'corridor_peer_state{{state="no_key"}} == 1',
        "no_key_s",
        "ticket",
        "Nothing can be sealed for {{ $labels.peer }}: it has no valid encryption key.",
        "A partner's records do not leave",
    ),
    Alert(
        "CorridorFramesRefused",
        f'increase(corridor_frames_refused_total{{{{reason!~"{FORGED}"}}}}'
        "[{refused_window_s}s]) > {refused_frames}",
        None,
        "ticket",
        "Envelopes over the link of {{ $labels.link }} are not taken: {{ $labels.reason }}.",
        "A partner's envelopes are not taken",
    ),
    Alert(
        "CorridorStoreUnreadable",
        "corridor_store_readable == 0",
        "store_unreadable_s",
        "ticket",
        "The node of {{ $labels.country }} cannot read its store.",
        "The store does not work",
    ),
    Alert(
        "CorridorStoreFails",
        'increase(corridor_store_failures_total{{reason!="store_full"}}[{store_window_s}s]) > 0',
        None,
        "ticket",
        "The store of {{ $labels.country }} refused an operation: {{ $labels.reason }}.",
        "The store does not work",
    ),
    Alert(
        "CorridorDiskFillsSoon",
        "predict_linear(corridor_store_free_bytes[{disk_trend_s}s], {disk_ahead_s}) < 0"
        " and count_over_time(corridor_store_free_bytes[{disk_known_s}s]"
        " offset {disk_before_s}s) > 0",
        "disk_for_s",
        "ticket",
        "The disk of the store of {{ $labels.country }} is full within a day if it goes on so.",
        "The disk is nearly full",
    ),
)
